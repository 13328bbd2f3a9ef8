//! The facts.

use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::value::Value;

/// One fact with its time and the node it happened on (none for the simulation itself).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Microseconds since the Unix epoch.
    pub at: u64,
    /// Index of the node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<u32>,
    #[serde(flatten)]
    pub event: Event,
}

/// The named steps of a DStream batch, with the names of Spark's `JobGenerator`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum BatchStep {
    #[serde(rename = "allocateBlocksToBatch")]
    AllocateBlocksToBatch,
    #[serde(rename = "generateJobs")]
    GenerateJobs,
    #[serde(rename = "submitJobSet")]
    SubmitJobSet,
    DoCheckpoint,
    ClearMetadata,
    ClearCheckpointData,
}

impl BatchStep {
    /// All steps, in their order within a batch.
    pub const ALL: [BatchStep; 6] = [
        BatchStep::AllocateBlocksToBatch,
        BatchStep::GenerateJobs,
        BatchStep::SubmitJobSet,
        BatchStep::DoCheckpoint,
        BatchStep::ClearMetadata,
        BatchStep::ClearCheckpointData,
    ];

    /// Spark's name of the step.
    pub fn name(self) -> &'static str {
        match self {
            BatchStep::AllocateBlocksToBatch => "allocateBlocksToBatch",
            BatchStep::GenerateJobs => "generateJobs",
            BatchStep::SubmitJobSet => "submitJobSet",
            BatchStep::DoCheckpoint => "DoCheckpoint",
            BatchStep::ClearMetadata => "ClearMetadata",
            BatchStep::ClearCheckpointData => "ClearCheckpointData",
        }
    }
}

/// How a task attempt ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TaskOutcome {
    Success,
    /// User code or the engine threw: the error's text.
    ExceptionFailure(String),
    /// A block that the task reads could not be fetched from this executor.
    FetchFailed(String),
    /// The executor was lost while the task ran.
    ExecutorLost(String),
}

/// Why a job or a batch failed: the class of the error and its text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FailureReason {
    pub class: String,
    pub message: String,
}

/// How many records an input stream gave to a batch.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InputCount {
    /// The input DStream's id.
    pub stream: u32,
    pub records: u64,
}

/// Where a block lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BlockPlace {
    Memory,
    Disk,
}

/// One fact. Times of batches are milliseconds since the epoch, as in Spark; counts are records or blocks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Event {
    /// A node started; `name` is what scenario files call it.
    NodeStarted {
        name: Rc<str>,
    },
    NodeCrashed {
        name: Rc<str>,
    },
    NodePaused {
        name: Rc<str>,
    },
    NodeResumed {
        name: Rc<str>,
    },
    NodeSlowed {
        name: Rc<str>,
        factor: u32,
    },
    NetworkPartitioned {
        groups: Vec<Vec<Rc<str>>>,
    },
    NetworkHealed,

    ExecutorRegistered {
        executor: Rc<str>,
        cores: u32,
    },
    ExecutorLost {
        executor: Rc<str>,
        reason: String,
    },
    JobStarted {
        job: u32,
        stages: Vec<u32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        batch: Option<u64>,
    },
    JobSucceeded {
        job: u32,
    },
    JobFailed {
        job: u32,
        reason: FailureReason,
    },
    StageSubmitted {
        stage: u32,
        attempt: u32,
        tasks: u32,
        name: Rc<str>,
    },
    StageCompleted {
        stage: u32,
        attempt: u32,
    },
    StageFailed {
        stage: u32,
        attempt: u32,
        reason: String,
    },
    TaskStarted {
        task: u64,
        stage: u32,
        stage_attempt: u32,
        partition: u32,
        attempt: u32,
        executor: Rc<str>,
    },
    TaskEnded {
        task: u64,
        stage: u32,
        partition: u32,
        attempt: u32,
        executor: Rc<str>,
        outcome: TaskOutcome,
    },
    BlockStored {
        block: String,
        executor: Rc<str>,
        records: u64,
        place: BlockPlace,
    },
    BlockRemoved {
        block: String,
        executor: Rc<str>,
    },

    /// A record (or several) reached an outside system: what the program may read.
    InputArrived {
        source: Rc<str>,
        records: Vec<Value>,
    },
    StreamingStarted {
        batch_interval_ms: u64,
    },
    StreamingStopped,
    ReceiverStarted {
        stream: u32,
        name: Rc<str>,
        /// What it reads, as [`Event::InputArrived`] names it.
        source: Rc<str>,
        executor: Rc<str>,
    },
    ReceiverError {
        stream: u32,
        message: String,
    },
    ReceiverStopped {
        stream: u32,
        message: String,
    },
    /// A receiver's block is stored and the driver knows it.
    BlockAdded {
        stream: u32,
        block: String,
        records: u64,
    },
    /// A batch stands before a named step.
    BatchStep {
        batch: u64,
        step: BatchStep,
    },
    BatchSubmitted {
        batch: u64,
        inputs: Vec<InputCount>,
    },
    BatchStarted {
        batch: u64,
    },
    BatchCompleted {
        batch: u64,
    },
    OutputStarted {
        batch: u64,
        output: Rc<str>,
    },
    OutputCompleted {
        batch: u64,
        output: Rc<str>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<FailureReason>,
    },
    /// Rows that an output operation put out; `more` says that it had further rows and did not show them.
    RowsPut {
        batch: u64,
        output: Rc<str>,
        rows: Vec<Value>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        more: bool,
    },
    /// A file was committed to the shared file system.
    FileWritten {
        path: Rc<str>,
        lines: u64,
    },
    /// A line the program printed at the driver.
    Printed {
        line: Rc<str>,
    },
    Warning {
        message: String,
    },
    /// The program's main function ended; `failure` is the error that ended it.
    ProgramEnded {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<FailureReason>,
    },
}
