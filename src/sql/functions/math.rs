//! Mathematical functions over doubles, by the algorithms of `java.lang.StrictMath` (fdlibm), so that results are the
//! same on every machine, to the last bit; and what stands near them: factorials, bits, buckets.

use super::accepts::{Accepts, settle, strict, takes};
use super::row::{IntoDatum, Row, arg};
use super::{Function, Signature, fdlibm, math_trig};
use crate::sql::{Context, DataType, Datum, SqlError, Typed};

/// How many bits a bucket of `bitmap_construct_agg` has.
const BITS_OF_BITMAP: i64 = 32_768;

/// A function of one double.
macro_rules! double {
    ($name:literal, $aliases:expr, $compute:expr) => {
        strict($name, $aliases, takes!(Double => Double), |_, args, _| {
            let compute: fn(f64) -> f64 = $compute;
            Ok(compute(arg(args, 0)?).datum())
        })
    };
}

/// A logarithm, which is null up to where it is not defined.
macro_rules! logarithm {
    ($name:literal, $above:expr, $compute:expr) => {
        strict($name, &[], takes!(Double => Double or null), |_, args, _| {
            let (compute, number): (fn(f64) -> f64, f64) = ($compute, arg(args, 0)?);
            Ok((number > $above || number.is_nan()).then(|| compute(number)).datum())
        })
    };
}

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    double!("sqrt", &[], f64::sqrt),
    double!("cbrt", &[], fdlibm::cbrt),
    double!("exp", &[], libm::exp),
    double!("expm1", &[], libm::expm1),
    logarithm!("ln", 0.0, fdlibm::log),
    logarithm!("log10", 0.0, fdlibm::log10),
    logarithm!("log1p", -1.0, libm::log1p),
    logarithm!("log2", 0.0, |number| fdlibm::log(number) / fdlibm::log(2.0)),
    strict("log", &[], log_signature, log),
    double!("sin", &[], math_trig::sin),
    double!("cos", &[], math_trig::cos),
    double!("tan", &[], math_trig::tan),
    double!("cot", &[], |angle| 1.0 / math_trig::tan(angle)),
    double!("sec", &[], |angle| 1.0 / math_trig::cos(angle)),
    double!("csc", &[], |angle| 1.0 / math_trig::sin(angle)),
    double!("asin", &[], libm::asin),
    double!("acos", &[], libm::acos),
    double!("atan", &[], libm::atan),
    double!("sinh", &[], fdlibm::sinh),
    double!("cosh", &[], fdlibm::cosh),
    double!("tanh", &[], fdlibm::tanh),
    // the three as Spark writes them, with their rounding
    double!("asinh", &[], |number| match number {
        f64::NEG_INFINITY => number,
        _ => fdlibm::log(number + (number * number + 1.0).sqrt()),
    }),
    double!("acosh", &[], |number| fdlibm::log(number + (number * number - 1.0).sqrt())),
    double!("atanh", &[], |number| 0.5 * (libm::log1p(number) - libm::log1p(-number))),
    double!("degrees", &[], |radians| radians * (180.0 / std::f64::consts::PI)),
    double!("radians", &[], |degrees| degrees * (std::f64::consts::PI / 180.0)),
    double!("rint", &[], f64::round_ties_even),
    double!("signum", &[], sign),
    strict("sign", &[], sign_signature, |_, args, _| Ok(sign(number_of_interval(args)?).datum())),
    strict("pow", &["power"], takes!(Double, Double => Double), |_, args, _| {
        Ok(power(arg(args, 0)?, arg(args, 1)?).datum())
    }),
    strict("hypot", &[], takes!(Double, Double => Double), |_, args, _| {
        Ok(fdlibm::hypot(arg(args, 0)?, arg(args, 1)?).datum())
    }),
    strict("atan2", &[], takes!(Double, Double => Double), |_, args, _| {
        // adding zero makes -0.0 positive
        Ok(libm::atan2(arg::<f64>(args, 0)? + 0.0, arg::<f64>(args, 1)? + 0.0).datum())
    }),
    strict("e", &[], takes!(=> Double), |_, _, _| Ok(std::f64::consts::E.datum())),
    strict("pi", &[], takes!(=> Double), |_, _, _| Ok(std::f64::consts::PI.datum())),
    strict("factorial", &[], takes!(Int => Long or null), |_, args, _| {
        let number: i32 = arg(args, 0)?;
        Ok((0..=20).contains(&number).then(|| (1..=i64::from(number)).product::<i64>()).datum())
    }),
    strict("width_bucket", &[], bucket_signature, width_bucket),
    strict("shiftleft", &[], shift_signature, |_, args, _| match args.first() {
        Some(Datum::Long(number)) => Ok(number.wrapping_shl(arg::<i32>(args, 1)? as u32).datum()),
        _ => Ok(arg::<i32>(args, 0)?.wrapping_shl(arg::<i32>(args, 1)? as u32).datum()),
    }),
    strict("shiftright", &[], shift_signature, |_, args, _| match args.first() {
        Some(Datum::Long(number)) => Ok(number.wrapping_shr(arg::<i32>(args, 1)? as u32).datum()),
        _ => Ok(arg::<i32>(args, 0)?.wrapping_shr(arg::<i32>(args, 1)? as u32).datum()),
    }),
    strict("shiftrightunsigned", &[], shift_signature, |_, args, _| match args.first() {
        Some(Datum::Long(number)) => Ok(((*number as u64).wrapping_shr(arg::<i32>(args, 1)? as u32) as i64).datum()),
        _ => Ok(((arg::<i32>(args, 0)? as u32).wrapping_shr(arg::<i32>(args, 1)? as u32) as i32).datum()),
    }),
    strict("bit_count", &[], takes!(IntegralOrBoolean => Integer), |_, args, _| {
        let bits = match args.first() {
            Some(Datum::Boolean(it)) => u32::from(*it),
            _ => arg::<i64>(args, 0)?.count_ones(),
        };
        Ok((bits as i32).datum())
    }),
    strict("bitmap_bit_position", &[], takes!(Long => Long), |_, args, _| {
        let number: i64 = arg(args, 0)?;
        Ok(if number > 0 { (number - 1) % BITS_OF_BITMAP } else { number.wrapping_neg() % BITS_OF_BITMAP }.datum())
    }),
    strict("bitmap_bucket_number", &[], takes!(Long => Long), |_, args, _| {
        let number: i64 = arg(args, 0)?;
        Ok(if number > 0 { 1 + (number - 1) / BITS_OF_BITMAP } else { number / BITS_OF_BITMAP }.datum())
    }),
    strict("bitmap_count", &[], takes!(Binary => Long), |_, args, _| {
        Ok(arg::<&[u8]>(args, 0)?.iter().map(|it| i64::from(it.count_ones())).sum::<i64>().datum())
    }),
    strict("bit_get", &["getbit"], takes!(Integral, Int => Byte), bit_get),
];

fn sign(number: f64) -> f64 {
    if number == 0.0 || number.is_nan() { number } else { 1f64.copysign(number) }
}

/// `Math.pow`: as IEEE's, but 1 to what is not a number, or -1 and 1 to infinity, is not a number.
pub(super) fn power(base: f64, exponent: f64) -> f64 {
    if exponent.is_nan() || (base.abs() == 1.0 && exponent.is_infinite()) {
        return f64::NAN;
    }
    libm::pow(base, exponent)
}

fn log_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let (required, optional) = ([Accepts::Double], [Accepts::Double]);
    Ok(settle(function, args, &required, &optional)?.gives(DataType::Double).or_null())
}

/// The logarithm of the last argument to the base of the first, or the natural one.
fn log(_: &Context, args: &[Datum], _: &DataType) -> Row {
    let positive = |number: f64| number > 0.0 || number.is_nan();
    if args.len() < 2 {
        let number: f64 = arg(args, 0)?;
        return Ok(positive(number).then(|| fdlibm::log(number)).datum());
    }
    let (base, number): (f64, f64) = (arg(args, 0)?, arg(args, 1)?);
    Ok((positive(base) && positive(number)).then(|| fdlibm::log(number) / fdlibm::log(base)).datum())
}

fn sign_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    Ok(settle(function, args, &[Accepts::DoubleOrInterval], &[])?.gives(DataType::Double))
}

/// A number, or the months or microseconds of an interval.
fn number_of_interval(args: &[Datum]) -> Result<f64, SqlError> {
    match args.first() {
        Some(Datum::DayTimeInterval(micros)) => Ok(*micros as f64),
        Some(Datum::YearMonthInterval(months)) => Ok(f64::from(*months)),
        _ => arg(args, 0),
    }
}

fn bucket_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let of = args.first().map_or(Accepts::Double, |value| match value.data_type {
        DataType::DayTimeInterval => Accepts::DayTime,
        DataType::YearMonthInterval => Accepts::YearMonth,
        _ => Accepts::Double,
    });
    Ok(settle(function, args, &[of, of, of, Accepts::Long], &[])?.gives(DataType::Long).or_null())
}

/// The equal-width bucket that a value falls in, from 1; 0 and one more than there are stand for below and above.
fn width_bucket(_: &Context, args: &[Datum], _: &DataType) -> Row {
    let (value, low, high) =
        (number_of_interval(args)?, number_of_interval(&args[1..])?, number_of_interval(&args[2..])?);
    let buckets: i64 = arg(args, 3)?;
    if buckets <= 0 || buckets == i64::MAX || value.is_nan() || low == high || !low.is_finite() || !high.is_finite() {
        return Ok(Datum::Null);
    }
    let (lower, upper) = (low.min(high), low.max(high));
    let ascending = low < high;
    let bucket = if ascending {
        match value {
            _ if value < lower => 0,
            _ if value >= upper => buckets + 1,
            _ => ((buckets as f64 * (value - lower) / (upper - lower)) as i64).saturating_add(1),
        }
    } else {
        match value {
            _ if value > upper => 0,
            _ if value <= lower => buckets + 1,
            _ => ((buckets as f64 * (upper - value) / (upper - lower)) as i64).saturating_add(1),
        }
    };
    Ok(bucket.datum())
}

fn shift_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    Ok(settle(function, args, &[Accepts::IntOrLong, Accepts::Int], &[])?.gives_first())
}

fn bit_get(_: &Context, args: &[Datum], _: &DataType) -> Row {
    let position: i32 = arg(args, 1)?;
    let width = match args.first() {
        Some(Datum::Byte(_)) => 8,
        Some(Datum::Short(_)) => 16,
        Some(Datum::Integer(_)) => 32,
        _ => 64,
    };
    let refusal = |message| Err(SqlError::new("IllegalArgumentException", None, message));
    if position < 0 {
        return refusal(format!("Invalid bit position: {position} is less than zero"));
    }
    if position >= width {
        return refusal(format!("Invalid bit position: {position} exceeds the bit upper limit"));
    }
    Ok((((arg::<i64>(args, 0)? >> position) & 1) as i8).datum())
}
