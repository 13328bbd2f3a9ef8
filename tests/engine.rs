//! The DStream engine in a simulated world, through the Rust API.

use std::rc::Rc;

use headwater::application::{ClusterSpec, Options, Program, Run, Simulation};
use headwater::dstream::StreamingContext;
use headwater::sim::Duration;
use headwater::value::Value;

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

#[test]
fn word_count_from_a_socket() {
    for cluster in [ClusterSpec::Local { threads: 2 }, ClusterSpec::Executors { executors: 2, cores: 2 }] {
        let options = Options { cluster: Some(cluster), sockets: vec!["localhost:9999".into()], ..Options::default() };
        let mut simulation = Simulation::new(word_count(), options);
        simulation.feed(Duration::millis(500), "localhost:9999", ["a b a".into(), "c".into()]);
        simulation.feed(Duration::millis(1500), "localhost:9999", ["b b".into()]);
        let mut run = Run::default();
        assert!(simulation.run_until_idle(&mut run));
        let rows: Vec<String> = run
            .summary
            .batches
            .values()
            .map(|batch| {
                let mut rows = batch.output("counts").map(|output| output.rows.clone()).unwrap_or_default();
                rows.sort();
                Value::List(rows.into()).to_string()
            })
            .collect();
        assert_eq!(rows[..2], ["[('a', 2), ('b', 1), ('c', 1)]", "[('b', 2)]"], "{cluster:?}");
    }
}
