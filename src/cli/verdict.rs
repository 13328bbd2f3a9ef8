//! What a run came to: the verdict, what differs from the expectations, and how to have the same run again.

use std::io::{self, Write};
use std::time::Duration;

use super::diagnostic::render;
use super::look::{Look, count, span};
use super::table::aligned;
use crate::scenario::{Difference, Ending, Judgement, Mismatch, Outcome, Problem, Scenario, Verdict};
use crate::value::Value;

/// Violations that are shown in full.
const SHOWN: usize = 10;

/// Lines of one comparison that are shown.
const DIFF_LINES: usize = 20;

/// The verdict in one line: glyph, word and numbers.
pub fn headline(verdict: &Verdict, look: &Look) -> String {
    let expectations = count(verdict.expectations, "expectation", "expectations");
    match verdict.judgement() {
        Judgement::Held if verdict.expectations == 0 => format!("{}  nothing was expected", look.held("held")),
        Judgement::Held => format!("{}  {expectations}", look.held("held")),
        Judgement::Violated => {
            format!("{}  {} of {expectations} not met", look.violated("violated"), verdict.violations.len())
        }
        Judgement::TestedNothing => {
            format!("{}  no record was processed", look.untested("tested nothing"))
        }
    }
}

/// Notes, violations with their places and differences, and checks that had nothing to check.
pub fn details(scenario: &Scenario, outcome: &Outcome, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    for note in &outcome.notes {
        writeln!(out)?;
        problem(scenario, note.clone(), look, out)?;
    }
    for (check, why) in &outcome.verdict.untested {
        writeln!(out, "\n{}  {check}: {why}", look.untested("not tested"))?;
    }
    let violations = &outcome.verdict.violations;
    for violation in violations.iter().take(SHOWN) {
        writeln!(out)?;
        problem(scenario, violation.problem(), look, out)?;
        differences(&violation.mismatch, look, out)?;
    }
    if violations.len() > SHOWN {
        let more = count(violations.len() - SHOWN, "more violation", "more violations");
        writeln!(out, "\n{} {more}", look.ellipsis())?;
    }
    if violations.iter().take(SHOWN).any(|violation| !violation.mismatch.differences().is_empty()) {
        writeln!(out, "\n{}", look.faint("- is expected and did not come, + came and is not expected"))?;
    }
    Ok(())
}

fn problem(scenario: &Scenario, problem: Problem, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{}", render(&scenario.source.report(vec![problem]), look))
}

/// Rows side by side: `-` was expected and is missing, `+` came and was not expected.
fn differences(mismatch: &Mismatch, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    let differences = mismatch.differences();
    let rows: Vec<Value> = differences.iter().map(|difference| row(difference).clone()).collect();
    let texts = match mismatch {
        Mismatch::Printed { .. } => rows.iter().map(plain).collect(),
        _ => aligned(&rows),
    };
    for (difference, text) in differences.iter().zip(texts).take(DIFF_LINES) {
        let text = look.fit(&text, look.width.saturating_sub(6));
        let line = match difference {
            Difference::Same(_) => look.faint(format!("  {text}")),
            Difference::Missing(_) => look.bad(format!("- {text}")),
            Difference::Extra(_) => look.good(format!("+ {text}")),
        };
        writeln!(out, "    {line}")?;
    }
    if differences.len() > DIFF_LINES {
        writeln!(out, "    {} {} more", look.ellipsis(), differences.len() - DIFF_LINES)?;
    }
    Ok(())
}

fn row(difference: &Difference) -> &Value {
    match difference {
        Difference::Same(row) | Difference::Missing(row) | Difference::Extra(row) => row,
    }
}

fn plain(line: &Value) -> String {
    match line {
        Value::Str(text) => text.to_string(),
        other => other.to_string(),
    }
}

/// When and how it ended, and what it takes to have it again.
pub fn facts(path: &str, outcome: &Outcome, wall: Duration, look: &Look, out: &mut dyn Write) -> io::Result<()> {
    let again = format!("headwater run {} --seed {}", shell(path), outcome.seed);
    let rows = [
        ("ended", ending(outcome.ending).to_owned()),
        ("virtual time", span(outcome.end.since(outcome.start).0)),
        ("wall time", span(wall.as_micros() as u64)),
        ("seed", outcome.seed.to_string()),
        ("fingerprint", fingerprint(outcome)),
        ("again", again),
    ];
    for (name, value) in rows {
        writeln!(out, "{} {value}", look.faint(format!("{name:<13}")))?;
    }
    Ok(())
}

/// The fingerprint as it is written everywhere.
pub fn fingerprint(outcome: &Outcome) -> String {
    format!("{:016x}", outcome.fingerprint)
}

fn ending(ending: Ending) -> &'static str {
    match ending {
        Ending::ProgramEnded => "the program came to its end",
        Ending::TimeIsUp => "run_for was over",
        Ending::Idle => "all input was processed",
        Ending::GivenUp => "given up: after 1000 batch intervals it was not over",
        Ending::DriverDown => "the driver is down, and nobody starts it again",
        Ending::Refused => "the program was refused and never ran",
    }
}

/// A word as a shell takes it.
pub fn shell(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./=:@%+,".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_quoted_where_a_shell_would_take_it_apart() {
        assert_eq!(shell("a/b-c.yaml"), "a/b-c.yaml");
        assert_eq!(shell("it's here.yaml"), r"'it'\''s here.yaml'");
    }
}
