//! Which type values of several types have in common, and which casts nobody has to write: Spark's `TypeCoercion` with
//! `spark.sql.ansi.enabled` off, and `DecimalPrecision` with `allowPrecisionLoss`.

use super::{DataType, Datum, StructField, Typed, TypedKind};

/// The least scale that a decimal result keeps when its precision has to be cut.
const MINIMUM_ADJUSTED_SCALE: u8 = 6;

/// A decimal for any number written as text: `DecimalType.SYSTEM_DEFAULT`.
pub const SYSTEM_DECIMAL: DataType = DataType::Decimal { precision: 38, scale: 18 };

/// Where a number stands among the types that become each other: bytes become shorts, and all become doubles.
fn precedence(data_type: &DataType) -> Option<u8> {
    Some(match data_type {
        DataType::Byte => 0,
        DataType::Short => 1,
        DataType::Integer => 2,
        DataType::Long => 3,
        DataType::Float => 4,
        DataType::Double => 5,
        _ => return None,
    })
}

/// The precision and scale that hold every value of a numeric type: `DecimalType.forType`.
pub fn decimal_for(data_type: &DataType) -> Option<(u8, u8)> {
    Some(match data_type {
        DataType::Byte => (3, 0),
        DataType::Short => (5, 0),
        DataType::Integer => (10, 0),
        DataType::Long => (20, 0),
        DataType::Float => (14, 7),
        DataType::Double => (30, 15),
        DataType::Decimal { precision, scale } => (*precision, *scale),
        _ => return None,
    })
}

/// Whether a decimal holds all values of a type: `DecimalType.isWiderThan`.
fn decimal_holds((precision, scale): (u8, u8), other: &DataType) -> bool {
    decimal_for(other).is_some_and(|(other_precision, other_scale)| {
        precision.saturating_sub(scale) >= other_precision.saturating_sub(other_scale) && scale >= other_scale
    })
}

/// `Cast.forceNullable`: whether a value that is there may become null by a cast.
pub fn force_nullable(from: &DataType, to: &DataType) -> bool {
    use DataType as T;
    match (from, to) {
        (T::Null, _) => true,
        (from, to) if from == to => false,
        (T::String, T::Binary) | (_, T::String) => false,
        (T::String, _) => true,
        (T::Timestamp, T::Byte | T::Short | T::Integer) | (T::Float | T::Double, T::Timestamp) => true,
        (T::Timestamp | T::TimestampNtz, T::Date) | (T::Date, T::Timestamp | T::TimestampNtz) => false,
        (_, T::Date) | (T::Date, _) | (_, T::CalendarInterval) => true,
        (from, T::Decimal { precision, scale }) => !decimal_holds((*precision, *scale), from),
        (T::Float | T::Double | T::Decimal { .. }, T::Byte | T::Short | T::Integer | T::Long) => true,
        _ => false,
    }
}

type Rule = fn(&DataType, &DataType) -> Option<DataType>;

/// The common type of types with parts, whose parts have a common type by the rule.
fn complex(left: &DataType, right: &DataType, rule: Rule) -> Option<DataType> {
    match (left, right) {
        (
            DataType::Array { element, contains_null },
            DataType::Array { element: other, contains_null: other_contains_null },
        ) => {
            let common = rule(element, other)?;
            let forced = force_nullable(element, &common) || force_nullable(other, &common);
            Some(DataType::array_of(common, *contains_null || *other_contains_null || forced))
        }
        (
            DataType::Map { key, value, value_contains_null },
            DataType::Map { key: other_key, value: other_value, value_contains_null: other_contains_null },
        ) => {
            let common_key = rule(key, other_key)?;
            if force_nullable(key, &common_key) || force_nullable(other_key, &common_key) {
                return None;
            }
            let common = rule(value, other_value)?;
            let forced = force_nullable(value, &common) || force_nullable(other_value, &common);
            Some(DataType::map_of(common_key, common, *value_contains_null || *other_contains_null || forced))
        }
        (DataType::Struct(fields), DataType::Struct(others)) if fields.len() == others.len() => {
            let mut common = Vec::with_capacity(fields.len());
            for (field, other) in fields.iter().zip(others.iter()) {
                if field.name.to_lowercase() != other.name.to_lowercase() {
                    return None;
                }
                let data_type = rule(&field.data_type, &other.data_type)?;
                let nullable = field.nullable
                    || other.nullable
                    || force_nullable(&field.data_type, &data_type)
                    || force_nullable(&other.data_type, &data_type);
                common.push(StructField::new(field.name.clone(), data_type, nullable));
            }
            Some(DataType::structure(common))
        }
        _ => None,
    }
}

/// The type that both become without loss: `findTightestCommonType`.
pub fn tightest_common_type(left: &DataType, right: &DataType) -> Option<DataType> {
    use DataType as T;
    match (left, right) {
        _ if left == right => Some(left.clone()),
        (T::Null, other) | (other, T::Null) => Some(other.clone()),
        (T::Decimal { precision, scale }, other) | (other, T::Decimal { precision, scale }) => {
            let decimal = (*precision, *scale);
            (other.is_integral() && decimal_holds(decimal, other)).then(|| T::decimal(decimal.0, decimal.1))
        }
        (T::Timestamp, T::Date | T::TimestampNtz) | (T::Date | T::TimestampNtz, T::Timestamp) => Some(T::Timestamp),
        (T::TimestampNtz, T::Date) | (T::Date, T::TimestampNtz) => Some(T::TimestampNtz),
        _ => match (precedence(left), precedence(right)) {
            (Some(here), Some(there)) => Some(if here >= there { left.clone() } else { right.clone() }),
            _ => complex(left, right, tightest_common_type),
        },
    }
}

/// The decimal that holds both, its precision cut to 38: `widerDecimalType`.
pub fn wider_decimal((precision, scale): (u8, u8), (other_precision, other_scale): (u8, u8)) -> DataType {
    let digits = precision.saturating_sub(scale).max(other_precision.saturating_sub(other_scale));
    let scale = scale.max(other_scale);
    DataType::decimal(digits.saturating_add(scale), scale)
}

fn wider_for_decimal(left: &DataType, right: &DataType) -> Option<DataType> {
    use DataType as T;
    match (left, right) {
        (T::Decimal { .. }, T::Float | T::Double) | (T::Float | T::Double, T::Decimal { .. }) => Some(T::Double),
        (T::Decimal { .. }, other) | (other, T::Decimal { .. }) if other.is_integral() || other.is_decimal() => {
            Some(wider_decimal(decimal_for(left)?, decimal_for(right)?))
        }
        _ => None,
    }
}

fn string_promotion(left: &DataType, right: &DataType) -> Option<DataType> {
    let promoted = |other: &DataType| other.is_atomic() && !matches!(other, DataType::Binary | DataType::Boolean);
    match (left, right) {
        (DataType::String, other) | (other, DataType::String) if promoted(other) => Some(DataType::String),
        _ => None,
    }
}

/// The common type of two, texts included: `findWiderTypeForTwo`.
pub fn wider_type(left: &DataType, right: &DataType) -> Option<DataType> {
    tightest_common_type(left, right)
        .or_else(|| wider_for_decimal(left, right))
        .or_else(|| string_promotion(left, right))
        .or_else(|| complex(left, right, wider_type))
}

/// The common type of two where numbers don't become text: `findWiderTypeWithoutStringPromotionForTwo`.
pub fn wider_type_without_strings(left: &DataType, right: &DataType) -> Option<DataType> {
    tightest_common_type(left, right)
        .or_else(|| wider_for_decimal(left, right))
        .or_else(|| complex(left, right, wider_type_without_strings))
}

fn has_string(data_type: &DataType) -> bool {
    match data_type {
        DataType::String => true,
        DataType::Array { element, .. } => has_string(element),
        _ => false,
    }
}

/// The common type of all: `findWiderCommonType`. Of none it is `VOID`.
pub fn wider_of_all(types: &[DataType]) -> Option<DataType> {
    let (texts, others): (Vec<_>, Vec<_>) = types.iter().partition(|it| has_string(it));
    texts.into_iter().chain(others).try_fold(DataType::Null, |common, next| wider_type(&common, next))
}

/// The common type of all where numbers don't become text, as `greatest` and `least` have it.
pub fn wider_of_all_without_strings(types: &[DataType]) -> Option<DataType> {
    types.iter().try_fold(DataType::Null, |common, next| wider_type_without_strings(&common, next))
}

/// The type in which two values are compared, where it is another than theirs or theirs.
pub fn comparison_type(left: &DataType, right: &DataType) -> Option<DataType> {
    use DataType as T;
    match (left, right) {
        (T::String, T::Null) | (T::Null, T::String) => Some(T::String),
        (T::String, T::Decimal { .. }) | (T::Decimal { .. }, T::String) => Some(T::Double),
        (T::String, other) | (other, T::String) if other.is_atomic() => Some(other.clone()),
        (T::Boolean, other) | (other, T::Boolean) if other.is_numeric() => Some(other.clone()),
        _ => tightest_common_type(left, right).or_else(|| wider_for_decimal(left, right)),
    }
}

/// The type that a value of one type is cast to, unasked, where a function wants another: `implicitCast`. `None` where
/// it isn't.
pub fn implicit(from: &DataType, to: &DataType) -> Option<DataType> {
    use DataType as T;
    match (from, to) {
        _ if from == to => Some(to.clone()),
        (T::Null, _) => Some(to.clone()),
        (T::String, to) if to.is_numeric() || to.is_datetime() || *to == T::Binary => Some(to.clone()),
        (from, to) if from.is_numeric() && to.is_numeric() => Some(to.clone()),
        (from, to) if from.is_datetime() && to.is_datetime() => Some(to.clone()),
        (from, T::String) if from.is_atomic() => Some(T::String),
        (T::Array { element, contains_null }, T::Array { element: wanted, contains_null: allowed }) => {
            let element = implicit(element, wanted)?;
            (*allowed || !*contains_null).then(|| T::array_of(element, *contains_null))
        }
        (
            T::Map { key, value, value_contains_null },
            T::Map { key: wanted_key, value: wanted_value, value_contains_null: allowed },
        ) => {
            let (key, value) = (implicit(key, wanted_key)?, implicit(value, wanted_value)?);
            (*allowed || !*value_contains_null).then(|| T::map_of(key, value, *value_contains_null))
        }
        _ if from.same_type(to) => Some(from.clone()),
        _ => None,
    }
}

/// The precision and scale of a result, cut to 38 digits by giving up digits of the fraction first:
/// `adjustPrecisionScale`.
pub fn adjusted(precision: u32, scale: u32) -> (u8, u8) {
    let narrow = |number: u32| u8::try_from(number).unwrap_or(u8::MAX);
    if precision <= 38 {
        return (narrow(precision), narrow(scale));
    }
    let digits = precision.saturating_sub(scale);
    let least = scale.min(u32::from(MINIMUM_ADJUSTED_SCALE));
    (38, narrow(38_u32.saturating_sub(digits).max(least)))
}

/// What an operator of decimals gives: `+`, `-`, `*`, `/`, `%`, `pmod` and `div` (which makes a long of it).
pub fn decimal_result(operator: &str, left: (u8, u8), right: (u8, u8)) -> (u8, u8) {
    let (precision, scale) = (u32::from(left.0), u32::from(left.1));
    let (other_precision, other_scale) = (u32::from(right.0), u32::from(right.1));
    let digits = precision.saturating_sub(scale);
    let other_digits = other_precision.saturating_sub(other_scale);
    let wider_scale = scale.max(other_scale);
    match operator {
        "*" => adjusted(precision + other_precision + 1, scale + other_scale),
        "/" => {
            let scale_of_result = (scale + other_precision + 1).max(u32::from(MINIMUM_ADJUSTED_SCALE));
            adjusted(digits + other_scale + scale_of_result, scale_of_result)
        }
        "%" | "pmod" => adjusted(digits.min(other_digits) + wider_scale, wider_scale),
        "div" => adjusted((digits + other_scale).clamp(1, 38), 0),
        _ => adjusted(digits.max(other_digits) + wider_scale + 1, wider_scale),
    }
}

/// The decimal that an operand becomes beside a decimal: a literal the least that holds it, other integers the one of
/// their type.
pub fn decimal_operand(operand: &Typed) -> Option<(u8, u8)> {
    let literal = match &operand.kind {
        TypedKind::Literal(Datum::Byte(number)) => Some(i64::from(*number)),
        TypedKind::Literal(Datum::Short(number)) => Some(i64::from(*number)),
        TypedKind::Literal(Datum::Integer(number)) => Some(i64::from(*number)),
        TypedKind::Literal(Datum::Long(number)) => Some(*number),
        _ => None,
    };
    match literal {
        Some(number) => {
            let digits = number.unsigned_abs().checked_ilog10().map_or(1, |log| log + 1);
            Some((u8::try_from(digits).unwrap_or(20), 0))
        }
        None if operand.data_type.is_integral() || operand.data_type.is_decimal() => decimal_for(&operand.data_type),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wider(left: &str, right: &str) -> Option<String> {
        let parse = |text| DataType::parse(text).unwrap();
        wider_type(&parse(left), &parse(right)).map(|it| it.simple_string())
    }

    #[test]
    fn types_have_the_common_type_of_spark() {
        assert_eq!(wider("int", "bigint").as_deref(), Some("bigint"));
        assert_eq!(wider("int", "string").as_deref(), Some("string"));
        assert_eq!(wider("boolean", "string"), None);
        assert_eq!(wider("int", "decimal(6,2)").as_deref(), Some("decimal(12,2)"));
        assert_eq!(wider("float", "decimal(6,2)").as_deref(), Some("double"));
        assert_eq!(wider("date", "timestamp").as_deref(), Some("timestamp"));
        assert_eq!(wider("array<int>", "array<string>").as_deref(), Some("array<string>"));
        assert_eq!(wider("struct<x:int>", "struct<X:bigint>").as_deref(), Some("struct<x:bigint>"));
        assert_eq!(wider("int", "array<int>"), None);
    }

    #[test]
    fn decimals_have_the_precision_of_spark() {
        assert_eq!(decimal_result("*", (6, 2), (6, 2)), (13, 4));
        assert_eq!(decimal_result("/", (6, 2), (6, 2)), (15, 9));
        assert_eq!(decimal_result("*", (38, 10), (38, 10)), (38, 6));
        assert_eq!(decimal_result("/", (38, 10), (38, 10)), (38, 6));
        assert_eq!(decimal_result("+", (20, 0), (6, 2)), (23, 2));
        assert_eq!(decimal_result("%", (6, 2), (38, 10)), (14, 10));
    }
}
