//! Words that YAML's readers disagree about.
//!
//! To YAML 1.1 (and most tools that check or colour such files) a bare `no` is false and `010` is eight; to YAML 1.2
//! both are something else. A scenario must mean the same everywhere, so they have to be quoted.

use granit_parser::{Event, Parser, ScalarStyle};

use super::{problem::Problem, text::Place};

/// The ambiguous words of a file.
pub fn find(text: &str) -> Vec<Problem> {
    let scalars = Parser::new_from_str(text).map_while(Result::ok).filter_map(|(event, span)| match event {
        Event::Scalar(word, ScalarStyle::Plain, ..) => Some((word, span)),
        _ => None,
    });
    scalars
        .filter_map(|(word, span)| {
            let others = meaning_elsewhere(&word)?;
            let place = Place {
                offset: span.start.byte_offset()?,
                length: word.len(),
                line: span.start.line(),
                column: span.start.col() + 1,
            };
            let message = format!("`{word}` is {others} to some readers of YAML and not to others");
            Some(Problem::new(place, message, format!("as text it is \"{word}\"; otherwise write what you mean")))
        })
        .collect()
}

/// What YAML 1.1 takes the word for, where 1.2 takes it for something else.
fn meaning_elsewhere(word: &str) -> Option<String> {
    match word {
        "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some("true".into()),
        "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some("false".into()),
        _ => {
            let octal = word.strip_prefix('0').filter(|rest| !rest.is_empty())?;
            i64::from_str_radix(octal, 8).ok().map(|number| number.to_string())
        }
    }
}
