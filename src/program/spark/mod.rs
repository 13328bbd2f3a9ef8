//! The facade's requests, answered by the engines: what makes a PySpark file an [`application::Program`].
//!
//! A pass over driver code has a [`Spark`] of its own, which holds the RDDs and streams that the code has numbers for.
//! What outlives the pass, the functions of the graph with their state, is in the driver's context as [`Kept`].

mod frames;
mod jobs;
mod rdds;
mod streams;
mod tasks;

use std::any::Any;
use std::collections::BTreeMap;
use std::rc::Rc;

use indexmap::IndexMap;

use super::engine::{Answer, Engine, Refusal, Reply, Request};
use super::scope;
use super::sql::SqlSession;
use super::{Bindings, Image, Journal, Outcome, Program, ProgramError, StreamId, Surroundings};
use crate::application;
use crate::cluster::{DriverError, Rdd, driver};
use crate::dstream::{SparkContext, StreamingContext};
use crate::sim::Duration;
use crate::value::Value;

use streams::PyStream;

/// Result of serving a request; the error may be that the answer takes virtual time.
type Served = Result<Reply, DriverError>;

/// RDDs by the numbers the program knows them by.
type Rdds = BTreeMap<u64, rdds::PyRdd>;

/// Batches that an input has, in order.
pub type Batches = Vec<Vec<Value>>;

/// How many RDDs of earlier batches a program with state of its own may still hold on to.
const KEPT_RDDS: usize = 256;

/// What of a program outlives a pass: lost with the driver.
#[derive(Clone)]
struct Kept {
    image: Image,
    /// Those the main function made.
    rdds: Rc<Rdds>,
    /// The latest that functions with state of their own made.
    recent: Rc<Rdds>,
}

/// What the facade asks, over the driver that runs.
pub(super) struct Spark {
    rdds: Rdds,
    streams: Vec<PyStream>,
    context: Option<StreamingContext>,
    /// Set while `context` was made before the program asked for one.
    has_context: bool,
    /// What the program finds bound once it has a context.
    inputs: Rc<IndexMap<String, Batches>>,
    /// What functions of the graph have changed while the main program waited.
    changed: Option<Image>,
    session: SqlSession,
}

impl Engine for Spark {
    fn serve(&mut self, request: Request) -> Answer {
        let answer = self.answer(request);
        // Answers had before were had at their own times.
        if let Some(now) = driver::now() {
            scope::set_now(now.0 as i64);
        }
        match answer {
            Ok(reply) => Answer::Ready(Ok(reply)),
            Err(DriverError::Suspended) => Answer::Blocked,
            Err(DriverError::Failed { class, message }) => {
                Answer::Ready(Err(Refusal { class: class.to_string(), message: message.to_string() }))
            }
            Err(error @ DriverError::NoDriver) => Answer::Ready(Err(Refusal {
                class: "java.lang.IllegalStateException".into(),
                message: error.to_string(),
            })),
        }
    }

    fn changed_state(&mut self) -> Option<Image> {
        self.changed.take()
    }
}

impl Spark {
    fn new(rdds: Rdds) -> Self {
        Spark {
            rdds,
            streams: Vec::new(),
            context: None,
            has_context: false,
            inputs: Rc::default(),
            changed: None,
            session: SqlSession::default(),
        }
    }

    fn answer(&mut self, request: Request) -> Served {
        match request {
            Request::SparkContext { .. }
            | Request::StopSparkContext
            | Request::DefaultParallelism
            | Request::SetCheckpointDir { .. }
            | Request::Broadcast { .. }
            | Request::DropBroadcast { .. }
            | Request::Accumulator { .. }
            | Request::AccumulatorValue { .. }
            | Request::SetAccumulator { .. }
            | Request::TextFile { .. }
            | Request::RunJob { .. }
            | Request::SaveAsTextFile { .. }
            | Request::Sleep { .. } => self.serve_context(request),

            Request::Parallelize { .. }
            | Request::Pipe { .. }
            | Request::PartitionBy { .. }
            | Request::Union { .. }
            | Request::Zip { .. }
            | Request::Cartesian { .. }
            | Request::Coalesce { .. }
            | Request::Persist { .. }
            | Request::Unpersist { .. }
            | Request::CheckpointRdd { .. }
            | Request::SetName { .. }
            | Request::PartitionCount { .. }
            | Request::DebugString { .. } => self.serve_rdd(request),

            Request::Sql(request) => self.serve_sql(&request),

            _ => self.serve_stream(request),
        }
    }

    /// Has the main program, which has waited, see what functions of its graph have changed meanwhile.
    fn see_changes(&mut self) -> Result<(), DriverError> {
        let user = driver::once(|core| core.user.clone())?;
        self.changed = user.and_then(|user| user.downcast_ref::<Kept>().map(|kept| kept.image.clone()));
        Ok(())
    }

    fn rdd(&self, number: super::RddId) -> Result<&rdds::PyRdd, DriverError> {
        self.rdds.get(&number.0).ok_or_else(|| {
            DriverError::illegal_state(format!("RDD {} belongs to an earlier batch and is no longer known", number.0))
        })
    }

    fn keep(&mut self, rdd: rdds::PyRdd) -> Reply {
        let number = rdd.rdd.id().0;
        self.rdds.insert(number, rdd);
        Reply::Rdd(super::RddId(number))
    }
}

/// Loads a PySpark file as a program: compiles it, and has the driver run it.
///
/// # Errors
/// What is wrong with its syntax, and where.
pub fn load(file: &str, text: &str, arguments: &[String]) -> Result<application::Program, ProgramError> {
    let program = Program::compile(file, text)?.with_arguments(arguments.iter().cloned());
    Ok(application::Program::new(move |_| run_main(&program, &Bindings::default(), Spark::new(Rdds::new()))))
}

/// Loads a PySpark file that finds streams of given batches under their names, as soon as it has made its context.
///
/// # Errors
/// What is wrong with its syntax, and where.
pub fn load_with_batches(
    file: &str,
    text: &str,
    arguments: &[String],
    inputs: IndexMap<String, Batches>,
) -> Result<application::Program, ProgramError> {
    let program = Program::compile(file, text)?.with_arguments(arguments.iter().cloned());
    let inputs = Rc::new(inputs);
    Ok(application::Program::new(move |_| {
        let mut spark = Spark::new(Rdds::new());
        spark.inputs = inputs.clone();
        run_main(&program, &Bindings::default(), spark)
    }))
}

/// What a program of the conformance corpus finds bound: `sc`, `ssc` and its inputs by name.
pub struct CorpusBindings {
    pub batch_interval: Duration,
    pub inputs: IndexMap<String, Batches>,
    /// Partitions of each batch of an input.
    pub partitions: u32,
    /// The checkpoint directory, where the case has one.
    pub checkpoint: Option<Rc<str>>,
}

/// Loads a file that finds its inputs bound, as the cases of the conformance corpus do.
///
/// # Errors
/// What is wrong with its syntax, and where.
pub fn load_with_inputs(file: &str, text: &str, corpus: CorpusBindings) -> Result<application::Program, ProgramError> {
    let program = Program::compile(file, text)?;
    Ok(application::Program::new(move |spark_context| {
        let context = StreamingContext::new(spark_context, corpus.batch_interval);
        if let Some(directory) = &corpus.checkpoint {
            context.checkpoint(directory.clone());
        }
        let mut spark = Spark::new(Rdds::new());
        let batch = corpus.batch_interval.0 as i64;
        let mut bindings = Bindings { contexts: true, batch, ..Bindings::default() };
        for (name, batches) in &corpus.inputs {
            let stream = PyStream::of(context.batches(batches.clone(), corpus.partitions).named(name));
            bindings.streams.insert(name.clone(), StreamId(spark.streams.len() as u64));
            spark.streams.push(stream);
        }
        spark.context = Some(context);
        spark.has_context = true;
        run_main(&program, &bindings, spark)
    }))
}

fn run_main(program: &Program, bindings: &Bindings, spark: Spark) -> Result<(), DriverError> {
    let run = program.run(bindings, spark, Journal::default(), surroundings(0));
    print(&run.aftermath.printed);
    match run.outcome {
        Outcome::Done(ended) if ended.exit == 0 => Ok(()),
        Outcome::Done(ended) => Err(DriverError::failed("SystemExit", ended.exit.to_string())),
        Outcome::Suspended => Err(DriverError::Suspended),
        Outcome::Failed(error) => Err(driver_error(&error)),
    }
}

/// Calls a driver function of the graph with a batch time and RDDs, and keeps the state it leaves.
fn call_driver_function(
    function: &super::Function,
    time: crate::sim::Time,
    rdds: &[Rdd<Value>],
    context: &StreamingContext,
    streams: &[PyStream],
) -> Result<(Value, Rdds), DriverError> {
    let kept = kept()?;
    let mut spark = Spark::new((*kept.rdds).clone());
    spark.rdds.extend(kept.recent.iter().map(|(number, rdd)| (*number, rdd.clone())));
    spark.context = Some(context.clone());
    spark.streams = streams.to_vec();
    let numbers = rdds.iter().map(|rdd| {
        spark.rdds.insert(rdd.id().0, rdds::PyRdd::of(rdd.clone()));
        Value::from(rdd.id().0)
    });
    let arguments = [Value::from(time.0), Value::list(numbers.collect::<Vec<_>>())];
    let call = kept.image.call(function, &arguments, spark, Journal::default(), surroundings(time.0));
    print(&call.aftermath.printed);
    match call.outcome {
        Outcome::Done((value, image)) => {
            let rdds = call.engine.rdds;
            if !image.is_pure() {
                let made = rdds.iter().rev().filter(|(number, _)| !kept.rdds.contains_key(number));
                let recent = made.take(KEPT_RDDS).map(|(number, rdd)| (*number, rdd.clone())).collect();
                keep(Kept { image, rdds: kept.rdds, recent: Rc::new(recent) });
            }
            Ok((value, rdds))
        }
        Outcome::Suspended => Err(DriverError::Suspended),
        Outcome::Failed(error) => {
            let message = format!("An exception was raised by Python:\n{}", error.traceback.trim_end());
            Err(DriverError::failed("org.apache.spark.SparkException", message))
        }
    }
}

fn kept() -> Result<Kept, DriverError> {
    let user = driver::with_core(|core| core.user.clone()).flatten();
    user.and_then(|user| user.downcast_ref::<Kept>().cloned())
        .ok_or_else(|| DriverError::illegal_state("the program has not started its streaming context"))
}

fn keep(kept: Kept) {
    driver::with_core(|core| core.user = Some(Rc::new(kept) as Rc<dyn Any>));
}

/// What a call of driver code is given; `salt` tells calls apart.
fn surroundings(salt: u64) -> Surroundings {
    let now = driver::now().unwrap_or_default();
    let seed = driver::with_core(|core| core.seed).unwrap_or_default();
    Surroundings { now: now.0 as i64, seed: seed.rotate_left(17) ^ salt, budget: Surroundings::BUDGET }
}

fn print(text: &str) {
    text.lines().for_each(driver::print);
}

fn driver_error(error: &ProgramError) -> DriverError {
    let class = error.java_class.clone().unwrap_or_else(|| error.kind.clone());
    DriverError::failed(class, error.traceback.trim_end())
}

/// A number for an accumulator's or broadcast's handle.
fn number(number: u64) -> Reply {
    Reply::Value(Value::from(number))
}

/// The context of a driver function, for calls that have one.
fn spark_context() -> SparkContext {
    SparkContext
}
