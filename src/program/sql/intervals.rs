//! The interval of a trigger, as text.

use crate::sql::SqlError;

fn refused(message: String) -> SqlError {
    SqlError::new("IllegalArgumentException", None, message)
}

/// Microseconds of `5 seconds`, `1 minute 30 seconds`, `100 milliseconds`, as `Trigger.ProcessingTime` takes them.
pub(super) fn trigger_interval(text: &str) -> Result<i64, SqlError> {
    let lowered = text.trim().to_lowercase();
    let mut words = lowered.strip_prefix("interval ").unwrap_or(&lowered).split_whitespace();
    let mut total: i64 = 0;
    let mut any = false;
    while let Some(word) = words.next() {
        let Ok(number) = word.parse::<f64>() else {
            return Err(refused(format!("Error parsing '{text}' to interval, unrecognized number '{word}'")));
        };
        let Some(unit) = words.next() else {
            return Err(refused(format!("Error parsing '{text}' to interval, expect a unit name after '{word}'")));
        };
        let micros = match unit.strip_suffix('s').unwrap_or(unit) {
            "microsecond" => 1,
            "millisecond" => 1000,
            "second" => 1_000_000,
            "minute" => 60_000_000,
            "hour" => 3_600_000_000,
            "day" => 86_400_000_000_i64,
            "week" => 604_800_000_000,
            "month" | "year" => {
                return Err(refused(format!("Doesn't support month or year interval: {text}")));
            }
            _ => return Err(refused(format!("Error parsing '{text}' to interval, invalid unit '{unit}'"))),
        };
        total = match word.parse::<i64>() {
            Ok(whole) => whole.checked_mul(micros).and_then(|part| total.checked_add(part)),
            // Only seconds may have a fraction; a decimal number of them has at most six digits that count.
            Err(_) if micros == 1_000_000 => total.checked_add((number * 1e6).round() as i64),
            Err(_) => None,
        }
        .ok_or_else(|| refused(format!("Error parsing '{text}' to interval, unrecognized number '{word}'")))?;
        any = true;
    }
    if !any {
        return Err(refused("Error parsing '' to interval, interval string cannot be empty".into()));
    }
    if total < 0 {
        return Err(refused("requirement failed: the interval of trigger should not be negative".into()));
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::trigger_interval;

    #[test]
    fn intervals_are_read_and_refused_as_spark_does() {
        assert_eq!(trigger_interval("5 seconds"), Ok(5_000_000));
        assert_eq!(trigger_interval("1 minute 30 seconds"), Ok(90_000_000));
        assert_eq!(trigger_interval("0.5 seconds"), Ok(500_000));
        let text = |text: &str| trigger_interval(text).unwrap_err().to_string();
        assert_eq!(text("abc"), "Error parsing 'abc' to interval, unrecognized number 'abc'");
        assert_eq!(text("-1 second"), "requirement failed: the interval of trigger should not be negative");
        assert_eq!(text("1 month"), "Doesn't support month or year interval: 1 month");
    }
}
