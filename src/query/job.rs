//! A batch on the cluster: its stages become RDDs, its exchanges shuffles, its tasks the tasks of a job.
//!
//! Driver code. State is what its version's files hold: the driver hands each task the state of its partition, and takes
//! the new one from the task that counts (of attempts that were lost or late nothing is taken), as an accumulator does.

use std::collections::BTreeMap;
use std::rc::Rc;

use arrow_array::RecordBatch;

use super::{Query, QueryError};
use crate::cluster::driver::{self, DriverError};
use crate::cluster::{Accumulator, Partitioner, Rdd, TaskContext, TaskError};
use crate::sql::SqlError;
use crate::structured::{BatchTimes, Read, Stage, Task, TaskInput, TaskOutput, TaskState};

/// The state of each operator's partitions.
pub type StateOfBatch = BTreeMap<(usize, usize), TaskState>;

/// What a task tells besides its rows: by stage and index, so that a task that ran twice counts once.
pub type Reports = BTreeMap<(usize, usize), Report>;

/// What a task tells besides its rows.
#[derive(Clone, Default)]
pub struct Report {
    /// The task's output without the rows that were shuffled.
    pub output: TaskOutput,
    /// The new state, and whose.
    pub state: Option<((usize, usize), TaskState)>,
}

/// Rows on their way to a partition.
type Sent = (u32, RecordBatch);

/// Runs all stages of a batch; `leaves` holds the partitions of each leaf. Answers with what each task told.
///
/// # Errors
/// Suspends at each job; fails as a job does.
pub fn run_stages(
    query: &Rc<Query>,
    times: &Rc<BatchTimes>,
    leaves: &[Vec<RecordBatch>],
    state: &Rc<StateOfBatch>,
) -> Result<Reports, DriverError> {
    let reports: Accumulator<Reports> = Accumulator::new(Reports::new(), |all, more| {
        let mut all = all.clone();
        all.extend(more.iter().map(|(task, report)| (*task, report.clone())));
        all
    });
    let mut run = BatchRun {
        query: query.clone(),
        times: times.clone(),
        leaves,
        state: state.clone(),
        reports,
        shuffles: BTreeMap::new(),
        broadcasts: BTreeMap::new(),
    };
    let sizes: Vec<usize> = leaves.iter().map(Vec::len).collect();
    let shuffled: Vec<usize> = query.incremental.stages().iter().map(Stage::shuffle_partitions).collect();
    for stage in query.incremental.stages() {
        let tasks = stage.tasks(&sizes, &shuffled);
        let rdd = run.stage(&tasks);
        match (stage.shuffle_partitions(), stage.is_result()) {
            (0, true) => {
                rdd.run_job(0..rdd.num_partitions(), |rows, _| Ok(rows.count()))?;
            }
            (0, false) => {
                let sent = rdd.collect()?;
                run.broadcasts.insert(stage.id(), sent.into_iter().map(|(_, rows)| rows).collect());
            }
            (partitions, _) => {
                let partitions = u32::try_from(partitions).unwrap_or(u32::MAX);
                let to = Partitioner::Function { id: driver::next_id(), partitions, assign: Rc::new(|to: &u32| *to) };
                run.shuffles.insert(stage.id(), rdd.partition_by(&to));
            }
        }
    }
    Ok(reports.value()?.as_ref().clone())
}

/// The stages of a batch as far as they are laid out.
struct BatchRun<'a> {
    query: Rc<Query>,
    times: Rc<BatchTimes>,
    leaves: &'a [Vec<RecordBatch>],
    state: Rc<StateOfBatch>,
    reports: Accumulator<Reports>,
    shuffles: BTreeMap<usize, Rdd<Sent>>,
    broadcasts: BTreeMap<usize, Vec<RecordBatch>>,
}

impl BatchRun<'_> {
    /// The RDD whose partitions are the stage's tasks: what each sends on.
    fn stage(&self, tasks: &[Task]) -> Rdd<Sent> {
        let sources = |task: &Task| -> Vec<usize> {
            let shuffle = |read: &Read| if let Read::Shuffle { stage, .. } = read { Some(*stage) } else { None };
            task.reads.iter().filter_map(shuffle).collect()
        };
        let groups = tasks.chunk_by(|one, other| sources(one) == sources(other));
        let rdds: Vec<Rdd<Sent>> = groups.map(|group| self.group(group, &sources(&group[0]))).collect();
        match &rdds[..] {
            [] => Rdd::empty(),
            [rdd] => rdd.clone(),
            rdds => Rdd::union_all(rdds),
        }
    }

    /// Tasks that read the same shuffles, partition by partition.
    fn group(&self, tasks: &[Task], shuffles: &[usize]) -> Rdd<Sent> {
        let fixed: Rc<[Vec<Vec<RecordBatch>>]> = tasks.iter().map(|task| self.fixed_blocks(task)).collect();
        let tasks: Rc<[Task]> = tasks.into();
        let sources: Vec<Option<&Rdd<Sent>>> = shuffles.iter().map(|stage| self.shuffles.get(stage)).collect();
        let runner = self.runner();
        match sources[..] {
            [Some(left), Some(right)] => left.zip_by_partition(right, move |partition, left, right, context| {
                let Some(task) = tasks.get(partition as usize) else { return Ok(Vec::new()) };
                let shuffled = [left, right].map(|rows| rows.map(|(_, rows)| rows).collect());
                runner.run(task, blocks(task, shuffled.into(), &fixed[partition as usize]), context)
            }),
            [Some(rows)] => rows.try_map_partitions("stage", false, move |partition, rows, context| {
                let Some(task) = tasks.get(partition as usize) else { return Ok(none()) };
                let shuffled = vec![rows.map(|(_, rows)| rows).collect()];
                let sent = runner.run(task, blocks(task, shuffled, &fixed[partition as usize]), context)?;
                Ok(Box::new(sent.into_iter()))
            }),
            _ => Rdd::of_slices(tasks.iter().map(|_| Rc::new(vec![()])).collect()).try_map_partitions(
                "stage",
                false,
                move |partition, rows, context| {
                    drop(rows);
                    let Some(task) = tasks.get(partition as usize) else { return Ok(none()) };
                    let sent = runner.run(task, blocks(task, Vec::new(), &fixed[partition as usize]), context)?;
                    Ok(Box::new(sent.into_iter()))
                },
            ),
        }
    }

    /// What a task reads that is no shuffle, in the order of its reads.
    fn fixed_blocks(&self, task: &Task) -> Vec<Vec<RecordBatch>> {
        let leaf = |leaf: usize| self.leaves.get(leaf).map(Vec::as_slice).unwrap_or_default();
        let block = |read: &Read| match read {
            Read::Leaf { leaf: index, partition } => leaf(*index).get(*partition).cloned().into_iter().collect(),
            Read::WholeLeaf { leaf: index } => leaf(*index).to_vec(),
            Read::Broadcast { stage } => self.broadcasts.get(stage).cloned().unwrap_or_default(),
            Read::Shuffle { .. } => Vec::new(),
        };
        task.reads.iter().map(block).collect()
    }

    fn runner(&self) -> Runner {
        Runner {
            query: self.query.clone(),
            times: self.times.clone(),
            state: self.state.clone(),
            reports: self.reports,
        }
    }
}

fn none() -> Box<dyn Iterator<Item = Sent>> {
    Box::new(std::iter::empty())
}

/// The blocks of a task's reads: those of its shuffles come in order, the others are known beforehand.
fn blocks(task: &Task, shuffled: Vec<Vec<RecordBatch>>, fixed: &[Vec<RecordBatch>]) -> TaskInput {
    let mut shuffled = shuffled.into_iter();
    let block = |(read, fixed): (&Read, &Vec<RecordBatch>)| match read {
        Read::Shuffle { .. } => shuffled.next().unwrap_or_default(),
        _ => fixed.clone(),
    };
    TaskInput { blocks: task.reads.iter().zip(fixed).map(block).collect() }
}

/// What runs a task on an executor.
#[derive(Clone)]
struct Runner {
    query: Rc<Query>,
    times: Rc<BatchTimes>,
    state: Rc<StateOfBatch>,
    reports: Accumulator<Reports>,
}

impl Runner {
    fn run(&self, task: &Task, input: TaskInput, context: &mut TaskContext) -> Result<Vec<Sent>, TaskError> {
        let rows: usize = input.blocks.iter().flatten().map(RecordBatch::num_rows).sum();
        context.count_records(rows as u64);
        let mut state = task.state.and_then(|of| self.state.get(&of)).cloned().unwrap_or_default();
        let ran = self.query.incremental.run_task(task, &self.times, input, &mut state);
        let mut output = ran.map_err(|error| task_error(&error))?;
        let partition = |to: usize| u32::try_from(to).unwrap_or(u32::MAX);
        let mut sent: Vec<Sent> =
            std::mem::take(&mut output.shuffled).into_iter().map(|(to, rows)| (partition(to), rows)).collect();
        if sent.is_empty() {
            sent.extend(output.rows.iter().map(|rows| (0, rows.clone())));
        }
        let state = task.state.map(|of| (of, state));
        let report = Report { output, state };
        self.reports.add(Reports::from([((task.stage, task.index), report)]), context);
        Ok(sent)
    }
}

fn task_error(error: &SqlError) -> TaskError {
    TaskError::user(error.class, error.to_string())
}

/// A failed job as the query's end.
pub fn query_error(error: &DriverError) -> QueryError {
    match error {
        DriverError::Failed { class, message } => QueryError::new(class.clone(), message.clone()),
        other => QueryError::illegal_state(other.to_string()),
    }
}
