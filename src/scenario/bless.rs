//! Writes the rows that a run put out into the scenario's expectations.
//!
//! Only `expect.outputs` and `expect.printed` are touched, and of them only what differs: comments, order and every
//! other byte of the file stay as they are. A batch stands on a line of its own, so that diffs read well; where the
//! line would be too long, a row does.

use std::{collections::BTreeMap, ops::Range};

use indexmap::IndexMap;
use serde_json::Value as Json;

use crate::{
    sim::Duration,
    value::{Value, to_json},
};

use super::{
    Scenario,
    outline::{Kind, Part},
    rows::same_rows,
    words::Order,
};

/// What a run put out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Actual {
    /// By output the rows of each batch for which it was computed, by the batch's time since the start.
    pub outputs: IndexMap<String, BTreeMap<Duration, Vec<Value>>>,
    /// The lines that the driver printed.
    pub printed: Vec<String>,
}

/// Lines longer than this are broken up.
const WIDTH: usize = 120;

/// The scenario's text with the rows of a run for expectations.
///
/// Outputs that the scenario names are rewritten, the others are left alone; all are written if it names none. Printed
/// lines are rewritten where the scenario has some.
pub fn bless(scenario: &Scenario, actual: &Actual) -> String {
    let text = scenario.source.text();
    let Some(file) = Part::of_file(text) else { return text.to_owned() };
    let mut edits = Edits { text, edits: Vec::new() };
    match file.entry("expect") {
        None => {
            edits.insert_lines(text.len(), &format!("\nexpect:\n  outputs:\n{}", all_outputs(actual, 2)));
        }
        Some((key, expect)) if matches!(expect.kind, Kind::Scalar(_)) => {
            let colon = edits.after_colon(key);
            let line = edits.line_end(colon);
            edits.replace(colon..expect.bytes.end.max(colon), String::new());
            edits.insert_lines(line, &format!("  outputs:\n{}", all_outputs(actual, 2)));
        }
        Some((_, expect)) => {
            match expect.entry("outputs") {
                None if expect.is_flow => {
                    let inside = expect.bytes.start + 1;
                    edits.replace(inside..inside, format!(" outputs: {},", flow_outputs(actual)));
                }
                None => {
                    let indent = edits.column(expect.bytes.start);
                    let outputs = all_outputs(actual, indent);
                    let pad = " ".repeat(indent);
                    edits.replace(expect.bytes.start..expect.bytes.start, format!("outputs:\n{outputs}{pad}"));
                }
                Some((key, outputs)) if outputs.is_empty() && !expect.is_flow => {
                    let colon = edits.after_colon(key);
                    let end = outputs.bytes.end.max(colon);
                    let (line, indent) = (edits.line_end(end), edits.column(key.bytes.start));
                    edits.replace(colon..end, String::new());
                    edits.insert_lines(line, &all_outputs(actual, indent));
                }
                Some((key, outputs)) if outputs.is_empty() => {
                    let colon = edits.after_colon(key);
                    edits.replace(colon..outputs.bytes.end.max(colon), format!(" {}", flow_outputs(actual)));
                }
                Some((_, outputs)) => {
                    for (name, expected) in &scenario.expect.outputs.clone().unwrap_or_default() {
                        let batches = actual.outputs.get(name).cloned().unwrap_or_default();
                        let known = expected.batches.iter().map(|batch| (batch.batch, &batch.rows[..])).collect();
                        if let Some((key, list)) = outputs.entry(name) {
                            edits.output(key, list, &known, &batches, scenario.expect.order);
                        }
                    }
                }
            }
            if let (Some((_, list)), Some(expected)) = (expect.entry("printed"), &scenario.expect.printed)
                && expected.value != actual.printed
            {
                edits.printed(list, &actual.printed);
            }
        }
    }
    edits.apply()
}

/// Changes to a text, to be made together.
struct Edits<'a> {
    text: &'a str,
    edits: Vec<(Range<usize>, String)>,
}

impl Edits<'_> {
    fn replace(&mut self, bytes: Range<usize>, with: String) {
        self.edits.push((bytes, with));
    }

    fn apply(mut self) -> String {
        self.edits.sort_by_key(|(bytes, _)| (bytes.start, bytes.end));
        let mut text = self.text.to_owned();
        for (bytes, with) in self.edits.into_iter().rev() {
            text.replace_range(bytes, &with);
        }
        text
    }

    /// Inserts whole lines at the start of a line, or at the end of the file.
    fn insert_lines(&mut self, at: usize, lines: &str) {
        let gap = if lines.is_empty() || self.text[..at].ends_with('\n') { "" } else { "\n" };
        self.replace(at..at, format!("{gap}{lines}"));
    }

    /// Just behind the colon of a key.
    fn after_colon(&self, key: &Part) -> usize {
        key.bytes.end + self.text[key.bytes.end..].find(':').map_or(0, |colon| colon + 1)
    }

    fn line_start(&self, offset: usize) -> usize {
        self.text[..offset].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// The end of the line, its line break included.
    fn line_end(&self, offset: usize) -> usize {
        self.text[offset..].find('\n').map_or(self.text.len(), |newline| offset + newline + 1)
    }

    fn column(&self, offset: usize) -> usize {
        self.text[self.line_start(offset)..offset].chars().count()
    }

    /// Rewrites one output's list of batches.
    fn output(
        &mut self,
        key: &Part,
        list: &Part,
        known: &BTreeMap<Duration, &[Value]>,
        actual: &BTreeMap<Duration, Vec<Value>>,
        order: Order,
    ) {
        let worth_a_line = |batch: &Duration, rows: &[Value]| !rows.is_empty() || known.contains_key(batch);
        let wanted: Vec<_> = actual.iter().filter(|(batch, rows)| worth_a_line(batch, rows)).collect();
        let items = match &list.kind {
            Kind::List(items) if !list.is_flow && !wanted.is_empty() => items,
            _ => return self.whole_output(key, list, known, &wanted, order),
        };
        let indent = items.first().map_or(0, |item| {
            let line = &self.text[self.line_start(item.bytes.start)..];
            line.len() - line.trim_start_matches(' ').len()
        });
        let mut wanted = wanted.into_iter().peekable();
        let mut written_to = self.line_start(items.first().map_or(list.bytes.start, |item| item.bytes.start));
        for (item, (batch, rows)) in items.iter().zip(known) {
            while let Some((new, rows)) = wanted.next_if(|(new, _)| *new < batch) {
                self.replace(written_to..written_to, block_item(*new, rows, indent));
            }
            let lines = self.line_start(item.bytes.start)..self.line_end(item.bytes.end);
            written_to = lines.end;
            match wanted.next_if(|(same, _)| *same == batch) {
                None => self.replace(lines, String::new()),
                Some((_, actual)) if same_rows(rows, actual, order) => {}
                Some((_, actual)) => self.rows(item, *batch, actual, indent, lines),
            }
        }
        let more: String = wanted.map(|(batch, rows)| block_item(*batch, rows, indent)).collect();
        self.insert_lines(written_to, &more);
    }

    /// Rewrites the rows of one batch, and what stands around them only if the line becomes too long.
    fn rows(&mut self, item: &Part, batch: Duration, rows: &[Value], indent: usize, lines: Range<usize>) {
        let Some((_, old)) = item.entry("rows") else { return };
        let new = flow_rows(rows);
        let rest =
            self.text[lines.clone()].chars().count().saturating_sub(self.text[old.bytes.clone()].chars().count());
        if item.is_flow && rest + new.chars().count() <= WIDTH {
            self.replace(old.bytes.clone(), new);
        } else {
            let end =
                lines.end.min(self.text[item.bytes.end..].find('\n').map_or(lines.end, |end| item.bytes.end + end));
            let comment = self.text[item.bytes.end..end].trim_end().to_owned();
            let mut block = block_item(batch, rows, indent);
            if !comment.is_empty() {
                let at = block.find('\n').unwrap_or(block.len());
                block.insert_str(at, &comment);
            }
            self.replace(lines, block);
        }
    }

    /// Rewrites an output's list from the ground up: it is written between brackets, or there is nothing in it.
    fn whole_output(
        &mut self,
        key: &Part,
        list: &Part,
        known: &BTreeMap<Duration, &[Value]>,
        wanted: &[(&Duration, &Vec<Value>)],
        order: Order,
    ) {
        let same = known.len() == wanted.len()
            && known.iter().zip(wanted).all(|(old, new)| old.0 == new.0 && same_rows(old.1, new.1, order));
        if same {
            return;
        }
        let alone = self.text[self.line_start(key.bytes.start)..key.bytes.start].trim().is_empty();
        if !list.is_flow && wanted.is_empty() {
            // The key's line keeps its comment; the lines below it go.
            let colon = self.after_colon(key);
            let first = self.line_start(list.bytes.start);
            self.replace(colon..colon, " []".into());
            self.replace(first..self.line_end(list.bytes.end), String::new());
        } else if alone && !wanted.is_empty() {
            let indent = self.column(key.bytes.start) + 2;
            let colon = self.after_colon(key);
            let items: String = wanted.iter().map(|(batch, rows)| block_item(**batch, rows, indent)).collect();
            let end = list.bytes.end.max(colon);
            self.replace(colon..end, String::new());
            self.insert_lines(self.line_end(end), &items);
        } else {
            self.replace(list.bytes.clone(), flow_batches(wanted.iter().map(|(batch, rows)| (**batch, &rows[..]))));
        }
    }

    /// Rewrites the lines that were printed, each where one stood.
    fn printed(&mut self, list: &Part, printed: &[String]) {
        let items = match &list.kind {
            Kind::List(items) if !list.is_flow && !printed.is_empty() => items,
            _ => {
                let flow: Vec<String> = printed.iter().map(|line| scalar(line)).collect();
                let end = if list.is_flow { list.bytes.end } else { self.line_end(list.bytes.end) };
                let newline = if self.text[..end].ends_with('\n') { "\n" } else { "" };
                return self.replace(list.bytes.start..end, format!("[{}]{newline}", flow.join(", ")));
            }
        };
        let mut lines = printed.iter();
        let mut written_to = list.bytes.end;
        for item in items {
            let end = self.line_end(item.bytes.end);
            match (lines.next(), &item.kind) {
                (Some(line), Kind::Scalar(old)) if line == old => written_to = end,
                (Some(line), _) => {
                    self.replace(item.bytes.clone(), scalar(line));
                    written_to = end;
                }
                (None, _) => self.replace(self.line_start(item.bytes.start)..end, String::new()),
            }
        }
        let pad = " ".repeat(self.column(list.bytes.start));
        let more: String = lines.map(|line| format!("{pad}- {}\n", scalar(line))).collect();
        self.insert_lines(written_to, &more);
    }
}

/// All outputs in block style, for a file that has none.
fn all_outputs(actual: &Actual, indent: usize) -> String {
    let outputs = actual.outputs.iter().map(|(name, batches)| {
        let batches = batches.iter().filter(|(_, rows)| !rows.is_empty());
        let items: String = batches.map(|(batch, rows)| block_item(*batch, rows, indent + 4)).collect();
        let pad = " ".repeat(indent + 2);
        if items.is_empty() {
            format!("{pad}{}: []\n", scalar(name))
        } else {
            format!("{pad}{}:\n{items}", scalar(name))
        }
    });
    outputs.collect()
}

/// All outputs between braces.
fn flow_outputs(actual: &Actual) -> String {
    let outputs = actual.outputs.iter().map(|(name, batches)| {
        let batches = batches.iter().filter(|(_, rows)| !rows.is_empty());
        format!("{}: {}", scalar(name), flow_batches(batches.map(|(batch, rows)| (*batch, &rows[..]))))
    });
    format!("{{ {} }}", outputs.collect::<Vec<_>>().join(", "))
}

fn flow_batches<'a>(batches: impl Iterator<Item = (Duration, &'a [Value])>) -> String {
    let items = batches.map(|(batch, rows)| format!("{{ batch: {batch}, rows: {} }}", flow_rows(rows)));
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

/// One batch as a line, or as one line a row where that would be too long.
fn block_item(batch: Duration, rows: &[Value], indent: usize) -> String {
    let pad = " ".repeat(indent);
    let line = format!("{pad}- {{ batch: {batch}, rows: {} }}\n", flow_rows(rows));
    if line.chars().count() <= WIDTH + 1 || rows.len() < 2 {
        return line;
    }
    let rows: String = rows.iter().map(|row| format!("{pad}    - {}\n", flow(&to_json(row)))).collect();
    format!("{pad}- batch: {batch}\n{pad}  rows:\n{rows}")
}

fn flow_rows(rows: &[Value]) -> String {
    format!("[{}]", rows.iter().map(|row| flow(&to_json(row))).collect::<Vec<_>>().join(", "))
}

/// A value between brackets and braces, on one line.
fn flow(json: &Json) -> String {
    match json {
        Json::String(text) => scalar(text),
        Json::Array(members) => format!("[{}]", members.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Json::Object(entries) if entries.is_empty() => "{}".into(),
        Json::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{}: {}", scalar(key), flow(value)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => json.to_string(),
    }
}

/// Text as it is, where no reader of YAML can take it for something else; in quotes otherwise.
fn scalar(text: &str) -> String {
    const TAKEN: [&str; 11] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"];
    let plain = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | ' ' | '.'))
        && !text.ends_with(' ')
        && !TAKEN.contains(&text.to_lowercase().as_str());
    if plain {
        return text.to_owned();
    }
    let mut quoted = String::new();
    for letter in Json::from(text).to_string().chars() {
        match letter {
            // JSON may hold these as they are, YAML may not.
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                quoted.push_str(&format!("\\u{:04x}", u32::from(letter)));
            }
            letter => quoted.push(letter),
        }
    }
    quoted
}
