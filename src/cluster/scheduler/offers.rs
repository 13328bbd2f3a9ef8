//! Which task runs where and when: Spark's `TaskSchedulerImpl` and `TaskSetManager`.
//!
//! Free cores are offered to the sets of tasks in the order of their jobs. A task whose inputs lie somewhere waits for
//! a core there for up to `spark.locality.wait`.

use std::any::Any;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::ops::Bound::{Excluded, Unbounded};
use std::rc::Rc;

use super::locations::preferred_executors;
use super::{
    BlockId, Cluster, Event, Host, JobId, Message, NodeId, Notice, StageId, StageKind, TaskId, Time, Timer, Turn,
};
use crate::cluster::messages::{BlockSource, TaskDescription, TaskWork};
use crate::sim::PortableHasher;

/// A task attempt under way.
#[derive(Clone)]
pub(super) struct Running {
    pub job: JobId,
    pub stage: StageId,
    pub partition: u32,
    pub attempt: u32,
    pub executor: NodeId,
}

/// A long-running service, such as a receiver: waiting for a turn, or on one.
#[derive(Clone)]
pub(super) struct ServiceTask {
    payload: Rc<dyn Any>,
    preferred: Option<NodeId>,
    since: Time,
    running: Option<(TaskId, NodeId)>,
}

impl ServiceTask {
    pub fn runs_on(&self, executor: NodeId) -> bool {
        self.running.is_some_and(|(_, node)| node == executor)
    }
}

#[derive(Clone)]
struct PendingTask {
    partition: u32,
    preferred: Vec<NodeId>,
}

/// The tasks of one stage attempt: `TaskSetManager`.
#[derive(Clone)]
pub(super) struct TaskSet {
    pub attempt: u32,
    pending: Vec<PendingTask>,
    failures: BTreeMap<u32, u32>,
    attempts: BTreeMap<u32, u32>,
    /// When a task of this set was last launched: what the locality wait counts from.
    last_launch: Time,
}

impl TaskSet {
    pub fn new(attempt: u32, now: Time) -> Self {
        TaskSet { attempt, pending: Vec::new(), failures: BTreeMap::new(), attempts: BTreeMap::new(), last_launch: now }
    }

    pub fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Counts one more failure of a partition.
    pub fn count_failure(&mut self, partition: u32) -> u32 {
        let failures = self.failures.entry(partition).or_insert(0);
        *failures += 1;
        *failures
    }

    /// The next task for a free core of an executor.
    fn pick(&mut self, executor: NodeId, alive: impl Fn(NodeId) -> bool, waited: bool) -> Option<u32> {
        let fits = |task: &PendingTask| {
            waited || task.preferred.contains(&executor) || !task.preferred.iter().any(|node| alive(*node))
        };
        let best = self.pending.iter().position(|task| task.preferred.contains(&executor));
        let place = best.or_else(|| self.pending.iter().position(fits))?;
        Some(self.pending.remove(place).partition)
    }
}

/// What came of offering cores to a set.
enum Round {
    Launched,
    Nothing,
    /// Inputs were lost: the stage was submitted anew, after those that make them.
    Resubmitted,
}

impl Cluster {
    /// Puts a partition of a set in line, if the set still exists.
    pub(super) fn enqueue<M: Host>(&mut self, key: (JobId, StageId), partition: u32, turn: &mut Turn<'_, '_, M>) {
        let Some(stage) = self.stages.get(&key.1) else { return };
        let inputs = self.locations.inputs(&stage.rdd, partition, &turn.core.books).unwrap_or_default();
        // With one executor any place is the best one.
        let preferred = if turn.setup.executors.len() > 1 { preferred_executors(&inputs).to_vec() } else { Vec::new() };
        if let Some(set) = self.sets.get_mut(&key)
            && set.pending.iter().all(|task| task.partition != partition)
        {
            set.pending.push(PendingTask { partition, preferred });
        }
    }

    /// Asks for a core for a service, best on this executor.
    pub fn start_service<M: Host>(
        &mut self,
        service: u64,
        payload: Rc<dyn Any>,
        preferred: Option<NodeId>,
        turn: &mut Turn<'_, '_, M>,
    ) {
        self.services.insert(service, ServiceTask { payload, preferred, since: turn.effects.now(), running: None });
        self.offer(turn);
    }

    /// Ends a service; its core is free again.
    pub fn stop_service<M: Host>(&mut self, service: u64, turn: &mut Turn<'_, '_, M>) {
        if let Some(ServiceTask { running: Some((task, executor)), .. }) = self.services.remove(&service) {
            if let Some(info) = self.executors.get_mut(&executor) {
                info.free += 1;
            }
            turn.effects.send(executor, Message::KillTask(task));
        }
    }

    /// Where a service runs.
    pub fn service_executor(&self, service: u64) -> Option<NodeId> {
        Some(self.services.get(&service)?.running?.1)
    }

    /// Whether the task was a service; then it is over.
    pub(super) fn service_ended<M: Host>(&mut self, task: TaskId, turn: &mut Turn<'_, '_, M>) -> bool {
        let is_it = |service: &ServiceTask| service.running.is_some_and(|(running, _)| running == task);
        let Some(service) = self.services.iter().find(|(_, service)| is_it(service)).map(|(service, _)| *service)
        else {
            return false;
        };
        if let Some(ServiceTask { running: Some((_, executor)), .. }) = self.services.remove(&service)
            && let Some(info) = self.executors.get_mut(&executor)
        {
            info.free += 1;
        }
        turn.notices.push(Notice::ServiceLost(service));
        true
    }

    /// Gives free cores to what waits, services first.
    pub(super) fn offer<M: Host>(&mut self, turn: &mut Turn<'_, '_, M>) {
        if self.services.values().any(|service| service.running.is_none()) {
            self.place_services(turn);
        }
        // A stage that finds its inputs lost is submitted anew, maybe to a set that was served already.
        while self.offer_to_all(turn) {}
    }

    /// Serves each set in turn. True if a stage was submitted anew.
    fn offer_to_all<M: Host>(&mut self, turn: &mut Turn<'_, '_, M>) -> bool {
        let mut resubmitted = false;
        let mut next = self.sets.keys().next().copied();
        while let Some(key) = next {
            loop {
                match self.offer_round_to(key, turn) {
                    Round::Launched => {}
                    Round::Nothing => break,
                    Round::Resubmitted => {
                        resubmitted = true;
                        break;
                    }
                }
            }
            next = self.sets.range((Excluded(key), Unbounded)).next().map(|(key, _)| *key);
        }
        resubmitted
    }

    fn free_executors(&self) -> Vec<NodeId> {
        let mut free: Vec<NodeId> =
            self.executors.iter().filter(|(_, info)| info.free > 0).map(|(node, _)| *node).collect();
        if !free.is_empty() {
            let first = self.offer_round % free.len();
            free.rotate_left(first);
        }
        free
    }

    fn place_services<M: Host>(&mut self, turn: &mut Turn<'_, '_, M>) {
        let wait = turn.setup.conf.duration("spark.locality.wait");
        let waiting: Vec<(u64, ServiceTask)> = self
            .services
            .iter()
            .filter(|(_, service)| service.running.is_none())
            .map(|(id, service)| (*id, service.clone()))
            .collect();
        for (id, service) in waiting {
            let free = self.free_executors();
            let executor = match service.preferred {
                Some(node) if free.contains(&node) => node,
                Some(_) if turn.effects.now() < service.since + wait => {
                    self.revive(service.since + wait, turn);
                    continue;
                }
                _ => match free.first() {
                    Some(node) => *node,
                    None => continue,
                },
            };
            let task = self.take_core(executor);
            let description = TaskDescription {
                task,
                stage: 0,
                partition: 0,
                attempt: 0,
                seed: turn.setup.seed,
                work: TaskWork::Service { service: id, payload: service.payload },
                inputs: Vec::new(),
                books: turn.core.books.clone(),
            };
            turn.effects.send(executor, Message::LaunchTask(Box::new(description)));
            if let Some(entry) = self.services.get_mut(&id) {
                entry.running = Some((task, executor));
            }
        }
    }

    /// Offers each free core once to a set.
    fn offer_round_to<M: Host>(&mut self, key: (JobId, StageId), turn: &mut Turn<'_, '_, M>) -> Round {
        if !self.sets.get(&key).is_some_and(TaskSet::has_pending) {
            return Round::Nothing;
        }
        let wait = turn.setup.conf.duration("spark.locality.wait");
        let mut launched = false;
        for executor in self.free_executors() {
            let executors = &self.executors;
            let Some(set) = self.sets.get_mut(&key).filter(|set| set.has_pending()) else { break };
            let waited = turn.effects.now() >= set.last_launch + wait;
            match set.pick(executor, |node| executors.contains_key(&node), waited) {
                Some(partition) => {
                    let Some(stage) = self.stages.get(&key.1) else { return Round::Nothing };
                    let Ok(inputs) = self.locations.inputs(&stage.rdd, partition, &turn.core.books) else {
                        self.inputs_lost(key, turn);
                        return Round::Resubmitted;
                    };
                    self.launch_task(key, partition, executor, inputs, turn);
                    launched = true;
                }
                None => {
                    let until = set.last_launch + wait;
                    self.revive(until, turn);
                }
            }
        }
        self.offer_round += usize::from(launched);
        if launched { Round::Launched } else { Round::Nothing }
    }

    fn launch_task<M: Host>(
        &mut self,
        key: (JobId, StageId),
        partition: u32,
        executor: NodeId,
        inputs: Vec<(BlockId, BlockSource)>,
        turn: &mut Turn<'_, '_, M>,
    ) {
        let Some(stage) = self.stages.get(&key.1) else { return };
        let work = match (&stage.kind, self.jobs.get(&key.0)) {
            (StageKind::ShuffleMap(shuffle), _) => TaskWork::ShuffleMap(shuffle.clone()),
            (StageKind::Result, Some(job)) => {
                TaskWork::Result { rdd: job.spec.rdd.clone(), work: job.spec.work.clone() }
            }
            (StageKind::Result, None) => return,
        };
        let Some(set) = self.sets.get_mut(&key) else { return };
        set.last_launch = turn.effects.now();
        let attempts = set.attempts.entry(partition).or_insert(0);
        let attempt = *attempts;
        *attempts += 1;
        let stage_attempt = set.attempt;
        let task = self.take_core(executor);
        let description = TaskDescription {
            task,
            stage: key.1.0,
            partition,
            attempt,
            seed: task_seed(turn.setup.seed, key, partition),
            work,
            inputs,
            books: turn.core.books.clone(),
        };
        turn.effects.send(executor, Message::LaunchTask(Box::new(description)));
        turn.effects.emit(Event::TaskStarted {
            task: task.0,
            stage: key.1.0,
            stage_attempt,
            partition,
            attempt,
            executor: turn.setup.name(executor),
        });
        self.running.insert(task, Running { job: key.0, stage: key.1, partition, attempt, executor });
    }

    /// Takes a core of an executor for the next task.
    fn take_core(&mut self, executor: NodeId) -> TaskId {
        if let Some(info) = self.executors.get_mut(&executor) {
            info.free = info.free.saturating_sub(1);
        }
        self.next_task += 1;
        TaskId(self.next_task - 1)
    }

    fn revive<M: Host>(&mut self, at: Time, turn: &mut Turn<'_, '_, M>) {
        if self.revive_at.is_none_or(|planned| at < planned) {
            self.revive_at = Some(at);
            turn.effects.wake_at(at, Timer::ReviveOffers);
        }
    }
}

/// What a task's own randomness is seeded with: the same for every attempt of a partition.
fn task_seed(seed: u64, (job, stage): (JobId, StageId), partition: u32) -> u64 {
    let mut hasher = PortableHasher::default();
    (seed, job, stage, partition).hash(&mut hasher);
    hasher.finish()
}
