//! `bit_and`, `bit_or` and `bit_xor`.

use std::ops::{BitAnd, BitOr, BitXor};

use arrow_array::types::{Int8Type, Int16Type, Int32Type, Int64Type};
use arrow_array::{ArrayRef, ArrowPrimitiveType, BooleanArray};

use super::Accumulator;
use super::columns::{argument, column, each};
use crate::sql::{DataType, SqlError};

struct Bits<T: ArrowPrimitiveType> {
    values: Vec<T::Native>,
    seen: Vec<bool>,
    of: DataType,
    operator: fn(T::Native, T::Native) -> T::Native,
}

impl<T: ArrowPrimitiveType> Accumulator for Bits<T> {
    fn resize(&mut self, groups: usize) {
        self.values.resize(groups, T::Native::default());
        self.seen.resize(groups, false);
    }

    fn update(&mut self, groups: &[u32], args: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<(), SqlError> {
        each::<T>(groups, argument(args, 0)?, filter, |group, value| {
            let held = &mut self.values[group];
            *held = if self.seen[group] { (self.operator)(*held, value) } else { value };
            self.seen[group] = true;
        })
    }

    fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> Result<(), SqlError> {
        self.update(groups, state, None)
    }

    fn state(&self) -> Result<Vec<ArrayRef>, SqlError> {
        Ok(vec![self.finish()?])
    }

    fn finish(&self) -> Result<ArrayRef, SqlError> {
        Ok(column::<T>(&self.values, Some(&self.seen), &self.of))
    }
}

macro_rules! bits {
    ($(#[$doc:meta] $name:ident: $operator:expr;)*) => {
        $(#[$doc]
        pub(super) fn $name(_: &[DataType], of: &DataType) -> Box<dyn Accumulator> {
            macro_rules! of {
                ($arrow:ty) => {
                    Box::new(Bits::<$arrow> { values: vec![], seen: vec![], of: of.clone(), operator: $operator })
                };
            }
            match of {
                DataType::Byte => of!(Int8Type),
                DataType::Short => of!(Int16Type),
                DataType::Long => of!(Int64Type),
                _ => of!(Int32Type),
            }
        })*
    };
}
bits! {
    /// `bit_and`.
    bit_and: BitAnd::bitand;
    /// `bit_or`.
    bit_or: BitOr::bitor;
    /// `bit_xor`.
    bit_xor: BitXor::bitxor;
}
