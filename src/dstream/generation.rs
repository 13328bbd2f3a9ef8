//! Making the RDDs of a batch: which are remembered, which are computed, which persist and are checkpointed.
//!
//! While the driver generates a batch or runs its output operations, the streams' state is lent to this room's scope,
//! so that a stream can be asked for its RDD from anywhere, user code included (`slice` inside `transform`).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::graph::Graph;
use super::input::SourceState;
use crate::cluster::rdd::RddNode;
use crate::cluster::{BlockId, DriverError, Rdd, StreamId, driver};
use crate::sim::{Duration, Time};
use crate::trace::InputCount;
use crate::value::Value;

/// A block that a receiver stored, allocated to a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceivedBlock {
    pub block: BlockId,
    pub records: u64,
}

/// A stream's state at the driver.
#[derive(Clone, Default)]
pub struct StreamState {
    /// RDDs by batch time: `generatedRDDs`.
    pub generated: BTreeMap<Time, Rc<RddNode>>,
    pub(super) source: SourceState,
}

/// All streams' state: a value of the world.
#[derive(Clone)]
pub struct Streams {
    pub graph: Rc<Graph>,
    /// `zeroTime`: the first batch comes one interval after it.
    pub zero: Time,
    pub states: Vec<Rc<StreamState>>,
    /// Blocks allocated to batches, by batch time and stream.
    allocated: Rc<BTreeMap<(Time, StreamId), Vec<ReceivedBlock>>>,
}

impl Streams {
    pub(super) fn new(graph: Rc<Graph>, zero: Time, now: Time) -> Self {
        let states = graph
            .streams
            .iter()
            .map(|stream| {
                let source = stream.source.as_ref().map_or(SourceState::None, |source| source.start(now));
                Rc::new(StreamState { source, ..StreamState::default() })
            })
            .collect();
        Streams { graph, zero, states, allocated: Rc::default() }
    }

    /// How many RDDs and batches with received blocks it keeps.
    pub(super) fn kept(&self) -> [usize; 2] {
        [self.states.iter().map(|state| state.generated.len()).sum(), self.allocated.len()]
    }

    /// Blocks that no batch had belong to the batch of this time.
    pub(super) fn allocate(&mut self, time: Time, blocks: BTreeMap<StreamId, Vec<ReceivedBlock>>) {
        if !blocks.is_empty() {
            let blocks = blocks.into_iter().map(|(stream, blocks)| ((time, stream), blocks));
            Rc::make_mut(&mut self.allocated).extend(blocks);
        }
    }

    fn state_mut(&mut self, stream: StreamId) -> &mut StreamState {
        Rc::make_mut(&mut self.states[stream.0 as usize])
    }

    /// `DStream.isTimeValid`: batches after zero time that are a multiple of the slide.
    fn is_valid(&self, stream: StreamId, time: Time) -> bool {
        time > self.zero && time.since(self.zero).is_multiple_of(self.graph.stream(stream).slide)
    }

    /// Whether the stream's RDD of this time is checkpointed.
    fn checkpoints_at(&self, stream: StreamId, time: Time) -> bool {
        let interval = self.graph.stream(stream).checkpoint_interval;
        interval.is_some_and(|interval| time.since(self.zero).is_multiple_of(interval))
    }

    /// `DStream.clearMetadata` of every stream: forgets RDDs older than each one's remember duration. Returns the
    /// forgotten ones, oldest first, and the receivers' blocks that nothing needs any more.
    pub(super) fn clear_metadata(&mut self, time: Time) -> (Vec<Rc<RddNode>>, Vec<BlockId>) {
        let mut forgotten = Vec::new();
        for index in 0..self.graph.streams.len() {
            let Some(remember) = self.graph.streams[index].remember else { continue };
            let keep_after = time.saturating_sub(remember);
            let state = &self.states[index];
            if state.generated.first_key_value().is_some_and(|(first, _)| *first <= keep_after)
                || state.source.has_old_files(keep_after)
            {
                let state = self.state_mut(StreamId(index as u32));
                let kept = state.generated.split_off(&Time(keep_after.0 + 1));
                forgotten.extend(std::mem::replace(&mut state.generated, kept).into_values());
                state.source.forget_files(keep_after);
            }
        }
        let keep_after = time.saturating_sub(self.graph.longest_remember());
        let end = (Time(keep_after.0 + 1), StreamId(0));
        if self.allocated.range(..end).next().is_none() {
            return (forgotten, Vec::new());
        }
        let allocated = Rc::make_mut(&mut self.allocated);
        let kept = allocated.split_off(&end);
        let old = std::mem::replace(allocated, kept);
        (forgotten, old.into_values().flatten().map(|received| received.block).collect())
    }
}

/// Rows that an output operation put out.
#[derive(Clone, Debug, Default)]
pub struct PutRows {
    pub rows: Vec<Value>,
    pub more: bool,
}

struct Scope {
    streams: Streams,
    inputs: Vec<InputCount>,
    put: PutRows,
}

thread_local! {
    static SCOPE: RefCell<Option<Scope>> = const { RefCell::new(None) };
}

/// What a function over the streams has said.
pub(super) struct Produced {
    /// What input streams reported for the batch.
    pub inputs: Vec<InputCount>,
    pub put: PutRows,
}

/// Runs a function that may ask streams for their RDDs.
pub(super) fn with_streams<R>(streams: Streams, function: impl FnOnce() -> R) -> (R, Streams, Produced) {
    let scope = Scope { streams, inputs: Vec::new(), put: PutRows::default() };
    let outer = SCOPE.replace(Some(scope));
    let result = function();
    let Some(scope) = SCOPE.replace(outer) else { unreachable!("only this function ends a scope") };
    (result, scope.streams, Produced { inputs: scope.inputs, put: scope.put })
}

fn scope<R>(act: impl FnOnce(&mut Scope) -> R) -> Result<R, DriverError> {
    SCOPE.with_borrow_mut(|scope| scope.as_mut().map(act)).ok_or_else(|| {
        DriverError::failed(
            "org.apache.spark.SparkException",
            "the DStream has not been initialized: start the context first",
        )
    })
}

/// Puts out rows of the running output operation.
pub fn put_rows(rows: impl IntoIterator<Item = Value>, more: bool) {
    if driver::is_suspended() {
        return;
    }
    // Outside an output operation there is nobody to see the rows.
    let _ = scope(|scope| {
        scope.put.rows.extend(rows);
        scope.put.more |= more;
    });
}

/// Reports how many records an input stream gives to the batch that is generated.
pub(super) fn report_input(stream: StreamId, records: u64) {
    let _ = scope(|scope| scope.inputs.push(InputCount { stream: stream.0, records }));
}

pub(super) fn allocated_blocks(stream: StreamId, time: Time) -> Result<Vec<ReceivedBlock>, DriverError> {
    scope(|scope| scope.streams.allocated.get(&(time, stream)).cloned().unwrap_or_default())
}

/// Reads and changes a source's state.
pub(super) fn with_source<R>(stream: StreamId, act: impl FnOnce(&mut SourceState) -> R) -> Result<R, DriverError> {
    scope(|scope| act(&mut scope.streams.state_mut(stream).source))
}

/// `zeroTime` of the graph.
pub(super) fn zero_time() -> Result<Time, DriverError> {
    scope(|scope| scope.streams.zero)
}

/// Whether the stream's RDD of this time is checkpointed.
pub(super) fn checkpoints_at(stream: StreamId, time: Time) -> Result<bool, DriverError> {
    scope(|scope| scope.streams.checkpoints_at(stream, time))
}

enum Found {
    Known(Rc<RddNode>),
    Invalid,
    ToCompute(super::graph::Compute),
}

/// `DStream.getOrCompute`: the RDD of a batch time, if the stream has one then.
pub(super) fn get_or_compute<T: Clone + 'static>(stream: StreamId, time: Time) -> Result<Option<Rdd<T>>, DriverError> {
    Ok(node_at(stream, time)?.as_ref().and_then(Rdd::from_node).map(|rdd| rdd.truncated()))
}

pub(super) fn node_at(stream: StreamId, time: Time) -> Result<Option<Rc<RddNode>>, DriverError> {
    let found = scope(|scope| {
        let streams = &scope.streams;
        match streams.states[stream.0 as usize].generated.get(&time) {
            Some(node) => Found::Known(node.clone()),
            None if streams.is_valid(stream, time) => Found::ToCompute(streams.graph.stream(stream).compute.clone()),
            None => Found::Invalid,
        }
    })?;
    let compute = match found {
        Found::Known(node) => return Ok(Some(node)),
        Found::Invalid => return Ok(None),
        Found::ToCompute(compute) => compute,
    };
    let Some(node) = compute(time)? else { return Ok(None) };
    scope(|scope| {
        let level = scope.streams.graph.stream(stream).storage_level;
        let checkpoints = scope.streams.checkpoints_at(stream, time);
        driver::with_core(|core| {
            if let Some(level) = level {
                core.persist(node.id, level);
            }
            if checkpoints && !core.books.checkpointed.contains_key(&node.id) {
                core.to_checkpoint.insert(node.id, node.clone());
            }
        });
        scope.streams.state_mut(stream).generated.insert(time, node.clone());
    })?;
    Ok(Some(node))
}

/// `DStream.slice`: the RDDs of a stream from one batch time to another, both included.
pub(super) fn slice<T: Clone + 'static>(stream: StreamId, from: Time, to: Time) -> Result<Vec<Rdd<T>>, DriverError> {
    let (zero, slide) = scope(|scope| (scope.streams.zero, scope.streams.graph.stream(stream).slide))?;
    let mut rdds = Vec::new();
    let mut time = from.floor(slide, zero);
    while time <= to {
        rdds.extend(get_or_compute(stream, time)?);
        time += slide;
    }
    Ok(rdds)
}

/// The union of the RDDs in the window of this length that ends at a time.
pub(super) fn window<T: Clone + 'static>(
    parent: StreamId,
    length: Duration,
    end: Time,
) -> Result<Vec<Rdd<T>>, DriverError> {
    let slide = scope(|scope| scope.streams.graph.stream(parent).slide)?;
    slice(parent, begin_of_window(end, length, slide), end)
}

/// The first batch time in the window `(end - length, end]`; zero where that would be before time began.
pub(super) fn begin_of_window(end: Time, length: Duration, slide: Duration) -> Time {
    Time((end.0 + slide.0).saturating_sub(length.0))
}
