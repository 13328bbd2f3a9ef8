//! How keys are assigned to partitions.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

use crate::sim::PortableHasher;

/// What a pair operation needs of a key.
pub trait Key: Clone + Eq + Hash + 'static {}

impl<K: Clone + Eq + Hash + 'static> Key for K {}

/// Assigns each key of a pair RDD to a partition: `org.apache.spark.Partitioner`.
pub enum Partitioner<K> {
    /// By the key's hash modulo the number of partitions.
    Hash(u32),
    /// By a function; two such partitioners are the same only if they are copies of one.
    Function { id: u64, partitions: u32, assign: Rc<dyn Fn(&K) -> u32> },
}

impl<K> Clone for Partitioner<K> {
    fn clone(&self) -> Self {
        match self {
            Partitioner::Hash(partitions) => Partitioner::Hash(*partitions),
            Partitioner::Function { id, partitions, assign } => {
                Partitioner::Function { id: *id, partitions: *partitions, assign: assign.clone() }
            }
        }
    }
}

/// Which partitioner an RDD is partitioned by, without its key type: equal for RDDs that need no shuffle to be joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Partitioning {
    Hash(u32),
    Function { id: u64, partitions: u32 },
}

impl Partitioning {
    /// The number of partitions.
    pub fn partitions(self) -> u32 {
        match self {
            Partitioning::Hash(partitions) | Partitioning::Function { partitions, .. } => partitions,
        }
    }
}

impl<K: Key> Partitioner<K> {
    /// The number of partitions; at least one.
    pub fn partitions(&self) -> u32 {
        self.partitioning().partitions().max(1)
    }

    /// The partition of a key.
    pub fn partition(&self, key: &K) -> u32 {
        match self {
            Partitioner::Hash(_) => (stable_hash(key) % u64::from(self.partitions())) as u32,
            Partitioner::Function { assign, .. } => assign(key) % self.partitions(),
        }
    }

    /// What it is compared by.
    pub fn partitioning(&self) -> Partitioning {
        match self {
            Partitioner::Hash(partitions) => Partitioning::Hash(*partitions),
            Partitioner::Function { id, partitions, .. } => Partitioning::Function { id: *id, partitions: *partitions },
        }
    }
}

/// A hash that is the same on every machine and in every version.
fn stable_hash(key: &impl Hash) -> u64 {
    let mut hasher = PortableHasher::default();
    key.hash(&mut hasher);
    hasher.finish()
}
