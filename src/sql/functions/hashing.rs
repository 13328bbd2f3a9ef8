//! Hashes: digests of bytes, and Spark's `hash` (Murmur3) and `xxhash64` of values of any type.

use arrow_array::ArrayRef;
use std::sync::Arc;

use arrow_array::{Int32Array, Int64Array};
use sha2::Digest;

use super::accepts::{Accepts, settle, strict, takes};
use super::column_type::type_of;
use super::math_digits::hex;
use super::refusals::mismatch;
use super::row::{IntoDatum, arg};
use super::signature::wrong_count;
use super::{Evaluation, Function, Signature};
use crate::sql::columns::datum_at;
use crate::sql::{Context, DataType, Datum, SqlError, Typed};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    strict("md5", &[], takes!(Binary => String), |_, args, _| {
        Ok(hex(&md5::Md5::digest(arg::<&[u8]>(args, 0)?)).datum())
    }),
    strict("sha1", &["sha"], takes!(Binary => String), |_, args, _| {
        Ok(hex(&sha1::Sha1::digest(arg::<&[u8]>(args, 0)?)).datum())
    }),
    strict("sha2", &[], takes!(Binary, Int => String or null), |_, args, _| {
        let bytes: &[u8] = arg(args, 0)?;
        Ok(match arg::<i32>(args, 1)? {
            224 => Some(hex(&sha2::Sha224::digest(bytes))),
            0 | 256 => Some(hex(&sha2::Sha256::digest(bytes))),
            384 => Some(hex(&sha2::Sha384::digest(bytes))),
            512 => Some(hex(&sha2::Sha512::digest(bytes))),
            _ => None,
        }
        .datum())
    }),
    strict("crc32", &[], takes!(Binary => Long), |_, args, _| Ok(i64::from(crc32fast::hash(arg(args, 0)?)).datum())),
    Function {
        name: "hash",
        aliases: &[],
        signature: |function, args| hash_signature(function, args, DataType::Integer),
        evaluation: Evaluation::Columns(hash_column),
    },
    Function {
        name: "xxhash64",
        aliases: &[],
        signature: |function, args| hash_signature(function, args, DataType::Long),
        evaluation: Evaluation::Columns(xxhash64_column),
    },
];

/// The seed of both hashes.
const SEED: u32 = 42;

fn hash_signature(function: &'static Function, args: &[Typed], returns: DataType) -> Result<Signature, SqlError> {
    if args.is_empty() {
        return Err(wrong_count(function, "> 0", 0));
    }
    if args.iter().any(|it| it.data_type.has_map()) {
        let message = format!(
            "Input to the function `{}` cannot contain elements of the \"MAP\" type. In Spark, same maps may have \
             different hashcode, thus hash expressions are prohibited on \"MAP\" elements. To restore previous \
             behavior set \"spark.sql.legacy.allowHashOnMapType\" to \"true\".",
            function.name
        );
        return Err(mismatch("HASH_MAP_TYPE", function, args, &message));
    }
    Ok(settle(function, args, &vec![Accepts::Any; args.len()], &[])?.gives(returns).never_null())
}

/// Hashes of rows: each column's value is hashed with the hash so far as its seed.
fn hashes<S: Copy>(columns: &[ArrayRef], rows: usize, seed: S, hash: fn(&Datum, &DataType, S) -> S) -> Vec<S> {
    let mut seeds = vec![seed; rows];
    for column in columns {
        let data_type = type_of(column.data_type());
        for (row, seed) in seeds.iter_mut().enumerate() {
            *seed = hash(&datum_at(column, &data_type, row), &data_type, *seed);
        }
    }
    seeds
}

fn hash_column(_: &Context, columns: &[ArrayRef], rows: usize, _: &DataType) -> Result<ArrayRef, SqlError> {
    let hashes = hashes(columns, rows, SEED, murmur3);
    Ok(Arc::new(hashes.into_iter().map(|it| it as i32).collect::<Int32Array>()))
}

fn xxhash64_column(_: &Context, columns: &[ArrayRef], rows: usize, _: &DataType) -> Result<ArrayRef, SqlError> {
    let hashes = hashes(columns, rows, u64::from(SEED), xxhash64);
    Ok(Arc::new(hashes.into_iter().map(|it| it as i64).collect::<Int64Array>()))
}

/// `hash`, which also says to which partition a row goes: null leaves the seed as it is.
pub(crate) fn murmur3(value: &Datum, data_type: &DataType, seed: u32) -> u32 {
    digest(value, data_type, seed, &Hasher { int: murmur3_int, long: murmur3_long, bytes: murmur3_bytes })
}

fn xxhash64(value: &Datum, data_type: &DataType, seed: u64) -> u64 {
    let hasher = Hasher {
        int: |number, seed| twox_hash::XxHash64::oneshot(seed, &number.to_le_bytes()),
        long: |number, seed| twox_hash::XxHash64::oneshot(seed, &number.to_le_bytes()),
        bytes: |bytes, seed| twox_hash::XxHash64::oneshot(seed, bytes),
    };
    digest(value, data_type, seed, &hasher)
}

/// What a hash of values is made of.
struct Hasher<S> {
    int: fn(i32, S) -> S,
    long: fn(i64, S) -> S,
    bytes: fn(&[u8], S) -> S,
}

/// `HashExpression`'s way through a value of a type. It goes as deep as the type does.
fn digest<S: Copy>(value: &Datum, data_type: &DataType, seed: S, hasher: &Hasher<S>) -> S {
    let (int, long) = (|number: i32| (hasher.int)(number, seed), |number: i64| (hasher.long)(number, seed));
    match (value, data_type) {
        (Datum::Null, _) => seed,
        (Datum::Boolean(it), _) => int((*it).into()),
        (Datum::Byte(it), _) => int((*it).into()),
        (Datum::Short(it), _) => int((*it).into()),
        (Datum::Integer(it) | Datum::Date(it) | Datum::YearMonthInterval(it), _) => int(*it),
        (Datum::Long(it) | Datum::Timestamp(it) | Datum::TimestampNtz(it) | Datum::DayTimeInterval(it), _) => long(*it),
        (Datum::Float(it), _) => int(if it.is_nan() { 0x7fc0_0000 } else { (it + 0.0).to_bits() as i32 }),
        (Datum::Double(it), _) => long(if it.is_nan() { 0x7ff8_0000_0000_0000 } else { (it + 0.0).to_bits() as i64 }),
        (Datum::Decimal(unscaled, _), DataType::Decimal { precision, .. }) => match i64::try_from(*unscaled) {
            Ok(unscaled) if *precision <= 18 => long(unscaled),
            _ => (hasher.bytes)(shortest_bytes(&unscaled.to_be_bytes()), seed),
        },
        (Datum::String(it), _) => (hasher.bytes)(it.as_bytes(), seed),
        (Datum::Binary(it), _) => (hasher.bytes)(it, seed),
        (Datum::CalendarInterval { months, days, micros }, _) => {
            (hasher.int)(*months, (hasher.int)(*days, long(*micros)))
        }
        (Datum::Array(members), DataType::Array { element, .. }) => {
            members.iter().fold(seed, |seed, member| digest(member, element, seed, hasher))
        }
        (Datum::Struct(members), DataType::Struct(fields)) => members
            .iter()
            .zip(fields.iter())
            .fold(seed, |seed, (member, field)| digest(member, &field.data_type, seed, hasher)),
        (Datum::Map(entries), DataType::Map { key, value, .. }) => entries
            .iter()
            .fold(seed, |seed, entry| digest(&entry.1, value, digest(&entry.0, key, seed, hasher), hasher)),
        _ => seed,
    }
}

/// `BigInteger.toByteArray`: the fewest bytes that hold a number and its sign.
fn shortest_bytes(bytes: &[u8; 16]) -> &[u8] {
    let mut rest: &[u8] = bytes;
    while let [0x00, second, ..] | [0xff, second, ..] = rest {
        if (rest[0] == 0xff) != (*second >= 0x80) {
            break;
        }
        rest = &rest[1..];
    }
    rest
}

fn mix_key(key: u32) -> u32 {
    key.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593)
}

fn mix_hash(hash: u32, key: u32) -> u32 {
    (hash ^ mix_key(key)).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64)
}

fn finish(hash: u32, length: u32) -> u32 {
    let hash = hash ^ length;
    let hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    let hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}

fn murmur3_int(number: i32, seed: u32) -> u32 {
    finish(mix_hash(seed, number as u32), 4)
}

fn murmur3_long(number: i64, seed: u32) -> u32 {
    let number = number as u64;
    finish(mix_hash(mix_hash(seed, number as u32), (number >> 32) as u32), 8)
}

/// `Murmur3_x86_32.hashUnsafeBytes`, which mixes each byte of the tail as a word of its own.
pub(super) fn murmur3_bytes(bytes: &[u8], seed: u32) -> u32 {
    let words = bytes.chunks_exact(4);
    let tail = words.remainder();
    let hash = words
        .fold(seed, |hash, word| mix_hash(hash, word.iter().rev().fold(0, |key, byte| (key << 8) | u32::from(*byte))));
    let hash = tail.iter().fold(hash, |hash, byte| mix_hash(hash, i32::from(*byte as i8) as u32));
    finish(hash, bytes.len() as u32)
}

/// Scala's `MurmurHash3.bytesHash` of 8 bytes, whose tail is the usual one.
pub(super) fn scala_murmur3(bytes: &[u8; 8], seed: u32) -> u32 {
    murmur3_bytes(bytes, seed)
}
