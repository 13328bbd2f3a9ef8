//! Aggregates that take rows one at a time, as the accumulators that engines know.

use std::rc::Rc;

use arrow_array::{Array, ArrayRef, BooleanArray};

use super::columns::taken;
use super::{Accumulator, Aggregate};
use crate::sql::columns::{datum_at, from_datums};
use crate::sql::{DataType, Datum, SqlError};

/// One row of an aggregate's arguments, or of its buffer.
pub(super) struct Row<'a> {
    columns: &'a [ArrayRef],
    types: &'a [DataType],
    row: usize,
}

impl Row<'_> {
    /// The value of a column; null of a column that isn't there.
    pub(super) fn value(&self, index: usize) -> Datum {
        match (self.columns.get(index), self.types.get(index)) {
            (Some(column), Some(of)) => datum_at(column, of, self.row),
            _ => Datum::Null,
        }
    }

    /// Whether there is no such column.
    pub(super) fn is_missing(&self, index: usize) -> bool {
        index >= self.columns.len()
    }

    /// Whether the value of a column is null.
    pub(super) fn is_null(&self, index: usize) -> bool {
        match (self.columns.get(index), self.types.get(index)) {
            (Some(column), Some(of)) => *of == DataType::Null || column.is_null(self.row),
            _ => true,
        }
    }
}

/// An aggregate that takes rows one at a time.
pub(super) trait ByRow {
    /// What is kept for a group.
    type State;
    /// Nothing yet.
    fn empty(&self) -> Self::State;
    /// Takes in a row.
    fn update(&self, state: &mut Self::State, row: &Row<'_>) -> Result<(), SqlError>;
    /// Takes in a row of buffers.
    fn merge(&self, state: &mut Self::State, row: &Row<'_>) -> Result<(), SqlError>;
    /// The row of the buffer.
    fn buffer(&self, state: &Self::State) -> Vec<Datum>;
    /// The result.
    fn finish(&self, state: &Self::State) -> Datum;
}

struct Adapter<F: ByRow> {
    function: F,
    arguments: Rc<[DataType]>,
    buffer: Vec<DataType>,
    returns: DataType,
    states: Vec<F::State>,
}

/// The accumulator of an aggregate that takes rows one at a time.
pub(super) fn by_row<F: ByRow + 'static>(
    function: F,
    arguments: &[DataType],
    buffer: Vec<DataType>,
    returns: &DataType,
) -> Box<dyn Accumulator> {
    Box::new(Adapter { function, arguments: arguments.into(), buffer, returns: returns.clone(), states: Vec::new() })
}

impl<F: ByRow> Accumulator for Adapter<F> {
    fn resize(&mut self, groups: usize) {
        self.states.resize_with(groups, || self.function.empty());
    }

    fn update(&mut self, groups: &[u32], args: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<(), SqlError> {
        let rows = filter.map(taken);
        for (row, group) in groups.iter().enumerate() {
            if rows.as_ref().is_none_or(|rows| rows.value(row)) {
                let row = Row { columns: args, types: &self.arguments, row };
                self.function.update(&mut self.states[*group as usize], &row)?;
            }
        }
        Ok(())
    }

    fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> Result<(), SqlError> {
        for (row, group) in groups.iter().enumerate() {
            let row = Row { columns: state, types: &self.buffer, row };
            self.function.merge(&mut self.states[*group as usize], &row)?;
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<ArrayRef>, SqlError> {
        let rows: Vec<Vec<Datum>> = self.states.iter().map(|state| self.function.buffer(state)).collect();
        let columns = self.buffer.iter().enumerate();
        columns.map(|(at, of)| from_datums(of, rows.iter().map(|row| row.get(at).unwrap_or(&Datum::Null)))).collect()
    }

    fn finish(&self) -> Result<ArrayRef, SqlError> {
        let results: Vec<Datum> = self.states.iter().map(|state| self.function.finish(state)).collect();
        from_datums(&self.returns, &results)
    }
}

/// What says an aggregate's buffer, by the arguments' types.
pub(super) type Buffer = fn(&[DataType]) -> Vec<DataType>;

/// An aggregate of one name.
pub(super) const fn aggregate(
    name: &'static str,
    signature: fn(&'static Aggregate, &[crate::sql::Typed]) -> Result<crate::sql::functions::Signature, SqlError>,
    buffer: Buffer,
    accumulator: fn(&[DataType], &DataType) -> Box<dyn Accumulator>,
) -> Aggregate {
    Aggregate { name, aliases: &[], signature, buffer, accumulator }
}
