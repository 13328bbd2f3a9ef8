//! A naive engine for this room's tests: RDDs and streams computed on the spot, nothing kept, nothing distributed.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use indexmap::IndexMap;

use super::super::*;
use crate::value::{Value, portable_hash};

type Partitions = Vec<Rc<[Value]>>;
/// State and the time of its last touch, by key.
type States = IndexMap<Value, (Value, i64)>;

#[derive(Clone)]
enum Node {
    Data(Partitions),
    Pipe(usize, Function),
    PartitionBy(usize, usize, Option<Function>),
    Union(Vec<usize>),
    Zip(usize, usize),
    Cartesian(usize, usize),
    Coalesce(usize, usize, bool),
}

#[derive(Clone)]
enum Stream {
    Input(Vec<Partitions>),
    Queue(Vec<usize>, Option<usize>),
    Pipe(usize, Function),
    Partition(usize, usize, Option<Function>),
    Repartition(usize, usize),
    Union(Vec<usize>),
    Window(usize, i64),
    Transform(Vec<usize>, Function),
    Inverse(usize, Function, Function, i64, i64, Option<Function>),
    Update(usize, Function, Option<usize>),
    Track(usize, Function, Option<i64>, Option<usize>, Option<i64>),
    Snapshots(usize),
}

pub(super) struct Broken(pub ProgramError);

/// The engine, shared with the tests that look into it.
#[derive(Clone, Default)]
pub(super) struct Local(Rc<World>);

#[derive(Default)]
struct World {
    nodes: RefCell<Vec<Node>>,
    streams: RefCell<Vec<(Stream, i64)>>,
    outputs: RefCell<Vec<(usize, Function)>>,
    image: RefCell<Option<Image>>,
    accumulators: RefCell<Vec<Value>>,
    batch: Cell<i64>,
    /// Whether jobs make the program wait; the test then takes the answer from here.
    blocking: Cell<bool>,
    waiting: RefCell<Option<Result<Reply, Refusal>>>,
    requests: Cell<usize>,
    state: RefCell<IndexMap<(usize, i64), States>>,
    computed: RefCell<IndexMap<(usize, i64), Partitions>>,
}

impl Local {
    pub(super) fn blocking() -> Local {
        let local = Local::default();
        local.0.blocking.set(true);
        local
    }

    pub(super) fn answer(&self) -> Option<Result<Reply, Refusal>> {
        self.0.waiting.borrow_mut().take()
    }

    pub(super) fn requests(&self) -> usize {
        self.0.requests.get()
    }

    pub(super) fn input(&self, batch: i64, batches: Vec<Partitions>) -> StreamId {
        self.0.batch.set(batch);
        self.stream(Stream::Input(batches), batch)
    }

    fn stream(&self, stream: Stream, slide: i64) -> StreamId {
        self.0.streams.borrow_mut().push((stream, slide));
        StreamId(self.0.streams.borrow().len() as u64 - 1)
    }

    fn slide(&self, stream: usize) -> i64 {
        self.0.streams.borrow()[stream].1
    }

    fn node(&self, node: Node) -> Reply {
        self.0.nodes.borrow_mut().push(node);
        Reply::Rdd(RddId(self.0.nodes.borrow().len() as u64 - 1))
    }

    fn data(&self, partitions: Partitions) -> RddId {
        match self.node(Node::Data(partitions)) {
            Reply::Rdd(id) => id,
            _ => unreachable!(),
        }
    }

    fn pipe(&self, function: &Function, input: Partitions) -> Result<Partitions, Broken> {
        let mut output = Vec::new();
        for (split, partition) in input.into_iter().enumerate() {
            let task = Task::new(std::slice::from_ref(function)).map_err(Broken)?;
            let (result, aftermath) = task.pipe(split, partition, Surroundings::default());
            for (accumulator, update) in aftermath.accumulated {
                let sum = &mut self.0.accumulators.borrow_mut()[accumulator as usize];
                if let (Value::Int(sum), Value::Int(update)) = (sum, update) {
                    *sum += update;
                }
            }
            output.push(result.map_err(Broken)?.into());
        }
        Ok(output)
    }

    fn partition(input: &Partitions, count: usize, function: &Option<Function>) -> Result<Partitions, Broken> {
        let mut buckets: Vec<Vec<Value>> = vec![Vec::new(); count];
        let task =
            function.as_ref().map(|function| Task::new(std::slice::from_ref(function))).transpose().map_err(Broken)?;
        for record in input.iter().flat_map(|partition| partition.iter()) {
            let (key, _) = record.as_pair().expect("a pair");
            let hash = match &task {
                None => portable_hash(key),
                Some(task) => {
                    let (hash, _) =
                        task.enter(Surroundings::default(), |calls| calls.call(0, std::slice::from_ref(key)));
                    match hash.map_err(Broken)? {
                        Value::Int(hash) => hash,
                        other => panic!("{other} is no partition"),
                    }
                }
            };
            buckets[hash.rem_euclid(count as i64) as usize].push(record.clone());
        }
        Ok(buckets.into_iter().map(Into::into).collect())
    }

    pub(super) fn compute(&self, rdd: usize) -> Result<Partitions, Broken> {
        let node = self.0.nodes.borrow()[rdd].clone();
        Ok(match node {
            Node::Data(partitions) => partitions,
            Node::Pipe(parent, function) => self.pipe(&function, self.compute(parent)?)?,
            Node::PartitionBy(parent, count, function) => Self::partition(&self.compute(parent)?, count, &function)?,
            Node::Union(parents) => {
                let mut all = Vec::new();
                for parent in parents {
                    all.extend(self.compute(parent)?);
                }
                all
            }
            Node::Zip(left, right) => {
                let pair = |(left, right): (&Value, &Value)| Value::tuple([left.clone(), right.clone()]);
                let (left, right) = (self.compute(left)?, self.compute(right)?);
                left.iter().zip(&right).map(|(left, right)| left.iter().zip(right.iter()).map(pair).collect()).collect()
            }
            Node::Cartesian(left, right) => {
                let (left, right) = (self.compute(left)?, self.compute(right)?);
                let mut all = Vec::new();
                for left in &left {
                    for right in &right {
                        let pairs = left
                            .iter()
                            .flat_map(|left| right.iter().map(|right| Value::tuple([left.clone(), right.clone()])));
                        all.push(pairs.collect());
                    }
                }
                all
            }
            Node::Coalesce(parent, count, shuffle) => {
                let parts = self.compute(parent)?;
                let count = if shuffle { count } else { count.min(parts.len()).max(1) };
                let mut merged: Vec<Vec<Value>> = vec![Vec::new(); count];
                for (index, part) in parts.iter().enumerate() {
                    merged[index * count / parts.len().max(count)].extend(part.iter().cloned());
                }
                merged.into_iter().map(Into::into).collect()
            }
        })
    }

    fn partition_count(&self, rdd: usize) -> usize {
        let node = self.0.nodes.borrow()[rdd].clone();
        match node {
            Node::Data(partitions) => partitions.len(),
            Node::Pipe(parent, _) => self.partition_count(parent),
            Node::PartitionBy(_, count, _) => count,
            Node::Union(parents) => parents.iter().map(|parent| self.partition_count(*parent)).sum(),
            Node::Zip(left, _) => self.partition_count(left),
            Node::Cartesian(left, right) => self.partition_count(left) * self.partition_count(right),
            Node::Coalesce(parent, count, shuffle) => {
                if shuffle {
                    count
                } else {
                    count.min(self.partition_count(parent))
                }
            }
        }
    }

    /// A driver function of the graph, called until it no longer waits.
    fn drive(&self, function: &Function, arguments: &[Value]) -> Result<Value, Broken> {
        let image = self.0.image.borrow().clone().expect("the context was started");
        let mut journal = Journal::default();
        loop {
            let call = image.call(function, arguments, self.clone(), journal, Surroundings::default());
            journal = call.journal;
            match call.outcome {
                Outcome::Done((value, image)) => {
                    *self.0.image.borrow_mut() = Some(image);
                    return Ok(value);
                }
                Outcome::Suspended => journal.push(0, self.answer().expect("an answer")),
                Outcome::Failed(error) => return Err(Broken(error)),
            }
        }
    }

    /// What a stream holds at a batch time; nothing if it generates nothing then.
    pub(super) fn batch(&self, stream: usize, time: i64) -> Result<Option<Partitions>, Broken> {
        let (node, slide) = self.0.streams.borrow()[stream].clone();
        if time <= 0 || time % slide != 0 {
            return Ok(None);
        }
        if let Some(known) = self.0.computed.borrow().get(&(stream, time)) {
            return Ok(Some(known.clone()));
        }
        let made = self.generate(stream, &node, slide, time)?;
        if let Some(made) = &made {
            self.0.computed.borrow_mut().insert((stream, time), made.clone());
        }
        Ok(made)
    }

    fn generate(&self, stream: usize, node: &Stream, slide: i64, time: i64) -> Result<Option<Partitions>, Broken> {
        let index = (time / self.0.batch.get() - 1) as usize;
        Ok(Some(match node {
            Stream::Input(batches) => batches.get(index).cloned().unwrap_or_else(|| vec![[].into(), [].into()]),
            Stream::Queue(rdds, default) => match rdds.get(index).or(default.as_ref()) {
                Some(rdd) => self.compute(*rdd)?,
                None => vec![[].into()],
            },
            Stream::Pipe(parent, function) => {
                let function = match &*self.0.image.borrow() {
                    Some(image) => image.function(function),
                    None => function.clone(),
                };
                let Some(parent) = self.batch(*parent, time)? else { return Ok(None) };
                self.pipe(&function, parent)?
            }
            Stream::Partition(parent, count, function) => {
                let Some(parent) = self.batch(*parent, time)? else { return Ok(None) };
                Self::partition(&parent, *count, function)?
            }
            Stream::Repartition(parent, count) => {
                let Some(parent) = self.batch(*parent, time)? else { return Ok(None) };
                let all: Vec<Value> = parent.iter().flat_map(|part| part.iter().cloned()).collect();
                (0..*count).map(|i| all[i * all.len() / count..(i + 1) * all.len() / count].into()).collect()
            }
            Stream::Union(parents) => {
                let mut all = Vec::new();
                for parent in parents {
                    all.extend(self.batch(*parent, time)?.unwrap_or_default());
                }
                all
            }
            Stream::Window(parent, window) => self.window(*parent, time - window, time)?,
            Stream::Transform(parents, function) => {
                let mut rdds = Vec::new();
                for parent in parents {
                    let partitions = self.batch(*parent, time)?.unwrap_or_default();
                    rdds.push(Value::from(self.data(partitions).0));
                }
                match self.drive(function, &[Value::Int(time), Value::list(rdds)])? {
                    Value::Int(rdd) => self.compute(rdd as usize)?,
                    other => panic!("{other} is no RDD"),
                }
            }
            Stream::Inverse(parent, reduce, inverse, window, slide, filter) => {
                let (added, removed) = if time - slide > 0 {
                    (
                        self.window(*parent, time - slide, time)?,
                        self.window(*parent, time - window - slide, time - window)?,
                    )
                } else {
                    (self.window(*parent, time - window, time)?, Vec::new())
                };
                let before = self.batch(stream, time - slide)?.unwrap_or_default();
                let mut kept: IndexMap<Value, Value> = IndexMap::new();
                let pairs = |parts: Partitions| -> Vec<(Value, Value)> {
                    let all = parts.iter().flat_map(|part| part.iter());
                    all.map(|pair| pair.as_pair().map(|(k, v)| (k.clone(), v.clone())).expect("a pair")).collect()
                };
                kept.extend(pairs(before));
                let apply = |function: &Function, a: &Value, b: &Value| self.apply(function, &[a.clone(), b.clone()]);
                for (key, value) in pairs(removed) {
                    let known = kept.get(&key).cloned().unwrap_or(Value::None);
                    kept.insert(key, apply(inverse, &known, &value)?);
                }
                for (key, value) in pairs(added) {
                    let sum = match kept.get(&key) {
                        Some(known) => apply(reduce, known, &value)?,
                        None => value,
                    };
                    kept.insert(key, sum);
                }
                let mut records = Vec::new();
                for (key, value) in kept {
                    let pair = Value::tuple([key, value]);
                    let stays = match filter {
                        Some(filter) => self.apply(filter, std::slice::from_ref(&pair))? == Value::Bool(true),
                        None => true,
                    };
                    records.extend(stays.then_some(pair));
                }
                vec![records.into()]
            }
            Stream::Update(parent, update, initial) => {
                let grouped = self.batch(*parent, time)?.unwrap_or_default();
                let before = if time > slide {
                    self.batch(stream, time - slide)?.unwrap_or_default()
                } else {
                    initial.map(|rdd| self.compute(rdd)).transpose()?.unwrap_or_default()
                };
                let mut keys: IndexMap<Value, (Value, Value)> = IndexMap::new();
                for (key, state) in before.iter().flat_map(|part| part.iter()).filter_map(Value::as_pair) {
                    keys.insert(key.clone(), (Value::list([]), state.clone()));
                }
                for (key, values) in grouped.iter().flat_map(|part| part.iter()).filter_map(Value::as_pair) {
                    keys.entry(key.clone()).or_insert((Value::None, Value::None)).0 = values.clone();
                }
                let mut records = Vec::new();
                for (key, (values, state)) in keys {
                    let state = self.apply(update, &[values, state])?;
                    if !matches!(state, Value::None) {
                        records.push(Value::tuple([key, state]));
                    }
                }
                vec![records.into()]
            }
            Stream::Track(parent, function, timeout, initial, interval) => {
                let grouped = self.batch(*parent, time)?.unwrap_or_default();
                let mut states: States = if time > slide {
                    self.batch(stream, time - slide)?;
                    self.0.state.borrow()[&(stream, time - slide)].clone()
                } else {
                    let initial = initial.map(|rdd| self.compute(rdd)).transpose()?.unwrap_or_default();
                    let pairs = initial.iter().flat_map(|part| part.iter()).filter_map(Value::as_pair);
                    pairs.map(|(key, value)| (key.clone(), (value.clone(), 0))).collect()
                };
                let mut mapped = Vec::new();
                for record in grouped.iter().flat_map(|part| part.iter()) {
                    let (key, value) = record.as_pair().expect("a pair");
                    let known = states.get(key).map_or(Value::None, |(known, _)| Value::tuple([known.clone()]));
                    let result = self.apply(function, &[key.clone(), value.clone(), known, Value::Bool(false)])?;
                    let (row, change) = result.as_pair().expect("row and change");
                    mapped.push(row.clone());
                    match change {
                        Value::Tuple(change) if change.len() == 2 => {
                            states.insert(key.clone(), (change[1].clone(), time));
                        }
                        Value::Tuple(_) => {
                            states.shift_remove(key);
                        }
                        _ => {
                            if let (Some(entry), Some(_)) = (states.get_mut(key), timeout) {
                                entry.1 = time;
                            }
                        }
                    }
                }
                let interval = interval.unwrap_or(slide * 10);
                if let (Some(timeout), 0) = (timeout, time % interval) {
                    let gone: Vec<_> = states
                        .iter()
                        .filter(|(_, (_, touched))| *touched < time - timeout)
                        .map(|(k, (s, _))| (k.clone(), s.clone()))
                        .collect();
                    for (key, known) in gone {
                        let known = Value::tuple([known]);
                        let result = self.apply(function, &[key.clone(), Value::None, known, Value::Bool(true)])?;
                        mapped.push(result.as_pair().expect("row and change").0.clone());
                        states.shift_remove(&key);
                    }
                }
                self.0.state.borrow_mut().insert((stream, time), states);
                vec![mapped.into()]
            }
            Stream::Snapshots(parent) => {
                self.batch(*parent, time)?;
                let states = &self.0.state.borrow()[&(*parent, time)];
                vec![states.iter().map(|(key, (state, _))| Value::tuple([key.clone(), state.clone()])).collect()]
            }
        }))
    }

    fn window(&self, parent: usize, after: i64, until: i64) -> Result<Partitions, Broken> {
        let slide = self.slide(parent);
        let mut all = Vec::new();
        let mut time = (after.div_euclid(slide) + 1) * slide;
        while time <= until {
            all.extend(self.batch(parent, time)?.unwrap_or_default());
            time += slide;
        }
        Ok(all)
    }

    fn apply(&self, function: &Function, arguments: &[Value]) -> Result<Value, Broken> {
        let task = Task::new(std::slice::from_ref(function)).map_err(Broken)?;
        task.enter(Surroundings::default(), |calls| calls.call(0, arguments)).0.map_err(Broken)
    }

    /// Runs the output operations of a batch.
    pub(super) fn output(&self, time: i64) -> Result<(), Broken> {
        let outputs = self.0.outputs.borrow().clone();
        for (stream, function) in outputs {
            if let Some(partitions) = self.batch(stream, time)? {
                let rdd = Value::from(self.data(partitions).0);
                self.drive(&function, &[Value::Int(time), Value::list([rdd])])?;
            }
        }
        Ok(())
    }

    /// The function that was piped last.
    pub(super) fn last_function(&self) -> Function {
        let nodes = self.0.nodes.borrow();
        let piped =
            nodes.iter().rev().find_map(|node| if let Node::Pipe(_, function) = node { Some(function) } else { None });
        piped.expect("a function was piped").clone()
    }

    pub(super) fn image(&self) -> Option<Image> {
        self.0.image.borrow().clone()
    }
}

impl Engine for Local {
    fn serve(&mut self, request: Request) -> Answer {
        self.0.requests.set(self.0.requests.get() + 1);
        let index = |rdd: RddId| rdd.0 as usize;
        let at = |stream: StreamId| stream.0 as usize;
        let batch = self.0.batch.get();
        let stream = |stream: Stream, slide: i64| Reply::Stream(self.stream(stream, slide));
        Answer::Ready(Ok(match request {
            Request::DefaultParallelism => Reply::Value(Value::Int(2)),
            Request::Parallelize { partitions } => self.node(Node::Data(partitions)),
            Request::Pipe { parent, function, .. } => self.node(Node::Pipe(index(parent), function)),
            Request::PartitionBy { parent, partitions, function } => {
                self.node(Node::PartitionBy(index(parent), partitions, function))
            }
            Request::Union { parents } => self.node(Node::Union(parents.into_iter().map(index).collect())),
            Request::Zip { left, right } => self.node(Node::Zip(index(left), index(right))),
            Request::Cartesian { left, right } => self.node(Node::Cartesian(index(left), index(right))),
            Request::Coalesce { parent, partitions, shuffle } => {
                self.node(Node::Coalesce(index(parent), partitions, shuffle))
            }
            Request::PartitionCount { rdd } => Reply::Value(Value::from(self.partition_count(index(rdd)))),
            Request::RunJob { rdd, partitions } => {
                let answer = match self.compute(index(rdd)) {
                    Ok(parts) => {
                        let wanted = partitions.unwrap_or_else(|| (0..parts.len()).collect());
                        let lists = wanted.into_iter().map(|split| Value::List(parts[split].clone()));
                        Ok(Reply::Value(Value::list(lists)))
                    }
                    Err(Broken(error)) => Err(Refusal {
                        class: "org.apache.spark.SparkException".into(),
                        message: error.traceback.clone(),
                    }),
                };
                if self.0.blocking.get() {
                    *self.0.waiting.borrow_mut() = Some(answer);
                    return Answer::Blocked;
                }
                return Answer::Ready(answer);
            }
            Request::Accumulator { initial, .. } => {
                self.0.accumulators.borrow_mut().push(initial);
                Reply::Value(Value::from(self.0.accumulators.borrow().len() - 1))
            }
            Request::AccumulatorValue { accumulator } => {
                Reply::Value(self.0.accumulators.borrow()[accumulator as usize].clone())
            }
            Request::SetAccumulator { accumulator, value } => {
                self.0.accumulators.borrow_mut()[accumulator as usize] = value;
                Reply::Done
            }
            Request::Broadcast { .. } => Reply::Value(Value::Int(0)),
            Request::Sleep { .. } => {
                *self.0.waiting.borrow_mut() = Some(Ok(Reply::Done));
                return Answer::Blocked;
            }
            Request::SlideDuration { stream } => Reply::Value(Value::Int(self.slide(at(stream)))),
            Request::StreamingContext { batch } => {
                self.0.batch.set(batch);
                Reply::Value(Value::Dict([].into()))
            }
            Request::SocketTextStream { .. } => stream(Stream::Input(Vec::new()), batch),
            Request::QueueStream { rdds, default, .. } => {
                stream(Stream::Queue(rdds.into_iter().map(index).collect(), default.map(index)), batch)
            }
            Request::PipeStream { parent, function, .. } => {
                stream(Stream::Pipe(at(parent), function), self.slide(at(parent)))
            }
            Request::PartitionStream { parent, partitions, function } => {
                stream(Stream::Partition(at(parent), partitions, function), self.slide(at(parent)))
            }
            Request::RepartitionStream { parent, partitions } => {
                stream(Stream::Repartition(at(parent), partitions), self.slide(at(parent)))
            }
            Request::UnionStreams { parents } => {
                let slide = self.slide(at(parents[0]));
                stream(Stream::Union(parents.into_iter().map(at).collect()), slide)
            }
            Request::Window { parent, window, slide } => {
                let slide = slide.unwrap_or(self.slide(at(parent)));
                stream(Stream::Window(at(parent), window), slide)
            }
            Request::Transform { parents, function } => {
                let slide = self.slide(at(parents[0]));
                stream(Stream::Transform(parents.into_iter().map(at).collect(), function), slide)
            }
            Request::ForeachRdd { parent, function } => {
                self.0.outputs.borrow_mut().push((at(parent), function));
                Reply::Done
            }
            Request::ReduceByKeyAndWindow { parent, reduce, inverse, window, slide, filter, .. } => {
                let slide = slide.unwrap_or(self.slide(at(parent)));
                stream(Stream::Inverse(at(parent), reduce, inverse, window, slide, filter), slide)
            }
            Request::UpdateStateByKey { parent, update, initial, .. } => {
                stream(Stream::Update(at(parent), update, initial.map(index)), self.slide(at(parent)))
            }
            Request::MapWithState { parent, function, timeout, initial, .. } => {
                let slide = self.slide(at(parent));
                stream(Stream::Track(at(parent), function, timeout, initial.map(index), None), slide)
            }
            Request::StateSnapshots { parent } => stream(Stream::Snapshots(at(parent)), self.slide(at(parent))),
            Request::CheckpointStream { stream, interval } => {
                if let (Stream::Track(.., checkpoint), _) = &mut self.0.streams.borrow_mut()[at(stream)] {
                    *checkpoint = Some(interval);
                }
                Reply::Done
            }
            Request::Start { image, .. } => {
                *self.0.image.borrow_mut() = Some(image);
                Reply::Done
            }
            Request::Slice { stream, begin, end } => {
                let slide = self.slide(at(stream));
                let mut rdds = Vec::new();
                for time in (begin..=end).filter(|time| time % slide == 0) {
                    match self.batch(at(stream), time) {
                        Ok(Some(partitions)) => rdds.push(Value::from(self.data(partitions).0)),
                        Ok(None) => {}
                        Err(Broken(error)) => {
                            return Answer::Ready(Err(Refusal {
                                class: error.kind.clone(),
                                message: error.message.clone(),
                            }));
                        }
                    }
                }
                Reply::Value(Value::list(rdds))
            }
            _ => Reply::Done,
        }))
    }
}
