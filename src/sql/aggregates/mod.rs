//! Aggregate functions: what they accept, what they keep for each group, and what they make of it.
//!
//! Those of every day (`count`, `sum`, `avg`, `min`, `max`, the moments) run over Arrow columns; the others take rows
//! one at a time (`by_row`). What is kept follows Spark's aggregation buffers, so that merging partitions and
//! batches in Spark's order gives Spark's result to the bit.

mod accepts;
mod approx_percentile;
mod avg;
mod bits;
mod by_row;
mod collect;
mod columns;
mod count;
mod digits;
mod distinct;
mod extremes;
mod first_last;
mod histogram;
mod hll_bias;
mod hll_raw;
mod jvm;
mod mode;
mod moments;
mod pairs;
mod percentile;
mod quantiles;
mod regression;
mod sum;
mod table;
#[cfg(test)]
mod tests;
mod totals;
mod unsafe_row;

use std::fmt::{self, Debug, Formatter};

use arrow_array::{ArrayRef, BooleanArray};

use super::functions::Signature;
use super::{DataType, SqlError, Typed};

pub use self::table::lookup;

/// What one aggregate keeps for all groups of a partition. Groups are numbered from 0.
pub trait Accumulator {
    /// From now on there are this many groups; new ones are empty.
    fn resize(&mut self, groups: usize);

    /// Takes in rows: the group of each, the arguments' columns, and which rows count (`FILTER`).
    fn update(&mut self, groups: &[u32], args: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<(), SqlError>;

    /// Takes in what another accumulator of the same function gave by [`Accumulator::state`].
    fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> Result<(), SqlError>;

    /// What is kept, a row a group: the aggregation buffer, which state stores hold.
    fn state(&self) -> Result<Vec<ArrayRef>, SqlError>;

    /// The results, a row a group.
    fn finish(&self) -> Result<ArrayRef, SqlError>;
}

/// An aggregate function of the library.
pub struct Aggregate {
    /// Lower case.
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    pub signature: fn(&'static Aggregate, &[Typed]) -> Result<Signature, SqlError>,
    /// The columns of the buffer, by the arguments' types.
    pub buffer: fn(&[DataType]) -> Vec<DataType>,
    /// An accumulator, by the arguments' types and the type of the result.
    pub accumulator: fn(&[DataType], &DataType) -> Box<dyn Accumulator>,
}

impl Debug for Aggregate {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(self.name)
    }
}

impl PartialEq for Aggregate {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
