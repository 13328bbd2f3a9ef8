//! `min` and `max`, and `bool_and` and `bool_or`, which are those of booleans.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, DurationMicrosecondType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, IntervalYearMonthType, TimestampMicrosecondType,
};
use arrow_array::{ArrayRef, ArrowPrimitiveType, BooleanArray, StringArray};

use super::Accumulator;
use super::by_row::{ByRow, Row, by_row};
use super::columns::{argument, booleans, column, counted, each, each_row};
use crate::sql::groups::stranger;
use crate::sql::{DataType, Datum, SqlError};

/// Numbers in the order of `ORDER BY`.
trait Ordered: Copy {
    fn below(self, other: Self) -> bool;
}

macro_rules! ordered {
    ($($of:ty),*) => { $(impl Ordered for $of {
        #[inline]
        fn below(self, other: Self) -> bool {
            self < other
        }
    })* };
    (floats $($of:ty),*) => { $(impl Ordered for $of {
        #[inline]
        fn below(self, other: Self) -> bool {
            self < other || (other.is_nan() && !self.is_nan())
        }
    })* };
}
ordered!(i8, i16, i32, i64, i128);
ordered!(floats f32, f64);

/// The least or the greatest number; among equals (`0.0` and `-0.0`) the first.
struct Extreme<T: ArrowPrimitiveType, const GREATEST: bool> {
    values: Vec<T::Native>,
    seen: Vec<bool>,
    of: DataType,
}

impl<T: ArrowPrimitiveType<Native: Ordered>, const GREATEST: bool> Accumulator for Extreme<T, GREATEST> {
    fn resize(&mut self, groups: usize) {
        self.values.resize(groups, T::Native::default());
        self.seen.resize(groups, false);
    }

    fn update(&mut self, groups: &[u32], args: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<(), SqlError> {
        let (values, seen) = (&mut self.values[..], &mut self.seen[..]);
        each::<T>(groups, argument(args, 0)?, filter, |group, value| {
            let held = values[group];
            let better = if GREATEST { held.below(value) } else { value.below(held) };
            if better || !seen[group] {
                values[group] = value;
                seen[group] = true;
            }
        })
    }

    fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> Result<(), SqlError> {
        self.update(groups, state, None)
    }

    fn state(&self) -> Result<Vec<ArrayRef>, SqlError> {
        Ok(vec![self.finish()?])
    }

    fn finish(&self) -> Result<ArrayRef, SqlError> {
        Ok(column::<T>(&self.values, Some(&self.seen), &self.of))
    }
}

/// The least or the greatest boolean.
struct ExtremeFlag<const GREATEST: bool> {
    values: Vec<Option<bool>>,
}

impl<const GREATEST: bool> Accumulator for ExtremeFlag<GREATEST> {
    fn resize(&mut self, groups: usize) {
        self.values.resize(groups, None);
    }

    fn update(&mut self, groups: &[u32], args: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<(), SqlError> {
        let flags = booleans(argument(args, 0)?)?.values();
        let rows = counted(args, filter);
        each_row(groups, rows.as_ref(), |group, row| {
            let (held, flag) = (&mut self.values[group], flags.value(row));
            *held = Some(held.map_or(flag, |held| if GREATEST { held | flag } else { held & flag }));
        });
        Ok(())
    }

    fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> Result<(), SqlError> {
        self.update(groups, state, None)
    }

    fn state(&self) -> Result<Vec<ArrayRef>, SqlError> {
        Ok(vec![self.finish()?])
    }

    fn finish(&self) -> Result<ArrayRef, SqlError> {
        Ok(Arc::new(BooleanArray::from(self.values.clone())))
    }
}

/// The least or the greatest string, by its bytes.
struct ExtremeText<const GREATEST: bool> {
    values: Vec<Option<Box<str>>>,
}

impl<const GREATEST: bool> Accumulator for ExtremeText<GREATEST> {
    fn resize(&mut self, groups: usize) {
        self.values.resize(groups, None);
    }

    fn update(&mut self, groups: &[u32], args: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<(), SqlError> {
        let texts = argument(args, 0)?.as_string_opt::<i32>().ok_or_else(|| stranger("A string was expected."))?;
        let rows = counted(args, filter);
        each_row(groups, rows.as_ref(), |group, row| {
            let (held, text) = (&mut self.values[group], texts.value(row));
            let worse = if GREATEST { Ordering::Less } else { Ordering::Greater };
            if held.as_deref().is_none_or(|held| held.cmp(text) == worse) {
                *held = Some(text.into());
            }
        });
        Ok(())
    }

    fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> Result<(), SqlError> {
        self.update(groups, state.get(..1).unwrap_or_default(), None)
    }

    fn state(&self) -> Result<Vec<ArrayRef>, SqlError> {
        Ok(vec![self.finish()?])
    }

    fn finish(&self) -> Result<ArrayRef, SqlError> {
        Ok(Arc::new(self.values.iter().map(Option::as_deref).collect::<StringArray>()))
    }
}

/// The least or the greatest of values of any type.
struct ExtremeValue {
    worse: Ordering,
}

impl ByRow for ExtremeValue {
    type State = Datum;

    fn empty(&self) -> Datum {
        Datum::Null
    }

    fn update(&self, state: &mut Datum, row: &Row<'_>) -> Result<(), SqlError> {
        if !row.is_null(0) {
            let value = row.value(0);
            if state.is_null() || (*state).cmp(&value) == self.worse {
                *state = value;
            }
        }
        Ok(())
    }

    fn merge(&self, state: &mut Datum, row: &Row<'_>) -> Result<(), SqlError> {
        self.update(state, row)
    }

    fn buffer(&self, state: &Datum) -> Vec<Datum> {
        vec![state.clone()]
    }

    fn finish(&self, state: &Datum) -> Datum {
        state.clone()
    }
}

fn number<T: ArrowPrimitiveType<Native: Ordered>, const GREATEST: bool>(of: &DataType) -> Box<dyn Accumulator> {
    Box::new(Extreme::<T, GREATEST> { values: Vec::new(), seen: Vec::new(), of: of.clone() })
}

fn extreme<const GREATEST: bool>(args: &[DataType], returns: &DataType) -> Box<dyn Accumulator> {
    match returns {
        DataType::Byte => number::<Int8Type, GREATEST>(returns),
        DataType::Short => number::<Int16Type, GREATEST>(returns),
        DataType::Integer => number::<Int32Type, GREATEST>(returns),
        DataType::Long => number::<Int64Type, GREATEST>(returns),
        DataType::Float => number::<Float32Type, GREATEST>(returns),
        DataType::Double => number::<Float64Type, GREATEST>(returns),
        DataType::Decimal { .. } => number::<Decimal128Type, GREATEST>(returns),
        DataType::Date => number::<Date32Type, GREATEST>(returns),
        DataType::Timestamp | DataType::TimestampNtz => number::<TimestampMicrosecondType, GREATEST>(returns),
        DataType::DayTimeInterval => number::<DurationMicrosecondType, GREATEST>(returns),
        DataType::YearMonthInterval => number::<IntervalYearMonthType, GREATEST>(returns),
        DataType::Boolean => Box::new(ExtremeFlag::<GREATEST> { values: Vec::new() }),
        DataType::String => Box::new(ExtremeText::<GREATEST> { values: Vec::new() }),
        _ => {
            let worse = if GREATEST { Ordering::Less } else { Ordering::Greater };
            by_row(ExtremeValue { worse }, args, vec![returns.clone()], returns)
        }
    }
}

/// `min`, `bool_and`.
pub(super) fn min(args: &[DataType], returns: &DataType) -> Box<dyn Accumulator> {
    extreme::<false>(args, returns)
}

/// `max`, `bool_or`.
pub(super) fn max(args: &[DataType], returns: &DataType) -> Box<dyn Accumulator> {
    extreme::<true>(args, returns)
}
