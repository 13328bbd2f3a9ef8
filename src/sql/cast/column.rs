//! Casts of whole columns between numbers, where every value has its counterpart.

use std::sync::Arc;

use arrow_array::types::{
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{ArrayRef, PrimitiveArray, cast::AsArray};

use crate::sql::DataType;
use crate::sql::functions::calendar::MICROS_PER_SECOND;

/// The cast column, where there is a way for whole columns.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_lossless,
    reason = "Java's conversions, which cut and round too"
)]
pub fn cast_column(column: &ArrayRef, from: &DataType, to: &DataType, try_cast: bool) -> Option<ArrayRef> {
    use DataType as T;
    if from.same_type(to) {
        return Some(column.clone());
    }
    if try_cast {
        return None;
    }
    macro_rules! convert {
        ($from:ty => $to:ty, $number:ident, $convert:expr) => {{
            let numbers = column.as_primitive_opt::<$from>()?;
            let converted: PrimitiveArray<$to> = numbers.unary(|$number| $convert);
            Some(Arc::new(converted) as ArrayRef)
        }};
    }
    macro_rules! numbers {
        ($from:ty) => {
            match to {
                T::Byte => convert!($from => Int8Type, it, it as i8),
                T::Short => convert!($from => Int16Type, it, it as i16),
                T::Integer => convert!($from => Int32Type, it, it as i32),
                T::Long => convert!($from => Int64Type, it, it as i64),
                T::Float => convert!($from => Float32Type, it, it as f32),
                T::Double => convert!($from => Float64Type, it, it as f64),
                _ => None,
            }
        };
    }
    macro_rules! fractions {
        ($from:ty) => {
            match to {
                T::Byte => convert!($from => Int8Type, it, it as i32 as i8),
                T::Short => convert!($from => Int16Type, it, it as i32 as i16),
                _ => numbers!($from),
            }
        };
    }
    match from {
        T::Byte => numbers!(Int8Type),
        T::Short => numbers!(Int16Type),
        T::Integer => numbers!(Int32Type),
        T::Long if *to == T::Timestamp => {
            let seconds = column.as_primitive_opt::<Int64Type>()?;
            let micros: PrimitiveArray<TimestampMicrosecondType> =
                seconds.unary(|it| it.saturating_mul(MICROS_PER_SECOND));
            Some(Arc::new(micros.with_data_type(to.to_arrow())))
        }
        T::Long => numbers!(Int64Type),
        T::Float => fractions!(Float32Type),
        T::Double => fractions!(Float64Type),
        T::Timestamp if *to == T::Long => {
            convert!(TimestampMicrosecondType => Int64Type, it, it.div_euclid(MICROS_PER_SECOND))
        }
        _ => None,
    }
}
