//! Watermarks and windows of time.

use std::rc::Rc;

use super::{Session, columns, on};
use crate::sql::{Expr, Node, Plan, call, col, lit};

fn watermarked(session: &Session, delay: &str) -> Plan {
    Plan::Watermark { input: on(&session.stream), column: "ts".into(), delay: delay.into() }
}

fn counted(input: Plan, keys: Vec<Expr>) -> Plan {
    let count = call("count", [lit(1)]).alias("count");
    let exprs = keys.iter().cloned().chain([count]).collect();
    Plan::Aggregate { input: Rc::new(input), keys, grouping_sets: None, exprs, having: None }
}

fn delays(node: &Node) -> Vec<Option<i64>> {
    node.output().into_iter().map(|it| it.watermark_delay).collect()
}

#[test]
fn delays_are_intervals_that_are_not_negative() {
    let session = Session::new();
    let delay = |text: &str| match session.analyze(&watermarked(&session, text)) {
        Ok(node) => delays(&node).last().copied().flatten().map_or("none".into(), |it| it.to_string()),
        Err(error) => error.to_string(),
    };
    assert_eq!(delay("10 seconds"), "10000000");
    assert_eq!(delay("interval 1 minute"), "60000000");
    assert_eq!(delay("1 month"), "2678400000000");
    assert_eq!(delay("-5 seconds"), "requirement failed: delay threshold (-5 seconds) should not be negative.");
    assert!(delay("ten").starts_with("[CANNOT_PARSE_INTERVAL] Unable to parse 'ten'."));
}

#[test]
fn event_time_is_a_timestamp_of_a_stream() {
    let session = Session::new();
    let plan = |input: &Rc<Node>, column: &str| {
        let (column, delay) = (column.into(), "1 second".into());
        session.columns(&Plan::Watermark { input: on(input), column, delay })
    };
    assert_eq!(
        plan(&session.stream, "v"),
        "[EVENT_TIME_IS_NOT_ON_TIMESTAMP_TYPE] The event time `v` has the invalid type \"INT\", but expected \
         \"TIMESTAMP\"."
    );
    assert_eq!(
        plan(&session.stream, "nosuch"),
        "[UNRESOLVED_COLUMN.WITH_SUGGESTION] A column or function parameter with name `nosuch` cannot be resolved. Did \
         you mean one of the following? [`ts`, `k`, `v`]."
    );
    assert_eq!(plan(&session.events, "nosuch"), "k:string?, v:int?, ts:timestamp?");
}

#[test]
fn a_bare_column_keeps_its_delay_and_an_expression_loses_it() {
    let session = Session::new();
    let exprs = vec![col("ts").alias("t"), call("date_trunc", [lit("DAY"), col("ts")]).alias("d")];
    let plan = Plan::Project { input: Rc::new(watermarked(&session, "5 seconds")), exprs };
    let node = session.analyze(&plan).expect("Spark accepts it");
    assert_eq!(delays(&node), [Some(5_000_000), None]);
}

#[test]
fn tumbling_windows_are_projected_and_sliding_ones_expanded() {
    let session = Session::new();
    let window = |rest: &[&str]| {
        let args = std::iter::once(col("ts")).chain(rest.iter().map(|it| lit(*it)));
        let plan = counted(watermarked(&session, "5 seconds"), vec![call("window", args)]);
        session.analyze(&plan).expect("Spark accepts it")
    };
    let tumbling = window(&["10 seconds"]);
    assert_eq!(columns(&tumbling), "window:struct<start:timestamp,end:timestamp>!, count:bigint!");
    assert_eq!(delays(&tumbling), [Some(5_000_000), None]);
    let Node::Aggregate { input, keys, .. } = &*tumbling else { panic!("{tumbling}") };
    assert_eq!(keys.first().and_then(|it| it.attribute.watermark_delay), Some(5_000_000));
    let Node::Project { input, .. } = &**input else { panic!("{tumbling}") };
    assert!(matches!(&**input, Node::Filter { .. }), "{tumbling}");
    let sliding = window(&["10 seconds", "3 seconds"]);
    assert_eq!(columns(&sliding), "window:struct<start:timestamp,end:timestamp>?, count:bigint!");
    let Node::Aggregate { input, .. } = &*sliding else { panic!("{sliding}") };
    let Node::Filter { input, .. } = &**input else { panic!("{sliding}") };
    assert!(matches!(&**input, Node::Expand { projections, .. } if projections.len() == 4), "{sliding}");
}

#[test]
fn a_window_of_windows_goes_by_their_times() {
    let session = Session::new();
    let small = counted(watermarked(&session, "0 seconds"), vec![call("window", [col("ts"), lit("5 seconds")])]);
    let large = counted(small.clone(), vec![call("window", [col("window"), lit("10 seconds")])]);
    let node = session.analyze(&large).expect("Spark accepts it");
    assert_eq!(columns(&node), "window:struct<start:timestamp,end:timestamp>!, count:bigint!");
    assert_eq!(delays(&node), [Some(0), None]);
    let times = Plan::Project { input: Rc::new(small), exprs: vec![call("window_time", [col("window")])] };
    let node = session.analyze(&times).expect("Spark accepts it");
    assert_eq!(columns(&node), "window_time(window):timestamp?");
    assert_eq!(delays(&node), [Some(0)]);
}

#[test]
fn sessions_are_keys_that_grow() {
    let session = Session::new();
    let keys = vec![call("session_window", [col("ts"), lit("5 seconds")]).alias("s"), col("k")];
    let node = session.analyze(&counted(watermarked(&session, "1 second"), keys)).expect("Spark accepts it");
    assert_eq!(columns(&node), "s:struct<start:timestamp,end:timestamp>!, k:string?, count:bigint!");
    assert_eq!(delays(&node), [Some(1_000_000), None, None]);
    let Node::Aggregate { session: Some(found), keys, .. } = &*node else { panic!("{node}") };
    assert_eq!(Some(found.window), keys.first().map(|it| it.attribute.id));
}

#[test]
fn what_is_no_window_is_refused() {
    let session = Session::new();
    let select = |exprs: Vec<Expr>| session.select(&session.stream, exprs);
    let window = |args: &[&str]| call("window", std::iter::once(col("ts")).chain(args.iter().map(|it| lit(*it))));
    assert_eq!(
        select(vec![window(&["5 seconds", "10 seconds"])]),
        "[DATATYPE_MISMATCH.PARAMETER_CONSTRAINT_VIOLATION] Cannot resolve \"window(ts, 5000000, 10000000, 0)\" due to \
         data type mismatch: The `slide_duration`(10000000L) must be <= the `window_duration`(5000000L)."
    );
    assert_eq!(
        select(vec![window(&["5 seconds"]), window(&["10 seconds"])]),
        "Multiple time/session window expressions would result in a cartesian product of rows, therefore they are \
         currently not supported."
    );
    assert_eq!(
        select(vec![call("window_time", [col("ts")])]),
        "[DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE] Cannot resolve \"window_time(ts)\" due to data type mismatch: \
         Parameter 1 requires the \"STRUCT\" type, however \"ts\" has the type \"TIMESTAMP\"."
    );
    assert_eq!(
        select(vec![window(&["5 seconds"]), window(&["5 seconds"]).get_field("start").alias("s")]),
        "window:struct<start:timestamp,end:timestamp>!, s:timestamp?"
    );
}
