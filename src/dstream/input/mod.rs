//! Input streams: what starts a DStream graph.

mod batches;
mod files;
mod queue;
mod socket;

use std::collections::BTreeMap;
use std::rc::Rc;

pub use socket::SocketInput;

use crate::sim::Time;

/// How an input stream gets its data.
#[derive(Clone)]
pub enum Source {
    /// A receiver on an executor connects to a socket.
    Socket(Rc<SocketInput>),
    /// A queue of RDDs, which can't be checkpointed.
    Queue,
    /// Directories, as a glob pattern, that are looked at every batch.
    Files(Rc<str>),
    /// Given batches, that can be had again at any time.
    Batches,
}

impl Source {
    /// What it reads, as the trace names it: an address, or directories.
    pub fn name(&self) -> Rc<str> {
        match self {
            Source::Socket(input) => input.address.clone(),
            Source::Files(pattern) => pattern.clone(),
            Source::Queue | Source::Batches => Rc::default(),
        }
    }

    pub(super) fn start(&self, now: Time) -> SourceState {
        match self {
            Source::Queue => SourceState::Queue { dequeued: 0 },
            Source::Files(_) => SourceState::Files { started: now, selected: BTreeMap::new() },
            Source::Socket(_) | Source::Batches => SourceState::None,
        }
    }
}

/// What an input stream remembers at the driver.
#[derive(Clone, Debug, Default)]
pub enum SourceState {
    #[default]
    None,
    Queue {
        dequeued: usize,
    },
    Files {
        started: Time,
        /// Files by the batch that took them.
        selected: BTreeMap<Time, Vec<Rc<str>>>,
    },
}

impl SourceState {
    pub(super) fn has_old_files(&self, keep_after: Time) -> bool {
        matches!(self, SourceState::Files { selected, .. } if selected.range(..=keep_after).next().is_some())
    }

    pub(super) fn forget_files(&mut self, keep_after: Time) {
        if let SourceState::Files { selected, .. } = self {
            *selected = selected.split_off(&Time(keep_after.0 + 1));
        }
    }
}
