//! Where the parts of a YAML file begin and end.
//!
//! Reading a scenario needs only where things begin; rewriting a part of its text also needs the end.

use std::ops::Range;

use granit_parser::{Event, ParseResult, Parser, StructureStyle};

/// A part of the file, with the bytes it takes.
#[derive(Debug)]
pub struct Part {
    pub bytes: Range<usize>,
    pub kind: Kind,
    /// Is it written between braces or brackets?
    pub is_flow: bool,
}

/// What a part is made of.
#[derive(Debug)]
pub enum Kind {
    Scalar(String),
    List(Vec<Part>),
    /// Keys and values as they stand.
    Map(Vec<(Part, Part)>),
}

/// A part, or the end (in bytes) of the list or map around it.
enum Next {
    Part(Part),
    End(usize),
}

impl Part {
    /// The outline of the file's first document; `None` if it is not YAML or has none.
    pub fn of_file(text: &str) -> Option<Part> {
        let mut events = Parser::new_from_str(text);
        let is_start = |event: &ParseResult<'_>| matches!(event, Ok((Event::DocumentStart(..), _)) | Err(_));
        events.find(is_start)?.ok()?;
        match next(&mut events)? {
            Next::Part(part) => Some(part),
            Next::End(_) => None,
        }
    }

    /// Has it no members?
    pub fn is_empty(&self) -> bool {
        match &self.kind {
            Kind::Scalar(_) => true,
            Kind::List(members) => members.is_empty(),
            Kind::Map(entries) => entries.is_empty(),
        }
    }

    /// The key and value of a map's entry.
    pub fn entry(&self, name: &str) -> Option<(&Part, &Part)> {
        let Kind::Map(entries) = &self.kind else { return None };
        let mut entries = entries.iter().map(|(key, value)| (key, value));
        entries.find(|(key, _)| matches!(&key.kind, Kind::Scalar(word) if word == name))
    }
}

fn next<'a>(events: &mut impl Iterator<Item = ParseResult<'a>>) -> Option<Next> {
    let content = |event: &ParseResult<'_>| !matches!(event, Ok((Event::Comment(..) | Event::Anchor(..), _)));
    let (event, span) = events.find(content)?.ok()?;
    let Range { start, end } = span.byte_range()?;
    match event {
        Event::Scalar(word, ..) => {
            Some(Next::Part(Part { bytes: start..end, kind: Kind::Scalar(word.into_owned()), is_flow: false }))
        }
        Event::Alias(_) | Event::UnresolvedAlias(_) => {
            Some(Next::Part(Part { bytes: start..end, kind: Kind::Scalar(String::new()), is_flow: false }))
        }
        Event::SequenceStart(style, ..) => {
            let mut members = Vec::new();
            let close = loop {
                match next(events)? {
                    Next::Part(member) => members.push(member),
                    Next::End(close) => break close,
                }
            };
            let last = members.last().map(|member| member.bytes.end);
            Some(Next::Part(collection(start, last, close, style, Kind::List(members))))
        }
        Event::MappingStart(style, ..) => {
            let mut entries = Vec::new();
            let close = loop {
                match next(events)? {
                    Next::Part(key) => match next(events)? {
                        Next::Part(value) => entries.push((key, value)),
                        Next::End(_) => return None,
                    },
                    Next::End(close) => break close,
                }
            };
            let last = entries.last().map(|(_, value)| value.bytes.end);
            Some(Next::Part(collection(start, last, close, style, Kind::Map(entries))))
        }
        Event::SequenceEnd | Event::MappingEnd => Some(Next::End(end)),
        _ => None,
    }
}

/// A block ends with its last member: the parser sees its end only at the next thing, comments in between.
fn collection(start: usize, last: Option<usize>, close: usize, style: StructureStyle, kind: Kind) -> Part {
    let is_flow = style == StructureStyle::Flow;
    let end = if is_flow { close } else { last.unwrap_or(start) };
    Part { bytes: start..end.max(start), kind, is_flow }
}
