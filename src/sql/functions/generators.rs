//! Generators: `explode` and its like. `json_tuple` is with JSON; the variants `_outer` are the analyzer's.

use crate::sql::{Context, DataType, Datum, SqlError, StructField, Typed};

use super::accepts::literal_int;
use super::collections::{element, entry, unexpected_shape};
use super::refusals::{mismatch, unexpected};
use super::signature::{arity, wrong_count};
use super::{Evaluation, Function, Signature};

type Rows = Result<Vec<Vec<Datum>>, SqlError>;

const fn generator(
    name: &'static str,
    signature: fn(&'static Function, &[Typed]) -> Result<Signature, SqlError>,
    run: fn(&Context, &[Datum]) -> Rows,
) -> Function {
    Function { name, aliases: &[], signature, evaluation: Evaluation::Generator(run) }
}

pub const FUNCTIONS: &[Function] = &[
    generator("explode", explode_signature, |_, args| Ok(exploded(args, false))),
    generator("posexplode", explode_signature, |_, args| Ok(exploded(args, true))),
    generator("inline", inline_signature, inline),
    generator("stack", stack_signature, stack),
];

fn field(name: &str, data_type: &DataType, nullable: bool) -> StructField {
    StructField { name: name.into(), data_type: data_type.clone(), nullable }
}

/// A generator's type: a struct of the columns that it makes.
fn columns(args: &[Typed], fields: Vec<StructField>) -> Signature {
    Signature {
        arguments: args.iter().map(|arg| arg.data_type.clone()).collect(),
        returns: DataType::Struct(fields.into()),
        nullable: false,
    }
}

fn explode_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let Some(collection) = args.first() else {
        let text = format!(
            "Cannot invoke function `{}` because the parameter named `collection` is required, but the function call did \
             not supply a value. Please update the function call to supply an argument value (either positionally at \
             index 0 or by name) and retry the query again.",
            function.name
        );
        return Err(SqlError::analysis("REQUIRED_PARAMETER_NOT_FOUND", text));
    };
    arity(function, args, &[1])?;
    let mut fields = Vec::new();
    if function.name == "posexplode" {
        fields.push(field("pos", &DataType::Integer, false));
    }
    if let Some((of, contains_null)) = element(&collection.data_type) {
        fields.push(field("col", of, contains_null));
    } else if let Some((key, value, contains_null)) = entry(&collection.data_type) {
        fields.push(field("key", key, false));
        fields.push(field("value", value, contains_null));
    } else {
        return Err(unexpected(function, args, 0, &["ARRAY", "MAP"]));
    }
    Ok(columns(args, fields))
}

fn exploded(args: &[Datum], position: bool) -> Vec<Vec<Datum>> {
    let rows: Vec<Vec<Datum>> = match args.first() {
        Some(Datum::Array(members)) => members.iter().map(|member| vec![member.clone()]).collect(),
        Some(Datum::Map(entries)) => entries.iter().map(|(key, value)| vec![key.clone(), value.clone()]).collect(),
        _ => Vec::new(),
    };
    if !position {
        return rows;
    }
    let at = |index: usize| i32::try_from(index).map_or(Datum::Null, Datum::Integer);
    rows.into_iter().enumerate().map(|(index, row)| [at(index)].into_iter().chain(row).collect()).collect()
}

fn inline_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[1])?;
    let Some((DataType::Struct(fields), contains_null)) = element(&args[0].data_type) else {
        return Err(unexpected_shape(function, args, 0, "\"ARRAY<STRUCT>\""));
    };
    let made = fields.iter().map(|it| field(&it.name, &it.data_type, it.nullable || contains_null)).collect();
    Ok(columns(args, made))
}

/// A null among the structs is a row of nulls; the engine fills short rows with nulls.
fn inline(_context: &Context, args: &[Datum]) -> Rows {
    let Some(Datum::Array(members)) = args.first() else { return Ok(Vec::new()) };
    let width = members.iter().find_map(|member| match member {
        Datum::Struct(values) => Some(values.len()),
        _ => None,
    });
    let row = |member: &Datum| match member {
        Datum::Struct(values) => values.to_vec(),
        _ => vec![Datum::Null; width.unwrap_or(0)],
    };
    Ok(members.iter().map(row).collect())
}

fn stack_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    if args.len() < 2 {
        return Err(wrong_count(function, "> 1", args.len()));
    }
    let (rows, values) = (&args[0], &args[1..]);
    if rows.data_type != DataType::Integer {
        return Err(unexpected(function, args, 0, &["INT"]));
    }
    let Some(count) = literal_int(rows) else {
        let text = format!("the input `n` should be a foldable \"INT\" expression; however, got \"{rows}\".");
        return Err(mismatch("NON_FOLDABLE_INPUT", function, args, &text));
    };
    let Some(count) = usize::try_from(count).ok().filter(|it| *it > 0) else {
        let text = format!("The `n` must be between (0, {}] (current value = {count}).", i32::MAX);
        return Err(mismatch("VALUE_OUT_OF_RANGE", function, args, &text));
    };
    let width = values.len().div_ceil(count);
    let mut fields = Vec::with_capacity(width);
    for column in 0..width {
        let members = || values.iter().enumerate().skip(column).step_by(width);
        let typed = members().find(|(_, it)| it.data_type != DataType::Null);
        let (first, of) = typed.map_or((column, DataType::Null), |(at, it)| (at, it.data_type.clone()));
        let other = members().find(|(_, it)| it.data_type != DataType::Null && !it.data_type.same_type(&of));
        if let Some((at, other)) = other {
            let text = format!(
                "The data type of the column ({column}) do not have the same type: \"{}\" ({}) <> \"{}\" ({}).",
                of.sql(),
                first + 1,
                other.data_type.sql(),
                at + 1
            );
            return Err(mismatch("STACK_COLUMN_DIFF_TYPES", function, args, &text));
        }
        fields.push(field(&format!("col{column}"), &of, true));
    }
    let mut signature = columns(args, fields.clone());
    for (at, argument) in signature.arguments.iter_mut().skip(1).enumerate() {
        *argument = fields[at % width].data_type.clone();
    }
    Ok(signature)
}

fn stack(_context: &Context, args: &[Datum]) -> Rows {
    let Some((Datum::Integer(count), values)) = args.split_first() else { return Ok(Vec::new()) };
    let count = usize::try_from(*count).unwrap_or(0);
    if count == 0 {
        return Ok(Vec::new());
    }
    let width = values.len().div_ceil(count);
    let value = |at: usize| values.get(at).cloned().unwrap_or(Datum::Null);
    Ok((0..count).map(|row| (0..width).map(|column| value(row * width + column)).collect()).collect())
}
