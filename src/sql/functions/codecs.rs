//! Text and bytes as each other: `base64`, `unbase64`, `encode`, `decode`, `to_binary`.

use super::accepts::{Accepts, literal_text, nullable, settle, strict, takes};
use super::math_digits::unhex;
use super::refusals::mismatch;
use super::row::{IntoDatum, Row, arg, optional};
use super::signature::wrong_count;
use super::{Function, Signature};
use crate::sql::coerce::wider_of_all;
use crate::sql::{Context, DataType, Datum, SqlError, Typed};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    strict("base64", &[], takes!(Binary => String), |_, args, _| Ok(base64(arg(args, 0)?).datum())),
    strict("unbase64", &[], takes!(Text => Binary), |_, args, _| {
        let decoded = unbase64(arg(args, 0)?).ok_or_else(|| {
            SqlError::new("IllegalArgumentException", None, "Last unit does not have enough valid bits")
        })?;
        Ok(decoded.datum())
    }),
    strict("encode", &[], takes!(Text, Text => Binary), |_, args, _| {
        let (text, name): (&str, &str) = (arg(args, 0)?, arg(args, 1)?);
        Ok(Charset::named(name)?.encode(text).datum())
    }),
    nullable("decode", &[], decode_signature, decode),
    strict("to_binary", &[], to_binary_signature, |_, args, _| {
        let (text, format): (&str, &str) = (arg(args, 0)?, optional(args, 1)?.unwrap_or("hex"));
        to_binary(text, format).map(IntoDatum::datum).ok_or_else(|| {
            SqlError::new(
                "IllegalArgumentException",
                Some("CONVERSION_INVALID_INPUT"),
                format!(
                    "The value '{text}' ('{}') cannot be converted to \"BINARY\" because it is malformed. Correct the \
                     value as per the syntax, or change its format. Use `try_to_binary` to tolerate malformed input \
                     and return NULL instead.",
                    format.to_uppercase()
                ),
            )
        })
    }),
    strict("try_to_binary", &[], to_binary_signature, |_, args, _| {
        Ok(to_binary(arg(args, 0)?, optional(args, 1)?.unwrap_or("hex")).datum())
    }),
];

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// MIME's Base64: lines of 76 characters.
pub(crate) fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for (index, group) in bytes.chunks(3).enumerate() {
        if index > 0 && index % 19 == 0 {
            text.push_str("\r\n");
        }
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place)) as usize % 64];
            text.push(if place as usize > group.len() { '=' } else { char::from(digit) });
        }
    }
    text
}

/// MIME's decoder, which passes over what is no digit; `None` where a digit stands alone at the end.
pub(crate) fn unbase64(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .bytes()
        .take_while(|byte| *byte != b'=')
        .filter_map(|byte| DIGITS.iter().position(|it| *it == byte))
        .map(|digit| digit as u8)
        .collect();
    if digits.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for group in digits.chunks(4) {
        let digit = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = (digit(0) << 18) | (digit(1) << 12) | (digit(2) << 6) | digit(3);
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    Some(bytes)
}

/// The character sets of `encode` and `decode`.
#[derive(Clone, Copy)]
enum Charset {
    Ascii,
    Latin1,
    Utf8,
    Utf16,
    Utf16Big,
    Utf16Little,
}

impl Charset {
    fn named(name: &str) -> Result<Self, SqlError> {
        Ok(match name.to_ascii_uppercase().as_str() {
            "US-ASCII" | "ASCII" => Charset::Ascii,
            "ISO-8859-1" | "LATIN1" | "ISO8859_1" => Charset::Latin1,
            "UTF-8" | "UTF8" => Charset::Utf8,
            "UTF-16" | "UTF16" => Charset::Utf16,
            "UTF-16BE" => Charset::Utf16Big,
            "UTF-16LE" => Charset::Utf16Little,
            _ => return Err(SqlError::new("UnsupportedEncodingException", None, name)),
        })
    }

    fn encode(self, text: &str) -> Vec<u8> {
        let narrow = |limit: u32| {
            text.chars().map(|it| if u32::from(it) < limit { u32::from(it) as u8 } else { b'?' }).collect()
        };
        let wide = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        match self {
            Charset::Ascii => narrow(0x80),
            Charset::Latin1 => narrow(0x100),
            Charset::Utf8 => text.as_bytes().to_vec(),
            // Java writes a mark of the byte order, but not before nothing
            Charset::Utf16 if text.is_empty() => Vec::new(),
            Charset::Utf16 => [vec![0xfe, 0xff], wide(u16::to_be_bytes)].concat(),
            Charset::Utf16Big => wide(u16::to_be_bytes),
            Charset::Utf16Little => wide(u16::to_le_bytes),
        }
    }

    fn decode(self, bytes: &[u8]) -> String {
        let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
            let units = bytes.chunks_exact(2);
            let half = if units.remainder().is_empty() { "" } else { "\u{fffd}" };
            let units = units.map(|pair| unit([pair[0], pair[1]]));
            char::decode_utf16(units).map(|it| it.unwrap_or(char::REPLACEMENT_CHARACTER)).collect::<String>() + half
        };
        match self {
            Charset::Ascii => bytes
                .iter()
                .map(|it| if it.is_ascii() { char::from(*it) } else { char::REPLACEMENT_CHARACTER })
                .collect(),
            Charset::Latin1 => bytes.iter().copied().map(char::from).collect(),
            Charset::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Charset::Utf16 => match bytes {
                [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
                [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
                rest => wide(rest, u16::from_be_bytes),
            },
            Charset::Utf16Big => wide(bytes, u16::from_be_bytes),
            Charset::Utf16Little => wide(bytes, u16::from_le_bytes),
        }
    }
}

/// `decode(bytes, charset)`; or Oracle's `decode(value, search, result, ..., default)`.
fn decode_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    if args.len() < 2 {
        return Err(wrong_count(function, "2", args.len()));
    }
    if args.len() == 2 {
        return Ok(settle(function, args, &[Accepts::Binary, Accepts::Text], &[])?.gives(DataType::String));
    }
    let is_result = |index: usize| index > 0 && (index.is_multiple_of(2) || (index == args.len() - 1));
    let of = |results: bool| -> Vec<DataType> {
        let wanted = args.iter().enumerate().filter(|(index, _)| is_result(*index) == results);
        wanted.map(|(_, it)| it.data_type.clone()).collect()
    };
    let unlike = || mismatch("DATA_DIFF_TYPES", function, args, "The arguments have no common type.");
    let compared = wider_of_all(&of(false)).ok_or_else(unlike)?;
    let returns = wider_of_all(&of(true)).ok_or_else(unlike)?;
    let arguments = (0..args.len()).map(|index| if is_result(index) { returns.clone() } else { compared.clone() });
    Ok(Signature { arguments: arguments.collect(), returns, nullable: true })
}

fn decode(_: &Context, args: &[Datum], _: &DataType) -> Row {
    if args.len() == 2 {
        let (Some(bytes), Some(name)) = (optional::<&[u8]>(args, 0)?, optional::<&str>(args, 1)?) else {
            return Ok(Datum::Null);
        };
        return Ok(Charset::named(name)?.decode(bytes).datum());
    }
    let Some((value, cases)) = args.split_first() else { return Ok(Datum::Null) };
    let pairs = cases.chunks_exact(2);
    let default = pairs.remainder().first();
    let found = pairs.clone().find(|pair| pair[0] == *value).map(|pair| &pair[1]);
    Ok(found.or(default).cloned().unwrap_or(Datum::Null))
}

fn to_binary_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let signature = settle(function, args, &[Accepts::Text], &[Accepts::Text])?.gives(DataType::Binary).or_null();
    let known = ["hex", "utf-8", "utf8", "base64"];
    let fine = args.get(1).and_then(literal_text).is_none_or(|it| known.contains(&it.to_lowercase().as_str()));
    if fine {
        return Ok(signature);
    }
    let message = format!(
        "The fmt value must to be a case-insensitive \"STRING\" literal of 'hex', 'utf-8', 'utf8', or 'base64', but \
         got '{}'.",
        args.get(1).and_then(literal_text).unwrap_or_default()
    );
    Err(mismatch("INVALID_ARG_VALUE", function, args, &message))
}

fn to_binary(text: &str, format: &str) -> Option<Vec<u8>> {
    match format.to_lowercase().as_str() {
        "hex" => unhex(text),
        "base64" => unbase64(text),
        _ => Some(text.as_bytes().to_vec()),
    }
}
