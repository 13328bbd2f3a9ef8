//! Hash codes and hash tables of Java and Scala, as far as the order of their elements can be seen: in the order of a
//! `collect_set`, and in which of several most frequent values a `mode` is.

use super::digits::{decimal_double, digits_of};
use super::unsafe_row;
use crate::sql::groups::hashing::{Hashing, Murmur3, hash_datum};
use crate::sql::{DataType, Datum};

fn long_code(value: i64) -> i32 {
    (value ^ ((value as u64) >> 32) as i64) as i32
}

fn double_bits(value: f64) -> i64 {
    (if value.is_nan() { f64::NAN } else { value }).to_bits() as i64
}

fn float_bits(value: f32) -> i32 {
    (if value.is_nan() { f32::NAN } else { value }).to_bits() as i32
}

/// `BigInteger.hashCode`.
fn big_integer_code(value: i128) -> i32 {
    let magnitude = value.unsigned_abs();
    let words = [96, 64, 32, 0].map(|shift| (magnitude >> shift) as u32);
    let code = words.iter().fold(0_u32, |code, word| code.wrapping_mul(31).wrapping_add(*word)) as i32;
    if value < 0 { code.wrapping_neg() } else { code }
}

/// Scala's `##` of a long.
fn scala_long_code(value: i64) -> i32 {
    i32::try_from(value).unwrap_or_else(|_| long_code(value))
}

/// Scala's `##` of a double that is no whole number.
fn scala_double_code(value: f64) -> i32 {
    let float = value as f32;
    if f64::from(float) == value { float_bits(float) } else { long_code(double_bits(value)) }
}

/// The last word of Scala's `MurmurHash3`, with no avalanche.
fn mix_last(hash: i32, data: i32) -> i32 {
    hash ^ (data as u32).wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593) as i32
}

/// `Decimal.hashCode`, which is that of a Scala `BigDecimal`.
fn decimal_code(unscaled: i128, scale: u8) -> i32 {
    let (mut digits, mut fraction) = (unscaled, scale);
    while fraction > 0 && digits % 10 == 0 {
        digits /= 10;
        fraction -= 1;
    }
    if fraction == 0 {
        return i64::try_from(digits).map_or_else(|_| big_integer_code(digits), scala_long_code);
    }
    let double = decimal_double(digits, fraction);
    if digits_of(double) == Some((digits, i32::from(fraction))) {
        return scala_double_code(double);
    }
    mix_last(big_integer_code(digits), fraction.into())
}

/// How Spark holds structs and arrays, which decides their hash codes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    /// As an expression made them.
    Made,
    /// As bytes, once a buffer was written out and read back.
    Read,
}

/// The code of a `GenericInternalRow` or a `GenericArrayData`.
fn made_code<'a>(parts: impl Iterator<Item = (&'a Datum, &'a DataType)>) -> i32 {
    let part = |(value, of): (&Datum, &DataType)| match value {
        Datum::Boolean(it) => i32::from(!it),
        Datum::Binary(it) => {
            it.iter().fold(1, |code: i32, byte| code.wrapping_mul(31).wrapping_add((*byte as i8).into()))
        }
        other => hash_code(other, of, Held::Made),
    };
    parts.fold(37, |code: i32, it| code.wrapping_mul(37).wrapping_add(part(it)))
}

/// The code by which a table of Java finds a value.
pub(super) fn hash_code(value: &Datum, data_type: &DataType, held: Held) -> i32 {
    match value {
        Datum::Null => 0,
        Datum::Boolean(it) => {
            if *it {
                1231
            } else {
                1237
            }
        }
        Datum::Byte(it) => (*it).into(),
        Datum::Short(it) => (*it).into(),
        Datum::Integer(it) | Datum::Date(it) | Datum::YearMonthInterval(it) => *it,
        Datum::Long(it) | Datum::Timestamp(it) | Datum::TimestampNtz(it) | Datum::DayTimeInterval(it) => long_code(*it),
        Datum::Float(it) => float_bits(*it),
        Datum::Double(it) => long_code(double_bits(*it)),
        Datum::Decimal(unscaled, scale) => decimal_code(*unscaled, *scale),
        Datum::String(it) => Murmur3::bytes(it.as_bytes(), 42),
        Datum::Binary(it) => Murmur3::bytes(&unsafe_row::bytes(it), 42),
        Datum::Array(elements) => {
            let of = if let DataType::Array { element, .. } = data_type { element } else { &DataType::Null };
            match held {
                Held::Made => made_code(elements.iter().map(|element| (element, of))),
                Held::Read => Murmur3::bytes(&unsafe_row::array(elements, of), 42),
            }
        }
        Datum::Struct(parts) => {
            let fields = if let DataType::Struct(fields) = data_type { fields.as_ref() } else { &[] };
            let parts = parts.iter().zip(fields).map(|(part, field)| (part, &field.data_type));
            match held {
                Held::Made => made_code(parts),
                Held::Read => Murmur3::bytes(&unsafe_row::row(parts), 42),
            }
        }
        other => hash_datum::<Murmur3>(other, data_type, 42),
    }
}

/// Whether Scala's `==` holds of two values of one type: of doubles, NaN equals nothing and zeros are equal.
fn scala_equal(left: &Datum, right: &Datum) -> bool {
    match (left, right) {
        (Datum::Double(left), Datum::Double(right)) => left == right,
        (Datum::Float(left), Datum::Float(right)) => left == right,
        _ => left == right,
    }
}

/// Whether Java's `equals` holds: of doubles, NaN equals NaN and the zeros differ.
fn java_equal(left: &Datum, right: &Datum) -> bool {
    match (left, right) {
        (Datum::Double(left), Datum::Double(right)) => double_bits(*left) == double_bits(*right),
        (Datum::Float(left), Datum::Float(right)) => float_bits(*left) == float_bits(*right),
        _ => left == right,
    }
}

/// `scala.collection.mutable.HashSet` of Scala 2.12: open addressing, its order being that of the table.
#[derive(Clone, Default)]
pub(super) struct ScalaSet {
    slots: Vec<Option<(Datum, i32)>>,
    len: usize,
}

impl ScalaSet {
    /// Where a code's search begins: `FlatHashTable.index`.
    fn index(&self, code: i32) -> usize {
        let bits = self.slots.len().trailing_zeros();
        let mixed = (code as u32).wrapping_mul(0x9e37_75cd).swap_bytes().wrapping_mul(0x9e37_75cd);
        let improved = mixed.rotate_right(bits % 32);
        (improved.checked_shr(32 - bits).unwrap_or(0) as usize) & (self.slots.len() - 1)
    }

    fn place(&mut self, value: Datum, code: i32) {
        let mask = self.slots.len() - 1;
        let mut at = self.index(code);
        while let Some((held, _)) = &self.slots[at] {
            if scala_equal(held, &value) {
                return;
            }
            at = (at + 1) & mask;
        }
        self.slots[at] = Some((value, code));
        self.len += 1;
    }

    /// Adds a value that isn't there yet.
    pub(super) fn insert(&mut self, value: Datum, data_type: &DataType, held: Held) {
        if self.slots.is_empty() {
            self.slots = vec![None; 32];
        }
        let code = hash_code(&value, data_type, held);
        self.place(value, code);
        // A table is full at 45 of 100.
        if self.len >= self.slots.len() * 450 / 1000 {
            let larger = vec![None; self.slots.len() * 2];
            let old = std::mem::replace(&mut self.slots, larger);
            self.len = 0;
            old.into_iter().flatten().for_each(|(value, code)| self.place(value, code));
        }
    }

    /// The values, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Datum> {
        self.slots.iter().flatten().map(|(value, _)| value)
    }
}

/// Spark's `OpenHashMap` of values and how often they were seen.
#[derive(Clone, Default)]
pub(super) struct OpenHashMap {
    slots: Vec<Option<(Datum, i32, i64)>>,
    len: usize,
}

impl OpenHashMap {
    fn place(&mut self, value: Datum, code: i32, count: i64) {
        let mask = self.slots.len() - 1;
        let mut at = Murmur3::int(code, 0) as u32 as usize & mask;
        let mut step = 1;
        while let Some((held, _, counted)) = &mut self.slots[at] {
            if java_equal(held, &value) {
                *counted = counted.wrapping_add(count);
                return;
            }
            at = (at + step) & mask;
            step += 1;
        }
        self.slots[at] = Some((value, code, count));
        self.len += 1;
    }

    /// Counts a value.
    pub(super) fn add(&mut self, value: Datum, data_type: &DataType, held: Held, count: i64) {
        if self.slots.is_empty() {
            self.slots = vec![None; 64];
        }
        let code = hash_code(&value, data_type, held);
        self.place(value, code, count);
        // A table is full at 7 of 10.
        if self.len > self.slots.len() * 7 / 10 {
            let larger = vec![None; self.slots.len() * 2];
            let old = std::mem::replace(&mut self.slots, larger);
            self.len = 0;
            old.into_iter().flatten().for_each(|(value, code, count)| self.place(value, code, count));
        }
    }

    /// The values and their counts, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Datum, i64)> {
        self.slots.iter().flatten().map(|(value, _, count)| (value, *count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_java() {
        assert_eq!(hash_code(&Datum::Long(-1), &DataType::Long, Held::Made), 0);
        assert_eq!(hash_code(&Datum::Double(1.5), &DataType::Double, Held::Made), 1_073_217_536);
        assert_eq!(decimal_code(-500, 2), -5);
        assert_eq!(decimal_code(150, 2), 1_069_547_520);
        assert_eq!(big_integer_code(1 << 64), 961);
    }
}
