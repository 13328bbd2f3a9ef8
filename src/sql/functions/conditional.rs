//! Functions that choose: `coalesce`, `if`, `nullif`, `greatest`, `least` and their like.

use super::accepts::{Accepts, nullable, settle};
use super::refusals::{Shown, different_types, mismatch};
use super::row::{IntoDatum, Row, optional};
use super::signature::wrong_count;
use super::{Function, Signature};
use crate::sql::cast::cast;
use crate::sql::coerce::{comparison_type, wider_of_all, wider_of_all_without_strings};
use crate::sql::{Context, DataType, Datum, SqlError, Typed};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    nullable("coalesce", &[], coalesce_signature, first_there),
    nullable("nvl", &[], nvl_signature, first_there),
    nullable("ifnull", &[], nvl_signature, first_there),
    nullable(
        "nvl2",
        &[],
        |function, args| {
            settle(function, args, &[Accepts::Any; 3], &[])?;
            choice_signature(function, args, args.first().map_or(DataType::Null, |it| it.data_type.clone()))
        },
        |_, args, _| {
            Ok(if args.first().is_none_or(Datum::is_null) { args.get(2) } else { args.get(1) }
                .cloned()
                .unwrap_or(Datum::Null))
        },
    ),
    nullable(
        "if",
        &[],
        |function, args| {
            settle(function, args, &[Accepts::Boolean, Accepts::Any, Accepts::Any], &[])?;
            choice_signature(function, args, DataType::Boolean)
        },
        |_, args, _| {
            let holds = optional::<bool>(args, 0)? == Some(true);
            Ok(args.get(if holds { 1 } else { 2 }).cloned().unwrap_or(Datum::Null))
        },
    ),
    nullable("nullif", &[], nullif_signature, nullif),
    nullable("equal_null", &[], equal_null_signature, |_, args, _| Ok((args.first() == args.get(1)).datum())),
    nullable("greatest", &[], extreme_signature, |_, args, _| Ok(extreme(args, std::cmp::Ordering::Greater))),
    nullable("least", &[], extreme_signature, |_, args, _| Ok(extreme(args, std::cmp::Ordering::Less))),
    nullable("nanvl", &[], nanvl_signature, |_, args, _| {
        let not_a_number = match args.first() {
            Some(Datum::Double(it)) => it.is_nan(),
            Some(Datum::Float(it)) => it.is_nan(),
            _ => false,
        };
        Ok(args.get(usize::from(not_a_number)).cloned().unwrap_or(Datum::Null))
    }),
];

fn types(args: &[Typed]) -> Vec<DataType> {
    args.iter().map(|it| it.data_type.clone()).collect()
}

fn coalesce_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    if args.is_empty() {
        return Err(wrong_count(function, "> 0", 0));
    }
    let types = types(args);
    let returns = wider_of_all(&types).ok_or_else(|| different_types(function, args, &types, Shown::Or))?;
    Ok(Signature { arguments: vec![returns.clone(); args.len()], returns, nullable: args.iter().all(|it| it.nullable) })
}

fn nvl_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    settle(function, args, &[Accepts::Any, Accepts::Any], &[])?;
    coalesce_signature(function, args)
}

fn first_there(_: &Context, args: &[Datum], _: &DataType) -> Row {
    Ok(args.iter().find(|it| !it.is_null()).cloned().unwrap_or(Datum::Null))
}

/// A condition of some type, and two values of one type.
fn choice_signature(function: &'static Function, args: &[Typed], condition: DataType) -> Result<Signature, SqlError> {
    let values = args.get(1..).unwrap_or_default();
    let types = types(values);
    let returns = wider_of_all(&types).ok_or_else(|| different_types(function, args, &types, Shown::List))?;
    Ok(Signature {
        arguments: vec![condition, returns.clone(), returns.clone()],
        returns,
        nullable: values.iter().any(|it| it.nullable),
    })
}

/// The first argument keeps its type in the result: it is cast for the comparison only.
fn nullif_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let mut signature = equal_null_signature(function, args)?;
    if let (Some(argument), Some(value)) = (signature.arguments.first_mut(), args.first()) {
        *argument = value.data_type.clone();
        signature.returns = value.data_type.clone();
    }
    Ok(signature.or_null())
}

/// What two values are compared as.
fn compared(types: &[DataType]) -> Option<DataType> {
    match types {
        [left, right] => comparison_type(left, right),
        _ => None,
    }
}

fn nullif(context: &Context, args: &[Datum], returns: &DataType) -> Row {
    let (Some(value), Some(other)) = (args.first(), args.get(1)) else { return Ok(Datum::Null) };
    let alike = match (value, other) {
        (_, Datum::Null) => false,
        // decimals are equal whatever their scales are
        (Datum::Decimal(..), Datum::Decimal(..)) => value == other,
        _ => match compared_with(other) {
            Some(to) => cast(context, value, returns, &to, false) == *other,
            None => value == other,
        },
    };
    Ok(if alike { Datum::Null } else { value.clone() })
}

/// The type of a value that texts and other numbers are cast to when they are compared with it.
fn compared_with(value: &Datum) -> Option<DataType> {
    Some(match value {
        Datum::Boolean(_) => DataType::Boolean,
        Datum::Byte(_) => DataType::Byte,
        Datum::Short(_) => DataType::Short,
        Datum::Integer(_) => DataType::Integer,
        Datum::Long(_) => DataType::Long,
        Datum::Float(_) => DataType::Float,
        Datum::Double(_) => DataType::Double,
        Datum::Decimal(_, scale) => DataType::Decimal { precision: 38, scale: *scale },
        Datum::String(_) => DataType::String,
        Datum::Binary(_) => DataType::Binary,
        Datum::Date(_) => DataType::Date,
        Datum::Timestamp(_) => DataType::Timestamp,
        Datum::TimestampNtz(_) => DataType::TimestampNtz,
        _ => return None,
    })
}

fn equal_null_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    settle(function, args, &[Accepts::Any, Accepts::Any], &[])?;
    let types = types(args);
    let common = compared(&types).ok_or_else(|| {
        let texts: Vec<String> = args.iter().map(ToString::to_string).collect();
        let names: Vec<String> = types.iter().map(|it| format!("\"{}\"", it.sql())).collect();
        SqlError::analysis(
            "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES",
            format!(
                "Cannot resolve \"({})\" due to data type mismatch: the left and right operands of the binary operator \
                 have incompatible types ({}).",
                texts.join(" = "),
                names.join(" and ")
            ),
        )
    })?;
    Ok(Signature { arguments: vec![common.clone(), common], returns: DataType::Boolean, nullable: false })
}

fn extreme_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    if args.len() < 2 {
        return Err(wrong_count(function, "> 1", args.len()));
    }
    let types = types(args);
    let returns =
        wider_of_all_without_strings(&types).ok_or_else(|| different_types(function, args, &types, Shown::List))?;
    if !returns.is_orderable() {
        let message = format!("The `{}` does not support ordering on type \"{}\".", function.name, returns.sql());
        return Err(mismatch("INVALID_ORDERING_TYPE", function, args, &message));
    }
    Ok(Signature { arguments: vec![returns.clone(); args.len()], returns, nullable: args.iter().all(|it| it.nullable) })
}

/// The first of the greatest or least values, nulls left out.
fn extreme(args: &[Datum], wanted: std::cmp::Ordering) -> Datum {
    let there = args.iter().filter(|it| !it.is_null());
    let found = there.reduce(|best, it| if it.cmp(best) == wanted { it } else { best });
    found.cloned().unwrap_or(Datum::Null)
}

fn nanvl_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let float = !args.is_empty() && args.iter().all(|it| it.data_type == DataType::Float);
    let accepts = if float { Accepts::DoubleOrFloat } else { Accepts::Double };
    Ok(settle(function, args, &[accepts, accepts], &[])?.gives_first())
}
