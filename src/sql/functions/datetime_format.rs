//! Writes times by a pattern: what `date_format` and `from_unixtime` give.

use std::fmt::Write;

use chrono::{DateTime, TimeZone};
use chrono_tz::{OffsetName, Tz};

use crate::sql::SqlError;

use super::calendar::{
    MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND, civil, day_of, day_of_year, time_of_day, to_local, weekday,
};
use super::datetime_pattern::{Element, Field, OffsetStyle, Purpose, Sign, compile};

pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// The text of a field's value, in Java's American English.
pub fn field_text(field: Field, value: i64, full: bool) -> Option<String> {
    let of = |names: &[&str], index: i64| names.get(usize::try_from(index).ok()?).map(|it| (*it).to_owned());
    let short = |name: String| if full { name } else { name.chars().take(3).collect() };
    match field {
        Field::Month => of(&MONTHS, value - 1).map(short),
        Field::DayOfWeek => of(&DAYS, value - 1).map(short),
        Field::AmPm => of(&["AM", "PM"], value),
        Field::Era if full => of(&["Before Christ", "Anno Domini"], value),
        Field::Era => of(&["BC", "AD"], value),
        Field::Quarter if full => of(&["1st quarter", "2nd quarter", "3rd quarter", "4th quarter"], value - 1),
        Field::Quarter => of(&["Q1", "Q2", "Q3", "Q4"], value - 1),
        _ => None,
    }
}

/// The text of an instant in a time zone.
///
/// # Errors
/// A pattern that Spark refuses, and a value that has more digits than the pattern.
pub fn format(pattern: &str, zone: Tz, micros: i64) -> Result<String, SqlError> {
    let elements = compile(pattern, Purpose::Format)?;
    format_by(&elements, zone, micros)
}

/// The text of an instant by the parts of a pattern.
///
/// # Errors
/// A value that has more digits than the pattern.
pub fn format_by(elements: &[Element], zone: Tz, micros: i64) -> Result<String, SqlError> {
    let local = to_local(zone, micros);
    let mut writer = Writer { zone, micros, local, out: String::new() };
    writer.all(elements)?;
    Ok(writer.out)
}

struct Writer {
    zone: Tz,
    micros: i64,
    local: i64,
    out: String,
}

impl Writer {
    fn value(&self, field: Field) -> i64 {
        let day = day_of(self.local);
        let date = civil(day);
        let time = time_of_day(self.local);
        let hour = time / MICROS_PER_HOUR;
        match field {
            Field::Era => i64::from(date.year > 0),
            Field::Year => date.year,
            Field::YearOfEra => {
                if date.year > 0 {
                    date.year
                } else {
                    1 - date.year
                }
            }
            Field::Quarter => (date.month - 1) / 3 + 1,
            Field::Month => date.month,
            Field::DayOfYear => day_of_year(day),
            Field::DayOfMonth => date.day,
            Field::AlignedDay => (date.day - 1) % 7 + 1,
            Field::DayOfWeek => weekday(day) + 1,
            Field::AmPm => hour / 12,
            Field::HourOfDay => hour,
            Field::ClockHourOfDay => {
                if hour == 0 {
                    24
                } else {
                    hour
                }
            }
            Field::HourOfAmPm => hour % 12,
            Field::ClockHourOfAmPm => {
                if hour % 12 == 0 {
                    12
                } else {
                    hour % 12
                }
            }
            Field::Minute => time / MICROS_PER_MINUTE % 60,
            Field::Second => time / MICROS_PER_SECOND % 60,
            Field::Nano => time % MICROS_PER_SECOND * 1000,
        }
    }

    fn all(&mut self, elements: &[Element]) -> Result<(), SqlError> {
        elements.iter().try_for_each(|element| self.element(element))
    }

    fn element(&mut self, element: &Element) -> Result<(), SqlError> {
        match element {
            Element::Literal(text) => self.out.push_str(text),
            Element::Number { field, least, most, sign } => self.number(*field, *least, *most, *sign)?,
            Element::TwoDigitYear(field) => self.push(format_args!("{:02}", self.value(*field).unsigned_abs() % 100)),
            Element::Fraction { least, .. } => {
                let digits = format!("{:09}", self.value(Field::Nano));
                self.out.push_str(digits.get(..*least).unwrap_or(&digits));
            }
            Element::Text { field, full } => {
                let value = self.value(*field);
                match field_text(*field, value, *full) {
                    Some(text) => self.out.push_str(&text),
                    None => self.push(format_args!("{value}")),
                }
            }
            Element::Offset(style) => {
                let seconds = self.offset();
                self.out.push_str(&offset_text(seconds, *style));
            }
            Element::LocalizedOffset { full } => {
                let seconds = self.offset();
                self.out.push_str(&localized_offset(seconds, *full));
            }
            Element::ZoneId => self.push(format_args!("{}", self.zone.name())),
            Element::ZoneName { full } => {
                let name = zone_name(self.zone, self.micros, *full);
                self.out.push_str(&name);
            }
            Element::Optional(section) => self.all(section)?,
        }
        Ok(())
    }

    fn push(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a string never fails.
        let _ = self.out.write_fmt(text);
    }

    fn offset(&self) -> i64 {
        self.local.wrapping_sub(self.micros) / MICROS_PER_SECOND
    }

    fn number(&mut self, field: Field, least: usize, most: usize, sign: Sign) -> Result<(), SqlError> {
        let value = self.value(field);
        let digits = value.unsigned_abs().to_string();
        if digits.len() > most {
            let text = format!(
                "Field {field:?} cannot be printed as the value {value} exceeds the maximum print width of {most}"
            );
            return Err(SqlError::new("DateTimeException", None, text));
        }
        if value < 0 {
            self.out.push('-');
        } else if sign == Sign::ExceedsPad && digits.len() > least {
            self.out.push('+');
        }
        self.push(format_args!("{digits:0>least$}"));
        Ok(())
    }
}

fn offset_text(seconds: i64, style: OffsetStyle) -> String {
    if seconds == 0 {
        return style.zero.into();
    }
    let sign = if seconds < 0 { '-' } else { '+' };
    let absolute = seconds.abs();
    let (hours, minutes, rest) = (absolute / 3600, absolute / 60 % 60, absolute % 60);
    let colon = if style.colon { ":" } else { "" };
    let mut text = format!("{sign}{hours:02}");
    if style.minutes == 2 || minutes != 0 {
        text += &format!("{colon}{minutes:02}");
    }
    if style.seconds && rest != 0 {
        text += &format!("{colon}{rest:02}");
    }
    text
}

fn localized_offset(seconds: i64, full: bool) -> String {
    if seconds == 0 {
        return "GMT".into();
    }
    let sign = if seconds < 0 { '-' } else { '+' };
    let absolute = seconds.abs();
    let (hours, minutes, rest) = (absolute / 3600, absolute / 60 % 60, absolute % 60);
    let mut text = if full { format!("GMT{sign}{hours:02}:{minutes:02}") } else { format!("GMT{sign}{hours}") };
    if !full && minutes != 0 {
        text += &format!(":{minutes:02}");
    }
    if rest != 0 {
        text += &format!(":{rest:02}");
    }
    text
}

/// Names of zones as Java writes them out, by the abbreviation; a zone that is not here goes by its abbreviation.
const FULL_NAMES: [(&str, &str); 19] = [
    ("UTC", "Coordinated Universal Time"),
    ("GMT", "Greenwich Mean Time"),
    ("BST", "British Summer Time"),
    ("WET", "Western European Standard Time"),
    ("WEST", "Western European Summer Time"),
    ("CET", "Central European Standard Time"),
    ("CEST", "Central European Summer Time"),
    ("EET", "Eastern European Standard Time"),
    ("EEST", "Eastern European Summer Time"),
    ("MSK", "Moscow Standard Time"),
    ("EST", "Eastern Standard Time"),
    ("EDT", "Eastern Daylight Time"),
    ("CST", "Central Standard Time"),
    ("CDT", "Central Daylight Time"),
    ("MST", "Mountain Standard Time"),
    ("MDT", "Mountain Daylight Time"),
    ("PST", "Pacific Standard Time"),
    ("PDT", "Pacific Daylight Time"),
    ("JST", "Japan Standard Time"),
];

fn zone_name(zone: Tz, micros: i64, full: bool) -> String {
    let time = DateTime::from_timestamp_micros(micros).unwrap_or_default().naive_utc();
    let offset = zone.offset_from_utc_datetime(&time);
    let short = offset.abbreviation().unwrap_or_else(|| zone.name());
    let long = FULL_NAMES.iter().find(|(name, _)| full && *name == short).map(|(_, long)| *long);
    long.unwrap_or(short).to_owned()
}
