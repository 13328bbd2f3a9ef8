//! The grouping table of an aggregation, and the partition of a key.
//!
//! [`Groups`] gives every key a dense number, in the order in which keys are first seen. Keys are equal as in
//! `GROUP BY`: null equals null, NaN equals NaN, and `-0.0` equals `0.0`. [`hash_partition`] says which partition
//! of a shuffle takes a row.

pub mod hashing;
mod normal;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, DurationMicrosecondType, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, PrimitiveArray, StringArray};
use arrow_row::{RowConverter, Rows, SortField};
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use self::hashing::{Murmur3, hash_column};
use self::normal::normalized;
use super::{DataType, SqlError};

/// The seed of `HashPartitioning`, and of `hash()`.
const SEED: u32 = 42;

/// Keys and their numbers.
pub struct Groups {
    types: Vec<DataType>,
    table: Table,
}

/// What finds a key's number; the kinds that are most common have their own.
enum Table {
    /// One column of whole numbers or times.
    Number { of: NumberKind, numbers: IndexMap<i64, u32, FxBuildHasher>, keys: Vec<Option<i64>>, null: Option<u32> },
    /// One column of strings.
    Text { numbers: IndexMap<Box<str>, u32, FxBuildHasher>, null: Option<(u32, usize)>, len: usize },
    /// Any columns, by their row encoding.
    Rows { converter: Box<RowConverter>, numbers: IndexMap<Box<[u8]>, (), FxBuildHasher>, batch: Option<Box<Rows>> },
}

#[derive(Clone, Copy)]
enum NumberKind {
    Byte,
    Short,
    Integer,
    Long,
    Date,
    Timestamp,
    DayTimeInterval,
}

impl NumberKind {
    fn of(data_type: &DataType) -> Option<Self> {
        Some(match data_type {
            DataType::Byte => NumberKind::Byte,
            DataType::Short => NumberKind::Short,
            DataType::Integer => NumberKind::Integer,
            DataType::Long => NumberKind::Long,
            DataType::Date => NumberKind::Date,
            DataType::Timestamp | DataType::TimestampNtz => NumberKind::Timestamp,
            DataType::DayTimeInterval => NumberKind::DayTimeInterval,
            _ => return None,
        })
    }
}

/// A column that is not of the type it should be, which no plan that was analyzed gives.
pub(crate) fn stranger(what: impl std::fmt::Display) -> SqlError {
    SqlError::new("SparkException", Some("INTERNAL_ERROR"), what.to_string())
}

/// The next number, which must fit.
fn next(len: usize) -> Result<u32, SqlError> {
    u32::try_from(len).map_err(|_| stranger("An aggregation has more than 2^32 groups."))
}

impl Groups {
    /// A table for keys of these types.
    ///
    /// # Errors
    /// Types that cannot be compared, as maps.
    pub fn new(types: &[DataType]) -> Result<Self, SqlError> {
        let table = match types {
            [DataType::String] => Table::Text { numbers: IndexMap::default(), null: None, len: 0 },
            [one] if NumberKind::of(one).is_some() => Table::Number {
                of: NumberKind::of(one).unwrap_or(NumberKind::Long),
                numbers: IndexMap::default(),
                keys: Vec::new(),
                null: None,
            },
            _ => {
                let fields = types.iter().map(|it| SortField::new(it.to_arrow())).collect();
                let converter = RowConverter::new(fields).map_err(stranger)?;
                Table::Rows { converter: Box::new(converter), numbers: IndexMap::default(), batch: None }
            }
        };
        Ok(Groups { types: types.to_vec(), table })
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        match &self.table {
            Table::Number { keys, .. } => keys.len(),
            Table::Text { len, .. } => *len,
            Table::Rows { numbers, .. } => numbers.len(),
        }
    }

    /// Whether there is no group.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of each row's key. Keys of no columns have no rows to count: the one group of such an aggregation
    /// is its own matter.
    ///
    /// # Errors
    /// Columns of other types.
    pub fn intern(&mut self, columns: &[ArrayRef]) -> Result<Vec<u32>, SqlError> {
        let mut numbers = Vec::new();
        self.intern_into(columns, &mut numbers)?;
        Ok(numbers)
    }

    /// As [`Groups::intern`], into a vector that is used again.
    ///
    /// # Errors
    /// Columns of other types.
    pub fn intern_into(&mut self, columns: &[ArrayRef], out: &mut Vec<u32>) -> Result<(), SqlError> {
        out.clear();
        if columns.len() != self.types.len() {
            return Err(stranger("A key has another number of columns than its grouping."));
        }
        match (&mut self.table, columns) {
            (Table::Number { of, numbers, keys, null }, [column]) => {
                let mut each = |value: Option<i64>| -> Result<u32, SqlError> {
                    let fresh = next(keys.len())?;
                    let number = match value {
                        Some(value) => *numbers.entry(value).or_insert(fresh),
                        None => *null.get_or_insert(fresh),
                    };
                    if number == fresh {
                        keys.push(value);
                    }
                    Ok(number)
                };
                match of {
                    NumberKind::Byte => numbers_of::<Int8Type>(column, &mut each, out),
                    NumberKind::Short => numbers_of::<Int16Type>(column, &mut each, out),
                    NumberKind::Integer => numbers_of::<Int32Type>(column, &mut each, out),
                    NumberKind::Long => numbers_of::<Int64Type>(column, &mut each, out),
                    NumberKind::Date => numbers_of::<Date32Type>(column, &mut each, out),
                    NumberKind::Timestamp => numbers_of::<TimestampMicrosecondType>(column, &mut each, out),
                    NumberKind::DayTimeInterval => numbers_of::<DurationMicrosecondType>(column, &mut each, out),
                }
            }
            (Table::Text { numbers, null, len }, [column]) => {
                let texts = column.as_string_opt::<i32>().ok_or_else(|| stranger("A key should be a string."))?;
                out.reserve(texts.len());
                for row in 0..texts.len() {
                    let fresh = next(*len)?;
                    let number = if texts.is_null(row) {
                        null.get_or_insert((fresh, numbers.len())).0
                    } else {
                        let text = texts.value(row);
                        match numbers.get(text) {
                            Some(number) => *number,
                            None => {
                                numbers.insert(text.into(), fresh);
                                fresh
                            }
                        }
                    };
                    *len += usize::from(number == fresh);
                    out.push(number);
                }
                Ok(())
            }
            (Table::Rows { converter, numbers, batch }, columns) => {
                let columns: Vec<ArrayRef> =
                    columns.iter().zip(&self.types).map(|(column, of)| normalized(column, of)).collect();
                let rows = batch.get_or_insert_with(|| Box::new(converter.empty_rows(0, 0)));
                rows.clear();
                if !columns.is_empty() {
                    converter.append(rows, &columns).map_err(stranger)?;
                }
                out.reserve(rows.num_rows());
                for row in rows.iter() {
                    let number = match numbers.get_index_of(row.data()) {
                        Some(number) => number,
                        None => numbers.insert_full(row.data().into(), ()).0,
                    };
                    out.push(next(number)?);
                }
                Ok(())
            }
            _ => Err(stranger("A key has another number of columns than its grouping.")),
        }
    }

    /// The keys, a row a group.
    ///
    /// # Errors
    /// None that a table made by [`Groups::intern`] has.
    pub fn keys(&self) -> Result<Vec<ArrayRef>, SqlError> {
        match &self.table {
            Table::Number { of, keys, .. } => {
                let to = self.types.first().map_or(arrow_schema::DataType::Int64, DataType::to_arrow);
                Ok(vec![match of {
                    NumberKind::Byte => column_of::<Int8Type>(keys, |it| it as i8, to),
                    NumberKind::Short => column_of::<Int16Type>(keys, |it| it as i16, to),
                    NumberKind::Integer => column_of::<Int32Type>(keys, |it| it as i32, to),
                    NumberKind::Long => column_of::<Int64Type>(keys, |it| it, to),
                    NumberKind::Date => column_of::<Date32Type>(keys, |it| it as i32, to),
                    NumberKind::Timestamp => column_of::<TimestampMicrosecondType>(keys, |it| it, to),
                    NumberKind::DayTimeInterval => column_of::<DurationMicrosecondType>(keys, |it| it, to),
                }])
            }
            Table::Text { numbers, null, .. } => {
                let mut texts: Vec<Option<&str>> = numbers.keys().map(|text| Some(&**text)).collect();
                if let Some((_, before)) = null {
                    texts.insert(*before, None);
                }
                Ok(vec![Arc::new(StringArray::from(texts))])
            }
            Table::Rows { converter, numbers, .. } => {
                let parser = converter.parser();
                converter.convert_rows(numbers.keys().map(|key| parser.parse(key))).map_err(stranger)
            }
        }
    }
}

fn numbers_of<T: ArrowPrimitiveType<Native: Into<i64>>>(
    column: &ArrayRef,
    each: &mut impl FnMut(Option<i64>) -> Result<u32, SqlError>,
    out: &mut Vec<u32>,
) -> Result<(), SqlError> {
    let column = column.as_primitive_opt::<T>().ok_or_else(|| stranger("A key should be a number."))?;
    out.reserve(column.len());
    if column.null_count() == 0 {
        for value in column.values().iter() {
            out.push(each(Some((*value).into()))?);
        }
    } else {
        for value in column.iter() {
            out.push(each(value.map(Into::into))?);
        }
    }
    Ok(())
}

fn column_of<T: ArrowPrimitiveType>(
    keys: &[Option<i64>],
    native: impl Fn(i64) -> T::Native,
    to: arrow_schema::DataType,
) -> ArrayRef {
    let column: PrimitiveArray<T> = keys.iter().map(|key| key.map(&native)).collect();
    Arc::new(column.with_data_type(to))
}

/// The partition of each row, as `HashPartitioning` has it: `pmod(murmur3(columns, 42), partitions)`. Of no columns
/// there are no rows; of no partitions all rows are in the first.
pub fn hash_partition(columns: &[ArrayRef], types: &[DataType], partitions: u32) -> Vec<u32> {
    let rows = columns.first().map_or(0, |column| column.len());
    let mut hashes = vec![SEED as i32; rows];
    for (column, data_type) in columns.iter().zip(types) {
        hash_column::<Murmur3>(column, data_type, &mut hashes);
    }
    let partitions = i64::from(partitions.max(1));
    hashes.into_iter().map(|hash| i64::from(hash).rem_euclid(partitions) as u32).collect()
}
