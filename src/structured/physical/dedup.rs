//! `dropDuplicates`, with and without expiry.

use std::rc::Rc;

use arrow_schema::SchemaRef;

use super::super::state::{Bytes, Entry};
use super::codec::{RowCodec, Times, joined, normalized};
use super::pipeline::taken;
use super::stage::{Batches, Operator, OperatorMetrics, Run};
use crate::sql::SqlError;

pub(super) struct Deduplicate {
    pub operator: usize,
    /// The keys among the input's columns.
    pub keys: Vec<usize>,
    pub key_codec: RowCodec,
    /// The event-time column among the input's: rows behind the watermark are late.
    pub time: Option<usize>,
    pub expiry: Expiry,
    pub schema: SchemaRef,
}

/// When a key is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expiry {
    Never,
    /// When the watermark has reached the time that is among the keys.
    OwnTime,
    /// `dropDuplicatesWithinWatermark`: when it has reached the first row's time and this many microseconds more.
    After(i64),
}

impl Deduplicate {
    fn expires(&self, time: Option<i64>) -> i64 {
        match self.expiry {
            Expiry::Never => Entry::NEVER,
            Expiry::OwnTime => time.unwrap_or(Entry::NEVER),
            // A row without a time counts as one of 1970.
            Expiry::After(delay) => time.unwrap_or(0).saturating_add(delay),
        }
    }
}

impl Operator for Deduplicate {
    fn run(&self, input: Batches, run: &mut Run<'_>) -> Result<Batches, SqlError> {
        let marks = run.watermarks(self.operator);
        let mut metrics = OperatorMetrics::default();
        let mut output = Vec::new();
        if let Some(batch) = joined(&self.schema, input)? {
            let columns: Vec<_> =
                self.keys.iter().filter_map(|at| batch.columns().get(*at)).map(|it| normalized(it.clone())).collect();
            let keys = self.key_codec.encode(&columns)?;
            let times = self.time.and_then(|at| batch.columns().get(at)).map(Times::of);
            let nothing: Bytes = Rc::from([]);
            let mut first = Vec::new();
            let store = run.store(0);
            for row in 0..batch.num_rows() {
                if times.as_ref().is_some_and(|it| it.behind(row, marks.late)) {
                    metrics.dropped += 1;
                } else if store.get(keys.row(row)).is_none() {
                    let time = self.expires(times.as_ref().and_then(|it| it.at(row)));
                    store.put(keys.bytes(row), Entry { time, value: nothing.clone() });
                    first.push(row as u32);
                }
            }
            metrics.updated = first.len() as u64;
            if !first.is_empty() {
                output.push(taken(&batch, first)?);
            }
        }
        let store = run.store(0);
        for (key, _) in store.expired(marks.eviction.saturating_mul(1000)) {
            store.remove(&key);
            metrics.removed += 1;
        }
        metrics.total = store.len() as u64;
        run.output.metrics = Some((self.operator, metrics));
        Ok(output)
    }
}
