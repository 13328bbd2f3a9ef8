//! `trunc` and `date_trunc`: the begin of the year, the month, the hour that a time is in.

use crate::sql::{Context, DataType, Datum, SqlError};

use super::Function;
use super::accepts::{strict, takes};
use super::calendar::{
    Civil, MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND, civil, day_of, days_of, from_local,
    to_local, weekday,
};
use super::datetime::date;

pub const FUNCTIONS: &[Function] = &[
    strict("trunc", &[], takes!(Date, Text => Date or null), trunc),
    strict("date_trunc", &[], takes!(Text, Timestamp => Timestamp or null), date_trunc),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Year,
    Quarter,
    Month,
    Week,
    /// So many microseconds.
    Time(i64),
}

fn level(name: &str) -> Option<Level> {
    Some(match name.to_uppercase().as_str() {
        "YEAR" | "YYYY" | "YY" => Level::Year,
        "QUARTER" => Level::Quarter,
        "MON" | "MONTH" | "MM" => Level::Month,
        "WEEK" => Level::Week,
        "DAY" | "DD" => Level::Time(MICROS_PER_DAY),
        "HOUR" => Level::Time(MICROS_PER_HOUR),
        "MINUTE" => Level::Time(MICROS_PER_MINUTE),
        "SECOND" => Level::Time(MICROS_PER_SECOND),
        "MILLISECOND" => Level::Time(1000),
        "MICROSECOND" => Level::Time(1),
        _ => return None,
    })
}

/// The first day of what a day is in; days stay as they are.
fn first_day(days: i64, level: Level) -> i64 {
    let Civil { year, month, .. } = civil(days);
    match level {
        Level::Year => days_of(year, 1, 1),
        Level::Quarter => days_of(year, (month - 1) / 3 * 3 + 1, 1),
        Level::Month => days_of(year, month, 1),
        Level::Week => days - weekday(days),
        Level::Time(_) => days,
    }
}

fn trunc(_context: &Context, args: &[Datum], _returns: &DataType) -> Result<Datum, SqlError> {
    let [Datum::Date(days), Datum::String(name)] = args else { return Ok(Datum::Null) };
    Ok(match level(name) {
        None | Some(Level::Time(_)) => Datum::Null,
        Some(level) => date(first_day((*days).into(), level)),
    })
}

fn date_trunc(context: &Context, args: &[Datum], _returns: &DataType) -> Result<Datum, SqlError> {
    let [Datum::String(name), Datum::Timestamp(micros)] = args else { return Ok(Datum::Null) };
    let zone = context.time_zone;
    Ok(Datum::Timestamp(match level(name) {
        None => return Ok(Datum::Null),
        // Offsets have no part of a minute nowadays, but had.
        Some(Level::Time(unit @ (1 | 1000 | MICROS_PER_SECOND))) => micros.wrapping_sub(micros.rem_euclid(unit)),
        Some(Level::Time(unit)) => {
            let local = to_local(zone, *micros);
            let begin = local.wrapping_sub(local.rem_euclid(unit));
            // Within an overlap the begin of the hour is that of the same turn.
            let offset = local.wrapping_sub(*micros);
            let same = begin.wrapping_sub(offset);
            if unit < MICROS_PER_DAY && to_local(zone, same) == begin { same } else { from_local(zone, begin) }
        }
        Some(level) => {
            let days = first_day(day_of(to_local(zone, *micros)), level);
            from_local(zone, days.wrapping_mul(MICROS_PER_DAY))
        }
    }))
}
