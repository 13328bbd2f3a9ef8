//! Unmodified PySpark programs in a simulated world.
#![cfg(feature = "python")]
#![allow(clippy::disallowed_methods, reason = "tests read the project's own files")]

use std::rc::Rc;

use headwater::application::{ClusterSpec, Options, Run, Simulation};
use headwater::program::load;
use headwater::sim::Duration;
use headwater::trace::Summary;

const START: &str = "from pyspark import SparkContext\nfrom pyspark.streaming import StreamingContext\n\
                     sc = SparkContext('local[2]', 'test')\nssc = StreamingContext(sc, 1)\n";

/// Runs a program for some virtual seconds; `lines` are typed into localhost:9999 at 500 ms, 1500 ms, …
fn run(body: &str, lines: &[&str], seconds: u64) -> Summary {
    let program = load("job.py", &format!("{START}{body}"), &[]).unwrap();
    let options = Options { sockets: vec!["localhost:9999".into()], ..Options::default() };
    let mut simulation = Simulation::new(program, options);
    for (second, line) in (0..).zip(lines) {
        simulation.feed(Duration::millis(500 + 1000 * second), "localhost:9999", [Rc::from(*line)]);
    }
    let mut run = Run::default();
    simulation.run_until(Duration::seconds(seconds), &mut run);
    run.summary
}

fn printed(summary: &Summary) -> Vec<&str> {
    summary.printed.iter().map(|line| &**line).collect()
}

#[test]
fn the_main_program_sees_what_its_functions_changed_while_it_waited() {
    let summary = run(
        "results = []\ntotal = 0\n\
         def keep(time, rdd):\n    global total\n    rows = rdd.collect()\n    total += len(rows)\n    results.append(rows)\n\
         ssc.queueStream([[1, 2], [3]]).foreachRDD(keep)\nssc.start()\n\
         print('waiting', results)\nssc.awaitTerminationOrTimeout(2.5)\nprint(results, total)\n\
         ssc.awaitTerminationOrTimeout(1)\nssc.stop()\nprint(results, total)\n",
        &[],
        10,
    );
    assert_eq!(printed(&summary), ["waiting []", "[[1, 2], [3]] 3", "[[1, 2], [3], []] 3"]);
    assert_eq!(summary.ended, Some(None));
}

#[test]
fn time_on_the_driver_is_the_time_of_each_answer() {
    let summary = run("import time\na = time.time()\ntime.sleep(3)\nprint(time.time() - a)\n", &[], 10);
    assert_eq!(printed(&summary), ["3.0"]);
}

#[test]
fn a_write_to_a_global_inside_a_task_is_seen_by_no_one() {
    let summary = run(
        "seen = []\n\
         def note(x):\n    seen.append(x)\n    return len(seen)\n\
         ssc.queueStream([[1, 2, 3, 4], [5, 6]]).map(note).foreachRDD(lambda rdd: print(rdd.collect(), seen))\n\
         ssc.start()\nssc.awaitTerminationOrTimeout(2.5)\nprint(seen)\n",
        &[],
        10,
    );
    assert_eq!(printed(&summary), ["[1, 2, 1, 2] []", "[1, 1] []", "[]"]);
}

#[test]
fn an_exception_in_a_lambda_fails_the_job_and_reaches_await_termination() {
    let summary = run(
        "lines = ssc.socketTextStream('localhost', 9999)\n\
         lines.map(lambda line: 1 // len(line.strip('x'))).pprint()\nssc.start()\n\
         try:\n    ssc.awaitTermination()\nexcept Exception as error:\n    print(type(error).__name__, 'ZeroDivisionError' in str(error))\n",
        &["ab", "xx"],
        10,
    );
    assert_eq!(printed(&summary), ["Py4JJavaError True"]);
    let failed = summary.batches.values().find_map(|batch| batch.outputs.iter().find_map(|(_, o)| o.failure.clone()));
    let message = failed.unwrap().message;
    assert!(message.contains("File \"job.py\", line 6, in <lambda>"), "{message}");
    assert!(message.contains("failed 1 times"), "local mode does not try again: {message}");
}

#[test]
fn a_program_that_never_ends_is_stopped() {
    let summary = run("while True:\n    pass\n", &[], 1);
    let failure = summary.ended.flatten().unwrap();
    assert_eq!(failure.class, "StepBudgetExceeded");
}

#[test]
fn the_master_of_the_program_counts_unless_machines_are_given() {
    let text = "from pyspark import SparkConf, SparkContext\n\
                sc = SparkContext(conf=SparkConf().setMaster('local[3]').setAppName('x'))\nprint(sc.defaultParallelism)\n";
    let parallelism = |cluster| {
        let options = Options { cluster, ..Options::default() };
        let mut simulation = Simulation::new(load("job.py", text, &[]).unwrap(), options);
        let mut run = Run::default();
        simulation.run_until(Duration::seconds(1), &mut run);
        run.summary.printed.join("")
    };
    assert_eq!(parallelism(None), "3");
    assert_eq!(parallelism(Some(ClusterSpec::Executors { executors: 2, cores: 4 })), "8");
}

/// Every program of `tests/bad/program`, named for its mistake, with what its author is told.
#[test]
fn bad_programs_are_explained() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bad/program");
    let mut files: Vec<_> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut told = String::new();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).unwrap();
        let message = match load(&name, &text, &[]) {
            Err(error) => error.traceback.clone(),
            Ok(program) => {
                let mut simulation = Simulation::new(program, Options::default());
                let mut run = Run::default();
                simulation.run_until(Duration::seconds(5), &mut run);
                let failure = run.summary.ended.flatten();
                let failure = failure.unwrap_or_else(|| panic!("{name} is no bad program"));
                format!("{}: {}", failure.class, failure.message)
            }
        };
        told.push_str(&format!("== {name}\n{}\n\n", message.trim_end()));
    }
    insta::assert_snapshot!(told);
}
