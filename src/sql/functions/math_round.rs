//! Rounding, and arithmetic of one number: `round`, `bround`, `ceil`, `floor`, `abs`, `negative`, `positive`.

use arrow_buffer::i256;

use super::accepts::{Accepts, literal_int, settle, strict};
use super::row::{IntoDatum, Row, arg, optional};
use super::{Function, Signature};
use crate::sql::{Context, DataType, Datum, SqlError, Typed};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    strict("round", &[], round_signature, |_, args, returns| rounded(args, returns, Mode::HalfUp)),
    strict("bround", &[], round_signature, |_, args, returns| rounded(args, returns, Mode::HalfEven)),
    strict("ceil", &["ceiling"], whole_signature, |_, args, returns| whole(args, returns, Mode::Ceiling)),
    strict("floor", &[], whole_signature, |_, args, returns| whole(args, returns, Mode::Floor)),
    strict("abs", &[], number_signature::<true>, absolute),
    strict("negative", &[], number_signature::<true>, negative),
    strict("positive", &[], number_signature::<true>, |_, args, _| Ok(args.first().cloned().unwrap_or(Datum::Null))),
];

/// How a number between two is rounded.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    HalfUp,
    HalfEven,
    Ceiling,
    Floor,
}

/// `10^exponent`, where an `i256` holds it.
fn ten_to(exponent: u32) -> Option<i256> {
    if exponent > 76 { None } else { Some(i256::from_i128(10).wrapping_pow(exponent)) }
}

/// Divides by `10^digits`, rounding.
fn drop_digits(number: i256, digits: u32, mode: Mode) -> i256 {
    let zero = i256::from_i128(0);
    let one = i256::from_i128(1);
    let negative = number < zero;
    let away = |toward: i256| if negative { toward.wrapping_sub(one) } else { toward.wrapping_add(one) };
    let Some(divisor) = ten_to(digits) else {
        // less than half of so large a unit
        return match mode {
            Mode::Ceiling if number > zero => one,
            Mode::Floor if negative => zero.wrapping_sub(one),
            _ => zero,
        };
    };
    let (quotient, rest) = (number.wrapping_div(divisor), number.wrapping_rem(divisor));
    if rest == zero {
        return quotient;
    }
    let twice = rest.wrapping_abs().wrapping_mul(i256::from_i128(2));
    let up = match mode {
        Mode::HalfUp => twice >= divisor,
        Mode::HalfEven => twice > divisor || (twice == divisor && quotient.wrapping_rem(i256::from_i128(2)) != zero),
        Mode::Ceiling => !negative,
        Mode::Floor => negative,
    };
    if up { away(quotient) } else { quotient }
}

/// Rounds an unscaled number to another number of fraction digits, of which there may be fewer than none; the result
/// has `scale` of them. `None` where it is too large.
fn rescale(unscaled: i128, from: u8, to: i32, scale: u8, mode: Mode) -> Option<i128> {
    let number = i256::from_i128(unscaled);
    let dropped = (i32::from(from)).saturating_sub(to);
    let (number, at) =
        if dropped > 0 { (drop_digits(number, dropped.unsigned_abs(), mode), to) } else { (number, i32::from(from)) };
    if number == i256::from_i128(0) {
        return Some(0);
    }
    let shift = i32::from(scale).saturating_sub(at);
    let shifted = if shift >= 0 {
        number.checked_mul(ten_to(shift.unsigned_abs())?)?
    } else {
        drop_digits(number, shift.unsigned_abs(), mode)
    };
    shifted.to_i128()
}

/// A decimal within a precision, or null.
fn decimal(unscaled: Option<i128>, returns: &DataType) -> Datum {
    let DataType::Decimal { precision, scale } = returns else { return Datum::Null };
    let within = |it: &i128| 10u128.checked_pow((*precision).into()).is_none_or(|limit| it.unsigned_abs() < limit);
    unscaled.filter(within).map_or(Datum::Null, |it| Datum::Decimal(it, *scale))
}

/// `BigDecimal(number).setScale(scale, mode).toDouble`: by the shortest digits that mean the number.
fn round_double(number: f64, scale: i32, mode: Mode) -> f64 {
    if !number.is_finite() {
        return number;
    }
    if number == 0.0 {
        return 0.0;
    }
    let text = format!("{:e}", number.abs());
    let Some((mantissa, exponent)) = text.split_once('e') else { return number };
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let (Ok(unscaled), Ok(exponent)) = (digits.parse::<i128>(), exponent.parse::<i32>()) else { return number };
    let unscaled = if number < 0.0 { -unscaled } else { unscaled };
    let fraction_digits = digits.len() as i32 - 1 - exponent;
    let dropped = fraction_digits.saturating_sub(scale);
    if dropped <= 0 {
        return number;
    }
    let rounded = drop_digits(i256::from_i128(unscaled), dropped.unsigned_abs(), mode);
    format!("{rounded}e{}", scale.saturating_neg()).parse().unwrap_or(number)
}

/// The scale, where it is written out: null has no type of its own here and stands for 0.
fn scale_of(args: &[Typed]) -> i32 {
    args.get(1).and_then(literal_int).unwrap_or(0)
}

/// The decimal type after rounding: one digit more may be needed before the point.
fn rounded_decimal(precision: u8, scale: u8, to: i32) -> DataType {
    let integral = i32::from(precision) - i32::from(scale) + 1;
    let (precision, scale) = if to < 0 {
        (integral.max(to.saturating_neg().saturating_add(1)), 0)
    } else {
        let scale = to.min(scale.into());
        (integral + scale, scale)
    };
    DataType::Decimal { precision: precision.min(38) as u8, scale: scale as u8 }
}

fn round_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let mut signature = settle(function, args, &[Accepts::Numeric], &[Accepts::Int])?.gives_first();
    if let DataType::Decimal { precision, scale } = signature.returns {
        signature.returns = rounded_decimal(precision, scale, scale_of(args));
    }
    Ok(signature.or_null())
}

fn rounded(args: &[Datum], returns: &DataType, mode: Mode) -> Row {
    let scale: i32 = optional(args, 1)?.unwrap_or(0);
    // numbers that leave their type wrap around
    let integral = |number: i64| rescale(number.into(), 0, scale.min(0), 0, mode).unwrap_or(0);
    Ok(match args.first() {
        Some(Datum::Byte(it)) => (integral((*it).into()) as i8).datum(),
        Some(Datum::Short(it)) => (integral((*it).into()) as i16).datum(),
        Some(Datum::Integer(it)) => (integral((*it).into()) as i32).datum(),
        Some(Datum::Long(it)) => (integral(*it) as i64).datum(),
        Some(Datum::Float(it)) => (round_double((*it).into(), scale, mode) as f32).datum(),
        Some(Datum::Decimal(unscaled, from)) => match returns {
            DataType::Decimal { scale: to, .. } => decimal(rescale(*unscaled, *from, scale, *to, mode), returns),
            _ => Datum::Null,
        },
        _ => round_double(arg(args, 0)?, scale, mode).datum(),
    })
}

/// `ceil` and `floor`: to a `BIGINT`, or a decimal of no fraction; with a scale always to a decimal.
fn whole_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    if args.len() < 2 {
        let signature = settle(function, args, &[Accepts::DoubleOrDecimalOrLong], &[Accepts::Int])?.gives_first();
        let returns = match signature.returns {
            DataType::Decimal { scale: 0, .. } => signature.returns.clone(),
            DataType::Decimal { precision, scale } => {
                DataType::Decimal { precision: (precision - scale.min(precision) + 1).min(38), scale: 0 }
            }
            _ => DataType::Long,
        };
        return Ok(Signature { returns, ..signature });
    }
    let mut signature = settle(function, args, &[Accepts::Decimal], &[Accepts::Int])?.gives_first();
    let written = args.get(1).and_then(literal_int);
    if args.len() == 2 && written.is_none() {
        return Err(SqlError::new(
            "AnalysisException",
            None,
            format!("The 'scale' parameter of function '{}' needs to be a int literal.", function.name),
        ));
    }
    if let DataType::Decimal { precision, scale } = signature.returns {
        signature.returns = rounded_decimal(precision, scale, scale_of(args));
    }
    Ok(signature.or_null())
}

fn whole(args: &[Datum], returns: &DataType, mode: Mode) -> Row {
    let to: i32 = optional(args, 1)?.unwrap_or(0);
    Ok(match (args.first(), returns) {
        (Some(Datum::Decimal(unscaled, from)), DataType::Decimal { scale, .. }) => {
            decimal(rescale(*unscaled, *from, to, *scale, mode), returns)
        }
        (Some(Datum::Long(it)), _) => it.datum(),
        _ => {
            let number: f64 = arg(args, 0)?;
            (if mode == Mode::Ceiling { number.ceil() } else { number.floor() } as i64).datum()
        }
    })
}

/// What is a number, or an interval where `INTERVAL` says so, as it is.
fn number_signature<const INTERVAL: bool>(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let accepts = if INTERVAL { Accepts::NumericOrInterval } else { Accepts::Numeric };
    Ok(settle(function, args, &[accepts], &[])?.gives_first())
}

/// An interval that has no opposite.
fn interval_overflow() -> SqlError {
    SqlError::new("ArithmeticException", Some("INTERVAL_ARITHMETIC_OVERFLOW"), "integer overflow.")
}

fn absolute(context: &Context, args: &[Datum], returns: &DataType) -> Row {
    let below = match args.first() {
        Some(Datum::Float(it)) => return Ok(it.abs().datum()),
        Some(Datum::Double(it)) => return Ok(it.abs().datum()),
        Some(Datum::Byte(it)) => *it < 0,
        Some(Datum::Short(it)) => *it < 0,
        Some(Datum::Integer(it) | Datum::YearMonthInterval(it)) => *it < 0,
        Some(Datum::Long(it) | Datum::DayTimeInterval(it)) => *it < 0,
        Some(Datum::Decimal(it, _)) => *it < 0,
        _ => false,
    };
    if below { negative(context, args, returns) } else { Ok(args.first().cloned().unwrap_or(Datum::Null)) }
}

fn negative(_: &Context, args: &[Datum], _: &DataType) -> Row {
    Ok(match args.first() {
        Some(Datum::Byte(it)) => it.wrapping_neg().datum(),
        Some(Datum::Short(it)) => it.wrapping_neg().datum(),
        Some(Datum::Integer(it)) => it.wrapping_neg().datum(),
        Some(Datum::Long(it)) => it.wrapping_neg().datum(),
        Some(Datum::Float(it)) => (-it).datum(),
        Some(Datum::Double(it)) => (-it).datum(),
        Some(Datum::Decimal(it, scale)) => Datum::Decimal(it.wrapping_neg(), *scale),
        Some(Datum::DayTimeInterval(it)) => Datum::DayTimeInterval(it.checked_neg().ok_or_else(interval_overflow)?),
        Some(Datum::YearMonthInterval(it)) => Datum::YearMonthInterval(it.checked_neg().ok_or_else(interval_overflow)?),
        Some(Datum::CalendarInterval { months, days, micros }) => Datum::CalendarInterval {
            months: months.wrapping_neg(),
            days: days.wrapping_neg(),
            micros: micros.wrapping_neg(),
        },
        _ => Datum::Null,
    })
}
