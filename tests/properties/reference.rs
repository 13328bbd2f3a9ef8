//! What a program should put out, the naive way: any batch of any stream from the raw batches before it.

use std::collections::BTreeMap;

use super::program::{Definition, Node, Op, Row, group, pair};

/// A reference evaluator: batches are numbered from 1; a stream has rows at multiples of its slide.
pub struct Reference<'a> {
    definition: &'a Definition,
    /// Saves time only.
    known: BTreeMap<(usize, u64), Vec<Row>>,
}

impl<'a> Reference<'a> {
    pub fn new(definition: &'a Definition) -> Self {
        Reference { definition, known: BTreeMap::new() }
    }

    /// The rows of a stream in a batch, in any order; none where it generates nothing.
    pub fn rows(&mut self, stream: usize, batch: u64) -> Option<Vec<Row>> {
        if !batch.is_multiple_of(self.slide(stream)) {
            return None;
        }
        if let Some(rows) = self.known.get(&(stream, batch)) {
            return Some(rows.clone());
        }
        let rows = match stream {
            0 | 1 => self.definition.inputs[stream].get(batch as usize - 1).cloned().unwrap_or_default(),
            _ => {
                let definition = self.definition;
                self.compute(&definition.nodes[stream - 2], batch)
            }
        };
        self.known.insert((stream, batch), rows.clone());
        Some(rows)
    }

    fn slide(&self, stream: usize) -> u64 {
        if stream < 2 { 1 } else { self.definition.nodes[stream - 2].slide }
    }

    /// All rows of a stream from one batch to another, both included.
    fn between(&mut self, stream: usize, first: u64, last: u64) -> Vec<Row> {
        (first.max(1)..=last).filter_map(|batch| self.rows(stream, batch)).flatten().collect()
    }

    /// The rows of a window that ends with a batch.
    fn window(&mut self, node: &Node, length: u64, batch: u64) -> Vec<Row> {
        let length = length * self.slide(node.parent);
        self.between(node.parent, (batch + 1).saturating_sub(length), batch)
    }

    fn compute(&mut self, node: &Node, batch: u64) -> Vec<Row> {
        let rows = self.rows(node.parent, batch).unwrap_or_default();
        match node.op {
            Op::Map(shift) => {
                rows.into_iter().map(|(key, value)| (key.rem_euclid(3), value.wrapping_add(shift))).collect()
            }
            Op::FlatMap => rows.into_iter().flat_map(|row| vec![row; row.1.rem_euclid(3) as usize]).collect(),
            Op::Filter(divisor) => rows.into_iter().filter(|(_, value)| value % divisor != 0).collect(),
            Op::Window { length, .. } => self.window(node, length, batch),
            Op::ReduceByKey => sums(&rows),
            Op::GroupByKey => grouped(&rows).into_iter().map(|(key, values)| (key, group(&values))).collect(),
            Op::ReduceWindow { length, .. } => sums(&self.window(node, length, batch)),
            Op::InverseWindow { length, .. } => {
                let in_window: BTreeMap<i64, i64> = sums(&self.window(node, length, batch)).into_iter().collect();
                let ever = grouped(&self.between(node.parent, 1, batch));
                ever.into_keys().map(|key| (key, in_window.get(&key).copied().unwrap_or(0))).collect()
            }
            Op::FilteredWindow { length, .. } => {
                let groups = grouped(&self.window(node, length, batch));
                groups.into_iter().map(|(key, values)| (key, values.len() as i64)).collect()
            }
            Op::CountByValue => {
                let mut counts: BTreeMap<Row, i64> = BTreeMap::new();
                rows.into_iter().for_each(|row| *counts.entry(row).or_default() += 1);
                counts.into_iter().map(|((key, value), count)| (key.wrapping_mul(7) ^ value, count)).collect()
            }
            Op::CountByWindow { length, .. } => {
                let count = self.window(node, length, batch).len() as i64;
                if self.between(node.parent, 1, batch).is_empty() { Vec::new() } else { vec![(0, count)] }
            }
            Op::UpdateState(divisor) => self.sums_kept(node, divisor, batch).into_iter().collect(),
            Op::MapWithState { timeout, checkpoint, snapshots } => {
                let (rows, state) = self.counts_kept(node, timeout, checkpoint, batch);
                if snapshots { state.into_iter().map(|(key, (count, _))| (key, count)).collect() } else { rows }
            }
            Op::Transform => {
                let count = rows.len() as i64;
                rows.into_iter().map(|(key, value)| (key, value.wrapping_add(count))).collect()
            }
            Op::Repartition(_) => rows,
            Op::Count => vec![(0, rows.len() as i64)],
            Op::Reduce => {
                let sum = |left: Row, right: Row| (left.0.wrapping_add(right.0), left.1.wrapping_add(right.1));
                rows.into_iter().reduce(sum).into_iter().collect()
            }
            Op::Union => [rows, self.rows(node.other, batch).unwrap_or_default()].concat(),
            Op::Join => {
                let others = self.rows(node.other, batch).unwrap_or_default();
                let mut joined = Vec::new();
                for (key, value) in rows {
                    let partners = others.iter().filter(|(other, _)| *other == key);
                    joined.extend(partners.map(|(_, other)| (key, pair(value, *other))));
                }
                joined
            }
            Op::CoGroup => {
                let (left, right) = (grouped(&rows), grouped(&self.rows(node.other, batch).unwrap_or_default()));
                let mut keys: Vec<i64> = left.keys().chain(right.keys()).copied().collect();
                keys.sort();
                keys.dedup();
                let side = |groups: &BTreeMap<i64, Vec<i64>>, key| group(groups.get(&key).map_or(&[], |values| values));
                keys.into_iter().map(|key| (key, pair(side(&left, key), side(&right, key)))).collect()
            }
        }
    }

    /// The state of `updateStateByKey` after a batch, from the first batch on.
    fn sums_kept(&mut self, node: &Node, divisor: i64, last: u64) -> BTreeMap<i64, i64> {
        let mut state: BTreeMap<i64, i64> = BTreeMap::new();
        for batch in (node.slide..=last).step_by(node.slide as usize) {
            for (key, value) in self.rows(node.parent, batch).unwrap_or_default() {
                let sum = state.entry(key).or_default();
                *sum = sum.wrapping_add(value);
            }
            state.retain(|_, sum| *sum % divisor != 0);
        }
        state
    }

    /// What `mapWithState` maps in a batch, and each key's count and last touch after it, from the first batch on.
    fn counts_kept(
        &mut self,
        node: &Node,
        timeout: Option<u64>,
        checkpoint: u64,
        last: u64,
    ) -> (Vec<Row>, BTreeMap<i64, (i64, u64)>) {
        let mut state: BTreeMap<i64, (i64, u64)> = BTreeMap::new();
        let mut mapped = Vec::new();
        for batch in (node.slide..=last).step_by(node.slide as usize) {
            mapped.clear();
            for (key, _) in self.rows(node.parent, batch).unwrap_or_default() {
                let count = state.get(&key).map_or(0, |(count, _)| *count) + 1;
                state.insert(key, (count, batch));
                mapped.push((key, count));
            }
            let Some(timeout) = timeout else { continue };
            if batch.is_multiple_of(checkpoint * node.slide) {
                let is_late = |touched: u64| touched + timeout * node.slide < batch;
                mapped
                    .extend(state.iter().filter(|(_, (_, touched))| is_late(*touched)).map(|(key, (n, _))| (*key, -n)));
                state.retain(|_, (_, touched)| !is_late(*touched));
            }
        }
        (mapped, state)
    }
}

fn grouped(rows: &[Row]) -> BTreeMap<i64, Vec<i64>> {
    let mut groups: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    rows.iter().for_each(|(key, value)| groups.entry(*key).or_default().push(*value));
    groups
}

fn sums(rows: &[Row]) -> Vec<Row> {
    let groups = grouped(rows).into_iter();
    groups.map(|(key, values)| (key, values.into_iter().fold(0, i64::wrapping_add))).collect()
}
