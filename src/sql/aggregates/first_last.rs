//! `first`, `last`, `any_value`, `max_by` and `min_by`.

use std::cmp::Ordering;

use super::Accumulator;
use super::by_row::{ByRow, Row, by_row};
use crate::sql::{DataType, Datum, SqlError};

/// The buffer of `first` and `last`: the value, and `valueSet`.
pub(super) fn value_buffer(args: &[DataType]) -> Vec<DataType> {
    vec![args.first().cloned().unwrap_or(DataType::Null), DataType::Boolean]
}

/// The buffer of `max_by` and `min_by`: the value, and what it is ordered by.
pub(super) fn by_buffer(args: &[DataType]) -> Vec<DataType> {
    vec![args.first().cloned().unwrap_or(DataType::Null), args.get(1).cloned().unwrap_or(DataType::Null)]
}

/// The first or the last row's value; the second argument says whether nulls are passed over.
struct Edge {
    last: bool,
}

fn is_true(value: &Datum) -> bool {
    matches!(value, Datum::Boolean(true))
}

impl ByRow for Edge {
    type State = Option<Datum>;

    fn empty(&self) -> Option<Datum> {
        None
    }

    fn update(&self, state: &mut Option<Datum>, row: &Row<'_>) -> Result<(), SqlError> {
        if (self.last || state.is_none()) && !(row.is_null(0) && is_true(&row.value(1))) {
            *state = Some(row.value(0));
        }
        Ok(())
    }

    fn merge(&self, state: &mut Option<Datum>, row: &Row<'_>) -> Result<(), SqlError> {
        if (self.last || state.is_none()) && is_true(&row.value(1)) {
            *state = Some(row.value(0));
        }
        Ok(())
    }

    fn buffer(&self, state: &Option<Datum>) -> Vec<Datum> {
        vec![state.clone().unwrap_or(Datum::Null), Datum::Boolean(state.is_some())]
    }

    fn finish(&self, state: &Option<Datum>) -> Datum {
        state.clone().unwrap_or(Datum::Null)
    }
}

/// The value of the row whose second argument is greatest or least; of equal ones the last row's, and of none at all
/// null.
struct By {
    worse: Ordering,
}

impl ByRow for By {
    type State = (Datum, Datum);

    fn empty(&self) -> (Datum, Datum) {
        (Datum::Null, Datum::Null)
    }

    fn update(&self, state: &mut (Datum, Datum), row: &Row<'_>) -> Result<(), SqlError> {
        if !row.is_null(1) {
            let order = row.value(1);
            let kept = !state.1.is_null() && order.cmp(&state.1) == self.worse;
            if !kept {
                *state = (row.value(0), order);
            }
        }
        Ok(())
    }

    fn merge(&self, state: &mut (Datum, Datum), row: &Row<'_>) -> Result<(), SqlError> {
        self.update(state, row)
    }

    fn buffer(&self, (value, order): &(Datum, Datum)) -> Vec<Datum> {
        vec![value.clone(), order.clone()]
    }

    fn finish(&self, (value, _): &(Datum, Datum)) -> Datum {
        value.clone()
    }
}

/// `first`, `any_value`.
pub(super) fn first(args: &[DataType], returns: &DataType) -> Box<dyn Accumulator> {
    by_row(Edge { last: false }, args, value_buffer(args), returns)
}

/// `last`.
pub(super) fn last(args: &[DataType], returns: &DataType) -> Box<dyn Accumulator> {
    by_row(Edge { last: true }, args, value_buffer(args), returns)
}

/// `max_by`.
pub(super) fn max_by(args: &[DataType], returns: &DataType) -> Box<dyn Accumulator> {
    by_row(By { worse: Ordering::Less }, args, by_buffer(args), returns)
}

/// `min_by`.
pub(super) fn min_by(args: &[DataType], returns: &DataType) -> Box<dyn Accumulator> {
    by_row(By { worse: Ordering::Greater }, args, by_buffer(args), returns)
}
