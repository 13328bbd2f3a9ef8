//! Effects as data: what a handler asks the kernel to do.

use std::collections::VecDeque;
use std::rc::Rc;

use super::world::Recorder;
use super::{Duration, Model, NodeId, Random, Stream, Time};

/// One thing a handler wants done. Applied by the kernel one at a time, in order; a crash may strike before any.
pub enum Effect<M: Model> {
    /// A message to a node (itself included), over the network. It dies with the life the node has now, as all that
    /// is under way on a connection does; where the node is down, the sender learns that.
    Send { to: NodeId, message: M::Message },
    /// Wake this node at a time.
    Timer { at: Time, timer: M::Timer },
    /// Open a connection: each side learns when the other crashes. Where the peer is down already, this one learns
    /// that.
    Link(NodeId),
    /// Replace a file of the node's disk; `Input::Written(ticket)` follows. Not durable until synced.
    Write { path: Rc<str>, data: Rc<[u8]>, ticket: u64 },
    /// Make what was written to a file durable. Atomic and at once.
    Sync { path: Rc<str> },
    /// Move a file. Atomic, at once and durable with the file's content.
    Rename { from: Rc<str>, to: Rc<str> },
    /// Remove a file, at once and durably.
    Remove { path: Rc<str> },
    /// The node stands before this named step.
    Step(M::Step),
    /// A fact for the trace. No crash point of its own: it happens with the effect before it.
    Emit(M::Event),
}

impl<M: Model> Clone for Effect<M> {
    fn clone(&self) -> Self {
        match self {
            Effect::Send { to, message } => Effect::Send { to: *to, message: message.clone() },
            Effect::Timer { at, timer } => Effect::Timer { at: *at, timer: timer.clone() },
            Effect::Link(peer) => Effect::Link(*peer),
            Effect::Write { path, data, ticket } => {
                Effect::Write { path: path.clone(), data: data.clone(), ticket: *ticket }
            }
            Effect::Sync { path } => Effect::Sync { path: path.clone() },
            Effect::Rename { from, to } => Effect::Rename { from: from.clone(), to: to.clone() },
            Effect::Remove { path } => Effect::Remove { path: path.clone() },
            Effect::Step(step) => Effect::Step(step.clone()),
            Effect::Emit(event) => Effect::Emit(event.clone()),
        }
    }
}

/// An effect that waits to be applied, and whose it is.
pub(super) struct Pending<M: Model> {
    pub node: NodeId,
    pub effect: Effect<M>,
}

impl<M: Model> Clone for Pending<M> {
    fn clone(&self) -> Self {
        Pending { node: self.node, effect: self.effect.clone() }
    }
}

/// What a handler sees of the kernel: the time, chance, and the list its effects go to.
pub struct Effects<'a, M: Model> {
    pub(super) now: Time,
    pub(super) node: NodeId,
    pub(super) slowdown: u32,
    pub(super) random: &'a mut Random,
    pub(super) pending: &'a mut VecDeque<Pending<M>>,
    /// Takes the facts that no effect comes before; `None` at a boot, which nobody watches.
    pub(super) recorder: Option<Recorder<'a, M>>,
}

impl<M: Model> Effects<'_, M> {
    /// Virtual now.
    pub fn now(&self) -> Time {
        self.now
    }

    /// The node whose handler this is.
    pub fn node(&self) -> NodeId {
        self.node
    }

    /// How many times slower than usual this node works now; 1 unless a fault slows it.
    pub fn slowdown(&self) -> u64 {
        self.slowdown.into()
    }

    /// The seeded streams.
    pub fn random(&mut self) -> &mut Random {
        self.random
    }

    /// A length of time drawn from a range.
    pub fn draw(&mut self, stream: Stream, range: (Duration, Duration)) -> Duration {
        self.random.between(stream, range)
    }

    /// Asks for an effect.
    #[inline(always)]
    pub fn push(&mut self, effect: Effect<M>) {
        self.pending.push_back(Pending { node: self.node, effect });
    }

    /// Sends a message.
    #[inline(always)]
    pub fn send(&mut self, to: NodeId, message: impl Into<M::Message>) {
        self.push(Effect::Send { to, message: message.into() });
    }

    /// Sets a timer.
    #[inline(always)]
    pub fn wake_at(&mut self, at: Time, timer: impl Into<M::Timer>) {
        self.push(Effect::Timer { at, timer: timer.into() });
    }

    /// Sets a timer `span` from now.
    pub fn wake_after(&mut self, span: Duration, timer: impl Into<M::Timer>) {
        self.wake_at(self.now + span, timer);
    }

    /// Records a fact.
    #[inline(always)]
    pub fn emit(&mut self, event: impl Into<M::Event>) {
        let event = event.into();
        match &mut self.recorder {
            Some(recorder) if self.pending.is_empty() => recorder.record(self.now, Some(self.node), &event),
            _ => self.push(Effect::Emit(event)),
        }
    }

    /// Names the step the node stands before.
    #[inline(always)]
    pub fn step(&mut self, step: impl Into<M::Step>) {
        self.push(Effect::Step(step.into()));
    }
}
