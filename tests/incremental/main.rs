//! Random streaming queries over random batches and restarts, against a reference that keeps every raw row and computes
//! each batch anew, a row at a time.

mod cluster;
mod plan;
mod reference;

use std::rc::Rc;

use headwater::query::LocalQuery;
use headwater::sql::columns::{batch_of_rows, rows_of_batch};
use headwater::sql::{Datum, OutputMode, StructField};
use proptest::prelude::*;

use plan::{Query, Row, query};
use reference::Reference;

/// The rows that arrive together, of each stream, and whether the query is restarted first.
#[derive(Clone, Debug)]
struct Step {
    restart: bool,
    rows: [Vec<Row>; 2],
}

fn row() -> impl Strategy<Value = Row> {
    let key = prop_oneof![8 => prop::sample::select(vec!["a", "b", "c"]).prop_map(Some), 1 => Just(None)];
    let value = prop::option::weighted(0.9, -3..10_i32);
    let seconds = prop::option::weighted(0.9, 0..60_i64);
    (key, value, seconds).prop_map(|(key, value, seconds)| Row { key, value, time: seconds.map(|it| it * 1_000_000) })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let rows = || prop::collection::vec(row(), 0..5);
    let step = (prop::bool::weighted(0.2), rows(), rows());
    prop::collection::vec(step.prop_map(|(restart, left, right)| Step { restart, rows: [left, right] }), 1..8)
}

fn data(row: &Row) -> Rc<[Datum]> {
    let text = |text: &str| Datum::String(text.into());
    let key = row.key.map_or(Datum::Null, text);
    let value = row.value.map_or(Datum::Null, Datum::Integer);
    [key, value, row.time.map_or(Datum::Null, Datum::Timestamp)].into()
}

/// Rows as text, in one order.
fn table(rows: impl IntoIterator<Item = Vec<Datum>>) -> Vec<String> {
    let mut lines: Vec<String> = rows.into_iter().map(|row| format!("{row:?}")).collect();
    lines.sort();
    lines
}

fn compare(query: &Query, steps: &[Step]) -> Result<(), TestCaseError> {
    let (definition, streams) = query.define();
    let output: Vec<StructField> = definition.plan.schema();
    let mut local = LocalQuery::start(definition, Default::default())
        .map_err(|error| TestCaseError::fail(format!("{query:?} is refused: {error}")))?;
    let mut reference = Reference::new(query.clone());
    let mut added: [Vec<&[Row]>; 2] = [Vec::new(), Vec::new()];
    for step in steps {
        if step.restart {
            local.restart(None).map_err(|error| TestCaseError::fail(error.to_string()))?;
            reference.restart();
        }
        for (index, (relation, schema)) in streams.iter().enumerate() {
            // The join's keys are never null: rows without one move no watermark, by a filter the optimizer infers.
            let rows: Vec<Rc<[Datum]>> = step.rows[index].iter().map(data).collect();
            local.add(*relation, batch_of_rows(schema, &rows).expect("rows of the schema"));
            added[index].push(&step.rows[index]);
        }
        local.process_all_available().map_err(|error| TestCaseError::fail(format!("{query:?}: {error}")))?;
        for delivery in local.take_deliveries() {
            let batches = &delivery.output.rows;
            let actual = batches.iter().flat_map(|batch| rows_of_batch(&output, batch)).map(|row| row.to_vec());
            let inputs = [0, 1].map(|index| {
                let range = delivery.planned.ranges.get(index);
                let at =
                    |offset: Option<&Rc<str>>| offset.and_then(|it| it.parse::<usize>().ok()).map_or(0, |it| it + 1);
                let span = range.map(|range| at(range.start.as_ref())..at(range.end.as_ref()));
                span.map_or(Vec::new(), |span| added[index][span].concat())
            });
            prop_assert_eq!(delivery.planned.eviction_watermark, reference.watermark(), "watermark of {:?}", query);
            let expected = reference.batch(&inputs);
            prop_assert_eq!(table(actual), table(expected), "batch {} of {:?}", delivery.planned.id, query);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_query_gives_what_the_raw_rows_give(query in query(), steps in steps()) {
        compare(&query, &steps)?;
    }
}

#[test]
fn the_reference_can_tell() {
    // Guards against a comparison of nothing with nothing.
    let query = Query { delay: None, above: None, shape: plan::Shape::Counted, mode: OutputMode::Update };
    let rows = vec![Row { key: Some("a"), value: Some(1), time: None }];
    let mut reference = Reference::new(query);
    assert_eq!(reference.batch(&[rows.clone(), Vec::new()]).len(), 1);
    assert_ne!(
        reference.batch(&[rows, Vec::new()]),
        Reference::new(Query { delay: None, above: None, shape: plan::Shape::Counted, mode: OutputMode::Update })
            .batch(&[Vec::new(), Vec::new()])
    );
}
