//! The type of a column, from its Arrow type: what functions over whole columns know of their arguments.

use arrow_schema::{DataType as Arrow, Fields};

use crate::sql::types::arrow::calendar_interval_fields;
use crate::sql::{DataType, StructField};

/// The type whose columns have this Arrow type.
pub(super) fn type_of(arrow: &Arrow) -> DataType {
    match arrow {
        Arrow::Boolean => DataType::Boolean,
        Arrow::Int8 => DataType::Byte,
        Arrow::Int16 => DataType::Short,
        Arrow::Int32 => DataType::Integer,
        Arrow::Int64 => DataType::Long,
        Arrow::Float32 => DataType::Float,
        Arrow::Float64 => DataType::Double,
        Arrow::Decimal128(precision, scale) => {
            DataType::Decimal { precision: *precision, scale: u8::try_from(*scale).unwrap_or(0) }
        }
        Arrow::Utf8 => DataType::String,
        Arrow::Binary => DataType::Binary,
        Arrow::Date32 => DataType::Date,
        Arrow::Timestamp(_, Some(_)) => DataType::Timestamp,
        Arrow::Timestamp(_, None) => DataType::TimestampNtz,
        Arrow::Duration(_) => DataType::DayTimeInterval,
        Arrow::Interval(_) => DataType::YearMonthInterval,
        Arrow::List(element) => {
            DataType::Array { element: type_of(element.data_type()).into(), contains_null: element.is_nullable() }
        }
        Arrow::Map(entries, _) => match entries.data_type() {
            Arrow::Struct(fields) => map_of(fields),
            _ => DataType::Null,
        },
        Arrow::Struct(fields) if *fields == calendar_interval_fields() => DataType::CalendarInterval,
        Arrow::Struct(fields) => DataType::structure(
            fields
                .iter()
                .map(|field| StructField::new(field.name().as_str(), type_of(field.data_type()), field.is_nullable())),
        ),
        _ => DataType::Null,
    }
}

fn map_of(entries: &Fields) -> DataType {
    let part = |index: usize| entries.get(index).map_or(DataType::Null, |it| type_of(it.data_type()));
    DataType::map(part(0), part(1))
}
