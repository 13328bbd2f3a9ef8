//! Interval text, `1 hour 30 minutes`: Spark's `IntervalUtils.stringToInterval`.

use crate::sql::SqlError;

use super::calendar::{MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND, integer_overflow, long_overflow};

/// Months, days and microseconds: `CalendarInterval`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interval {
    pub months: i32,
    pub days: i32,
    pub micros: i64,
}

/// What of the text is expected next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Prefix,
    TrimBeforeSign,
    Sign,
    TrimBeforeValue,
    Value,
    Fraction,
    TrimBeforeUnit,
    Unit,
    Suffix,
    End,
}

/// The text of an interval, of any number of `value unit` pairs, with the word `interval` before them or not.
///
/// # Errors
/// Spark's `IllegalArgumentException`, which says which word is wrong.
pub fn parse_interval(input: &str) -> Result<Interval, SqlError> {
    Parser::new(input).run()
}

struct Parser<'a> {
    input: &'a str,
    /// Trimmed, lower case.
    text: String,
    at: usize,
    state: State,
    value: i64,
    negative: bool,
    /// Nanoseconds until the unit, then microseconds.
    fraction: i64,
    /// What the next digit of a fraction counts; -1 where there is no fraction.
    scale: i64,
    point_first: bool,
    made: Interval,
}

const FIRST_SCALE: i64 = 100_000_000;

fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | 0x1c..=0x1f | b' ')
}

impl<'a> Parser<'a> {
    fn new(input: &'a str) -> Self {
        let text = input.trim_matches(|letter: char| letter.is_whitespace() || letter.is_control()).to_lowercase();
        Parser {
            input,
            text,
            at: 0,
            state: State::Prefix,
            value: 0,
            negative: false,
            fraction: 0,
            scale: -1,
            point_first: false,
            made: Interval::default(),
        }
    }

    fn refuse(&self, what: &str) -> SqlError {
        let text = format!("Error parsing '{}' to interval, {what}", self.input);
        SqlError::new("IllegalArgumentException", None, text)
    }

    /// The word that is being read.
    fn word(&self) -> &str {
        let from = self.at.min(self.text.len());
        let left = self.text.as_bytes()[..from].iter().rposition(|byte| is_space(*byte)).map_or(0, |it| it + 1);
        let right = self.text.as_bytes()[from..].iter().position(|byte| is_space(*byte));
        self.text.get(left..right.map_or(self.text.len(), |it| from + it)).unwrap_or("")
    }

    fn trim(&mut self, byte: u8, next: State) {
        if is_space(byte) { self.at += 1 } else { self.state = next }
    }

    fn run(mut self) -> Result<Interval, SqlError> {
        if self.text.is_empty() {
            return Err(self.refuse("interval string cannot be empty"));
        }
        while let Some(byte) = self.text.as_bytes().get(self.at).copied() {
            match self.state {
                State::Prefix => self.prefix()?,
                State::TrimBeforeSign => self.trim(byte, State::Sign),
                State::Sign => self.sign(byte)?,
                State::TrimBeforeValue => self.trim(byte, State::Value),
                State::Value => self.digit(byte)?,
                State::Fraction => self.fraction_digit(byte)?,
                State::TrimBeforeUnit => self.trim(byte, State::Unit),
                State::Unit => {
                    if byte != b's' && self.scale >= 0 {
                        return Err(self.refuse(&format!("'{}' cannot have fractional part", self.word())));
                    }
                    self.unit().map_err(|error| match error.class {
                        "ArithmeticException" => self.refuse(&error.message),
                        _ => error,
                    })?;
                    self.state = State::Suffix;
                }
                State::Suffix if byte == b's' => {
                    self.state = State::End;
                    self.at += 1;
                }
                State::Suffix | State::End => {
                    if !is_space(byte) {
                        return Err(self.refuse(&format!("invalid unit '{}'", self.word())));
                    }
                    self.state = State::TrimBeforeSign;
                    self.at += 1;
                }
            }
        }
        match self.state {
            State::Suffix | State::End | State::TrimBeforeSign => Ok(self.made),
            State::TrimBeforeValue => Err(self.refuse(&format!("expect a number after '{}' but hit EOL", self.word()))),
            State::Value | State::Fraction => {
                Err(self.refuse(&format!("expect a unit name after '{}' but hit EOL", self.word())))
            }
            _ => Err(self.refuse(&format!("unknown error when parsing '{}'", self.word()))),
        }
    }

    fn prefix(&mut self) -> Result<(), SqlError> {
        if let Some(rest) = self.text.strip_prefix("interval") {
            match rest.bytes().next() {
                None => return Err(self.refuse("interval string cannot be empty")),
                Some(byte) if is_space(byte) => self.at += "interval".len() + 1,
                Some(_) => return Err(self.refuse(&format!("invalid interval prefix {}", self.word()))),
            }
        }
        self.state = State::TrimBeforeSign;
        Ok(())
    }

    fn sign(&mut self, byte: u8) -> Result<(), SqlError> {
        (self.value, self.fraction, self.scale) = (0, 0, -1);
        self.state = State::TrimBeforeValue;
        self.negative = byte == b'-';
        match byte {
            b'-' | b'+' => self.at += 1,
            b'0'..=b'9' => {}
            b'.' => {
                self.scale = FIRST_SCALE;
                self.point_first = true;
                self.at += 1;
                self.state = State::Fraction;
            }
            _ => return Err(self.refuse(&format!("unrecognized number '{}'", self.word()))),
        }
        Ok(())
    }

    fn digit(&mut self, byte: u8) -> Result<(), SqlError> {
        match byte {
            b'0'..=b'9' => {
                let next = self.value.checked_mul(10).and_then(|it| it.checked_add((byte - b'0').into()));
                self.value = next.ok_or_else(|| self.refuse("long overflow"))?;
            }
            _ if is_space(byte) => self.state = State::TrimBeforeUnit,
            b'.' => {
                self.scale = FIRST_SCALE;
                self.state = State::Fraction;
            }
            _ => return Err(self.refuse(&format!("invalid value '{}'", self.word()))),
        }
        self.at += 1;
        Ok(())
    }

    fn fraction_digit(&mut self, byte: u8) -> Result<(), SqlError> {
        if byte.is_ascii_digit() && self.scale > 0 {
            self.fraction += i64::from(byte - b'0') * self.scale;
            self.scale /= 10;
        } else if is_space(byte) && (!self.point_first || self.scale < FIRST_SCALE) {
            self.fraction /= 1000;
            self.state = State::TrimBeforeUnit;
        } else if byte.is_ascii_digit() {
            let word = self.word();
            return Err(
                self.refuse(&format!("interval can only support nanosecond precision, '{word}' is out of range"))
            );
        } else {
            return Err(self.refuse(&format!("invalid value '{}'", self.word())));
        }
        self.at += 1;
        Ok(())
    }

    fn unit(&mut self) -> Result<(), SqlError> {
        const UNITS: [&str; 9] =
            ["year", "week", "day", "hour", "second", "month", "minute", "millisecond", "microsecond"];
        let rest = self.text.get(self.at..).unwrap_or("");
        let Some(unit) = UNITS.into_iter().find(|unit| rest.starts_with(unit)) else {
            return Err(self.refuse(&format!("invalid unit '{}'", self.word())));
        };
        let value = if self.negative { -self.value } else { self.value };
        let fraction = if self.negative { -self.fraction } else { self.fraction };
        let days = |days: i32, factor: i64| -> Result<i32, SqlError> {
            let more = value.checked_mul(factor).ok_or_else(long_overflow)?;
            let sum = more.checked_add(days.into()).ok_or_else(long_overflow)?;
            i32::try_from(sum).map_err(|_| integer_overflow())
        };
        let micros = |micros: i64, factor: i64| -> Result<i64, SqlError> {
            value.checked_mul(factor).and_then(|it| it.checked_add(micros)).ok_or_else(long_overflow)
        };
        let made = &mut self.made;
        match unit {
            "year" => made.months = days(made.months, 12)?,
            "month" => made.months = days(made.months, 1)?,
            "week" => made.days = days(made.days, 7)?,
            "day" => made.days = days(made.days, 1)?,
            "hour" => made.micros = micros(made.micros, MICROS_PER_HOUR)?,
            "minute" => made.micros = micros(made.micros, MICROS_PER_MINUTE)?,
            "second" => {
                let sum = micros(made.micros, MICROS_PER_SECOND)?.checked_add(fraction);
                made.micros = sum.ok_or_else(long_overflow)?;
            }
            "millisecond" => made.micros = micros(made.micros, 1000)?,
            _ => made.micros = micros(made.micros, 1)?,
        }
        self.at += unit.len();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(months: i32, days: i32, micros: i64) -> Result<Interval, SqlError> {
        Ok(Interval { months, days, micros })
    }

    #[test]
    fn pairs_of_value_and_unit_add_up() {
        assert_eq!(parse_interval("10 seconds"), of(0, 0, 10_000_000));
        assert_eq!(parse_interval(" INTERVAL 1 hour  30 minutes"), of(0, 0, 5_400_000_000));
        assert_eq!(parse_interval("1 year -2 weeks 1.5 second .25 seconds"), of(12, -14, 1_750_000));
        assert_eq!(parse_interval("- 3 months 2 milliseconds 1 microsecond"), of(-3, 0, 2_001));
    }

    #[test]
    fn the_wrong_word_is_told() {
        let said = |text| parse_interval(text).map_err(|error| error.message.to_string());
        assert_eq!(said(""), Err("Error parsing '' to interval, interval string cannot be empty".into()));
        assert_eq!(said("10"), Err("Error parsing '10' to interval, expect a unit name after '10' but hit EOL".into()));
        assert_eq!(
            said("ten seconds"),
            Err("Error parsing 'ten seconds' to interval, unrecognized number 'ten'".into())
        );
        assert_eq!(
            said("1 fortnight"),
            Err("Error parsing '1 fortnight' to interval, invalid unit 'fortnight'".into())
        );
        assert_eq!(
            said("1.5 hours"),
            Err("Error parsing '1.5 hours' to interval, 'hours' cannot have fractional part".into())
        );
    }
}
