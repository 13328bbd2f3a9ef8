//! The logs of a checkpoint: `offsets/N`, `commits/N` and `metadata`, in Spark's own format.
//!
//! A log file is a version line (`v1`) and a line of JSON for each entry. What can't be read is refused with Spark's
//! words: a query never guesses where it stands.

use std::rc::Rc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::QueryError;

const VERSION: u32 = 1;

/// Settings that a checkpoint keeps: a restart goes on with the values that the first run had. In the order in which
/// Spark writes them, with the values that this engine has where nobody sets them.
pub const PINNED: &[(&str, &str)] = &[
    (
        "spark.sql.streaming.stateStore.providerClass",
        "org.apache.spark.sql.execution.streaming.state.HDFSBackedStateStoreProvider",
    ),
    ("spark.sql.streaming.join.stateFormatVersion", "2"),
    ("spark.sql.streaming.stateStore.compression.codec", "lz4"),
    ("spark.sql.optimizer.pruneFiltersCanPruneStreamingSubplan", "false"),
    ("spark.sql.streaming.stateStore.rocksdb.formatVersion", "5"),
    ("spark.sql.streaming.statefulOperator.useStrictDistribution", "true"),
    ("spark.sql.streaming.flatMapGroupsWithState.stateFormatVersion", "2"),
    ("spark.sql.streaming.multipleWatermarkPolicy", "min"),
    ("spark.sql.streaming.aggregation.stateFormatVersion", "2"),
    ("spark.sql.shuffle.partitions", "200"),
];

/// The second line of `offsets/N`: what a batch runs with besides its data. `OffsetSeqMetadata`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OffsetSeqMetadata {
    /// The watermark that the batch runs with, in milliseconds.
    #[serde(default)]
    pub batch_watermark_ms: i64,
    /// The batch's processing time, in milliseconds: `current_timestamp` of every attempt.
    #[serde(default)]
    pub batch_timestamp_ms: i64,
    #[serde(default)]
    pub conf: IndexMap<Rc<str>, Rc<str>>,
}

/// `offsets/N`: where each source ends in batch N, as the source's own JSON; none where it has given nothing yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OffsetSeq {
    pub offsets: Vec<Option<Rc<str>>>,
    pub metadata: OffsetSeqMetadata,
}

/// `commits/N`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommitMetadata {
    #[serde(default)]
    pub next_batch_watermark_ms: i64,
}

/// How a source without an offset is written.
const NO_OFFSET: &str = "-";

impl OffsetSeq {
    /// The file's text.
    pub fn to_text(&self) -> String {
        let mut text = format!("v{VERSION}\n{}", serde_json::to_string(&self.metadata).unwrap_or_default());
        for offset in &self.offsets {
            text.push('\n');
            text.push_str(offset.as_deref().unwrap_or(NO_OFFSET));
        }
        text
    }

    /// Reads the file's text.
    ///
    /// # Errors
    /// A file that is empty, of another version, or whose second line is no metadata.
    pub fn parse(path: &str, text: &str) -> Result<Self, QueryError> {
        let mut lines = entries(path, text)?;
        let metadata = json(path, lines.next().unwrap_or("{}"))?;
        let offsets = lines.map(|line| (line != NO_OFFSET).then(|| line.into())).collect();
        Ok(OffsetSeq { offsets, metadata })
    }
}

impl CommitMetadata {
    /// The file's text.
    pub fn to_text(self) -> String {
        format!("v{VERSION}\n{}", serde_json::to_string(&self).unwrap_or_default())
    }

    /// Reads the file's text.
    ///
    /// # Errors
    /// A file that is empty, of another version, or whose second line is no metadata.
    pub fn parse(path: &str, text: &str) -> Result<Self, QueryError> {
        match entries(path, text)?.next() {
            Some(line) => json(path, line),
            None => Ok(CommitMetadata::default()),
        }
    }
}

/// `metadata`: the query's identity, which outlives its runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamMetadata {
    pub id: Rc<str>,
}

impl StreamMetadata {
    /// The file's text.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads the file's text.
    ///
    /// # Errors
    /// Text that is no such JSON.
    pub fn parse(path: &str, text: &str) -> Result<Self, QueryError> {
        json(path, text)
    }
}

/// The lines of a log file after its version, which must be ours or older.
pub fn entries<'a>(path: &str, text: &'a str) -> Result<impl Iterator<Item = &'a str> + use<'a>, QueryError> {
    let mut lines = text.lines();
    let Some(first) = lines.next() else {
        return Err(QueryError::illegal_state("Incomplete log file"));
    };
    let version = first.strip_prefix('v').and_then(|digits| digits.parse::<u32>().ok()).filter(|version| *version > 0);
    match version {
        Some(version) if version <= VERSION => Ok(lines),
        Some(version) => Err(QueryError::illegal_state(format!(
            "UnsupportedLogVersion: maximum supported log version is v{VERSION}, but encountered v{version}. The log \
             file was produced by a newer version of Spark and cannot be read by this version. Please upgrade."
        ))),
        None => Err(QueryError::illegal_state(format!(
            "Log file was malformed: failed to read correct log version from {first}."
        ))),
    }
    .map_err(|error| error.at(path))
}

fn json<T: for<'de> Deserialize<'de>>(path: &str, line: &str) -> Result<T, QueryError> {
    serde_json::from_str(line).map_err(|error| QueryError::illegal_state(format!("{path}: {error}")))
}

/// A log file of this batch, below the checkpoint: `offsets/7`.
pub fn log_path(checkpoint: &str, log: &str, batch: u64) -> String {
    format!("{checkpoint}/{log}/{batch}")
}

/// The batches of a log, in order, from the paths of its directory.
pub fn batches<'a>(paths: impl IntoIterator<Item = &'a Rc<str>>) -> Vec<u64> {
    let number = |path: &Rc<str>| path.rsplit('/').next().and_then(|name| name.parse().ok());
    let mut batches: Vec<u64> = paths.into_iter().filter_map(number).collect();
    batches.sort_unstable();
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_log_is_read_as_it_was_written() {
        let conf = [("spark.sql.shuffle.partitions".into(), "2".into())].into_iter().collect();
        let metadata = OffsetSeqMetadata { batch_watermark_ms: 9, batch_timestamp_ms: 10, conf };
        let seq = OffsetSeq { offsets: vec![Some("{\"logOffset\":0}".into()), None], metadata };
        let text = seq.to_text();
        assert_eq!(
            text,
            "v1\n{\"batchWatermarkMs\":9,\"batchTimestampMs\":10,\"conf\":{\"spark.sql.shuffle.partitions\":\"2\"}}\n\
             {\"logOffset\":0}\n-"
        );
        assert_eq!(OffsetSeq::parse("offsets/0", &text), Ok(seq));
    }

    #[test]
    fn a_damaged_log_is_refused() {
        let message = |text| CommitMetadata::parse("commits/2", text).map_err(|error| error.to_string());
        assert!(message("").is_err_and(|error| error.contains("Incomplete log file")));
        assert!(message("{}").is_err_and(|error| error.contains("Log file was malformed")));
        assert!(message("v99\n{}").is_err_and(|error| error.contains("UnsupportedLogVersion")));
        assert_eq!(message("v1\n{}"), Ok(CommitMetadata::default()));
    }
}
