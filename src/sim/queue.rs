//! The one event queue, ordered by (time, tie, sequence).

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::{Fault, Input, Model, NodeId, Time};

/// Something due at a time.
pub(super) enum Due<M: Model> {
    /// An input for a node; dropped if the node's incarnation is no longer the one it was meant for.
    Input {
        node: NodeId,
        incarnation: Option<u32>,
        input: Input<M>,
    },
    /// A write reaches its disk.
    Write {
        node: NodeId,
        incarnation: u32,
        ticket: u64,
    },
    Fault(Fault),
}

impl<M: Model> Clone for Due<M> {
    fn clone(&self) -> Self {
        match self {
            Due::Input { node, incarnation, input } => {
                Due::Input { node: *node, incarnation: *incarnation, input: input.clone() }
            }
            Due::Write { node, incarnation, ticket } => {
                Due::Write { node: *node, incarnation: *incarnation, ticket: *ticket }
            }
            Due::Fault(fault) => Due::Fault(fault.clone()),
        }
    }
}

pub(super) struct Entry<M: Model> {
    pub time: Time,
    /// 0, or random where ties are shuffled.
    tie: u64,
    sequence: u64,
    pub due: Due<M>,
}

impl<M: Model> Entry<M> {
    fn key(&self) -> (Time, u64, u64) {
        (self.time, self.tie, self.sequence)
    }
}

impl<M: Model> Clone for Entry<M> {
    fn clone(&self) -> Self {
        Entry { time: self.time, tie: self.tie, sequence: self.sequence, due: self.due.clone() }
    }
}

impl<M: Model> Ord for Entry<M> {
    /// Reversed, since `BinaryHeap` hands out its greatest first.
    fn cmp(&self, other: &Self) -> Ordering {
        other.key().cmp(&self.key())
    }
}

impl<M: Model> PartialOrd for Entry<M> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<M: Model> PartialEq for Entry<M> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<M: Model> Eq for Entry<M> {}

pub(super) struct Queue<M: Model> {
    heap: BinaryHeap<Entry<M>>,
    sequence: u64,
}

impl<M: Model> Clone for Queue<M> {
    fn clone(&self) -> Self {
        Queue { heap: self.heap.clone(), sequence: self.sequence }
    }
}

impl<M: Model> Queue<M> {
    pub fn new() -> Self {
        Queue { heap: BinaryHeap::new(), sequence: 0 }
    }

    pub fn push(&mut self, time: Time, tie: u64, due: Due<M>) {
        self.heap.push(Entry { time, tie, sequence: self.sequence, due });
        self.sequence += 1;
    }

    pub fn pop(&mut self) -> Option<Entry<M>> {
        self.heap.pop()
    }

    pub fn next_time(&self) -> Option<Time> {
        self.heap.peek().map(|entry| entry.time)
    }
}
