//! The driver's half of the engine: `JobGenerator`, `JobScheduler` and `ReceiverTracker` as one state machine.
//!
//! ```text
//!  every batch interval                        when its last job has ended
//!  ─ allocateBlocksToBatch                     ─ ClearMetadata
//!  ─ generateJobs: the RDDs of the batch       ─ DoCheckpoint
//!  ─ submitJobSet: its jobs wait in line       ─ ClearCheckpointData
//!  ─ DoCheckpoint
//! ```
//!
//! Steps of different batches wait for each other: a batch whose generation waits for a job holds up the next.

mod stop;
mod tracker;

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use super::context::Start;
use super::generation::{Produced, PutRows, Streams, node_at, with_streams};
use super::graph::Graph;
use super::input::{Source, SourceState};
use super::receiver::ReceiverMessage;
use crate::cluster::driver::{self, Outcome, Pass, Reply, Script};
use crate::cluster::{Cluster, DriverError, Host, ShuffleId, Turn};
use crate::sim::Time;
use crate::trace::{BatchStep, Event, FailureReason, InputCount};
use stop::{Phase, Stopping};
use tracker::ReceivedBlocks;

/// Driver code of the engine gets tags from here on; 0 is the main function's.
pub const FIRST_TAG: u64 = 1;

/// What wakes the engine.
#[derive(Clone, Copy, Debug)]
pub enum StreamingTimer {
    /// A batch interval is over, at this batch time.
    Batch(Time),
    /// A graceful stop looks again.
    PollStop,
}

/// What the engine tells the room above it.
#[derive(Clone)]
pub enum StreamingNotice {
    /// An output operation or the generation of a batch failed: `awaitTermination` throws this.
    Failed(DriverError),
    /// All is over.
    Stopped { stop_spark_context: bool },
}

/// A model that also knows receivers and the engine's timers and steps.
pub trait StreamingHost:
    Host<Message: From<ReceiverMessage>, Timer: From<StreamingTimer>, Step: From<(Time, BatchStep)>>
{
}

impl<M: Host<Message: From<ReceiverMessage>, Timer: From<StreamingTimer>, Step: From<(Time, BatchStep)>>> StreamingHost
    for M
{
}

/// Events of the job generator, taken one at a time.
#[derive(Clone, Copy, Debug)]
enum GeneratorEvent {
    GenerateJobs(Time),
    DoCheckpoint { time: Time, completed: bool },
    ClearMetadata(Time),
}

/// An output operation of a batch, waiting or running.
#[derive(Clone)]
struct OutputJob {
    time: Time,
    output: usize,
    script: Script,
    /// Lines it had printed when it was suspended last.
    printed: usize,
}

/// A batch whose generation is under way, the tag its answer comes with, and what it was answered so far.
#[derive(Clone)]
struct Generating {
    time: Time,
    tag: u64,
    script: Script,
}

#[derive(Clone)]
struct JobSet {
    unfinished: usize,
    started: bool,
    failed: bool,
}

/// The engine's state at the driver.
#[derive(Clone)]
pub struct Streaming {
    /// Taken while driver code runs over it.
    streams: Option<Streams>,
    graph: Rc<Graph>,
    next_batch: Time,
    events: VecDeque<GeneratorEvent>,
    /// The batch whose generation waits for an answer.
    generating: Option<Generating>,
    received: ReceivedBlocks,
    job_sets: BTreeMap<Time, JobSet>,
    waiting_jobs: VecDeque<OutputJob>,
    running_jobs: BTreeMap<u64, OutputJob>,
    next_tag: u64,
    /// The first shuffle of each batch, so that a batch's shuffles can be dropped with it.
    shuffles: BTreeMap<Time, ShuffleId>,
    stopping: Option<Stopping>,
    stopped: bool,
    notices: Vec<StreamingNotice>,
}

impl Streaming {
    /// `JobScheduler.start`: receivers are asked for, the first batch comes at the next multiple of the interval.
    ///
    /// Tags are taken from `first_tag` on: those of an earlier context may still be answered.
    pub fn start<M: StreamingHost>(
        start: &Start,
        first_tag: u64,
        cluster: &mut Cluster,
        turn: &mut Turn<'_, '_, M>,
    ) -> Self {
        let graph = start.0.clone();
        let interval = graph.batch_interval;
        let now = turn.effects.now();
        let zero = now.floor(interval, Time::default());
        let mut streaming = Streaming {
            streams: Some(Streams::new(graph.clone(), zero, now)),
            next_batch: zero + interval,
            graph,
            events: VecDeque::new(),
            generating: None,
            received: ReceivedBlocks::default(),
            job_sets: BTreeMap::new(),
            waiting_jobs: VecDeque::new(),
            running_jobs: BTreeMap::new(),
            next_tag: first_tag,
            shuffles: BTreeMap::new(),
            stopping: None,
            stopped: false,
            notices: Vec::new(),
        };
        turn.effects.emit(Event::StreamingStarted { batch_interval_ms: interval.as_millis() });
        if streaming.graph.checkpoint_directory.is_some()
            && streaming.graph.streams.iter().any(|stream| matches!(stream.source, Some(Source::Queue)))
        {
            turn.effects.emit(Event::Warning { message: "queueStream doesn't support checkpointing".into() });
        }
        streaming.start_receivers(cluster, turn);
        turn.effects.wake_at(streaming.next_batch, StreamingTimer::Batch(streaming.next_batch));
        streaming
    }

    /// What the room above is to know, once.
    pub fn take_notices(&mut self) -> Vec<StreamingNotice> {
        std::mem::take(&mut self.notices)
    }

    /// The state of the streams.
    pub fn streams(&self) -> Option<&Streams> {
        self.streams.as_ref()
    }

    /// The first tag that no driver code of this context has had.
    pub fn next_tag(&self) -> u64 {
        self.next_tag
    }

    /// How much it keeps: RDDs, batches with received blocks, batches under way, batches whose shuffles are known.
    pub fn kept(&self) -> Vec<usize> {
        let [rdds, allocated] = self.streams.as_ref().map(Streams::kept).unwrap_or_default();
        vec![
            rdds,
            allocated,
            self.job_sets.len(),
            self.waiting_jobs.len(),
            self.running_jobs.len(),
            self.shuffles.len(),
        ]
    }

    fn take_tag(&mut self) -> u64 {
        self.next_tag += 1;
        self.next_tag - 1
    }

    /// Batches that were submitted and are not completed.
    pub fn pending_batches(&self) -> usize {
        self.job_sets.len()
    }

    /// Whether nothing that was received or generated is left to do.
    pub fn is_idle(&self) -> bool {
        self.job_sets.is_empty() && self.generating.is_none() && self.received.is_empty()
    }

    /// Handles a timer.
    pub fn timer<M: StreamingHost>(
        &mut self,
        timer: StreamingTimer,
        cluster: &mut Cluster,
        turn: &mut Turn<'_, '_, M>,
    ) {
        match timer {
            // One of an earlier context, or after the last batch.
            StreamingTimer::Batch(time) if time != self.next_batch || self.stopped || self.is_draining() => {}
            StreamingTimer::Batch(time) => {
                self.next_batch += self.graph.batch_interval;
                self.events.push_back(GeneratorEvent::GenerateJobs(time));
                match &mut self.stopping {
                    Some(stopping) if stopping.phase == Phase::LastBatch => stopping.phase = Phase::Draining,
                    _ => turn.effects.wake_at(self.next_batch, StreamingTimer::Batch(self.next_batch)),
                }
                self.process_events(cluster, turn);
            }
            StreamingTimer::PollStop => self.poll_stop(cluster, turn),
        }
    }

    fn is_draining(&self) -> bool {
        self.stopping.is_some_and(|stopping| stopping.phase == Phase::Draining)
    }

    /// Answers the driver code with this tag. False if there is none.
    pub fn answer<M: StreamingHost>(
        &mut self,
        tag: u64,
        reply: Reply,
        cluster: &mut Cluster,
        turn: &mut Turn<'_, '_, M>,
    ) -> bool {
        if let Some(mut generating) = self.generating.take_if(|generating| generating.tag == tag) {
            generating.script.answer(turn.effects.now(), reply);
            self.generate(generating.time, generating.script, cluster, turn);
            self.process_events(cluster, turn);
            return true;
        }
        let Some(mut job) = self.running_jobs.remove(&tag) else { return false };
        job.script.answer(turn.effects.now(), reply);
        self.run_job(tag, job, cluster, turn);
        self.start_jobs(cluster, turn);
        self.process_events(cluster, turn);
        true
    }

    fn process_events<M: StreamingHost>(&mut self, cluster: &mut Cluster, turn: &mut Turn<'_, '_, M>) {
        while self.generating.is_none()
            && let Some(event) = self.events.pop_front()
        {
            match event {
                GeneratorEvent::GenerateJobs(time) => self.begin_batch(time, cluster, turn),
                GeneratorEvent::DoCheckpoint { time, completed } => self.do_checkpoint(time, completed, turn),
                GeneratorEvent::ClearMetadata(time) => self.clear_metadata(time, cluster, turn),
            }
        }
    }

    fn step<M: StreamingHost>(&self, time: Time, step: BatchStep, turn: &mut Turn<'_, '_, M>) {
        turn.effects.step((time, step));
        turn.effects.emit(Event::BatchStep { batch: time.as_millis(), step });
    }

    /// `JobGenerator.generateJobs`.
    fn begin_batch<M: StreamingHost>(&mut self, time: Time, cluster: &mut Cluster, turn: &mut Turn<'_, '_, M>) {
        self.step(time, BatchStep::AllocateBlocksToBatch, turn);
        let unallocated = self.received.take_unallocated();
        if let Some(streams) = &mut self.streams {
            streams.allocate(time, unallocated);
        }
        self.step(time, BatchStep::GenerateJobs, turn);
        self.shuffles.insert(time, turn.core.next_shuffle());
        self.generate(time, Script::default(), cluster, turn);
    }

    /// Makes the batch's RDDs: `DStreamGraph.generateJobs`. Where that waits for something, it begins anew with the
    /// answer, from the streams' state before.
    fn generate<M: StreamingHost>(
        &mut self,
        time: Time,
        script: Script,
        cluster: &mut Cluster,
        turn: &mut Turn<'_, '_, M>,
    ) {
        let before = self.graph.generation_may_block.then(|| (self.streams.clone(), turn.core.user.clone()));
        let graph = self.graph.clone();
        let ran = self.run_driver_code(script, turn, || {
            let mut jobs = Vec::new();
            for (index, output) in graph.outputs.iter().enumerate() {
                if node_at(output.stream, time)?.is_some() {
                    jobs.push(index);
                }
            }
            Ok(jobs)
        });
        let Some((pass, produced)) = ran else { return };
        match pass.outcome {
            Outcome::Suspended(request) => {
                if let Some((streams, user)) = before {
                    (self.streams, turn.core.user) = (streams, user);
                }
                let tag = self.take_tag();
                self.generating = Some(Generating { time, tag, script: pass.script });
                cluster.request(tag, request, Some(time.as_millis()), turn);
            }
            Outcome::Done(Ok(outputs)) => {
                print_lines(&pass.printed, 0, turn);
                self.submit_job_set(time, &outputs, produced.inputs, cluster, turn);
                self.events.push_back(GeneratorEvent::DoCheckpoint { time, completed: false });
            }
            Outcome::Done(Err(error)) => {
                print_lines(&pass.printed, 0, turn);
                self.notices.push(StreamingNotice::Failed(error));
                self.events.push_back(GeneratorEvent::DoCheckpoint { time, completed: false });
            }
        }
    }

    /// Runs driver code over the core and the streams, which are put back afterwards.
    fn run_driver_code<R, M: StreamingHost>(
        &mut self,
        script: Script,
        turn: &mut Turn<'_, '_, M>,
        code: impl FnOnce() -> Result<R, DriverError>,
    ) -> Option<(Pass<R>, Produced)> {
        let streams = self.streams.take()?;
        let now = turn.effects.now();
        let (pass, streams, produced) = with_streams(streams, || driver::run(turn.core, script, now, code));
        self.streams = Some(streams);
        Some((pass, produced))
    }

    /// `JobScheduler.submitJobSet`.
    fn submit_job_set<M: StreamingHost>(
        &mut self,
        time: Time,
        outputs: &[usize],
        inputs: Vec<InputCount>,
        cluster: &mut Cluster,
        turn: &mut Turn<'_, '_, M>,
    ) {
        self.step(time, BatchStep::SubmitJobSet, turn);
        if outputs.is_empty() {
            return;
        }
        turn.effects.emit(Event::BatchSubmitted { batch: time.as_millis(), inputs });
        self.job_sets.insert(time, JobSet { unfinished: outputs.len(), started: false, failed: false });
        let jobs =
            outputs.iter().map(|output| OutputJob { time, output: *output, script: Script::default(), printed: 0 });
        self.waiting_jobs.extend(jobs);
        self.start_jobs(cluster, turn);
    }

    /// Starts waiting jobs while fewer than `spark.streaming.concurrentJobs` run.
    fn start_jobs<M: StreamingHost>(&mut self, cluster: &mut Cluster, turn: &mut Turn<'_, '_, M>) {
        let slots = turn.core.conf.count("spark.streaming.concurrentJobs").max(1) as usize;
        while self.running_jobs.len() < slots
            && !self.stopped
            && let Some(job) = self.waiting_jobs.pop_front()
        {
            let batch = job.time.as_millis();
            if let Some(set) = self.job_sets.get_mut(&job.time)
                && !std::mem::replace(&mut set.started, true)
            {
                turn.effects.emit(Event::BatchStarted { batch });
            }
            let output = self.graph.outputs[job.output].name.clone();
            turn.effects.emit(Event::OutputStarted { batch, output });
            let tag = self.take_tag();
            self.run_job(tag, job, cluster, turn);
        }
    }

    fn run_job<M: StreamingHost>(
        &mut self,
        tag: u64,
        mut job: OutputJob,
        cluster: &mut Cluster,
        turn: &mut Turn<'_, '_, M>,
    ) {
        let output = self.graph.outputs[job.output].clone();
        let time = job.time;
        let before = self.streams.clone();
        let ran = self.run_driver_code(std::mem::take(&mut job.script), turn, || match node_at(output.stream, time)? {
            Some(rdd) => (output.act)(&rdd, time),
            None => Ok(()),
        });
        let Some((pass, produced)) = ran else { return };
        print_lines(&pass.printed, job.printed, turn);
        job.printed = pass.printed.len();
        match pass.outcome {
            Outcome::Suspended(request) => {
                // RDDs it had streams make are made again, with the ids they had.
                self.streams = before;
                job.script = pass.script;
                self.running_jobs.insert(tag, job);
                cluster.request(tag, request, Some(time.as_millis()), turn);
            }
            Outcome::Done(result) => {
                let batch = time.as_millis();
                if result.is_ok() {
                    let PutRows { rows, more } = produced.put;
                    turn.effects.emit(Event::RowsPut { batch, output: output.name.clone(), rows, more });
                }
                let failure = result.as_ref().err().map(failure_reason);
                turn.effects.emit(Event::OutputCompleted { batch, output: output.name.clone(), failure });
                self.job_ended(time, result, cluster, turn);
            }
        }
    }

    fn job_ended<M: StreamingHost>(
        &mut self,
        time: Time,
        result: Result<(), DriverError>,
        cluster: &mut Cluster,
        turn: &mut Turn<'_, '_, M>,
    ) {
        cluster.remove_unpersisted(turn);
        let Some(set) = self.job_sets.get_mut(&time) else { return };
        set.unfinished -= 1;
        set.failed |= result.is_err();
        let (over, failed) = (set.unfinished == 0, set.failed);
        if over {
            turn.effects.emit(Event::BatchCompleted { batch: time.as_millis() });
            self.job_sets.remove(&time);
        }
        match result {
            Err(error) => self.notices.push(StreamingNotice::Failed(error)),
            // A batch with a failed job is never completed: its data is kept.
            Ok(()) if over && !failed => self.events.push_back(GeneratorEvent::ClearMetadata(time)),
            Ok(()) => {}
        }
    }

    /// `JobGenerator.clearMetadata`: RDDs, blocks and shuffles that no stream remembers any more are dropped.
    fn clear_metadata<M: StreamingHost>(&mut self, time: Time, cluster: &mut Cluster, turn: &mut Turn<'_, '_, M>) {
        self.step(time, BatchStep::ClearMetadata, turn);
        let Some(streams) = &mut self.streams else { return };
        let (forgotten, blocks) = streams.clear_metadata(time);
        let unpersist = turn.core.conf.flag("spark.streaming.unpersist");
        for node in forgotten {
            if unpersist {
                turn.core.unpersist(node.id);
            }
            cluster.remove_checkpoint(node.id, turn);
        }
        cluster.remove_unpersisted(turn);
        cluster.remove_blocks(&blocks, turn);
        let keep_after = time.saturating_sub(self.graph.longest_remember());
        let mut kept = self.shuffles.split_off(&Time(keep_after.0 + 1));
        if let (Some((_, first)), Some((_, end))) = (self.shuffles.first_key_value(), kept.first_key_value())
            && first < end
        {
            cluster.remove_shuffles(*first, *end, turn);
        }
        std::mem::swap(&mut self.shuffles, &mut kept);
        self.events.push_back(GeneratorEvent::DoCheckpoint { time, completed: true });
    }

    /// `JobGenerator.doCheckpoint`. Metadata checkpoints serve the recovery of a driver; until the driver can be
    /// recovered from one, the step is only named here.
    fn do_checkpoint<M: StreamingHost>(&mut self, time: Time, completed: bool, turn: &mut Turn<'_, '_, M>) {
        if self.graph.checkpoint_directory.is_none() {
            return;
        }
        self.step(time, BatchStep::DoCheckpoint, turn);
        if completed {
            self.step(time, BatchStep::ClearCheckpointData, turn);
        }
    }

    /// Whether a stop is complete.
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Whether some stream looks for files every batch, so that data may still come from a directory.
    pub fn watches_files(&self) -> bool {
        self.streams
            .as_ref()
            .is_some_and(|streams| streams.states.iter().any(|state| matches!(state.source, SourceState::Files { .. })))
    }
}

fn print_lines<M: StreamingHost>(printed: &[Rc<str>], already: usize, turn: &mut Turn<'_, '_, M>) {
    for line in printed.iter().skip(already) {
        turn.effects.emit(Event::Printed { line: line.clone() });
    }
}

/// An error as the trace tells it.
pub fn failure_reason(error: &DriverError) -> FailureReason {
    match error {
        DriverError::Failed { class, message } => {
            FailureReason { class: class.to_string(), message: message.to_string() }
        }
        other => FailureReason { class: "org.apache.spark.SparkException".into(), message: other.to_string() },
    }
}
