//! Queries run batch by batch, as the conformance cases have them, by the Rust API alone.
//!
//! Times are seconds after 2024-01-01T00:00:00Z, in the rows that go in and in what comes out; `-` is null.

mod aggregation;
mod chain;
mod dedup;
mod join;
mod refusals;
mod state_functions;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use arrow_array::RecordBatch;

use super::{Batch, Incremental, QueryState, Settings, WatermarkPolicy, WatermarkTracker, check_streaming, optimize};
use crate::sql::columns::{batch_of_rows, rows_of_batch};
use crate::sql::types::parse_schema;
use crate::sql::{
    Analyzer, Attribute, AttributeId, DataType, Datum, Node, OutputMode, Plan, RelationId, SqlError, StructField,
    parse_expression, parse_query,
};

/// 2024-01-01T00:00:00Z, in microseconds.
const START: i64 = 1_704_067_200_000_000;

/// Sources and the plans over them.
struct Session {
    next: Cell<u64>,
    tables: BTreeMap<String, Rc<Node>>,
    schemas: Vec<(String, Rc<[StructField]>)>,
    rows: BTreeMap<String, String>,
}

impl Session {
    /// A session of streams, by name and schema.
    fn new(streams: &[(&str, &str)]) -> Self {
        let mut session =
            Session { next: Cell::new(1), tables: BTreeMap::new(), schemas: Vec::new(), rows: BTreeMap::new() };
        streams.iter().for_each(|(name, schema)| session.source(name, schema, true));
        session
    }

    /// With a table that stands still.
    fn with_table(mut self, name: &str, schema: &str, rows: &str) -> Self {
        self.source(name, schema, false);
        self.rows.insert(name.into(), rows.into());
        self
    }

    fn source(&mut self, name: &str, schema: &str, streaming: bool) {
        let fields = parse_schema(schema).unwrap();
        let output = fields.iter().map(|field| {
            let id = AttributeId(self.next.get());
            self.next.set(id.0 + 1);
            Attribute {
                id,
                name: field.name.clone(),
                data_type: field.data_type.clone(),
                nullable: true,
                qualifiers: [].into(),
                watermark_delay: None,
            }
        });
        let relation = RelationId(self.schemas.len() as u32);
        let node = Node::Relation { relation, name: name.into(), streaming, output: output.collect() };
        self.tables.insert(name.into(), Rc::new(node));
        self.schemas.push((name.into(), fields));
    }

    fn analyzed(&self, plan: &Plan) -> Rc<Node> {
        let tables = |name: &str| self.tables.get(name).cloned();
        let analyzer = Analyzer { tables: &tables, functions: &|_| None, next_id: &self.next };
        analyzer.analyze(plan).unwrap()
    }

    /// A view, as `createOrReplaceTempView` makes it.
    fn view(mut self, name: &str, frame: impl Fn(&Session) -> Rc<Node>) -> Self {
        let node = frame(&self);
        self.tables.insert(name.into(), node);
        self
    }

    /// A view of a source with a watermark.
    fn watermarked(self, name: &str, of: &str, column: &str, delay: &str) -> Self {
        self.view(name, |session| session.analyzed(&watermark(session.tables[of].clone(), column, delay)))
    }

    fn sql(&self, text: &str) -> Rc<Node> {
        self.analyzed(&parse_query(text).unwrap())
    }

    /// Runs an SQL query as a stream.
    fn run(&self, text: &str, mode: OutputMode) -> Running<'_> {
        self.start(&self.sql(text), mode, Settings { shuffle_partitions: 3, ..Settings::default() }).unwrap()
    }

    fn start(&self, plan: &Rc<Node>, mode: OutputMode, settings: Settings) -> Result<Running<'_>, SqlError> {
        check_streaming(plan, mode, &settings)?;
        Ok(Running {
            session: self,
            query: Incremental::compile(&optimize(plan)?, mode, &settings)?,
            tracker: WatermarkTracker::new(WatermarkPolicy::Min, 0),
            state: QueryState::default(),
            id: 0,
            late: 0,
            no_data: true,
        })
    }
}

fn watermark(input: Rc<Node>, column: &str, delay: &str) -> Plan {
    Plan::Watermark { input: Rc::new(Plan::Analyzed(input)), column: column.into(), delay: delay.into() }
}

/// A query that runs.
struct Running<'a> {
    session: &'a Session,
    query: Incremental,
    tracker: WatermarkTracker,
    state: QueryState,
    id: u64,
    late: i64,
    no_data: bool,
}

impl Running<'_> {
    /// Rows arrive, each stream's in one partition, and the query runs until it has nothing more to do. Each batch is
    /// told as `id @watermark rows, dropped, state`.
    fn add(&mut self, rows: &[(&str, &str)]) -> Vec<String> {
        self.try_add(rows).unwrap()
    }

    fn try_add(&mut self, rows: &[(&str, &str)]) -> Result<Vec<String>, SqlError> {
        let mut told = Vec::new();
        let mut arrived = Some(rows);
        loop {
            let rows = arrived.take().unwrap_or_default();
            let leaves: Vec<Vec<RecordBatch>> =
                self.query.leaves().iter().map(|it| self.partitions(*it, rows)).collect();
            let watermark = self.tracker.current();
            let batch = Batch {
                id: self.id,
                batch_time: START / 1000 + self.id as i64 * 1000,
                late_watermark: self.late,
                watermark,
                leaves: &leaves,
            };
            let output = self.query.run(batch, &mut self.state)?;
            self.late = watermark;
            let seen = self.query.watermarks().iter().zip(&output.event_times).enumerate();
            let seen: Vec<_> = seen.map(|(index, (delay, stats))| (index, *delay, *stats)).collect();
            self.tracker.update(&seen);

            let fields: Vec<StructField> = self.query.output().iter().map(field_of).collect();
            let rows = output.rows.iter().flat_map(|it| rows_of_batch(&fields, it));
            let mut rows: Vec<String> = rows.map(|it| it.iter().map(shown).collect::<Vec<_>>().join(" ")).collect();
            rows.sort();
            let dropped: u64 = output.metrics.iter().map(|it| it.dropped).sum();
            let total: u64 = output.metrics.iter().map(|it| it.total).sum();
            let at = if watermark == 0 { "-".into() } else { seconds(watermark * 1000) };
            told.push(format!("{} @{at} [{}] {dropped} {total}", self.id, rows.join(", ")));
            self.id += 1;
            if !(self.no_data && self.query.wants_no_data_batch(watermark, self.tracker.current())) {
                return Ok(told);
            }
        }
    }

    /// The query is stopped and started again from its checkpoint.
    fn restart(&mut self) {
        self.tracker = WatermarkTracker::new(WatermarkPolicy::Min, self.tracker.current());
    }

    fn partitions(&self, relation: RelationId, rows: &[(&str, &str)]) -> Vec<RecordBatch> {
        let (name, fields) = &self.session.schemas[relation.0 as usize];
        let text = self.session.rows.get(name).map(String::as_str);
        let text = text.or_else(|| rows.iter().find(|(to, _)| to == name).map(|(_, rows)| *rows));
        text.map(|it| batch_of(fields, it)).into_iter().collect()
    }
}

fn field_of(column: &Attribute) -> StructField {
    StructField { name: column.name.clone(), data_type: column.data_type.clone(), nullable: column.nullable }
}

/// Rows written as `a 1 10, b - 11`.
fn batch_of(fields: &[StructField], text: &str) -> RecordBatch {
    let row = |text: &str| -> Rc<[Datum]> {
        text.split_whitespace().zip(fields).map(|(value, field)| datum(value, &field.data_type)).collect()
    };
    let rows: Vec<Rc<[Datum]>> = text.split(',').filter(|it| !it.trim().is_empty()).map(row).collect();
    batch_of_rows(fields, &rows).unwrap()
}

fn datum(text: &str, data_type: &DataType) -> Datum {
    match data_type {
        _ if text == "-" => Datum::Null,
        DataType::String => Datum::String(text.into()),
        DataType::Integer => Datum::Integer(text.parse().unwrap()),
        DataType::Double => Datum::Double(text.parse().unwrap()),
        DataType::Timestamp => Datum::Timestamp(START + (text.parse::<f64>().unwrap() * 1e6) as i64),
        other => panic!("no values of {other:?} are written in tests"),
    }
}

fn seconds(micros: i64) -> String {
    let seconds = (micros - START) as f64 / 1e6;
    format!("{seconds}")
}

fn shown(value: &Datum) -> String {
    match value {
        Datum::Null => "-".into(),
        Datum::Boolean(it) => it.to_string(),
        Datum::Integer(it) => it.to_string(),
        Datum::Long(it) => it.to_string(),
        Datum::Double(it) => it.to_string(),
        Datum::String(it) => it.to_string(),
        Datum::Timestamp(it) => seconds(*it),
        Datum::Array(items) => format!("({})", items.iter().map(shown).collect::<Vec<_>>().join(" ")),
        Datum::Struct(fields) => fields.iter().map(shown).collect::<Vec<_>>().join(".."),
        other => format!("{other:?}"),
    }
}

const EVENTS: (&str, &str) = ("events", "k STRING, v INT, ts TIMESTAMP");
const LEFT: (&str, &str) = ("l", "k STRING, lv INT, lt TIMESTAMP");
const RIGHT: (&str, &str) = ("r", "k STRING, rv INT, rt TIMESTAMP");

/// A session of `events`, with the view `e` that has a watermark.
fn events(delay: &str) -> Session {
    Session::new(&[EVENTS]).watermarked("e", "events", "ts", delay)
}

/// A session of `l` and `r`, with the views `a` and `b` that have watermarks.
fn sides(left: &str, right: &str) -> Session {
    Session::new(&[LEFT, RIGHT]).watermarked("a", "l", "lt", left).watermarked("b", "r", "rt", right)
}

#[test]
fn a_plan_of_one_expression_gives_its_rows() {
    assert!(parse_expression("v + 1").is_ok());
    let session = Session::new(&[EVENTS]);
    let mut query = session.run("SELECT k, v + 1 AS w FROM events WHERE v > 0", OutputMode::Append);
    assert_eq!(query.add(&[("events", "a 1 0, b 0 0, c - 0")]), ["0 @- [a 2] 0 0"]);
    assert!(query.query.stateful_operators().is_empty());
}
