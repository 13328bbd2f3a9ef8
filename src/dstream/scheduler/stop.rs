//! Stopping a streaming computation, at once or gracefully.

use super::{Streaming, StreamingHost, StreamingNotice, StreamingTimer};
use crate::cluster::{Cluster, Turn};
use crate::dstream::context::Stop;
use crate::dstream::receiver::ReceiverMessage;
use crate::sim::{Duration, Time};
use crate::trace::Event;

/// How often a graceful stop looks whether it can go on.
const STOP_POLL: Duration = Duration::millis(100);

/// How long a stop that is not graceful waits for the receivers to end.
const RECEIVERS_TIMEOUT: Duration = Duration::seconds(10);

/// A stop under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stopping {
    gracefully: bool,
    stop_spark_context: bool,
    deadline: Time,
    pub phase: Phase,
}

/// How far a stop has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Receivers are told to stop; the timer still runs.
    Receivers,
    /// The next batch is the last.
    LastBatch,
    /// What was generated is processed.
    Draining,
}

impl Streaming {
    /// `StreamingContext.stop`. [`StreamingNotice::Stopped`] follows once the receivers have ended and, gracefully, all
    /// that was received is processed.
    pub fn stop<M: StreamingHost>(&mut self, stop: &Stop, cluster: &mut Cluster, turn: &mut Turn<'_, '_, M>) {
        if self.stopped || self.stopping.is_some() {
            return;
        }
        for stream in self.receivers() {
            match cluster.service_executor(stream.0.into()) {
                Some(executor) if self.received.active.contains(&stream) => {
                    turn.effects.send(executor, ReceiverMessage::Stop { stream });
                }
                _ => cluster.stop_service(stream.0.into(), turn),
            }
        }
        let patience = if stop.gracefully {
            let timeout = turn.core.conf.optional_duration("spark.streaming.gracefulStopTimeout");
            timeout.unwrap_or(self.graph.batch_interval * 10)
        } else {
            RECEIVERS_TIMEOUT
        };
        self.stopping = Some(Stopping {
            gracefully: stop.gracefully,
            stop_spark_context: stop.stop_spark_context,
            deadline: turn.effects.now() + patience,
            phase: Phase::Receivers,
        });
        self.poll_stop(cluster, turn);
    }

    /// Goes on with a stop now and, as long as it lasts, again and again.
    pub(super) fn poll_stop<M: StreamingHost>(&mut self, cluster: &mut Cluster, turn: &mut Turn<'_, '_, M>) {
        self.go_on_stopping(cluster, turn);
        if self.stopping.is_some() {
            turn.effects.wake_after(STOP_POLL, StreamingTimer::PollStop);
        }
    }

    /// Goes on with a stop as far as it can: receivers have ended, then all their blocks are in a batch, then one more
    /// batch, then all batches are processed.
    pub(super) fn go_on_stopping<M: StreamingHost>(&mut self, cluster: &mut Cluster, turn: &mut Turn<'_, '_, M>) {
        let Some(stopping) = &mut self.stopping else { return };
        let late = turn.effects.now() >= stopping.deadline;
        match stopping.phase {
            Phase::Receivers if !stopping.gracefully => {
                if late || self.received.active.is_empty() {
                    self.finish_stop(cluster, turn);
                }
            }
            Phase::Receivers => {
                if late || (self.received.active.is_empty() && self.received.is_empty()) {
                    stopping.phase = Phase::LastBatch;
                }
            }
            Phase::LastBatch => {}
            Phase::Draining => {
                if late || (self.job_sets.is_empty() && self.generating.is_none() && self.events.is_empty()) {
                    self.finish_stop(cluster, turn);
                }
            }
        }
    }

    fn finish_stop<M: StreamingHost>(&mut self, cluster: &mut Cluster, turn: &mut Turn<'_, '_, M>) {
        self.receivers().into_iter().for_each(|stream| cluster.stop_service(stream.0.into(), turn));
        let stop_spark_context = self.stopping.take().is_some_and(|stopping| stopping.stop_spark_context);
        self.stopped = true;
        self.waiting_jobs.clear();
        self.running_jobs.clear();
        self.job_sets.clear();
        self.events.clear();
        self.generating = None;
        turn.effects.emit(Event::StreamingStopped);
        self.notices.push(StreamingNotice::Stopped { stop_spark_context });
    }
}
