//! Structured Streaming's execution: an analyzed plan run batch by batch.
//!
//! A plan is checked ([`check_streaming`]), [optimized](optimize) and [compiled](Incremental::compile) once a query,
//! into stages of operators over Arrow record batches, cut at exchanges. A batch is a set of tasks of those stages;
//! a task is a pure function of its input, its state and the batch's watermarks, so that a cluster, simulated or not,
//! may run it anywhere and again. This room must never know a node of the world, a file or an interpreter: who runs
//! the tasks, where state is kept and where rows come from stands above.

mod check;
mod optimize;
mod physical;
mod predicates;
mod state;
mod watermark;

pub use check::{check_batch, check_continuous, check_streaming};
pub use optimize::optimize;
pub use physical::{
    Batch, BatchOutput, BatchTimes, Incremental, Observed, OperatorMetrics, QueryState, Read, Stage, StatefulOperator,
    Task, TaskInput, TaskOutput, Watermarks,
};
pub use state::{Bytes, Delta, Entry, StateStore, TaskState};
pub use watermark::{EventTimeStats, WatermarkPolicy, WatermarkTracker};

/// The settings that decide how a plan runs; all but the time zone are kept for a checkpoint's life.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// `spark.sql.shuffle.partitions`.
    pub shuffle_partitions: usize,
    /// `spark.sql.session.timeZone`.
    pub time_zone: chrono_tz::Tz,
    /// `spark.sql.streaming.statefulOperator.checkCorrectness.enabled`.
    pub check_correctness: bool,
    /// `spark.sql.streaming.statefulOperator.allowMultiple`: each stateful operator has its own watermark.
    pub allow_multiple: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { shuffle_partitions: 200, time_zone: chrono_tz::UTC, check_correctness: true, allow_multiple: true }
    }
}

#[cfg(test)]
mod tests;
