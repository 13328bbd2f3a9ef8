//! Datums into Arrow columns and back; rows into batches and back.

use std::rc::Rc;
use std::sync::Arc;

use arrow_array::builder::{BinaryBuilder, BooleanBuilder, NullBufferBuilder, PrimitiveBuilder, StringBuilder};
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, DurationMicrosecondType, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, IntervalYearMonthType, TimestampMicrosecondType,
};
use arrow_array::{
    Array, ArrayRef, ListArray, MapArray, NullArray, PrimitiveArray, RecordBatch, RecordBatchOptions, StructArray,
    cast::AsArray,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::Field;

use super::types::arrow::{arrow_schema, calendar_interval_fields, element_field, entry_fields, struct_fields};
use super::{DataType, Datum, SqlError, StructField};

/// A value that is not of its column's type, which no plan that was analyzed gives.
fn stranger(data_type: &DataType, value: &Datum) -> SqlError {
    let message = format!("A value of type {} was expected, not {value:?}.", data_type.sql());
    SqlError::new("SparkException", Some("INTERNAL_ERROR"), message)
}

fn arrow_error(error: &arrow_schema::ArrowError) -> SqlError {
    SqlError::new("SparkException", Some("INTERNAL_ERROR"), error.to_string())
}

fn primitive<T: ArrowPrimitiveType>(
    data_type: &DataType,
    values: &[&Datum],
    number: impl Fn(&Datum) -> Option<T::Native>,
) -> Result<PrimitiveArray<T>, SqlError> {
    let mut builder = PrimitiveBuilder::<T>::with_capacity(values.len());
    for value in values {
        match (number(value), value) {
            (Some(number), _) => builder.append_value(number),
            (None, Datum::Null) => builder.append_null(),
            _ => return Err(stranger(data_type, value)),
        }
    }
    Ok(builder.finish().with_data_type(data_type.to_arrow()))
}

/// The unscaled number of a decimal at another scale; what doesn't fit is cut off, which typed plans never do.
fn at_scale(unscaled: i128, from: u8, to: u8) -> Option<i128> {
    if from == to {
        return Some(unscaled);
    }
    let factor = 10_i128.checked_pow(u32::from(from.abs_diff(to)))?;
    if from < to { unscaled.checked_mul(factor) } else { unscaled.checked_div(factor) }
}

/// A column of this type.
///
/// # Errors
/// A value that is not of this type.
pub fn from_datums<'a>(
    data_type: &DataType,
    values: impl IntoIterator<Item = &'a Datum>,
) -> Result<ArrayRef, SqlError> {
    from_slice(data_type, &values.into_iter().collect::<Vec<_>>())
}

fn from_slice(data_type: &DataType, values: &[&Datum]) -> Result<ArrayRef, SqlError> {
    macro_rules! column {
        ($arrow:ty, $($variant:ident)|+) => {
            Arc::new(primitive::<$arrow>(data_type, values, |value| match value {
                $(Datum::$variant(number) => Some(*number),)+
                _ => None,
            })?)
        };
    }
    Ok(match data_type {
        DataType::Null => Arc::new(NullArray::new(values.len())),
        DataType::Boolean => {
            let mut builder = BooleanBuilder::with_capacity(values.len());
            for value in values {
                match value {
                    Datum::Boolean(flag) => builder.append_value(*flag),
                    Datum::Null => builder.append_null(),
                    _ => return Err(stranger(data_type, value)),
                }
            }
            Arc::new(builder.finish())
        }
        DataType::Byte => column!(Int8Type, Byte),
        DataType::Short => column!(Int16Type, Short),
        DataType::Integer => column!(Int32Type, Integer),
        DataType::Long => column!(Int64Type, Long),
        DataType::Float => column!(Float32Type, Float),
        DataType::Double => column!(Float64Type, Double),
        DataType::Date => column!(Date32Type, Date),
        DataType::Timestamp => column!(TimestampMicrosecondType, Timestamp),
        DataType::TimestampNtz => column!(TimestampMicrosecondType, TimestampNtz),
        DataType::DayTimeInterval => column!(DurationMicrosecondType, DayTimeInterval),
        DataType::YearMonthInterval => column!(IntervalYearMonthType, YearMonthInterval),
        DataType::Decimal { scale, .. } => {
            Arc::new(primitive::<Decimal128Type>(data_type, values, |value| match value {
                Datum::Decimal(unscaled, from) => at_scale(*unscaled, *from, *scale),
                _ => None,
            })?)
        }
        DataType::String => {
            let mut builder = StringBuilder::with_capacity(values.len(), 0);
            for value in values {
                match value {
                    Datum::String(text) => builder.append_value(text),
                    Datum::Null => builder.append_null(),
                    _ => return Err(stranger(data_type, value)),
                }
            }
            Arc::new(builder.finish())
        }
        DataType::Binary => {
            let mut builder = BinaryBuilder::with_capacity(values.len(), 0);
            for value in values {
                match value {
                    Datum::Binary(bytes) => builder.append_value(bytes),
                    Datum::Null => builder.append_null(),
                    _ => return Err(stranger(data_type, value)),
                }
            }
            Arc::new(builder.finish())
        }
        DataType::CalendarInterval => intervals(values)?,
        DataType::Array { element, .. } => lists(data_type, element, values)?,
        DataType::Map { key, value, .. } => maps(data_type, key, value, values)?,
        DataType::Struct(fields) => structs(data_type, fields, values)?,
    })
}

fn intervals(values: &[&Datum]) -> Result<ArrayRef, SqlError> {
    let (mut all_months, mut all_days, mut all_micros) = (Vec::new(), Vec::new(), Vec::new());
    let mut valid = NullBufferBuilder::new(values.len());
    for value in values {
        let (months, days, micros) = match value {
            Datum::CalendarInterval { months, days, micros } => (*months, *days, *micros),
            Datum::Null => (0, 0, 0),
            _ => return Err(stranger(&DataType::CalendarInterval, value)),
        };
        all_months.push(months);
        all_days.push(days);
        all_micros.push(micros);
        valid.append(!value.is_null());
    }
    let parts: Vec<ArrayRef> = vec![
        Arc::new(PrimitiveArray::<Int32Type>::from(all_months)),
        Arc::new(PrimitiveArray::<Int32Type>::from(all_days)),
        Arc::new(PrimitiveArray::<Int64Type>::from(all_micros)),
    ];
    let array = StructArray::try_new(calendar_interval_fields(), parts, valid.finish());
    Ok(Arc::new(array.map_err(|error| arrow_error(&error))?))
}

/// Offsets of lists of these lengths; `None` where a list is null.
fn offsets(lengths: &[Option<usize>]) -> (OffsetBuffer<i32>, Option<NullBuffer>) {
    let valid = NullBuffer::from_iter(lengths.iter().map(Option::is_some));
    let offsets = OffsetBuffer::from_lengths(lengths.iter().map(|length| length.unwrap_or(0)));
    (offsets, (valid.null_count() > 0).then_some(valid))
}

fn lists(data_type: &DataType, element: &DataType, values: &[&Datum]) -> Result<ArrayRef, SqlError> {
    let (mut members, mut lengths) = (Vec::new(), Vec::new());
    for value in values {
        match value {
            Datum::Array(elements) => {
                members.extend(elements.iter());
                lengths.push(Some(elements.len()));
            }
            Datum::Null => lengths.push(None),
            _ => return Err(stranger(data_type, value)),
        }
    }
    let (offsets, valid) = offsets(&lengths);
    let members = from_slice(element, &members)?;
    let array = ListArray::try_new(element_field(element), offsets, members, valid);
    Ok(Arc::new(array.map_err(|error| arrow_error(&error))?))
}

fn maps(data_type: &DataType, key: &DataType, value: &DataType, values: &[&Datum]) -> Result<ArrayRef, SqlError> {
    let (mut all_keys, mut all_values, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
    for map in values {
        match map {
            Datum::Map(entries) => {
                for (key, value) in entries.iter() {
                    all_keys.push(key);
                    all_values.push(value);
                }
                lengths.push(Some(entries.len()));
            }
            Datum::Null => lengths.push(None),
            _ => return Err(stranger(data_type, map)),
        }
    }
    let (offsets, valid) = offsets(&lengths);
    let columns = vec![from_slice(key, &all_keys)?, from_slice(value, &all_values)?];
    let fields = entry_fields(key, value);
    let entries = StructArray::try_new(fields.clone(), columns, None).map_err(|error| arrow_error(&error))?;
    let entry = Arc::new(Field::new("entries", arrow_schema::DataType::Struct(fields), false));
    let array = MapArray::try_new(entry, offsets, entries, valid, false);
    Ok(Arc::new(array.map_err(|error| arrow_error(&error))?))
}

fn structs(data_type: &DataType, fields: &[StructField], values: &[&Datum]) -> Result<ArrayRef, SqlError> {
    let mut rows: Vec<Option<&Rc<[Datum]>>> = Vec::with_capacity(values.len());
    for value in values {
        match value {
            Datum::Struct(parts) if parts.len() == fields.len() => rows.push(Some(parts)),
            Datum::Null => rows.push(None),
            _ => return Err(stranger(data_type, value)),
        }
    }
    let column = |(index, field): (usize, &StructField)| {
        from_datums(&field.data_type, rows.iter().map(|row| row.and_then(|row| row.get(index)).unwrap_or(&Datum::Null)))
    };
    let columns = fields.iter().enumerate().map(column).collect::<Result<Vec<_>, _>>()?;
    let valid = NullBuffer::from_iter(rows.iter().map(Option::is_some));
    let valid = (valid.null_count() > 0).then_some(valid);
    struct_column(fields, columns, valid, rows.len())
}

/// A column of structs from the columns of its fields.
///
/// # Errors
/// Columns that are not of the fields' types.
pub fn struct_column(
    fields: &[StructField],
    columns: Vec<ArrayRef>,
    valid: Option<NullBuffer>,
    rows: usize,
) -> Result<ArrayRef, SqlError> {
    let array = StructArray::try_new_with_length(struct_fields(fields), columns, valid, rows);
    Ok(Arc::new(array.map_err(|error| arrow_error(&error))?))
}

/// A column of nulls.
pub fn null_column(data_type: &DataType, rows: usize) -> ArrayRef {
    arrow_array::new_null_array(&data_type.to_arrow(), rows)
}

/// A column of one value.
///
/// # Errors
/// A value that is not of this type.
pub fn repeated(data_type: &DataType, value: &Datum, rows: usize) -> Result<ArrayRef, SqlError> {
    from_datums(data_type, std::iter::repeat_n(value, rows))
}

/// The value of a row of a column of this type; null where the column is not of the type or ends before the row.
pub fn datum_at(column: &dyn Array, data_type: &DataType, row: usize) -> Datum {
    if row >= column.len() || column.is_null(row) {
        return Datum::Null;
    }
    macro_rules! number {
        ($arrow:ty, $variant:ident) => {
            column.as_primitive_opt::<$arrow>().map(|it| Datum::$variant(it.value(row)))
        };
    }
    let found = match data_type {
        DataType::Null => None,
        DataType::Boolean => column.as_boolean_opt().map(|it| Datum::Boolean(it.value(row))),
        DataType::Byte => number!(Int8Type, Byte),
        DataType::Short => number!(Int16Type, Short),
        DataType::Integer => number!(Int32Type, Integer),
        DataType::Long => number!(Int64Type, Long),
        DataType::Float => number!(Float32Type, Float),
        DataType::Double => number!(Float64Type, Double),
        DataType::Date => number!(Date32Type, Date),
        DataType::Timestamp => number!(TimestampMicrosecondType, Timestamp),
        DataType::TimestampNtz => number!(TimestampMicrosecondType, TimestampNtz),
        DataType::DayTimeInterval => number!(DurationMicrosecondType, DayTimeInterval),
        DataType::YearMonthInterval => number!(IntervalYearMonthType, YearMonthInterval),
        DataType::Decimal { scale, .. } => {
            column.as_primitive_opt::<Decimal128Type>().map(|it| Datum::Decimal(it.value(row), *scale))
        }
        DataType::String => column.as_string_opt::<i32>().map(|it| Datum::String(it.value(row).into())),
        DataType::Binary => column.as_binary_opt::<i32>().map(|it| Datum::Binary(it.value(row).into())),
        DataType::CalendarInterval => column.as_struct_opt().and_then(|it| {
            let (months, days, micros) = (it.columns().first()?, it.columns().get(1)?, it.columns().get(2)?);
            Some(Datum::CalendarInterval {
                months: months.as_primitive_opt::<Int32Type>()?.value(row),
                days: days.as_primitive_opt::<Int32Type>()?.value(row),
                micros: micros.as_primitive_opt::<Int64Type>()?.value(row),
            })
        }),
        DataType::Array { element, .. } => column.as_list_opt::<i32>().map(|it| {
            let members = it.values();
            let range = span(it.value_offsets(), row);
            Datum::Array(range.map(|at| datum_at(members, element, at)).collect())
        }),
        DataType::Map { key, value, .. } => column.as_map_opt().map(|it| {
            let (keys, values) = (it.keys(), it.values());
            let range = span(it.value_offsets(), row);
            Datum::Map(range.map(|at| (datum_at(keys, key, at), datum_at(values, value, at))).collect())
        }),
        DataType::Struct(fields) => column.as_struct_opt().map(|it| {
            let parts = it.columns().iter().zip(fields.iter());
            Datum::Struct(parts.map(|(part, field)| datum_at(part, &field.data_type, row)).collect())
        }),
    };
    found.unwrap_or(Datum::Null)
}

/// Which members a row of a list has.
fn span(offsets: &[i32], row: usize) -> std::ops::Range<usize> {
    let at = |index: usize| offsets.get(index).and_then(|it| usize::try_from(*it).ok()).unwrap_or(0);
    at(row)..at(row + 1)
}

/// All values of a column.
pub fn datums(column: &dyn Array, data_type: &DataType) -> Vec<Datum> {
    (0..column.len()).map(|row| datum_at(column, data_type, row)).collect()
}

/// A batch of these rows.
///
/// # Errors
/// A value that is not of its column's type, or a row of another length.
pub fn batch_of_rows(fields: &[StructField], rows: &[Rc<[Datum]>]) -> Result<RecordBatch, SqlError> {
    let columns = fields.iter().enumerate().map(|(index, field)| {
        from_datums(&field.data_type, rows.iter().map(|row| row.get(index).unwrap_or(&Datum::Null)))
    });
    batch_of_columns(fields, columns.collect::<Result<_, _>>()?, rows.len())
}

/// A batch of these columns.
///
/// # Errors
/// A column that is not of its type, or of another number of rows.
pub fn batch_of_columns(fields: &[StructField], columns: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch, SqlError> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(arrow_schema(fields), columns, &options).map_err(|error| arrow_error(&error))
}

/// A batch of no rows.
pub fn empty_batch(fields: &[StructField]) -> RecordBatch {
    RecordBatch::new_empty(arrow_schema(fields))
}

/// One row of a batch.
pub fn row_of_batch(fields: &[StructField], batch: &RecordBatch, row: usize) -> Rc<[Datum]> {
    let columns = batch.columns().iter().zip(fields);
    columns.map(|(column, field)| datum_at(column, &field.data_type, row)).collect()
}

/// The rows of a batch.
pub fn rows_of_batch(fields: &[StructField], batch: &RecordBatch) -> Vec<Rc<[Datum]>> {
    (0..batch.num_rows()).map(|row| row_of_batch(fields, batch, row)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_from_batches() {
        let ddl = "a INT, s STRING, d DECIMAL(6,2), l ARRAY<STRUCT<x: INT, y: STRING>>, m MAP<STRING, ARRAY<DOUBLE>>, \
                   i INTERVAL, b BINARY, t TIMESTAMP, n VOID, e STRUCT<>";
        let fields = super::super::types::parse_schema(ddl).unwrap();
        let row: Rc<[Datum]> = Rc::from([
            Datum::Integer(3),
            Datum::String("x".into()),
            Datum::Decimal(-125, 2),
            Datum::Array(Rc::from([
                Datum::Struct(Rc::from([Datum::Integer(1), Datum::Null])),
                Datum::Null,
                Datum::Struct(Rc::from([Datum::Null, Datum::String("y".into())])),
            ])),
            Datum::Map(Rc::from([(Datum::String("k".into()), Datum::Array(Rc::from([Datum::Double(0.5)])))])),
            Datum::CalendarInterval { months: 1, days: -2, micros: i64::MAX },
            Datum::Binary(Rc::from([0, 255])),
            Datum::Timestamp(-1),
            Datum::Null,
            Datum::Struct(Rc::from([])),
        ]);
        let nulls: Rc<[Datum]> = vec![Datum::Null; fields.len()].into();
        let rows = [row.clone(), nulls.clone(), row];
        let batch = batch_of_rows(&fields, &rows).unwrap();
        assert_eq!(rows_of_batch(&fields, &batch), rows);
        assert_eq!(rows_of_batch(&fields, &batch.slice(1, 2)), rows[1..]);
        assert!(batch_of_rows(&fields, &[]).unwrap().num_rows() == 0 && empty_batch(&fields).num_rows() == 0);
        assert!(from_datums(&DataType::Integer, &[Datum::Long(1)]).is_err());
        assert_eq!(datums(&null_column(&fields[3].data_type, 2), &fields[3].data_type), [Datum::Null, Datum::Null]);
    }
}
