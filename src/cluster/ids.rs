//! Names of things in a Spark application, printed as Spark prints them.

use std::fmt::{self, Display, Formatter};

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident($repr:ty);)*) => {
        $($(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $repr);

        impl Display for $name {
            fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
                self.0.fmt(out)
            }
        })*
    };
}

id! {
    /// An RDD of an application, numbered in order of making.
    RddId(u64);
    /// A shuffle: the map outputs of one wide dependency.
    ShuffleId(u64);
    /// A job: one action.
    JobId(u32);
    /// A stage of a job.
    StageId(u32);
    /// A task attempt, unique in the application.
    TaskId(u64);
    /// An accumulator.
    AccumulatorId(u64);
    /// A streaming source's blocks: the input DStream they belong to.
    StreamId(u32);
}

/// The name of a block of data that an executor, or the shared file system, can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlockId {
    /// A persisted partition of an RDD.
    Rdd { rdd: RddId, partition: u32 },
    /// What map task `map` wrote for reduce partition `reduce`.
    Shuffle { shuffle: ShuffleId, map: u32, reduce: u32 },
    /// A block cut by a receiver.
    Input { stream: StreamId, number: u64 },
    /// A partition of an RDD's reliable checkpoint, on the shared file system.
    Checkpoint { rdd: RddId, partition: u32 },
}

impl BlockId {
    /// Whether a receiver made it: it can't be computed again.
    pub fn is_input(&self) -> bool {
        matches!(self, BlockId::Input { .. })
    }
}

impl Display for BlockId {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            BlockId::Rdd { rdd, partition } => write!(out, "rdd_{rdd}_{partition}"),
            BlockId::Shuffle { shuffle, map, reduce } => write!(out, "shuffle_{shuffle}_{map}_{reduce}"),
            BlockId::Input { stream, number } => write!(out, "input-{stream}-{number}"),
            BlockId::Checkpoint { rdd, partition } => write!(out, "rdd-{rdd}/part-{partition:05}"),
        }
    }
}
