//! The DStream engine in a simulated world, through the Rust API.

mod faults;
mod inputs;
mod jobs;
mod life_cycle;
mod state;
mod support;
mod windows;

use std::rc::Rc;

use headwater::application::{Program, Run, Simulation};
use headwater::dstream::StreamingContext;
use headwater::sim::Duration;

use support::{SECOND, SOCKET, executors, local, table, with_socket};

fn word_count() -> Program {
    Program::new(|sc| {
        let ssc = StreamingContext::new(sc, SECOND);
        let lines = ssc.socket_text_stream("localhost", 9999);
        let words = lines.flat_map(|line: Rc<str>| line.split(' ').map(Rc::<str>::from).collect::<Vec<_>>());
        words.map(|word| (word, 1_i64)).reduce_by_key(|left, right| left + right).collect_as("counts")?;
        ssc.start()?;
        ssc.await_termination()
    })
}

#[test]
fn word_count_from_a_socket() {
    for options in [local(2), executors(2, 2)] {
        let mut simulation = Simulation::new(word_count(), with_socket(options));
        simulation.feed(Duration::millis(500), SOCKET, ["a b a".into(), "c".into()]);
        simulation.feed(Duration::millis(1500), SOCKET, ["b b".into()]);
        let mut run = Run::default();
        assert!(simulation.run_until_idle(&mut run));
        assert_eq!(table(&run.summary, "counts")[..2], ["1: [('a', 2), ('b', 1), ('c', 1)]", "2: [('b', 2)]"]);
    }
}
