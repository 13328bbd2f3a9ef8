//! String functions that take parts of strings, put parts in, and fill up: positions count characters from 1.

use super::accepts::{Accepts, literal_text, settle, strict, takes};
use super::refusals::mismatch;
use super::row::{IntoDatum, Row, arg, count, length, optional, within_memory};
use super::{Evaluation, Function, Signature};
use crate::sql::{Context, DataType, Datum, SqlError, Typed};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    strict("substring", &["substr"], part_signature::<1>, |_, args, _| {
        let (position, length) = (arg(args, 1)?, optional(args, 2)?.unwrap_or(i32::MAX));
        part(args, position, length)
    }),
    strict("left", &[], part_signature::<0>, |_, args, _| part(args, 1, arg(args, 1)?)),
    strict("right", &[], takes!(Text, Int => String), |_, args, _| {
        let length: i32 = arg(args, 1)?;
        if length <= 0 { Ok("".datum()) } else { part(args, length.wrapping_neg(), i32::MAX) }
    }),
    strict("substring_index", &[], takes!(Text, Text, Int => String), |_, args, _| {
        Ok(substring_index(arg(args, 0)?, arg(args, 1)?, arg(args, 2)?).datum())
    }),
    strict("split_part", &[], takes!(Text, Text, Int => String), |_, args, _| {
        split_part(arg(args, 0)?, arg(args, 1)?, arg(args, 2)?)
    }),
    strict("overlay", &[], overlay_signature, overlay),
    strict("lpad", &[], pad_signature, |_, args, _| pad(args, true)),
    strict("rpad", &[], pad_signature, |_, args, _| pad(args, false)),
    Function {
        name: "mask",
        aliases: &[],
        signature: mask_signature,
        evaluation: Evaluation::Nullable(|_, args, _| mask(args)),
    },
];

/// `substring`'s and `left`'s: text or binary, then numbers, of which the last `N` may be left out.
fn part_signature<const OPTIONAL: usize>(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let optional = [Accepts::Int; OPTIONAL];
    let settled = settle(function, args, &[Accepts::TextOrBinary, Accepts::Int], &optional)?;
    Ok(settled.gives_first())
}

/// `substringSQL`: from a position that counts from 1, or from the end where it is negative; 0 is 1.
fn part(args: &[Datum], position: i32, length: i32) -> Row {
    if let Some(Datum::Binary(bytes)) = args.first() {
        return Ok(byte_part(bytes, position, length).datum());
    }
    Ok(text_part(arg(args, 0)?, position, length).datum())
}

/// `UTF8String.substringSQL`.
pub(super) fn text_part(text: &str, position: i32, length: i32) -> &str {
    let start = match position {
        1.. => i64::from(position) - 1,
        0 => 0,
        _ => text.chars().count() as i64 + i64::from(position),
    };
    let end = start + i64::from(length);
    if end <= start || end <= 0 {
        return "";
    }
    let offset = |character: i64| {
        let character = usize::try_from(character).unwrap_or(0);
        text.char_indices().nth(character).map_or(text.len(), |(offset, _)| offset)
    };
    text.get(offset(start)..offset(end)).unwrap_or_default()
}

/// `ByteArray.subStringSQL`.
fn byte_part(bytes: &[u8], position: i32, length: i32) -> &[u8] {
    let size = bytes.len() as i64;
    let start = match position {
        1.. => i64::from(position) - 1,
        0 => 0,
        _ => size + i64::from(position),
    };
    let (start, end) = (start.clamp(0, size), (start + i64::from(length)).clamp(0, size));
    bytes.get(start as usize..end as usize).unwrap_or_default()
}

/// What stands before the `count`-th delimiter from the left, or after it from the right where `count` is negative.
/// Delimiters may overlap, as in `UTF8String.subStringIndex`.
fn substring_index<'a>(text: &'a str, delimiter: &str, count: i32) -> &'a str {
    if delimiter.is_empty() || count == 0 {
        return "";
    }
    let (text, delimiter) = (text.as_bytes(), delimiter.as_bytes());
    let mut places =
        (0..(text.len() + 1).saturating_sub(delimiter.len())).filter(|at| text[*at..].starts_with(delimiter));
    let nth = count.unsigned_abs() as usize - 1;
    let kept = if count > 0 {
        places.nth(nth).map(|at| &text[..at])
    } else {
        places.nth_back(nth).map(|at| &text[at + delimiter.len()..])
    };
    // both ends of a delimiter are ends of characters
    std::str::from_utf8(kept.unwrap_or(text)).unwrap_or_default()
}

/// The part at an index from 1, or from the end where it is negative; empty where there is none.
fn split_part(text: &str, delimiter: &str, index: i32) -> Row {
    if index == 0 {
        return Err(SqlError::new(
            "SparkRuntimeException",
            Some("INVALID_INDEX_OF_ZERO"),
            "The index 0 is invalid. An index shall be either < 0 or > 0 (the first element has index 1).",
        ));
    }
    let parts: Vec<&str> = if delimiter.is_empty() { vec![text] } else { text.split(delimiter).collect() };
    let place = index.unsigned_abs() as usize - 1;
    let part = if index > 0 { parts.get(place) } else { parts.iter().rev().nth(place) };
    Ok(part.copied().unwrap_or_default().datum())
}

fn overlay_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let binary = args.len() > 1 && args[..2].iter().all(|it| it.data_type == DataType::Binary);
    let part = if binary { Accepts::Binary } else { Accepts::Text };
    Ok(settle(function, args, &[part, part, Accepts::Int], &[Accepts::Int])?.gives_first())
}

/// Puts a replacement in from a position on, for as many characters as the replacement has, unless a length is given.
fn overlay(_: &Context, args: &[Datum], _: &DataType) -> Row {
    let (position, asked): (i32, i32) = (arg(args, 2)?, optional(args, 3)?.unwrap_or(-1));
    let (before, after) = (position.wrapping_sub(1), |length: i32| position.wrapping_add(length));
    if let (Some(Datum::Binary(bytes)), Some(Datum::Binary(with))) = (args.first(), args.get(1)) {
        let length = if asked >= 0 { asked } else { count(with.len()) };
        let parts = [byte_part(bytes, 1, before), with, byte_part(bytes, after(length), i32::MAX)];
        return Ok(parts.concat().datum());
    }
    let (text, with): (&str, &str) = (arg(args, 0)?, arg(args, 1)?);
    let length = if asked >= 0 { asked } else { count(with.chars().count()) };
    Ok([text_part(text, 1, before), with, text_part(text, after(length), i32::MAX)].concat().datum())
}

fn pad_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let texts = args.iter().enumerate().filter(|(index, _)| *index != 1);
    let binary = texts.clone().count() > 0 && texts.clone().all(|(_, it)| it.data_type == DataType::Binary);
    let part = if binary { Accepts::Binary } else { Accepts::Text };
    Ok(settle(function, args, &[part, Accepts::Int], &[part])?.gives_first())
}

/// Fills up on the left or the right to a length, or cuts to it; with spaces, or zero bytes, where nothing is said.
fn pad(args: &[Datum], left: bool) -> Row {
    let size = length(arg(args, 1)?);
    within_memory(4, size)?;
    if let Some(Datum::Binary(bytes)) = args.first() {
        let pad: &[u8] = optional(args, 2)?.unwrap_or(&[0]);
        let fill: Vec<u8> = pad.iter().copied().cycle().take(size.saturating_sub(bytes.len())).collect();
        let kept = if bytes.len() > size { &bytes[..size] } else { bytes };
        return Ok(if left { [&fill, kept].concat() } else { [kept, &fill].concat() }.datum());
    }
    let (text, pad): (&str, &str) = (arg(args, 0)?, optional(args, 2)?.unwrap_or(" "));
    let fill: String = pad.chars().cycle().take(size.saturating_sub(text.chars().count())).collect();
    let kept = text_part(text, 1, count(size));
    Ok(if left { fill + kept } else { kept.to_owned() + &fill }.datum())
}

fn mask_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let signature = settle(function, args, &[Accepts::Text], &[Accepts::Text; 4])?.gives(DataType::String);
    for (index, name) in ["upperChar", "lowerChar", "digitChar", "otherChar"].into_iter().enumerate() {
        let single = args.get(index + 1).and_then(literal_text).is_none_or(|text| text.chars().count() == 1);
        if !single {
            let message = format!("Length of {name} should be 1.");
            return Err(mismatch("INPUT_SIZE_NOT_ONE", function, args, &message));
        }
    }
    Ok(signature)
}

/// Replaces letters and digits by their kind; a null replacement keeps what is there.
fn mask(args: &[Datum]) -> Row {
    let Some(text) = optional::<&str>(args, 0)? else { return Ok(Datum::Null) };
    let with = |index: usize, default: Option<char>| -> Result<Option<char>, SqlError> {
        if index < args.len() {
            Ok(optional::<&str>(args, index)?.and_then(|it| it.chars().next()))
        } else {
            Ok(default)
        }
    };
    let (upper, lower) = (with(1, Some('X'))?, with(2, Some('x'))?);
    let (digit, other) = (with(3, Some('n'))?, with(4, None)?);
    let masked = |letter: char| {
        let kind = match letter {
            _ if letter.is_uppercase() => upper,
            _ if letter.is_lowercase() => lower,
            '0'..='9' => digit,
            _ => other,
        };
        kind.unwrap_or(letter)
    };
    Ok(text.chars().map(masked).collect::<String>().datum())
}
