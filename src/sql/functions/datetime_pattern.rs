//! Datetime patterns, `yyyy-MM-dd HH:mm`: what Spark lets through of `java.time.format.DateTimeFormatter`'s, and what it
//! says of the rest.

use crate::sql::SqlError;

use super::datetime_legacy;

/// What a letter of a pattern stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    Era,
    /// Negative before year 1.
    Year,
    YearOfEra,
    Quarter,
    Month,
    DayOfYear,
    DayOfMonth,
    /// `F`: the day of the week where the first of the month is a first day.
    AlignedDay,
    DayOfWeek,
    AmPm,
    HourOfDay,
    /// `k`: 1 to 24.
    ClockHourOfDay,
    /// `K`: 0 to 11.
    HourOfAmPm,
    /// `h`: 1 to 12.
    ClockHourOfAmPm,
    Minute,
    Second,
    Nano,
}

/// When a number carries a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// A minus before negative numbers.
    Normal,
    /// A plus too, before numbers of more digits than asked for.
    ExceedsPad,
    /// Never.
    NotNegative,
}

/// How an offset from UTC is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetStyle {
    pub colon: bool,
    /// Minutes: 0 never, 1 where they are not zero, 2 always.
    pub minutes: u8,
    /// Whether seconds follow where they are not zero.
    pub seconds: bool,
    /// The text of no offset.
    pub zero: &'static str,
}

/// One part of a pattern.
#[derive(Clone, Debug, PartialEq)]
pub enum Element {
    Literal(String),
    /// A number of at least and at most so many digits.
    Number {
        field: Field,
        least: usize,
        most: usize,
        sign: Sign,
    },
    /// `yy`: the last two digits of a year from 2000 on.
    TwoDigitYear(Field),
    /// Digits of the second's fraction.
    Fraction {
        least: usize,
        most: usize,
    },
    Text {
        field: Field,
        full: bool,
    },
    Offset(OffsetStyle),
    /// `O`, `OOOO`: `GMT+2`, `GMT+02:00`.
    LocalizedOffset {
        full: bool,
    },
    /// `VV`.
    ZoneId,
    /// `z`, `zzzz`.
    ZoneName {
        full: bool,
    },
    Optional(Vec<Element>),
}

/// Whether a pattern is to write or to read by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Format,
    Parse,
}

/// The parts of a pattern.
///
/// # Errors
/// Java's `IllegalArgumentException` of a wrong pattern; where the formatter of Spark 2 would have taken it, a
/// `SparkUpgradeException` with `DATETIME_PATTERN_RECOGNITION`.
pub fn compile(pattern: &str, purpose: Purpose) -> Result<Vec<Element>, SqlError> {
    let compiled = convert(pattern, purpose).and_then(|text| Compiler::new(&text, purpose).run());
    compiled.map_err(|message| {
        if !datetime_legacy::recognizes(pattern) {
            return SqlError::new("IllegalArgumentException", None, message);
        }
        let text = format!(
            "You may get a different result due to the upgrading to Spark >= 3.0:\nFail to recognize '{pattern}' pattern \
             in the DateTimeFormatter. 1) You can set \"spark.sql.legacy.timeParserPolicy\" to \"LEGACY\" to restore the \
             behavior before Spark 3.0. 2) You can form a valid datetime pattern with the guide from \
             'https://spark.apache.org/docs/latest/sql-ref-datetime-pattern.html'."
        );
        let condition = "INCONSISTENT_BEHAVIOR_CROSS_VERSION.DATETIME_PATTERN_RECOGNITION";
        SqlError::new("SparkUpgradeException", Some(condition), text)
    })
}

/// `convertIncompatiblePattern`: refuses letters, and makes years of years of era where no era is asked for.
fn convert(pattern: &str, purpose: Purpose) -> Result<String, String> {
    let parts: Vec<&str> = pattern.split('\'').collect();
    let era = parts.iter().step_by(2).any(|part| part.contains('G'));
    let mut made = Vec::with_capacity(parts.len());
    for (index, part) in parts.iter().enumerate() {
        if index % 2 == 1 {
            made.push((*part).to_owned());
            continue;
        }
        if let Some(letter) = part.chars().find(|it| "YWwuec".contains(*it)) {
            return Err(format!(
                "All week-based patterns are unsupported since Spark 3.0, detected: {letter}, Please use the SQL \
                 function EXTRACT instead"
            ));
        }
        let refused =
            |letter: &char| "ABnNp".contains(*letter) || (purpose == Purpose::Parse && "EFqQ".contains(*letter));
        if let Some(letter) = part.chars().find(refused) {
            return Err(format!("Illegal pattern character: {letter}"));
        }
        for long in ["GGGGG", "MMMMM", "LLLLL", "EEEEE", "QQQQQ", "qqqqq", "yyyyyyy"] {
            if part.contains(long) {
                return Err(format!("Too many pattern letters: {}", &long[..1]));
            }
        }
        made.push(if era { (*part).to_owned() } else { part.replace('y', "u") });
    }
    Ok(made.join("'"))
}

/// Reads a pattern letter by letter.
struct Compiler<'a> {
    pattern: &'a str,
    letters: Vec<char>,
    at: usize,
    purpose: Purpose,
    /// The sections that are open; the first is the whole.
    open: Vec<Vec<Element>>,
}

impl<'a> Compiler<'a> {
    fn new(pattern: &'a str, purpose: Purpose) -> Self {
        Compiler { pattern, letters: pattern.chars().collect(), at: 0, purpose, open: vec![Vec::new()] }
    }

    fn push(&mut self, element: Element) {
        let section = self.open.last_mut();
        match (section, element) {
            (Some(section), Element::Literal(text)) => match section.last_mut() {
                Some(Element::Literal(before)) => before.push_str(&text),
                _ => section.push(Element::Literal(text)),
            },
            (Some(section), element) => section.push(element),
            (None, _) => {}
        }
    }

    fn close(&mut self) {
        if let Some(section) = self.open.pop() {
            self.push(Element::Optional(section));
        }
    }

    fn run(mut self) -> Result<Vec<Element>, String> {
        while let Some(letter) = self.letters.get(self.at).copied() {
            match letter {
                'a'..='z' | 'A'..='Z' => {
                    let count = self.letters[self.at..].iter().take_while(|it| **it == letter).count();
                    self.at += count;
                    let element = self.letter(letter, count)?;
                    self.push(element);
                    continue;
                }
                '\'' => {
                    let text = self.quoted()?;
                    self.push(Element::Literal(text));
                    continue;
                }
                '[' => self.open.push(Vec::new()),
                ']' if self.open.len() == 1 => {
                    return Err("Pattern invalid as it contains ] without previous [".into());
                }
                ']' => self.close(),
                '{' | '}' | '#' => return Err(format!("Pattern includes reserved character: '{letter}'")),
                _ => self.push(Element::Literal(letter.into())),
            }
            self.at += 1;
        }
        while self.open.len() > 1 {
            self.close();
        }
        Ok(self.open.pop().unwrap_or_default())
    }

    fn quoted(&mut self) -> Result<String, String> {
        let mut text = String::new();
        self.at += 1;
        loop {
            match (self.letters.get(self.at), self.letters.get(self.at + 1)) {
                (Some('\''), Some('\'')) => {
                    text.push('\'');
                    self.at += 2;
                }
                (Some('\''), _) => {
                    self.at += 1;
                    return Ok(if text.is_empty() { "'".into() } else { text });
                }
                (Some(letter), _) => {
                    text.push(*letter);
                    self.at += 1;
                }
                (None, _) => {
                    return Err(format!("Pattern ends with an incomplete string literal: {}", self.pattern));
                }
            }
        }
    }

    fn letter(&self, letter: char, count: usize) -> Result<Element, String> {
        let too_many = || Err(format!("Too many pattern letters: {letter}"));
        let number = |field| Ok(Element::Number { field, least: 1, most: 19, sign: Sign::Normal });
        let fixed = |field| Ok(Element::Number { field, least: 2, most: 2, sign: Sign::NotNegative });
        let text = |field, full| Ok(Element::Text { field, full });
        match letter {
            'u' | 'y' => {
                let field = if letter == 'u' { Field::Year } else { Field::YearOfEra };
                let sign = if count < 4 { Sign::Normal } else { Sign::ExceedsPad };
                match count {
                    2 => Ok(Element::TwoDigitYear(field)),
                    _ if count > 19 => Err(format!("The minimum width must be from 1 to 19 inclusive but was {count}")),
                    _ => Ok(Element::Number { field, least: count, most: 19, sign }),
                }
            }
            'G' => {
                if count <= 4 {
                    text(Field::Era, count == 4)
                } else {
                    too_many()
                }
            }
            'M' | 'L' | 'Q' | 'q' => {
                let field = if matches!(letter, 'M' | 'L') { Field::Month } else { Field::Quarter };
                match count {
                    1 => number(field),
                    2 => fixed(field),
                    3 | 4 => text(field, count == 4),
                    _ => too_many(),
                }
            }
            'E' => {
                if count <= 4 {
                    text(Field::DayOfWeek, count == 4)
                } else {
                    too_many()
                }
            }
            'a' => {
                if count == 1 {
                    text(Field::AmPm, false)
                } else {
                    too_many()
                }
            }
            'D' => match count {
                1 => number(Field::DayOfYear),
                2 | 3 => {
                    Ok(Element::Number { field: Field::DayOfYear, least: count, most: 3, sign: Sign::NotNegative })
                }
                _ => too_many(),
            },
            'F' => {
                if count == 1 {
                    number(Field::AlignedDay)
                } else {
                    too_many()
                }
            }
            'd' | 'H' | 'k' | 'K' | 'h' | 'm' | 's' => {
                let field = match letter {
                    'd' => Field::DayOfMonth,
                    'H' => Field::HourOfDay,
                    'k' => Field::ClockHourOfDay,
                    'K' => Field::HourOfAmPm,
                    'h' => Field::ClockHourOfAmPm,
                    'm' => Field::Minute,
                    _ => Field::Second,
                };
                match count {
                    1 => number(field),
                    2 => fixed(field),
                    _ => too_many(),
                }
            }
            'S' if self.purpose == Purpose::Parse => match count {
                1..=9 => Ok(Element::Fraction { least: 1, most: count }),
                _ => Err(format!("Maximum width must be from 0 to 9 inclusive but was {count}")),
            },
            'S' => match count {
                1..=9 => Ok(Element::Fraction { least: count, most: count }),
                _ => Err(format!("Minimum width must be from 0 to 9 inclusive but was {count}")),
            },
            'V' if count == 2 => Ok(Element::ZoneId),
            'V' => Err("Pattern letter count must be 2: V".into()),
            'v' if count == 1 || count == 4 => Ok(Element::ZoneName { full: count == 4 }),
            'v' => Err("Wrong number of pattern letters: v".into()),
            'z' => {
                if count <= 4 {
                    Ok(Element::ZoneName { full: count == 4 })
                } else {
                    too_many()
                }
            }
            'O' if count == 1 || count == 4 => Ok(Element::LocalizedOffset { full: count == 4 }),
            'O' => Err("Pattern letter count must be 1 or 4: O".into()),
            'Z' => match count {
                1..=3 => Ok(offset(2, "+0000")),
                4 => Ok(Element::LocalizedOffset { full: true }),
                5 => Ok(offset(5, "Z")),
                _ => too_many(),
            },
            'X' => {
                if count <= 5 {
                    Ok(offset(count, "Z"))
                } else {
                    too_many()
                }
            }
            'x' => match count {
                1 => Ok(offset(1, "+00")),
                2 | 4 => Ok(offset(count, "+0000")),
                3 | 5 => Ok(offset(count, "+00:00")),
                _ => too_many(),
            },
            _ => Err(format!("Unknown pattern letter: {letter}")),
        }
    }
}

/// The offset's style by the number of letters: `+HHmm`, `+HHMM`, `+HH:MM`, `+HHMMss`, `+HH:MM:ss`.
fn offset(letters: usize, zero: &'static str) -> Element {
    Element::Offset(OffsetStyle {
        colon: letters == 3 || letters == 5,
        minutes: if letters == 1 { 1 } else { 2 },
        seconds: letters >= 4,
        zero,
    })
}
