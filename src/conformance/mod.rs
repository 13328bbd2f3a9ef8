//! Cases recorded on real Spark, run here and compared batch by batch.
//!
//! A case is a small PySpark program with its input and what Spark put out for it; `tests/conformance/README.md`
//! describes the format. This room must never know which cases there are: it implements the format, the engines the
//! semantics.

mod case;
mod dstream;
mod rows;
mod structured;

use std::fmt::{self, Display, Formatter};

use serde::Serialize;

pub use case::{Api, BadCase, Case, ExpectedError, Order};

/// How a case went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    pub name: String,
    /// What differs from the recording, a line each; nothing where the case holds.
    pub differences: Vec<String>,
}

impl Outcome {
    /// Whether the case holds.
    pub fn holds(&self) -> bool {
        self.differences.is_empty()
    }
}

impl Display for Outcome {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.name, if self.holds() { "holds" } else { "differs" })?;
        self.differences.iter().try_for_each(|difference| write!(out, "\n    {difference}"))
    }
}

/// Runs a case and compares.
pub fn run(case: &Case) -> Outcome {
    let differences = match case.api {
        Api::DStream if case.steps.is_none() => dstream::run(case),
        Api::DStream => vec!["cases with recovery steps can't be run by this version".into()],
        Api::Structured => structured::run(case),
    };
    Outcome { name: case.name.clone(), differences }
}
