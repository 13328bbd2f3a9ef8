//! A run as JSON, for programs.

use serde_json::{Value as Json, json};

use super::verdict::fingerprint;
use crate::scenario::{BadScenario, Judgement, Outcome, Problem, RunError};

/// A run that is over.
pub fn outcome(file: &str, name: &str, outcome: &Outcome) -> Json {
    json!({
        "file": file,
        "scenario": name,
        "judgement": outcome.verdict.judgement(),
        "expectations": outcome.verdict.expectations,
        "violations": violations(outcome),
        "untested": outcome.verdict.untested,
        "notes": outcome.notes.iter().map(problem).collect::<Vec<_>>(),
        "ending": outcome.ending,
        "seed": outcome.seed,
        "start": outcome.start,
        "end": outcome.end,
        "fingerprint": fingerprint(outcome),
        "summary": outcome.summary,
    })
}

/// A run without its batches.
pub fn short(file: &str, name: &str, run: &Outcome) -> Json {
    let mut document = outcome(file, name, run);
    if let Some(fields) = document.as_object_mut() {
        fields.shift_remove("summary");
    }
    document
}

fn violations(outcome: &Outcome) -> Vec<Json> {
    let message = |violation: &crate::scenario::Violation| violation.mismatch.headline();
    let with_message = outcome.verdict.violations.iter().map(|violation| {
        let mut document = json!(violation);
        document["message"] = message(violation).into();
        document
    });
    with_message.collect()
}

/// A scenario that can't be read.
pub fn bad_scenario(bad: &BadScenario) -> Json {
    let problems: Vec<Json> = bad.problems().iter().map(problem).collect();
    json!({ "file": bad.source().name(), "judgement": "badInput", "problems": problems })
}

/// A scenario that can't be run.
pub fn run_error(file: &str, error: &RunError) -> Json {
    match error {
        RunError::Scenario(bad) => bad_scenario(bad),
        RunError::Program(refused) => {
            let message = refused.diagnostic.to_string();
            let help = refused.diagnostic.help().map(|help| help.to_string());
            json!({ "file": file, "judgement": "badInput", "problems": [{ "message": message, "help": help }] })
        }
    }
}

fn problem(problem: &Problem) -> Json {
    json!({ "message": problem.message, "help": problem.help, "place": problem.place })
}

/// The word for a judgement that people and machines share.
pub fn word(judgement: Judgement) -> &'static str {
    match judgement {
        Judgement::Held => "held",
        Judgement::Violated => "violated",
        Judgement::TestedNothing => "tested nothing",
    }
}
