//! The refusals of the analyzer, in Spark's words.

use std::rc::Rc;

use crate::sql::{Attribute, AttributeId, DataType, SqlError};

/// `` `a`.`b` ``.
pub(super) fn quoted<T: AsRef<str>>(parts: &[T]) -> String {
    let quote = |part: &T| format!("`{}`", part.as_ref().replace('`', "``"));
    parts.iter().map(quote).collect::<Vec<_>>().join(".")
}

/// A part of a name as Spark writes it where it needs no quotes.
fn plain(part: &str) -> String {
    let word = |it: char| it.is_ascii_alphanumeric() || it == '_';
    if !part.is_empty() && part.chars().all(word) && !part.chars().all(|it| it.is_ascii_digit()) {
        part.into()
    } else {
        quoted(&[part])
    }
}

/// The columns whose names come nearest, nearest first: `orderSuggestedIdentifiersBySimilarity`.
fn suggestions(parts: &[Rc<str>], columns: &[Attribute]) -> Vec<String> {
    let mut columns: Vec<&Attribute> = columns.iter().collect();
    columns.sort_by(|left, right| (&left.name, left.id).cmp(&(&right.name, right.id)));
    columns.dedup_by_key(|it| it.id);
    let mut names: Vec<Vec<Rc<str>>> =
        columns.into_iter().map(|it| it.qualifiers.iter().cloned().chain([it.name.clone()]).collect()).collect();
    let same = |names: &[Vec<Rc<str>>], last: usize| {
        names.windows(2).all(|pair| {
            let head = |it: &Vec<Rc<str>>| it[..it.len().saturating_sub(last)].to_vec();
            head(&pair[0]) == head(&pair[1])
        })
    };
    let keep = if parts.len() == 1 && same(&names, 1) {
        1
    } else if parts.len() <= 2 && same(&names, 2) {
        2
    } else {
        usize::MAX
    };
    for name in &mut names {
        let cut = name.len().saturating_sub(keep);
        name.drain(..cut);
    }
    let written = parts.iter().map(|part| plain(part)).collect::<Vec<_>>().join(".");
    let mut found: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    found.sort_by_key(|name| strsim::levenshtein(name, &written));
    found.truncate(5);
    found
}

/// A name that is no column.
pub(super) fn unresolved_column(parts: &[Rc<str>], columns: &[Attribute]) -> SqlError {
    unresolved("UNRESOLVED_COLUMN", "A column or function parameter with name", parts, columns)
}

fn unresolved(condition: &str, what: &str, parts: &[Rc<str>], columns: &[Attribute]) -> SqlError {
    let name = quoted(parts);
    let found = suggestions(parts, columns);
    if found.is_empty() {
        let condition = format!("{condition}.WITHOUT_SUGGESTION");
        return SqlError::analysis(&condition, format!("{what} {name} cannot be resolved. "));
    }
    let text = format!("{what} {name} cannot be resolved. Did you mean one of the following? [{}].", found.join(", "));
    SqlError::analysis(&format!("{condition}.WITH_SUGGESTION"), text)
}

/// A column by its identity that the input doesn't have.
pub(super) fn missing_attribute(name: &str, id: AttributeId, columns: &[Attribute], operator: &str) -> SqlError {
    let operator = format!("!{operator} [{name}#{}]", id.0);
    let input = columns.iter().map(|it| format!("\"{}\"", it.name)).collect::<Vec<_>>().join(", ");
    if columns.iter().any(|it| it.name.eq_ignore_ascii_case(name)) {
        return SqlError::analysis(
            "MISSING_ATTRIBUTES.RESOLVED_ATTRIBUTE_APPEAR_IN_OPERATION",
            format!(
                "Resolved attribute(s) \"{name}\" missing from {input} in operator {operator}. Attribute(s) with the \
                 same name appear in the operation: \"{name}\".\nPlease check if the right attribute(s) are used."
            ),
        );
    }
    SqlError::analysis(
        "MISSING_ATTRIBUTES.RESOLVED_ATTRIBUTE_MISSING_FROM_INPUT",
        format!("Resolved attribute(s) \"{name}\" missing from {input} in operator {operator}. "),
    )
}

/// A name of several columns.
pub(super) fn ambiguous(parts: &[Rc<str>], found: &[&Attribute]) -> SqlError {
    let whole = |it: &&Attribute| {
        let parts: Vec<Rc<str>> = it.qualifiers.iter().cloned().chain([it.name.clone()]).collect();
        quoted(&parts)
    };
    let names = found.iter().map(whole).collect::<Vec<_>>().join(", ");
    let text = format!("Reference {} is ambiguous, could be: [{names}].", quoted(parts));
    SqlError::analysis("AMBIGUOUS_REFERENCE", text)
}

/// `t.*` of nothing.
pub(super) fn unresolved_star(target: &[Rc<str>], columns: &[Attribute]) -> SqlError {
    let names = columns.iter().map(|it| quoted(&[&*it.name])).collect::<Vec<_>>().join(", ");
    SqlError::analysis(
        "CANNOT_RESOLVE_STAR_EXPAND",
        format!(
            "Cannot resolve {}.* given input columns {names}. Please check that the specified table or struct exists \
             and is accessible in the input columns.",
            quoted(target)
        ),
    )
}

/// A name of no table.
pub(super) fn table_not_found(name: &[Rc<str>]) -> SqlError {
    SqlError::analysis(
        "TABLE_OR_VIEW_NOT_FOUND",
        format!(
            "The table or view {} cannot be found. Verify the spelling and correctness of the schema and catalog.\nIf \
             you did not qualify the name with a schema, verify the current_schema() output, or qualify the name with \
             the correct schema and catalog.\nTo tolerate the error on drop use DROP VIEW IF EXISTS or DROP TABLE IF \
             EXISTS.",
            quoted(name)
        ),
    )
}

/// A name of no function.
pub(super) fn unresolved_routine(name: &str) -> SqlError {
    let path = "[`system`.`builtin`, `system`.`session`, `spark_catalog`.`default`]";
    let text = format!("Cannot resolve function {} on search path {path}.", quoted(&[name]));
    SqlError::analysis("UNRESOLVED_ROUTINE", text)
}

/// A `DATATYPE_MISMATCH` of an expression.
pub(super) fn mismatch(kind: &str, sql: &str, what: impl AsRef<str>) -> SqlError {
    SqlError::analysis(
        &format!("DATATYPE_MISMATCH.{kind}"),
        format!("Cannot resolve \"{sql}\" due to data type mismatch: {}", what.as_ref()),
    )
}

/// A parameter of a type that it must not have.
pub(super) fn wrong_input(sql: &str, index: usize, required: &str, input: &str, actual: &DataType) -> SqlError {
    let what = format!(
        "Parameter {index} requires the {required} type, however \"{input}\" has the type \"{}\".",
        actual.sql()
    );
    mismatch("UNEXPECTED_INPUT_TYPE", sql, what)
}

/// An expression that depends on a column that is not grouped by.
pub(super) fn missing_aggregation(sql: &str) -> SqlError {
    SqlError::analysis(
        "MISSING_AGGREGATION",
        format!(
            "The non-aggregating expression \"{sql}\" is based on columns which are not participating in the GROUP BY \
             clause.\nAdd the columns or the expression to the GROUP BY, aggregate the expression, or use \
             \"any_value({sql})\" if you do not care which of the values within a group is returned."
        ),
    )
}

/// Columns beside aggregates with no `GROUP BY`.
pub(super) fn missing_group_by() -> SqlError {
    SqlError::analysis(
        "MISSING_GROUP_BY",
        "The query does not include a GROUP BY clause. Add GROUP BY or turn it into the window functions using OVER \
         clauses.",
    )
}

/// An aggregate in an aggregate.
pub(super) fn nested_aggregate() -> SqlError {
    SqlError::analysis(
        "NESTED_AGGREGATE_FUNCTION",
        "It is not allowed to use an aggregate function in the argument of another aggregate function. Please use the \
         inner aggregate function in a sub-query.",
    )
}

/// A plan or expression nested deeper than the analyzer follows.
pub(super) fn too_deep() -> SqlError {
    SqlError::new("StackOverflowError", None, "The plan is nested too deeply")
}

/// A condition that is not what a condition may be.
pub(super) fn where_condition(condition: &str, found: &str) -> SqlError {
    SqlError::analysis(
        "INVALID_WHERE_CONDITION",
        format!(
            "The WHERE condition \"{condition}\" contains invalid expressions: {found}.\nRewrite the query to avoid \
             window functions, aggregate functions, and generator functions in the WHERE clause."
        ),
    )
}

/// An old error, of no condition.
pub(super) fn plain_error(text: impl Into<Rc<str>>) -> SqlError {
    SqlError::new("AnalysisException", None, text)
}

/// A lambda where no function takes one.
pub(super) fn misplaced_lambda() -> SqlError {
    plain_error("A lambda function should only be used in a higher order function.")
}
