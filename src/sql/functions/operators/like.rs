//! `like` and `ilike`: `_` is one character, `%` any number of them, and an escape character takes their meaning away.

use crate::sql::functions::signature::{strict, unexpected_input, wrong_count};
use crate::sql::functions::{Evaluation, Function, Signature};
use crate::sql::{DataType, Datum, SqlError, Typed};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "like",
        aliases: &[],
        signature,
        evaluation: Evaluation::Strict(|_, args, _| like(args, |text| text.into())),
    },
    Function {
        name: "ilike",
        aliases: &[],
        signature,
        evaluation: Evaluation::Strict(|_, args, _| like(args, |text| text.to_lowercase().into())),
    },
];

fn signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    if !(2..=3).contains(&args.len()) {
        return Err(wrong_count(function, "2", args.len()));
    }
    let text = |typed: &Typed| typed.data_type.is_atomic() || typed.data_type == DataType::Null;
    if let Some(index) = args.iter().position(|arg| !text(arg)) {
        return Err(unexpected_input(function, args, index, "\"STRING\""));
    }
    Ok(strict(args, vec![DataType::String; args.len()], DataType::Boolean))
}

/// What a pattern is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Piece {
    Letter(char),
    Any,
    Many,
}

fn like(args: &[Datum], fold: fn(&str) -> std::rc::Rc<str>) -> Result<Datum, SqlError> {
    let (text, pattern, escape) = match args {
        [Datum::String(text), Datum::String(pattern)] => (text, pattern, Some('\\')),
        [Datum::String(text), Datum::String(pattern), Datum::String(escape)] => (text, pattern, escape.chars().next()),
        _ => return Ok(Datum::Null),
    };
    let pieces = pieces(&fold(pattern), escape)?;
    let letters: Vec<char> = fold(text).chars().collect();
    Ok(Datum::Boolean(matches(&letters, &pieces)))
}

fn pieces(pattern: &str, escape: Option<char>) -> Result<Vec<Piece>, SqlError> {
    let invalid = |condition: &str, what: &str| {
        let shown = pattern.replace('\\', "\\\\").replace('\'', "\\'");
        let message = format!("The format is invalid: '{shown}'. {what}");
        SqlError::new("AnalysisException", Some(condition), message)
    };
    let mut pieces = Vec::with_capacity(pattern.len());
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        pieces.push(match letter {
            _ if Some(letter) == escape => match letters.next() {
                Some(next) if matches!(next, '_' | '%') || Some(next) == escape => Piece::Letter(next),
                Some(next) => {
                    let what = format!("The escape character is not allowed to precede '{next}'.");
                    return Err(invalid("INVALID_FORMAT.ESC_IN_THE_MIDDLE", &what));
                }
                None => {
                    let what = "The escape character is not allowed to end with.";
                    return Err(invalid("INVALID_FORMAT.ESC_AT_THE_END", what));
                }
            },
            '_' => Piece::Any,
            '%' => Piece::Many,
            _ => Piece::Letter(letter),
        });
    }
    Ok(pieces)
}

/// Matches by going back to the last `%` only, which is enough and never takes more than a square of time.
fn matches(letters: &[char], pieces: &[Piece]) -> bool {
    let (mut at, mut piece) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while let Some(letter) = letters.get(at) {
        match pieces.get(piece) {
            Some(Piece::Many) => {
                back = Some((at, piece + 1));
                piece += 1;
            }
            Some(Piece::Any) => (at, piece) = (at + 1, piece + 1),
            Some(Piece::Letter(wanted)) if wanted == letter => (at, piece) = (at + 1, piece + 1),
            _ => match back {
                Some((from, after)) => {
                    back = Some((from + 1, after));
                    (at, piece) = (from + 1, after);
                }
                None => return false,
            },
        }
    }
    pieces.iter().skip(piece).all(|piece| *piece == Piece::Many)
}
