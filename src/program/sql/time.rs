//! Dates and times as Python pickles them: a few bytes.

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day of a number of days since 1970-01-01.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (year_of_era + era * 400 + year, month, day)
}

/// The days of `date.__reduce__`'s four bytes.
pub(super) fn days_of(bytes: &[u8]) -> Option<i32> {
    let [high, low, month, day] = bytes.try_into().ok()?;
    let [year, month, day] = [i64::from(u16::from_be_bytes([high, low])), i64::from(month), i64::from(day)];
    i32::try_from(days(year, month, day)).ok()
}

/// The local microseconds of `datetime.__reduce__`'s ten bytes.
pub(super) fn micros_of(bytes: &[u8]) -> Option<i64> {
    let [high, low, month, day, hour, minute, second, top, middle, bottom]: [u8; 10] = bytes.try_into().ok()?;
    // The month's highest bit is `fold`.
    let date = days_of(&[high, low, month & 0x7f, day])?;
    let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
    let micros = i64::from(u32::from_be_bytes([0, top, middle, bottom]));
    Some(i64::from(date) * DAY + seconds * 1_000_000 + micros)
}

/// Four bytes for a date; nothing outside Python's years.
pub(super) fn date_bytes(days: i32) -> Option<[u8; 4]> {
    let (year, month, day) = civil(days.into());
    let [high, low] = u16::try_from(year).ok().filter(|year| (1..=9999).contains(year))?.to_be_bytes();
    Some([high, low, month as u8, day as u8])
}

/// Ten bytes for a local date and time; nothing outside Python's years.
pub(super) fn datetime_bytes(micros: i64) -> Option<[u8; 10]> {
    let [high, low, month, day] = date_bytes(i32::try_from(micros.div_euclid(DAY)).ok()?)?;
    let rest = micros.rem_euclid(DAY);
    let seconds = rest / 1_000_000;
    let [_, top, middle, bottom] = ((rest % 1_000_000) as u32).to_be_bytes();
    let [hour, minute, second] = [seconds / 3600, seconds / 60 % 60, seconds % 60].map(|part| part as u8);
    Some([high, low, month, day, hour, minute, second, top, middle, bottom])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_come_back_as_they_went() {
        for day in [-719_162, -1, 0, 59, 10_957, 19_782, 2_932_896] {
            assert_eq!(date_bytes(day).and_then(|bytes| days_of(&bytes)), Some(day));
        }
        assert_eq!(date_bytes(0), Some([0x07, 0xb2, 1, 1]));
        assert_eq!(date_bytes(-719_163), None);
        assert_eq!(date_bytes(2_932_897), None);
    }

    #[test]
    fn times_come_back_as_they_went() {
        for micros in [0, -1, 1_700_000_000_123_456, -62_135_596_800_000_000] {
            assert_eq!(datetime_bytes(micros).and_then(|bytes| micros_of(&bytes)), Some(micros));
        }
        assert_eq!(micros_of(&[0; 3]), None);
    }
}
