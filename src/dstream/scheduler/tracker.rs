//! Receivers as the driver knows them: `ReceiverTracker` and `ReceivedBlockTracker`.

use std::collections::BTreeMap;

use super::{Streaming, StreamingHost};
use crate::cluster::{Cluster, StreamId, Turn};
use crate::dstream::generation::ReceivedBlock;
use crate::dstream::graph::StreamDef;
use crate::dstream::input::Source;
use crate::dstream::receiver::ReceiverMessage;
use crate::sim::NodeId;
use crate::trace::Event;

#[derive(Clone, Default)]
pub(super) struct ReceivedBlocks {
    /// By stream: blocks that no batch has yet.
    unallocated: BTreeMap<StreamId, Vec<ReceivedBlock>>,
    /// Receivers that are registered.
    pub active: Vec<StreamId>,
}

impl ReceivedBlocks {
    /// Whether every block is in a batch.
    pub fn is_empty(&self) -> bool {
        self.unallocated.values().all(Vec::is_empty)
    }

    /// The blocks that no batch has yet: now one has.
    pub fn take_unallocated(&mut self) -> BTreeMap<StreamId, Vec<ReceivedBlock>> {
        std::mem::take(&mut self.unallocated)
    }
}

impl Streaming {
    /// The streams that have a receiver.
    pub(super) fn receivers(&self) -> Vec<StreamId> {
        let streams = self.graph.streams.iter().filter(|stream| matches!(stream.source, Some(Source::Socket(_))));
        streams.map(|stream| stream.id).collect()
    }

    pub(super) fn start_receivers<M: StreamingHost>(&mut self, cluster: &mut Cluster, turn: &mut Turn<'_, '_, M>) {
        let receivers = self.receivers();
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
        preferred: Option<NodeId>,
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
        self.go_on_stopping(cluster, turn);
    }

    /// Handles what a receiver says. Only the one that the driver had started last is listened to: others are of an
    /// executor that was given up, or of an earlier context.
    pub fn receiver_message<M: StreamingHost>(
        &mut self,
        from: NodeId,
        message: ReceiverMessage,
        cluster: &mut Cluster,
        turn: &mut Turn<'_, '_, M>,
    ) {
        let stream = message.stream();
        if cluster.service_executor(stream.0.into()) != Some(from) {
            return;
        }
        match message {
            ReceiverMessage::Registered { .. } => {
                self.received.active.push(stream);
                let StreamDef { name, source, .. } = self.graph.stream(stream);
                let (name, source) = (name.clone(), source.as_ref().map(Source::name).unwrap_or_default());
                let executor = turn.setup.name(from);
                turn.effects.emit(Event::ReceiverStarted { stream: stream.0, name, source, executor });
            }
            ReceiverMessage::AddBlock { block, records, .. } => {
                turn.effects.emit(Event::BlockAdded { stream: stream.0, block: block.to_string(), records });
                self.received.unallocated.entry(stream).or_default().push(ReceivedBlock { block, records });
            }
            ReceiverMessage::Error { message, .. } => {
                turn.effects.emit(Event::ReceiverError { stream: stream.0, message });
            }
            ReceiverMessage::Deregistered { message, .. } => {
                self.received.active.retain(|active| *active != stream);
                turn.effects.emit(Event::ReceiverStopped { stream: stream.0, message });
                cluster.stop_service(stream.0.into(), turn);
                self.go_on_stopping(cluster, turn);
            }
            ReceiverMessage::Stop { .. } => {}
        }
    }
}
