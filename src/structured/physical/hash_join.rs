//! A join with rows that stand still: `BroadcastHashJoin`, and `BroadcastNestedLoopJoin` where no keys are equal.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, UInt32Array, cast::AsArray};
use arrow_schema::SchemaRef;
use arrow_select::take::take;
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::super::state::Bytes;
use super::codec::{RowCodec, batch_of, internal, joined, normalized};
use super::pipeline::{evaluated, nulls_like};
use super::stage::{Batches, Operator, Run};
use crate::sql::{Compiled, Context, JoinKind, SqlError};

/// A compiled join of two sets of rows.
pub(super) struct HashJoin {
    pub kind: JoinKind,
    pub left_keys: Vec<Compiled>,
    pub right_keys: Vec<Compiled>,
    /// Which keys are compared by `<=>`.
    pub null_safe: Vec<bool>,
    pub key_codec: RowCodec,
    /// What of the condition is not equal keys.
    pub condition: Option<Compiled>,
    pub left: SchemaRef,
    pub right: SchemaRef,
    /// Both sides' columns.
    pub pairs: SchemaRef,
    pub output: SchemaRef,
}

/// The rows of one side by key.
pub(super) struct Built {
    rows: RecordBatch,
    by_key: IndexMap<Bytes, Vec<u32>, FxBuildHasher>,
}

impl HashJoin {
    /// The keys of rows; `None` for a row whose null key matches nothing.
    fn keys(&self, exprs: &[Compiled], context: &Context, rows: &RecordBatch) -> Result<Vec<Option<Bytes>>, SqlError> {
        let columns: Vec<ArrayRef> = evaluated(exprs, context, rows)?.into_iter().map(normalized).collect();
        let encoded = self.key_codec.encode(&columns)?;
        let refused = |row: usize| columns.iter().zip(&self.null_safe).any(|(it, safe)| !safe && it.is_null(row));
        Ok((0..rows.num_rows()).map(|row| (!refused(row)).then(|| encoded.bytes(row))).collect())
    }

    /// Arranges the rows of one side by key.
    pub fn build(&self, left: bool, context: &Context, rows: Batches) -> Result<Built, SqlError> {
        let (schema, exprs) = if left { (&self.left, &self.left_keys) } else { (&self.right, &self.right_keys) };
        let rows = joined(schema, rows)?.unwrap_or_else(|| RecordBatch::new_empty(schema.clone()));
        let mut by_key: IndexMap<Bytes, Vec<u32>, FxBuildHasher> = IndexMap::default();
        for (row, key) in self.keys(exprs, context, &rows)?.into_iter().enumerate() {
            if let Some(key) = key {
                by_key.entry(key).or_default().push(row as u32);
            }
        }
        Ok(Built { rows, by_key })
    }

    /// The join of the built side with rows of the other.
    pub fn join(
        &self,
        built: &Built,
        built_left: bool,
        context: &Context,
        rows: &RecordBatch,
    ) -> Result<RecordBatch, SqlError> {
        let exprs = if built_left { &self.right_keys } else { &self.left_keys };
        let mut probes: Vec<u32> = Vec::new();
        let mut others: Vec<u32> = Vec::new();
        for (row, key) in self.keys(exprs, context, rows)?.into_iter().enumerate() {
            for other in key.and_then(|it| built.by_key.get(&it)).into_iter().flatten() {
                probes.push(row as u32);
                others.push(*other);
            }
        }
        if let Some(condition) = &self.condition {
            let pairs = self.pairs_of(built, built_left, rows, (&probes, &others))?;
            let mask = condition.evaluate(context, &pairs)?;
            let holds = mask.as_boolean_opt();
            let mut at = 0..probes.len();
            let passes: Vec<bool> =
                at.by_ref().map(|pair| holds.is_some_and(|it| it.is_valid(pair) && it.value(pair))).collect();
            let keep = |of: Vec<u32>| of.into_iter().zip(&passes).filter(|(_, it)| **it).map(|(row, _)| row).collect();
            (probes, others) = (keep(probes), keep(others));
        }
        self.emit(built, built_left, rows, probes, others)
    }

    fn pairs_of(
        &self,
        built: &Built,
        built_left: bool,
        rows: &RecordBatch,
        (probes, others): (&[u32], &[u32]),
    ) -> Result<RecordBatch, SqlError> {
        let of = |batch: &RecordBatch, rows: &[u32]| {
            let rows = UInt32Array::from(rows.to_vec());
            let columns = batch.columns().iter().map(|it| take(it, &rows, None).map_err(|error| internal(&error)));
            columns.collect::<Result<Vec<_>, _>>()
        };
        let (probe, built) = (of(rows, probes)?, of(&built.rows, others)?);
        let columns = if built_left { [built, probe].concat() } else { [probe, built].concat() };
        batch_of(&self.pairs, columns, probes.len())
    }

    /// The rows that the kind of join makes of the pairs that match.
    fn emit(
        &self,
        built: &Built,
        built_left: bool,
        rows: &RecordBatch,
        probes: Vec<u32>,
        others: Vec<u32>,
    ) -> Result<RecordBatch, SqlError> {
        if matches!(self.kind, JoinKind::LeftSemi | JoinKind::LeftAnti) {
            // Only ever with the right side built.
            let mut matched = vec![false; rows.num_rows()];
            probes.iter().for_each(|row| matched[*row as usize] = true);
            let wanted = self.kind == JoinKind::LeftSemi;
            let rows_of = matched.iter().enumerate().filter(|(_, it)| **it == wanted).map(|(row, _)| row as u32);
            let chosen = super::pipeline::taken(rows, rows_of.collect())?;
            return batch_of(&self.output, chosen.columns().to_vec(), chosen.num_rows());
        }
        let (left_outer, right_outer) = match self.kind {
            JoinKind::LeftOuter => (true, false),
            JoinKind::RightOuter => (false, true),
            JoinKind::FullOuter => (true, true),
            _ => (false, false),
        };
        let (probe_outer, built_outer) = if built_left { (right_outer, left_outer) } else { (left_outer, right_outer) };
        let mut probes: Vec<Option<u32>> = probes.into_iter().map(Some).collect();
        let mut others: Vec<Option<u32>> = others.into_iter().map(Some).collect();
        let absent = |of: &[Option<u32>], count: usize| -> Vec<u32> {
            let mut seen = vec![false; count];
            of.iter().flatten().for_each(|row| seen[*row as usize] = true);
            seen.iter().enumerate().filter(|(_, it)| !**it).map(|(row, _)| row as u32).collect()
        };
        let alone = if probe_outer { absent(&probes, rows.num_rows()) } else { Vec::new() };
        let alone_built = if built_outer { absent(&others, built.rows.num_rows()) } else { Vec::new() };
        others.extend(alone.iter().map(|_| None));
        probes.extend(alone.into_iter().map(Some));
        probes.extend(alone_built.iter().map(|_| None));
        others.extend(alone_built.into_iter().map(Some));
        let of = |batch: &RecordBatch, rows: &[Option<u32>]| {
            if batch.num_rows() == 0 {
                let schema = batch.schema();
                return Ok((0..batch.num_columns()).map(|at| nulls_like(&schema, at, rows.len())).collect());
            }
            let rows = UInt32Array::from(rows.to_vec());
            let columns = batch.columns().iter().map(|it| take(it, &rows, None).map_err(|error| internal(&error)));
            columns.collect::<Result<Vec<_>, SqlError>>()
        };
        let count = probes.len();
        let (probe, built) = (of(rows, &probes)?, of(&built.rows, &others)?);
        let columns = if built_left { [built, probe].concat() } else { [probe, built].concat() };
        batch_of(&self.output, columns, count)
    }
}

/// A stream's rows joined with a table's.
pub(super) struct StaticJoin {
    pub join: Rc<HashJoin>,
    /// Whether the table stands on the left.
    pub static_left: bool,
    /// Which broadcast the table is.
    pub broadcast: usize,
    /// The table by key, as it was last, with the columns it was made of: a table that is the same from batch to batch
    /// is arranged once.
    pub built: RefCell<Option<(Vec<ArrayRef>, Rc<Built>)>>,
}

impl StaticJoin {
    fn table(&self, context: &Context, rows: Batches) -> Result<Rc<Built>, SqlError> {
        let columns: Vec<ArrayRef> = rows.iter().flat_map(|it| it.columns().iter().cloned()).collect();
        let mut known = self.built.borrow_mut();
        if let Some((old, built)) = known.as_ref()
            && !columns.is_empty()
            && old.len() == columns.len()
            && old.iter().zip(&columns).all(|(old, new)| Arc::ptr_eq(old, new))
        {
            return Ok(built.clone());
        }
        let built = Rc::new(self.join.build(self.static_left, context, rows)?);
        *known = Some((columns, built.clone()));
        Ok(built)
    }
}

impl Operator for StaticJoin {
    fn run(&self, input: Batches, run: &mut Run<'_>) -> Result<Batches, SqlError> {
        let schema = if self.static_left { &self.join.right } else { &self.join.left };
        let Some(batch) = joined(schema, input)? else { return Ok(Vec::new()) };
        let table = run.broadcasts.get(self.broadcast).cloned().unwrap_or_default();
        let built = self.table(&run.context, table)?;
        Ok(vec![self.join.join(&built, self.static_left, &run.context, &batch)?])
    }
}
