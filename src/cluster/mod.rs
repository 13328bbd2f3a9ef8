//! Spark core on a simulated cluster: RDDs with lineage, jobs cut into stages and tasks, executors with cores,
//! a block store, shuffles, accumulators.
//!
//! The driver's half is [`Cluster`], an executor's is [`Executor`]; both are state machines that a room above places
//! on nodes. This room must never know a DStream, how batches come about, or a program's language.

mod block;
pub mod driver;
mod executor;
mod ids;
mod messages;
mod partitioner;
pub mod rdd;
mod scheduler;
mod setup;
mod shared;
mod task;

pub use block::{Block, BlockStore, StorageLevel};
pub use driver::{DriverError, Request};
pub use executor::{Executor, ExecutorNotice};
pub use ids::{AccumulatorId, BlockId, JobId, RddId, ShuffleId, StageId, StreamId, TaskId};
pub use messages::{Message, Timer};
pub use partitioner::{Key, Partitioner, Partitioning};
pub use rdd::Rdd;
pub use scheduler::{Cluster, Host, Notice, Turn};
pub use setup::{Costs, Setup};
pub use shared::{Accumulator, Broadcast};
pub use task::{Books, FileWrite, TaskContext, TaskError, TaskInfo};
