//! Tells a run while it happens: each batch as it completes with its tables, what was printed, and what broke.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::look::{Look, clock, count, span};
use super::table;
use crate::sim::{Duration, Time};
use crate::trace::{Batch, BatchStatus, Event, Record, Summary};

/// Tables and batches are indented by this.
const INDENT: usize = 4;

/// What a receiver says that was stopped as it should be.
const STOPPED_BY_DRIVER: &str = "Stopped by driver";

/// Tells a run to somebody.
pub struct Narrator<'a> {
    out: &'a mut dyn Write,
    look: &'a Look,
    start: Time,
    /// Rows of a table that are shown.
    rows: usize,
    result: io::Result<()>,
}

impl<'a> Narrator<'a> {
    pub fn new(out: &'a mut dyn Write, look: &'a Look, start: Time, rows: usize) -> Self {
        Narrator { out, look, start, rows, result: Ok(()) }
    }

    /// Takes in one fact, and the batch it completed.
    pub fn tell(&mut self, record: &Record, completed: Option<u64>, summary: &Summary) {
        if self.result.is_ok() {
            self.result = match completed.and_then(|batch| summary.batches.get(&batch)) {
                Some(batch) => self.batch(batch),
                None => self.event(record),
            };
        }
    }

    /// Whether all could be told.
    pub fn finish(self) -> io::Result<()> {
        self.result
    }

    fn batch(&mut self, batch: &Batch) -> io::Result<()> {
        let look = self.look;
        let time = Time::from_millis(batch.batch_time).since(self.start).to_string();
        let records = count(batch.records as usize, "record ", "records");
        let facts = [("scheduling delay", batch.scheduling_delay()), ("processing time", batch.processing_time())];
        let facts = facts.map(|(name, micros)| format!("{name} {:>7}", span(micros.unwrap_or(0))));
        let head = look.strong(format!("batch {time:>7}"));
        let failed = if batch.status == BatchStatus::Failed { look.violated("failed") } else { String::new() };
        let line = format!("{head}  {records:>12}  {}  {failed}", look.faint(facts.join("  ")));
        writeln!(self.out, "{}", line.trim_end())?;
        let indent = " ".repeat(INDENT);
        for (name, output) in &batch.outputs {
            if let Some(failure) = &output.failure {
                let words = look.violated("failed");
                let reason = look.wrap(&format!("{}: {}", failure.class, failure.message), INDENT);
                writeln!(self.out, "  {words} {name}\n{indent}{reason}")?;
            } else if !output.rows.is_empty() {
                writeln!(self.out, "  {name}")?;
                let columns = look.width.saturating_sub(INDENT);
                for line in table::lines(&output.rows, output.more, self.rows, look, columns) {
                    writeln!(self.out, "{indent}{line}")?;
                }
            }
        }
        Ok(())
    }

    fn event(&mut self, record: &Record) -> io::Result<()> {
        let look = self.look;
        let since_start = Time(record.at).since(self.start);
        let (word, text) = match &record.event {
            Event::Printed { line } => {
                for line in line.lines() {
                    writeln!(self.out, "  {} {}", look.faint(look.bar()), printable(line))?;
                }
                return Ok(());
            }
            Event::NodeCrashed { name } => (look.fault("crash"), format!("{name} is down")),
            Event::NodeStarted { name } if since_start > Duration::ZERO => {
                (look.mended("restart"), format!("{name} is up again"))
            }
            Event::NodePaused { name } => (look.fault("pause"), format!("{name} stands still")),
            Event::NodeResumed { name } => (look.mended("resume"), format!("{name} goes on")),
            Event::NodeSlowed { name, factor: 0 | 1 } => (look.mended("usual speed"), name.to_string()),
            Event::NodeSlowed { name, factor } => (look.fault("slow"), format!("{name} takes {factor} times as long")),
            Event::NetworkPartitioned { groups } => {
                let groups: Vec<String> = groups.iter().map(|group| group.join(", ")).collect();
                (look.fault("partition"), groups.join(" | "))
            }
            Event::NetworkHealed => (look.mended("heal"), "all reach each other again".into()),
            Event::ExecutorLost { executor, reason } => {
                (look.warning("executor lost"), format!("{executor}: {reason}"))
            }
            Event::ReceiverError { stream, message } => {
                (look.warning("receiver error"), format!("stream {stream}: {message}"))
            }
            Event::ReceiverStopped { stream, message } if message != STOPPED_BY_DRIVER => {
                (look.warning("receiver stopped"), format!("stream {stream}: {message}"))
            }
            Event::Warning { message } => (look.warning("warning"), message.clone()),
            Event::ProgramEnded { failure: Some(failure) } => {
                (look.violated("the program failed"), format!("{}: {}", failure.class, failure.message))
            }
            _ => return Ok(()),
        };
        let head = format!("{:>9}  {word}  ", clock(since_start.0));
        let columns = anstream::adapter::strip_str(&head).to_string().width();
        let (text, indent) = if columns + text.width() <= look.width {
            (text, String::new())
        } else {
            (look.wrap(&text, INDENT), format!("\n{}", " ".repeat(INDENT)))
        };
        writeln!(self.out, "{}{indent}{text}", if indent.is_empty() { &head } else { head.trim_end() })
    }
}

/// What a program printed, without what would move a terminal's cursor.
fn printable(line: &str) -> String {
    line.chars().map(|letter| if letter.is_control() && letter != '\t' { '\u{fffd}' } else { letter }).collect()
}
