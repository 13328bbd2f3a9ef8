//! Where streams come from and where their rows go.

use headwater::application::{Options, Simulation};
use headwater::cluster::{Rdd, StorageLevel};
use headwater::dstream::StreamingContext;
use headwater::external::FileData;
use headwater::sim::Duration;
use headwater::trace::Event;

use crate::support::{SOCKET, count, executors, local, observe, program, run_batches, seconds, table, with_conf};

#[test]
fn a_queue_gives_an_rdd_a_batch_or_all_at_once() {
    let queued = |one_at_a_time: bool, default: bool| {
        let define = move |ssc: &StreamingContext| {
            let sc = ssc.spark_context();
            let queue: Vec<Rdd<i64>> = (1..=3).map(|number| sc.parallelize([number])).collect();
            let default = default.then(|| sc.parallelize([0]));
            let stream = ssc.queue_stream(queue, one_at_a_time, default);
            stream.collect_as("rows")?;
            stream.glom().map(|rows| rows.len() as i64).collect_as("partitions")
        };
        run_batches(program(define), local(2), 4).0
    };
    let one_by_one = queued(true, false);
    assert_eq!(table(&one_by_one, "rows"), ["1: [1]", "2: [2]", "3: [3]", "4: []"]);
    assert_eq!(table(&one_by_one, "partitions")[3], "4: [0]", "one empty partition");
    assert_eq!(table(&queued(true, true), "rows")[3], "4: [0]");
    assert_eq!(table(&queued(false, true), "rows"), ["1: [1, 2, 3]", "2: [0]", "3: [0]", "4: [0]"]);
}

#[test]
fn files_belong_to_a_batch_by_their_modification_time() {
    let define = |ssc: &StreamingContext| ssc.text_file_stream("logs").collect_as("lines");
    let mut options = local(2);
    options.start += Duration::millis(500);
    let mut simulation = Simulation::new(program(define), options);
    let node = simulation.application().setup().file_system;
    assert_eq!(simulation.application().name_of(node).as_ref(), "storage");
    // Half a second past the batch time: the start is not on the grid, and what comes now is not after it.
    simulation.put_file(Duration::ZERO, "logs/before", ["before".into()]);
    simulation.put_file(Duration::millis(200), "logs/a", ["a1".into(), "a2".into()]);
    simulation.put_file(Duration::millis(200), "logs/.hidden", ["hidden".into()]);
    simulation.put_file(Duration::millis(200), "other/a", ["other".into()]);
    simulation.put_file(Duration::millis(2_700), "logs/b", ["b1".into()]);
    // Written again and longer: the file was taken already.
    simulation.put_file(Duration::millis(3_700), "logs/a", ["a1".into(), "a2".into(), "a3".into()]);
    let (summary, _) = observe(&mut simulation, |simulation, run| simulation.run_until(seconds(8), run));
    let rows: Vec<String> = table(&summary, "lines").into_iter().filter(|row| !row.ends_with("[]")).collect();
    assert_eq!(rows, ["1: ['a1', 'a2']", "4: ['b1']"]);
}

#[test]
fn a_file_is_looked_for_a_minute_back_only() {
    let lines = |remembered: &str| {
        let define =
            |ssc: &StreamingContext| ssc.file_stream("logs", |path| path.ends_with(".log"), false).collect_as("lines");
        let settings = [("spark.streaming.fileStream.minRememberDuration", remembered)];
        let mut simulation = Simulation::new(program(define), with_conf(local(2), &settings));
        simulation.put_file(Duration::millis(500), "logs/a.txt", ["a".into()]);
        simulation.put_file(Duration::millis(500), "logs/b.log", ["b".into()]);
        let (summary, _) = observe(&mut simulation, |simulation, run| simulation.run_until(seconds(70), run));
        table(&summary, "lines").into_iter().filter(|row| !row.ends_with("[]")).collect::<Vec<_>>()
    };
    assert_eq!(lines("60s"), ["1: ['b']"]);
    assert_eq!(lines("2s"), ["1: ['b']"]);
}

#[test]
fn saved_files_are_named_by_the_batch_and_committed() {
    let define = |ssc: &StreamingContext| {
        let stream = ssc.batches(vec![vec!["x", "y"], vec![]], 2);
        stream.save_as_text_files("out/words", "txt", |word| word.into())
    };
    let mut simulation = Simulation::new(program(define), executors(2, 1));
    let (summary, _) = observe(&mut simulation, |simulation, run| simulation.run_until(Duration::millis(2_900), run));
    let start = Options::default().start.as_millis();
    let expected: Vec<String> = [1, 2]
        .iter()
        .flat_map(|second| [0, 1].map(|part| format!("out/words-{}.txt/part-0000{part}", start + second * 1_000)))
        .collect();
    assert_eq!(summary.files.iter().map(|path| path.to_string()).collect::<Vec<_>>(), expected);
    let Some(headwater::application::Node::FileSystem(files)) =
        simulation.world().node(simulation.application().setup().file_system)
    else {
        panic!("no file system");
    };
    let Some(FileData::Lines(lines)) = files.read(&expected[1]) else { panic!("no file") };
    assert_eq!(lines[..], ["y".into()]);
    assert!(files.paths().all(|path| !path.contains("_temporary")));
    assert_eq!(files.paths().filter(|path| path.ends_with("_SUCCESS")).count(), 2);
}

#[test]
fn saved_pairs_are_lines_with_a_tab() {
    let define = |ssc: &StreamingContext| {
        let pairs = ssc.batches(vec![vec![("a", 1), ("b", 2)]], 1);
        pairs.save_as_hadoop_files("old", "")?;
        pairs.save_as_new_api_hadoop_files("new", "tsv")
    };
    let mut simulation = Simulation::new(program(define), local(2));
    observe(&mut simulation, |simulation, run| simulation.run_until(Duration::millis(1_900), run));
    let Some(headwater::application::Node::FileSystem(files)) =
        simulation.world().node(simulation.application().setup().file_system)
    else {
        panic!("no file system");
    };
    let time = Options::default().start.as_millis() + 1_000;
    for path in [format!("old-{time}/part-00000"), format!("new-{time}.tsv/part-r-00000")] {
        let Some(FileData::Lines(lines)) = files.read(&path) else { panic!("no {path}") };
        assert_eq!(lines[..], ["a\t1".into(), "b\t2".into()]);
    }
}

#[test]
fn a_slice_has_the_rdds_of_past_batches() {
    let define = |ssc: &StreamingContext| {
        ssc.remember(seconds(10));
        let numbers = ssc.batches((1..=5).map(|number| vec![number]).collect(), 1);
        let past = numbers.clone();
        numbers
            .transform(move |rdd, time| {
                let earlier = past.slice(time - seconds(2), time - seconds(1))?;
                let sum: i64 =
                    earlier.iter().map(|rdd| rdd.collect()).collect::<Result<Vec<_>, _>>()?.concat().iter().sum();
                Ok(rdd.map(move |number: i64| (number, sum)))
            })
            .collect_as("rows")
    };
    let (summary, _) = run_batches(program(define), local(2), 4);
    assert_eq!(table(&summary, "rows"), ["1: [(1, 0)]", "2: [(2, 1)]", "3: [(3, 3)]", "4: [(4, 5)]"]);
}

#[test]
fn rdds_that_an_output_operation_has_sliced_keep_their_ids() {
    let define = |ssc: &StreamingContext| {
        ssc.remember(seconds(10));
        let numbers = ssc.batches((1..=5).map(|number| vec![number]).collect(), 1);
        // Nobody but the slice below needs it.
        let doubled = numbers.map(|number: i64| number * 2);
        doubled.filter(|number| *number > 100).collect_as("nothing")?;
        let lazy = numbers.map(|number| number * 3);
        numbers.output("sums", move |rdd, time| {
            let cached = rdd.map(|number| number + 1).cache();
            let first = cached.collect()?;
            let lazily = lazy.slice(time, time)?;
            let second = lazily[0].collect()?;
            let third = cached.map(|number| number * 10).collect()?;
            headwater::dstream::put_rows([first, second, third].map(Into::into), false);
            Ok(())
        })?;
        Ok(())
    };
    let (summary, _) = run_batches(program(define), local(2), 2);
    assert_eq!(table(&summary, "sums"), ["1: [[2], [3], [20]]", "2: [[3], [6], [30]]"]);
}

#[test]
fn several_receivers_run_on_executors_in_turn() {
    let define = |ssc: &StreamingContext| {
        let streams: Vec<_> = (0..3).map(|place| ssc.socket_text_stream("localhost", 9990 + place)).collect();
        ssc.union(&streams)?.collect_as("lines")
    };
    let mut options = executors(3, 2);
    options.sockets = (0..3).map(|place| format!("localhost:{}", 9990 + place).into()).collect();
    let mut simulation = Simulation::new(program(define), options);
    for place in 0..3 {
        simulation.feed(
            Duration::millis(300),
            &format!("localhost:{}", 9990 + place),
            [format!("from {place}").into()],
        );
    }
    let (summary, records) = observe(&mut simulation, |simulation, run| assert!(simulation.run_until_idle(run)));
    assert_eq!(table(&summary, "lines")[0], "1: ['from 0', 'from 1', 'from 2']");
    let mut homes: Vec<String> = records
        .iter()
        .filter_map(|record| match &record.event {
            Event::ReceiverStarted { executor, .. } => Some(executor.to_string()),
            _ => None,
        })
        .collect();
    homes.sort();
    assert_eq!(homes, ["executor-1", "executor-2", "executor-3"]);
}

#[test]
fn a_receiver_tries_again_until_somebody_listens() {
    let define = |ssc: &StreamingContext| {
        let unknown = ssc.socket_stream("nowhere", 1, StorageLevel::MEMORY_ONLY, |line| line.clone());
        unknown.collect_as("lines")
    };
    let mut options = local(2);
    options.sockets = vec![SOCKET.into()];
    let mut simulation = Simulation::new(program(define), options);
    let (_, records) = observe(&mut simulation, |simulation, run| simulation.run_until(Duration::millis(4_900), run));
    let errors = count(&records, |event| {
        matches!(event, Event::ReceiverError { message, .. }
            if message.starts_with("Restarting receiver with delay 2000 ms: Error connecting to nowhere:1"))
    });
    assert_eq!(errors, 3);
}
