//! What programs see, on a naive engine.

mod budget;
mod conformance;
mod facade;
mod frames;
mod hermetic;
mod isolation;
mod local;
mod speed;
mod waiting;

use super::*;
use local::Local;

/// Runs a program to its end on a naive engine; what it printed, or its error.
fn run(source: &str) -> Result<String, ProgramError> {
    run_with(source, Surroundings { now: 1_700_000_000_000_000, seed: 7, budget: 1_000_000 })
}

fn run_with(source: &str, surroundings: Surroundings) -> Result<String, ProgramError> {
    let program = Program::compile("job.py", source)?;
    let engine = Local::default();
    let run = program.run(&Bindings::default(), engine, Journal::default(), surroundings);
    match run.outcome {
        Outcome::Done(_) => Ok(run.aftermath.printed),
        Outcome::Failed(error) => Err(error),
        Outcome::Suspended => panic!("the naive engine answers at once"),
    }
}

#[track_caller]
fn prints(source: &str, expected: &str) {
    match run(source) {
        Ok(printed) => assert_eq!(printed.trim_end(), expected),
        Err(error) => panic!("{}", error.traceback),
    }
}

#[track_caller]
fn fails(source: &str) -> ProgramError {
    match run(source) {
        Ok(printed) => panic!("no error, but printed {printed:?}"),
        Err(error) => error,
    }
}
