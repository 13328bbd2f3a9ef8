//! What Spark 2 would have made of a pattern or a text, by `java.text.SimpleDateFormat`: Spark 3 refuses to go on where it
//! would have read what the new parser doesn't.

use super::calendar::days_in_month;
use super::datetime_format::{DAYS, MONTHS};
use super::zones::Zone;

/// Letters, or text between them.
enum Token {
    Letters(char, usize),
    Text(String),
}

/// The parts of a pattern; nothing where it is none.
fn tokens(pattern: &str) -> Option<Vec<Token>> {
    let mut made = Vec::new();
    let mut letters = pattern.chars().peekable();
    let mut text = String::new();
    let flush = |text: &mut String, made: &mut Vec<Token>| {
        if !text.is_empty() {
            made.push(Token::Text(std::mem::take(text)));
        }
    };
    while let Some(letter) = letters.next() {
        if letter == '\'' {
            if letters.next_if_eq(&'\'').is_some() {
                text.push('\'');
                continue;
            }
            loop {
                match letters.next()? {
                    '\'' if letters.next_if_eq(&'\'').is_some() => text.push('\''),
                    '\'' => break,
                    inside => text.push(inside),
                }
            }
        } else if letter.is_ascii_alphabetic() {
            flush(&mut text, &mut made);
            let mut count = 1;
            while letters.next_if_eq(&letter).is_some() {
                count += 1;
            }
            if !"GyMdkHmsSEDFwWahKzZYuXL".contains(letter) || (letter == 'X' && count > 3) {
                return None;
            }
            made.push(Token::Letters(letter, count));
        } else {
            text.push(letter);
        }
    }
    flush(&mut text, &mut made);
    Some(made)
}

/// Whether this was a pattern.
pub fn recognizes(pattern: &str) -> bool {
    tokens(pattern).is_some()
}

/// Whether this text was read by the pattern, strictly; what follows in the text was no matter.
pub fn reads(pattern: &str, text: &str) -> bool {
    tokens(pattern).and_then(|tokens| Reader { text, at: 0, date: (1970, 1, 1) }.all(&tokens)).is_some()
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    date: (i64, i64, i64),
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn all(mut self, tokens: &[Token]) -> Option<()> {
        for (index, token) in tokens.iter().enumerate() {
            match token {
                Token::Text(text) => {
                    self.rest().starts_with(text.as_str()).then_some(())?;
                    self.at += text.len();
                }
                Token::Letters(letter, count) => {
                    let obeys = matches!(tokens.get(index + 1), Some(Token::Letters(..)));
                    self.letters(*letter, *count, obeys)?;
                }
            }
        }
        let (year, month, day) = self.date;
        (day >= 1 && day <= days_in_month(year, month)).then_some(())
    }

    fn letters(&mut self, letter: char, count: usize, obeys: bool) -> Option<()> {
        let spaces = self.rest().bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        self.at += spaces;
        if self.rest().is_empty() {
            return None;
        }
        let within = |value: i64, low: i64, high: i64| (low..=high).contains(&value).then_some(value);
        match letter {
            'M' | 'L' if count > 2 => self.date.1 = self.name(&MONTHS)? + 1,
            'E' => {
                self.name(&DAYS)?;
            }
            'G' => {
                self.name(&["BC", "AD"])?;
            }
            'a' => {
                self.name(&["AM", "PM"])?;
            }
            'z' | 'Z' | 'X' => self.zone()?,
            _ => {
                let from = self.at;
                let value = self.number(obeys.then_some(count))?;
                match letter {
                    'y' | 'Y' if count <= 2 && self.at - from == 2 && value >= 0 => self.date.0 = 2000 + value,
                    'y' | 'Y' => self.date.0 = value,
                    'M' | 'L' => self.date.1 = within(value, 1, 12)?,
                    'd' => self.date.2 = within(value, 1, 31)?,
                    'D' => {
                        within(value, 1, 366)?;
                    }
                    'H' => {
                        within(value, 0, 23)?;
                    }
                    'k' => {
                        within(value, 1, 24)?;
                    }
                    'K' => {
                        within(value, 0, 11)?;
                    }
                    'h' => {
                        within(value, 1, 12)?;
                    }
                    'm' | 's' => {
                        within(value, 0, 59)?;
                    }
                    'S' => {
                        within(value, 0, 999)?;
                    }
                    'u' => {
                        within(value, 1, 7)?;
                    }
                    _ => {}
                }
            }
        }
        Some(())
    }

    fn number(&mut self, most: Option<usize>) -> Option<i64> {
        let rest = self.rest();
        let negative = rest.starts_with('-');
        let digits = rest.bytes().skip(usize::from(negative)).take_while(u8::is_ascii_digit).count();
        let digits = most.map_or(digits, |most| digits.min(most));
        let end = usize::from(negative) + digits;
        let value = rest.get(..end).filter(|_| digits > 0)?.parse().ok()?;
        self.at += end;
        Some(value)
    }

    /// The index of the name that the text goes on with, whole or its first three letters.
    fn name(&mut self, names: &[&str]) -> Option<i64> {
        let rest = self.rest();
        let starts = |name: &str| rest.get(..name.len()).is_some_and(|it| it.eq_ignore_ascii_case(name));
        let found = names.iter().enumerate().find_map(|(index, name)| {
            let brief = name.get(..3).unwrap_or(name);
            let length = if starts(name) { name.len() } else { brief.len() };
            (starts(name) || starts(brief)).then_some((index, length))
        });
        let (index, length) = found?;
        self.at += length;
        i64::try_from(index).ok()
    }

    fn zone(&mut self) -> Option<()> {
        let rest = self.rest();
        let part = |letter: &char| letter.is_ascii_alphanumeric() || "/_+-:".contains(*letter);
        let most = rest.chars().take_while(part).count();
        let length = (1..=most).rev().find(|length| rest.get(..*length).is_some_and(|it| Zone::of(it).is_ok()))?;
        self.at += length;
        Some(())
    }
}
