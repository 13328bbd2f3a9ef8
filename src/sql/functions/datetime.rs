//! Parts of dates and times, and the time of the batch.

use crate::sql::{Context, DataType, Datum, SqlError, Typed};

use super::accepts::{Accepts, settle, strict, takes};
use super::calendar::{
    MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND, civil, day_of, day_of_year, days, iso_week,
    local, time_of_day, to_local, weekday,
};
use super::structs::constant_text;
use super::{Function, Signature};

type Row = Result<Datum, SqlError>;

/// A part of a date.
macro_rules! date_part {
    ($name:literal, $aliases:expr, $part:expr) => {
        strict($name, $aliases, takes!(Date => Integer), |context, args, _| Ok(of_date(context, args, $part)))
    };
}

/// A part of a time of day.
macro_rules! time_part {
    ($name:literal, $part:expr) => {
        strict($name, &[], takes!(AnyTimestamp => Integer), |context, args, _| Ok(of_time(context, args, $part)))
    };
}

pub const FUNCTIONS: &[Function] = &[
    date_part!("year", &[], year),
    date_part!("quarter", &[], quarter),
    date_part!("month", &[], month),
    date_part!("day", &[], day),
    date_part!("dayofmonth", &[], day),
    date_part!("dayofweek", &[], day_of_week),
    date_part!("weekday", &[], weekday),
    date_part!("dayofyear", &[], day_of_year),
    date_part!("weekofyear", &[], week),
    time_part!("hour", hour),
    time_part!("minute", minute),
    time_part!("second", second),
    strict("date_part", &[], part_signature, part),
    strict("datepart", &[], part_signature, part),
    strict("extract", &[], part_signature, part),
    strict("current_timestamp", &["now"], takes!( => Timestamp), |context, _, _| {
        Ok(Datum::Timestamp(context.batch_time))
    }),
    strict("localtimestamp", &[], takes!( => TimestampNtz), |context, _, _| {
        Ok(Datum::TimestampNtz(to_local(context.time_zone, context.batch_time)))
    }),
    strict("current_date", &["curdate"], takes!( => Date), |context, _, _| {
        Ok(date(day_of(to_local(context.time_zone, context.batch_time))))
    }),
    strict("current_timezone", &[], takes!( => String), |context, _, _| {
        Ok(Datum::String(context.time_zone.name().into()))
    }),
];

/// A day as a date.
pub(super) fn date(days: i64) -> Datum {
    i32::try_from(days).map_or(Datum::Null, Datum::Date)
}

/// A small number as `INT`.
pub(super) fn integer(number: i64) -> Datum {
    i32::try_from(number).map_or(Datum::Null, Datum::Integer)
}

fn year(days: i64) -> i64 {
    civil(days).year
}

fn quarter(days: i64) -> i64 {
    (civil(days).month - 1) / 3 + 1
}

fn month(days: i64) -> i64 {
    civil(days).month
}

fn day(days: i64) -> i64 {
    civil(days).day
}

/// Sunday is 1.
fn day_of_week(days: i64) -> i64 {
    (weekday(days) + 1) % 7 + 1
}

fn week(days: i64) -> i64 {
    iso_week(days).1
}

fn hour(time: i64) -> i64 {
    time / MICROS_PER_HOUR
}

fn minute(time: i64) -> i64 {
    time / MICROS_PER_MINUTE % 60
}

fn second(time: i64) -> i64 {
    time / MICROS_PER_SECOND % 60
}

fn of_date(context: &Context, args: &[Datum], part: fn(i64) -> i64) -> Datum {
    let days = args.first().and_then(|it| days(context.time_zone, it));
    days.map_or(Datum::Null, |days| integer(part(days)))
}

fn of_time(context: &Context, args: &[Datum], part: fn(i64) -> i64) -> Datum {
    let local = args.first().and_then(|it| local(context.time_zone, it));
    local.map_or(Datum::Null, |local| integer(part(time_of_day(local))))
}

/// What `extract` can ask for, by Spark's names of it.
#[derive(Clone, Copy)]
enum Part {
    Date(fn(i64) -> i64),
    Time(fn(i64) -> i64),
    /// Seconds and their fraction, as a decimal.
    Seconds,
}

fn part_of_datetime(name: &str) -> Option<Part> {
    Some(match name {
        "YEAR" | "Y" | "YEARS" | "YR" | "YRS" => Part::Date(year),
        "YEAROFWEEK" => Part::Date(|days| iso_week(days).0),
        "QUARTER" | "QTR" => Part::Date(quarter),
        "MONTH" | "MON" | "MONS" | "MONTHS" => Part::Date(month),
        "WEEK" | "W" | "WEEKS" => Part::Date(week),
        "DAY" | "D" | "DAYS" => Part::Date(day),
        "DAYOFWEEK" | "DOW" => Part::Date(day_of_week),
        "DAYOFWEEK_ISO" | "DOW_ISO" => Part::Date(|days| weekday(days) + 1),
        "DOY" => Part::Date(day_of_year),
        "HOUR" | "H" | "HOURS" | "HR" | "HRS" => Part::Time(hour),
        "MINUTE" | "M" | "MIN" | "MINS" | "MINUTES" => Part::Time(minute),
        "SECOND" | "S" | "SEC" | "SECONDS" | "SECS" => Part::Seconds,
        _ => return None,
    })
}

/// The part of an interval of this type, and its type.
fn part_of_interval(name: &str, interval: &DataType) -> Option<(&'static str, DataType)> {
    let part = match name {
        "YEAR" | "Y" | "YEARS" | "YR" | "YRS" => "year",
        "MONTH" | "MON" | "MONS" | "MONTHS" => "month",
        "DAY" | "D" | "DAYS" => "day",
        "HOUR" | "H" | "HOURS" | "HR" | "HRS" => "hour",
        "MINUTE" | "M" | "MIN" | "MINS" | "MINUTES" => "minute",
        "SECOND" | "S" | "SEC" | "SECONDS" | "SECS" => "second",
        _ => return None,
    };
    let months = matches!(part, "year" | "month");
    match interval {
        DataType::YearMonthInterval if !months => return None,
        DataType::DayTimeInterval if months => return None,
        _ => {}
    }
    let returns = match part {
        "year" | "day" => DataType::Integer,
        "second" => SECONDS,
        _ => DataType::Byte,
    };
    Some((part, returns))
}

const SECONDS: DataType = DataType::Decimal { precision: 8, scale: 6 };

fn part_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let [field, source] = args else {
        return Err(settle(function, args, &[Accepts::Text, Accepts::Any], &[]).err().unwrap_or_else(|| {
            SqlError::new("SparkException", Some("INTERNAL_ERROR"), "extract takes a field and a source")
        }));
    };
    let signature = |source: DataType, returns| {
        let nullable = args.iter().any(|it| it.nullable);
        Ok(Signature { arguments: vec![DataType::String, source], returns, nullable })
    };
    let Some(name) = constant_text(field) else {
        return match field.kind {
            _ if field.data_type == DataType::String && !super::accepts::is_null(field) => Err(SqlError::analysis(
                "NON_FOLDABLE_ARGUMENT",
                format!(
                    "The function `{}` requires the parameter `field` to be a foldable expression of the type \"STRING\", \
                     but the actual argument is a non-foldable.",
                    function.name
                ),
            )),
            _ => signature(source.data_type.clone(), DataType::Double),
        };
    };
    let upper = name.to_uppercase();
    let interval = matches!(
        source.data_type,
        DataType::CalendarInterval | DataType::DayTimeInterval | DataType::YearMonthInterval
    );
    let refused = || {
        let text = format!("Cannot extract `{name}` from \"{}\".", source);
        Err(SqlError::analysis("INVALID_EXTRACT_FIELD", text))
    };
    if interval {
        return match part_of_interval(&upper, &source.data_type) {
            Some((_, returns)) => signature(source.data_type.clone(), returns),
            None => refused(),
        };
    }
    let returns = match part_of_datetime(&upper) {
        Some(Part::Seconds) => SECONDS,
        Some(_) => DataType::Integer,
        None => return refused(),
    };
    let asked = match part_of_datetime(&upper) {
        Some(Part::Date(_)) => Accepts::Date,
        _ => Accepts::AnyTimestamp,
    };
    let settled = settle(function, args, &[Accepts::Text, asked], &[])?;
    Ok(settled.gives(returns))
}

fn part(context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    let [Datum::String(name), source] = args else { return Ok(Datum::Null) };
    let upper = name.to_uppercase();
    let seconds = |micros: i64| Datum::Decimal(i128::from(micros % MICROS_PER_MINUTE), 6);
    let of_interval = |months: i32, days: i64, micros: i64| {
        let Some((part, _)) = part_of_interval(&upper, &DataType::CalendarInterval) else { return Datum::Null };
        let byte = |number: i64| i8::try_from(number).map_or(Datum::Null, Datum::Byte);
        match part {
            "year" => Datum::Integer(months / 12),
            "month" => byte(i64::from(months % 12)),
            "day" => integer(days),
            "hour" => byte(micros % MICROS_PER_DAY / MICROS_PER_HOUR),
            "minute" => byte(micros / MICROS_PER_MINUTE % 60),
            _ => seconds(micros),
        }
    };
    Ok(match source {
        Datum::YearMonthInterval(months) => of_interval(*months, 0, 0),
        Datum::DayTimeInterval(micros) => of_interval(0, micros / MICROS_PER_DAY, micros % MICROS_PER_DAY),
        Datum::CalendarInterval { months, days, micros } => of_interval(*months, (*days).into(), *micros),
        _ => match part_of_datetime(&upper) {
            Some(Part::Date(part)) => of_date(context, &args[1..], part),
            Some(Part::Time(part)) => of_time(context, &args[1..], part),
            Some(Part::Seconds) => match local(context.time_zone, source) {
                Some(local) => seconds(time_of_day(local)),
                None => Datum::Null,
            },
            None => Datum::Null,
        },
    })
}
