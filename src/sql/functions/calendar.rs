//! Arithmetic of days, months, local times and time zones: Spark's `DateTimeUtils`, which is `java.time`'s.
//!
//! Dates are days since 1970-01-01 of the proleptic Gregorian calendar, times are microseconds; nothing here knows of
//! text.

use chrono::{DateTime, MappedLocalTime, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;

use crate::sql::{Datum, SqlError};

pub const MICROS_PER_SECOND: i64 = 1_000_000;
pub const MICROS_PER_MINUTE: i64 = 60 * MICROS_PER_SECOND;
pub const MICROS_PER_HOUR: i64 = 60 * MICROS_PER_MINUTE;
pub const MICROS_PER_DAY: i64 = 24 * MICROS_PER_HOUR;

/// A date of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    pub year: i64,
    /// From 1.
    pub month: i64,
    /// From 1.
    pub day: i64,
}

/// The date of a day.
pub fn civil(days: i64) -> Civil {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    Civil { year: year_of_era + era * 400 + i64::from(month <= 2), month, day }
}

/// The day of a date; the day of the month may be any number.
pub fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let march_month = if month > 2 { month - 3 } else { month + 9 };
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + (153 * march_month + 2) / 5;
    era * 146_097 + of_era - 719_468 + day - 1
}

pub fn is_leap(year: i64) -> bool {
    year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0)
}

pub fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// From 1.
pub fn day_of_year(days: i64) -> i64 {
    days - days_of(civil(days).year, 1, 1) + 1
}

/// Monday is 0.
pub fn weekday(days: i64) -> i64 {
    (days + 3).rem_euclid(7)
}

/// The year and the number of the week by ISO 8601: weeks begin on Monday, the first has four days of its year.
pub fn iso_week(days: i64) -> (i64, i64) {
    let thursday = days - weekday(days) + 3;
    let year = civil(thursday).year;
    (year, (thursday - days_of(year, 1, 1)) / 7 + 1)
}

/// `LocalDate.plusMonths`: the last day of the month where the month has no such day.
pub fn add_months(days: i64, months: i64) -> i64 {
    let Civil { year, month, day } = civil(days);
    let total = year * 12 + month - 1 + months;
    let (year, month) = (total.div_euclid(12), total.rem_euclid(12) + 1);
    days_of(year, month, day.min(days_in_month(year, month)))
}

/// The offset of a time zone from UTC at an instant, in microseconds.
pub fn offset_at(zone: Tz, micros: i64) -> i64 {
    if zone == Tz::UTC {
        return 0;
    }
    i64::from(zone.offset_from_utc_datetime(&naive(micros)).fix().local_minus_utc()) * MICROS_PER_SECOND
}

/// What the calendar library takes, which ends before Spark's times do.
fn naive(micros: i64) -> NaiveDateTime {
    const END: i64 = 8_000_000_000_000_000_000;
    DateTime::from_timestamp_micros(micros.clamp(-END, END)).unwrap_or_default().naive_utc()
}

/// The local time of an instant.
pub fn to_local(zone: Tz, micros: i64) -> i64 {
    micros.wrapping_add(offset_at(zone, micros))
}

/// The instant of a local time: the earlier one where there are two, and moved on by the length of the gap where there
/// is none.
pub fn from_local(zone: Tz, local: i64) -> i64 {
    if zone == Tz::UTC {
        return local;
    }
    let seconds = |offset: i32| local.wrapping_sub(i64::from(offset) * MICROS_PER_SECOND);
    match zone.offset_from_local_datetime(&naive(local)) {
        MappedLocalTime::Single(offset) | MappedLocalTime::Ambiguous(offset, _) => {
            seconds(offset.fix().local_minus_utc())
        }
        MappedLocalTime::None => local.wrapping_sub(offset_at(zone, local.wrapping_sub(MICROS_PER_DAY))),
    }
}

/// The local day of a local time.
pub fn day_of(local: i64) -> i64 {
    local.div_euclid(MICROS_PER_DAY)
}

/// The microseconds since local midnight.
pub fn time_of_day(local: i64) -> i64 {
    local.rem_euclid(MICROS_PER_DAY)
}

/// The instant at which a day begins.
pub fn day_start(zone: Tz, days: i64) -> i64 {
    from_local(zone, days.wrapping_mul(MICROS_PER_DAY))
}

/// `timestampAddInterval`: months and days by the calendar of the zone, then microseconds.
///
/// # Errors
/// An overflow of the range of timestamps.
pub fn add_interval(zone: Tz, micros: i64, months: i32, days: i32, rest: i64) -> Result<i64, SqlError> {
    let mut moved = micros;
    if months != 0 || days != 0 {
        let local = to_local(zone, micros);
        let day = add_months(day_of(local), months.into()) + i64::from(days);
        let local = day.checked_mul(MICROS_PER_DAY).and_then(|it| it.checked_add(time_of_day(local)));
        moved = from_local(zone, local.ok_or_else(long_overflow)?);
    }
    moved.checked_add(rest).ok_or_else(long_overflow)
}

/// What Java's exact arithmetic says of longs.
pub fn long_overflow() -> SqlError {
    SqlError::new("ArithmeticException", None, "long overflow")
}

/// What Java's exact arithmetic says of integers.
pub fn integer_overflow() -> SqlError {
    SqlError::new("ArithmeticException", None, "integer overflow")
}

/// The days of a date, or of the date at which a timestamp is in the zone.
pub fn days(zone: Tz, datum: &Datum) -> Option<i64> {
    match datum {
        Datum::Date(days) => Some((*days).into()),
        Datum::Timestamp(micros) => Some(day_of(to_local(zone, *micros))),
        Datum::TimestampNtz(micros) => Some(day_of(*micros)),
        _ => None,
    }
}

/// The local time of a timestamp, or of a date's midnight.
pub fn local(zone: Tz, datum: &Datum) -> Option<i64> {
    match datum {
        Datum::Date(days) => Some(i64::from(*days).wrapping_mul(MICROS_PER_DAY)),
        Datum::Timestamp(micros) => Some(to_local(zone, *micros)),
        Datum::TimestampNtz(micros) => Some(*micros),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_agree() {
        for days in [-719_528, -1, 0, 19_782, 2_932_896, -150_000_000, 150_000_000] {
            let Civil { year, month, day } = civil(days);
            assert_eq!(days_of(year, month, day), days);
        }
        assert_eq!(civil(19_782), Civil { year: 2024, month: 2, day: 29 });
        assert_eq!(iso_week(days_of(2021, 1, 3)), (2020, 53));
        assert_eq!(civil(add_months(days_of(2024, 1, 31), 1)), Civil { year: 2024, month: 2, day: 29 });
    }

    #[test]
    fn a_gap_is_jumped_and_an_overlap_takes_the_earlier() {
        let zone = Tz::Europe__Berlin;
        let local = |day: i64, minutes: i64| day * MICROS_PER_DAY + minutes * MICROS_PER_MINUTE;
        let spring = days_of(2024, 3, 31);
        assert_eq!(from_local(zone, local(spring, 150)), local(spring, 90));
        let autumn = days_of(2024, 10, 27);
        assert_eq!(from_local(zone, local(autumn, 150)), local(autumn, 30));
    }
}
