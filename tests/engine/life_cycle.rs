//! The rules of a context's life: starting, failing, stopping, and what comes after.

use headwater::application::{Program, Simulation};
use headwater::cluster::DriverError;
use headwater::dstream::StreamingContext;
use headwater::sim::Duration;
use headwater::trace::Event;

use crate::support::{
    SECOND, SOCKET, count, executors, failure, local, observe, program, run_batches, seconds, table, with_conf,
    with_socket,
};

fn echo(ssc: &StreamingContext) -> Result<(), DriverError> {
    ssc.socket_text_stream("localhost", 9999).collect_as("lines")
}

#[test]
fn without_an_output_operation_there_is_nothing_to_start() {
    let define = |ssc: &StreamingContext| {
        ssc.batches(vec![vec![1]], 1).map(|number| number + 1);
        Ok(())
    };
    let message = failure(&run_batches(program(define), local(2), 1).0);
    assert!(message.ends_with("No output operations registered, so nothing to execute"), "{message}");
}

#[test]
fn a_started_context_takes_no_more_output_operations() {
    let main = Program::new(|sc| {
        let ssc = StreamingContext::new(sc, SECOND);
        let numbers = ssc.batches(vec![vec![1_i64]], 1);
        numbers.collect_as("rows")?;
        ssc.start()?;
        // Twice is no error.
        ssc.start()?;
        numbers.collect_as("more")
    });
    let message = failure(&run_batches(main, local(2), 1).0);
    assert!(message.contains("output operations after starting a context is not supported"), "{message}");
}

#[test]
fn a_stopped_context_starts_no_more() {
    let main = Program::new(|sc| {
        let ssc = StreamingContext::new(sc, SECOND);
        ssc.batches(vec![vec![1_i64]], 1).collect_as("rows")?;
        ssc.start()?;
        ssc.await_termination_or_timeout(Duration::millis(2_500))?;
        ssc.stop(false, false)?;
        ssc.stop(false, false)?;
        assert_eq!(sc.parallelize([1, 2]).count()?, 2, "the SparkContext lives on");
        ssc.start()
    });
    let (summary, _) = run_batches(main, local(2), 5);
    assert_eq!(table(&summary, "rows"), ["1: [1]", "2: []"]);
    assert!(failure(&summary).ends_with("StreamingContext has already been stopped"));
}

#[test]
fn a_stopped_spark_context_runs_no_more_jobs() {
    let main = Program::new(|sc| {
        let ssc = StreamingContext::new(sc, SECOND);
        ssc.batches(vec![vec![1_i64]], 1).collect_as("rows")?;
        ssc.start()?;
        ssc.stop(true, false)?;
        sc.parallelize([1]).count().map(|_| ())
    });
    let message = failure(&run_batches(main, local(2), 1).0);
    assert!(message.contains("Cannot call methods on a stopped SparkContext"), "{message}");
}

#[test]
fn one_context_is_active_at_a_time() {
    let main = Program::new(|sc| {
        for _ in 0..2 {
            let ssc = StreamingContext::new(sc, SECOND);
            ssc.batches(vec![vec![1_i64]], 1).collect_as("rows")?;
            ssc.start()?;
        }
        Ok(())
    });
    let message = failure(&run_batches(main, local(2), 1).0);
    assert!(message.contains("Only one StreamingContext may be started in this JVM"), "{message}");
}

#[test]
fn a_spark_context_serves_successive_contexts() {
    let main = Program::new(|sc| {
        for interval in [SECOND, seconds(2)] {
            let ssc = StreamingContext::new(sc, interval);
            echo(&ssc)?;
            ssc.start()?;
            ssc.await_termination_or_timeout(Duration::millis(3_300))?;
            ssc.stop(false, false)?;
        }
        Ok(())
    });
    for options in [local(2), executors(2, 1)] {
        let mut simulation = Simulation::new(main.clone(), with_socket(options));
        for half in 0..12 {
            simulation.feed(Duration::millis(half * 500 + 250), SOCKET, [half.to_string().into()]);
        }
        let (summary, records) = observe(&mut simulation, |simulation, run| simulation.run_until(seconds(10), run));
        assert_eq!(summary.ended, Some(None));
        let expected = ["1: ['0', '1']", "2: ['2', '3']", "3: ['4', '5']", "4: ['7']", "6: ['10', '11', '8', '9']"];
        // What comes between the two contexts waits at the socket, or is lost with the receiver that is stopped.
        let rows: Vec<String> = table(&summary, "lines").into_iter().map(|row| row.replace("'6', ", "")).collect();
        assert_eq!(rows, expected);
        assert_eq!(count(&records, |event| matches!(event, Event::ReceiverStarted { .. })), 2);
        assert_eq!(count(&records, |event| matches!(event, Event::ReceiverStopped { .. })), 2);
    }
}

#[test]
fn a_graceful_stop_processes_all_that_was_received() {
    for (gracefully, expected) in [(true, 35), (false, 30)] {
        for options in [local(2), executors(2, 1)] {
            let mut simulation = Simulation::new(program(echo), with_socket(options));
            for tenth in 0..35 {
                simulation.feed(Duration::millis(tenth * 100 + 50), SOCKET, ["line".into()]);
            }
            simulation.stop(Duration::millis(3_480), gracefully);
            let (summary, _) = observe(&mut simulation, |simulation, run| simulation.run_until(seconds(20), run));
            assert_eq!(summary.ended, Some(None));
            let records: u64 = summary.batches.values().map(|batch| batch.records).sum();
            assert!(records.abs_diff(expected) <= 2, "{records} records, gracefully: {gracefully}");
            assert!(summary.batches.values().all(|batch| batch.completed.is_some()));
        }
    }
}

#[test]
fn a_graceful_stop_works_off_the_backlog() {
    let mut options = local(2);
    options.costs.task = seconds(3);
    let mut simulation = Simulation::new(
        program(|ssc| ssc.batches(vec![vec![1_i64]; 100], 1).collect_as("rows")),
        with_conf(options, &[("spark.streaming.gracefulStopTimeout", "60s")]),
    );
    simulation.stop(Duration::millis(3_500), true);
    let (summary, _) = observe(&mut simulation, |simulation, run| simulation.run_until(seconds(60), run));
    assert_eq!(table(&summary, "rows").len(), 4, "three batches and the last one");
    assert_eq!(summary.ended, Some(None));
}

#[test]
fn whoever_waits_is_told_of_a_failed_batch_every_time() {
    let main = Program::new(|sc| {
        let ssc = StreamingContext::new(sc, SECOND);
        ssc.batches(vec![vec![1_i64]], 1).foreach_rdd(|_, _| Err(DriverError::illegal_state("no such table")))?;
        ssc.start()?;
        match ssc.await_termination() {
            Err(DriverError::Suspended) => return Err(DriverError::Suspended),
            first => assert_eq!(first, Err(DriverError::illegal_state("no such table"))),
        }
        ssc.await_termination_or_timeout(SECOND).map(|_| ())
    });
    let (summary, _) = run_batches(main, local(2), 4);
    assert!(failure(&summary).contains("no such table"));
}

#[test]
fn waiting_can_time_out() {
    let main = Program::new(|sc| {
        let ssc = StreamingContext::new(sc, SECOND);
        ssc.batches(vec![vec![1_i64]], 1).collect_as("rows")?;
        ssc.start()?;
        assert!(!ssc.await_termination_or_timeout(Duration::millis(1_500))?);
        Ok(())
    });
    let (summary, _) = run_batches(main, local(2), 4);
    assert_eq!((table(&summary, "rows").len(), summary.ended), (1, Some(None)));
}

#[test]
fn checkpoint_intervals_must_fit() {
    let refused = |interval: Duration, directory: bool| {
        let main = Program::new(move |sc| {
            let ssc = StreamingContext::new(sc, seconds(2));
            if directory {
                ssc.checkpoint("checkpoints");
            }
            let stream = ssc.batches(vec![vec![("k", 1_i64)]], 1).update_state_by_key(|_, sum: Option<i64>| sum);
            stream.checkpoint(interval).collect_as("state")?;
            ssc.start()
        });
        failure(&run_batches(main, local(2), 1).0)
    };
    assert!(refused(seconds(10), false).contains("The checkpoint directory has not been set"));
    assert!(refused(seconds(1), true).contains("which is lower than its slide time (2000 ms)"));
    assert!(refused(seconds(3), true).contains("which not a multiple of its slide time (2000 ms)"));
}

#[test]
fn a_receiver_on_the_only_core_starves_the_batches() {
    let mut simulation = Simulation::new(program(echo), with_socket(local(1)));
    simulation.feed(Duration::millis(100), SOCKET, ["line".into()]);
    let (summary, _) = observe(&mut simulation, |simulation, run| assert!(!simulation.run_until_idle(run)));
    assert!(summary.warnings[0].contains("spark.master should be set as local[n], n > 1"), "{:?}", summary.warnings);
    assert!(summary.batches.values().all(|batch| batch.completed.is_none()));
}
