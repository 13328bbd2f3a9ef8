//! One expectation that was not met: what was expected, what came, and where the scenario says so.

use serde::Serialize;

use super::{
    Order, Place, Problem,
    rows::{Difference, differences},
};
use crate::{sim::Duration, value::Value};

/// What is expected, or comes, where nothing goes wrong.
pub(super) const NO_ERROR: &str = "no error";

/// An expectation that was not met.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Violation {
    /// What differs.
    #[serde(flatten)]
    pub mismatch: Mismatch,
    /// Where it is expected; nowhere, if nobody had to say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// What differs from what was expected. Batches are named by their times since the start.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Mismatch {
    /// An output put out other rows; none are expected of a batch that is not listed.
    Rows {
        /// The output's name.
        output: String,
        /// The batch's time in microseconds since the start.
        batch: Duration,
        /// How they were compared.
        order: Order,
        /// As the scenario lists them.
        expected: Vec<Value>,
        /// As they were put out.
        came: Vec<Value>,
    },
    /// An output was not computed for a batch, or not to its end.
    NoRows {
        /// The output's name.
        output: String,
        /// The batch's time in microseconds since the start.
        batch: Duration,
        /// As the scenario lists them.
        expected: Vec<Value>,
    },
    /// The driver printed other lines.
    Printed {
        /// As the scenario lists them.
        expected: Vec<String>,
        /// As they were printed.
        came: Vec<String>,
    },
    /// A fact about a batch.
    Fact {
        /// The batch's time in microseconds since the start.
        batch: Duration,
        /// The fact's name in the scenario.
        fact: &'static str,
        /// What it should be.
        expected: String,
        /// What it is.
        came: String,
    },
    /// A warning that was not given.
    Warning {
        /// A part of it.
        expected: String,
        /// Those that were given.
        came: Vec<String>,
    },
    /// The run failed though it should not, did not though it should, or failed otherwise.
    Error {
        /// The error that is expected, or that none is.
        expected: String,
        /// The error that came, or that none did.
        came: String,
    },
    /// Something that must hold of every run does not.
    Always {
        /// The check's name in the scenario.
        check: String,
        /// How it was broken.
        came: String,
    },
}

impl Mismatch {
    /// What is wrong, in one line.
    pub fn headline(&self) -> String {
        match self {
            Mismatch::Rows { output, batch, expected, came, .. } => match (expected.is_empty(), came.is_empty()) {
                (true, _) => format!("`{output}` put out rows in batch {batch}, where none are expected"),
                (_, true) => format!("`{output}` put out no rows in batch {batch}"),
                _ => format!("`{output}` put out other rows in batch {batch}"),
            },
            Mismatch::NoRows { output, batch, .. } => format!("`{output}` was never computed for batch {batch}"),
            Mismatch::Printed { .. } => "the driver printed other lines".into(),
            Mismatch::Fact { batch, fact, expected, came } => {
                format!("{fact} of batch {batch}: expected {expected}, came {came}")
            }
            Mismatch::Warning { expected, .. } => format!("no warning contains `{expected}`"),
            Mismatch::Error { expected, came } => format!("expected {expected}, came {}", in_one_line(came)),
            Mismatch::Always { check, came } => format!("not {check}: {came}"),
        }
    }

    /// What may help to see why.
    fn help(&self) -> String {
        match self {
            Mismatch::Rows { .. } | Mismatch::NoRows { .. } => {
                "a batch that is not listed has no rows; `headwater run --bless` writes what came".into()
            }
            Mismatch::Printed { .. } => "`headwater run --bless` writes what was printed".into(),
            Mismatch::Fact { .. } => "the line of each batch shows its records and delays".into(),
            Mismatch::Warning { came, .. } if came.is_empty() => "no warning was given".into(),
            Mismatch::Warning { came, .. } => format!("the warnings: {}", came.join("; ")),
            Mismatch::Error { expected, .. } if expected != NO_ERROR => String::new(),
            Mismatch::Error { came, .. } => {
                let hint = "if it is to fail, say so: expect: { error: { class: ValueError } }";
                if came.contains('\n') { format!("{hint}\n\n{came}") } else { hint.into() }
            }
            Mismatch::Always { .. } => "`--trace FILE` writes down every record's way".into(),
        }
    }

    /// Expected and actual rows or lines side by side; nothing where the headline says it all.
    pub fn differences(&self) -> Vec<Difference> {
        match self {
            Mismatch::Rows { expected, came, order, .. } => differences(expected, came, *order),
            Mismatch::NoRows { expected, .. } => differences(expected, &[], Order::Any),
            Mismatch::Printed { expected, came } => {
                let lines = |lines: &[String]| lines.iter().map(|line| Value::str(line.as_str())).collect::<Vec<_>>();
                differences(&lines(expected), &lines(came), Order::Exact)
            }
            _ => Vec::new(),
        }
    }
}

/// A traceback ends with what it is about, any other text begins with it.
fn in_one_line(error: &str) -> &str {
    let mut lines = error.lines().filter(|line| !line.trim().is_empty());
    match lines.next() {
        Some(first) if first.contains("Traceback (most recent call last)") => lines.next_back().unwrap_or(first),
        first => first.unwrap_or_default(),
    }
}

impl Violation {
    /// As it is told to whoever wrote the scenario.
    pub fn problem(&self) -> Problem {
        let (message, help) = (self.mismatch.headline(), self.mismatch.help());
        match self.place {
            Some(place) => Problem::new(place, message, help).label("expected here"),
            None => Problem::of_file(message, help),
        }
    }
}
