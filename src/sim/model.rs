//! What the kernel runs: nodes of some kind, and what they say to each other.

use std::fmt::Debug;
use std::hash::Hash;

use super::{Disk, Effect, Effects, Fault};

/// A node's place in the world: its index in the order of adding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct NodeId(pub u32);

/// The immutable part of a simulated system: its rules, its program, its user closures.
///
/// A model stands outside the [`World`](super::World), which holds all that changes; handlers get `&self`. So a world
/// can be cloned and compared, and many worlds can share one model.
pub trait Model: Sized {
    /// The volatile state of a node. A crash drops it; [`Model::boot`] is the only constructor afterwards.
    type Node: Clone;
    /// What nodes send to each other.
    type Message: Clone;
    /// What a node asks to be woken with.
    type Timer: Clone;
    /// A named step of a protocol, to which faults can be pinned.
    type Step: Clone + PartialEq + Debug;
    /// A fact for the trace.
    type Event: Clone + Hash;

    /// The state of a node when it starts, the first time or after a crash: from its disk alone.
    fn boot(&self, node: NodeId, disk: &Disk, effects: &mut Effects<'_, Self>) -> Self::Node;

    /// Reacts to one input. Must not panic, block or touch anything but the node and the effects.
    fn handle(&self, node: &mut Self::Node, input: Input<Self>, disk: &Disk, effects: &mut Effects<'_, Self>);

    /// The trace's fact about a fault that the kernel has applied.
    fn fault_event(&self, fault: &Fault) -> Option<Self::Event>;

    /// A name for people: which effect this is.
    fn name(&self, effect: &Effect<Self>) -> String;
}

/// What a node's handler is called with.
pub enum Input<M: Model> {
    /// A message has arrived.
    Message { from: NodeId, message: M::Message },
    /// A timer that this incarnation of the node has set is due.
    Timer(M::Timer),
    /// The write with this ticket is done.
    Written(u64),
    /// A peer this node had a link to has crashed, or one it sent to or linked to was down.
    PeerDown(NodeId),
}

impl<M: Model> Clone for Input<M> {
    fn clone(&self) -> Self {
        match self {
            Input::Message { from, message } => Input::Message { from: *from, message: message.clone() },
            Input::Timer(timer) => Input::Timer(timer.clone()),
            Input::Written(ticket) => Input::Written(*ticket),
            Input::PeerDown(peer) => Input::PeerDown(*peer),
        }
    }
}
