//! Functions about the session and the row's surroundings, refusals by will, and casts by a function's name.

use std::sync::Arc;

use arrow_array::{ArrayRef, StringArray};

use super::accepts::{Accepts, nullable, settle, strict};
use super::column_type::type_of;
use super::row::{IntoDatum, Row, optional};
use super::{Evaluation, Function, Signature};
use crate::sql::{Context, DataType, Datum, SqlError, Typed};

/// A function without arguments that is always the same.
macro_rules! constant {
    ($name:literal, $aliases:expr, $kind:ident, $value:expr) => {
        strict(
            $name,
            $aliases,
            |function, args| Ok(settle(function, args, &[], &[])?.gives(DataType::$kind).never_null()),
            |_, _, _| Ok($value.datum()),
        )
    };
}

/// A cast, written as a function.
macro_rules! cast {
    ($name:literal, $to:expr) => {
        strict(
            $name,
            &[],
            |function, args| {
                let nullable = settle(function, args, &[Accepts::Any], &[])?.gives(DataType::Null).nullable;
                Ok(Signature { arguments: vec![$to], returns: $to, nullable: nullable || $to != DataType::String })
            },
            |_, args, _| Ok(args.first().cloned().unwrap_or(Datum::Null)),
        )
    };
}

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    constant!("version", &[], String, "3.5.7 ed00d046951a7ecda6429accd3b9c5b2dc792b65"),
    constant!("current_user", &["user"], String, "root"),
    constant!("current_database", &["current_schema"], String, "default"),
    constant!("current_catalog", &[], String, "spark_catalog"),
    constant!("input_file_name", &[], String, ""),
    constant!("input_file_block_start", &[], Long, -1i64),
    constant!("input_file_block_length", &[], Long, -1i64),
    strict(
        "spark_partition_id",
        &[],
        |function, args| Ok(settle(function, args, &[], &[])?.gives(DataType::Integer).never_null()),
        |context, _, _| Ok((context.partition as i32).datum()),
    ),
    Function {
        name: "typeof",
        aliases: &[],
        signature: |function, args| {
            Ok(settle(function, args, &[Accepts::Any], &[])?.gives(DataType::String).never_null())
        },
        evaluation: Evaluation::Columns(type_name),
    },
    nullable("assert_true", &[], assert_signature, assert_true),
    nullable(
        "raise_error",
        &[],
        |function, args| Ok(settle(function, args, &[Accepts::Text], &[])?.gives(DataType::Null).or_null()),
        |_, args, _| Err(raised(optional(args, 0)?)),
    ),
    cast!("boolean", DataType::Boolean),
    cast!("tinyint", DataType::Byte),
    cast!("smallint", DataType::Short),
    cast!("int", DataType::Integer),
    cast!("bigint", DataType::Long),
    cast!("float", DataType::Float),
    cast!("double", DataType::Double),
    cast!("decimal", DataType::Decimal { precision: 10, scale: 0 }),
    cast!("string", DataType::String),
    cast!("binary", DataType::Binary),
    cast!("date", DataType::Date),
    cast!("timestamp", DataType::Timestamp),
];

fn type_name(_: &Context, columns: &[ArrayRef], rows: usize, _: &DataType) -> Result<ArrayRef, SqlError> {
    let name = columns.first().map_or(DataType::Null, |it| type_of(it.data_type())).simple_string();
    Ok(Arc::new(StringArray::from(vec![name; rows])))
}

fn raised(message: Option<&str>) -> SqlError {
    SqlError::new("RuntimeException", None, message.unwrap_or_default())
}

fn assert_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    Ok(settle(function, args, &[Accepts::Boolean], &[Accepts::Text])?.gives(DataType::Null).or_null())
}

/// What is false or null fails; the analyzer writes the message of the form with one argument.
fn assert_true(_: &Context, args: &[Datum], _: &DataType) -> Row {
    if optional(args, 0)? == Some(true) {
        return Ok(Datum::Null);
    }
    let value = if args.first().is_none_or(Datum::is_null) { "'null' is not true!" } else { "'false' is not true!" };
    Err(raised(if args.len() > 1 { optional(args, 1)? } else { Some(value) }))
}
