//! Whenever lines come and whenever an executor dies, no line is lost and none is counted twice.
use headwater::application::{ClusterSpec, Options, Program, Run, Simulation};
use headwater::{dstream::StreamingContext, sim::Duration, sim::Fault, value::Value};
use proptest::prelude::*;
proptest! {
    #[test]
    fn every_line_is_counted_once(times in prop::collection::vec(0..5_000_u64, 1..20), crash in 0..6_000_u64) {
        let program = Program::new(|sc| {
            let ssc = StreamingContext::new(sc, Duration::seconds(1));
            ssc.socket_text_stream("localhost", 9999).count().collect_as("counts")?;
            ssc.start().and_then(|()| ssc.await_termination())
        });
        let cluster = Some(ClusterSpec::Executors { executors: 2, cores: 2 });
        let options = Options { cluster, sockets: vec!["localhost:9999".into()], ..Options::default() };
        let mut simulation = Simulation::new(program, options);
        let mut feed = |at: &u64| simulation.feed(Duration::millis(*at), "localhost:9999", ["a line".into()]);
        prop_assert!(times.iter().all(&mut feed));
        // The receiver is on executor-1; what a receiver has not yet stored dies with it, as in Spark.
        let executor = simulation.application().node_named("executor-2").unwrap();
        simulation.fault(Duration::millis(crash), Fault::Crash(executor));
        let mut run = Run::default();
        simulation.run_until_idle(&mut run);
        prop_assert_eq!(run.summary.rows("counts").filter_map(Value::as_int).sum::<i64>(), times.len() as i64);
    }
}
