//! Functions that take lambdas: of arrays and of maps. `array_sort` is with the sets.

use crate::sql::{Context, DataType, Datum, SqlError, Typed};

use super::collections::{array_of, element, entry};
use super::maps::{checked_key, keys_of_both, map_of, map_type};
use super::refusals::unexpected;
use super::signature::arity;
use super::{Evaluation, Function, Lambda, Signature};

type Row = Result<Datum, SqlError>;
type Run = fn(&Context, &[Datum], &[Lambda<'_>], &DataType) -> Row;

const fn higher(
    name: &'static str,
    aliases: &'static [&'static str],
    signature: fn(&'static Function, &[Typed]) -> Result<Signature, SqlError>,
    run: Run,
) -> Function {
    Function { name, aliases, signature, evaluation: Evaluation::HigherOrder(run) }
}

pub const FUNCTIONS: &[Function] = &[
    higher("transform", &[], transform_signature, transform),
    higher("filter", &[], filter_signature, filter),
    higher("exists", &[], predicate_signature, exists),
    higher("forall", &[], predicate_signature, forall),
    higher("aggregate", &["reduce"], aggregate_signature, aggregate),
    higher("zip_with", &[], zip_signature, zip_with),
    higher("map_filter", &[], map_filter_signature, map_filter),
    higher("transform_keys", &[], keys_signature, transform_keys),
    higher("transform_values", &[], values_signature, transform_values),
    higher("map_zip_with", &[], map_zip_signature, map_zip_with),
];

fn types(args: &[Typed]) -> Vec<DataType> {
    args.iter().map(|arg| arg.data_type.clone()).collect()
}

/// The element's type of an argument that must be an array.
fn of_array(function: &'static Function, args: &[Typed], index: usize) -> Result<(DataType, bool), SqlError> {
    match args.get(index).and_then(|arg| element(&arg.data_type)) {
        Some((of, contains_null)) => Ok((of.clone(), contains_null)),
        None if args.get(index).is_some_and(|arg| arg.data_type == DataType::Null) => Ok((DataType::Null, true)),
        None => Err(unexpected(function, args, index, &["ARRAY"])),
    }
}

/// The types of an argument that must be a map.
fn of_map(function: &'static Function, args: &[Typed], index: usize) -> Result<(DataType, DataType, bool), SqlError> {
    match args.get(index).and_then(|arg| entry(&arg.data_type)) {
        Some((key, value, contains_null)) => Ok((key.clone(), value.clone(), contains_null)),
        None => Err(unexpected(function, args, index, &["MAP"])),
    }
}

/// A condition; a bare null is one that never holds.
fn condition(function: &'static Function, args: &[Typed], index: usize) -> Result<(), SqlError> {
    match args.get(index).map(|arg| &arg.data_type) {
        Some(DataType::Boolean | DataType::Null) => Ok(()),
        _ => Err(unexpected(function, args, index, &["BOOLEAN"])),
    }
}

fn transform_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[2])?;
    of_array(function, args, 0)?;
    let returns = array_of(args[1].data_type.clone(), args[1].nullable);
    Ok(Signature { arguments: types(args), returns, nullable: args[0].nullable })
}

fn filter_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[2])?;
    of_array(function, args, 0)?;
    condition(function, args, 1)?;
    Ok(Signature { arguments: types(args), returns: args[0].data_type.clone(), nullable: args[0].nullable })
}

fn predicate_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[2])?;
    of_array(function, args, 0)?;
    condition(function, args, 1)?;
    let nullable = args[0].nullable || args[1].nullable;
    Ok(Signature { arguments: types(args), returns: DataType::Boolean, nullable })
}

fn aggregate_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[3, 4])?;
    of_array(function, args, 0)?;
    let zero = &args[1].data_type;
    if !args[2].data_type.same_type(zero) {
        return Err(unexpected(function, args, 2, &[&zero.sql()]));
    }
    let returns = args.get(3).map_or_else(|| zero.clone(), |finish| finish.data_type.clone());
    Ok(Signature { arguments: types(args), returns, nullable: true })
}

fn zip_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[3])?;
    of_array(function, args, 0)?;
    of_array(function, args, 1)?;
    let returns = array_of(args[2].data_type.clone(), args[2].nullable);
    Ok(Signature { arguments: types(args), returns, nullable: args[0].nullable || args[1].nullable })
}

fn map_filter_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[2])?;
    of_map(function, args, 0)?;
    condition(function, args, 1)?;
    Ok(Signature { arguments: types(args), returns: args[0].data_type.clone(), nullable: args[0].nullable })
}

fn keys_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[2])?;
    let (_, value, contains_null) = of_map(function, args, 0)?;
    checked_key(function, args, &args[1].data_type)?;
    let returns = map_type(args[1].data_type.clone(), value, contains_null);
    Ok(Signature { arguments: types(args), returns, nullable: args[0].nullable })
}

fn values_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[2])?;
    let (key, ..) = of_map(function, args, 0)?;
    let returns = map_type(key, args[1].data_type.clone(), args[1].nullable);
    Ok(Signature { arguments: types(args), returns, nullable: args[0].nullable })
}

fn map_zip_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[3])?;
    let (left, left_value, left_null) = of_map(function, args, 0)?;
    let (right, right_value, right_null) = of_map(function, args, 1)?;
    let common = crate::sql::coerce::wider_type(&left, &right);
    let Some(key) = common else {
        let text = format!(
            "Input to the `map_zip_with` should have been two \"MAP\"s with compatible key types, but it's [\"{}\", \
             \"{}\"].",
            left.sql(),
            right.sql()
        );
        return Err(super::refusals::mismatch("MAP_ZIP_WITH_DIFF_TYPES", function, args, &text));
    };
    let returns = map_type(key.clone(), args[2].data_type.clone(), args[2].nullable);
    let arguments = vec![
        map_type(key.clone(), left_value, left_null),
        map_type(key, right_value, right_null),
        args[2].data_type.clone(),
    ];
    Ok(Signature { arguments, returns, nullable: args[0].nullable || args[1].nullable })
}

/// The members of an array, and the lambda over them.
fn array<'a>(args: &'a [Datum], lambdas: &'a [Lambda<'a>]) -> Option<(&'a [Datum], Lambda<'a>)> {
    match (args.first(), lambdas.first()) {
        (Some(Datum::Array(members)), Some(lambda)) => Some((members, *lambda)),
        _ => None,
    }
}

/// The entries of a map, and the lambda over them.
fn map<'a>(args: &'a [Datum], lambdas: &'a [Lambda<'a>]) -> Option<(&'a [(Datum, Datum)], Lambda<'a>)> {
    match (args.first(), lambdas.first()) {
        (Some(Datum::Map(entries)), Some(lambda)) => Some((entries, *lambda)),
        _ => None,
    }
}

/// A member and its index, of which a lambda of one parameter takes only the first.
fn indexed(index: usize, member: &Datum) -> [Datum; 2] {
    [member.clone(), i32::try_from(index).map_or(Datum::Null, Datum::Integer)]
}

fn transform(_context: &Context, args: &[Datum], lambdas: &[Lambda<'_>], _returns: &DataType) -> Row {
    let Some((members, lambda)) = array(args, lambdas) else { return Ok(Datum::Null) };
    let made: Result<Vec<Datum>, SqlError> =
        members.iter().enumerate().map(|(index, member)| lambda(&indexed(index, member))).collect();
    Ok(Datum::Array(made?.into()))
}

fn filter(_context: &Context, args: &[Datum], lambdas: &[Lambda<'_>], _returns: &DataType) -> Row {
    let Some((members, lambda)) = array(args, lambdas) else { return Ok(Datum::Null) };
    let mut kept = Vec::new();
    for (index, member) in members.iter().enumerate() {
        if lambda(&indexed(index, member))? == Datum::Boolean(true) {
            kept.push(member.clone());
        }
    }
    Ok(Datum::Array(kept.into()))
}

/// Whether a condition has this value for some member; unknown where it is unknown for some.
fn some(members: &[Datum], lambda: Lambda<'_>, wanted: bool) -> Result<Option<bool>, SqlError> {
    let mut unknown = false;
    for member in members {
        match lambda(std::slice::from_ref(member))? {
            Datum::Boolean(found) if found == wanted => return Ok(Some(true)),
            Datum::Boolean(_) => {}
            _ => unknown = true,
        }
    }
    Ok(if unknown { None } else { Some(false) })
}

fn exists(_context: &Context, args: &[Datum], lambdas: &[Lambda<'_>], _returns: &DataType) -> Row {
    let Some((members, lambda)) = array(args, lambdas) else { return Ok(Datum::Null) };
    Ok(some(members, lambda, true)?.map_or(Datum::Null, Datum::Boolean))
}

fn forall(_context: &Context, args: &[Datum], lambdas: &[Lambda<'_>], _returns: &DataType) -> Row {
    let Some((members, lambda)) = array(args, lambdas) else { return Ok(Datum::Null) };
    Ok(some(members, lambda, false)?.map_or(Datum::Null, |found| Datum::Boolean(!found)))
}

fn aggregate(_context: &Context, args: &[Datum], lambdas: &[Lambda<'_>], _returns: &DataType) -> Row {
    let (Some((members, merge)), Some(zero)) = (array(args, lambdas), args.get(1)) else { return Ok(Datum::Null) };
    let mut state = zero.clone();
    for member in members {
        state = merge(&[state, member.clone()])?;
    }
    match lambdas.get(1) {
        Some(finish) => finish(&[state]),
        None => Ok(state),
    }
}

fn zip_with(_context: &Context, args: &[Datum], lambdas: &[Lambda<'_>], _returns: &DataType) -> Row {
    let (Some((left, lambda)), Some(Datum::Array(right))) = (array(args, lambdas), args.get(1)) else {
        return Ok(Datum::Null);
    };
    let at = |members: &[Datum], index: usize| members.get(index).cloned().unwrap_or(Datum::Null);
    let made: Result<Vec<Datum>, SqlError> =
        (0..left.len().max(right.len())).map(|index| lambda(&[at(left, index), at(right, index)])).collect();
    Ok(Datum::Array(made?.into()))
}

fn map_filter(_context: &Context, args: &[Datum], lambdas: &[Lambda<'_>], _returns: &DataType) -> Row {
    let Some((entries, lambda)) = map(args, lambdas) else { return Ok(Datum::Null) };
    let mut kept = Vec::new();
    for (key, value) in entries {
        if lambda(&[key.clone(), value.clone()])? == Datum::Boolean(true) {
            kept.push((key.clone(), value.clone()));
        }
    }
    Ok(Datum::Map(kept.into()))
}

fn transform_keys(_context: &Context, args: &[Datum], lambdas: &[Lambda<'_>], _returns: &DataType) -> Row {
    let Some((entries, lambda)) = map(args, lambdas) else { return Ok(Datum::Null) };
    let made: Result<Vec<_>, SqlError> =
        entries.iter().map(|(key, value)| Ok((lambda(&[key.clone(), value.clone()])?, value.clone()))).collect();
    map_of(made?)
}

fn transform_values(_context: &Context, args: &[Datum], lambdas: &[Lambda<'_>], _returns: &DataType) -> Row {
    let Some((entries, lambda)) = map(args, lambdas) else { return Ok(Datum::Null) };
    let made: Result<Vec<_>, SqlError> =
        entries.iter().map(|(key, value)| Ok((key.clone(), lambda(&[key.clone(), value.clone()])?))).collect();
    Ok(Datum::Map(made?.into()))
}

fn map_zip_with(_context: &Context, args: &[Datum], lambdas: &[Lambda<'_>], _returns: &DataType) -> Row {
    let (Some((left, lambda)), Some(Datum::Map(right))) = (map(args, lambdas), args.get(1)) else {
        return Ok(Datum::Null);
    };
    let made: Result<Vec<_>, SqlError> = keys_of_both(left, right)
        .into_iter()
        .map(|(key, left, right)| Ok((key.clone(), lambda(&[key, left, right])?)))
        .collect();
    Ok(Datum::Map(made?.into()))
}
