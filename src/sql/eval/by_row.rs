//! Evaluation of one row, in the order and as lazily as Spark does it.

use arrow_array::{ArrayRef, RecordBatch};

use super::bind::{BoundLambda, Step, StepKind};
use super::{Context, internal_error};
use crate::sql::columns::{datum_at, repeated};
use crate::sql::functions::{Evaluation, Function, Lambda};
use crate::sql::{DataType, Datum, SqlError, cast};

/// A row: values, or a place in a batch.
#[derive(Clone, Copy)]
pub(super) enum Row<'a> {
    Datums(&'a [Datum]),
    Batch(&'a RecordBatch, usize),
}

/// What an expression of one row can see.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub context: &'a Context,
    pub row: Row<'a>,
    /// The parameters of the lambdas around, outer ones first.
    pub parameters: &'a [Datum],
}

impl Scope<'_> {
    fn column(&self, index: usize, data_type: &DataType) -> Datum {
        match self.row {
            Row::Datums(row) => row.get(index).cloned(),
            Row::Batch(batch, row) => batch.columns().get(index).map(|column| datum_at(column, data_type, row)),
        }
        .unwrap_or(Datum::Null)
    }

    /// The value of a lambda's body for these arguments.
    pub fn apply(&self, lambda: &BoundLambda, args: &[Datum]) -> Result<Datum, SqlError> {
        let outer = self.parameters.get(..lambda.outer).unwrap_or(self.parameters);
        let parameters: Vec<Datum> = outer.iter().chain(args).cloned().collect();
        lambda.body.value(&Scope { parameters: &parameters, ..*self })
    }

    /// Calls a higher-order function.
    pub fn call_with_lambdas(
        &self,
        function: &Function,
        args: &[Datum],
        lambdas: &[BoundLambda],
        returns: &DataType,
    ) -> Result<Datum, SqlError> {
        let Evaluation::HigherOrder(run) = function.evaluation else {
            return Err(internal_error(format!("{} takes no lambdas.", function.name)));
        };
        let calls: Vec<_> = lambdas.iter().map(|lambda| move |values: &[Datum]| self.apply(lambda, values)).collect();
        let calls: Vec<Lambda<'_>> = calls.iter().map(|call| call as Lambda<'_>).collect();
        run(self.context, args, &calls, returns)
    }
}

/// Calls a function with the values of one row.
pub(super) fn call(
    context: &Context,
    function: &Function,
    args: &[Datum],
    types: &[DataType],
    returns: &DataType,
) -> Result<Datum, SqlError> {
    match function.evaluation {
        Evaluation::Strict(_) if args.iter().any(Datum::is_null) => Ok(Datum::Null),
        Evaluation::Strict(run) | Evaluation::Nullable(run) | Evaluation::Hybrid(run, _) => run(context, args, returns),
        Evaluation::Columns(run) => {
            let columns = args.iter().zip(types).map(|(arg, data_type)| repeated(data_type, arg, 1));
            let columns: Vec<ArrayRef> = columns.collect::<Result<_, _>>()?;
            Ok(datum_at(&run(context, &columns, 1, returns)?, returns, 0))
        }
        Evaluation::HigherOrder(run) => run(context, args, &[], returns),
        Evaluation::Generator(_) => Err(internal_error(format!("{} is a generator.", function.name))),
    }
}

impl Step {
    fn values(args: &[Step], scope: &Scope<'_>) -> Result<Vec<Datum>, SqlError> {
        args.iter().map(|arg| arg.value(scope)).collect()
    }

    /// The value for one row.
    pub fn value(&self, scope: &Scope<'_>) -> Result<Datum, SqlError> {
        match &self.kind {
            StepKind::Column(index) => Ok(scope.column(*index, &self.data_type)),
            StepKind::Parameter(index) => Ok(scope.parameters.get(*index).cloned().unwrap_or(Datum::Null)),
            StepKind::Literal(constant) => Ok(constant.value.clone()),
            StepKind::Cast { input, try_cast } => {
                let value = input.value(scope)?;
                Ok(cast::cast(scope.context, &value, &input.data_type, &self.data_type, *try_cast))
            }
            StepKind::Junction { and, left, right } => {
                let decisive = Datum::Boolean(!*and);
                let left = left.value(scope)?;
                if left == decisive {
                    return Ok(left);
                }
                let right = right.value(scope)?;
                Ok(if right == decisive || !left.is_null() { right } else { Datum::Null })
            }
            StepKind::Call { function, args, types } => {
                call(scope.context, function, &Step::values(args, scope)?, types, &self.data_type)
            }
            StepKind::HigherOrder { function, args, lambdas } => {
                scope.call_with_lambdas(function, &Step::values(args, scope)?, lambdas, &self.data_type)
            }
            StepKind::Case { branches, otherwise } => {
                for (when, then) in branches {
                    if when.value(scope)? == Datum::Boolean(true) {
                        return then.value(scope);
                    }
                }
                otherwise.as_ref().map_or(Ok(Datum::Null), |otherwise| otherwise.value(scope))
            }
            StepKind::Field { input, index } => Ok(field(&input.value(scope)?, *index)),
            StepKind::UserCall { function, args } => (function.call)(&Step::values(args, scope)?),
        }
    }

    /// The rows that a generator makes.
    pub fn generate(&self, scope: &Scope<'_>) -> Result<Vec<Vec<Datum>>, SqlError> {
        match &self.kind {
            StepKind::Call { function, args, .. } => match function.evaluation {
                Evaluation::Generator(run) => run(scope.context, &Step::values(args, scope)?),
                _ => Ok(Vec::new()),
            },
            _ => Ok(Vec::new()),
        }
    }
}

/// A field of a struct, or of each struct of an array.
fn field(value: &Datum, index: usize) -> Datum {
    match value {
        Datum::Struct(fields) => fields.get(index).cloned().unwrap_or(Datum::Null),
        Datum::Array(members) => Datum::Array(members.iter().map(|member| field(member, index)).collect()),
        _ => Datum::Null,
    }
}
