//! What the analyzer says of a call whose arguments don't go together: the words of [`signature`](super::signature), with
//! the arguments that were left out shown as Spark fills them in.

use super::{Function, signature};
use crate::sql::{DataType, Datum, SqlError, Typed, TypedKind};

/// The values that Spark fills in, for the last parameters, and how many parameters there are then.
fn defaults(name: &str) -> (&'static [&'static str], usize) {
    match name {
        "round" | "bround" => (&["0"], 2),
        "substring" => (&["2147483647"], 3),
        "regexp_extract" | "regexp_extract_all" => (&["1"], 3),
        "regexp_replace" => (&["1"], 4),
        "split" => (&["-1"], 3),
        "replace" => (&[""], 3),
        "mask" => (&["X", "x", "n", "NULL"], 5),
        _ => (&[], 0),
    }
}

/// The arguments of a call, and those filled in.
fn filled(function: &Function, args: &[Typed]) -> Vec<Typed> {
    let (defaults, parameters) = defaults(function.name);
    let missing = parameters.saturating_sub(args.len()).min(defaults.len());
    let fill = defaults[defaults.len() - missing..].iter().map(|text| Typed {
        kind: TypedKind::Literal(Datum::String((*text).into())),
        data_type: DataType::String,
        nullable: false,
    });
    args.iter().cloned().chain(fill).collect()
}

/// `DATATYPE_MISMATCH` of a kind, with what it says after the expression.
pub(super) fn mismatch(kind: &str, function: &'static Function, args: &[Typed], message: &str) -> SqlError {
    signature::mismatch(kind, function, &filled(function, args), message)
}

/// `DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE`: an argument that is none of the types wanted.
pub(super) fn unexpected(function: &'static Function, args: &[Typed], index: usize, wanted: &[&str]) -> SqlError {
    signature::unexpected_input(function, &filled(function, args), index, &signature::one_of(wanted))
}

/// How `DATATYPE_MISMATCH.DATA_DIFF_TYPES` shows the types: Spark's functions differ in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// `("INT" or "STRING")`.
    Or,
    /// `["INT", "STRING"]`.
    List,
}

/// `DATATYPE_MISMATCH.DATA_DIFF_TYPES`: arguments that have no common type.
pub(super) fn different_types(function: &'static Function, args: &[Typed], of: &[DataType], shown: Shown) -> SqlError {
    let quoted: Vec<String> = of.iter().map(|it| format!("\"{}\"", it.sql())).collect();
    let types = match shown {
        Shown::Or => format!("({})", quoted.join(" or ")),
        Shown::List => format!("[{}]", quoted.join(", ")),
    };
    let message = format!("Input to `{}` should all be the same type, but it's {types}.", function.name);
    mismatch("DATA_DIFF_TYPES", function, args, &message)
}
