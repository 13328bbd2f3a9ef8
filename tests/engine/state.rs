//! State by key: `updateStateByKey` and `mapWithState`.

use headwater::application::Simulation;
use headwater::cluster::{Partitioner, TaskError};
use headwater::dstream::{State, StateSpec, StreamingContext};
use std::rc::Rc;

use crate::support::{executors, failure, local, observe, program, run_batches, seconds, table};

fn visits() -> Vec<Vec<(&'static str, i64)>> {
    vec![vec![("a", 1), ("b", 1), ("a", 2)], vec![("b", 5)], vec![], vec![("a", 1)]]
}

#[test]
fn every_key_is_updated_every_batch() {
    let define = |ssc: &StreamingContext| {
        let update = |values: Vec<i64>, state: Option<(i64, i64)>| {
            let (sum, calls) = state.unwrap_or_default();
            // Dropped after its third call.
            (calls < 3).then_some((sum + values.iter().sum::<i64>(), calls + 1))
        };
        ssc.batches(visits(), 2).update_state_by_key(update).collect_as("state")
    };
    let (summary, _) = run_batches(program(define), executors(2, 1), 5);
    let expected = [
        "1: [('a', (3, 1)), ('b', (1, 1))]",
        "2: [('a', (3, 2)), ('b', (6, 2))]",
        "3: [('a', (3, 3)), ('b', (6, 3))]",
        "4: []",
        "5: []",
    ];
    assert_eq!(table(&summary, "state"), expected);
}

#[test]
fn initial_state_is_updated_in_the_first_batch() {
    let define = |ssc: &StreamingContext| {
        let initial = ssc.spark_context().parallelize([("a", 100_i64), ("gone", 0)]);
        let update = |_, key: &&str, values: Vec<i64>, state: Option<i64>| {
            Ok((*key != "gone").then_some(state.unwrap_or(0) + values.iter().sum::<i64>()))
        };
        let stream = ssc.batches(visits(), 2);
        stream.update_state_by_key_with(Rc::new(update), Partitioner::Hash(3), Some(initial)).collect_as("state")
    };
    let (summary, _) = run_batches(program(define), local(2), 2);
    assert_eq!(table(&summary, "state"), ["1: [('a', 103), ('b', 1)]", "2: [('a', 103), ('b', 6)]"]);
}

#[test]
fn state_survives_its_checkpoints() {
    let define = |ssc: &StreamingContext| {
        let stream = ssc.batches((0..45).map(|number| vec![("k", number)]).collect(), 2);
        stream.update_state_by_key(|values, sum| Some(sum.unwrap_or(0) + values.len() as i64)).collect_as("state")
    };
    let (summary, _) = run_batches(program(define), local(2), 45);
    assert_eq!(table(&summary, "state").last().map(String::as_str), Some("45: [('k', 45)]"));
}

/// Counts a key's values; a timeout says so.
fn tracking(
    key: &&'static str,
    value: Option<i64>,
    state: &mut State<i64>,
) -> Result<(&'static str, Option<i64>), TaskError> {
    if state.is_timing_out() {
        return Ok((key, None));
    }
    let sum = state.get_option().unwrap_or(0) + value.unwrap_or(0);
    state.update(sum)?;
    Ok((key, Some(sum)))
}

#[test]
fn a_row_comes_out_for_each_record_and_the_snapshot_has_all_keys() {
    let define = |ssc: &StreamingContext| {
        let tracked = ssc.batches(visits(), 2).map_with_state(StateSpec::function(tracking));
        tracked.stream().collect_as("rows")?;
        tracked.state_snapshots().collect_as("snapshots")
    };
    let (summary, _) = run_batches(program(define), executors(2, 2), 4);
    assert_eq!(
        table(&summary, "rows"),
        ["1: [('a', 1), ('a', 3), ('b', 1)]", "2: [('b', 6)]", "3: []", "4: [('a', 4)]"]
    );
    let snapshots =
        ["1: [('a', 3), ('b', 1)]", "2: [('a', 3), ('b', 6)]", "3: [('a', 3), ('b', 6)]", "4: [('a', 4), ('b', 6)]"];
    assert_eq!(table(&summary, "snapshots"), snapshots);
}

#[test]
fn timeouts_come_out_at_checkpoints_only_and_are_strict() {
    let define = |ssc: &StreamingContext| {
        let mut batches = vec![vec![("a", 1), ("b", 1), ("c", 1)]];
        batches.resize(7, vec![]);
        batches[1] = vec![("b", 1)];
        batches[3] = vec![("c", 1)];
        let spec = StateSpec::function(tracking).timeout(seconds(2));
        ssc.batches(batches, 2).map_with_state(spec).checkpoint(seconds(2)).collect_as("rows")
    };
    let (summary, _) = run_batches(program(define), local(2), 8);
    let rows = table(&summary, "rows");
    // At 4 s: a was touched at 1 s, before 4 - 2; b at 2 s, not before; c is fed in this very batch.
    let expected = ["4: [('a', None), ('c', 2)]", "5: []", "6: [('b', None)]", "7: []", "8: [('c', None)]"];
    assert_eq!(rows[3..], expected);
}

#[test]
fn state_that_was_removed_can_be_set_by_the_next_record_only() {
    let removing = |_: &&str, value: Option<i64>, state: &mut State<i64>| {
        match value.unwrap_or(0) {
            0 => state.remove()?,
            number => state.update(number)?,
        }
        Ok(state.get_option())
    };
    let define = move |ssc: &StreamingContext| {
        let stream = ssc.batches(vec![vec![("k", 0), ("k", 5), ("k", 0), ("k", 6)]], 1);
        stream.map_with_state(StateSpec::function(removing)).stream().collect_as("rows")
    };
    let (summary, _) = run_batches(program(define), local(2), 1);
    assert_eq!(table(&summary, "rows"), ["1: [None, None, 5, 6]"]);

    let both = |_: &&str, _: Option<i64>, state: &mut State<i64>| {
        state.remove()?;
        state.update(1)
    };
    let define = move |ssc: &StreamingContext| {
        let stream = ssc.batches(vec![vec![("k", 0)]], 1);
        stream.map_with_state(StateSpec::function(both)).stream().collect_as("rows")
    };
    let message = failure(&run_batches(program(define), local(2), 1).0);
    assert!(message.contains("Cannot update the state after it has been removed"), "{message}");
}

#[test]
fn a_lost_executor_loses_no_state() {
    let define = |ssc: &StreamingContext| {
        let stream = ssc.batches((0..30).map(|number| vec![(number % 5, number)]).collect(), 3);
        let sum = |values: Vec<i64>, sum: Option<i64>| Some(sum.unwrap_or(0) + values.iter().sum::<i64>());
        stream.update_state_by_key(sum).collect_as("state")?;
        let counted = |_: &i64, _: Option<i64>, state: &mut State<i64>| {
            state.update(state.get_option().unwrap_or(0) + 1)?;
            state.get()
        };
        stream.map_with_state(StateSpec::function(counted)).state_snapshots().collect_as("counts")
    };
    let (calm, _) = run_batches(program(define), executors(3, 1), 30);
    let mut simulation = Simulation::new(program(define), executors(3, 1));
    for (second, number) in [(7, 1), (14, 2), (15, 3), (26, 1)] {
        let node = simulation.application().node_named(&format!("executor-{number}")).expect("an executor");
        simulation.fault(seconds(second), headwater::sim::Fault::Crash(node));
        simulation.fault(seconds(second + 1), headwater::sim::Fault::Restart(node));
    }
    let (stormy, _) = observe(&mut simulation, |simulation, run| simulation.run_until(seconds(60), run));
    for output in ["state", "counts"] {
        assert_eq!(table(&calm, output)[..], table(&stormy, output)[..30]);
    }
}
