//! Why a query ended.

use std::rc::Rc;

use crate::sql::SqlError;

/// What ends a query: the class and text of the root cause. PySpark shows it inside a `StreamingQueryException`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{class}: {message}")]
pub struct QueryError {
    pub class: Rc<str>,
    pub message: Rc<str>,
}

impl QueryError {
    /// An error of a class.
    pub fn new(class: impl Into<Rc<str>>, message: impl Into<Rc<str>>) -> Self {
        QueryError { class: class.into(), message: message.into() }
    }

    /// Java's `IllegalStateException`.
    pub fn illegal_state(message: impl Into<Rc<str>>) -> Self {
        Self::new("java.lang.IllegalStateException", message)
    }

    /// Another writer was there first: `CONCURRENT_STREAM_LOG_UPDATE`.
    pub fn concurrent_log_update(batch: u64) -> Self {
        let message = format!(
            "[CONCURRENT_STREAM_LOG_UPDATE] Concurrent update to the log. Multiple streaming jobs detected for {batch}.\n\
             Please make sure only one streaming job runs on a specific checkpoint location at a time."
        );
        Self::new("org.apache.spark.SparkException", message)
    }

    /// The same, with the file that it is about.
    pub fn at(self, path: &str) -> Self {
        QueryError { message: format!("{} ({path})", self.message).into(), ..self }
    }
}

impl From<SqlError> for QueryError {
    fn from(error: SqlError) -> Self {
        QueryError { class: error.class.into(), message: error.to_string().into() }
    }
}
