//! What arrays and maps share: their sizes, and access to an element or a value.

use std::rc::Rc;

use crate::sql::coerce::{implicit, wider_type_without_strings};
use crate::sql::{Context, DataType, Datum, SqlError, Typed};

use super::accepts::{Accepts, nullable, settle_exactly, strict};
use super::refusals::{mismatch, unexpected};
use super::signature::{arity, mismatch as mismatch_as};
use super::{Function, Signature};

type Row = Result<Datum, SqlError>;

pub const FUNCTIONS: &[Function] = &[
    nullable("size", &["cardinality"], size_signature, |_, args, _| {
        Ok(args.first().map_or(Datum::Integer(-1), |it| length(it).unwrap_or(Datum::Integer(-1))))
    }),
    strict(
        "array_size",
        &[],
        |function, args| Ok(settle_exactly(function, args, &[Accepts::Elements], &[])?.gives(DataType::Integer)),
        |_, args, _| Ok(args.first().and_then(length).unwrap_or(Datum::Null)),
    ),
    strict("element_at", &[], element_signature, element_at),
    strict("try_element_at", &[], element_signature, element_at),
    strict("get", &[], index_signature, index),
    strict("index", &[], index_signature, index),
];

fn length(value: &Datum) -> Option<Datum> {
    let length = match value {
        Datum::Array(members) => members.len(),
        Datum::Map(entries) => entries.len(),
        _ => return None,
    };
    i32::try_from(length).ok().map(Datum::Integer)
}

/// The type of an array's elements, and whether they may be null.
pub(super) fn element(data_type: &DataType) -> Option<(&DataType, bool)> {
    match data_type {
        DataType::Array { element, contains_null } => Some((element, *contains_null)),
        _ => None,
    }
}

/// The types of a map's keys and values, and whether the values may be null.
pub(super) fn entry(data_type: &DataType) -> Option<(&DataType, &DataType, bool)> {
    match data_type {
        DataType::Map { key, value, value_contains_null } => Some((key, value, *value_contains_null)),
        _ => None,
    }
}

pub(super) fn array_of(element: DataType, contains_null: bool) -> DataType {
    DataType::Array { element: Rc::new(element), contains_null }
}

/// Types as errors list them.
fn listed(args: &[Typed]) -> String {
    args.iter().map(|arg| format!("\"{}\"", arg.data_type.sql())).collect::<Vec<_>>().join(", ")
}

/// A refusal of an array or map and a value that don't go together.
pub(super) fn different(function: &'static Function, args: &[Typed], shown: &[Typed], map: bool) -> SqlError {
    let (kind, what, part) = match map {
        true => ("MAP_FUNCTION_DIFF_TYPES", "MAP", "key"),
        false => ("ARRAY_FUNCTION_DIFF_TYPES", "ARRAY", "element"),
    };
    let text = format!(
        "Input to `{}` should have been \"{what}\" followed by a value with same {part} type, but it's [{}].",
        function.name,
        listed(shown)
    );
    mismatch(kind, function, args, &text)
}

/// A refusal of two arrays whose elements have no common type.
pub(super) fn different_arrays(function: &'static Function, args: &[Typed]) -> SqlError {
    let text = format!(
        "Input to function `{}` should have been two \"ARRAY\" with same element type, but it's [{}].",
        function.name,
        listed(args)
    );
    mismatch("BINARY_ARRAY_DIFF_TYPES", function, args, &text)
}

/// A refusal of values that have no order.
pub(super) fn unordered(function: &'static Function, args: &[Typed], data_type: &DataType) -> SqlError {
    let text = format!("The `{}` does not support ordering on type \"{}\".", function.name, data_type.sql());
    mismatch("INVALID_ORDERING_TYPE", function, args, &text)
}

/// A refusal of a null without a type.
pub(super) fn null_type(function: &'static Function, args: &[Typed]) -> SqlError {
    let text = format!("Null typed values cannot be used as arguments of `{}`.", function.name);
    mismatch("NULL_TYPE", function, args, &text)
}

fn size_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[1])?;
    let data_type = &args[0].data_type;
    if !matches!(data_type, DataType::Array { .. } | DataType::Map { .. } | DataType::Null) {
        return Err(unexpected(function, args, 0, &["ARRAY", "MAP"]));
    }
    Ok(Signature { arguments: vec![data_type.clone()], returns: DataType::Integer, nullable: false })
}

fn element_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[2])?;
    let [collection, at] = args else { return Err(unexpected(function, args, 0, &["ARRAY", "MAP"])) };
    if let Some((of, _)) = element(&collection.data_type) {
        let fits = matches!(at.data_type, DataType::Integer | DataType::Short | DataType::Byte | DataType::Null);
        return match fits {
            true => Ok(Signature {
                arguments: vec![collection.data_type.clone(), DataType::Integer],
                returns: of.clone(),
                nullable: true,
            }),
            false => Err(unexpected(function, args, 1, &["INT"])),
        };
    }
    let Some((key, value, contains_null)) = entry(&collection.data_type) else {
        return Err(unexpected(function, args, 0, &["ARRAY", "MAP"]));
    };
    let common = wider_type_without_strings(key, &at.data_type);
    let common = common.ok_or_else(|| different(function, args, args, true))?;
    let map = DataType::Map {
        key: Rc::new(common.clone()),
        value: Rc::new(value.clone()),
        value_contains_null: contains_null,
    };
    Ok(Signature { arguments: vec![map, common], returns: value.clone(), nullable: true })
}

/// The value of a key.
pub(super) fn value_of(entries: &[(Datum, Datum)], key: &Datum) -> Datum {
    entries.iter().find(|(found, _)| found == key).map_or(Datum::Null, |(_, value)| value.clone())
}

/// What is said of index 0 where the first element has index 1.
pub(super) fn index_of_zero() -> SqlError {
    let text = "The index 0 is invalid. An index shall be either < 0 or > 0 (the first element has index 1).";
    SqlError::new("SparkRuntimeException", Some("INVALID_INDEX_OF_ZERO"), text)
}

/// The place of an index that counts from 1, or from the end below zero.
fn place(length: usize, index: i32) -> Option<usize> {
    let distance = usize::try_from(index.unsigned_abs()).ok()?;
    let place = if index > 0 { distance.checked_sub(1)? } else { length.checked_sub(distance)? };
    (place < length).then_some(place)
}

fn element_at(_context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    match args {
        [Datum::Array(_), Datum::Integer(0)] => Err(index_of_zero()),
        [Datum::Array(members), Datum::Integer(index)] => {
            Ok(place(members.len(), *index).and_then(|at| members.get(at)).cloned().unwrap_or(Datum::Null))
        }
        [Datum::Map(entries), key] => Ok(value_of(entries, key)),
        _ => Ok(Datum::Null),
    }
}

fn index_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[2])?;
    let [collection, at] = args else { return Err(unexpected(function, args, 0, &["ARRAY"])) };
    let refuse = |wanted: &str| {
        let text = format!(
            "Cannot resolve \"{collection}[{at}]\" due to data type mismatch: Parameter 2 requires the \"{wanted}\" type, \
             however \"{at}\" has the type \"{}\".",
            at.data_type.sql()
        );
        SqlError::analysis("DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE", text)
    };
    if let Some((of, _)) = element(&collection.data_type) {
        let index = match &at.data_type {
            DataType::Null => DataType::Integer,
            other if other.is_integral() => other.clone(),
            _ => return Err(refuse("INTEGRAL")),
        };
        let arguments = vec![collection.data_type.clone(), index];
        return Ok(Signature { arguments, returns: of.clone(), nullable: true });
    }
    match entry(&collection.data_type) {
        Some(_) if function.name == "get" => Err(refuse("INTEGRAL")),
        Some((key, value, _)) => {
            let index = implicit(&at.data_type, key).ok_or_else(|| refuse(&key.sql()))?;
            let arguments = vec![collection.data_type.clone(), index];
            Ok(Signature { arguments, returns: value.clone(), nullable: true })
        }
        None if function.name == "get" => Err(unexpected(function, args, 0, &["ARRAY"])),
        None => {
            let text = format!(
                "Can't extract a value from \"{collection}\". Need a complex type [STRUCT, ARRAY, MAP] but got \"{}\".",
                collection.data_type.sql()
            );
            Err(SqlError::analysis("INVALID_EXTRACT_BASE_FIELD_TYPE", text))
        }
    }
}

fn index(_context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    let at = |members: &[Datum], index: i64| {
        usize::try_from(index).ok().and_then(|at| members.get(at)).cloned().unwrap_or(Datum::Null)
    };
    Ok(match args {
        [Datum::Array(members), Datum::Byte(index)] => at(members, (*index).into()),
        [Datum::Array(members), Datum::Short(index)] => at(members, (*index).into()),
        [Datum::Array(members), Datum::Integer(index)] => at(members, (*index).into()),
        [Datum::Array(members), Datum::Long(index)] => at(members, *index),
        [Datum::Map(entries), key] => value_of(entries, key),
        _ => Datum::Null,
    })
}

/// `DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE` where the type wanted is told in more words than one.
pub(super) fn unexpected_shape(function: &'static Function, args: &[Typed], index: usize, wanted: &str) -> SqlError {
    let (text, data_type) = args.get(index).map_or_else(Default::default, |arg| (arg.to_string(), arg.data_type.sql()));
    let parameter = index + 1;
    let what =
        format!("Parameter {parameter} requires the {wanted} type, however \"{text}\" has the type \"{data_type}\".");
    mismatch_as("UNEXPECTED_INPUT_TYPE", function, args, &what)
}
