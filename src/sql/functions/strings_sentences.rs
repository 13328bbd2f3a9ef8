//! `sentences`: a text as sentences of words, after `java.text.BreakIterator` for plain European text.

use super::accepts::{Accepts, nullable, settle};
use super::row::{IntoDatum, Row, optional};
use super::{Function, Signature};
use crate::sql::{DataType, Datum, SqlError, Typed};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[nullable("sentences", &[], sentences_signature, |_, args, _| sentences(args))];

fn sentences_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let words = DataType::array_of(DataType::String, false);
    let settled = settle(function, args, &[Accepts::Text], &[Accepts::Text, Accepts::Text])?;
    Ok(settled.gives(DataType::array_of(words, false)))
}

/// Null language and country are the default ones.
fn sentences(args: &[Datum]) -> Row {
    let Some(text) = optional::<&str>(args, 0)? else { return Ok(Datum::Null) };
    let words = |sentence: &[char]| words(sentence).into_iter().map(IntoDatum::datum).collect::<Vec<_>>();
    let letters: Vec<char> = text.chars().collect();
    let (mut found, mut begin) = (Vec::new(), 0);
    for end in (1..=letters.len()).filter(|end| *end == letters.len() || ends(&letters, *end)) {
        let sentence = words(&letters[begin..end]);
        begin = end;
        if !sentence.is_empty() {
            found.push(sentence.datum());
        }
    }
    Ok(found.datum())
}

/// Whether a sentence ends before this letter: a mark and spaces stand before it, and where the mark is a point, no
/// small letter follows.
fn ends(letters: &[char], at: usize) -> bool {
    let before = &letters[..at];
    if letters[at].is_whitespace() || !before.last().is_some_and(|it| it.is_whitespace()) {
        return false;
    }
    let closing = |it: &&char| it.is_whitespace() || "\"')]".contains(**it);
    match before.iter().rev().find(|it| !closing(it)) {
        Some('!' | '?') => true,
        Some('.') => !letters[at].is_lowercase(),
        _ => false,
    }
}

/// The words of a sentence. Hyphens, points and apostrophes within a word belong to it.
fn words(sentence: &[char]) -> Vec<String> {
    let part = |it: char| it.is_alphanumeric() || it == '_';
    let within = |at: usize| {
        let beside = |it: Option<&char>| it.is_some_and(|it| part(*it));
        "-.'".contains(sentence[at])
            && beside(at.checked_sub(1).and_then(|it| sentence.get(it)))
            && beside(sentence.get(at + 1))
    };
    let (mut found, mut word) = (Vec::new(), String::new());
    for (at, letter) in sentence.iter().enumerate() {
        if part(*letter) || within(at) {
            word.push(*letter);
        } else if !word.is_empty() {
            found.push(std::mem::take(&mut word));
        }
    }
    found.push(word);
    found.retain(|it| it.starts_with(char::is_alphanumeric));
    found
}
