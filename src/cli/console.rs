//! Where a command writes, and what it gets its programs from.

use std::io::{self, IsTerminal, Write};

use crate::application::Program;
use crate::scenario::{Refused, Scenario};

/// Makes the program of a scenario.
pub type Programs<'a> = &'a (dyn Fn(&Scenario) -> Result<Program, Refused> + Sync);

/// The two streams of a command and what is known of them.
pub struct Console<'a> {
    /// What was asked for.
    pub out: Stream<'a>,
    /// What went wrong.
    pub err: Stream<'a>,
    /// Columns of a line.
    pub width: usize,
    /// Whether somebody watches `err` while the command runs.
    pub is_watched: bool,
    /// Where programs come from.
    pub programs: Programs<'a>,
}

impl<'a> Console<'a> {
    /// A console of 80 columns that nobody watches.
    pub fn new(out: &'a mut dyn Write, err: &'a mut dyn Write, programs: Programs<'a>) -> Self {
        Console { out: Stream::new(out), err: Stream::new(err), width: 80, is_watched: false, programs }
    }

    /// The console of this process.
    pub(super) fn of_process(out: &'a mut dyn Write, err: &'a mut dyn Write, programs: Programs<'a>) -> Self {
        let width = terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0).max(40));
        Console { width, is_watched: io::stderr().is_terminal(), ..Console::new(out, err, programs) }
    }
}

/// A stream that may be closed at its other end (`| head`): what is written then goes nowhere, and the command still
/// comes to its exit code.
pub struct Stream<'a> {
    inner: &'a mut dyn Write,
    is_closed: bool,
}

impl<'a> Stream<'a> {
    fn new(inner: &'a mut dyn Write) -> Self {
        Stream { inner, is_closed: false }
    }
}

impl Write for Stream<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_closed {
            return Ok(bytes.len());
        }
        match self.inner.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(bytes.len())
            }
            result => result,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.inner.flush() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }
}
