//! Operations on each batch of a stream of pairs: `PairDStreamFunctions`.
//!
//! Without a partitioner, keys are hashed over `defaultParallelism` partitions.

use std::rc::Rc;

use super::super::context::SparkContext;
use super::super::stream::DStream;
use crate::cluster::rdd::Aggregator;
use crate::cluster::{DriverError, Key, Partitioner};

/// The partitioner Spark takes where none is given.
pub(super) fn default_partitioner<K>() -> Partitioner<K> {
    Partitioner::Hash(SparkContext.default_parallelism())
}

impl<K: Key, V: Clone + 'static> DStream<(K, V)> {
    /// `PairDStreamFunctions.mapValues`.
    pub fn map_values<W: Clone + 'static>(&self, function: impl Fn(V) -> W + 'static) -> DStream<(K, W)> {
        let function = Rc::new(function);
        self.map_rdds("mapValues", move |rdd, _| {
            let function = function.clone();
            Ok(rdd.map_values(move |value| function(value)))
        })
    }

    /// `PairDStreamFunctions.flatMapValues`.
    pub fn flat_map_values<W: Clone + 'static, I: IntoIterator<Item = W> + 'static>(
        &self,
        function: impl Fn(V) -> I + 'static,
    ) -> DStream<(K, W)> {
        let function = Rc::new(function);
        self.map_rdds("flatMapValues", move |rdd, _| {
            let function = function.clone();
            Ok(rdd.flat_map_values(move |value| function(value)))
        })
    }

    /// `PairDStreamFunctions.reduceByKey`.
    pub fn reduce_by_key(&self, reduce: impl Fn(V, V) -> V + 'static) -> DStream<(K, V)> {
        self.aggregate("reduceByKey", Aggregator::reducing(reduce), None, true)
    }

    /// [`reduce_by_key`](DStream::reduce_by_key) with a partitioner.
    pub fn reduce_by_key_with(
        &self,
        reduce: impl Fn(V, V) -> V + 'static,
        partitioner: Partitioner<K>,
    ) -> DStream<(K, V)> {
        self.aggregate("reduceByKey", Aggregator::reducing(reduce), Some(partitioner), true)
    }

    /// `PairDStreamFunctions.combineByKey`.
    pub fn combine_by_key<C: Clone + 'static>(
        &self,
        create: impl Fn(V) -> C + 'static,
        merge_value: impl Fn(C, V) -> C + 'static,
        merge_combiners: impl Fn(C, C) -> C + 'static,
        partitioner: Partitioner<K>,
    ) -> DStream<(K, C)> {
        let aggregator = Aggregator::new(create, merge_value, merge_combiners);
        self.aggregate("combineByKey", aggregator, Some(partitioner), true)
    }

    fn aggregate<C: Clone + 'static>(
        &self,
        name: &'static str,
        aggregator: Aggregator<V, C>,
        partitioner: Option<Partitioner<K>>,
        map_side: bool,
    ) -> DStream<(K, C)> {
        self.map_rdds(name, move |rdd, _| {
            let partitioner = partitioner.clone().unwrap_or_else(default_partitioner);
            Ok(rdd.combine_by_key_with(name, aggregator.clone(), &partitioner, map_side))
        })
    }

    /// `PairDStreamFunctions.groupByKey`.
    pub fn group_by_key(&self) -> DStream<(K, Vec<V>)> {
        self.aggregate("groupByKey", Aggregator::grouping(), None, false)
    }

    /// [`group_by_key`](DStream::group_by_key) with a partitioner.
    pub fn group_by_key_with(&self, partitioner: Partitioner<K>) -> DStream<(K, Vec<V>)> {
        self.aggregate("groupByKey", Aggregator::grouping(), Some(partitioner), false)
    }

    /// The pairs of each batch in the partitions of their keys.
    pub fn partition_by(&self, partitioner: Partitioner<K>) -> DStream<(K, V)> {
        self.map_rdds("partitionBy", move |rdd, _| Ok(rdd.partition_by(&partitioner)))
    }

    /// `PairDStreamFunctions.cogroup`: each key of either side with the values of both.
    pub fn cogroup<W: Clone + 'static>(
        &self,
        other: &DStream<(K, W)>,
    ) -> Result<DStream<(K, (Vec<V>, Vec<W>))>, DriverError> {
        self.zip_rdds("cogroup", other, |left, right, _| Ok(left.cogroup(&right, &default_partitioner())))
    }

    /// `PairDStreamFunctions.join`: every pairing of a key's values of the same batch.
    pub fn join<W: Clone + 'static>(&self, other: &DStream<(K, W)>) -> Result<DStream<(K, (V, W))>, DriverError> {
        self.join_with(other, None)
    }

    /// [`join`](DStream::join) with a partitioner.
    pub fn join_with<W: Clone + 'static>(
        &self,
        other: &DStream<(K, W)>,
        partitioner: Option<Partitioner<K>>,
    ) -> Result<DStream<(K, (V, W))>, DriverError> {
        self.zip_rdds("join", other, move |left, right, _| {
            Ok(left.join(&right, &partitioner.clone().unwrap_or_else(default_partitioner)))
        })
    }

    /// `PairDStreamFunctions.leftOuterJoin`.
    pub fn left_outer_join<W: Clone + 'static>(
        &self,
        other: &DStream<(K, W)>,
    ) -> Result<DStream<(K, (V, Option<W>))>, DriverError> {
        self.zip_rdds("leftOuterJoin", other, |left, right, _| Ok(left.left_outer_join(&right, &default_partitioner())))
    }

    /// `PairDStreamFunctions.rightOuterJoin`.
    pub fn right_outer_join<W: Clone + 'static>(
        &self,
        other: &DStream<(K, W)>,
    ) -> Result<DStream<(K, (Option<V>, W))>, DriverError> {
        self.zip_rdds("rightOuterJoin", other, |left, right, _| {
            Ok(left.right_outer_join(&right, &default_partitioner()))
        })
    }

    /// `PairDStreamFunctions.fullOuterJoin`.
    pub fn full_outer_join<W: Clone + 'static>(
        &self,
        other: &DStream<(K, W)>,
    ) -> Result<DStream<(K, (Option<V>, Option<W>))>, DriverError> {
        self.zip_rdds("fullOuterJoin", other, |left, right, _| Ok(left.full_outer_join(&right, &default_partitioner())))
    }
}
