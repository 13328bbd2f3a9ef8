//! The nodes of an application and what they say.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::driver::Driver;
use super::executor::ExecutorNode;
use super::program::Program;
use crate::cluster::{self, Setup};
use crate::dstream::{Addresses, ReceiverMessage, ReceiverTimer, StreamingTimer};
use crate::external::{FileSystem, SocketMessage, SocketServer};
use crate::sim::{Disk, Effect, Effects, Fault, Input, Model, NodeId, Time};
use crate::trace::{BatchStep, Event};

/// The immutable part of a simulated application.
pub struct Application {
    pub(super) setup: Setup,
    pub(super) addresses: Addresses,
    pub(super) program: Program,
    /// Sockets by node: their addresses.
    pub(super) sockets: BTreeMap<NodeId, Rc<str>>,
    /// Whether sockets stand for real ones outside the world.
    pub(super) live: bool,
}

/// A node's volatile state.
#[derive(Clone)]
pub enum Node {
    Driver(Box<Driver>),
    Executor(ExecutorNode),
    FileSystem(FileSystem),
    Socket(SocketServer),
}

/// What someone outside tells the driver.
#[derive(Clone, Debug)]
pub enum Command {
    /// Stop the streaming computation, as a shutdown hook or a second program would.
    Stop { gracefully: bool },
}

/// Everything that goes between nodes.
#[derive(Clone)]
pub enum Message {
    Cluster(cluster::Message),
    Receiver(ReceiverMessage),
    Socket(SocketMessage),
    Command(Command),
}

/// Everything that wakes a node.
#[derive(Clone, Debug)]
pub enum Timer {
    Cluster(cluster::Timer),
    Streaming(StreamingTimer),
    Receiver(ReceiverTimer),
    /// `awaitTerminationOrTimeout` has waited long enough; the number says which call.
    AwaitTimeout(u64),
}

/// A named step of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub batch: Time,
    pub step: BatchStep,
}

impl From<(Time, BatchStep)> for Step {
    fn from((batch, step): (Time, BatchStep)) -> Self {
        Step { batch, step }
    }
}

macro_rules! wrap {
    ($($from:ty => $to:ident :: $variant:ident;)*) => {
        $(impl From<$from> for $to {
            fn from(inner: $from) -> Self {
                $to::$variant(inner)
            }
        })*
    };
}

wrap! {
    cluster::Message => Message::Cluster;
    ReceiverMessage => Message::Receiver;
    SocketMessage => Message::Socket;
    cluster::Timer => Timer::Cluster;
    StreamingTimer => Timer::Streaming;
    ReceiverTimer => Timer::Receiver;
}

impl Application {
    /// What people call a node.
    pub fn name_of(&self, node: NodeId) -> Rc<str> {
        self.setup.name(node)
    }

    /// The node that people call so.
    pub fn node_named(&self, name: &str) -> Option<NodeId> {
        self.setup.names.iter().position(|known| &**known == name).map(|place| NodeId(place as u32))
    }

    /// The immutable facts of the cluster.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }
}

impl Model for Application {
    type Node = Node;
    type Message = Message;
    type Timer = Timer;
    type Step = Step;
    type Event = Event;

    fn boot(&self, node: NodeId, _disk: &Disk, effects: &mut Effects<'_, Self>) -> Node {
        effects.emit(Event::NodeStarted { name: self.name_of(node) });
        if node == self.setup.driver {
            return Node::Driver(Box::new(Driver::start(self, effects)));
        }
        if node == self.setup.file_system {
            return Node::FileSystem(FileSystem::default());
        }
        match self.sockets.get(&node) {
            Some(address) if self.live => Node::Socket(SocketServer::real(address.clone())),
            Some(address) => Node::Socket(SocketServer::simulated(address.clone())),
            None => Node::Executor(ExecutorNode::start(self, effects)),
        }
    }

    fn handle(&self, node: &mut Node, input: Input<Self>, _disk: &Disk, effects: &mut Effects<'_, Self>) {
        match node {
            Node::Driver(driver) => driver.handle(input, self, effects),
            Node::Executor(executor) => executor.handle(input, self, effects),
            Node::FileSystem(files) => serve_files(files, input, effects),
            Node::Socket(server) => serve_socket(server, input, effects),
        }
    }

    fn fault_event(&self, fault: &Fault) -> Option<Event> {
        let name = |node: &NodeId| self.name_of(*node);
        Some(match fault {
            Fault::Crash(node) => Event::NodeCrashed { name: name(node) },
            // The node says itself that it started.
            Fault::Restart(_) => return None,
            Fault::Pause(node) => Event::NodePaused { name: name(node) },
            Fault::Resume(node) => Event::NodeResumed { name: name(node) },
            Fault::Slow(node, factor) => Event::NodeSlowed { name: name(node), factor: *factor },
            Fault::Partition(groups) => Event::NetworkPartitioned {
                groups: groups.iter().map(|group| group.iter().map(name).collect()).collect(),
            },
            Fault::Heal => Event::NetworkHealed,
        })
    }

    fn name(&self, effect: &Effect<Self>) -> String {
        match effect {
            Effect::Send { to, .. } => format!("send to {}", self.name_of(*to)),
            Effect::Timer { at, timer } => format!("set timer {timer:?} for {at}"),
            Effect::Link(peer) => format!("connect to {}", self.name_of(*peer)),
            Effect::Write { path, .. } => format!("write {path}"),
            Effect::Sync { path } => format!("sync {path}"),
            Effect::Rename { from, to } => format!("rename {from} to {to}"),
            Effect::Remove { path } => format!("remove {path}"),
            Effect::Step(step) => format!("{} of batch {}", step.step.name(), step.batch),
            Effect::Emit(_) => "record a fact".into(),
        }
    }
}

fn serve_files(files: &mut FileSystem, input: Input<Application>, effects: &mut Effects<'_, Application>) {
    let Input::Message { from, message: Message::Cluster(cluster::Message::File(request)) } = input else { return };
    let now = effects.now();
    let reply = files.handle(now, request, &mut |event| effects.emit(event));
    if let Some(reply) = reply {
        effects.send(from, cluster::Message::FileReply(reply));
    }
}

fn serve_socket(server: &mut SocketServer, input: Input<Application>, effects: &mut Effects<'_, Application>) {
    match input {
        Input::Message { from, message: Message::Socket(message) } => {
            let mut replies = Vec::new();
            let mut events = Vec::new();
            server.handle(from, message, &mut |to, reply| replies.push((to, reply)), &mut |event| events.push(event));
            events.into_iter().for_each(|event| effects.emit(event));
            replies.into_iter().for_each(|(to, reply)| effects.send(to, reply));
        }
        Input::PeerDown(peer) => server.peer_down(peer, &mut |to, reply| effects.send(to, reply)),
        _ => {}
    }
}
