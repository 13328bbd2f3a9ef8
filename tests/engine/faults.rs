//! What goes wrong in a cluster, and that no batch is the worse for it.

use std::rc::Rc;

use headwater::application::{Options, Program, Simulation};
use headwater::cluster::StorageLevel;
use headwater::dstream::StreamingContext;
use headwater::sim::{Duration, Fault, NodeId};
use headwater::trace::{Event, Summary};

use crate::support::{
    SOCKET, count, executors, failure, observe, program, run_batches, seconds, table, with_conf, with_socket,
};

/// Shuffles, caches and state, over input that can be had again.
fn counts() -> Program {
    program(|ssc| {
        let numbers = ssc.batches((0..6).map(|batch| (batch..batch + 10).collect()).collect(), 3);
        let pairs = numbers.map(|number: i64| (number % 4, number));
        let sums = pairs.reduce_by_key(|left, right| left + right);
        sums.collect_as("sums")?;
        sums.window(seconds(3), seconds(1))?.map_values(|sum| sum + 1).collect_as("windows")?;
        pairs
            .group_by_key()
            .join(&sums)?
            .map(|(key, (mut all, sum))| {
                all.sort();
                (key, (all, sum))
            })
            .collect_as("joined")?;
        pairs
            .update_state_by_key(|new, sum: Option<i64>| Some(sum.unwrap_or(0) + new.iter().sum::<i64>()))
            .collect_as("state")
    })
}

const OUTPUTS: [&str; 4] = ["sums", "windows", "joined", "state"];

fn quick_to_notice(options: Options) -> Options {
    let settings = [
        ("spark.shuffle.io.retryWait", "100ms"),
        ("spark.network.timeout", "3s"),
        ("spark.network.timeoutInterval", "1s"),
        ("spark.executor.heartbeatInterval", "500ms"),
        ("spark.locality.wait", "50ms"),
    ];
    with_conf(options, &settings)
}

fn rows(summary: &Summary) -> Vec<Vec<String>> {
    OUTPUTS.iter().map(|output| table(summary, output)[..6].to_vec()).collect()
}

fn executor(simulation: &Simulation, number: u32) -> NodeId {
    simulation.application().node_named(&format!("executor-{number}")).expect("an executor")
}

#[test]
fn an_executor_may_crash_at_any_effect() {
    let options = quick_to_notice(executors(2, 1));
    let calm = rows(&run_batches(counts(), options.clone(), 8).0);
    let mut origin = Simulation::new(counts(), options);
    origin.run_until(Duration::millis(2_999), &mut ());
    let first = origin.world().effects();
    let mut after = origin.clone();
    after.run_until(Duration::millis(3_600), &mut ());
    let effects = after.world().effects();
    assert!(effects - first > 80, "a batch has {} effects", effects - first);
    for effect in first..effects {
        for number in [1, 2] {
            let mut simulation = origin.clone();
            let node = executor(&simulation, number);
            let then = Some((Duration::millis(100 + effect % 5 * 100), Fault::Restart(node)));
            simulation.fault_at_effect(effect, Fault::Crash(node), then);
            let mut run = headwater::application::Run::default();
            simulation.run_until(seconds(25), &mut run);
            // The fork's summary begins with the third batch.
            for (output, calm) in OUTPUTS.iter().zip(&calm) {
                let got = table(&run.summary, output);
                assert_eq!(got.get(..4), calm.get(2..6), "{output}, executor {number}, effect {effect}");
            }
        }
    }
}

#[test]
fn an_executor_may_pause_for_any_time() {
    let options = quick_to_notice(executors(2, 1));
    let calm = rows(&run_batches(counts(), options.clone(), 8).0);
    for pause in [200, 1_000, 4_000, 9_000] {
        for at in (2_990..3_300).step_by(7) {
            let mut simulation = Simulation::new(counts(), options.clone());
            let node = executor(&simulation, 1);
            simulation.fault(Duration::millis(at), Fault::Pause(node));
            simulation.fault(Duration::millis(at + pause), Fault::Resume(node));
            let (summary, records) = observe(&mut simulation, |simulation, run| simulation.run_until(seconds(30), run));
            assert_eq!(rows(&summary), calm, "paused at {at} for {pause} ms");
            let registered = |event: &Event| matches!(event, Event::ExecutorRegistered { .. });
            assert_eq!(count(&records, registered), if pause < 3_000 { 2 } else { 3 });
        }
    }
}

#[test]
fn a_paused_executor_is_given_up_and_begins_anew() {
    let mut simulation = Simulation::new(counts(), quick_to_notice(executors(2, 1)));
    let node = executor(&simulation, 1);
    simulation.fault(Duration::millis(2_100), Fault::Pause(node));
    simulation.fault(seconds(10), Fault::Resume(node));
    let (_, records) = observe(&mut simulation, |simulation, run| simulation.run_until(seconds(12), run));
    let story: Vec<String> = records
        .iter()
        .filter_map(|record| match &record.event {
            Event::ExecutorLost { executor, reason } => Some(format!("{executor} lost: {reason}")),
            Event::ExecutorRegistered { executor, .. } => Some(format!("{executor} registered")),
            Event::NodeResumed { .. } => Some("resumed".to_owned()),
            _ => None,
        })
        .skip(2)
        .collect();
    assert_eq!(story[0], "executor-1 lost: Executor heartbeat timed out after 3999 ms");
    assert_eq!(story[1..], ["resumed", "executor-1 registered"]);
}

#[test]
fn tasks_of_a_lost_executor_run_again_elsewhere() {
    let mut options = quick_to_notice(executors(2, 1));
    options.costs.task = Duration::millis(100);
    let mut simulation = Simulation::new(counts(), options);
    let node = executor(&simulation, 1);
    simulation.fault(Duration::millis(1_050), Fault::Crash(node));
    let (summary, records) = observe(&mut simulation, |simulation, run| simulation.run_until(seconds(40), run));
    assert_eq!(rows(&summary), rows(&run_batches(counts(), executors(2, 1), 8).0));
    assert!(count(&records, |event| matches!(event, Event::TaskStarted { attempt: 1, .. })) > 0);
    let lost = |event: &Event| {
        matches!(event, Event::TaskEnded { outcome: headwater::trace::TaskOutcome::ExecutorLost(_), .. })
    };
    assert_eq!(count(&records, lost), 1);
}

#[test]
fn a_fetch_that_fails_runs_the_maps_again() {
    let mut options = quick_to_notice(executors(2, 1));
    options.costs.task = Duration::millis(20);
    let define = |ssc: &StreamingContext| {
        let pairs = ssc.batches(vec![(0..20).map(|number| (number, 1_i64)).collect()], 2);
        pairs.reduce_by_key(|left, right| left + right).collect_as("sums")
    };
    let (calm, _) = run_batches(program(define), options.clone(), 1);
    // Executors that don't reach each other, while the driver reaches both, can't shuffle.
    let mut simulation = Simulation::new(program(define), options);
    let [one, other] = [1, 2].map(|number| executor(&simulation, number));
    simulation.fault(Duration::millis(1_010), Fault::Crash(one));
    simulation.fault(Duration::millis(1_011), Fault::Restart(one));
    simulation.fault(Duration::millis(1_030), Fault::Slow(other, 3));
    simulation.fault(Duration::millis(1_043), Fault::Crash(one));
    simulation.fault(Duration::millis(1_500), Fault::Restart(one));
    let (summary, records) = observe(&mut simulation, |simulation, run| simulation.run_until(seconds(5), run));
    assert_eq!(table(&summary, "sums")[0], table(&calm, "sums")[0]);
    let again = |event: &Event| matches!(event, Event::StageSubmitted { attempt: 1.., .. });
    assert!(count(&records, again) > 0);
}

fn received(level: StorageLevel) -> Program {
    program(move |ssc| ssc.socket_stream("localhost", 9999, level, Rc::clone).collect_as("lines"))
}

/// A line comes in on a receiver, whose executor crashes before the line's batch.
fn lose_the_receiver(level: StorageLevel) -> (Summary, Vec<headwater::trace::Record>) {
    let mut simulation = Simulation::new(received(level), quick_to_notice(with_socket(executors(3, 1))));
    simulation.feed(Duration::millis(300), SOCKET, ["early".into()]);
    simulation.feed(Duration::millis(3_300), SOCKET, ["late".into()]);
    let node = executor(&simulation, 1);
    simulation.fault(Duration::millis(900), Fault::Crash(node));
    simulation.fault(Duration::millis(2_000), Fault::Restart(node));
    observe(&mut simulation, |simulation, run| simulation.run_until(Duration::millis(5_900), run))
}

#[test]
fn a_replicated_block_survives_its_receiver() {
    let (summary, records) = lose_the_receiver(StorageLevel::MEMORY_AND_DISK_SER_2);
    assert_eq!(table(&summary, "lines"), ["1: ['early']", "2: []", "3: []", "4: ['late']", "5: []"]);
    let homes: Vec<String> = records
        .iter()
        .filter_map(|record| match &record.event {
            Event::ReceiverStarted { executor, .. } => Some(executor.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!((homes.len(), homes[0].as_str()), (2, "executor-1"));
    assert_ne!(homes[1], "executor-1");
}

#[test]
fn a_block_without_a_copy_is_lost_with_its_receiver() {
    let (summary, _) = lose_the_receiver(StorageLevel::MEMORY_ONLY);
    let message = failure(&summary);
    assert!(message.contains("Task 0 in stage 0.0 failed 4 times"), "{message}");
    assert!(message.contains("Could not compute split, block input-0-"), "{message}");
    assert!(message.contains("of RDD 0 not found"), "{message}");
}

#[test]
fn a_receiver_that_comes_back_from_a_pause_is_not_heard() {
    let mut simulation =
        Simulation::new(received(StorageLevel::MEMORY_ONLY_SER_2), quick_to_notice(with_socket(executors(2, 2))));
    let node = executor(&simulation, 1);
    for second in 0..20 {
        simulation.feed(seconds(second) + Duration::millis(300), SOCKET, [format!("{second:02}").into()]);
    }
    simulation.fault(Duration::millis(2_500), Fault::Pause(node));
    simulation.fault(Duration::millis(10_500), Fault::Resume(node));
    let (summary, records) = observe(&mut simulation, |simulation, run| simulation.run_until(seconds(22), run));
    assert_eq!(summary.ended, None, "no batch is given a block of the zombie");
    let lines = table(&summary, "lines");
    assert_eq!(lines[1], "2: ['01']");
    // The zombie holds the connection until it learns that it was given up, and what it read goes with it.
    assert_eq!(lines[13..16], ["14: ['13']", "15: ['14']", "16: ['15']"], "the new receiver is in service");
    assert_eq!(count(&records, |event| matches!(event, Event::ReceiverStarted { .. })), 2);
}

#[test]
fn a_copy_to_a_paused_executor_is_given_up_with_it() {
    let mut simulation =
        Simulation::new(received(StorageLevel::MEMORY_AND_DISK_SER_2), quick_to_notice(with_socket(executors(2, 2))));
    let node = executor(&simulation, 2);
    simulation.feed(Duration::millis(2_300), SOCKET, ["line".into()]);
    simulation.fault(Duration::millis(2_000), Fault::Pause(node));
    let (summary, _) = observe(&mut simulation, |simulation, run| simulation.run_until(seconds(12), run));
    let lines: Vec<String> = table(&summary, "lines").into_iter().filter(|row| row.contains("line")).collect();
    assert_eq!(lines.len(), 1, "late, but there");
}

#[test]
fn batches_wait_for_an_executor_to_come_back() {
    let mut simulation = Simulation::new(counts(), quick_to_notice(executors(1, 2)));
    let node = executor(&simulation, 1);
    simulation.fault(Duration::millis(2_500), Fault::Crash(node));
    simulation.fault(Duration::millis(5_500), Fault::Restart(node));
    let (summary, _) = observe(&mut simulation, |simulation, run| simulation.run_until(seconds(9), run));
    assert_eq!(rows(&summary), rows(&run_batches(counts(), executors(1, 2), 8).0));
    let delays: Vec<u64> = summary.batches.values().filter_map(|batch| batch.total_delay()).collect();
    assert!(delays[2] > 2_000_000 && delays[7] < 1_000_000, "{delays:?}");
}
