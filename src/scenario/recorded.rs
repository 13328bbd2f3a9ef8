//! A run that really happened, written as a scenario that runs it again.

use std::fmt::Write;
use std::rc::Rc;

use serde_json::Value as Json;

use crate::sim::{Duration, Time};

/// Lines that came to an address, and when, counted from the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    pub after: Duration,
    pub address: Rc<str>,
    pub lines: Vec<Rc<str>>,
}

/// What is to be written.
pub struct RecordedRun<'a> {
    /// Letters, digits and dashes are kept; anything else becomes a dash.
    pub name: &'a str,
    /// The program's path as seen from the scenario's directory.
    pub program: &'a str,
    pub args: &'a [String],
    pub seed: u64,
    pub start: Time,
    /// Threads of the local master.
    pub threads: u32,
    pub sockets: &'a [Rc<str>],
    pub arrivals: &'a [Arrival],
    pub end: Duration,
    /// When a graceful stop was asked for, if it was.
    pub stopped: Option<Duration>,
}

impl RecordedRun<'_> {
    /// The scenario's text, without expectations.
    pub fn to_yaml(&self) -> String {
        let quoted = |text: &str| Json::from(text).to_string();
        let mut text = String::new();
        // Writing to a string can't fail.
        let _ = writeln!(text, "name: {}", kebab(self.name));
        let _ = writeln!(text, "about: A live run of {}, as it happened at {}.", quotable(self.program), self.start);
        let _ = writeln!(text, "seed: {}\nstart: {}", self.seed, self.start);
        let _ = writeln!(text, "cluster: {{ master: \"local[{}]\" }}", self.threads);
        // As the library runs programs live: see `application::Options::default`.
        let _ = writeln!(text, "network: {{ latency: 500us }}\ncosts: {{ job: 0s, task: 5ms, record: 1us }}");
        if !self.args.is_empty() {
            let args: Vec<String> = self.args.iter().map(|argument| quoted(argument)).collect();
            let _ = writeln!(text, "args: [{}]", args.join(", "));
        }
        if !self.sockets.is_empty() {
            text.push_str("inputs:\n");
        }
        for (number, address) in (1..).zip(self.sockets) {
            let _ = writeln!(text, "  socket_{number}: {{ socket: {} }}", quoted(address));
        }
        let _ = writeln!(text, "program: {}", quoted(self.program));
        if !self.arrivals.is_empty() || self.stopped.is_some() {
            text.push_str("timeline:\n");
        }
        for Arrival { after, address, lines } in self.arrivals {
            let Some(place) = self.sockets.iter().position(|socket| socket == address) else { continue };
            let lines: Vec<String> = lines.iter().map(|line| quoted(line)).collect();
            let input = format!("socket_{}", place + 1);
            let _ = writeln!(text, "  - {{ at: {after}, add: {{ {input}: [{}] }} }}", lines.join(", "));
        }
        match self.stopped {
            Some(stopped) => {
                let _ = writeln!(text, "  - {{ at: {stopped}, stop: gracefully }}");
            }
            None => {
                let _ = writeln!(text, "run_for: {}", self.end);
            }
        }
        text
    }
}

fn kebab(name: &str) -> String {
    let dashed: String = name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let parts: Vec<&str> = dashed.split('-').filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { "recorded".into() } else { parts.join("-") }
}

/// A path within a plain YAML scalar.
fn quotable(path: &str) -> String {
    path.replace(": ", ":").replace(" #", "#")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    #[test]
    fn what_was_recorded_is_a_scenario() {
        let arrival = |after, line: &str| Arrival {
            after: Duration(after),
            address: "localhost:9999".into(),
            lines: vec![line.into()],
        };
        let run = RecordedRun {
            name: "My run #1",
            program: "job.py",
            args: &["--x: 1".into()],
            seed: 3,
            start: Time(1_704_067_200_123_456),
            threads: 2,
            sockets: &["localhost:9999".into()],
            arrivals: &[arrival(1_000_001, "a: [b] \"c\" \u{7} é"), arrival(2_500_000, "")],
            end: Duration::seconds(4),
            stopped: Some(Duration::seconds(3)),
        };
        let scenario = Scenario::from_str("run.yaml", &run.to_yaml(), &|_| Ok(b"pass".to_vec())).unwrap();
        assert_eq!((scenario.name.as_str(), scenario.start), ("my-run-1", run.start));
        assert_eq!(scenario.timeline.len(), 3);
    }
}
