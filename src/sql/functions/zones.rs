//! Time zones by their text: `java.time.ZoneId.of`, with the short names and the loose offsets that Spark takes.

use chrono_tz::Tz;

use crate::sql::SqlError;

use super::calendar::{MICROS_PER_SECOND, from_local, offset_at};

/// A zone of the database, or an offset from UTC in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    Region(Tz),
    Fixed(i32),
}

impl Zone {
    /// The offset from UTC at an instant, in microseconds.
    pub fn offset(self, micros: i64) -> i64 {
        match self {
            Zone::Region(zone) => offset_at(zone, micros),
            Zone::Fixed(seconds) => i64::from(seconds) * MICROS_PER_SECOND,
        }
    }

    /// The local time of an instant.
    pub fn local(self, micros: i64) -> i64 {
        micros.wrapping_add(self.offset(micros))
    }

    /// The instant of a local time.
    pub fn instant(self, local: i64) -> i64 {
        match self {
            Zone::Region(zone) => from_local(zone, local),
            Zone::Fixed(seconds) => local.wrapping_sub(i64::from(seconds) * MICROS_PER_SECOND),
        }
    }

    /// The zone of this name.
    ///
    /// # Errors
    /// Java's `DateTimeException` of a name that is none.
    pub fn of(name: &str) -> Result<Zone, SqlError> {
        let loose = padded(name);
        let refuse = |text: String| Err(SqlError::new("DateTimeException", None, text));
        if let Some((_, zone)) = SHORT.iter().find(|(short, _)| *short == loose) {
            return Zone::of(zone);
        }
        match loose.as_str() {
            "Z" | "UTC" | "GMT" | "UT" => return Ok(Zone::Region(Tz::UTC)),
            _ => {}
        }
        if loose.starts_with(['+', '-']) {
            return match offset(&loose) {
                Ok(seconds) => Ok(Zone::Fixed(seconds)),
                Err(text) => refuse(text),
            };
        }
        let prefixed = ["UTC", "GMT", "UT"].iter().find_map(|prefix| loose.strip_prefix(prefix));
        if let Some(rest) = prefixed.filter(|rest| rest.starts_with(['+', '-'])) {
            return match offset(rest) {
                Ok(seconds) => Ok(Zone::Fixed(seconds)),
                Err(_) => refuse(format!("Invalid ID for offset-based ZoneId: {loose}")),
            };
        }
        let named = |text: &str| {
            let mut letters = text.chars();
            letters.next().is_some_and(|first| first.is_ascii_alphabetic())
                && text.len() > 1
                && letters.all(|it| it.is_ascii_alphanumeric() || "~/._+-".contains(it))
        };
        match loose.parse::<Tz>() {
            Ok(zone) => Ok(Zone::Region(zone)),
            Err(_) if named(&loose) => refuse(format!("Unknown time-zone ID: {loose}")),
            Err(_) => refuse(format!("Invalid ID for region-based ZoneId, invalid format: {loose}")),
        }
    }
}

/// `+1:30` and `+01:3` with the zeros that the library asks for.
fn padded(name: &str) -> String {
    let Some(sign) = name.find(['+', '-']) else { return name.to_owned() };
    let (before, after) = name.split_at(sign + 1);
    let Some((hours, minutes)) = after.split_once(':') else { return name.to_owned() };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hours) || hours.len() > 2 {
        return name.to_owned();
    }
    let minutes = if minutes.len() == 1 && digits(minutes) { format!("0{minutes}") } else { minutes.to_owned() };
    format!("{before}{hours:0>2}:{minutes}")
}

/// `ZoneOffset.of`: seconds.
fn offset(text: &str) -> Result<i32, String> {
    let invalid = || format!("Invalid ID for ZoneOffset, invalid format: {text}");
    let (sign, rest) = match text.as_bytes().first() {
        Some(b'+') => (1, &text[1..]),
        Some(b'-') => (-1, &text[1..]),
        _ => return Err(invalid()),
    };
    let colons = rest.contains(':');
    let parts: Vec<&str> = if colons {
        rest.split(':').collect()
    } else if rest.len() == 1 {
        vec![rest]
    } else {
        let cut = |from: usize| rest.get(from..from + 2);
        if !rest.is_ascii() || rest.len() % 2 == 1 {
            return Err(invalid());
        }
        (0..rest.len()).step_by(2).filter_map(cut).collect()
    };
    let number = |part: &&str| -> Option<i32> {
        let fits = part.bytes().all(|byte| byte.is_ascii_digit()) && (part.len() == 2 || (parts.len() == 1 && !colons));
        if fits { part.parse().ok() } else { None }
    };
    let numbers: Option<Vec<i32>> = parts.iter().map(number).collect();
    let (hours, minutes, seconds) = match numbers.as_deref() {
        Some([hours]) => (*hours, 0, 0),
        Some([hours, minutes]) => (*hours, *minutes, 0),
        Some([hours, minutes, seconds]) => (*hours, *minutes, *seconds),
        _ => return Err(invalid()),
    };
    if hours > 18 {
        return Err(format!(
            "Zone offset hours not in valid range: value {} is not in the range -18 to 18",
            sign * hours
        ));
    }
    if minutes > 59 || seconds > 59 {
        return Err(format!(
            "Zone offset minutes not in valid range: value {} is not in the range -59 to 59",
            sign * minutes
        ));
    }
    if hours == 18 && (minutes > 0 || seconds > 0) {
        return Err("Zone offset not in valid range: -18:00 to +18:00".into());
    }
    Ok(sign * (hours * 3600 + minutes * 60 + seconds))
}

/// `ZoneId.SHORT_IDS`.
const SHORT: [(&str, &str); 28] = [
    ("ACT", "Australia/Darwin"),
    ("AET", "Australia/Sydney"),
    ("AGT", "America/Argentina/Buenos_Aires"),
    ("ART", "Africa/Cairo"),
    ("AST", "America/Anchorage"),
    ("BET", "America/Sao_Paulo"),
    ("BST", "Asia/Dhaka"),
    ("CAT", "Africa/Harare"),
    ("CNT", "America/St_Johns"),
    ("CST", "America/Chicago"),
    ("CTT", "Asia/Shanghai"),
    ("EAT", "Africa/Addis_Ababa"),
    ("ECT", "Europe/Paris"),
    ("IET", "America/Indiana/Indianapolis"),
    ("IST", "Asia/Kolkata"),
    ("JST", "Asia/Tokyo"),
    ("MIT", "Pacific/Apia"),
    ("NET", "Asia/Yerevan"),
    ("NST", "Pacific/Auckland"),
    ("PLT", "Asia/Karachi"),
    ("PNT", "America/Phoenix"),
    ("PRT", "America/Puerto_Rico"),
    ("PST", "America/Los_Angeles"),
    ("SST", "Pacific/Guadalcanal"),
    ("VST", "Asia/Ho_Chi_Minh"),
    ("EST", "-05:00"),
    ("MST", "-07:00"),
    ("HST", "-10:00"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_offsets_and_what_is_neither() {
        assert_eq!(Zone::of("PST"), Ok(Zone::Region(Tz::America__Los_Angeles)));
        assert_eq!(Zone::of("+05:30"), Ok(Zone::Fixed(19_800)));
        assert_eq!(Zone::of("-8"), Ok(Zone::Fixed(-28_800)));
        assert_eq!(Zone::of("+1:5"), Ok(Zone::Fixed(3_900)));
        assert_eq!(Zone::of("GMT+1"), Ok(Zone::Fixed(3_600)));
        assert_eq!(Zone::of("UTC-0130"), Ok(Zone::Fixed(-5_400)));
        let said = |text| Zone::of(text).map_err(|error| error.message.to_string());
        assert_eq!(said("Nowhere/X"), Err("Unknown time-zone ID: Nowhere/X".into()));
        assert!(said("+25:00").is_err() && said("").is_err() && said("é+").is_err());
    }
}
