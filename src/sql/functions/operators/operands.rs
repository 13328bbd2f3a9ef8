//! Which types the operands of an operator become: `TypeCoercion`'s rules for binary operators.

use crate::sql::coerce::{decimal_for, decimal_operand, decimal_result, tightest_common_type};
use crate::sql::functions::signature::{arity, mismatch, one_of};
use crate::sql::functions::{Function, Signature};
use crate::sql::{DataType, SqlError, Typed};

/// Two operands that no type fits: of different types, or both of one that the operator doesn't take.
pub(super) fn refuse(
    function: &'static Function,
    args: &[Typed],
    types: (&DataType, &DataType),
    accepted: &[&str],
) -> SqlError {
    let (left, right) = types;
    if left != right {
        let what = format!(
            "the left and right operands of the binary operator have incompatible types (\"{}\" and \"{}\").",
            left.sql(),
            right.sql()
        );
        return mismatch("BINARY_OP_DIFF_TYPES", function, args, &what);
    }
    let what = format!("the binary operator requires the input type {}, not \"{}\".", one_of(accepted), left.sql());
    mismatch("BINARY_OP_WRONG_TYPE", function, args, &what)
}

/// The two operands.
pub(super) fn pair<'a>(function: &Function, args: &'a [Typed]) -> Result<(&'a Typed, &'a Typed), SqlError> {
    arity(function, args, &[2])?;
    match args {
        [left, right] => Ok((left, right)),
        _ => Err(super::super::signature::wrong_count(function, "2", args.len())),
    }
}

/// The types of two numeric operands: texts are doubles, and beside a decimal an integer is a decimal, a fraction
/// makes both doubles.
fn promoted(operator: &str, left: &Typed, right: &Typed, accepts: fn(&DataType) -> bool) -> (DataType, DataType) {
    use DataType as T;
    let intervals = left.data_type == T::CalendarInterval || right.data_type == T::CalendarInterval;
    let text = |typed: &Typed| {
        if typed.data_type == T::String && !intervals { T::Double } else { typed.data_type.clone() }
    };
    let (here, there) = (text(left), text(right));
    match (&here, &there) {
        (T::Decimal { .. }, T::Float | T::Double) => return together(T::Double, there, accepts),
        (T::Float | T::Double, T::Decimal { .. }) => return together(here, T::Double, accepts),
        (T::Decimal { .. }, other) | (other, T::Decimal { .. }) if other.is_integral() || other.is_decimal() => {
            let decimal = |typed: &Typed| match decimal_operand(typed) {
                Some((precision, scale)) => T::Decimal { precision, scale },
                None => typed.data_type.clone(),
            };
            return (decimal(left), decimal(right));
        }
        _ => {}
    }
    let numeric = |data_type: &DataType| data_type.is_numeric() || *data_type == T::Null;
    if operator == "/" && numeric(&here) && numeric(&there) && !here.is_decimal() {
        return (T::Double, T::Double);
    }
    if operator == "div" {
        let long = |data_type: DataType| if data_type.is_integral() { T::Long } else { data_type };
        return together(long(here), long(there), accepts);
    }
    together(here, there, accepts)
}

/// Both as their tightest common type where the operator takes it, or as they are.
fn together(left: DataType, right: DataType, accepts: fn(&DataType) -> bool) -> (DataType, DataType) {
    if left.is_decimal() && right.is_decimal() {
        return (left, right);
    }
    match tightest_common_type(&left, &right) {
        Some(common) if accepts(&common) => (common.clone(), common),
        _ => (left, right),
    }
}

/// The signature of an operator of numbers.
pub(super) fn numeric(
    function: &'static Function,
    args: &[Typed],
    accepts: fn(&DataType) -> bool,
    accepted: &[&str],
    untyped: &DataType,
) -> Result<Signature, SqlError> {
    let (left, right) = pair(function, args)?;
    let (mut here, mut there) = promoted(function.name, left, right, accepts);
    if here == DataType::Null && there == DataType::Null {
        (here, there) = (untyped.clone(), untyped.clone());
    }
    let decimals = here.is_decimal() && there.is_decimal();
    if !(here == there || decimals) || !accepts(&here) {
        return Err(refuse(function, args, (&here, &there), accepted));
    }
    let returns = match (decimal_for(&here), decimal_for(&there)) {
        (Some(left), Some(right)) if decimals => {
            let (precision, scale) = decimal_result(function.name, left, right);
            DataType::Decimal { precision, scale }
        }
        _ => here.clone(),
    };
    let returns = if function.name == "div" { DataType::Long } else { returns };
    let divides = matches!(function.name, "/" | "%" | "div" | "pmod");
    let nullable = divides || decimals || left.nullable || right.nullable || untyped_cast(left, right);
    Ok(Signature { arguments: vec![here, there], returns, nullable })
}

/// Whether an operand is text, which may be no number.
fn untyped_cast(left: &Typed, right: &Typed) -> bool {
    left.data_type == DataType::String || right.data_type == DataType::String
}
