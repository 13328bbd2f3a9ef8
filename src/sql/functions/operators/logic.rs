//! `and or not`, and what asks whether a value is there.

use std::sync::Arc;

use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, cast::AsArray};

use super::operands::{pair, refuse};
use crate::sql::functions::signature::{arity, strict, unexpected_input};
use crate::sql::functions::{Evaluation, Function, Signature};
use crate::sql::{DataType, Datum, SqlError, Typed};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "and",
        aliases: &[],
        signature: junction,
        evaluation: Evaluation::Nullable(|_, args, _| Ok(both(args))),
    },
    Function {
        name: "or",
        aliases: &[],
        signature: junction,
        evaluation: Evaluation::Nullable(|_, args, _| Ok(either(args))),
    },
    Function {
        name: "not",
        aliases: &["!"],
        signature: negation,
        evaluation: Evaluation::Hybrid(
            |_, args, _| {
                Ok(match args {
                    [Datum::Boolean(flag)] => Datum::Boolean(!flag),
                    _ => Datum::Null,
                })
            },
            |_, args, _| {
                let flags = args.first()?.as_boolean_opt()?;
                Some(Arc::new(arrow_arith::boolean::not(flags).ok()?))
            },
        ),
    },
    Function {
        name: "isnull",
        aliases: &[],
        signature: question,
        evaluation: Evaluation::Hybrid(
            |_, args, _| Ok(Datum::Boolean(args.iter().all(Datum::is_null))),
            |_, args, _| Some(Arc::new(arrow_arith::boolean::is_null(args.first()?).ok()?)),
        ),
    },
    Function {
        name: "isnotnull",
        aliases: &[],
        signature: question,
        evaluation: Evaluation::Hybrid(
            |_, args, _| Ok(Datum::Boolean(!args.iter().all(Datum::is_null))),
            |_, args, _| Some(Arc::new(arrow_arith::boolean::is_not_null(args.first()?).ok()?)),
        ),
    },
    Function {
        name: "isnan",
        aliases: &[],
        signature: fraction,
        evaluation: Evaluation::Hybrid(
            |_, args, _| {
                Ok(Datum::Boolean(match args {
                    [Datum::Float(number)] => number.is_nan(),
                    [Datum::Double(number)] => number.is_nan(),
                    _ => false,
                }))
            },
            |_, args, _| not_numbers(args.first()?),
        ),
    },
];

fn both(args: &[Datum]) -> Datum {
    match args {
        [Datum::Boolean(false), _] | [_, Datum::Boolean(false)] => Datum::Boolean(false),
        [Datum::Boolean(true), Datum::Boolean(true)] => Datum::Boolean(true),
        _ => Datum::Null,
    }
}

fn either(args: &[Datum]) -> Datum {
    match args {
        [Datum::Boolean(true), _] | [_, Datum::Boolean(true)] => Datum::Boolean(true),
        [Datum::Boolean(false), Datum::Boolean(false)] => Datum::Boolean(false),
        _ => Datum::Null,
    }
}

fn junction(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let (left, right) = pair(function, args)?;
    let flag = |typed: &Typed| matches!(typed.data_type, DataType::Boolean | DataType::Null);
    if !flag(left) || !flag(right) {
        return Err(refuse(function, args, (&left.data_type, &right.data_type), &["BOOLEAN"]));
    }
    Ok(strict(args, vec![DataType::Boolean, DataType::Boolean], DataType::Boolean))
}

fn negation(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[1])?;
    match args.first().map(|arg| &arg.data_type) {
        Some(DataType::Boolean | DataType::Null) => Ok(strict(args, vec![DataType::Boolean], DataType::Boolean)),
        _ => Err(unexpected_input(function, args, 0, "\"BOOLEAN\"")),
    }
}

fn question(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[1])?;
    let arguments = args.iter().map(|arg| arg.data_type.clone()).collect();
    Ok(Signature { arguments, returns: DataType::Boolean, nullable: false })
}

fn fraction(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[1])?;
    let data_type = match args.first().map(|arg| &arg.data_type) {
        Some(DataType::Float) => DataType::Float,
        Some(DataType::Null | DataType::String) => DataType::Double,
        Some(data_type) if data_type.is_numeric() => DataType::Double,
        _ => return Err(unexpected_input(function, args, 0, "(\"DOUBLE\" or \"FLOAT\")")),
    };
    Ok(Signature { arguments: vec![data_type], returns: DataType::Boolean, nullable: false })
}

fn not_numbers(column: &ArrayRef) -> Option<ArrayRef> {
    let there = |row: usize| column.is_valid(row);
    let flags: BooleanArray = if let Some(numbers) = column.as_primitive_opt::<Float64Type>() {
        (0..numbers.len()).map(|row| Some(there(row) && numbers.value(row).is_nan())).collect()
    } else {
        let numbers = column.as_primitive_opt::<Float32Type>()?;
        (0..numbers.len()).map(|row| Some(there(row) && numbers.value(row).is_nan())).collect()
    };
    Some(Arc::new(flags))
}
