//! A streaming aggregation: `StateStoreRestore`, the merge, `StateStoreSave` and the final aggregation in one.

use std::rc::Rc;

use arrow_array::{ArrayRef, BooleanArray, RecordBatch};
use arrow_select::filter::filter_record_batch;

use super::aggregation::Aggregation;
use super::codec::{Times, internal, joined};
use super::stage::{Batches, Operator, OperatorMetrics, Run};
use crate::sql::{Context, OutputMode, SqlError};

use super::super::state::{Bytes, Entry};

pub(super) struct StateAggregate {
    pub operator: usize,
    pub aggregation: Rc<Aggregation>,
    pub mode: OutputMode,
    /// Which key is the event-time column, if one is.
    pub time_key: Option<usize>,
}

impl StateAggregate {
    /// The rows' groups without those that are late; how many groups were.
    fn on_time(&self, batch: RecordBatch, late: i64) -> Result<(RecordBatch, u64), SqlError> {
        let (Some(key), OutputMode::Append | OutputMode::Update) = (self.time_key, self.mode) else {
            return Ok((batch, 0));
        };
        let times = Times::of(batch.column(key));
        let rows = batch.num_rows();
        if !(0..rows).any(|row| times.behind(row, late)) {
            return Ok((batch, 0));
        }
        let keys = batch.columns().get(..self.aggregation.keys.len()).unwrap_or_default();
        let (groups, _, count) = self.aggregation.interned(keys, rows)?;
        let mut dropped = vec![false; count];
        let kept: BooleanArray = (0..rows)
            .map(|row| {
                let behind = times.behind(row, late);
                if let Some(group) = groups.get(row).and_then(|it| dropped.get_mut(*it as usize)) {
                    *group |= behind;
                }
                Some(!behind)
            })
            .collect();
        let dropped = dropped.into_iter().filter(|it| *it).count() as u64;
        Ok((filter_record_batch(&batch, &kept).map_err(|error| internal(&error))?, dropped))
    }

    /// Merges the batch's buffers with the state's, saves them, and gives how many groups there are and their
    /// rows, where those come out.
    fn update(&self, batch: &RecordBatch, run: &mut Run<'_>) -> Result<(u64, Option<RecordBatch>), SqlError> {
        let it = &self.aggregation;
        let keys = batch.columns().get(..it.keys.len()).unwrap_or_default();
        let partials = batch.columns().get(it.keys.len()..).unwrap_or_default();
        let (groups, keys, count) = it.interned(keys, batch.num_rows())?;
        let encoded = it.key_codec.encode(&keys)?;
        let keys_of: Vec<Bytes> = (0..count).map(|group| encoded.bytes(group)).collect();

        let mut accumulators = it.accumulators(count);
        let store = run.store(0);
        let (known, values): (Vec<u32>, Vec<Bytes>) = keys_of
            .iter()
            .enumerate()
            .filter_map(|(group, key)| Some((group as u32, store.get(key)?.value.clone())))
            .unzip();
        if !known.is_empty() {
            let restored = it.buffer_codec.decode(values.iter().map(|it| it.as_ref()))?;
            it.merge(&mut accumulators, &known, &restored)?;
        }
        if batch.num_rows() > 0 {
            it.merge(&mut accumulators, &groups, partials)?;
        }
        let buffers = it.buffer_codec.encode(&it.buffers(&accumulators)?)?;
        let times = self.time_key.and_then(|key| keys.get(key)).map(Times::of);
        for (group, key) in keys_of.into_iter().enumerate() {
            let time = times.as_ref().and_then(|it| it.at(group)).unwrap_or(Entry::NEVER);
            store.put(key, Entry { time, value: buffers.bytes(group) });
        }
        if self.mode != OutputMode::Update {
            return Ok((count as u64, None));
        }
        Ok((count as u64, Some(it.results(&run.context, keys, &accumulators, count)?)))
    }
}

/// The rows of groups as the state holds them.
pub(super) fn stored<'a>(
    aggregation: &Aggregation,
    context: &Context,
    rows: impl ExactSizeIterator<Item = (&'a Bytes, &'a Entry)> + Clone,
) -> Result<RecordBatch, SqlError> {
    let count = rows.len();
    let keys = aggregation.key_codec.decode(rows.clone().map(|(key, _)| key.as_ref()))?;
    let buffers = aggregation.buffer_codec.decode(rows.map(|(_, entry)| entry.value.as_ref()))?;
    finished(aggregation, context, keys, &buffers, count)
}

/// The rows of groups with these buffers.
pub(super) fn finished(
    aggregation: &Aggregation,
    context: &Context,
    keys: Vec<ArrayRef>,
    buffers: &[ArrayRef],
    count: usize,
) -> Result<RecordBatch, SqlError> {
    let mut accumulators = aggregation.accumulators(count);
    let groups: Vec<u32> = (0..count as u32).collect();
    aggregation.merge(&mut accumulators, &groups, buffers)?;
    aggregation.results(context, keys, &accumulators, count)
}

impl Operator for StateAggregate {
    fn run(&self, input: Batches, run: &mut Run<'_>) -> Result<Batches, SqlError> {
        let marks = run.watermarks(self.operator);
        let mut metrics = OperatorMetrics::default();
        let mut output = Vec::new();
        let mut batch = None;
        if let Some(rows) = joined(&self.aggregation.partial_schema, input)? {
            let (rows, dropped) = self.on_time(rows, marks.late)?;
            metrics.dropped = dropped;
            batch = (rows.num_rows() > 0).then_some(rows);
        }
        // An aggregation without keys has its group even where there are no rows.
        if batch.is_none() && self.aggregation.keys.is_empty() {
            batch = Some(RecordBatch::new_empty(self.aggregation.partial_schema.clone()));
        }
        if let Some(batch) = batch {
            let (updated, rows) = self.update(&batch, run)?;
            metrics.updated = updated;
            output.extend(rows);
        }
        match self.mode {
            OutputMode::Complete => {
                let rows: Vec<(Bytes, Entry)> =
                    run.store(0).iter().map(|(key, entry)| (key.clone(), entry.clone())).collect();
                if !rows.is_empty() {
                    let rows = rows.iter().map(|(key, entry)| (key, entry));
                    output.push(stored(&self.aggregation, &run.context, rows)?);
                }
            }
            OutputMode::Append | OutputMode::Update => {
                let expired = run.store(0).expired(marks.eviction.saturating_mul(1000));
                if self.mode == OutputMode::Append && !expired.is_empty() {
                    let rows = expired.iter().map(|(key, entry)| (key, entry));
                    output.push(stored(&self.aggregation, &run.context, rows)?);
                }
                for (key, _) in &expired {
                    run.store(0).remove(key);
                }
                metrics.removed = expired.len() as u64;
            }
        }
        metrics.total = run.store(0).len() as u64;
        run.output.metrics = Some((self.operator, metrics));
        Ok(output)
    }
}
