//! Joins of two streams, and of a stream and a table.

use super::{LEFT, RIGHT, Session, sides};
use crate::sql::OutputMode::Append;

#[test]
fn without_watermarks_both_sides_are_kept_and_null_keys_are_not() {
    let session = Session::new(&[LEFT, RIGHT]);
    let mut query = session.run("SELECT k, lv, rv FROM l JOIN r USING (k)", Append);
    assert_eq!(query.add(&[("l", "a 1 0, b 2 0")]), ["0 @- [] 0 2"]);
    assert_eq!(query.add(&[("r", "a 10 0, - 11 0")]), ["1 @- [a 1 10] 0 3"]);
    assert_eq!(
        query.add(&[("l", "a 3 0, - 4 0"), ("r", "b 12 0, a 13 0")]),
        ["2 @- [a 1 13, a 3 10, a 3 13, b 2 12] 0 6"]
    );
}

#[test]
fn a_range_evicts_what_can_match_no_more() {
    let session = sides("10 seconds", "5 seconds");
    let text = "SELECT a.k, lv, rv FROM a JOIN b ON a.k = b.k AND rt >= lt AND rt <= lt + interval 5 seconds";
    let mut query = session.run(text, Append);
    assert_eq!(query.add(&[("l", "a 1 10, a 2 20"), ("r", "a 10 12")]), ["0 @- [a 1 10] 0 3", "1 @7 [] 0 3"]);
    assert_eq!(query.add(&[("r", "a 11 25, a 12 26")]), ["2 @7 [a 2 11] 0 5", "3 @10 [] 0 5"]);
    assert_eq!(query.add(&[("l", "a 3 40"), ("r", "a 13 41")]), ["4 @10 [a 3 13] 0 7", "5 @30 [] 0 2"]);
    assert_eq!(query.add(&[("l", "a 4 22, a 5 29"), ("r", "a 14 21, a 15 36")]), ["6 @30 [] 3 3"]);
    assert_eq!(query.add(&[("l", "a 6 36"), ("r", "a 16 35")]), ["7 @30 [a 6 13, a 6 15] 0 5"]);
}

#[test]
fn a_watermark_on_one_side_evicts_nothing() {
    let session = Session::new(&[LEFT, RIGHT]).watermarked("b", "r", "rt", "0 seconds");
    let text = "SELECT l.k, lv, rv FROM l JOIN b ON l.k = b.k AND lv <= rv \
                AND rt BETWEEN lt - interval 5 seconds AND lt + interval 40 seconds";
    let mut query = session.run(text, Append);
    assert_eq!(query.add(&[("l", "a 1 10, a 20 10"), ("r", "a 10 8")]), ["0 @- [a 1 10] 0 3"]);
    assert_eq!(query.add(&[("l", "a 2 1"), ("r", "a 11 50")]), ["1 @8 [a 1 11, a 2 10] 0 5"]);
}

#[test]
fn an_outer_row_comes_out_with_nulls_when_it_is_evicted() {
    let session = sides("5 seconds", "5 seconds");
    let text = "SELECT a.k, lv, rv FROM a LEFT JOIN b ON a.k = b.k AND rt BETWEEN lt AND lt + interval 10 seconds";
    let mut query = session.run(text, Append);
    assert_eq!(query.add(&[("l", "a 1 0, b 2 1"), ("r", "a 10 5")]), ["0 @- [a 1 10] 0 3", "1 @-4 [] 0 3"]);
    query.restart();
    assert_eq!(query.add(&[("l", "c 3 20"), ("r", "c 11 20")]), ["2 @-4 [c 3 11] 0 5", "3 @15 [b 2 -] 0 2"]);
    assert_eq!(query.add(&[("l", "d 4 21"), ("r", "x 12 17")]), ["4 @15 [] 0 4"]);
    // A null key of the side that need not be kept is filtered below its watermark, which stays where it was.
    assert_eq!(query.add(&[("l", "- 6 70"), ("r", "- 14 71")]), ["5 @15 [] 0 5"]);
    assert_eq!(query.add(&[("l", "z 7 100"), ("r", "z 15 100")]), ["6 @15 [z 7 15] 0 7", "7 @95 [- 6 -, d 4 -] 0 2"]);
}

#[test]
fn a_full_outer_join_gives_both_sides_and_matches_null_keys() {
    let session = sides("0 seconds", "0 seconds");
    let text = "SELECT a.k, lv, b.k, rv FROM a FULL JOIN b ON a.k = b.k \
                AND lt BETWEEN rt - interval 5 seconds AND rt + interval 5 seconds";
    let mut query = session.run(text, Append);
    assert_eq!(
        query.add(&[("l", "a 1 10, - 2 10"), ("r", "a 10 12, c 11 10, - 12 11")]),
        ["0 @- [- 2 - 12, a 1 a 10] 0 5", "1 @10 [] 0 5"]
    );
    assert_eq!(query.add(&[("l", "x 3 20"), ("r", "x 12 22")]), ["2 @10 [x 3 x 12] 0 7", "3 @20 [- - c 11] 0 2"]);
}

#[test]
fn a_key_with_a_watermark_evicts_both_sides() {
    let session = sides("5 seconds", "5 seconds")
        .view("c", |it| it.sql("SELECT k, window(lt, '10 seconds') w, lv FROM a"))
        .view("d", |it| it.sql("SELECT k, window(rt, '10 seconds') w, rv FROM b"));
    let mut query = session.run("SELECT k, w.start, lv, rv FROM c RIGHT JOIN d USING (k, w)", Append);
    assert_eq!(query.add(&[("l", "a 1 1"), ("r", "a 10 9, b 11 3, u 99 2")]), ["0 @- [a 0 1 10] 0 4", "1 @-4 [] 0 4"]);
    assert_eq!(query.add(&[("l", "a 2 16"), ("r", "a 12 14.5")]), ["2 @-4 [a 10 2 12] 0 6", "3 @9.5 [] 0 6"]);
    assert_eq!(
        query.add(&[("l", "b 3 4"), ("r", "a 13 17")]),
        ["4 @9.5 [a 10 2 13, b 0 3 11] 0 8", "5 @11 [u 0 - 99] 0 3"]
    );
}

#[test]
fn a_semi_join_gives_a_left_row_at_its_first_match() {
    let session = sides("0 seconds", "0 seconds");
    let text = "SELECT * FROM a LEFT SEMI JOIN b ON a.k = b.k AND lt BETWEEN rt AND rt + interval 10 seconds";
    let mut query = session.run(text, Append);
    assert_eq!(query.add(&[("l", "a 1 5, b 2 6"), ("r", "a 10 3")]), ["0 @- [a 1 5] 0 3", "1 @3 [] 0 3"]);
    assert_eq!(query.add(&[("l", "a 3 8"), ("r", "a 11 4, b 12 5")]), ["2 @3 [a 3 8, b 2 6] 0 5", "3 @5 [] 0 5"]);
}

#[test]
fn what_one_side_decides_is_decided_before_the_join() {
    let session = sides("0 seconds", "0 seconds");
    let on = "a.k = b.k AND lv > 1 AND a.k = 'a' AND lt BETWEEN rt AND rt + interval 5 seconds";
    let mut query = session.run(&format!("SELECT lv, rv FROM a JOIN b ON {on}"), Append);
    let rows = [("l", "a 1 10, a 2 10, b 2 50"), ("r", "a 1 8, b 1 8")];
    assert_eq!(query.add(&rows), ["0 @- [2 1] 0 2", "1 @8 [] 0 2"]);
    let mut query = session.run(&format!("SELECT lv, rv FROM a LEFT JOIN b ON {on}"), Append);
    assert_eq!(query.add(&rows), ["0 @- [1 -, 2 -, 2 1] 0 2", "1 @8 [] 0 2"]);
    let mut query = session.run(&format!("SELECT lv, rv FROM a LEFT JOIN b ON {on} WHERE rv > 0"), Append);
    assert_eq!(query.add(&rows), ["0 @- [2 1] 0 2", "1 @8 [] 0 2"]);
}

#[test]
fn tables_join_without_state() {
    let session = Session::new(&[LEFT]).with_table("t", "k STRING, name STRING", "a ann, b bob, b bea, - nul");
    let rows = [("l", "a 1 0, b 2 0, z 3 0, - 4 0")];
    let run = |text: &str| session.run(text, Append).add(&rows);
    assert_eq!(run("SELECT lv, name FROM l JOIN t USING (k)"), ["0 @- [1 ann, 2 bea, 2 bob] 0 0"]);
    assert_eq!(
        run("SELECT lv, name FROM l LEFT JOIN t ON l.k = t.k AND name <> 'bob'"),
        ["0 @- [1 ann, 2 bea, 3 -, 4 -] 0 0"]
    );
    assert_eq!(run("SELECT lv FROM l LEFT SEMI JOIN t ON l.k = t.k"), ["0 @- [1, 2] 0 0"]);
    assert_eq!(run("SELECT lv FROM l LEFT ANTI JOIN t ON l.k = t.k"), ["0 @- [3, 4] 0 0"]);
    assert_eq!(
        run("SELECT lv, name FROM t RIGHT JOIN l ON l.k <=> t.k AND lv > 2"),
        ["0 @- [1 -, 2 -, 3 -, 4 nul] 0 0"]
    );
    assert_eq!(
        run("SELECT lv, n FROM l JOIN (SELECT k, count(*) n FROM t GROUP BY k) USING (k)"),
        ["0 @- [1 1, 2 2] 0 0"]
    );
}

#[test]
fn a_bound_on_any_column_of_a_side_is_taken_for_one_on_its_time() {
    // Spark reads `rv > 12` as a time of more than 12 seconds after the epoch, so that nothing is evicted.
    let session = sides("5 seconds", "5 seconds");
    let text = "SELECT lv, rv FROM a RIGHT JOIN b ON a.k = b.k AND rv > 12 \
                AND rt BETWEEN lt - interval 4 seconds AND lt + interval 6 seconds";
    let mut query = session.run(text, Append);
    assert_eq!(query.add(&[("l", "z 1 11"), ("r", "b 13 11, c 1 11")]), ["0 @- [- 1] 0 2", "1 @6 [] 0 2"]);
    assert_eq!(query.add(&[("l", "d 6 60"), ("r", "d 15 60")]), ["2 @6 [6 15] 0 4", "3 @55 [] 0 3"]);
}
