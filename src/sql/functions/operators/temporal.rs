//! Arithmetic of dates, times and intervals, a row at a time.

use arrow_buffer::i256;

use crate::sql::functions::calendar::{self, MICROS_PER_DAY, add_interval, add_months, day_of, day_start, to_local};
use crate::sql::text::value_text;
use crate::sql::{Context, DataType, Datum, SqlError};

/// Months, days and microseconds.
#[derive(Clone, Copy)]
struct Span {
    months: i32,
    days: i32,
    micros: i64,
}

fn overflow(what: &str) -> SqlError {
    let message = format!("{what} overflow. Use 'try_add' to tolerate overflow and return NULL instead.");
    SqlError::new("ArithmeticException", Some("INTERVAL_ARITHMETIC_OVERFLOW"), message)
}

fn datetime_overflow() -> SqlError {
    SqlError::new("ArithmeticException", Some("DATETIME_OVERFLOW"), "Datetime operation overflow.")
}

/// The interval, its sign turned where it is subtracted.
fn span(interval: &Datum, negative: bool) -> Option<Result<Span, SqlError>> {
    let sign = if negative { -1 } else { 1 };
    match interval {
        Datum::DayTimeInterval(micros) => Some(match micros.checked_mul(i64::from(sign)) {
            Some(micros) => {
                let days = i32::try_from(micros / MICROS_PER_DAY).unwrap_or(i32::MAX);
                Ok(Span { months: 0, days, micros: micros % MICROS_PER_DAY })
            }
            None => Err(overflow("long")),
        }),
        Datum::YearMonthInterval(months) => Some(match months.checked_mul(sign) {
            Some(months) => Ok(Span { months, days: 0, micros: 0 }),
            None => Err(overflow("integer")),
        }),
        Datum::CalendarInterval { months, days, micros } => Some(Ok(Span {
            months: months.wrapping_mul(sign),
            days: days.wrapping_mul(sign),
            micros: micros.wrapping_mul(sign.into()),
        })),
        _ => None,
    }
}

fn date(days: i64) -> Result<Datum, SqlError> {
    i32::try_from(days).map(Datum::Date).map_err(|_| datetime_overflow())
}

/// A date or time moved by a span.
fn moved(context: &Context, time: &Datum, by: Span) -> Result<Option<Datum>, SqlError> {
    Ok(Some(match time {
        Datum::Date(days) if by.micros == 0 => {
            date(add_months(i64::from(*days), by.months.into()) + i64::from(by.days))?
        }
        Datum::Date(days) => {
            let start = day_start(context.time_zone, (*days).into());
            let end = add_interval(context.time_zone, start, by.months, by.days, by.micros)?;
            date(day_of(to_local(context.time_zone, end)))?
        }
        Datum::Timestamp(micros) => {
            Datum::Timestamp(add_interval(context.time_zone, *micros, by.months, by.days, by.micros)?)
        }
        Datum::TimestampNtz(micros) => {
            Datum::TimestampNtz(add_interval(chrono_tz::Tz::UTC, *micros, by.months, by.days, by.micros)?)
        }
        _ => return Ok(None),
    }))
}

/// The result where an operand is a date, a time or an interval, else what `numbers` makes of both.
pub(super) fn or(
    context: &Context,
    operator: &str,
    args: &[Datum],
    returns: &DataType,
    numbers: fn(&[Datum], &DataType) -> Datum,
) -> Result<Datum, SqlError> {
    let [left, right] = args else { return Ok(Datum::Null) };
    if left.is_null() || right.is_null() {
        return Ok(Datum::Null);
    }
    let found = match operator {
        "+" | "-" => sum(context, left, right, operator == "-", returns)?,
        "*" => match (is_interval(left), is_interval(right)) {
            (true, _) => Some(scaled(left, right, false)?),
            (_, true) => Some(scaled(right, left, false)?),
            _ => None,
        },
        _ if is_interval(left) => Some(scaled(left, right, true)?),
        _ => None,
    };
    Ok(match found {
        Some(Datum::Timestamp(_)) if *returns == DataType::String => {
            found.map_or(Datum::Null, |time| Datum::String(value_text(&time, context.time_zone).into()))
        }
        Some(datum) => datum,
        None => numbers(args, returns),
    })
}

fn is_interval(datum: &Datum) -> bool {
    matches!(datum, Datum::DayTimeInterval(_) | Datum::YearMonthInterval(_) | Datum::CalendarInterval { .. })
}

fn sum(
    context: &Context,
    left: &Datum,
    right: &Datum,
    minus: bool,
    returns: &DataType,
) -> Result<Option<Datum>, SqlError> {
    if returns.is_numeric() {
        return Ok(None);
    }
    match (left, right) {
        (Datum::DayTimeInterval(left), Datum::DayTimeInterval(right)) => {
            let made = if minus { left.checked_sub(*right) } else { left.checked_add(*right) };
            return made.map(|it| Some(Datum::DayTimeInterval(it))).ok_or_else(|| overflow("long"));
        }
        (Datum::YearMonthInterval(left), Datum::YearMonthInterval(right)) => {
            let made = if minus { left.checked_sub(*right) } else { left.checked_add(*right) };
            return made.map(|it| Some(Datum::YearMonthInterval(it))).ok_or_else(|| overflow("integer"));
        }
        (
            Datum::CalendarInterval { months, days, micros },
            Datum::CalendarInterval { months: more_months, days: more_days, micros: more_micros },
        ) => {
            let sign = if minus { -1 } else { 1 };
            return Ok(Some(Datum::CalendarInterval {
                months: months.wrapping_add(more_months.wrapping_mul(sign)),
                days: days.wrapping_add(more_days.wrapping_mul(sign)),
                micros: micros.wrapping_add(more_micros.wrapping_mul(sign.into())),
            }));
        }
        (Datum::Date(date), Datum::Integer(days)) => {
            return Ok(Some(Datum::Date(if minus { date.wrapping_sub(*days) } else { date.wrapping_add(*days) })));
        }
        (Datum::Integer(days), Datum::Date(date)) => return Ok(Some(Datum::Date(date.wrapping_add(*days)))),
        (Datum::Date(left), Datum::Date(right)) => {
            let days = i64::from(*left) - i64::from(*right);
            return days
                .checked_mul(MICROS_PER_DAY)
                .map(|it| Some(Datum::DayTimeInterval(it)))
                .ok_or_else(calendar::long_overflow);
        }
        (Datum::Timestamp(left), Datum::Timestamp(right)) => {
            let (left, right) = (to_local(context.time_zone, *left), to_local(context.time_zone, *right));
            return Ok(Some(Datum::DayTimeInterval(left.wrapping_sub(right))));
        }
        (Datum::TimestampNtz(left), Datum::TimestampNtz(right)) => {
            return Ok(Some(Datum::DayTimeInterval(left.wrapping_sub(*right))));
        }
        _ => {}
    }
    if let Some(by) = span(right, minus) {
        return moved(context, left, by?);
    }
    match span(left, false) {
        Some(by) => moved(context, right, by?),
        None => Ok(None),
    }
}

/// A factor, exact where it can be.
enum Factor {
    Whole(i64),
    Decimal(i128, u8),
    Fraction(f64),
}

fn divided_by_zero() -> SqlError {
    let message = "Division by zero. Use `try_divide` to tolerate divisor being 0 and return NULL instead.";
    SqlError::new("ArithmeticException", Some("INTERVAL_DIVIDED_BY_ZERO"), message)
}

/// An interval multiplied with a number or divided by one, rounded half up; away from zero where it is negative.
fn scaled(interval: &Datum, by: &Datum, divide: bool) -> Result<Datum, SqlError> {
    let factor = match by {
        Datum::Byte(number) => Factor::Whole((*number).into()),
        Datum::Short(number) => Factor::Whole((*number).into()),
        Datum::Integer(number) => Factor::Whole((*number).into()),
        Datum::Long(number) => Factor::Whole(*number),
        Datum::Decimal(unscaled, scale) => Factor::Decimal(*unscaled, *scale),
        Datum::Float(number) => Factor::Fraction((*number).into()),
        Datum::Double(number) => Factor::Fraction(*number),
        _ => return Ok(Datum::Null),
    };
    let zero = match factor {
        Factor::Whole(number) => number == 0,
        Factor::Decimal(unscaled, _) => unscaled == 0,
        Factor::Fraction(number) => number == 0.0,
    };
    match interval {
        Datum::CalendarInterval { .. } if divide && zero => Ok(Datum::Null),
        _ if divide && zero => Err(divided_by_zero()),
        Datum::CalendarInterval { months, days, micros } => {
            let Factor::Fraction(number) = factor else { return Ok(Datum::Null) };
            let number = if divide { 1.0 / number } else { number };
            Ok(scaled_calendar((*months).into(), (*days).into(), *micros, number))
        }
        Datum::DayTimeInterval(micros) => {
            product(*micros, &factor, divide).map(Datum::DayTimeInterval).ok_or_else(|| overflow("long"))
        }
        Datum::YearMonthInterval(months) => product((*months).into(), &factor, divide)
            .and_then(|months| i32::try_from(months).ok())
            .map(Datum::YearMonthInterval)
            .ok_or_else(|| overflow("integer")),
        _ => Ok(Datum::Null),
    }
}

/// `IntervalUtils.fromDoubles`: what is left of months is cut off, what is left of days becomes time.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "Java's conversions, which cut too")]
fn scaled_calendar(months: f64, days: f64, micros: i64, number: f64) -> Datum {
    let (months, days) = (months * number, days * number);
    let rest = (days - days.trunc()) * MICROS_PER_DAY as f64;
    Datum::CalendarInterval {
        months: months as i32,
        days: days as i32,
        micros: (micros as f64 * number + rest).round() as i64,
    }
}

/// A quotient rounded half up.
fn rounded(dividend: i256, divisor: i256) -> Option<i64> {
    let (quotient, rest) = (dividend.checked_div(divisor)?, dividend.checked_rem(divisor)?);
    let size = |number: i256| if number < i256::ZERO { number.wrapping_neg() } else { number };
    let away = if (dividend < i256::ZERO) == (divisor < i256::ZERO) { i256::ONE } else { i256::MINUS_ONE };
    let up = size(rest) >= size(divisor).wrapping_sub(size(rest));
    let made = if up { quotient.checked_add(away)? } else { quotient };
    i64::try_from(made.to_i128()?).ok()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "the range is looked at before")]
fn product(size: i64, factor: &Factor, divide: bool) -> Option<i64> {
    let wide = |number: i128| i256::from_i128(number);
    match *factor {
        Factor::Whole(number) if divide => rounded(wide(size.into()), wide(number.into())),
        Factor::Whole(number) => size.checked_mul(number),
        Factor::Decimal(unscaled, scale) => {
            let power = i256::from_i128(10).checked_pow(scale.into())?;
            if divide {
                rounded(wide(size.into()).checked_mul(power)?, wide(unscaled))
            } else {
                rounded(wide(size.into()).checked_mul(wide(unscaled))?, power)
            }
        }
        Factor::Fraction(number) => {
            let made = if divide { size as f64 / number } else { size as f64 * number }.round();
            (made.is_finite() && made.abs() < 9_223_372_036_854_775_807.0).then_some(made as i64)
        }
    }
}
