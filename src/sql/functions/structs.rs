//! `struct` and `named_struct`.

use std::rc::Rc;

use crate::sql::{DataType, Datum, SqlError, StructField, Typed, TypedKind};

use super::accepts::{literal_text, nullable};
use super::arrays::name_of;
use super::refusals::mismatch;
use super::signature::wrong_count;
use super::{Function, Signature};

pub const FUNCTIONS: &[Function] = &[
    nullable("struct", &[], struct_signature, |_, args, _| Ok(Datum::Struct(args.into()))),
    nullable("named_struct", &[], named_signature, |_, args, _| {
        Ok(Datum::Struct(args.iter().skip(1).step_by(2).cloned().collect()))
    }),
];

fn field(name: Rc<str>, typed: &Typed) -> StructField {
    StructField { name, data_type: typed.data_type.clone(), nullable: typed.nullable }
}

fn struct_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    if args.is_empty() {
        return Err(wrong_count(function, "> 0", 0));
    }
    let name = |index: usize, arg: &Typed| name_of(arg).unwrap_or_else(|| format!("col{}", index + 1).into());
    let fields = args.iter().enumerate().map(|(index, arg)| field(name(index, arg), arg));
    Ok(Signature {
        returns: DataType::Struct(fields.collect()),
        arguments: args.iter().map(|arg| arg.data_type.clone()).collect(),
        nullable: false,
    })
}

/// The text of an expression of literals, where it is one that names a field.
pub(super) fn constant_text(typed: &Typed) -> Option<Rc<str>> {
    match &typed.kind {
        TypedKind::Call { function, args } if function.name == "concat" => {
            let texts: Option<Vec<Rc<str>>> = args.iter().map(constant_text).collect();
            Some(texts?.concat().into())
        }
        TypedKind::Cast { expr, .. } if typed.data_type == DataType::String => constant_text(expr),
        _ => literal_text(typed).map(Into::into),
    }
}

fn named_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    if args.is_empty() || args.len() % 2 == 1 {
        return Err(wrong_count(function, "2n (n > 0)", args.len()));
    }
    let names = || args.iter().step_by(2);
    if names().any(|name| constant_text(name).is_none()) {
        let wrong: Vec<String> =
            names().filter(|it| constant_text(it).is_none()).map(|it| format!("\"{it}\"")).collect();
        let wrong = wrong.join(", ");
        let text = format!(
            "Only foldable `STRING` expressions are allowed to appear at odd position, but they are [{wrong}]."
        );
        return Err(mismatch("CREATE_NAMED_STRUCT_WITHOUT_FOLDABLE_STRING", function, args, &text));
    }
    let fields = args.chunks_exact(2).filter_map(|pair| Some(field(constant_text(&pair[0])?, &pair[1])));
    Ok(Signature {
        returns: DataType::Struct(fields.collect()),
        arguments: args.iter().map(|arg| arg.data_type.clone()).collect(),
        nullable: false,
    })
}
