//! RDDs as sets: what is equal counts once, or not at all.

use super::node::Rdd;
use crate::cluster::partitioner::{Key, Partitioner};

impl<T: Key> Rdd<T> {
    /// `RDD.distinct`, into this many partitions.
    pub fn distinct(&self, partitions: u32) -> Rdd<T> {
        self.as_keys().reduce_by_key(|(), ()| (), &Partitioner::Hash(partitions)).keys()
    }

    /// `RDD.subtract`: the rows that the other side has not, as often as they are here.
    pub fn subtract(&self, other: &Rdd<T>, partitions: u32) -> Rdd<T> {
        self.as_keys().subtract_by_key(&other.as_keys(), &Partitioner::Hash(partitions)).keys()
    }

    /// `RDD.intersection`: the rows that both sides have, each once.
    pub fn intersection(&self, other: &Rdd<T>, partitions: u32) -> Rdd<T> {
        let grouped = self.as_keys().cogroup(&other.as_keys(), &Partitioner::Hash(partitions));
        grouped.filter(|(_, (left, right))| !left.is_empty() && !right.is_empty()).keys()
    }

    fn as_keys(&self) -> Rdd<(T, ())> {
        self.map(|row| (row, ()))
    }
}
