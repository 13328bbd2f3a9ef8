//! What the tests share: running a program for a while, and looking at what came out.

use headwater::application::{ClusterSpec, Listener, Options, Program, Run, Simulation};
use headwater::cluster::DriverError;
use headwater::dstream::StreamingContext;
use headwater::sim::Duration;
use headwater::trace::{Event, Record, Summary};
use headwater::value::Value;

pub const SECOND: Duration = Duration::seconds(1);

pub const SOCKET: &str = "localhost:9999";

pub fn seconds(count: u64) -> Duration {
    Duration::seconds(count)
}

pub fn local(threads: u32) -> Options {
    Options { cluster: Some(ClusterSpec::Local { threads }), ..Options::default() }
}

pub fn executors(executors: u32, cores: u32) -> Options {
    Options { cluster: Some(ClusterSpec::Executors { executors, cores }), ..Options::default() }
}

/// With a socket that programs read as `localhost:9999`.
pub fn with_socket(options: Options) -> Options {
    Options { sockets: vec![SOCKET.into()], ..options }
}

pub fn with_conf(mut options: Options, settings: &[(&str, &str)]) -> Options {
    settings.iter().for_each(|(key, value)| options.conf.set(*key, *value));
    options
}

/// A program of one context with 1-second batches and a checkpoint directory.
pub fn program(define: impl Fn(&StreamingContext) -> Result<(), DriverError> + 'static) -> Program {
    Program::new(move |sc| {
        let ssc = StreamingContext::new(sc, SECOND);
        ssc.checkpoint("checkpoints");
        define(&ssc)?;
        ssc.start()?;
        ssc.await_termination()
    })
}

/// Runs a program for so many batches of a second; its trace too.
pub fn run_batches(program: Program, options: Options, batches: u64) -> (Summary, Vec<Record>) {
    let mut simulation = Simulation::new(program, options);
    observe(&mut simulation, |simulation, run| {
        simulation.run_until(seconds(batches) + Duration::millis(900), run);
    })
}

/// Runs a simulation as `act` says, and keeps its trace.
pub fn observe(simulation: &mut Simulation, act: impl FnOnce(&mut Simulation, &mut Run<'_>)) -> (Summary, Vec<Record>) {
    let mut records = Vec::new();
    let listener: Listener<'_> = Box::new(|record, _, _| records.push(record.clone()));
    let mut run = Run { listener: Some(listener), ..Run::default() };
    act(simulation, &mut run);
    let summary = std::mem::take(&mut run.summary);
    drop(run);
    (summary, records)
}

/// The rows of an output, sorted, batch by batch: `1: [...]` for the batch a second after the start.
pub fn table(summary: &Summary, output: &str) -> Vec<String> {
    let start = Options::default().start.as_millis();
    let batches = summary.batches.values().filter_map(|batch| Some((batch.batch_time, batch.output(output)?)));
    batches
        .filter(|(_, output)| output.completed)
        .map(|(time, output)| {
            let mut rows = output.rows.clone();
            rows.sort();
            format!("{}: {}", (time - start) / 1_000, Value::List(rows.into()))
        })
        .collect()
}

/// The message of the error that ended the program.
pub fn failure(summary: &Summary) -> String {
    let failure = summary.ended.clone().flatten().expect("an error ends the program");
    format!("{}: {}", failure.class, failure.message)
}

pub fn count(records: &[Record], wanted: impl Fn(&Event) -> bool) -> usize {
    records.iter().filter(|record| wanted(&record.event)).count()
}
