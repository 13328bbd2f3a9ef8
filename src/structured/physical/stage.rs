//! Stages, the tasks they are run as, and what a task is given and gives.

use std::fmt::{self, Debug, Formatter};
use std::rc::Rc;

use arrow_array::RecordBatch;

use super::super::state::{StateStore, TaskState};
use super::super::watermark::EventTimeStats;
use super::exchange::Partitioner;
use super::fixed::FixedPlan;
use crate::sql::{Context, SqlError};

/// Batches of one partition, in order.
pub(super) type Batches = Vec<RecordBatch>;

/// Where the rows of a branch come from.
#[derive(Clone)]
pub(super) enum Source {
    Leaf(usize),
    Shuffle(usize),
    /// Two shuffles with the same partitioning: the sides of a join.
    Sides(usize, usize),
    /// A plan that reads no stream, run whole by one task.
    Fixed(Rc<FixedPlan>),
}

/// A chain of operators over one source. A union makes several branches of one stage.
#[derive(Clone)]
pub(super) struct Branch {
    pub source: Source,
    /// Stages whose whole output each task gets.
    pub broadcasts: Vec<usize>,
    pub operators: Vec<Rc<dyn Operator>>,
    /// The stateful operator among them: there is at most one, since each needs an exchange below it.
    pub stateful: Option<usize>,
}

/// Where a stage's rows go.
#[derive(Clone)]
pub(super) enum Target {
    Result,
    Shuffle(Partitioner),
    Broadcast,
}

/// A part of a query that needs no exchange inside. Stages stand in an order in which each reads only earlier ones.
#[derive(Clone)]
pub struct Stage {
    pub(super) id: usize,
    pub(super) branches: Vec<Branch>,
    pub(super) target: Target,
}

impl Debug for Stage {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.debug_struct("Stage").field("id", &self.id).field("branches", &self.branches.len()).finish()
    }
}

/// One of the things that a task reads, which is one entry of [`TaskInput::blocks`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Read {
    /// One partition of a leaf.
    Leaf { leaf: usize, partition: usize },
    /// All partitions of a leaf, in order.
    WholeLeaf { leaf: usize },
    /// What the tasks of a stage sent to a partition, in the order of the tasks.
    Shuffle { stage: usize, partition: usize },
    /// All that the tasks of a stage gave.
    Broadcast { stage: usize },
}

/// One task of a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    pub stage: usize,
    /// Its index in the stage.
    pub index: usize,
    pub(super) branch: usize,
    /// What it reads, in order.
    pub reads: Vec<Read>,
    /// The stateful operator whose state it needs, and the partition of that state.
    pub state: Option<(usize, usize)>,
}

impl Stage {
    /// The stage's number: its place among the query's stages.
    pub fn id(&self) -> usize {
        self.id
    }

    /// Whether the stage's rows are the query's result.
    pub fn is_result(&self) -> bool {
        matches!(self.target, Target::Result)
    }

    /// Into how many partitions the stage's rows go; none for the result.
    pub fn shuffle_partitions(&self) -> usize {
        match &self.target {
            Target::Shuffle(partitioner) => partitioner.partitions(),
            Target::Result | Target::Broadcast => 0,
        }
    }

    /// The tasks of a batch: `leaves` says how many partitions each leaf has, `shuffles` into how many each earlier
    /// stage's rows went.
    pub fn tasks(&self, leaves: &[usize], shuffles: &[usize]) -> Vec<Task> {
        let mut tasks = Vec::new();
        for (branch, it) in self.branches.iter().enumerate() {
            let count = match &it.source {
                Source::Leaf(leaf) => leaves.get(*leaf).copied().unwrap_or(0),
                Source::Shuffle(stage) | Source::Sides(stage, _) => shuffles.get(*stage).copied().unwrap_or(0),
                Source::Fixed(_) => 1,
            };
            for partition in 0..count {
                let mut reads = match &it.source {
                    Source::Leaf(leaf) => vec![Read::Leaf { leaf: *leaf, partition }],
                    Source::Shuffle(stage) => vec![Read::Shuffle { stage: *stage, partition }],
                    Source::Sides(left, right) => {
                        vec![Read::Shuffle { stage: *left, partition }, Read::Shuffle { stage: *right, partition }]
                    }
                    Source::Fixed(plan) => plan.leaves().into_iter().map(|leaf| Read::WholeLeaf { leaf }).collect(),
                };
                reads.extend(it.broadcasts.iter().map(|stage| Read::Broadcast { stage: *stage }));
                let state = it.stateful.map(|operator| (operator, partition));
                tasks.push(Task { stage: self.id, index: tasks.len(), branch, reads, state });
            }
        }
        tasks
    }
}

/// The times of a batch, the same for all of its tasks.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchTimes {
    pub id: u64,
    /// Milliseconds since the epoch: `current_timestamp` and processing-time timeouts.
    pub batch_time: i64,
    /// Of each stateful operator, milliseconds.
    pub watermarks: Rc<[Watermarks]>,
}

/// By which times an operator judges, milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watermarks {
    /// Rows at or before it are late: that of the batch before.
    pub late: i64,
    /// State at or before it goes: that of this batch.
    pub eviction: i64,
}

/// What a task is given: the blocks of each of its reads.
#[derive(Clone, Debug, Default)]
pub struct TaskInput {
    pub blocks: Vec<Vec<RecordBatch>>,
}

/// What a stateful operator tells of a batch: entries of `stateOperators` of the progress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OperatorMetrics {
    /// `numRowsTotal`.
    pub total: u64,
    /// `numRowsUpdated`.
    pub updated: u64,
    /// `numRowsRemoved`.
    pub removed: u64,
    /// `numRowsDroppedByWatermark`.
    pub dropped: u64,
}

impl OperatorMetrics {
    /// Adds what another partition told.
    pub fn add(&mut self, other: &OperatorMetrics) {
        self.total += other.total;
        self.updated += other.updated;
        self.removed += other.removed;
        self.dropped += other.dropped;
    }
}

/// What a task gives.
#[derive(Clone, Debug, Default)]
pub struct TaskOutput {
    /// The result's rows, or what is broadcast.
    pub rows: Vec<RecordBatch>,
    /// The shuffled rows by target partition; each partition at most once, in order.
    pub shuffled: Vec<(usize, RecordBatch)>,
    /// What each `withWatermark` saw, by its index.
    pub event_times: Vec<(usize, EventTimeStats)>,
    /// What the stateful operator tells, by its index.
    pub metrics: Option<(usize, OperatorMetrics)>,
    /// What `observe` saw, by its index: aggregation buffers, which [`Incremental::observed`](super::Incremental)
    /// makes values of.
    pub observed: Vec<(usize, RecordBatch)>,
}

/// One step of a branch.
pub(super) trait Operator {
    /// Makes the operator's rows of its input's.
    fn run(&self, input: Batches, run: &mut Run<'_>) -> Result<Batches, SqlError>;
}

/// What the operators of a running task share.
pub(super) struct Run<'a> {
    pub context: Context,
    pub times: &'a BatchTimes,
    pub state: &'a mut TaskState,
    /// The right side's rows, of a join.
    pub second: Batches,
    /// What each broadcast of the branch gave.
    pub broadcasts: Vec<Batches>,
    pub output: TaskOutput,
}

impl Run<'_> {
    /// The watermarks of a stateful operator.
    pub fn watermarks(&self, operator: usize) -> Watermarks {
        self.times.watermarks.get(operator).copied().unwrap_or_default()
    }

    /// A store of the task's stateful operator.
    pub fn store(&mut self, index: usize) -> &mut StateStore {
        if self.state.len() <= index {
            self.state.resize_with(index + 1, StateStore::default);
        }
        &mut self.state[index]
    }
}
