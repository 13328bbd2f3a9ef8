//! Session windows: sessions of a key that overlap or touch are one.

use std::rc::Rc;
use std::sync::Arc;

use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{Array, ArrayRef, BooleanArray, PrimitiveArray, RecordBatch, UInt32Array, cast::AsArray};
use arrow_select::concat::concat;
use arrow_select::filter::filter_record_batch;
use arrow_select::take::take;
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::super::state::{Bytes, Entry};
use super::aggregate::finished;
use super::aggregation::Aggregation;
use super::codec::{RowCodec, Times, internal, joined};
use super::stage::{Batches, Operator, OperatorMetrics, Run};
use crate::sql::columns::struct_column;
use crate::sql::{DataType, OutputMode, SqlError, StructField};

pub(super) struct SessionAggregate {
    pub operator: usize,
    pub aggregation: Rc<Aggregation>,
    pub mode: OutputMode,
    /// Which key is the window.
    pub window: usize,
    /// Of the other keys.
    pub key_codec: RowCodec,
    pub window_fields: Rc<[StructField]>,
    /// Whether the window is an event-time column.
    pub timed: bool,
}

/// A session of a key: one that the state has, or one that a row begins. `row` is its place among the state's
/// sessions, then the batch's rows.
#[derive(Clone, Copy)]
struct Session {
    start: i64,
    end: i64,
    row: u32,
}

/// The state's key of a session: its other keys, and when it starts, so that a key's sessions stand in order.
fn session_key(prefix: &[u8], start: i64) -> Bytes {
    let ordered = (start as u64) ^ (1 << 63);
    prefix.iter().copied().chain(ordered.to_be_bytes()).collect()
}

/// Takes a session's key apart.
fn parts_of(key: &[u8]) -> (&[u8], i64) {
    match key.split_last_chunk::<8>() {
        Some((prefix, start)) => (prefix, (u64::from_be_bytes(*start) ^ (1 << 63)) as i64),
        None => (key, 0),
    }
}

/// The end of a session and its buffers, as the state keeps them. The end stands in the value as well, since an entry
/// has a time only where sessions are evicted.
fn value_of(end: i64, buffers: &[u8]) -> Bytes {
    end.to_be_bytes().into_iter().chain(buffers.iter().copied()).collect()
}

fn end_of(value: &[u8]) -> (i64, &[u8]) {
    match value.split_first_chunk::<8>() {
        Some((end, buffers)) => (i64::from_be_bytes(*end), buffers),
        None => (0, value),
    }
}

impl SessionAggregate {
    /// The rows of which the own window has not passed; how many had.
    fn on_time(&self, batch: RecordBatch, late: i64) -> Result<(RecordBatch, u64), SqlError> {
        if !self.timed || self.mode == OutputMode::Complete {
            return Ok((batch, 0));
        }
        let times = Times::of(batch.column(self.window));
        let kept: BooleanArray = (0..batch.num_rows()).map(|row| Some(!times.behind(row, late))).collect();
        let dropped = batch.num_rows() - kept.true_count();
        if dropped == 0 {
            return Ok((batch, 0));
        }
        Ok((filter_record_batch(&batch, &kept).map_err(|error| internal(&error))?, dropped as u64))
    }

    fn others(&self, columns: &[ArrayRef]) -> Vec<ArrayRef> {
        let keys = columns.iter().take(self.aggregation.keys.len()).enumerate();
        keys.filter(|(at, _)| *at != self.window).map(|(_, it)| it.clone()).collect()
    }

    /// Merges the batch's sessions with the state's; how many sessions were saved, and how many removed.
    fn merge(&self, batch: &RecordBatch, run: &mut Run<'_>) -> Result<(u64, u64), SqlError> {
        let it = &self.aggregation;
        let keys = self.key_codec.encode(&self.others(batch.columns()))?;
        let window = batch.column(self.window).as_struct_opt().map(|it| it.columns().to_vec()).unwrap_or_default();
        let bound =
            |at: usize| window.get(at).and_then(|it| it.as_primitive_opt::<TimestampMicrosecondType>().cloned());
        let (Some(starts), Some(ends)) = (bound(0), bound(1)) else { return Ok((0, 0)) };

        let mut by_key: IndexMap<&[u8], Vec<Session>, FxBuildHasher> = IndexMap::default();
        for row in 0..batch.num_rows() {
            let session = Session { start: starts.value(row), end: ends.value(row), row: row as u32 };
            by_key.entry(keys.row(row)).or_default().push(session);
        }

        // The state's sessions of these keys come first among the rows to merge.
        let store = run.store(0);
        let mut old: Vec<(Bytes, Bytes)> = Vec::new();
        let mut known: Vec<Vec<Session>> = Vec::new();
        for prefix in by_key.keys() {
            let mut sessions = Vec::new();
            for (key, entry) in store.with_prefix(prefix) {
                let (_, start) = parts_of(key);
                sessions.push(Session { start, end: end_of(&entry.value).0, row: old.len() as u32 });
                old.push((key.clone(), entry.value.clone()));
            }
            known.push(sessions);
        }
        let state_rows = old.len() as u32;

        let mut order: Vec<u32> = Vec::new();
        let mut groups: Vec<u32> = Vec::new();
        let mut changed: Vec<(Bytes, i64)> = Vec::new();
        let mut removed = 0;
        for ((prefix, new), mut sessions) in by_key.iter().zip(known) {
            sessions.extend(new.iter().map(|it| Session { row: it.row + state_rows, ..*it }));
            sessions.sort_by_key(|it| it.start);
            let mut rest = sessions.as_slice();
            while let Some((first, _)) = rest.split_first() {
                let (mut end, mut count) = (first.end, 0);
                // A session that begins exactly where another ends is part of it.
                while let Some(next) = rest.get(count).filter(|next| next.start <= end) {
                    end = end.max(next.end);
                    count += 1;
                }
                let (merged, others) = rest.split_at(count.max(1));
                rest = others;
                if merged.iter().all(|it| it.row < state_rows) {
                    continue;
                }
                let group = changed.len() as u32;
                for session in merged {
                    order.push(session.row);
                    groups.push(group);
                    if let Some((key, _)) = old.get(session.row as usize)
                        && session.row < state_rows
                        && session.start != first.start
                    {
                        removed += u64::from(store.remove(key));
                    }
                }
                changed.push((session_key(prefix, first.start), end));
            }
        }

        let restored = it.buffer_codec.decode(old.iter().map(|(_, value)| end_of(value).1))?;
        let order = UInt32Array::from(order);
        let buffers = batch.columns().iter().skip(it.keys.len()).enumerate().map(|(at, new)| {
            let parts: Vec<&dyn Array> = match restored.get(at) {
                Some(old) if !old.is_empty() => vec![old.as_ref(), new.as_ref()],
                _ => vec![new.as_ref()],
            };
            let all = concat(&parts).map_err(|error| internal(&error))?;
            take(&all, &order, None).map_err(|error| internal(&error))
        });
        let buffers = buffers.collect::<Result<Vec<_>, SqlError>>()?;
        let mut accumulators = it.accumulators(changed.len());
        it.merge(&mut accumulators, &groups, &buffers)?;
        let values = it.buffer_codec.encode(&it.buffers(&accumulators)?)?;
        let store = run.store(0);
        let count = changed.len() as u64;
        for (group, (key, end)) in changed.into_iter().enumerate() {
            let time = if self.timed { end } else { Entry::NEVER };
            store.put(key, Entry { time, value: value_of(end, values.row(group)) });
        }
        Ok((count, removed))
    }

    /// The aggregation's rows of some sessions of the state.
    fn rows(&self, sessions: &[(Bytes, Entry)], run: &Run<'_>) -> Result<RecordBatch, SqlError> {
        let it = &self.aggregation;
        let parts = || sessions.iter().map(|(key, _)| parts_of(key));
        let ends = sessions.iter().map(|(_, entry)| end_of(&entry.value).0);
        let instants = |values: Vec<i64>| -> ArrayRef {
            let times = PrimitiveArray::<TimestampMicrosecondType>::from_iter_values(values);
            Arc::new(times.with_data_type(DataType::Timestamp.to_arrow()))
        };
        let bounds = vec![instants(parts().map(|(_, start)| start).collect()), instants(ends.collect())];
        let window = struct_column(&self.window_fields, bounds, None, sessions.len())?;
        let mut keys = self.key_codec.decode(parts().map(|(prefix, _)| prefix))?;
        keys.insert(self.window.min(keys.len()), window);
        let buffers = it.buffer_codec.decode(sessions.iter().map(|(_, entry)| end_of(&entry.value).1))?;
        finished(it, &run.context, keys, &buffers, sessions.len())
    }
}

impl Operator for SessionAggregate {
    fn run(&self, input: Batches, run: &mut Run<'_>) -> Result<Batches, SqlError> {
        let marks = run.watermarks(self.operator);
        let mut metrics = OperatorMetrics::default();
        if let Some(batch) = joined(&self.aggregation.partial_schema, input)? {
            let (batch, dropped) = self.on_time(batch, marks.late)?;
            metrics.dropped = dropped;
            if batch.num_rows() > 0 {
                (metrics.updated, metrics.removed) = self.merge(&batch, run)?;
            }
        }
        let sessions: Vec<(Bytes, Entry)> = match self.mode {
            OutputMode::Complete => run.store(0).iter().map(|(key, entry)| (key.clone(), entry.clone())).collect(),
            OutputMode::Append | OutputMode::Update => {
                let expired = run.store(0).expired(marks.eviction.saturating_mul(1000));
                expired.iter().for_each(|(key, _)| {
                    run.store(0).remove(key);
                });
                metrics.removed += expired.len() as u64;
                expired
            }
        };
        metrics.total = run.store(0).len() as u64;
        run.output.metrics = Some((self.operator, metrics));
        if sessions.is_empty() || self.mode == OutputMode::Update {
            return Ok(Vec::new());
        }
        Ok(vec![self.rows(&sessions, run)?])
    }
}
