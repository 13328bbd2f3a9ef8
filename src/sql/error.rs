//! What Spark says when it refuses.

use std::rc::Rc;

/// A refusal or failure, with the class and text that Spark gives it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{}{message}", condition.as_ref().map_or_else(String::new, |it| format!("[{it}] ")))]
pub struct SqlError {
    /// The exception as PySpark names it: `AnalysisException`, `ParseException`, `IllegalArgumentException`,
    /// `ArithmeticException`, `SparkRuntimeException`, ...
    pub class: &'static str,
    /// The error condition: `UNRESOLVED_COLUMN.WITH_SUGGESTION`; none for the errors of old that have none.
    pub condition: Option<Rc<str>>,
    /// The text after the condition.
    pub message: Rc<str>,
}

impl SqlError {
    /// An `AnalysisException` with a condition.
    pub fn analysis(condition: &str, message: impl Into<Rc<str>>) -> Self {
        SqlError { class: "AnalysisException", condition: Some(condition.into()), message: message.into() }
    }

    /// An error of a class, with a condition or without one.
    pub fn new(class: &'static str, condition: Option<&str>, message: impl Into<Rc<str>>) -> Self {
        SqlError { class, condition: condition.map(Into::into), message: message.into() }
    }
}
