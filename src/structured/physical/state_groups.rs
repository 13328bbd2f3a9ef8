//! State functions: `mapGroupsWithState` and its like.

use std::rc::Rc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::super::state::{Bytes, Entry};
use super::codec::{RowCodec, Times, joined, normalized};
use super::datum_codec::{decode_state, encode_state};
use super::pipeline::evaluated;
use super::stage::{Batches, Operator, OperatorMetrics, Run};
use crate::sql::columns::{batch_of_rows, datum_at, row_of_batch};

use crate::sql::{
    Compiled, DataType, Datum, SqlError, StateCall, StateFunction, StateOutcome, StateTimeout, StructField,
};

pub(super) struct StateGroups {
    pub operator: usize,
    pub function: StateFunction,
    pub keys: Vec<Compiled>,
    pub key_types: Vec<DataType>,
    pub key_codec: RowCodec,
    pub input: Vec<StructField>,
    pub schema: SchemaRef,
    /// The event-time column among the input's.
    pub time: Option<usize>,
}

/// A key with rows in the batch.
struct Group {
    key: Vec<Datum>,
    rows: Vec<Rc<[Datum]>>,
}

/// What happened to the state, and the rows put out.
#[derive(Default)]
struct Tally {
    metrics: OperatorMetrics,
    rows: Vec<Rc<[Datum]>>,
}

impl StateGroups {
    /// The rows by key; those that are late are told to `tally`.
    fn groups(&self, batch: &RecordBatch, late: i64, run: &Run<'_>, tally: &mut Tally) -> Result<Groups, SqlError> {
        let columns: Vec<_> = evaluated(&self.keys, &run.context, batch)?.into_iter().map(normalized).collect();
        let encoded = self.key_codec.encode(&columns)?;
        let judged = self.time.filter(|_| self.function.timeout == StateTimeout::EventTime);
        let times = judged.and_then(|at| batch.columns().get(at)).map(Times::of);
        let mut groups = Groups::default();
        for row in 0..batch.num_rows() {
            if times.as_ref().is_some_and(|it| it.behind(row, late)) {
                tally.metrics.dropped += 1;
                continue;
            }
            let group = groups.entry(encoded.bytes(row)).or_insert_with(|| {
                let key = columns.iter().zip(&self.key_types);
                Group { key: key.map(|(it, data_type)| datum_at(it, data_type, row)).collect(), rows: Vec::new() }
            });
            group.rows.push(row_of_batch(&self.input, batch, row));
        }
        // Groups come in the order of their keys, as the sort below Spark's operator leaves them.
        groups.sort_unstable_keys();
        Ok(groups)
    }

    fn call(
        &self,
        key: &Bytes,
        group: &Group,
        timed_out: bool,
        run: &mut Run<'_>,
        tally: &mut Tally,
    ) -> Result<(), SqlError> {
        let watermark = self.time.map(|_| run.watermarks(self.operator).eviction);
        let processing_time = run.times.batch_time;
        let store = run.store(0);
        let old = store.get(key).cloned();
        let state = old.as_ref().map(|it| decode_state(&it.value)).transpose()?.flatten();
        let existed = state.is_some();
        let StateOutcome { state, timeout_at, rows } = (self.function.call)(StateCall {
            key: &group.key,
            rows: &group.rows,
            schema: &self.input,
            state,
            timed_out,
            watermark,
            processing_time,
            timeout: self.function.timeout,
        })?;
        tally.rows.extend(rows);

        let entry = Entry { time: timeout_at.unwrap_or(Entry::NEVER), value: encode_state(state.as_ref()) };
        let removed = existed && state.is_none() && timeout_at.is_none();
        if removed {
            tally.metrics.removed += u64::from(store.remove(key));
        } else if old.as_ref() != Some(&entry) && (old.is_some() || state.is_some() || timeout_at.is_some()) {
            // A timeout that fired leaves its key, even if there never was a state.
            store.put(key.clone(), entry);
            tally.metrics.updated += 1;
        }
        Ok(())
    }

    /// Calls the function for keys whose timeout is before now and which had no rows.
    fn time_out(&self, seen: &Groups, run: &mut Run<'_>, tally: &mut Tally) -> Result<(), SqlError> {
        let now = match self.function.timeout {
            StateTimeout::NoTimeout => return Ok(()),
            StateTimeout::ProcessingTime => run.times.batch_time,
            StateTimeout::EventTime => run.watermarks(self.operator).eviction,
        };
        let mut due = run.store(0).expired(now.saturating_sub(1));
        due.retain(|(key, _)| !seen.contains_key(key));
        due.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        for (key, _) in due {
            let columns = self.key_codec.decode([key.as_ref()])?;
            let parts = columns.iter().zip(&self.key_types);
            let group =
                Group { key: parts.map(|(it, data_type)| datum_at(it, data_type, 0)).collect(), rows: Vec::new() };
            self.call(&key, &group, true, run, tally)?;
        }
        Ok(())
    }
}

type Groups = IndexMap<Bytes, Group, FxBuildHasher>;

impl Operator for StateGroups {
    fn run(&self, input: Batches, run: &mut Run<'_>) -> Result<Batches, SqlError> {
        let mut tally = Tally::default();
        let mut groups = Groups::default();
        if let Some(batch) = joined(&self.schema, input)? {
            let late = run.watermarks(self.operator).late;
            groups = self.groups(&batch, late, run, &mut tally)?;
        }
        for (key, group) in &groups {
            self.call(key, group, false, run, &mut tally)?;
        }
        self.time_out(&groups, run, &mut tally)?;
        tally.metrics.total = run.store(0).len() as u64;
        run.output.metrics = Some((self.operator, tally.metrics));
        if tally.rows.is_empty() {
            return Ok(Vec::new());
        }
        Ok(vec![batch_of_rows(&self.function.output, &tally.rows)?])
    }
}
