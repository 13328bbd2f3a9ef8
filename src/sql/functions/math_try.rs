//! Arithmetic by functions' names: `mod`, and the `try_` forms, which give null where a number leaves its type.

use super::accepts::nullable;
use super::row::{IntoDatum, Row};
use super::{Evaluation, Function, Signature, lookup};
use crate::sql::{Context, DataType, Datum, SqlError, Typed};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    nullable(
        "mod",
        &[],
        |_, args| signature_of("%", args),
        |context, args, returns| apply("%", context, args, returns),
    ),
    nullable(
        "try_add",
        &[],
        |_, args| signature_of("+", args),
        |context, args, returns| attempt("+", i64::checked_add, context, args, returns),
    ),
    nullable(
        "try_subtract",
        &[],
        |_, args| signature_of("-", args),
        |context, args, returns| attempt("-", i64::checked_sub, context, args, returns),
    ),
    nullable(
        "try_multiply",
        &[],
        |_, args| signature_of("*", args),
        |context, args, returns| attempt("*", i64::checked_mul, context, args, returns),
    ),
    nullable(
        "try_divide",
        &[],
        |_, args| signature_of("/", args),
        |context, args, returns| Ok(apply("/", context, args, returns).unwrap_or(Datum::Null)),
    ),
];

/// The operator of a sign, which the library always has.
fn operator(sign: &str) -> Result<&'static Function, SqlError> {
    lookup(sign).ok_or_else(|| SqlError::new("SparkException", Some("INTERNAL_ERROR"), format!("No operator {sign}.")))
}

fn signature_of(sign: &str, args: &[Typed]) -> Result<Signature, SqlError> {
    let operator = operator(sign)?;
    Ok((operator.signature)(operator, args)?.or_null())
}

fn apply(sign: &str, context: &Context, args: &[Datum], returns: &DataType) -> Row {
    match operator(sign)?.evaluation {
        Evaluation::Strict(_) if args.iter().any(Datum::is_null) => Ok(Datum::Null),
        Evaluation::Strict(row) | Evaluation::Nullable(row) | Evaluation::Hybrid(row, _) => row(context, args, returns),
        _ => Ok(Datum::Null),
    }
}

/// Integers by a checked operation, everything else by the operator, of which a failure is null.
fn attempt(
    sign: &str,
    checked: fn(i64, i64) -> Option<i64>,
    context: &Context,
    args: &[Datum],
    returns: &DataType,
) -> Row {
    let number = |index: usize| match args.get(index) {
        Some(Datum::Byte(it)) => Some(i64::from(*it)),
        Some(Datum::Short(it)) => Some((*it).into()),
        Some(Datum::Integer(it)) => Some((*it).into()),
        Some(Datum::Long(it)) => Some(*it),
        _ => None,
    };
    let (true, Some(left), Some(right)) = (returns.is_integral(), number(0), number(1)) else {
        return Ok(apply(sign, context, args, returns).unwrap_or(Datum::Null));
    };
    let result = checked(left, right);
    Ok(match returns {
        DataType::Byte => result.and_then(|it| i8::try_from(it).ok()).datum(),
        DataType::Short => result.and_then(|it| i16::try_from(it).ok()).datum(),
        DataType::Integer => result.and_then(|it| i32::try_from(it).ok()).datum(),
        _ => result.datum(),
    })
}
