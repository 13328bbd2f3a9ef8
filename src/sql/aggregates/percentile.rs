//! `percentile` and `median`: exact, from how often each value was seen.

use std::collections::BTreeMap;

use super::Accumulator;
use super::by_row::{ByRow, Row, by_row};
use super::digits::decimal_double;
use crate::sql::{DataType, Datum, SqlError};

/// The buffer: the counts of the values, and the percentages, since what merges sees no arguments.
pub(super) fn percentile_buffer(args: &[DataType]) -> Vec<DataType> {
    let of = args.first().cloned().unwrap_or(DataType::Null);
    vec![DataType::map_of(of, DataType::Long, false), DataType::array(DataType::Double)]
}

/// The percentages of an argument, one or an array of them; a null among them is 0, as in Spark.
pub(super) fn percentages(value: &Datum) -> Vec<f64> {
    match value {
        Datum::Double(one) => vec![*one],
        Datum::Array(all) => all.iter().map(|it| if let Datum::Double(it) = it { *it } else { 0.0 }).collect(),
        _ => Vec::new(),
    }
}

/// Percentages as a value of a buffer.
pub(super) fn percentages_datum(percentages: Option<&[f64]>) -> Datum {
    percentages.map_or(Datum::Null, |all| Datum::Array(all.iter().map(|it| Datum::Double(*it)).collect()))
}

/// A number, a time or an interval as a double.
pub(super) fn as_double(value: &Datum) -> Option<f64> {
    Some(match value {
        Datum::Byte(it) => (*it).into(),
        Datum::Short(it) => (*it).into(),
        Datum::Integer(it) | Datum::Date(it) | Datum::YearMonthInterval(it) => (*it).into(),
        Datum::Long(it) | Datum::Timestamp(it) | Datum::TimestampNtz(it) | Datum::DayTimeInterval(it) => *it as f64,
        Datum::Float(it) => (*it).into(),
        Datum::Double(it) => *it,
        Datum::Decimal(unscaled, scale) => decimal_double(*unscaled, *scale),
        _ => return None,
    })
}

/// Results as one value or as an array, whichever the type is; null of none.
pub(super) fn one_or_all(results: &[f64], returns: &DataType, value: impl Fn(f64, &DataType) -> Datum) -> Datum {
    match (results, returns) {
        ([], _) => Datum::Null,
        (all, DataType::Array { element, .. }) => Datum::Array(all.iter().map(|it| value(*it, element)).collect()),
        ([first, ..], _) => value(*first, returns),
    }
}

struct Percentile {
    returns: DataType,
    /// `median` has no argument that says it.
    fixed: Option<f64>,
}

#[derive(Default)]
struct Counts {
    counts: BTreeMap<Datum, i64>,
    percentages: Option<Vec<f64>>,
}

fn whole(value: &Datum) -> Option<i64> {
    match value {
        Datum::Byte(it) => Some((*it).into()),
        Datum::Short(it) => Some((*it).into()),
        Datum::Integer(it) => Some((*it).into()),
        Datum::Long(it) => Some(*it),
        _ => None,
    }
}

/// The value at a position between the first and the last, a fraction between two being between theirs.
fn at(counts: &[(&Datum, i64)], position: f64) -> Option<f64> {
    let (lower, higher) = (position.floor() as i64, position.ceil() as i64);
    let key = |rank: i64| counts.get(counts.partition_point(|(_, count)| *count < rank + 1)).map(|(key, _)| *key);
    let (low, high) = (key(lower)?, key(higher)?);
    if lower == higher || low == high {
        return as_double(low);
    }
    Some((higher as f64 - position) * as_double(low)? + (position - lower as f64) * as_double(high)?)
}

impl ByRow for Percentile {
    type State = Counts;

    fn empty(&self) -> Counts {
        Counts { percentages: self.fixed.map(|it| vec![it]), ..Counts::default() }
    }

    fn update(&self, state: &mut Counts, row: &Row<'_>) -> Result<(), SqlError> {
        if row.is_null(0) {
            return Ok(());
        }
        if state.percentages.is_none() {
            state.percentages = Some(percentages(&row.value(1)));
        }
        let frequency = if self.fixed.is_some() { Datum::Long(1) } else { row.value(2) };
        let frequency = match (whole(&frequency), frequency) {
            (Some(frequency), _) => frequency,
            // Left out it is 1; null it is none.
            _ if row.is_missing(2) => 1,
            _ => return Ok(()),
        };
        if frequency < 0 {
            let message = format!("Negative values found in {frequency}");
            return Err(SqlError::new("IllegalArgumentException", None, message));
        }
        if frequency > 0 {
            let count = state.counts.entry(row.value(0)).or_insert(0);
            *count = count.wrapping_add(frequency);
        }
        Ok(())
    }

    fn merge(&self, state: &mut Counts, row: &Row<'_>) -> Result<(), SqlError> {
        if state.percentages.is_none() && !row.is_null(1) {
            state.percentages = Some(percentages(&row.value(1)));
        }
        if let Datum::Map(entries) = row.value(0) {
            for (value, frequency) in entries.iter() {
                let count = state.counts.entry(value.clone()).or_insert(0);
                *count = count.wrapping_add(whole(frequency).unwrap_or(0));
            }
        }
        Ok(())
    }

    fn buffer(&self, state: &Counts) -> Vec<Datum> {
        let entries = state.counts.iter().map(|(value, count)| (value.clone(), Datum::Long(*count)));
        vec![Datum::Map(entries.collect()), percentages_datum(state.percentages.as_deref())]
    }

    fn finish(&self, state: &Counts) -> Datum {
        let mut total = 0_i64;
        let accumulated: Vec<(&Datum, i64)> = state
            .counts
            .iter()
            .map(|(value, count)| {
                total = total.wrapping_add(*count);
                (value, total)
            })
            .collect();
        let last = total.wrapping_sub(1) as f64;
        let percentages = state.percentages.as_deref().unwrap_or_default();
        let results: Option<Vec<f64>> = percentages.iter().map(|it| at(&accumulated, last * it)).collect();
        one_or_all(&results.unwrap_or_default(), &self.returns, |value, of| match of {
            DataType::YearMonthInterval => Datum::YearMonthInterval(value as i32),
            DataType::DayTimeInterval => Datum::DayTimeInterval(value as i64),
            _ => Datum::Double(value),
        })
    }
}

/// `percentile`.
pub(super) fn percentile(args: &[DataType], returns: &DataType) -> Box<dyn Accumulator> {
    by_row(Percentile { returns: returns.clone(), fixed: None }, args, percentile_buffer(args), returns)
}

/// `median`.
pub(super) fn median(args: &[DataType], returns: &DataType) -> Box<dyn Accumulator> {
    by_row(Percentile { returns: returns.clone(), fixed: Some(0.5) }, args, percentile_buffer(args), returns)
}
