//! Casts to integers and binary fractions.

use super::decimal::decimal_to_double;
use super::text::parse_long;
use crate::sql::functions::calendar::MICROS_PER_SECOND;
use crate::sql::{DataType, Datum};

/// Whether text is a decimal number as Java reads one: digits, a point, an exponent.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && digits(exponent)
        && !exponent.is_empty()
}

/// What Java's reader of fractions takes, without the letter of the type.
fn number_text(text: &str) -> Option<&str> {
    let text = text.trim_matches(|letter: char| letter <= ' ');
    let bare = text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text);
    is_number(bare).then_some(bare)
}

/// `inf`, `NaN` and their like, in any case.
fn special(text: &str) -> Option<f64> {
    match text.trim_matches(|letter: char| letter <= ' ').to_lowercase().as_str() {
        "inf" | "+inf" | "infinity" | "+infinity" => Some(f64::INFINITY),
        "-inf" | "-infinity" => Some(f64::NEG_INFINITY),
        "nan" => Some(f64::NAN),
        _ => None,
    }
}

/// A `DOUBLE` from text.
pub fn parse_double(text: &str) -> Option<f64> {
    number_text(text).map_or_else(|| special(text), |number| number.parse().ok())
}

/// A `FLOAT` from text.
pub fn parse_float(text: &str) -> Option<f32> {
    match number_text(text) {
        Some(number) => number.parse().ok(),
        #[expect(clippy::cast_possible_truncation, reason = "infinities and NaN are the same in both")]
        None => special(text).map(|number| number as f32),
    }
}

/// Seconds as microseconds; nothing of what is no number, nor exactly of what is too large.
#[expect(clippy::cast_possible_truncation, reason = "Java's conversion, which is the same")]
pub(super) fn double_to_micros(seconds: f64, exact: bool) -> Option<i64> {
    const BOUND: f64 = 9_223_372_036_854_775_808.0;
    let micros = seconds * 1_000_000.0;
    (seconds.is_finite() && (!exact || micros.abs() < BOUND)).then_some(micros as i64)
}

/// An integer before it is cut to its type.
enum Whole {
    Exact(i128),
    Fraction(f64),
}

/// The cast to `TINYINT`, `SMALLINT`, `INT` or `BIGINT`: wrapping, and of fractions saturating at the bounds of `INT`
/// and `BIGINT`; `try_cast` gives null of what doesn't fit.
pub(super) fn to_integral(value: &Datum, to: &DataType, try_cast: bool) -> Option<Datum> {
    let whole = match value {
        Datum::Boolean(flag) => Whole::Exact((*flag).into()),
        Datum::Byte(number) => Whole::Exact((*number).into()),
        Datum::Short(number) => Whole::Exact((*number).into()),
        Datum::Integer(number) => Whole::Exact((*number).into()),
        // Intervals are never cut.
        Datum::YearMonthInterval(months) => return exact((*months).into(), to),
        Datum::DayTimeInterval(micros) => return exact((micros / MICROS_PER_SECOND).into(), to),
        Datum::Long(number) => Whole::Exact((*number).into()),
        Datum::Timestamp(micros) => Whole::Exact(micros.div_euclid(MICROS_PER_SECOND).into()),
        Datum::Decimal(unscaled, scale) => {
            Whole::Exact(10_i128.checked_pow((*scale).into()).map_or(0, |factor| unscaled / factor))
        }
        Datum::Float(number) => Whole::Fraction((*number).into()),
        Datum::Double(number) => Whole::Fraction(*number),
        Datum::String(text) => {
            let number = parse_long(text, !try_cast)?;
            return exact(number.into(), to);
        }
        _ => return None,
    };
    match whole {
        Whole::Exact(number) if try_cast => exact(number, to),
        Whole::Exact(number) => Some(wrapped(number, to)),
        #[expect(clippy::cast_possible_truncation, reason = "Java's conversion, which is the same")]
        Whole::Fraction(number) if try_cast => {
            if number.is_finite() && number.abs() < 1e19 {
                exact(number as i128, to)
            } else {
                None
            }
        }
        Whole::Fraction(number) => Some(saturated(number, to)),
    }
}

fn exact(number: i128, to: &DataType) -> Option<Datum> {
    match to {
        DataType::Byte => i8::try_from(number).ok().map(Datum::Byte),
        DataType::Short => i16::try_from(number).ok().map(Datum::Short),
        DataType::Integer => i32::try_from(number).ok().map(Datum::Integer),
        _ => i64::try_from(number).ok().map(Datum::Long),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "Java's conversion, which cuts high bits off too")]
fn wrapped(number: i128, to: &DataType) -> Datum {
    match to {
        DataType::Byte => Datum::Byte(number as i8),
        DataType::Short => Datum::Short(number as i16),
        DataType::Integer => Datum::Integer(number as i32),
        _ => Datum::Long(number as i64),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "Java's conversion, by way of INT for what is smaller")]
fn saturated(number: f64, to: &DataType) -> Datum {
    match to {
        DataType::Byte => Datum::Byte(number as i32 as i8),
        DataType::Short => Datum::Short(number as i32 as i16),
        DataType::Integer => Datum::Integer(number as i32),
        _ => Datum::Long(number as i64),
    }
}

#[expect(clippy::cast_precision_loss, reason = "Java's conversion, which rounds too")]
pub(super) fn to_double(value: &Datum) -> Option<f64> {
    Some(match value {
        Datum::Boolean(flag) => f64::from(u8::from(*flag)),
        Datum::Byte(number) => (*number).into(),
        Datum::Short(number) => (*number).into(),
        Datum::Integer(number) => (*number).into(),
        Datum::Long(number) => *number as f64,
        Datum::Float(number) => (*number).into(),
        Datum::Double(number) => *number,
        Datum::Decimal(unscaled, scale) => decimal_to_double(*unscaled, *scale),
        Datum::Timestamp(micros) => *micros as f64 / 1_000_000.0,
        Datum::String(text) => return parse_double(text),
        _ => return None,
    })
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "Java's conversions, which round too")]
pub(super) fn to_float(value: &Datum) -> Option<Datum> {
    Some(Datum::Float(match value {
        Datum::Integer(number) => *number as f32,
        Datum::Long(number) => *number as f32,
        Datum::Float(number) => *number,
        Datum::Decimal(unscaled, scale) => {
            crate::sql::text::decimal_plain_text(*unscaled, *scale).parse().unwrap_or(f32::NAN)
        }
        Datum::String(text) => parse_float(text)?,
        _ => to_double(value)? as f32,
    }))
}
