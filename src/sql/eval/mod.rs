//! Evaluation of analyzed expressions over Arrow columns.
//!
//! An expression is bound to its input's columns once ([`Compiled::new`]) and evaluated for each batch, whole columns at
//! a time; what has no way for columns goes row by row, as lambdas and the conditions of joins do.

mod bind;
mod by_column;
mod by_row;
mod field;

use arrow_array::{ArrayRef, RecordBatch};
use chrono_tz::Tz;

use super::{Attribute, Datum, SqlError, Typed};
use bind::{Binder, Step};
use by_row::{Row, Scope};

/// What an expression may know besides its row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// `spark.sql.session.timeZone`.
    pub time_zone: Tz,
    /// The time of the batch (`current_timestamp`), in microseconds since the epoch.
    pub batch_time: i64,
    /// `spark_partition_id`, and the seed of what is random by partition.
    pub partition: u32,
}

/// An expression bound to the columns it reads: built once a query, evaluated once a batch.
#[derive(Clone, Debug)]
pub struct Compiled {
    root: Step,
}

impl Compiled {
    /// Binds an expression to its input's columns.
    ///
    /// # Errors
    /// An attribute that the input doesn't have, or an aggregate, which is no expression over rows.
    pub fn new(expr: &Typed, input: &[Attribute]) -> Result<Self, SqlError> {
        Ok(Compiled { root: Binder::new(input).bind(expr)? })
    }

    /// The expression's column over a batch whose columns are the input's.
    ///
    /// # Errors
    /// What a function or the program's own function fails with.
    pub fn evaluate(&self, context: &Context, batch: &RecordBatch) -> Result<ArrayRef, SqlError> {
        self.root.column(context, batch)
    }

    /// The expression's value for one row: what joins, lambdas and state functions need.
    ///
    /// # Errors
    /// What a function or the program's own function fails with.
    pub fn evaluate_row(&self, context: &Context, row: &[Datum]) -> Result<Datum, SqlError> {
        self.root.value(&Scope { context, row: Row::Datums(row), parameters: &[] })
    }

    /// The rows that a generator makes of one row of a batch; an expression that is no generator makes none.
    ///
    /// # Errors
    /// What a function or the program's own function fails with.
    pub fn generate(&self, context: &Context, batch: &RecordBatch, row: usize) -> Result<Vec<Vec<Datum>>, SqlError> {
        self.root.generate(&Scope { context, row: Row::Batch(batch, row), parameters: &[] })
    }
}

/// A mistake of the engine's own, not of the query's.
pub(super) fn internal_error(message: impl Into<std::rc::Rc<str>>) -> SqlError {
    SqlError::new("SparkException", Some("INTERNAL_ERROR"), message)
}

#[cfg(test)]
mod tests;
