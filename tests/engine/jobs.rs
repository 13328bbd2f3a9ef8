//! Jobs and their tasks: failures, retries, concurrency, accumulators; forks; and memory.

use std::rc::Rc;

use headwater::application::{Node, Program, Simulation};
use headwater::cluster::{TaskContext, TaskError, driver};
use headwater::dstream::StreamingContext;
use headwater::sim::{Duration, Fault};
use headwater::trace::{Event, TaskOutcome};

use crate::support::{
    SOCKET, count, executors, failure, local, observe, program, run_batches, seconds, table, with_conf, with_socket,
};

/// A program whose tasks fail until their attempt has this number.
fn failing_until(attempt: u32) -> Program {
    program(move |ssc| {
        let flaky = move |_, rows, context: &mut TaskContext| {
            if context.info.attempt < attempt {
                return Err(TaskError::user("java.lang.RuntimeException", "no luck"));
            }
            Ok(rows)
        };
        ssc.batches(vec![vec![1_i64]], 1).try_map_partitions("flaky", false, flaky).collect_as("rows")
    })
}

#[test]
fn a_task_may_fail_three_times() {
    let (summary, records) = run_batches(failing_until(3), executors(2, 1), 1);
    assert_eq!(table(&summary, "rows"), ["1: [1]"]);
    let failed = |event: &Event| matches!(event, Event::TaskEnded { outcome: TaskOutcome::ExceptionFailure(_), .. });
    assert_eq!(count(&records, failed), 3);
}

#[test]
fn the_fourth_failure_of_a_task_fails_its_job() {
    let message = failure(&run_batches(failing_until(9), executors(2, 1), 2).0);
    let expected = "org.apache.spark.SparkException: Job aborted due to stage failure: Task 0 in stage 0.0 failed 4 \
                    times, most recent failure: Lost task 0.3 in stage 0.0 (TID 3) (executor-2): \
                    java.lang.RuntimeException: no luck";
    assert_eq!(message, expected);
}

#[test]
fn in_local_mode_the_first_failure_counts() {
    let message = failure(&run_batches(failing_until(1), local(2), 2).0);
    assert!(message.contains("Task 0 in stage 0.0 failed 1 times, most recent failure: Lost task 0.0"), "{message}");
    let (summary, _) = run_batches(failing_until(1), with_conf(local(2), &[("spark.task.maxFailures", "2")]), 2);
    assert_eq!(table(&summary, "rows")[0], "1: [1]");
}

#[test]
fn batches_go_on_after_a_failed_one() {
    let define = |ssc: &StreamingContext| {
        let stream = ssc.batches((0..4).map(|number| vec![number]).collect(), 1);
        let checked = stream.try_map_partitions("checked", false, |_, rows, _| {
            let rows: Vec<i64> = rows.collect();
            if rows.contains(&1) {
                return Err(TaskError::user("java.lang.RuntimeException", "one"));
            }
            Ok(Box::new(rows.into_iter()) as _)
        });
        checked.collect_as("rows")
    };
    let main = Program::new(move |sc| {
        let ssc = StreamingContext::new(sc, seconds(1));
        define(&ssc)?;
        ssc.start()?;
        assert!(ssc.await_termination().is_err());
        driver::request(driver::Request::Sleep(seconds(10))).map(|_| ())
    });
    let (summary, _) = run_batches(main, local(2), 4);
    assert_eq!(table(&summary, "rows"), ["1: [0]", "2: []", "3: [2]", "4: [3]"]);
}

#[test]
fn output_operations_run_one_at_a_time_unless_told_otherwise() {
    let most_at_once = |jobs: &str| {
        let define = |ssc: &StreamingContext| {
            let stream = ssc.batches(vec![vec![1_i64]; 3], 1);
            (0..3).try_for_each(|number| stream.collect_as(&format!("rows-{number}")))
        };
        let mut options = with_conf(local(4), &[("spark.streaming.concurrentJobs", jobs)]);
        options.costs.task = Duration::millis(400);
        let (_, records) = run_batches(program(define), options, 5);
        let mut running = 0_i32;
        let mut most = 0;
        for record in records {
            match record.event {
                Event::OutputStarted { .. } => running += 1,
                Event::OutputCompleted { .. } => running -= 1,
                _ => {}
            }
            most = most.max(running);
        }
        most
    };
    assert_eq!([most_at_once("1"), most_at_once("2")], [1, 2]);
}

#[test]
fn a_slow_node_makes_the_scheduling_delay_grow() {
    let define = |ssc: &StreamingContext| ssc.batches(vec![vec![1_i64]; 20], 2).collect_as("rows");
    let mut options = executors(1, 2);
    options.costs.task = Duration::millis(300);
    let mut simulation = Simulation::new(program(define), options);
    let node = simulation.application().node_named("executor-1").expect("an executor");
    simulation.fault(Duration::millis(3_500), Fault::Slow(node, 5));
    let (summary, _) = observe(&mut simulation, |simulation, run| simulation.run_until(seconds(20), run));
    let delays: Vec<u64> = summary.batches.values().filter_map(|batch| batch.scheduling_delay()).collect();
    assert_eq!(delays[..4], [0; 4]);
    assert!(delays[4..].windows(2).all(|pair| pair[1] > pair[0] + 400_000), "{delays:?}");
}

#[test]
fn accumulators_count_once_a_result_partition() {
    for attempts in [0, 2] {
        let main = Program::new(move |sc| {
            let sum = sc.long_accumulator();
            sc.parallelize(1..=10_i64).foreach_partition(move |rows, context| {
                rows.for_each(|row| sum.add(row, context));
                if context.info.attempt < attempts {
                    return Err(TaskError::user("java.lang.RuntimeException", "after adding"));
                }
                Ok(())
            })?;
            driver::print(sum.value()?.to_string());
            Ok(())
        });
        let (summary, _) = run_batches(main, executors(2, 1), 1);
        assert_eq!(summary.printed, ["55".into()]);
    }
}

/// A program with a bit of everything that keeps state.
fn stateful() -> Program {
    program(|ssc| {
        let lines = ssc.socket_text_stream("localhost", 9999);
        let words = lines.map(|line: Rc<str>| (line, 1_i64));
        words
            .update_state_by_key(|new, sum: Option<i64>| Some(sum.unwrap_or(0) + new.len() as i64))
            .collect_as("state")?;
        words.map(|(word, _)| word).count_by_window(seconds(3), seconds(1))?.collect_as("count")?;
        words
            .transform(|rdd, _| {
                let most = rdd.count()?;
                Ok(rdd.map(move |(word, _)| (word, most)))
            })
            .print(3)
    })
}

#[test]
fn a_fork_goes_on_as_its_origin_does() {
    let mut origin = Simulation::new(stateful(), with_socket(executors(2, 2)));
    for tenth in 0..100 {
        origin.feed(Duration::millis(tenth * 100 + 30), SOCKET, [format!("word-{}", tenth % 7).into()]);
    }
    let node = origin.application().node_named("executor-1").expect("an executor");
    origin.fault(Duration::millis(4_210), Fault::Crash(node));
    origin.fault(Duration::millis(5_210), Fault::Restart(node));
    let mut forks = Vec::new();
    for step in 0..60 {
        forks.push(origin.clone());
        origin.run_until(Duration::millis(step * 167), &mut ());
    }
    origin.run_until(seconds(12), &mut ());
    for mut fork in forks {
        fork.run_until(seconds(12), &mut ());
        assert_eq!(fork.fingerprint(), origin.fingerprint());
    }
}

#[test]
fn seeds_differ_and_runs_do_not() {
    let run = |seed| {
        let mut options = with_socket(executors(2, 2));
        options.seed = seed;
        options.costs.jitter = (Duration::ZERO, Duration::millis(20));
        let mut simulation = Simulation::new(stateful(), options);
        for tenth in 0..30 {
            simulation.feed(Duration::millis(tenth * 100), SOCKET, ["word".into()]);
        }
        simulation.run_until(seconds(5), &mut ());
        simulation.fingerprint()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

/// How much the driver, the file system and all executors keep.
fn kept(simulation: &Simulation) -> Vec<usize> {
    let setup = simulation.application().setup();
    let mut kept = Vec::new();
    let mut blocks = 0;
    for node in [setup.driver, setup.file_system].into_iter().chain(setup.executors.iter().copied()) {
        match simulation.world().node(node) {
            Some(Node::Driver(driver)) => kept.extend(driver.kept()),
            Some(Node::Executor(executor)) => blocks += executor.executor().blocks().len(),
            Some(Node::FileSystem(files)) => kept.push(files.paths().count()),
            _ => {}
        }
    }
    kept.push(blocks);
    kept
}

#[test]
fn memory_stays_bounded_over_ten_thousand_batches() {
    let mut simulation = Simulation::new(stateful(), with_socket(executors(2, 2)));
    let mut after_a_while = Vec::new();
    for round in 0..100_u64 {
        for second in 0..100 {
            let at = Duration::seconds(round * 100 + second) + Duration::millis(100);
            simulation.feed(at, SOCKET, [format!("word-{}", second % 7).into()]);
        }
        simulation.run_until(seconds(round * 100 + 100) + Duration::millis(900), &mut ());
        match round {
            0 => after_a_while = kept(&simulation),
            _ => assert_eq!(kept(&simulation), after_a_while, "after {} batches", round * 100 + 100),
        }
    }
    assert!(after_a_while.iter().all(|size| *size < 400), "{after_a_while:?}");
}

#[test]
fn chance_moves_nothing_that_it_should_not() {
    // Any schedule of simultaneous events gives the same rows.
    let run = |seed, shuffled| {
        let mut options = with_socket(executors(3, 1));
        options.seed = seed;
        options.shuffle_ties = shuffled;
        let mut simulation = Simulation::new(stateful(), options);
        for tenth in 0..30 {
            simulation.feed(Duration::millis(tenth * 100 + 30), SOCKET, [format!("word-{}", tenth % 4).into()]);
        }
        let (summary, _) = observe(&mut simulation, |simulation, run| simulation.run_until(seconds(5), run));
        ["state", "count"].map(|output| table(&summary, output))
    };
    let calm = run(0, false);
    for seed in 0..20 {
        assert_eq!(run(seed, true), calm, "seed {seed}");
    }
}
