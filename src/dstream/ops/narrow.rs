//! Operations on each batch by itself, that need no keys.

use std::rc::Rc;

use super::super::stream::DStream;
use crate::cluster::rdd::Rows;
use crate::cluster::{Key, Partitioner, Rdd, TaskContext, TaskError};

impl<T: Clone + 'static> DStream<T> {
    /// `DStream.map`.
    pub fn map<U: Clone + 'static>(&self, function: impl Fn(T) -> U + 'static) -> DStream<U> {
        let function = Rc::new(function);
        self.map_rdds("map", move |rdd, _| {
            let function = function.clone();
            Ok(rdd.map(move |row| function(row)))
        })
    }

    /// `DStream.flatMap`.
    pub fn flat_map<U: Clone + 'static, I: IntoIterator<Item = U> + 'static>(
        &self,
        function: impl Fn(T) -> I + 'static,
    ) -> DStream<U> {
        let function = Rc::new(function);
        self.map_rdds("flatMap", move |rdd, _| {
            let function = function.clone();
            Ok(rdd.flat_map(move |row| function(row)))
        })
    }

    /// `DStream.filter`.
    pub fn filter(&self, predicate: impl Fn(&T) -> bool + 'static) -> DStream<T> {
        let predicate = Rc::new(predicate);
        self.map_rdds("filter", move |rdd, _| {
            let predicate = predicate.clone();
            Ok(rdd.filter(move |row| predicate(row)))
        })
    }

    /// `DStream.mapPartitions`.
    pub fn map_partitions<U: Clone + 'static>(
        &self,
        function: impl Fn(Rows<T>) -> Rows<U> + 'static,
        preserves_partitioning: bool,
    ) -> DStream<U> {
        self.try_map_partitions("mapPartitions", preserves_partitioning, move |_, rows, _| Ok(function(rows)))
    }

    /// `DStream.mapPartitions` by a function that may fail its task, and that sees the partition's number and the
    /// task.
    pub fn try_map_partitions<U: Clone + 'static>(
        &self,
        name: &'static str,
        preserves_partitioning: bool,
        function: impl Fn(u32, Rows<T>, &mut TaskContext) -> Result<Rows<U>, TaskError> + 'static,
    ) -> DStream<U> {
        let function = Rc::new(function);
        self.map_rdds(name, move |rdd, _| {
            let function = function.clone();
            Ok(rdd.try_map_partitions(name, preserves_partitioning, move |partition, rows, context| {
                function(partition, rows, context)
            }))
        })
    }

    /// `DStream.glom`: each partition as one row.
    pub fn glom(&self) -> DStream<Vec<T>> {
        self.map_rdds("glom", |rdd, _| Ok(rdd.glom()))
    }

    /// `DStream.repartition`.
    pub fn repartition(&self, partitions: u32) -> DStream<T> {
        self.map_rdds("repartition", move |rdd, _| Ok(rdd.repartition(partitions)))
    }

    /// `DStream.count`: one row a batch, 0 for an empty one.
    pub fn count(&self) -> DStream<u64> {
        self.map_rdds("count", |rdd, _| {
            let zero = Rdd::parallelize([((), 0)], 1);
            let ones = rdd.map(|_| ((), 1));
            Ok(ones.union(&zero).reduce_by_key(|left, right| left + right, &Partitioner::Hash(1)).map(|(_, n)| n))
        })
    }

    /// `DStream.reduce`: one row a batch, none for an empty one.
    pub fn reduce(&self, reduce: impl Fn(T, T) -> T + 'static) -> DStream<T> {
        let reduce = Rc::new(reduce);
        self.map_rdds("reduce", move |rdd, _| {
            let reduce = reduce.clone();
            let keyed = rdd.map(|row| ((), row));
            Ok(keyed.reduce_by_key(move |left, right| reduce(left, right), &Partitioner::Hash(1)).map(|(_, row)| row))
        })
    }
}

impl<T: Key> DStream<T> {
    /// `DStream.countByValue`: each distinct row of a batch with how often it is there.
    pub fn count_by_value(&self) -> DStream<(T, u64)> {
        self.map(|row| (row, 1)).reduce_by_key(|left, right| left + right)
    }
}
