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
        let aggregator = Aggregator {
            create: Rc::new(create),
            merge_value: Rc::new(merge_value),
            merge_combiners: Rc::new(merge_combiners),
        };
        self.combine_by_key_with("combineByKey", aggregator, partitioner, true)
    }

    /// `PairRDDFunctions.reduceByKey`.
    pub fn reduce_by_key(&self, reduce: impl Fn(V, V) -> V + 'static, partitioner: &Partitioner<K>) -> Rdd<(K, V)> {
        let reduce: Rc<dyn Fn(V, V) -> V> = Rc::new(reduce);
        let aggregator =
            Aggregator { create: Rc::new(|value| value), merge_value: reduce.clone(), merge_combiners: reduce };
        self.combine_by_key_with("reduceByKey", aggregator, partitioner, true)
    }

    /// `PairRDDFunctions.groupByKey`: values of a key in the order of the map outputs.
    pub fn group_by_key(&self, partitioner: &Partitioner<K>) -> Rdd<(K, Vec<V>)> {
        let push = |mut group: Vec<V>, value| {
            group.push(value);
            group
        };
        let append = |mut group: Vec<V>, mut more: Vec<V>| {
            group.append(&mut more);
            group
        };
        let aggregator = Aggregator {
            create: Rc::new(|value| vec![value]),
            merge_value: Rc::new(push),
            merge_combiners: Rc::new(append),
        };
        self.combine_by_key_with("groupByKey", aggregator, partitioner, false)
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
