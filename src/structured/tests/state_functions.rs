//! State functions, as closures.

use std::rc::Rc;

use super::{EVENTS, Session, events, parse_expression};
use crate::sql::{
    DataType, Datum, Node, OutputMode, Plan, SqlError, StateCall, StateFunction, StateOutcome, StateTimeout,
    StructField,
};
use crate::structured::Settings;

fn grouped(
    session: &Session,
    of: &str,
    mode: Option<OutputMode>,
    timeout: StateTimeout,
    call: impl Fn(StateCall<'_>) -> Result<StateOutcome, SqlError> + 'static,
) -> Rc<Node> {
    let field = |name: &str, data_type| StructField { name: name.into(), data_type, nullable: true };
    session.analyzed(&Plan::StateGroups {
        input: Rc::new(Plan::Analyzed(session.tables[of].clone())),
        keys: vec![parse_expression("k").unwrap()],
        function: StateFunction {
            name: "flatMapGroupsWithState".into(),
            output: [field("k", DataType::String), field("what", DataType::String), field("n", DataType::Long)].into(),
            mode,
            timeout,
            call: Rc::new(call),
        },
    })
}

fn row(key: &[Datum], what: &str, n: i64) -> Rc<[Datum]> {
    [key[0].clone(), Datum::String(what.into()), Datum::Long(n)].into()
}

fn long(state: Option<Datum>) -> i64 {
    match state {
        Some(Datum::Long(it)) => it,
        _ => 0,
    }
}

fn value(row: &[Datum]) -> i64 {
    match row[1] {
        Datum::Integer(it) => it.into(),
        _ => 0,
    }
}

fn run<'a>(session: &'a Session, plan: &Rc<Node>, mode: OutputMode) -> super::Running<'a> {
    session.start(plan, mode, Settings { shuffle_partitions: 3, ..Settings::default() }).unwrap()
}

#[test]
fn a_function_is_called_once_a_key_with_rows() {
    let session = Session::new(&[EVENTS]);
    let plan = grouped(&session, "events", Some(OutputMode::Append), StateTimeout::NoTimeout, |call| {
        let total = long(call.state) + call.rows.iter().map(|it| value(it)).sum::<i64>();
        let state = (total < 10).then_some(Datum::Long(total));
        Ok(StateOutcome {
            rows: vec![row(call.key, if total < 10 { "run" } else { "reset" }, total)],
            state,
            timeout_at: None,
        })
    });
    let mut query = run(&session, &plan, OutputMode::Append);
    assert_eq!(query.add(&[("events", "a 1 0, b 2 0, a 3 0")]), ["0 @- [a run 4, b run 2] 0 2"]);
    assert_eq!(query.add(&[("events", "a 7 0, c -5 0, - 1 0")]), ["1 @- [- run 1, a reset 11, c run -5] 0 3"]);
    assert_eq!(query.add(&[("events", "a 2 0")]), ["2 @- [a run 2] 0 4"]);
}

#[test]
fn a_timeout_fires_once_the_watermark_is_past_it() {
    let session = events("5 seconds");
    let plan = grouped(&session, "e", Some(OutputMode::Append), StateTimeout::EventTime, |call| {
        if call.timed_out {
            let n = long(call.state);
            return Ok(StateOutcome { rows: vec![row(call.key, "end", n)], ..StateOutcome::default() });
        }
        let n = long(call.state) + call.rows.len() as i64;
        let last = call.rows.iter().filter_map(|it| match it[2] {
            Datum::Timestamp(it) => Some(it / 1000),
            _ => None,
        });
        Ok(StateOutcome {
            state: Some(Datum::Long(n)),
            timeout_at: last.max().map(|it| it + 10_000),
            rows: vec![row(call.key, "data", n)],
        })
    });
    let mut query = run(&session, &plan, OutputMode::Append);
    assert_eq!(query.add(&[("events", "a 1 1, b 1 2, a 1 3")]), ["0 @- [a data 2, b data 1] 0 2", "1 @-2 [] 0 2"]);
    assert_eq!(query.add(&[("events", "b 1 17")]), ["2 @-2 [b data 2] 0 2", "3 @12 [] 0 2"]);
    // The time of `a` is 13, and not before a watermark of 13.
    assert_eq!(query.add(&[("events", "b 1 18")]), ["4 @12 [b data 3] 0 2", "5 @13 [] 0 2"]);
    assert_eq!(
        query.add(&[("events", "a 1 19, c 1 40, c 1 13")]),
        ["6 @13 [a data 3, c data 1] 1 3", "7 @35 [a end 3, b end 3] 0 1"]
    );
}

#[test]
fn processing_time_passes_by_itself() {
    let session = Session::new(&[EVENTS]);
    let plan = grouped(&session, "events", None, StateTimeout::ProcessingTime, |call| {
        let what = if call.timed_out { "end" } else { "data" };
        let timeout_at = (!call.timed_out).then_some(call.processing_time + 1500);
        let state = (!call.timed_out).then_some(Datum::Long(1));
        Ok(StateOutcome { rows: vec![row(call.key, what, 1)], state, timeout_at })
    });
    let mut query = run(&session, &plan, OutputMode::Update);
    query.no_data = false;
    assert!(query.query.wants_no_data_batch(0, 0));
    assert_eq!(query.add(&[("events", "a 1 0")]), ["0 @- [a data 1] 0 1"]);
    assert_eq!(query.add(&[]), ["1 @- [] 0 1"]);
    assert_eq!(query.add(&[]), ["2 @- [a end 1] 0 0"]);
}
