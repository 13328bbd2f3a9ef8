//! Conservation: in how many completed batches did each record take part that a source handed over? In none, it is
//! lost; in one, it is as it should be; in more, it is duplicated.
//!
//! Records have no names in a trace, so they are counted from station to station: handed over by a socket, stored in a
//! block, allocated to a batch, completed with it. Fewer at a station than before it are lost or still under way;
//! more are duplicates.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::{Checker, DRIVER, Finding};
use crate::trace::{Event, InputCount};

/// How often a record may take part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// Nothing is lost and nothing duplicated.
    ExactlyOnce,
    /// Nothing is lost.
    AtLeastOnce,
    /// Nothing is duplicated.
    AtMostOnce,
}

/// Keeps account of every record that came from a socket.
#[derive(Clone, Debug)]
pub struct Conservation {
    promise: Promise,
    accounts: BTreeMap<Rc<str>, Account>,
    /// What each stream's receiver reads.
    sources: BTreeMap<u32, Rc<str>>,
    /// Batches that were submitted and have not completed.
    open: BTreeMap<u64, OpenBatch>,
    interval: u64,
    /// Whether nothing more is done with what is under way.
    over: bool,
}

#[derive(Clone, Debug, Default)]
struct OpenBatch {
    inputs: Vec<InputCount>,
    failed: bool,
    /// Whether the driver that submitted it is gone.
    orphaned: bool,
}

/// The records of one source, by the station they came to.
#[derive(Clone, Debug, Default)]
struct Account {
    arrived: u64,
    /// They came while no receiver read; a source keeps them.
    waiting: u64,
    handed: u64,
    stored: u64,
    batched: u64,
    completed: u64,
    failed: u64,
    /// What was stored when the driver began its life.
    stored_before: u64,
    receivers: BTreeSet<u32>,
    /// What was handed over in the last batch interval, oldest first.
    recent: Vec<(u64, u64)>,
}

impl Conservation {
    /// An account of nothing yet.
    pub fn new(promise: Promise) -> Self {
        Conservation {
            promise,
            accounts: BTreeMap::new(),
            sources: BTreeMap::new(),
            open: BTreeMap::new(),
            interval: 0,
            over: false,
        }
    }

    fn account(&mut self, stream: u32) -> Option<&mut Account> {
        self.accounts.get_mut(self.sources.get(&stream)?)
    }

    /// A driver begins its life: what an earlier one had under way is lost, unless it is taken up again.
    fn begin(&mut self) {
        self.open.values_mut().for_each(|batch| batch.orphaned = true);
        for account in self.accounts.values_mut() {
            account.stored_before = account.stored;
            account.recent.clear();
        }
    }

    /// Adds what a batch holds to each account.
    fn count(&mut self, inputs: &[InputCount], add: impl Fn(&mut Account, u64)) {
        for InputCount { stream, records } in inputs {
            if let Some(account) = self.account(*stream) {
                add(account, *records);
            }
        }
    }
}

impl Account {
    fn hand_over(&mut self, at: u64, records: u64, interval: u64) {
        self.handed += records;
        self.recent.retain(|(handed, _)| handed + interval >= at);
        if records > 0 {
            self.recent.push((at, records));
        }
    }

    /// Records lost and duplicated. While somebody works on them, those are not lost that were handed over after
    /// `grace`, were stored and wait for a batch, or are in `open` batches.
    fn balance(&self, grace: Option<u64>, open: u64) -> (u64, u64) {
        let handed = |grace| self.recent.iter().filter(|(at, _)| *at > grace).map(|(_, records)| records).sum();
        let (in_buffer, in_store) = grace.map_or((0, 0), |grace| (handed(grace), self.stored - self.stored_before));
        let stations = [
            (self.handed, self.stored, in_buffer),
            (self.stored, self.batched, in_store),
            (self.batched, self.completed + self.failed, open),
        ];
        stations.into_iter().fold((self.failed, 0), |(lost, duplicated), (before, after, under_way)| {
            (lost + before.saturating_sub(after + under_way), duplicated + after.saturating_sub(before))
        })
    }
}

impl Checker for Conservation {
    fn observe(&mut self, at: u64, event: &Event) {
        match event {
            Event::StreamingStarted { batch_interval_ms } => {
                self.begin();
                self.interval = batch_interval_ms * 1_000;
                self.over = false;
            }
            Event::StreamingStopped | Event::ProgramEnded { .. } => self.over = true,
            Event::NodeCrashed { name } if &**name == DRIVER => self.over = true,
            Event::InputArrived { source, records } => {
                let interval = self.interval;
                let account = self.accounts.entry(source.clone()).or_default();
                let records = records.len() as u64;
                account.arrived += records;
                if account.receivers.is_empty() {
                    account.waiting += records;
                } else {
                    account.hand_over(at, records, interval);
                }
            }
            Event::ReceiverStarted { stream, source, .. } => {
                let interval = self.interval;
                self.sources.insert(*stream, source.clone());
                let account = self.accounts.entry(source.clone()).or_default();
                account.receivers.insert(*stream);
                let waiting = std::mem::take(&mut account.waiting);
                account.hand_over(at, waiting, interval);
            }
            Event::ReceiverStopped { stream, .. } => {
                if let Some(account) = self.account(*stream) {
                    account.receivers.remove(stream);
                }
            }
            Event::BlockAdded { stream, records, .. } => {
                if let Some(account) = self.account(*stream) {
                    account.stored += records;
                }
            }
            Event::BatchSubmitted { batch, inputs } => {
                self.count(inputs, |account, records| account.batched += records);
                let batch = self.open.insert(*batch, OpenBatch { inputs: inputs.clone(), ..OpenBatch::default() });
                // Submitted anew before it was done, it is the same batch.
                let void = batch.map(|batch| batch.inputs).unwrap_or_default();
                self.count(&void, |account, records| {
                    account.batched = account.batched.saturating_sub(records);
                });
            }
            Event::OutputCompleted { batch, failure: Some(_), .. } => {
                if let Some(batch) = self.open.get_mut(batch) {
                    batch.failed = true;
                }
            }
            Event::BatchCompleted { batch } => {
                let Some(OpenBatch { inputs, failed, .. }) = self.open.remove(batch) else { return };
                self.count(&inputs, |account, records| {
                    *if failed { &mut account.failed } else { &mut account.completed } += records;
                });
            }
            _ => {}
        }
    }

    fn finding(&self, end: u64) -> Finding {
        if self.accounts.values().all(|account| account.arrived == 0) {
            return Finding::Untested("no record came from a socket".into());
        }
        let grace = (!self.over).then(|| end.saturating_sub(self.interval));
        let mut broken = Vec::new();
        for (source, account) in &self.accounts {
            let of_source = |input: &&InputCount| self.sources.get(&input.stream) == Some(source);
            let worked_on = self.open.values().filter(|batch| !self.over && !batch.orphaned);
            let open = worked_on.flat_map(|batch| batch.inputs.iter().filter(of_source));
            let open = open.map(|input| input.records).sum();
            let (lost, duplicated) = account.balance(grace, open);
            let kept = match self.promise {
                Promise::ExactlyOnce => lost == 0 && duplicated == 0,
                Promise::AtLeastOnce => lost == 0,
                Promise::AtMostOnce => duplicated == 0,
            };
            if !kept {
                let arrived = account.arrived;
                broken.push(format!("{source}: of {arrived} records {lost} lost and {duplicated} duplicated"));
            }
        }
        if broken.is_empty() { Finding::Held } else { Finding::Broken(broken.join("; ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::FailureReason;
    use crate::value::Value;

    const SECOND: u64 = 1_000_000;

    fn arrived(records: usize) -> Event {
        Event::InputArrived { source: "s:1".into(), records: vec![Value::Int(0); records] }
    }

    fn block(records: u64) -> Event {
        Event::BlockAdded { stream: 0, block: String::new(), records }
    }

    fn submitted(batch: u64, records: u64) -> Event {
        Event::BatchSubmitted { batch, inputs: vec![InputCount { stream: 0, records }] }
    }

    fn completed(batch: u64) -> Event {
        Event::BatchCompleted { batch }
    }

    fn failed(batch: u64) -> Event {
        let failure = FailureReason { class: "E".into(), message: String::new() };
        Event::OutputCompleted { batch, output: "o".into(), failure: Some(failure) }
    }

    /// What the promise comes to if the events are a tenth of a second apart.
    fn finding(promise: Promise, events: &[Event], end: u64) -> Finding {
        let mut conservation = Conservation::new(promise);
        conservation.observe(0, &Event::StreamingStarted { batch_interval_ms: 1_000 });
        let started = Event::ReceiverStarted { stream: 0, name: "".into(), source: "s:1".into(), executor: "".into() };
        conservation.observe(0, &started);
        (1..).zip(events).for_each(|(tenth, event)| conservation.observe(tenth * SECOND / 10, event));
        conservation.finding(end)
    }

    fn broken(lost: u64, duplicated: u64, of: u64) -> Finding {
        Finding::Broken(format!("s:1: of {of} records {lost} lost and {duplicated} duplicated"))
    }

    #[test]
    fn records_that_never_reach_a_block_are_lost_once_it_is_too_late() {
        let events = [arrived(2), arrived(3), block(2), submitted(1, 2), completed(1)];
        assert_eq!(finding(Promise::ExactlyOnce, &events, SECOND), Finding::Held, "a block may still come");
        assert_eq!(finding(Promise::ExactlyOnce, &events, 9 * SECOND), broken(3, 0, 5));
        assert_eq!(finding(Promise::AtMostOnce, &events, 9 * SECOND), Finding::Held);
    }

    #[test]
    fn what_was_under_way_is_lost_with_the_driver() {
        let crash = Event::NodeCrashed { name: DRIVER.into() };
        let under_way = [arrived(3), block(3), submitted(1, 2)];
        assert_eq!(finding(Promise::AtLeastOnce, &under_way, 9 * SECOND), Finding::Held);
        let events = [&under_way[..], &[crash]].concat();
        assert_eq!(finding(Promise::AtLeastOnce, &events, 9 * SECOND), broken(3, 0, 3));
        let again = Event::StreamingStarted { batch_interval_ms: 1_000 };
        let events = [&events[..], &[again]].concat();
        assert_eq!(finding(Promise::AtLeastOnce, &events, 9 * SECOND), broken(3, 0, 3), "also once it is back");
    }

    #[test]
    fn a_batch_that_runs_again_duplicates_and_hides_no_loss() {
        let anew = [arrived(1), block(1), submitted(1, 1), submitted(1, 1), completed(1)];
        assert_eq!(finding(Promise::ExactlyOnce, &anew, 9 * SECOND), Finding::Held);
        let twice = [arrived(2), block(1), submitted(1, 1), completed(1), submitted(1, 1), completed(1)];
        assert_eq!(finding(Promise::ExactlyOnce, &twice, 9 * SECOND), broken(1, 1, 2));
    }

    #[test]
    fn a_driver_that_takes_up_what_another_left_loses_nothing() {
        let crash = Event::NodeCrashed { name: DRIVER.into() };
        let again = Event::StreamingStarted { batch_interval_ms: 1_000 };
        let events = [arrived(2), block(2), submitted(1, 2), crash, again, submitted(1, 2), completed(1)];
        assert_eq!(finding(Promise::ExactlyOnce, &events, 9 * SECOND), Finding::Held);
    }

    #[test]
    fn a_failed_batch_counts_nothing() {
        let events = [arrived(1), block(1), submitted(1, 1), failed(1), completed(1)];
        assert_eq!(finding(Promise::AtLeastOnce, &events, 9 * SECOND), broken(1, 0, 1));
    }

    #[test]
    fn a_source_keeps_what_nobody_reads() {
        let stopped = Event::ReceiverStopped { stream: 0, message: String::new() };
        assert_eq!(finding(Promise::ExactlyOnce, &[stopped, arrived(4)], 9 * SECOND), Finding::Held);
        assert!(matches!(finding(Promise::ExactlyOnce, &[], SECOND), Finding::Untested(_)));
    }
}
