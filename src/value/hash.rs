//! Hashing: Rust's [`Hash`] in accord with equality, and PySpark's `portable_hash`.

use std::hash::{Hash, Hasher};

use siphasher::sip::SipHasher13;

use super::{Value, order::sorted};

/// CPython's modulus for numeric hashes on 64-bit machines: the Mersenne prime 2^61 - 1.
const MODULUS: u64 = (1 << 61) - 1;

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Value::None => state.write_u8(0),
            Value::Bool(_) | Value::Int(_) | Value::BigInt(_) | Value::Float(_) => {
                state.write_u8(1);
                state.write_i64(number_hash(self));
            }
            Value::Str(text) => text.hash(state),
            Value::Bytes(bytes) => bytes.hash(state),
            Value::Tuple(members) | Value::List(members) => members.hash(state),
            Value::Dict(entries) => sorted(entries).hash(state),
            Value::Set(members) | Value::FrozenSet(members) => sorted(members).hash(state),
            Value::Object(object) => object.hash(state),
        }
    }
}

/// `hash(number)` as CPython computes it: equal numbers of any type hash alike.
fn number_hash(value: &Value) -> i64 {
    let signed = |negative: bool, magnitude: u64| match (negative, magnitude as i64) {
        (true, 1) => -2,
        (true, magnitude) => -magnitude,
        (false, magnitude) => magnitude,
    };
    match value {
        Value::BigInt(digits) => {
            let magnitude = digits
                .bytes()
                .filter(u8::is_ascii_digit)
                .fold(0u128, |rest, digit| (rest * 10 + u128::from(digit - b'0')) % u128::from(MODULUS));
            signed(digits.starts_with('-'), magnitude as u64)
        }
        Value::Float(float) => float_hash(*float),
        other => {
            let number = other.as_int().unwrap_or(0);
            signed(number < 0, number.unsigned_abs() % MODULUS)
        }
    }
}

/// `hash(float)` of CPython: the value's mantissa and exponent reduced modulo 2^61 - 1.
fn float_hash(float: f64) -> i64 {
    if float.is_nan() {
        return 0;
    }
    if float.is_infinite() {
        return if float > 0.0 { 314_159 } else { -314_159 };
    }
    if float == 0.0 {
        return 0;
    }
    let bits = float.abs().to_bits();
    let exponent = (bits >> 52) as i64;
    let fraction = bits & ((1 << 52) - 1);
    // value = mantissa * 2^power, exactly
    let (mantissa, power) = if exponent == 0 { (fraction, -1074) } else { (fraction | (1 << 52), exponent - 1075) };
    let shift = power.rem_euclid(61) as u32;
    let reduced = u128::from(mantissa % MODULUS) << shift;
    let magnitude = (reduced % u128::from(MODULUS)) as i64;
    match if float < 0.0 { -magnitude } else { magnitude } {
        -1 => -2,
        hash => hash,
    }
}

/// Bytes of a text as CPython stores it (1, 2 or 4 bytes a character, by the widest), which is what it hashes.
fn text_hash(text: &str) -> i64 {
    let widest = text.chars().max().map_or(0, u32::from);
    let bytes: Vec<u8> = match widest {
        0..=0xff => text.chars().map(|letter| u32::from(letter) as u8).collect(),
        0x100..=0xffff => text.chars().flat_map(|letter| (u32::from(letter) as u16).to_le_bytes()).collect(),
        _ => text.chars().flat_map(|letter| u32::from(letter).to_le_bytes()).collect(),
    };
    bytes_hash(&bytes)
}

/// CPython's SipHash-1-3 with the zero key that `PYTHONHASHSEED=0` gives, which is how Spark runs its workers.
fn bytes_hash(bytes: &[u8]) -> i64 {
    if bytes.is_empty() {
        return 0;
    }
    match SipHasher13::new().hash(bytes) as i64 {
        -1 => -2,
        hash => hash,
    }
}

/// `pyspark.rdd.portable_hash`: the hash by which PySpark assigns a key to a partition.
///
/// The same on every machine. `None` hashes to 0 and tuples are combined member by member, as in PySpark; what is
/// [`unhashable`] there hashes by its canonical content here.
pub fn portable_hash(value: &Value) -> i64 {
    match value {
        Value::None => 0,
        Value::Tuple(members) => {
            let mut hash: i64 = 0x345678;
            for member in members.iter() {
                hash ^= portable_hash(member);
                hash = hash.wrapping_mul(1_000_003);
                hash &= i64::MAX;
            }
            hash ^= members.len() as i64;
            if hash == -1 { -2 } else { hash }
        }
        Value::Str(text) => text_hash(text),
        Value::Bytes(bytes) => bytes_hash(bytes),
        Value::FrozenSet(members) => frozen_set_hash(members),
        Value::Bool(_) | Value::Int(_) | Value::BigInt(_) | Value::Float(_) => number_hash(value),
        other => {
            let mut hasher = SipHasher13::new();
            other.hash(&mut hasher);
            hasher.finish() as i64
        }
    }
}

/// `hash(frozenset)` of CPython; the members' order does not matter.
fn frozen_set_hash(members: &[Value]) -> i64 {
    let shuffled = |hash: u64| ((hash ^ 89_869_747) ^ (hash << 16)).wrapping_mul(3_644_798_167);
    let mut hash = members.iter().fold(0, |hash, member| hash ^ shuffled(portable_hash(member) as u64));
    hash ^= (members.len() as u64 + 1).wrapping_mul(1_927_868_237);
    hash ^= (hash >> 11) ^ (hash >> 25);
    match hash.wrapping_mul(69_069).wrapping_add(907_133_923) {
        u64::MAX => 590_923_713,
        hash => hash as i64,
    }
}

/// The class of what keeps a value from being a key of PySpark's: the value itself, or a member of a tuple.
pub fn unhashable(value: &Value) -> Option<&'static str> {
    match value {
        Value::List(_) => Some("list"),
        Value::Dict(_) => Some("dict"),
        Value::Set(_) => Some("set"),
        Value::Tuple(members) => members.iter().find_map(unhashable),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Taken from CPython 3.11 with `PYTHONHASHSEED=0` and PySpark 3.5.7's `portable_hash`.
    #[test]
    fn hashes_are_those_of_cpython() {
        let cases: &[(Value, i64)] = &[
            (Value::Int(-1), -2),
            (Value::Int(i64::MAX), 3),
            (Value::BigInt("18446744073709551616".into()), 8),
            (Value::Float(0.5), 1_152_921_504_606_846_976),
            (Value::Float(-1.0), -2),
            (Value::Float(1e300), 1_224_995_262_755_759_164),
            (Value::str("a"), 4_644_417_185_603_328_019),
            (Value::str("é"), 6_047_309_291_227_476_195),
            (Value::str("ж"), 7_913_700_590_106_915_054),
            (Value::str("😀"), -3_536_540_696_076_613_844),
        ];
        for (value, hash) in cases {
            assert_eq!(portable_hash(value), *hash, "{value:?}");
        }
    }
}
