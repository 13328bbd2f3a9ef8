//! Literals: strings with their escapes, numbers with their suffixes, and those that a word says the type of.

use chrono_tz::Tz;
use sqlparser::ast::Ident;

use super::interval::interval_literal;
use super::source::Source;
use crate::sql::cast::{parse_date, parse_local_timestamp, parse_timestamp};
use crate::sql::{Context, DataType, Datum, Expr, SqlError, UnaryOp, call};

const MAX_PRECISION: usize = 38;

/// The value of a string literal: `ParserUtils.unescapeSQLString`. Two quotes side by side are the end of one string
/// and the beginning of the next.
pub(super) fn unescape(raw: &str, quote: char) -> String {
    let letters: Vec<char> = raw.chars().collect();
    // As UTF-16, since `\u` writes such units.
    let mut units: Vec<u16> = Vec::with_capacity(raw.len());
    let mut at = 0;
    while let Some(&letter) = letters.get(at) {
        at += 1;
        if letter == quote {
            continue;
        }
        let (Some(&next), '\\') = (letters.get(at), letter) else {
            push(&mut units, letter);
            continue;
        };
        at += 1;
        let code = |size: usize, radix: u32| {
            let digits: String = letters.get(at..at + size)?.iter().collect();
            digits.chars().all(|it| it.is_digit(radix)).then(|| u32::from_str_radix(&digits, radix).ok())?
        };
        match next {
            'u' if code(4, 16).is_some() => {
                units.extend(code(4, 16).and_then(|it| u16::try_from(it).ok()));
                at += 4;
            }
            'U' if code(8, 16).is_some() => {
                push(&mut units, code(8, 16).and_then(char::from_u32).unwrap_or('?'));
                at += 8;
            }
            '0' | '1' if code(2, 8).is_some() => {
                let high = next.to_digit(8).unwrap_or(0) * 64;
                push(&mut units, code(2, 8).and_then(|low| char::from_u32(high + low)).unwrap_or('?'));
                at += 2;
            }
            '0' => push(&mut units, '\0'),
            'b' => push(&mut units, '\u{8}'),
            'n' => push(&mut units, '\n'),
            'r' => push(&mut units, '\r'),
            't' => push(&mut units, '\t'),
            'Z' => push(&mut units, '\u{1a}'),
            // `LIKE` still has to see these escaped.
            '%' | '_' => {
                push(&mut units, '\\');
                push(&mut units, next);
            }
            other => push(&mut units, other),
        }
    }
    String::from_utf16_lossy(&units)
}

fn push(units: &mut Vec<u16>, letter: char) {
    units.extend_from_slice(letter.encode_utf16(&mut [0; 2]));
}

/// A number with its sign and suffix: `-1`, `2S`, `1.5`, `1e300`, `1E3BD`.
pub(super) fn number(text: &str, source: &Source<'_>, ident: &Ident) -> Result<Expr, SqlError> {
    let upper = text.to_ascii_uppercase();
    let digits_of = |suffix: &str| upper.ends_with(suffix).then(|| text[..text.len() - suffix.len()].to_owned());
    if let Some(digits) = digits_of("BD") {
        return decimal(&digits).map_err(|refusal| {
            let message = format!("{}.", refusal.message);
            source.error("DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION", &message, ident.span.start)
        });
    }
    if let Some(digits) = digits_of("L") {
        return ranged(&digits, ident, source, ("bigint", "-9223372036854775808", "9223372036854775807"), Datum::Long);
    }
    if let Some(digits) = digits_of("S") {
        return ranged(&digits, ident, source, ("smallint", "-32768", "32767"), Datum::Short);
    }
    if let Some(digits) = digits_of("Y") {
        return ranged(&digits, ident, source, ("tinyint", "-128", "127"), Datum::Byte);
    }
    let shown = |it: f64| format!("{it:E}").replace('E', "E+").replace("E+-", "E-");
    if let Some(digits) = digits_of("F") {
        let value: f32 = digits.parse().unwrap_or(f32::INFINITY);
        let ends = (shown(f64::from(f32::MIN)), shown(f64::from(f32::MAX)));
        return match value.is_finite() {
            true => Ok(Expr::literal(Datum::Float(value), DataType::Float)),
            false => Err(out_of_range(&digits, ident, source, ("float", &ends.0, &ends.1))),
        };
    }
    let exponent = upper.contains('E');
    if upper.ends_with('D') || exponent {
        let digits = text.trim_end_matches(['D', 'd']);
        let value: f64 = digits.parse().unwrap_or(f64::INFINITY);
        let ends = (shown(f64::MIN), shown(f64::MAX));
        return match value.is_finite() {
            true => Ok(Expr::literal(Datum::Double(value), DataType::Double)),
            false => Err(out_of_range(digits, ident, source, ("double", &ends.0, &ends.1))),
        };
    }
    if let Ok(value) = upper.parse() {
        return Ok(Expr::literal(Datum::Integer(value), DataType::Integer));
    }
    match upper.parse() {
        Ok(value) => Ok(Expr::literal(Datum::Long(value), DataType::Long)),
        Err(_) => decimal(text),
    }
}

/// The name of a type, its least and its greatest number.
type Range<'a> = (&'a str, &'a str, &'a str);

fn ranged<T: std::str::FromStr>(
    digits: &str,
    ident: &Ident,
    source: &Source<'_>,
    range: Range<'_>,
    make: fn(T) -> Datum,
) -> Result<Expr, SqlError> {
    let data_type = match range.0 {
        "bigint" => DataType::Long,
        "smallint" => DataType::Short,
        _ => DataType::Byte,
    };
    match digits.parse() {
        Ok(value) => Ok(Expr::literal(make(value), data_type)),
        Err(_) => Err(out_of_range(digits, ident, source, range)),
    }
}

fn out_of_range(digits: &str, ident: &Ident, source: &Source<'_>, (name, least, most): Range<'_>) -> SqlError {
    let text = format!(
        "Numeric literal {digits} is outside the valid range for {name} with minimum value of {least} and maximum value \
         of {most}. Please adjust the value accordingly."
    );
    source.error("INVALID_NUMERIC_LITERAL_RANGE", &text, ident.span.start)
}

/// A decimal of the digits that are written: `1.5` is a `DECIMAL(2,1)`.
fn decimal(text: &str) -> Result<Expr, SqlError> {
    let (mantissa, exponent) = text.split_once(['E', 'e']).unwrap_or((text, "0"));
    let negative = mantissa.starts_with('-');
    let mantissa = mantissa.trim_start_matches('-');
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = format!("{whole}{fraction}").trim_start_matches('0').to_owned();
    let scale =
        i64::try_from(fraction.len()).unwrap_or(i64::MAX) - exponent.parse::<i64>().unwrap_or(0).clamp(-999, 999);
    if scale < 0 && !digits.is_empty() {
        digits.push_str(&"0".repeat(usize::try_from(-scale).unwrap_or(0).min(1000)));
    }
    let scale = usize::try_from(scale.max(0)).unwrap_or(usize::MAX);
    let precision = digits.len().max(1).max(scale);
    let unscaled: Option<i128> = if digits.is_empty() { Some(0) } else { digits.parse().ok() };
    match (unscaled, u8::try_from(precision), u8::try_from(scale)) {
        (Some(unscaled), Ok(precision), Ok(scale)) if usize::from(precision) <= MAX_PRECISION => {
            let unscaled = if negative { -unscaled } else { unscaled };
            Ok(Expr::literal(Datum::Decimal(unscaled, scale), DataType::Decimal { precision, scale }))
        }
        _ => {
            let text = format!("Decimal precision {precision} exceeds max precision {MAX_PRECISION}.");
            Err(SqlError::new("ArithmeticException", Some("DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION"), text))
        }
    }
}

/// A literal that a word says the type of: `date'2024-01-01'`.
pub(super) fn typed(kind: &Ident, text: &str, source: &Source<'_>) -> Result<Expr, SqlError> {
    let word = kind.value.to_uppercase();
    let invalid = || {
        let message = format!("The value of the typed literal \"{word}\" is invalid: {}.", quoted(text));
        source.error("INVALID_TYPED_LITERAL", &message, kind.span.start)
    };
    let special = text.trim().to_lowercase();
    match (word.as_str(), special.as_str()) {
        ("DATE", "epoch") => Ok(Expr::literal(Datum::Date(0), DataType::Date)),
        ("DATE", "now" | "today") => Ok(call("current_date", [])),
        ("DATE", "tomorrow") => Ok(call("date_add", [call("current_date", []), 1.into()])),
        ("DATE", "yesterday") => Ok(call("date_sub", [call("current_date", []), 1.into()])),
        ("DATE", _) => parse_date(text).map(|it| Expr::literal(Datum::Date(it), DataType::Date)).ok_or_else(invalid),
        ("TIMESTAMP" | "TIMESTAMP_LTZ", "epoch") => Ok(Expr::literal(Datum::Timestamp(0), DataType::Timestamp)),
        ("TIMESTAMP" | "TIMESTAMP_LTZ", "now") => Ok(call("current_timestamp", [])),
        ("TIMESTAMP" | "TIMESTAMP_LTZ", "today") => Ok(call("current_date", []).cast(DataType::Timestamp)),
        ("TIMESTAMP" | "TIMESTAMP_LTZ", _) => timestamp_of(text).ok_or_else(invalid),
        ("TIMESTAMP_NTZ", _) => match parse_local_timestamp(text) {
            Some(micros) => Ok(Expr::literal(Datum::TimestampNtz(micros), DataType::TimestampNtz)),
            None => Err(invalid()),
        },
        ("INTERVAL", _) => interval_literal(kind, text, source),
        ("X", _) => binary(text).ok_or_else(invalid),
        _ => {
            let message = format!(
                "Literals of the type \"{word}\" are not supported. Supported types are \"DATE\", \"TIMESTAMP_NTZ\", \
                 \"TIMESTAMP_LTZ\", \"TIMESTAMP\", \"INTERVAL\", \"X\"."
            );
            Err(source.error("UNSUPPORTED_TYPED_LITERAL", &message, kind.span.start))
        }
    }
}

/// A timestamp: an instant where the text has a zone, and else a local time that the session's zone is still to make
/// an instant of.
fn timestamp_of(text: &str) -> Option<Expr> {
    let local = parse_local_timestamp(text)?;
    let instant = |time_zone| parse_timestamp(text, &Context { time_zone, batch_time: 0, partition: 0 });
    match (instant(Tz::UTC), instant(Tz::Asia__Tokyo)) {
        (Some(here), Some(there)) if here == there => Some(Expr::literal(Datum::Timestamp(here), DataType::Timestamp)),
        _ => Some(Expr::literal(Datum::TimestampNtz(local), DataType::TimestampNtz).cast(DataType::Timestamp)),
    }
}

/// A text as a literal in an error's words.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// Hexadecimal digits; an odd one has a zero before it.
fn binary(text: &str) -> Option<Expr> {
    let padded = if text.len() % 2 == 1 { format!("0{text}") } else { text.to_owned() };
    let digits: Option<Vec<u32>> = padded.chars().map(|it| it.to_digit(16)).collect();
    let bytes: Option<Vec<u8>> =
        digits?.chunks(2).map(|it| u8::try_from(it.iter().fold(0, |sum, it| sum * 16 + it)).ok()).collect();
    Some(Expr::literal(Datum::Binary(bytes?.into()), DataType::Binary))
}

/// The negation of an expression, where it isn't negated yet.
pub(super) fn not(expr: Expr) -> Expr {
    Expr::unary(UnaryOp::Not, expr)
}
