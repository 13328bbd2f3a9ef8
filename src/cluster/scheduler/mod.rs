//! The driver's half of the cluster: Spark's `DAGScheduler`, `TaskSchedulerImpl` and block manager master, as one
//! state machine.
//!
//! A job is cut at its wide dependencies into stages; a stage's missing partitions become a set of tasks; sets are
//! served in the order of jobs. What fails is tried again, what is lost is computed again from its lineage.

mod executors;
mod jobs;
mod locations;
mod offers;
mod stages;

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::driver::{Core, JobSpec, Reply};
use super::ids::{BlockId, JobId, RddId, ShuffleId, StageId, TaskId};
use super::messages::{Message, Timer};
use super::rdd::{RddNode, ShuffleDependency};
use super::setup::Setup;
use crate::sim::{Effects, Model, NodeId, Time};
use crate::trace::Event;

use executors::ExecutorInfo;
use locations::Locations;
use offers::{Running, ServiceTask, TaskSet};

/// One input at the driver, as its handlers see it.
pub struct Turn<'a, 'e, M: Model> {
    pub core: &'a mut Core,
    pub setup: &'a Setup,
    pub effects: &'a mut Effects<'e, M>,
    /// What the room above is to be told.
    pub notices: Vec<Notice>,
}

/// A model whose messages, timers and facts include the cluster's.
pub trait Host: Model<Message: From<Message>, Timer: From<Timer>, Event = Event> {}

impl<M: Model<Message: From<Message>, Timer: From<Timer>, Event = Event>> Host for M {}

/// What the cluster tells the room above it.
pub enum Notice {
    /// What the driver code with this tag waits for is there.
    Answer { tag: u64, reply: Reply },
    /// An executor is there, for the first time or again.
    ExecutorAdded(NodeId),
    /// An executor is gone.
    ExecutorRemoved(NodeId),
    /// The service has to be placed anew: its executor is gone, or it ended.
    ServiceLost(u64),
}

/// What a job is run for.
#[derive(Clone)]
enum Purpose {
    /// An action of driver code; the tag is the caller's.
    Action { tag: u64 },
    /// To write an RDD's checkpoint, before the job that first computed it counts as ended.
    Checkpoint { of: JobId, rdd: RddId, directory: Rc<str> },
}

#[derive(Clone)]
struct Job {
    purpose: Purpose,
    spec: JobSpec,
    batch: Option<u64>,
    final_stage: StageId,
    /// By place in the specification's list of partitions.
    results: Vec<Option<Rc<dyn Any>>>,
    /// Set once all results are there: what is still to be checkpointed before the job counts as ended.
    to_checkpoint: Option<Vec<Rc<RddNode>>>,
}

#[derive(Clone)]
enum StageKind {
    ShuffleMap(Rc<ShuffleDependency>),
    Result,
}

#[derive(Clone)]
struct Stage {
    rdd: Rc<RddNode>,
    kind: StageKind,
    /// Jobs that need it.
    jobs: BTreeSet<JobId>,
    /// How often it was submitted.
    attempts: u32,
    /// How often in a row it failed because a fetch did.
    fetch_failures: u32,
}

/// The driver's books on its cluster.
#[derive(Clone, Default)]
pub struct Cluster {
    executors: BTreeMap<NodeId, ExecutorInfo>,
    locations: Locations,
    jobs: BTreeMap<JobId, Job>,
    stages: BTreeMap<StageId, Stage>,
    shuffle_stages: BTreeMap<ShuffleId, StageId>,
    /// Stages that wait for others.
    waiting: BTreeSet<StageId>,
    /// Stages to submit again after a fetch failed.
    failed: BTreeSet<StageId>,
    /// Tasks to run, in the order in which they are served.
    sets: BTreeMap<(JobId, StageId), TaskSet>,
    running: BTreeMap<TaskId, Running>,
    services: BTreeMap<u64, ServiceTask>,
    next_job: u32,
    next_stage: u32,
    next_task: u64,
    /// Where the next round of offers begins, so that no executor is always first.
    offer_round: usize,
    /// When waiting tasks are looked at again, so that one timer is enough.
    revive_at: Option<Time>,
}

impl Cluster {
    /// Starts the driver's half.
    pub fn start<M: Host>(setup: &Setup, effects: &mut Effects<'_, M>) -> Self {
        effects.wake_after(setup.conf.duration("spark.network.timeoutInterval"), Timer::CheckHeartbeats);
        Cluster::default()
    }

    /// Handles a message from an executor or the file system.
    pub fn message<M: Host>(&mut self, from: NodeId, message: Message, turn: &mut Turn<'_, '_, M>) {
        match message {
            Message::RegisterExecutor { cores, since } => self.register(from, cores, since, turn),
            Message::Heartbeat => self.heartbeat(from, turn),
            Message::StatusUpdate { task, end, updates, stored, printed } => {
                if self.executors.contains_key(&from) {
                    for block in &stored {
                        self.block_stored(from, block, turn);
                    }
                }
                self.task_ended(task, end, &updates, turn);
                printed.into_iter().for_each(|line| turn.effects.emit(Event::Printed { line }));
            }
            Message::BlockStored(block) => self.block_stored(from, &block, turn),
            Message::FileReply(reply) => self.file_reply(reply, turn),
            // What only executors are told.
            _ => {}
        }
        self.offer(turn);
    }

    /// Handles a timer.
    pub fn timer<M: Host>(&mut self, timer: &Timer, turn: &mut Turn<'_, '_, M>) {
        match timer {
            Timer::CheckHeartbeats => self.check_heartbeats(turn),
            Timer::ReviveOffers => self.revive_at = None,
            Timer::ResubmitFailedStages => {
                for stage in std::mem::take(&mut self.failed) {
                    self.submit_stage(stage, turn);
                }
            }
            Timer::Wake(tag) => turn.notices.push(Notice::Answer { tag: *tag, reply: Ok(Rc::new(())) }),
            Timer::StartJob(job) => self.start_job(*job, turn),
            Timer::SendHeartbeat | Timer::FinishTask(_) | Timer::GiveUpFetching { .. } => {}
        }
        self.offer(turn);
    }

    /// Drops the blocks of RDDs that are no longer persisted.
    pub fn remove_unpersisted<M: Host>(&mut self, turn: &mut Turn<'_, '_, M>) {
        if turn.core.unpersisted.is_empty() {
            return;
        }
        let rdds: Rc<[RddId]> = std::mem::take(&mut turn.core.unpersisted).into();
        rdds.iter().for_each(|rdd| self.locations.remove_rdd(*rdd));
        self.executors.keys().for_each(|executor| turn.effects.send(*executor, Message::RemoveRdds(rdds.clone())));
    }

    /// Drops a receiver's blocks.
    pub fn remove_blocks<M: Host>(&mut self, blocks: &[BlockId], turn: &mut Turn<'_, '_, M>) {
        if blocks.is_empty() {
            return;
        }
        blocks.iter().for_each(|block| self.locations.remove_block(block));
        let blocks: Rc<[BlockId]> = blocks.into();
        self.executors.keys().for_each(|executor| turn.effects.send(*executor, Message::RemoveBlocks(blocks.clone())));
    }

    /// Drops the map outputs of the shuffles from `from` up to, without, `end`: nothing remembered needs them. Should a
    /// lost partition need one after all, it is written again from its lineage.
    pub fn remove_shuffles<M: Host>(&mut self, from: ShuffleId, end: ShuffleId, turn: &mut Turn<'_, '_, M>) {
        self.locations.remove_shuffles(from, end);
        self.executors.keys().for_each(|executor| turn.effects.send(*executor, Message::RemoveShuffles(from, end)));
    }

    /// Drops the checkpoint of an RDD.
    pub fn remove_checkpoint<M: Host>(&mut self, rdd: RddId, turn: &mut Turn<'_, '_, M>) {
        turn.core.to_checkpoint.remove(&rdd);
        if let Some(directory) = turn.core.books.checkpointed.get(&rdd) {
            let prefix: Rc<str> = format!("{directory}/rdd-{rdd}/").into();
            let request = crate::external::FileRequest::Remove { prefixes: vec![prefix] };
            turn.effects.send(turn.setup.file_system, Message::File(request));
            Rc::make_mut(&mut turn.core.books).checkpointed.remove(&rdd);
        }
    }

    /// Executors that are registered, with their cores.
    pub fn executors(&self) -> impl Iterator<Item = (NodeId, u32)> {
        self.executors.iter().map(|(node, info)| (*node, info.cores))
    }

    /// Task slots that are free now.
    pub fn free_cores(&self) -> u32 {
        self.executors.values().map(|info| info.free).sum()
    }

    /// Whether tasks wait for a free core.
    pub fn has_waiting_tasks(&self) -> bool {
        self.sets.values().any(TaskSet::has_pending)
    }

    /// How much it keeps: blocks and shuffles it knows the places of, jobs, stages, sets of tasks, running tasks.
    pub fn kept(&self) -> Vec<usize> {
        let [blocks, shuffles] = self.locations.kept();
        let stages = [self.stages.len(), self.shuffle_stages.len(), self.waiting.len(), self.failed.len()];
        [vec![blocks, shuffles, self.jobs.len()], stages.into(), vec![self.sets.len(), self.running.len()]].concat()
    }

    /// Whether no job is under way.
    pub fn is_idle(&self) -> bool {
        self.jobs.is_empty()
    }
}
