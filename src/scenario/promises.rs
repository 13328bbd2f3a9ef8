//! The checks of `always`, watched over while a run goes on.

use super::{Check, Located};
use crate::{
    trace::Event,
    verify::{BatchOrder, Checker, Conservation, Convergence, Finding, Promise},
};

/// The checkers of a scenario, each with its place.
pub struct Promises(Vec<(Located<Check>, Box<dyn Checker>)>);

impl Promises {
    /// Nothing was observed yet.
    pub fn new(checks: &[Located<Check>]) -> Self {
        Promises(checks.iter().map(|check| (check.clone(), checker(check.value))).collect())
    }

    /// Takes in one fact.
    pub fn observe(&mut self, at: u64, event: &Event) {
        self.0.iter_mut().for_each(|(_, checker)| checker.observe(at, event));
    }

    /// What each found if the run ends at this time.
    pub fn findings(&self, end: u64) -> Vec<(Located<Check>, Finding)> {
        self.0.iter().map(|(check, checker)| (check.clone(), checker.finding(end))).collect()
    }
}

fn checker(check: Check) -> Box<dyn Checker> {
    match check {
        Check::ExactlyOnce => Box::new(Conservation::new(Promise::ExactlyOnce)),
        Check::AtLeastOnce => Box::new(Conservation::new(Promise::AtLeastOnce)),
        Check::AtMostOnce => Box::new(Conservation::new(Promise::AtMostOnce)),
        Check::Converges => Box::new(Convergence::default()),
        Check::BatchesInOrder => Box::new(BatchOrder::default()),
    }
}
