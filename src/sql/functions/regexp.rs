//! Functions of regular expressions, with Java's patterns and replacements.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use fancy_regex::{Captures, Regex};

use super::accepts::{Accepts, literal_int, settle, strict, takes};
use super::refusals::mismatch;
use super::regexp_java::translate;
use super::row::{IntoDatum, Row, arg, count, optional};
use super::{Function, Signature};
use crate::sql::{Context, DataType, Datum, SqlError, Typed};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    strict("rlike", &[], takes!(Text, Text => Boolean), |_, args, _| matches("rlike", args)),
    strict("regexp", &[], takes!(Text, Text => Boolean), |_, args, _| matches("regexp", args)),
    strict("regexp_like", &[], takes!(Text, Text => Boolean), |_, args, _| matches("regexp_like", args)),
    strict("regexp_replace", &[], replace_signature, |_, args, _| replace(args)),
    strict("regexp_extract", &[], takes!(Text, Text; Int => String), |_, args, _| {
        let regex = pattern("regexp_extract", args)?;
        let index = optional(args, 2)?.unwrap_or(1);
        let Some(found) = captures_from(&regex, arg(args, 0)?, 0)? else { return Ok("".datum()) };
        Ok(group("regexp_extract", &found, index)?.datum())
    }),
    strict("regexp_extract_all", &[], extract_all_signature, |_, args, _| {
        let groups = extract_all(args, optional(args, 2)?.unwrap_or(1))?;
        Ok(groups.into_iter().map(IntoDatum::datum).collect::<Vec<_>>().datum())
    }),
    strict("regexp_count", &[], takes!(Text, Text => Integer), |_, args, _| {
        Ok(count(extract_all(args, 0)?.len()).datum())
    }),
    strict("regexp_substr", &[], takes!(Text, Text => String or null), |_, args, _| {
        let regex = pattern("regexp_extract", args)?;
        let found = captures_from(&regex, arg(args, 0)?, 0)?;
        let text = found.and_then(|it| it.get(0).map(|it| it.as_str().to_owned()));
        Ok(text.filter(|it| !it.is_empty()).datum())
    }),
    strict("regexp_instr", &[], takes!(Text, Text; Int => Integer), |_, args, _| {
        let (regex, text) = (pattern("regexp_instr", args)?, arg::<&str>(args, 0)?);
        let start = captures_from(&regex, text, 0)?.and_then(|it| it.get(0).map(|it| it.start()));
        // Java counts the units of UTF-16
        Ok(start.map_or(0, |start| count(text[..start].encode_utf16().count() + 1)).datum())
    }),
    strict("split", &[], split_signature, |_, args, _| {
        let limit = optional(args, 2)?.unwrap_or(-1);
        let parts = split(arg(args, 0)?, arg(args, 1)?, limit)?;
        Ok(parts.into_iter().map(IntoDatum::datum).collect::<Vec<_>>().datum())
    }),
    strict("str_to_map", &[], map_signature, str_to_map),
];

thread_local! {
    /// Patterns in use, by their Java text. A pattern is a literal almost always, so this holds a few.
    static COMPILED: RefCell<BTreeMap<Rc<str>, Option<Rc<Regex>>>> = const { RefCell::new(BTreeMap::new()) };
}

/// How many patterns are kept before all are forgotten.
const KEPT: usize = 256;

/// The compiled pattern, if Java has such a pattern.
fn compiled(pattern: &Rc<str>) -> Option<Rc<Regex>> {
    COMPILED.with_borrow_mut(|compiled| {
        if let Some(known) = compiled.get(pattern) {
            return known.clone();
        }
        if compiled.len() >= KEPT {
            compiled.clear();
        }
        let regex = translate(pattern).and_then(|it| Regex::new(&it).ok()).map(Rc::new);
        compiled.insert(pattern.clone(), regex.clone());
        regex
    })
}

/// The pattern of a function's second argument.
fn pattern(function: &str, args: &[Datum]) -> Result<Rc<Regex>, SqlError> {
    let text: &Rc<str> = arg(args, 1)?;
    compiled(text).ok_or_else(|| {
        SqlError::new(
            "SparkRuntimeException",
            Some("INVALID_PARAMETER_VALUE.PATTERN"),
            format!(
                "The value of parameter(s) `regexp` in `{function}` is invalid: '{}'.",
                text.replace('\\', r"\\").replace('\'', r"\'")
            ),
        )
    })
}

/// A match that backtracks without end.
fn endless(error: &fancy_regex::Error) -> SqlError {
    SqlError::new("StackOverflowError", None, error.to_string())
}

fn captures_from<'t>(regex: &Regex, text: &'t str, from: usize) -> Result<Option<Captures<'t, str>>, SqlError> {
    regex.captures_from_pos(text, from).map_err(|error| endless(&error))
}

/// Calls for each match in order, as `Matcher.find` goes on: an empty match may follow another match at once. It goes
/// on while the call says so.
fn each_match<'t>(
    regex: &Regex,
    text: &'t str,
    mut call: impl FnMut(&Captures<'t, str>, usize, usize) -> Result<bool, SqlError>,
) -> Result<(), SqlError> {
    let mut from = 0;
    while let Some(found) = captures_from(regex, text, from)? {
        let Some(whole) = found.get(0) else { break };
        let (start, end) = (whole.start(), whole.end());
        if !call(&found, start, end)? {
            break;
        }
        from = end;
        if start == end {
            let Some(next) = text[end..].chars().next() else { break };
            from += next.len_utf8();
        }
    }
    Ok(())
}

fn matches(function: &str, args: &[Datum]) -> Row {
    let found = pattern(function, args)?.is_match(arg::<&str>(args, 0)?);
    Ok(found.map_err(|error| endless(&error))?.datum())
}

/// The text of a group; empty where it has no part in the match.
fn group(function: &str, found: &Captures<'_, str>, index: i32) -> Result<String, SqlError> {
    let groups = found.len().saturating_sub(1);
    match usize::try_from(index).ok().filter(|it| *it <= groups) {
        Some(index) => Ok(found.get(index).map_or_else(String::new, |it| it.as_str().to_owned())),
        None => Err(SqlError::new(
            "SparkRuntimeException",
            Some("INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX"),
            format!(
                "The value of parameter(s) `idx` in `{function}` is invalid: Expects group index between 0 and \
                 {groups}, but got {index}."
            ),
        )),
    }
}

fn extract_all_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let settled = settle(function, args, &[Accepts::Text, Accepts::Text], &[Accepts::Int])?;
    Ok(settled.gives(DataType::array(DataType::String)))
}

fn extract_all(args: &[Datum], index: i32) -> Result<Vec<String>, SqlError> {
    let regex = pattern("regexp_extract_all", args)?;
    let mut groups = Vec::new();
    each_match(&regex, arg(args, 0)?, |found, _, _| {
        groups.push(group("regexp_extract_all", found, index)?);
        Ok(true)
    })?;
    Ok(groups)
}

fn replace_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let settled = settle(function, args, &[Accepts::Text; 3], &[Accepts::Int])?;
    match args.get(3).and_then(literal_int) {
        Some(position) if position <= 0 => {
            let message = format!("The position must be between (0, 2147483647] (current value = {position}).");
            Err(mismatch("VALUE_OUT_OF_RANGE", function, args, &message))
        }
        _ => Ok(settled.gives(DataType::String)),
    }
}

/// Replaces all matches from a character on, where the text is taken to begin.
fn replace(args: &[Datum]) -> Row {
    let (text, regex) = (arg::<&str>(args, 0)?, pattern("regexp_replace", args)?);
    let with: &str = arg(args, 2)?;
    let position: i32 = optional(args, 3)?.unwrap_or(1);
    let skipped = usize::try_from(position).unwrap_or(1).saturating_sub(1);
    let begin = match text.char_indices().nth(skipped) {
        Some((begin, _)) => begin,
        None if skipped == 0 => 0,
        None => return Ok(text.datum()),
    };
    let (before, text) = text.split_at(begin);
    let (mut result, mut end_of_last) = (before.to_owned(), 0);
    each_match(&regex, text, |found, start, end| {
        result.push_str(&text[end_of_last..start]);
        expand(with, found, &mut result)?;
        end_of_last = end;
        Ok(true)
    })?;
    result.push_str(&text[end_of_last..]);
    Ok(result.datum())
}

/// Java's replacement: `$1` and `${name}` are groups, `\` takes the next character as it is.
fn expand(with: &str, found: &Captures<'_, str>, result: &mut String) -> Result<(), SqlError> {
    let illegal = |message: &str| SqlError::new("IllegalArgumentException", None, message);
    let mut rest = with.chars().peekable();
    while let Some(letter) = rest.next() {
        match letter {
            '\\' => result.push(rest.next().ok_or_else(|| illegal("character to be escaped is missing"))?),
            '$' => {
                let next = *rest.peek().ok_or_else(|| illegal("Illegal group reference: group index is missing"))?;
                if next == '{' {
                    rest.next();
                    let name: String = std::iter::from_fn(|| rest.next_if(char::is_ascii_alphanumeric)).collect();
                    if rest.next() != Some('}') {
                        return Err(illegal("named capturing group is missing trailing '}'"));
                    }
                    let named = found.name(&name);
                    result.push_str(named.map_or("", |it| it.as_str()));
                    continue;
                }
                let mut index = next.to_digit(10).ok_or_else(|| illegal("Illegal group reference"))? as usize;
                rest.next();
                if index >= found.len() {
                    let message = format!("No group {index}");
                    return Err(SqlError::new("IndexOutOfBoundsException", None, message));
                }
                // more digits belong to the number as long as there is such a group
                while let Some(digit) = rest.peek().and_then(|it| it.to_digit(10)) {
                    let longer = index * 10 + digit as usize;
                    if longer >= found.len() {
                        break;
                    }
                    index = longer;
                    rest.next();
                }
                result.push_str(found.get(index).map_or("", |it| it.as_str()));
            }
            letter => result.push(letter),
        }
    }
    Ok(())
}

fn split_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let settled = settle(function, args, &[Accepts::Text, Accepts::Text], &[Accepts::Int])?;
    Ok(settled.gives(DataType::array_of(DataType::String, false)))
}

/// `UTF8String.split`: Java's, but trailing empty parts are kept where the limit is 0, and an empty pattern gives
/// single characters, without the rest that a limit leaves.
fn split(text: &str, pattern: &Rc<str>, limit: i32) -> Result<Vec<String>, SqlError> {
    let most = usize::try_from(limit).ok().filter(|it| *it > 0);
    if pattern.is_empty() && !text.is_empty() {
        return Ok(text.chars().take(most.unwrap_or(usize::MAX)).map(String::from).collect());
    }
    let regex = compiled(pattern).ok_or_else(|| SqlError::new("IllegalArgumentException", None, fault(pattern)))?;
    let (mut parts, mut end_of_last) = (Vec::new(), 0);
    each_match(&regex, text, |_, start, end| {
        if most.is_some_and(|most| parts.len() + 1 >= most) {
            return Ok(false);
        }
        // an empty match at the beginning parts nothing
        if end > 0 {
            parts.push(text[end_of_last..start].to_owned());
            end_of_last = end;
        }
        Ok(true)
    })?;
    parts.push(text[end_of_last..].to_owned());
    Ok(parts)
}

/// What `PatternSyntaxException` says of the commonest faults.
fn fault(pattern: &str) -> String {
    let length = pattern.chars().count();
    match pattern.chars().next() {
        Some(mark @ ('*' | '+' | '?')) => format!("Dangling meta character '{mark}' near index 0"),
        _ if pattern.contains('[') && !pattern.contains(']') => {
            format!("Unclosed character class near index {}", length.saturating_sub(1))
        }
        _ if pattern.matches('(').count() > pattern.matches(')').count() => {
            format!("Unclosed group near index {length}")
        }
        _ if pattern.contains(')') => "Unmatched closing ')'".into(),
        _ => format!("Illegal pattern near index {}", length.saturating_sub(1)),
    }
}

fn map_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let settled = settle(function, args, &[Accepts::Text], &[Accepts::Text, Accepts::Text])?;
    Ok(settled.gives(DataType::map(DataType::String, DataType::String)))
}

/// Pairs parted by one pattern, keys and values by another; a key alone has a null value.
fn str_to_map(_: &Context, args: &[Datum], _: &DataType) -> Row {
    let (comma, colon): (Rc<str>, Rc<str>) = (",".into(), ":".into());
    let (pairs, values) =
        (optional::<&Rc<str>>(args, 1)?.unwrap_or(&comma), optional::<&Rc<str>>(args, 2)?.unwrap_or(&colon));
    let mut entries: Vec<(Datum, Datum)> = Vec::new();
    for pair in split(arg(args, 0)?, pairs, -1)? {
        let mut parts = split(&pair, values, 2)?.into_iter();
        let key = parts.next().unwrap_or_default().datum();
        if entries.iter().any(|(known, _)| *known == key) {
            return Err(duplicate_key(&key));
        }
        entries.push((key, parts.next().datum()));
    }
    Ok(Datum::Map(entries.into()))
}

fn duplicate_key(key: &Datum) -> SqlError {
    let key = if let Datum::String(key) = key { key } else { "" };
    SqlError::new(
        "SparkRuntimeException",
        Some("DUPLICATED_MAP_KEY"),
        format!(
            "Duplicate map key {key} was found, please check the input data. If you want to remove the duplicated \
             keys, you can set \"spark.sql.mapKeyDedupPolicy\" to \"LAST_WIN\" so that the key inserted at last takes \
             precedence."
        ),
    )
}
