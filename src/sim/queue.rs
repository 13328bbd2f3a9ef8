//! The one event queue, ordered by (time, tie, sequence).

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hash::{Hash, Hasher};

use siphasher::sip::SipHasher13;

use super::{Fault, Input, Model, NodeId, Time};

/// Something due at a time.
pub(super) enum Due<M: Model> {
    /// An input for a node; dropped if the node's incarnation is no longer the one it was meant for.
    Input {
        node: NodeId,
        /// `None`: for whichever life the node has then.
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

impl<M: Model> Due<M> {
    /// Events of one lane keep the order they were queued in, however ties are broken: the messages of one link, as
    /// on a connection, and the faults, as on their timeline. All else is in no lane.
    fn lane(&self) -> Option<(u32, u32)> {
        match self {
            Due::Input { node, input: Input::Message { from, .. } | Input::PeerDown(from), .. } => {
                Some((from.0, node.0))
            }
            Due::Input { .. } | Due::Write { .. } => None,
            Due::Fault(_) => Some((u32::MAX, u32::MAX)),
        }
    }
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

/// An event's place in the order of all events: its time, its tie (0, or by chance where ties are shuffled) and its
/// sequence, in one number, which compares faster than three do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(u128);

const SEQUENCE_BITS: u32 = 40;

impl Key {
    fn new(time: Time, tie: u64, sequence: u64) -> Self {
        Key(u128::from(time.0) << 64 | u128::from(tie >> SEQUENCE_BITS << SEQUENCE_BITS | sequence))
    }

    pub fn time(self) -> Time {
        Time((self.0 >> 64) as u64)
    }
}

/// The heap holds places only, so that ordering moves no events, whatever their size.
pub(super) struct Queue<M: Model> {
    heap: BinaryHeap<Reverse<(Key, usize)>>,
    /// What is due, by the index that the heap knows.
    due: Vec<Option<Due<M>>>,
    vacant: Vec<usize>,
    sequence: u64,
    /// The hash key that ties are broken by, where they are shuffled.
    shuffle: Option<u64>,
}

impl<M: Model> Clone for Queue<M> {
    fn clone(&self) -> Self {
        Queue {
            heap: self.heap.clone(),
            due: self.due.clone(),
            vacant: self.vacant.clone(),
            sequence: self.sequence,
            shuffle: self.shuffle,
        }
    }
}

impl<M: Model> Queue<M> {
    pub fn new() -> Self {
        Queue { heap: BinaryHeap::new(), due: Vec::new(), vacant: Vec::new(), sequence: 0, shuffle: None }
    }

    /// From now on, breaks ties by chance instead of by sequence.
    pub fn shuffle(&mut self, key: u64) {
        self.shuffle = Some(key);
    }

    #[inline(always)]
    pub fn push(&mut self, time: Time, due: Due<M>) {
        let tie = self.shuffle.map_or(0, |key| tie(key, time, due.lane(), self.sequence));
        let key = Key::new(time, tie, self.sequence);
        self.sequence += 1;
        self.put_back(key, due);
    }

    /// Queues an event again, in the place it had.
    #[inline(always)]
    pub fn put_back(&mut self, key: Key, due: Due<M>) {
        let index = self.vacant.pop().unwrap_or_else(|| {
            self.due.push(None);
            self.due.len() - 1
        });
        self.due[index] = Some(due);
        self.heap.push(Reverse((key, index)));
    }

    pub fn pop(&mut self) -> Option<(Key, Due<M>)> {
        let Reverse((key, index)) = self.heap.pop()?;
        self.vacant.push(index);
        Some((key, self.due[index].take()?))
    }

    pub fn next_time(&self) -> Option<Time> {
        self.heap.peek().map(|Reverse((key, _))| key.time())
    }
}

/// A hash instead of a draw: equal for events of one lane that are due together, so that their sequence decides.
fn tie(key: u64, time: Time, lane: Option<(u32, u32)>, sequence: u64) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(key, time.0);
    match lane {
        Some(lane) => lane.hash(&mut hasher),
        None => sequence.hash(&mut hasher),
    }
    hasher.finish()
}
