//! Floating-point keys made alike: `NormalizeFloatingNumbers`.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, ListArray, StructArray};

use crate::sql::DataType;

/// Whether a floating-point number is somewhere in the type.
fn floats(data_type: &DataType) -> bool {
    match data_type {
        DataType::Float | DataType::Double => true,
        DataType::Array { element, .. } => floats(element),
        DataType::Struct(fields) => fields.iter().any(|field| floats(&field.data_type)),
        _ => false,
    }
}

/// The column with every NaN the same NaN and every zero positive.
pub(super) fn normalized(column: &ArrayRef, data_type: &DataType) -> ArrayRef {
    if !floats(data_type) {
        return column.clone();
    }
    let made = match data_type {
        DataType::Float => column.as_primitive_opt::<Float32Type>().map(|numbers| -> ArrayRef {
            Arc::new(numbers.unary::<_, Float32Type>(|it| if it.is_nan() { f32::NAN } else { it + 0.0 }))
        }),
        DataType::Double => column.as_primitive_opt::<Float64Type>().map(|numbers| -> ArrayRef {
            Arc::new(numbers.unary::<_, Float64Type>(|it| if it.is_nan() { f64::NAN } else { it + 0.0 }))
        }),
        DataType::Array { element, .. } => column.as_list_opt::<i32>().and_then(|lists| {
            let arrow_schema::DataType::List(field) = lists.data_type() else { return None };
            let values = normalized(lists.values(), element);
            let lists = ListArray::try_new(field.clone(), lists.offsets().clone(), values, lists.nulls().cloned());
            Some(Arc::new(lists.ok()?) as ArrayRef)
        }),
        DataType::Struct(fields) => column.as_struct_opt().and_then(|structs| {
            let parts = structs.columns().iter().zip(fields.iter());
            let parts = parts.map(|(part, field)| normalized(part, &field.data_type)).collect();
            let made = StructArray::try_new_with_length(
                structs.fields().clone(),
                parts,
                structs.nulls().cloned(),
                structs.len(),
            );
            Some(Arc::new(made.ok()?) as ArrayRef)
        }),
        _ => None,
    };
    made.unwrap_or_else(|| column.clone())
}
