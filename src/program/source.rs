//! A program's text and the name the user gave it.

use std::rc::Rc;

use rustpython_vm::{VirtualMachine, builtins::PyBaseExceptionRef};

use super::error::ProgramError;

/// A program's text under its file name; cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source(Rc<Text>);

#[derive(Debug, Default, PartialEq, Eq)]
struct Text {
    file: String,
    text: String,
}

impl Source {
    /// `file` is what tracebacks and diagnostics call it; it is never opened.
    pub fn new(file: impl Into<String>, text: impl Into<String>) -> Source {
        Source(Rc::new(Text { file: file.into(), text: text.into() }))
    }

    /// The name the user gave.
    pub fn file(&self) -> &str {
        &self.0.file
    }

    /// The program.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// A line, counted from 1.
    pub(super) fn line(&self, number: u32) -> Option<&str> {
        self.0.text.lines().nth((number as usize).checked_sub(1)?)
    }

    /// The byte at which a column of a line begins; both count from 1. Past the end, the end.
    pub(super) fn offset(&self, line: u32, column: u32) -> usize {
        let start: usize =
            self.0.text.split_inclusive('\n').take((line as usize).saturating_sub(1)).map(str::len).sum();
        let within = self.line(line).unwrap_or_default();
        let column = (column as usize).saturating_sub(1);
        start + within.char_indices().nth(column).map_or(within.len(), |(offset, _)| offset)
    }

    pub(super) fn error(&self, vm: &VirtualMachine, exception: &PyBaseExceptionRef) -> ProgramError {
        ProgramError::of_exception(vm, self, exception)
    }
}
