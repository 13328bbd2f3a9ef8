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

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use super::context::{Start, Stop};
use super::generation::{Generated, ReceivedBlock, Streams, with_streams};
use super::graph::{Graph, StreamDef};
use super::input::{Source, SourceState};
use super::receiver::ReceiverMessage;
use crate::cluster::driver::{self, Outcome, Pass, Reply, Script};
use crate::cluster::{Cluster, DriverError, Host, ShuffleId, StreamId, Turn};
use crate::sim::{Duration, Time};
use crate::trace::{BatchStep, Event, FailureReason};

/// The tag of the driver code that generates a batch.
const GENERATE_TAG: u64 = 1;

/// Output operations get the tags from here on; 0 is the main function's.
const FIRST_JOB_TAG: u64 = 2;

/// How often a graceful stop looks whether it can go on.
const STOP_POLL: Duration = Duration::millis(100);

/// What wakes the engine.
#[derive(Clone, Copy, Debug)]
pub enum StreamingTimer {
    /// A batch interval is over.
    Batch,
    /// A graceful stop looks again.
    PollStop,
}

/// What the engine tells the room above it.
#[derive(Clone)]
pub enum StreamingNotice {
    /// An output operation or the generation of a batch failed: `awaitTermination` throws this.
    Failed(DriverError),
    /// All is over.
    Stopped,
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

#[derive(Clone)]
struct JobSet {
    unfinished: usize,
    started: bool,
    failed: bool,
}

#[derive(Clone, Default)]
struct ReceivedBlocks {
    /// By stream: blocks that no batch has yet.
    unallocated: BTreeMap<StreamId, Vec<ReceivedBlock>>,
    /// Receivers that are registered.
    active: Vec<StreamId>,
}

/// How far a stop has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stopping {
    /// Receivers are told to stop; the timer still runs.
    Receivers { deadline: Time },
    /// The batch after this time is the last.
    LastBatch { deadline: Time },
    /// What was generated is processed.
    Draining { deadline: Time },
}

/// The engine's state at the driver.
#[derive(Clone)]
pub struct Streaming {
    /// Taken while driver code runs over it.
    streams: Option<Streams>,
    graph: Rc<Graph>,
    next_batch: Time,
    events: VecDeque<GeneratorEvent>,
    /// The batch whose generation waits for an answer, and what it was answered so far.
    generating: Option<(Time, Script)>,
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
    pub fn start<M: StreamingHost>(start: &Start, cluster: &mut Cluster, turn: &mut Turn<'_, '_, M>) -> Self {
        let graph = start.0.clone();
        let interval = graph.batch_interval;
        let zero = turn.effects.now().floor(interval, Time::default());
        let mut streaming = Streaming {
            streams: Some(Streams::new(graph.clone(), zero)),
            next_batch: zero + interval,
            graph,
            events: VecDeque::new(),
            generating: None,
            received: ReceivedBlocks::default(),
            job_sets: BTreeMap::new(),
            waiting_jobs: VecDeque::new(),
            running_jobs: BTreeMap::new(),
            next_tag: FIRST_JOB_TAG,
            shuffles: BTreeMap::new(),
            stopping: None,
            stopped: false,
            notices: Vec::new(),
        };
        turn.effects.emit(Event::StreamingStarted { batch_interval_ms: interval.as_millis() });
        streaming.start_receivers(cluster, turn);
        turn.effects.wake_at(streaming.next_batch, StreamingTimer::Batch);
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

    /// Batches that were submitted and are not completed.
    pub fn pending_batches(&self) -> usize {
        self.job_sets.len()
    }

    /// Whether nothing that was received or generated is left to do, and file streams have looked at all there is.
    pub fn is_idle(&self) -> bool {
        self.job_sets.is_empty() && self.generating.is_none() && self.received.unallocated.values().all(Vec::is_empty)
    }

    fn start_receivers<M: StreamingHost>(&mut self, cluster: &mut Cluster, turn: &mut Turn<'_, '_, M>) {
        let receivers: Vec<StreamId> = self
            .graph
            .streams
            .iter()
            .filter(|stream| matches!(stream.source, Some(Source::Socket(_))))
            .map(|stream| stream.id)
            .collect();
        let cores = turn.setup.total_cores();
        if !receivers.is_empty() && receivers.len() as u32 >= cores {
            let message = if turn.setup.local && cores == 1 {
                "spark.master should be set as local[n], n > 1 in local mode if you have receivers to get data, \
                 otherwise Spark jobs will not get resources to process the received data."
                    .to_owned()
            } else {
                format!(
                    "{} receivers occupy all {cores} cores of the cluster, so no batch can be processed: give it more \
                     cores than receivers.",
                    receivers.len()
                )
            };
            turn.effects.emit(Event::Warning { message });
        }
        for (place, stream) in receivers.into_iter().enumerate() {
            // Spread over the executors in turn, as Spark's scheduling policy does.
            let executors = &turn.setup.executors;
            let preferred = executors.get(place % executors.len().max(1)).copied();
            self.start_receiver(stream, preferred, cluster, turn);
        }
    }

    fn start_receiver<M: StreamingHost>(
        &mut self,
        stream: StreamId,
        preferred: Option<crate::sim::NodeId>,
        cluster: &mut Cluster,
        turn: &mut Turn<'_, '_, M>,
    ) {
        if let Some(Source::Socket(input)) = &self.graph.stream(stream).source {
            cluster.start_service(stream.0.into(), input.clone(), preferred, turn);
        }
    }

    /// A receiver's executor is gone: it starts again elsewhere.
    pub fn receiver_lost<M: StreamingHost>(&mut self, service: u64, cluster: &mut Cluster, turn: &mut Turn<'_, '_, M>) {
        let stream = StreamId(service as u32);
        self.received.active.retain(|active| *active != stream);
        if self.stopping.is_none() && !self.stopped {
            let message = "the receiver's executor was lost".to_owned();
            turn.effects.emit(Event::ReceiverStopped { stream: stream.0, message });
            self.start_receiver(stream, None, cluster, turn);
        }
    }

    /// Handles what a receiver says.
    pub fn receiver_message<M: StreamingHost>(
        &mut self,
        message: ReceiverMessage,
        cluster: &mut Cluster,
        turn: &mut Turn<'_, '_, M>,
    ) {
        match message {
            ReceiverMessage::Registered { stream } => {
                self.received.active.push(stream);
                let StreamDef { name, source, .. } = self.graph.stream(stream);
                let (name, source) = (name.clone(), source.as_ref().map(Source::name).unwrap_or_default());
                let executor = cluster.service_executor(stream.0.into()).map(|node| turn.setup.name(node));
                let executor = executor.unwrap_or_default();
                turn.effects.emit(Event::ReceiverStarted { stream: stream.0, name, source, executor });
            }
            ReceiverMessage::AddBlock { stream, block, records } => {
                turn.effects.emit(Event::BlockAdded { stream: stream.0, block: block.to_string(), records });
                self.received.unallocated.entry(stream).or_default().push(ReceivedBlock { block, records });
            }
            ReceiverMessage::Error { stream, message } => {
                turn.effects.emit(Event::ReceiverError { stream: stream.0, message });
            }
            ReceiverMessage::Deregistered { stream, message } => {
                self.received.active.retain(|active| *active != stream);
                turn.effects.emit(Event::ReceiverStopped { stream: stream.0, message });
                cluster.stop_service(stream.0.into(), turn);
            }
            ReceiverMessage::Stop { .. } => {}
        }
    }

    /// Handles a timer.
    pub fn timer<M: StreamingHost>(
        &mut self,
        timer: StreamingTimer,
        cluster: &mut Cluster,
        turn: &mut Turn<'_, '_, M>,
    ) {
        match timer {
            StreamingTimer::Batch if self.stopped || self.is_draining() => {}
            StreamingTimer::Batch => {
                let time = self.next_batch;
                self.next_batch += self.graph.batch_interval;
                self.events.push_back(GeneratorEvent::GenerateJobs(time));
                if let Some(Stopping::LastBatch { deadline }) = self.stopping {
                    self.stopping = Some(Stopping::Draining { deadline });
                } else {
                    turn.effects.wake_at(self.next_batch, StreamingTimer::Batch);
                }
                self.process_events(cluster, turn);
            }
            StreamingTimer::PollStop => self.poll_stop(cluster, turn),
        }
    }

    fn is_draining(&self) -> bool {
        matches!(self.stopping, Some(Stopping::Draining { .. }))
    }

    /// Answers the driver code with this tag. False if there is none.
    pub fn answer<M: StreamingHost>(
        &mut self,
        tag: u64,
        reply: Reply,
        cluster: &mut Cluster,
        turn: &mut Turn<'_, '_, M>,
    ) -> bool {
        if tag == GENERATE_TAG {
            if let Some((time, mut script)) = self.generating.take() {
                script.answer(turn.effects.now(), reply);
                self.generate(time, script, cluster, turn);
                self.process_events(cluster, turn);
            }
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
        let unallocated = std::mem::take(&mut self.received.unallocated);
        if let Some(streams) = &mut self.streams {
            streams.allocated.extend(unallocated.into_iter().map(|(stream, blocks)| ((time, stream), blocks)));
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
        let (pass, generated) = self.run_driver_code(script, turn, || {
            let mut jobs = Vec::new();
            for (index, output) in graph.outputs.iter().enumerate() {
                if super::generation::node_at(output.stream, time)?.is_some() {
                    jobs.push(index);
                }
            }
            Ok(jobs)
        });
        let Some((pass, generated)) = pass.zip(generated) else { return };
        match pass.outcome {
            Outcome::Suspended(request) => {
                if let Some((streams, user)) = before {
                    (self.streams, turn.core.user) = (streams, user);
                }
                self.generating = Some((time, pass.script));
                cluster.request(GENERATE_TAG, request, Some(time.as_millis()), turn);
            }
            Outcome::Done(Ok(outputs)) => {
                print_lines(&pass.printed, 0, turn);
                self.submit_job_set(time, &outputs, generated, cluster, turn);
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
    ) -> (Option<Pass<R>>, Option<Generated>) {
        let Some(streams) = self.streams.take() else { return (None, None) };
        let now = turn.effects.now();
        let (pass, generated) = with_streams(streams, || driver::run(turn.core, script, now, code));
        self.streams = Some(generated.streams.clone());
        (Some(pass), Some(generated))
    }

    /// `JobScheduler.submitJobSet`.
    fn submit_job_set<M: StreamingHost>(
        &mut self,
        time: Time,
        outputs: &[usize],
        generated: Generated,
        cluster: &mut Cluster,
        turn: &mut Turn<'_, '_, M>,
    ) {
        self.step(time, BatchStep::SubmitJobSet, turn);
        if outputs.is_empty() {
            return;
        }
        turn.effects.emit(Event::BatchSubmitted { batch: time.as_millis(), inputs: generated.inputs });
        self.job_sets.insert(time, JobSet { unfinished: outputs.len(), started: false, failed: false });
        let jobs =
            outputs.iter().map(|output| OutputJob { time, output: *output, script: Script::default(), printed: 0 });
        self.waiting_jobs.extend(jobs);
        self.start_jobs(cluster, turn);
    }

    /// Starts waiting jobs while fewer than `spark.streaming.concurrentJobs` run.
    fn start_jobs<M: StreamingHost>(&mut self, cluster: &mut Cluster, turn: &mut Turn<'_, '_, M>) {
        let slots = turn.setup.conf.over(&turn.core.conf).count("spark.streaming.concurrentJobs").max(1) as usize;
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
            let tag = self.next_tag;
            self.next_tag += 1;
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
        let (pass, generated) = self.run_driver_code(std::mem::take(&mut job.script), turn, || {
            match super::generation::node_at(output.stream, time)? {
                Some(rdd) => (output.act)(&rdd, time),
                None => Ok(()),
            }
        });
        let Some((pass, generated)) = pass.zip(generated) else { return };
        print_lines(&pass.printed, job.printed, turn);
        job.printed = pass.printed.len();
        match pass.outcome {
            Outcome::Suspended(request) => {
                job.script = pass.script;
                self.running_jobs.insert(tag, job);
                cluster.request(tag, request, Some(time.as_millis()), turn);
            }
            Outcome::Done(result) => {
                let batch = time.as_millis();
                if result.is_ok() {
                    let super::generation::PutRows { rows, more } = generated.put;
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

    /// `StreamingContext.stop`. [`StreamingNotice::Stopped`] follows, at once unless it is graceful.
    pub fn stop<M: StreamingHost>(&mut self, stop: &Stop, cluster: &mut Cluster, turn: &mut Turn<'_, '_, M>) {
        if self.stopped || self.stopping.is_some() {
            return;
        }
        for stream in self.received.active.clone() {
            if let Some(executor) = cluster.service_executor(stream.0.into()) {
                turn.effects.send(executor, ReceiverMessage::Stop { stream });
            }
        }
        if !stop.gracefully {
            return self.finish_stop(turn);
        }
        let timeout = turn.core.conf.optional_duration("spark.streaming.gracefulStopTimeout");
        let deadline = turn.effects.now() + timeout.unwrap_or(self.graph.batch_interval * 10);
        self.stopping = Some(Stopping::Receivers { deadline });
        self.poll_stop(cluster, turn);
    }

    /// Goes on with a graceful stop as far as it can: receivers have stopped, then all their blocks are in a batch,
    /// then one more batch, then all batches are processed.
    fn poll_stop<M: StreamingHost>(&mut self, cluster: &mut Cluster, turn: &mut Turn<'_, '_, M>) {
        let now = turn.effects.now();
        match self.stopping {
            Some(Stopping::Receivers { deadline }) => {
                let drained = self.received.active.is_empty() && self.received.unallocated.values().all(Vec::is_empty);
                if drained || now >= deadline {
                    self.stopping = Some(Stopping::LastBatch { deadline });
                }
            }
            Some(Stopping::Draining { deadline }) => {
                let processed = self.job_sets.is_empty() && self.generating.is_none() && self.events.is_empty();
                if processed || now >= deadline {
                    return self.finish_stop(turn);
                }
            }
            Some(Stopping::LastBatch { .. }) => {}
            None => return,
        }
        self.process_events(cluster, turn);
        turn.effects.wake_after(STOP_POLL, StreamingTimer::PollStop);
    }

    fn finish_stop<M: StreamingHost>(&mut self, turn: &mut Turn<'_, '_, M>) {
        self.stopped = true;
        self.stopping = None;
        self.waiting_jobs.clear();
        self.running_jobs.clear();
        turn.effects.emit(Event::StreamingStopped);
        self.notices.push(StreamingNotice::Stopped);
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
