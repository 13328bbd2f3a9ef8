//! The one typed record of everything that happened in a run.
//!
//! Every fact that anything later wants is an [`Event`], emitted where it happens. The tables of `run`, expectations,
//! delivery accounting and the fingerprint are folds over it; nothing else reports.
//!
//! This room must never know how a fact came about: events hold names, numbers and rows, no state of a node.

mod codec;
mod event;
mod fold;

pub use codec::{TraceError, read_trace, write_record};
pub use event::{BatchStep, BlockPlace, Event, FailureReason, InputCount, Record, TaskOutcome};
pub use fold::{Batch, BatchStatus, Output, Summary};
