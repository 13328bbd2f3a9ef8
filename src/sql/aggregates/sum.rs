//! `sum`, `try_sum` and `product`.

use std::marker::PhantomData;

use arrow_array::types::{
    Decimal128Type, DurationMicrosecondType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    IntervalYearMonthType,
};
use arrow_array::{ArrayRef, ArrowNativeTypeOp, ArrowPrimitiveType, BooleanArray};

use super::Accumulator;
use super::columns::{Widen, argument, booleans, column, each, flags};
use super::totals::{Checked, Overflow, Totals};
use crate::sql::{DataType, SqlError};

/// What a sum of these values is.
pub(super) fn sum_type(of: &DataType) -> DataType {
    match of {
        DataType::Byte | DataType::Short | DataType::Integer | DataType::Long => DataType::Long,
        DataType::Decimal { precision, scale } => DataType::decimal(precision.saturating_add(10), *scale),
        DataType::DayTimeInterval | DataType::YearMonthInterval => of.clone(),
        _ => DataType::Double,
    }
}

/// The buffer: `sum`, and for decimals `isEmpty`.
pub(super) fn sum_buffer(args: &[DataType]) -> Vec<DataType> {
    let sum = sum_type(args.first().unwrap_or(&DataType::Null));
    if sum.is_decimal() { vec![sum, DataType::Boolean] } else { vec![sum] }
}

/// The buffer of `try_sum`: `sum`, and `isEmpty` for all but doubles.
pub(super) fn try_sum_buffer(args: &[DataType]) -> Vec<DataType> {
    let sum = sum_type(args.first().unwrap_or(&DataType::Null));
    if sum == DataType::Double { vec![sum] } else { vec![sum, DataType::Boolean] }
}

/// Sums that wrap around, or are doubles.
struct Wrapping<In: ArrowPrimitiveType, Sum: ArrowPrimitiveType> {
    sums: Vec<Sum::Native>,
    seen: Vec<bool>,
    of: DataType,
    added: PhantomData<In>,
}

impl<In: ArrowPrimitiveType, Sum: ArrowPrimitiveType> Wrapping<In, Sum> {
    fn new(of: DataType) -> Self {
        Wrapping { sums: Vec::new(), seen: Vec::new(), of, added: PhantomData }
    }
}

impl<In: ArrowPrimitiveType, Sum: ArrowPrimitiveType> Accumulator for Wrapping<In, Sum>
where
    Sum::Native: Widen<In::Native> + ArrowNativeTypeOp,
{
    fn resize(&mut self, groups: usize) {
        self.sums.resize(groups, Sum::Native::ZERO);
        self.seen.resize(groups, false);
    }

    fn update(&mut self, groups: &[u32], args: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<(), SqlError> {
        let (sums, seen) = (&mut self.sums[..], &mut self.seen[..]);
        each::<In>(groups, argument(args, 0)?, filter, |group, value| {
            sums[group] = sums[group].add_wrapping(Widen::widen(value));
            seen[group] = true;
        })
    }

    fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> Result<(), SqlError> {
        each::<Sum>(groups, argument(state, 0)?, None, |group, value| {
            self.sums[group] = self.sums[group].add_wrapping(value);
            self.seen[group] = true;
        })
    }

    fn state(&self) -> Result<Vec<ArrayRef>, SqlError> {
        Ok(vec![self.finish()?])
    }

    fn finish(&self) -> Result<ArrayRef, SqlError> {
        Ok(column::<Sum>(&self.sums, Some(&self.seen), &self.of))
    }
}

/// Sums that may not fit.
struct Careful<In: ArrowPrimitiveType, Sum: Checked> {
    totals: Totals<In, Sum>,
    empty: Vec<bool>,
    /// Whether the buffer has `isEmpty`, or a null sum says that there is none.
    tracked: bool,
}

impl<In: ArrowPrimitiveType, Sum: Checked> Careful<In, Sum>
where
    Sum::Native: Widen<In::Native>,
{
    fn boxed(of: &DataType, overflow: Overflow) -> Box<dyn Accumulator>
    where
        In: 'static,
    {
        let tracked = overflow == Overflow::Null;
        Box::new(Careful::<In, Sum> { totals: Totals::new(of.clone(), overflow), empty: Vec::new(), tracked })
    }
}

impl<In: ArrowPrimitiveType, Sum: Checked> Accumulator for Careful<In, Sum>
where
    Sum::Native: Widen<In::Native>,
{
    fn resize(&mut self, groups: usize) {
        self.totals.resize(groups);
        self.empty.resize(groups, true);
    }

    fn update(&mut self, groups: &[u32], args: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<(), SqlError> {
        let empty = &mut self.empty;
        self.totals.update(groups, argument(args, 0)?, filter, |group| empty[group] = false)
    }

    fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> Result<(), SqlError> {
        let sums = argument(state, 0)?;
        let there = |row: usize| -> Result<bool, SqlError> {
            Ok(if self.tracked { !booleans(argument(state, 1)?)?.value(row) } else { !sums.is_null(row) })
        };
        let rows = (0..groups.len()).map(there).collect::<Result<Vec<_>, _>>()?;
        let of: Vec<u32> = groups.iter().zip(&rows).filter(|(_, there)| **there).map(|(group, _)| *group).collect();
        let sums =
            arrow_select::filter::filter(sums, &BooleanArray::from(rows)).map_err(crate::sql::groups::stranger)?;
        of.iter().for_each(|group| self.empty[*group as usize] = false);
        self.totals.merge(&of, &sums)
    }

    fn state(&self) -> Result<Vec<ArrayRef>, SqlError> {
        Ok(if self.tracked { vec![self.totals.column(None), flags(&self.empty)] } else { vec![self.finish()?] })
    }

    fn finish(&self) -> Result<ArrayRef, SqlError> {
        Ok(self.totals.column(Some(&self.empty)))
    }
}

fn doubles(of: &DataType) -> Box<dyn Accumulator> {
    match of {
        DataType::Float => Box::new(Wrapping::<Float32Type, Float64Type>::new(DataType::Double)),
        _ => Box::new(Wrapping::<Float64Type, Float64Type>::new(DataType::Double)),
    }
}

/// `sum`.
pub(super) fn sum(args: &[DataType], returns: &DataType) -> Box<dyn Accumulator> {
    match args.first() {
        Some(DataType::Byte) => Box::new(Wrapping::<Int8Type, Int64Type>::new(DataType::Long)),
        Some(DataType::Short) => Box::new(Wrapping::<Int16Type, Int64Type>::new(DataType::Long)),
        Some(DataType::Integer) => Box::new(Wrapping::<Int32Type, Int64Type>::new(DataType::Long)),
        Some(DataType::Long) => Box::new(Wrapping::<Int64Type, Int64Type>::new(DataType::Long)),
        Some(DataType::Decimal { .. }) => Careful::<Decimal128Type, Decimal128Type>::boxed(returns, Overflow::Null),
        Some(DataType::DayTimeInterval) => {
            Careful::<DurationMicrosecondType, DurationMicrosecondType>::boxed(returns, Overflow::Fails)
        }
        Some(DataType::YearMonthInterval) => {
            Careful::<IntervalYearMonthType, IntervalYearMonthType>::boxed(returns, Overflow::Fails)
        }
        other => doubles(other.unwrap_or(&DataType::Double)),
    }
}

/// `try_sum`.
pub(super) fn try_sum(args: &[DataType], returns: &DataType) -> Box<dyn Accumulator> {
    match args.first() {
        Some(DataType::Byte) => Careful::<Int8Type, Int64Type>::boxed(returns, Overflow::Null),
        Some(DataType::Short) => Careful::<Int16Type, Int64Type>::boxed(returns, Overflow::Null),
        Some(DataType::Integer) => Careful::<Int32Type, Int64Type>::boxed(returns, Overflow::Null),
        Some(DataType::Long) => Careful::<Int64Type, Int64Type>::boxed(returns, Overflow::Null),
        Some(DataType::Decimal { .. }) => Careful::<Decimal128Type, Decimal128Type>::boxed(returns, Overflow::Null),
        Some(DataType::DayTimeInterval) => {
            Careful::<DurationMicrosecondType, DurationMicrosecondType>::boxed(returns, Overflow::Null)
        }
        Some(DataType::YearMonthInterval) => {
            Careful::<IntervalYearMonthType, IntervalYearMonthType>::boxed(returns, Overflow::Null)
        }
        other => doubles(other.unwrap_or(&DataType::Double)),
    }
}

/// `product`.
#[derive(Default)]
pub(super) struct Product {
    products: Vec<f64>,
    seen: Vec<bool>,
}

impl Accumulator for Product {
    fn resize(&mut self, groups: usize) {
        self.products.resize(groups, 1.0);
        self.seen.resize(groups, false);
    }

    fn update(&mut self, groups: &[u32], args: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<(), SqlError> {
        each::<Float64Type>(groups, argument(args, 0)?, filter, |group, value| {
            self.products[group] *= value;
            self.seen[group] = true;
        })
    }

    fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> Result<(), SqlError> {
        self.update(groups, state, None)
    }

    fn state(&self) -> Result<Vec<ArrayRef>, SqlError> {
        Ok(vec![self.finish()?])
    }

    fn finish(&self) -> Result<ArrayRef, SqlError> {
        Ok(column::<Float64Type>(&self.products, Some(&self.seen), &DataType::Double))
    }
}
