//! Window functions: typed far enough to be refused on streams by their names.

use std::rc::Rc;

use crate::sql::functions::{Evaluation, Function, Signature};
use crate::sql::{Context, DataType, Datum, Expr, Frame, SqlError, Typed, TypedKind, aggregates};

use super::typing::Typer;
use super::{calls, casts, errors};

fn not_here(_: &Context, _: &[Datum], _: &DataType) -> Result<Datum, SqlError> {
    Err(SqlError::new("SparkException", Some("INTERNAL_ERROR"), "Cannot evaluate a window function by itself."))
}

const fn function(
    name: &'static str,
    signature: fn(&'static Function, &[Typed]) -> Result<Signature, SqlError>,
) -> Function {
    Function { name, aliases: &[], signature, evaluation: Evaluation::Nullable(not_here) }
}

fn count(function: &Function, args: &[Typed], most: usize) -> Result<Vec<DataType>, SqlError> {
    if args.len() > most {
        return Err(calls::wrong_count(function.name, most, args.len()));
    }
    Ok(args.iter().map(|it| it.data_type.clone()).collect())
}

fn place(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    Ok(Signature { arguments: count(function, args, 0)?, returns: DataType::Integer, nullable: false })
}

fn bucket(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    Ok(Signature { arguments: count(function, args, 1)?, returns: DataType::Integer, nullable: false })
}

fn share(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    Ok(Signature { arguments: count(function, args, 0)?, returns: DataType::Double, nullable: false })
}

fn neighbour(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let arguments = count(function, args, 3)?;
    let Some(first) = args.first() else { return Err(calls::wrong_count(function.name, 1, 0)) };
    let nullable = args.get(2).is_none_or(|it| it.nullable) || first.nullable;
    Ok(Signature { arguments, returns: first.data_type.clone(), nullable })
}

static FUNCTIONS: [Function; 9] = [
    function("row_number", place),
    function("rank", place),
    function("dense_rank", place),
    function("ntile", bucket),
    function("percent_rank", share),
    function("cume_dist", share),
    function("lag", neighbour),
    function("lead", neighbour),
    function("nth_value", neighbour),
];

fn lookup(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|it| it.name == name)
}

/// Whether a function exists only over a window.
pub(super) fn is_window_function(name: &str) -> bool {
    lookup(name).is_some()
}

impl Typer<'_> {
    pub(super) fn over(&self, expr: &Expr, frame: &Frame) -> Result<Typed, SqlError> {
        let Expr::Call { name, args, distinct, filter } = expr else {
            let text = format!("Expression \"{}\" not supported within a window function.", self.pretty(expr));
            return Err(SqlError::analysis("UNSUPPORTED_EXPR_FOR_WINDOW", text));
        };
        let lower = name.to_lowercase();
        let inner = if let Some(function) = lookup(&lower) {
            let args = args.iter().map(|it| self.typed(it)).collect::<Result<Vec<_>, _>>()?;
            casts::call(function, args)?
        } else if let Some(aggregate) = aggregates::lookup(&lower) {
            if *distinct {
                let text = format!("Distinct window functions are not supported: \"{}\".", self.pretty(expr));
                return Err(SqlError::analysis("DISTINCT_WINDOW_FUNCTION_UNSUPPORTED", text));
            }
            self.aggregate_call(aggregate, args, *distinct, filter.as_deref(), true)?
        } else if crate::sql::functions::lookup(&lower).is_some() {
            let text = format!("Expression \"{}\" not supported within a window function.", self.pretty(expr));
            return Err(SqlError::analysis("UNSUPPORTED_EXPR_FOR_WINDOW", text));
        } else {
            return Err(errors::unresolved_routine(name));
        };
        let partition_by = frame.partition_by.iter().map(|it| self.typed(it)).collect::<Result<Vec<_>, _>>()?;
        for key in &frame.order_by {
            self.typed(&key.expr)?;
        }
        let (data_type, nullable) = (inner.data_type.clone(), inner.nullable);
        Ok(Typed { kind: TypedKind::Over { expr: Rc::new(inner), partition_by }, data_type, nullable })
    }
}
