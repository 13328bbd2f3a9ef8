//! When the faults are over, the backlog goes down to nothing.

use std::collections::BTreeMap;

use super::{Checker, DRIVER, Finding};
use crate::trace::Event;

/// Checks that no batch is left undone at the end, and that there is a driver to do more.
#[derive(Clone, Debug, Default)]
pub struct Convergence {
    interval: u64,
    /// When each batch was submitted that has not completed, by batch time.
    backlog: BTreeMap<u64, u64>,
    completed: u64,
    driver_is_down: bool,
}

impl Checker for Convergence {
    fn observe(&mut self, at: u64, event: &Event) {
        match event {
            Event::StreamingStarted { batch_interval_ms } => {
                self.interval = batch_interval_ms * 1_000;
                // What an earlier driver had not done is no one's backlog: whether it is lost, others judge.
                self.backlog.clear();
            }
            Event::BatchSubmitted { batch, .. } => {
                self.backlog.insert(*batch, at);
            }
            Event::BatchCompleted { batch } => {
                self.backlog.remove(batch);
                self.completed += 1;
            }
            Event::NodeCrashed { name } if &**name == DRIVER => self.driver_is_down = true,
            Event::NodeStarted { name } if &**name == DRIVER => self.driver_is_down = false,
            _ => {}
        }
    }

    /// A batch that was submitted less than one interval before the end may still run.
    fn finding(&self, end: u64) -> Finding {
        let undone = self.backlog.values().filter(|submitted| **submitted + self.interval <= end).count();
        if self.driver_is_down {
            return Finding::Broken("the driver is down at the end".into());
        }
        match (undone, self.completed) {
            (0, 0) => Finding::Untested("no batch completed".into()),
            (0, _) => Finding::Held,
            (1, _) => Finding::Broken("1 batch is not completed at the end".into()),
            (count, _) => Finding::Broken(format!("{count} batches are not completed at the end")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(events: &[(u64, Event)], end: u64) -> Finding {
        let mut convergence = Convergence::default();
        convergence.observe(0, &Event::StreamingStarted { batch_interval_ms: 1 });
        events.iter().for_each(|(at, event)| convergence.observe(*at, event));
        convergence.finding(end)
    }

    #[test]
    fn a_backlog_at_the_end_is_no_convergence() {
        let submitted = |batch| Event::BatchSubmitted { batch, inputs: Vec::new() };
        let completed = Event::BatchCompleted { batch: 1 };
        let events = [(1000, submitted(1)), (1500, completed), (2000, submitted(2))];
        assert_eq!(finding(&events, 2999), Finding::Held, "the last batch may still run");
        assert_eq!(finding(&events, 3000), Finding::Broken("1 batch is not completed at the end".into()));
    }

    #[test]
    fn nobody_converges_without_a_driver() {
        let crash = (1000, Event::NodeCrashed { name: DRIVER.into() });
        assert_eq!(finding(&[crash], 3000), Finding::Broken("the driver is down at the end".into()));
    }
}
