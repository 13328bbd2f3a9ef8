//! Whether a scenario fits its program: what it names must be there, which only a run can tell.

use std::rc::Rc;

use super::{
    Input, Place, Problem, Scenario, When, compile,
    text::{list, suggest},
};
use crate::{
    application::Simulation,
    dstream::Source,
    external::matches_glob,
    sim::{Duration, Time},
    trace::Summary,
};

/// Names and times that the program does not have.
pub fn problems(scenario: &Scenario, simulation: &Simulation, summary: &Summary) -> Vec<Problem> {
    let mut problems = Vec::new();
    let outputs = outputs(simulation, summary);
    for (name, expected) in scenario.expect.outputs.iter().flatten() {
        if !outputs.is_empty() && !outputs.iter().any(|output| **output == **name) {
            let help = suggest(name, "outputs", outputs.iter().map(|output| &**output));
            problems.push(Problem::new(expected.place, format!("the program has no output `{name}`"), help));
        }
    }
    let interval = Duration::millis(summary.batch_interval_ms);
    if interval > Duration::ZERO {
        problems.extend(batches(scenario).filter_map(|(batch, place)| misplaced(scenario, batch, interval, place)));
    }
    problems
}

/// The names of all outputs that the program has, as far as it came.
fn outputs(simulation: &Simulation, summary: &Summary) -> Vec<Rc<str>> {
    let defined = simulation.graph().map(|graph| &graph.outputs[..]).unwrap_or_default();
    let mut names: Vec<Rc<str>> = defined.iter().map(|output| output.name.clone()).collect();
    for (name, _) in summary.batches.values().flat_map(|batch| &batch.outputs) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// Every batch that the scenario names.
fn batches(scenario: &Scenario) -> impl Iterator<Item = (Duration, Place)> {
    let outputs = scenario.expect.outputs.iter().flat_map(|outputs| outputs.values());
    let rows = outputs.flat_map(|output| output.batches.iter().map(|batch| (batch.batch, batch.place)));
    let facts = scenario.expect.batches.iter().map(|facts| (facts.batch, facts.place));
    let faults = scenario.timeline.iter().filter_map(|entry| match entry.when {
        When::Before { batch, .. } => Some((batch, entry.place)),
        When::At(_) | When::Effect(_) => None,
    });
    rows.chain(facts).chain(faults)
}

/// Batches come at multiples of their interval, counted from the epoch as Spark counts them.
fn misplaced(scenario: &Scenario, batch: Duration, interval: Duration, place: Place) -> Option<Problem> {
    let time = scenario.start + batch;
    let before = time.floor(interval, Time::default());
    if before == time {
        return None;
    }
    let after = (before + interval).since(scenario.start);
    let nearest = match before.since(scenario.start) {
        Duration::ZERO => format!("the first batch is {after}"),
        before => format!("the nearest are {before} and {after}"),
    };
    let help = format!("a batch comes every {interval}, and {nearest}");
    Some(Problem::new(place, format!("there is no batch at {batch}"), help))
}

/// What may be meant otherwise: inputs nobody reads, addresses nobody feeds, faults that never struck.
pub fn notes(scenario: &Scenario, simulation: &Simulation) -> Vec<Problem> {
    let mut notes = Vec::new();
    let streams = simulation.graph().map(|graph| &graph.streams[..]).unwrap_or_default();
    let sources: Vec<&Source> = streams.iter().filter_map(|stream| stream.source.as_ref()).collect();
    for (name, input) in scenario.inputs.iter().filter(|_| simulation.graph().is_some()) {
        let read = sources.iter().any(|source| match (source, input) {
            (Source::Socket(socket), Input::Socket(address)) => *socket.address == *address.to_string(),
            (Source::Files(pattern), Input::Directory(directory)) => matches_glob(pattern, directory),
            // Which of the given batches a program asked for, nobody outside it knows.
            (_, Input::Batches(_)) => true,
            _ => false,
        });
        if !read {
            let names = sources.iter().map(|source| source.name()).filter(|name| !name.is_empty());
            let names: Vec<Rc<str>> = names.collect();
            let help = match &names[..] {
                [] => "the program reads nothing".into(),
                names => format!("the program reads {}", list(names.iter().map(|name| &**name))),
            };
            notes.push(Problem::of_file(format!("no stream reads the input `{name}`"), help));
        }
    }
    let fed: Vec<Rc<str>> = scenario.inputs.values().filter_map(compile::address).collect();
    for source in &sources {
        if let Source::Socket(socket) = source
            && !fed.contains(&socket.address)
        {
            let message = format!("the program reads from {}, where nothing listens", socket.address);
            let help = format!("declare it: inputs: {{ lines: {{ socket: \"{}\" }} }}", socket.address);
            notes.push(Problem::of_file(message, help));
        }
    }
    for entry in scenario.timeline.iter().filter(|entry| compile::still_waits(simulation, entry)) {
        let help = "the run never came to this point; `--trace FILE` writes down all of its batches and steps";
        notes.push(Problem::new(entry.place, "this fault never struck", help));
    }
    notes.into_iter().map(Problem::as_advice).collect()
}
