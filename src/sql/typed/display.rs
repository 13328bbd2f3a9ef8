//! Analyzed expressions as text: Spark's `toPrettySQL`, in which errors speak of them.

use std::fmt::{self, Display, Formatter};

use crate::sql::functions::Function;
use crate::sql::text::{list_text, literal_text};
use crate::sql::{DataType, Typed, TypedKind};

impl Display for Typed {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            TypedKind::Attribute { name, .. } => out.write_str(name),
            TypedKind::Literal(value) => out.write_str(&literal_text(value, &self.data_type)),
            TypedKind::Cast { expr, try_cast } => {
                let name = if *try_cast { "TRY_CAST" } else { "CAST" };
                write!(out, "{name}({expr} AS {})", self.data_type.sql())
            }
            TypedKind::Call { function, args } => out.write_str(&call_text(function.name, &as_written(function, args))),
            TypedKind::Aggregate { function, args, distinct, filter } => {
                let distinct = if *distinct { "DISTINCT " } else { "" };
                write!(out, "{}({distinct}{})", function.name, list_text(args))?;
                filter.as_ref().map_or(Ok(()), |filter| write!(out, " FILTER (WHERE {filter})"))
            }
            TypedKind::Case { branches, otherwise } => {
                out.write_str("CASE")?;
                for (when, then) in branches {
                    write!(out, " WHEN {when} THEN {then}")?;
                }
                if let Some(otherwise) = otherwise {
                    write!(out, " ELSE {otherwise}")?;
                }
                out.write_str(" END")
            }
            TypedKind::Field { expr, index } => {
                let fields = match &expr.data_type {
                    DataType::Struct(fields) => Some(fields),
                    DataType::Array { element, .. } => match &**element {
                        DataType::Struct(fields) => Some(fields),
                        _ => None,
                    },
                    _ => None,
                };
                let name = fields.and_then(|fields| fields.get(*index)).map_or("", |field| &field.name);
                write!(out, "{expr}.{name}")
            }
            TypedKind::Lambda { parameters, body } => {
                let shown = body.transform(&mut |typed| match &typed.kind {
                    TypedKind::Attribute { id, .. } if parameters.contains(id) => {
                        let name = "namedlambdavariable()".into();
                        Some(Typed { kind: TypedKind::Attribute { id: *id, name }, ..typed.clone() })
                    }
                    _ => None,
                });
                write!(out, "lambdafunction({shown}{})", ", namedlambdavariable()".repeat(parameters.len()))
            }
            TypedKind::UserCall { function, args } => write!(out, "{}({})", function.name, list_text(args)),
            TypedKind::Over { expr, .. } => write!(out, "{expr} OVER ()"),
        }
    }
}

/// The arguments without the casts that the function asked for, which Spark doesn't show.
fn as_written(function: &'static Function, args: &[Typed]) -> Vec<Typed> {
    let bare: Vec<Typed> = args
        .iter()
        .map(|arg| match &arg.kind {
            TypedKind::Cast { expr, try_cast: false } => (**expr).clone(),
            _ => arg.clone(),
        })
        .collect();
    let wanted = if bare == args { Vec::new() } else { asked(function, &bare) };
    let written = bare.into_iter().zip(args).enumerate();
    written
        .map(|(index, (bare, arg))| if wanted.get(index) == Some(&arg.data_type) { bare } else { arg.clone() })
        .collect()
}

fn asked(function: &'static Function, args: &[Typed]) -> Vec<DataType> {
    (function.signature)(function, args).map(|signature| signature.arguments).unwrap_or_default()
}

/// A call as SQL writes it: operators between or before their operands.
pub(crate) fn call_text(name: &str, args: &[Typed]) -> String {
    match (name, args) {
        ("isnull", [value]) => format!("({value} IS NULL)"),
        ("isnotnull", [value]) => format!("({value} IS NOT NULL)"),
        ("not", [value]) => format!("(NOT {value})"),
        ("negative", [value]) => format!("(- {value})"),
        ("positive", [value]) => format!("(+ {value})"),
        ("~", [value]) => format!("~{value}"),
        ("in", [value, list @ ..]) => format!("({value} IN ({}))", list_text(list)),
        ("like", [left, right, ..]) => format!("{left} LIKE {right}"),
        ("ilike", [left, right, ..]) => format!("ilike({left}, {right})"),
        ("rlike", _) => format!("RLIKE({})", list_text(args)),
        ("and" | "or", [left, right]) => format!("({left} {} {right})", name.to_uppercase()),
        ("<>", [left, right]) => format!("(NOT ({left} = {right}))"),
        (
            "+" | "-" | "*" | "/" | "%" | "div" | "&" | "|" | "^" | "=" | "<=>" | "<" | "<=" | ">" | ">=",
            [left, right],
        ) => format!("({left} {name} {right})"),
        ("sqrt", _) => format!("SQRT({})", list_text(args)),
        ("if", _) => format!("(IF({}))", list_text(args)),
        _ => format!("{name}({})", list_text(args)),
    }
}

/// A call of a function by its name.
pub(crate) fn call_text_of(name: &str, args: &[&Typed]) -> String {
    let args: Vec<_> = args.iter().map(ToString::to_string).collect();
    format!("{name}({})", args.join(", "))
}
