//! Plays a scenario to its end.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use miette::Diagnostic;

use super::{
    Action, Actual, BadScenario, Check, Located, Problem, Scenario, Verdict, When, compile::compile, fit, judge::judge,
    promises::Promises,
};
use crate::{
    application::{Program, Run, Simulation},
    sim::{Duration, Time},
    trace::{FailureReason, Record, Summary},
    verify::Finding,
};

/// How many batch intervals a program may take to end once it is stopped.
const PATIENCE: u64 = 1_000;

/// Told of each fact as it happens; a batch's time where the fact completed it.
pub type Listener<'a> = &'a mut dyn FnMut(&Record, Option<u64>, &Summary);

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Ending {
    /// The program came to its end.
    ProgramEnded,
    /// `run_for` was over.
    TimeIsUp,
    /// All input was processed.
    Idle,
    /// After a thousand batch intervals it was not over.
    GivenUp,
    /// The driver was down, and nobody was to start it again.
    DriverDown,
    /// The program was refused and never ran.
    Refused,
}

/// A run that is over, and what it comes to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Seeded every random choice.
    pub seed: u64,
    /// Virtual time at the start.
    pub start: Time,
    /// Virtual time at the end.
    pub end: Time,
    /// Equal runs have equal fingerprints, on every machine.
    pub fingerprint: u64,
    /// Why it ended.
    pub ending: Ending,
    /// Its batches, and what was said besides.
    pub summary: Summary,
    /// Whether all came that was expected.
    pub verdict: Verdict,
    /// What the checks of `always` found.
    findings: Vec<(Located<Check>, Finding)>,
    /// What may be a mistake in the scenario without being one for certain.
    pub notes: Vec<Problem>,
}

impl Outcome {
    /// Judges the run anew, by a scenario that expects something else of it.
    pub fn judge_again(&mut self, scenario: &Scenario) {
        self.verdict = judge(scenario, &self.summary, &self.findings);
    }

    /// The rows and lines that came, to be written into the scenario.
    pub fn actual(&self) -> Actual {
        actual_of(&self.summary, self.start)
    }
}

/// The rows and lines of a run, by time since its start.
pub fn actual_of(summary: &Summary, start: Time) -> Actual {
    let mut outputs: IndexMap<String, BTreeMap<_, _>> = IndexMap::new();
    for batch in summary.batches.values() {
        let time = Time::from_millis(batch.batch_time).since(start);
        let completed = batch.outputs.iter().filter(|(_, output)| output.completed && output.failure.is_none());
        for (name, output) in completed {
            outputs.entry(name.to_string()).or_default().insert(time, output.rows.clone());
        }
    }
    Actual { outputs, printed: summary.printed.iter().map(|line| line.to_string()).collect() }
}

/// A program that is refused before it runs.
#[derive(Debug, thiserror::Error)]
#[error("{diagnostic}")]
pub struct Refused {
    /// The exception's class and text, as a scenario may expect it.
    pub reason: FailureReason,
    /// As it is told to whoever wrote the program.
    pub diagnostic: Box<dyn Diagnostic>,
}

/// A scenario that cannot be judged.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Its program is refused, and nobody expects that.
    #[error(transparent)]
    Program(Refused),
    /// It names what the program does not have.
    #[error(transparent)]
    Scenario(BadScenario),
}

impl RunError {
    /// As it is told to the author.
    pub fn diagnostic(&self) -> &dyn Diagnostic {
        match self {
            RunError::Program(refused) => &*refused.diagnostic,
            RunError::Scenario(bad) => bad,
        }
    }
}

/// The program of a scenario.
///
/// # Errors
///
/// [`Refused`] if it does not compile.
#[cfg(feature = "python")]
pub fn program_of(scenario: &Scenario) -> Result<Program, Refused> {
    let source = &scenario.program;
    // An inline program's lines are those of the scenario, so that messages point into the file.
    let text = "\n".repeat(source.lines_above) + &source.text;
    let loaded = match inputs_by_name(scenario) {
        inputs if inputs.is_empty() => crate::program::load(&source.name, &text, &scenario.args),
        inputs => crate::program::load_with_batches(&source.name, &text, &scenario.args, inputs),
    };
    loaded.map_err(|error| {
        let reason = FailureReason { class: error.kind.clone(), message: error.traceback.clone() };
        Refused { reason, diagnostic: Box::new(error) }
    })
}

#[cfg(feature = "python")]
fn inputs_by_name(scenario: &Scenario) -> IndexMap<String, crate::program::Batches> {
    let batches = |(name, input): (&String, &super::Input)| match input {
        super::Input::Batches(batches) => Some((name.clone(), batches.clone())),
        super::Input::Socket(_) | super::Input::Directory(_) => None,
    };
    scenario.inputs.iter().filter_map(batches).collect()
}

/// The program of a scenario: none, in a build without Python.
///
/// # Errors
///
/// [`Refused`], always.
#[cfg(not(feature = "python"))]
pub fn program_of(scenario: &Scenario) -> Result<Program, Refused> {
    let message = "this build of Headwater has no Python";
    let problem = Problem::new(scenario.program.place, message, "build it with the feature `python`");
    let reason = FailureReason { class: "ImportError".into(), message: message.into() };
    Err(Refused { reason, diagnostic: Box::new(scenario.source.report(vec![problem])) })
}

/// Runs a scenario's program and judges what came out.
///
/// # Errors
///
/// [`RunError`] if the program is refused though that is not expected, or if the scenario names what it does not have.
pub fn run(
    scenario: &Scenario,
    program: Result<Program, Refused>,
    listener: Listener<'_>,
) -> Result<Outcome, RunError> {
    let program = match program {
        Ok(program) => program,
        Err(refused) if scenario.expect.error.is_some() => return Ok(refused_as_expected(scenario, refused)),
        Err(refused) => return Err(RunError::Program(refused)),
    };
    let mut promises = Promises::new(&scenario.expect.always);
    let watch = Box::new(|record: &Record, completed, summary: &Summary| {
        promises.observe(record.at, &record.event);
        listener(record, completed, summary);
    });
    let mut observer = Run { listener: Some(watch), ..Run::default() };
    let mut simulation = compile(scenario, program);
    let ending = play(scenario, &mut simulation, &mut observer);
    let summary = std::mem::take(&mut observer.summary);
    drop(observer);
    let problems = fit::problems(scenario, &simulation, &summary);
    if !problems.is_empty() {
        return Err(RunError::Scenario(scenario.source.report(problems)));
    }
    let findings = promises.findings(simulation.now().0);
    Ok(Outcome {
        seed: scenario.seed,
        start: scenario.start,
        end: simulation.now(),
        fingerprint: simulation.fingerprint(),
        ending,
        verdict: judge(scenario, &summary, &findings),
        findings,
        notes: fit::notes(scenario, &simulation),
        summary,
    })
}

/// Runs until what the scenario says is the end.
fn play(scenario: &Scenario, simulation: &mut Simulation, observer: &mut Run<'_>) -> Ending {
    let stop = scenario.timeline.iter().find_map(|entry| match (&entry.action, entry.when) {
        (Action::Stop(_), When::At(at)) => Some(at),
        _ => None,
    });
    let over = match (scenario.run_for, stop) {
        (Some(end), _) => {
            simulation.run_until(end, observer);
            return if simulation.has_ended() { Ending::ProgramEnded } else { Ending::TimeIsUp };
        }
        (None, Some(stop)) => {
            simulation.run_until(stop, observer);
            let interval = simulation.batch_interval().unwrap_or(Duration::seconds(1));
            simulation.run_until_ended(stop + interval * PATIENCE, observer)
        }
        (None, None) => simulation.run_until_idle(observer),
    };
    match (over, simulation.has_ended()) {
        (_, true) => Ending::ProgramEnded,
        (true, false) => Ending::Idle,
        (false, false) if simulation.driver_is_down() => Ending::DriverDown,
        (false, false) => Ending::GivenUp,
    }
}

/// The outcome of a program that never ran, where an error is expected.
fn refused_as_expected(scenario: &Scenario, refused: Refused) -> Outcome {
    let summary = Summary { ended: Some(Some(refused.reason)), ..Summary::default() };
    Outcome {
        seed: scenario.seed,
        start: scenario.start,
        end: scenario.start,
        fingerprint: 0,
        ending: Ending::Refused,
        verdict: judge(scenario, &summary, &[]),
        findings: Vec::new(),
        summary,
        notes: Vec::new(),
    }
}
