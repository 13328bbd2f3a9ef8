//! Spark's hashes of values: Murmur3, by which rows are shuffled and which `hash` gives, and xxHash64, which
//! `xxhash64` and `approx_count_distinct` use. Both walk a value in the same way, the hash so far being the seed of
//! the next part; null leaves it as it is.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, DurationMicrosecondType, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, IntervalYearMonthType, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef};
use twox_hash::XxHash64;

use crate::sql::columns::datum_at;
use crate::sql::{DataType, Datum};

/// Decimals of at most so many digits are hashed as a long.
const LONG_DIGITS: u8 = 18;

/// One of the two hashes.
pub trait Hashing {
    /// What a hash, and its seed, is.
    type Word: Copy;
    /// Of an `int`, and of what is narrower.
    fn int(value: i32, seed: Self::Word) -> Self::Word;
    /// Of a `long`.
    fn long(value: i64, seed: Self::Word) -> Self::Word;
    /// Of bytes.
    fn bytes(value: &[u8], seed: Self::Word) -> Self::Word;
}

/// `Murmur3_x86_32`; bytes after the last whole word are each mixed in as a word, which the original doesn't do.
pub struct Murmur3;

/// `XXH64`.
pub struct XxHash;

fn mix_key(key: u32) -> u32 {
    key.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593)
}

fn mix_hash(hash: u32, key: u32) -> u32 {
    (hash ^ key).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64)
}

fn finish(hash: u32, length: u32) -> i32 {
    let mut hash = hash ^ length;
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    (hash ^ (hash >> 16)) as i32
}

impl Hashing for Murmur3 {
    type Word = i32;

    #[inline]
    fn int(value: i32, seed: i32) -> i32 {
        finish(mix_hash(seed as u32, mix_key(value as u32)), 4)
    }

    #[inline]
    fn long(value: i64, seed: i32) -> i32 {
        let hash = mix_hash(seed as u32, mix_key(value as u32));
        finish(mix_hash(hash, mix_key((value as u64 >> 32) as u32)), 8)
    }

    fn bytes(value: &[u8], seed: i32) -> i32 {
        let (words, rest) = value.as_chunks::<4>();
        let hash = words.iter().fold(seed as u32, |hash, word| mix_hash(hash, mix_key(u32::from_le_bytes(*word))));
        let hash = rest.iter().fold(hash, |hash, byte| mix_hash(hash, mix_key(i32::from(*byte as i8) as u32)));
        finish(hash, value.len() as u32)
    }
}

impl Hashing for XxHash {
    type Word = i64;

    #[inline]
    fn int(value: i32, seed: i64) -> i64 {
        XxHash64::oneshot(seed as u64, &value.to_le_bytes()) as i64
    }

    #[inline]
    fn long(value: i64, seed: i64) -> i64 {
        XxHash64::oneshot(seed as u64, &value.to_le_bytes()) as i64
    }

    fn bytes(value: &[u8], seed: i64) -> i64 {
        XxHash64::oneshot(seed as u64, value) as i64
    }
}

/// `floatToIntBits`, zeros being positive.
fn float_bits(value: f32) -> i32 {
    (if value.is_nan() { f32::NAN } else { value + 0.0 }).to_bits() as i32
}

/// `doubleToLongBits`, zeros being positive.
fn double_bits(value: f64) -> i64 {
    (if value.is_nan() { f64::NAN } else { value + 0.0 }).to_bits() as i64
}

/// `BigInteger.toByteArray`: the fewest bytes of two's complement, the highest first.
pub fn big_integer_bytes(unscaled: i128) -> Vec<u8> {
    let bytes = unscaled.to_be_bytes();
    let sign: u8 = if unscaled < 0 { 0xff } else { 0 };
    let redundant = bytes.windows(2).take_while(|pair| pair[0] == sign && (pair[1] ^ sign) < 0x80).count();
    bytes[redundant..].to_vec()
}

fn decimal<H: Hashing>(unscaled: i128, precision: u8, seed: H::Word) -> H::Word {
    match i64::try_from(unscaled) {
        Ok(long) if precision <= LONG_DIGITS => H::long(long, seed),
        _ => H::bytes(&big_integer_bytes(unscaled), seed),
    }
}

/// The hash of one value.
pub fn hash_datum<H: Hashing>(value: &Datum, data_type: &DataType, seed: H::Word) -> H::Word {
    match value {
        Datum::Null => seed,
        Datum::Boolean(it) => H::int(i32::from(*it), seed),
        Datum::Byte(it) => H::int((*it).into(), seed),
        Datum::Short(it) => H::int((*it).into(), seed),
        Datum::Integer(it) | Datum::Date(it) | Datum::YearMonthInterval(it) => H::int(*it, seed),
        Datum::Long(it) | Datum::Timestamp(it) | Datum::TimestampNtz(it) | Datum::DayTimeInterval(it) => {
            H::long(*it, seed)
        }
        Datum::Float(it) => H::int(float_bits(*it), seed),
        Datum::Double(it) => H::long(double_bits(*it), seed),
        Datum::Decimal(unscaled, _) => {
            let precision = if let DataType::Decimal { precision, .. } = data_type { *precision } else { u8::MAX };
            decimal::<H>(*unscaled, precision, seed)
        }
        Datum::String(it) => H::bytes(it.as_bytes(), seed),
        Datum::Binary(it) => H::bytes(it, seed),
        Datum::CalendarInterval { months, days, micros } => H::int(*months, H::int(*days, H::long(*micros, seed))),
        Datum::Array(elements) => {
            let of = if let DataType::Array { element, .. } = data_type { element } else { &DataType::Null };
            elements.iter().fold(seed, |seed, element| hash_datum::<H>(element, of, seed))
        }
        Datum::Map(entries) => {
            let null = &DataType::Null;
            let (keys, values) =
                if let DataType::Map { key, value, .. } = data_type { (&**key, &**value) } else { (null, null) };
            entries
                .iter()
                .fold(seed, |seed, (key, value)| hash_datum::<H>(value, values, hash_datum::<H>(key, keys, seed)))
        }
        Datum::Struct(parts) => {
            let fields = if let DataType::Struct(fields) = data_type { fields.as_ref() } else { &[] };
            let types = fields.iter().map(|field| &field.data_type).chain(std::iter::repeat(&DataType::Null));
            parts.iter().zip(types).fold(seed, |seed, (part, of)| hash_datum::<H>(part, of, seed))
        }
    }
}

fn numbers<T: ArrowPrimitiveType, W: Copy>(
    column: &ArrayRef,
    hashes: &mut [W],
    hash: impl Fn(T::Native, W) -> W,
) -> Option<()> {
    let column = column.as_primitive_opt::<T>()?;
    let rows = hashes.iter_mut().zip(column.values());
    if let Some(nulls) = column.nulls().filter(|nulls| nulls.null_count() > 0) {
        for ((seed, value), valid) in rows.zip(nulls.iter()) {
            if valid {
                *seed = hash(*value, *seed);
            }
        }
    } else {
        for (seed, value) in rows {
            *seed = hash(*value, *seed);
        }
    }
    Some(())
}

/// Takes a column into the hashes of its rows.
pub fn hash_column<H: Hashing>(column: &ArrayRef, data_type: &DataType, hashes: &mut [H::Word]) {
    let done = match data_type {
        DataType::Byte => numbers::<Int8Type, _>(column, hashes, |it, seed| H::int(it.into(), seed)),
        DataType::Short => numbers::<Int16Type, _>(column, hashes, |it, seed| H::int(it.into(), seed)),
        DataType::Integer => numbers::<Int32Type, _>(column, hashes, H::int),
        DataType::Date => numbers::<Date32Type, _>(column, hashes, H::int),
        DataType::YearMonthInterval => numbers::<IntervalYearMonthType, _>(column, hashes, H::int),
        DataType::Long => numbers::<Int64Type, _>(column, hashes, H::long),
        DataType::Timestamp | DataType::TimestampNtz => numbers::<TimestampMicrosecondType, _>(column, hashes, H::long),
        DataType::DayTimeInterval => numbers::<DurationMicrosecondType, _>(column, hashes, H::long),
        DataType::Float => numbers::<Float32Type, _>(column, hashes, |it, seed| H::int(float_bits(it), seed)),
        DataType::Double => numbers::<Float64Type, _>(column, hashes, |it, seed| H::long(double_bits(it), seed)),
        DataType::Decimal { precision, .. } => {
            numbers::<Decimal128Type, _>(column, hashes, |it, seed| decimal::<H>(it, *precision, seed))
        }
        DataType::String => column.as_string_opt::<i32>().map(|texts| {
            for (seed, text) in hashes.iter_mut().zip(texts.iter()) {
                *seed = text.map_or(*seed, |text| H::bytes(text.as_bytes(), *seed));
            }
        }),
        // A null struct's own parts are null too, or hidden.
        DataType::Struct(fields) => column.as_struct_opt().filter(|structs| structs.null_count() == 0).map(|structs| {
            for (part, field) in structs.columns().iter().zip(fields.iter()) {
                hash_column::<H>(part, &field.data_type, hashes);
            }
        }),
        _ => None,
    };
    if done.is_none() {
        for (row, seed) in hashes.iter_mut().enumerate() {
            *seed = hash_datum::<H>(&datum_at(column, data_type, row), data_type, *seed);
        }
    }
}
