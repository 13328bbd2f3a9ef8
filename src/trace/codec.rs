//! A trace as JSON lines: one record a line.

use std::io::{self, BufRead, Write};

use super::Record;

/// A trace file that can't be read.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    #[error("line {line}: not a trace record: {source}")]
    Malformed { line: usize, source: serde_json::Error },
    #[error("line {line}: {source}")]
    Unreadable { line: usize, source: io::Error },
}

/// Writes one record and a line feed.
pub fn write_record(record: &Record, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, record)?;
    out.write_all(b"\n")
}

/// Reads records until the end, or up to the first line that is none.
pub fn read_trace(input: impl BufRead) -> impl Iterator<Item = Result<Record, TraceError>> {
    let mut failed = false;
    input.lines().enumerate().map_while(move |(index, line)| {
        if failed {
            return None;
        }
        let line_number = index + 1;
        let record = line.map_err(|source| TraceError::Unreadable { line: line_number, source }).and_then(|text| {
            serde_json::from_str(&text).map_err(|source| TraceError::Malformed { line: line_number, source })
        });
        failed = record.is_err();
        Some(record)
    })
}
