//! Windows: `WindowedDStream`, and `ReducedWindowedDStream`, which slides by what came and what went.
//!
//! The window of batch time t covers the parent's batches in `(t - length, t]`; the first windows are partial.

use std::rc::Rc;

use super::super::context::SparkContext;
use super::super::generation;
use super::super::stream::DStream;
use super::pair::default_partitioner;
use crate::cluster::{DriverError, Key, Partitioner, Rdd, StorageLevel, StreamId, TaskError};
use crate::sim::{Duration, Time};

/// A reduce or inverse reduce function, which may fail its task.
pub type Reduce<V> = Rc<dyn Fn(V, V) -> Result<V, TaskError>>;

/// Keeps a pair of a window's state, or drops it.
pub type WindowFilter<K, V> = Rc<dyn Fn(&K, &V) -> Result<bool, TaskError>>;

impl<T: Clone + 'static> DStream<T> {
    /// `DStream.window`: all rows of the last `length`, every `slide`. Both are multiples of this stream's slide.
    pub fn window(&self, length: Duration, slide: Duration) -> Result<DStream<T>, DriverError> {
        check_window("windowed", self, length, slide)?;
        // Each batch is in many windows, so the parent is kept.
        self.definition(|stream| {
            stream.storage_level.get_or_insert(StorageLevel::MEMORY_ONLY_SER);
        });
        let parent = self.id();
        let windowed = self.context().add("window", vec![parent], slide, |_| {
            Rc::new(move |time| {
                let rdds = generation::window::<T>(parent, length, time)?;
                Ok(Some(SparkContext.union(&rdds).node().clone()))
            })
        });
        windowed.definition(|stream| stream.window = length);
        Ok(windowed)
    }

    /// `DStream.reduceByWindow`: one row a window, none for an empty one.
    pub fn reduce_by_window(
        &self,
        reduce: impl Fn(T, T) -> T + 'static,
        length: Duration,
        slide: Duration,
    ) -> Result<DStream<T>, DriverError> {
        let reduce = Rc::new(reduce);
        let in_batch = reduce.clone();
        let in_window = move |left, right| reduce(left, right);
        Ok(self.reduce(move |left, right| in_batch(left, right)).window(length, slide)?.reduce(in_window))
    }

    /// `DStream.reduceByWindow` with an inverse: no row before the first data, then one for ever. Needs a checkpoint
    /// directory.
    pub fn reduce_by_window_with_inverse(
        &self,
        reduce: impl Fn(T, T) -> T + 'static,
        inverse: impl Fn(T, T) -> T + 'static,
        length: Duration,
        slide: Duration,
    ) -> Result<DStream<T>, DriverError> {
        let keyed = self.map(|row| ((), row));
        let windowed = keyed.reduce_by_key_and_window_with_inverse(
            reduce,
            inverse,
            length,
            slide,
            Some(Partitioner::Hash(1)),
            None::<fn(&(), &T) -> bool>,
        )?;
        Ok(windowed.map(|(_, row)| row))
    }

    /// `DStream.countByWindow`. Needs a checkpoint directory.
    pub fn count_by_window(&self, length: Duration, slide: Duration) -> Result<DStream<i64>, DriverError> {
        let ones = self.map(|_| 1_i64);
        ones.reduce_by_window_with_inverse(|left, right| left + right, |left, right| left - right, length, slide)
    }
}

impl<T: Key> DStream<T> {
    /// `DStream.countByValueAndWindow`: rows whose count is 0 are gone. Needs a checkpoint directory.
    pub fn count_by_value_and_window(
        &self,
        length: Duration,
        slide: Duration,
        partitioner: Option<Partitioner<T>>,
    ) -> Result<DStream<(T, i64)>, DriverError> {
        self.map(|row| (row, 1_i64)).reduce_by_key_and_window_with_inverse(
            |left, right| left + right,
            |left, right| left - right,
            length,
            slide,
            partitioner,
            Some(|_: &T, count: &i64| *count != 0),
        )
    }
}

impl<K: Key, V: Clone + 'static> DStream<(K, V)> {
    /// `PairDStreamFunctions.reduceByKeyAndWindow`: every window is reduced anew.
    pub fn reduce_by_key_and_window(
        &self,
        reduce: impl Fn(V, V) -> V + 'static,
        length: Duration,
        slide: Duration,
    ) -> Result<DStream<(K, V)>, DriverError> {
        let reduce = Rc::new(reduce);
        let in_batch = reduce.clone();
        let windowed = self.reduce_by_key(move |left, right| in_batch(left, right)).window(length, slide)?;
        Ok(windowed.reduce_by_key(move |left, right| reduce(left, right)))
    }

    /// `PairDStreamFunctions.reduceByKeyAndWindow` with an inverse: a window is the one before it, plus the batches
    /// that came, less those that went. Keys stay for ever unless `filter` drops them. Needs a checkpoint directory.
    pub fn reduce_by_key_and_window_with_inverse(
        &self,
        reduce: impl Fn(V, V) -> V + 'static,
        inverse: impl Fn(V, V) -> V + 'static,
        length: Duration,
        slide: Duration,
        partitioner: Option<Partitioner<K>>,
        filter: Option<impl Fn(&K, &V) -> bool + 'static>,
    ) -> Result<DStream<(K, V)>, DriverError> {
        let partitioner = partitioner.unwrap_or_else(default_partitioner);
        let reduce = Rc::new(reduce);
        let in_batch = reduce.clone();
        let reduced = self.reduce_by_key_with(move |left, right| in_batch(left, right), partitioner.clone());
        let reduce: Reduce<V> = Rc::new(move |left, right| Ok(reduce(left, right)));
        let inverse: Reduce<V> = Rc::new(move |left, right| Ok(inverse(left, right)));
        let filter = filter.map(|keep| Rc::new(move |key: &K, value: &V| Ok(keep(key, value))) as WindowFilter<K, V>);
        reduced.slide_reduced(self, reduce, inverse, filter, partitioner, length, slide)
    }

    /// `PairDStreamFunctions.groupByKeyAndWindow`: each key's values in the window.
    pub fn group_by_key_and_window(
        &self,
        length: Duration,
        slide: Duration,
    ) -> Result<DStream<(K, Vec<V>)>, DriverError> {
        let append = |mut group: Vec<V>, mut more: Vec<V>| {
            group.append(&mut more);
            group
        };
        Ok(self.group_by_key().window(length, slide)?.reduce_by_key(append))
    }

    /// `ReducedWindowedDStream` over this stream of batches that are reduced already, of `parent`.
    ///
    /// ```text
    ///   previous window  |----------------------|
    ///                    | old |                |
    ///   current window         |----------------------|
    ///                                           | new |
    /// ```
    ///
    /// The value of a key is what it was, less its old values, plus its new ones.
    #[allow(clippy::too_many_arguments, reason = "the parameters of Spark's ReducedWindowedDStream")]
    pub fn slide_reduced(
        &self,
        parent: &DStream<(K, V)>,
        reduce: Reduce<V>,
        inverse: Reduce<V>,
        filter: Option<WindowFilter<K, V>>,
        partitioner: Partitioner<K>,
        length: Duration,
        slide: Duration,
    ) -> Result<DStream<(K, V)>, DriverError> {
        check_window("reduced windowed", parent, length, slide)?;
        self.definition(|stream| {
            stream.storage_level.get_or_insert(StorageLevel::MEMORY_ONLY_SER);
        });
        let window = ReducedWindow { batches: self.id(), step: parent.slide_duration(), length, slide };
        let stream = self.context().add("reduceByKeyAndWindow", vec![self.id()], slide, |id| {
            Rc::new(move |time| {
                let merged = window.compute(id, time, &reduce, &inverse, &partitioner)?;
                let Some(keep) = filter.clone() else { return Ok(Some(merged.node().clone())) };
                let kept = merged.try_map_partitions("filter", true, move |_, rows, _| {
                    let mut pairs = Vec::new();
                    for (key, value) in rows {
                        if keep(&key, &value)? {
                            pairs.push((key, value));
                        }
                    }
                    Ok(Box::new(pairs.into_iter()))
                });
                Ok(Some(kept.node().clone()))
            })
        });
        stream.definition(|definition| {
            definition.window = length;
            definition.must_checkpoint = true;
            definition.storage_level = Some(StorageLevel::MEMORY_ONLY_SER);
        });
        Ok(stream)
    }
}

/// The geometry of a reduced window.
#[derive(Clone, Copy)]
struct ReducedWindow {
    /// The stream of reduced batches.
    batches: StreamId,
    /// The slide of those.
    step: Duration,
    length: Duration,
    slide: Duration,
}

impl ReducedWindow {
    fn compute<K: Key, V: Clone + 'static>(
        self,
        stream: StreamId,
        time: Time,
        reduce: &Reduce<V>,
        inverse: &Reduce<V>,
        partitioner: &Partitioner<K>,
    ) -> Result<Rdd<(K, V)>, DriverError> {
        let before = time.saturating_sub(self.slide);
        let begin = generation::begin_of_window(time, self.length, self.step);
        let begin_before = generation::begin_of_window(before, self.length, self.step);
        let old = generation::slice::<(K, V)>(self.batches, begin_before, begin.saturating_sub(self.step))?;
        let new = generation::slice::<(K, V)>(self.batches, before + self.step, time)?;
        let previous = generation::get_or_compute::<(K, V)>(stream, before)?
            .unwrap_or_else(|| SparkContext.parallelize(Vec::new()));
        let (olds, news) = (old.len(), new.len());
        let mut all = vec![previous];
        all.extend(old);
        all.extend(new);
        let (reduce, inverse) = (reduce.clone(), inverse.clone());
        Ok(Rdd::cogroup_all(&all, partitioner).try_map_partitions("mapValues", true, move |_, rows, _| {
            let mut merged = Vec::new();
            for (key, sides) in rows {
                let first_of = |side: &Vec<V>| side.first().cloned();
                let old: Vec<V> = sides[1..=olds].iter().filter_map(first_of).collect();
                let new: Vec<V> = sides[1 + olds..1 + olds + news].iter().filter_map(first_of).collect();
                merged.push((key, slide_value(first_of(&sides[0]), old, new, &reduce, &inverse)?));
            }
            Ok(Box::new(merged.into_iter()))
        }))
    }
}

/// The value of a key in the current window.
fn slide_value<V>(
    previous: Option<V>,
    old: Vec<V>,
    new: Vec<V>,
    reduce: &Reduce<V>,
    inverse: &Reduce<V>,
) -> Result<V, TaskError> {
    let reduced = |values: Vec<V>| -> Result<Option<V>, TaskError> {
        let mut values = values.into_iter();
        let Some(first) = values.next() else { return Ok(None) };
        values.try_fold(first, |left, right| reduce(left, right)).map(Some)
    };
    let (old, new) = (reduced(old)?, reduced(new)?);
    match (previous, new) {
        (None, Some(new)) => Ok(new),
        (None, None) => Err(TaskError::user(
            "java.lang.Exception",
            "Neither previous window has value for key, nor new values found. Are you sure your key class hashes \
             consistently?",
        )),
        (Some(value), new) => {
            let value = match old {
                Some(old) => inverse(value, old)?,
                None => value,
            };
            match new {
                Some(new) => reduce(value, new),
                None => Ok(value),
            }
        }
    }
}

fn check_window<T: Clone + 'static>(
    kind: &str,
    parent: &DStream<T>,
    length: Duration,
    slide: Duration,
) -> Result<(), DriverError> {
    let step = parent.slide_duration();
    if slide == Duration::ZERO {
        // As in Spark, where the batch number is divided by it; a window of no length, though, is just empty.
        return Err(DriverError::failed("java.lang.ArithmeticException", "/ by zero"));
    }
    for (what, span) in [("window", length), ("slide", slide)] {
        if !span.is_multiple_of(step) {
            return Err(DriverError::failed(
                "java.lang.Exception",
                format!(
                    "The {what} duration of {kind} DStream ({} ms) must be a multiple of the slide duration of parent \
                     DStream ({} ms)",
                    span.as_millis(),
                    step.as_millis()
                ),
            ));
        }
    }
    Ok(())
}
