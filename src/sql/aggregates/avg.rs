//! `avg` and `try_avg`.

use std::marker::PhantomData;

use arrow_array::types::{
    Decimal128Type, DurationMicrosecondType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    IntervalYearMonthType,
};
use arrow_array::{ArrayRef, ArrowPrimitiveType, BooleanArray};

use super::Accumulator;
use super::columns::{Widen, argument, column, each, longs};
use super::digits::{mean, rounded_quotient};
use super::totals::{Checked, Overflow, Totals};
use crate::sql::{DataType, SqlError};

/// What a mean of these values is.
pub(super) fn avg_type(of: &DataType) -> DataType {
    match of {
        DataType::Decimal { precision, scale } => {
            DataType::decimal(precision.saturating_add(4), scale.saturating_add(4))
        }
        DataType::DayTimeInterval | DataType::YearMonthInterval => of.clone(),
        _ => DataType::Double,
    }
}

/// The type of the sum that is kept.
fn kept_type(of: &DataType) -> DataType {
    match of {
        DataType::Decimal { precision, scale } => DataType::decimal(precision.saturating_add(10), *scale),
        DataType::DayTimeInterval | DataType::YearMonthInterval => of.clone(),
        _ => DataType::Double,
    }
}

/// The buffer: `sum` and `count`.
pub(super) fn avg_buffer(args: &[DataType]) -> Vec<DataType> {
    vec![kept_type(args.first().unwrap_or(&DataType::Null)), DataType::Long]
}

/// The mean of numbers that are added as doubles.
struct DoubleMean<In: ArrowPrimitiveType> {
    sums: Vec<f64>,
    counts: Vec<i64>,
    added: PhantomData<In>,
}

impl<In: ArrowPrimitiveType> DoubleMean<In> {
    fn boxed() -> Box<dyn Accumulator>
    where
        f64: Widen<In::Native>,
    {
        Box::new(DoubleMean::<In> { sums: Vec::new(), counts: Vec::new(), added: PhantomData })
    }
}

impl<In: ArrowPrimitiveType> Accumulator for DoubleMean<In>
where
    f64: Widen<In::Native>,
{
    fn resize(&mut self, groups: usize) {
        self.sums.resize(groups, 0.0);
        self.counts.resize(groups, 0);
    }

    fn update(&mut self, groups: &[u32], args: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<(), SqlError> {
        let (sums, counts) = (&mut self.sums[..], &mut self.counts[..]);
        each::<In>(groups, argument(args, 0)?, filter, |group, value| {
            sums[group] += <f64 as Widen<In::Native>>::widen(value);
            counts[group] = counts[group].wrapping_add(1);
        })
    }

    fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> Result<(), SqlError> {
        each::<Float64Type>(groups, argument(state, 0)?, None, |group, sum| self.sums[group] += sum)?;
        each::<Int64Type>(groups, argument(state, 1)?, None, |group, count| {
            self.counts[group] = self.counts[group].wrapping_add(count);
        })
    }

    fn state(&self) -> Result<Vec<ArrayRef>, SqlError> {
        Ok(vec![column::<Float64Type>(&self.sums, None, &DataType::Double), longs(&self.counts)])
    }

    fn finish(&self) -> Result<ArrayRef, SqlError> {
        let means: Vec<f64> = self.sums.iter().zip(&self.counts).map(|(sum, count)| sum / *count as f64).collect();
        let valid: Vec<bool> = self.counts.iter().map(|count| *count != 0).collect();
        Ok(column::<Float64Type>(&means, Some(&valid), &DataType::Double))
    }
}

/// A sum by a count, where there is one.
type Quotient<N> = dyn Fn(N, i64) -> Option<N>;

/// The mean of decimals or intervals.
struct CarefulMean<T: Checked> {
    totals: Totals<T, T>,
    counts: Vec<i64>,
    returns: DataType,
    /// A sum by a count.
    quotient: Box<Quotient<T::Native>>,
}

impl<T: Checked> CarefulMean<T>
where
    T::Native: Widen<T::Native>,
{
    fn boxed(
        kept: DataType,
        returns: &DataType,
        overflow: Overflow,
        quotient: impl Fn(T::Native, i64) -> Option<T::Native> + 'static,
    ) -> Box<dyn Accumulator> {
        let totals = Totals::new(kept, overflow);
        Box::new(CarefulMean::<T> {
            totals,
            counts: Vec::new(),
            returns: returns.clone(),
            quotient: Box::new(quotient),
        })
    }
}

impl<T: Checked> Accumulator for CarefulMean<T>
where
    T::Native: Widen<T::Native>,
{
    fn resize(&mut self, groups: usize) {
        self.totals.resize(groups);
        self.counts.resize(groups, 0);
    }

    fn update(&mut self, groups: &[u32], args: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<(), SqlError> {
        let counts = &mut self.counts;
        self.totals.update(groups, argument(args, 0)?, filter, |group| counts[group] = counts[group].wrapping_add(1))
    }

    fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> Result<(), SqlError> {
        self.totals.merge(groups, argument(state, 0)?)?;
        each::<Int64Type>(groups, argument(state, 1)?, None, |group, count| {
            self.counts[group] = self.counts[group].wrapping_add(count);
        })
    }

    fn state(&self) -> Result<Vec<ArrayRef>, SqlError> {
        Ok(vec![self.totals.column(None), longs(&self.counts)])
    }

    fn finish(&self) -> Result<ArrayRef, SqlError> {
        let kept = self.totals.sums.iter().zip(&self.totals.fits).zip(&self.counts);
        let means: Vec<_> = kept.map(|((sum, fits), count)| (self.quotient)(*sum, *count).filter(|_| *fits)).collect();
        let valid: Vec<bool> = means.iter().map(Option::is_some).collect();
        let means: Vec<_> = means.into_iter().map(|mean| mean.unwrap_or(T::NONE)).collect();
        Ok(column::<T>(&means, Some(&valid), &self.returns))
    }
}

fn mean_of(args: &[DataType], returns: &DataType, overflow: Overflow) -> Box<dyn Accumulator> {
    let of = args.first().unwrap_or(&DataType::Double);
    match of {
        DataType::Byte => DoubleMean::<Int8Type>::boxed(),
        DataType::Short => DoubleMean::<Int16Type>::boxed(),
        DataType::Integer => DoubleMean::<Int32Type>::boxed(),
        DataType::Long => DoubleMean::<Int64Type>::boxed(),
        DataType::Float => DoubleMean::<Float32Type>::boxed(),
        DataType::Decimal { scale, .. } => {
            let scale = *scale;
            let to = if let DataType::Decimal { precision, scale } = returns { (*precision, *scale) } else { (38, 0) };
            let quotient = move |sum, count| mean(sum, scale, count, to);
            CarefulMean::<Decimal128Type>::boxed(kept_type(of), returns, Overflow::Null, quotient)
        }
        DataType::DayTimeInterval => {
            CarefulMean::<DurationMicrosecondType>::boxed(kept_type(of), returns, overflow, rounded_quotient)
        }
        DataType::YearMonthInterval => {
            let quotient =
                |sum: i32, count| rounded_quotient(sum.into(), count).and_then(|months| i32::try_from(months).ok());
            CarefulMean::<IntervalYearMonthType>::boxed(kept_type(of), returns, overflow, quotient)
        }
        _ => DoubleMean::<Float64Type>::boxed(),
    }
}

/// `avg`.
pub(super) fn avg(args: &[DataType], returns: &DataType) -> Box<dyn Accumulator> {
    mean_of(args, returns, Overflow::Fails)
}

/// `try_avg`.
pub(super) fn try_avg(args: &[DataType], returns: &DataType) -> Box<dyn Accumulator> {
    mean_of(args, returns, Overflow::Null)
}
