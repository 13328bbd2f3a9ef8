//! `collect_list` and `collect_set`.

use super::Accumulator;
use super::by_row::{ByRow, Row, by_row};
use super::jvm::{Held, ScalaSet};
use crate::sql::{DataType, Datum, SqlError};

/// The type of what is collected: elements are never null.
pub(super) fn collected(args: &[DataType]) -> DataType {
    DataType::array_of(args.first().cloned().unwrap_or(DataType::Null), false)
}

/// The buffer: what was collected so far.
pub(super) fn collect_buffer(args: &[DataType]) -> Vec<DataType> {
    vec![collected(args)]
}

fn elements(value: Datum) -> Vec<Datum> {
    if let Datum::Array(elements) = value { elements.to_vec() } else { Vec::new() }
}

struct List;

impl ByRow for List {
    type State = Vec<Datum>;

    fn empty(&self) -> Vec<Datum> {
        Vec::new()
    }

    fn update(&self, state: &mut Vec<Datum>, row: &Row<'_>) -> Result<(), SqlError> {
        if !row.is_null(0) {
            state.push(row.value(0));
        }
        Ok(())
    }

    fn merge(&self, state: &mut Vec<Datum>, row: &Row<'_>) -> Result<(), SqlError> {
        state.extend(elements(row.value(0)));
        Ok(())
    }

    fn buffer(&self, state: &Vec<Datum>) -> Vec<Datum> {
        vec![self.finish(state)]
    }

    fn finish(&self, state: &Vec<Datum>) -> Datum {
        Datum::Array(state.as_slice().into())
    }
}

struct Set {
    of: DataType,
}

impl ByRow for Set {
    type State = ScalaSet;

    fn empty(&self) -> ScalaSet {
        ScalaSet::default()
    }

    fn update(&self, state: &mut ScalaSet, row: &Row<'_>) -> Result<(), SqlError> {
        if !row.is_null(0) {
            state.insert(row.value(0), &self.of, Held::Made);
        }
        Ok(())
    }

    fn merge(&self, state: &mut ScalaSet, row: &Row<'_>) -> Result<(), SqlError> {
        elements(row.value(0)).into_iter().for_each(|element| state.insert(element, &self.of, Held::Read));
        Ok(())
    }

    fn buffer(&self, state: &ScalaSet) -> Vec<Datum> {
        vec![self.finish(state)]
    }

    fn finish(&self, state: &ScalaSet) -> Datum {
        Datum::Array(state.iter().cloned().collect())
    }
}

/// `collect_list`.
pub(super) fn collect_list(args: &[DataType], returns: &DataType) -> Box<dyn Accumulator> {
    by_row(List, args, collect_buffer(args), returns)
}

/// `collect_set`.
pub(super) fn collect_set(args: &[DataType], returns: &DataType) -> Box<dyn Accumulator> {
    let of = args.first().cloned().unwrap_or(DataType::Null);
    by_row(Set { of }, args, collect_buffer(args), returns)
}
