//! Resilient distributed datasets: immutable, partitioned, with the lineage to compute any partition again.
//!
//! An [`Rdd<T>`] is a handle on a node of the lineage graph. Nodes own their parents through their dependencies and
//! nothing else does, so that lineage is dropped, walked and cut in one place.

mod actions;
mod cogroup;
mod deal;
mod narrow;
mod node;
mod pair;
mod shuffle;
mod source;

pub use node::{Dependency, Lineage, NarrowMap, Rdd, RddNode, Rows};
pub use shuffle::{Aggregator, ShuffleDependency};
