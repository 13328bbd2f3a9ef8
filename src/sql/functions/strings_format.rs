//! `format_string` and `printf`: `java.util.Formatter` in the US locale.

use super::accepts::{Accepts, nullable, settle};
use super::hashing::murmur3_bytes;
use super::row::{IntoDatum, Row, optional};
use super::signature::wrong_count;
use super::{Function, Signature};
use crate::sql::text::{calendar_interval_text, decimal_text, double_text, float_text};
use crate::sql::{Context, DataType, Datum, SqlError, Typed};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[nullable("format_string", &["printf"], format_signature, format_string)];

fn format_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    if args.is_empty() {
        return Err(wrong_count(function, "> 0", 0));
    }
    let accepts: Vec<Accepts> =
        (0..args.len()).map(|index| if index == 0 { Accepts::Text } else { Accepts::Any }).collect();
    let mut signature = settle(function, args, &accepts, &[])?.gives(DataType::String);
    signature.nullable = args.first().is_some_and(|format| format.nullable);
    Ok(signature)
}

/// `%[index$][flags][width][.precision]conversion`.
#[derive(Default)]
struct Specifier {
    index: Index,
    left: bool,
    alternate: bool,
    plus: bool,
    space: bool,
    zero: bool,
    group: bool,
    parentheses: bool,
    width: Option<usize>,
    precision: Option<usize>,
    conversion: char,
    text: String,
}

/// Which argument a specifier takes.
#[derive(Default, Clone, Copy)]
enum Index {
    #[default]
    Next,
    /// `%<s`.
    Last,
    At(usize),
}

/// Widths and precisions that are larger than this are refused, as they would only fill the memory.
const LARGEST: usize = 1 << 20;

fn illegal(message: impl Into<std::rc::Rc<str>>) -> SqlError {
    SqlError::new("IllegalArgumentException", None, message)
}

impl Specifier {
    /// Reads what stands after `%`.
    fn read(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<Self, SqlError> {
        let mut it = Specifier { text: "%".into(), ..Specifier::default() };
        let mut digits = String::new();
        let mut flags_over = false;
        loop {
            let Some(letter) = rest.next() else {
                return Err(illegal(format!("Conversion = '{}'", it.text.chars().next_back().unwrap_or('%'))));
            };
            it.text.push(letter);
            match letter {
                '$' if !digits.is_empty() && !matches!(it.index, Index::At(_)) => {
                    it.index = Index::At(digits.parse().unwrap_or(usize::MAX));
                    digits.clear();
                    flags_over = false;
                }
                '1'..='9' => {
                    digits.push(letter);
                    flags_over = true;
                }
                '0' if flags_over => digits.push(letter),
                '<' if !flags_over => it.index = Index::Last,
                '-' if !flags_over => it.left = true,
                '#' if !flags_over => it.alternate = true,
                '+' if !flags_over => it.plus = true,
                ' ' if !flags_over => it.space = true,
                '0' => it.zero = true,
                ',' if !flags_over => it.group = true,
                '(' if !flags_over => it.parentheses = true,
                '.' => {
                    let mut precision = String::new();
                    while let Some(digit) = rest.next_if(char::is_ascii_digit) {
                        it.text.push(digit);
                        precision.push(digit);
                    }
                    let number = precision.parse().ok().filter(|it| *it <= LARGEST);
                    it.precision = Some(number.ok_or_else(|| illegal("Conversion = '.'"))?);
                }
                conversion => {
                    it.conversion = conversion;
                    break;
                }
            }
        }
        if !digits.is_empty() {
            it.width = Some(digits.parse().ok().filter(|it| *it <= LARGEST).ok_or_else(|| illegal(digits.clone()))?);
        }
        Ok(it)
    }

    /// Refuses flags that need a width, or another conversion.
    fn check(&self) -> Result<(), SqlError> {
        if (self.left || self.zero) && self.width.is_none() {
            return Err(illegal(self.text.clone()));
        }
        if "sSbBhHcC".contains(self.conversion) {
            let flags =
                [(self.group, ','), (self.plus, '+'), (self.space, ' '), (self.zero, '0'), (self.parentheses, '(')];
            if let Some((_, flag)) = flags.iter().find(|(set, _)| *set) {
                return Err(illegal(format!("Conversion = {}, Flags = {flag}", self.conversion)));
            }
        }
        Ok(())
    }

    /// Fills up to the width with spaces.
    fn fill(&self, text: &str) -> String {
        let missing = self.width.unwrap_or(0).saturating_sub(text.chars().count());
        let spaces = " ".repeat(missing);
        if self.left { format!("{text}{spaces}") } else { format!("{spaces}{text}") }
    }

    /// A number's digits with its sign, its groups and the zeros that fill it up.
    fn signed(&self, negative: bool, digits: &str) -> String {
        let (open, close) = match (negative, self.parentheses) {
            (true, true) => ("(", ")"),
            (true, false) => ("-", ""),
            (false, _) if self.plus => ("+", ""),
            (false, _) if self.space => (" ", ""),
            _ => ("", ""),
        };
        let digits = if self.group { grouped(digits) } else { digits.to_owned() };
        let length = open.len() + digits.len() + close.len();
        let zeros = if self.zero { self.width.unwrap_or(0).saturating_sub(length) } else { 0 };
        format!("{open}{}{digits}{close}", "0".repeat(zeros))
    }

    fn mismatched(&self, value: &Datum) -> SqlError {
        illegal(format!("{} != {}", self.conversion, java_class(value)))
    }

    fn format(&self, value: &Datum) -> Result<String, SqlError> {
        let lower = self.conversion.to_ascii_lowercase();
        let text = match lower {
            'b' => match value {
                Datum::Null => "false".into(),
                Datum::Boolean(it) => it.to_string(),
                _ => "true".into(),
            },
            's' | 'h' | 'c' | 'd' | 'o' | 'x' | 'e' | 'f' | 'g' | 'a' if value.is_null() => "null".into(),
            's' => java_text(value),
            'h' => java_hash(value).map_or_else(|| java_text(value), |it| format!("{it:x}")),
            'c' => {
                let code = match value {
                    Datum::Integer(it) => *it,
                    Datum::Short(it) => (*it).into(),
                    Datum::Byte(it) => (*it).into(),
                    _ => return Err(self.mismatched(value)),
                };
                let letter = u32::try_from(code).ok().and_then(char::from_u32);
                letter.ok_or_else(|| illegal(format!("Code point = 0x{code:x}")))?.to_string()
            }
            'd' | 'o' | 'x' => self.integer(value, lower)?,
            'e' | 'f' | 'g' => self.fraction(value, lower)?,
            _ => return Err(illegal(format!("Conversion = '{}'", self.conversion))),
        };
        let text = match self.precision {
            Some(precision) if matches!(lower, 'b' | 's' | 'h') || value.is_null() => {
                text.chars().take(precision).collect()
            }
            _ => text,
        };
        Ok(self.fill(&if self.conversion.is_ascii_uppercase() { text.to_uppercase() } else { text }))
    }

    fn integer(&self, value: &Datum, conversion: char) -> Result<String, SqlError> {
        if let Some(precision) = self.precision {
            return Err(illegal(precision.to_string()));
        }
        let (number, bits) = match value {
            Datum::Byte(it) => (i64::from(*it), 8),
            Datum::Short(it) => (i64::from(*it), 16),
            Datum::Integer(it) | Datum::Date(it) | Datum::YearMonthInterval(it) => (i64::from(*it), 32),
            Datum::Long(it) | Datum::Timestamp(it) | Datum::TimestampNtz(it) | Datum::DayTimeInterval(it) => (*it, 64),
            _ => return Err(self.mismatched(value)),
        };
        if conversion == 'd' {
            return Ok(self.signed(number < 0, &number.unsigned_abs().to_string()));
        }
        let unsigned = (number as u64) & (u64::MAX >> (64 - bits));
        let digits = if conversion == 'x' { format!("{unsigned:x}") } else { format!("{unsigned:o}") };
        let prefix = match (self.alternate, conversion) {
            (true, 'x') => "0x",
            (true, _) => "0",
            _ => "",
        };
        let zeros = self.width.filter(|_| self.zero).unwrap_or(0).saturating_sub(prefix.len() + digits.len());
        Ok(format!("{prefix}{}{digits}", "0".repeat(zeros)))
    }

    fn fraction(&self, value: &Datum, conversion: char) -> Result<String, SqlError> {
        let number = match value {
            // the digits of the float itself, not of the double that it is
            Datum::Float(it) => it.to_string().parse().unwrap_or(f64::from(*it)),
            Datum::Double(it) => *it,
            _ => return Err(self.mismatched(value)),
        };
        if number.is_nan() {
            return Ok("NaN".into());
        }
        let negative = number.is_sign_negative();
        if number.is_infinite() {
            let plain = Specifier { zero: false, group: false, ..self.flags() };
            return Ok(plain.signed(negative, "Infinity"));
        }
        let precision = self.precision.unwrap_or(6);
        let number = number.abs();
        let digits = match conversion {
            'e' => scientific(number, precision),
            'f' => fixed(number, precision),
            _ => {
                let precision = precision.max(1);
                let rounded = scientific(number, precision - 1);
                let exponent: i32 = rounded.split_once('e').and_then(|(_, it)| it.parse().ok()).unwrap_or(0);
                if number == 0.0 {
                    fixed(number, precision - 1)
                } else if (-4..precision as i32).contains(&exponent) {
                    fixed(number, usize::try_from(precision as i32 - 1 - exponent).unwrap_or(0))
                } else {
                    rounded
                }
            }
        };
        Ok(self.signed(negative, &digits))
    }

    /// The same flags and width.
    fn flags(&self) -> Specifier {
        Specifier {
            plus: self.plus,
            space: self.space,
            parentheses: self.parentheses,
            zero: self.zero,
            group: self.group,
            width: self.width,
            ..Specifier::default()
        }
    }
}

/// A comma after every three digits before the point.
fn grouped(digits: &str) -> String {
    let whole = digits.find(|it: char| !it.is_ascii_digit()).unwrap_or(digits.len());
    let mut text = String::new();
    for (index, digit) in digits[..whole].chars().enumerate() {
        if index > 0 && (whole - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + &digits[whole..]
}

/// The shortest digits of a number and the power of ten of the first: `(digits, exponent)`.
fn shortest(number: f64) -> (Vec<u8>, i32) {
    let text = format!("{number:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).map(|it| it - b'0').collect();
    (digits, exponent.parse().unwrap_or(0))
}

/// Keeps so many digits, rounding half up; an extra digit in front where the number grows by one.
fn round_digits(digits: &mut Vec<u8>, keep: usize) -> bool {
    if keep >= digits.len() {
        return false;
    }
    let up = digits[keep] >= 5;
    digits.truncate(keep);
    if !up {
        return false;
    }
    for digit in digits.iter_mut().rev() {
        if *digit < 9 {
            *digit += 1;
            return false;
        }
        *digit = 0;
    }
    digits.insert(0, 1);
    true
}

/// Java rounds the shortest digits of the number, half up.
fn fixed(number: f64, precision: usize) -> String {
    let (mut digits, mut exponent) = shortest(number);
    // digits before the point, of which there may be less than none
    let keep = i64::from(exponent) + 1 + precision as i64;
    if keep < 0 {
        digits = vec![0];
        exponent = 0;
    } else if round_digits(&mut digits, usize::try_from(keep).unwrap_or(0)) {
        exponent += 1;
    }
    let digit = |place: i64| {
        let index = usize::try_from(i64::from(exponent) - place).ok();
        char::from(b'0' + index.and_then(|it| digits.get(it)).copied().unwrap_or(0))
    };
    let mut text: String = (0..=i64::from(exponent.max(0))).rev().map(digit).collect();
    if precision > 0 {
        text.push('.');
        text.extend((1..=precision as i64).map(|place| digit(-place)));
    }
    text
}

fn scientific(number: f64, precision: usize) -> String {
    let (mut digits, mut exponent) = shortest(number);
    if round_digits(&mut digits, precision + 1) {
        exponent += 1;
    }
    let digit = |index: usize| char::from(b'0' + digits.get(index).copied().unwrap_or(0));
    let mut text = String::from(digit(0));
    if precision > 0 {
        text.push('.');
        text.extend((1..=precision).map(digit));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{text}e{sign}{:02}", exponent.abs())
}

/// The class that a value has where Spark computes.
fn java_class(value: &Datum) -> &'static str {
    match value {
        Datum::Null => "null",
        Datum::Boolean(_) => "java.lang.Boolean",
        Datum::Byte(_) => "java.lang.Byte",
        Datum::Short(_) => "java.lang.Short",
        Datum::Integer(_) | Datum::Date(_) | Datum::YearMonthInterval(_) => "java.lang.Integer",
        Datum::Long(_) | Datum::Timestamp(_) | Datum::TimestampNtz(_) | Datum::DayTimeInterval(_) => "java.lang.Long",
        Datum::Float(_) => "java.lang.Float",
        Datum::Double(_) => "java.lang.Double",
        Datum::Decimal(..) => "org.apache.spark.sql.types.Decimal",
        Datum::String(_) => "org.apache.spark.unsafe.types.UTF8String",
        Datum::Binary(_) => "[B",
        Datum::CalendarInterval { .. } => "org.apache.spark.unsafe.types.CalendarInterval",
        Datum::Array(_) => "org.apache.spark.sql.catalyst.expressions.UnsafeArrayData",
        Datum::Map(_) => "org.apache.spark.sql.catalyst.expressions.UnsafeMapData",
        Datum::Struct(_) => "org.apache.spark.sql.catalyst.expressions.UnsafeRow",
    }
}

/// `toString` of the value that Spark computes with: dates are days, and so on.
fn java_text(value: &Datum) -> String {
    match value {
        Datum::Null => "null".into(),
        Datum::Boolean(it) => it.to_string(),
        Datum::Byte(it) => it.to_string(),
        Datum::Short(it) => it.to_string(),
        Datum::Integer(it) | Datum::Date(it) | Datum::YearMonthInterval(it) => it.to_string(),
        Datum::Long(it) | Datum::Timestamp(it) | Datum::TimestampNtz(it) | Datum::DayTimeInterval(it) => it.to_string(),
        Datum::Float(it) => float_text(*it),
        Datum::Double(it) => double_text(*it),
        Datum::Decimal(unscaled, scale) => decimal_text(*unscaled, *scale),
        Datum::String(it) => it.to_string(),
        Datum::Binary(it) => String::from_utf8_lossy(it).into_owned(),
        Datum::CalendarInterval { months, days, micros } => calendar_interval_text(*months, *days, *micros),
        Datum::Array(members) | Datum::Struct(members) => {
            format!("[{}]", members.iter().map(java_text).collect::<Vec<_>>().join(","))
        }
        Datum::Map(entries) => {
            let of = |part: fn(&(Datum, Datum)) -> &Datum| {
                entries.iter().map(|it| java_text(part(it))).collect::<Vec<_>>().join(",")
            };
            format!("keys: [{}], values: [{}]", of(|it| &it.0), of(|it| &it.1))
        }
    }
}

/// `hashCode`, of what has one that doesn't depend on the machine's memory.
fn java_hash(value: &Datum) -> Option<u32> {
    let of_long = |it: i64| (it as u64 ^ ((it as u64) >> 32)) as u32;
    Some(match value {
        Datum::Boolean(it) => {
            if *it {
                1231
            } else {
                1237
            }
        }
        Datum::Byte(it) => i32::from(*it) as u32,
        Datum::Short(it) => i32::from(*it) as u32,
        Datum::Integer(it) | Datum::Date(it) | Datum::YearMonthInterval(it) => *it as u32,
        Datum::Long(it) | Datum::Timestamp(it) | Datum::TimestampNtz(it) | Datum::DayTimeInterval(it) => of_long(*it),
        Datum::Float(it) => it.to_bits(),
        Datum::Double(it) => of_long(it.to_bits() as i64),
        Datum::String(it) => murmur3_bytes(it.as_bytes(), 42),
        _ => return None,
    })
}

fn format_string(_: &Context, args: &[Datum], _: &DataType) -> Row {
    let Some(format) = optional::<&str>(args, 0)? else { return Ok(Datum::Null) };
    let values = args.get(1..).unwrap_or_default();
    let (mut text, mut next, mut last) = (String::new(), 0, None);
    let mut rest = format.chars().peekable();
    while let Some(letter) = rest.next() {
        if letter != '%' {
            text.push(letter);
            continue;
        }
        let specifier = Specifier::read(&mut rest)?;
        specifier.check()?;
        match specifier.conversion {
            '%' => {
                text.push_str(&specifier.fill("%"));
                continue;
            }
            'n' => {
                text.push('\n');
                continue;
            }
            conversion if !"bBhHsScCdoxXeEfgG".contains(conversion) => {
                return Err(illegal(format!("Conversion = '{conversion}'")));
            }
            _ => {}
        }
        let index = match specifier.index {
            Index::At(index) => index.checked_sub(1),
            Index::Last => last,
            Index::Next => {
                next += 1;
                Some(next - 1)
            }
        };
        let missing = || illegal(format!("Format specifier '{}'", specifier.text));
        let value = index.and_then(|it| values.get(it)).ok_or_else(missing)?;
        last = index;
        text.push_str(&specifier.format(value)?);
    }
    Ok(text.datum())
}
