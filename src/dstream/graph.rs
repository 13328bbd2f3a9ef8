//! The DStream graph: what `start` freezes. Definitions of streams and output operations, and their validation.

use std::rc::Rc;

use crate::cluster::rdd::RddNode;
use crate::cluster::{DriverError, StorageLevel, StreamId};
use crate::sim::{Duration, Time};

use super::input::Source;

/// Makes a stream's RDD of a batch time, from its parents' RDDs.
pub(super) type Compute = Rc<dyn Fn(Time) -> Result<Option<Rc<RddNode>>, DriverError>>;

/// Runs an output operation on the RDD of a batch time.
pub(super) type Act = Rc<dyn Fn(&Rc<RddNode>, Time) -> Result<(), DriverError>>;

/// A stream's definition.
#[derive(Clone)]
pub struct StreamDef {
    pub id: StreamId,
    /// The operation, by Spark's name.
    pub name: Rc<str>,
    pub parents: Vec<StreamId>,
    pub slide: Duration,
    /// What a window adds to how long its parents must be remembered.
    pub(super) window: Duration,
    /// Whether its RDDs hang on those before them, so that lineage must be cut: `mustCheckpoint`.
    pub must_checkpoint: bool,
    /// Default checkpoint interval in slides, where it is not the usual "at least ten seconds".
    pub(super) checkpoint_slides: Option<u64>,
    pub checkpoint_interval: Option<Duration>,
    pub storage_level: Option<StorageLevel>,
    pub remember: Option<Duration>,
    pub source: Option<Source>,
    pub(super) compute: Compute,
}

impl StreamDef {
    /// A stream of an operation over parents.
    pub(super) fn new(id: StreamId, name: &str, parents: Vec<StreamId>, slide: Duration, compute: Compute) -> Self {
        StreamDef {
            id,
            name: name.into(),
            parents,
            slide,
            window: Duration::ZERO,
            must_checkpoint: false,
            checkpoint_slides: None,
            checkpoint_interval: None,
            storage_level: None,
            remember: None,
            source: None,
            compute,
        }
    }
}

/// An output operation's definition.
#[derive(Clone)]
pub struct OutputDef {
    /// The name its rows go by: unique in the graph.
    pub name: Rc<str>,
    pub stream: StreamId,
    pub(super) act: Act,
}

/// All streams and output operations of a context, frozen by `start`.
#[derive(Clone)]
pub struct Graph {
    pub batch_interval: Duration,
    /// In the order of definition, which is the order of their ids.
    pub streams: Vec<StreamDef>,
    /// In the order of definition, which is the order in which they run.
    pub outputs: Vec<OutputDef>,
    /// `StreamingContext.remember`.
    pub remember: Option<Duration>,
    pub checkpoint_directory: Option<Rc<str>>,
    /// Whether making a batch's RDDs can run driver code of the program, or wait for something.
    pub generation_may_block: bool,
}

impl Graph {
    /// A stream's definition.
    pub fn stream(&self, id: StreamId) -> &StreamDef {
        &self.streams[id.0 as usize]
    }

    /// Streams that an output operation needs, directly or not. Others are never computed.
    pub fn reachable(&self) -> Vec<bool> {
        let mut reachable = vec![false; self.streams.len()];
        let mut waiting: Vec<StreamId> = self.outputs.iter().map(|output| output.stream).collect();
        while let Some(stream) = waiting.pop() {
            if !std::mem::replace(&mut reachable[stream.0 as usize], true) {
                waiting.extend(&self.stream(stream).parents);
            }
        }
        reachable
    }

    /// Addresses that receivers connect to, in the order of their streams.
    pub fn socket_addresses(&self) -> Vec<Rc<str>> {
        let address = |stream: &StreamDef| match &stream.source {
            Some(Source::Socket(input)) => Some(input.address.clone()),
            _ => None,
        };
        self.streams.iter().filter_map(address).collect()
    }

    /// How long the most remembered stream keeps its RDDs.
    pub fn longest_remember(&self) -> Duration {
        self.streams.iter().filter_map(|stream| stream.remember).max().unwrap_or(self.batch_interval)
    }

    /// `DStreamGraph.start`: settles checkpoint intervals and how long each stream's RDDs are remembered, then
    /// validates.
    pub(super) fn initialize(&mut self) -> Result<(), DriverError> {
        if self.outputs.is_empty() {
            return require("No output operations registered, so nothing to execute");
        }
        let reachable = self.reachable();
        // Children have greater ids than their parents, so going backwards every child is settled before its parents.
        for index in (0..self.streams.len()).rev().filter(|index| reachable[*index]) {
            let least = self.streams[index].settle_checkpoint_interval();
            let wanted = [Some(least), self.remember, self.streams[index].remember].into_iter().flatten().max();
            let remember = wanted.unwrap_or(least);
            let stream = &mut self.streams[index];
            stream.remember = Some(remember);
            let for_parents = remember + stream.window;
            for parent in stream.parents.clone() {
                let remembered = &mut self.streams[parent.0 as usize].remember;
                *remembered = Some(remembered.unwrap_or_default().max(for_parents));
            }
        }
        self.streams
            .iter()
            .zip(reachable)
            .filter(|(_, reachable)| *reachable)
            .try_for_each(|(stream, _)| self.validate(stream))
    }

    /// `DStream.validateAtStart`, with its messages.
    fn validate(&self, stream: &StreamDef) -> Result<(), DriverError> {
        let (Some(interval), Some(remember)) = (stream.checkpoint_interval, stream.remember) else { return Ok(()) };
        let (class, slide) = (class_of(&stream.name), stream.slide);
        let [interval_ms, slide_ms, remember_ms] =
            [interval, slide, remember].map(|span| format!("{} ms", span.as_millis()));
        if self.checkpoint_directory.is_none() {
            return require(
                "The checkpoint directory has not been set. Please set it by StreamingContext.checkpoint().",
            );
        }
        if interval < slide {
            return require(&format!(
                "The checkpoint interval for {class} has been set to {interval_ms} which is lower than its slide time \
                 ({slide_ms}). Please set it to at least {slide_ms}."
            ));
        }
        if !interval.is_multiple_of(slide) {
            return require(&format!(
                "The checkpoint interval for {class} has been set to  {interval_ms} which not a multiple of its slide \
                 time ({slide_ms}). Please set it to a multiple of {slide_ms}."
            ));
        }
        if stream.storage_level.is_none() {
            return require(&format!(
                "{class} has been marked for checkpointing but the storage level has not been set to enable \
                 persisting. Please use DStream.persist() to set the storage level to use memory for better \
                 checkpointing performance."
            ));
        }
        if remember <= interval {
            return require(&format!(
                "The remember duration for {class} has been set to  {remember_ms} which is not more than the \
                 checkpoint interval ({interval_ms}). Please set it to a value higher than {interval_ms}."
            ));
        }
        Ok(())
    }
}

impl StreamDef {
    /// Settles the checkpoint interval as `DStream.initialize` does, and returns how long RDDs must be remembered at
    /// least.
    fn settle_checkpoint_interval(&mut self) -> Duration {
        if self.must_checkpoint && self.checkpoint_interval.is_none() {
            let slides = self.checkpoint_slides.unwrap_or_else(|| Duration::seconds(10).0.div_ceil(self.slide.0));
            self.checkpoint_interval = Some(self.slide * slides);
        }
        match self.checkpoint_interval {
            Some(interval) if self.slide <= interval => interval * 2,
            _ => self.slide,
        }
    }
}

/// Spark's class for an operation, as its messages name it.
fn class_of(operation: &str) -> &str {
    match operation {
        "window" => "WindowedDStream",
        "updateStateByKey" => "PythonStateDStream",
        "reduceByKeyAndWindow" => "PythonReducedWindowedDStream",
        "transform" => "PythonTransformedDStream",
        "union" => "UnionDStream",
        operation if operation.starts_with("python(") => "PythonTransformedDStream",
        operation => operation,
    }
}

fn require(message: &str) -> Result<(), DriverError> {
    Err(DriverError::illegal_argument(format!("requirement failed: {message}")))
}
