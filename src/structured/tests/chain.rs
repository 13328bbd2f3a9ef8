//! Stateful operators on stateful operators.

use super::{EVENTS, Session, events, sides};
use crate::sql::OutputMode::{Append, Complete};

#[test]
fn windows_of_windows_come_out_in_the_same_batch() {
    let session = events("0 seconds")
        .view("small", |it| it.sql("SELECT window(ts, '5 seconds') w, k, count(*) n FROM e GROUP BY w, k"));
    let text =
        "SELECT window(w, '10 seconds').start, k, sum(n), count(*) FROM small GROUP BY window(w, '10 seconds'), k";
    let mut query = session.run(text, Append);
    assert_eq!(query.add(&[("events", "a 1 1, a 1 6, b 1 2")]), ["0 @- [] 0 3", "1 @6 [] 0 3"]);
    assert_eq!(query.add(&[("events", "a 1 7")]), ["2 @6 [] 0 3", "3 @7 [] 0 3"]);
    assert_eq!(query.add(&[("events", "a 1 11, a 1 3")]), ["4 @7 [] 1 4", "5 @11 [0 a 3 2, 0 b 1 1] 0 1"]);
    let names: Vec<&str> = query.query.stateful_operators().iter().map(|it| it.name).collect();
    assert_eq!(names, ["stateStoreSave", "stateStoreSave"]);
}

#[test]
fn a_joins_range_holds_back_what_comes_after_it() {
    let session = sides("0 seconds", "0 seconds");
    let text = "SELECT window(lt, '10 seconds').start, a.k, count(*) FROM a JOIN b ON a.k = b.k \
                AND lt BETWEEN rt AND rt + interval 5 seconds GROUP BY window(lt, '10 seconds'), a.k";
    let mut query = session.run(text, Append);
    assert_eq!(query.add(&[("l", "a 1 10"), ("r", "a 1 8")]), ["0 @- [] 0 3", "1 @8 [] 0 3"]);
    assert_eq!(query.add(&[("l", "a 1 40"), ("r", "a 1 40")]), ["2 @8 [] 0 6", "3 @40 [10 a 1] 0 3"]);
    assert_eq!(query.add(&[("l", "a 1 80"), ("r", "a 1 80")]), ["4 @40 [] 0 6", "5 @80 [40 a 1] 0 3"]);
    assert_eq!(query.query.stateful_operators()[0].name, "stateStoreSave");
    assert_eq!(query.query.stateful_operators()[1].name, "symmetricHashJoin");
}

#[test]
fn duplicates_are_dropped_before_they_are_counted() {
    let session = Session::new(&[EVENTS]).view("d", |it| it.sql("SELECT DISTINCT k, v FROM events"));
    let mut query =
        session.run("SELECT k, count(*), sum(v) FROM (SELECT k, v FROM events LIMIT 3) GROUP BY k", Complete);
    assert_eq!(query.add(&[("events", "a 1 0, a 1 0, b 2 0, a 9 0")]), ["0 @- [a 2 2, b 1 2] 0 3"]);
    assert_eq!(query.add(&[("events", "a 1 0")]), ["1 @- [a 2 2, b 1 2] 0 3"]);
}

#[test]
fn two_streams_wait_for_the_slower() {
    let session = sides("10 seconds", "0 seconds");
    let text = "SELECT window(t, '10 seconds').start, sum(v) FROM (SELECT lv v, lt t FROM a UNION ALL SELECT rv, rt FROM b) \
                GROUP BY window(t, '10 seconds')";
    let mut query = session.run(text, Append);
    assert_eq!(query.add(&[("l", "a 1 40")]), ["0 @- [] 0 1"]);
    assert_eq!(query.add(&[("r", "a 2 15")]), ["1 @- [] 0 2", "2 @15 [] 0 2"]);
    assert_eq!(query.add(&[("r", "a 4 60")]), ["3 @15 [] 0 3", "4 @30 [10 2] 0 2"]);
}

#[test]
fn what_two_aggregations_put_out_in_one_batch_is_joined_in_it() {
    let session = sides("5 seconds", "5 seconds")
        .view("c", |it| it.sql("SELECT window(lt, '10 seconds') w, k, count(*) n FROM a GROUP BY w, k"))
        .view("d", |it| it.sql("SELECT window(rt, '10 seconds') w, k, sum(rv) s FROM b GROUP BY w, k"));
    let mut query = session.run("SELECT w.start, k, n, s FROM c LEFT JOIN d USING (w, k)", Append);
    assert_eq!(query.add(&[("l", "a 1 1, b 2 2"), ("r", "a 10 3")]), ["0 @- [] 0 3", "1 @-3 [] 0 3"]);
    assert_eq!(query.add(&[("l", "z 3 30"), ("r", "z 11 40")]), ["2 @-3 [] 0 5", "3 @25 [0 a 1 10, 0 b 1 -] 0 2"]);
}
