//! Functions of maps: made, joined, and taken apart. Those with lambdas are in `higher_order`.

use std::rc::Rc;

use rustc_hash::FxHashSet;

use crate::sql::coerce::{wider_of_all, wider_type_without_strings};
use crate::sql::{Context, DataType, Datum, SqlError, StructField, Typed};

use super::accepts::{Accepts, nullable, settle_exactly, strict};
use super::collections::{array_of, different, element, entry, null_type, unexpected_shape, value_of};
use super::refusals::{mismatch, unexpected};
use super::signature::{arity, wrong_count};
use super::{Function, Signature};

type Row = Result<Datum, SqlError>;

pub const FUNCTIONS: &[Function] = &[
    nullable("map", &["create_map"], map_signature, |_, args, _| {
        map_of(args.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect())
    }),
    strict("map_keys", &[], keys_signature, |_, args, _| Ok(taken(args, |(key, _)| key.clone()))),
    strict("map_values", &[], values_signature, |_, args, _| Ok(taken(args, |(_, value)| value.clone()))),
    strict("map_entries", &[], entries_signature, |_, args, _| {
        Ok(taken(args, |(key, value)| Datum::Struct([key.clone(), value.clone()].into())))
    }),
    strict("map_from_arrays", &[], from_arrays_signature, map_from_arrays),
    strict("map_from_entries", &[], from_entries_signature, map_from_entries),
    strict("map_concat", &[], concat_signature, |_, args, _| {
        let maps = args.iter().filter_map(|arg| match arg {
            Datum::Map(entries) => Some(entries),
            _ => None,
        });
        map_of(maps.flat_map(|entries| entries.iter().cloned()).collect())
    }),
    strict("map_contains_key", &[], contains_signature, |_, args, _| match args {
        [Datum::Map(entries), key] => Ok(Datum::Boolean(entries.iter().any(|(found, _)| found == key))),
        _ => Ok(Datum::Null),
    }),
];

/// A map of entries whose keys must be there and differ.
pub(super) fn map_of(entries: Vec<(Datum, Datum)>) -> Row {
    let mut keys = FxHashSet::default();
    for (key, _) in &entries {
        if key.is_null() {
            let text = "Cannot use null as map key.";
            return Err(SqlError::new("SparkRuntimeException", Some("NULL_MAP_KEY"), text));
        }
        if !keys.insert(key) {
            let key = crate::sql::text::value_text(key, chrono_tz::Tz::UTC);
            let text = format!(
                "Duplicate map key {key} was found, please check the input data. If you want to remove the duplicated \
                 keys, you can set \"spark.sql.mapKeyDedupPolicy\" to \"LAST_WIN\" so that the key inserted at last takes \
                 precedence."
            );
            return Err(SqlError::new("SparkRuntimeException", Some("DUPLICATED_MAP_KEY"), text));
        }
    }
    drop(keys);
    Ok(Datum::Map(entries.into()))
}

pub(super) fn map_type(key: DataType, value: DataType, value_contains_null: bool) -> DataType {
    DataType::Map { key: Rc::new(key), value: Rc::new(value), value_contains_null }
}

/// Refuses keys that are maps or hold some.
pub(super) fn checked_key(function: &'static Function, args: &[Typed], key: &DataType) -> Result<(), SqlError> {
    if !key.has_map() {
        return Ok(());
    }
    let text = format!("The key of map cannot be/contain \"{}\".", key.sql());
    Err(mismatch("INVALID_MAP_KEY_TYPE", function, args, &text))
}

fn map_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    if args.len() % 2 == 1 {
        return Err(wrong_count(function, "2n (n > 0)", args.len()));
    }
    let common = |from: usize| -> Result<DataType, SqlError> {
        let types: Vec<DataType> = args.iter().skip(from).step_by(2).map(|arg| arg.data_type.clone()).collect();
        wider_of_all(&types).ok_or_else(|| {
            let (kind, part) = match from {
                0 => ("CREATE_MAP_KEY_DIFF_TYPES", "keys"),
                _ => ("CREATE_MAP_VALUE_DIFF_TYPES", "values"),
            };
            let types: Vec<String> = types.iter().map(|it| format!("\"{}\"", it.sql())).collect();
            let types = types.join(", ");
            let text =
                format!("The given {part} of function `map` should all be the same type, but they are [{types}].");
            mismatch(kind, function, args, &text)
        })
    };
    let (key, value) = (common(0)?, common(1)?);
    checked_key(function, args, &key)?;
    let contains_null = args.iter().skip(1).step_by(2).any(|arg| arg.nullable);
    let arguments = (0..args.len()).map(|at| if at % 2 == 0 { key.clone() } else { value.clone() }).collect();
    Ok(Signature { arguments, returns: map_type(key, value, contains_null), nullable: false })
}

fn taken(args: &[Datum], part: fn(&(Datum, Datum)) -> Datum) -> Datum {
    match args {
        [Datum::Map(entries)] => Datum::Array(entries.iter().map(part).collect()),
        _ => Datum::Null,
    }
}

/// The signature of a function of one map, by the types of its keys and values.
fn of_map(
    function: &'static Function,
    args: &[Typed],
    returns: fn(&DataType, &DataType, bool) -> DataType,
) -> Result<Signature, SqlError> {
    let settled = settle_exactly(function, args, &[Accepts::Entries], &[])?;
    let data_type = settled.gives_first();
    let made = match entry(&data_type.returns) {
        Some((key, value, contains_null)) => returns(key, value, contains_null),
        None => DataType::Null,
    };
    Ok(Signature { returns: made, ..data_type })
}

fn keys_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    of_map(function, args, |key, _, _| array_of(key.clone(), false))
}

fn values_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    of_map(function, args, |_, value, contains_null| array_of(value.clone(), contains_null))
}

fn entries_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    of_map(function, args, |key, value, contains_null| {
        let field = |name: &str, data_type: &DataType, nullable| StructField {
            name: name.into(),
            data_type: data_type.clone(),
            nullable,
        };
        array_of(DataType::Struct([field("key", key, false), field("value", value, contains_null)].into()), false)
    })
}

fn from_arrays_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let settled = settle_exactly(function, args, &[Accepts::Elements, Accepts::Elements], &[])?;
    let types = element(&args[0].data_type).zip(element(&args[1].data_type));
    let Some(((key, _), (value, contains_null))) = types else { return Ok(settled.gives_first()) };
    checked_key(function, args, key)?;
    Ok(settled.gives(map_type(key.clone(), value.clone(), contains_null)))
}

fn map_from_arrays(_context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    let [Datum::Array(keys), Datum::Array(values)] = args else { return Ok(Datum::Null) };
    if keys.len() != values.len() {
        let text = "The key array and value array of MapData must have the same length.";
        return Err(SqlError::new("SparkRuntimeException", None, text));
    }
    map_of(keys.iter().cloned().zip(values.iter().cloned()).collect())
}

fn from_entries_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[1])?;
    let pair = element(&args[0].data_type).and_then(|(of, contains_null)| match of {
        DataType::Struct(fields) => match &**fields {
            [key, value] => Some((key.clone(), value.clone(), contains_null)),
            _ => None,
        },
        _ => None,
    });
    let Some((key, value, contains_null)) = pair else {
        return Err(unexpected_shape(function, args, 0, "\"ARRAY\" of pair \"STRUCT\""));
    };
    checked_key(function, args, &key.data_type)?;
    Ok(Signature {
        arguments: vec![args[0].data_type.clone()],
        returns: map_type(key.data_type, value.data_type, value.nullable),
        nullable: args[0].nullable || contains_null,
    })
}

fn map_from_entries(_context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    let [Datum::Array(pairs)] = args else { return Ok(Datum::Null) };
    let mut entries = Vec::with_capacity(pairs.len());
    for pair in pairs.iter() {
        let Datum::Struct(pair) = pair else { return Ok(Datum::Null) };
        if let [key, value] = &**pair {
            entries.push((key.clone(), value.clone()));
        }
    }
    map_of(entries)
}

fn concat_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let types: Vec<DataType> = args.iter().map(|arg| arg.data_type.clone()).collect();
    let maps = types.iter().all(|it| matches!(it, DataType::Map { .. } | DataType::Null));
    let common = if maps { wider_of_all(&types) } else { None };
    let Some(common) = common else {
        let types: Vec<String> = types.iter().map(|it| format!("\"{}\"", it.sql())).collect();
        let types = types.join(", ");
        let (kind, text) = match maps {
            true => {
                ("DATA_DIFF_TYPES", format!("Input to `map_concat` should all be the same type, but it's ({types})."))
            }
            false => {
                ("MAP_CONCAT_DIFF_TYPES", format!("The `map_concat` should all be of type map, but it's [{types}]."))
            }
        };
        return Err(mismatch(kind, function, args, &text));
    };
    let common = match common {
        DataType::Null => map_type(DataType::String, DataType::String, false),
        other => other,
    };
    let nullable = args.iter().any(|arg| arg.nullable);
    Ok(Signature { arguments: vec![common.clone(); args.len()], returns: common, nullable })
}

fn contains_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[2])?;
    if args.iter().any(|arg| arg.data_type == DataType::Null) {
        return Err(null_type(function, args));
    }
    let Some((key, value, contains_null)) = entry(&args[0].data_type) else {
        return Err(unexpected(function, args, 0, &["MAP"]));
    };
    let common = wider_type_without_strings(key, &args[1].data_type);
    let common = common.ok_or_else(|| different(function, args, args, true))?;
    Ok(Signature {
        arguments: vec![map_type(common.clone(), value.clone(), contains_null), common],
        returns: DataType::Boolean,
        nullable: args.iter().any(|arg| arg.nullable),
    })
}

/// The keys of two maps, those of the first before what only the second has.
pub(super) fn keys_of_both(left: &[(Datum, Datum)], right: &[(Datum, Datum)]) -> Vec<(Datum, Datum, Datum)> {
    let first = left.iter().map(|(key, value)| (key.clone(), value.clone(), value_of(right, key)));
    let rest = right.iter().filter(|(key, _)| !left.iter().any(|(found, _)| found == key));
    first.chain(rest.map(|(key, value)| (key.clone(), Datum::Null, value.clone()))).collect()
}
