//! Actions that make one thing of all rows.

use std::rc::Rc;

use super::node::Rdd;
use super::shuffle::Combiners;
use crate::cluster::driver::DriverError;
use crate::cluster::partitioner::{Key, Partitioner};

/// A map that actions return, in the order in which the keys were met.
pub type KeyMap<K, V> = Combiners<K, V>;

impl<T: Clone + 'static> Rdd<T> {
    /// `RDD.fold`: the zero goes into every partition, and into their merging.
    pub fn fold(&self, zero: T, fold: impl Fn(T, T) -> T + 'static) -> Result<T, DriverError> {
        let fold = Rc::new(fold);
        let in_task = fold.clone();
        self.aggregate(zero, move |left, right| in_task(left, right), move |left, right| fold(left, right))
    }

    /// `RDD.aggregate`: as [`fold`](Rdd::fold), into another type.
    pub fn aggregate<U: Clone + 'static>(
        &self,
        zero: U,
        add: impl Fn(U, T) -> U + 'static,
        combine: impl Fn(U, U) -> U + 'static,
    ) -> Result<U, DriverError> {
        let start = zero.clone();
        let partials = self.run_on_all(move |rows| rows.fold(start.clone(), &add))?;
        Ok(partials.into_iter().fold(zero, combine))
    }

    /// `RDD.treeReduce`: partitions are reduced in `depth` rounds, so that the driver gets few results. `None` for an
    /// empty collection.
    pub fn tree_reduce(&self, reduce: impl Fn(T, T) -> T + 'static, depth: u32) -> Result<Option<T>, DriverError> {
        let reduce = Rc::new(reduce);
        let in_task = reduce.clone();
        let mut partials = self
            .map_partitions(move |rows| Box::new(rows.reduce(|left, right| in_task(left, right)).into_iter()), false);
        let scale = root(self.num_partitions(), depth).max(2);
        while partials.num_partitions() > scale + partials.num_partitions().div_ceil(scale) {
            let groups = partials.num_partitions() / scale;
            let in_task = reduce.clone();
            partials = partials
                .map_partitions_with_index(
                    move |place, rows| Box::new(rows.map(move |row| (place % groups, row))),
                    false,
                )
                .reduce_by_key(move |left, right| in_task(left, right), &Partitioner::Hash(groups))
                .values();
        }
        partials.reduce(move |left, right| reduce(left, right))
    }
}

/// The least number whose power of this degree is not less than `number`.
fn root(number: u32, degree: u32) -> u32 {
    (1..=number).find(|root| root.saturating_pow(degree.max(1)) >= number).unwrap_or(number)
}

impl<T: Clone + Ord + 'static> Rdd<T> {
    /// `RDD.max`; `None` where Spark throws for an empty collection.
    pub fn max(&self) -> Result<Option<T>, DriverError> {
        self.reduce(T::max)
    }

    /// `RDD.min`; `None` where Spark throws for an empty collection.
    pub fn min(&self) -> Result<Option<T>, DriverError> {
        self.reduce(T::min)
    }

    /// `RDD.takeOrdered`: the least rows, in order.
    pub fn take_ordered(&self, count: usize) -> Result<Vec<T>, DriverError> {
        self.first_by(count, T::cmp)
    }

    /// `RDD.top`: the greatest rows, the greatest first.
    pub fn top(&self, count: usize) -> Result<Vec<T>, DriverError> {
        self.first_by(count, |left, right| right.cmp(left))
    }

    fn first_by(&self, count: usize, order: fn(&T, &T) -> std::cmp::Ordering) -> Result<Vec<T>, DriverError> {
        let first = move |mut rows: Vec<T>| {
            rows.sort_by(order);
            rows.truncate(count);
            rows
        };
        let partials = self.run_on_all(move |rows| first(rows.collect()))?;
        Ok(first(partials.concat()))
    }
}

impl<T: Key> Rdd<T> {
    /// `RDD.countByValue`.
    pub fn count_by_value(&self) -> Result<KeyMap<T, u64>, DriverError> {
        self.map(|row| (row, ())).count_by_key()
    }
}

impl<K: Key, V: Clone + 'static> Rdd<(K, V)> {
    /// `PairRDDFunctions.countByKey`.
    pub fn count_by_key(&self) -> Result<KeyMap<K, u64>, DriverError> {
        let ones = self.map_values(|_| 1_u64);
        ones.reduce_by_key(|left, right| left + right, &Partitioner::Hash(self.num_partitions())).collect_as_map()
    }

    /// `PairRDDFunctions.collectAsMap`: the last value of a key counts.
    pub fn collect_as_map(&self) -> Result<KeyMap<K, V>, DriverError> {
        Ok(self.collect()?.into_iter().collect())
    }

    /// `PairRDDFunctions.lookup`: the values of a key.
    pub fn lookup(&self, key: &K) -> Result<Vec<V>, DriverError> {
        let wanted = key.clone();
        self.filter(move |(key, _)| *key == wanted).values().collect()
    }
}
