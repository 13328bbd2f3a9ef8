//! The simulation kernel: virtual time, one event queue, nodes, network, disks, seeded randomness and faults.
//!
//! A node is a value with a handler. A handler never blocks and never performs an effect: it returns effects as data,
//! and the kernel applies them one at a time. The whole [`World`] is a value too, so it can be cloned, forked before
//! any effect and compared. Everything that happens is ordered by (time, sequence), on one thread.
//!
//! This room must never know Spark: what the nodes are and say is the business of a [`Model`].

mod disk;
mod effect;
mod fault;
mod hasher;
mod model;
mod network;
mod queue;
mod random;
mod time;
mod world;

pub use disk::Disk;
pub use effect::{Effect, Effects};
pub use fault::{Fault, Trigger};
pub use hasher::PortableHasher;
pub use model::{Input, Model, NodeId};
pub use network::{Link, Network};
pub use random::{Random, Ratio, Stream};
pub use time::{Duration, Time};
pub use world::{Liveness, Observer, World};
