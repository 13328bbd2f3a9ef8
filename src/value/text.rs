//! The text of a value: Python's `repr`.

use std::fmt::{self, Display, Formatter, Write};

use super::Value;

/// `repr(float)`: the shortest digits that read back as the same number, in Python's layout.
pub fn float_repr(float: f64) -> String {
    if float.is_nan() {
        return "nan".into();
    }
    if float.is_infinite() {
        return if float > 0.0 { "inf".into() } else { "-inf".into() };
    }
    let scientific = format!("{float:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = format!("{float}");
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

fn write_str(text: &str, out: &mut Formatter<'_>) -> fmt::Result {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.write_char(quote)?;
    for letter in text.chars() {
        match letter {
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            letter if letter == quote => write!(out, "\\{letter}")?,
            letter if (letter as u32) < 0x20 || letter as u32 == 0x7f => write!(out, "\\x{:02x}", letter as u32)?,
            letter if letter.is_control() => write!(out, "\\x{:02x}", letter as u32)?,
            letter => out.write_char(letter)?,
        }
    }
    out.write_char(quote)
}

fn write_bytes(bytes: &[u8], out: &mut Formatter<'_>) -> fmt::Result {
    out.write_str("b'")?;
    for byte in bytes {
        match byte {
            b'\\' | b'\'' => write!(out, "\\{}", *byte as char)?,
            b'\n' => out.write_str("\\n")?,
            b'\r' => out.write_str("\\r")?,
            b'\t' => out.write_str("\\t")?,
            0x20..=0x7e => out.write_char(*byte as char)?,
            byte => write!(out, "\\x{byte:02x}")?,
        }
    }
    out.write_char('\'')
}

fn write_members<'a>(
    open: &str,
    members: impl Iterator<Item = &'a Value>,
    close: &str,
    out: &mut Formatter<'_>,
) -> fmt::Result {
    out.write_str(open)?;
    for (index, member) in members.enumerate() {
        if index > 0 {
            out.write_str(", ")?;
        }
        write!(out, "{member}")?;
    }
    out.write_str(close)
}

impl Display for Value {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Value::None => out.write_str("None"),
            Value::Bool(true) => out.write_str("True"),
            Value::Bool(false) => out.write_str("False"),
            Value::Int(number) => write!(out, "{number}"),
            Value::BigInt(digits) => out.write_str(digits),
            Value::Float(float) => out.write_str(&float_repr(*float)),
            Value::Str(text) => write_str(text, out),
            Value::Bytes(bytes) => write_bytes(bytes, out),
            Value::Tuple(members) if members.len() == 1 => write!(out, "({},)", members[0]),
            Value::Tuple(members) => write_members("(", members.iter(), ")", out),
            Value::List(members) => write_members("[", members.iter(), "]", out),
            Value::Set(members) if members.is_empty() => out.write_str("set()"),
            Value::Set(members) => write_members("{", members.iter(), "}", out),
            Value::FrozenSet(members) if members.is_empty() => out.write_str("frozenset()"),
            Value::FrozenSet(members) => write_members("frozenset({", members.iter(), "})", out),
            Value::Dict(entries) => {
                out.write_char('{')?;
                for (index, (key, value)) in entries.iter().enumerate() {
                    let comma = if index > 0 { ", " } else { "" };
                    write!(out, "{comma}{key}: {value}")?;
                }
                out.write_char('}')
            }
            Value::Object(object) => {
                let members: &[Value] = if let Value::Tuple(members) = &object.args { members } else { &[] };
                write_members(&format!("{}(", self.type_name()), members.iter(), ")", out)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_pythons_repr() {
        let value = Value::tuple([
            Value::str("it's"),
            Value::str("a\"'b\n"),
            Value::Float(1.0),
            Value::Float(1e16),
            Value::Float(1e-5),
            Value::Float(0.0001),
            Value::Bool(true),
            Value::None,
            Value::tuple([Value::Int(1)]),
            Value::Bytes(b"a\x00'"[..].into()),
        ]);
        assert_eq!(
            value.to_string(),
            r#"("it's", 'a"\'b\n', 1.0, 1e+16, 1e-05, 0.0001, True, None, (1,), b'a\x00\'')"#
        );
    }
}
