//! Aggregations: windows in each mode, late rows, watermarks, sessions, aggregations without keys.

use super::{EVENTS, Session, events};
use crate::sql::OutputMode::{Append, Complete, Update};

#[test]
fn a_window_comes_out_once_after_the_watermark_has_passed_its_end() {
    let session = events("10 seconds");
    let mut query = session.run("SELECT window(ts, '10 seconds') w, k, count(*) FROM e GROUP BY w, k", Append);
    assert_eq!(query.add(&[("events", "a 1 2, b 1 3, a 1 9")]), ["0 @- [] 0 2", "1 @-1 [] 0 2"]);
    assert_eq!(query.add(&[("events", "a 1 15")]), ["2 @-1 [] 0 3", "3 @5 [] 0 3"]);
    assert_eq!(query.add(&[("events", "a 1 4")]), ["4 @5 [] 0 3"]);
    assert_eq!(query.add(&[("events", "a 1 20")]), ["5 @5 [] 0 4", "6 @10 [0..10 a 3, 0..10 b 1] 0 2"]);
    assert_eq!(query.add(&[("events", "b 1 5, b 1 21")]), ["7 @10 [] 1 3", "8 @11 [] 0 3"]);
    query.restart();
    assert_eq!(query.add(&[("events", "c 1 60")]), ["9 @11 [] 0 4", "10 @50 [10..20 a 1, 20..30 a 1, 20..30 b 1] 0 1"]);
}

#[test]
fn update_mode_gives_the_groups_that_changed() {
    let session = events("10 seconds");
    let text = "SELECT window(ts, '10 seconds').start, count(*), sum(v) FROM e GROUP BY window(ts, '10 seconds')";
    let mut query = session.run(text, Update);
    assert_eq!(query.add(&[("events", "a 1 5")]), ["0 @- [0 1 1] 0 1", "1 @-5 [] 0 1"]);
    assert_eq!(query.add(&[("events", "a 2 12, a 3 8")]), ["2 @-5 [0 2 4, 10 1 2] 0 2", "3 @2 [] 0 2"]);
    assert_eq!(query.add(&[("events", "a 4 31")]), ["4 @2 [30 1 4] 0 3", "5 @21 [] 0 1"]);
    assert_eq!(query.add(&[("events", "a 5 9, a 6 19, a 7 20")]), ["6 @21 [20 1 7] 2 2"]);
}

#[test]
fn late_rows_count_by_group_and_complete_mode_drops_none() {
    let session = events("0 seconds");
    let text = "SELECT window(ts, '10 seconds').start, k, sum(v) FROM e GROUP BY window(ts, '10 seconds'), k";
    let mut query = session.run(text, Update);
    query.add(&[("events", "a 1 100")]);
    assert_eq!(query.add(&[("events", "a 1 1, a 1 2, a 1 3, b 1 4, a 1 11, a 1 99")]), ["2 @100 [] 4 1"]);
    let mut query = session.run(text, Complete);
    assert_eq!(query.add(&[("events", "a 1 100")]), ["0 @- [100 a 1] 0 1"]);
    assert_eq!(query.add(&[("events", "a 2 5")]), ["1 @100 [0 a 2, 100 a 1] 0 2"]);
}

#[test]
fn without_batches_for_no_data_late_is_what_the_batch_before_knew() {
    let session = events("10 seconds");
    let mut query =
        session.run("SELECT window(ts, '10 seconds').start s, sum(v) FROM e GROUP BY window(ts, '10 seconds')", Append);
    query.no_data = false;
    assert_eq!(query.add(&[("events", "a 1 5")]), ["0 @- [] 0 1"]);
    assert_eq!(query.add(&[("events", "a 2 35")]), ["1 @-5 [] 0 2"]);
    assert_eq!(query.add(&[("events", "a 4 6, a 8 12")]), ["2 @25 [0 5, 10 8] 0 1"]);
    assert_eq!(query.add(&[("events", "a 16 7")]), ["3 @25 [] 1 1"]);
}

#[test]
fn null_times_are_never_late_and_move_nothing() {
    let session = events("5 seconds");
    let mut query = session
        .run("SELECT window(ts, '10 seconds').start s, count(*) FROM e GROUP BY window(ts, '10 seconds')", Append);
    assert_eq!(query.add(&[("events", "a 1 -")]), ["0 @- [] 0 0"]);
    assert_eq!(query.add(&[("events", "a 1 12, a 1 -")]), ["1 @- [] 0 1", "2 @7 [] 0 1"]);
}

#[test]
fn filters_go_below_the_watermark_unless_they_read_the_time() {
    let session = events("0 seconds");
    let text = "SELECT window(ts, '10 seconds').start s, sum(v) FROM e \
                WHERE v > 0 AND ts < timestamp'2024-01-01 00:01:00Z' GROUP BY window(ts, '10 seconds')";
    let mut query = session.run(text, Append);
    assert_eq!(query.add(&[("events", "a 1 5, a -1 30")]), ["0 @- [] 0 1", "1 @5 [] 0 1"]);
    assert_eq!(query.add(&[("events", "a 4 120")]), ["2 @5 [] 0 1", "3 @120 [0 1] 0 0"]);
}

#[test]
fn an_aggregation_without_keys_always_has_a_row() {
    let session = Session::new(&[EVENTS]);
    let mut query = session.run("SELECT count(*), sum(v), max(v) FROM events WHERE v > 10", Complete);
    assert_eq!(query.add(&[("events", "a 1 0, a 2 0")]), ["0 @- [0 - -] 0 1"]);
    assert_eq!(query.add(&[("events", "a 11 0, a - 0")]), ["1 @- [1 11 11] 0 1"]);
    assert_eq!(query.add(&[("events", "a 3 0")]), ["2 @- [1 11 11] 0 1"]);
}

#[test]
fn sorted_and_limited_results_are_of_the_whole() {
    let session = Session::new(&[EVENTS]);
    let mut query = session.run("SELECT k, sum(v) s FROM events GROUP BY k ORDER BY s DESC, k LIMIT 2", Complete);
    assert_eq!(query.add(&[("events", "a 1 0, b 5 0, c 3 0")]), ["0 @- [b 5, c 3] 0 3"]);
    assert_eq!(query.add(&[("events", "a 9 0")]), ["1 @- [a 10, b 5] 0 3"]);
}

#[test]
fn a_limit_counts_over_all_batches() {
    let session = Session::new(&[EVENTS]);
    let mut query = session.run("SELECT k, v FROM events LIMIT 3", Append);
    assert_eq!(query.add(&[("events", "a 1 0, a 2 0")]), ["0 @- [a 1, a 2] 0 1"]);
    assert_eq!(query.add(&[("events", "a 3 0, a 4 0, a 5 0")]), ["1 @- [a 3] 0 1"]);
    assert_eq!(query.add(&[("events", "a 6 0")]), ["2 @- [] 0 1"]);
}

#[test]
fn sessions_that_touch_are_one() {
    let session = events("10 seconds");
    let text = "SELECT session_window(ts, '5 seconds') w, k, count(*), sum(v) FROM e GROUP BY w, k";
    let mut query = session.run(text, Append);
    assert_eq!(query.add(&[("events", "a 1 10, a 2 14.999, b 4 10")]), ["0 @- [] 0 2", "1 @4.999 [] 0 2"]);
    assert_eq!(query.add(&[("events", "a 8 24")]), ["2 @4.999 [] 0 3", "3 @14 [] 0 3"]);
    assert_eq!(query.add(&[("events", "a 16 19.5")]), ["4 @14 [] 0 2"]);
    assert_eq!(query.add(&[("events", "b 32 40")]), ["5 @14 [] 0 3", "6 @30 [10..15 b 1 4, 10..29 a 4 27] 0 1"]);
    assert_eq!(query.add(&[("events", "a 64 12, b 64 35")]), ["7 @30 [] 1 1"]);
}
