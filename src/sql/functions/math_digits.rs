//! Numbers and bytes as digits: `hex`, `unhex`, `bin`, `conv`.

use std::fmt::Write;

use super::Function;
use super::accepts::{strict, takes};
use super::row::{IntoDatum, arg};
use crate::sql::Datum;

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    strict("hex", &[], takes!(LongOrBinaryOrText => String), |_, args, _| {
        Ok(match args.first() {
            Some(Datum::Long(number)) => format!("{number:X}"),
            _ => hex(arg(args, 0)?).to_uppercase(),
        }
        .datum())
    }),
    strict("unhex", &[], takes!(Text => Binary or null), |_, args, _| Ok(unhex(arg(args, 0)?).datum())),
    strict("bin", &[], takes!(Long => String), |_, args, _| Ok(format!("{:b}", arg::<i64>(args, 0)?).datum())),
    strict("conv", &[], takes!(Text, Int, Int => String or null), |_, args, _| {
        Ok(convert(arg(args, 0)?, arg(args, 1)?, arg(args, 2)?).datum())
    }),
];

/// Two digits a byte, lower case.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // writing to a string never fails
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Bytes of hex digits; an odd digit at the front is a byte of its own.
pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.chars().map(|it| it.to_digit(16).map(|digit| digit as u8)).collect::<Option<_>>()?;
    let (odd, pairs) = digits.split_at(digits.len() % 2);
    Some(odd.iter().copied().chain(pairs.chunks_exact(2).map(|pair| pair[0] * 16 + pair[1])).collect())
}

/// A number of one base in another, by way of 64 unsigned bits; a negative base to convert to reads them signed. What
/// is too large is all ones; what is no digit ends the number.
fn convert(text: &str, from: i32, to: i32) -> Option<String> {
    let text = text.trim_matches(' ');
    let radix = |base: u32| (2..=36).contains(&base).then_some(base);
    let (source, target) = (radix(u32::try_from(from).ok()?)?, radix(to.unsigned_abs())?);
    if text.is_empty() {
        return None;
    }
    let (mut negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let mut value = digits
        .chars()
        .map_while(|it| it.to_digit(source))
        .try_fold(0u64, |value, digit| value.checked_mul(source.into())?.checked_add(digit.into()))
        .unwrap_or(u64::MAX);
    if negative && to > 0 {
        value = if (value as i64) < 0 { u64::MAX } else { value.wrapping_neg() };
    }
    if to < 0 && (value as i64) < 0 {
        value = value.wrapping_neg();
        negative = true;
    }
    let mut reversed = String::new();
    while value > 0 || reversed.is_empty() {
        let digit = (value % u64::from(target)) as u32;
        reversed.extend(char::from_digit(digit, target).map(|it| it.to_ascii_uppercase()));
        value /= u64::from(target);
    }
    let sign = if negative && to < 0 { "-" } else { "" };
    Some(sign.chars().chain(reversed.chars().rev()).collect())
}
