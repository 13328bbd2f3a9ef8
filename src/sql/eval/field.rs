//! Fields of columns of structs, without a copy of the values.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, ListArray, StructArray, cast::AsArray, make_array};
use arrow_buffer::NullBuffer;

use super::internal_error;
use crate::sql::types::arrow::element_field;
use crate::sql::{DataType, SqlError};

/// A field of each struct of a column, or of each struct of each array of a column; of this type.
pub(super) fn field(column: &ArrayRef, index: usize, data_type: &DataType) -> Result<ArrayRef, SqlError> {
    if let Some(structs) = column.as_struct_opt() {
        return of_structs(structs, index);
    }
    let (Some(lists), DataType::Array { element, .. }) = (column.as_list_opt::<i32>(), data_type) else {
        return Err(internal_error("A field of what is no struct."));
    };
    let Some(structs) = lists.values().as_struct_opt() else {
        return Err(internal_error("A field of elements that are no structs."));
    };
    let members = of_structs(structs, index)?;
    ListArray::try_new(element_field(element), lists.offsets().clone(), members, lists.nulls().cloned())
        .map(|lists| Arc::new(lists) as ArrayRef)
        .map_err(|error| internal_error(error.to_string()))
}

fn of_structs(structs: &StructArray, index: usize) -> Result<ArrayRef, SqlError> {
    let Some(member) = structs.columns().get(index) else {
        return Err(internal_error("A struct without the field."));
    };
    if structs.null_count() == 0 || matches!(member.data_type(), arrow_schema::DataType::Null) {
        return Ok(member.clone());
    }
    let nulls = NullBuffer::union(structs.nulls(), member.nulls());
    let data = member.to_data().into_builder().nulls(nulls).build();
    data.map(make_array).map_err(|error| internal_error(error.to_string()))
}
