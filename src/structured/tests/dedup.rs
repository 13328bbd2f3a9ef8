//! Duplicates dropped, with and without expiry.

use std::rc::Rc;

use super::{EVENTS, Session, events};
use crate::sql::OutputMode::{Append, Update};
use crate::sql::{Node, OutputMode, Plan};
use crate::structured::Settings;

fn deduplicated(session: &Session, of: &str, columns: &[&str], within_watermark: bool) -> Rc<Node> {
    session.analyzed(&Plan::Deduplicate {
        input: Rc::new(Plan::Analyzed(session.tables[of].clone())),
        columns: Some(columns.iter().map(|it| (*it).into()).collect()),
        within_watermark,
    })
}

fn run<'a>(session: &'a Session, plan: &Rc<Node>, mode: OutputMode) -> super::Running<'a> {
    session.start(plan, mode, Settings { shuffle_partitions: 3, ..Settings::default() }).unwrap()
}

#[test]
fn keys_stay_for_ever_where_no_time_is_among_them() {
    let session = Session::new(&[EVENTS]);
    let mut query = run(&session, &deduplicated(&session, "events", &["k"], false), Append);
    assert_eq!(query.add(&[("events", "a 1 0, a 2 0, - 3 0, - 4 0")]), ["0 @- [- 3 0, a 1 0] 0 2"]);
    assert_eq!(query.add(&[("events", "a 5 0, b 6 0")]), ["1 @- [b 6 0] 0 3"]);
}

#[test]
fn a_time_among_the_keys_evicts_them() {
    let session = events("10 seconds");
    let mut query = run(&session, &deduplicated(&session, "e", &["k", "ts"], false), Update);
    assert_eq!(query.add(&[("events", "a 1 10, a 2 10, a 3 11")]), ["0 @- [a 1 10, a 3 11] 0 2", "1 @1 [] 0 2"]);
    assert_eq!(query.add(&[("events", "a 4 10, b 5 25")]), ["2 @1 [b 5 25] 0 3", "3 @15 [] 0 1"]);
    assert_eq!(query.add(&[("events", "a 6 10, a 7 15, a 8 15, a 8 14.999")]), ["4 @15 [] 4 1"]);
}

#[test]
fn late_rows_are_dropped_though_no_time_is_among_the_keys_unless_it_was_pruned() {
    let session = events("5 seconds");
    let plan = deduplicated(&session, "e", &["k"], false);
    let mut query = run(&session, &plan, Append);
    query.add(&[("events", "a 1 10")]);
    assert_eq!(query.add(&[("events", "b 2 100")]), ["2 @5 [b 2 100] 0 2", "3 @95 [] 0 2"]);
    assert_eq!(query.add(&[("events", "a 3 1, c 4 1")]), ["4 @95 [] 2 2"]);

    let session = session.view("d", |_| plan.clone());
    let mut query = session.run("SELECT k FROM d", Append);
    query.add(&[("events", "a 1 10, b 2 100")]);
    assert_eq!(query.add(&[("events", "c 4 1")]), ["2 @95 [c] 0 3"]);
}

#[test]
fn a_key_within_the_watermark_expires_with_its_first_row() {
    let session = events("10 seconds");
    let mut query = run(&session, &deduplicated(&session, "e", &["k"], true), Append);
    assert_eq!(query.add(&[("events", "a 1 10, a 2 15")]), ["0 @- [a 1 10] 0 1", "1 @5 [] 0 1"]);
    assert_eq!(query.add(&[("events", "c 5 29")]), ["2 @5 [c 5 29] 0 2", "3 @19 [] 0 2"]);
    assert_eq!(query.add(&[("events", "a 6 19.5")]), ["4 @19 [] 0 2"]);
    assert_eq!(query.add(&[("events", "c 8 30")]), ["5 @19 [] 0 2", "6 @20 [] 0 1"]);
    assert_eq!(query.add(&[("events", "a 9 20.5, d 11 5")]), ["7 @20 [a 9 20.5] 1 2"]);
}
