//! Rows as bytes, for keys and state: `arrow-row`'s encoding, which keeps the rows' order.

use std::sync::Arc;

use arrow_array::types::{Float32Type, Float64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, PrimitiveArray, RecordBatch, RecordBatchOptions, cast::AsArray};
use arrow_row::{RowConverter, Rows, SortField};
use arrow_schema::{ArrowError, SchemaRef};
use arrow_select::concat::concat_batches;

use super::super::state::Bytes;
use crate::sql::types::arrow::arrow_schema;
use crate::sql::{Attribute, DataType, SqlError, StructField};

/// What Arrow refuses, which no plan that was analyzed makes it do.
pub(super) fn internal(error: &ArrowError) -> SqlError {
    SqlError::new("SparkException", Some("INTERNAL_ERROR"), error.to_string())
}

/// Encodes and decodes rows of certain columns.
pub(super) struct RowCodec {
    converter: Option<RowConverter>,
}

impl RowCodec {
    pub fn new<'a>(types: impl IntoIterator<Item = &'a DataType>) -> Result<Self, SqlError> {
        let fields: Vec<SortField> = types.into_iter().map(|it| SortField::new(it.to_arrow())).collect();
        if fields.is_empty() {
            return Ok(RowCodec { converter: None });
        }
        let converter = RowConverter::new(fields).map_err(|error| internal(&error))?;
        Ok(RowCodec { converter: Some(converter) })
    }

    /// The rows of these columns; `None` of no columns, whose rows are all the same.
    pub fn encode(&self, columns: &[ArrayRef]) -> Result<Encoded, SqlError> {
        match &self.converter {
            Some(converter) => Ok(Encoded(Some(converter.convert_columns(columns).map_err(|error| internal(&error))?))),
            None => Ok(Encoded(None)),
        }
    }

    /// The columns of these rows.
    pub fn decode<'a>(&self, rows: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<ArrayRef>, SqlError> {
        let Some(converter) = &self.converter else { return Ok(Vec::new()) };
        let parser = converter.parser();
        converter.convert_rows(rows.into_iter().map(|it| parser.parse(it))).map_err(|error| internal(&error))
    }
}

/// Encoded rows.
pub(super) struct Encoded(Option<Rows>);

impl Encoded {
    /// The bytes of one row.
    pub fn row(&self, at: usize) -> &[u8] {
        match &self.0 {
            Some(rows) if at < rows.num_rows() => rows.row(at).data(),
            _ => &[],
        }
    }

    /// The bytes of one row, to keep.
    pub fn bytes(&self, at: usize) -> Bytes {
        self.row(at).into()
    }
}

/// A key's column with one zero and one NaN, as Spark normalizes what it groups and joins by.
pub(super) fn normalized(column: ArrayRef) -> ArrayRef {
    if let Some(floats) = column.as_primitive_opt::<Float64Type>() {
        let one = |it: f64| if it.is_nan() { f64::NAN } else { it + 0.0 };
        return Arc::new(floats.unary::<_, Float64Type>(one));
    }
    if let Some(floats) = column.as_primitive_opt::<Float32Type>() {
        let one = |it: f32| if it.is_nan() { f32::NAN } else { it + 0.0 };
        return Arc::new(floats.unary::<_, Float32Type>(one));
    }
    column
}

/// The Arrow schema of a plan's columns.
pub(super) fn schema_of(columns: &[Attribute]) -> SchemaRef {
    arrow_schema(&fields_of(columns))
}

/// A plan's columns as a table's.
pub(super) fn fields_of(columns: &[Attribute]) -> Vec<StructField> {
    let field =
        |it: &Attribute| StructField { name: it.name.clone(), data_type: it.data_type.clone(), nullable: it.nullable };
    columns.iter().map(field).collect()
}

/// A batch of these columns.
pub(super) fn batch_of(schema: &SchemaRef, columns: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch, SqlError> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(schema.clone(), columns, &options).map_err(|error| internal(&error))
}

/// All rows in one batch; `None` where there are none.
pub(super) fn joined(schema: &SchemaRef, mut batches: Vec<RecordBatch>) -> Result<Option<RecordBatch>, SqlError> {
    batches.retain(|it| it.num_rows() > 0);
    match batches.len() {
        0 | 1 => Ok(batches.pop()),
        _ if schema.fields().is_empty() => {
            let rows = batches.iter().map(RecordBatch::num_rows).sum();
            batch_of(schema, Vec::new(), rows).map(Some)
        }
        _ => {
            // Columns' names may differ from side to side of a union; their types don't.
            let alike = batches.into_iter().map(|it| {
                let rows = it.num_rows();
                batch_of(schema, it.columns().to_vec(), rows)
            });
            let alike = alike.collect::<Result<Vec<_>, _>>()?;
            concat_batches(schema, &alike).map(Some).map_err(|error| internal(&error))
        }
    }
}

/// The times of an event-time column, in microseconds: a timestamp's own, or a window's end.
pub(super) struct Times(Option<PrimitiveArray<TimestampMicrosecondType>>);

impl Times {
    pub fn of(column: &ArrayRef) -> Self {
        let column = match column.as_struct_opt() {
            // A window that is null has null parts.
            Some(window) => window.columns().get(1).cloned(),
            None => Some(column.clone()),
        };
        Times(column.and_then(|it| it.as_primitive_opt::<TimestampMicrosecondType>().cloned()))
    }

    /// The time of a row, if it has one.
    pub fn at(&self, row: usize) -> Option<i64> {
        let times = self.0.as_ref()?;
        (row < times.len() && times.is_valid(row)).then(|| times.value(row))
    }

    /// Whether a row's time is at or before a watermark in milliseconds; no time never is.
    pub fn behind(&self, row: usize, watermark: i64) -> bool {
        self.at(row).is_some_and(|it| it <= watermark.saturating_mul(1000))
    }
}
