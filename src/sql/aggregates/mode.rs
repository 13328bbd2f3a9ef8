//! `mode`: of several most frequent values the one that comes first in Spark's hash map.

use super::Accumulator;
use super::by_row::{ByRow, Row, by_row};
use super::jvm::{Held, OpenHashMap};
use crate::sql::{DataType, Datum, SqlError, StructField};

/// The buffer: values and how often they were seen, in the map's order.
pub(super) fn mode_buffer(args: &[DataType]) -> Vec<DataType> {
    let of = args.first().cloned().unwrap_or(DataType::Null);
    let entry =
        DataType::structure([StructField::new("value", of, false), StructField::new("count", DataType::Long, false)]);
    vec![DataType::array_of(entry, false)]
}

struct Mode {
    of: DataType,
}

impl ByRow for Mode {
    type State = OpenHashMap;

    fn empty(&self) -> OpenHashMap {
        OpenHashMap::default()
    }

    fn update(&self, state: &mut OpenHashMap, row: &Row<'_>) -> Result<(), SqlError> {
        if !row.is_null(0) {
            state.add(row.value(0), &self.of, Held::Made, 1);
        }
        Ok(())
    }

    fn merge(&self, state: &mut OpenHashMap, row: &Row<'_>) -> Result<(), SqlError> {
        // A map that was written out is read back before it is merged, which may change its order.
        let mut other = OpenHashMap::default();
        if let Datum::Array(entries) = row.value(0) {
            for entry in entries.iter() {
                if let Datum::Struct(parts) = entry
                    && let [value, Datum::Long(count)] = parts.as_ref()
                {
                    other.add(value.clone(), &self.of, Held::Read, *count);
                }
            }
        }
        other.iter().for_each(|(value, count)| state.add(value.clone(), &self.of, Held::Read, count));
        Ok(())
    }

    fn buffer(&self, state: &OpenHashMap) -> Vec<Datum> {
        let entries = state.iter().map(|(value, count)| Datum::Struct([value.clone(), Datum::Long(count)].into()));
        vec![Datum::Array(entries.collect())]
    }

    fn finish(&self, state: &OpenHashMap) -> Datum {
        let mut most: Option<(&Datum, i64)> = None;
        for (value, count) in state.iter() {
            if most.is_none_or(|(_, held)| count > held) {
                most = Some((value, count));
            }
        }
        most.map_or(Datum::Null, |(value, _)| value.clone())
    }
}

/// `mode`.
pub(super) fn mode(args: &[DataType], returns: &DataType) -> Box<dyn Accumulator> {
    let of = args.first().cloned().unwrap_or(DataType::Null);
    by_row(Mode { of }, args, mode_buffer(args), returns)
}
