//! A live word count over a real TCP connection, and the same batches again from its recording.
#![cfg(all(feature = "python", feature = "cli"))]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a live run is about a real socket, the wall clock and threads"
)]

use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration as Wall;

use headwater::application::{Options, Run};
use headwater::live;
use headwater::program::load;
use headwater::scenario::{RecordedRun, Scenario, actual_of, program_of, run};
use headwater::sim::{Duration, Time};

#[test]
fn what_came_over_a_real_socket_is_counted_live_and_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let text = format!(
        "from pyspark import SparkContext\nfrom pyspark.streaming import StreamingContext\n\
         sc = SparkContext('local[2]', 'live')\nssc = StreamingContext(sc, 1)\n\
         lines = ssc.socketTextStream('127.0.0.1', {port})\n\
         counts = lines.flatMap(lambda line: line.split(' ')).map(lambda w: (w, 1)).reduceByKey(lambda a, b: a + b)\n\
         counts.pprint()\nssc.start()\nssc.awaitTermination()\n"
    );
    let stop = Arc::new(AtomicBool::new(false));
    let asked = stop.clone();
    let typist = thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        for line in ["hello world hello\n", "to be or not to be\r\n"] {
            thread::sleep(Wall::from_millis(300));
            connection.write_all(line.as_bytes()).unwrap();
            thread::sleep(Wall::from_millis(1_000));
        }
        asked.store(true, Ordering::Relaxed);
        connection
    });

    let start = live::wall_clock().floor(Duration::seconds(1), Time::default());
    let mut observer = Run::default();
    let recording = live::run(load("job.py", &text, &[]).unwrap(), Options::default(), start, &stop, &mut observer);
    drop(typist.join().unwrap());
    let live_rows = actual_of(&observer.summary, start);
    let words: usize = live_rows.outputs["counts"].values().map(Vec::len).sum();
    assert_eq!(words, 6, "hello world; to be or not: {live_rows:?}");
    assert_eq!(recording.arrivals.len(), 2, "two lines came: {recording:?}");

    let sockets = [format!("127.0.0.1:{port}").into()];
    let recorded = RecordedRun {
        name: "recorded",
        program: "job.py",
        args: &[],
        seed: 0,
        start,
        threads: recording.threads,
        sockets: &sockets,
        arrivals: &recording.arrivals,
        end: recording.end,
        stopped: recording.stopped,
    };
    let scenario =
        Scenario::from_str("recorded.yaml", &recorded.to_yaml(), &|_| Ok(text.clone().into_bytes())).unwrap();
    let outcome = run(&scenario, program_of(&scenario), &mut |_, _, _| {}).unwrap();
    assert_eq!(outcome.actual(), live_rows);
}
