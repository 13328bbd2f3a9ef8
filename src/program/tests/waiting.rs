//! Driver calls that wait: run again from the beginning with the answers so far, printing once.

use super::{local::Local, *};

#[test]
fn a_program_that_waits_runs_again_with_what_it_knows() {
    let source = "from pyspark import SparkContext\nimport time, random\nsc = SparkContext('local', 'x')\nprint('start', time.time())\n\
                  a = sc.parallelize([1, 2]).count()\nprint(a, time.time())\nr = random.random()\n\
                  try:\n    b = sc.parallelize([3]).collect()\nexcept BaseException:\n    b = 'caught'\ntime.sleep(5)\nprint(b, time.time(), r == r)\n";
    let program = Program::compile("job.py", source).unwrap();
    let surroundings = Surroundings { now: 1_000_000, ..Surroundings::default() };
    let mut journal = Journal::default();
    let mut engine = Local::blocking();
    let mut now = 1_000_000;
    let mut suspensions = 0;
    loop {
        let run = program.run(&Bindings::default(), engine, journal, surroundings);
        (engine, journal) = (run.engine, run.journal);
        match run.outcome {
            Outcome::Suspended => {
                suspensions += 1;
                now += 1_000_000;
                journal.push(now, engine.answer().unwrap());
            }
            Outcome::Done(_) => {
                assert_eq!(run.aftermath.printed, "start 1.0\n2 2.0\n[3] 4.0 True\n");
                break;
            }
            Outcome::Failed(error) => panic!("{}", error.traceback),
        }
    }
    assert_eq!(suspensions, 3);
    assert_eq!(engine.requests(), 9, "no request is made twice");
}

#[test]
fn driver_state_is_a_value() {
    let source = "from pyspark import SparkContext\nfrom pyspark.streaming import StreamingContext\n\
                  sc = SparkContext('local[2]', 'x')\nssc = StreamingContext(sc, 1)\nresults = []\n\
                  words = ssc.queueStream([[1, 2], [3]])\n\
                  words.foreachRDD(lambda rdd: results.append(rdd.collect()))\n\
                  words.map(lambda x: (x, len(results))).foreachRDD(lambda rdd: print(rdd.collect(), results))\n\
                  ssc.start()\n";
    let program = Program::compile("job.py", source).unwrap();
    let run = program.run(&Bindings::default(), Local::default(), Journal::default(), Surroundings::default());
    assert!(matches!(run.outcome, Outcome::Done(_)), "{:?}", run.outcome);
    let engine = run.engine;
    let before = engine.image().unwrap();
    assert!(!before.is_pure());
    assert!(engine.output(1_000_000).is_ok());
    assert!(engine.output(2_000_000).is_ok());
    let _ = before;
}
