//! Receivers on an executor: `ReceiverSupervisor` and `BlockGenerator`.
//!
//! A receiver holds a core. What it reads gathers in a buffer, which is cut into a block every
//! `spark.streaming.blockInterval`; a block is stored, copied to a second executor if its level says so, and then made
//! known to the driver.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::input::SocketInput;
use crate::cluster::{BlockId, Executor, Host, Setup, StreamId, TaskId};
use crate::external::SocketMessage;
use crate::sim::{Duration, Effects, NodeId, Time};

/// What receivers and the driver say to each other.
#[derive(Clone, Debug)]
pub enum ReceiverMessage {
    // Receiver to driver.
    Registered { stream: StreamId },
    AddBlock { stream: StreamId, block: BlockId, records: u64 },
    Error { stream: StreamId, message: String },
    Deregistered { stream: StreamId, message: String },
    // Driver to receiver.
    Stop { stream: StreamId },
}

impl ReceiverMessage {
    /// The input stream it is about.
    pub fn stream(&self) -> StreamId {
        match self {
            ReceiverMessage::Registered { stream }
            | ReceiverMessage::AddBlock { stream, .. }
            | ReceiverMessage::Error { stream, .. }
            | ReceiverMessage::Deregistered { stream, .. }
            | ReceiverMessage::Stop { stream } => *stream,
        }
    }
}

/// What wakes a receiver's supervisor.
#[derive(Clone, Copy, Debug)]
pub enum ReceiverTimer {
    CutBlock(StreamId),
    Restart(StreamId),
}

#[derive(Clone)]
struct Receiver {
    input: Rc<SocketInput>,
    task: TaskId,
    buffer: Vec<Rc<str>>,
    /// Blocks whose copy was sent and not yet acknowledged, with the receiver of the copy.
    replicating: BTreeMap<BlockId, (u64, NodeId)>,
    state: Connection,
}

/// How a receiver stands with its server, and with the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Connection {
    /// Asked for, or there.
    Open,
    /// Lost; tried again in a while.
    Restarting,
    /// Given up, since the driver stops the receiver: once all blocks are stored it deregisters.
    Stopping,
}

/// The receivers of one executor.
#[derive(Clone, Default)]
pub struct Receivers {
    running: BTreeMap<StreamId, Receiver>,
}

/// Where a receiver finds its server.
pub type Addresses = BTreeMap<Rc<str>, NodeId>;

impl Receivers {
    /// Starts a receiver that was given a core here.
    pub fn start<M: Host<Message: From<ReceiverMessage> + From<SocketMessage>, Timer: From<ReceiverTimer>>>(
        &mut self,
        input: Rc<SocketInput>,
        task: TaskId,
        addresses: &Addresses,
        setup: &Setup,
        effects: &mut Effects<'_, M>,
    ) {
        let stream = input.stream;
        effects.send(setup.driver, ReceiverMessage::Registered { stream });
        let receiver =
            Receiver { input, task, buffer: Vec::new(), replicating: BTreeMap::new(), state: Connection::Open };
        self.running.insert(stream, receiver);
        self.connect(stream, addresses, setup, effects);
    }

    fn connect<M: Host<Message: From<ReceiverMessage> + From<SocketMessage>, Timer: From<ReceiverTimer>>>(
        &mut self,
        stream: StreamId,
        addresses: &Addresses,
        setup: &Setup,
        effects: &mut Effects<'_, M>,
    ) {
        let Some(receiver) = self.running.get_mut(&stream) else { return };
        receiver.state = Connection::Open;
        match addresses.get(&receiver.input.address) {
            Some(server) => {
                effects.push(crate::sim::Effect::Link(*server));
                effects.send(*server, SocketMessage::Connect { stream: stream.0 });
            }
            None => self.restart(stream, "java.net.ConnectException: Connection refused", setup, effects),
        }
    }

    /// `Receiver.restart`: reported, and tried again after `spark.streaming.receiverRestartDelay`.
    fn restart<M: Host<Message: From<ReceiverMessage>, Timer: From<ReceiverTimer>>>(
        &mut self,
        stream: StreamId,
        cause: &str,
        setup: &Setup,
        effects: &mut Effects<'_, M>,
    ) {
        let Some(receiver) = self.running.get_mut(&stream).filter(|it| it.state == Connection::Open) else { return };
        receiver.state = Connection::Restarting;
        let delay = setup.conf.duration("spark.streaming.receiverRestartDelay");
        let message = format!(
            "Restarting receiver with delay {} ms: Error connecting to {}: {cause}",
            delay.as_millis(),
            receiver.input.address
        );
        effects.send(setup.driver, ReceiverMessage::Error { stream, message });
        effects.wake_after(delay, ReceiverTimer::Restart(stream));
    }

    /// Handles what a server says.
    pub fn socket<M: Host<Message: From<ReceiverMessage>, Timer: From<ReceiverTimer>>>(
        &mut self,
        message: SocketMessage,
        setup: &Setup,
        effects: &mut Effects<'_, M>,
    ) {
        match message {
            SocketMessage::Refused { stream, reason } => self.restart(StreamId(stream), &reason, setup, effects),
            SocketMessage::Closed { stream } => {
                self.restart(StreamId(stream), "Socket data stream had no more data", setup, effects);
            }
            SocketMessage::Data { stream, lines } => self.received(StreamId(stream), &lines, setup, effects),
            _ => {}
        }
    }

    fn received<M: Host<Timer: From<ReceiverTimer>>>(
        &mut self,
        stream: StreamId,
        lines: &[Rc<str>],
        setup: &Setup,
        effects: &mut Effects<'_, M>,
    ) {
        let Some(receiver) = self.running.get_mut(&stream) else { return };
        if receiver.buffer.is_empty() {
            // Spark's timer runs all the time; an empty buffer makes no block, so it need not.
            let interval = block_interval(setup);
            let next = effects.now().floor(interval, Time::default()) + interval;
            effects.wake_at(next, ReceiverTimer::CutBlock(stream));
        }
        receiver.buffer.extend(lines.iter().cloned());
    }

    /// Handles a timer.
    pub fn timer<M: Host<Message: From<ReceiverMessage> + From<SocketMessage>, Timer: From<ReceiverTimer>>>(
        &mut self,
        timer: ReceiverTimer,
        executor: &mut Executor,
        addresses: &Addresses,
        setup: &Setup,
        effects: &mut Effects<'_, M>,
    ) {
        match timer {
            ReceiverTimer::CutBlock(stream) => self.cut_block(stream, executor, setup, effects),
            ReceiverTimer::Restart(stream) => {
                if self.running.get(&stream).is_some_and(|receiver| receiver.state == Connection::Restarting) {
                    self.connect(stream, addresses, setup, effects);
                }
            }
        }
    }

    fn cut_block<M: Host<Message: From<ReceiverMessage>>>(
        &mut self,
        stream: StreamId,
        executor: &mut Executor,
        setup: &Setup,
        effects: &mut Effects<'_, M>,
    ) {
        let Some(receiver) = self.running.get_mut(&stream).filter(|receiver| !receiver.buffer.is_empty()) else {
            return;
        };
        let lines = std::mem::take(&mut receiver.buffer);
        let number = (effects.now() - block_interval(setup)).as_millis();
        let id = BlockId::Input { stream, number };
        let block = (receiver.input.make_block)(&lines);
        let records = block.records;
        match executor.store(id, block, receiver.input.level, setup, effects) {
            Some(peer) => {
                receiver.replicating.insert(id, (records, peer));
            }
            None => effects.send(setup.driver, ReceiverMessage::AddBlock { stream, block: id, records }),
        }
    }

    /// A copy is acknowledged: the block is as safe as its level asks, and the driver may know it.
    pub fn replicated<M: Host<Message: From<ReceiverMessage>>>(
        &mut self,
        block: BlockId,
        setup: &Setup,
        effects: &mut Effects<'_, M>,
    ) {
        let BlockId::Input { stream, .. } = block else { return };
        let Some(receiver) = self.running.get_mut(&stream) else { return };
        if let Some((records, _)) = receiver.replicating.remove(&block) {
            effects.send(setup.driver, ReceiverMessage::AddBlock { stream, block, records });
            self.deregister_if_stopped(stream, setup, effects);
        }
    }

    /// These executors are left: copies on their way to others are given up.
    pub fn peers_changed<M: Host<Message: From<ReceiverMessage>>>(
        &mut self,
        peers: &[NodeId],
        setup: &Setup,
        effects: &mut Effects<'_, M>,
    ) {
        self.give_up_copies(|holder| !peers.contains(&holder), setup, effects);
    }

    fn give_up_copies<M: Host<Message: From<ReceiverMessage>>>(
        &mut self,
        lost: impl Fn(NodeId) -> bool,
        setup: &Setup,
        effects: &mut Effects<'_, M>,
    ) {
        let copies = self.running.values().flat_map(|receiver| &receiver.replicating);
        let given_up: Vec<BlockId> = copies.filter(|(_, (_, holder))| lost(*holder)).map(|(block, _)| *block).collect();
        given_up.into_iter().for_each(|block| self.replicated(block, setup, effects));
    }

    /// A peer has crashed: a server's receivers connect again; copies on their way there are given up.
    pub fn peer_down<M: Host<Message: From<ReceiverMessage>, Timer: From<ReceiverTimer>>>(
        &mut self,
        peer: NodeId,
        addresses: &Addresses,
        setup: &Setup,
        effects: &mut Effects<'_, M>,
    ) {
        self.give_up_copies(|holder| holder == peer, setup, effects);
        let at_peer = |receiver: &Receiver| addresses.get(&receiver.input.address) == Some(&peer);
        let disconnected: Vec<StreamId> =
            self.running.iter().filter(|(_, receiver)| at_peer(receiver)).map(|(stream, _)| *stream).collect();
        for stream in disconnected {
            self.restart(stream, "java.net.ConnectException: Connection refused", setup, effects);
        }
    }

    /// Stops a receiver as the driver asks: the last block is cut, then it deregisters.
    pub fn stop<M: Host<Message: From<ReceiverMessage> + From<SocketMessage>>>(
        &mut self,
        stream: StreamId,
        executor: &mut Executor,
        addresses: &Addresses,
        setup: &Setup,
        effects: &mut Effects<'_, M>,
    ) {
        self.cut_block(stream, executor, setup, effects);
        let Some(receiver) = self.running.get_mut(&stream) else { return };
        receiver.state = Connection::Stopping;
        disconnect(receiver, addresses, effects);
        self.deregister_if_stopped(stream, setup, effects);
    }

    fn deregister_if_stopped<M: Host<Message: From<ReceiverMessage>>>(
        &self,
        stream: StreamId,
        setup: &Setup,
        effects: &mut Effects<'_, M>,
    ) {
        let done = |receiver: &Receiver| receiver.state == Connection::Stopping && receiver.replicating.is_empty();
        if self.running.get(&stream).is_some_and(done) {
            let message = "Stopped by driver".to_owned();
            effects.send(setup.driver, ReceiverMessage::Deregistered { stream, message });
        }
    }

    /// The receiver's core was taken back.
    pub fn ended<M: Host<Message: From<SocketMessage>>>(
        &mut self,
        task: TaskId,
        addresses: &Addresses,
        effects: &mut Effects<'_, M>,
    ) {
        for (_, receiver) in self.running.extract_if(.., |_, receiver| receiver.task == task) {
            disconnect(&receiver, addresses, effects);
        }
    }

    /// All end at once, as with their process.
    pub fn abandon<M: Host<Message: From<SocketMessage>>>(
        &mut self,
        addresses: &Addresses,
        effects: &mut Effects<'_, M>,
    ) {
        for receiver in std::mem::take(&mut self.running).values() {
            disconnect(receiver, addresses, effects);
        }
    }
}

fn disconnect<M: Host<Message: From<SocketMessage>>>(
    receiver: &Receiver,
    addresses: &Addresses,
    effects: &mut Effects<'_, M>,
) {
    if let Some(server) = addresses.get(&receiver.input.address) {
        effects.send(*server, SocketMessage::Disconnect { stream: receiver.input.stream.0 });
    }
}

fn block_interval(setup: &Setup) -> Duration {
    setup.conf.duration("spark.streaming.blockInterval").max(Duration::millis(1))
}
