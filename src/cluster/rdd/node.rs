//! The lineage graph and the typed handle on its nodes.

use std::any::Any;
use std::marker::PhantomData;
use std::rc::Rc;

use super::shuffle::ShuffleDependency;
use crate::cluster::block::{Block, StorageLevel};
use crate::cluster::driver;
use crate::cluster::ids::{BlockId, RddId};
use crate::cluster::partitioner::Partitioning;
use crate::cluster::task::{TaskContext, TaskError};

/// The rows of a partition, one at a time.
pub type Rows<T> = Box<dyn Iterator<Item = T>>;

type Compute<T> = Box<dyn Fn(&RddNode, u32, &mut TaskContext) -> Result<Rows<T>, TaskError>>;

/// Which partitions of a parent a partition of a child reads.
#[derive(Clone, Debug)]
pub enum NarrowMap {
    /// The partition of the same number.
    OneToOne,
    /// Child partitions `start..start + len` read parent partitions `0..len`: a union's.
    Range { start: u32, len: u32 },
    /// The listed ones, child partition by child partition: a coalescing or a Cartesian product.
    Listed(Rc<[Vec<u32>]>),
}

impl NarrowMap {
    /// The parent partitions that a child partition reads.
    pub fn parents(&self, partition: u32) -> Vec<u32> {
        match self {
            NarrowMap::OneToOne => vec![partition],
            NarrowMap::Range { start, len } if (*start..start + len).contains(&partition) => vec![partition - start],
            NarrowMap::Range { .. } => Vec::new(),
            NarrowMap::Listed(listed) => listed.get(partition as usize).cloned().unwrap_or_default(),
        }
    }
}

/// What a node is computed from.
#[derive(Clone)]
pub enum Dependency {
    Narrow(Rc<RddNode>, NarrowMap),
    Shuffle(Rc<ShuffleDependency>),
}

/// A node of the lineage graph, its row type erased.
pub struct RddNode {
    pub id: RddId,
    /// The operation that made it, for people.
    pub name: Rc<str>,
    pub partitions: u32,
    pub partitioning: Option<Partitioning>,
    pub dependencies: Vec<Dependency>,
    /// Blocks of a receiver that the partitions are, for an input node.
    pub input_blocks: Rc<[BlockId]>,
    compute: Box<dyn Any>,
    materialize: fn(&Rc<RddNode>, u32, &mut TaskContext) -> Result<Block, TaskError>,
}

impl RddNode {
    /// The rows of a partition as one block.
    pub fn block(self: &Rc<Self>, partition: u32, context: &mut TaskContext) -> Result<Block, TaskError> {
        (self.materialize)(self, partition, context)
    }

    /// The narrow parent at a place of the dependency list.
    ///
    /// Only the operation that made the node calls this, with the row type it made the node from.
    pub(super) fn parent<P: Clone + 'static>(&self, index: usize) -> Rdd<P> {
        match &self.dependencies[index] {
            Dependency::Narrow(node, _) => Rdd::of(node.clone()),
            Dependency::Shuffle(_) => unreachable!("{} asks for a narrow parent where it has a wide one", self.name),
        }
    }

    /// The shuffle at a place of the dependency list; as [`RddNode::parent`].
    pub(super) fn shuffle(&self, index: usize) -> &ShuffleDependency {
        match &self.dependencies[index] {
            Dependency::Shuffle(shuffle) => shuffle,
            Dependency::Narrow(..) => unreachable!("{} asks for a wide parent where it has a narrow one", self.name),
        }
    }
}

impl Drop for RddNode {
    /// Lineage can be long (a state RDD hangs on all before it), so it is taken apart by a loop.
    fn drop(&mut self) {
        let mut dependencies = std::mem::take(&mut self.dependencies);
        while let Some(dependency) = dependencies.pop() {
            let node = match dependency {
                Dependency::Narrow(node, _) => Some(node),
                Dependency::Shuffle(shuffle) => Rc::into_inner(shuffle).map(|shuffle| shuffle.parent),
            };
            if let Some(mut node) = node.and_then(Rc::into_inner) {
                dependencies.append(&mut node.dependencies);
            }
        }
    }
}

/// A resilient distributed dataset of rows of type `T`: `org.apache.spark.rdd.RDD`.
pub struct Rdd<T> {
    node: Rc<RddNode>,
    rows: PhantomData<fn() -> T>,
}

impl<T> Clone for Rdd<T> {
    fn clone(&self) -> Self {
        Rdd { node: self.node.clone(), rows: PhantomData }
    }
}

/// What a new node is made from, apart from its rows.
pub struct Lineage {
    pub name: &'static str,
    pub partitions: u32,
    pub partitioning: Option<Partitioning>,
    pub dependencies: Vec<Dependency>,
}

impl<T: Clone + 'static> Rdd<T> {
    /// A new RDD with the next id, computed by `compute(node, partition, context)`.
    pub fn new(
        lineage: Lineage,
        compute: impl Fn(&RddNode, u32, &mut TaskContext) -> Result<Rows<T>, TaskError> + 'static,
    ) -> Self {
        Self::with_id(driver::next_rdd(), lineage, Rc::default(), compute)
    }

    pub(super) fn with_id(
        id: RddId,
        lineage: Lineage,
        input_blocks: Rc<[BlockId]>,
        compute: impl Fn(&RddNode, u32, &mut TaskContext) -> Result<Rows<T>, TaskError> + 'static,
    ) -> Self {
        let compute: Compute<T> = Box::new(compute);
        Rdd::of(Rc::new(RddNode {
            id,
            name: lineage.name.into(),
            partitions: lineage.partitions,
            partitioning: lineage.partitioning,
            dependencies: lineage.dependencies,
            input_blocks,
            compute: Box::new(compute),
            materialize: |node, partition, context| {
                Rdd::<T>::of(node.clone()).shared_rows(partition, context).map(Block::shared)
            },
        }))
    }

    fn of(node: Rc<RddNode>) -> Self {
        Rdd { node, rows: PhantomData }
    }

    /// The typed handle on a node, if its rows are of this type.
    pub fn from_node(node: &Rc<RddNode>) -> Option<Self> {
        node.compute.is::<Compute<T>>().then(|| Rdd::of(node.clone()))
    }

    /// The node of the lineage graph.
    pub fn node(&self) -> &Rc<RddNode> {
        &self.node
    }

    /// `RDD.id`.
    pub fn id(&self) -> RddId {
        self.node.id
    }

    /// `RDD.getNumPartitions`.
    pub fn num_partitions(&self) -> u32 {
        self.node.partitions
    }

    /// How the keys are partitioned, where that is known: `RDD.partitioner`.
    pub fn partitioning(&self) -> Option<Partitioning> {
        self.node.partitioning
    }

    /// The rows of a partition inside a task: from the checkpoint or the cache where there is one, computed otherwise.
    pub fn rows(&self, partition: u32, context: &mut TaskContext) -> Result<Rows<T>, TaskError> {
        let rdd = self.node.id;
        if context.is_checkpointed(rdd) {
            return Ok(cloned(context.read(BlockId::Checkpoint { rdd, partition })?));
        }
        match context.level(rdd) {
            Some(level) => Ok(cloned(self.cached_rows(partition, level, context)?)),
            None => self.compute(partition, context),
        }
    }

    fn shared_rows(&self, partition: u32, context: &mut TaskContext) -> Result<Rc<Vec<T>>, TaskError> {
        match context.level(self.node.id) {
            Some(level) if !context.is_checkpointed(self.node.id) => self.cached_rows(partition, level, context),
            _ => Ok(Rc::new(self.rows(partition, context)?.collect())),
        }
    }

    fn cached_rows(
        &self,
        partition: u32,
        level: StorageLevel,
        context: &mut TaskContext,
    ) -> Result<Rc<Vec<T>>, TaskError> {
        let block = BlockId::Rdd { rdd: self.node.id, partition };
        if let Some(rows) = context.read_if_present(block)? {
            return Ok(rows);
        }
        let rows: Rc<Vec<T>> = Rc::new(self.compute(partition, context)?.collect());
        context.put(block, rows.clone(), level);
        Ok(rows)
    }

    fn compute(&self, partition: u32, context: &mut TaskContext) -> Result<Rows<T>, TaskError> {
        match self.node.compute.downcast_ref::<Compute<T>>() {
            Some(compute) => compute(&self.node, partition, context),
            None => unreachable!("{} is read with another row type than it was made with", self.node.name),
        }
    }
}

/// The rows of a shared partition, cloned one at a time.
pub(super) fn cloned<T: Clone + 'static>(rows: Rc<Vec<T>>) -> Rows<T> {
    Box::new((0..rows.len()).map(move |index| rows[index].clone()))
}
