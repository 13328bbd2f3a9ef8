//! Plans that read no stream, run whole by one task: the tables that streams are joined with, and batch queries.

use std::collections::BTreeSet;
use std::rc::Rc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use super::aggregation::Aggregation;
use super::codec::{RowCodec, joined, normalized};
use super::hash_join::HashJoin;
use super::limit::after;
use super::pipeline::taken;
use super::stage::{Batches, Operator, Run, TaskOutput};
use crate::sql::SqlError;

/// One operator of such a plan, with what it stands on.
pub(super) enum FixedPlan {
    Leaf(usize),
    Rows(RecordBatch),
    /// An operator over all rows. It begins with no state, and what it keeps is forgotten.
    Step {
        input: Box<FixedPlan>,
        operator: Rc<dyn Operator>,
    },
    Union(Vec<FixedPlan>),
    Join {
        left: Box<FixedPlan>,
        right: Box<FixedPlan>,
        join: Rc<HashJoin>,
    },
    /// `INTERSECT` or, the other way round, `EXCEPT`: distinct rows of the left side that the right has, or hasn't.
    Distinct {
        left: Box<FixedPlan>,
        right: Box<FixedPlan>,
        present: bool,
        codec: RowCodec,
        schema: SchemaRef,
    },
}

impl FixedPlan {
    /// The leaves that are read, in order; one that is read twice is there twice.
    pub fn leaves(&self) -> Vec<usize> {
        match self {
            FixedPlan::Leaf(leaf) => vec![*leaf],
            FixedPlan::Rows(_) => Vec::new(),
            FixedPlan::Step { input, .. } => input.leaves(),
            FixedPlan::Union(inputs) => inputs.iter().flat_map(FixedPlan::leaves).collect(),
            FixedPlan::Join { left, right, .. } | FixedPlan::Distinct { left, right, .. } => {
                [left.leaves(), right.leaves()].concat()
            }
        }
    }

    /// The plan's rows, given those of its leaves.
    pub fn rows(&self, leaves: &mut dyn Iterator<Item = Batches>, run: &mut Run<'_>) -> Result<Batches, SqlError> {
        match self {
            FixedPlan::Leaf(_) => Ok(leaves.next().unwrap_or_default()),
            FixedPlan::Rows(batch) => Ok(vec![batch.clone()]),
            FixedPlan::Step { input, operator } => {
                let input = input.rows(leaves, run)?;
                let mut state = Vec::new();
                let mut own = Run {
                    context: run.context.clone(),
                    times: run.times,
                    state: &mut state,
                    second: Vec::new(),
                    broadcasts: Vec::new(),
                    output: TaskOutput::default(),
                };
                let rows = operator.run(input, &mut own)?;
                run.output.observed.append(&mut own.output.observed);
                Ok(rows)
            }
            FixedPlan::Union(inputs) => {
                let mut rows = Vec::new();
                for input in inputs {
                    rows.extend(input.rows(leaves, run)?);
                }
                Ok(rows)
            }
            FixedPlan::Join { left, right, join } => {
                let left = left.rows(leaves, run)?;
                let right = right.rows(leaves, run)?;
                let built = join.build(false, &run.context, right)?;
                let left = joined(&join.left, left)?.unwrap_or_else(|| RecordBatch::new_empty(join.left.clone()));
                Ok(vec![join.join(&built, false, &run.context, &left)?])
            }
            FixedPlan::Distinct { left, right, present, codec, schema } => {
                let left = joined(schema, left.rows(leaves, run)?)?;
                let right = joined(schema, right.rows(leaves, run)?)?;
                let mut others = BTreeSet::new();
                if let Some(right) = right {
                    let columns: Vec<_> = right.columns().iter().cloned().map(normalized).collect();
                    let encoded = codec.encode(&columns)?;
                    others.extend((0..right.num_rows()).map(|row| encoded.bytes(row)));
                }
                let Some(left) = left else { return Ok(Vec::new()) };
                let columns: Vec<_> = left.columns().iter().cloned().map(normalized).collect();
                let encoded = codec.encode(&columns)?;
                let mut seen = BTreeSet::new();
                let chosen = (0..left.num_rows())
                    .filter(|row| others.contains(encoded.row(*row)) == *present && seen.insert(encoded.bytes(*row)))
                    .map(|row| row as u32)
                    .collect();
                Ok(vec![taken(&left, chosen)?])
            }
        }
    }
}

/// An aggregation of all rows at once.
pub(super) struct WholeAggregate(pub Rc<Aggregation>);

impl Operator for WholeAggregate {
    fn run(&self, input: Batches, run: &mut Run<'_>) -> Result<Batches, SqlError> {
        Ok(vec![self.0.whole(&run.context, &input)?])
    }
}

/// `offset`.
pub(super) struct Offset(pub u64);

impl Operator for Offset {
    fn run(&self, input: Batches, _run: &mut Run<'_>) -> Result<Batches, SqlError> {
        Ok(after(input, self.0))
    }
}

/// `sample`: each row by a number drawn from the seed, the same for the same rows whenever it is asked.
pub(super) struct Sample {
    pub fraction: f64,
    pub seed: i64,
}

impl Operator for Sample {
    fn run(&self, input: Batches, _run: &mut Run<'_>) -> Result<Batches, SqlError> {
        let mut draws = XorShift::new(self.seed);
        let mut output = Vec::new();
        for batch in input {
            let chosen = (0..batch.num_rows() as u32).filter(|_| draws.next_double() < self.fraction).collect();
            output.push(taken(&batch, chosen)?);
        }
        Ok(output)
    }
}

/// Marsaglia's xorshift, as Spark's `XORShiftRandom` steps.
struct XorShift(u64);

impl XorShift {
    fn new(seed: i64) -> Self {
        // A state of zero would stay zero.
        let mixed = (seed as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03;
        XorShift(mixed.max(1))
    }

    fn next_double(&mut self) -> f64 {
        self.0 ^= self.0 << 21;
        self.0 ^= self.0 >> 35;
        self.0 ^= self.0 << 4;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}
