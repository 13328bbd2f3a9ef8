//! Two streams joined: `StreamingSymmetricHashJoin`.
//!
//! Each side's rows are joined with what the other side's state holds, then stored; the left side goes first, so that
//! each pair meets once. What the watermark says can't match any more is evicted, and rows of an outer side that
//! never matched come out then, with nulls.

use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch, UInt32Array, cast::AsArray};
use arrow_schema::SchemaRef;
use arrow_select::filter::filter_record_batch;
use arrow_select::take::take;

use super::super::predicates::state_value_watermark;
use super::super::state::{Bytes, Entry};
use super::codec::{Encoded, RowCodec, Times, batch_of, internal, joined, normalized};
use super::pipeline::{evaluated, nulls_like, taken};
use super::stage::{Batches, Operator, OperatorMetrics, Run};
use crate::sql::{Attribute, Compiled, JoinKind, SqlError, Typed};

/// How a side's state is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    Never,
    /// By the key that is an event-time column, of one side at least.
    Key(usize),
    /// By the side's own event-time column and the condition's range.
    Value(usize),
}

/// One side of a join.
pub(super) struct Side {
    pub columns: Vec<Attribute>,
    pub schema: SchemaRef,
    pub keys: Vec<Compiled>,
    /// What of the condition this side's columns decide alone.
    pub condition: Option<Compiled>,
    /// The event-time column, by which rows are late.
    pub time: Option<usize>,
    pub bound: Bound,
    pub codec: RowCodec,
}

pub(super) struct SymmetricHashJoin {
    pub operator: usize,
    pub kind: JoinKind,
    /// Left, right.
    pub sides: [Side; 2],
    pub key_codec: RowCodec,
    /// What of the condition needs both sides.
    pub condition: Option<Compiled>,
    /// The whole condition without the equal keys, in parts.
    pub parts: Vec<Typed>,
    /// Both sides' columns.
    pub pairs: SchemaRef,
    pub output: SchemaRef,
}

/// How old what may be forgotten is, in milliseconds; `None` where nothing may.
pub(super) fn state_watermark(side: &Side, other: &Side, parts: &[Typed], watermark: i64) -> Option<i64> {
    match side.bound {
        Bound::Never => None,
        Bound::Key(_) => Some(watermark),
        Bound::Value(_) => state_value_watermark(&side.columns, &other.columns, parts, watermark),
    }
}

impl SymmetricHashJoin {
    /// Whether the watermark evicts anything: only then is a batch without data worth its while.
    pub fn evicts(&self) -> bool {
        let [left, right] = &self.sides;
        state_watermark(left, right, &self.parts, 0).is_some() || state_watermark(right, left, &self.parts, 0).is_some()
    }

    /// The watermark that the rows put out keep to.
    pub fn output_watermark(&self, watermark: i64) -> i64 {
        let [left, right] = &self.sides;
        let states = [
            state_watermark(left, right, &self.parts, watermark),
            state_watermark(right, left, &self.parts, watermark),
        ];
        states.into_iter().flatten().fold(watermark, i64::min)
    }

    /// Whether unmatched rows of a side come out.
    fn outer(&self, side: usize) -> bool {
        match self.kind {
            JoinKind::FullOuter => true,
            JoinKind::LeftOuter => side == 0,
            JoinKind::RightOuter => side == 1,
            _ => false,
        }
    }

    fn semi(&self) -> bool {
        self.kind == JoinKind::LeftSemi
    }

    /// Rows of one side beside nulls for the other.
    fn with_nulls(&self, side: usize, columns: &[ArrayRef], rows: usize) -> Result<RecordBatch, SqlError> {
        let left = self.sides[0].columns.len();
        let all = self.pairs.fields().len();
        let own = if side == 0 { 0..left } else { left..all };
        let columns = (0..all).map(|at| match columns.get(at.wrapping_sub(own.start)) {
            Some(column) if own.contains(&at) => column.clone(),
            _ => nulls_like(&self.pairs, at, rows),
        });
        batch_of(&self.output, columns.collect(), rows)
    }

    /// Takes in one side's rows.
    fn take_in(
        &self,
        at: usize,
        batch: RecordBatch,
        run: &mut Run<'_>,
        (metrics, output): (&mut OperatorMetrics, &mut Batches),
    ) -> Result<(), SqlError> {
        let side = &self.sides[at];
        let marks = run.watermarks(self.operator);
        let Some(batch) = self.on_time(side, batch, marks.late, metrics)? else { return Ok(()) };
        let Some(batch) = self.able(at, batch, run, output)? else { return Ok(()) };

        let rows = batch.num_rows();
        let key_columns: Vec<ArrayRef> =
            evaluated(&side.keys, &run.context, &batch)?.into_iter().map(normalized).collect();
        let keys = self.key_codec.encode(&key_columns)?;
        let matched = self.matches(at, &batch, &keys, run, output)?;

        // Left rows are kept for the batch's right rows, which come after them, but for those of a semi join that have
        // come out; right rows that can't match what comes only to be evicted at once, if that puts them out.
        let other = &self.sides[1 - at];
        let limit = state_watermark(side, other, &self.parts, marks.eviction).map(|it| it.saturating_mul(1000));
        let times = match side.bound {
            Bound::Never => None,
            Bound::Key(key) => key_columns.get(key).map(Times::of),
            Bound::Value(column) => batch.columns().get(column).map(Times::of),
        };
        let times = times.filter(|_| limit.is_some());
        let encoded = side.codec.encode(batch.columns())?;
        let batch_id = run.times.id;
        let store = run.store(at);
        for (row, matched) in matched.iter().enumerate().take(rows) {
            let time = times.as_ref().and_then(|it| it.at(row)).unwrap_or(Entry::NEVER);
            let kept = match at {
                0 => !(self.semi() && *matched),
                _ => limit.is_none_or(|it| time > it) || (self.outer(at) && !*matched),
            };
            if !kept {
                continue;
            }
            // Rows of one key are told apart by when they came, which keeps them in order too.
            let came = batch_id.to_be_bytes().into_iter().chain((row as u32).to_be_bytes());
            let key: Bytes = keys.row(row).iter().copied().chain(came).collect();
            let value = std::iter::once(u8::from(*matched)).chain(encoded.row(row).iter().copied()).collect();
            store.put(key, Entry { time, value });
            metrics.updated += 1;
        }
        Ok(())
    }

    /// The rows that are not late.
    fn on_time(
        &self,
        side: &Side,
        batch: RecordBatch,
        late: i64,
        metrics: &mut OperatorMetrics,
    ) -> Result<Option<RecordBatch>, SqlError> {
        let Some(times) = side.time.and_then(|at| batch.columns().get(at)).map(Times::of) else {
            return Ok(Some(batch));
        };
        let kept: Vec<u32> =
            (0..batch.num_rows()).filter(|row| !times.behind(*row, late)).map(|it| it as u32).collect();
        metrics.dropped += (batch.num_rows() - kept.len()) as u64;
        if kept.is_empty() { Ok(None) } else { taken(&batch, kept).map(Some) }
    }

    /// The rows that the condition on this side alone lets match; the others of an outer side come out at once.
    fn able(
        &self,
        at: usize,
        batch: RecordBatch,
        run: &Run<'_>,
        output: &mut Batches,
    ) -> Result<Option<RecordBatch>, SqlError> {
        let Some(condition) = &self.sides[at].condition else { return Ok(Some(batch)) };
        let mask = condition.evaluate(&run.context, &batch)?;
        let holds: Vec<bool> = match mask.as_boolean_opt() {
            Some(mask) => (0..mask.len()).map(|row| mask.is_valid(row) && mask.value(row)).collect(),
            None => vec![false; batch.num_rows()],
        };
        let rows = |wanted: bool| -> Vec<u32> {
            holds.iter().enumerate().filter(|(_, it)| **it == wanted).map(|(row, _)| row as u32).collect()
        };
        let refused = rows(false);
        if self.outer(at) && !refused.is_empty() {
            let count = refused.len();
            output.push(self.with_nulls(at, taken(&batch, refused)?.columns(), count)?);
        }
        let able = rows(true);
        if able.is_empty() { Ok(None) } else { taken(&batch, able).map(Some) }
    }

    /// Joins rows of one side with the other side's state, and says which matched.
    fn matches(
        &self,
        at: usize,
        batch: &RecordBatch,
        keys: &Encoded,
        run: &mut Run<'_>,
        output: &mut Batches,
    ) -> Result<Vec<bool>, SqlError> {
        let mut matched = vec![false; batch.num_rows()];
        let store = run.store(1 - at);
        let mut rows: Vec<u32> = Vec::new();
        let mut stored: Vec<(Bytes, Entry)> = Vec::new();
        for row in 0..batch.num_rows() {
            for (key, entry) in store.with_prefix(keys.row(row)) {
                rows.push(row as u32);
                stored.push((key.clone(), entry.clone()));
            }
        }
        if rows.is_empty() {
            return Ok(matched);
        }
        let count = rows.len();
        let own = UInt32Array::from(rows.clone());
        let own = batch.columns().iter().map(|it| take(it, &own, None).map_err(|error| internal(&error)));
        let own = own.collect::<Result<Vec<_>, _>>()?;
        let values = stored.iter().map(|(_, entry)| entry.value.get(1..).unwrap_or_default());
        let others = self.sides[1 - at].codec.decode(values)?;
        let columns = if at == 0 { [own, others].concat() } else { [others, own].concat() };
        let pairs = batch_of(&self.pairs, columns, count)?;
        let holds = match &self.condition {
            Some(condition) => {
                let mask = condition.evaluate(&run.context, &pairs)?;
                match mask.as_boolean_opt() {
                    Some(mask) => (0..count).map(|pair| mask.is_valid(pair) && mask.value(pair)).collect(),
                    None => vec![false; count],
                }
            }
            None => vec![true; count],
        };

        let flags = self.semi() || self.outer(1 - at);
        let store = run.store(1 - at);
        let mut kept = vec![false; count];
        for (pair, holds) in holds.into_iter().enumerate() {
            let (Some(row), Some((key, entry))) = (rows.get(pair), stored.get(pair)) else { continue };
            if !holds {
                continue;
            }
            let first = matched.get_mut(*row as usize).is_some_and(|it| !std::mem::replace(it, true));
            // Another row of this batch may have matched it meanwhile.
            let known = || store.get(key).and_then(|it| it.value.first().copied()) == Some(1);
            let was_matched = flags && known();
            if flags && !was_matched {
                let value = std::iter::once(1).chain(entry.value.iter().skip(1).copied()).collect();
                store.put(key.clone(), Entry { time: entry.time, value });
            }
            kept[pair] = match self.semi() {
                true if at == 0 => first,
                true => !was_matched,
                false => true,
            };
        }
        let kept = BooleanArray::from(kept);
        if kept.true_count() > 0 {
            let chosen = filter_record_batch(&pairs, &kept).map_err(|error| internal(&error))?;
            let columns = chosen.columns().iter().take(self.output.fields().len()).cloned().collect();
            output.push(batch_of(&self.output, columns, chosen.num_rows())?);
        }
        Ok(matched)
    }

    /// Forgets what can't match any more; what never did comes out of an outer side.
    fn evict(
        &self,
        at: usize,
        run: &mut Run<'_>,
        (metrics, output): (&mut OperatorMetrics, &mut Batches),
    ) -> Result<(), SqlError> {
        let eviction = run.watermarks(self.operator).eviction;
        let Some(limit) = state_watermark(&self.sides[at], &self.sides[1 - at], &self.parts, eviction) else {
            return Ok(());
        };
        let store = run.store(at);
        let expired = store.expired(limit.saturating_mul(1000));
        for (key, _) in &expired {
            store.remove(key);
        }
        metrics.removed += expired.len() as u64;
        if !self.outer(at) {
            return Ok(());
        }
        let unmatched: Vec<&[u8]> = expired
            .iter()
            .filter_map(|(_, entry)| entry.value.split_first())
            .filter(|(matched, _)| **matched == 0)
            .map(|(_, row)| row)
            .collect();
        if !unmatched.is_empty() {
            let count = unmatched.len();
            output.push(self.with_nulls(at, &self.sides[at].codec.decode(unmatched)?, count)?);
        }
        Ok(())
    }
}

impl Operator for SymmetricHashJoin {
    fn run(&self, input: Batches, run: &mut Run<'_>) -> Result<Batches, SqlError> {
        let mut metrics = OperatorMetrics::default();
        let mut output = Vec::new();
        let second = std::mem::take(&mut run.second);
        for (at, rows) in [input, second].into_iter().enumerate() {
            if let Some(batch) = joined(&self.sides[at].schema, rows)? {
                self.take_in(at, batch, run, (&mut metrics, &mut output))?;
            }
        }
        for at in 0..2 {
            self.evict(at, run, (&mut metrics, &mut output))?;
        }
        metrics.total = (run.store(0).len() + run.store(1).len()) as u64;
        run.output.metrics = Some((self.operator, metrics));
        Ok(output)
    }
}
