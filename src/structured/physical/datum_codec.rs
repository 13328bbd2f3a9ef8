//! A value as bytes that say themselves what they are: for the state of state functions, whose type only the program
//! knows.

use std::rc::Rc;

use super::super::state::Bytes;
use crate::sql::{Datum, SqlError};

/// How deep values may be in each other.
const DEPTH: usize = 200;

/// The bytes of a value.
pub(super) fn encode(value: &Datum, out: &mut Vec<u8>) {
    let mut put = |tag: u8, bytes: &[u8]| {
        out.push(tag);
        out.extend_from_slice(bytes);
    };
    match value {
        Datum::Null => put(0, &[]),
        Datum::Boolean(it) => put(1, &[u8::from(*it)]),
        Datum::Byte(it) => put(2, &it.to_be_bytes()),
        Datum::Short(it) => put(3, &it.to_be_bytes()),
        Datum::Integer(it) => put(4, &it.to_be_bytes()),
        Datum::Long(it) => put(5, &it.to_be_bytes()),
        Datum::Float(it) => put(6, &it.to_bits().to_be_bytes()),
        Datum::Double(it) => put(7, &it.to_bits().to_be_bytes()),
        Datum::Decimal(unscaled, scale) => {
            put(8, &unscaled.to_be_bytes());
            out.push(*scale);
        }
        Datum::String(it) => {
            put(9, &(it.len() as u32).to_be_bytes());
            out.extend_from_slice(it.as_bytes());
        }
        Datum::Binary(it) => {
            put(10, &(it.len() as u32).to_be_bytes());
            out.extend_from_slice(it);
        }
        Datum::Date(it) => put(11, &it.to_be_bytes()),
        Datum::Timestamp(it) => put(12, &it.to_be_bytes()),
        Datum::TimestampNtz(it) => put(13, &it.to_be_bytes()),
        Datum::DayTimeInterval(it) => put(14, &it.to_be_bytes()),
        Datum::YearMonthInterval(it) => put(15, &it.to_be_bytes()),
        Datum::CalendarInterval { months, days, micros } => {
            put(16, &months.to_be_bytes());
            out.extend_from_slice(&days.to_be_bytes());
            out.extend_from_slice(&micros.to_be_bytes());
        }
        Datum::Array(items) => {
            put(17, &(items.len() as u32).to_be_bytes());
            items.iter().for_each(|it| encode(it, out));
        }
        Datum::Map(entries) => {
            put(18, &(entries.len() as u32).to_be_bytes());
            entries.iter().for_each(|(key, value)| {
                encode(key, out);
                encode(value, out);
            });
        }
        Datum::Struct(fields) => {
            put(19, &(fields.len() as u32).to_be_bytes());
            fields.iter().for_each(|it| encode(it, out));
        }
    }
}

/// The value of some bytes.
///
/// # Errors
/// Bytes that no value has.
pub(super) fn decode(bytes: &[u8]) -> Result<Datum, SqlError> {
    let mut rest = bytes;
    read(&mut rest, DEPTH)
        .ok_or_else(|| SqlError::new("SparkException", Some("INTERNAL_ERROR"), "The state of a key can't be read."))
}

fn array<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (first, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*first)
}

fn slice<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u32::from_be_bytes(array(rest)?) as usize;
    let (first, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(first)
}

fn read(rest: &mut &[u8], depth: usize) -> Option<Datum> {
    let depth = depth.checked_sub(1)?;
    let many = |rest: &mut &[u8]| -> Option<Rc<[Datum]>> {
        let count = u32::from_be_bytes(array(rest)?);
        (0..count).map(|_| read(rest, depth)).collect()
    };
    let [tag] = array(rest)?;
    Some(match tag {
        0 => Datum::Null,
        1 => Datum::Boolean(array::<1>(rest)? != [0]),
        2 => Datum::Byte(i8::from_be_bytes(array(rest)?)),
        3 => Datum::Short(i16::from_be_bytes(array(rest)?)),
        4 => Datum::Integer(i32::from_be_bytes(array(rest)?)),
        5 => Datum::Long(i64::from_be_bytes(array(rest)?)),
        6 => Datum::Float(f32::from_bits(u32::from_be_bytes(array(rest)?))),
        7 => Datum::Double(f64::from_bits(u64::from_be_bytes(array(rest)?))),
        8 => {
            let unscaled = i128::from_be_bytes(array(rest)?);
            let [scale] = array(rest)?;
            Datum::Decimal(unscaled, scale)
        }
        9 => Datum::String(std::str::from_utf8(slice(rest)?).ok()?.into()),
        10 => Datum::Binary(slice(rest)?.into()),
        11 => Datum::Date(i32::from_be_bytes(array(rest)?)),
        12 => Datum::Timestamp(i64::from_be_bytes(array(rest)?)),
        13 => Datum::TimestampNtz(i64::from_be_bytes(array(rest)?)),
        14 => Datum::DayTimeInterval(i64::from_be_bytes(array(rest)?)),
        15 => Datum::YearMonthInterval(i32::from_be_bytes(array(rest)?)),
        16 => Datum::CalendarInterval {
            months: i32::from_be_bytes(array(rest)?),
            days: i32::from_be_bytes(array(rest)?),
            micros: i64::from_be_bytes(array(rest)?),
        },
        17 => Datum::Array(many(rest)?),
        18 => {
            let count = u32::from_be_bytes(array(rest)?);
            Datum::Map((0..count).map(|_| Some((read(rest, depth)?, read(rest, depth)?))).collect::<Option<_>>()?)
        }
        19 => Datum::Struct(many(rest)?),
        _ => return None,
    })
}

/// The bytes of a state that may not be there.
pub(super) fn encode_state(state: Option<&Datum>) -> Bytes {
    let mut out = Vec::new();
    if let Some(state) = state {
        encode(state, &mut out);
    }
    out.into()
}

/// The state of some bytes, if one is there.
pub(super) fn decode_state(bytes: &[u8]) -> Result<Option<Datum>, SqlError> {
    if bytes.is_empty() { Ok(None) } else { decode(bytes).map(Some) }
}

#[cfg(test)]
mod tests {
    use super::{decode, decode_state, encode, encode_state};
    use crate::sql::Datum;

    #[test]
    fn values_come_back() {
        let value = Datum::Struct(
            [
                Datum::Long(-3),
                Datum::String("é".into()),
                Datum::Map([(Datum::Integer(1), Datum::Array([Datum::Null, Datum::Double(0.5)].into()))].into()),
                Datum::Decimal(-125, 2),
                Datum::CalendarInterval { months: 1, days: -2, micros: i64::MIN },
            ]
            .into(),
        );
        let mut bytes = Vec::new();
        encode(&value, &mut bytes);
        assert_eq!(decode(&bytes).unwrap(), value);
        bytes.pop();
        assert!(decode(&bytes).is_err());
        assert_eq!(decode_state(&encode_state(None)).unwrap(), None);
    }
}
