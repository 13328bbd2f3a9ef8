//! Windows: their geometry, and what the inverse form does differently.

use headwater::cluster::DriverError;
use headwater::dstream::{DStream, StreamingContext};

use crate::support::{executors, failure, local, program, run_batches, seconds, table};

/// Batch i holds i.
fn counting(ssc: &StreamingContext, batches: i64) -> DStream<i64> {
    ssc.batches((1..=batches).map(|number| vec![number]).collect(), 2)
}

/// The windows of this length and slide over six batches.
fn windows(length: u64, slide: u64) -> Vec<String> {
    let define =
        move |ssc: &StreamingContext| counting(ssc, 6).window(seconds(length), seconds(slide))?.collect_as("rows");
    table(&run_batches(program(define), local(2), 6).0, "rows")
}

#[test]
fn a_window_covers_the_batches_of_its_length() {
    assert_eq!(windows(3, 1)[..4], ["1: [1]", "2: [1, 2]", "3: [1, 2, 3]", "4: [2, 3, 4]"]);
    assert_eq!(windows(3, 2), ["2: [1, 2]", "4: [2, 3, 4]", "6: [4, 5, 6]"]);
    assert_eq!(windows(1, 3), ["3: [3]", "6: [6]"], "batches in the gap are in no window");
}

#[test]
fn a_window_of_windows_has_rows_as_often_as_they_are_in_one() {
    let define = |ssc: &StreamingContext| {
        counting(ssc, 6).window(seconds(2), seconds(2))?.window(seconds(4), seconds(2))?.collect_as("rows")
    };
    let rows = table(&run_batches(program(define), executors(2, 1), 6).0, "rows");
    assert_eq!(rows, ["2: [1, 2]", "4: [1, 2, 3, 4]", "6: [3, 4, 5, 6]"]);
}

#[test]
fn geometry_that_does_not_fit_the_parent_is_refused() {
    let define = |ssc: &StreamingContext| {
        counting(ssc, 1).window(seconds(2), seconds(2))?.window(seconds(3), seconds(2))?.collect_as("rows")
    };
    let message = failure(&run_batches(program(define), local(2), 1).0);
    assert!(message.contains("The window duration of windowed DStream (3000 ms) must be a multiple"), "{message}");
}

type Pairs = Vec<Vec<(&'static str, i64)>>;

fn pairs() -> Pairs {
    vec![vec![("a", 1), ("b", 2)], vec![("a", 10)], vec![], vec![("b", 100)], vec![], vec![], vec![("c", 7)]]
}

/// What a definition over the pairs puts out as `rows`.
fn over_pairs(
    define: impl Fn(&DStream<(&'static str, i64)>) -> Result<(), DriverError> + 'static,
    batches: u64,
) -> Vec<String> {
    let define = move |ssc: &StreamingContext| define(&ssc.batches(pairs(), 2));
    let (summary, _) = run_batches(program(define), executors(2, 1), batches);
    assert_eq!(summary.ended, None, "the program goes on");
    table(&summary, "rows")
}

fn inverse(
    pairs: &DStream<(&'static str, i64)>,
    length: u64,
    slide: u64,
    filter: Option<fn(&&'static str, &i64) -> bool>,
) -> Result<(), DriverError> {
    let [length, slide] = [length, slide].map(seconds);
    let windowed = pairs.reduce_by_key_and_window_with_inverse(
        |left, right| left + right,
        |left, right| left - right,
        length,
        slide,
        None,
        filter,
    )?;
    windowed.collect_as("rows")
}

#[test]
fn without_an_inverse_keys_leave_with_their_last_value() {
    let rows = over_pairs(
        |pairs| pairs.reduce_by_key_and_window(|left, right| left + right, seconds(2), seconds(1))?.collect_as("rows"),
        6,
    );
    let expected = [
        "1: [('a', 1), ('b', 2)]",
        "2: [('a', 11), ('b', 2)]",
        "3: [('a', 10)]",
        "4: [('b', 100)]",
        "5: [('b', 100)]",
        "6: []",
    ];
    assert_eq!(rows, expected);
}

#[test]
fn with_an_inverse_keys_stay_for_ever() {
    let rows = over_pairs(|pairs| inverse(pairs, 2, 1, None), 7);
    let expected = [
        "1: [('a', 1), ('b', 2)]",
        "2: [('a', 11), ('b', 2)]",
        "3: [('a', 10), ('b', 0)]",
        "4: [('a', 0), ('b', 100)]",
        "5: [('a', 0), ('b', 100)]",
        "6: [('a', 0), ('b', 0)]",
        "7: [('a', 0), ('b', 0), ('c', 7)]",
    ];
    assert_eq!(rows, expected);
}

#[test]
fn a_filter_drops_keys_from_the_stored_state() {
    let rows = over_pairs(|pairs| inverse(pairs, 2, 1, Some(|_, sum| *sum != 0)), 7);
    assert_eq!(rows[2..], ["3: [('a', 10)]", "4: [('b', 100)]", "5: [('b', 100)]", "6: []", "7: [('c', 7)]"]);
}

#[test]
fn a_key_filtered_too_early_fails_when_its_old_values_leave() {
    let define = |ssc: &StreamingContext| inverse(&ssc.batches(pairs(), 2), 2, 1, Some(|_, sum| *sum > 5));
    let message = failure(&run_batches(program(define), local(2), 4).0);
    assert!(message.contains("Neither previous window has value for key, nor new values found"), "{message}");
}

#[test]
fn an_inverse_window_that_slides_further_than_it_reaches_keeps_the_gaps() {
    let rows = over_pairs(|pairs| inverse(pairs, 1, 3, None), 6);
    // Batches 1 and 2 are in no window, but new at 3 s, and never leave. What is new at 6 s for a key that has state is
    // taken away in the same breath, unless it is in the window.
    assert_eq!(rows, ["3: [('a', 11), ('b', 2)]", "6: [('a', 11), ('b', 2)]"]);
}

#[test]
fn counts_by_window_begin_with_the_first_data() {
    let define = |ssc: &StreamingContext| {
        let late = ssc.batches(vec![vec![], vec!['x', 'y'], vec!['x'], vec![], vec![]], 2);
        late.count_by_window(seconds(2), seconds(1))?.collect_as("count")?;
        late.count_by_value_and_window(seconds(2), seconds(1), None)?.collect_as("values")?;
        late.reduce_by_window(|left, right| left.max(right), seconds(2), seconds(1))?.collect_as("largest")
    };
    let (summary, _) = run_batches(program(define), local(2), 5);
    assert_eq!(table(&summary, "count"), ["1: []", "2: [2]", "3: [3]", "4: [1]", "5: [0]"]);
    let values = ["1: []", "2: [('x', 1), ('y', 1)]", "3: [('x', 2), ('y', 1)]", "4: [('x', 1)]", "5: []"];
    assert_eq!(table(&summary, "values"), values);
    assert_eq!(table(&summary, "largest"), ["1: []", "2: ['y']", "3: ['y']", "4: ['x']", "5: []"]);
}

#[test]
fn groups_of_a_window_are_in_the_order_of_batches() {
    let rows = over_pairs(|pairs| pairs.group_by_key_and_window(seconds(4), seconds(4))?.collect_as("rows"), 4);
    assert_eq!(rows, ["4: [('a', [1, 10]), ('b', [2, 100])]"]);
}

#[test]
fn streams_of_different_slides_do_not_join() {
    let define = |ssc: &StreamingContext| {
        let numbers = counting(ssc, 3);
        numbers.union(&numbers.window(seconds(2), seconds(2))?)?.collect_as("rows")
    };
    let message = failure(&run_batches(program(define), local(2), 1).0);
    assert!(message.contains("different slide durations"), "{message}");
}
