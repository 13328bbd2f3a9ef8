//! JSON text into values and back, as Jackson reads and writes it for Spark: numbers keep their text, keys may repeat, and
//! what follows the first value is no matter.

use std::fmt::Write;

use crate::sql::text::double_text;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    /// The digits of an integer, without needless zeros.
    Int(String),
    /// A number with a point or an exponent, or `NaN`, `Infinity`, `-Infinity`.
    Float(String),
    String(String),
    Array(Vec<Json>),
    /// Fields in order; names may repeat.
    Object(Vec<(String, Json)>),
}

/// What is let through besides JSON proper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leniency {
    pub single_quotes: bool,
    pub unquoted_names: bool,
    pub comments: bool,
    pub leading_zeros: bool,
    pub non_numeric: bool,
    pub any_escape: bool,
    pub control_characters: bool,
}

impl Default for Leniency {
    fn default() -> Self {
        Leniency {
            single_quotes: true,
            unquoted_names: false,
            comments: false,
            leading_zeros: false,
            non_numeric: true,
            any_escape: false,
            control_characters: false,
        }
    }
}

/// Text that is no JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// How deep values may be nested: Jackson's `StreamReadConstraints`.
const MOST_NESTED: usize = 1000;

/// The first value of a text; none where there is only space.
///
/// # Errors
/// [`Malformed`] text.
pub fn parse(text: &str, leniency: Leniency) -> Result<Option<Json>, Malformed> {
    let mut reader = Reader { text, at: 0, leniency };
    reader.space()?;
    if reader.at == text.len() {
        return Ok(None);
    }
    let value = reader.value(0)?;
    let number = matches!(value, Json::Int(_) | Json::Float(_));
    if number && reader.peek().is_some_and(|byte| !byte.is_ascii_whitespace()) {
        return Err(Malformed);
    }
    Ok(Some(value))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    leniency: Leniency,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn space(&mut self) -> Result<(), Malformed> {
        loop {
            while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
                self.at += 1;
            }
            if self.peek() != Some(b'/') || !self.leniency.comments {
                return Ok(());
            }
            let rest = self.rest();
            let end = if rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                rest.get(2..).and_then(|it| it.find("*/")).ok_or(Malformed)? + 4
            } else {
                return Err(Malformed);
            };
            self.at += end;
        }
    }

    fn value(&mut self, depth: usize) -> Result<Json, Malformed> {
        match self.peek().ok_or(Malformed)? {
            b'{' | b'[' if depth >= MOST_NESTED => Err(Malformed),
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => self.string(b'"').map(Json::String),
            b'\'' if self.leniency.single_quotes => self.string(b'\'').map(Json::String),
            b'-' | b'0'..=b'9' => self.number(),
            _ => self.word(),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, Malformed> {
        self.at += 1;
        let mut fields = Vec::new();
        self.space()?;
        if self.eat(b'}') {
            return Ok(Json::Object(fields));
        }
        loop {
            let name = self.name()?;
            self.space()?;
            if !self.eat(b':') {
                return Err(Malformed);
            }
            self.space()?;
            fields.push((name, self.value(depth + 1)?));
            self.space()?;
            if self.eat(b'}') {
                return Ok(Json::Object(fields));
            }
            if !self.eat(b',') {
                return Err(Malformed);
            }
            self.space()?;
        }
    }

    fn name(&mut self) -> Result<String, Malformed> {
        match self.peek() {
            Some(b'"') => self.string(b'"'),
            Some(b'\'') if self.leniency.single_quotes => self.string(b'\''),
            Some(_) if self.leniency.unquoted_names => {
                let rest = self.rest();
                let end = rest.find(|it: char| !(it.is_alphanumeric() || "_$@#*-+".contains(it))).unwrap_or(rest.len());
                let name = rest.get(..end).filter(|it| !it.is_empty()).ok_or(Malformed)?;
                self.at += end;
                Ok(name.to_owned())
            }
            _ => Err(Malformed),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Json, Malformed> {
        self.at += 1;
        let mut members = Vec::new();
        self.space()?;
        if self.eat(b']') {
            return Ok(Json::Array(members));
        }
        loop {
            members.push(self.value(depth + 1)?);
            self.space()?;
            if self.eat(b']') {
                return Ok(Json::Array(members));
            }
            if !self.eat(b',') {
                return Err(Malformed);
            }
            self.space()?;
        }
    }

    fn string(&mut self, quote: u8) -> Result<String, Malformed> {
        self.at += 1;
        let mut made = String::new();
        loop {
            let letter = self.rest().chars().next().ok_or(Malformed)?;
            self.at += letter.len_utf8();
            match letter {
                '\\' => self.escape(&mut made)?,
                _ if letter == char::from(quote) => return Ok(made),
                _ if letter < ' ' && !self.leniency.control_characters => return Err(Malformed),
                _ => made.push(letter),
            }
        }
    }

    fn escape(&mut self, made: &mut String) -> Result<(), Malformed> {
        let letter = self.rest().chars().next().ok_or(Malformed)?;
        self.at += letter.len_utf8();
        made.push(match letter {
            'b' => '\u{8}',
            't' => '\t',
            'n' => '\n',
            'f' => '\u{c}',
            'r' => '\r',
            '"' | '/' | '\\' => letter,
            '\'' if self.leniency.single_quotes => letter,
            'u' => self.unicode()?,
            _ if self.leniency.any_escape => letter,
            _ => return Err(Malformed),
        });
        Ok(())
    }

    /// A character by its code; half of a pair that has no other half is a question mark, as in Java's UTF-8.
    fn unicode(&mut self) -> Result<char, Malformed> {
        let high = self.code()?;
        if (0xd800..0xdc00).contains(&high) && self.rest().starts_with("\\u") {
            let before = self.at;
            self.at += 2;
            let low = self.code()?;
            if (0xdc00..0xe000).contains(&low) {
                return Ok(char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)).unwrap_or('?'));
            }
            self.at = before;
        }
        Ok(char::from_u32(high).unwrap_or('?'))
    }

    fn code(&mut self) -> Result<u32, Malformed> {
        let digits = self.rest().get(..4).ok_or(Malformed)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Malformed);
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).map_err(|_| Malformed)
    }

    fn digits(&self, from: usize) -> usize {
        self.text.as_bytes().get(from..).unwrap_or(&[]).iter().take_while(|byte| byte.is_ascii_digit()).count()
    }

    fn number(&mut self) -> Result<Json, Malformed> {
        let begin = self.at;
        let negative = self.eat(b'-');
        if negative && self.peek() == Some(b'I') {
            return self.word().map(|_| Json::Float("-Infinity".into()));
        }
        let whole = self.digits(self.at);
        let zero = self.peek() == Some(b'0');
        if whole == 0 || (zero && whole > 1 && !self.leniency.leading_zeros) {
            return Err(Malformed);
        }
        let whole_text = self.rest().get(..whole).unwrap_or("0");
        self.at += whole;
        let mut float = false;
        if self.eat(b'.') {
            let fraction = self.digits(self.at);
            if fraction == 0 {
                return Err(Malformed);
            }
            self.at += fraction;
            float = true;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if !self.eat(b'+') {
                self.eat(b'-');
            }
            let exponent = self.digits(self.at);
            if exponent == 0 {
                return Err(Malformed);
            }
            self.at += exponent;
            float = true;
        }
        if float {
            return Ok(Json::Float(self.text.get(begin..self.at).unwrap_or("0").to_owned()));
        }
        let digits = whole_text.trim_start_matches('0');
        Ok(Json::Int(match (digits, negative) {
            ("", _) => "0".into(),
            (digits, true) => format!("-{digits}"),
            (digits, false) => digits.into(),
        }))
    }

    fn word(&mut self) -> Result<Json, Malformed> {
        let rest = self.rest();
        let end = rest.find(|it: char| !(it.is_alphanumeric() || "_$+".contains(it))).unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or("");
        self.at += end;
        match word {
            "null" => Ok(Json::Null),
            "true" => Ok(Json::Bool(true)),
            "false" => Ok(Json::Bool(false)),
            "NaN" if self.leniency.non_numeric => Ok(Json::Float("NaN".into())),
            "INF" | "Infinity" | "+INF" | "+Infinity" if self.leniency.non_numeric => {
                Ok(Json::Float("Infinity".into()))
            }
            _ => Err(Malformed),
        }
    }
}

/// The number of a text that Jackson takes for one with a point.
pub fn double(text: &str) -> f64 {
    match text {
        "NaN" => f64::NAN,
        "Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        _ => text.parse().unwrap_or(f64::NAN),
    }
}

/// A double as JSON: what is no number is text.
pub fn write_double(number: f64, out: &mut String) {
    let text = double_text(number);
    if number.is_finite() {
        out.push_str(&text);
    } else {
        write_string(&text, out);
    }
}

/// A text in quotes.
pub fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            // Writing to a string never fails.
            _ if letter < ' ' => drop(write!(out, "\\u{:04X}", u32::from(letter))),
            _ => out.push(letter),
        }
    }
    out.push('"');
}

impl Json {
    /// The value as text without needless space: `copyCurrentStructure`. Numbers with a point are doubles.
    pub fn write(&self, out: &mut String) {
        match self {
            Json::Null => out.push_str("null"),
            Json::Bool(it) => out.push_str(if *it { "true" } else { "false" }),
            Json::Int(digits) => out.push_str(digits),
            Json::Float(text) => write_double(double(text), out),
            Json::String(text) => write_string(text, out),
            Json::Array(members) => {
                out.push('[');
                for (index, member) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    member.write(out);
                }
                out.push(']');
            }
            Json::Object(fields) => {
                out.push('{');
                for (index, (name, value)) in fields.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    write_string(name, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }

    /// The value as text.
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }
}
