//! Reading the facade's trees: tuples that begin with what they are.

use std::rc::Rc;

use crate::sql::SqlError;
use crate::value::Value;

/// What is said of a tree that the facade would never build.
pub(super) fn malformed(what: &str, value: &Value) -> SqlError {
    SqlError::new("IllegalArgumentException", None, format!("the facade's {what} is malformed: {value}"))
}

/// The members of a list or tuple.
pub(super) fn members(value: &Value) -> Result<&[Value], SqlError> {
    match value {
        Value::Tuple(members) | Value::List(members) => Ok(members),
        other => Err(malformed("list", other)),
    }
}

/// A text.
pub(super) fn text(value: &Value) -> Result<Rc<str>, SqlError> {
    match value {
        Value::Str(text) => Ok(text.clone()),
        other => Err(malformed("text", other)),
    }
}

/// A text, or nothing.
pub(super) fn optional_text(value: &Value) -> Result<Option<Rc<str>>, SqlError> {
    if matches!(value, Value::None) { Ok(None) } else { text(value).map(Some) }
}

/// Texts.
pub(super) fn texts(value: &Value) -> Result<Vec<Rc<str>>, SqlError> {
    members(value)?.iter().map(text).collect()
}

/// Pairs of texts.
pub(super) fn text_pairs(value: &Value) -> Result<Vec<(Rc<str>, Rc<str>)>, SqlError> {
    let pair = |value: &Value| match members(value)? {
        [key, Value::None] => Ok((text(key)?, "null".into())),
        [key, value] => Ok((text(key)?, text(value)?)),
        _ => Err(malformed("pair", value)),
    };
    members(value)?.iter().map(pair).collect()
}

/// A whole number.
pub(super) fn number(value: &Value) -> Result<i64, SqlError> {
    match value {
        Value::Int(number) => Ok(*number),
        Value::Bool(flag) => Ok(i64::from(*flag)),
        other => Err(malformed("number", other)),
    }
}

/// Whether a value is `True`.
pub(super) fn flag(value: &Value) -> bool {
    matches!(value, Value::Bool(true))
}

/// A tuple that begins with its tag.
pub(super) struct Tree<'a> {
    pub tag: &'a str,
    whole: &'a Value,
    parts: &'a [Value],
}

impl<'a> Tree<'a> {
    pub(super) fn of(value: &'a Value) -> Result<Tree<'a>, SqlError> {
        match members(value)? {
            [Value::Str(tag), parts @ ..] => Ok(Tree { tag, whole: value, parts }),
            _ => Err(malformed("tree", value)),
        }
    }

    /// What is said where the tag is none of those expected.
    pub(super) fn unknown(&self, what: &str) -> SqlError {
        malformed(what, self.whole)
    }

    /// A part; `None` where there are fewer.
    pub(super) fn part(&self, index: usize) -> &'a Value {
        self.parts.get(index).unwrap_or(&Value::None)
    }

    pub(super) fn text(&self, index: usize) -> Result<Rc<str>, SqlError> {
        text(self.part(index))
    }

    pub(super) fn optional_text(&self, index: usize) -> Result<Option<Rc<str>>, SqlError> {
        optional_text(self.part(index))
    }

    pub(super) fn number(&self, index: usize) -> Result<i64, SqlError> {
        number(self.part(index))
    }

    pub(super) fn flag(&self, index: usize) -> bool {
        flag(self.part(index))
    }

    pub(super) fn list(&self, index: usize) -> Result<&'a [Value], SqlError> {
        members(self.part(index))
    }

    /// A part where there is one.
    pub(super) fn optional(&self, index: usize) -> Option<&'a Value> {
        Some(self.part(index)).filter(|part| !matches!(part, Value::None))
    }
}
