//! Blocks of data, how they may be stored, and an executor's store of them.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::rc::Rc;

use super::ids::{BlockId, RddId, ShuffleId};

/// The rows of one partition or bucket: an immutable `Vec<T>` behind a pointer, with its length.
///
/// The type is known to the RDD that made the block and the one that reads it, to nobody between.
#[derive(Clone)]
pub struct Block {
    rows: Rc<dyn Any>,
    pub records: u64,
}

impl Block {
    /// A block of these rows.
    pub fn new<T: 'static>(rows: Vec<T>) -> Self {
        Block { records: rows.len() as u64, rows: Rc::new(rows) }
    }

    /// A block that shares rows with whoever else holds them.
    pub fn shared<T: 'static>(rows: Rc<Vec<T>>) -> Self {
        Block { records: rows.len() as u64, rows }
    }

    /// The rows, if they are of this type.
    pub fn rows<T: 'static>(&self) -> Option<Rc<Vec<T>>> {
        self.rows.clone().downcast().ok()
    }
}

/// Where and how often a persisted block is kept: `org.apache.spark.storage.StorageLevel`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StorageLevel {
    pub use_disk: bool,
    pub use_memory: bool,
    pub deserialized: bool,
    /// How many executors hold a copy.
    pub replication: u32,
}

macro_rules! levels {
    ($($name:ident = $disk:literal $memory:literal $deserialized:literal $replication:literal;)*) => {
        impl StorageLevel {
            $(#[doc = concat!("Spark's `", stringify!($name), "`.")]
            pub const $name: StorageLevel = StorageLevel {
                use_disk: $disk, use_memory: $memory, deserialized: $deserialized, replication: $replication,
            };)*

            /// The level of this name (`MEMORY_ONLY`, …), if Spark has one.
            pub fn named(name: &str) -> Option<StorageLevel> {
                match name {
                    $(stringify!($name) => Some(StorageLevel::$name),)*
                    _ => None,
                }
            }
        }

        impl Display for StorageLevel {
            fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
                match *self {
                    $(StorageLevel::$name => out.write_str(stringify!($name)),)*
                    other => write!(out, "{other:?}"),
                }
            }
        }
    };
}

levels! {
    NONE = false false false 1;
    DISK_ONLY = true false false 1;
    DISK_ONLY_2 = true false false 2;
    DISK_ONLY_3 = true false false 3;
    MEMORY_ONLY = false true true 1;
    MEMORY_ONLY_2 = false true true 2;
    MEMORY_ONLY_SER = false true false 1;
    MEMORY_ONLY_SER_2 = false true false 2;
    MEMORY_AND_DISK = true true true 1;
    MEMORY_AND_DISK_2 = true true true 2;
    MEMORY_AND_DISK_SER = true true false 1;
    MEMORY_AND_DISK_SER_2 = true true false 2;
}

/// The blocks one executor holds. All of it is lost with the executor, what it kept on its own disk included: there
/// is no external shuffle service.
#[derive(Clone, Default)]
pub struct BlockStore {
    blocks: BTreeMap<BlockId, Block>,
}

impl BlockStore {
    /// Keeps a block, replacing one of the same name.
    pub fn put(&mut self, id: BlockId, block: Block) {
        self.blocks.insert(id, block);
    }

    /// The block of this name, if it is held here.
    pub fn get(&self, id: &BlockId) -> Option<&Block> {
        self.blocks.get(id)
    }

    /// Drops one block; whether it was there.
    pub fn remove(&mut self, id: &BlockId) -> bool {
        self.blocks.remove(id).is_some()
    }

    /// Drops every partition of an RDD.
    pub fn remove_rdd(&mut self, rdd: RddId) {
        self.remove_range(BlockId::Rdd { rdd, partition: 0 }, BlockId::Rdd { rdd, partition: u32::MAX });
    }

    /// Drops all map outputs of the shuffles from `from` up to, without, `end`.
    pub fn remove_shuffles(&mut self, from: ShuffleId, end: ShuffleId) {
        let first = |shuffle| BlockId::Shuffle { shuffle, map: 0, reduce: 0 };
        while let Some((id, _)) = self.blocks.range(first(from)..first(end)).next() {
            let id = *id;
            self.blocks.remove(&id);
        }
    }

    fn remove_range(&mut self, first: BlockId, last: BlockId) {
        while let Some((id, _)) = self.blocks.range(first..=last).next() {
            let id = *id;
            self.blocks.remove(&id);
        }
    }

    /// How many blocks are held.
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Whether no block is held.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }
}
