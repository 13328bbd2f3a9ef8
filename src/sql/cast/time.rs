//! Dates and times from text, in all the forms that casts take: Spark's `DateTimeUtils.stringToDate` and
//! `parseTimestampString`.

use super::text::trim_all;
use crate::sql::Context;
use crate::sql::functions::calendar::{
    self, MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND, days_in_month, days_of,
};
use crate::sql::functions::zones::Zone;

/// The day of a date that exists.
fn day(year: i64, month: i64, day: i64) -> Option<i64> {
    let exists = (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
    exists.then(|| days_of(year, month, day))
}

/// A date: a year, a month or a day, `2024`, `2024-2`, `2024-2-29`, and after a day whatever follows a space or `T`.
pub fn parse_date(text: &str) -> Option<i32> {
    let bytes = trim_all(text).as_bytes();
    let (sign, bytes) = match bytes.first()? {
        b'-' => (-1, &bytes[1..]),
        b'+' => (1, &bytes[1..]),
        _ => (1, bytes),
    };
    let end = bytes.iter().position(|byte| matches!(byte, b' ' | b'T')).unwrap_or(bytes.len());
    let segments: Vec<&[u8]> = bytes[..end].split(|byte| *byte == b'-').collect();
    let mut numbers = [1_i64; 3];
    if segments.len() > 3 || (segments.len() < 3 && end < bytes.len()) {
        return None;
    }
    for (index, segment) in segments.iter().enumerate() {
        let sizes = if index == 0 { 4..=7 } else { 1..=2 };
        if !sizes.contains(&segment.len()) || !segment.iter().all(u8::is_ascii_digit) {
            return None;
        }
        *numbers.get_mut(index)? = segment.iter().fold(0, |number, byte| number * 10 + i64::from(byte - b'0'));
    }
    let [year, month, day_of_month] = numbers;
    i32::try_from(day(sign * year, month, day_of_month)?).ok()
}

/// The parts of a timestamp's text.
struct Parts<'a> {
    /// Year, month, day, hours, minutes, seconds, microseconds, and what a zone has of digits.
    segments: [i64; 9],
    zone: Option<&'a str>,
    /// There is no date, so today's is meant.
    only_time: bool,
}

/// Where the reading of a timestamp's text is.
struct Reader {
    segments: [i64; 9],
    at: usize,
    number: i64,
    digits: usize,
}

impl Reader {
    /// Closes the segment that is being read, if it has as many digits as one may.
    fn close(&mut self) -> Option<()> {
        let valid = match self.at {
            0 => (4..=6).contains(&self.digits),
            6 => true,
            7 => self.digits <= 2,
            _ => (1..=2).contains(&self.digits),
        };
        if !valid {
            return None;
        }
        *self.segments.get_mut(self.at)? = self.number;
        (self.number, self.digits) = (0, 0);
        Some(())
    }

    fn next(&mut self) -> Option<()> {
        self.close()?;
        self.at += 1;
        Some(())
    }
}

fn parts(text: &str) -> Option<Parts<'_>> {
    let text = trim_all(text);
    let bytes = text.as_bytes();
    let sign = match bytes.first()? {
        b'-' => Some(-1),
        b'+' => Some(1),
        _ => None,
    };
    let mut reader = Reader { segments: [1, 1, 1, 0, 0, 0, 0, 0, 0], at: 0, number: 0, digits: 0 };
    let (mut zone, mut only_time, mut fraction_digits) = (None, false, 0_u32);
    for (index, byte) in bytes.iter().enumerate().skip(usize::from(sign.is_some())) {
        if byte.is_ascii_digit() {
            // Digits after the microseconds are cut off.
            if reader.at == 6 {
                fraction_digits += 1;
            }
            if reader.at != 6 || reader.digits < 6 {
                reader.number = reader.number.checked_mul(10)?.checked_add((byte - b'0').into())?;
            }
            reader.digits += 1;
            continue;
        }
        match (reader.at, byte) {
            (0, b'T') if index == 0 => {
                only_time = true;
                reader.at = 3;
            }
            (0 | 1, b'-') | (2, b' ' | b'T') | (3 | 4, b':') | (5, b'.') => reader.next()?,
            (0, b':') if sign.is_none() => {
                only_time = true;
                reader.at = 3;
                reader.next()?;
            }
            (5 | 6, _) => {
                reader.close()?;
                reader.at = 7;
                zone = text.get(index..);
                break;
            }
            _ => return None,
        }
    }
    reader.close()?;
    let mut segments = reader.segments;
    segments[6] *= 10_i64.pow(6_u32.saturating_sub(fraction_digits));
    segments[0] *= sign.unwrap_or(1);
    Some(Parts { segments, zone, only_time })
}

impl Parts<'_> {
    /// The time of day, if there is one.
    fn time(&self) -> Option<i64> {
        let [_, _, _, hours, minutes, seconds, micros, ..] = self.segments;
        let exists = hours < 24 && minutes < 60 && seconds < 60;
        exists.then_some(hours * MICROS_PER_HOUR + minutes * MICROS_PER_MINUTE + seconds * MICROS_PER_SECOND + micros)
    }

    fn local(&self, today: impl FnOnce() -> i64) -> Option<i64> {
        let [year, month, day_of_month, ..] = self.segments;
        let day = if self.only_time { today() } else { day(year, month, day_of_month)? };
        day.checked_mul(MICROS_PER_DAY)?.checked_add(self.time()?)
    }
}

/// A timestamp: a date, perhaps with a time, perhaps with a zone; of a zone that is not named it is the session's.
pub fn parse_timestamp(text: &str, context: &Context) -> Option<i64> {
    let parts = parts(text)?;
    let zone = match parts.zone {
        Some(name) => Zone::of(name.trim()).ok()?,
        None => Zone::Region(context.time_zone),
    };
    let local = parts.local(|| calendar::day_of(zone.local(context.batch_time)))?;
    Some(zone.instant(local))
}

/// A local timestamp; a zone may stand in the text and means nothing.
pub fn parse_local_timestamp(text: &str) -> Option<i64> {
    let parts = parts(text)?;
    if let Some(name) = parts.zone {
        Zone::of(name.trim()).ok()?;
    }
    if parts.only_time { None } else { parts.local(|| 0) }
}
