//! What is wrong with a scenario, for the person who wrote it: the thing, its place and the way out.

use std::{fmt, sync::Arc};

use miette::{Diagnostic, LabeledSpan, NamedSource, Severity, SourceCode, SourceSpan};
use serde_saphyr::{Error as YamlError, budget::BudgetBreach};

use super::text::{Mistake, Place, list, nearest};

/// The scenario file: what it is called and what it says.
#[derive(Clone, Debug)]
pub struct Source(Arc<NamedSource<String>>);

impl Source {
    /// A file's name and text.
    pub fn new(name: &str, text: impl Into<String>) -> Self {
        Source(Arc::new(NamedSource::new(name, text.into())))
    }

    /// The file's name.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// The file's text.
    pub fn text(&self) -> &str {
        self.0.inner()
    }

    /// The report of what is wrong with this file, in the order of the file.
    pub fn report(&self, mut problems: Vec<Problem>) -> BadScenario {
        for place in problems.iter_mut().filter_map(|problem| problem.place.as_mut()) {
            *place = on_one_line(*place, self.text());
        }
        problems.sort_by_key(|problem| problem.place.map(|place| place.offset));
        BadScenario { source: self.clone(), problems }
    }
}

/// One mistake in a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// Where; nowhere if the whole file is meant.
    pub place: Option<Place>,
    /// What stands under the place.
    pub label: String,
    /// The way out; empty if there is nothing to say.
    pub help: String,
    /// Whether it may be meant so.
    pub is_advice: bool,
}

impl Problem {
    /// A mistake at a place, and how to mend it.
    pub fn new(place: Place, message: impl Into<String>, help: impl Into<String>) -> Self {
        Problem {
            message: message.into(),
            place: Some(place),
            label: "here".into(),
            help: help.into(),
            is_advice: false,
        }
    }

    /// A mistake of the whole file.
    pub fn of_file(message: impl Into<String>, help: impl Into<String>) -> Self {
        let (message, help) = (message.into(), help.into());
        Problem { message, place: None, label: String::new(), help, is_advice: false }
    }

    /// Says more than "here" under the place.
    pub fn label(self, label: impl Into<String>) -> Self {
        Problem { label: label.into(), ..self }
    }

    /// Advice instead of a mistake.
    pub fn as_advice(self) -> Self {
        Problem { is_advice: true, ..self }
    }

    /// A word that can't be read.
    pub fn word(place: Place, mistake: Mistake) -> Self {
        Problem::new(place, mistake.what, mistake.help)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn severity(&self) -> Option<Severity> {
        self.is_advice.then_some(Severity::Warning)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        (!self.help.is_empty()).then(|| Box::new(&self.help) as Box<dyn fmt::Display>)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.place?;
        let span = SourceSpan::from((place.offset, place.length.max(1)));
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(Some(self.label.clone()), span))))
    }
}

/// Everything that is wrong with a scenario file, at least one mistake.
///
/// As a [`Diagnostic`] one mistake stands for itself; several are listed under a headline.
#[derive(Clone, Debug)]
pub struct BadScenario {
    source: Source,
    problems: Vec<Problem>,
}

impl BadScenario {
    /// The mistakes in the order of the file.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The file they are in.
    pub fn source(&self) -> &Source {
        &self.source
    }
}

impl fmt::Display for BadScenario {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problems[..] {
            [only] => only.fmt(out),
            several => write!(out, "{}: {} mistakes", self.source.name(), several.len()),
        }
    }
}

impl std::error::Error for BadScenario {}

impl Diagnostic for BadScenario {
    fn severity(&self) -> Option<Severity> {
        match &self.problems[..] {
            [only] => only.severity(),
            _ => None,
        }
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        match &self.problems[..] {
            [only] => only.help(),
            _ => None,
        }
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source.0)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        match &self.problems[..] {
            [only] => only.labels(),
            _ => None,
        }
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        match &self.problems[..] {
            [_] => None,
            several => Some(Box::new(several.iter().map(|problem| problem as &dyn Diagnostic))),
        }
    }
}

/// A mistake in the YAML or in the shape of the file, in the words of this format.
pub fn from_yaml(error: &YamlError, text: &str) -> Problem {
    let error = error.without_snippet();
    let place = place_of(error, text);
    let problem = |message: String, help: String| Problem::new(place, message, help);
    let anchors = "a scenario needs no such thing: write the value out";
    match error {
        YamlError::SerdeUnknownField { field, expected, .. } => {
            let fields = list(expected.iter().copied());
            problem(
                format!("there is no field `{field}` here"),
                match nearest(field, expected.iter().copied()) {
                    Some(nearest) => format!("did you mean `{nearest}`? The fields: {fields}"),
                    None => format!("the fields: {fields}"),
                },
            )
            .label("not a field")
        }
        YamlError::SerdeMissingField { field, .. } => {
            problem(format!("the field `{field}` is missing"), missing_field(field)).label("in this map")
        }
        YamlError::DuplicateMappingKey { key, .. } => {
            let key = key.as_ref().map_or_else(|| "a key".into(), |key| format!("`{key}`"));
            problem(format!("{key} is given twice"), "each key stands once in its map: keep one of them".into())
                .label("the second time")
        }
        YamlError::MultipleDocuments { .. } => problem(
            "a second document begins".into(),
            "a file holds one scenario: drop the line `---`, or make it two files".into(),
        ),
        YamlError::MergeKeyNotAllowed { .. } => problem("merge keys (`<<`) are not allowed".into(), anchors.into()),
        YamlError::UnsupportedTag { tag, .. } => {
            problem(format!("the tag `{tag}` is not allowed"), "drop the tag; the format says what a value is".into())
        }
        YamlError::UnknownAnchor { .. } => {
            problem("this alias has no anchor".into(), "text that begins with * must be quoted".into())
        }
        YamlError::AliasReplayLimitExceeded { .. }
        | YamlError::AliasExpansionLimitExceeded { .. }
        | YamlError::AliasReplayStackDepthExceeded { .. }
        | YamlError::RecursiveReferencesRequireWeakTypes { .. } => {
            problem("the aliases expand without end".into(), anchors.into())
        }
        YamlError::AliasError { error, .. } => from_yaml(error, text),
        YamlError::Budget { breach: BudgetBreach::Depth { .. }, .. } => {
            problem("this is nested too deeply".into(), "no part of a scenario needs so many brackets or braces".into())
        }
        YamlError::Budget { .. } => {
            problem("the file is too large".into(), "`every` repeats what arrives again and again".into())
        }
        YamlError::NonFiniteFloat { value, .. } => problem(
            format!("`{value}` is no number that can be compared"),
            "put it in quotes: \"NaN\", \"Infinity\" and \"-Infinity\" are the numbers".into(),
        ),
        YamlError::InvalidBooleanStrict { .. } => {
            problem("this is neither true nor false".into(), "write `true`; yes, on and y are text".into())
        }
        YamlError::NullIntoString { .. } => {
            problem("there is no value here".into(), "give one, or drop the field".into())
        }
        YamlError::Unexpected { expected, .. } if expected.contains("mapping") && place.offset == 0 => problem(
            "this is no scenario".into(),
            "a scenario is a map; its first fields are `name: …`, `about: …` and `program: …`".into(),
        ),
        YamlError::Unexpected { expected, .. } if expected.contains("mapping") => {
            problem("a map is expected here".into(), "a map has fields: { field: value }".into())
        }
        YamlError::Unexpected { expected, .. } if expected.contains("sequence") => {
            problem("a list is expected here".into(), "a list has members: [one, two]".into())
        }
        YamlError::Unexpected { expected, .. } if expected.contains("scalar") => problem(
            "one value is expected here, not a list or a map".into(),
            "if brackets or braces belong to the text, put it in quotes".into(),
        ),
        YamlError::SerdeInvalidType { unexpected, expected, .. } => {
            problem(format!("this is {unexpected}"), format!("what is expected here is {expected}"))
        }
        other => {
            let message = other.render();
            syntax(message.lines().next().unwrap_or("the YAML can't be read"), place, text)
        }
    }
}

/// What each required field is for.
fn missing_field(field: &str) -> String {
    match field {
        "name" => "every scenario has one, in kebab-case: `name: word-count`".into(),
        "about" => "say in one line what the scenario shows: `about: …`".into(),
        "program" => "name a PySpark file, `program: word_count.py`, or write it out behind `program: |`".into(),
        "batch" => "a batch is named by its time since the start: `batch: 2s`".into(),
        "rows" => "a batch without rows is `rows: []`".into(),
        "lines" => "a file has lines, if only none: `lines: []`".into(),
        other => format!("add `{other}: …`"),
    }
}

/// A mistake in the YAML itself.
fn syntax(message: &str, place: Place, text: &str) -> Problem {
    let message = message.split(" at line ").next().unwrap_or(message);
    let line = text.lines().nth(place.line.saturating_sub(1)).unwrap_or("");
    let indent = &line[..line.len() - line.trim_start().len()];
    let help = if indent.contains('\t') {
        "YAML is indented with spaces; there is a tab here"
    } else if line.contains('{') && line.contains("local[") {
        "inside braces the brackets need quotes: { master: \"local[2]\" }"
    } else if message.contains("quoted scalar") {
        "a quote is opened above, or on this line, and not closed"
    } else if message.contains("mapping values are not allowed") {
        "text that contains `: ` must be quoted: \"one: two\""
    } else if message.contains("illegal placement of ':'") || message.contains("did not find expected") {
        "look above, or on this line, for a bracket or brace without its partner, or a missing comma"
    } else {
        "look for a bracket or brace without its partner, a missing comma or colon, or text that needs quotes \
         because it begins with one of *&!%@`[{ or contains `: ` or ` #`"
    };
    Problem::new(place, format!("this is not YAML: {message}"), help)
}

/// The place, kept inside the text and on one line: what is underlined should be seen at a glance.
fn on_one_line(place: Place, text: &str) -> Place {
    let mut offset = place.offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let line = text[offset..].lines().next().unwrap_or("");
    Place { offset, length: place.length.min(line.len()), ..place }
}

/// The place of an error: the scanner gives only lines and columns.
fn place_of(error: &YamlError, text: &str) -> Place {
    let Some(location) = error.location() else { return Place { line: 1, column: 1, ..Place::default() } };
    let place = Place::from(location);
    if location.span().byte_offset().is_some() {
        return place;
    }
    let above: usize = text.split_inclusive('\n').take(place.line.saturating_sub(1)).map(str::len).sum();
    let before = text[above..].chars().take(place.column.saturating_sub(1)).take_while(|letter| *letter != '\n');
    Place { offset: above + before.map(char::len_utf8).sum::<usize>(), length: 1, ..place }
}
