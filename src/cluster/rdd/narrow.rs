//! Operations within a partition, and those that only rearrange partitions.

use std::rc::Rc;

use super::node::{Dependency, Lineage, NarrowMap, Rdd, Rows};
use crate::cluster::block::StorageLevel;
use crate::cluster::driver;
use crate::cluster::ids::BlockId;
use crate::cluster::partitioner::{Partitioner, Partitioning};
use crate::cluster::task::{TaskContext, TaskError};

impl<T: Clone + 'static> Rdd<T> {
    /// A child whose partition i is made from partition i of this one.
    pub(super) fn partition_step<U: Clone + 'static>(
        &self,
        name: &'static str,
        preserves_partitioning: bool,
        step: impl Fn(Rows<T>) -> Rows<U> + 'static,
    ) -> Rdd<U> {
        self.try_map_partitions(name, preserves_partitioning, move |_, rows, _| Ok(step(rows)))
    }

    /// A child whose partitions are made from this one's by a function that may fail and that sees the task.
    pub fn try_map_partitions<U: Clone + 'static>(
        &self,
        name: &'static str,
        preserves_partitioning: bool,
        step: impl Fn(u32, Rows<T>, &mut TaskContext) -> Result<Rows<U>, TaskError> + 'static,
    ) -> Rdd<U> {
        let lineage = Lineage {
            name,
            partitions: self.num_partitions(),
            partitioning: self.partitioning().filter(|_| preserves_partitioning),
            dependencies: vec![Dependency::Narrow(self.node().clone(), NarrowMap::OneToOne)],
        };
        Rdd::new(lineage, move |node, partition, context| {
            let rows = node.parent::<T>(0).rows(partition, context)?;
            step(partition, rows, context)
        })
    }

    /// The same rows, declared to lie by this partitioner. For rows that were put so by other means.
    pub fn assume_partitioned(&self, partitioning: Partitioning) -> Rdd<T> {
        let lineage = Lineage {
            name: "partitioned",
            partitions: self.num_partitions(),
            partitioning: Some(partitioning).filter(|declared| declared.partitions() == self.num_partitions()),
            dependencies: vec![Dependency::Narrow(self.node().clone(), NarrowMap::OneToOne)],
        };
        Rdd::new(lineage, |node, partition, context| node.parent::<T>(0).rows(partition, context))
    }

    /// `RDD.map`.
    pub fn map<U: Clone + 'static>(&self, function: impl Fn(T) -> U + 'static) -> Rdd<U> {
        let function = Rc::new(function);
        self.partition_step("map", false, move |rows| {
            let function = function.clone();
            Box::new(rows.map(move |row| function(row)))
        })
    }

    /// `RDD.flatMap`.
    pub fn flat_map<U: Clone + 'static, I: IntoIterator<Item = U> + 'static>(
        &self,
        function: impl Fn(T) -> I + 'static,
    ) -> Rdd<U> {
        let function = Rc::new(function);
        self.partition_step("flatMap", false, move |rows| {
            let function = function.clone();
            Box::new(rows.flat_map(move |row| function(row)))
        })
    }

    /// `RDD.filter`.
    pub fn filter(&self, predicate: impl Fn(&T) -> bool + 'static) -> Rdd<T> {
        let predicate = Rc::new(predicate);
        self.partition_step("filter", true, move |rows| {
            let predicate = predicate.clone();
            Box::new(rows.filter(move |row| predicate(row)))
        })
    }

    /// `RDD.mapPartitions`.
    pub fn map_partitions<U: Clone + 'static>(
        &self,
        function: impl Fn(Rows<T>) -> Rows<U> + 'static,
        preserves_partitioning: bool,
    ) -> Rdd<U> {
        self.partition_step("mapPartitions", preserves_partitioning, function)
    }

    /// `RDD.mapPartitionsWithIndex`.
    pub fn map_partitions_with_index<U: Clone + 'static>(
        &self,
        function: impl Fn(u32, Rows<T>) -> Rows<U> + 'static,
        preserves_partitioning: bool,
    ) -> Rdd<U> {
        self.try_map_partitions("mapPartitionsWithIndex", preserves_partitioning, move |partition, rows, _| {
            Ok(function(partition, rows))
        })
    }

    /// `RDD.glom`: each partition as one row.
    pub fn glom(&self) -> Rdd<Vec<T>> {
        self.partition_step("glom", false, |rows| Box::new(std::iter::once(rows.collect())))
    }

    /// `RDD.union`: this one's partitions, then the other's.
    pub fn union(&self, other: &Rdd<T>) -> Rdd<T> {
        Rdd::union_all(&[self.clone(), other.clone()])
    }

    /// `SparkContext.union`: the partitions of all, in order. Keeps a partitioner that all share, zipping partitions
    /// as Spark's `PartitionerAwareUnionRDD` does.
    pub fn union_all(rdds: &[Rdd<T>]) -> Rdd<T> {
        let shared = rdds.first().and_then(Rdd::partitioning);
        if shared.is_some() && rdds.iter().all(|rdd| rdd.partitioning() == shared) {
            return Self::union_by_partition(rdds);
        }
        let mut start = 0;
        let dependencies = rdds
            .iter()
            .map(|rdd| {
                let len = rdd.num_partitions();
                start += len;
                Dependency::Narrow(rdd.node().clone(), NarrowMap::Range { start: start - len, len })
            })
            .collect();
        let lineage = Lineage { name: "union", partitions: start, partitioning: None, dependencies };
        Rdd::new(lineage, |node, partition, context| {
            for (index, dependency) in node.dependencies.iter().enumerate() {
                if let Dependency::Narrow(_, map) = dependency
                    && let [parent] = map.parents(partition)[..]
                {
                    return node.parent::<T>(index).rows(parent, context);
                }
            }
            Ok(Box::new(std::iter::empty()))
        })
    }

    fn union_by_partition(rdds: &[Rdd<T>]) -> Rdd<T> {
        let lineage = Lineage {
            name: "union",
            partitions: rdds[0].num_partitions(),
            partitioning: rdds[0].partitioning(),
            dependencies: rdds.iter().map(|rdd| Dependency::Narrow(rdd.node().clone(), NarrowMap::OneToOne)).collect(),
        };
        Rdd::new(lineage, |node, partition, context| {
            let mut all: Rows<T> = Box::new(std::iter::empty());
            for index in 0..node.dependencies.len() {
                all = Box::new(all.chain(node.parent::<T>(index).rows(partition, context)?));
            }
            Ok(all)
        })
    }

    /// `RDD.coalesce` without a shuffle: neighbouring partitions are put together.
    pub fn coalesce(&self, partitions: u32) -> Rdd<T> {
        let (parents, partitions) = (self.num_partitions(), partitions.clamp(1, self.num_partitions().max(1)));
        let bound = |index: u32| (u64::from(index) * u64::from(parents) / u64::from(partitions)) as u32;
        let groups: Rc<[Vec<u32>]> = (0..partitions).map(|index| (bound(index)..bound(index + 1)).collect()).collect();
        let lineage = Lineage {
            name: "coalesce",
            partitions,
            partitioning: None,
            dependencies: vec![Dependency::Narrow(self.node().clone(), NarrowMap::Listed(groups.clone()))],
        };
        Rdd::new(lineage, move |node, partition, context| {
            let parent = node.parent::<T>(0);
            let mut all: Rows<T> = Box::new(std::iter::empty());
            for parent_partition in &groups[partition as usize] {
                all = Box::new(all.chain(parent.rows(*parent_partition, context)?));
            }
            Ok(all)
        })
    }

    /// `RDD.persist`. The first job that computes a partition keeps it; later ones read it.
    pub fn persist(&self, level: StorageLevel) -> Rdd<T> {
        driver::with_core(|core| core.persist(self.id(), level));
        self.clone()
    }

    /// `RDD.cache`: [`persist`](Rdd::persist) in memory only.
    pub fn cache(&self) -> Rdd<T> {
        self.persist(StorageLevel::MEMORY_ONLY)
    }

    /// `RDD.unpersist`.
    pub fn unpersist(&self) -> Rdd<T> {
        driver::with_core(|core| core.unpersist(self.id()));
        self.clone()
    }

    /// `RDD.checkpoint`: the next job that computes it also writes it to the checkpoint directory, and its lineage
    /// ends there.
    pub fn checkpoint(&self) {
        driver::with_core(|core| {
            if !core.books.checkpointed.contains_key(&self.id()) {
                core.to_checkpoint.insert(self.id(), self.node().clone());
            }
        });
    }

    /// The same RDD with its lineage cut, once its checkpoint is written.
    pub fn truncated(&self) -> Rdd<T> {
        let written = driver::with_core(|core| core.books.checkpointed.contains_key(&self.id())).unwrap_or(false);
        if !written || self.node().dependencies.is_empty() {
            return self.clone();
        }
        let lineage = Lineage {
            name: "checkpoint",
            partitions: self.num_partitions(),
            partitioning: self.partitioning(),
            dependencies: Vec::new(),
        };
        // Read from its checkpoint, so computed only where that was removed.
        Rdd::with_id(self.id(), lineage, Rc::default(), |node, partition, _| {
            Err(TaskError::MissingBlock(BlockId::Checkpoint { rdd: node.id, partition }))
        })
    }
}
