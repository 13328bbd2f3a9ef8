//! Wide dependencies: map tasks write buckets, reduce tasks read them.

use std::hash::BuildHasherDefault;
use std::rc::Rc;

use indexmap::IndexMap;
use rustc_hash::FxHasher;

use super::node::{Dependency, Lineage, Rdd, RddNode, Rows};
use crate::cluster::block::Block;
use crate::cluster::driver;
use crate::cluster::ids::{BlockId, ShuffleId};
use crate::cluster::partitioner::{Key, Partitioner};
use crate::cluster::task::{TaskContext, TaskError};

/// Combiners by key, in the order in which the keys were first met.
pub type Combiners<K, C> = IndexMap<K, C, BuildHasherDefault<FxHasher>>;

type Write = dyn Fn(&Rc<RddNode>, u32, &mut TaskContext) -> Result<Vec<Block>, TaskError>;

/// A wide dependency: the parent's rows, cut into one bucket a reduce partition.
pub struct ShuffleDependency {
    pub id: ShuffleId,
    pub parent: Rc<RddNode>,
    /// Number of reduce partitions.
    pub reduces: u32,
    write: Box<Write>,
}

impl ShuffleDependency {
    pub(super) fn new<P: Clone + 'static>(
        parent: &Rdd<P>,
        reduces: u32,
        write: impl Fn(&Rdd<P>, u32, &mut TaskContext) -> Result<Vec<Block>, TaskError> + 'static,
    ) -> Rc<Self> {
        Rc::new(ShuffleDependency {
            id: driver::next_shuffle(),
            parent: parent.node().clone(),
            reduces,
            write: Box::new(move |node, partition, context| match Rdd::from_node(node) {
                Some(parent) => write(&parent, partition, context),
                None => unreachable!("a shuffle's parent keeps its row type"),
            }),
        })
    }

    /// The buckets of a map partition, one a reduce partition: what the map task writes.
    pub fn buckets(&self, partition: u32, context: &mut TaskContext) -> Result<Vec<Block>, TaskError> {
        (self.write)(&self.parent, partition, context)
    }

    /// Rows of a reduce partition, map output by map output.
    pub(super) fn read<T: Clone + 'static>(
        &self,
        reduce: u32,
        context: &mut TaskContext,
    ) -> Result<Vec<Rc<Vec<T>>>, TaskError> {
        (0..self.parent.partitions)
            .map(|map| context.read(BlockId::Shuffle { shuffle: self.id, map, reduce }))
            .collect()
    }
}

/// How values of a key are combined: `org.apache.spark.Aggregator`.
pub struct Aggregator<V, C> {
    pub create: Rc<dyn Fn(V) -> C>,
    pub merge_value: Rc<dyn Fn(C, V) -> C>,
    pub merge_combiners: Rc<dyn Fn(C, C) -> C>,
}

impl<V, C> Clone for Aggregator<V, C> {
    fn clone(&self) -> Self {
        Aggregator {
            create: self.create.clone(),
            merge_value: self.merge_value.clone(),
            merge_combiners: self.merge_combiners.clone(),
        }
    }
}

impl<V: 'static, C: 'static> Aggregator<V, C> {
    /// From the three functions of `combineByKey`.
    pub fn new(
        create: impl Fn(V) -> C + 'static,
        merge_value: impl Fn(C, V) -> C + 'static,
        merge_combiners: impl Fn(C, C) -> C + 'static,
    ) -> Self {
        Aggregator {
            create: Rc::new(create),
            merge_value: Rc::new(merge_value),
            merge_combiners: Rc::new(merge_combiners),
        }
    }
}

impl<V: 'static> Aggregator<V, V> {
    /// `reduceByKey`'s: values are their own combiners.
    pub fn reducing(reduce: impl Fn(V, V) -> V + 'static) -> Self {
        let reduce: Rc<dyn Fn(V, V) -> V> = Rc::new(reduce);
        Aggregator { create: Rc::new(|value| value), merge_value: reduce.clone(), merge_combiners: reduce }
    }
}

impl<V: 'static> Aggregator<V, Vec<V>> {
    /// `groupByKey`'s: values in the order in which they are met.
    pub fn grouping() -> Self {
        let push = |mut group: Vec<V>, value| {
            group.push(value);
            group
        };
        let append = |mut group: Vec<V>, mut more: Vec<V>| {
            group.append(&mut more);
            group
        };
        Aggregator::new(|value| vec![value], push, append)
    }
}

/// Combines values by key within one iteration.
pub(super) fn combine<K: Key, V, C>(rows: Rows<(K, V)>, aggregator: &Aggregator<V, C>) -> Combiners<K, Option<C>> {
    let mut combiners: Combiners<K, Option<C>> = Combiners::default();
    for (key, value) in rows {
        let slot = combiners.entry(key).or_insert(None);
        *slot = Some(match slot.take() {
            Some(combiner) => (aggregator.merge_value)(combiner, value),
            None => (aggregator.create)(value),
        });
    }
    combiners
}

/// Merges combiners that came from several map outputs.
pub(super) fn merge<K: Key, V, C: Clone>(
    buckets: Vec<Rc<Vec<(K, C)>>>,
    aggregator: &Aggregator<V, C>,
) -> Combiners<K, Option<C>> {
    let mut combiners: Combiners<K, Option<C>> = Combiners::default();
    for (key, combiner) in buckets.iter().flat_map(|bucket| bucket.iter()) {
        let slot = combiners.entry(key.clone()).or_insert(None);
        *slot = Some(match slot.take() {
            Some(merged) => (aggregator.merge_combiners)(merged, combiner.clone()),
            None => combiner.clone(),
        });
    }
    combiners
}

/// The rows of a combiner map.
pub(super) fn combined<K: Key, C: 'static>(combiners: Combiners<K, Option<C>>) -> impl Iterator<Item = (K, C)> {
    combiners.into_iter().filter_map(|(key, combiner)| Some((key, combiner?)))
}

/// Cuts pairs into one bucket a partition, keeping their order.
pub(super) fn cut<K: Key, V: 'static>(pairs: impl Iterator<Item = (K, V)>, partitioner: &Partitioner<K>) -> Vec<Block> {
    let mut buckets: Vec<Vec<(K, V)>> = (0..partitioner.partitions()).map(|_| Vec::new()).collect();
    for (key, value) in pairs {
        let bucket = partitioner.partition(&key) as usize;
        buckets[bucket].push((key, value));
    }
    buckets.into_iter().map(Block::new).collect()
}

impl<K: Key, V: Clone + 'static> Rdd<(K, V)> {
    /// Each key's values combined: `PairRDDFunctions.combineByKeyWithClassTag`.
    ///
    /// Already partitioned so, the combining is done in place, with no shuffle. With `map_side` the map tasks combine
    /// before they write, as Spark does for everything but `groupByKey`.
    pub fn combine_by_key_with<C: Clone + 'static>(
        &self,
        name: &'static str,
        aggregator: Aggregator<V, C>,
        partitioner: &Partitioner<K>,
        map_side: bool,
    ) -> Rdd<(K, C)> {
        if self.partitioning() == Some(partitioner.partitioning()) {
            return self.partition_step(name, true, move |rows| Box::new(combined(combine(rows, &aggregator))));
        }
        let writer = (aggregator.clone(), partitioner.clone());
        let shuffle = ShuffleDependency::new(self, partitioner.partitions(), move |parent, partition, context| {
            let (aggregator, partitioner) = &writer;
            let rows = parent.rows(partition, context)?;
            Ok(if map_side { cut(combined(combine(rows, aggregator)), partitioner) } else { cut(rows, partitioner) })
        });
        let lineage = Lineage {
            name,
            partitions: partitioner.partitions(),
            partitioning: Some(partitioner.partitioning()),
            dependencies: vec![Dependency::Shuffle(shuffle)],
        };
        Rdd::new(lineage, move |node, partition, context| {
            let shuffle = node.shuffle(0);
            Ok(if map_side {
                Box::new(combined(merge(shuffle.read(partition, context)?, &aggregator)))
            } else {
                let values = shuffle.read::<(K, V)>(partition, context)?;
                let rows = Box::new(values.into_iter().flat_map(super::node::cloned));
                Box::new(combined(combine(rows, &aggregator)))
            })
        })
    }

    /// The same pairs, each in the partition of its key: `PairRDDFunctions.partitionBy`.
    pub fn partition_by(&self, partitioner: &Partitioner<K>) -> Rdd<(K, V)> {
        if self.partitioning() == Some(partitioner.partitioning()) {
            return self.clone();
        }
        let writer = partitioner.clone();
        let shuffle = ShuffleDependency::new(self, partitioner.partitions(), move |parent, partition, context| {
            Ok(cut(parent.rows(partition, context)?, &writer))
        });
        let lineage = Lineage {
            name: "partitionBy",
            partitions: partitioner.partitions(),
            partitioning: Some(partitioner.partitioning()),
            dependencies: vec![Dependency::Shuffle(shuffle)],
        };
        Rdd::new(lineage, |node, partition, context| {
            let buckets = node.shuffle(0).read(partition, context)?;
            Ok(Box::new(buckets.into_iter().flat_map(super::node::cloned)))
        })
    }
}
