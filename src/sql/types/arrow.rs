//! The Arrow type of a column of each type.

use std::sync::Arc;

use arrow_schema::{DataType as Arrow, Field, Fields, IntervalUnit, Schema, SchemaRef, TimeUnit};

use super::{DataType, StructField};

impl DataType {
    /// The Arrow type of such a column. It doesn't tell what may be null, so that equal types have equal Arrow types
    /// wherever their values came from.
    pub fn to_arrow(&self) -> Arrow {
        match self {
            DataType::Null => Arrow::Null,
            DataType::Boolean => Arrow::Boolean,
            DataType::Byte => Arrow::Int8,
            DataType::Short => Arrow::Int16,
            DataType::Integer => Arrow::Int32,
            DataType::Long => Arrow::Int64,
            DataType::Float => Arrow::Float32,
            DataType::Double => Arrow::Float64,
            DataType::Decimal { precision, scale } => {
                Arrow::Decimal128((*precision).max(1), i8::try_from(*scale).unwrap_or(i8::MAX))
            }
            DataType::String => Arrow::Utf8,
            DataType::Binary => Arrow::Binary,
            DataType::Date => Arrow::Date32,
            DataType::Timestamp => Arrow::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            DataType::TimestampNtz => Arrow::Timestamp(TimeUnit::Microsecond, None),
            DataType::DayTimeInterval => Arrow::Duration(TimeUnit::Microsecond),
            DataType::YearMonthInterval => Arrow::Interval(IntervalUnit::YearMonth),
            // Arrow's own interval counts nanoseconds, which 64 bits hold for 292 years only.
            DataType::CalendarInterval => Arrow::Struct(calendar_interval_fields()),
            DataType::Array { element, .. } => Arrow::List(element_field(element)),
            DataType::Map { key, value, .. } => {
                Arrow::Map(Arc::new(Field::new("entries", Arrow::Struct(entry_fields(key, value)), false)), false)
            }
            DataType::Struct(fields) => Arrow::Struct(struct_fields(fields)),
        }
    }
}

/// The parts of a calendar interval.
pub(crate) fn calendar_interval_fields() -> Fields {
    Fields::from(vec![
        Field::new("months", Arrow::Int32, true),
        Field::new("days", Arrow::Int32, true),
        Field::new("microseconds", Arrow::Int64, true),
    ])
}

/// The field that an Arrow list has for its elements.
pub(crate) fn element_field(element: &DataType) -> Arc<Field> {
    Arc::new(Field::new("element", element.to_arrow(), true))
}

/// The key and the value of an Arrow map's entries.
pub(crate) fn entry_fields(key: &DataType, value: &DataType) -> Fields {
    Fields::from(vec![Field::new("key", key.to_arrow(), false), Field::new("value", value.to_arrow(), true)])
}

/// The Arrow fields of a struct.
pub(crate) fn struct_fields(fields: &[StructField]) -> Fields {
    fields.iter().map(|field| Field::new(&*field.name, field.data_type.to_arrow(), true)).collect()
}

/// The Arrow schema of a table of these columns.
pub(crate) fn arrow_schema(fields: &[StructField]) -> SchemaRef {
    Arc::new(Schema::new(struct_fields(fields)))
}
