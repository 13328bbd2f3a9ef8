//! Batches complete in the order of their times, each once.

use super::{Checker, Finding};
use crate::trace::Event;

/// Checks that every batch that completes is later than all that completed before it.
#[derive(Clone, Debug, Default)]
pub struct BatchOrder {
    last: Option<u64>,
    broken: Option<String>,
}

impl Checker for BatchOrder {
    fn observe(&mut self, _: u64, event: &Event) {
        let Event::BatchCompleted { batch } = event else { return };
        if let Some(last) = self.last.filter(|last| batch <= last)
            && self.broken.is_none()
        {
            self.broken = Some(match last - batch {
                0 => "a batch completed twice".into(),
                late => format!("a batch completed after one that is {late} ms later"),
            });
        }
        self.last = self.last.max(Some(*batch));
    }

    fn finding(&self, _: u64) -> Finding {
        match (&self.broken, self.last) {
            (Some(how), _) => Finding::Broken(how.clone()),
            (None, Some(_)) => Finding::Held,
            (None, None) => Finding::Untested("no batch completed".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(batches: &[u64]) -> Finding {
        let mut order = BatchOrder::default();
        batches.iter().for_each(|batch| order.observe(0, &Event::BatchCompleted { batch: *batch }));
        order.finding(0)
    }

    #[test]
    fn order_is_broken_by_an_earlier_batch_and_by_the_same() {
        assert_eq!(finding(&[1000, 2000]), Finding::Held);
        assert_eq!(finding(&[2000, 1000]), Finding::Broken("a batch completed after one that is 1000 ms later".into()));
        assert_eq!(finding(&[1000, 1000]), Finding::Broken("a batch completed twice".into()));
        assert!(matches!(finding(&[]), Finding::Untested(_)));
    }
}
