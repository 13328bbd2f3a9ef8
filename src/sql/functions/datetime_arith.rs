//! Arithmetic of dates: days and months more or less, the months and units between, and values made of their parts.

use crate::sql::{Context, DataType, Datum, SqlError, Typed};

use super::accepts::{Accepts, literal_text, nullable, settle, strict, takes};
use super::calendar::{
    MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND, add_interval, add_months, civil, day_of,
    days_in_month, days_of, integer_overflow, local, long_overflow, time_of_day, to_local,
};
use super::datetime::date;
use super::refusals::unexpected;
use super::zones::Zone;
use super::{Function, Signature};

type Row = Result<Datum, SqlError>;

pub const FUNCTIONS: &[Function] = &[
    strict("date_add", &["dateadd"], days_signature, |_, args, _| Ok(moved(args, 1))),
    strict("date_sub", &[], days_signature, |_, args, _| Ok(moved(args, -1))),
    strict("datediff", &[], takes!(Date, Date => Integer), days_between),
    strict("date_diff", &[], takes!(Date, Date => Integer), days_between),
    strict("add_months", &[], takes!(Date, Int => Date), |_, args, _| match args {
        [Datum::Date(days), Datum::Integer(months)] => Ok(date(add_months((*days).into(), (*months).into()))),
        _ => Ok(Datum::Null),
    }),
    strict("months_between", &[], takes!(Timestamp, Timestamp; Boolean => Double), months_between),
    strict("last_day", &[], takes!(Date => Date), |_, args, _| match args {
        [Datum::Date(days)] => {
            let at = civil((*days).into());
            Ok(date(days_of(at.year, at.month, days_in_month(at.year, at.month))))
        }
        _ => Ok(Datum::Null),
    }),
    strict("next_day", &[], takes!(Date, Text => Date or null), next_day),
    strict("make_date", &[], takes!(Int, Int, Int => Date or null), |_, args, _| {
        Ok(made_day(args).map_or(Datum::Null, date))
    }),
    strict(
        "make_timestamp",
        &["make_timestamp_ltz"],
        takes!(Int, Int, Int, Int, Int, Decimal; Text => Timestamp or null),
        make_timestamp,
    ),
    strict(
        "make_timestamp_ntz",
        &[],
        takes!(Int, Int, Int, Int, Int, Decimal => TimestampNtz or null),
        |_, args, _| Ok(made_local(args).map_or(Datum::Null, Datum::TimestampNtz)),
    ),
    strict(
        "make_interval",
        &[],
        takes!(; Int, Int, Int, Int, Int, Int, Decimal => CalendarInterval or null),
        make_interval,
    ),
    strict("make_dt_interval", &[], takes!(; Int, Int, Int, Decimal => DayTimeInterval), make_dt_interval),
    strict("make_ym_interval", &[], takes!(; Int, Int => YearMonthInterval), make_ym_interval),
    strict("timestampadd", &[], add_signature, timestampadd),
    nullable("timestampdiff", &[], takes!(Text, AnyTimestamp, AnyTimestamp => Long), timestampdiff),
];

/// A date and a number of days, which is cast from nothing but text that is written out.
fn days_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let settled = settle(function, args, &[Accepts::Date, Accepts::Any], &[])?;
    let mut signature = settled.gives(DataType::Date);
    let days = &args[1];
    signature.arguments[1] = match (&days.data_type, literal_text(days)) {
        (DataType::Integer | DataType::Short | DataType::Byte, _) => days.data_type.clone(),
        (DataType::Null, _) => DataType::Integer,
        (DataType::String, Some(text)) if text.trim().parse::<i32>().is_ok() => DataType::Integer,
        (DataType::String, Some(_)) => {
            let text = format!("The second argument of {} function needs to be an integer.", function.name);
            return Err(SqlError::analysis("SECOND_FUNCTION_ARGUMENT_NOT_INTEGER", text));
        }
        _ => return Err(unexpected(function, args, 1, &["INT", "SMALLINT", "TINYINT"])),
    };
    Ok(signature)
}

fn moved(args: &[Datum], sign: i32) -> Datum {
    let [Datum::Date(days), more] = args else { return Datum::Null };
    let more = match more {
        Datum::Integer(more) => *more,
        Datum::Short(more) => (*more).into(),
        Datum::Byte(more) => (*more).into(),
        _ => return Datum::Null,
    };
    Datum::Date(days.wrapping_add(more.wrapping_mul(sign)))
}

fn days_between(_context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    match args {
        [Datum::Date(end), Datum::Date(start)] => Ok(Datum::Integer(end.wrapping_sub(*start))),
        _ => Ok(Datum::Null),
    }
}

fn months_between(context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    let (Some(Datum::Timestamp(end)), Some(Datum::Timestamp(start))) = (args.first(), args.get(1)) else {
        return Ok(Datum::Null);
    };
    let round = !matches!(args.get(2), Some(Datum::Boolean(false)));
    let at = |micros: i64| {
        let local = to_local(context.time_zone, micros);
        (civil(day_of(local)), time_of_day(local) / MICROS_PER_SECOND)
    };
    let ((end, end_seconds), (start, start_seconds)) = (at(*end), at(*start));
    let months = (end.year * 12 + end.month) - (start.year * 12 + start.month);
    let last = |year: i64, month: i64, day: i64| day == days_in_month(year, month);
    let whole = months as f64;
    if end.day == start.day || (last(end.year, end.month, end.day) && last(start.year, start.month, start.day)) {
        return Ok(Datum::Double(whole));
    }
    let seconds = (end.day - start.day) * 86_400 + end_seconds - start_seconds;
    let months = whole + seconds as f64 / (31 * 86_400) as f64;
    Ok(Datum::Double(if round { (months * 1e8 + 0.5).floor() / 1e8 } else { months }))
}

fn next_day(_context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    let [Datum::Date(days), Datum::String(name)] = args else { return Ok(Datum::Null) };
    // Counted from Thursday, which 1970-01-01 was.
    let of_week = match name.to_uppercase().trim() {
        "SU" | "SUN" | "SUNDAY" => 3,
        "MO" | "MON" | "MONDAY" => 4,
        "TU" | "TUE" | "TUESDAY" => 5,
        "WE" | "WED" | "WEDNESDAY" => 6,
        "TH" | "THU" | "THURSDAY" => 0,
        "FR" | "FRI" | "FRIDAY" => 1,
        "SA" | "SAT" | "SATURDAY" => 2,
        _ => return Ok(Datum::Null),
    };
    let days = i64::from(*days);
    Ok(date(days + 1 + (of_week - 1 - days).rem_euclid(7)))
}

/// The integer at an index; 0 where there is none.
fn int(args: &[Datum], index: usize) -> i64 {
    match args.get(index) {
        Some(Datum::Integer(number)) => (*number).into(),
        _ => 0,
    }
}

/// The decimal at an index in millionths, the rest cut off.
fn millionths(args: &[Datum], index: usize) -> Option<i64> {
    let Some(Datum::Decimal(unscaled, scale)) = args.get(index) else { return Some(0) };
    let factor = 10_i128.checked_pow(u32::from(scale.abs_diff(6)))?;
    let scaled = if *scale > 6 { unscaled / factor } else { unscaled.checked_mul(factor)? };
    i64::try_from(scaled).ok()
}

/// The day that year, month and day make, if there is one.
fn made_day(args: &[Datum]) -> Option<i64> {
    let (year, month, day) = (int(args, 0), int(args, 1), int(args, 2));
    let exists = (-999_999_999..=999_999_999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_in_month(year, month)).contains(&day);
    exists.then(|| days_of(year, month, day))
}

fn made_local(args: &[Datum]) -> Option<i64> {
    let day = made_day(args)?;
    let (hour, minute, micros) = (int(args, 3), int(args, 4), millionths(args, 5)?);
    // The 60th second is the first of the next minute, but has no fraction.
    let fits = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..=MICROS_PER_MINUTE).contains(&micros);
    if !fits {
        return None;
    }
    let time = hour * MICROS_PER_HOUR + minute * MICROS_PER_MINUTE + micros;
    day.checked_mul(MICROS_PER_DAY)?.checked_add(time)
}

fn make_timestamp(context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    let zone = match args.get(6) {
        Some(Datum::String(name)) => Zone::of(name)?,
        _ => Zone::Region(context.time_zone),
    };
    Ok(made_local(args).map_or(Datum::Null, |local| Datum::Timestamp(zone.instant(local))))
}

fn make_interval(_context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    let made = || -> Option<Datum> {
        let months = i32::try_from(int(args, 0) * 12 + int(args, 1)).ok()?;
        let days = i32::try_from(int(args, 2) * 7 + int(args, 3)).ok()?;
        let micros = millionths(args, 6)?
            .checked_add(int(args, 4).checked_mul(MICROS_PER_HOUR)?)?
            .checked_add(int(args, 5).checked_mul(MICROS_PER_MINUTE)?)?;
        Some(Datum::CalendarInterval { months, days, micros })
    };
    Ok(made().unwrap_or(Datum::Null))
}

fn make_dt_interval(_context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    let made = || -> Option<i64> {
        millionths(args, 3)?
            .checked_add(int(args, 0).checked_mul(MICROS_PER_DAY)?)?
            .checked_add(int(args, 1).checked_mul(MICROS_PER_HOUR)?)?
            .checked_add(int(args, 2).checked_mul(MICROS_PER_MINUTE)?)
    };
    made().map(Datum::DayTimeInterval).ok_or_else(long_overflow)
}

fn make_ym_interval(_context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    let months = i32::try_from(int(args, 0) * 12 + int(args, 1));
    months.map(Datum::YearMonthInterval).map_err(|_| integer_overflow())
}

fn add_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let settled = settle(function, args, &[Accepts::Text, Accepts::Int, Accepts::AnyTimestamp], &[])?;
    let time = match args.get(2).map(|it| &it.data_type) {
        Some(DataType::TimestampNtz) => DataType::TimestampNtz,
        _ => DataType::Timestamp,
    };
    Ok(settled.gives(time))
}

/// What a unit counts: months, days, or microseconds.
enum Unit {
    Months(i64),
    Days(i64),
    Micros(i64),
}

fn unit(name: &str) -> Result<Unit, SqlError> {
    Ok(match name.to_uppercase().as_str() {
        "YEAR" => Unit::Months(12),
        "QUARTER" => Unit::Months(3),
        "MONTH" => Unit::Months(1),
        "WEEK" => Unit::Days(7),
        "DAY" | "DAYOFYEAR" => Unit::Days(1),
        "HOUR" => Unit::Micros(MICROS_PER_HOUR),
        "MINUTE" => Unit::Micros(MICROS_PER_MINUTE),
        "SECOND" => Unit::Micros(MICROS_PER_SECOND),
        "MILLISECOND" => Unit::Micros(1000),
        "MICROSECOND" => Unit::Micros(1),
        _ => {
            let text = format!("Got the unexpected unit '{name}'.");
            return Err(SqlError::new("SparkException", Some("INTERNAL_ERROR"), text));
        }
    })
}

fn timestampadd(context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    let [Datum::String(name), Datum::Integer(count), time] = args else { return Ok(Datum::Null) };
    let count = i64::from(*count);
    let int = |number: i64| i32::try_from(number).map_err(|_| integer_overflow());
    let moved = |zone, micros| match unit(name)? {
        Unit::Months(each) => add_interval(zone, micros, int(count * each)?, 0, 0),
        Unit::Days(each) => add_interval(zone, micros, 0, int(count * each)?, 0),
        Unit::Micros(each) => add_interval(zone, micros, 0, 0, count.checked_mul(each).ok_or_else(long_overflow)?),
    };
    Ok(match time {
        Datum::Timestamp(micros) => Datum::Timestamp(moved(context.time_zone, *micros)?),
        Datum::TimestampNtz(micros) => Datum::TimestampNtz(moved(chrono_tz::Tz::UTC, *micros)?),
        _ => Datum::Null,
    })
}

/// Whole units between two local times.
fn timestampdiff(context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    let [Datum::String(name), start, end] = args else { return Ok(Datum::Null) };
    let zone = context.time_zone;
    let (Some(start), Some(end)) = (local(zone, start), local(zone, end)) else { return Ok(Datum::Null) };
    let between = |each: i64| end.wrapping_sub(start) / each.max(1);
    Ok(Datum::Long(match unit(name)? {
        Unit::Days(each) => between(each * MICROS_PER_DAY),
        Unit::Micros(each) => between(each),
        Unit::Months(each) => {
            let packed = |local: i64| {
                let at = civil(day_of(local));
                (at.year * 12 + at.month - 1, (at.day - 1) * MICROS_PER_DAY + time_of_day(local))
            };
            let ((start_month, start_rest), (end_month, end_rest)) = (packed(start), packed(end));
            let months = end_month - start_month;
            let months = match months {
                1.. if end_rest < start_rest => months - 1,
                ..=-1 if end_rest > start_rest => months + 1,
                _ => months,
            };
            months / each
        }
    }))
}
