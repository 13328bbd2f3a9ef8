//! The memory of Spark's `UnsafeRow` and `UnsafeArrayData`, whose bytes decide the hash code of structs and arrays.

use crate::sql::groups::hashing::big_integer_bytes;
use crate::sql::{DataType, Datum};

/// Decimals of at most so many digits are held as a long.
const LONG_DIGITS: u8 = 18;

/// How many bytes a decimal of more digits takes.
const WIDE_DECIMAL: usize = 16;

fn is_wide(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Decimal { precision, .. } if *precision > LONG_DIGITS)
}

/// The bytes of what has a fixed width; `None` of what is put apart.
fn fixed(value: &Datum, data_type: &DataType) -> Option<Vec<u8>> {
    Some(match value {
        Datum::Boolean(it) => vec![u8::from(*it)],
        Datum::Byte(it) => it.to_le_bytes().to_vec(),
        Datum::Short(it) => it.to_le_bytes().to_vec(),
        Datum::Integer(it) | Datum::Date(it) | Datum::YearMonthInterval(it) => it.to_le_bytes().to_vec(),
        Datum::Long(it) | Datum::Timestamp(it) | Datum::TimestampNtz(it) | Datum::DayTimeInterval(it) => {
            it.to_le_bytes().to_vec()
        }
        Datum::Float(it) => it.to_le_bytes().to_vec(),
        Datum::Double(it) => it.to_le_bytes().to_vec(),
        Datum::Decimal(unscaled, _) if !is_wide(data_type) => (*unscaled as i64).to_le_bytes().to_vec(),
        _ => return None,
    })
}

/// The bytes of what is put apart.
fn variable(value: &Datum, data_type: &DataType) -> Vec<u8> {
    match (value, data_type) {
        (Datum::String(text), _) => text.as_bytes().to_vec(),
        (Datum::Binary(bytes), _) => bytes.to_vec(),
        (Datum::Decimal(unscaled, _), _) => big_integer_bytes(*unscaled),
        (Datum::CalendarInterval { months, days, micros }, _) => {
            [months.to_le_bytes().as_slice(), &days.to_le_bytes(), &micros.to_le_bytes()].concat()
        }
        (Datum::Array(elements), DataType::Array { element, .. }) => array(elements, element),
        (Datum::Struct(parts), DataType::Struct(fields)) => {
            row(parts.iter().zip(fields.iter()).map(|(part, field)| (part, &field.data_type)))
        }
        _ => Vec::new(),
    }
}

fn pad(memory: &mut Vec<u8>) {
    memory.resize(memory.len().div_ceil(8) * 8, 0);
}

/// Puts a value into its place, or its offset and size there and itself at the end.
fn put(memory: &mut Vec<u8>, place: usize, value: &Datum, data_type: &DataType) {
    let bytes = match fixed(value, data_type) {
        Some(bytes) => bytes,
        None => {
            let (offset, bytes) = (memory.len(), variable(value, data_type));
            memory.extend(&bytes);
            if is_wide(data_type) {
                memory.resize(offset + WIDE_DECIMAL, 0);
            }
            pad(memory);
            ((offset as u64) << 32 | bytes.len() as u64).to_le_bytes().to_vec()
        }
    };
    memory.iter_mut().skip(place).zip(bytes).for_each(|(held, byte)| *held = byte);
}

fn set_null(memory: &mut [u8], bits: usize, index: usize) {
    if let Some(byte) = memory.get_mut(bits + index / 8) {
        *byte |= 1 << (index % 8);
    }
}

/// The memory of a row.
pub(super) fn row<'a>(parts: impl ExactSizeIterator<Item = (&'a Datum, &'a DataType)>) -> Vec<u8> {
    let bits = parts.len().div_ceil(64) * 8;
    let mut memory = vec![0; bits + parts.len() * 8];
    for (index, (part, of)) in parts.enumerate() {
        if part.is_null() {
            set_null(&mut memory, 0, index);
            if is_wide(of) {
                let offset = memory.len();
                memory.resize(offset + WIDE_DECIMAL, 0);
                let there = ((offset as u64) << 32).to_le_bytes();
                memory.iter_mut().skip(bits + index * 8).zip(there).for_each(|(held, byte)| *held = byte);
            }
        } else {
            put(&mut memory, bits + index * 8, part, of);
        }
    }
    memory
}

/// The memory of an array.
pub(super) fn array(elements: &[Datum], of: &DataType) -> Vec<u8> {
    let width = match of {
        DataType::Boolean | DataType::Byte => 1,
        DataType::Short => 2,
        DataType::Integer | DataType::Date | DataType::YearMonthInterval | DataType::Float => 4,
        _ => 8,
    };
    let mut memory = (elements.len() as u64).to_le_bytes().to_vec();
    let start = 8 + elements.len().div_ceil(64) * 8;
    memory.resize(start + elements.len() * width, 0);
    pad(&mut memory);
    for (index, element) in elements.iter().enumerate() {
        if element.is_null() {
            set_null(&mut memory, 8, index);
        } else {
            put(&mut memory, start + index * width, element, of);
        }
    }
    memory
}

/// The memory of an array of bytes, as which `collect_set` holds a binary.
pub(super) fn bytes(value: &[u8]) -> Vec<u8> {
    let elements: Vec<Datum> = value.iter().map(|byte| Datum::Byte(*byte as i8)).collect();
    array(&elements, &DataType::Byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_offsets_of_what_is_put_apart() {
        let parts = [(Datum::Integer(7), DataType::Integer), (Datum::Null, DataType::Long)];
        let memory = row(parts.iter().map(|(part, of)| (part, of)));
        assert_eq!(memory, [2, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        let text = (Datum::String("ab".into()), DataType::String);
        let memory = row([(&text.0, &text.1)].into_iter());
        assert_eq!(memory, [0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 16, 0, 0, 0, 97, 98, 0, 0, 0, 0, 0, 0]);
        let memory = array(&[Datum::Null, Datum::Integer(1)], &DataType::Integer);
        assert_eq!(memory, [2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
        let wide = DataType::Decimal { precision: 38, scale: 0 };
        assert_eq!(row([(&Datum::Decimal(-129, 0), &wide)].into_iter())[8..18], [2, 0, 0, 0, 16, 0, 0, 0, 255, 127]);
        assert_eq!(row([(&Datum::Null, &wide)].into_iter()).len(), 32);
    }
}
