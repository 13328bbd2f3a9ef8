//! The text of values written out: `1.5`, `DATE '2024-01-01'`, `INTERVAL '01:30' HOUR TO MINUTE`.

use super::Literal;
use crate::sql::text::{calendar_interval_text, date_text, decimal_text, double_text, float_text, local_time_text};
use crate::sql::{DataType, Datum};

const MICROS_PER_SECOND: u64 = 1_000_000;
const MICROS_PER_MINUTE: u64 = 60 * MICROS_PER_SECOND;
const MICROS_PER_HOUR: u64 = 60 * MICROS_PER_MINUTE;
const MICROS_PER_DAY: u64 = 24 * MICROS_PER_HOUR;

/// A literal's text: a string bare, as names have it.
pub(super) fn literal_text(literal: &Literal) -> String {
    match &literal.value {
        Datum::String(text) => text.to_string(),
        value => value_text(value, &literal.data_type),
    }
}

fn value_text(value: &Datum, data_type: &DataType) -> String {
    match value {
        Datum::Null => "NULL".into(),
        Datum::Boolean(it) => it.to_string(),
        Datum::Byte(it) => it.to_string(),
        Datum::Short(it) => it.to_string(),
        Datum::Integer(it) => it.to_string(),
        Datum::Long(it) => it.to_string(),
        Datum::Float(it) => float_text(*it),
        Datum::Double(it) => double_text(*it),
        Datum::Decimal(unscaled, scale) => decimal_text(*unscaled, *scale),
        Datum::String(text) => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
        Datum::Binary(bytes) => format!("X'{}'", bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>()),
        Datum::Date(days) => format!("DATE '{}'", date_text((*days).into())),
        Datum::Timestamp(micros) => format!("TIMESTAMP '{}'", local_time_text(*micros)),
        Datum::TimestampNtz(micros) => format!("TIMESTAMP_NTZ '{}'", local_time_text(*micros)),
        Datum::DayTimeInterval(micros) => day_time(*micros),
        Datum::YearMonthInterval(months) => year_month(*months),
        Datum::CalendarInterval { months, days, micros } => calendar_interval_text(*months, *days, *micros),
        Datum::Array(items) => {
            let element = if let DataType::Array { element, .. } = data_type { element } else { data_type };
            format!("ARRAY({})", items.iter().map(|it| value_text(it, element)).collect::<Vec<_>>().join(", "))
        }
        Datum::Map(entries) => {
            let texts: Vec<_> = entries
                .iter()
                .map(|(key, value)| format!("{}, {}", value_text(key, data_type), value_text(value, data_type)))
                .collect();
            format!("MAP({})", texts.join(", "))
        }
        Datum::Struct(values) => {
            let fields: &[_] = if let DataType::Struct(fields) = data_type { fields } else { &[] };
            let texts: Vec<_> = values
                .iter()
                .enumerate()
                .map(|(index, value)| match fields.get(index) {
                    Some(field) => format!("'{}', {}", field.name, value_text(value, &field.data_type)),
                    None => value_text(value, data_type),
                })
                .collect();
            format!("NAMED_STRUCT({})", texts.join(", "))
        }
    }
}

/// Microseconds below a second, with their point and without trailing zeros; nothing where there are none.
fn fraction_text(micros: u64) -> String {
    if micros == 0 { String::new() } else { format!(".{micros:06}").trim_end_matches('0').into() }
}

/// The units of an interval are part of its type in Spark; here they are told from the value, as it is most often
/// written: one unit if the number stays small.
fn day_time(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let size = micros.unsigned_abs();
    let days = size / MICROS_PER_DAY;
    let hours = size % MICROS_PER_DAY / MICROS_PER_HOUR;
    let minutes = size % MICROS_PER_HOUR / MICROS_PER_MINUTE;
    let seconds =
        format!("{:02}{}", size % MICROS_PER_MINUTE / MICROS_PER_SECOND, fraction_text(size % MICROS_PER_SECOND));
    let (text, units) = if size == 0 {
        ("00".into(), "SECOND")
    } else if size.is_multiple_of(MICROS_PER_DAY) {
        (days.to_string(), "DAY")
    } else if size.is_multiple_of(MICROS_PER_HOUR) {
        match size / MICROS_PER_HOUR {
            total @ 0..=240 => (format!("{total:02}"), "HOUR"),
            _ => (format!("{days} {hours:02}"), "DAY TO HOUR"),
        }
    } else if size.is_multiple_of(MICROS_PER_MINUTE) {
        match size / MICROS_PER_MINUTE {
            total @ 0..=1440 => (format!("{total:02}"), "MINUTE"),
            _ => (format!("{days} {hours:02}:{minutes:02}"), "DAY TO MINUTE"),
        }
    } else if size < MICROS_PER_HOUR {
        let total = size / MICROS_PER_SECOND;
        (format!("{total:02}{}", fraction_text(size % MICROS_PER_SECOND)), "SECOND")
    } else if days == 0 {
        (format!("{hours:02}:{minutes:02}:{seconds}"), "HOUR TO SECOND")
    } else {
        (format!("{days} {hours:02}:{minutes:02}:{seconds}"), "DAY TO SECOND")
    };
    format!("INTERVAL '{sign}{text}' {units}")
}

fn year_month(months: i32) -> String {
    let sign = if months < 0 { "-" } else { "" };
    let size = months.unsigned_abs();
    match (size / 12, size % 12) {
        (0, months) => format!("INTERVAL '{sign}{months}' MONTH"),
        (years, 0) => format!("INTERVAL '{sign}{years}' YEAR"),
        (years, months) => format!("INTERVAL '{sign}{years}-{months}' YEAR TO MONTH"),
    }
}
