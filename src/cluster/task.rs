//! What a task sees while it runs: `TaskContext`, its inputs, and where its side results go.

use std::any::Any;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::block::{Block, StorageLevel};
use super::ids::{AccumulatorId, BlockId, RddId, TaskId};
use crate::external::FileData;
use crate::sim::{Duration, Time};

/// Why a task attempt failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TaskError {
    /// User code threw. The text is the user's: a message, or a whole Python traceback.
    #[error("{message}")]
    User { class: Rc<str>, message: Rc<str> },
    /// A block that the plan promised is not there; the driver plans anew.
    #[error("block {0} is missing")]
    MissingBlock(BlockId),
    /// The block has another row type than its reader's. Happens only if a checkpoint or cache of one program is
    /// read by another.
    #[error("block {0} holds rows of another type")]
    WrongType(BlockId),
}

impl TaskError {
    /// The class of the exception that Spark would throw.
    pub fn class(&self) -> &str {
        match self {
            TaskError::User { class, .. } => class,
            TaskError::MissingBlock(_) => "org.apache.spark.SparkException",
            TaskError::WrongType(_) => "java.lang.ClassCastException",
        }
    }

    /// An error of user code.
    pub fn user(class: impl Into<Rc<str>>, message: impl Into<Rc<str>>) -> Self {
        TaskError::User { class: class.into(), message: message.into() }
    }
}

/// Which persisted and checkpointed RDDs a task must respect: the driver's books at the time of its launch.
#[derive(Clone, Debug, Default)]
pub struct Books {
    pub levels: BTreeMap<RddId, StorageLevel>,
    /// Where the checkpoint of each RDD that has one lies.
    pub checkpointed: BTreeMap<RddId, Rc<str>>,
}

/// A task's identity: `org.apache.spark.TaskContext`'s getters.
#[derive(Clone, Debug)]
pub struct TaskInfo {
    pub task: TaskId,
    pub stage: u32,
    pub partition: u32,
    /// 0 for the first attempt.
    pub attempt: u32,
    /// Virtual time of the start.
    pub now: Time,
    /// Seeds whatever user code draws: the same for every attempt of the same partition of the same job.
    pub seed: u64,
}

/// What is to be written to the shared file system before the task counts as done.
#[derive(Clone)]
pub struct FileWrite {
    pub path: Rc<str>,
    pub data: FileData,
}

/// A running task's inputs and side results.
pub struct TaskContext {
    pub info: TaskInfo,
    books: Rc<Books>,
    inputs: BTreeMap<BlockId, Block>,
    /// Persisted partitions computed on the way.
    pub(super) puts: Vec<(BlockId, Block, StorageLevel)>,
    pub(super) updates: Vec<(AccumulatorId, Rc<dyn Any>)>,
    pub(super) writes: Vec<FileWrite>,
    pub(super) printed: Vec<Rc<str>>,
    pub(super) records: u64,
    pub(super) slept: Duration,
}

impl TaskContext {
    /// A context with these inputs.
    pub fn new(info: TaskInfo, books: Rc<Books>, inputs: BTreeMap<BlockId, Block>) -> Self {
        TaskContext {
            info,
            books,
            inputs,
            puts: Vec::new(),
            updates: Vec::new(),
            writes: Vec::new(),
            printed: Vec::new(),
            records: 0,
            slept: Duration::ZERO,
        }
    }

    /// The storage level an RDD is persisted with, if it is.
    pub fn level(&self, rdd: RddId) -> Option<StorageLevel> {
        self.books.levels.get(&rdd).copied()
    }

    /// Whether an RDD's partitions are read from its checkpoint.
    pub fn is_checkpointed(&self, rdd: RddId) -> bool {
        self.books.checkpointed.contains_key(&rdd)
    }

    /// The rows of an input block. Counted as records read.
    pub fn read<T: 'static>(&mut self, id: BlockId) -> Result<Rc<Vec<T>>, TaskError> {
        self.read_if_present(id)?.ok_or(TaskError::MissingBlock(id))
    }

    /// The rows of an input block that need not be there. Counted as records read.
    pub fn read_if_present<T: 'static>(&mut self, id: BlockId) -> Result<Option<Rc<Vec<T>>>, TaskError> {
        let Some(block) = self.inputs.get(&id) else { return Ok(None) };
        self.records += block.records;
        block.rows().map(Some).ok_or(TaskError::WrongType(id))
    }

    /// Counts records toward the task's cost in virtual time.
    pub fn count_records(&mut self, records: u64) {
        self.records += records;
    }

    /// Keeps a computed partition of a persisted RDD.
    pub fn put<T: 'static>(&mut self, id: BlockId, rows: Rc<Vec<T>>, level: StorageLevel) {
        let block = Block::shared(rows);
        self.inputs.insert(id, block.clone());
        self.puts.push((id, block, level));
    }

    /// Adds to an accumulator; the driver merges the update when the task has succeeded.
    pub fn accumulate(&mut self, accumulator: AccumulatorId, update: Rc<dyn Any>) {
        self.updates.push((accumulator, update));
    }

    /// Writes a file of lines on the shared file system.
    pub fn write_lines(&mut self, path: impl Into<Rc<str>>, lines: Vec<Rc<str>>) {
        self.writes.push(FileWrite { path: path.into(), data: FileData::Lines(lines.into()) });
    }

    /// Writes a block as a file on the shared file system.
    pub fn write_block(&mut self, path: impl Into<Rc<str>>, block: Block) {
        self.writes.push(FileWrite { path: path.into(), data: FileData::Object(Rc::new(block)) });
    }

    /// A line that user code printed inside the task. In Spark it goes to the executor's standard output.
    pub fn print(&mut self, line: impl Into<Rc<str>>) {
        self.printed.push(line.into());
    }

    /// Virtual time that user code slept.
    pub fn sleep(&mut self, span: Duration) {
        self.slept = self.slept + span;
    }
}
