//! What must hold of every run, whatever breaks, judged from its trace alone.
//!
//! A [`Checker`] is told every fact as it happens and asked at the end. One promise is one file: [`Conservation`] keeps
//! account of records, [`Convergence`] of the backlog after faults, [`BatchOrder`] of the order of batches.
//!
//! This room must never see an engine, a node or a scenario: it would believe what they believe.

mod conservation;
mod convergence;
mod order;

use crate::trace::Event;

pub use conservation::{Conservation, Promise};
pub use convergence::Convergence;
pub use order::BatchOrder;

/// A fold over a trace that comes to a judgement.
pub trait Checker {
    /// Takes in one fact, `at` microseconds since the epoch.
    fn observe(&mut self, at: u64, event: &Event);

    /// What is found if the run ends at this time.
    fn finding(&self, end: u64) -> Finding;
}

/// What a checker found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The promise was kept.
    Held,
    /// The promise was broken, and how.
    Broken(String),
    /// Nothing happened that could have broken it, and what was missing.
    Untested(String),
}

/// The name by which a trace knows the driver's node.
const DRIVER: &str = "driver";
