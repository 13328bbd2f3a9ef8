//! Judges a run by what its scenario expects.

use serde::Serialize;

use super::{
    Check, Expect, ExpectedError, ExpectedOutput, Located, Place, Scenario, Status,
    mismatch::{Mismatch, NO_ERROR, Violation},
    rows::same_rows,
    units::Within,
};
use crate::{
    sim::{Duration, Time},
    trace::{Batch, BatchStatus, FailureReason, Summary},
    verify::Finding,
};

/// What a run comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Judgement {
    /// All that was expected came.
    Held,
    /// Something else came.
    Violated,
    /// What was expected came because nothing happened: it would have come whatever the program does.
    TestedNothing,
}

/// What was expected and what of it did not come.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// How many things were expected.
    pub expectations: usize,
    /// Those that did not come, in the order of the kinds of expectations.
    pub violations: Vec<Violation>,
    /// Checks that had nothing to check, and why.
    pub untested: Vec<(String, String)>,
    /// Whether any record was processed, or something happened that only a real run can bring about.
    pub exercised: bool,
}

impl Verdict {
    /// What it comes to.
    pub fn judgement(&self) -> Judgement {
        match (self.violations.is_empty(), self.exercised) {
            (false, _) => Judgement::Violated,
            (true, false) => Judgement::TestedNothing,
            (true, true) => Judgement::Held,
        }
    }
}

/// Compares a run with what its scenario expects.
pub fn judge(scenario: &Scenario, summary: &Summary, findings: &[(Located<Check>, Finding)]) -> Verdict {
    let Expect { outputs, printed, batches, warnings, error, always: _, order: _ } = &scenario.expect;
    let mut judge = Judge { scenario, summary, expectations: 0, violations: Vec::new() };
    for (name, expected) in outputs.iter().flatten() {
        judge.output(name, expected);
    }
    if let Some(Located { place, value: expected }) = printed {
        let came: Vec<String> = summary.printed.iter().map(|line| line.to_string()).collect();
        let (same, expected) = (*expected == came, expected.clone());
        judge.expect(same, *place, || Mismatch::Printed { expected, came });
    }
    for facts in batches {
        judge.facts(facts);
    }
    for Located { place, value: expected } in warnings {
        let given = summary.warnings.iter().any(|warning| warning.contains(expected));
        let came = || Mismatch::Warning { expected: expected.clone(), came: summary.warnings.clone() };
        judge.expect(given, *place, came);
    }
    match error {
        Some(Located { place, value: expected }) => judge.error(*place, expected),
        None => judge.no_error(),
    }
    let mut untested = Vec::new();
    for (Located { place, value: check }, finding) in findings {
        let check = check.to_string();
        match finding {
            Finding::Held => judge.expectations += 1,
            Finding::Untested(why) => untested.push((check, why.clone())),
            Finding::Broken(came) => {
                judge.expect(false, *place, || Mismatch::Always { check, came: came.clone() });
            }
        }
    }
    let Judge { expectations, violations, .. } = judge;
    Verdict {
        expectations,
        violations,
        untested,
        exercised: processed_records(summary) || proves_itself(&scenario.expect),
    }
}

/// Did any record go through the program, as far as a trace can tell?
fn processed_records(summary: &Summary) -> bool {
    let done = |batch: &&Batch| batch.completed.is_some();
    let put = |batch: &Batch| batch.outputs.iter().any(|(_, output)| !output.rows.is_empty());
    summary.batches.values().filter(done).any(|batch| batch.records > 0 || put(batch)) || !summary.printed.is_empty()
}

/// Is something expected that does not come by itself when nothing happens?
fn proves_itself(expect: &Expect) -> bool {
    !expect.warnings.is_empty() || expect.error.is_some() || !expect.batches.is_empty()
}

struct Judge<'a> {
    scenario: &'a Scenario,
    summary: &'a Summary,
    expectations: usize,
    violations: Vec<Violation>,
}

impl Judge<'_> {
    fn expect(&mut self, met: bool, place: impl Into<Option<Place>>, mismatch: impl FnOnce() -> Mismatch) {
        self.expectations += 1;
        if !met {
            self.violations.push(Violation { mismatch: mismatch(), place: place.into() });
        }
    }

    /// A batch's time since the start.
    fn since_start(&self, batch: &Batch) -> Duration {
        Time::from_millis(batch.batch_time).since(self.scenario.start)
    }

    fn batch(&self, since_start: Duration) -> Option<&Batch> {
        self.summary.batches.get(&(self.scenario.start + since_start).as_millis())
    }

    fn output(&mut self, name: &str, expected: &ExpectedOutput) {
        let order = self.scenario.expect.order;
        for listed in &expected.batches {
            let (output, batch, expected) = (name.to_owned(), listed.batch, listed.rows.clone());
            match output_of(self.batch(batch), name) {
                None => self.expect(false, listed.place, || Mismatch::NoRows { output, batch, expected }),
                Some(came) => {
                    let same = same_rows(&expected, &came, order);
                    self.expect(same, listed.place, || Mismatch::Rows { output, batch, order, expected, came });
                }
            }
        }
        let listed = |batch: &Duration| expected.batches.iter().any(|listed| listed.batch == *batch);
        let mut unlisted = Vec::new();
        for batch in self.summary.batches.values() {
            let time = self.since_start(batch);
            let came = output_of(Some(batch), name).unwrap_or_default();
            if !came.is_empty() && !listed(&time) {
                unlisted.push(Mismatch::Rows {
                    output: name.to_owned(),
                    batch: time,
                    order,
                    expected: Vec::new(),
                    came,
                });
            }
        }
        unlisted.into_iter().for_each(|mismatch| self.expect(false, expected.place, || mismatch));
    }

    fn facts(&mut self, facts: &super::BatchFacts) {
        let time = facts.batch;
        let batch = self.batch(time).cloned();
        let fact = |fact, expected: String, came: Option<String>| {
            let came = came.unwrap_or_else(|| "no such batch".into());
            Mismatch::Fact { batch: time, fact, expected, came }
        };
        if let Some(expected) = facts.records {
            let came = batch.as_ref().map(|batch| batch.records);
            self.expect(came == Some(expected), facts.place, || {
                fact("records", expected.to_string(), came.map(|records| records.to_string()))
            });
        }
        let delays: [(_, Option<Within>, fn(&Batch) -> Option<u64>); 3] = [
            ("scheduling_delay", facts.scheduling_delay, Batch::scheduling_delay),
            ("processing_time", facts.processing_time, Batch::processing_time),
            ("total_delay", facts.total_delay, Batch::total_delay),
        ];
        for (name, expected, measure) in delays {
            let Some(expected) = expected else { continue };
            let measured = batch.as_ref().and_then(measure).map(Duration);
            let met = measured.is_some_and(|measured| expected.holds(measured));
            let unmeasured = batch.as_ref().map(|_| "none: the batch did not come so far".to_owned());
            let came = measured.map(|measured| measured.to_string()).or(unmeasured);
            self.expect(met, facts.place, || fact(name, expected.to_string(), came));
        }
        if let Some(expected) = facts.status {
            let came = batch.as_ref().map(|batch| batch.status);
            let came = came.map(|status| match status {
                BatchStatus::Submitted => Status::Submitted,
                BatchStatus::Running => Status::Running,
                BatchStatus::Completed => Status::Completed,
                BatchStatus::Failed => Status::Failed,
            });
            self.expect(came == Some(expected), facts.place, || {
                fact("status", expected.to_string(), came.map(|status| status.to_string()))
            });
        }
    }

    /// What went wrong: with the program, or with single outputs.
    fn failures(&self) -> impl Iterator<Item = (Option<Duration>, &FailureReason)> {
        let program = self.summary.ended.iter().flatten().map(|failure| (None, failure));
        program.chain(self.summary.batches.values().flat_map(|batch| {
            let failures = batch.outputs.iter().filter_map(|(_, output)| output.failure.as_ref());
            failures.map(|failure| (Some(self.since_start(batch)), failure))
        }))
    }

    fn error(&mut self, place: Place, expected: &ExpectedError) {
        let met = self.failures().any(|(_, failure)| is_expected(expected, failure));
        let came = self.failures().next().map_or_else(|| NO_ERROR.into(), |(_, failure)| words(failure));
        self.expect(met, place, || Mismatch::Error { expected: expected_words(expected), came });
    }

    /// Nobody need say that a program is not to fail; of a batch that is to fail, someone has said so.
    fn no_error(&mut self) {
        let expected = |batch: &Option<Duration>| {
            let facts = &self.scenario.expect.batches;
            batch.is_some_and(|batch| {
                facts.iter().any(|fact| fact.batch == batch && fact.status == Some(Status::Failed))
            })
        };
        let came = self.failures().find(|(batch, _)| !expected(batch)).map(|(_, failure)| words(failure));
        if let Some(came) = came {
            self.expect(false, None, || Mismatch::Error { expected: NO_ERROR.into(), came });
        }
    }
}

/// The rows that an output put out for a batch, if it came to its end.
fn output_of(batch: Option<&Batch>, name: &str) -> Option<Vec<crate::value::Value>> {
    let output = batch?.output(name)?;
    (output.completed && output.failure.is_none()).then(|| output.rows.clone())
}

/// The class may be given with its package or without.
fn is_expected(expected: &ExpectedError, failure: &FailureReason) -> bool {
    let class = |wanted: &String| failure.class == *wanted || failure.class.rsplit('.').next() == Some(wanted);
    expected.class.as_ref().is_none_or(class)
        && expected.contains.as_ref().is_none_or(|part| failure.message.contains(part))
}

fn expected_words(expected: &ExpectedError) -> String {
    match (&expected.class, &expected.contains) {
        (Some(class), Some(contains)) => format!("a {class} with `{contains}`"),
        (Some(class), None) => format!("a {class}"),
        (None, Some(contains)) => format!("an error with `{contains}`"),
        (None, None) => "an error".into(),
    }
}

fn words(failure: &FailureReason) -> String {
    format!("{}: {}", failure.class, failure.message)
}
