//! `updateStateByKey`: state by key, updated for every key each batch.

use std::rc::Rc;

use super::super::generation;
use super::super::stream::DStream;
use super::pair::default_partitioner;
use crate::cluster::{Key, Partitioner, Rdd, StorageLevel, TaskError};
use crate::sim::Time;

/// Updates one key: batch time, key, the batch's values, the old state; the new state, or none to drop the key.
pub type Update<K, V, S> = Rc<dyn Fn(Time, &K, Vec<V>, Option<S>) -> Result<Option<S>, TaskError>>;

impl<K: Key, V: Clone + 'static> DStream<(K, V)> {
    /// `PairDStreamFunctions.updateStateByKey`: the function sees a key's values of the batch (none, for a key that
    /// only has state) and its state; `None` drops the key. Needs a checkpoint directory.
    pub fn update_state_by_key<S: Clone + 'static>(
        &self,
        update: impl Fn(Vec<V>, Option<S>) -> Option<S> + 'static,
    ) -> DStream<(K, S)> {
        self.update_state_by_key_with(
            Rc::new(move |_, _, values, state| Ok(update(values, state))),
            default_partitioner(),
            None,
        )
    }

    /// [`update_state_by_key`](DStream::update_state_by_key) with everything that can be given: a function that sees
    /// batch time and key and may fail its task, a partitioner, and state to begin with.
    pub fn update_state_by_key_with<S: Clone + 'static>(
        &self,
        update: Update<K, V, S>,
        partitioner: Partitioner<K>,
        initial: Option<Rdd<(K, S)>>,
    ) -> DStream<(K, S)> {
        let (parent, slide) = (self.id(), self.slide_duration());
        let stream = self.context().add("updateStateByKey", vec![parent], slide, |id| {
            Rc::new(move |time: Time| {
                let previous = generation::get_or_compute::<(K, S)>(id, time.saturating_sub(slide))?;
                let batch = generation::get_or_compute::<(K, V)>(parent, time)?;
                let rdd = match (batch, previous.or_else(|| initial.clone())) {
                    (Some(batch), Some(state)) => updated(&batch, &state, time, &update, &partitioner),
                    (Some(batch), None) => started(&batch, time, &update, &partitioner),
                    (None, Some(state)) => aged(&state, time, &update),
                    (None, None) => return Ok(None),
                };
                Ok(Some(rdd.node().clone()))
            })
        });
        stream.definition(|definition| {
            definition.must_checkpoint = true;
            definition.storage_level = Some(StorageLevel::MEMORY_ONLY_SER);
        });
        stream
    }
}

fn updated<K: Key, V: Clone + 'static, S: Clone + 'static>(
    batch: &Rdd<(K, V)>,
    state: &Rdd<(K, S)>,
    time: Time,
    update: &Update<K, V, S>,
    partitioner: &Partitioner<K>,
) -> Rdd<(K, S)> {
    let update = update.clone();
    // As in PySpark the keys with state come first, in their order, then the new ones.
    state.cogroup(batch, partitioner).try_map_partitions("updateStateByKey", true, move |_, rows, _| {
        each(rows, |(key, (states, values))| {
            Ok(update(time, &key, values, states.into_iter().next())?.map(|s| (key, s)))
        })
    })
}

fn started<K: Key, V: Clone + 'static, S: Clone + 'static>(
    batch: &Rdd<(K, V)>,
    time: Time,
    update: &Update<K, V, S>,
    partitioner: &Partitioner<K>,
) -> Rdd<(K, S)> {
    let update = update.clone();
    batch.group_by_key(partitioner).try_map_partitions("updateStateByKey", true, move |_, rows, _| {
        each(rows, |(key, values)| Ok(update(time, &key, values, None)?.map(|state| (key, state))))
    })
}

fn aged<K: Key, V: Clone + 'static, S: Clone + 'static>(
    state: &Rdd<(K, S)>,
    time: Time,
    update: &Update<K, V, S>,
) -> Rdd<(K, S)> {
    let update = update.clone();
    state.try_map_partitions("updateStateByKey", true, move |_, rows, _| {
        each(rows, |(key, state)| Ok(update(time, &key, Vec::new(), Some(state))?.map(|state| (key, state))))
    })
}

fn each<T, U: 'static>(
    rows: impl Iterator<Item = T>,
    mut make: impl FnMut(T) -> Result<Option<U>, TaskError>,
) -> Result<Box<dyn Iterator<Item = U>>, TaskError> {
    let mut made = Vec::new();
    for row in rows {
        made.extend(make(row)?);
    }
    Ok(Box::new(made.into_iter()))
}
