//! `get_json_object`, `json_tuple` and what else looks into JSON text without a schema.

use std::rc::Rc;

use crate::sql::{Context, DataType, Datum, SqlError, StructField, Typed};

use super::accepts::{Accepts, settle_exactly, strict};
use super::json_text::{Json, Leniency, parse};
use super::refusals::mismatch;
use super::signature::wrong_count;
use super::{Evaluation, Function, Signature};

type Row = Result<Datum, SqlError>;

pub const FUNCTIONS: &[Function] = &[
    strict("get_json_object", &[], object_signature, get_json_object),
    Function {
        name: "json_tuple",
        aliases: &[],
        signature: tuple_signature,
        evaluation: Evaluation::Generator(json_tuple),
    },
    strict(
        "json_array_length",
        &[],
        |function, args| Ok(settle_exactly(function, args, &[Accepts::Text], &[])?.gives(DataType::Integer).or_null()),
        |_, args, _| {
            Ok(match read(args.first()) {
                Some(Json::Array(members)) => i32::try_from(members.len()).map_or(Datum::Null, Datum::Integer),
                _ => Datum::Null,
            })
        },
    ),
    strict(
        "json_object_keys",
        &[],
        |function, args| {
            let returns = DataType::Array { element: Rc::new(DataType::String), contains_null: true };
            Ok(settle_exactly(function, args, &[Accepts::Text], &[])?.gives(returns).or_null())
        },
        |_, args, _| {
            Ok(match read(args.first()) {
                Some(Json::Object(fields)) => {
                    Datum::Array(fields.into_iter().map(|(name, _)| Datum::String(name.into())).collect())
                }
                _ => Datum::Null,
            })
        },
    ),
];

/// Single quotes are let through here, but no word for what is no number.
const LENIENCY: Leniency = Leniency {
    single_quotes: true,
    unquoted_names: false,
    comments: false,
    leading_zeros: false,
    non_numeric: false,
    any_escape: false,
    control_characters: false,
};

fn read(text: Option<&Datum>) -> Option<Json> {
    match text {
        Some(Datum::String(text)) => parse(text, LENIENCY).ok().flatten(),
        _ => None,
    }
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    /// Into an object.
    Key,
    /// Into an array.
    Subscript,
    Named(String),
    Index(u64),
    Wildcard,
}

/// How strings and arrays are written where a path ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Raw,
    Quoted,
    Flatten,
}

/// The steps of a path, `$.a[0].b[*]`; nothing where it is none.
fn steps(path: &str) -> Option<Vec<Step>> {
    let mut rest = path.trim_start().strip_prefix('$')?.trim_start();
    let mut made = Vec::new();
    while !rest.is_empty() {
        rest = step(rest, &mut made)?.trim_start();
    }
    Some(made)
}

fn step<'a>(rest: &'a str, made: &mut Vec<Step>) -> Option<&'a str> {
    if let Some(after) = rest.strip_prefix(".*").or_else(|| rest.strip_prefix("['*']")) {
        made.push(Step::Wildcard);
        return Some(after);
    }
    if let Some(name) = rest.strip_prefix('.') {
        let name = name.trim_start();
        let end = name.find(['.', '[']).unwrap_or(name.len());
        let (name, after) = name.split_at(end);
        made.extend([Step::Key, Step::Named(name.to_owned())]);
        return (!name.is_empty()).then_some(after);
    }
    if let Some(name) = rest.strip_prefix("['") {
        let name = name.trim_start();
        let end = name.find(['\'', '?']).unwrap_or(name.len());
        let (name, after) = name.split_at(end);
        made.extend([Step::Key, Step::Named(name.to_owned())]);
        return if name.is_empty() { None } else { after.trim_start().strip_prefix("']") };
    }
    let inside = rest.strip_prefix('[')?.trim_start();
    made.push(Step::Subscript);
    let after = match inside.strip_prefix('*') {
        Some(after) => {
            made.push(Step::Wildcard);
            after
        }
        None => {
            let end = inside.find(|it: char| !it.is_ascii_digit()).unwrap_or(inside.len());
            let (digits, after) = inside.split_at(end);
            made.push(Step::Index(digits.parse().ok()?));
            after
        }
    };
    after.trim_start().strip_prefix(']')
}

/// Follows a path into a value, writes what is found, and tells whether something was.
fn evaluate(value: &Json, style: Style, path: &[Step], out: &mut Vec<String>) -> bool {
    match (value, path) {
        (Json::String(text), []) if style == Style::Raw => {
            out.push(text.clone());
            true
        }
        (Json::Array(members), []) if style == Style::Flatten => any(members, style, &[], out),
        (_, []) => {
            out.push(value.text());
            true
        }
        (Json::Object(fields), [Step::Key, rest @ ..]) => fields.iter().any(|(name, value)| match rest {
            [Step::Named(wanted), rest @ ..] if name == wanted => {
                *value != Json::Null && evaluate(value, style, rest, out)
            }
            _ => false,
        }),
        // Two wildcards flatten, as in Hive.
        (Json::Array(members), [Step::Subscript, Step::Wildcard, Step::Subscript, Step::Wildcard, rest @ ..]) => {
            within(members, Style::Flatten, rest, out)
        }
        (Json::Array(members), [Step::Subscript, Step::Wildcard, rest @ ..]) if style != Style::Quoted => {
            let next = if style == Style::Raw { Style::Quoted } else { Style::Flatten };
            let mut inner = Vec::new();
            let found = members.iter().filter(|member| evaluate(member, next, rest, &mut inner)).count();
            // A single match stands without brackets.
            match found {
                0 => {}
                1 => out.push(inner.join(",")),
                _ => out.push(format!("[{}]", inner.join(","))),
            }
            found > 0
        }
        (Json::Array(members), [Step::Subscript, Step::Wildcard, rest @ ..]) => {
            within(members, Style::Quoted, rest, out)
        }
        (Json::Array(members), [Step::Subscript, Step::Index(index), rest @ ..]) => {
            let style = if matches!(rest, [Step::Subscript, Step::Wildcard, ..]) { Style::Quoted } else { style };
            let member = usize::try_from(*index).ok().and_then(|index| members.get(index));
            member.is_some_and(|member| evaluate(member, style, rest, out))
        }
        _ => false,
    }
}

fn any(members: &[Json], style: Style, path: &[Step], out: &mut Vec<String>) -> bool {
    members.iter().filter(|member| evaluate(member, style, path, out)).count() > 0
}

/// All matches as an array of their own.
fn within(members: &[Json], style: Style, path: &[Step], out: &mut Vec<String>) -> bool {
    let mut inner = Vec::new();
    let found = any(members, style, path, &mut inner);
    out.push(format!("[{}]", inner.join(",")));
    found
}

/// What a path finds in a text.
pub fn find(text: &str, path: &str) -> Option<String> {
    let steps = steps(path)?;
    let value = parse(text, LENIENCY).ok()??;
    let mut out = Vec::new();
    evaluate(&value, Style::Raw, &steps, &mut out).then(|| out.concat())
}

fn object_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    Ok(settle_exactly(function, args, &[Accepts::Text, Accepts::Text], &[])?.gives(DataType::String).or_null())
}

fn get_json_object(_context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    let [Datum::String(text), Datum::String(path)] = args else { return Ok(Datum::Null) };
    Ok(find(text, path).map_or(Datum::Null, |found| Datum::String(found.into())))
}

fn tuple_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    if args.len() < 2 {
        return Err(wrong_count(function, "> 1", args.len()));
    }
    if args.iter().any(|arg| arg.data_type != DataType::String) {
        return Err(mismatch("NON_STRING_TYPE", function, args, "all arguments must be strings."));
    }
    let field =
        |index: usize| StructField { name: format!("c{index}").into(), data_type: DataType::String, nullable: true };
    Ok(Signature {
        arguments: vec![DataType::String; args.len()],
        returns: DataType::Struct((0..args.len() - 1).map(field).collect()),
        nullable: false,
    })
}

fn json_tuple(_context: &Context, args: &[Datum]) -> Result<Vec<Vec<Datum>>, SqlError> {
    let value = read(args.first());
    let field = |name: &Datum| -> Datum {
        let (Some(Json::Object(fields)), Datum::String(name)) = (&value, name) else { return Datum::Null };
        match fields.iter().rev().find(|(found, _)| **found == **name) {
            None | Some((_, Json::Null)) => Datum::Null,
            Some((_, Json::String(text))) => Datum::String(text.as_str().into()),
            Some((_, value)) => Datum::String(value.text().into()),
        }
    };
    Ok(vec![args.iter().skip(1).map(field).collect()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_find_what_they_find_in_spark() {
        let cases = [
            (r#"{"a":{"b":[1,{"c":"x"}]}}"#, "$.a.b[1].c", Some("x")),
            (r#"{"a":"x"}"#, "$", Some(r#"{"a":"x"}"#)),
            ("[1,2]", "$[*]", Some("[1,2]")),
            (r#"{"a":[{"b":1}]}"#, "$.a[*].b", Some("1")),
            (r#"{"a":[{"b":"x"}]}"#, "$.a[*].b", Some("\"x\"")),
            (r#"{"a":[[1,2],[3]]}"#, "$.a[*][*]", Some("[1,2,3]")),
            (r#"{"a":[[1,2],[3]]}"#, "$.a[0][*]", Some("[1,2]")),
            (r#"{"a":[[1,2],[3]]}"#, "$.a[*][0]", Some("[1,3]")),
            (r#"{"a":[]}"#, "$.a[*]", None),
            (r#"{"a":[{"b":[1,2]},{"b":[3]}]}"#, "$.a[*].b[*]", Some("[[1,2],[3]]")),
            (r#"{"a":[{"b":[1,2]},{"b":[3]}]}"#, "$.a[*].b[0]", Some("[1,3]")),
            (r#"{"a":[{"b":1}]}"#, "$.a.b", None),
            (r#"{"a":1}"#, "a", None),
            (r#"{"a":1}"#, "$..a", None),
            (r#"{"a b":1}"#, "$['a b']", Some("1")),
            (r#"{"a":1,"b":2}"#, "$.*", None),
            (r#"{"a":[1,2,3]}"#, "$.a[-1]", None),
            (r#"{"a":[1,2,3]}"#, "$.a[ 1]", Some("2")),
            (r#"{"a":null}"#, "$.a", None),
            (r#"{"a":1.50}"#, "$.a", Some("1.5")),
            (r#"{"a":1e5}"#, "$.a", Some("100000.0")),
            (r#"{"a":-0}"#, "$.a", Some("0")),
            (r#"{"a":1,"a":2}"#, "$.a", Some("1")),
            (r#"{"a":{"c":1},"a":{"b":2}}"#, "$.a.b", Some("2")),
            (r#"{"a":1"#, "$.a", None),
            (r#"{"a":1}x"#, "$.a", Some("1")),
            ("{'a':1}", "$.a", Some("1")),
            (r#"{"a":{"b":"é/\u00e9\t"}}"#, "$.a", Some(r#"{"b":"é/é\t"}"#)),
            ("", "$", None),
            ("null", "$", Some("null")),
            (r#"{"a":[{"b":1},{"c":2},3]}"#, "$.a[*].b", Some("1")),
            (r#"[{"a":[{"b":1},{"b":2}]},{"a":[{"b":3}]}]"#, "$[*].a[*].b", Some("[[1,2],[3]]")),
            ("[[[1,2],[3]],[[4]]]", "$[*][*][*]", Some("[[1,2,3],4]")),
            ("[[[1,2],[3]],[[4]]]", "$[*][*]", Some("[1,2,3,4]")),
            ("[[[1,2],[3]],[[4]]]", "$[0][*]", Some("[[1,2],[3]]")),
            ("[[[1,2],[3]],[[4]]]", "$[0][*][0]", Some("[1,3]")),
            (r#"["x"]"#, "$[*]", Some("\"x\"")),
            (r#"[["x"]]"#, "$[*][*]", Some(r#"["x"]"#)),
        ];
        for (text, path, found) in cases {
            assert_eq!(find(text, path).as_deref(), found, "{path} of {text}");
        }
    }
}
