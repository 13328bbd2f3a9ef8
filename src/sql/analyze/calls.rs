//! Calls: functions of the library and of the program, aggregates, and what looks like a function and is none.

use std::rc::Rc;

use crate::sql::functions::{self, Signature};
use crate::sql::{DataType, Datum, Expr, SqlError, Typed, TypedKind, aggregates};

use super::casts::{self, cast};
use super::errors;
use super::operators;
use super::typing::{Typer, user_call};

impl Typer<'_> {
    pub(super) fn call(
        &self,
        whole: &Expr,
        name: &str,
        args: &[Expr],
        distinct: bool,
        filter: Option<&Expr>,
    ) -> Result<Typed, SqlError> {
        let lower = name.to_lowercase();
        if let Some(function) = (self.analyzer.functions)(&lower).or_else(|| (self.analyzer.functions)(name)) {
            let args = self.stars_expanded(args)?;
            let args = args.iter().map(|it| self.typed(it)).collect::<Result<Vec<_>, _>>()?;
            return Ok(user_call(function, args));
        }
        match lower.as_str() {
            "window" => return self.window(args),
            "session_window" => return self.session_window(args),
            "window_time" => return self.window_time(whole, args),
            "grouping" | "grouping_id" => return self.grouping_call(&lower, args),
            "struct" => return self.structure(args),
            _ => {}
        }
        if let Some(aggregate) = aggregates::lookup(&lower) {
            return self.aggregate_call(aggregate, args, distinct, filter, false);
        }
        if let Some(function) = functions::lookup(&lower) {
            let args = self.stars_expanded(args)?;
            let typed = casts::call(function, self.arguments(function, &args)?)?;
            return Ok(super::generators::as_value(typed));
        }
        if let Some(to) = cast_function(&lower) {
            return match args {
                [arg] => {
                    let typed = self.typed(arg)?;
                    self.explicit_cast(whole, typed, &to, false)
                }
                _ => Err(wrong_count(&lower, 1, args.len())),
            };
        }
        if super::over::is_window_function(&lower) {
            let text = format!("Window function \"{}\" requires an OVER clause.", self.pretty(whole));
            return Err(SqlError::analysis("WINDOW_FUNCTION_WITHOUT_OVER_CLAUSE", text));
        }
        Err(errors::unresolved_routine(name))
    }

    /// Stars among arguments become the columns they mean.
    fn stars_expanded(&self, args: &[Expr]) -> Result<Vec<Expr>, SqlError> {
        let mut expanded = Vec::with_capacity(args.len());
        for arg in args {
            match arg {
                Expr::Star(target) => expanded.extend(self.star(target)?),
                other => expanded.push(other.clone()),
            }
        }
        Ok(expanded)
    }

    /// A call of an aggregate; over a window its arguments may be aggregates themselves.
    pub(super) fn aggregate_call(
        &self,
        aggregate: &'static aggregates::Aggregate,
        args: &[Expr],
        distinct: bool,
        filter: Option<&Expr>,
        over: bool,
    ) -> Result<Typed, SqlError> {
        let counts_rows = aggregate.name == "count" && matches!(args, [Expr::Star(target)] if target.is_empty());
        let typed = if counts_rows && !distinct {
            vec![Typed::literal(Datum::Integer(1), DataType::Integer)]
        } else {
            if aggregate.name == "count"
                && let Some(Expr::Star(target)) =
                    args.iter().find(|it| matches!(it, Expr::Star(target) if !target.is_empty()))
            {
                let target = target.join(".");
                return Err(errors::plain_error(format!(
                    "count({target}.*) is not allowed. Please use count(*) or expand the columns manually, e.g. \
                     count(col1, col2)."
                )));
            }
            let args = self.stars_expanded(args)?;
            args.iter().map(|it| self.typed(it)).collect::<Result<Vec<_>, _>>()?
        };
        if !over && typed.iter().any(Typed::has_aggregate) {
            return Err(errors::nested_aggregate());
        }
        let filter = filter.map(|it| self.typed(it)).transpose()?;
        if filter.as_ref().is_some_and(|it| it.data_type != DataType::Boolean) {
            let text = "FILTER expression is not of type boolean. It cannot be used in an aggregate function.";
            return Err(errors::plain_error(text));
        }
        let Signature { arguments, returns, nullable } = (aggregate.signature)(aggregate, &typed)?;
        let mut wanted = arguments.into_iter();
        let args = typed
            .into_iter()
            .map(|arg| match wanted.next() {
                Some(to) => cast(arg, &to),
                None => arg,
            })
            .collect();
        let kind = TypedKind::Aggregate { function: aggregate, args, distinct, filter: filter.map(Rc::new) };
        Ok(Typed { kind, data_type: returns, nullable })
    }

    /// `struct(a, b.c, x + 1)`: fields are called by their columns.
    fn structure(&self, args: &[Expr]) -> Result<Typed, SqlError> {
        let args = self.stars_expanded(args)?;
        let mut parts = Vec::with_capacity(args.len() * 2);
        for (index, arg) in args.iter().enumerate() {
            let name: Rc<str> = match arg {
                Expr::Column(parts) => parts.last().cloned().unwrap_or_else(|| "".into()),
                Expr::Attribute { name, .. } | Expr::Alias { name, .. } | Expr::Field { name, .. } => name.clone(),
                _ => format!("col{}", index + 1).into(),
            };
            let typed = self.typed(arg)?;
            let name = match &typed.kind {
                TypedKind::Attribute { name: called, .. } if !matches!(arg, Expr::Alias { .. }) => called.clone(),
                _ => name,
            };
            parts.push(Typed::literal(Datum::String(name), DataType::String));
            parts.push(typed);
        }
        operators::call("named_struct", parts)
    }
}

/// `int(x)` and its like.
fn cast_function(name: &str) -> Option<DataType> {
    Some(match name {
        "boolean" => DataType::Boolean,
        "tinyint" => DataType::Byte,
        "smallint" => DataType::Short,
        "int" => DataType::Integer,
        "bigint" => DataType::Long,
        "float" => DataType::Float,
        "double" => DataType::Double,
        "decimal" => DataType::Decimal { precision: 10, scale: 0 },
        "date" => DataType::Date,
        "timestamp" => DataType::Timestamp,
        "binary" => DataType::Binary,
        "string" => DataType::String,
        _ => return None,
    })
}

/// A call with more or fewer arguments than the function takes.
pub(super) fn wrong_count(name: &str, expected: usize, actual: usize) -> SqlError {
    SqlError::analysis(
        "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
        format!(
            "The `{name}` requires {expected} parameters but the actual number is {actual}. Please, refer to \
             'https://spark.apache.org/docs/latest/sql-ref-functions.html' for a fix."
        ),
    )
}
