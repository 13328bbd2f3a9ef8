//! Structured Streaming cases.

use std::rc::Rc;

use arrow_array::RecordBatch;
use indexmap::IndexMap;
use serde_json::{Value as Json, json};

use super::dstream::judge_error;
use super::{Case, rows};
use crate::conf::SparkConf;
use crate::program::sql::{DefinedQuery, TableSource, define_query};
use crate::query::{Delivery, LocalQuery, QueryDefinition, QueryError, Trigger};
use crate::sql::columns::{batch_of_rows, rows_of_batch};
use crate::sql::json_rows::{row_from_json, row_to_json, to_json};
use crate::sql::types::parse_schema;
use crate::sql::{DataType, Datum, RelationId, StructField};
use crate::trace::FailureReason;

/// Shuffle partitions of the recordings, where a case says nothing else.
const PARTITIONS: &str = "2";

/// Runs the case; returns what differs.
pub fn run(case: &Case) -> Vec<String> {
    let mut batches = Vec::new();
    match (start(case).and_then(|mut run| run.play(case, &mut batches)), &case.expected_error) {
        (Err(failure), _) => judge_error(case, &failure),
        (Ok(()), Some(expected)) => vec![format!("expected an error with {:?}, but the case ran", expected.contains)],
        (Ok(()), None) => compare(case, &batches),
    }
}

/// A batch as the recordings show it, and the step in which it ran.
struct Shown {
    facts: Json,
    rows: Vec<Json>,
}

/// A case under way.
struct CaseRun {
    query: LocalQuery,
    /// The streams by the name of their input, a stream that the program reads twice twice.
    streams: IndexMap<String, (RelationId, Rc<[StructField]>)>,
    output: Vec<StructField>,
    watermarked: bool,
    stateful: bool,
}

fn failure(class: &str, message: impl Into<String>) -> FailureReason {
    FailureReason { class: class.into(), message: message.into() }
}

/// What a program that waits for a query is thrown once it has failed: the root cause, and the exception around it.
fn stream_failed(error: &QueryError) -> FailureReason {
    failure(&error.class, format!("StreamingQueryException: Query terminated with exception: {}", error.message))
}

fn malformed(message: impl Into<String>) -> FailureReason {
    failure("BadCase", message)
}

fn source(name: &str, ddl: &str, streaming: bool) -> Result<TableSource, FailureReason> {
    let schema = parse_schema(ddl).map_err(|error| malformed(error.to_string()))?;
    Ok(TableSource { streaming, format: name.into(), options: Vec::new(), path: None, schema })
}

fn start(case: &Case) -> Result<CaseRun, FailureReason> {
    let mut conf = SparkConf::default();
    conf.set("spark.sql.shuffle.partitions", PARTITIONS);
    conf.set("spark.sql.session.timeZone", "UTC");
    for (key, value) in case.conf.iter().flatten() {
        conf.set(key.as_str(), value.as_str());
    }
    let mut given = IndexMap::new();
    for (name, input) in &case.inputs {
        let ddl =
            input.get("schema").and_then(Json::as_str).ok_or_else(|| malformed(format!("{name} has no schema")))?;
        given.insert(name.clone(), source(name, ddl, true)?);
    }
    for (name, table) in &case.tables {
        given.insert(name.clone(), source(name, &table.schema, false)?);
    }
    let defined =
        define_query(&format!("{}.py", case.name), &whole_program(case), &conf, given, case.result_schema.clone())?;
    let mut streams = IndexMap::new();
    let mut tables = IndexMap::new();
    for (number, source) in (0..).zip(&defined.sources) {
        let relation = RelationId(number);
        if source.streaming {
            streams.insert(source.format.to_string(), (relation, source.schema.clone()));
        } else if let Some(table) = case.tables.get(&*source.format) {
            tables.insert(relation, batch(&source.schema, &table.rows)?);
        }
    }
    let DefinedQuery { query, conf, .. } = defined;
    let definition = QueryDefinition {
        name: None,
        output_mode: query.mode,
        trigger: Trigger::Default,
        checkpoint: "checkpoint".into(),
        conf: Rc::new(conf),
        plan: query.node,
    };
    let query = LocalQuery::start(definition, tables).map_err(|error| failure(&error.class, &*error.message))?;
    let incremental = &query.query().incremental;
    let fields = |column: &crate::sql::Attribute| StructField::new(column.name.clone(), column.data_type.clone(), true);
    Ok(CaseRun {
        output: incremental.output().iter().map(fields).collect(),
        watermarked: !incremental.watermarks().is_empty(),
        stateful: !incremental.stateful_operators().is_empty(),
        query,
        streams,
    })
}

/// The case's program, with its result started as a query.
fn whole_program(case: &Case) -> String {
    let line_end = if case.program.ends_with('\n') { "" } else { "\n" };
    let mode = Json::from(case.output_mode.as_str());
    format!("{}{line_end}result.writeStream.format(\"noop\").outputMode({mode}).start()\n", case.program)
}

fn batch(schema: &[StructField], rows: &[Json]) -> Result<RecordBatch, FailureReason> {
    let rows = rows.iter().map(|row| row_from_json(schema, row)).collect::<Result<Vec<_>, _>>().map_err(malformed)?;
    batch_of_rows(schema, &rows).map_err(|error| malformed(error.to_string()))
}

impl CaseRun {
    fn play(&mut self, case: &Case, shown: &mut Vec<Shown>) -> Result<(), FailureReason> {
        for (number, step) in case.steps.iter().flatten().enumerate() {
            if let Some(added) = step.get("add").and_then(Json::as_object) {
                for (name, rows) in added {
                    let unknown = || malformed(format!("step {number}: no input is called {name}"));
                    let (relation, schema) = self.streams.get(name).ok_or_else(unknown)?;
                    let rows = rows.as_array().map(Vec::as_slice).unwrap_or_default();
                    self.query.add(*relation, batch(schema, rows)?);
                }
            } else if step.get("restart") == Some(&Json::Bool(true)) && step.as_object().is_some_and(|it| it.len() == 1)
            {
                self.query.restart(None).map_err(|error| failure(&error.class, &*error.message))?;
            } else {
                return Err(malformed(format!("step {number} can't be run by this version: {step}")));
            }
            let processed = self.query.process_all_available();
            for delivery in self.query.take_deliveries() {
                shown.push(self.shown(number, &delivery));
            }
            processed.map_err(|error| stream_failed(&error))?;
        }
        Ok(())
    }

    fn shown(&self, step: usize, delivery: &Delivery) -> Shown {
        let metrics = &delivery.output.metrics;
        let watermark = Datum::Timestamp(delivery.planned.eviction_watermark.saturating_mul(1000));
        let facts = json!({
            "step": step,
            "batchId": delivery.planned.id,
            "watermark": if self.watermarked { to_json(&DataType::Timestamp, &watermark) } else { Json::Null },
            "numInputRows": delivery.input_rows,
            "numRowsDroppedByWatermark": metrics.iter().map(|it| it.dropped).sum::<u64>(),
            "stateRows": self.stateful.then(|| metrics.iter().map(|it| it.total).sum::<u64>()),
        });
        let batches = delivery.output.rows.iter();
        let rows = batches.flat_map(|batch| rows_of_batch(&self.output, batch));
        Shown { facts, rows: rows.map(|row| row_to_json(&self.output, &row)).collect() }
    }
}

fn compare(case: &Case, batches: &[Shown]) -> Vec<String> {
    let mut differences = Vec::new();
    for (place, expected) in case.expected.iter().enumerate() {
        let id = &expected["batchId"];
        let Some(actual) = batches.get(place) else {
            differences.push(format!("batch {id} did not run"));
            continue;
        };
        for (fact, value) in actual.facts.as_object().into_iter().flatten() {
            if expected.get(fact).is_some_and(|wanted| wanted != value) {
                differences.push(format!("batch {id}: {fact} is {value}, expected {}", expected[fact]));
            }
        }
        let rows = expected["rows"].as_array().map(Vec::as_slice);
        if let Some(difference) = rows::difference(rows, Some(&actual.rows), case.order) {
            differences.push(format!("batch {id}: {difference}"));
        }
    }
    for extra in batches.iter().skip(case.expected.len()) {
        differences.push(format!("batch {} ran, which Spark did not run", extra.facts["batchId"]));
    }
    differences
}
