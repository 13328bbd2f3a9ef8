//! Whenever lines come and whenever an executor dies, no word is lost and none is counted twice.
use headwater::application::{ClusterSpec, Options, Program, Run, Simulation};
use headwater::dstream::StreamingContext;
use headwater::sim::{Duration, Fault};
use headwater::value::Value;
use proptest::prelude::*;

fn word_count() -> Program {
    Program::new(|sc| {
        let ssc = StreamingContext::new(sc, Duration::seconds(1));
        let lines = ssc.socket_text_stream("localhost", 9999);
        let words = lines.flat_map(|line| line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        words.map(|word| (word, 1_i64)).reduce_by_key(|left, right| left + right).collect_as("counts")?;
        ssc.start()?;
        ssc.await_termination()
    })
}

proptest! {
    #[test]
    fn every_word_is_counted_once(times in prop::collection::vec(0..5_000_u64, 1..20), crash in 0..6_000_u64) {
        let cluster = Some(ClusterSpec::Executors { executors: 2, cores: 2 });
        let options = Options { cluster, sockets: vec!["localhost:9999".into()], ..Options::default() };
        let mut simulation = Simulation::new(word_count(), options);
        for time in &times {
            simulation.feed(Duration::millis(*time), "localhost:9999", ["to be or not to be".into()]);
        }
        // The receiver is on executor-1; what a receiver has not yet stored dies with it, as in Spark.
        let executor = simulation.application().node_named("executor-2").unwrap();
        simulation.fault(Duration::millis(crash), Fault::Crash(executor));
        let mut run = Run::default();
        prop_assert!(simulation.run_until_idle(&mut run));
        let outputs = run.summary.batches.values().filter_map(|batch| batch.output("counts"));
        let counts = outputs.flat_map(|output| &output.rows).filter_map(Value::as_pair);
        let counted: i64 = counts.map(|(_, count)| if let Value::Int(count) = count { *count } else { 0 }).sum();
        prop_assert_eq!(counted, 6 * times.len() as i64);
    }
}
