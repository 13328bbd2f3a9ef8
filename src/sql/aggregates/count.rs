//! `count` and `count_if`.

use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, BooleanArray};

use super::Accumulator;
use super::columns::{argument, booleans, counted, each, each_row, longs, taken};
use crate::sql::SqlError;

/// Rows in which no argument is null; `*` is a literal, which never is.
#[derive(Default)]
pub(super) struct Count {
    counts: Vec<i64>,
}

/// Rows in which the argument is true.
#[derive(Default)]
pub(super) struct CountIf {
    count: Count,
}

impl Count {
    fn add(&mut self, groups: &[u32], args: &[ArrayRef], filter: Option<&BooleanArray>) {
        let rows = counted(args, filter);
        each_row(groups, rows.as_ref(), |group, _| self.counts[group] = self.counts[group].wrapping_add(1));
    }
}

impl Accumulator for Count {
    fn resize(&mut self, groups: usize) {
        self.counts.resize(groups, 0);
    }

    fn update(&mut self, groups: &[u32], args: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<(), SqlError> {
        self.add(groups, args, filter);
        Ok(())
    }

    fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> Result<(), SqlError> {
        each::<Int64Type>(groups, argument(state, 0)?, None, |group, count| {
            self.counts[group] = self.counts[group].wrapping_add(count);
        })
    }

    fn state(&self) -> Result<Vec<ArrayRef>, SqlError> {
        Ok(vec![longs(&self.counts)])
    }

    fn finish(&self) -> Result<ArrayRef, SqlError> {
        Ok(longs(&self.counts))
    }
}

impl Accumulator for CountIf {
    fn resize(&mut self, groups: usize) {
        self.count.resize(groups);
    }

    fn update(&mut self, groups: &[u32], args: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<(), SqlError> {
        let condition = BooleanArray::new(taken(booleans(argument(args, 0)?)?), None);
        match filter {
            Some(filter) => {
                let both = BooleanArray::new(condition.values() & &taken(filter), None);
                self.count.add(groups, &[], Some(&both));
            }
            None => self.count.add(groups, &[], Some(&condition)),
        }
        Ok(())
    }

    fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> Result<(), SqlError> {
        self.count.merge(groups, state)
    }

    fn state(&self) -> Result<Vec<ArrayRef>, SqlError> {
        self.count.state()
    }

    fn finish(&self) -> Result<ArrayRef, SqlError> {
        self.count.finish()
    }
}
