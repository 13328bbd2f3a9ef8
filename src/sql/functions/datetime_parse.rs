//! Reads times by a pattern: what `to_date`, `to_timestamp` and `unix_timestamp` do with text.
//!
//! Text that the pattern doesn't fit is null; but where Spark 2 would have read it, Spark 3 refuses to go on
//! (`spark.sql.legacy.timeParserPolicy` is `EXCEPTION`).

use std::collections::BTreeMap;

use chrono_tz::Tz;

use crate::sql::SqlError;

use super::calendar::{MICROS_PER_DAY, civil, days_in_month, days_of, is_leap};
use super::datetime_format::field_text;
use super::datetime_legacy;
use super::datetime_pattern::{Element, Field, OffsetStyle, Purpose, Sign, compile};
use super::zones::Zone;

/// What a text says: a local date and time in microseconds since the epoch, and the zone, if it names one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parsed {
    pub local: i64,
    pub zone: Option<Zone>,
}

/// The time that a text says by a pattern; nothing where it says none.
///
/// # Errors
/// A pattern that Spark refuses, and text that only Spark 2 would have read.
pub fn parse(pattern: &str, text: &str) -> Result<Option<Parsed>, SqlError> {
    let elements = compile(pattern, Purpose::Parse)?;
    parse_by(&elements, pattern, text)
}

/// The time that a text says by the parts of a pattern.
///
/// # Errors
/// Text that only Spark 2 would have read.
pub fn parse_by(elements: &[Element], pattern: &str, text: &str) -> Result<Option<Parsed>, SqlError> {
    let mut reader = Reader { text, fields: BTreeMap::new(), zone: None };
    let found = match reader.all(elements, 0) {
        Some(end) if end == text.len() => reader.resolve(),
        _ => None,
    };
    if found.is_some() || !datetime_legacy::reads(pattern, text) {
        return Ok(found);
    }
    let message = format!(
        "You may get a different result due to the upgrading to Spark >= 3.0:\nFail to parse '{text}' in the new parser. \
         You can set \"spark.sql.legacy.timeParserPolicy\" to \"LEGACY\" to restore the behavior before Spark 3.0, or set \
         to \"CORRECTED\" and treat it as an invalid datetime string."
    );
    let condition = "INCONSISTENT_BEHAVIOR_CROSS_VERSION.PARSE_DATETIME_BY_NEW_PARSER";
    Err(SqlError::new("SparkUpgradeException", Some(condition), message))
}

/// The instant that a text says, in a zone where it names none.
///
/// # Errors
/// Those of [`parse`].
pub fn parse_instant(pattern: &str, zone: Tz, text: &str) -> Result<Option<i64>, SqlError> {
    let parsed = parse(pattern, text)?;
    Ok(parsed.map(|it| it.zone.unwrap_or(Zone::Region(zone)).instant(it.local)))
}

#[derive(Clone)]
struct Reader<'a> {
    text: &'a str,
    fields: BTreeMap<Field, i64>,
    zone: Option<Zone>,
}

/// Whether a part is a number of a fixed width, which numbers before it leave room for.
fn fixed_width(element: &Element) -> Option<usize> {
    match element {
        Element::Number { least, most, sign: Sign::NotNegative, .. } if least == most => Some(*least),
        Element::TwoDigitYear(_) => Some(2),
        Element::Fraction { least, most } if least == most => Some(*least),
        _ => None,
    }
}

impl Reader<'_> {
    fn all(&mut self, elements: &[Element], from: usize) -> Option<usize> {
        let mut at = from;
        for (index, element) in elements.iter().enumerate() {
            let reserved = elements[index + 1..].iter().map_while(fixed_width).sum();
            at = self.element(element, at, reserved)?;
        }
        Some(at)
    }

    fn rest(&self, at: usize) -> &str {
        self.text.get(at..).unwrap_or("")
    }

    fn set(&mut self, field: Field, value: i64) -> Option<()> {
        (*self.fields.entry(field).or_insert(value) == value).then_some(())
    }

    fn element(&mut self, element: &Element, at: usize, reserved: usize) -> Option<usize> {
        match element {
            Element::Literal(literal) => {
                let found = self.rest(at).get(..literal.len())?;
                let same = found.eq_ignore_ascii_case(literal) || found.to_lowercase() == literal.to_lowercase();
                same.then_some(at + literal.len())
            }
            Element::Number { field, least, most, sign } => self.number(*field, at, (*least, *most), *sign, reserved),
            Element::TwoDigitYear(field) => {
                let digits = self.digits(at, 2);
                let value: i64 = self.rest(at).get(..digits).filter(|_| digits == 2)?.parse().ok()?;
                self.set(*field, 2000 + value)?;
                Some(at + 2)
            }
            Element::Fraction { least, most } => {
                let digits = self.digits(at, *most);
                if digits < *least {
                    return None;
                }
                let text = format!("{:0<9}", self.rest(at).get(..digits)?);
                self.set(Field::Nano, text.parse().ok()?)?;
                Some(at + digits)
            }
            Element::Text { field, full } => self.name(*field, *full, at),
            Element::Offset(style) => self.offset(*style, at),
            Element::LocalizedOffset { full } => self.localized_offset(*full, at),
            Element::ZoneId | Element::ZoneName { .. } => self.zone_id(at),
            Element::Optional(section) => {
                let mut attempt = self.clone();
                Some(match attempt.all(section, at) {
                    Some(end) => {
                        *self = attempt;
                        end
                    }
                    None => at,
                })
            }
        }
    }

    /// How many digits there are from here on, at most.
    fn digits(&self, at: usize, most: usize) -> usize {
        self.rest(at).bytes().take(most).take_while(u8::is_ascii_digit).count()
    }

    fn number(
        &mut self,
        field: Field,
        at: usize,
        (least, most): (usize, usize),
        sign: Sign,
        reserved: usize,
    ) -> Option<usize> {
        let first = self.rest(at).bytes().next()?;
        let (negative, positive) = (first == b'-', first == b'+');
        let signed = match sign {
            Sign::Normal => negative,
            Sign::ExceedsPad => negative || positive,
            Sign::NotNegative => false,
        };
        if (negative || positive) && !signed {
            return None;
        }
        let begin = at + usize::from(signed);
        let most = if sign == Sign::NotNegative && least == most { most } else { most + reserved };
        let mut count = self.digits(begin, most);
        if count < least {
            return None;
        }
        if reserved > 0 && !(sign == Sign::NotNegative && least == most) {
            count = least.max(count.saturating_sub(reserved));
        }
        let value: i64 = self.rest(begin).get(..count)?.parse().ok()?;
        if negative && value == 0 {
            return None;
        }
        if sign == Sign::ExceedsPad && !negative && positive != (count > least) {
            return None;
        }
        self.set(field, if negative { -value } else { value })?;
        Some(begin + count)
    }

    fn name(&mut self, field: Field, full: bool, at: usize) -> Option<usize> {
        let rest = self.rest(at);
        let matches = |name: &String| rest.get(..name.len()).is_some_and(|it| it.eq_ignore_ascii_case(name));
        let names = (0..=12).filter_map(|value| Some((value, field_text(field, value, full)?)));
        let (value, name) = names.filter(|(_, name)| matches(name)).max_by_key(|(_, name)| name.len())?;
        self.set(field, value)?;
        Some(at + name.len())
    }

    fn offset(&mut self, style: OffsetStyle, at: usize) -> Option<usize> {
        let rest = self.rest(at);
        let sign = match rest.bytes().next() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => {
                let found = rest.get(..style.zero.len())?;
                if !found.eq_ignore_ascii_case(style.zero) {
                    return None;
                }
                self.zone = Some(Zone::Fixed(0));
                return Some(at + style.zero.len());
            }
        };
        let two = |from: usize| -> Option<i32> {
            let digits = rest.get(from..from + 2)?;
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
        };
        let part = |from: usize| -> Option<(i32, usize)> {
            match (style.colon, rest.as_bytes().get(from)) {
                (true, Some(b':')) => Some((two(from + 1)?, from + 3)),
                (true, _) => None,
                (false, _) => Some((two(from)?, from + 2)),
            }
        };
        let hours = two(1)?;
        let (minutes, end) = match part(3) {
            Some(found) => found,
            None if style.minutes == 2 => return None,
            None => (0, 3),
        };
        let (seconds, end) = if style.seconds { part(end).unwrap_or((0, end)) } else { (0, end) };
        if hours > 18 || minutes > 59 || seconds > 59 {
            return None;
        }
        self.zone = Some(Zone::Fixed(sign * (hours * 3600 + minutes * 60 + seconds)));
        Some(at + end)
    }

    fn localized_offset(&mut self, full: bool, at: usize) -> Option<usize> {
        let rest = self.rest(at);
        let rest = rest.get(..3).filter(|it| it.eq_ignore_ascii_case("GMT")).and_then(|_| rest.get(3..))?;
        if !rest.starts_with(['+', '-']) {
            self.zone = Some(Zone::Fixed(0));
            return Some(at + 3);
        }
        let allowed = |byte: &u8| byte.is_ascii_digit() || *byte == b':';
        let length = 1 + rest.bytes().skip(1).take_while(allowed).count();
        let text = rest.get(..length)?;
        let hours = text[1..].split(':').next().map_or(0, str::len);
        if if full { hours != 2 } else { hours == 0 || hours > 2 } {
            return None;
        }
        self.zone = Some(Zone::of(text).ok()?);
        Some(at + 3 + length)
    }

    /// The longest name of a zone from here on.
    fn zone_id(&mut self, at: usize) -> Option<usize> {
        let rest = self.rest(at);
        let part = |letter: &char| letter.is_ascii_alphanumeric() || "~/._+-:".contains(*letter);
        let most = rest.chars().take_while(part).count();
        let found = (1..=most).rev().find_map(|length| Some((length, Zone::of(rest.get(..length)?).ok()?)));
        let (length, zone) = found?;
        self.zone = Some(zone);
        Some(at + length)
    }

    /// The time that the fields make; what is missing is that of 1970-01-01T00:00.
    fn resolve(&self) -> Option<Parsed> {
        let get = |field: Field| self.fields.get(&field).copied();
        let within = |field: Field, low: i64, high: i64| get(field).is_none_or(|it| (low..=high).contains(&it));
        let valid = within(Field::HourOfDay, 0, 23)
            && within(Field::ClockHourOfDay, 1, 24)
            && within(Field::HourOfAmPm, 0, 11)
            && within(Field::ClockHourOfAmPm, 1, 12)
            && within(Field::Minute, 0, 59)
            && within(Field::Second, 0, 59)
            && within(Field::Month, 1, 12)
            && within(Field::DayOfMonth, 1, 31)
            && within(Field::DayOfYear, 1, 366);
        if !valid {
            return None;
        }
        let year = match (get(Field::Year), get(Field::YearOfEra), get(Field::Era)) {
            (Some(year), ..) => Some(year),
            (None, Some(year), Some(0)) => Some(1 - year),
            (None, Some(year), Some(_)) => Some(year),
            _ => None,
        };
        let day = self.day(year, get(Field::Month), get(Field::DayOfMonth), get(Field::DayOfYear))?;
        let half = get(Field::ClockHourOfAmPm).map(|hour| hour % 12).or(get(Field::HourOfAmPm));
        let named = match (half, get(Field::AmPm)) {
            (Some(hour), Some(afternoon)) => Some(hour + 12 * afternoon),
            _ => None,
        };
        let of_day = [get(Field::HourOfDay), get(Field::ClockHourOfDay).map(|hour| hour % 24), named];
        let mut hours = of_day.into_iter().flatten();
        let hour = match hours.next() {
            Some(hour) if hours.all(|other| other == hour) => hour,
            Some(_) => return None,
            None => half.unwrap_or(if get(Field::AmPm) == Some(1) { 12 } else { 0 }),
        };
        let minutes = hour * 60 + get(Field::Minute).unwrap_or(0);
        let seconds = minutes * 60 + get(Field::Second).unwrap_or(0);
        let micros = seconds * 1_000_000 + get(Field::Nano).unwrap_or(0) / 1000;
        let local = day.checked_mul(MICROS_PER_DAY)?.checked_add(micros)?;
        Some(Parsed { local, zone: self.zone })
    }

    fn day(&self, year: Option<i64>, month: Option<i64>, day: Option<i64>, of_year: Option<i64>) -> Option<i64> {
        if let (Some(year), Some(of_year)) = (year, of_year) {
            if !(-999_999_999..=999_999_999).contains(&year) || of_year > 365 + i64::from(is_leap(year)) {
                return None;
            }
            let found = days_of(year, 1, 1) + of_year - 1;
            let date = civil(found);
            let agrees = month.is_none_or(|it| it == date.month) && day.is_none_or(|it| it == date.day);
            return agrees.then_some(found);
        }
        let (year, month, day) = (year.unwrap_or(1970), month.unwrap_or(1), day.unwrap_or(1));
        let exists = (-999_999_999..=999_999_999).contains(&year) && day <= days_in_month(year, month);
        exists.then(|| days_of(year, month, day))
    }
}
