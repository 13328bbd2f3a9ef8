//! Casts to intervals.

use super::text::trim_all;
use crate::sql::Datum;
use crate::sql::functions::calendar::{MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND};
use crate::sql::functions::interval_text::parse_interval;

pub(super) fn to_calendar(value: &Datum) -> Option<Datum> {
    let Datum::String(text) = value else { return None };
    let interval = parse_interval(text).ok()?;
    Some(Datum::CalendarInterval { months: interval.months, days: interval.days, micros: interval.micros })
}

/// The text between quotes of `INTERVAL '..' UNIT`, or the bare text; and whether a sign stands before the quotes.
fn quoted<'a>(text: &'a str, unit: &str) -> Option<(bool, &'a str)> {
    let text = trim_all(text);
    let Some(prefix) = text.get(..8).filter(|it| it.eq_ignore_ascii_case("interval")) else {
        return Some((false, text));
    };
    let rest = text[prefix.len()..].trim_start();
    let (negative, rest) = match rest.strip_prefix(['-', '+']) {
        Some(inner) => (rest.starts_with('-'), inner),
        None => (false, rest),
    };
    let (inner, named) = rest.strip_prefix('\'')?.split_once('\'')?;
    named.trim().eq_ignore_ascii_case(unit).then_some((negative, inner))
}

fn signed(text: &str) -> (bool, &str) {
    match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    }
}

fn number(text: &str, most: usize) -> Option<i64> {
    let valid = !text.is_empty() && text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit());
    if valid { text.parse().ok() } else { None }
}

/// `1 02:03:04.5`, alone or in `INTERVAL '..' DAY TO SECOND`.
fn parse_day_time(text: &str) -> Option<i64> {
    let (outer, text) = quoted(text, "DAY TO SECOND")?;
    let (inner, text) = signed(text);
    let (days, time) = text.split_once(' ')?;
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut parts = clock.split(':');
    let mut part = |bound: i64| parts.next().and_then(|it| number(it, 2)).filter(|it| *it < bound);
    let (hours, minutes, seconds) = (part(24)?, part(60)?, part(60)?);
    let micros = number(fraction, 9).and_then(|_| format!("{fraction:0<9}").get(..6)?.parse::<i64>().ok())?;
    if parts.next().is_some() {
        return None;
    }
    let rest = hours * MICROS_PER_HOUR + minutes * MICROS_PER_MINUTE + seconds * MICROS_PER_SECOND + micros;
    let size = number(days, 9)?.checked_mul(MICROS_PER_DAY)?.checked_add(rest)?;
    Some(if outer == inner { size } else { -size })
}

/// `1-2`, alone or in `INTERVAL '..' YEAR TO MONTH`.
fn parse_year_month(text: &str) -> Option<i32> {
    let (outer, text) = quoted(text, "YEAR TO MONTH")?;
    let (inner, text) = signed(text);
    let (years, months) = text.split_once('-')?;
    let months = number(months, 2).filter(|months| *months < 12)?;
    let size = number(years, 9)?.checked_mul(12)?.checked_add(months)?;
    i32::try_from(if outer == inner { size } else { -size }).ok()
}

fn whole(value: &Datum) -> Option<i64> {
    match value {
        Datum::Byte(number) => Some((*number).into()),
        Datum::Short(number) => Some((*number).into()),
        Datum::Integer(number) => Some((*number).into()),
        Datum::Long(number) => Some(*number),
        _ => None,
    }
}

/// Numbers are seconds.
pub(super) fn to_day_time(value: &Datum) -> Option<Datum> {
    let micros = match value {
        Datum::DayTimeInterval(micros) => *micros,
        Datum::String(text) => parse_day_time(text)?,
        Datum::Decimal(unscaled, scale) => i64::try_from(super::rescale(*unscaled, *scale, 38, 6)?).ok()?,
        _ => whole(value)?.checked_mul(MICROS_PER_SECOND)?,
    };
    Some(Datum::DayTimeInterval(micros))
}

/// Numbers are months.
pub(super) fn to_year_month(value: &Datum) -> Option<Datum> {
    let months = match value {
        Datum::YearMonthInterval(months) => *months,
        Datum::String(text) => parse_year_month(text)?,
        Datum::Decimal(unscaled, scale) => i32::try_from(super::rescale(*unscaled, *scale, 38, 0)?).ok()?,
        _ => i32::try_from(whole(value)?).ok()?,
    };
    Some(Datum::YearMonthInterval(months))
}
