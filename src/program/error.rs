//! What goes wrong in a program, told with the place in the user's file.

use std::fmt::{self, Display, Write};

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode, SourceSpan};
use rustpython_vm::{
    AsObject, PyRef, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyStr},
    compiler::CompileError,
    frame::Frame,
};

use super::source::Source;

/// A range of the program's text. Lines and columns count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: u32,
    /// Column of the first character, from 1.
    pub column: u32,
    /// Column after the last character, if that is known and on the same line.
    pub end_column: Option<u32>,
}

/// An exception that ended a program or a call into one, or a program that doesn't compile.
///
/// As a [`Diagnostic`] it shows the line of the program; as text it is what Python's last line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramError(Box<Details>);

/// What is known of a [`ProgramError`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// Name of the exception's class: `ValueError`, `SyntaxError`, …
    pub kind: String,
    /// The exception's text.
    pub message: String,
    /// For a `Py4JJavaError`, the class of Spark's own exception: `java.lang.IllegalArgumentException`.
    pub java_class: Option<String>,
    /// Where in the program, if it was there.
    pub place: Option<Place>,
    /// Python's traceback, as it would stand on the terminal.
    pub traceback: String,
    /// What to do about it.
    pub hint: Option<String>,
    source: Source,
    named: NamedSource<String>,
}

impl std::ops::Deref for ProgramError {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl ProgramError {
    /// The program's file, as the user named it.
    pub fn file(&self) -> &str {
        self.source.file()
    }

    /// The line of the program that is to blame.
    pub fn source_line(&self) -> Option<&str> {
        self.place.and_then(|place| self.source.line(place.line))
    }

    pub(super) fn of_exception(vm: &VirtualMachine, source: &Source, exception: &PyBaseExceptionRef) -> ProgramError {
        let kind = exception.class().name().to_string();
        let text = |name: &'static str| {
            let value = exception.as_object().get_attr(name, vm).ok()?;
            value.downcast::<PyStr>().ok().map(|text| text.to_string())
        };
        ProgramError(Box::new(Details {
            message: message(vm, exception),
            java_class: text("java_class"),
            place: place(source, exception),
            traceback: traceback(vm, source, exception),
            hint: hint(&kind),
            named: NamedSource::new(source.file(), source.text().to_owned()),
            source: source.clone(),
            kind,
        }))
    }

    pub(super) fn of_compiler(source: &Source, error: &CompileError) -> ProgramError {
        let (line, column) = error.python_location();
        let end =
            error.python_end_location().filter(|(end_line, _)| *end_line == line).map(|(_, column)| column as u32);
        let place = Place { line: line as u32, column: column as u32, end_column: end };
        let mut message = error.to_string();
        if let Some((start, _)) = message.split_once(" at byte range") {
            message.truncate(start.len());
        }
        let kind = match error {
            CompileError::Parse(parse) if parse.error.to_string().contains("ndent") => "IndentationError",
            _ => "SyntaxError",
        };
        let mut traceback = format!("  File \"{}\", line {line}\n", source.file());
        if let Some(text) = source.line(place.line) {
            let indent = text.len() - text.trim_start().len();
            let width = end.unwrap_or(place.column + 1).saturating_sub(place.column).max(1) as usize;
            let before = (place.column as usize).saturating_sub(1 + indent);
            let _ = writeln!(traceback, "    {}\n    {}{}", text.trim(), " ".repeat(before), "^".repeat(width));
        }
        let _ = writeln!(traceback, "{kind}: {message}");
        ProgramError(Box::new(Details {
            kind: kind.into(),
            message,
            java_class: None,
            place: Some(place),
            traceback,
            hint: None,
            named: NamedSource::new(source.file(), source.text().to_owned()),
            source: source.clone(),
        }))
    }
}

impl Display for ProgramError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.message.is_empty() { out.write_str(&self.kind) } else { write!(out, "{}: {}", self.kind, self.message) }
    }
}

impl std::error::Error for ProgramError {}

impl Diagnostic for ProgramError {
    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        self.hint.as_ref().map(|hint| Box::new(hint) as Box<dyn Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place.map(|_| &self.named as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.place?;
        let start = self.source.offset(place.line, place.column);
        let end = place.end_column.map_or(start, |column| self.source.offset(place.line, column));
        let span = SourceSpan::new(start.into(), end.saturating_sub(start));
        let label = if self.kind.ends_with("Error") { "here" } else { "running here" };
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(Some(label.into()), span))))
    }
}

fn message(vm: &VirtualMachine, exception: &PyBaseExceptionRef) -> String {
    exception
        .as_object()
        .str(vm)
        .map_or_else(|_| "<exception str() failed>".into(), |text| text.to_string_lossy().into())
}

fn hint(kind: &str) -> Option<String> {
    match kind {
        "StepBudgetExceeded" => {
            Some("a call may take 20 million steps; if the work is meant to be longer, spread it over more records or batches".into())
        }
        _ => None,
    }
}

fn frame_place(frame: &PyRef<Frame>, lasti: u32) -> Option<Place> {
    let (start, end) = frame.code.locations.get(lasti as usize / 2)?;
    let same_line = start.line == end.line;
    Some(Place {
        line: start.line.get() as u32,
        column: start.character_offset.get() as u32,
        end_column: same_line.then(|| end.character_offset.get() as u32),
    })
}

/// The innermost place in the program's own text.
fn place(source: &Source, exception: &PyBaseExceptionRef) -> Option<Place> {
    let entries = exception.__traceback__()?;
    let mut place = None;
    for entry in entries.iter() {
        if entry.frame.code.source_path().as_str() == source.file() {
            place = frame_place(&entry.frame, entry.lasti);
        }
    }
    place
}

/// Counts a traceback's equal lines: as in Python, all after the third are told by their number.
#[derive(Default)]
struct Repeated {
    line: (String, u32),
    times: usize,
}

impl Repeated {
    /// Whether the line has been there often enough. Another line begins a new count, and tells of the old one.
    fn again(&mut self, file: &str, line: u32, text: &mut String) -> bool {
        if self.line.0 == file && self.line.1 == line {
            self.times += 1;
        } else {
            self.tell(text);
            *self = Repeated { line: (file.to_owned(), line), times: 1 };
        }
        self.times > 3
    }

    fn tell(&self, text: &mut String) {
        if self.times > 3 {
            let more = self.times - 3;
            let times = if more == 1 { "time" } else { "times" };
            let _ = writeln!(text, "  [Previous line repeated {more} more {times}]");
        }
    }
}

/// Python's own traceback text. Written here because RustPython's would read source lines from the machine's files.
fn traceback(vm: &VirtualMachine, source: &Source, exception: &PyBaseExceptionRef) -> String {
    let mut text = String::new();
    let cause = exception
        .__cause__()
        .map(|cause| (cause, "\nThe above exception was the direct cause of the following exception:\n\n"));
    let context = || {
        let suppressed = exception.as_object().get_attr("__suppress_context__", vm);
        let shown = suppressed.and_then(|suppressed| suppressed.try_to_bool(vm)).is_ok_and(|suppressed| !suppressed);
        let context = exception.__context__().filter(|_| shown);
        context.map(|context| (context, "\nDuring handling of the above exception, another exception occurred:\n\n"))
    };
    if let Some((earlier, link)) = cause.or_else(context)
        && !earlier.is(exception)
    {
        text.push_str(&traceback(vm, source, &earlier));
        text.push_str(link);
    }
    if let Some(entries) = exception.__traceback__() {
        text.push_str("Traceback (most recent call last):\n");
        let mut repeated = Repeated::default();
        for entry in entries.iter() {
            let code = &entry.frame.code;
            let file = code.source_path().as_str();
            if repeated.again(file, entry.lineno.get() as u32, &mut text) {
                continue;
            }
            let _ = writeln!(text, "  File \"{file}\", line {}, in {}", entry.lineno, code.obj_name);
            if file == source.file()
                && let Some(line) = source.line(entry.lineno.get() as u32)
            {
                let _ = writeln!(text, "    {}", line.trim());
            }
        }
        repeated.tell(&mut text);
    }
    let class = exception.class();
    let module = class.as_object().get_attr("__module__", vm).ok().and_then(|name| name.downcast::<PyStr>().ok());
    match module.as_ref().and_then(|module| module.to_str()) {
        Some("builtins" | "__main__" | "_headwater_prelude") | None => {}
        Some(module) => {
            let _ = write!(text, "{module}.");
        }
    }
    let message = message(vm, exception);
    let separator = if message.is_empty() { "" } else { ": " };
    let _ = writeln!(text, "{}{separator}{message}", class.name());
    text
}
