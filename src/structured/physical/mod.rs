//! A plan compiled to stages, and the stages run.

mod aggregate;
mod aggregation;
mod codec;
mod compile;
mod compile_fixed;
mod compile_join;
mod datum_codec;
mod dedup;
mod exchange;
mod fixed;
mod hash_join;
mod join;
mod limit;
mod pipeline;
mod propagate;
mod session;
mod sort;
mod stage;
mod state_groups;

use std::rc::Rc;

use arrow_array::RecordBatch;

use super::Settings;
use super::predicates::Shared;
use super::state::{Delta, TaskState};
use super::watermark::EventTimeStats;
use crate::sql::columns::row_of_batch;
use crate::sql::{Attribute, Context, Datum, Node, OutputMode, RelationId, SqlError, StateTimeout, StructField};
use aggregation::Aggregation;
use propagate::Flow;
pub use stage::{BatchTimes, OperatorMetrics, Read, Stage, Task, TaskInput, TaskOutput, Watermarks};
use stage::{Batches, Run, Source, Target};

/// What a stateful operator is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatefulOperator {
    /// The operator's name in the progress: `stateStoreSave`, `symmetricHashJoin`, `dedupe`, ...
    pub name: &'static str,
    /// The names of its stores; one that has none bears `default`.
    pub stores: &'static [&'static str],
    /// Over how many partitions its state is spread.
    pub partitions: usize,
    /// When it wants a batch without data.
    wants: Wants,
}

/// When an operator has something to do though nothing arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wants {
    Never,
    /// When its watermark has moved.
    Watermark,
    /// Always: time passes by itself.
    Always,
}

/// A plan that `observe` looks at.
struct Observation {
    name: Rc<str>,
    aggregation: Rc<Aggregation>,
    fields: Vec<StructField>,
}

/// What `observe` saw in a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    pub name: Rc<str>,
    pub fields: Vec<StructField>,
    pub row: Rc<[Datum]>,
}

/// A query, compiled once: stages of operators, run batch by batch.
pub struct Incremental {
    stages: Vec<Stage>,
    leaves: Vec<RelationId>,
    operators: Vec<StatefulOperator>,
    /// The delay of each `withWatermark`, in milliseconds.
    delays: Vec<i64>,
    observations: Vec<Observation>,
    flow: Flow,
    output: Vec<Attribute>,
    settings: Settings,
    /// What Spark finds only when the first batch runs.
    refusal: Option<SqlError>,
}

/// One batch, for [`Incremental::run`].
#[derive(Clone, Debug)]
pub struct Batch<'a> {
    pub id: u64,
    /// Milliseconds since the epoch.
    pub batch_time: i64,
    /// The watermark of the batch before, milliseconds.
    pub late_watermark: i64,
    /// The watermark of this batch, milliseconds.
    pub watermark: i64,
    /// The partitions of each leaf, in the order of [`Incremental::leaves`].
    pub leaves: &'a [Vec<RecordBatch>],
}

/// What a batch gave.
#[derive(Clone, Debug, Default)]
pub struct BatchOutput {
    pub rows: Vec<RecordBatch>,
    /// What each `withWatermark` saw, in the order of [`Incremental::watermarks`].
    pub event_times: Vec<EventTimeStats>,
    /// What each stateful operator tells, in the order of [`Incremental::stateful_operators`].
    pub metrics: Vec<OperatorMetrics>,
    pub observed: Vec<Observed>,
}

/// The state of a query that [`Incremental::run`] runs: each stateful operator's stores, by partition.
#[derive(Clone, Debug, Default)]
pub struct QueryState {
    operators: Vec<Vec<TaskState>>,
    tasks: Option<(Vec<usize>, Rc<Vec<Vec<Task>>>)>,
}

impl QueryState {
    /// The stores of one operator's partition.
    pub fn stores(&self, operator: usize, partition: usize) -> Option<&TaskState> {
        self.operators.get(operator)?.get(partition)
    }

    /// Makes what was changed a version: the delta of each store by operator, partition and place among its stores.
    pub fn commit(&mut self, version: u64) -> Vec<(usize, usize, usize, Delta)> {
        let mut deltas = Vec::new();
        for (operator, partitions) in self.operators.iter_mut().enumerate() {
            for (partition, stores) in partitions.iter_mut().enumerate() {
                for (index, store) in stores.iter_mut().enumerate().filter(|(_, it)| it.changed()) {
                    deltas.push((operator, partition, index, store.commit(version)));
                }
            }
        }
        deltas
    }
}

impl Incremental {
    /// Compiles an optimized plan.
    ///
    /// # Errors
    /// An expression that can't be compiled. What Spark finds only when the first batch runs, this tells then, too.
    pub fn compile(plan: &Rc<Node>, mode: OutputMode, settings: &Settings) -> Result<Self, SqlError> {
        compile::compile(plan, mode, settings)
    }

    /// The stages, in an order in which each reads only earlier ones; the last gives the result.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// The sources that are read, in the order of the plan; one that is read twice is there twice.
    pub fn leaves(&self) -> &[RelationId] {
        &self.leaves
    }

    /// The stateful operators by their number, that nearest to the sink first, as Spark numbers them.
    pub fn stateful_operators(&self) -> &[StatefulOperator] {
        &self.operators
    }

    /// The delay of each `withWatermark`, in milliseconds, by its index.
    pub fn watermarks(&self) -> &[i64] {
        &self.delays
    }

    /// The columns of the result.
    pub fn output(&self) -> &[Attribute] {
        &self.output
    }

    /// Whether a batch without data is worth its while once the watermark has come from the one to the other:
    /// `shouldRunAnotherBatch`.
    pub fn wants_no_data_batch(&self, previous: i64, new: i64) -> bool {
        let (count, multiple) = (self.operators.len(), self.settings.allow_multiple);
        let before = self.flow.watermarks(previous, count, multiple);
        let after = self.flow.watermarks(new, count, multiple);
        self.operators.iter().zip(before.iter().zip(&after)).any(|(operator, (before, after))| match operator.wants {
            Wants::Never => false,
            Wants::Watermark => after > before,
            Wants::Always => true,
        })
    }

    /// The times of a batch's tasks.
    ///
    /// # Errors
    /// What Spark finds when the first batch runs: `Redefining watermark is disallowed` and its like.
    pub fn times(&self, id: u64, batch_time: i64, late: i64, watermark: i64) -> Result<BatchTimes, SqlError> {
        if let Some(refusal) = &self.refusal {
            return Err(refusal.clone());
        }
        let (count, multiple) = (self.operators.len(), self.settings.allow_multiple);
        Ok(BatchTimes { id, batch_time, watermarks: self.flow.of_batch(late, watermark, count, multiple) })
    }

    /// The tasks of each stage, for leaves of so many partitions.
    pub fn tasks(&self, leaves: &[usize]) -> Vec<Vec<Task>> {
        let shuffles: Vec<usize> = self.stages.iter().map(Stage::shuffle_partitions).collect();
        self.stages.iter().map(|it| it.tasks(leaves, &shuffles)).collect()
    }

    /// Runs one task. Where it fails, its state is to be thrown away.
    ///
    /// # Errors
    /// What an expression or a function of the program gives.
    pub fn run_task(
        &self,
        task: &Task,
        times: &BatchTimes,
        input: TaskInput,
        state: &mut TaskState,
    ) -> Result<TaskOutput, SqlError> {
        let Some(stage) = self.stages.get(task.stage) else { return Ok(TaskOutput::default()) };
        let Some(branch) = stage.branches.get(task.branch) else { return Ok(TaskOutput::default()) };
        let context = Context {
            time_zone: self.settings.time_zone,
            batch_time: times.batch_time.saturating_mul(1000),
            partition: u32::try_from(task.index).unwrap_or(u32::MAX),
        };
        let mut run =
            Run { context, times, state, second: Vec::new(), broadcasts: Vec::new(), output: TaskOutput::default() };
        let mut blocks = input.blocks.into_iter();
        let mut next = || blocks.next().unwrap_or_default();
        let mut rows: Batches = match &branch.source {
            Source::Leaf(_) | Source::Shuffle(_) => next(),
            Source::Sides(..) => {
                let first = next();
                run.second = next();
                first
            }
            Source::Fixed(plan) => {
                let mut leaves = std::iter::from_fn(|| Some(next()));
                plan.rows(&mut leaves, &mut run)?
            }
        };
        run.broadcasts = branch.broadcasts.iter().map(|_| next()).collect();
        for operator in &branch.operators {
            rows = operator.run(rows, &mut run)?;
        }
        let mut output = run.output;
        match &stage.target {
            Target::Result | Target::Broadcast => output.rows = rows,
            Target::Shuffle(partitioner) => partitioner.send(rows, &run.context, &mut output)?,
        }
        Ok(output)
    }

    /// What the tasks' observations come to: one for each `observe`, in the order of the plan.
    ///
    /// # Errors
    /// What finishing an aggregate gives.
    pub fn observed(&self, batch_time: i64, seen: &[(usize, RecordBatch)]) -> Result<Vec<Observed>, SqlError> {
        let context =
            Context { time_zone: self.settings.time_zone, batch_time: batch_time.saturating_mul(1000), partition: 0 };
        let one = |(index, observation): (usize, &Observation)| {
            let aggregation = &observation.aggregation;
            let mut accumulators = aggregation.accumulators(1);
            for (_, partial) in seen.iter().filter(|(at, _)| *at == index) {
                aggregation.merge(&mut accumulators, &vec![0; partial.num_rows()], partial.columns())?;
            }
            let row = aggregation.results(&context, Vec::new(), &accumulators, 1)?;
            let fields = observation.fields.clone();
            Ok(Observed { name: observation.name.clone(), row: row_of_batch(&fields, &row, 0), fields })
        };
        self.observations.iter().enumerate().map(one).collect()
    }

    /// Runs a whole batch, stage by stage, and commits its state.
    ///
    /// # Errors
    /// As [`Incremental::run_task`] and [`Incremental::times`]. The state is to be thrown away then.
    pub fn run(&self, batch: Batch<'_>, state: &mut QueryState) -> Result<BatchOutput, SqlError> {
        let times = self.times(batch.id, batch.batch_time, batch.late_watermark, batch.watermark)?;
        let partitions: Vec<usize> = batch.leaves.iter().map(Vec::len).collect();
        let tasks = match &state.tasks {
            Some((known, tasks)) if *known == partitions => tasks.clone(),
            _ => {
                let tasks = Rc::new(self.tasks(&partitions));
                state.tasks = Some((partitions, tasks.clone()));
                tasks
            }
        };
        if state.operators.len() < self.operators.len() {
            let make = |it: &StatefulOperator| vec![TaskState::new(); it.partitions];
            state.operators = self.operators.iter().map(make).collect();
        }

        let mut output = BatchOutput {
            event_times: vec![EventTimeStats::EMPTY; self.delays.len()],
            metrics: vec![OperatorMetrics::default(); self.operators.len()],
            ..BatchOutput::default()
        };
        let mut observed = Vec::new();
        let mut shuffles: Vec<Vec<Batches>> =
            self.stages.iter().map(|it| vec![Batches::new(); it.shuffle_partitions()]).collect();
        let mut broadcasts: Vec<Batches> = vec![Batches::new(); self.stages.len()];
        for (stage, tasks) in self.stages.iter().zip(tasks.iter()) {
            for task in tasks {
                let blocks = task.reads.iter().map(|it| match it {
                    Read::Leaf { leaf, partition } => {
                        let batch = batch.leaves.get(*leaf).and_then(|it| it.get(*partition));
                        batch.into_iter().cloned().collect()
                    }
                    Read::WholeLeaf { leaf } => batch.leaves.get(*leaf).cloned().unwrap_or_default(),
                    Read::Shuffle { stage, partition } => {
                        let block = shuffles.get_mut(*stage).and_then(|it| it.get_mut(*partition));
                        block.map(std::mem::take).unwrap_or_default()
                    }
                    Read::Broadcast { stage } => broadcasts.get(*stage).cloned().unwrap_or_default(),
                });
                let input = TaskInput { blocks: blocks.collect() };
                let mut none = TaskState::new();
                let own = task.state.and_then(|(operator, at)| state.operators.get_mut(operator)?.get_mut(at));
                let made = self.run_task(task, &times, input, own.unwrap_or(&mut none))?;
                for (index, stats) in &made.event_times {
                    if let Some(all) = output.event_times.get_mut(*index) {
                        all.merge(stats);
                    }
                }
                if let Some((operator, metrics)) = &made.metrics
                    && let Some(all) = output.metrics.get_mut(*operator)
                {
                    all.add(metrics);
                }
                observed.extend(made.observed);
                for (partition, rows) in made.shuffled {
                    if let Some(block) = shuffles.get_mut(stage.id).and_then(|it| it.get_mut(partition)) {
                        block.push(rows);
                    }
                }
                match &stage.target {
                    Target::Result => output.rows.extend(made.rows.into_iter().filter(|it| it.num_rows() > 0)),
                    Target::Broadcast => broadcasts[stage.id].extend(made.rows),
                    Target::Shuffle(_) => {}
                }
            }
        }
        if !self.observations.is_empty() {
            output.observed = self.observed(batch.batch_time, &observed)?;
        }
        state.commit(batch.id);
        Ok(output)
    }
}

/// When a state function wants a batch without data.
fn wants_of(timeout: StateTimeout) -> Wants {
    match timeout {
        StateTimeout::NoTimeout => Wants::Never,
        StateTimeout::ProcessingTime => Wants::Always,
        StateTimeout::EventTime => Wants::Watermark,
    }
}

/// A plan as the compiler takes it.
type Plan = Shared;
