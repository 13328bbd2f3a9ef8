//! Stages: which partitions are missing, what must come before, and what to do when a task ends.

use std::any::Any;
use std::rc::Rc;

use super::offers::Running;
use super::{Cluster, Event, Host, JobId, NodeId, StageId, StageKind, TaskId, Timer, Turn};
use crate::cluster::ids::{AccumulatorId, BlockId};
use crate::cluster::messages::TaskEnd;
use crate::cluster::rdd::ShuffleDependency;
use crate::cluster::task::TaskError;
use crate::sim::Duration;
use crate::trace::TaskOutcome;

/// How long the driver gathers fetch failures before it submits the stages again: `RESUBMIT_TIMEOUT`.
const RESUBMIT_TIMEOUT: Duration = Duration::millis(200);

impl Cluster {
    /// Submits a stage, or first those it waits for.
    pub(super) fn submit_stage<M: Host>(&mut self, stage: StageId, turn: &mut Turn<'_, '_, M>) {
        let mut to_submit = vec![stage];
        while let Some(stage) = to_submit.pop() {
            let Some(entry) = self.stages.get(&stage) else { continue };
            if self.waiting.contains(&stage) || self.sets.keys().any(|(_, running)| *running == stage) {
                continue;
            }
            let partitions = self.missing_partitions(stage);
            let missing = self.locations.missing_shuffles(&entry.rdd, &partitions, &turn.core.books);
            if missing.is_empty() {
                self.submit_missing_tasks(stage, &partitions, turn);
                continue;
            }
            let Some(job) = entry.jobs.first().copied() else { continue };
            self.waiting.insert(stage);
            // Last in, first out: so the shuffles are run in the order of the dependencies.
            to_submit.extend(missing.into_iter().rev().map(|shuffle| self.map_stage(shuffle, job)));
        }
    }

    fn map_stage(&mut self, shuffle: Rc<ShuffleDependency>, job: JobId) -> StageId {
        match self.shuffle_stages.get(&shuffle.id) {
            Some(stage) => {
                if let Some(entry) = self.stages.get_mut(stage) {
                    entry.jobs.insert(job);
                }
                *stage
            }
            None => self.new_stage(shuffle.parent.clone(), StageKind::ShuffleMap(shuffle), job),
        }
    }

    /// Partitions of a stage that have no result yet.
    fn missing_partitions(&self, stage: StageId) -> Vec<u32> {
        let Some(entry) = self.stages.get(&stage) else { return Vec::new() };
        match &entry.kind {
            StageKind::ShuffleMap(shuffle) => self.locations.missing_outputs(shuffle),
            StageKind::Result => {
                let Some(job) = entry.jobs.first().and_then(|job| self.jobs.get(job)) else { return Vec::new() };
                let unfinished = job.spec.partitions.iter().zip(&job.results).filter(|(_, result)| result.is_none());
                unfinished.map(|(partition, _)| *partition).collect()
            }
        }
    }

    fn submit_missing_tasks<M: Host>(&mut self, stage: StageId, partitions: &[u32], turn: &mut Turn<'_, '_, M>) {
        let Some(entry) = self.stages.get_mut(&stage) else { return };
        let Some(job) = entry.jobs.first().copied() else { return };
        let attempt = entry.attempts;
        entry.attempts += 1;
        let name = entry.rdd.name.clone();
        turn.effects.emit(Event::StageSubmitted { stage: stage.0, attempt, tasks: partitions.len() as u32, name });
        self.sets.insert((job, stage), super::TaskSet::new(attempt, turn.effects.now()));
        partitions.iter().for_each(|partition| self.enqueue((job, stage), *partition, turn));
        if partitions.is_empty() {
            self.map_stage_ended(job, stage, turn);
        }
    }

    /// An executor reports the end of a task attempt.
    pub(super) fn task_ended<M: Host>(
        &mut self,
        task: TaskId,
        end: TaskEnd,
        updates: &[(AccumulatorId, Rc<dyn Any>)],
        turn: &mut Turn<'_, '_, M>,
    ) {
        if self.service_ended(task, turn) {
            return;
        }
        let Some(running) = self.running.remove(&task) else { return };
        if let Some(executor) = self.executors.get_mut(&running.executor) {
            executor.free += 1;
        }
        match end {
            TaskEnd::Mapped => {
                self.emit_task_ended(task, &running, TaskOutcome::Success, turn);
                updates.iter().for_each(|(accumulator, update)| turn.core.merge(*accumulator, update));
                self.map_task_succeeded(&running, turn);
            }
            TaskEnd::Result(result) => {
                self.emit_task_ended(task, &running, TaskOutcome::Success, turn);
                if self.is_wanted(&running) {
                    updates.iter().for_each(|(accumulator, update)| turn.core.merge(*accumulator, update));
                }
                self.result_arrived(running.job, running.partition, result, turn);
            }
            TaskEnd::Failed(TaskError::MissingBlock(block @ BlockId::Rdd { .. })) => {
                // Its holder has it no more: plan again, from the lineage.
                self.locations.remove_block(&block);
                let outcome = TaskOutcome::FetchFailed(block.to_string());
                self.emit_task_ended(task, &running, outcome, turn);
                self.enqueue((running.job, running.stage), running.partition, turn);
            }
            TaskEnd::Failed(error) => {
                let outcome = TaskOutcome::ExceptionFailure(error.to_string());
                self.emit_task_ended(task, &running, outcome, turn);
                self.attempt_failed(task, &running, &format!("{}: {error}", error.class()), turn);
            }
            TaskEnd::FetchFailed(from) => {
                let outcome = TaskOutcome::FetchFailed(turn.setup.name(from).to_string());
                self.emit_task_ended(task, &running, outcome, turn);
                self.locations.forget_computed(from);
                self.fetch_failed(&running, from, turn);
            }
        }
    }

    /// Whether a result of this task still counts: accumulators are updated once a partition of a result stage.
    fn is_wanted(&self, running: &Running) -> bool {
        self.jobs.get(&running.job).is_some_and(|job| {
            let place = job.spec.partitions.iter().position(|partition| *partition == running.partition);
            place.is_some_and(|place| job.results[place].is_none())
        })
    }

    fn map_task_succeeded<M: Host>(&mut self, running: &Running, turn: &mut Turn<'_, '_, M>) {
        let Some(StageKind::ShuffleMap(shuffle)) = self.stages.get(&running.stage).map(|stage| stage.kind.clone())
        else {
            return;
        };
        if self.executors.contains_key(&running.executor) {
            self.locations.add_output(&shuffle, running.partition, running.executor);
        }
        let ended = self.sets.get(&(running.job, running.stage)).is_some_and(|set| !set.has_pending())
            && self.running.values().all(|other| other.stage != running.stage);
        if ended {
            self.map_stage_ended(running.job, running.stage, turn);
        }
    }

    /// All tasks of a map stage have ended: go on with the stages that wait for it, or again for what is missing.
    fn map_stage_ended<M: Host>(&mut self, job: JobId, stage: StageId, turn: &mut Turn<'_, '_, M>) {
        let Some(set) = self.sets.remove(&(job, stage)) else { return };
        turn.effects.emit(Event::StageCompleted { stage: stage.0, attempt: set.attempt });
        if !self.missing_partitions(stage).is_empty() {
            return self.submit_stage(stage, turn);
        }
        if let Some(entry) = self.stages.get_mut(&stage) {
            entry.fetch_failures = 0;
        }
        for waiting in std::mem::take(&mut self.waiting) {
            self.submit_stage(waiting, turn);
        }
    }

    /// A task attempt failed: its partition waits again, or the job fails if that happened too often.
    pub(super) fn attempt_failed<M: Host>(
        &mut self,
        task: TaskId,
        running: &Running,
        error: &str,
        turn: &mut Turn<'_, '_, M>,
    ) {
        let key = (running.job, running.stage);
        let Some(set) = self.sets.get_mut(&key) else { return };
        let failures = set.count_failure(running.partition);
        if failures < turn.setup.max_task_failures() {
            return self.enqueue(key, running.partition, turn);
        }
        let (stage, stage_attempt, executor) = (running.stage, set.attempt, turn.setup.name(running.executor));
        let (partition, attempt) = (running.partition, running.attempt);
        let message = format!(
            "Job aborted due to stage failure: Task {partition} in stage {stage}.{stage_attempt} failed {failures} \
             times, most recent failure: Lost task {partition}.{attempt} in stage {stage}.{stage_attempt} \
             (TID {task}) ({executor}): {error}"
        );
        self.abort_stage(stage, message, turn);
    }

    fn abort_stage<M: Host>(&mut self, stage: StageId, message: String, turn: &mut Turn<'_, '_, M>) {
        let Some(jobs) = self.stages.get(&stage).map(|stage| stage.jobs.clone()) else { return };
        for job in jobs {
            self.abort_job(job, "org.apache.spark.SparkException", message.clone(), turn);
        }
    }

    /// A reduce task could not read map outputs: its stage stops, and starts again once the maps have run again.
    fn fetch_failed<M: Host>(&mut self, running: &Running, from: NodeId, turn: &mut Turn<'_, '_, M>) {
        let Some(set) = self.sets.remove(&(running.job, running.stage)) else { return };
        let reason = format!("FetchFailed: blocks on {} can't be read", turn.setup.name(from));
        turn.effects.emit(Event::StageFailed { stage: running.stage.0, attempt: set.attempt, reason: reason.clone() });
        let Some(stage) = self.stages.get_mut(&running.stage) else { return };
        stage.fetch_failures += 1;
        let allowed = turn.setup.conf.count("spark.stage.maxConsecutiveAttempts").max(1);
        if stage.fetch_failures >= allowed {
            let message = format!(
                "Job aborted due to stage failure: Stage {} ({}) has failed the maximum allowable number of times: \
                 {allowed}. Most recent failure reason: {reason}",
                running.stage, stage.rdd.name
            );
            return self.abort_stage(running.stage, message, turn);
        }
        if self.failed.is_empty() {
            turn.effects.wake_after(RESUBMIT_TIMEOUT, Timer::ResubmitFailedStages);
        }
        self.failed.insert(running.stage);
    }

    /// A task can't be launched since map outputs it needs went missing: as if its fetch had failed.
    pub(super) fn inputs_lost<M: Host>(&mut self, key: (JobId, StageId), turn: &mut Turn<'_, '_, M>) {
        if self.sets.remove(&key).is_some() {
            self.submit_stage(key.1, turn);
        }
    }

    pub(super) fn emit_task_ended<M: Host>(
        &self,
        task: TaskId,
        running: &Running,
        outcome: TaskOutcome,
        turn: &mut Turn<'_, '_, M>,
    ) {
        turn.effects.emit(Event::TaskEnded {
            task: task.0,
            stage: running.stage.0,
            partition: running.partition,
            attempt: running.attempt,
            executor: turn.setup.name(running.executor),
            outcome,
        });
    }
}
