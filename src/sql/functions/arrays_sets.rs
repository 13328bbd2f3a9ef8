//! Arrays as sets, and in order.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use crate::sql::coerce::wider_type_without_strings;
use crate::sql::{Context, DataType, Datum, SqlError, Typed, TypedKind};

use super::accepts::{Accepts, settle_exactly, strict};
use super::collections::{array_of, different_arrays, element, unordered};
use super::refusals::unexpected;
use super::signature::arity;
use super::{Evaluation, Function, Lambda, Signature};

type Row = Result<Datum, SqlError>;

pub const FUNCTIONS: &[Function] = &[
    strict("array_distinct", &[], ordered_signature, |_, args, _| {
        Ok(members(args, 0).map_or(Datum::Null, |it| collected(&Set::from_iter(it.iter().map(Key)))))
    }),
    strict("array_union", &[], sets_signature, |_, args, _| {
        Ok(both(args)
            .map_or(Datum::Null, |(left, right)| collected(&Set::from_iter(left.iter().chain(right).map(Key)))))
    }),
    strict("array_intersect", &[], sets_signature, |_, args, _| {
        Ok(both(args).map_or(Datum::Null, |(left, right)| {
            let right: Set<'_> = right.iter().map(Key).collect();
            collected(&Set::from_iter(left.iter().map(Key).filter(|it| right.contains(it))))
        }))
    }),
    strict("array_except", &[], sets_signature, |_, args, _| {
        Ok(both(args).map_or(Datum::Null, |(left, right)| {
            let right: Set<'_> = right.iter().map(Key).collect();
            collected(&Set::from_iter(left.iter().map(Key).filter(|it| !right.contains(it))))
        }))
    }),
    strict("arrays_overlap", &[], sets_signature, arrays_overlap),
    strict("array_max", &[], best_signature, |_, args, _| Ok(present(args).max().cloned().unwrap_or(Datum::Null))),
    strict("array_min", &[], best_signature, |_, args, _| Ok(present(args).min().cloned().unwrap_or(Datum::Null))),
    strict("sort_array", &[], sort_signature, sort_array),
    Function {
        name: "array_sort",
        aliases: &[],
        signature: array_sort_signature,
        evaluation: Evaluation::HigherOrder(array_sort),
    },
];

/// A member as sets tell it from others: negative zero is not zero there.
struct Key<'a>(&'a Datum);

type Set<'a> = IndexSet<Key<'a>, FxBuildHasher>;

impl Hash for Key<'_> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.0.hash(hasher);
    }
}

impl PartialEq for Key<'_> {
    fn eq(&self, other: &Self) -> bool {
        let sign = |datum: &Datum| match datum {
            Datum::Double(number) => *number == 0.0 && number.is_sign_negative(),
            Datum::Float(number) => *number == 0.0 && number.is_sign_negative(),
            _ => false,
        };
        self.0 == other.0 && sign(self.0) == sign(other.0)
    }
}

impl Eq for Key<'_> {}

fn collected(set: &Set<'_>) -> Datum {
    Datum::Array(set.iter().map(|it| it.0.clone()).collect())
}

fn members(args: &[Datum], index: usize) -> Option<&[Datum]> {
    match args.get(index) {
        Some(Datum::Array(members)) => Some(members),
        _ => None,
    }
}

fn both(args: &[Datum]) -> Option<(&[Datum], &[Datum])> {
    members(args, 0).zip(members(args, 1))
}

/// The members that are there.
fn present(args: &[Datum]) -> impl Iterator<Item = &Datum> {
    members(args, 0).unwrap_or(&[]).iter().filter(|it| !it.is_null())
}

fn arrays_overlap(_context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    let Some((left, right)) = both(args) else { return Ok(Datum::Null) };
    if left.iter().any(|it| !it.is_null() && right.contains(it)) {
        return Ok(Datum::Boolean(true));
    }
    let unknown = !left.is_empty() && !right.is_empty() && left.iter().chain(right).any(Datum::is_null);
    Ok(if unknown { Datum::Null } else { Datum::Boolean(false) })
}

/// An array whose elements have an order.
fn ordered(function: &'static Function, args: &[Typed]) -> Result<(DataType, bool), SqlError> {
    let Some((of, contains_null)) = args.first().and_then(|it| element(&it.data_type)) else {
        return Err(unexpected(function, args, 0, &["ARRAY"]));
    };
    if !of.is_orderable() {
        return Err(unordered(function, args, of));
    }
    Ok((of.clone(), contains_null))
}

fn ordered_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[1])?;
    ordered(function, args)?;
    Ok(settle_exactly(function, args, &[Accepts::Elements], &[])?.gives_first())
}

fn best_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[1])?;
    let (of, _) = ordered(function, args)?;
    Ok(settle_exactly(function, args, &[Accepts::Elements], &[])?.gives(of).or_null())
}

fn sets_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[2])?;
    let types = element(&args[0].data_type).zip(element(&args[1].data_type));
    let Some(((left, left_null), (right, right_null))) = types else {
        return Err(different_arrays(function, args));
    };
    let common = wider_type_without_strings(left, right).ok_or_else(|| different_arrays(function, args))?;
    if !common.is_orderable() {
        return Err(unordered(function, args, &common));
    }
    let nullable = args.iter().any(|arg| arg.nullable);
    let (returns, nullable) = match function.name {
        "array_union" => (array_of(common.clone(), left_null || right_null), nullable),
        "array_intersect" => (array_of(common.clone(), left_null && right_null), nullable),
        "array_except" => (array_of(common.clone(), left_null), nullable),
        _ => (DataType::Boolean, nullable || left_null || right_null),
    };
    Ok(Signature {
        arguments: vec![array_of(common.clone(), left_null), array_of(common, right_null)],
        returns,
        nullable,
    })
}

fn sort_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[1, 2])?;
    let ascending =
        Typed { kind: TypedKind::Literal(Datum::Boolean(true)), data_type: DataType::Boolean, nullable: false };
    let shown: Vec<Typed> = args.iter().cloned().chain([ascending]).take(2).collect();
    ordered(function, &shown).map_err(|error| match element(&args[0].data_type) {
        Some(_) => unordered(function, &shown, &args[0].data_type),
        None => error,
    })?;
    if !matches!(&shown[1].kind, TypedKind::Literal(Datum::Boolean(_))) {
        return Err(unexpected(function, &shown, 1, &["BOOLEAN"]));
    }
    let arguments = args.iter().map(|arg| arg.data_type.clone()).collect();
    Ok(Signature { arguments, returns: args[0].data_type.clone(), nullable: args[0].nullable })
}

fn sort_array(_context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    let Some(members) = members(args, 0) else { return Ok(Datum::Null) };
    let mut sorted = members.to_vec();
    match args.get(1) {
        Some(Datum::Boolean(false)) => sorted.sort_by(|left, right| right.cmp(left)),
        _ => sorted.sort(),
    }
    Ok(Datum::Array(sorted.into()))
}

fn array_sort_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[1, 2])?;
    let nullable = args[0].nullable;
    let arguments: Vec<DataType> = args.iter().map(|arg| arg.data_type.clone()).collect();
    if args.len() == 1 {
        ordered(function, args)?;
    } else if element(&args[0].data_type).is_none() {
        return Err(unexpected(function, args, 0, &["ARRAY"]));
    } else if args[1].data_type != DataType::Integer {
        let text = format!(
            "The `lambdafunction` requires return \"INT\" type, but the actual is \"{}\" type.",
            args[1].data_type.sql()
        );
        return Err(super::refusals::mismatch("UNEXPECTED_RETURN_TYPE", function, args, &text));
    }
    Ok(Signature { returns: arguments[0].clone(), arguments, nullable })
}

/// Ascending with nulls last, or by a comparator.
fn array_sort(_context: &Context, args: &[Datum], lambdas: &[Lambda<'_>], _returns: &DataType) -> Row {
    let Some(members) = members(args, 0) else { return Ok(Datum::Null) };
    let mut sorted = members.to_vec();
    let Some(compare) = lambdas.first() else {
        sorted.sort_by(|left, right| (left.is_null(), left).cmp(&(right.is_null(), right)));
        return Ok(Datum::Array(sorted.into()));
    };
    merge_sort(&mut sorted, &|left, right| match compare(&[left.clone(), right.clone()])? {
        Datum::Integer(order) => Ok(order > 0),
        _ => {
            let text = |datum: &Datum| crate::sql::text::value_text(datum, chrono_tz::Tz::UTC);
            let text = format!(
                "The comparator has returned a NULL for a comparison between {} and {}. It should return a positive \
                 integer for \"greater than\", 0 for \"equal\" and a negative integer for \"less than\". To revert to \
                 deprecated behavior where NULL is treated as 0 (equal), you must set \
                 \"spark.sql.legacy.allowNullComparisonResultInArraySort\" to \"true\".",
                text(left),
                text(right)
            );
            Err(SqlError::new("SparkRuntimeException", Some("COMPARATOR_RETURNS_NULL"), text))
        }
    })?;
    Ok(Datum::Array(sorted.into()))
}

/// Sorts so that equal members keep their order, by a comparator that may fail and may contradict itself.
fn merge_sort(
    members: &mut [Datum],
    greater: &dyn Fn(&Datum, &Datum) -> Result<bool, SqlError>,
) -> Result<(), SqlError> {
    if members.len() < 2 {
        return Ok(());
    }
    let middle = members.len() / 2;
    merge_sort(&mut members[..middle], greater)?;
    merge_sort(&mut members[middle..], greater)?;
    let (left, right): (Rc<[Datum]>, Rc<[Datum]>) = (members[..middle].into(), members[middle..].into());
    let (mut here, mut there) = (0, 0);
    for place in members {
        let from_right = match (left.get(here), right.get(there)) {
            (Some(left), Some(right)) => greater(left, right)?,
            (None, _) => true,
            (_, None) => false,
        };
        let (side, at) = if from_right { (&right, &mut there) } else { (&left, &mut here) };
        if let Some(next) = side.get(*at) {
            *place = next.clone();
        }
        *at += 1;
    }
    Ok(())
}
