//! `percentile_approx`, which is also `approx_percentile`.

use super::Accumulator;
use super::by_row::{ByRow, Row, by_row};
use super::digits::decimal_of;
use super::percentile::{as_double, one_or_all, percentages, percentages_datum};
use super::quantiles::Digest;
use crate::sql::{DataType, Datum, SqlError};

/// The accuracy where none is given.
pub(super) const DEFAULT_ACCURACY: i64 = 10_000;

/// The buffer: the digest, and the percentages, since what merges sees no arguments.
pub(super) fn approx_buffer(_: &[DataType]) -> Vec<DataType> {
    vec![DataType::Binary, DataType::array(DataType::Double)]
}

#[derive(Default)]
struct State {
    digest: Option<Digest>,
    percentages: Option<Vec<f64>>,
}

struct ApproxPercentile {
    returns: DataType,
}

/// A double as a value of the type that the percentile was taken of.
pub(super) fn value_of(value: f64, of: &DataType) -> Datum {
    match of {
        // By way of an int, whose lower bits are left.
        DataType::Byte => Datum::Byte(value as i32 as i8),
        DataType::Short => Datum::Short(value as i32 as i16),
        DataType::Integer => Datum::Integer(value as i32),
        DataType::Date => Datum::Date(value as i32),
        DataType::YearMonthInterval => Datum::YearMonthInterval(value as i32),
        DataType::Long => Datum::Long(value as i64),
        DataType::Timestamp => Datum::Timestamp(value as i64),
        DataType::TimestampNtz => Datum::TimestampNtz(value as i64),
        DataType::DayTimeInterval => Datum::DayTimeInterval(value as i64),
        DataType::Float => Datum::Float(value as f32),
        DataType::Decimal { precision, scale } => {
            decimal_of(value, *precision, *scale).map_or(Datum::Null, |unscaled| Datum::Decimal(unscaled, *scale))
        }
        _ => Datum::Double(value),
    }
}

impl ByRow for ApproxPercentile {
    type State = State;

    fn empty(&self) -> State {
        State::default()
    }

    fn update(&self, state: &mut State, row: &Row<'_>) -> Result<(), SqlError> {
        let Some(value) = as_double(&row.value(0)) else { return Ok(()) };
        let digest = state.digest.get_or_insert_with(|| {
            let accuracy = as_double(&row.value(2)).unwrap_or(DEFAULT_ACCURACY as f64);
            Digest::new(1.0 / accuracy)
        });
        digest.add(value);
        state.percentages.get_or_insert_with(|| percentages(&row.value(1)));
        Ok(())
    }

    fn merge(&self, state: &mut State, row: &Row<'_>) -> Result<(), SqlError> {
        if let Datum::Binary(bytes) = row.value(0)
            && let Some(other) = Digest::from_bytes(&bytes)
        {
            match &mut state.digest {
                Some(digest) => digest.merge(other),
                None => state.digest = Some(other),
            }
        }
        if state.percentages.is_none() && !row.is_null(1) {
            state.percentages = Some(percentages(&row.value(1)));
        }
        Ok(())
    }

    fn buffer(&self, state: &State) -> Vec<Datum> {
        let digest = state.digest.as_ref().map_or(Datum::Null, |digest| Datum::Binary(digest.to_bytes().into()));
        vec![digest, percentages_datum(state.percentages.as_deref())]
    }

    fn finish(&self, state: &State) -> Datum {
        let percentages = state.percentages.as_deref().unwrap_or_default();
        let results = state.digest.as_ref().map_or_else(Vec::new, |digest| digest.quantiles(percentages));
        one_or_all(&results, &self.returns, value_of)
    }
}

/// `percentile_approx`.
pub(super) fn approx_percentile(args: &[DataType], returns: &DataType) -> Box<dyn Accumulator> {
    by_row(ApproxPercentile { returns: returns.clone() }, args, approx_buffer(args), returns)
}
