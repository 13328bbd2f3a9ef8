//! DStream cases.

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::case::ExpectedError;
use super::{Case, rows};
use crate::application::{ClusterSpec, Options, Run, Simulation};
use crate::program::{CorpusBindings, load_with_inputs};
use crate::sim::{Duration, Time};
use crate::trace::{FailureReason, Summary};
use crate::value::{from_json, to_json};

/// Partitions of every input batch, and `defaultParallelism`, as they were when the cases were recorded.
const PARTITIONS: u32 = 2;

/// Runs the case; returns what differs.
pub fn run(case: &Case) -> Vec<String> {
    let interval = Duration::millis(case.batch_interval_ms);
    if interval == Duration::ZERO {
        return vec!["the case has no batchIntervalMs".into()];
    }
    let summary = match simulate(case, interval) {
        Ok(summary) => summary,
        Err(error) => return judge_error(case, &error),
    };
    if let Some(Some(failure)) = &summary.ended {
        return judge_error(case, failure);
    }
    if let Some(expected) = &case.expected_error {
        return vec![format!("expected an error with {:?}, but the case ran", expected.contains)];
    }
    let mut differences = Vec::new();
    let outputs = std::iter::once(("result", &case.expected))
        .chain(case.also_expected.iter().map(|(name, expected)| (name.as_str(), expected)));
    for (name, expected) in outputs {
        for (number, expected) in (1..).zip(expected) {
            let batch = summary.batches.get(&(number * case.batch_interval_ms));
            let output = batch.and_then(|batch| batch.output(name)).filter(|output| output.completed);
            let actual: Option<Vec<Json>> = output.map(|output| output.rows.iter().map(to_json).collect());
            let expected = expected.as_array().map(Vec::as_slice);
            if let Some(difference) = rows::difference(expected, actual.as_deref(), case.order) {
                differences.push(format!("{name}, batch {number}: {difference}"));
            }
        }
    }
    differences
}

fn simulate(case: &Case, interval: Duration) -> Result<Summary, FailureReason> {
    let mut inputs = IndexMap::new();
    for (name, batches) in &case.inputs {
        let batches = batches.as_array().map(Vec::as_slice).unwrap_or_default();
        let records = |batch: &Json| {
            batch.as_array().into_iter().flatten().map(|record| from_json(record, true)).collect::<Vec<_>>()
        };
        inputs.insert(name.clone(), batches.iter().map(records).collect());
    }
    let bindings = CorpusBindings {
        batch_interval: interval,
        inputs,
        partitions: PARTITIONS,
        checkpoint: case.checkpoint.then(|| "checkpoint".into()),
    };
    let program = load_with_inputs(&format!("{}.py", case.name), &whole_program(case), bindings)
        .map_err(|error| FailureReason { class: error.kind.clone(), message: error.traceback.clone() })?;
    let options = Options {
        start: Time::default(),
        cluster: Some(ClusterSpec::Local { threads: PARTITIONS }),
        ..Options::default()
    };
    let mut simulation = Simulation::new(program, options);
    let mut run = Run::default();
    simulation.run_until(interval * case.batches, &mut run);
    // The last batch begins at the end; it is done well within one more interval.
    simulation.run_until(interval * (case.batches + 1), &mut run);
    Ok(run.summary)
}

/// The case's program, with what it binds registered as outputs, and the context started.
fn whole_program(case: &Case) -> String {
    let mut text = case.program.clone();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    if case.expected.is_empty() && !text.contains("result") {
        return text;
    }
    for name in std::iter::once("result").chain(case.also_expected.keys().map(String::as_str)) {
        text.push_str(&format!("{name}._collectAs({name:?})\n"));
    }
    text + "ssc.start()\nssc.awaitTermination()\n"
}

pub(super) fn judge_error(case: &Case, failure: &FailureReason) -> Vec<String> {
    let FailureReason { class, message } = failure;
    let Some(ExpectedError { class: wanted, contains }) = &case.expected_error else {
        return vec![format!("failed with {class}: {message}")];
    };
    let mut differences = Vec::new();
    if !message.contains(contains.as_str()) {
        differences.push(format!("expected an error with {contains:?}, got {class}: {message}"));
    }
    if class != wanted && !message.contains(wanted.as_str()) {
        differences.push(format!("expected an error of class {wanted}, got {class}"));
    }
    differences
}
