//! Rows as JSON, in the encoding of the conformance corpus: timestamps in ISO 8601 with three or six digits of the
//! second's fraction, decimals as text, binary in base64, structs and maps as objects.

use std::rc::Rc;

use chrono_tz::Tz;
use serde_json::{Number, Value as Json};

use super::cast::{Decimal, fits, parse_date, parse_local_timestamp, parse_timestamp};
use super::functions::codecs::{base64, unbase64};
use super::text::{date_text, decimal_plain_text, local_time_text, value_text};
use super::{Context, DataType, Datum, StructField};

/// A row of these columns from an object; a column that the object doesn't have is null.
///
/// # Errors
/// A value that is none of its column's type.
pub fn row_from_json(fields: &[StructField], json: &Json) -> Result<Rc<[Datum]>, String> {
    if !json.is_object() {
        return Err(format!("a row is an object, not {json}"));
    }
    members(fields, json)
}

/// The object of a row.
pub fn row_to_json(fields: &[StructField], row: &[Datum]) -> Json {
    Json::Object(
        fields
            .iter()
            .zip(row)
            .map(|(field, value)| (field.name.to_string(), to_json(&field.data_type, value)))
            .collect(),
    )
}

fn members(fields: &[StructField], json: &Json) -> Result<Rc<[Datum]>, String> {
    let member = |field: &StructField| {
        from_json(&field.data_type, json.get(&*field.name).unwrap_or(&Json::Null))
            .map_err(|error| format!("{}: {error}", field.name))
    };
    fields.iter().map(member).collect()
}

/// The value of a type that JSON encodes.
///
/// # Errors
/// JSON that encodes no value of the type.
pub fn from_json(data_type: &DataType, json: &Json) -> Result<Datum, String> {
    let refused = || format!("{json} is no {}", data_type.sql());
    if json.is_null() {
        return Ok(Datum::Null);
    }
    let integer = || json.as_i64().ok_or_else(refused);
    let text = || json.as_str().ok_or_else(refused);
    Ok(match data_type {
        DataType::Null => return Err(refused()),
        DataType::Boolean => Datum::Boolean(json.as_bool().ok_or_else(refused)?),
        DataType::Byte => Datum::Byte(i8::try_from(integer()?).map_err(|_| refused())?),
        DataType::Short => Datum::Short(i16::try_from(integer()?).map_err(|_| refused())?),
        DataType::Integer => Datum::Integer(i32::try_from(integer()?).map_err(|_| refused())?),
        DataType::Long => Datum::Long(integer()?),
        #[expect(clippy::cast_possible_truncation, reason = "floats are written as the double that is nearest")]
        DataType::Float => Datum::Float(fraction(json).ok_or_else(refused)? as f32),
        DataType::Double => Datum::Double(fraction(json).ok_or_else(refused)?),
        DataType::Decimal { precision, scale } => {
            let written = json.as_str().map_or_else(|| json.to_string(), str::to_owned);
            let unscaled = Decimal::parse(&written).and_then(|number| number.at_scale(*scale));
            Datum::Decimal(unscaled.filter(|it| fits(*it, *precision)).ok_or_else(refused)?, *scale)
        }
        DataType::String => Datum::String(text()?.into()),
        DataType::Binary => Datum::Binary(unbase64(text()?).ok_or_else(refused)?.into()),
        DataType::Date => Datum::Date(parse_date(text()?).ok_or_else(refused)?),
        DataType::Timestamp => {
            let context = Context { time_zone: Tz::UTC, batch_time: 0, partition: 0 };
            Datum::Timestamp(parse_timestamp(text()?, &context).ok_or_else(refused)?)
        }
        DataType::TimestampNtz => Datum::TimestampNtz(parse_local_timestamp(text()?).ok_or_else(refused)?),
        DataType::DayTimeInterval => Datum::DayTimeInterval(integer()?),
        DataType::YearMonthInterval => Datum::YearMonthInterval(i32::try_from(integer()?).map_err(|_| refused())?),
        DataType::CalendarInterval => {
            let context = Context { time_zone: Tz::UTC, batch_time: 0, partition: 0 };
            super::cast::cast(&context, &Datum::String(text()?.into()), &DataType::String, data_type, false)
        }
        DataType::Array { element, .. } => {
            let elements = json.as_array().ok_or_else(refused)?;
            Datum::Array(elements.iter().map(|it| from_json(element, it)).collect::<Result<_, _>>()?)
        }
        DataType::Map { key, value, .. } => {
            let entries = json.as_object().ok_or_else(refused)?;
            let entry = |(name, it): (&String, &Json)| Ok((key_from_json(key, name)?, from_json(value, it)?));
            Datum::Map(entries.iter().map(entry).collect::<Result<_, String>>()?)
        }
        DataType::Struct(fields) => {
            if !json.is_object() {
                return Err(refused());
            }
            Datum::Struct(members(fields, json)?)
        }
    })
}

/// A map's key is text: as it is, or JSON of what it is.
fn key_from_json(data_type: &DataType, name: &str) -> Result<Datum, String> {
    let quoted = || from_json(data_type, &Json::from(name));
    match data_type {
        DataType::String => quoted(),
        _ => match serde_json::from_str(name) {
            Ok(json) => from_json(data_type, &json).or_else(|_| quoted()),
            Err(_) => quoted(),
        },
    }
}

fn fraction(json: &Json) -> Option<f64> {
    match json.as_str() {
        Some("NaN") => Some(f64::NAN),
        Some("Infinity") => Some(f64::INFINITY),
        Some("-Infinity") => Some(f64::NEG_INFINITY),
        Some(_) => None,
        None => json.as_f64(),
    }
}

fn fraction_json(number: f64) -> Json {
    Number::from_f64(number).map_or_else(
        || {
            if number.is_nan() {
                "NaN"
            } else if number > 0.0 {
                "Infinity"
            } else {
                "-Infinity"
            }
            .into()
        },
        Json::Number,
    )
}

/// What encodes the value of a type.
pub fn to_json(data_type: &DataType, value: &Datum) -> Json {
    match value {
        Datum::Null => Json::Null,
        Datum::Boolean(flag) => (*flag).into(),
        Datum::Byte(number) => (*number).into(),
        Datum::Short(number) => (*number).into(),
        Datum::Integer(number) | Datum::YearMonthInterval(number) => (*number).into(),
        Datum::Long(number) | Datum::DayTimeInterval(number) => (*number).into(),
        Datum::Float(number) => fraction_json((*number).into()),
        Datum::Double(number) => fraction_json(*number),
        Datum::Decimal(unscaled, scale) => decimal_plain_text(*unscaled, *scale).into(),
        Datum::String(text) => (&**text).into(),
        Datum::Binary(bytes) => base64(bytes).replace("\r\n", "").into(),
        Datum::Date(days) => date_text((*days).into()).into(),
        Datum::Timestamp(micros) => (iso_text(*micros) + "Z").into(),
        Datum::TimestampNtz(local) => iso_text(*local).into(),
        Datum::CalendarInterval { .. } => value_text(value, Tz::UTC).into(),
        Datum::Array(members) => match data_type {
            DataType::Array { element, .. } => members.iter().map(|it| to_json(element, it)).collect(),
            _ => Json::Null,
        },
        Datum::Map(entries) => match data_type {
            DataType::Map { key, value, .. } => {
                let entry = |(name, it): &(Datum, Datum)| match to_json(key, name) {
                    Json::String(name) => (name, to_json(value, it)),
                    name => (name.to_string(), to_json(value, it)),
                };
                Json::Object(entries.iter().map(entry).collect())
            }
            _ => Json::Null,
        },
        Datum::Struct(members) => match data_type {
            DataType::Struct(fields) => row_to_json(fields, members),
            _ => Json::Null,
        },
    }
}

/// `2024-02-29T12:34:56.789`, with six digits where there are microseconds.
fn iso_text(local: i64) -> String {
    let whole = local_time_text(local - local.rem_euclid(1_000_000)).replacen(' ', "T", 1);
    let micros = local.rem_euclid(1_000_000);
    if micros % 1000 == 0 { format!("{whole}.{:03}", micros / 1000) } else { format!("{whole}.{micros:06}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_are_read_and_written_in_the_encoding_of_the_corpus() {
        let ddl = "i INT, d DOUBLE, c DECIMAL(6,2), t TIMESTAMP, n TIMESTAMP_NTZ, day DATE, b BINARY, \
                   p STRUCT<x: INT, y: ARRAY<STRUCT<z: STRING>>>, m MAP<STRING, INT>, k MAP<INT, BOOLEAN>, s STRING";
        let fields = super::super::types::parse_schema(ddl).unwrap();
        let row = json!({
            "i": -3, "d": "NaN", "c": "1.50", "t": "2024-03-05T06:07:08.250Z", "n": "1969-12-31T23:59:59.999999",
            "day": "2024-02-29", "b": "AP8B", "p": {"x": 1, "y": [{"z": "a"}, null]}, "m": {"a": 1, "b": null},
            "k": {"7": true}, "s": null,
        });
        let read = row_from_json(&fields, &row).unwrap();
        assert_eq!(row_to_json(&fields, &read), row);
        assert_eq!(row_from_json(&fields, &json!({"i": "x"})).unwrap_err(), "i: \"x\" is no INT");
        assert_eq!(row_from_json(&fields, &json!({})).unwrap().len(), fields.len());
    }
}
