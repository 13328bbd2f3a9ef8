//! Grouping several RDDs by key, and the joins made of it.

use std::rc::Rc;

use super::node::{Dependency, Lineage, NarrowMap, Rdd};
use super::shuffle::{Combiners, ShuffleDependency, cut};
use crate::cluster::partitioner::{Key, Partitioner};
use crate::cluster::task::{TaskContext, TaskError};

impl<K: Key, V: Clone + 'static> Rdd<(K, V)> {
    /// How a cogroup with this partitioner depends on this RDD: narrowly if it is partitioned so already.
    pub(super) fn cogroup_dependency(&self, partitioner: &Partitioner<K>) -> Dependency {
        if self.partitioning() == Some(partitioner.partitioning()) {
            return Dependency::Narrow(self.node().clone(), NarrowMap::OneToOne);
        }
        let writer = partitioner.clone();
        Dependency::Shuffle(ShuffleDependency::new(
            self,
            partitioner.partitions(),
            move |parent, partition, context| Ok(cut(parent.rows(partition, context)?, &writer)),
        ))
    }

    /// `PairRDDFunctions.cogroup`: each key of either side with the values of both.
    pub fn cogroup<W: Clone + 'static>(
        &self,
        other: &Rdd<(K, W)>,
        partitioner: &Partitioner<K>,
    ) -> Rdd<(K, (Vec<V>, Vec<W>))> {
        let lineage = Lineage {
            name: "cogroup",
            partitions: partitioner.partitions(),
            partitioning: Some(partitioner.partitioning()),
            dependencies: vec![self.cogroup_dependency(partitioner), other.cogroup_dependency(partitioner)],
        };
        Rdd::new(lineage, |node, partition, context| {
            let mut groups: Combiners<K, (Vec<V>, Vec<W>)> = Combiners::default();
            for (key, value) in grouped_rows::<K, V>(node, 0, partition, context)? {
                groups.entry(key).or_default().0.push(value);
            }
            for (key, value) in grouped_rows::<K, W>(node, 1, partition, context)? {
                groups.entry(key).or_default().1.push(value);
            }
            Ok(Box::new(groups.into_iter()))
        })
    }

    /// Each key with the values of any number of RDDs of one type, list by list: `CoGroupedRDD`.
    pub fn cogroup_all(rdds: &[Rdd<(K, V)>], partitioner: &Partitioner<K>) -> Rdd<(K, Vec<Vec<V>>)> {
        let lineage = Lineage {
            name: "cogroup",
            partitions: partitioner.partitions(),
            partitioning: Some(partitioner.partitioning()),
            dependencies: rdds.iter().map(|rdd| rdd.cogroup_dependency(partitioner)).collect(),
        };
        Rdd::new(lineage, |node, partition, context| {
            let sides = node.dependencies.len();
            let mut groups: Combiners<K, Vec<Vec<V>>> = Combiners::default();
            for side in 0..sides {
                for (key, value) in grouped_rows::<K, V>(node, side, partition, context)? {
                    groups.entry(key).or_insert_with(|| vec![Vec::new(); sides])[side].push(value);
                }
            }
            Ok(Box::new(groups.into_iter()))
        })
    }

    fn joined<W: Clone + 'static, U: Clone + 'static>(
        &self,
        other: &Rdd<(K, W)>,
        partitioner: &Partitioner<K>,
        name: &'static str,
        pairing: impl Fn(&[V], &[W]) -> Vec<U> + 'static,
    ) -> Rdd<(K, U)> {
        let pairing = Rc::new(pairing);
        self.cogroup(other, partitioner).partition_step(name, true, move |rows| {
            let pairing = pairing.clone();
            Box::new(rows.flat_map(move |(key, (left, right))| {
                pairing(&left, &right).into_iter().map(move |pair| (key.clone(), pair))
            }))
        })
    }

    /// `PairRDDFunctions.join`: every pairing of a key's values of both sides.
    pub fn join<W: Clone + 'static>(&self, other: &Rdd<(K, W)>, partitioner: &Partitioner<K>) -> Rdd<(K, (V, W))> {
        self.joined(other, partitioner, "join", |left, right| pairings(left, right))
    }

    /// `PairRDDFunctions.leftOuterJoin`.
    pub fn left_outer_join<W: Clone + 'static>(
        &self,
        other: &Rdd<(K, W)>,
        partitioner: &Partitioner<K>,
    ) -> Rdd<(K, (V, Option<W>))> {
        self.joined(other, partitioner, "leftOuterJoin", |left, right| pairings(left, &optional(right)))
    }

    /// `PairRDDFunctions.rightOuterJoin`.
    pub fn right_outer_join<W: Clone + 'static>(
        &self,
        other: &Rdd<(K, W)>,
        partitioner: &Partitioner<K>,
    ) -> Rdd<(K, (Option<V>, W))> {
        self.joined(other, partitioner, "rightOuterJoin", |left, right| pairings(&optional(left), right))
    }

    /// `PairRDDFunctions.fullOuterJoin`.
    pub fn full_outer_join<W: Clone + 'static>(
        &self,
        other: &Rdd<(K, W)>,
        partitioner: &Partitioner<K>,
    ) -> Rdd<(K, (Option<V>, Option<W>))> {
        self.joined(other, partitioner, "fullOuterJoin", |left, right| pairings(&optional(left), &optional(right)))
    }

    /// `PairRDDFunctions.subtractByKey`: the pairs whose key the other side has not.
    pub fn subtract_by_key<W: Clone + 'static>(&self, other: &Rdd<(K, W)>, partitioner: &Partitioner<K>) -> Self {
        self.joined(
            other,
            partitioner,
            "subtractByKey",
            |left, right| {
                if right.is_empty() { left.to_vec() } else { Vec::new() }
            },
        )
    }
}

/// The pairs of one side of a cogroup.
pub(super) fn grouped_rows<K: Key, V: Clone + 'static>(
    node: &super::node::RddNode,
    side: usize,
    partition: u32,
    context: &mut TaskContext,
) -> Result<super::node::Rows<(K, V)>, TaskError> {
    match &node.dependencies[side] {
        Dependency::Narrow(..) => node.parent::<(K, V)>(side).rows(partition, context),
        Dependency::Shuffle(shuffle) => {
            let buckets = shuffle.read::<(K, V)>(partition, context)?;
            Ok(Box::new(buckets.into_iter().flat_map(super::node::cloned)))
        }
    }
}

fn pairings<V: Clone, W: Clone>(left: &[V], right: &[W]) -> Vec<(V, W)> {
    left.iter().flat_map(|value| right.iter().map(move |other| (value.clone(), other.clone()))).collect()
}

/// The values, or one `None` where there are none.
fn optional<V: Clone>(values: &[V]) -> Vec<Option<V>> {
    if values.is_empty() { vec![None] } else { values.iter().cloned().map(Some).collect() }
}
