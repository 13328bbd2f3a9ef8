//! Equality and a total order over values.
//!
//! Equality is Python's (numbers compare by value whatever their type). The order exists so that rows can be put
//! in one canonical sequence; between kinds it is by kind, within a kind it is Python's where Python has one.

use std::cmp::Ordering;

use super::Value;

impl Value {
    fn rank(&self) -> u8 {
        match self {
            Value::None => 0,
            Value::Bool(_) | Value::Int(_) | Value::BigInt(_) | Value::Float(_) => 1,
            Value::Str(_) => 2,
            Value::Bytes(_) => 3,
            Value::Tuple(_) => 4,
            Value::List(_) => 5,
            Value::Dict(_) => 6,
            Value::Set(_) | Value::FrozenSet(_) => 7,
            Value::Object(_) => 8,
        }
    }

    pub(super) fn as_int(&self) -> Option<i64> {
        match self {
            Value::Bool(flag) => Some(i64::from(*flag)),
            Value::Int(number) => Some(*number),
            _ => None,
        }
    }
}

impl Value {
    /// The sum of two numbers as Python has it; nothing for anything else.
    pub fn checked_add(&self, other: &Value) -> Option<Value> {
        if let (Some(left), Some(right)) = (self.as_int(), other.as_int()) {
            let sum = i128::from(left) + i128::from(right);
            return Some(i64::try_from(sum).map_or_else(|_| Value::BigInt(sum.to_string().into()), Value::Int));
        }
        let float = |value: &Value| match value {
            Value::Float(number) => Some(*number),
            Value::BigInt(digits) => digits.parse().ok(),
            other => other.as_int().map(|int| int as f64),
        };
        Some(Value::Float(float(self)? + float(other)?))
    }
}

/// Compares decimal digit strings with an optional sign.
fn compare_digits(left: &str, right: &str) -> Ordering {
    match (left.strip_prefix('-'), right.strip_prefix('-')) {
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => left.len().cmp(&right.len()).then_with(|| left.cmp(right)),
        (Some(left), Some(right)) => right.len().cmp(&left.len()).then_with(|| right.cmp(left)),
    }
}

/// Compares an integer with a float by exact value; NaN stands above every number.
fn compare_int_float(int: i64, float: f64) -> Ordering {
    const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;
    if float.is_nan() || float >= TWO_TO_63 {
        return Ordering::Less;
    }
    if float < -TWO_TO_63 {
        return Ordering::Greater;
    }
    let whole = float.floor();
    int.cmp(&(whole as i64)).then(if float > whole { Ordering::Less } else { Ordering::Equal })
}

fn compare_big_float(digits: &str, float: f64) -> Ordering {
    if float.is_nan() {
        return Ordering::Less;
    }
    if float.is_infinite() {
        return if float > 0.0 { Ordering::Less } else { Ordering::Greater };
    }
    compare_digits(digits, &format!("{:.0}", float.floor())).then(if float.fract() == 0.0 {
        Ordering::Equal
    } else {
        Ordering::Less
    })
}

fn compare_floats(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right).unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
}

fn compare_numbers(left: &Value, right: &Value) -> Ordering {
    if let (Some(left), Some(right)) = (left.as_int(), right.as_int()) {
        return left.cmp(&right);
    }
    match (left, right) {
        (Value::Float(left), Value::Float(right)) => compare_floats(*left, *right),
        (Value::Float(left), Value::BigInt(right)) => compare_big_float(right, *left).reverse(),
        (Value::BigInt(left), Value::Float(right)) => compare_big_float(left, *right),
        (Value::Float(left), right) => compare_int_float(right.as_int().unwrap_or(0), *left).reverse(),
        (left, Value::Float(right)) => compare_int_float(left.as_int().unwrap_or(0), *right),
        (Value::BigInt(left), Value::BigInt(right)) => compare_digits(left, right),
        // One side is inside i64 and the other outside it: the sign of the larger decides.
        (Value::BigInt(left), _) if left.starts_with('-') => Ordering::Less,
        (Value::BigInt(_), _) => Ordering::Greater,
        (_, Value::BigInt(right)) if right.starts_with('-') => Ordering::Greater,
        _ => Ordering::Less,
    }
}

/// Members in canonical order, so that two sets or dicts of the same content compare equal.
pub(super) fn sorted<T: Ord>(members: &[T]) -> Vec<&T> {
    let mut sorted: Vec<&T> = members.iter().collect();
    sorted.sort();
    sorted
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Value::Str(left), Value::Str(right)) => left.cmp(right),
            (Value::Bytes(left), Value::Bytes(right)) => left.cmp(right),
            (Value::Tuple(left), Value::Tuple(right)) | (Value::List(left), Value::List(right)) => left.cmp(right),
            (Value::Dict(left), Value::Dict(right)) => sorted(left).cmp(&sorted(right)),
            (Value::Set(left) | Value::FrozenSet(left), Value::Set(right) | Value::FrozenSet(right)) => {
                sorted(left).cmp(&sorted(right))
            }
            (Value::Object(left), Value::Object(right)) => left.cmp(right),
            _ => self.rank().cmp(&other.rank()).then_with(|| match self.rank() {
                1 => compare_numbers(self, other),
                _ => Ordering::Equal,
            }),
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Value {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_by_value_across_types() {
        assert_eq!(Value::Int(1), Value::Float(1.0));
        assert_eq!(Value::Bool(true), Value::Int(1));
        assert!(Value::Int(i64::MAX) < Value::Float(9_223_372_036_854_775_808.0));
        assert!(Value::BigInt("9223372036854775808".into()) > Value::Int(i64::MAX));
        assert!(Value::BigInt("-9223372036854775809".into()) < Value::Int(i64::MIN));
        assert_eq!(Value::BigInt("18446744073709551616".into()), Value::Float(18_446_744_073_709_551_616.0));
    }

    #[test]
    fn sets_and_dicts_ignore_order() {
        let forward = Value::Set([Value::Int(1), Value::Int(2)].into());
        let backward = Value::FrozenSet([Value::Int(2), Value::Int(1)].into());
        assert_eq!(forward, backward);
    }

    #[test]
    fn a_tuple_is_no_list() {
        assert_ne!(Value::tuple([Value::Int(1)]), Value::list([Value::Int(1)]));
    }
}
