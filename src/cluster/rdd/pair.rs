//! Operations on pair RDDs that combine or map the values of a key.

use std::rc::Rc;

use super::node::Rdd;
use super::shuffle::Aggregator;
use crate::cluster::partitioner::{Key, Partitioner};

impl<T: Clone + 'static> Rdd<T> {
    /// `RDD.keyBy`.
    pub fn key_by<K: Clone + 'static>(&self, key: impl Fn(&T) -> K + 'static) -> Rdd<(K, T)> {
        self.map(move |row| (key(&row), row))
    }

    /// `RDD.groupBy`.
    pub fn group_by<K: Key>(&self, key: impl Fn(&T) -> K + 'static, partitioner: &Partitioner<K>) -> Rdd<(K, Vec<T>)> {
        self.key_by(key).group_by_key(partitioner)
    }
}

impl<K: Clone + 'static, V: Clone + 'static> Rdd<(K, V)> {
    /// `PairRDDFunctions.keys`.
    pub fn keys(&self) -> Rdd<K> {
        self.map(|(key, _)| key)
    }

    /// `PairRDDFunctions.values`.
    pub fn values(&self) -> Rdd<V> {
        self.map(|(_, value)| value)
    }
}

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

    /// `PairRDDFunctions.aggregateByKey`: each key begins with a zero on every map partition that has it.
    pub fn aggregate_by_key<C: Clone + 'static>(
        &self,
        zero: C,
        add: impl Fn(C, V) -> C + 'static,
        combine: impl Fn(C, C) -> C + 'static,
        partitioner: &Partitioner<K>,
    ) -> Rdd<(K, C)> {
        let add = Rc::new(add);
        let first = add.clone();
        let aggregator =
            Aggregator::new(move |value| first(zero.clone(), value), move |sum, value| add(sum, value), combine);
        self.combine_by_key_with("aggregateByKey", aggregator, partitioner, true)
    }

    /// `PairRDDFunctions.foldByKey`.
    pub fn fold_by_key(
        &self,
        zero: V,
        fold: impl Fn(V, V) -> V + 'static,
        partitioner: &Partitioner<K>,
    ) -> Rdd<(K, V)> {
        let fold = Rc::new(fold);
        let combine = fold.clone();
        self.aggregate_by_key(
            zero,
            move |sum, value| fold(sum, value),
            move |left, right| combine(left, right),
            partitioner,
        )
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
