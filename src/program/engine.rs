//! The one door between a program and an engine.
//!
//! The facade in `pyspark/` is Python over a small set of primitives. Each use of one is a [`Request`], which the
//! engine answers at once or, if virtual time has to pass first, marks as [`Answer::Blocked`]. Everything in a request
//! is plain data or a [`Function`]; everything in a reply is plain data.

use std::{any::Any, rc::Rc};

use indexmap::IndexMap;

use super::{function::Function, image::Image, sql::SqlRequest};
use crate::value::Value;

/// Names an RDD towards programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RddId(pub u64);

/// Names a stream towards programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub u64);

/// What a program asks of the engine. Durations and times are microseconds.
///
/// Fields are the arguments of the PySpark method named, in its order and spelling.
///
/// The functions of `Pipe` take `(partition index, iterator)` and give an iterable, as those of
/// `mapPartitionsWithIndex` do; run them with [`super::Task::pipe`].
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "each variant's text names the method whose arguments its fields are")]
pub enum Request {
    /// `SparkContext(conf)`: becomes the active context. Settings in the order they were made.
    SparkContext { conf: Vec<(String, String)> },
    /// `sc.stop()`.
    StopSparkContext,
    /// `sc.defaultParallelism`; replies an integer.
    DefaultParallelism,
    /// `sc.setCheckpointDir(dir)`.
    SetCheckpointDir { directory: String },
    /// `sc.broadcast(value)`; replies the broadcast's number.
    Broadcast { value: Value },
    /// `broadcast.unpersist()` and `destroy()`.
    DropBroadcast { broadcast: u64, destroy: bool },
    /// `sc.accumulator(zero)`; replies its number. `add` takes two values and gives their sum; without it they are
    /// numbers, added as Python adds them.
    Accumulator { initial: Value, add: Option<Function> },
    /// `accumulator.value`, on the driver.
    AccumulatorValue { accumulator: u64 },
    /// `accumulator.value = …`, on the driver.
    SetAccumulator { accumulator: u64, value: Value },

    /// `sc.parallelize(c, n)`, cut into its partitions already.
    Parallelize { partitions: Vec<Rc<[Value]>> },
    /// `sc.textFile(path, minPartitions)`.
    TextFile { path: String, min_partitions: Option<usize> },
    /// A narrow transformation of each partition by itself.
    Pipe { parent: RddId, function: Function, preserves_partitioning: bool },
    /// A shuffle of `(key, value)` pairs; keys go by `function` if given, else by `portable_hash`, modulo the count.
    PartitionBy { parent: RddId, partitions: usize, function: Option<Function> },
    /// All partitions of all parents, in order.
    Union { parents: Vec<RddId> },
    /// Pairs of the members at the same place; the partitions must have equal lengths.
    Zip { left: RddId, right: RddId },
    /// All pairs.
    Cartesian { left: RddId, right: RddId },
    /// `coalesce(n, shuffle)`.
    Coalesce { parent: RddId, partitions: usize, shuffle: bool },
    /// `persist(level)`; the level by its name in Spark (`MEMORY_ONLY`, …).
    Persist { rdd: RddId, level: String },
    /// `unpersist()`.
    Unpersist { rdd: RddId },
    /// `checkpoint()`.
    CheckpointRdd { rdd: RddId },
    /// `setName(name)`.
    SetName { rdd: RddId, name: String },
    /// `getNumPartitions()`; replies an integer.
    PartitionCount { rdd: RddId },
    /// `toDebugString()`; replies text.
    DebugString { rdd: RddId },
    /// Computes some partitions, or all; blocks; replies a list with one list a partition.
    RunJob { rdd: RddId, partitions: Option<Vec<usize>> },
    /// `saveAsTextFile(path)` of an RDD of lines; blocks.
    SaveAsTextFile { rdd: RddId, path: String },

    /// `time.sleep` on the driver; blocks.
    Sleep { duration: i64 },

    /// `StreamingContext(sc, batchDuration)`; replies a dict of the streams that the program is given, by name.
    StreamingContext { batch: i64 },
    /// `ssc.checkpoint(directory)`.
    SetStreamingCheckpoint { directory: String },
    /// `ssc.remember(duration)`.
    RememberAll { duration: i64 },
    /// `ssc.start()`: `image` holds all functions of the graph as they are now.
    /// `streams` names the streams that variables of the program hold.
    Start { image: Image, streams: IndexMap<String, StreamId> },
    /// `ssc.stop(stopSparkContext, stopGraceFully)`; blocks while a graceful stop lasts.
    StopStreaming { stop_spark_context: bool, gracefully: bool },
    /// `ssc.awaitTermination` and `awaitTerminationOrTimeout`; blocks; replies whether the context was stopped.
    AwaitTermination { timeout: Option<i64> },
    /// `StreamingContext.getActive()` and `getActiveOrCreate`: replies whether a context is active.
    IsActive,
    /// `StreamingContext.getOrCreate`: replies whether a checkpoint was there to recover from.
    Recover { directory: String },

    /// `ssc.socketTextStream(host, port, level)`.
    SocketTextStream { host: String, port: u16, level: String },
    /// `ssc.textFileStream(directory)`.
    TextFileStream { directory: String },
    /// `ssc.queueStream(rdds, oneAtATime, default)`.
    QueueStream { rdds: Vec<RddId>, one_at_a_time: bool, default: Option<RddId> },
    /// [`Request::Pipe`] of every batch.
    PipeStream { parent: StreamId, function: Function, preserves_partitioning: bool },
    /// [`Request::PartitionBy`] of every batch.
    PartitionStream { parent: StreamId, partitions: usize, function: Option<Function> },
    /// `repartition(n)` of every batch.
    RepartitionStream { parent: StreamId, partitions: usize },
    /// Union of streams that generate at the same times.
    UnionStreams { parents: Vec<StreamId> },
    /// `window(window, slide)`.
    Window { parent: StreamId, window: i64, slide: Option<i64> },
    /// A driver function of the batch time in microseconds and a list of RDD numbers, one a parent; it gives the
    /// number of the RDD that the new stream has in this batch. Run it with [`Image::call`].
    Transform { parents: Vec<StreamId>, function: Function },
    /// An output operation: a driver function like that of `Transform` that gives nothing.
    ForeachRdd { parent: StreamId, function: Function },
    /// `pprint(num)`.
    Print { parent: StreamId, count: usize },
    /// All records of every batch, put out under a name: how the conformance runner reads a stream.
    CollectAs { parent: StreamId, name: String },
    /// `saveAsTextFiles(prefix, suffix)` of a stream of lines.
    SaveAsTextFiles { parent: StreamId, prefix: String, suffix: Option<String> },
    /// `reduceByKeyAndWindow` with an inverse: `reduce` and `inverse` take two values; `filter` takes a `(key, value)`
    /// pair. The parent is partitioned by key already and has one pair a key and batch.
    ReduceByKeyAndWindow {
        parent: StreamId,
        reduce: Function,
        inverse: Function,
        window: i64,
        slide: Option<i64>,
        partitions: usize,
        filter: Option<Function>,
    },
    /// `updateStateByKey`: `update` takes a list of new values and the state or `None`, and gives the state or `None`.
    /// The parent has `(key, [values])`, partitioned by key already, as `initial` is.
    UpdateStateByKey { parent: StreamId, update: Function, partitions: usize, initial: Option<RddId> },
    /// `mapWithState`: `function` takes `(key, value or None, (state,) or None, timing out)` and gives
    /// `(mapped, change)` where change is `None`, `("update", state)` or `("remove",)`. The parent has `(key, value)`,
    /// partitioned by key already, as `initial` is.
    MapWithState {
        parent: StreamId,
        function: Function,
        partitions: usize,
        timeout: Option<i64>,
        initial: Option<RddId>,
    },
    /// `stateSnapshots()` of a `mapWithState` stream.
    StateSnapshots { parent: StreamId },
    /// `persist(level)` of every batch.
    PersistStream { stream: StreamId, level: String },
    /// `checkpoint(interval)` of a stream.
    CheckpointStream { stream: StreamId, interval: i64 },
    /// `slice(begin, end)`: replies a list of RDD numbers, the batches computed if need be.
    Slice { stream: StreamId, begin: i64, end: i64 },
    /// The stream's slide duration; replies an integer.
    SlideDuration { stream: StreamId },

    /// What is asked of a `SparkSession`, its frames and its queries.
    Sql(SqlRequest),
}

impl Request {
    /// The parents of the RDD that the request makes, and the function it runs.
    pub(super) fn lineage(&self) -> Option<(Vec<RddId>, Option<Function>)> {
        Some(match self {
            Request::Pipe { parent, function, .. } => (vec![*parent], Some(function.clone())),
            Request::PartitionBy { parent, function, .. } => (vec![*parent], function.clone()),
            Request::Union { parents } => (parents.clone(), None),
            Request::Zip { left, right } | Request::Cartesian { left, right } => (vec![*left, *right], None),
            Request::Coalesce { parent, .. } => (vec![*parent], None),
            _ => return None,
        })
    }
}

/// What the engine gives back; which variant, each request says.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// Nothing to say.
    Done,
    /// A new RDD.
    Rdd(RddId),
    /// A new stream.
    Stream(StreamId),
    /// Data.
    Value(Value),
}

/// The engine says no: the program gets an exception.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{class}: {message}")]
pub struct Refusal {
    /// A Java class (`java.lang.IllegalArgumentException`), which reaches the program as a `Py4JJavaError`.
    pub class: String,
    /// Spark's message.
    pub message: String,
}

/// The engine's answer to a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Known now.
    Ready(Result<Reply, Refusal>),
    /// Virtual time has to pass: the program is unwound, and run again with a journal that holds the answer.
    Blocked,
}

/// What a program runs on.
pub trait Engine: Any {
    /// Answers one request. Called once for each request in the order the program makes them; never again for those
    /// whose answers the journal holds.
    fn serve(&mut self, request: Request) -> Answer;

    /// Asked after every answer to a main program: the state that its functions have changed while it waited, if they
    /// have; each time only once.
    fn changed_state(&mut self) -> Option<Image> {
        None
    }
}
