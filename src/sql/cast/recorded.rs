//! Values as the recordings of real Spark write them: dates and timestamps as numbers, binary in hexadecimal, intervals
//! and decimals as text.

use chrono_tz::Tz;
use serde_json::Value as Json;

use super::cast;
use crate::sql::{Context, DataType, Datum, json_rows};

/// The context that the recordings were made in.
pub(crate) fn context() -> Context {
    Context { time_zone: Tz::America__New_York, batch_time: 0, partition: 0 }
}

/// The value of a type.
pub(crate) fn read(data_type: &DataType, json: &Json) -> Datum {
    match (data_type, json) {
        (DataType::Date, Json::Number(days)) => Datum::Date(i32::try_from(days.as_i64().unwrap()).unwrap()),
        (DataType::Timestamp, Json::Number(micros)) => Datum::Timestamp(micros.as_i64().unwrap()),
        (DataType::Binary, Json::String(text)) => {
            let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
            Datum::Binary((0..text.len()).step_by(2).map(byte).collect())
        }
        (DataType::DayTimeInterval | DataType::YearMonthInterval | DataType::TimestampNtz, Json::String(text)) => {
            let value = cast(&context(), &Datum::String(text.as_str().into()), &DataType::String, data_type, false);
            assert!(!value.is_null(), "{text}");
            value
        }
        _ => json_rows::from_json(data_type, json).unwrap(),
    }
}
