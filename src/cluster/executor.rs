//! An executor: it fetches the inputs of its tasks, computes them on its cores and keeps blocks.
//!
//! A task computes its real result as soon as its inputs are there; how long that takes in virtual time comes from
//! the cost model, and only then is the result reported.

use std::any::Any;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::block::{Block, BlockStore, StorageLevel};
use super::ids::{BlockId, TaskId};
use super::messages::{BlockSource, Message, StoredBlock, TaskDescription, TaskEnd, TaskWork, Timer};
use super::scheduler::Host;
use super::setup::Setup;
use super::task::{TaskContext, TaskError, TaskInfo};
use crate::external::{FileData, FileReply, FileRequest};
use crate::sim::{Effects, NodeId};

/// What an executor tells the room above it.
pub enum ExecutorNotice {
    /// A service was given a core here.
    StartService { payload: Rc<dyn Any>, task: TaskId },
    /// A service is to end.
    StopService(TaskId),
    /// The copy of a block stored by [`Executor::store`] is safe.
    Replicated(BlockId),
    /// The driver had given it up; it has begun anew.
    Reset,
    /// These executors are left.
    Peers(Rc<[NodeId]>),
}

#[derive(Clone)]
struct RunningTask {
    description: Rc<TaskDescription>,
    /// Inputs that were asked for and have not come, with the executor that was asked; none for the file system.
    awaited: BTreeMap<BlockId, Option<NodeId>>,
    inputs: BTreeMap<BlockId, Block>,
    /// Set once computed: what to report, and the files that must be written before.
    finished: Option<Box<Message>>,
    writes: Vec<super::task::FileWrite>,
    unwritten: usize,
}

/// An executor's state; all of it is lost in a crash.
#[derive(Clone, Default)]
pub struct Executor {
    blocks: BlockStore,
    tasks: BTreeMap<TaskId, RunningTask>,
    peers: Rc<[NodeId]>,
}

impl Executor {
    /// Starts an executor: it registers with the driver.
    pub fn start<M: Host>(setup: &Setup, effects: &mut Effects<'_, M>) -> Self {
        register(setup, effects);
        effects.wake_after(setup.conf.duration("spark.executor.heartbeatInterval"), Timer::SendHeartbeat);
        Executor::default()
    }

    /// The blocks it holds.
    pub fn blocks(&self) -> &BlockStore {
        &self.blocks
    }

    /// Handles a message.
    pub fn message<M: Host>(
        &mut self,
        from: NodeId,
        message: Message,
        setup: &Setup,
        effects: &mut Effects<'_, M>,
    ) -> Option<ExecutorNotice> {
        match message {
            Message::Registered { peers } => {
                self.peers = peers.clone();
                return Some(ExecutorNotice::Peers(peers));
            }
            Message::LaunchTask(description) => {
                if let TaskWork::Service { payload, .. } = description.work {
                    return Some(ExecutorNotice::StartService { payload, task: description.task });
                }
                self.launch(*description, setup, effects);
            }
            Message::KillTask(task) => return Some(ExecutorNotice::StopService(task)),
            Message::Unknown => {
                *self = Executor::default();
                register(setup, effects);
                return Some(ExecutorNotice::Reset);
            }
            Message::RemoveRdds(rdds) => rdds.iter().for_each(|rdd| self.blocks.remove_rdd(*rdd)),
            Message::RemoveBlocks(blocks) => blocks.iter().for_each(|block| {
                self.blocks.remove(block);
            }),
            Message::RemoveShuffles(from, end) => self.blocks.remove_shuffles(from, end),
            Message::FetchBlocks { task, blocks } => {
                let blocks = blocks.into_iter().map(|id| (id, self.blocks.get(&id).cloned())).collect();
                effects.send(from, Message::Fetched { task, blocks });
            }
            Message::Fetched { task, blocks } => {
                for (id, block) in blocks {
                    match block {
                        Some(block) => self.fetched(task, id, block, setup, effects),
                        None => self.fetch_elsewhere(task, id, from, setup, effects),
                    }
                }
            }
            Message::Replicate { id, block, level } => {
                let stored = StoredBlock { id, records: block.records, level };
                self.blocks.put(id, block);
                effects.send(setup.driver, Message::BlockStored(stored));
                effects.send(from, Message::Replicated(id));
            }
            Message::Replicated(id) => return Some(ExecutorNotice::Replicated(id)),
            Message::FileReply(reply) => self.file_reply(reply, setup, effects),
            // What only drivers are told.
            Message::RegisterExecutor { .. }
            | Message::Heartbeat
            | Message::StatusUpdate { .. }
            | Message::BlockStored(_)
            | Message::File(_) => {}
        }
        None
    }

    /// Handles a timer of the cluster's.
    pub fn timer<M: Host>(&mut self, timer: &Timer, setup: &Setup, effects: &mut Effects<'_, M>) {
        match timer {
            Timer::SendHeartbeat => {
                effects.send(setup.driver, Message::Heartbeat);
                effects.wake_after(setup.conf.duration("spark.executor.heartbeatInterval"), Timer::SendHeartbeat);
            }
            Timer::FinishTask(task) => self.finish(*task, setup, effects),
            Timer::GiveUpFetching { task, from } => {
                let late = self.tasks.get(task).map(|running| running.awaited_from(*from)).unwrap_or_default();
                late.into_iter().for_each(|id| self.fetch_elsewhere(*task, id, *from, setup, effects));
            }
            _ => {}
        }
    }

    /// A peer's connection was closed. Fetches from it are tried again as Spark's block transfer does, then given up.
    pub fn peer_down<M: Host>(&mut self, peer: NodeId, setup: &Setup, effects: &mut Effects<'_, M>) {
        if peer == setup.driver {
            *self = Executor::default();
            return;
        }
        let patience = setup.conf.duration("spark.shuffle.io.retryWait")
            * u64::from(setup.conf.count("spark.shuffle.io.maxRetries"));
        let waiting = self.tasks.iter().filter(|(_, task)| !task.awaited_from(peer).is_empty());
        for (task, _) in waiting {
            effects.wake_after(patience, Timer::GiveUpFetching { task: *task, from: peer });
        }
    }

    /// Stores a block that a service here has made, and copies it to another executor if its level says so.
    ///
    /// Returns the node that the copy was sent to; the driver learns of each copy from its holder.
    pub fn store<M: Host>(
        &mut self,
        id: BlockId,
        block: Block,
        level: StorageLevel,
        setup: &Setup,
        effects: &mut Effects<'_, M>,
    ) -> Option<NodeId> {
        effects.send(setup.driver, Message::BlockStored(StoredBlock { id, records: block.records, level }));
        let copy = self.replicate(id, &block, level, effects);
        self.blocks.put(id, block);
        copy
    }

    /// Sends a copy to the next executor after this one, for levels with two replicas.
    fn replicate<M: Host>(
        &self,
        id: BlockId,
        block: &Block,
        level: StorageLevel,
        effects: &mut Effects<'_, M>,
    ) -> Option<NodeId> {
        if level.replication < 2 {
            return None;
        }
        let own_place = self.peers.iter().position(|peer| *peer == effects.node())?;
        let peer = self.peers[(own_place + 1) % self.peers.len()];
        if peer == effects.node() {
            return None;
        }
        effects.push(crate::sim::Effect::Link(peer));
        effects.send(peer, Message::Replicate { id, block: block.clone(), level });
        Some(peer)
    }

    fn launch<M: Host>(&mut self, description: TaskDescription, setup: &Setup, effects: &mut Effects<'_, M>) {
        let task = description.task;
        let mut inputs = BTreeMap::new();
        let mut wanted: BTreeMap<NodeId, Vec<BlockId>> = BTreeMap::new();
        let mut files = Vec::new();
        let mut awaited = BTreeMap::new();
        for (id, source) in &description.inputs {
            if let Some(block) = self.blocks.get(id) {
                inputs.insert(*id, block.clone());
                continue;
            }
            match source {
                BlockSource::Executors(holders) => match holders.iter().find(|holder| **holder != effects.node()) {
                    Some(holder) => {
                        wanted.entry(*holder).or_default().push(*id);
                        awaited.insert(*id, Some(*holder));
                    }
                    // Nobody has it: who reads it fails, with an error that names the RDD.
                    None if id.is_input() => {}
                    None => return report_failure(task, not_there(*id, effects.node()), setup, effects),
                },
                BlockSource::File(path) => {
                    files.push(path.clone());
                    awaited.insert(*id, None);
                }
            }
        }
        for path in files {
            let request = FileRequest::Read { token: task.0, paths: vec![path] };
            effects.send(setup.file_system, Message::File(request));
        }
        for (holder, blocks) in wanted {
            effects.push(crate::sim::Effect::Link(holder));
            effects.send(holder, Message::FetchBlocks { task, blocks });
        }
        let running = RunningTask {
            description: Rc::new(description),
            awaited,
            inputs,
            finished: None,
            writes: Vec::new(),
            unwritten: 0,
        };
        self.tasks.insert(task, running);
        self.compute_if_ready(task, setup, effects);
    }

    fn fetched<M: Host>(
        &mut self,
        task: TaskId,
        id: BlockId,
        block: Block,
        setup: &Setup,
        effects: &mut Effects<'_, M>,
    ) {
        let Some(running) = self.tasks.get_mut(&task) else { return };
        if running.awaited.remove(&id).is_some() {
            running.inputs.insert(id, block);
            self.compute_if_ready(task, setup, effects);
        }
    }

    /// A block can't be had from an executor: the next of its holders is asked, and after the last the task fails.
    fn fetch_elsewhere<M: Host>(
        &mut self,
        task: TaskId,
        id: BlockId,
        from: NodeId,
        setup: &Setup,
        effects: &mut Effects<'_, M>,
    ) {
        let Some(running) = self.tasks.get_mut(&task) else { return };
        if running.awaited.get(&id) != Some(&Some(from)) {
            return;
        }
        match running.holder_after(&id, from, effects.node()) {
            Some(holder) => {
                running.awaited.insert(id, Some(holder));
                effects.push(crate::sim::Effect::Link(holder));
                effects.send(holder, Message::FetchBlocks { task, blocks: vec![id] });
            }
            None => {
                self.tasks.remove(&task);
                report_failure(task, not_there(id, from), setup, effects);
            }
        }
    }

    fn file_reply<M: Host>(&mut self, reply: FileReply, setup: &Setup, effects: &mut Effects<'_, M>) {
        match reply {
            FileReply::Done { token } => self.written(TaskId(token), setup, effects),
            FileReply::Contents { token, contents } => {
                let task = TaskId(token);
                let Some(running) = self.tasks.get(&task) else { return };
                // Only checkpointed partitions are read so, one a request, in the order of asking.
                let next = running.awaited.iter().find(|(_, from)| from.is_none()).map(|(id, _)| *id);
                let Some(id) = next else { return };
                let block = contents.into_iter().flatten().find_map(|data| match data {
                    FileData::Object(object) => object.downcast_ref::<Block>().cloned(),
                    FileData::Lines(_) => None,
                });
                match block {
                    Some(block) => self.fetched(task, id, block, setup, effects),
                    None => {
                        self.tasks.remove(&task);
                        report_failure(task, TaskEnd::Failed(TaskError::MissingBlock(id)), setup, effects);
                    }
                }
            }
            FileReply::Listed { .. } | FileReply::Created { .. } => {}
        }
    }

    fn compute_if_ready<M: Host>(&mut self, task: TaskId, setup: &Setup, effects: &mut Effects<'_, M>) {
        let Some(running) = self.tasks.get_mut(&task) else { return };
        if !running.awaited.is_empty() {
            return;
        }
        let description = running.description.clone();
        let info = TaskInfo {
            task,
            stage: description.stage,
            partition: description.partition,
            attempt: description.attempt,
            now: effects.now(),
            seed: description.seed,
        };
        let inputs = std::mem::take(&mut running.inputs);
        let mut context = TaskContext::new(info, description.books.clone(), inputs);
        let end = self.compute(&description, &mut context);
        let cost = setup.costs.of_task(context.records, effects) + context.slept;
        let stored = context.puts.iter().map(|(id, block, level)| StoredBlock {
            id: *id,
            records: block.records,
            level: *level,
        });
        let (stored, failed) = (stored.collect(), matches!(end, TaskEnd::Failed(_)));
        if let Some(running) = self.tasks.get_mut(&task) {
            running.finished = Some(Box::new(Message::StatusUpdate {
                task,
                end,
                updates: if failed { Vec::new() } else { context.updates },
                stored,
                printed: context.printed,
            }));
            running.writes = if failed { Vec::new() } else { context.writes };
        }
        for (id, block, level) in context.puts {
            self.replicate(id, &block, level, effects);
            self.blocks.put(id, block);
        }
        effects.wake_after(cost, Timer::FinishTask(task));
    }

    fn compute(&mut self, description: &TaskDescription, context: &mut TaskContext) -> TaskEnd {
        match &description.work {
            TaskWork::ShuffleMap(shuffle) => match shuffle.buckets(description.partition, context) {
                Ok(buckets) => {
                    for (reduce, block) in (0..).zip(buckets) {
                        context.count_records(block.records);
                        let id = BlockId::Shuffle { shuffle: shuffle.id, map: description.partition, reduce };
                        self.blocks.put(id, block);
                    }
                    TaskEnd::Mapped
                }
                Err(error) => TaskEnd::Failed(error),
            },
            TaskWork::Result { rdd, work } => match work(rdd, description.partition, context) {
                Ok(result) => TaskEnd::Result(result),
                Err(error) => TaskEnd::Failed(error),
            },
            TaskWork::Service { .. } => TaskEnd::Mapped,
        }
    }

    fn finish<M: Host>(&mut self, task: TaskId, setup: &Setup, effects: &mut Effects<'_, M>) {
        let Some(running) = self.tasks.get_mut(&task) else { return };
        let writes = std::mem::take(&mut running.writes);
        running.unwritten = writes.len();
        for write in writes {
            let request = FileRequest::Write { token: task.0, path: write.path, data: write.data };
            effects.send(setup.file_system, Message::File(request));
        }
        self.report_if_done(task, setup, effects);
    }

    fn written<M: Host>(&mut self, task: TaskId, setup: &Setup, effects: &mut Effects<'_, M>) {
        if let Some(running) = self.tasks.get_mut(&task) {
            running.unwritten = running.unwritten.saturating_sub(1);
            self.report_if_done(task, setup, effects);
        }
    }

    fn report_if_done<M: Host>(&mut self, task: TaskId, setup: &Setup, effects: &mut Effects<'_, M>) {
        if self.tasks.get(&task).is_some_and(|running| running.unwritten == 0 && running.finished.is_some())
            && let Some(message) = self.tasks.remove(&task).and_then(|running| running.finished)
        {
            effects.send(setup.driver, *message);
        }
    }
}

impl RunningTask {
    fn awaited_from(&self, peer: NodeId) -> Vec<BlockId> {
        self.awaited.iter().filter(|(_, from)| **from == Some(peer)).map(|(id, _)| *id).collect()
    }

    /// Who else was said to hold a block.
    fn holder_after(&self, id: &BlockId, from: NodeId, own: NodeId) -> Option<NodeId> {
        let (_, source) = self.description.inputs.iter().find(|(input, _)| input == id)?;
        let BlockSource::Executors(holders) = source else { return None };
        holders.iter().skip_while(|holder| **holder != from).skip(1).find(|holder| **holder != own).copied()
    }
}

fn register<M: Host>(setup: &Setup, effects: &mut Effects<'_, M>) {
    effects.send(setup.driver, Message::RegisterExecutor { cores: setup.cores, since: effects.now() });
}

/// What it means that a block is not where it was said to be.
fn not_there(id: BlockId, from: NodeId) -> TaskEnd {
    match id {
        BlockId::Shuffle { .. } => TaskEnd::FetchFailed(from),
        _ => TaskEnd::Failed(TaskError::MissingBlock(id)),
    }
}

fn report_failure<M: Host>(task: TaskId, end: TaskEnd, setup: &Setup, effects: &mut Effects<'_, M>) {
    let message = Message::StatusUpdate { task, end, updates: Vec::new(), stored: Vec::new(), printed: Vec::new() };
    effects.send(setup.driver, message);
}
