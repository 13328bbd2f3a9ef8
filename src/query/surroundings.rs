//! What a running query asks of the world around it: files, sources, and the run of a batch.
//!
//! Who hosts a query implements [`Surroundings`]. In the simulated cluster a question may suspend the query, which is
//! then run again from the trigger's start with one more answer ([`crate::cluster::driver`]); in this process it is
//! answered at once.

use std::rc::Rc;

use super::QueryError;
use crate::structured::BatchOutput;

/// The named steps of a batch in their order, at which faults can be pinned: Spark's names, those of `durationMs` in the
/// progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QueryStep {
    LatestOffset,
    WalCommit,
    GetBatch,
    QueryPlanning,
    AddBatch,
    CommitOffsets,
}

/// The half-open range of a source's records that a batch takes, by offsets in the source's own JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    pub source: usize,
    pub start: Option<Rc<str>>,
    pub end: Option<Rc<str>>,
}

/// A batch to run: what its tasks and its sink need to know.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedBatch {
    pub id: u64,
    /// Milliseconds.
    pub timestamp: i64,
    /// The watermark by which rows are late: the one before this batch's, in milliseconds.
    pub late_watermark: i64,
    /// The watermark by which state is evicted: this batch's, in milliseconds.
    pub eviction_watermark: i64,
    pub ranges: Vec<Range>,
}

/// Why the code of a query stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interrupt {
    /// It waits for an answer; it will be run again.
    Suspended,
    /// The run dies here.
    Crashed,
    /// The query has failed.
    Failed(QueryError),
}

impl From<QueryError> for Interrupt {
    fn from(error: QueryError) -> Self {
        Interrupt::Failed(error)
    }
}

/// The world around a query. Each question may be interrupted; the caller passes that on.
pub trait Surroundings {
    /// The query stands before this step.
    fn step(&mut self, batch: u64, step: QueryStep) -> Result<(), Interrupt>;

    /// The paths in a directory.
    fn list(&mut self, directory: &str) -> Result<Vec<Rc<str>>, Interrupt>;

    /// A file's text, if it is there.
    fn read(&mut self, path: &str) -> Result<Option<Rc<str>>, Interrupt>;

    /// Writes a new file; false where it is there already, which changes nothing.
    fn create(&mut self, path: &str, text: String) -> Result<bool, Interrupt>;

    /// Removes files.
    fn remove(&mut self, paths: &[Rc<str>]) -> Result<(), Interrupt>;

    /// Where a source ends now, at most so far after `start` as its limits allow.
    fn latest_offset(&mut self, source: usize, start: Option<&Rc<str>>) -> Result<Option<Rc<str>>, Interrupt>;

    /// What comes before this offset is never asked for again.
    fn commit_source(&mut self, source: usize, end: &Rc<str>) -> Result<(), Interrupt>;

    /// Runs the batch on the state of the batch before, and gives its rows to the sink.
    fn add_batch(&mut self, batch: &PlannedBatch) -> Result<Rc<BatchOutput>, Interrupt>;
}
