//! What driver and executors say to each other, and what wakes them.

use std::any::Any;
use std::rc::Rc;

use super::block::{Block, StorageLevel};
use super::driver::Work;
use super::ids::{AccumulatorId, BlockId, JobId, RddId, ShuffleId, TaskId};
use super::rdd::{RddNode, ShuffleDependency};
use super::task::{Books, TaskError};
use crate::external::{FileReply, FileRequest};
use crate::sim::{NodeId, Time};

/// What a task computes.
#[derive(Clone)]
pub enum TaskWork {
    /// A map task: buckets for a shuffle.
    ShuffleMap(Rc<ShuffleDependency>),
    /// A result task: what the job's function makes of the partition.
    Result { rdd: Rc<RddNode>, work: Work },
    /// A long-running service that holds the core, such as a receiver.
    Service { service: u64, payload: Rc<dyn Any> },
}

/// Where an input block of a task can be had.
#[derive(Clone, Debug)]
pub enum BlockSource {
    Executors(Vec<NodeId>),
    File(Rc<str>),
}

/// A task on its way to an executor.
#[derive(Clone)]
pub struct TaskDescription {
    pub task: TaskId,
    pub stage: u32,
    pub partition: u32,
    pub attempt: u32,
    pub seed: u64,
    pub work: TaskWork,
    pub inputs: Vec<(BlockId, BlockSource)>,
    pub books: Rc<Books>,
}

/// A block an executor now holds.
#[derive(Clone, Debug)]
pub struct StoredBlock {
    pub id: BlockId,
    pub records: u64,
    pub level: StorageLevel,
}

/// How a task attempt ended, as its executor reports it.
#[derive(Clone)]
pub enum TaskEnd {
    /// A map task has written its outputs.
    Mapped,
    /// A result task's result.
    Result(Rc<dyn Any>),
    Failed(TaskError),
    /// This executor did not deliver blocks.
    FetchFailed(NodeId),
}

/// What goes over the network between the nodes of a cluster.
#[derive(Clone)]
pub enum Message {
    // Executor to driver.
    RegisterExecutor {
        cores: u32,
        /// When this life of the executor began.
        since: Time,
    },
    Heartbeat,
    StatusUpdate {
        task: TaskId,
        end: TaskEnd,
        updates: Vec<(AccumulatorId, Rc<dyn Any>)>,
        stored: Vec<StoredBlock>,
        printed: Vec<Rc<str>>,
    },
    /// A block was stored outside of any task, or copied from another executor.
    BlockStored(StoredBlock),

    // Driver to executor.
    Registered {
        peers: Rc<[NodeId]>,
    },
    LaunchTask(Box<TaskDescription>),
    KillTask(TaskId),
    /// The driver does not know this executor (any more): it must begin anew.
    Unknown,
    RemoveRdds(Rc<[RddId]>),
    RemoveBlocks(Rc<[BlockId]>),
    /// Map outputs of the shuffles from the first up to, without, the second.
    RemoveShuffles(ShuffleId, ShuffleId),

    // Executor to executor.
    FetchBlocks {
        task: TaskId,
        blocks: Vec<BlockId>,
    },
    Fetched {
        task: TaskId,
        blocks: Vec<(BlockId, Option<Block>)>,
    },
    Replicate {
        id: BlockId,
        block: Block,
        level: StorageLevel,
    },
    Replicated(BlockId),

    // To and from the shared file system.
    File(FileRequest),
    FileReply(FileReply),
}

/// What wakes a driver or an executor.
#[derive(Clone, Debug)]
pub enum Timer {
    /// Driver: look for executors that were not heard of for too long.
    CheckHeartbeats,
    /// Driver: tasks wait for a better place; look whether they have waited long enough.
    ReviveOffers,
    /// Driver: the driver code of this tag has slept.
    Wake(u64),
    /// Driver: it has prepared a job.
    StartJob(JobId),
    /// Driver: failed stages are submitted again.
    ResubmitFailedStages,
    /// Executor: tell the driver it is alive.
    SendHeartbeat,
    /// Executor: a task's time is over.
    FinishTask(TaskId),
    /// Executor: retries of a fetch are used up.
    GiveUpFetching { task: TaskId, from: NodeId },
}
