//! Limits: over all batches with state, or over one.

use std::rc::Rc;

use super::super::state::{Bytes, Entry};
use super::stage::{Batches, Operator, OperatorMetrics, Run};
use crate::sql::SqlError;

/// The first rows of some batches.
pub(super) fn first(input: Batches, mut count: u64) -> Batches {
    let mut output = Vec::new();
    for batch in input {
        let rows = batch.num_rows() as u64;
        if count == 0 {
            break;
        }
        output.push(if rows <= count { batch } else { batch.slice(0, count as usize) });
        count = count.saturating_sub(rows);
    }
    output
}

/// What comes after the first rows of some batches.
pub(super) fn after(input: Batches, mut count: u64) -> Batches {
    let mut output = Vec::new();
    for batch in input {
        let rows = batch.num_rows() as u64;
        if rows > count {
            output.push(batch.slice(count as usize, (rows - count) as usize));
        }
        count = count.saturating_sub(rows);
    }
    output
}

/// A limit of the batch alone.
pub(super) struct Limit(pub u64);

impl Operator for Limit {
    fn run(&self, input: Batches, _run: &mut Run<'_>) -> Result<Batches, SqlError> {
        Ok(first(input, self.0))
    }
}

/// A limit of the stream: the state is how many rows came through.
pub(super) struct GlobalLimit {
    pub operator: usize,
    pub count: u64,
}

impl Operator for GlobalLimit {
    fn run(&self, input: Batches, run: &mut Run<'_>) -> Result<Batches, SqlError> {
        let key: Bytes = Rc::from([]);
        let store = run.store(0);
        let before = store.get(&key).and_then(|it| it.value.first_chunk::<8>().copied());
        let before = before.map_or(0, u64::from_be_bytes);
        let output = first(input, self.count.saturating_sub(before));
        let passed: u64 = output.iter().map(|it| it.num_rows() as u64).sum();
        let mut metrics = OperatorMetrics::default();
        if passed > 0 {
            let value = Rc::from(before.saturating_add(passed).to_be_bytes());
            store.put(key, Entry { time: Entry::NEVER, value });
            metrics.updated = 1;
        }
        metrics.total = store.len() as u64;
        run.output.metrics = Some((self.operator, metrics));
        Ok(output)
    }
}
