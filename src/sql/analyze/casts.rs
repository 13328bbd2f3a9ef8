//! Casts, written out where types differ.

use std::rc::Rc;

use crate::sql::cast::{can_cast, can_try_cast};
use crate::sql::functions::{Function, Signature};
use crate::sql::{DataType, Datum, Expr, SqlError, Typed, TypedKind, coerce};

use super::errors;
use super::typing::Typer;

/// The expression as this type: itself where it has it already. A null literal is one of the type.
pub(super) fn cast(typed: Typed, to: &DataType) -> Typed {
    if typed.data_type == *to {
        return typed;
    }
    if matches!(typed.kind, TypedKind::Literal(Datum::Null)) {
        return Typed::literal(Datum::Null, to.clone());
    }
    if typed.data_type.same_type(to) && !narrows(&typed.data_type, to) {
        return Typed { data_type: to.clone(), ..typed };
    }
    let nullable = typed.nullable || coerce::force_nullable(&typed.data_type, to);
    Typed { kind: TypedKind::Cast { expr: Rc::new(typed), try_cast: false }, data_type: to.clone(), nullable }
}

/// Whether something that may be null in one type may not be in another of the same shape.
fn narrows(from: &DataType, to: &DataType) -> bool {
    match (from, to) {
        (DataType::Array { element, contains_null }, DataType::Array { element: other, contains_null: other_null }) => {
            (*contains_null && !other_null) || narrows(element, other)
        }
        (
            DataType::Map { key, value, value_contains_null },
            DataType::Map { key: other_key, value: other_value, value_contains_null: other_null },
        ) => (*value_contains_null && !other_null) || narrows(key, other_key) || narrows(value, other_value),
        (DataType::Struct(fields), DataType::Struct(others)) => fields
            .iter()
            .zip(others.iter())
            .any(|(field, other)| (field.nullable && !other.nullable) || narrows(&field.data_type, &other.data_type)),
        _ => false,
    }
}

/// A call with its arguments cast to the types that the function asked for.
pub(super) fn call(function: &'static Function, args: Vec<Typed>) -> Result<Typed, SqlError> {
    let Signature { arguments, returns, nullable } = (function.signature)(function, &args)?;
    let mut made_null = false;
    let mut wanted = arguments.into_iter();
    let args = args
        .into_iter()
        .map(|arg| match wanted.next() {
            Some(to) if !matches!(arg.kind, TypedKind::Lambda { .. }) => {
                let before = arg.nullable;
                let cast = cast(arg, &to);
                made_null |= cast.nullable && !before;
                cast
            }
            _ => arg,
        })
        .collect();
    let keeps = matches!(function.name, "coalesce" | "isnull" | "isnotnull" | "<=>" | "nvl" | "ifnull" | "concat_ws");
    let nullable = nullable || (made_null && !keeps);
    Ok(Typed { kind: TypedKind::Call { function, args }, data_type: returns, nullable })
}

impl Typer<'_> {
    /// `CAST(x AS t)` as it was written.
    pub(super) fn explicit_cast(
        &self,
        expr: &Expr,
        typed: Typed,
        to: &DataType,
        try_cast: bool,
    ) -> Result<Typed, SqlError> {
        let allowed = if try_cast { can_try_cast(&typed.data_type, to) } else { can_cast(&typed.data_type, to) };
        if !allowed {
            let what = format!("cannot cast \"{}\" to \"{}\".", typed.data_type.sql(), to.sql());
            return Err(errors::mismatch("CAST_WITHOUT_SUGGESTION", &self.pretty(expr).to_string(), what));
        }
        if try_cast && typed.data_type != *to {
            let kind = TypedKind::Cast { expr: Rc::new(typed), try_cast };
            return Ok(Typed { kind, data_type: to.clone(), nullable: true });
        }
        Ok(cast(typed, to))
    }
}
