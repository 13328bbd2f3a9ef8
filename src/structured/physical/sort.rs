//! Sorted rows.

use arrow_array::RecordBatch;
use arrow_ord::sort::SortOptions;
use arrow_row::{RowConverter, SortField};
use arrow_schema::SchemaRef;

use super::codec::{internal, joined, normalized};
use super::pipeline::{evaluated, taken};
use super::stage::{Batches, Operator, Run};

use crate::sql::{Compiled, Context, DataType, SortOrder, SqlError};

pub(super) struct Sort {
    pub keys: Vec<Compiled>,
    pub types: Vec<DataType>,
    pub orders: Vec<SortOrder>,
    pub schema: SchemaRef,
}

impl Sort {
    /// All rows in order; rows that compare equal stay as they came.
    pub fn sorted(&self, context: &Context, input: Batches) -> Result<Option<RecordBatch>, SqlError> {
        let Some(batch) = joined(&self.schema, input)? else { return Ok(None) };
        let columns: Vec<_> = evaluated(&self.keys, context, &batch)?.into_iter().map(normalized).collect();
        let fields = self.types.iter().zip(&self.orders).map(|(data_type, order)| {
            let options = SortOptions { descending: !order.ascending, nulls_first: order.nulls_first };
            SortField::new_with_options(data_type.to_arrow(), options)
        });
        let converter = RowConverter::new(fields.collect()).map_err(|error| internal(&error))?;
        let rows = converter.convert_columns(&columns).map_err(|error| internal(&error))?;
        let mut order: Vec<u32> = (0..batch.num_rows() as u32).collect();
        order.sort_by(|one, other| rows.row(*one as usize).cmp(&rows.row(*other as usize)));
        taken(&batch, order).map(Some)
    }
}

impl Operator for Sort {
    fn run(&self, input: Batches, run: &mut Run<'_>) -> Result<Batches, SqlError> {
        Ok(self.sorted(&run.context, input)?.into_iter().collect())
    }
}
