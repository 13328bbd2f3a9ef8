//! SQL text to plans and expressions as written, by `sqlparser`.
//!
//! The text goes through four steps. [`tokens`] prepares what `sqlparser`'s tokenizer makes of it, and [`depth`] refuses
//! what would be too deep. `sqlparser` parses the tokens in Spark's dialect ([`dialect`], [`primary`]). The conversion
//! of its tree ([`expression`], [`function`], [`query`] and their like) does what Spark's `AstBuilder` does. Refusals
//! show the place as Spark's do ([`source`]).

mod depth;
mod dialect;
mod expression;
mod function;
mod grouping;
mod interval;
mod literal;
mod primary;
mod query;
mod relation;
mod source;
mod subquery;
#[cfg(test)]
mod tests;
mod tokens;

use self::dialect::SparkDialect;
use self::expression::Converter;
use self::source::Source;
use super::{Expr, Plan, SqlError};

/// The words that other statements than queries begin with.
const STATEMENTS: &[&str] = &[
    "add", "alter", "analyze", "cache", "clear", "comment", "create", "delete", "desc", "describe", "drop", "explain",
    "export", "import", "insert", "list", "load", "lock", "merge", "msck", "refresh", "repair", "replace", "reset",
    "revoke", "set", "show", "truncate", "uncache", "unlock", "update", "use",
];

/// Reads one expression, as `expr`, `selectExpr` and `filter` take it; it may have an alias.
///
/// # Errors
/// A `ParseException` with Spark's condition (`PARSE_SYNTAX_ERROR`) and the place.
pub fn parse_expression(text: &str) -> Result<Expr, SqlError> {
    let source = Source::new(text);
    let item = source.read(&SparkDialect, |parser| parser.parse_select_item())?;
    Converter::new(&source).item(&item)
}

/// Reads one query, as `spark.sql` takes it.
///
/// # Errors
/// A `ParseException` with Spark's condition and the place; statements that are no queries are refused too.
pub fn parse_query(text: &str) -> Result<Plan, SqlError> {
    let source = Source::new(text);
    let first: String = text.trim_start().chars().take_while(char::is_ascii_alphabetic).collect();
    if STATEMENTS.contains(&first.to_lowercase().as_str()) {
        let message = format!("Only queries can be run here: {} is a statement of another kind.", first.to_uppercase());
        return Err(SqlError::new("UnsupportedOperationException", None, message));
    }
    let query = source.read(&SparkDialect, |parser| parser.parse_query())?;
    Converter::new(&source).query(&query)
}
