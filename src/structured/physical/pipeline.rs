//! The operators that look at one row at a time.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, UInt32Array, cast::AsArray};
use arrow_schema::SchemaRef;
use arrow_select::concat::concat;
use arrow_select::filter::filter_record_batch;
use arrow_select::take::take;

use super::super::watermark::EventTimeStats;
use super::codec::{Times, batch_of, internal};
use super::stage::{Batches, Operator, Run};
use crate::sql::columns::{datums, from_datums, row_of_batch};
use crate::sql::functions::{Evaluation, Function};
use crate::sql::{Compiled, Context, DataType, Datum, SqlError, StructField, UserFunction};

/// All expressions over a batch.
pub(super) fn evaluated(exprs: &[Compiled], context: &Context, batch: &RecordBatch) -> Result<Vec<ArrayRef>, SqlError> {
    exprs.iter().map(|it| it.evaluate(context, batch)).collect()
}

/// Each batch that has rows, made another; batches that come out empty go.
fn each(
    input: Batches,
    mut make: impl FnMut(&RecordBatch) -> Result<RecordBatch, SqlError>,
) -> Result<Batches, SqlError> {
    let mut output = Vec::with_capacity(input.len());
    for batch in input.iter().filter(|it| it.num_rows() > 0) {
        let made = make(batch)?;
        if made.num_rows() > 0 {
            output.push(made);
        }
    }
    Ok(output)
}

pub(super) struct Project {
    pub exprs: Vec<Compiled>,
    pub schema: SchemaRef,
}

impl Operator for Project {
    fn run(&self, input: Batches, run: &mut Run<'_>) -> Result<Batches, SqlError> {
        each(input, |batch| {
            let columns = evaluated(&self.exprs, &run.context, batch)?;
            batch_of(&self.schema, columns, batch.num_rows())
        })
    }
}

pub(super) struct Filter {
    pub condition: Compiled,
}

/// The rows for which a condition is true; not those for which it is null.
pub(super) fn kept(condition: &Compiled, context: &Context, batch: &RecordBatch) -> Result<RecordBatch, SqlError> {
    let mask = condition.evaluate(context, batch)?;
    match mask.as_boolean_opt() {
        Some(mask) if mask.null_count() == 0 && mask.true_count() == mask.len() => Ok(batch.clone()),
        Some(mask) => filter_record_batch(batch, mask).map_err(|error| internal(&error)),
        // A condition that is a bare null holds for nothing.
        None => Ok(batch.slice(0, 0)),
    }
}

impl Operator for Filter {
    fn run(&self, input: Batches, run: &mut Run<'_>) -> Result<Batches, SqlError> {
        each(input, |batch| kept(&self.condition, &run.context, batch))
    }
}

pub(super) struct Expand {
    pub projections: Vec<Vec<Compiled>>,
    pub schema: SchemaRef,
}

impl Operator for Expand {
    fn run(&self, input: Batches, run: &mut Run<'_>) -> Result<Batches, SqlError> {
        each(input, |batch| {
            let rows = batch.num_rows();
            let made = self.projections.iter().map(|it| evaluated(it, &run.context, batch));
            let made = made.collect::<Result<Vec<_>, _>>()?;
            // The rows made of one row stand together.
            let order = (0..rows).flat_map(|row| (0..made.len()).map(move |it| (it * rows + row) as u32));
            let order = UInt32Array::from_iter_values(order);
            let columns = (0..self.schema.fields().len()).map(|column| {
                let parts: Vec<&dyn Array> =
                    made.iter().filter_map(|it| it.get(column).map(|it| it.as_ref())).collect();
                let whole = concat(&parts).map_err(|error| internal(&error))?;
                take(&whole, &order, None).map_err(|error| internal(&error))
            });
            batch_of(&self.schema, columns.collect::<Result<_, _>>()?, order.len())
        })
    }
}

/// `explode` and its like. The columns are the input's and the generated ones.
pub(super) struct Generate {
    pub function: &'static Function,
    pub arguments: Vec<Compiled>,
    pub argument_types: Vec<DataType>,
    pub outer: bool,
    pub generated: Vec<DataType>,
    pub schema: SchemaRef,
}

impl Operator for Generate {
    fn run(&self, input: Batches, run: &mut Run<'_>) -> Result<Batches, SqlError> {
        let Evaluation::Generator(generator) = self.function.evaluation else {
            let message = format!("{} is no generator.", self.function.name);
            return Err(SqlError::new("SparkException", Some("INTERNAL_ERROR"), message));
        };
        each(input, |batch| {
            let arguments = evaluated(&self.arguments, &run.context, batch)?;
            let arguments: Vec<Vec<Datum>> =
                arguments.iter().zip(&self.argument_types).map(|(it, data_type)| datums(it, data_type)).collect();
            let mut origins = Vec::new();
            let mut columns: Vec<Vec<Datum>> = vec![Vec::new(); self.generated.len()];
            for row in 0..batch.num_rows() {
                let of_row: Vec<Datum> = arguments.iter().map(|it| it[row].clone()).collect();
                let mut made = generator(&run.context, &of_row)?;
                if made.is_empty() && self.outer {
                    made.push(vec![Datum::Null; columns.len()]);
                }
                for values in made {
                    origins.push(row as u32);
                    let padded = values.into_iter().chain(std::iter::repeat(Datum::Null));
                    columns.iter_mut().zip(padded).for_each(|(column, value)| column.push(value));
                }
            }
            let origins = UInt32Array::from(origins);
            let kept = batch.columns().iter().map(|it| take(it, &origins, None).map_err(|error| internal(&error)));
            let made = columns.iter().zip(&self.generated).map(|(it, data_type)| from_datums(data_type, it));
            batch_of(&self.schema, kept.chain(made).collect::<Result<_, _>>()?, origins.len())
        })
    }
}

/// `withWatermark`: looks at the times that pass.
pub(super) struct EventTimes {
    pub index: usize,
    pub column: usize,
}

impl Operator for EventTimes {
    fn run(&self, input: Batches, run: &mut Run<'_>) -> Result<Batches, SqlError> {
        let mut stats = EventTimeStats::EMPTY;
        for batch in &input {
            let times = Times::of(batch.column(self.column));
            (0..batch.num_rows()).filter_map(|row| times.at(row)).for_each(|it| stats.add(it));
        }
        match run.output.event_times.iter_mut().find(|(index, _)| *index == self.index) {
            Some((_, seen)) => seen.merge(&stats),
            None => run.output.event_times.push((self.index, stats)),
        }
        Ok(input)
    }
}

/// Rows by a function of the program: one argument for each column, and an array of rows comes back.
pub(super) struct UserRows {
    pub function: UserFunction,
    pub input: Vec<StructField>,
    pub output: Vec<StructField>,
    pub schema: SchemaRef,
}

impl Operator for UserRows {
    fn run(&self, input: Batches, _run: &mut Run<'_>) -> Result<Batches, SqlError> {
        each(input, |batch| {
            let mut columns: Vec<Vec<Datum>> = vec![Vec::new(); self.output.len()];
            let mut rows = 0;
            let mut push = |row: &Datum| {
                let fields: &[Datum] = match row {
                    Datum::Struct(fields) => fields,
                    other => std::slice::from_ref(other),
                };
                rows += 1;
                for (index, column) in columns.iter_mut().enumerate() {
                    column.push(fields.get(index).cloned().unwrap_or(Datum::Null));
                }
            };
            for row in 0..batch.num_rows() {
                match (self.function.call)(&row_of_batch(&self.input, batch, row))? {
                    Datum::Array(made) => made.iter().for_each(&mut push),
                    Datum::Null => {}
                    other => push(&other),
                }
            }
            let made = columns.iter().zip(&self.output).map(|(it, field)| from_datums(&field.data_type, it));
            batch_of(&self.schema, made.collect::<Result<_, _>>()?, rows)
        })
    }
}

/// The rows of some indexes.
pub(super) fn taken(batch: &RecordBatch, rows: Vec<u32>) -> Result<RecordBatch, SqlError> {
    let count = rows.len();
    if count == batch.num_rows() && rows.iter().enumerate().all(|(at, row)| at as u32 == *row) {
        return Ok(batch.clone());
    }
    let rows = UInt32Array::from(rows);
    let columns = batch.columns().iter().map(|it| take(it, &rows, None).map_err(|error| internal(&error)));
    batch_of(&batch.schema(), columns.collect::<Result<_, _>>()?, count)
}

/// A column of nulls of a column's type.
pub(super) fn nulls_like(schema: &SchemaRef, column: usize, rows: usize) -> ArrayRef {
    match schema.fields().get(column) {
        Some(field) => arrow_array::new_null_array(field.data_type(), rows),
        None => Arc::new(arrow_array::NullArray::new(rows)),
    }
}
