//! String functions that look for strings in strings and compare strings.

use super::accepts::{Accepts, settle, strict, takes};
use super::row::{IntoDatum, Row, arg, count, length, optional};
use super::{Evaluation, Function, Signature};
use crate::sql::{DataType, Datum, SqlError, Typed};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    strict("instr", &[], takes!(Text, Text => Integer), |_, args, _| {
        Ok(position_of(arg(args, 1)?, arg(args, 0)?, 0).datum())
    }),
    Function {
        name: "locate",
        aliases: &["position"],
        signature: takes!(Text, Text; Int => Integer),
        evaluation: Evaluation::Nullable(|_, args, _| locate(args)),
    },
    strict("find_in_set", &[], takes!(Text, Text => Integer), |_, args, _| {
        let (wanted, list): (&str, &str) = (arg(args, 0)?, arg(args, 1)?);
        let place = if wanted.contains(',') { None } else { list.split(',').position(|it| it == wanted) };
        Ok(place.map_or(0, |place| count(place + 1)).datum())
    }),
    strict("startswith", &[], two_signature, |_, args, _| {
        Ok(arg::<&[u8]>(args, 0)?.starts_with(arg::<&[u8]>(args, 1)?).datum())
    }),
    strict("endswith", &[], two_signature, |_, args, _| {
        Ok(arg::<&[u8]>(args, 0)?.ends_with(arg::<&[u8]>(args, 1)?).datum())
    }),
    strict("contains", &[], two_signature, |_, args, _| {
        let (within, wanted): (&[u8], &[u8]) = (arg(args, 0)?, arg(args, 1)?);
        Ok((wanted.is_empty() || within.windows(wanted.len()).any(|it| it == wanted)).datum())
    }),
    strict("levenshtein", &[], takes!(Text, Text; Int => Integer), |_, args, _| {
        let distance = count(strsim::levenshtein(arg(args, 0)?, arg(args, 1)?));
        let within = optional::<i32>(args, 2)?.is_none_or(|threshold| distance <= threshold);
        Ok(if within { distance } else { -1 }.datum())
    }),
    strict("soundex", &[], takes!(Text => String), |_, args, _| Ok(soundex(arg(args, 0)?).datum())),
    strict("luhn_check", &[], takes!(Text => Boolean), |_, args, _| Ok(luhn(arg(args, 0)?).datum())),
];

/// Two strings, or two binaries.
fn two_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let binary = !args.is_empty() && args.iter().all(|it| it.data_type == DataType::Binary);
    let part = if binary { Accepts::Binary } else { Accepts::Text };
    Ok(settle(function, args, &[part, part], &[])?.gives(DataType::Boolean))
}

/// Where a string is, counted from 1, from a character on; 0 where it is not. What is empty is always at 1.
fn position_of(wanted: &str, text: &str, from: usize) -> i32 {
    if wanted.is_empty() {
        return 1;
    }
    let Some((start, _)) = text.char_indices().nth(from) else { return 0 };
    let found = text[start..].find(wanted);
    found.map_or(0, |offset| count(text[..start + offset].chars().count() + 1))
}

/// A null start is no start, so nothing is found; then a null among the others is null.
fn locate(args: &[Datum]) -> Row {
    let start = if args.len() > 2 { optional::<i32>(args, 2)? } else { Some(1) };
    let Some(start) = start else { return Ok(0.datum()) };
    let (Some(wanted), Some(text)) = (optional::<&str>(args, 0)?, optional::<&str>(args, 1)?) else {
        return Ok(Datum::Null);
    };
    Ok(if start < 1 { 0 } else { position_of(wanted, text, length(start - 1)) }.datum())
}

/// American Soundex; what begins with no English letter stays as it is.
fn soundex(text: &str) -> String {
    const CODES: &[u8; 26] = b"01230127022455012623017202";
    let code = |letter: u8| CODES[usize::from(letter.to_ascii_uppercase() - b'A') % 26];
    let Some((first, rest)) = text.as_bytes().split_first().filter(|(first, _)| first.is_ascii_alphabetic()) else {
        return text.into();
    };
    let mut sound = String::from(char::from(first.to_ascii_uppercase()));
    let mut last = code(*first);
    for letter in rest {
        if !letter.is_ascii_alphabetic() {
            last = b'0';
            continue;
        }
        let code = code(*letter);
        // 7 marks h and w, which part no equal sounds
        if code == b'7' {
            continue;
        }
        if code != b'0' && code != last {
            sound.push(char::from(code));
            if sound.len() == 4 {
                break;
            }
        }
        last = code;
    }
    format!("{sound:0<4}")
}

/// Whether digits end in the check digit of Luhn's algorithm.
fn luhn(digits: &str) -> bool {
    if digits.is_empty() || !digits.bytes().all(|it| it.is_ascii_digit()) {
        return false;
    }
    let sum = digits.bytes().rev().enumerate().fold(0u32, |sum, (place, digit)| {
        let digit = u32::from(digit - b'0');
        let doubled = if place % 2 == 1 { digit * 2 } else { digit };
        (sum + if doubled > 9 { doubled - 9 } else { doubled }) % 10
    });
    sum == 0
}
