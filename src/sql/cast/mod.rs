//! Casts: Spark's `Cast` with `spark.sql.ansi.enabled` off, and `try_cast`, which gives null where the ANSI cast fails.

mod allowed;
mod column;
mod decimal;
mod interval;
mod number;
mod text;
mod time;

use super::functions::calendar::{self, MICROS_PER_DAY, MICROS_PER_SECOND};
use super::text::{decimal_plain_text, value_text};
use super::{Context, DataType, Datum, StructField};

pub use allowed::{can_cast, can_try_cast};
pub use column::cast_column;
pub use decimal::{Decimal, decimal_to_double, double_to_decimal, fits, rescale};
pub use number::{parse_double, parse_float};
pub use text::{parse_boolean, parse_long, trim_all};
pub use time::{parse_date, parse_local_timestamp, parse_timestamp};

/// The value of one type as one of another. What has no value there is null.
pub fn cast(context: &Context, value: &Datum, from: &DataType, to: &DataType, try_cast: bool) -> Datum {
    if value.is_null() || from == to {
        return value.clone();
    }
    match to {
        DataType::Null => None,
        DataType::String => match value {
            Datum::String(_) => Some(value.clone()),
            Datum::Decimal(unscaled, scale) if try_cast => {
                Some(Datum::String(decimal_plain_text(*unscaled, *scale).into()))
            }
            _ => Some(Datum::String(value_text(value, context.time_zone).into())),
        },
        DataType::Binary => to_binary(value),
        DataType::Boolean => to_boolean(value),
        DataType::Byte | DataType::Short | DataType::Integer | DataType::Long => {
            number::to_integral(value, to, try_cast)
        }
        DataType::Float => number::to_float(value),
        DataType::Double => number::to_double(value).map(Datum::Double),
        DataType::Decimal { precision, scale } => decimal::to_decimal(value, *precision, *scale),
        DataType::Date => to_date(context, value),
        DataType::Timestamp => to_timestamp(context, value, try_cast),
        DataType::TimestampNtz => to_local_timestamp(context, value),
        DataType::DayTimeInterval => interval::to_day_time(value),
        DataType::YearMonthInterval => interval::to_year_month(value),
        DataType::CalendarInterval => interval::to_calendar(value),
        DataType::Array { element, .. } => match (value, from) {
            (Datum::Array(members), DataType::Array { element: inner, .. }) => {
                Some(Datum::Array(members.iter().map(|it| cast(context, it, inner, element, try_cast)).collect()))
            }
            _ => None,
        },
        DataType::Map { key, value: wanted, .. } => match (value, from) {
            (Datum::Map(entries), DataType::Map { key: inner_key, value: inner, .. }) => Some(Datum::Map(
                entries
                    .iter()
                    .map(|(name, it)| {
                        (cast(context, name, inner_key, key, try_cast), cast(context, it, inner, wanted, try_cast))
                    })
                    .collect(),
            )),
            _ => None,
        },
        DataType::Struct(fields) => match (value, from) {
            (Datum::Struct(parts), DataType::Struct(inner)) => {
                let one = |((part, from), to): ((&Datum, &StructField), &StructField)| {
                    cast(context, part, &from.data_type, &to.data_type, try_cast)
                };
                Some(Datum::Struct(parts.iter().zip(inner.iter()).zip(fields.iter()).map(one).collect()))
            }
            _ => None,
        },
    }
    .unwrap_or(Datum::Null)
}

fn to_binary(value: &Datum) -> Option<Datum> {
    Some(Datum::Binary(match value {
        Datum::Binary(bytes) => bytes.clone(),
        Datum::String(text) => text.as_bytes().into(),
        Datum::Byte(number) => number.to_be_bytes().as_slice().into(),
        Datum::Short(number) => number.to_be_bytes().as_slice().into(),
        Datum::Integer(number) => number.to_be_bytes().as_slice().into(),
        Datum::Long(number) => number.to_be_bytes().as_slice().into(),
        _ => return None,
    }))
}

fn to_boolean(value: &Datum) -> Option<Datum> {
    Some(Datum::Boolean(match value {
        Datum::Boolean(flag) => *flag,
        Datum::String(text) => parse_boolean(text)?,
        Datum::Byte(number) => *number != 0,
        Datum::Short(number) => *number != 0,
        Datum::Integer(number) => *number != 0,
        Datum::Long(number) | Datum::Timestamp(number) => *number != 0,
        Datum::Float(number) => *number != 0.0,
        Datum::Double(number) => *number != 0.0,
        Datum::Decimal(unscaled, _) => *unscaled != 0,
        _ => return None,
    }))
}

/// A day count as a date, where a date can hold it.
fn date(days: i64) -> Option<Datum> {
    i32::try_from(days).ok().map(Datum::Date)
}

fn to_date(context: &Context, value: &Datum) -> Option<Datum> {
    match value {
        Datum::Date(_) => Some(value.clone()),
        Datum::String(text) => parse_date(text).map(Datum::Date),
        Datum::Timestamp(micros) => date(calendar::day_of(calendar::to_local(context.time_zone, *micros))),
        Datum::TimestampNtz(local) => date(calendar::day_of(*local)),
        _ => None,
    }
}

fn to_timestamp(context: &Context, value: &Datum, try_cast: bool) -> Option<Datum> {
    let seconds = |seconds: i64| seconds.saturating_mul(MICROS_PER_SECOND);
    Some(Datum::Timestamp(match value {
        Datum::Timestamp(micros) => *micros,
        Datum::String(text) => parse_timestamp(text, context)?,
        Datum::Boolean(flag) => i64::from(*flag),
        Datum::Byte(number) => seconds((*number).into()),
        Datum::Short(number) => seconds((*number).into()),
        Datum::Integer(number) => seconds((*number).into()),
        Datum::Long(number) => seconds(*number),
        Datum::Float(number) => number::double_to_micros((*number).into(), try_cast)?,
        Datum::Double(number) => number::double_to_micros(*number, try_cast)?,
        Datum::Decimal(unscaled, scale) => decimal::decimal_to_micros(*unscaled, *scale),
        Datum::Date(days) => calendar::day_start(context.time_zone, (*days).into()),
        Datum::TimestampNtz(local) => calendar::from_local(context.time_zone, *local),
        _ => return None,
    }))
}

fn to_local_timestamp(context: &Context, value: &Datum) -> Option<Datum> {
    Some(Datum::TimestampNtz(match value {
        Datum::TimestampNtz(local) => *local,
        Datum::String(text) => parse_local_timestamp(text)?,
        Datum::Date(days) => i64::from(*days).checked_mul(MICROS_PER_DAY)?,
        Datum::Timestamp(micros) => calendar::to_local(context.time_zone, *micros),
        _ => return None,
    }))
}

#[cfg(test)]
pub(crate) mod recorded;
#[cfg(test)]
mod tests;
