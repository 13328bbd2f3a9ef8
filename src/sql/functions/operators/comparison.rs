//! `= <> <=> < <= > >=` and `in`: null is unknown, NaN equals itself and is greater than every number.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, cast::AsArray};
use arrow_schema::DataType as Arrow;

use super::operands::{pair, refuse};
use crate::sql::coerce::{comparison_type, decimal_for, decimal_operand, wider_decimal, wider_of_all};
use crate::sql::functions::signature::{mismatch, wrong_count};
use crate::sql::functions::{Evaluation, Function, Signature};
use crate::sql::{DataType, Datum, SqlError, Typed};

type Kernel = fn(&dyn arrow_array::Datum, &dyn arrow_array::Datum) -> Result<BooleanArray, arrow_schema::ArrowError>;

macro_rules! comparison {
    ($name:literal, $kernel:path, $holds:expr) => {
        Function {
            name: $name,
            aliases: &[],
            signature,
            evaluation: Evaluation::Hybrid(
                |_, args, _| Ok(compared(args, $holds)),
                |_, args, _| columns(args, $kernel, $holds),
            ),
        }
    };
}

pub(super) const FUNCTIONS: &[Function] = &[
    comparison!("=", arrow_ord::cmp::eq, Ordering::is_eq),
    Function {
        name: "<>",
        aliases: &["!="],
        signature,
        evaluation: Evaluation::Hybrid(
            |_, args, _| Ok(compared(args, Ordering::is_ne)),
            |_, args, _| columns(args, arrow_ord::cmp::neq, Ordering::is_ne),
        ),
    },
    comparison!("<", arrow_ord::cmp::lt, Ordering::is_lt),
    comparison!("<=", arrow_ord::cmp::lt_eq, Ordering::is_le),
    comparison!(">", arrow_ord::cmp::gt, Ordering::is_gt),
    comparison!(">=", arrow_ord::cmp::gt_eq, Ordering::is_ge),
    Function {
        name: "<=>",
        aliases: &[],
        signature: |function, args| Ok(Signature { nullable: false, ..signature(function, args)? }),
        evaluation: Evaluation::Hybrid(
            |_, args, _| {
                let [left, right] = args else { return Ok(Datum::Boolean(false)) };
                Ok(Datum::Boolean(left == right))
            },
            |_, args, _| {
                let [left, right] = args else { return None };
                if !has_kernel(left, right) || left.data_type().is_floating() {
                    return None;
                }
                Some(Arc::new(arrow_ord::cmp::not_distinct(left, right).ok()?))
            },
        ),
    },
    Function {
        name: "in",
        aliases: &[],
        signature: list,
        evaluation: Evaluation::Hybrid(|_, args, _| Ok(contained(args)), |_, args, _| contains(args)),
    },
];

fn signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let (left, right) = pair(function, args)?;
    let (here, there) = (&left.data_type, &right.data_type);
    let equality = matches!(function.name, "=" | "<=>" | "<>");
    let flags = |one: &DataType, other: &DataType| *one == DataType::Boolean && other.is_numeric();
    let intervals = |one: &DataType, other: &DataType| *one == DataType::String && other.is_ansi_interval();
    let comparable = !(intervals(here, there) || intervals(there, here))
        && (equality || !(flags(here, there) || flags(there, here)));
    let common = if here.is_decimal() != there.is_decimal() && (here.is_integral() || there.is_integral()) {
        match (decimal_operand(left), decimal_operand(right)) {
            (Some(left), Some(right)) => Some(wider_decimal(left, right)),
            _ => None,
        }
    } else {
        comparable.then(|| comparison_type(here, there)).flatten()
    };
    let Some(common) = common else {
        return Err(refuse(function, args, (here, there), &["ANY"]));
    };
    if !common.is_orderable() {
        let what = format!("The `{}` does not support ordering on type \"{}\".", function.name, common.sql());
        return Err(mismatch("INVALID_ORDERING_TYPE", function, args, &what));
    }
    let nullable = args.iter().any(|arg| {
        arg.nullable || (arg.data_type != common && crate::sql::coerce::force_nullable(&arg.data_type, &common))
    });
    // Decimals are compared as the wider of both, which has a precision and a scale of its own.
    let common = match (decimal_for(here), decimal_for(there)) {
        (Some(left), Some(right)) if here.is_decimal() && there.is_decimal() => wider_decimal(left, right),
        _ => common,
    };
    Ok(Signature { arguments: vec![common.clone(), common], returns: DataType::Boolean, nullable })
}

fn list(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    if args.is_empty() {
        return Err(wrong_count(function, "> 0", 0));
    }
    let types: Vec<DataType> = args.iter().map(|arg| arg.data_type.clone()).collect();
    let Some(common) = wider_of_all(&types) else {
        let shown: Vec<_> = types.iter().map(|it| format!("\"{}\"", it.sql())).collect();
        let what = format!("Input to `in` should all be the same type, but it's [{}].", shown.join(", "));
        return Err(mismatch("DATA_DIFF_TYPES", function, args, &what));
    };
    if !common.is_orderable() {
        let what = format!("The `in` does not support ordering on type \"{}\".", common.sql());
        return Err(mismatch("INVALID_ORDERING_TYPE", function, args, &what));
    }
    let nullable = args.iter().any(|arg| arg.nullable);
    Ok(Signature { arguments: vec![common; args.len()], returns: DataType::Boolean, nullable })
}

fn compared(args: &[Datum], holds: fn(Ordering) -> bool) -> Datum {
    match args {
        [left, right] if !left.is_null() && !right.is_null() => Datum::Boolean(holds(left.cmp(right))),
        _ => Datum::Null,
    }
}

/// Whether Arrow compares the columns as Spark does; zeros and NaNs it does not.
fn has_kernel(left: &ArrayRef, right: &ArrayRef) -> bool {
    left.data_type() == right.data_type()
        && (left.data_type().is_primitive() || matches!(left.data_type(), Arrow::Boolean | Arrow::Utf8 | Arrow::Binary))
}

fn columns(args: &[ArrayRef], kernel: Kernel, holds: fn(Ordering) -> bool) -> Option<ArrayRef> {
    let [left, right] = args else { return None };
    if !has_kernel(left, right) {
        return None;
    }
    let flags = match left.data_type() {
        Arrow::Float32 => {
            let (left, right) = (left.as_primitive_opt::<Float32Type>()?, right.as_primitive_opt::<Float32Type>()?);
            BooleanArray::from_binary(left, right, |left, right| holds(order(left.into(), right.into())))
        }
        Arrow::Float64 => {
            let (left, right) = (left.as_primitive_opt::<Float64Type>()?, right.as_primitive_opt::<Float64Type>()?);
            BooleanArray::from_binary(left, right, |left, right| holds(order(left, right)))
        }
        _ => kernel(left, right).ok()?,
    };
    Some(Arc::new(flags))
}

fn order(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right).unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
}

fn contained(args: &[Datum]) -> Datum {
    let Some((value, list)) = args.split_first() else { return Datum::Null };
    if value.is_null() {
        return Datum::Null;
    }
    if list.contains(value) {
        return Datum::Boolean(true);
    }
    if list.iter().any(Datum::is_null) { Datum::Null } else { Datum::Boolean(false) }
}

fn contains(args: &[ArrayRef]) -> Option<ArrayRef> {
    let (value, list) = args.split_first()?;
    let mut found: Option<BooleanArray> = None;
    for item in list {
        let equal = columns(&[value.clone(), item.clone()], arrow_ord::cmp::eq, Ordering::is_eq)?;
        let equal = equal.as_boolean_opt()?.clone();
        found = Some(match found {
            None => equal,
            Some(before) => arrow_arith::boolean::or_kleene(&before, &equal).ok()?,
        });
    }
    Some(Arc::new(found?))
}
