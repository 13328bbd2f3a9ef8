//! Streams of Python records.

use std::rc::Rc;

use super::super::engine::{Reply, Request};
use super::super::{Function, StreamId};
use super::rdds::{PyRdd, pairs, partitioned, piped, python_partitioner, repartitioned, unknown};
use super::{Kept, Served, Spark, call_driver_function, jobs, kept, tasks};
use crate::cluster::{DriverError, Rdd, StorageLevel, TaskError, driver};
use crate::dstream::{DStream, MapWithState, State, StateSpec, StreamingContext};
use crate::sim::{Duration, Time};
use crate::value::Value;

/// Partitions of a batch of an input that is given by name.
const INPUT_PARTITIONS: u32 = 2;

/// A stream as a program has it; like RDDs, functions that follow each other run in one go.
#[derive(Clone)]
pub(super) struct PyStream {
    pub stream: DStream<Value>,
    pipeline: Option<(DStream<Value>, Rc<[Function]>)>,
    /// Behind the mapped rows of `mapWithState`.
    state: Option<Rc<MapWithState<Value, Value, Value>>>,
}

impl PyStream {
    pub fn of(stream: DStream<Value>) -> Self {
        PyStream { stream, pipeline: None, state: None }
    }

    fn pipe(&self, function: Function, preserves_partitioning: bool) -> Self {
        let (base, mut chain) = match &self.pipeline {
            Some((base, chain)) => (base.clone(), chain.to_vec()),
            None => (self.stream.clone(), Vec::new()),
        };
        chain.push(function);
        let chain: Rc<[Function]> = chain.into();
        let names: Vec<&str> = chain.iter().map(Function::name).collect();
        let functions = chain.clone();
        let stream = base.map_rdds(&format!("python({})", names.join(", ")), move |rdd, _| {
            Ok(piped(&rdd, current_functions(&functions)?, preserves_partitioning))
        });
        PyStream { stream, pipeline: Some((base, chain)), state: None }
    }

    /// The pairs of the stream, which lie by `portable_hash` over so many partitions.
    fn pairs(&self, partitions: u32) -> DStream<(Value, Value)> {
        self.stream.map_rdds("pairs", move |rdd, _| Ok(pairs(&rdd, partitions)))
    }
}

/// The functions with the program's state as it is in this batch.
fn current_functions(functions: &Rc<[Function]>) -> Result<Rc<[Function]>, DriverError> {
    let Kept { image, .. } = kept()?;
    if image.is_pure() {
        return Ok(functions.clone());
    }
    Ok(functions.iter().map(|function| image.function(function)).collect())
}

fn pair_row((key, value): (Value, Value)) -> Value {
    Value::tuple([key, value])
}

/// Microseconds that a program gave.
fn span(microseconds: i64) -> Duration {
    Duration(microseconds.max(0) as u64)
}

impl Spark {
    fn context(&self) -> Result<&StreamingContext, DriverError> {
        self.context.as_ref().ok_or_else(|| DriverError::illegal_state("there is no StreamingContext"))
    }

    fn stream(&self, stream: StreamId) -> Result<&PyStream, DriverError> {
        self.streams
            .get(stream.0 as usize)
            .ok_or_else(|| DriverError::illegal_state(format!("stream {} is not of this context", stream.0)))
    }

    /// Refuses to change a setting of a stream once the context has started.
    fn unstarted(&self, setting: &str) -> Result<(), DriverError> {
        if self.context()?.is_active() {
            let message = format!("Cannot change {setting} of a DStream after streaming context has started");
            return Err(DriverError::failed("java.lang.UnsupportedOperationException", message));
        }
        Ok(())
    }

    fn streams_of(&self, streams: &[StreamId]) -> Result<Vec<DStream<Value>>, DriverError> {
        streams.iter().map(|stream| Ok(self.stream(*stream)?.stream.clone())).collect()
    }

    fn keep_stream(&mut self, stream: PyStream) -> Reply {
        self.streams.push(stream);
        Reply::Stream(StreamId(self.streams.len() as u64 - 1))
    }

    pub(super) fn serve_stream(&mut self, request: Request) -> Served {
        // PySpark makes these at once; its narrow transformations only when an output operation needs them.
        if let Request::QueueStream { .. }
        | Request::SocketTextStream { .. }
        | Request::TextFileStream { .. }
        | Request::UnionStreams { .. }
        | Request::Window { .. }
        | Request::ReduceByKeyAndWindow { .. }
        | Request::UpdateStateByKey { .. } = request
        {
            self.context()?.check_definable()?;
        }
        let made = match request {
            Request::SocketTextStream { host, port, level } => {
                let level = StorageLevel::named(&level).unwrap_or(StorageLevel::MEMORY_AND_DISK_2);
                let lines = self.context()?.socket_stream(&host, port, level, |line| Value::Str(line.clone()));
                PyStream::of(lines)
            }
            Request::TextFileStream { directory } => {
                PyStream::of(self.context()?.text_file_stream(&directory).map(Value::Str))
            }
            Request::QueueStream { rdds, one_at_a_time, default } => {
                let queue: Vec<Rdd<Value>> =
                    rdds.iter().map(|rdd| Ok(self.rdd(*rdd)?.rdd.clone())).collect::<Result<_, DriverError>>()?;
                let default = default.map(|rdd| Ok::<_, DriverError>(self.rdd(rdd)?.rdd.clone())).transpose()?;
                PyStream::of(self.context()?.queue_stream(queue, one_at_a_time, default))
            }
            Request::PipeStream { parent, function, preserves_partitioning } => {
                self.stream(parent)?.pipe(function, preserves_partitioning)
            }
            Request::PartitionStream { parent, partitions, function } => {
                let stream = self.stream(parent)?.stream.map_rdds("partitionBy", move |rdd, _| {
                    let function = function.clone().map(|function| [function].into());
                    let function = function.map(|one| current_functions(&one)).transpose()?;
                    Ok(partitioned(&rdd, partitions as u32, function.map(|one| one[0].clone())))
                });
                PyStream::of(stream)
            }
            Request::RepartitionStream { parent, partitions } => {
                let dealt = self
                    .stream(parent)?
                    .stream
                    .map_rdds("repartition", move |rdd, _| Ok(repartitioned(&rdd, partitions as u32)));
                PyStream::of(dealt)
            }
            Request::UnionStreams { parents } => PyStream::of(self.context()?.union(&self.streams_of(&parents)?)?),
            Request::Window { parent, window, slide } => {
                let parent = &self.stream(parent)?.stream;
                let slide = slide.map_or_else(|| parent.slide_duration(), span);
                PyStream::of(parent.window(span(window), slide)?)
            }
            Request::Transform { parents, function } => self.transform(&parents, function)?,
            Request::StateSnapshots { parent } => match &self.stream(parent)?.state {
                Some(state) => PyStream::of(state.state_snapshots().map(pair_row)),
                None => {
                    return Err(DriverError::illegal_state("stateSnapshots is for the stream mapWithState gave"));
                }
            },
            Request::ReduceByKeyAndWindow { .. } | Request::UpdateStateByKey { .. } | Request::MapWithState { .. } => {
                self.stateful(request)?
            }
            other => return self.serve_life(other),
        };
        Ok(self.keep_stream(made))
    }

    fn transform(&self, parents: &[StreamId], function: Function) -> Result<PyStream, DriverError> {
        let context = self.context()?.clone();
        let (inner, known) = (context.clone(), self.streams.clone());
        let stream = context.transform_if(&self.streams_of(parents)?, move |rdds, time| {
            let (number, made) = call_driver_function(&function, time, &rdds, &inner, &known)?;
            Ok(match number {
                Value::Int(number) => made.get(&(number as u64)).map(|made| made.rdd.clone()),
                _ => None,
            })
        })?;
        Ok(PyStream::of(stream))
    }

    fn stateful(&self, request: Request) -> Result<PyStream, DriverError> {
        match request {
            Request::ReduceByKeyAndWindow { parent, reduce, inverse, window, slide, partitions, filter } => {
                let parent = self.stream(parent)?.pairs(partitions as u32);
                let slide = slide.map_or_else(|| parent.slide_duration(), span);
                let two_to_one = |function: Function| -> crate::dstream::Reduce<Value> {
                    Rc::new(move |left, right| tasks::call(&function, &[left, right]))
                };
                let filter = filter.map(|keep| {
                    Rc::new(move |key: &Value, value: &Value| {
                        let pair = Value::tuple([key.clone(), value.clone()]);
                        tasks::call(&keep, &[pair]).map(|kept| tasks::is_true(&kept))
                    }) as crate::dstream::WindowFilter<Value, Value>
                });
                let windowed = parent.slide_reduced(
                    &parent,
                    two_to_one(reduce),
                    two_to_one(inverse),
                    filter,
                    python_partitioner(partitions as u32),
                    span(window),
                    slide,
                )?;
                Ok(PyStream::of(windowed.map(pair_row).named("reduceByKeyAndWindow")))
            }
            Request::UpdateStateByKey { parent, update, partitions, initial } => {
                let partitions = partitions as u32;
                let initial = initial.map(|rdd| Ok::<_, DriverError>(pairs(&self.rdd(rdd)?.rdd, partitions)));
                let update = move |_, _: &Value, lists: Vec<Value>, state: Option<Value>| {
                    let values = Value::list(lists.iter().flat_map(members).cloned());
                    let updated = tasks::call(&update, &[values, state.unwrap_or(Value::None)])?;
                    Ok(Some(updated).filter(|state| !matches!(state, Value::None)))
                };
                let stream = self.stream(parent)?.pairs(partitions).update_state_by_key_with(
                    Rc::new(update),
                    python_partitioner(partitions),
                    initial.transpose()?,
                );
                Ok(PyStream::of(stream.map(pair_row).named("updateStateByKey")))
            }
            Request::MapWithState { parent, function, partitions, timeout, initial } => {
                let partitions = partitions as u32;
                let mapping = move |_: Time, key: &Value, value: Option<Value>, state: &mut State<Value>| {
                    map_one(&function, key, value, state).map(Some)
                };
                let mut spec = StateSpec::new(Rc::new(mapping)).partitioner(python_partitioner(partitions));
                if let Some(timeout) = timeout {
                    spec = spec.timeout(span(timeout));
                }
                if let Some(initial) = initial {
                    spec = spec.initial_state(pairs(&self.rdd(initial)?.rdd, partitions));
                }
                let state = self.stream(parent)?.pairs(partitions).map_with_state(spec);
                Ok(PyStream { stream: state.stream(), pipeline: None, state: Some(Rc::new(state)) })
            }
            other => Err(unknown(&other)),
        }
    }

    /// Output operations, settings, and the life of the context.
    fn serve_life(&mut self, request: Request) -> Served {
        match request {
            Request::StreamingContext { batch } => {
                if !std::mem::take(&mut self.has_context) {
                    self.context = Some(StreamingContext::new(&super::spark_context(), span(batch)));
                    self.streams.clear();
                }
                return self.give_inputs();
            }
            Request::SetStreamingCheckpoint { directory } if directory.is_empty() => {
                return Err(DriverError::illegal_argument("Can not create a Path from an empty string"));
            }
            Request::SetStreamingCheckpoint { directory } => self.context()?.checkpoint(directory),
            Request::RememberAll { duration } => self.context()?.remember(span(duration)),
            Request::Start { image, streams } => {
                for (name, stream) in &streams {
                    let stream = self.stream(*stream)?.stream.clone();
                    self.context()?.name_outputs_of(&stream, name);
                }
                // Once: run again, the main function must not set the functions' state back.
                let kept = Kept { image, rdds: Rc::new(self.rdds.clone()), recent: Rc::default() };
                driver::once(|core| core.user = Some(Rc::new(kept)))?;
                self.context()?.start()?;
            }
            Request::StopStreaming { stop_spark_context, gracefully } => {
                self.context()?.stop(stop_spark_context, gracefully)?;
                self.see_changes()?;
            }
            Request::AwaitTermination { timeout } => {
                let context = self.context()?;
                let stopped = match timeout {
                    Some(timeout) => context.await_termination_or_timeout(span(timeout))?,
                    None => context.await_termination().map(|()| true)?,
                };
                self.see_changes()?;
                return Ok(Reply::Value(Value::Bool(stopped)));
            }
            Request::IsActive => {
                let active = self.context.as_ref().is_some_and(StreamingContext::is_active);
                return Ok(Reply::Value(Value::Bool(active)));
            }
            // Drivers are not recovered from checkpoints yet, so there never is one.
            Request::Recover { .. } => return Ok(Reply::Value(Value::Bool(false))),
            Request::ForeachRdd { parent, function } => {
                let (context, known) = (self.context()?.clone(), self.streams.clone());
                self.stream(parent)?.stream.foreach_rdd(move |rdd, time| {
                    call_driver_function(&function, time, &[rdd], &context, &known).map(|_| ())
                })?;
            }
            Request::CollectAs { parent, name } => self.stream(parent)?.stream.collect_as(&name)?,
            Request::Print { parent, count } => self.stream(parent)?.stream.print(count)?,
            Request::SaveAsTextFiles { parent, prefix, suffix } => {
                let suffix = suffix.unwrap_or_default();
                self.stream(parent)?.stream.save_as_text_files(&prefix, &suffix, jobs::line)?;
            }
            Request::PersistStream { stream, level } => {
                let Some(level) = StorageLevel::named(&level) else {
                    return Err(DriverError::illegal_argument(format!("Invalid StorageLevel: {level}")));
                };
                self.unstarted("storage level")?;
                self.seal(stream)?.stream.clone().persist(level);
            }
            Request::CheckpointStream { stream, interval } => {
                self.unstarted("checkpoint interval")?;
                let sealed = self.seal(stream)?;
                match &sealed.state {
                    Some(state) => state.checkpoint(span(interval)),
                    None => sealed.stream.clone().checkpoint(span(interval)),
                };
            }
            Request::Slice { stream, begin, end } => {
                let rdds = self.stream(stream)?.stream.slice(Time(begin.max(0) as u64), Time(end.max(0) as u64))?;
                let numbers: Vec<Value> = rdds
                    .into_iter()
                    .map(|rdd| {
                        let number = rdd.id().0;
                        self.rdds.insert(number, PyRdd::of(rdd));
                        Value::from(number)
                    })
                    .collect();
                return Ok(Reply::Value(Value::list(numbers)));
            }
            Request::SlideDuration { stream } => {
                return Ok(Reply::Value(Value::from(self.stream(stream)?.stream.slide_duration().0)));
            }
            other => return Err(unknown(&other)),
        }
        Ok(Reply::Done)
    }

    /// Streams of the batches that the program is given, by name.
    fn give_inputs(&mut self) -> Served {
        let mut given = Vec::new();
        for (name, batches) in &*self.inputs.clone() {
            let stream = self.context()?.batches(batches.clone(), INPUT_PARTITIONS).named(name);
            if let Reply::Stream(StreamId(number)) = self.keep_stream(PyStream::of(stream)) {
                given.push((Value::str(name.as_str()), Value::from(number)));
            }
        }
        Ok(Reply::Value(Value::Dict(given.into())))
    }

    /// The stream, with nothing added to its functions any more.
    fn seal(&mut self, stream: StreamId) -> Result<&PyStream, DriverError> {
        self.stream(stream)?;
        let sealed = &mut self.streams[stream.0 as usize];
        sealed.pipeline = None;
        Ok(sealed)
    }
}

fn members(list: &Value) -> &[Value] {
    match list {
        Value::List(members) | Value::Tuple(members) => members,
        other => std::slice::from_ref(other),
    }
}

/// Calls a `mapWithState` function and does to the state what it asks for.
fn map_one(
    function: &Function,
    key: &Value,
    value: Option<Value>,
    state: &mut State<Value>,
) -> Result<Value, TaskError> {
    let before = state.get_option().map_or(Value::None, |value| Value::tuple([value]));
    let timing_out = Value::Bool(state.is_timing_out());
    let answer = tasks::call(function, &[key.clone(), value.unwrap_or(Value::None), before, timing_out])?;
    let Some((mapped, change)) = answer.as_pair() else {
        return Err(TaskError::user("TypeError", format!("mapWithState's facade gave {answer}")));
    };
    match change {
        Value::Tuple(change) => match &change[..] {
            [_, updated] => state.update(updated.clone())?,
            _ => state.remove()?,
        },
        _ => {}
    }
    Ok(mapped.clone())
}
