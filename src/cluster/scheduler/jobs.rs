//! Jobs: from an action to its reply.

use std::any::Any;
use std::collections::BTreeSet;
use std::rc::Rc;

use super::locations::checkpoint_path;
use super::{
    Cluster, Core, Event, Host, Job, JobId, JobSpec, Message, Notice, Purpose, Stage, StageId, StageKind, Timer, Turn,
};
use crate::cluster::driver::{DriverError, Request};
use crate::cluster::ids::BlockId;
use crate::cluster::rdd::{Dependency, RddNode};
use crate::external::{FileReply, FileRequest};
use crate::trace::FailureReason;

impl Cluster {
    /// Does what driver code asks for; [`Notice::Answer`] with its tag follows, at once or later.
    pub fn request<M: Host>(&mut self, tag: u64, request: Request, batch: Option<u64>, turn: &mut Turn<'_, '_, M>) {
        let token = tag;
        let file_request = match request {
            Request::Job(spec) if spec.partitions.is_empty() && spec.commit.is_none() => {
                let reply = Ok(Rc::new(Vec::<Rc<dyn Any>>::new()) as Rc<dyn Any>);
                return turn.notices.push(Notice::Answer { tag, reply });
            }
            Request::Job(spec) => return self.launch(Purpose::Action { tag }, spec, batch, turn),
            Request::Sleep(span) => return turn.effects.wake_after(span, Timer::Wake(tag)),
            Request::ListFiles(pattern) => FileRequest::List { token, pattern },
            Request::ReadFiles(paths) => FileRequest::Read { token, paths },
            Request::CreateFiles { files, overwrite } => FileRequest::Create { token, files, overwrite },
            Request::RemoveFiles(prefixes) => {
                turn.notices.push(Notice::Answer { tag, reply: Ok(Rc::new(())) });
                FileRequest::Remove { prefixes }
            }
            Request::Host(_) => {
                let reply = Err(DriverError::illegal_state("this can only be called from the main function"));
                return turn.notices.push(Notice::Answer { tag, reply });
            }
        };
        turn.effects.send(turn.setup.file_system, Message::File(file_request));
    }

    pub(super) fn file_reply<M: Host>(&mut self, reply: FileReply, turn: &mut Turn<'_, '_, M>) {
        let (tag, answer): (u64, Rc<dyn Any>) = match reply {
            FileReply::Done { token } => return self.results_complete(JobId(token as u32), turn),
            FileReply::Listed { token, files } => (token, Rc::new(files)),
            FileReply::Created { token, created } => (token, Rc::new(created)),
            FileReply::Contents { token, contents } => (token, Rc::new(contents)),
        };
        turn.notices.push(Notice::Answer { tag, reply: Ok(answer) });
    }

    fn launch<M: Host>(&mut self, purpose: Purpose, spec: JobSpec, batch: Option<u64>, turn: &mut Turn<'_, '_, M>) {
        let job = JobId(self.next_job);
        self.next_job += 1;
        let final_stage = self.new_stage(spec.rdd.clone(), StageKind::Result, job);
        let results = vec![None; spec.partitions.len()];
        turn.effects.emit(Event::JobStarted { job: job.0, stages: vec![final_stage.0], batch });
        self.jobs.insert(job, Job { purpose, spec, batch, final_stage, results, to_checkpoint: None });
        if turn.setup.costs.job.0 == 0 {
            self.start_job(job, turn);
            self.offer(turn);
        } else {
            turn.effects.wake_after(turn.setup.costs.job, Timer::StartJob(job));
        }
    }

    pub(super) fn start_job<M: Host>(&mut self, job: JobId, turn: &mut Turn<'_, '_, M>) {
        let Some(entry) = self.jobs.get(&job) else { return };
        if entry.spec.partitions.is_empty() {
            return self.commit(job, turn);
        }
        self.submit_stage(entry.final_stage, turn);
    }

    pub(super) fn new_stage(&mut self, rdd: Rc<RddNode>, kind: StageKind, job: JobId) -> StageId {
        let stage = StageId(self.next_stage);
        self.next_stage += 1;
        if let StageKind::ShuffleMap(shuffle) = &kind {
            self.shuffle_stages.insert(shuffle.id, stage);
        }
        self.stages.insert(stage, Stage { rdd, kind, jobs: BTreeSet::from([job]), attempts: 0, fetch_failures: 0 });
        stage
    }

    /// A partition's result is there. The first one counts.
    pub(super) fn result_arrived<M: Host>(
        &mut self,
        job: JobId,
        partition: u32,
        result: Rc<dyn Any>,
        turn: &mut Turn<'_, '_, M>,
    ) {
        let Some(entry) = self.jobs.get_mut(&job) else { return };
        let Some(place) = entry.spec.partitions.iter().position(|wanted| *wanted == partition) else { return };
        entry.results[place].get_or_insert(result);
        if entry.results.iter().any(Option::is_none) {
            return;
        }
        let stage = entry.final_stage;
        let commits = entry.spec.commit.is_some();
        if let Some(set) = self.sets.remove(&(job, stage)) {
            turn.effects.emit(Event::StageCompleted { stage: stage.0, attempt: set.attempt });
        }
        if commits {
            self.commit(job, turn);
        } else {
            self.results_complete(job, turn);
        }
    }

    fn commit<M: Host>(&self, job: JobId, turn: &mut Turn<'_, '_, M>) {
        if let Some(directory) = self.jobs.get(&job).and_then(|entry| entry.spec.commit.clone()) {
            let request = FileRequest::Commit { token: job.0.into(), directory };
            turn.effects.send(turn.setup.file_system, Message::File(request));
        }
    }

    /// The job has succeeded; RDDs it computed that are marked for checkpointing are written before its action
    /// returns, as in Spark's `runJob`.
    pub(super) fn results_complete<M: Host>(&mut self, job: JobId, turn: &mut Turn<'_, '_, M>) {
        let Some(entry) = self.jobs.get_mut(&job) else { return };
        if entry.to_checkpoint.is_none() {
            turn.effects.emit(Event::JobSucceeded { job: job.0 });
        }
        let marked = entry.to_checkpoint.get_or_insert_with(|| marked_for_checkpoint(&entry.spec.rdd, turn.core));
        match (marked.pop(), turn.core.checkpoint_directory.clone()) {
            (Some(rdd), Some(directory)) => {
                turn.core.to_checkpoint.remove(&rdd.id);
                let purpose = Purpose::Checkpoint { of: job, rdd: rdd.id, directory: directory.clone() };
                let batch = entry.batch;
                self.launch(purpose, checkpoint_spec(rdd, directory), batch, turn);
            }
            _ => self.end_job(job, None, turn),
        }
    }

    /// The job can't succeed.
    pub(super) fn abort_job<M: Host>(&mut self, job: JobId, class: &str, message: String, turn: &mut Turn<'_, '_, M>) {
        let reason = FailureReason { class: class.into(), message: message.clone() };
        turn.effects.emit(Event::JobFailed { job: job.0, reason });
        self.end_job(job, Some(DriverError::failed(class, message)), turn);
    }

    /// `SparkContext.stop`: what runs is cancelled.
    pub fn shut_down<M: Host>(&mut self, turn: &mut Turn<'_, '_, M>) {
        while let Some((job, _)) = self.jobs.first_key_value() {
            let job = *job;
            let message = format!("Job {job} cancelled because SparkContext was shut down");
            self.abort_job(job, "org.apache.spark.SparkException", message, turn);
        }
    }

    fn end_job<M: Host>(&mut self, job: JobId, error: Option<DriverError>, turn: &mut Turn<'_, '_, M>) {
        let Some(entry) = self.jobs.remove(&job) else { return };
        self.forget_stages_of(job);
        match entry.purpose {
            Purpose::Action { tag } => {
                let reply = match error {
                    Some(error) => Err(error),
                    None => Ok(Rc::new(entry.results.into_iter().flatten().collect::<Vec<_>>()) as Rc<dyn Any>),
                };
                turn.notices.push(Notice::Answer { tag, reply });
            }
            Purpose::Checkpoint { of, rdd, directory } if error.is_none() => {
                Rc::make_mut(&mut turn.core.books).checkpointed.insert(rdd, directory);
                self.results_complete(of, turn);
            }
            Purpose::Checkpoint { of, .. } => self.end_job(of, error, turn),
        }
    }

    fn forget_stages_of(&mut self, job: JobId) {
        let unneeded: Vec<StageId> = self
            .stages
            .iter_mut()
            .filter_map(|(id, stage)| (stage.jobs.remove(&job) && stage.jobs.is_empty()).then_some(*id))
            .collect();
        for id in unneeded {
            if let Some(Stage { kind: StageKind::ShuffleMap(shuffle), .. }) = self.stages.remove(&id) {
                self.shuffle_stages.remove(&shuffle.id);
            }
            self.waiting.remove(&id);
            self.failed.remove(&id);
            self.sets.retain(|(_, stage), _| *stage != id);
        }
    }
}

/// The job that writes an RDD's partitions to the checkpoint directory.
fn checkpoint_spec(rdd: Rc<RddNode>, directory: Rc<str>) -> JobSpec {
    JobSpec {
        partitions: (0..rdd.partitions).collect(),
        work: Rc::new(move |node, partition, context| {
            let block = node.block(partition, context)?;
            let id = BlockId::Checkpoint { rdd: node.id, partition };
            context.write_block(checkpoint_path(&directory, id), block);
            Ok(Rc::new(()))
        }),
        rdd,
        commit: None,
    }
}

/// RDDs in a job's lineage that are marked, the farthest first, not looking behind a marked one.
fn marked_for_checkpoint(rdd: &Rc<RddNode>, core: &Core) -> Vec<Rc<RddNode>> {
    let mut marked = Vec::new();
    if core.to_checkpoint.is_empty() || core.checkpoint_directory.is_none() {
        return marked;
    }
    let mut visited = BTreeSet::new();
    let mut waiting = vec![rdd.clone()];
    while let Some(node) = waiting.pop() {
        if !visited.insert(node.id) || core.books.checkpointed.contains_key(&node.id) {
            continue;
        }
        if core.to_checkpoint.contains_key(&node.id) {
            if node.partitions > 0 {
                marked.push(node);
            }
            continue;
        }
        waiting.extend(node.dependencies.iter().map(|dependency| match dependency {
            Dependency::Narrow(parent, _) => parent.clone(),
            Dependency::Shuffle(shuffle) => shuffle.parent.clone(),
        }));
    }
    marked
}
