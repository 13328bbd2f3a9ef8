//! Values as text, the way `CAST(... AS STRING)` and Java write them.

use std::fmt::Write;

use chrono_tz::Tz;

use super::functions::calendar::{self, Civil, MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND};
use super::{DataType, Datum, Typed};

/// `Double.toString`.
pub fn double_text(number: f64) -> String {
    java_float(number.is_nan(), number.is_infinite(), number.is_sign_negative(), &format!("{:e}", number.abs()))
}

/// `Float.toString`.
pub fn float_text(number: f32) -> String {
    java_float(number.is_nan(), number.is_infinite(), number.is_sign_negative(), &format!("{:e}", number.abs()))
}

/// Java's layout of the shortest digits: plain from a thousandth to ten million, else with an exponent.
fn java_float(nan: bool, infinite: bool, negative: bool, scientific: &str) -> String {
    if nan {
        return "NaN".into();
    }
    let sign = if negative { "-" } else { "" };
    if infinite {
        return format!("{sign}Infinity");
    }
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if digits == "0" {
        return format!("{sign}0.0");
    }
    match usize::try_from(exponent) {
        Ok(whole) if whole < 7 => {
            let padded = format!("{digits:0<width$}", width = whole + 2);
            let (whole, fraction) = padded.split_at(whole + 1);
            format!("{sign}{whole}.{fraction}")
        }
        Err(_) if exponent >= -3 => {
            let zeros = usize::try_from(-exponent - 1).unwrap_or(0);
            format!("{sign}0.{}{digits}", "0".repeat(zeros))
        }
        _ => {
            let fraction = if digits.len() > 1 { &digits[1..] } else { "0" };
            format!("{sign}{}.{fraction}E{exponent}", &digits[..1])
        }
    }
}

/// A decimal with all its digits: `BigDecimal.toPlainString`.
pub fn decimal_plain_text(unscaled: i128, scale: u8) -> String {
    let sign = if unscaled < 0 { "-" } else { "" };
    let scale = usize::from(scale);
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// A decimal as `BigDecimal.toString` writes it: with an exponent below a millionth.
pub fn decimal_text(unscaled: i128, scale: u8) -> String {
    let digits = unscaled.unsigned_abs().to_string();
    let exponent = i64::try_from(digits.len()).unwrap_or(0) - 1 - i64::from(scale);
    if exponent >= -6 {
        return decimal_plain_text(unscaled, scale);
    }
    let sign = if unscaled < 0 { "-" } else { "" };
    let point = if digits.len() > 1 { "." } else { "" };
    format!("{sign}{}{point}{}E{exponent}", &digits[..1], &digits[1..])
}

fn year_text(year: i64) -> String {
    match year {
        0..=9999 => format!("{year:04}"),
        10_000.. => format!("+{year}"),
        _ => format!("-{:04}", year.unsigned_abs()),
    }
}

/// `2024-02-29`.
pub fn date_text(days: i64) -> String {
    let Civil { year, month, day } = calendar::civil(days);
    format!("{}-{month:02}-{day:02}", year_text(year))
}

/// The fraction of a second, with its point and without trailing zeros; nothing where there is none.
fn fraction_text(micros: i64) -> String {
    if micros == 0 { String::new() } else { format!(".{micros:06}").trim_end_matches('0').into() }
}

/// `2024-02-29 12:34:56.789` of a local time.
pub fn local_time_text(local: i64) -> String {
    let time = calendar::time_of_day(local);
    let (hours, minutes) = (time / MICROS_PER_HOUR, time % MICROS_PER_HOUR / MICROS_PER_MINUTE);
    let (seconds, micros) = (time % MICROS_PER_MINUTE / MICROS_PER_SECOND, time % MICROS_PER_SECOND);
    let date = date_text(calendar::day_of(local));
    format!("{date} {hours:02}:{minutes:02}:{seconds:02}{}", fraction_text(micros))
}

/// A timestamp as it is shown in a time zone.
pub fn timestamp_text(micros: i64, zone: Tz) -> String {
    local_time_text(calendar::to_local(zone, micros))
}

/// `INTERVAL '1 02:03:04.5' DAY TO SECOND`.
pub fn day_time_text(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let size = micros.unsigned_abs();
    let unit = |unit: i64| unit.unsigned_abs();
    let (days, rest) = (size / unit(MICROS_PER_DAY), size % unit(MICROS_PER_DAY));
    let (hours, rest) = (rest / unit(MICROS_PER_HOUR), rest % unit(MICROS_PER_HOUR));
    let (minutes, rest) = (rest / unit(MICROS_PER_MINUTE), rest % unit(MICROS_PER_MINUTE));
    let (seconds, rest) = (rest / unit(MICROS_PER_SECOND), rest % unit(MICROS_PER_SECOND));
    let fraction = fraction_text(i64::try_from(rest).unwrap_or(0));
    format!("INTERVAL '{sign}{days} {hours:02}:{minutes:02}:{seconds:02}{fraction}' DAY TO SECOND")
}

/// `INTERVAL '1-2' YEAR TO MONTH`.
pub fn year_month_text(months: i32) -> String {
    let sign = if months < 0 { "-" } else { "" };
    let size = months.unsigned_abs();
    format!("INTERVAL '{sign}{}-{}' YEAR TO MONTH", size / 12, size % 12)
}

/// `1 years 2 months 3 days 4 hours 5 minutes 6.5 seconds`, of what is not zero.
pub fn calendar_interval_text(months: i32, days: i32, micros: i64) -> String {
    let mut parts = Vec::new();
    let mut part = |number: i64, unit: &str| {
        if number != 0 {
            parts.push(format!("{number} {unit}"));
        }
    };
    part((months / 12).into(), "years");
    part((months % 12).into(), "months");
    part(days.into(), "days");
    part(micros / MICROS_PER_HOUR, "hours");
    part(micros % MICROS_PER_HOUR / MICROS_PER_MINUTE, "minutes");
    let rest = micros % MICROS_PER_MINUTE;
    if rest != 0 {
        let sign = if rest < 0 { "-" } else { "" };
        let (seconds, fraction) = (rest.abs() / MICROS_PER_SECOND, rest.abs() % MICROS_PER_SECOND);
        parts.push(format!("{sign}{seconds}{} seconds", fraction_text(fraction)));
    }
    if parts.is_empty() { "0 seconds".into() } else { parts.join(" ") }
}

/// The value as `CAST(... AS STRING)` gives it; null, which has no text, is `null`, as it stands in arrays.
pub fn value_text(value: &Datum, zone: Tz) -> String {
    let mut text = String::new();
    write_value(&mut text, value, zone);
    text
}

fn write_value(out: &mut String, value: &Datum, zone: Tz) {
    let written = match value {
        Datum::Null => write!(out, "null"),
        Datum::Boolean(flag) => write!(out, "{flag}"),
        Datum::Byte(number) => write!(out, "{number}"),
        Datum::Short(number) => write!(out, "{number}"),
        Datum::Integer(number) => write!(out, "{number}"),
        Datum::Long(number) => write!(out, "{number}"),
        Datum::Float(number) => write!(out, "{}", float_text(*number)),
        Datum::Double(number) => write!(out, "{}", double_text(*number)),
        Datum::Decimal(unscaled, scale) => write!(out, "{}", decimal_text(*unscaled, *scale)),
        Datum::String(text) => write!(out, "{text}"),
        Datum::Binary(bytes) => write!(out, "{}", String::from_utf8_lossy(bytes)),
        Datum::Date(days) => write!(out, "{}", date_text((*days).into())),
        Datum::Timestamp(micros) => write!(out, "{}", timestamp_text(*micros, zone)),
        Datum::TimestampNtz(local) => write!(out, "{}", local_time_text(*local)),
        Datum::DayTimeInterval(micros) => write!(out, "{}", day_time_text(*micros)),
        Datum::YearMonthInterval(months) => write!(out, "{}", year_month_text(*months)),
        Datum::CalendarInterval { months, days, micros } => {
            write!(out, "{}", calendar_interval_text(*months, *days, *micros))
        }
        Datum::Array(members) => return write_members(out, ('[', ']'), members, zone),
        Datum::Struct(members) => return write_members(out, ('{', '}'), members, zone),
        Datum::Map(entries) => {
            out.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_value(out, key, zone);
                out.push_str(" -> ");
                write_value(out, value, zone);
            }
            out.push('}');
            Ok(())
        }
    };
    // Writing to a `String` can't fail.
    let _ = written;
}

fn write_members(out: &mut String, (open, close): (char, char), members: &[Datum], zone: Tz) {
    out.push(open);
    for (index, member) in members.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write_value(out, member, zone);
    }
    out.push(close);
}

/// A literal as errors and column names show it: numbers and texts bare.
pub fn literal_text(value: &Datum, data_type: &DataType) -> String {
    let text = || value_text(value, Tz::UTC);
    match (value, data_type) {
        (Datum::Null, _) => "NULL".into(),
        (Datum::Decimal(unscaled, scale), _) => decimal_plain_text(*unscaled, *scale),
        (Datum::Binary(bytes), _) => {
            format!("X'{}'", bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>())
        }
        (Datum::Date(_), _) => format!("DATE '{}'", text()),
        (Datum::Timestamp(_), _) => format!("TIMESTAMP '{}'", text()),
        (Datum::TimestampNtz(_), _) => format!("TIMESTAMP_NTZ '{}'", text()),
        (Datum::CalendarInterval { .. }, _) => format!("INTERVAL '{}'", text()),
        (Datum::Array(members), DataType::Array { element, .. }) => {
            let members: Vec<_> = members.iter().map(|it| literal_text(it, element)).collect();
            format!("ARRAY({})", members.join(", "))
        }
        _ => text(),
    }
}

/// Arguments as a call shows them.
pub fn list_text(args: &[Typed]) -> String {
    args.iter().map(Typed::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_java_writes_them() {
        let texts: Vec<_> =
            [0.0, -0.0, 1.0, 0.1, 100.0, 1e7, 9_999_999.0, 1.5e-3, 9.99e-4, 1e20, 12_345_678.9, f64::MIN_POSITIVE]
                .into_iter()
                .map(double_text)
                .collect();
        assert_eq!(
            texts,
            [
                "0.0",
                "-0.0",
                "1.0",
                "0.1",
                "100.0",
                "1.0E7",
                "9999999.0",
                "0.0015",
                "9.99E-4",
                "1.0E20",
                "1.23456789E7",
                "2.2250738585072014E-308"
            ]
        );
        assert_eq!(float_text(0.1), "0.1");
        assert_eq!(float_text(1.6e8), "1.6E8");
        assert_eq!(double_text(f64::NEG_INFINITY), "-Infinity");
        assert_eq!(decimal_text(-125, 2), "-1.25");
        assert_eq!(decimal_text(1, 8), "1E-8");
        assert_eq!(decimal_text(123, 9), "1.23E-7");
        assert_eq!(decimal_text(0, 8), "0E-8");
        assert_eq!(decimal_text(0, 2), "0.00");
    }

    #[test]
    fn times_and_intervals_are_written_as_spark_writes_them() {
        assert_eq!(timestamp_text(1_500_000, Tz::UTC), "1970-01-01 00:00:01.5");
        assert_eq!(timestamp_text(-1, Tz::Europe__Berlin), "1970-01-01 00:59:59.999999");
        assert_eq!(day_time_text(-93_784_500_000), "INTERVAL '-1 02:03:04.5' DAY TO SECOND");
        assert_eq!(year_month_text(-14), "INTERVAL '-1-2' YEAR TO MONTH");
        assert_eq!(
            calendar_interval_text(14, -3, 3_661_500_000),
            "1 years 2 months -3 days 1 hours 1 minutes 1.5 seconds"
        );
    }

    #[test]
    fn values_with_parts_are_written_with_brackets() {
        let inner = Datum::Struct([Datum::Integer(1), Datum::Null].into());
        let value = Datum::Map([(Datum::String("k".into()), Datum::Array([inner, Datum::Null].into()))].into());
        assert_eq!(value_text(&value, Tz::UTC), "{k -> [{1, null}, null]}");
    }
}
