//! Functions of arrays: made, searched, and changed member by member. Sets and order are in `arrays_sets`.

use std::rc::Rc;

use crate::sql::coerce::{wider_of_all, wider_type_without_strings};
use crate::sql::{Context, DataType, Datum, SqlError, StructField, Typed, TypedKind};

use super::accepts::{Accepts, nullable, settle_exactly, strict, takes};
use super::collections::{array_of, different, element, index_of_zero, null_type, unexpected_shape, unordered};
use super::refusals::{Shown, different_types, unexpected};
use super::signature::arity;
use super::{Function, Signature};

type Row = Result<Datum, SqlError>;

pub const FUNCTIONS: &[Function] = &[
    nullable("array", &[], array_signature, |_, args, _| Ok(Datum::Array(args.into()))),
    strict("array_contains", &[], contains_signature, array_contains),
    strict("array_position", &[], position_signature, |_, args, _| match args {
        [Datum::Array(members), value] => {
            let at = members.iter().position(|it| it == value).map_or(0, |it| it + 1);
            Ok(i64::try_from(at).map_or(Datum::Null, Datum::Long))
        }
        _ => Ok(Datum::Null),
    }),
    strict("array_remove", &[], value_signature, |_, args, _| match args {
        [Datum::Array(members), value] => Ok(Datum::Array(members.iter().filter(|it| *it != value).cloned().collect())),
        _ => Ok(Datum::Null),
    }),
    nullable("array_append", &[], value_signature, |_, args, _| match args {
        [Datum::Array(members), value] => Ok(Datum::Array(members.iter().chain([value]).cloned().collect())),
        _ => Ok(Datum::Null),
    }),
    nullable("array_prepend", &[], value_signature, |_, args, _| match args {
        [Datum::Array(members), value] => {
            Ok(Datum::Array([value].into_iter().chain(members.iter()).cloned().collect()))
        }
        _ => Ok(Datum::Null),
    }),
    nullable("array_insert", &[], insert_signature, array_insert),
    strict("array_compact", &[], compact_signature, |_, args, _| match args {
        [Datum::Array(members)] => Ok(Datum::Array(members.iter().filter(|it| !it.is_null()).cloned().collect())),
        _ => Ok(Datum::Null),
    }),
    nullable("array_repeat", &[], repeat_signature, array_repeat),
    strict("array_join", &[], takes!(Texts, Text; Text => String), array_join),
    strict("arrays_zip", &[], zip_signature, arrays_zip),
    strict("slice", &[], slice_signature, slice),
    strict("flatten", &[], flatten_signature, flatten),
];

fn array_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let types: Vec<DataType> = args.iter().map(|arg| arg.data_type.clone()).collect();
    let common = wider_of_all(&types).ok_or_else(|| different_types(function, args, &types, Shown::Or))?;
    let contains_null = args.iter().any(|arg| arg.nullable);
    Ok(Signature {
        arguments: vec![common.clone(); args.len()],
        returns: array_of(common, contains_null),
        nullable: false,
    })
}

/// The array and the value, cast to a type that both have.
fn same_type(function: &'static Function, args: &[Typed], at: usize) -> Result<(DataType, bool), SqlError> {
    let Some((of, contains_null)) = args.first().and_then(|it| element(&it.data_type)) else {
        return Err(unexpected(function, args, 0, &["ARRAY"]));
    };
    let common = args.get(at).and_then(|value| wider_type_without_strings(of, &value.data_type));
    let shown = || match args {
        [array, .., value] => [array.clone(), value.clone()],
        _ => [args[0].clone(), args[0].clone()],
    };
    common.map(|it| (it, contains_null)).ok_or_else(|| different(function, args, &shown(), false))
}

fn contains_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[2])?;
    if args.iter().any(|arg| arg.data_type == DataType::Null) {
        return Err(null_type(function, args));
    }
    let (common, contains_null) = same_type(function, args, 1)?;
    if !common.is_orderable() {
        return Err(unordered(function, args, &common));
    }
    let nullable = contains_null || args.iter().any(|arg| arg.nullable);
    let arguments = vec![array_of(common.clone(), contains_null), common];
    Ok(Signature { arguments, returns: DataType::Boolean, nullable })
}

fn array_contains(_context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    let [Datum::Array(members), value] = args else { return Ok(Datum::Null) };
    if members.contains(value) {
        return Ok(Datum::Boolean(true));
    }
    Ok(if members.contains(&Datum::Null) { Datum::Null } else { Datum::Boolean(false) })
}

fn position_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let signature = value_signature(function, args)?;
    let nullable = args.iter().any(|arg| arg.nullable);
    Ok(Signature { returns: DataType::Long, nullable, ..signature })
}

/// An array and a value of its elements' type, and an array of that type back.
fn value_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[2])?;
    let (common, contains_null) = same_type(function, args, 1)?;
    if matches!(function.name, "array_position" | "array_remove") && !common.is_orderable() {
        return Err(unordered(function, args, &common));
    }
    let adds = matches!(function.name, "array_append" | "array_prepend");
    let nullable = if adds { args[0].nullable } else { args.iter().any(|arg| arg.nullable) };
    Ok(Signature {
        arguments: vec![array_of(common.clone(), contains_null), common.clone()],
        returns: array_of(common, contains_null || (adds && args[1].nullable)),
        nullable,
    })
}

fn insert_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[3])?;
    if element(&args[0].data_type).is_none() {
        return Err(unexpected(function, args, 0, &["ARRAY"]));
    }
    if !matches!(args[1].data_type, DataType::Integer | DataType::Short | DataType::Byte) {
        return Err(unexpected(function, args, 1, &["INT"]));
    }
    let (common, contains_null) = same_type(function, args, 2)?;
    Ok(Signature {
        arguments: vec![array_of(common.clone(), contains_null), DataType::Integer, common.clone()],
        returns: array_of(common, true),
        nullable: args[0].nullable || args[1].nullable,
    })
}

/// The most members that an array may have: `ByteArrayMethods.MAX_ROUNDED_ARRAY_LENGTH`.
pub(super) const MOST_MEMBERS: u64 = 2_147_483_632;

/// Refuses an array of more members than Spark makes.
pub(super) fn too_long(members: u64) -> SqlError {
    let text = format!(
        "Unsuccessful try to create array with {members} elements due to exceeding the array size limit {MOST_MEMBERS}."
    );
    SqlError::new("SparkRuntimeException", None, text)
}

fn array_insert(_context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    let [Datum::Array(members), Datum::Integer(position), value] = args else { return Ok(Datum::Null) };
    let distance = usize::try_from(position.unsigned_abs()).unwrap_or(usize::MAX);
    let length = members.len();
    let most = usize::try_from(MOST_MEMBERS).unwrap_or(usize::MAX);
    if distance > most {
        return Err(too_long(position.unsigned_abs().into()));
    }
    let nulls = |count: usize| std::iter::repeat_n(Datum::Null, count);
    let given = || members.iter().cloned();
    Ok(Datum::Array(match position {
        0 => return Err(index_of_zero()),
        ..=-1 if distance > length + 1 => {
            [value.clone()].into_iter().chain(nulls(distance - length - 1)).chain(given()).collect()
        }
        _ => {
            let at = if *position > 0 { distance - 1 } else { length + 1 - distance };
            let before = given().take(at).chain(nulls(at.saturating_sub(length)));
            before.chain([value.clone()]).chain(given().skip(at)).collect()
        }
    }))
}

fn compact_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let settled = settle_exactly(function, args, &[Accepts::Elements], &[])?;
    let Some((of, _)) = element(&args[0].data_type) else { return Ok(settled.gives_first()) };
    Ok(settled.gives(array_of(of.clone(), false)))
}

fn repeat_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let settled = settle_exactly(function, args, &[Accepts::Any, Accepts::Int], &[])?;
    let mut signature = settled.gives(array_of(args[0].data_type.clone(), args[0].nullable));
    signature.nullable = args[1].nullable;
    Ok(signature)
}

fn array_repeat(_context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    let [value, Datum::Integer(count)] = args else { return Ok(Datum::Null) };
    let count = u32::try_from(*count).unwrap_or(0);
    if u64::from(count) > MOST_MEMBERS {
        return Err(too_long(count.into()));
    }
    Ok(Datum::Array((0..count).map(|_| value.clone()).collect()))
}

fn array_join(_context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    let [Datum::Array(members), Datum::String(between), ..] = args else { return Ok(Datum::Null) };
    let texts: Vec<&str> = members
        .iter()
        .filter_map(|member| match (member, args.get(2)) {
            (Datum::String(text), _) | (Datum::Null, Some(Datum::String(text))) => Some(&**text),
            _ => None,
        })
        .collect();
    Ok(Datum::String(texts.join(between).into()))
}

/// The name that an expression gives to the field made of it.
pub(super) fn name_of(typed: &Typed) -> Option<Rc<str>> {
    match &typed.kind {
        TypedKind::Attribute { name, .. } => Some(name.clone()),
        TypedKind::Field { expr, index } => {
            let fields = match &expr.data_type {
                DataType::Struct(fields) => fields,
                DataType::Array { element, .. } => match &**element {
                    DataType::Struct(fields) => fields,
                    _ => return None,
                },
                _ => return None,
            };
            fields.get(*index).map(|field| field.name.clone())
        }
        _ => None,
    }
}

fn zip_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let mut fields = Vec::with_capacity(args.len());
    for (index, arg) in args.iter().enumerate() {
        let (of, _) = element(&arg.data_type).ok_or_else(|| unexpected(function, args, index, &["ARRAY"]))?;
        let name = name_of(arg).unwrap_or_else(|| index.to_string().into());
        fields.push(StructField { name, data_type: of.clone(), nullable: true });
    }
    Ok(Signature {
        arguments: args.iter().map(|arg| arg.data_type.clone()).collect(),
        returns: array_of(DataType::Struct(fields.into()), false),
        nullable: args.iter().any(|arg| arg.nullable),
    })
}

fn arrays_zip(_context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    let arrays = args.iter().map(|arg| match arg {
        Datum::Array(members) => &members[..],
        _ => &[],
    });
    let arrays: Vec<&[Datum]> = arrays.collect();
    let rows = arrays.iter().map(|members| members.len()).max().unwrap_or(0);
    let row = |at: usize| {
        Datum::Struct(arrays.iter().map(|members| members.get(at).cloned().unwrap_or(Datum::Null)).collect())
    };
    Ok(Datum::Array((0..rows).map(row).collect()))
}

fn slice_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[3])?;
    if element(&args[0].data_type).is_none() {
        return Err(unexpected(function, args, 0, &["ARRAY"]));
    }
    let settled = super::accepts::settle(function, args, &[Accepts::Elements, Accepts::Int, Accepts::Int], &[])?;
    Ok(settled.gives_first())
}

fn slice(_context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    let [Datum::Array(members), Datum::Integer(start), Datum::Integer(length)] = args else { return Ok(Datum::Null) };
    let refuse = |text: &str| Err(SqlError::new("SparkRuntimeException", None, text));
    if *start == 0 {
        return refuse("Unexpected value for start in function slice: SQL array indices start at 1.");
    }
    let Ok(length) = usize::try_from(*length) else {
        let text = "Unexpected value for length in function slice: length must be greater than or equal to 0.";
        return refuse(text);
    };
    let distance = usize::try_from(start.unsigned_abs()).unwrap_or(usize::MAX);
    let from = if *start > 0 { Some(distance - 1) } else { members.len().checked_sub(distance) };
    let taken = from.map_or(&[][..], |from| members.get(from..).unwrap_or(&[]));
    Ok(Datum::Array(taken.iter().take(length).cloned().collect()))
}

fn flatten_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[1])?;
    let outer = element(&args[0].data_type).and_then(|(of, contains_null)| Some((element(of)?, contains_null)));
    let Some(((of, inner_null), contains_null)) = outer else {
        return Err(unexpected_shape(function, args, 0, "\"ARRAY\" of \"ARRAY\""));
    };
    Ok(Signature {
        arguments: vec![args[0].data_type.clone()],
        returns: array_of(of.clone(), inner_null),
        nullable: args[0].nullable || contains_null,
    })
}

fn flatten(_context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    let [Datum::Array(arrays)] = args else { return Ok(Datum::Null) };
    let mut made = Vec::new();
    for array in arrays.iter() {
        let Datum::Array(members) = array else { return Ok(Datum::Null) };
        made.extend(members.iter().cloned());
    }
    Ok(Datum::Array(made.into()))
}
