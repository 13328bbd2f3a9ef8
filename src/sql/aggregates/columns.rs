//! Loops over Arrow columns: which rows count, and their values by group.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, BooleanArray, PrimitiveArray};
use arrow_buffer::{BooleanBuffer, NullBuffer};

use crate::sql::groups::stranger;
use crate::sql::{DataType, SqlError};

/// Numbers that a total is kept in, whatever the width of what is added.
pub(super) trait Widen<From>: Copy {
    fn widen(from: From) -> Self;
}

macro_rules! widen {
    ($($from:ty => $to:ty),*) => {
        $(impl Widen<$from> for $to {
            #[inline]
            fn widen(from: $from) -> $to {
                from as $to
            }
        })*
    };
}
widen!(i8 => i64, i16 => i64, i32 => i64, i64 => i64, i32 => i32, i128 => i128);
widen!(i8 => f64, i16 => f64, i32 => f64, i64 => f64, f32 => f64, f64 => f64);

/// The column as one of this type.
pub(super) fn primitive<T: ArrowPrimitiveType>(column: &dyn Array) -> Result<&PrimitiveArray<T>, SqlError> {
    column
        .as_primitive_opt::<T>()
        .ok_or_else(|| stranger(format!("An aggregate was given a column of {}.", column.data_type())))
}

/// The column of booleans.
pub(super) fn booleans(column: &dyn Array) -> Result<&BooleanArray, SqlError> {
    column
        .as_boolean_opt()
        .ok_or_else(|| stranger(format!("An aggregate was given a column of {}.", column.data_type())))
}

/// The column of this index.
pub(super) fn argument(columns: &[ArrayRef], index: usize) -> Result<&ArrayRef, SqlError> {
    columns.get(index).ok_or_else(|| stranger("An aggregate was given too few columns."))
}

/// The rows that a filter takes: those for which it is true.
pub(super) fn taken(filter: &BooleanArray) -> BooleanBuffer {
    match filter.nulls() {
        Some(nulls) => filter.values() & nulls.inner(),
        None => filter.values().clone(),
    }
}

/// Which rows count: those where all columns are valid and the filter is true. `None`: all do.
pub(super) fn counted(columns: &[ArrayRef], filter: Option<&BooleanArray>) -> Option<BooleanBuffer> {
    let both = |sum: Option<BooleanBuffer>, next: BooleanBuffer| {
        Some(match sum {
            Some(sum) => &sum & &next,
            None => next,
        })
    };
    let nulls = columns.iter().filter_map(|it| it.logical_nulls()).filter(|nulls| nulls.null_count() > 0);
    let sum = nulls.fold(None, |sum, nulls| both(sum, nulls.into_inner()));
    match filter {
        Some(filter) => both(sum, taken(filter)),
        None => sum,
    }
}

/// The group and the row of each row that counts.
#[inline]
pub(super) fn each_row(groups: &[u32], rows: Option<&BooleanBuffer>, mut take: impl FnMut(usize, usize)) {
    match rows {
        None => {
            for (row, group) in groups.iter().enumerate() {
                take(*group as usize, row);
            }
        }
        Some(rows) => {
            for (row, (group, counts)) in groups.iter().zip(rows.iter()).enumerate() {
                if counts {
                    take(*group as usize, row);
                }
            }
        }
    }
}

/// The group and the value of each row that counts.
#[inline]
pub(super) fn each<T: ArrowPrimitiveType>(
    groups: &[u32],
    column: &ArrayRef,
    filter: Option<&BooleanArray>,
    mut take: impl FnMut(usize, T::Native),
) -> Result<(), SqlError> {
    let values = primitive::<T>(column)?.values();
    match counted(std::slice::from_ref(column), filter) {
        None => {
            for (group, value) in groups.iter().zip(values.iter()) {
                take(*group as usize, *value);
            }
        }
        Some(rows) => {
            for ((group, value), counts) in groups.iter().zip(values.iter()).zip(rows.iter()) {
                if counts {
                    take(*group as usize, *value);
                }
            }
        }
    }
    Ok(())
}

/// A column of these values, null where they are not valid.
pub(super) fn column<T: ArrowPrimitiveType>(values: &[T::Native], valid: Option<&[bool]>, of: &DataType) -> ArrayRef {
    let nulls = valid.map(NullBuffer::from).filter(|nulls| nulls.null_count() > 0);
    Arc::new(PrimitiveArray::<T>::new(values.to_vec().into(), nulls).with_data_type(of.to_arrow()))
}

/// A column of longs that are never null.
pub(super) fn longs(values: &[i64]) -> ArrayRef {
    Arc::new(PrimitiveArray::<Int64Type>::new(values.to_vec().into(), None))
}

/// A column of booleans that are never null.
pub(super) fn flags(values: &[bool]) -> ArrayRef {
    Arc::new(BooleanArray::from(values.to_vec()))
}
