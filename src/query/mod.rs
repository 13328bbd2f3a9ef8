//! Streaming queries: what `start()` makes of a plan, and its micro-batches from then on.
//!
//! [`Query`] is what was started, checked and compiled; [`MicroBatchExecution`] goes from batch to batch in Spark's order of
//! named steps, over logs in Spark's own format; [`Surroundings`] is the world it asks. [`LocalQuery`] answers within this
//! process, [`run_stages`] runs a batch's stages on the simulated cluster. This room must never know a program's language or
//! a scenario.

mod definition;
mod error;
mod execution;
mod job;
mod local;
mod logs;
mod surroundings;

pub use definition::{Query, QueryDefinition, Trigger};
pub use error::QueryError;
pub use execution::{CompletedBatch, MicroBatchExecution, Triggered};
pub use job::{Report, Reports, StateOfBatch, query_error, run_stages};
pub use local::{Delivery, LocalQuery, MemoryStream};
pub use logs::{CommitMetadata, OffsetSeq, OffsetSeqMetadata, PINNED, StreamMetadata};
pub use surroundings::{Interrupt, PlannedBatch, QueryStep, Range, Surroundings};
