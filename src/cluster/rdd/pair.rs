//! Operations on pair RDDs that combine or map the values of a key.

use std::rc::Rc;

use super::node::Rdd;
use super::shuffle::Aggregator;
use crate::cluster::partitioner::{Key, Partitioner};

impl<K: Key, V: Clone + 'static> Rdd<(K, V)> {
    /// `PairRDDFunctions.combineByKey`.
    pub fn combine_by_key<C: Clone + 'static>(
        &self,
        create: impl Fn(V) -> C + 'static,
        merge_value: impl Fn(C, V) -> C + 'static,
        merge_combiners: impl Fn(C, C) -> C + 'static,
        partitioner: &Partitioner<K>,
    ) -> Rdd<(K, C)> {
        let aggregator = Aggregator::new(create, merge_value, merge_combiners);
        self.combine_by_key_with("combineByKey", aggregator, partitioner, true)
    }

    /// `PairRDDFunctions.reduceByKey`.
    pub fn reduce_by_key(&self, reduce: impl Fn(V, V) -> V + 'static, partitioner: &Partitioner<K>) -> Rdd<(K, V)> {
        self.combine_by_key_with("reduceByKey", Aggregator::reducing(reduce), partitioner, true)
    }

    /// `PairRDDFunctions.groupByKey`: values of a key in the order of the map outputs.
    pub fn group_by_key(&self, partitioner: &Partitioner<K>) -> Rdd<(K, Vec<V>)> {
        self.combine_by_key_with("groupByKey", Aggregator::grouping(), partitioner, false)
    }

    /// `PairRDDFunctions.mapValues`. Keeps the partitioner.
    pub fn map_values<W: Clone + 'static>(&self, function: impl Fn(V) -> W + 'static) -> Rdd<(K, W)> {
        let function = Rc::new(function);
        self.partition_step("mapValues", true, move |rows| {
            let function = function.clone();
            Box::new(rows.map(move |(key, value)| (key, function(value))))
        })
    }

    /// `PairRDDFunctions.flatMapValues`. Keeps the partitioner.
    pub fn flat_map_values<W: Clone + 'static, I: IntoIterator<Item = W> + 'static>(
        &self,
        function: impl Fn(V) -> I + 'static,
    ) -> Rdd<(K, W)> {
        let function = Rc::new(function);
        self.partition_step("flatMapValues", true, move |rows| {
            let function = function.clone();
            Box::new(
                rows.flat_map(move |(key, value)| function(value).into_iter().map(move |value| (key.clone(), value))),
            )
        })
    }
}
