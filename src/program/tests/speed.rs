//! What things cost; run by hand with `--ignored --nocapture`.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "it measures the machine")]

use std::time::Instant;

use super::{local::Local, *};
use crate::value::Value;

#[test]
#[ignore = "prints figures, proves nothing"]
fn figures() {
    let start = Instant::now();
    let program = Program::compile("job.py", "x = 1").unwrap();
    eprintln!("interpreter start        {:>10.1?}", start.elapsed());
    let start = Instant::now();
    for _ in 0..100 {
        program.run(&Bindings::default(), Local::default(), Journal::default(), Surroundings::default());
    }
    eprintln!("run of an empty program  {:>10.1?}", start.elapsed() / 100);
    let words: std::rc::Rc<[Value]> = (0..100_000).map(|i| Value::str(format!("word{}", i % 1000))).collect();
    let pairs: std::rc::Rc<[Value]> =
        (0..100_000).map(|i| Value::tuple([Value::str(format!("word{}", i % 1000)), Value::Int(1)])).collect();
    let body = |body: &str| {
        let source = format!(
            "from pyspark import SparkContext\nsc = SparkContext()\nr = sc.parallelize([(1,1)])\nl = []\nn = 0\nclass P:\n    n = 0\n    def hit(self, x):\n        P.n += 1\n        return x\np = P()\n{body}"
        );
        let run = Program::compile("job.py", &source).unwrap().run(
            &Bindings::default(),
            Local::default(),
            Journal::default(),
            Surroundings::default(),
        );
        assert!(matches!(run.outcome, Outcome::Done(_)), "{:?}", run.outcome);
        run.engine
    };
    for (name, code, input) in [
        ("mapPartitions(identity)", "r.mapPartitions(lambda it: it)", &words),
        ("map(lambda w: (w, 1))", "r.map(lambda w: (w, 1))", &words),
        ("map(lambda w: w.upper())", "r.map(lambda w: w.upper())", &words),
        ("filter(lambda w: w != 'a')", "r.filter(lambda w: w != 'a')", &words),
        ("flatMap(split)", "r.flatMap(lambda w: w.split('d'))", &words),
        ("comprehension", "r.mapPartitions(lambda it: [w for w in it])", &words),
        ("identity pairs", "r.mapPartitions(lambda it: it)", &pairs),
        ("mapValues(lambda v: v + 1)", "r.mapValues(lambda v: v + 1)", &pairs),
        (
            "combine(lambda a, b: a + b)",
            "r._pipe(__import__('pyspark._transformations')._transformations.combining(None, lambda a, b: a + b), True)",
            &pairs,
        ),
    ] {
        let function = body(code).last_function();
        let functions = [function];
        let start = Instant::now();
        let task = Task::new(&functions).unwrap();
        let made = start.elapsed();
        let start = Instant::now();
        let (result, _) = task.pipe(0, input.clone(), Surroundings::default());
        let elapsed = start.elapsed();
        result.unwrap();
        eprintln!("{name:30} {:>8.3?} a record, capture {made:?}", elapsed / 100_000);
    }
    for (name, code) in [
        ("pure", "r.map(lambda w: (w, 1))"),
        ("list", "r.map(lambda w: l.append(w))"),
        ("class", "r.map(p.hit)"),
        ("pure partial", "r.mapValues(lambda w: w)"),
    ] {
        let functions = [body(code).last_function()];
        let start = Instant::now();
        Task::new(&functions).unwrap();
        let first = start.elapsed();
        let start = Instant::now();
        for _ in 0..1000 {
            Task::new(&functions).unwrap();
        }
        let each = start.elapsed() / 1000;
        let task = Task::new(&functions).unwrap();
        let empty: std::rc::Rc<[Value]> = [].into();
        let start = Instant::now();
        for _ in 0..1000 {
            task.pipe(0, empty.clone(), Surroundings::default()).0.unwrap();
        }
        eprintln!(
            "task of {name:12}  capture {first:>9.2?}  copy {each:>9.2?}  empty partition {:>9.2?}",
            start.elapsed() / 1000
        );
    }
    let source = "from pyspark import SparkContext\nfrom pyspark.streaming import StreamingContext\nsc = SparkContext('local[2]', 'x')\nssc = StreamingContext(sc, 1)\nresults = []\n\
                  words = ssc.queueStream([[1, 2], [3]])\nwords.map(lambda x: (x, 1)).reduceByKey(lambda a, b: a + b).transform(lambda rdd: rdd.map(lambda x: x)).foreachRDD(lambda rdd: None)\nssc.start()\n";
    let program = Program::compile("job.py", source).unwrap();
    let start = Instant::now();
    for _ in 0..100 {
        program.run(&Bindings::default(), Local::default(), Journal::default(), Surroundings::default());
    }
    eprintln!("run of a streaming program {:>8.1?}", start.elapsed() / 100);
    let run = program.run(&Bindings::default(), Local::default(), Journal::default(), Surroundings::default());
    let start = Instant::now();
    for i in 1..=200 {
        assert!(run.engine.output(i * 1_000_000).is_ok());
    }
    eprintln!("batch with transform and foreachRDD on the naive engine {:>8.1?}", start.elapsed() / 200);
}
