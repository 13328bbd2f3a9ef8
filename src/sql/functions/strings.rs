//! String functions over whole strings: letter case, trimming, lengths, joining, repeating, replacing characters.

use super::accepts::{Accepts, settle, strict, takes};
use super::refusals::{Shown, different_types};
use super::row::{IntoDatum, Row, arg, count, length, optional, within_memory};
use super::signature::wrong_count;
use super::{Evaluation, Function, Signature};
use crate::sql::coerce::wider_of_all;
use crate::sql::{DataType, Datum, SqlError, Typed};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    strict("upper", &["ucase"], takes!(Text => String), |_, args, _| Ok(arg::<&str>(args, 0)?.to_uppercase().datum())),
    strict("lower", &["lcase"], takes!(Text => String), |_, args, _| Ok(arg::<&str>(args, 0)?.to_lowercase().datum())),
    strict("initcap", &[], takes!(Text => String), |_, args, _| Ok(initcap(arg(args, 0)?).datum())),
    strict("trim", &[], takes!(Text; Text => String), |_, args, _| {
        let (text, drop) = trimmed_by(args, true)?;
        Ok(text.trim_matches(drop.matcher()).datum())
    }),
    strict("ltrim", &[], takes!(Text; Text => String), |_, args, _| {
        let (text, drop) = trimmed_by(args, true)?;
        Ok(text.trim_start_matches(drop.matcher()).datum())
    }),
    strict("rtrim", &[], takes!(Text; Text => String), |_, args, _| {
        let (text, drop) = trimmed_by(args, true)?;
        Ok(text.trim_end_matches(drop.matcher()).datum())
    }),
    strict("btrim", &[], takes!(Text; Text => String), |_, args, _| {
        let (text, drop) = trimmed_by(args, false)?;
        Ok(text.trim_matches(drop.matcher()).datum())
    }),
    strict("length", &["len"], takes!(TextOrBinary => Integer), characters),
    strict("char_length", &[], takes!(TextOrBinary => Integer), characters),
    strict("character_length", &[], takes!(TextOrBinary => Integer), characters),
    strict("octet_length", &[], takes!(TextOrBinary => Integer), |_, args, _| {
        Ok(count(arg::<&[u8]>(args, 0)?.len()).datum())
    }),
    strict("bit_length", &[], takes!(TextOrBinary => Integer), |_, args, _| {
        Ok(count(arg::<&[u8]>(args, 0)?.len()).wrapping_mul(8).datum())
    }),
    strict("reverse", &[], reverse_signature, reverse),
    strict("repeat", &[], takes!(Text, Int => String), |_, args, _| {
        let (text, times) = (arg::<&str>(args, 0)?, length(arg(args, 1)?));
        within_memory(text.len(), times)?;
        Ok(text.repeat(times).datum())
    }),
    strict("space", &[], takes!(Int => String), |_, args, _| Ok(" ".repeat(length(arg(args, 0)?)).datum())),
    strict("ascii", &[], takes!(Text => Integer), |_, args, _| {
        let first = arg::<&str>(args, 0)?.chars().next();
        Ok(first.map_or(0, |letter| letter as i32).datum())
    }),
    strict("chr", &["char"], takes!(Long => String), |_, args, _| Ok(character(arg(args, 0)?).datum())),
    strict("translate", &[], takes!(Text, Text, Text => String), |_, args, _| {
        Ok(translate(arg(args, 0)?, arg(args, 1)?, arg(args, 2)?).datum())
    }),
    strict("replace", &[], takes!(Text, Text; Text => String), |_, args, _| {
        let (text, search) = (arg::<&str>(args, 0)?, arg::<&str>(args, 1)?);
        let with: &str = optional(args, 2)?.unwrap_or_default();
        Ok(if search.is_empty() { text.into() } else { text.replace(search, with) }.datum())
    }),
    strict("concat", &[], concat_signature, concat),
    Function {
        name: "concat_ws",
        aliases: &[],
        signature: concat_ws_signature,
        evaluation: Evaluation::Nullable(|_, args, _| concat_ws(args)),
    },
    Function {
        name: "elt",
        aliases: &[],
        signature: elt_signature,
        evaluation: Evaluation::Nullable(|_, args, _| {
            let Some(index) = optional::<i32>(args, 0)? else { return Ok(Datum::Null) };
            let chosen = usize::try_from(index).ok().filter(|index| *index > 0).and_then(|index| args.get(index));
            Ok(chosen.cloned().unwrap_or(Datum::Null))
        }),
    },
];

/// Java's `toTitleCase` of each letter that begins the text or follows a space, after `toLowerCase`.
fn initcap(text: &str) -> String {
    let mut begins = true;
    text.to_lowercase()
        .chars()
        .map(|letter| {
            let title = if begins { single_upper(letter) } else { letter };
            begins = letter == ' ';
            title
        })
        .collect()
}

/// The upper case of a letter where that is one letter, as `Character.toTitleCase` has it.
fn single_upper(letter: char) -> char {
    // the letters that are two in one have a title case of their own
    if let Some(title) = ['\u{1c5}', '\u{1c8}', '\u{1cb}', '\u{1f2}'].iter().find(|it| **it as u32 + 1 == letter as u32)
    {
        return *title;
    }
    let mut upper = letter.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(single), None) => single,
        _ => letter,
    }
}

/// The characters that a trim takes off.
struct Drop<'a>(&'a str);

impl<'a> Drop<'a> {
    fn matcher(&self) -> impl Fn(char) -> bool + Copy + use<'a> {
        let letters = self.0;
        move |letter| letters.contains(letter)
    }
}

/// The text to trim and the characters to take off: spaces where none are said. `trim`, `ltrim` and `rtrim` are told
/// the characters first, `btrim` the text.
fn trimmed_by(args: &[Datum], characters_first: bool) -> Result<(&str, Drop<'_>), SqlError> {
    if args.len() < 2 {
        return Ok((arg(args, 0)?, Drop(" ")));
    }
    let (first, second) = (arg(args, 0)?, arg(args, 1)?);
    Ok(if characters_first { (second, Drop(first)) } else { (first, Drop(second)) })
}

fn characters(_: &crate::sql::Context, args: &[Datum], _: &DataType) -> Row {
    let length = match args.first() {
        Some(Datum::Binary(bytes)) => bytes.len(),
        _ => arg::<&str>(args, 0)?.chars().count(),
    };
    Ok(count(length).datum())
}

fn reverse_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    if let [Typed { data_type: array @ DataType::Array { .. }, .. }] = args {
        return Ok(settle(function, args, &[Accepts::Any], &[])?.gives(array.clone()));
    }
    Ok(settle(function, args, &[Accepts::TextOrArray], &[])?.gives(DataType::String))
}

fn reverse(_: &crate::sql::Context, args: &[Datum], _: &DataType) -> Row {
    Ok(match args.first() {
        Some(Datum::Array(members)) => members.iter().rev().cloned().collect::<Vec<_>>().datum(),
        _ => arg::<&str>(args, 0)?.chars().rev().collect::<String>().datum(),
    })
}

/// The character of the lowest byte; nothing for negative numbers.
fn character(code: i64) -> String {
    if code < 0 { String::new() } else { char::from(code.to_le_bytes()[0]).into() }
}

/// Replaces each character of `from` by that at the same place in `to`, or drops it where there is none.
fn translate(text: &str, from: &str, to: &str) -> String {
    let becomes = |letter: char| match from.chars().position(|it| it == letter) {
        Some(place) => to.chars().nth(place),
        None => Some(letter),
    };
    text.chars().filter_map(becomes).collect()
}

fn concat_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let arrays = args.iter().filter(|it| matches!(it.data_type, DataType::Array { .. })).count();
    let data_type = if arrays == 0 {
        let binary = !args.is_empty() && args.iter().all(|it| it.data_type == DataType::Binary);
        if binary { DataType::Binary } else { DataType::String }
    } else {
        // beside arrays, everything else is text
        let types: Vec<DataType> = args
            .iter()
            .map(|it| match &it.data_type {
                array @ DataType::Array { .. } => array.clone(),
                _ => DataType::String,
            })
            .collect();
        wider_of_all(&types).ok_or_else(|| different_types(function, args, &types, Shown::Or))?
    };
    Ok(Signature {
        arguments: vec![data_type.clone(); args.len()],
        returns: data_type,
        nullable: args.iter().any(|it| it.nullable),
    })
}

fn concat(_: &crate::sql::Context, args: &[Datum], returns: &DataType) -> Row {
    Ok(match returns {
        DataType::Array { .. } => {
            let mut members = Vec::new();
            for index in 0..args.len() {
                members.extend_from_slice(arg::<&[Datum]>(args, index)?);
            }
            members.datum()
        }
        DataType::Binary => {
            let mut bytes = Vec::new();
            for index in 0..args.len() {
                bytes.extend_from_slice(arg::<&[u8]>(args, index)?);
            }
            bytes.datum()
        }
        _ => {
            let mut text = String::new();
            for index in 0..args.len() {
                text.push_str(arg(args, index)?);
            }
            text.datum()
        }
    })
}

fn concat_ws_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    if args.is_empty() {
        return Err(wrong_count(function, "> 0", 0));
    }
    let accepts: Vec<Accepts> =
        (0..args.len()).map(|index| if index == 0 { Accepts::Text } else { Accepts::TextsOrText }).collect();
    let mut signature = settle(function, args, &accepts, &[])?.gives(DataType::String);
    signature.nullable = args.first().is_some_and(|separator| separator.nullable);
    Ok(signature)
}

/// Joins what is there: nulls, also within arrays, are left out. Only a null separator makes the result null.
fn concat_ws(args: &[Datum]) -> Row {
    let Some(separator) = optional::<&str>(args, 0)? else { return Ok(Datum::Null) };
    let mut parts: Vec<&str> = Vec::new();
    for index in 1..args.len() {
        match &args[index] {
            Datum::Array(members) => {
                for member in 0..members.len() {
                    parts.extend(optional::<&str>(members, member)?);
                }
            }
            _ => parts.extend(optional::<&str>(args, index)?),
        }
    }
    Ok(parts.join(separator).datum())
}

fn elt_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    if args.len() < 2 {
        return Err(wrong_count(function, "> 1", args.len()));
    }
    let binary = args[1..].iter().all(|it| it.data_type == DataType::Binary);
    let (member, returns) =
        if binary { (Accepts::Binary, DataType::Binary) } else { (Accepts::Text, DataType::String) };
    let accepts: Vec<Accepts> = (0..args.len()).map(|index| if index == 0 { Accepts::Int } else { member }).collect();
    Ok(settle(function, args, &accepts, &[])?.gives(returns).or_null())
}
