//! `StreamingContext` and `SparkContext`, as a program's main function uses them.

use std::cell::RefCell;
use std::rc::Rc;

use super::graph::{Compute, Graph, OutputDef, StreamDef};
use super::stream::DStream;
use crate::cluster::driver::{self, Request, answer_of};
use crate::cluster::{Accumulator, Broadcast, DriverError, Rdd, StreamId};
use crate::external::{FileData, lines_of};
use crate::sim::Duration;

/// `org.apache.spark.SparkContext`: what driver code makes RDDs with.
///
/// There is nothing in it: the context's state is the driver's, in the world.
#[derive(Clone, Copy, Debug, Default)]
pub struct SparkContext;

impl SparkContext {
    /// `SparkContext.parallelize`, into `defaultParallelism` partitions.
    pub fn parallelize<T: Clone + 'static>(&self, rows: impl IntoIterator<Item = T>) -> Rdd<T> {
        Rdd::parallelize(rows, self.default_parallelism())
    }

    /// `SparkContext.union`.
    pub fn union<T: Clone + 'static>(&self, rdds: &[Rdd<T>]) -> Rdd<T> {
        let with_partitions: Vec<Rdd<T>> = rdds.iter().filter(|rdd| rdd.num_partitions() > 0).cloned().collect();
        Rdd::union_all(&with_partitions)
    }

    /// `SparkContext.defaultParallelism`: `spark.default.parallelism`, or the number of task slots (2 at least).
    pub fn default_parallelism(&self) -> u32 {
        driver::with_core(|core| core.default_parallelism()).unwrap_or(2)
    }

    /// `SparkContext.setCheckpointDir`.
    pub fn set_checkpoint_dir(&self, directory: impl Into<Rc<str>>) {
        let directory = directory.into();
        driver::with_core(|core| core.checkpoint_directory = Some(directory));
    }

    /// An accumulator: `SparkContext.register` of one that begins with a zero and is added to so.
    pub fn accumulator<T: 'static>(&self, zero: T, add: impl Fn(&T, &T) -> T + 'static) -> Accumulator<T> {
        Accumulator::new(zero, add)
    }

    /// `SparkContext.longAccumulator`.
    pub fn long_accumulator(&self) -> Accumulator<i64> {
        self.accumulator(0, |left, right| left.wrapping_add(*right))
    }

    /// `SparkContext.broadcast`.
    pub fn broadcast<T>(&self, value: T) -> Broadcast<T> {
        Broadcast::new(value)
    }

    /// `SparkContext.textFile`: the lines of a file, or of the files directly in a directory, one partition a file.
    pub fn text_file(&self, path: impl Into<Rc<str>>) -> Result<Rdd<Rc<str>>, DriverError> {
        let path: Rc<str> = path.into();
        let reply = driver::request(Request::ListFiles(path.clone()))?;
        let files: Vec<crate::external::FileStatus> = answer_of(&reply)?;
        if files.is_empty() {
            return Err(DriverError::failed(
                "org.apache.hadoop.mapred.InvalidInputException",
                format!("Input path does not exist: {path}"),
            ));
        }
        read_files(files.into_iter().map(|file| file.path).collect())
    }
}

/// An RDD of the lines of these files, one partition a file.
pub(super) fn read_files(paths: Vec<Rc<str>>) -> Result<Rdd<Rc<str>>, DriverError> {
    if paths.is_empty() {
        return Ok(Rdd::empty());
    }
    let reply = driver::request(Request::ReadFiles(paths))?;
    let contents: Vec<Option<FileData>> = answer_of(&reply)?;
    Ok(Rdd::of_slices(contents.iter().map(|data| Rc::new(lines_of(data.as_ref()).to_vec())).collect()))
}

/// Asks the driver to start a graph. Answered with `()`.
pub struct Start(pub Rc<Graph>);

/// Asks to wait until the streaming computation stops or fails. Answered with `bool`: whether it has stopped.
pub struct AwaitTermination {
    pub timeout: Option<Duration>,
}

/// Asks to stop the streaming computation. Answered with `()` once that is done.
pub struct Stop {
    pub stop_spark_context: bool,
    pub gracefully: bool,
}

/// Where a context stands in its life: `StreamingContextState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    Initialized,
    Active,
    Stopped,
}

pub(super) struct Builder {
    pub graph: Graph,
    life: Life,
}

/// `org.apache.spark.streaming.StreamingContext`: defines streams, starts and stops them.
///
/// A clone is the same context. Definitions are refused after [`start`](StreamingContext::start), and a stopped
/// context can't be started again.
#[derive(Clone)]
pub struct StreamingContext {
    builder: Rc<RefCell<Builder>>,
}

impl StreamingContext {
    /// A context that makes a batch of what arrived every `batch_interval`.
    pub fn new(_spark_context: &SparkContext, batch_interval: Duration) -> Self {
        let graph = Graph {
            batch_interval,
            streams: Vec::new(),
            outputs: Vec::new(),
            remember: None,
            checkpoint_directory: None,
            generation_may_block: false,
        };
        StreamingContext { builder: Rc::new(RefCell::new(Builder { graph, life: Life::Initialized })) }
    }

    /// `StreamingContext.sparkContext`.
    pub fn spark_context(&self) -> SparkContext {
        SparkContext
    }

    /// The interval between batches.
    pub fn batch_interval(&self) -> Duration {
        self.builder.borrow().graph.batch_interval
    }

    /// `StreamingContext.remember`: every stream's RDDs are kept at least this long.
    pub fn remember(&self, span: Duration) {
        self.builder.borrow_mut().graph.remember = Some(span);
    }

    /// `StreamingContext.checkpoint`: where state is checkpointed.
    pub fn checkpoint(&self, directory: impl Into<Rc<str>>) {
        let directory: Rc<str> = directory.into();
        SparkContext.set_checkpoint_dir(directory.clone());
        self.builder.borrow_mut().graph.checkpoint_directory = Some(directory);
    }

    /// `StreamingContext.union`: the RDDs of all streams, in order.
    pub fn union<T: Clone + 'static>(&self, streams: &[DStream<T>]) -> Result<DStream<T>, DriverError> {
        let Some((first, others)) = streams.split_first() else {
            return Err(DriverError::illegal_argument("requirement failed: the list of DStreams to union is empty"));
        };
        first.union_with(others)
    }

    /// `StreamingContext.start`. Validates the graph, then starts receivers and the job generator.
    pub fn start(&self) -> Result<(), DriverError> {
        let life = self.builder.borrow().life;
        match life {
            Life::Active => return Ok(()),
            Life::Stopped => {
                return Err(DriverError::illegal_state("StreamingContext has already been stopped"));
            }
            Life::Initialized => {}
        }
        let mut graph = self.builder.borrow().graph.clone();
        if let Err(error) = graph.initialize() {
            self.builder.borrow_mut().life = Life::Stopped;
            return Err(error);
        }
        driver::request(Request::Host(Rc::new(Start(Rc::new(graph)))))?;
        self.builder.borrow_mut().life = Life::Active;
        Ok(())
    }

    /// `StreamingContext.awaitTermination`: returns once the computation was stopped; an error of a batch is thrown
    /// here.
    pub fn await_termination(&self) -> Result<(), DriverError> {
        self.wait(None).map(|_| ())
    }

    /// `StreamingContext.awaitTerminationOrTimeout`: whether it was stopped within that time.
    pub fn await_termination_or_timeout(&self, timeout: Duration) -> Result<bool, DriverError> {
        self.wait(Some(timeout))
    }

    fn wait(&self, timeout: Option<Duration>) -> Result<bool, DriverError> {
        answer_of(&driver::request(Request::Host(Rc::new(AwaitTermination { timeout })))?)
    }

    /// `StreamingContext.stop`. Gracefully: receivers stop, and all that was received is processed first.
    pub fn stop(&self, stop_spark_context: bool, gracefully: bool) -> Result<(), DriverError> {
        let life = std::mem::replace(&mut self.builder.borrow_mut().life, Life::Stopped);
        if life != Life::Active {
            return driver::once(move |core| core.stopped |= stop_spark_context);
        }
        driver::request(Request::Host(Rc::new(Stop { stop_spark_context, gracefully }))).map(|_| ())
    }

    /// Whether the context is started and not stopped, as far as this program knows.
    pub fn is_active(&self) -> bool {
        self.builder.borrow().life == Life::Active
    }

    /// Names the output operations of a stream that have no name of their own, numbering all but the first.
    pub fn name_outputs_of<T: Clone + 'static>(&self, stream: &DStream<T>, name: &str) {
        self.define(|graph| {
            let mut number = 1;
            for output in graph.outputs.iter_mut().filter(|output| output.stream == stream.id()) {
                if output.name.starts_with("output-") {
                    output.name = if number == 1 { name.into() } else { format!("{name}-{number}").into() };
                    number += 1;
                }
            }
        });
    }

    /// Looks at or changes the graph under definition.
    pub(super) fn define<R>(&self, act: impl FnOnce(&mut Graph) -> R) -> R {
        act(&mut self.builder.borrow_mut().graph)
    }

    /// Whether definitions are still allowed; the error otherwise is Spark's.
    pub fn check_definable(&self) -> Result<(), DriverError> {
        let refusal = match self.builder.borrow().life {
            Life::Initialized => return Ok(()),
            Life::Active => "starting",
            Life::Stopped => "stopping",
        };
        Err(DriverError::illegal_state(format!(
            "Adding new inputs, transformations, and output operations after {refusal} a context is not supported"
        )))
    }

    /// Adds a stream. Once the context was started the stream is no part of the running graph, and the output
    /// operation that would use it is refused.
    pub(super) fn add<T: Clone + 'static>(
        &self,
        name: &str,
        parents: Vec<StreamId>,
        slide: Duration,
        compute: impl FnOnce(StreamId) -> Compute,
    ) -> DStream<T> {
        self.define(|graph| {
            let id = StreamId(graph.streams.len() as u32);
            graph.streams.push(StreamDef::new(id, name, parents, slide, compute(id)));
            DStream::of(self.clone(), id)
        })
    }

    pub(super) fn add_output(&self, output: OutputDef) -> Result<(), DriverError> {
        self.check_definable()?;
        self.define(|graph| graph.outputs.push(output));
        Ok(())
    }
}
