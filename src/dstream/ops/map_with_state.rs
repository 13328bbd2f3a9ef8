//! `mapWithState`: state by key, touched only by the keys of the batch and by timeouts.

use std::marker::PhantomData;
use std::rc::Rc;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::super::generation;
use super::super::stream::DStream;
use super::pair::default_partitioner;
use crate::cluster::rdd::{Dependency, Lineage, NarrowMap};
use crate::cluster::{Key, Partitioner, Rdd, StorageLevel, StreamId, TaskError};
use crate::sim::{Duration, Time};

/// How many slides lie between checkpoints of the state, unless the program says otherwise.
const CHECKPOINT_SLIDES: u64 = 10;

/// How many layers a state map may have before they are merged: `sessionByKey.deltaChainThreshold`.
const DELTA_CHAIN_THRESHOLD: u32 = 20;

/// A key's state as the mapping function sees it: `org.apache.spark.streaming.State`.
pub struct State<S> {
    value: Option<S>,
    timing_out: bool,
    updated: bool,
    removed: bool,
}

impl<S: Clone> State<S> {
    fn of(value: Option<S>, timing_out: bool) -> Self {
        State { value, timing_out, updated: false, removed: false }
    }

    /// Whether the key has state.
    pub fn exists(&self) -> bool {
        self.value.is_some()
    }

    /// The state. Fails where there is none, as Spark's `get` does.
    pub fn get(&self) -> Result<S, TaskError> {
        self.value.clone().ok_or_else(|| TaskError::user("java.util.NoSuchElementException", "State is not set"))
    }

    /// `State.getOption`.
    pub fn get_option(&self) -> Option<S> {
        self.value.clone()
    }

    /// Sets the state. Refused for a key that times out, and after `remove` in the same call.
    pub fn update(&mut self, value: S) -> Result<(), TaskError> {
        self.refuse_if(self.removed, "Cannot update the state after it has been removed")?;
        self.refuse_if(self.timing_out, "Cannot update the state that is timing out")?;
        self.value = Some(value);
        self.updated = true;
        Ok(())
    }

    /// Removes the state. Refused for a key that times out, and a second time in the same call.
    pub fn remove(&mut self) -> Result<(), TaskError> {
        self.refuse_if(self.timing_out, "Cannot remove the state that is timing out")?;
        self.refuse_if(self.removed, "Cannot remove the state that has already been removed")?;
        self.value = None;
        self.updated = false;
        self.removed = true;
        Ok(())
    }

    /// Whether this call is the key's last, for its timeout.
    pub fn is_timing_out(&self) -> bool {
        self.timing_out
    }

    fn refuse_if(&self, refused: bool, message: &str) -> Result<(), TaskError> {
        if refused {
            return Err(TaskError::user(
                "java.lang.IllegalArgumentException",
                format!("requirement failed: {message}"),
            ));
        }
        Ok(())
    }
}

/// Maps one record with its key's state: batch time, key, the value (none for a timeout), the state.
pub type Mapping<K, V, S, E> = Rc<dyn Fn(Time, &K, Option<V>, &mut State<S>) -> Result<Option<E>, TaskError>>;

/// What `mapWithState` is to do: `org.apache.spark.streaming.StateSpec`.
pub struct StateSpec<K, V, S, E> {
    mapping: Mapping<K, V, S, E>,
    initial: Option<Rdd<(K, S)>>,
    timeout: Option<Duration>,
    partitioner: Option<Partitioner<K>>,
}

impl<K: Key, V, S, E> StateSpec<K, V, S, E> {
    /// `StateSpec.function`, by a function that sees batch time and key and may fail its task.
    pub fn new(mapping: Mapping<K, V, S, E>) -> Self {
        StateSpec { mapping, initial: None, timeout: None, partitioner: None }
    }

    /// `StateSpec.function`: one row out for each record.
    pub fn function(mapping: impl Fn(&K, Option<V>, &mut State<S>) -> Result<E, TaskError> + 'static) -> Self {
        Self::new(Rc::new(move |_, key, value, state| mapping(key, value, state).map(Some)))
    }

    /// `StateSpec.initialState`.
    pub fn initial_state(mut self, initial: Rdd<(K, S)>) -> Self {
        self.initial = Some(initial);
        self
    }

    /// `StateSpec.timeout`: a key untouched for longer is dropped, at the next checkpoint of the state.
    pub fn timeout(mut self, idle: Duration) -> Self {
        self.timeout = Some(idle);
        self
    }

    /// `StateSpec.numPartitions`.
    pub fn num_partitions(self, partitions: u32) -> Self {
        self.partitioner(Partitioner::Hash(partitions))
    }

    /// `StateSpec.partitioner`.
    pub fn partitioner(mut self, partitioner: Partitioner<K>) -> Self {
        self.partitioner = Some(partitioner);
        self
    }
}

/// A layer of a state map over an older one: Spark's `OpenHashMapBasedStateMap`. Copying is one pointer; a batch writes
/// only what it changed.
struct StateMap<K, S> {
    below: Option<Rc<StateMap<K, S>>>,
    depth: u32,
    /// State and the batch time it was touched last; `None` hides what lies below.
    delta: IndexMap<K, Option<(S, Time)>, FxBuildHasher>,
}

impl<K: Key, S: Clone> StateMap<K, S> {
    fn over(below: Option<Rc<StateMap<K, S>>>) -> Self {
        match below {
            Some(deep) if deep.depth >= DELTA_CHAIN_THRESHOLD => {
                let delta = deep.all().into_iter().map(|(key, state)| (key, Some(state))).collect();
                StateMap { below: None, depth: 0, delta }
            }
            below => {
                let depth = below.as_ref().map_or(0, |map| map.depth + 1);
                StateMap { below, depth, delta: IndexMap::default() }
            }
        }
    }

    fn get(&self, key: &K) -> Option<&(S, Time)> {
        let mut layer = Some(self);
        while let Some(map) = layer {
            if let Some(entry) = map.delta.get(key) {
                return entry.as_ref();
            }
            layer = map.below.as_deref();
        }
        None
    }

    /// All keys with their state, in the order in which the keys first came.
    fn all(&self) -> Vec<(K, (S, Time))> {
        let mut layers = Vec::new();
        let mut layer = Some(self);
        while let Some(map) = layer {
            layers.push(map);
            layer = map.below.as_deref();
        }
        let mut merged: IndexMap<&K, &Option<(S, Time)>, FxBuildHasher> = IndexMap::default();
        for map in layers.into_iter().rev() {
            merged.extend(map.delta.iter());
        }
        merged.into_iter().filter_map(|(key, entry)| Some((key.clone(), entry.clone()?))).collect()
    }
}

/// A partition of the state after a batch, with what the batch mapped: `MapWithStateRDDRecord`.
struct Record<K, S, E> {
    state: Rc<StateMap<K, S>>,
    mapped: Rc<Vec<E>>,
}

impl<K, S, E> Clone for Record<K, S, E> {
    fn clone(&self) -> Self {
        Record { state: self.state.clone(), mapped: self.mapped.clone() }
    }
}

/// A stream of mapped rows that also has the state behind them: `MapWithStateDStream`.
pub struct MapWithState<K, S, E> {
    mapped: DStream<E>,
    records: StreamId,
    types: PhantomData<fn() -> (K, S)>,
}

impl<K: Key, S: Clone + 'static, E: Clone + 'static> MapWithState<K, S, E> {
    /// The mapped rows: one for each record, one for each timeout.
    pub fn stream(&self) -> DStream<E> {
        self.mapped.clone()
    }

    /// `MapWithStateDStream.stateSnapshots`: all keys with their state, every batch.
    pub fn state_snapshots(&self) -> DStream<(K, S)> {
        self.records_stream().map_rdds("stateSnapshots", |rdd, _| {
            Ok(rdd.flat_map(|record| record.state.all().into_iter().map(|(key, (state, _))| (key, state))))
        })
    }

    /// Checkpoints the state at this interval, and looks for timeouts as often. Returns the mapped rows.
    pub fn checkpoint(&self, interval: Duration) -> DStream<E> {
        self.records_stream().checkpoint(interval);
        self.stream()
    }

    fn records_stream(&self) -> DStream<Record<K, S, E>> {
        DStream::of(self.mapped.context().clone(), self.records)
    }
}

impl<K: Key, V: Clone + 'static> DStream<(K, V)> {
    /// `PairDStreamFunctions.mapWithState`. Needs a checkpoint directory.
    pub fn map_with_state<S: Clone + 'static, E: Clone + 'static>(
        &self,
        spec: StateSpec<K, V, S, E>,
    ) -> MapWithState<K, S, E> {
        let (parent, slide) = (self.id(), self.slide_duration());
        let records: DStream<Record<K, S, E>> = self.context().add("mapWithState", vec![parent], slide, |id| {
            Rc::new(move |time: Time| {
                let partitioner = spec.partitioner.clone().unwrap_or_else(default_partitioner);
                let previous = match generation::get_or_compute(id, time.saturating_sub(slide))? {
                    Some(records) => records,
                    None => initial_records(spec.initial.clone().unwrap_or_else(Rdd::empty), time, &partitioner),
                };
                let batch = generation::get_or_compute::<(K, V)>(parent, time)?.unwrap_or_else(Rdd::empty);
                let scans_for_timeouts = generation::checkpoints_at(id, time)?;
                let step = Step {
                    mapping: spec.mapping.clone(),
                    time,
                    // A timeout that reaches back to before time began has not passed for anyone.
                    idle_since: spec.timeout.map(|idle| time.saturating_sub(idle)),
                    scans_for_timeouts,
                };
                Ok(Some(next_records(&previous, &batch.partition_by(&partitioner), step).node().clone()))
            })
        });
        records.definition(|definition| {
            definition.must_checkpoint = true;
            definition.checkpoint_slides = Some(CHECKPOINT_SLIDES);
            definition.storage_level = Some(StorageLevel::MEMORY_ONLY);
        });
        let mapped = records.map_rdds("mappedRows", |rdd, _| Ok(rdd.flat_map(|record| record.mapped.to_vec())));
        MapWithState { mapped, records: records.id(), types: PhantomData }
    }
}

/// The state before the first batch.
fn initial_records<K: Key, S: Clone + 'static, E: Clone + 'static>(
    initial: Rdd<(K, S)>,
    time: Time,
    partitioner: &Partitioner<K>,
) -> Rdd<Record<K, S, E>> {
    initial.partition_by(partitioner).map_partitions(
        move |rows| {
            let mut state = StateMap::over(None);
            state.delta.extend(rows.map(|(key, value)| (key, Some((value, time)))));
            Box::new(std::iter::once(Record { state: Rc::new(state), mapped: Rc::default() }))
        },
        true,
    )
}

/// What one batch does to every partition of the state.
struct Step<K, V, S, E> {
    mapping: Mapping<K, V, S, E>,
    time: Time,
    /// Keys touched last before this have timed out.
    idle_since: Option<Time>,
    scans_for_timeouts: bool,
}

fn next_records<K: Key, V: Clone + 'static, S: Clone + 'static, E: Clone + 'static>(
    previous: &Rdd<Record<K, S, E>>,
    batch: &Rdd<(K, V)>,
    step: Step<K, V, S, E>,
) -> Rdd<Record<K, S, E>> {
    let lineage = Lineage {
        name: "mapWithState",
        partitions: previous.num_partitions(),
        partitioning: previous.partitioning(),
        dependencies: vec![
            Dependency::Narrow(previous.node().clone(), NarrowMap::OneToOne),
            Dependency::Narrow(batch.node().clone(), NarrowMap::OneToOne),
        ],
    };
    Rdd::zip_partitions(lineage, move |mut records, batch| {
        let below = records.next().map(|record: Record<K, S, E>| record.state);
        step.run(below, batch).map(|record| Box::new(std::iter::once(record)) as _)
    })
}

impl<K: Key, V, S: Clone, E> Step<K, V, S, E> {
    /// `MapWithStateRDDRecord.updateRecordWithData`: the data first, then the timeouts.
    fn run(
        &self,
        below: Option<Rc<StateMap<K, S>>>,
        batch: impl Iterator<Item = (K, V)>,
    ) -> Result<Record<K, S, E>, TaskError> {
        let mut map = StateMap::over(below);
        let mut mapped = Vec::new();
        for (key, value) in batch {
            let mut state = State::of(map.get(&key).map(|(state, _)| state.clone()), false);
            mapped.extend((self.mapping)(self.time, &key, Some(value), &mut state)?);
            let touched = state.updated || (state.exists() && self.idle_since.is_some());
            match state.value {
                Some(value) if touched => {
                    map.delta.insert(key, Some((value, self.time)));
                }
                None if state.removed => {
                    map.delta.insert(key, None);
                }
                _ => {}
            }
        }
        if let Some(idle_since) = self.idle_since.filter(|_| self.scans_for_timeouts) {
            for (key, (value, touched)) in map.all() {
                if touched < idle_since {
                    mapped.extend((self.mapping)(self.time, &key, None, &mut State::of(Some(value), true))?);
                    map.delta.insert(key, None);
                }
            }
        }
        Ok(Record { state: Rc::new(map), mapped: Rc::new(mapped) })
    }
}
