//! Which casts there are: `Cast.canCast` and `Cast.canTryCast`.

use crate::sql::DataType;
use crate::sql::coerce::force_nullable;

/// Whether the type can be cast to the other.
pub fn can_cast(from: &DataType, to: &DataType) -> bool {
    use DataType as T;
    match (from, to) {
        _ if from == to => true,
        (T::Null, _) | (_, T::String) => true,
        (_, T::Null) => false,
        (T::String, to) if to.is_atomic() || *to == T::CalendarInterval => true,
        (from, T::Binary) => from.is_integral(),
        (T::Date | T::Timestamp, T::Boolean) => true,
        (from, T::Boolean) => from.is_numeric(),
        (T::Boolean | T::Date | T::TimestampNtz, T::Timestamp) => true,
        (from, T::Timestamp) => from.is_numeric(),
        (T::Date | T::Timestamp, T::TimestampNtz) | (T::Timestamp | T::TimestampNtz, T::Date) => true,
        (from, T::DayTimeInterval | T::YearMonthInterval) => from.is_integral() || from.is_decimal(),
        (T::DayTimeInterval | T::YearMonthInterval, to) => to.is_integral() || to.is_decimal(),
        (T::Boolean | T::Date | T::Timestamp, to) => to.is_numeric(),
        (from, to) if from.is_numeric() && to.is_numeric() => true,
        _ => parts(from, to, can_cast),
    }
}

/// Whether the type can be cast to the other by `try_cast`, which knows fewer casts.
pub fn can_try_cast(from: &DataType, to: &DataType) -> bool {
    use DataType as T;
    match (from, to) {
        _ if from == to => true,
        (T::Boolean, T::Timestamp) | (T::Timestamp, T::Boolean) => false,
        (T::Date, to) if to.is_numeric() || *to == T::Boolean => false,
        (from, T::Binary) if from.is_integral() => false,
        (T::Array { .. } | T::Map { .. } | T::Struct(_), to) if *to != T::String => parts(from, to, can_try_cast),
        _ => can_cast(from, to),
    }
}

/// Whether each part of a type can be cast to its counterpart, and null may stand where the cast gives it.
fn parts(from: &DataType, to: &DataType, rule: fn(&DataType, &DataType) -> bool) -> bool {
    let nulls = |nullable: bool, from: &DataType, to: &DataType, allowed: bool| {
        allowed || !(nullable || force_nullable(from, to))
    };
    match (from, to) {
        (DataType::Array { element, contains_null }, DataType::Array { element: wanted, contains_null: allowed }) => {
            rule(element, wanted) && nulls(*contains_null, element, wanted, *allowed)
        }
        (
            DataType::Map { key, value, value_contains_null },
            DataType::Map { key: wanted_key, value: wanted, value_contains_null: allowed },
        ) => {
            rule(key, wanted_key)
                && !force_nullable(key, wanted_key)
                && rule(value, wanted)
                && nulls(*value_contains_null, value, wanted, *allowed)
        }
        (DataType::Struct(fields), DataType::Struct(others)) => {
            fields.len() == others.len()
                && fields.iter().zip(others.iter()).all(|(field, other)| {
                    rule(&field.data_type, &other.data_type)
                        && nulls(field.nullable, &field.data_type, &other.data_type, other.nullable)
                })
        }
        _ => false,
    }
}
