//! Rows sent to the partitions of the next stage.

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use super::codec::{joined, normalized};
use super::pipeline::{evaluated, taken};
use super::stage::{Batches, TaskOutput};
use crate::sql::groups::hash_partition;
use crate::sql::{Compiled, Context, DataType, SqlError};

/// Which partition a row goes to.
#[derive(Clone)]
pub(super) enum Partitioner {
    /// `HashPartitioning` of these expressions.
    Hash { keys: Vec<Compiled>, types: Vec<DataType>, partitions: usize, schema: SchemaRef },
    /// `SinglePartition`.
    Single { schema: SchemaRef },
}

impl Partitioner {
    pub fn partitions(&self) -> usize {
        match self {
            Partitioner::Hash { partitions, .. } => *partitions,
            Partitioner::Single { .. } => 1,
        }
    }

    /// Sends a task's rows.
    pub fn send(&self, rows: Batches, context: &Context, output: &mut TaskOutput) -> Result<(), SqlError> {
        let (keys, types, partitions, schema) = match self {
            Partitioner::Single { schema } => {
                output.shuffled.extend(joined(schema, rows)?.map(|it| (0, it)));
                return Ok(());
            }
            Partitioner::Hash { keys, types, partitions, schema } => (keys, types, *partitions, schema),
        };
        let Some(batch) = joined(schema, rows)? else { return Ok(()) };
        if partitions <= 1 {
            output.shuffled.push((0, batch));
            return Ok(());
        }
        let columns: Vec<_> = evaluated(keys, context, &batch)?.into_iter().map(normalized).collect();
        let targets = hash_partition(&columns, types, u32::try_from(partitions).unwrap_or(u32::MAX));
        output.shuffled.extend(split(&batch, &targets)?);
        Ok(())
    }
}

/// The rows of each target, the lowest target first.
fn split(batch: &RecordBatch, targets: &[u32]) -> Result<Vec<(usize, RecordBatch)>, SqlError> {
    let mut order: Vec<u32> = (0..batch.num_rows() as u32).collect();
    let target = |row: &u32| targets.get(*row as usize).copied().unwrap_or(0);
    order.sort_by_key(target);
    let parts = order.chunk_by(|one, other| target(one) == target(other));
    parts.map(|rows| Ok((rows.first().map_or(0, target) as usize, taken(batch, rows.to_vec())?))).collect()
}
