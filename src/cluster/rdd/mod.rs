//! Resilient distributed datasets: immutable, partitioned, with the lineage to compute any partition again.
//!
//! An [`Rdd<T>`] is a handle on a node of the lineage graph. Nodes own their parents through their dependencies and
//! nothing else does, so that lineage is dropped, walked and cut in one place.

mod actions;
mod aggregate;
mod cogroup;
mod deal;
mod narrow;
mod node;
mod pair;
mod sample;
mod sets;
mod shuffle;
mod sort;
mod source;
mod stats;
mod zip;

pub use aggregate::KeyMap;
pub use node::{Dependency, Lineage, NarrowMap, Rdd, RddNode, Rows};
pub use shuffle::{Aggregator, ShuffleDependency};
pub use stats::{Number, Stats};
