//! A case file.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value as Json;

/// Which engine a case is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Api {
    DStream,
    Structured,
}

/// How rows are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    #[default]
    Any,
    Exact,
}

/// Where Spark refuses.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ExpectedError {
    pub class: String,
    pub contains: String,
}

/// One case: the fields that a runner needs of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Case {
    pub name: String,
    pub api: Api,
    pub program: String,
    #[serde(default)]
    pub inputs: IndexMap<String, Json>,
    #[serde(default)]
    pub batch_interval_ms: u64,
    #[serde(default)]
    pub checkpoint: bool,
    #[serde(default)]
    pub batches: u64,
    #[serde(default)]
    pub order: Order,
    #[serde(default)]
    pub expected: Vec<Json>,
    #[serde(default)]
    pub also_expected: IndexMap<String, Vec<Json>>,
    pub expected_error: Option<ExpectedError>,
    pub steps: Option<Vec<Json>>,
    /// The output mode of a structured case.
    #[serde(default)]
    pub output_mode: String,
    /// Spark settings of a structured case.
    #[serde(default)]
    pub conf: Option<IndexMap<String, String>>,
    /// Static frames of a structured case.
    #[serde(default)]
    pub tables: IndexMap<String, Table>,
    /// The DDL of a structured case's result.
    pub result_schema: Option<String>,
}

/// A static frame.
#[derive(Clone, Debug, Deserialize)]
pub struct Table {
    /// Its columns as DDL.
    pub schema: String,
    pub rows: Vec<Json>,
}

/// A file that is no case.
#[derive(Debug, thiserror::Error)]
#[error("{file}: not a conformance case: {source}")]
pub struct BadCase {
    pub file: String,
    pub source: serde_json::Error,
}

impl Case {
    /// Reads a case.
    ///
    /// # Errors
    /// What about the file is not of the format.
    pub fn parse(file: &str, text: &str) -> Result<Case, BadCase> {
        serde_json::from_str(text).map_err(|source| BadCase { file: file.into(), source })
    }
}
