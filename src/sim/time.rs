//! Virtual time: microseconds since the Unix epoch, as Spark's timestamps are.

use std::fmt::{self, Display, Formatter};
use std::ops::{Add, AddAssign, Div, Mul, Rem, Sub};

use serde::{Deserialize, Serialize};

/// A point of virtual time, in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(pub u64);

/// A length of virtual time, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Duration(pub u64);

impl Duration {
    /// No time at all.
    pub const ZERO: Duration = Duration(0);

    /// `count` microseconds.
    pub const fn micros(count: u64) -> Self {
        Duration(count)
    }

    /// `count` milliseconds.
    pub const fn millis(count: u64) -> Self {
        Duration(count.saturating_mul(1_000))
    }

    /// `count` seconds.
    pub const fn seconds(count: u64) -> Self {
        Duration(count.saturating_mul(1_000_000))
    }

    /// `count` minutes.
    pub const fn minutes(count: u64) -> Self {
        Duration::seconds(count.saturating_mul(60))
    }

    /// Whole milliseconds, rounded down.
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000
    }

    /// Whether this is a whole multiple of `other` (which is not zero).
    pub const fn is_multiple_of(self, other: Duration) -> bool {
        other.0 != 0 && self.0.is_multiple_of(other.0)
    }

    /// The difference, or zero where `other` is longer.
    pub const fn saturating_sub(self, other: Duration) -> Duration {
        Duration(self.0.saturating_sub(other.0))
    }
}

impl Time {
    /// The point `count` milliseconds after the epoch.
    pub const fn from_millis(count: u64) -> Self {
        Time(count.saturating_mul(1_000))
    }

    /// Whole milliseconds since the epoch, rounded down: Spark's batch time.
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000
    }

    /// How long after `earlier` this is; zero where it is not after.
    pub const fn since(self, earlier: Time) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }

    /// The last multiple of `interval` (counted from `origin`) that is not after this.
    pub const fn floor(self, interval: Duration, origin: Time) -> Time {
        Time(origin.0 + self.since(origin).0 / interval.0 * interval.0)
    }

    /// The point `span` earlier; the epoch where that would be before it.
    pub const fn saturating_sub(self, span: Duration) -> Time {
        Time(self.0.saturating_sub(span.0))
    }
}

impl Add<Duration> for Time {
    type Output = Time;
    fn add(self, span: Duration) -> Time {
        Time(self.0.saturating_add(span.0))
    }
}

impl AddAssign<Duration> for Time {
    fn add_assign(&mut self, span: Duration) {
        *self = *self + span;
    }
}

impl Sub<Duration> for Time {
    type Output = Time;
    fn sub(self, span: Duration) -> Time {
        self.saturating_sub(span)
    }
}

impl Add for Duration {
    type Output = Duration;
    fn add(self, other: Duration) -> Duration {
        Duration(self.0.saturating_add(other.0))
    }
}

impl Sub for Duration {
    type Output = Duration;
    fn sub(self, other: Duration) -> Duration {
        self.saturating_sub(other)
    }
}

impl Mul<u64> for Duration {
    type Output = Duration;
    fn mul(self, factor: u64) -> Duration {
        Duration(self.0.saturating_mul(factor))
    }
}

impl Div<u64> for Duration {
    type Output = Duration;
    fn div(self, divisor: u64) -> Duration {
        Duration(self.0 / divisor)
    }
}

impl Rem for Duration {
    type Output = Duration;
    fn rem(self, other: Duration) -> Duration {
        Duration(self.0 % other.0)
    }
}

impl Display for Duration {
    /// The shortest exact form with one unit: `90s`, `250ms`, `1500us`; whole minutes and hours likewise.
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => out.write_str("0s"),
            us if us.is_multiple_of(3_600_000_000) => write!(out, "{}h", us / 3_600_000_000),
            us if us.is_multiple_of(60_000_000) => write!(out, "{}m", us / 60_000_000),
            us if us.is_multiple_of(1_000_000) => write!(out, "{}s", us / 1_000_000),
            us if us.is_multiple_of(1_000) => write!(out, "{}ms", us / 1_000),
            us => write!(out, "{us}us"),
        }
    }
}

impl Display for Time {
    /// ISO-8601 in UTC, with as many fraction digits (0, 3 or 6) as are needed.
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let seconds = self.0 / 1_000_000;
        let (year, month, day) = civil_date(seconds / 86_400);
        let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
        write!(out, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        match self.0 % 1_000_000 {
            0 => {}
            micros if micros.is_multiple_of(1_000) => write!(out, ".{:03}", micros / 1_000)?,
            micros => write!(out, ".{micros:06}")?,
        }
        out.write_str("Z")
    }
}

/// Year, month and day of the proleptic Gregorian calendar, from days since the epoch (days-to-civil algorithm:
/// eras of 400 years that start on the first of March).
fn civil_date(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_print_as_iso_8601() {
        assert_eq!(Time(0).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(Time(1_709_210_096_000_000).to_string(), "2024-02-29T12:34:56Z");
        assert_eq!(Time(1_704_067_200_000_500).to_string(), "2024-01-01T00:00:00.000500Z");
    }

    #[test]
    fn durations_print_exactly() {
        let printed: Vec<String> =
            [0, 1, 1_000, 1_500_000, 90_000_000, 7_200_000_000].map(|us| Duration(us).to_string()).into();
        assert_eq!(printed, ["0s", "1us", "1ms", "1500ms", "90s", "2h"]);
    }
}
