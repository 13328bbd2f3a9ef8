//! Evaluation of whole columns.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch, cast::AsArray};
use arrow_buffer::BooleanBuffer;

use super::bind::{Constant, Step, StepKind};
use super::by_row::{Row, Scope, call};
use super::{Context, field, internal_error};
use crate::sql::columns::{datum_at, from_datums, null_column, repeated};
use crate::sql::functions::{Evaluation, Function};
use crate::sql::{DataType, Datum, SqlError, cast};

/// An argument of a call that goes row by row.
enum Operand<'a> {
    Constant(Datum),
    Column(ArrayRef, &'a DataType),
}

impl Operand<'_> {
    fn at(&self, row: usize) -> Datum {
        match self {
            Operand::Constant(value) => value.clone(),
            Operand::Column(column, data_type) => datum_at(column, data_type, row),
        }
    }
}

fn arrow_error(error: &arrow_schema::ArrowError) -> SqlError {
    internal_error(error.to_string())
}

impl Constant {
    fn column(&self, data_type: &DataType, rows: usize) -> Result<ArrayRef, SqlError> {
        if let Some(column) = self.column.borrow().as_ref()
            && column.len() >= rows
        {
            return Ok(column.slice(0, rows));
        }
        let column = repeated(data_type, &self.value, rows)?;
        self.column.replace(Some(column.clone()));
        Ok(column)
    }
}

impl Step {
    /// The column over a batch.
    pub fn column(&self, context: &Context, batch: &RecordBatch) -> Result<ArrayRef, SqlError> {
        let rows = batch.num_rows();
        match &self.kind {
            StepKind::Column(index) => batch.columns().get(*index).cloned().ok_or_else(|| {
                internal_error(format!("A batch of {} columns has no column {index}.", batch.num_columns()))
            }),
            StepKind::Literal(constant) => constant.column(&self.data_type, rows),
            StepKind::Parameter(_) => self.row_by_row(context, batch),
            StepKind::Cast { input, try_cast } => {
                let column = input.column(context, batch)?;
                let (from, to) = (&input.data_type, &self.data_type);
                if let Some(column) = cast::cast_column(&column, from, to, *try_cast) {
                    return Ok(column);
                }
                let value = |row| cast::cast(context, &datum_at(&column, from, row), from, to, *try_cast);
                from_datums(to, &(0..rows).map(value).collect::<Vec<_>>())
            }
            // What is eager and fails may not have had to be evaluated; row by row it is lazy.
            StepKind::Junction { and, left, right } => {
                junction(*and, left, right, context, batch).or_else(|_| self.row_by_row(context, batch))
            }
            StepKind::Case { branches, otherwise } => {
                self.case(branches, otherwise.as_deref(), context, batch).or_else(|_| self.row_by_row(context, batch))
            }
            StepKind::Call { function, args, types } => self.call(function, args, types, context, batch),
            StepKind::HigherOrder { function, args, lambdas } => {
                let operands = operands(args, context, batch)?;
                let mut values = Vec::with_capacity(rows);
                for row in 0..rows {
                    let args: Vec<Datum> = operands.iter().map(|operand| operand.at(row)).collect();
                    let scope = Scope { context, row: Row::Batch(batch, row), parameters: &[] };
                    values.push(scope.call_with_lambdas(function, &args, lambdas, &self.data_type)?);
                }
                from_datums(&self.data_type, &values)
            }
            StepKind::Field { input, index } => field::field(&input.column(context, batch)?, *index, &self.data_type),
            StepKind::UserCall { function, args } => {
                let operands = operands(args, context, batch)?;
                let mut values = Vec::with_capacity(rows);
                for row in 0..rows {
                    let args: Vec<Datum> = operands.iter().map(|operand| operand.at(row)).collect();
                    values.push((function.call)(&args)?);
                }
                from_datums(&self.data_type, &values)
            }
        }
    }

    /// The value of a literal, cast or not.
    fn constant(&self, context: &Context) -> Option<Datum> {
        match &self.kind {
            StepKind::Literal(constant) => Some(constant.value.clone()),
            StepKind::Cast { input, try_cast } => {
                let value = input.constant(context)?;
                Some(cast::cast(context, &value, &input.data_type, &self.data_type, *try_cast))
            }
            _ => None,
        }
    }

    fn row_by_row(&self, context: &Context, batch: &RecordBatch) -> Result<ArrayRef, SqlError> {
        let value = |row| self.value(&Scope { context, row: Row::Batch(batch, row), parameters: &[] });
        from_datums(&self.data_type, &(0..batch.num_rows()).map(value).collect::<Result<Vec<_>, _>>()?)
    }

    fn call(
        &self,
        function: &'static Function,
        args: &[Step],
        types: &[DataType],
        context: &Context,
        batch: &RecordBatch,
    ) -> Result<ArrayRef, SqlError> {
        let columns = || args.iter().map(|arg| arg.column(context, batch)).collect::<Result<Vec<_>, _>>();
        let operands = match function.evaluation {
            Evaluation::Columns(run) => return run(context, &columns()?, batch.num_rows(), &self.data_type),
            Evaluation::Hybrid(_, run) => {
                let columns = columns()?;
                if let Some(column) = run(context, &columns, &self.data_type) {
                    return Ok(column);
                }
                columns.into_iter().zip(types).map(|(column, data_type)| Operand::Column(column, data_type)).collect()
            }
            _ => operands(args, context, batch)?,
        };
        let mut values = Vec::with_capacity(batch.num_rows());
        let mut row_values = Vec::with_capacity(operands.len());
        for row in 0..batch.num_rows() {
            row_values.clear();
            row_values.extend(operands.iter().map(|operand| operand.at(row)));
            values.push(call(context, function, &row_values, types, &self.data_type)?);
        }
        from_datums(&self.data_type, &values)
    }

    fn case(
        &self,
        branches: &[(Step, Step)],
        otherwise: Option<&Step>,
        context: &Context,
        batch: &RecordBatch,
    ) -> Result<ArrayRef, SqlError> {
        let mut made = Vec::with_capacity(branches.len());
        for (when, then) in branches {
            let mask = when.column(context, batch)?;
            let mask = mask.as_boolean_opt().map(is_true).unwrap_or_else(|| BooleanBuffer::new_unset(mask.len()));
            if mask.count_set_bits() > 0 {
                made.push((BooleanArray::new(mask, None), then.column(context, batch)?));
            }
        }
        let mut result = match otherwise {
            Some(otherwise) => otherwise.column(context, batch)?,
            None => null_column(&self.data_type, batch.num_rows()),
        };
        for (mask, column) in made.iter().rev() {
            result = arrow_select::zip::zip(mask, column, &result).map_err(|error| arrow_error(&error))?;
        }
        Ok(result)
    }
}

/// Which values are there and true.
fn is_true(column: &BooleanArray) -> BooleanBuffer {
    match column.nulls() {
        Some(nulls) => column.values() & nulls.inner(),
        None => column.values().clone(),
    }
}

fn operands<'a>(args: &'a [Step], context: &Context, batch: &RecordBatch) -> Result<Vec<Operand<'a>>, SqlError> {
    args.iter()
        .map(|arg| match arg.constant(context) {
            Some(value) => Ok(Operand::Constant(value)),
            None => Ok(Operand::Column(arg.column(context, batch)?, &arg.data_type)),
        })
        .collect()
}

fn junction(
    and: bool,
    left: &Step,
    right: &Step,
    context: &Context,
    batch: &RecordBatch,
) -> Result<ArrayRef, SqlError> {
    let left = left.column(context, batch)?;
    let Some(left_flags) = left.as_boolean_opt() else {
        return Err(internal_error("A condition that is no boolean."));
    };
    let decided = left_flags.null_count() == 0
        && if and { left_flags.true_count() == 0 } else { left_flags.true_count() == left_flags.len() };
    if decided {
        return Ok(left);
    }
    let right = right.column(context, batch)?;
    let Some(right_flags) = right.as_boolean_opt() else {
        return Err(internal_error("A condition that is no boolean."));
    };
    let kernel = if and { arrow_arith::boolean::and_kleene } else { arrow_arith::boolean::or_kleene };
    kernel(left_flags, right_flags).map(|flags| Arc::new(flags) as ArrayRef).map_err(|error| arrow_error(&error))
}
