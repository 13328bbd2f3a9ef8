//! The units a scenario file is written in: how lengths of time, ranges of them, ratios and moments are read.
//!
//! Each is one word of text that prints as it parses. Everything is a whole number underneath (microseconds,
//! numerator and denominator), for a run must be the same to the bit on every machine and floats are not.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::sim::{Duration, Ratio, Time};

use super::text::Mistake;

/// Units of time, longest first, with their length in microseconds.
const UNITS: [(&str, u64); 6] =
    [("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000), ("us", 1)];

/// A hundred years: no scenario is longer, and sums of a few of them can't overflow.
pub const LONGEST: Duration = Duration(36_500 * 86_400_000_000);

impl FromStr for Duration {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Mistake> {
        let digits = text.len() - text.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
        let (number, unit) = text.split_at(digits);
        if number.is_empty() || unit.starts_with('.') {
            return Err(mistaken(text));
        }
        if unit.is_empty() {
            return Err(Mistake::new(
                format!("`{text}` has no unit"),
                format!("a duration needs a unit: {text}s, {text}ms, {text}m"),
            ));
        }
        let Some((_, length)) = UNITS.into_iter().find(|(name, _)| *name == unit) else {
            return Err(mistaken(text));
        };
        let micros = number.parse::<u64>().ok().and_then(|number| number.checked_mul(length));
        micros.map(Duration).filter(|micros| *micros <= LONGEST).ok_or_else(|| {
            Mistake::new(format!("`{text}` is too long"), "no duration is longer than a hundred years, 36500d")
        })
    }
}

/// What is wrong with text that is no duration, with the duration that was probably meant.
fn mistaken(text: &str) -> Mistake {
    let letters = text.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    let number = text[..text.len() - letters.len()].trim();
    let unit = match letters.trim().to_lowercase().as_str() {
        "us" | "µs" | "micros" | "microsecond" | "microseconds" => "us",
        "ms" | "millis" | "millisecond" | "milliseconds" => "ms",
        "" | "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "m" | "min" | "mins" | "minute" | "minutes" => "m",
        "h" | "hr" | "hour" | "hours" => "h",
        "d" | "day" | "days" => "d",
        _ => return Mistake::new(format!("`{text}` is no duration"), EXPECTED_DURATION),
    };
    let length = UNITS.into_iter().find(|(name, _)| *name == unit).map_or(1, |(_, length)| length);
    let meant = match number.split_once('.') {
        None => number.parse::<u64>().ok().and_then(|number| number.checked_mul(length)),
        Some((whole, fraction)) => scaled(whole, fraction, length),
    };
    match meant {
        None => Mistake::new(format!("`{text}` is no duration"), EXPECTED_DURATION),
        Some(_) if number.contains('.') => {
            let meant = meant.map_or_else(String::new, |micros| Duration(micros).to_string());
            Mistake::new(format!("`{text}` is a fraction"), format!("durations are whole numbers: {meant}"))
        }
        Some(_) => Mistake::new(
            format!("`{text}` is no duration"),
            format!("did you mean `{number}{unit}`? The units are us, ms, s, m, h and d, next to the number"),
        ),
    }
}

const EXPECTED_DURATION: &str = "a duration is a whole number and a unit: 5s, 200ms, 1m (us, ms, s, m, h, d)";

/// `whole.fraction` units of `length` microseconds, where that is a whole number of microseconds.
fn scaled(whole: &str, fraction: &str, length: u64) -> Option<u64> {
    let denominator = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let numerator = if whole.is_empty() { 0 } else { whole.parse::<u128>().ok()? }.checked_mul(denominator)?
        + fraction.parse::<u128>().ok()?;
    let scaled = numerator.checked_mul(length.into())?;
    (scaled % denominator == 0).then_some(scaled / denominator).and_then(|micros| micros.try_into().ok())
}

/// A duration drawn evenly from `low..high`, both ends included; `5ms` is the range of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Range {
    /// The shortest.
    pub low: Duration,
    /// The longest.
    pub high: Duration,
}

impl Range {
    /// The range of one duration.
    pub const fn only(duration: Duration) -> Self {
        Range { low: duration, high: duration }
    }

    /// Does the duration lie in the range?
    pub fn contains(&self, duration: Duration) -> bool {
        self.low <= duration && duration <= self.high
    }
}

impl fmt::Display for Range {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.low == self.high { write!(out, "{}", self.low) } else { write!(out, "{}..{}", self.low, self.high) }
    }
}

impl FromStr for Range {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Mistake> {
        let Some((low, high)) = text.split_once("..") else {
            return text.parse().map(Range::only);
        };
        let (low, high) = (low.parse()?, high.parse()?);
        if high < low {
            return Err(Mistake::new(
                format!("the range `{text}` ends before it begins"),
                format!("the lower end stands first: {high}..{low}"),
            ));
        }
        Ok(Range { low, high })
    }
}

/// What a measured duration must be: `1s`, `0s..2s`, `<1s`, `<=1s`, `>1s` or `>=1s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Within {
    /// Both ends included.
    Range(Range),
    /// `<`
    Less(Duration),
    /// `<=`
    AtMost(Duration),
    /// `>`
    More(Duration),
    /// `>=`
    AtLeast(Duration),
}

impl Within {
    /// Is the duration as expected?
    pub fn holds(&self, duration: Duration) -> bool {
        match self {
            Within::Range(range) => range.contains(duration),
            Within::Less(bound) => duration < *bound,
            Within::AtMost(bound) => duration <= *bound,
            Within::More(bound) => duration > *bound,
            Within::AtLeast(bound) => duration >= *bound,
        }
    }
}

impl fmt::Display for Within {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Within::Range(range) => range.fmt(out),
            Within::Less(bound) => write!(out, "<{bound}"),
            Within::AtMost(bound) => write!(out, "<={bound}"),
            Within::More(bound) => write!(out, ">{bound}"),
            Within::AtLeast(bound) => write!(out, ">={bound}"),
        }
    }
}

impl FromStr for Within {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Mistake> {
        let bound = |text: &str| text.trim_start().parse::<Duration>();
        if let Some(text) = text.strip_prefix("<=") {
            return bound(text).map(Within::AtMost);
        }
        if let Some(text) = text.strip_prefix(">=") {
            return bound(text).map(Within::AtLeast);
        }
        if let Some(text) = text.strip_prefix('<') {
            return bound(text).map(Within::Less);
        }
        if let Some(text) = text.strip_prefix('>') {
            return bound(text).map(Within::More);
        }
        text.parse().map(Within::Range)
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.numerator, self.denominator)
    }
}

impl FromStr for Ratio {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Mistake> {
        let none = |help: String| Mistake::new(format!("`{text}` is no ratio"), help);
        if let Some((whole, fraction)) = text.split_once('.') {
            let denominator = 10_u32.checked_pow(fraction.len().try_into().unwrap_or(u32::MAX));
            let ratio = format!("{whole}{fraction}").parse::<u32>().ok().zip(denominator);
            let ratio = ratio.map(|(numerator, denominator)| lowest_terms(numerator, denominator));
            return Err(none(match ratio {
                Some(ratio) => format!("a probability is a ratio of whole numbers, here {ratio}"),
                None => "a probability is a ratio of whole numbers, such as 1/1000".into(),
            }));
        }
        let (numerator, denominator) = text.split_once('/').unwrap_or((text, "1"));
        let number = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse().ok());
        let (Some(Some(numerator)), Some(Some(denominator))) = (number(numerator), number(denominator)) else {
            return Err(none("a probability is a ratio of whole numbers, such as 1/1000".into()));
        };
        if denominator == 0 {
            let help = "a probability is a ratio such as 1/1000; what never happens is 0";
            return Err(Mistake::new(format!("`{text}` divides by zero"), help));
        }
        if numerator > denominator {
            let help = format!("a probability lies between 0 and 1; did you mean {denominator}/{numerator}?");
            return Err(Mistake::new(format!("`{text}` is more than 1"), help));
        }
        Ok(Ratio { numerator, denominator })
    }
}

fn lowest_terms(numerator: u32, denominator: u32) -> Ratio {
    let (mut divisor, mut rest) = (denominator, numerator);
    while rest != 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    let divisor = divisor.max(1);
    Ratio { numerator: numerator / divisor, denominator: denominator / divisor }
}

/// Microseconds in a day.
const DAY: u64 = 86_400_000_000;

impl FromStr for Time {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Mistake> {
        let wrong = |help: &str| Mistake::new(format!("`{text}` is no moment"), help);
        let shape = "a moment is written in UTC as 2024-01-01T12:00:00Z";
        let (date, time) = text.split_once('T').ok_or_else(|| wrong(shape))?;
        let time =
            time.strip_suffix('Z').ok_or_else(|| wrong("moments are in UTC and end in Z: 2024-01-01T12:00:00Z"))?;
        let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
        let date = numbers::<3>(date, '-', [4, 2, 2]).ok_or_else(|| wrong(shape))?;
        let [hour, minute, second] = numbers::<3>(clock, ':', [2, 2, 2]).ok_or_else(|| wrong(shape))?;
        let [year, month, day] = date;
        if !(1970..=9999).contains(&year) {
            return Err(wrong("virtual time lies between 1970 and 9999"));
        }
        if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
            return Err(wrong("there is no such day in the calendar"));
        }
        if hour > 23 || minute > 59 || second > 59 {
            return Err(wrong("there is no such time of day: hours to 23, minutes and seconds to 59"));
        }
        if fraction.len() > 6 || fraction.is_empty() || !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(wrong("a second has at most 6 digits behind the point: virtual time is in microseconds"));
        }
        let micros = format!("{fraction:0<6}").parse::<u64>().map_err(|_| wrong(shape))?;
        let days = days_before(year) + (1..month).map(|month| days_in(year, month)).sum::<u64>() + day - 1;
        Ok(Time(days * DAY + ((hour * 60 + minute) * 60 + second) * 1_000_000 + micros))
    }
}

/// `N` numbers of fixed widths with a separator between.
fn numbers<const N: usize>(text: &str, separator: char, widths: [usize; N]) -> Option<[u64; N]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; N];
    for (number, width) in numbers.iter_mut().zip(widths) {
        let part = parts.next().filter(|part| part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in(year: u64, month: u64) -> u64 {
    match month {
        2 => 28 + u64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from the epoch to the first of January.
fn days_before(year: u64) -> u64 {
    let leaps = |year: u64| year / 4 - year / 100 + year / 400;
    (year - 1970) * 365 + leaps(year - 1) - leaps(1969)
}

macro_rules! schema {
    ($($unit:ident, $pattern:expr, $about:expr, $example:expr;)*) => {
        $(impl JsonSchema for $unit {
            fn schema_name() -> Cow<'static, str> {
                stringify!($unit).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern, "description": $about, "examples": [$example] })
            }
        })*
    };
}

schema! {
    Duration, r"^[0-9]+(us|ms|s|m|h|d)$", "A duration with its unit.", "200ms";
    Range, r"^[0-9]+(us|ms|s|m|h|d)(\.\.[0-9]+(us|ms|s|m|h|d))?$", "A duration, or a range of them.", "1ms..10ms";
    Within, r"^((<|>|<=|>=) *[0-9]+(us|ms|s|m|h|d)|[0-9]+(us|ms|s|m|h|d)(\.\.[0-9]+(us|ms|s|m|h|d))?)$",
        "What a measured duration must be.", "<1s";
    Time, r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z$",
        "A moment in UTC.", "2024-01-01T12:00:00Z";
}

impl JsonSchema for Ratio {
    fn schema_name() -> Cow<'static, str> {
        "Ratio".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A probability, as a ratio of whole numbers.",
            "anyOf": [{ "type": "string", "pattern": "^[0-9]+(/[0-9]+)?$" }, { "enum": [0, 1] }],
            "examples": ["1/1000"]
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn micros() -> impl Strategy<Value = Duration> {
        (0..=u32::MAX, prop::sample::select(UNITS.to_vec()))
            .prop_map(|(number, (_, length))| Duration(u64::from(number).saturating_mul(length).min(LONGEST.0)))
    }

    fn assert_round_trip<T: FromStr<Err = Mistake> + fmt::Display + fmt::Debug + PartialEq>(value: &T) {
        assert_eq!(value.to_string().parse::<T>().as_ref(), Ok(value));
    }

    proptest! {
        #[test]
        fn durations_and_ranges_print_as_they_parse(one in micros(), other in micros(), kind in 0..5_usize) {
            assert_round_trip(&one);
            let range = Range { low: one.min(other), high: one.max(other) };
            assert_round_trip(&range);
            let within = [Within::Range(range), Within::Less(one), Within::AtMost(one), Within::More(one),
                Within::AtLeast(one)];
            assert_round_trip(&within[kind]);
        }

        #[test]
        fn ratios_print_as_they_parse(numerator in 0..=u32::MAX, more in 0..=u32::MAX) {
            let denominator = numerator.saturating_add(more).max(1);
            assert_round_trip(&Ratio { numerator, denominator });
        }

        #[test]
        fn moments_print_as_they_parse(micros in 0..253_402_300_800_000_000_u64) {
            assert_round_trip(&Time(micros));
        }

        #[test]
        fn no_text_makes_a_unit_panic(text in "\\PC*|[0-9.]{0,40}[a-zµ/<>=.]{0,8}[0-9]{0,12}[TZsm:-]{0,4}") {
            let _ = text.parse::<Duration>();
            let _ = text.parse::<Range>();
            let _ = text.parse::<Within>();
            let _ = text.parse::<Ratio>();
            let _ = text.parse::<Time>();
        }
    }

    #[test]
    fn a_mistaken_duration_says_what_was_meant() {
        let help = |text: &str| text.parse::<Duration>().unwrap_err().help;
        assert_eq!(help("5"), "a duration needs a unit: 5s, 5ms, 5m");
        assert_eq!(help("1.5s"), "durations are whole numbers: 1500ms");
        assert!(help("5 seconds").starts_with("did you mean `5s`?"));
        assert!(help("soon").starts_with("a duration is a whole number and a unit"));
    }

    #[test]
    fn a_float_is_turned_into_a_ratio() {
        assert_eq!("0.25".parse::<Ratio>().unwrap_err().help, "a probability is a ratio of whole numbers, here 1/4");
    }

    #[test]
    fn moments_count_from_the_epoch() {
        assert_eq!("1970-01-01T00:00:00Z".parse(), Ok(Time(0)));
        assert_eq!("2024-02-29T00:00:00.25Z".parse(), Ok(Time(1_709_164_800_250_000)));
        assert!("2023-02-29T00:00:00Z".parse::<Time>().is_err());
    }
}
