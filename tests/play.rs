//! What a scenario's timeline does to the world.

use std::io;
use std::rc::Rc;

use headwater::application::Program;
use headwater::dstream::StreamingContext;
use headwater::scenario::{Ending, Judgement, Mismatch, Outcome, Scenario, Violation, run};
use headwater::sim::{Duration, Time};
use headwater::trace::Event;

fn word_count() -> Program {
    Program::new(|sc| {
        let ssc = StreamingContext::new(sc, Duration::seconds(1));
        let lines = ssc.socket_text_stream("localhost", 9999);
        let words = lines.flat_map(|line: Rc<str>| line.split(' ').map(Rc::<str>::from).collect::<Vec<_>>());
        words.map(|word| (word, 1_i64)).reduce_by_key(|left, right| left + right).collect_as("counts")?;
        ssc.start()?;
        ssc.await_termination()
    })
}

/// Runs a scenario of these fields; returns what went wrong or was mended, with the times since the start.
fn play(fields: &str) -> (Outcome, Vec<String>) {
    let no_files = |_: &str| Err(io::ErrorKind::NotFound.into());
    let head = "name: test\nabout: A test.\ninputs: { lines: { socket: \"localhost:9999\" } }\nprogram: |\n  pass\n\n";
    let scenario = Scenario::from_str("test.yaml", &format!("{head}{fields}"), &no_files).unwrap();
    let mut faults = Vec::new();
    let outcome = run(&scenario, Ok(word_count()), &mut |record, _, _| {
        let text = match &record.event {
            Event::NodeCrashed { name } => format!("{name} crashes"),
            Event::NodeStarted { name } if record.at > scenario.start.0 => format!("{name} starts"),
            Event::NodePaused { name } => format!("{name} pauses"),
            Event::NodeResumed { name } => format!("{name} resumes"),
            Event::NodeSlowed { name, factor } => format!("{name} x{factor}"),
            Event::NetworkPartitioned { groups } => format!("partition of {}", groups.len()),
            Event::NetworkHealed => "heal".into(),
            _ => return,
        };
        faults.push(format!("{} {text}", Time(record.at).since(scenario.start)));
    });
    (outcome.unwrap(), faults)
}

#[test]
fn every_fault_of_a_timeline_strikes_and_ends() {
    let (_, faults) = play(
        "cluster: { executors: 2, cores: 2, executor_restart: 4s }\ncosts: { slow: { executor-1: 3 } }\nrun_for: 20s\n\
         timeline:\n\
         - { at: 1s, slow: executor-1, factor: 2, for: 1s }\n\
         - { at: 3s, pause: executor-1, resume_after: 1s }\n\
         - { at: 5s, partition: [[driver], [executor-1]], heal_after: 1s }\n\
         - { at: 7s, crash: executor-2, restart_after: 1s }\n\
         - { at: 9s, crash: executor-2 }\n\
         - { when: { batch: 15s, before: generateJobs }, pause: executor-2, resume_after: 500ms }\n",
    );
    let expected = [
        "0s executor-1 x3",
        "1s executor-1 x6",
        "2s executor-1 x3",
        "3s executor-1 pauses",
        "4s executor-1 resumes",
        "5s partition of 2",
        "6s heal",
        "7s executor-2 crashes",
        "8s executor-2 starts",
        "9s executor-2 crashes",
        "13s executor-2 starts",
        "15s executor-2 pauses",
        "15500ms executor-2 resumes",
    ];
    assert_eq!(faults, expected);
}

#[test]
fn on_a_local_master_what_runs_the_tasks_dies_and_returns_with_the_driver() {
    let (outcome, faults) = play(
        "cluster: { master: \"local[2]\", driver_restart: 2s }\nrun_for: 9s\n\
         timeline:\n- { at: 1500ms, crash: driver }\n- { at: 5500ms, add: { lines: [a b] } }\n\
         expect:\n  outputs:\n    counts:\n    - { batch: 6s, rows: [[a, 1], [b, 1]] }\n  always: [exactly-once, converges]\n",
    );
    let nodes = ["driver crashes", "executor-driver crashes", "driver starts", "executor-driver starts"];
    let times = ["1500ms", "1500ms", "3500ms", "3500ms"];
    assert_eq!(faults, times.iter().zip(nodes).map(|(time, node)| format!("{time} {node}")).collect::<Vec<_>>());
    assert_eq!(outcome.verdict.judgement(), Judgement::Held, "{:?}", outcome.verdict);
}

#[test]
fn a_run_ends_as_the_scenario_says() {
    let input = "timeline:\n- { at: 500ms, add: { lines: [a] } }\n";
    let ending = |fields: &str| play(fields).0.ending;
    assert_eq!(ending(input), Ending::Idle);
    assert_eq!(ending("run_for: 3s\n"), Ending::TimeIsUp);
    assert_eq!(ending(&format!("{input}- {{ at: 2s, stop: gracefully }}\n")), Ending::ProgramEnded);
    assert_eq!(ending(&format!("{input}- {{ at: 2s, crash: driver }}\n")), Ending::DriverDown);
    assert_eq!(ending(&format!("cluster: {{ master: local }}\n{input}")), Ending::GivenUp, "a receiver takes the core");
}

#[test]
fn a_traceback_is_told_by_its_last_line_and_then_in_full() {
    let came = "ValueError: Traceback (most recent call last):\n  File \"a.py\", line 1\nValueError: no".to_owned();
    let violation = Violation { mismatch: Mismatch::Error { expected: "no error".into(), came }, place: None };
    assert_eq!(violation.mismatch.headline(), "expected no error, came ValueError: no");
    assert!(violation.problem().help.contains("line 1\nValueError: no"));
}

#[test]
fn an_expected_error_holds_and_an_unexpected_one_does_not() {
    let no_files = |_: &str| Err(io::ErrorKind::NotFound.into());
    let failing = || {
        Program::new(|sc| {
            let ssc = StreamingContext::new(sc, Duration::seconds(1));
            ssc.start()
        })
    };
    let judged = |expect: &str| {
        let text = format!("name: t\nabout: A test.\nprogram: |\n  pass\n\nrun_for: 2s\n{expect}");
        let scenario = Scenario::from_str("test.yaml", &text, &no_files).unwrap();
        run(&scenario, Ok(failing()), &mut |_, _, _| {}).unwrap().verdict
    };
    let verdict = judged("");
    assert_eq!(verdict.judgement(), Judgement::Violated);
    assert!(verdict.violations[0].mismatch.headline().contains("No output operations registered"), "{verdict:?}");
    let expected = "expect: { error: { class: IllegalArgumentException, contains: No output operations } }\n";
    assert_eq!(judged(expected).judgement(), Judgement::Held);
    assert_eq!(judged("expect: { error: { class: ValueError } }\n").judgement(), Judgement::Violated);
}
