//! Interval literals: `INTERVAL 5 SECONDS`, `INTERVAL '1 2:03' DAY TO MINUTE`.

use sqlparser::ast::Ident;
use sqlparser::tokenizer::Location;

use super::primary::SEPARATOR;
use super::source::Source;
use crate::sql::functions::interval_text::{Interval, parse_interval};
use crate::sql::{DataType, Datum, Expr, SqlError};

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// The units that may stand on both sides of `TO`, from the largest; their names, and how many microseconds they have.
const UNITS: [(&str, i64); 4] = [
    ("day", MICROS_PER_DAY),
    ("hour", 3600 * MICROS_PER_SECOND),
    ("minute", 60 * MICROS_PER_SECOND),
    ("second", MICROS_PER_SECOND),
];

/// Where an interval's value begins, after its keyword.
fn body(kind: &Ident, source: &Source<'_>) -> Location {
    let text = source.slice(kind.span);
    let after: String = text.chars().skip("interval".len()).take_while(|it| it.is_whitespace()).collect();
    let start = kind.span.start;
    match after.rsplit_once('\n') {
        None => Location::new(start.line, start.column + 8 + count(&after)),
        Some((lines, rest)) => {
            Location::new(start.line + 1 + count(&lines.replace(|it| it != '\n', "")), count(rest) + 1)
        }
    }
}

fn count(text: &str) -> u64 {
    u64::try_from(text.chars().count()).unwrap_or(0)
}

/// Reads what the parser has marked: its kind, and its pieces.
pub(super) fn interval_literal(kind: &Ident, marked: &str, source: &Source<'_>) -> Result<Expr, SqlError> {
    let pieces: Vec<&str> = marked.split(SEPARATOR).collect();
    match pieces.as_slice() {
        ["range", value, from, to] => range(kind, value, from, to, source),
        ["text", value] => {
            let invalid = || {
                let message = format!(
                    "The value of the typed literal \"INTERVAL\" is invalid: {}.",
                    super::literal::quoted(value)
                );
                source.error("INVALID_TYPED_LITERAL", &message, kind.span.start)
            };
            let interval = parse_interval(value).map_err(|_| invalid())?;
            let words = value.split_whitespace().map(str::to_lowercase);
            let units: Vec<_> =
                words.filter(|it| it != "interval" && it.bytes().all(|byte| byte.is_ascii_lowercase())).collect();
            of_units(kind, interval, units.iter().map(String::as_str), source)
        }
        [_, pairs @ ..] => {
            let mut text = String::new();
            let mut units = Vec::new();
            for pair in pairs.chunks(3) {
                let [sign, value, unit] = pair else { continue };
                if let Some(refusal) = letters(kind, value, source) {
                    return Err(refusal);
                }
                let value = match (*sign, value.strip_prefix('-')) {
                    ("-", Some(positive)) => positive.to_owned(),
                    ("-", None) => format!("-{value}"),
                    _ => (*value).to_owned(),
                };
                text += &format!(" {value} {unit}");
                units.push(*unit);
            }
            let interval = parse_interval(&text).map_err(|refusal| {
                source.bare_error(&format!("{}.", refusal.message.trim_end_matches('.')), body(kind, source))
            })?;
            of_units(kind, interval, units.into_iter(), source)
        }
        [] => Err(source.syntax_error(kind.span.start)),
    }
}

/// A value that has its units within, though they are written after it: `INTERVAL '1 day 2' HOUR`.
fn letters(kind: &Ident, value: &str, source: &Source<'_>) -> Option<SqlError> {
    let message = format!(
        "Can only use numbers in the interval value part for multiple unit value pairs interval form, but got invalid \
         value: {value}."
    );
    value.chars().any(char::is_alphabetic).then(|| source.bare_error(&message, body(kind, source)))
}

/// An interval of the type that its units say: years and months, or days and less, never both.
fn of_units<'a>(
    kind: &Ident,
    interval: Interval,
    mut units: impl Iterator<Item = &'a str>,
    source: &Source<'_>,
) -> Result<Expr, SqlError> {
    let is_month = |unit: &str| matches!(unit.trim_end_matches('s'), "year" | "month");
    let (mut months, mut rest) = (false, false);
    units.by_ref().for_each(|it| if is_month(it) { months = true } else { rest = true });
    if months && rest {
        let message = format!("Cannot mix year-month and day-time fields: {}.", source.slice(kind.span));
        return Err(source.bare_error(&message, kind.span.start));
    }
    if months {
        return Ok(year_month(interval.months));
    }
    match i64::from(interval.days).checked_mul(MICROS_PER_DAY).and_then(|it| it.checked_add(interval.micros)) {
        Some(micros) => Ok(day_time(micros)),
        None => Err(SqlError::new("ArithmeticException", None, "long overflow")),
    }
}

fn year_month(months: i32) -> Expr {
    Expr::literal(Datum::YearMonthInterval(months), DataType::YearMonthInterval)
}

fn day_time(micros: i64) -> Expr {
    Expr::literal(Datum::DayTimeInterval(micros), DataType::DayTimeInterval)
}

/// `INTERVAL '1 2:03:04.5' DAY TO SECOND` and its like.
fn range(kind: &Ident, value: &str, from: &str, to: &str, source: &Source<'_>) -> Result<Expr, SqlError> {
    let (from, to) = (from.trim_end_matches('s'), to.trim_end_matches('s'));
    if (from, to) == ("year", "month") {
        let parts = signed(value).and_then(|(sign, text)| {
            let (years, months) = text.split_once('-')?;
            Some((sign, years.parse::<i32>().ok()?, months.parse::<i32>().ok()?))
        });
        let Some((sign, years, months)) = parts else {
            let form = "year-month format of `[+|-]y-m`, `INTERVAL [+|-]'[+|-]y-m' YEAR TO MONTH`";
            let message =
                format!("Interval string does not match {form} when cast to interval year to month: {value}.");
            return Err(source.bare_error(&message, body(kind, source)));
        };
        let total = years.checked_mul(12).and_then(|it| it.checked_add(months)?.checked_mul(sign));
        return match total.filter(|_| months < 12) {
            Some(total) => Ok(year_month(total)),
            None => {
                let reason = format!("requirement failed: month {months} outside range [0, 11]");
                let message = format!("Error parsing interval year-month string: {reason}.");
                Err(source.bare_error(&message, body(kind, source)))
            }
        };
    }
    let index = |unit: &str| UNITS.iter().position(|(name, _)| *name == unit);
    let (Some(first), Some(last)) = (index(from), index(to)) else {
        return Err(unsupported(kind, from, to, source));
    };
    if first >= last {
        return Err(unsupported(kind, from, to, source));
    }
    let form = match (first, last) {
        (0, 1) => "d h",
        (0, 2) => "d h:m",
        (0, _) => "d h:m:s.n",
        (1, 2) => "h:m",
        (1, _) => "h:m:s.n",
        _ => "m:s.n",
    };
    let clock = signed(value).map_or(Err(None), |(sign, text)| match clock(text, first, last) {
        Ok(micros) => micros.checked_mul(sign.into()).ok_or(None),
        Err(reason) => Err(reason),
    });
    clock.map(day_time).map_err(|reason| {
        let message = match reason {
            Some(reason) => format!("requirement failed: {reason}."),
            None => {
                let upper = format!("{} TO {}", from.to_uppercase(), to.to_uppercase());
                format!(
                    "Interval string does not match day-time format of `[+|-]{form}`, `INTERVAL [+|-]'[+|-]{form}' {upper}` \
                     when cast to interval {from} to {to}: {value}, set spark.sql.legacy.fromDayTimeString.enabled to true \
                     to restore the behavior before Spark 3.0.."
                )
            }
        };
        source.bare_error(&message, body(kind, source))
    })
}

/// The sign of a value, and the rest of it.
fn signed(value: &str) -> Option<(i32, &str)> {
    let mut text = value.trim();
    let mut sign = 1;
    while let Some(rest) = text.strip_prefix(['+', '-']) {
        sign *= if text.starts_with('-') { -1 } else { 1 };
        text = rest;
    }
    text.starts_with(|it: char| it.is_ascii_digit()).then_some((sign, text))
}

/// The microseconds of `d h:m:s.n`, of the units from the first to the last; or what is wrong with one of the numbers.
fn clock(text: &str, first: usize, last: usize) -> Result<i64, Option<String>> {
    let mut rest = text;
    let mut total = 0_i64;
    for (index, (unit, micros)) in UNITS.iter().enumerate().take(last + 1).skip(first) {
        let piece = if index == last {
            rest
        } else {
            let (piece, after) = rest.split_once(if index == 0 { ' ' } else { ':' }).ok_or(None)?;
            rest = after.trim_start();
            piece
        };
        let (whole, fraction) = match (index, piece.split_once('.')) {
            (3, Some((whole, fraction))) => (whole, fraction),
            _ => (piece, ""),
        };
        let plain = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !plain(whole) || !plain(fraction) || fraction.len() > 9 {
            return Err(None);
        }
        let number: i64 = whole.parse().map_err(|_| None)?;
        // Every unit but the first is bounded by the one before it.
        let most = if index == 1 { 23 } else { 59 };
        if index > first && number > most {
            return Err(Some(format!("{unit} {number} outside range [0, {most}]")));
        }
        let fraction: i64 = format!("{fraction:0<9}").get(..6).and_then(|it| it.parse().ok()).ok_or(None)?;
        let sum = number.checked_mul(*micros).and_then(|it| it.checked_add(fraction)?.checked_add(total));
        total = sum.ok_or(None)?;
    }
    Ok(total)
}

fn unsupported(kind: &Ident, from: &str, to: &str, source: &Source<'_>) -> SqlError {
    source.bare_error(&format!("Intervals FROM {from} TO {to} are not supported."), body(kind, source))
}
