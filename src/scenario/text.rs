//! Pieces of a scenario file with the place they stand at.
//!
//! A word that can't be read is no reason to stop: a [`Field`] keeps its mistake beside its place, so that one report
//! can name all of them.

use std::{
    borrow::Cow,
    hash::{Hash, Hasher},
    str::FromStr,
};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize};
use serde_saphyr::{Location, Spanned};

/// Where something stands in the scenario file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Byte offset of the first character.
    pub offset: usize,
    /// Length in bytes.
    pub length: usize,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

impl From<Location> for Place {
    fn from(location: Location) -> Self {
        let span = location.span();
        let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Place {
            offset: number(span.byte_offset().unwrap_or_default()),
            length: number(span.byte_len().unwrap_or_default()),
            line: number(location.line()),
            column: number(location.column()),
        }
    }
}

/// What is wrong with a word, and the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub help: String,
}

impl Mistake {
    /// A mistake and how to mend it.
    pub fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Mistake { what: what.into(), help: help.into() }
    }
}

/// One word of the file, read as `T` or kept as a mistake.
#[derive(Clone, Debug)]
pub struct Field<T> {
    pub place: Place,
    pub value: Result<T, Mistake>,
}

impl<'de, T: FromStr<Err = Mistake>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Spanned::<String>::deserialize(deserializer)?;
        Ok(Field { place: text.referenced.into(), value: text.value.parse() })
    }
}

/// A part of the file and its place.
#[derive(Clone, Debug)]
pub struct Located<T> {
    /// Where it stands.
    pub place: Place,
    /// What stands there.
    pub value: T,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Located<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let part = Spanned::<T>::deserialize(deserializer)?;
        Ok(Located { place: part.referenced.into(), value: part.value })
    }
}

/// Keys of maps are the same wherever they stand.
impl<T: PartialEq> PartialEq for Located<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Located<T> {}

impl<T: Hash> Hash for Located<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

macro_rules! transparent_schema {
    ($($wrapper:ident)*) => {
        $(impl<T: JsonSchema> JsonSchema for $wrapper<T> {
            fn inline_schema() -> bool {
                T::inline_schema()
            }
            fn schema_name() -> Cow<'static, str> {
                T::schema_name()
            }
            fn schema_id() -> Cow<'static, str> {
                T::schema_id()
            }
            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                T::json_schema(generator)
            }
        })*
    };
}

transparent_schema! { Field Located }

/// The candidate that was probably meant by `word`.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |candidate: &str| strsim::damerau_levenshtein(&word.to_lowercase(), &candidate.to_lowercase());
    let nearest = candidates.into_iter().min_by_key(|candidate| distance(candidate))?;
    (distance(nearest) <= nearest.chars().count().div_ceil(3)).then_some(nearest)
}

/// `a`, `b` and `c`.
pub fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match &words[..] {
        [] => "none".into(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// "did you mean …?", or else what there is.
pub fn suggest<'a>(word: &str, kind: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(word, candidates.clone()) {
        Some(nearest) => format!("did you mean `{nearest}`? The {kind}: {}", list(candidates)),
        None => format!("the {kind}: {}", list(candidates)),
    }
}
