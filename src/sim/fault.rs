//! Faults: what can go wrong with a node or the network, and when.

use super::{Model, NodeId};

/// Something that goes wrong, or is mended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The process dies: volatile state, timers, messages on their way to it and effects not yet applied are gone; a
    /// write that was not synced is lost, done or torn.
    Crash(NodeId),
    /// A crashed node boots again. No effect on a node that is up.
    Restart(NodeId),
    /// The process stops without dying (a long garbage collection): its inputs wait, and so do its effects.
    Pause(NodeId),
    /// A paused node goes on where it stood, and then meets all that has waited, at once.
    Resume(NodeId),
    /// The node works this many times slower; 1 is its usual speed, and 0 counts as 1.
    Slow(NodeId, u32),
    /// Nodes of different groups can't reach each other; a node in no group reaches everyone. What is already under
    /// way arrives. Replaces an earlier partition.
    Partition(Vec<Vec<NodeId>>),
    /// The network is whole again.
    Heal,
}

/// When an armed fault strikes: before the effect of this number, or when any node stands before this step.
pub enum Trigger<M: Model> {
    Effect(u64),
    Step(M::Step),
}

impl<M: Model> Clone for Trigger<M> {
    fn clone(&self) -> Self {
        match self {
            Trigger::Effect(number) => Trigger::Effect(*number),
            Trigger::Step(step) => Trigger::Step(step.clone()),
        }
    }
}
