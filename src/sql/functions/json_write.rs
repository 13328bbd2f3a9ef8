//! Values as JSON text: Spark's `JacksonGenerator`, for `to_json` and JSON files.

use crate::sql::text::{
    calendar_interval_text, date_text, day_time_text, decimal_text, double_text, float_text, value_text,
    year_month_text,
};
use crate::sql::{DataType, Datum, SqlError};

use super::calendar::{MICROS_PER_DAY, MICROS_PER_SECOND, day_start, time_of_day, to_local};
use super::codecs;
use super::datetime_format::format_by;
use super::json_options::JsonOptions;
use super::json_text::{Json, write_string};

/// The JSON text of a value.
///
/// # Errors
/// A time that has more digits than its pattern.
pub fn write(value: &Datum, data_type: &DataType, options: &JsonOptions) -> Result<String, SqlError> {
    let json = json(value, data_type, options)?;
    if options.pretty {
        let mut out = String::new();
        pretty(&json, 0, &mut out);
        return Ok(out);
    }
    Ok(json.text())
}

fn json(value: &Datum, data_type: &DataType, options: &JsonOptions) -> Result<Json, SqlError> {
    // An `Int` is written as it stands, whatever its digits are.
    let text = |text: String| Ok(Json::String(text));
    let float = |finite: bool, text: String| if finite { Json::Int(text) } else { Json::String(text) };
    match value {
        Datum::Null => Ok(Json::Null),
        Datum::Boolean(it) => Ok(Json::Bool(*it)),
        Datum::Byte(it) => Ok(Json::Int(it.to_string())),
        Datum::Short(it) => Ok(Json::Int(it.to_string())),
        Datum::Integer(it) => Ok(Json::Int(it.to_string())),
        Datum::Long(it) => Ok(Json::Int(it.to_string())),
        Datum::Float(it) => Ok(float(it.is_finite(), float_text(*it))),
        Datum::Double(it) => Ok(float(it.is_finite(), double_text(*it))),
        Datum::Decimal(unscaled, scale) => Ok(Json::Int(decimal_text(*unscaled, *scale))),
        Datum::String(it) => text(it.to_string()),
        Datum::Binary(bytes) => text(codecs::base64(bytes)),
        Datum::Date(days) => text(match &options.date_format {
            Some(pattern) => {
                format_by(&pattern.elements, options.time_zone, day_start(options.time_zone, (*days).into()))?
            }
            None => date_text((*days).into()),
        }),
        Datum::Timestamp(micros) => text(match &options.timestamp_format {
            Some(pattern) => format_by(&pattern.elements, options.time_zone, *micros)?,
            None => {
                let local = to_local(options.time_zone, *micros);
                local_text(local) + &offset_text(local.wrapping_sub(*micros))
            }
        }),
        Datum::TimestampNtz(local) => text(match &options.local_timestamp_format {
            Some(pattern) => format_by(&pattern.elements, chrono_tz::Tz::UTC, *local)?,
            None => local_text(*local),
        }),
        Datum::DayTimeInterval(micros) => text(day_time_text(*micros)),
        Datum::YearMonthInterval(months) => text(year_month_text(*months)),
        Datum::CalendarInterval { months, days, micros } => text(calendar_interval_text(*months, *days, *micros)),
        Datum::Array(members) => {
            let DataType::Array { element, .. } = data_type else { return Ok(Json::Null) };
            Ok(Json::Array(members.iter().map(|it| json(it, element, options)).collect::<Result<_, _>>()?))
        }
        Datum::Map(entries) => {
            let DataType::Map { value: of, .. } = data_type else { return Ok(Json::Null) };
            let entry = |(key, value): &(Datum, Datum)| Ok((key_text(key), json(value, of, options)?));
            Ok(Json::Object(entries.iter().map(entry).collect::<Result<_, SqlError>>()?))
        }
        Datum::Struct(values) => {
            let DataType::Struct(fields) = data_type else { return Ok(Json::Null) };
            let mut made = Vec::with_capacity(fields.len());
            for (field, value) in fields.iter().zip(values.iter()) {
                if !(value.is_null() && options.ignore_null_fields) {
                    made.push((field.name.to_string(), json(value, &field.data_type, options)?));
                }
            }
            Ok(Json::Object(made))
        }
    }
}

/// `yyyy-MM-dd'T'HH:mm:ss.SSS`.
fn local_text(local: i64) -> String {
    let time = time_of_day(local);
    let seconds = time / MICROS_PER_SECOND;
    let millis = time % MICROS_PER_SECOND / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{}T{hours:02}:{minutes:02}:{seconds:02}.{millis:03}", date_text(local.div_euclid(MICROS_PER_DAY)))
}

/// `XXX`.
fn offset_text(micros: i64) -> String {
    if micros == 0 {
        return "Z".into();
    }
    let minutes = micros / (60 * MICROS_PER_SECOND);
    let sign = if micros < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

/// A key of a map as Spark keeps it: dates are days, times are microseconds.
fn key_text(key: &Datum) -> String {
    match key {
        Datum::Date(days) => days.to_string(),
        Datum::Timestamp(micros) | Datum::TimestampNtz(micros) | Datum::DayTimeInterval(micros) => micros.to_string(),
        Datum::YearMonthInterval(months) => months.to_string(),
        Datum::Struct(values) | Datum::Array(values) => {
            format!("[{}]", values.iter().map(key_text).collect::<Vec<_>>().join(","))
        }
        Datum::Null => "null".into(),
        other => value_text(other, chrono_tz::Tz::UTC),
    }
}

/// Jackson's `DefaultPrettyPrinter`: a line a field, arrays on one line.
fn pretty(value: &Json, depth: usize, out: &mut String) {
    match value {
        Json::Object(fields) if fields.is_empty() => out.push_str("{ }"),
        Json::Array(members) if members.is_empty() => out.push_str("[ ]"),
        Json::Object(fields) => {
            out.push('{');
            for (index, (name, value)) in fields.iter().enumerate() {
                out.push_str(if index == 0 { "\n" } else { ",\n" });
                out.push_str(&"  ".repeat(depth + 1));
                write_string(name, out);
                out.push_str(" : ");
                pretty(value, depth + 1, out);
            }
            out.push('\n');
            out.push_str(&"  ".repeat(depth));
            out.push('}');
        }
        Json::Array(members) => {
            for (index, member) in members.iter().enumerate() {
                out.push_str(if index == 0 { "[ " } else { ", " });
                pretty(member, depth, out);
            }
            out.push_str(" ]");
        }
        _ => value.write(out),
    }
}
