//! `+ - * / % div pmod`: integers wrap around, division by zero and decimals that overflow are null.

use std::sync::Arc;

use arrow_arith::arity::binary;
use arrow_array::types::{
    ArrowPrimitiveType, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use arrow_array::{ArrayRef, PrimitiveArray, cast::AsArray};

use super::decimals::{self, Number};
use super::operands::numeric;
use super::{temporal, temporal_types};
use crate::sql::functions::{Evaluation, Function, Signature};
use crate::sql::{Context, DataType, Datum, SqlError, Typed};

type Rows = fn(&Context, &[Datum], &DataType) -> Result<Datum, SqlError>;
type Columns = fn(&Context, &[ArrayRef], &DataType) -> Option<ArrayRef>;

const fn operator(
    name: &'static str,
    signature: fn(&'static Function, &[Typed]) -> Result<Signature, SqlError>,
    rows: Rows,
    columns: Columns,
) -> Function {
    Function { name, aliases: &[], signature, evaluation: Evaluation::Hybrid(rows, columns) }
}

pub(super) const FUNCTIONS: &[Function] = &[
    operator("+", additive, |c, a, t| temporal::or(c, "+", a, t, rows::<Add>), columns::<Add>),
    operator("-", additive, |c, a, t| temporal::or(c, "-", a, t, rows::<Subtract>), columns::<Subtract>),
    operator("*", multiplicative, |c, a, t| temporal::or(c, "*", a, t, rows::<Multiply>), columns::<Multiply>),
    operator("/", multiplicative, |c, a, t| temporal::or(c, "/", a, t, rows::<Divide>), columns::<Divide>),
    operator("%", modular, |_, a, t| Ok(rows::<Remainder>(a, t)), columns::<Remainder>),
    operator("div", integral, |_, a, t| Ok(rows::<IntegralDivide>(a, t)), columns::<IntegralDivide>),
    operator("pmod", modular, |_, a, t| Ok(rows::<PositiveModulus>(a, t)), columns::<PositiveModulus>),
];

const INTERVALS: &[&str] = &["NUMERIC", "INTERVAL DAY TO SECOND", "INTERVAL YEAR TO MONTH", "INTERVAL"];

fn additive(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    if let Some(signature) = temporal_types::signature(function, args)? {
        return Ok(signature);
    }
    numeric(function, args, DataType::is_numeric, INTERVALS, &DataType::Double)
}

fn multiplicative(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    if let Some(signature) = temporal_types::signature(function, args)? {
        return Ok(signature);
    }
    if function.name == "*" {
        return numeric(function, args, DataType::is_numeric, &["NUMERIC"], &DataType::Double);
    }
    let accepts = |data_type: &DataType| *data_type == DataType::Double || data_type.is_decimal();
    numeric(function, args, accepts, &["DOUBLE", "DECIMAL"], &DataType::Double)
}

fn modular(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    numeric(function, args, DataType::is_numeric, &["NUMERIC"], &DataType::Double)
}

fn integral(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let accepts =
        |data_type: &DataType| *data_type == DataType::Long || data_type.is_decimal() || data_type.is_ansi_interval();
    let accepted = ["BIGINT", "DECIMAL", "INTERVAL YEAR TO MONTH", "INTERVAL DAY TO SECOND"];
    numeric(function, args, accepts, &accepted, &DataType::Long)
}

/// One operator, for each kind of number; `None` is null.
trait Operation {
    /// Of integers, computed as longs and cut to their type: the same as computing in the type.
    fn integers(left: i64, right: i64) -> Option<i64>;

    /// Of `INT`s.
    #[expect(clippy::cast_possible_truncation, reason = "integers wrap around")]
    fn ints(left: i32, right: i32) -> Option<i32> {
        Self::integers(left.into(), right.into()).map(|made| made as i32)
    }

    fn fractions(left: f64, right: f64) -> Option<f64>;
    fn floats(left: f32, right: f32) -> Option<f32>;
    fn decimals(left: Number, right: Number, precision: u8, scale: u8) -> Option<i128>;
}

macro_rules! operation {
    ($name:ident, $integers:expr, $fractions:expr, $floats:expr, $decimals:expr) => {
        struct $name;

        impl Operation for $name {
            fn integers(left: i64, right: i64) -> Option<i64> {
                $integers(left, right)
            }

            fn fractions(left: f64, right: f64) -> Option<f64> {
                $fractions(left, right)
            }

            fn floats(left: f32, right: f32) -> Option<f32> {
                $floats(left, right)
            }

            fn decimals(left: Number, right: Number, precision: u8, scale: u8) -> Option<i128> {
                $decimals(left, right, precision, scale)
            }
        }
    };
}

operation!(
    Add,
    |left: i64, right| Some(left.wrapping_add(right)),
    |left: f64, right: f64| Some(left + right),
    |left: f32, right: f32| Some(left + right),
    decimals::add
);
operation!(
    Subtract,
    |left: i64, right| Some(left.wrapping_sub(right)),
    |left: f64, right: f64| Some(left - right),
    |left: f32, right: f32| Some(left - right),
    decimals::subtract
);
operation!(
    Multiply,
    |left: i64, right| Some(left.wrapping_mul(right)),
    |left: f64, right: f64| Some(left * right),
    |left: f32, right: f32| Some(left * right),
    decimals::multiply
);
operation!(
    Divide,
    |left: i64, right: i64| (right != 0).then(|| left.wrapping_div(right)),
    |left: f64, right: f64| (right != 0.0).then(|| left / right),
    |left: f32, right: f32| (right != 0.0).then(|| left / right),
    decimals::divide
);
operation!(
    Remainder,
    |left: i64, right: i64| (right != 0).then(|| left.wrapping_rem(right)),
    |left: f64, right: f64| (right != 0.0).then(|| left % right),
    |left: f32, right: f32| (right != 0.0).then(|| left % right),
    decimals::remainder
);
operation!(
    IntegralDivide,
    |left: i64, right: i64| (right != 0).then(|| left.wrapping_div(right)),
    |left: f64, right: f64| (right != 0.0).then(|| (left / right).trunc()),
    |left: f32, right: f32| (right != 0.0).then(|| (left / right).trunc()),
    |left, right, _, _| decimals::quotient(left, right)
);
struct PositiveModulus;

impl Operation for PositiveModulus {
    fn integers(left: i64, right: i64) -> Option<i64> {
        let rest = Remainder::integers(left, right)?;
        if rest < 0 { Remainder::integers(rest.wrapping_add(right), right) } else { Some(rest) }
    }

    // The sum wraps around as an `INT`.
    fn ints(left: i32, right: i32) -> Option<i32> {
        let rest = Remainder::ints(left, right)?;
        if rest < 0 { Remainder::ints(rest.wrapping_add(right), right) } else { Some(rest) }
    }

    fn fractions(left: f64, right: f64) -> Option<f64> {
        let rest = Remainder::fractions(left, right)?;
        Some(if rest < 0.0 { (rest + right) % right } else { rest })
    }

    fn floats(left: f32, right: f32) -> Option<f32> {
        let rest = Remainder::floats(left, right)?;
        Some(if rest < 0.0 { (rest + right) % right } else { rest })
    }

    fn decimals(left: Number, right: Number, precision: u8, scale: u8) -> Option<i128> {
        decimals::positive_modulus(left, right, precision, scale)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "integers wrap around")]
fn rows<O: Operation>(args: &[Datum], returns: &DataType) -> Datum {
    let [left, right] = args else { return Datum::Null };
    let made = match (left, right) {
        (Datum::Byte(left), Datum::Byte(right)) => {
            O::integers((*left).into(), (*right).into()).map(|it| Datum::Byte(it as i8))
        }
        (Datum::Short(left), Datum::Short(right)) => {
            O::integers((*left).into(), (*right).into()).map(|it| Datum::Short(it as i16))
        }
        (Datum::Integer(left), Datum::Integer(right)) => O::ints(*left, *right).map(Datum::Integer),
        (Datum::Long(left), Datum::Long(right)) | (Datum::DayTimeInterval(left), Datum::DayTimeInterval(right)) => {
            O::integers(*left, *right).map(Datum::Long)
        }
        (Datum::YearMonthInterval(left), Datum::YearMonthInterval(right)) => {
            O::integers((*left).into(), (*right).into()).map(Datum::Long)
        }
        (Datum::Float(left), Datum::Float(right)) => O::floats(*left, *right).map(Datum::Float),
        (Datum::Double(left), Datum::Double(right)) => O::fractions(*left, *right).map(Datum::Double),
        (Datum::Decimal(left, at), Datum::Decimal(right, there)) => match returns {
            DataType::Decimal { precision, scale } => {
                O::decimals((*left, *at), (*right, *there), *precision, *scale).map(|it| Datum::Decimal(it, *scale))
            }
            _ => O::decimals((*left, *at), (*right, *there), 38, 0).map(|it| Datum::Long(it as i64)),
        },
        _ => None,
    };
    made.unwrap_or(Datum::Null)
}

/// Numbers one by one, null where either is null or the operator says so.
fn each<L: ArrowPrimitiveType, T: ArrowPrimitiveType>(
    left: &PrimitiveArray<L>,
    right: &PrimitiveArray<L>,
    compute: impl Fn(L::Native, L::Native) -> Option<T::Native>,
) -> PrimitiveArray<T> {
    left.iter().zip(right.iter()).map(|(left, right)| compute(left?, right?)).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_lossless, reason = "integers wrap around")]
fn columns<O: Operation>(_: &Context, args: &[ArrayRef], returns: &DataType) -> Option<ArrayRef> {
    let [left, right] = args else { return None };
    // What may be null of numbers that are not can't be computed blindly.
    let total = O::integers(0, 0).is_some();
    macro_rules! number {
        ($arrow:ty, $compute:expr) => {{
            let (left, right) = (left.as_primitive_opt::<$arrow>()?, right.as_primitive_opt::<$arrow>()?);
            let compute = $compute;
            let column: PrimitiveArray<$arrow> = if total {
                binary(left, right, |left, right| compute(left, right).unwrap_or_default()).ok()?
            } else {
                each(left, right, compute)
            };
            Some(Arc::new(column) as ArrayRef)
        }};
    }
    match returns {
        DataType::Byte => number!(Int8Type, |left: i8, right: i8| Some(O::integers(left as i64, right as i64)? as i8)),
        DataType::Short => {
            number!(Int16Type, |left: i16, right: i16| Some(O::integers(left as i64, right as i64)? as i16))
        }
        DataType::Integer => number!(Int32Type, O::ints),
        DataType::Long => number!(Int64Type, O::integers),
        DataType::Float => number!(Float32Type, O::floats),
        DataType::Double => number!(Float64Type, O::fractions),
        DataType::Decimal { precision, scale } => {
            let (left, right) =
                (left.as_primitive_opt::<Decimal128Type>()?, right.as_primitive_opt::<Decimal128Type>()?);
            let (at, there) = (u8::try_from(left.scale()).ok()?, u8::try_from(right.scale()).ok()?);
            let column: PrimitiveArray<Decimal128Type> =
                each(left, right, |left, right| O::decimals((left, at), (right, there), *precision, *scale));
            Some(Arc::new(column.with_data_type(returns.to_arrow())))
        }
        _ => None,
    }
}
