//! `& | ^ ~` of integers.

use std::sync::Arc;

use arrow_arith::arity::{binary, unary};
use arrow_array::types::{Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_array::{ArrayRef, PrimitiveArray, cast::AsArray};

use super::operands::numeric;
use crate::sql::functions::signature::{arity, strict, unexpected_input};
use crate::sql::functions::{Evaluation, Function, Signature};
use crate::sql::{Context, DataType, Datum, SqlError, Typed};

const fn operator(
    name: &'static str,
    signature: fn(&'static Function, &[Typed]) -> Result<Signature, SqlError>,
    rows: fn(&Context, &[Datum], &DataType) -> Result<Datum, SqlError>,
    columns: fn(&Context, &[ArrayRef], &DataType) -> Option<ArrayRef>,
) -> Function {
    Function { name, aliases: &[], signature, evaluation: Evaluation::Hybrid(rows, columns) }
}

macro_rules! binary_operator {
    ($name:literal, $compute:expr) => {
        operator(
            $name,
            two,
            |_, args, _| {
                Ok(match args {
                    [Datum::Byte(left), Datum::Byte(right)] => Datum::Byte($compute(*left, *right)),
                    [Datum::Short(left), Datum::Short(right)] => Datum::Short($compute(*left, *right)),
                    [Datum::Integer(left), Datum::Integer(right)] => Datum::Integer($compute(*left, *right)),
                    [Datum::Long(left), Datum::Long(right)] => Datum::Long($compute(*left, *right)),
                    _ => Datum::Null,
                })
            },
            |_, args, returns| {
                let [left, right] = args else { return None };
                macro_rules! integers {
                    ($arrow:ty) => {{
                        let (left, right) = (left.as_primitive_opt::<$arrow>()?, right.as_primitive_opt::<$arrow>()?);
                        let column: PrimitiveArray<$arrow> = binary(left, right, $compute).ok()?;
                        Some(Arc::new(column) as ArrayRef)
                    }};
                }
                match returns {
                    DataType::Byte => integers!(Int8Type),
                    DataType::Short => integers!(Int16Type),
                    DataType::Integer => integers!(Int32Type),
                    DataType::Long => integers!(Int64Type),
                    _ => None,
                }
            },
        )
    };
}

pub(super) const FUNCTIONS: &[Function] = &[
    binary_operator!("&", |left, right| left & right),
    binary_operator!("|", |left, right| left | right),
    binary_operator!("^", |left, right| left ^ right),
    operator("~", one, complement, complements),
];

fn two(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    numeric(function, args, DataType::is_integral, &["INTEGRAL"], &DataType::Integer)
}

fn one(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[1])?;
    let data_type = match args.first().map(|arg| &arg.data_type) {
        Some(DataType::Null) => DataType::Integer,
        Some(data_type) if data_type.is_integral() => data_type.clone(),
        _ => return Err(unexpected_input(function, args, 0, "\"INTEGRAL\"")),
    };
    Ok(strict(args, vec![data_type.clone()], data_type))
}

#[expect(clippy::unnecessary_wraps, reason = "the form of all functions of rows")]
fn complement(_: &Context, args: &[Datum], _: &DataType) -> Result<Datum, SqlError> {
    Ok(match args {
        [Datum::Byte(number)] => Datum::Byte(!number),
        [Datum::Short(number)] => Datum::Short(!number),
        [Datum::Integer(number)] => Datum::Integer(!number),
        [Datum::Long(number)] => Datum::Long(!number),
        _ => Datum::Null,
    })
}

fn complements(_: &Context, args: &[ArrayRef], returns: &DataType) -> Option<ArrayRef> {
    let [column] = args else { return None };
    macro_rules! integers {
        ($arrow:ty) => {{
            let made: PrimitiveArray<$arrow> = unary(column.as_primitive_opt::<$arrow>()?, |number| !number);
            Some(Arc::new(made) as ArrayRef)
        }};
    }
    match returns {
        DataType::Byte => integers!(Int8Type),
        DataType::Short => integers!(Int16Type),
        DataType::Integer => integers!(Int32Type),
        DataType::Long => integers!(Int64Type),
        _ => None,
    }
}
