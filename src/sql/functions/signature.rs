//! What signatures are made of: how many arguments there are, and the refusals in Spark's words.

use super::{Function, Signature};
use crate::sql::{DataType, SqlError, Typed};

/// Types in the words of an error: `("INT" or "STRING")`, or one alone.
pub fn one_of(types: &[&str]) -> String {
    match types {
        [single] => format!("\"{single}\""),
        _ => format!("({})", types.iter().map(|it| format!("\"{it}\"")).collect::<Vec<_>>().join(" or ")),
    }
}

/// A `DATATYPE_MISMATCH` of this kind for a call of the function.
pub fn mismatch(kind: &str, function: &'static Function, args: &[Typed], what: &str) -> SqlError {
    let sql = crate::sql::typed::call_text(function.name, args);
    SqlError::analysis(
        &format!("DATATYPE_MISMATCH.{kind}"),
        format!("Cannot resolve \"{sql}\" due to data type mismatch: {what}"),
    )
}

/// An argument that has none of the types that it may have; `required` as [`one_of`] writes it.
pub fn unexpected_input(function: &'static Function, args: &[Typed], index: usize, required: &str) -> SqlError {
    let (text, data_type) = args.get(index).map_or_else(Default::default, |arg| (arg.to_string(), arg.data_type.sql()));
    let parameter = index + 1;
    let what =
        format!("Parameter {parameter} requires the {required} type, however \"{text}\" has the type \"{data_type}\".");
    mismatch("UNEXPECTED_INPUT_TYPE", function, args, &what)
}

/// Refuses a call with another number of arguments than one of these.
///
/// # Errors
/// `WRONG_NUM_ARGS.WITHOUT_SUGGESTION`.
pub fn arity(function: &Function, args: &[Typed], allowed: &[usize]) -> Result<(), SqlError> {
    if allowed.contains(&args.len()) {
        return Ok(());
    }
    let wanted = match allowed {
        [single] => single.to_string(),
        _ => format!("[{}]", allowed.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
    };
    Err(wrong_count(function, &wanted, args.len()))
}

/// A call with a wrong number of arguments; the right number as Spark says it: `2`, `[2, 3]`, `> 0`.
pub fn wrong_count(function: &Function, wanted: &str, given: usize) -> SqlError {
    SqlError::analysis(
        "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
        format!(
            "The `{}` requires {wanted} parameters but the actual number is {given}. Please, refer to \
             'https://spark.apache.org/docs/latest/sql-ref-functions.html' for a fix.",
            function.name
        ),
    )
}

/// A signature that gives null where an argument is null.
pub fn strict(args: &[Typed], arguments: Vec<DataType>, returns: DataType) -> Signature {
    Signature { arguments, returns, nullable: args.iter().any(|arg| arg.nullable) }
}
