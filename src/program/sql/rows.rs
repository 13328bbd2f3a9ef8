//! Rows across the border: values of Python's as data of SQL's types, and back.
//!
//! What a Python value becomes is what PySpark makes of it (`EvaluatePython.makeFromJava`): a value that is not of the
//! type it should be is null.

use std::rc::Rc;

use super::time::{date_bytes, datetime_bytes, days_of, micros_of};
use crate::sql::{DataType, Datum, Literal, SqlError, StructField};
use crate::value::{Object, Value};

/// The function by which the facade makes a `Row`.
const ROW: &str = "pyspark.sql.types:_create_row";

/// The most digits of a decimal.
const DIGITS: usize = 38;

/// A member of an instance of a class of the library, by the class's own name.
fn instance<'a>(value: &'a Value, class: &str) -> Option<&'a [Value]> {
    let Value::Object(object) = value else { return None };
    let (module, name) = object.class.rsplit_once(':')?;
    let library = module.trim_start_matches("_py") == class.split(':').next()?;
    match &object.args {
        Value::Tuple(args) if library && name == class.rsplit(':').next()? => Some(args),
        _ => None,
    }
}

/// The microseconds of a `timedelta`.
fn timedelta(value: &Value) -> Option<i64> {
    match instance(value, "datetime:timedelta")? {
        [Value::Int(days), Value::Int(seconds), Value::Int(micros)] => {
            days.checked_mul(86_400)?.checked_add(*seconds)?.checked_mul(1_000_000)?.checked_add(*micros)
        }
        _ => None,
    }
}

/// The local microseconds of a `datetime`, and how far its time zone is ahead, if it has one.
fn datetime(value: &Value) -> Option<(i64, Option<i64>)> {
    match instance(value, "datetime:datetime")? {
        [Value::Bytes(bytes)] => Some((micros_of(bytes)?, None)),
        [Value::Bytes(bytes), zone] => {
            let ahead = match instance(zone, "datetime:timezone")? {
                [offset, ..] => timedelta(offset)?,
                [] => 0,
            };
            Some((micros_of(bytes)?, Some(ahead)))
        }
        _ => None,
    }
}

fn date(value: &Value) -> Option<i32> {
    match instance(value, "datetime:date")? {
        [Value::Bytes(bytes)] => days_of(bytes),
        _ => None,
    }
}

/// The unscaled number and the scale of a `Decimal`; the exponent is written out.
fn decimal(value: &Value) -> Option<(i128, u8)> {
    let [Value::Str(text)] = instance(value, "decimal:Decimal")? else { return None };
    let (number, exponent) = text.split_once(['E', 'e']).unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{fraction}");
    let scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
    let unscaled: i128 = digits.parse().ok()?;
    if scale < 0 {
        let raised = 10i128.checked_pow(scale.unsigned_abs())?;
        return Some((unscaled.checked_mul(raised)?, 0));
    }
    Some((unscaled, u8::try_from(scale).ok().filter(|scale| usize::from(*scale) <= DIGITS)?))
}

/// A decimal at another scale, rounded half up; nothing where it has more digits than the precision.
fn rescaled((unscaled, scale): (i128, u8), precision: u8, to: u8) -> Option<i128> {
    let unscaled = if to >= scale {
        unscaled.checked_mul(10i128.checked_pow(u32::from(to - scale))?)?
    } else {
        let divisor = 10i128.checked_pow(u32::from(scale - to))?;
        let (quotient, rest) = (unscaled / divisor, unscaled % divisor);
        let away = i128::from(rest.abs() >= divisor - rest.abs()) * unscaled.signum();
        quotient + away
    };
    let bound = 10i128.checked_pow(u32::from(precision))?;
    (unscaled.abs() < bound).then_some(unscaled)
}

/// How many digits a decimal has.
fn precision((unscaled, scale): (i128, u8)) -> u8 {
    let digits = unscaled.unsigned_abs().to_string().len();
    u8::try_from(digits).unwrap_or(u8::MAX).max(scale)
}

fn bytes(value: &Value) -> Option<Rc<[u8]>> {
    match value {
        Value::Bytes(bytes) => Some(bytes.clone()),
        other => match instance(other, "builtins:bytearray")? {
            [Value::Bytes(bytes)] => Some(bytes.clone()),
            _ => None,
        },
    }
}

/// A value written out in an expression: `lit(value)`.
pub(super) fn literal(value: &Value) -> Result<Literal, SqlError> {
    let (value, data_type) = match value {
        Value::None => (Datum::Null, DataType::Null),
        Value::Bool(flag) => (Datum::Boolean(*flag), DataType::Boolean),
        Value::Int(number) => match i32::try_from(*number) {
            Ok(small) => (Datum::Integer(small), DataType::Integer),
            Err(_) => (Datum::Long(*number), DataType::Long),
        },
        Value::Float(number) => (Datum::Double(*number), DataType::Double),
        Value::Str(text) => (Datum::String(text.clone()), DataType::String),
        other => {
            if let Some(bytes) = bytes(other) {
                (Datum::Binary(bytes), DataType::Binary)
            } else if let Some(number) = decimal(other) {
                let data_type = DataType::Decimal { precision: precision(number), scale: number.1 };
                (Datum::Decimal(number.0, number.1), data_type)
            } else if let Some(micros) = timedelta(other) {
                (Datum::DayTimeInterval(micros), DataType::DayTimeInterval)
            } else if let Some((local, ahead)) = datetime(other) {
                (Datum::Timestamp(local.wrapping_sub(ahead.unwrap_or(0))), DataType::Timestamp)
            } else if let Some(days) = date(other) {
                (Datum::Date(days), DataType::Date)
            } else {
                let text =
                    format!("The feature is not supported: Literal for '{other}' of class {}.", other.type_name());
                return Err(SqlError::new("SparkRuntimeException", Some("UNSUPPORTED_FEATURE.LITERAL_TYPE"), text));
            }
        }
    };
    Ok(Literal { value, data_type })
}

/// The value as a datum of a type; null where it is not of the type.
pub(super) fn datum_of(value: &Value, of: &DataType) -> Datum {
    convert(value, of).unwrap_or(Datum::Null)
}

fn convert(value: &Value, of: &DataType) -> Option<Datum> {
    Some(match (of, value) {
        (_, Value::None) | (DataType::Null, _) => Datum::Null,
        (DataType::Boolean, Value::Bool(flag)) => Datum::Boolean(*flag),
        (DataType::Byte, Value::Int(number)) => Datum::Byte(*number as i8),
        (DataType::Short, Value::Int(number)) => Datum::Short(*number as i16),
        (DataType::Integer, Value::Int(number)) => Datum::Integer(*number as i32),
        (DataType::Long, Value::Int(number)) => Datum::Long(*number),
        (DataType::Float, Value::Float(number)) => Datum::Float(*number as f32),
        (DataType::Double, Value::Float(number)) => Datum::Double(*number),
        (DataType::Decimal { precision, scale }, value) => {
            Datum::Decimal(rescaled(decimal(value)?, *precision, *scale)?, *scale)
        }
        (DataType::String, Value::Str(text)) => Datum::String(text.clone()),
        (DataType::String, Value::Bool(flag)) => Datum::String(if *flag { "true" } else { "false" }.into()),
        (DataType::String, other) => Datum::String(other.to_string().into()),
        (DataType::Binary, Value::Str(text)) => Datum::Binary(text.as_bytes().into()),
        (DataType::Binary, value) => Datum::Binary(bytes(value)?),
        (DataType::Date, value) => match datetime(value) {
            Some((local, _)) => Datum::Date(i32::try_from(local.div_euclid(86_400_000_000)).ok()?),
            None => Datum::Date(date(value)?),
        },
        (DataType::Timestamp, value) => {
            let (local, ahead) = datetime(value)?;
            Datum::Timestamp(local.wrapping_sub(ahead.unwrap_or(0)))
        }
        (DataType::TimestampNtz, value) => Datum::TimestampNtz(datetime(value)?.0),
        (DataType::DayTimeInterval, value) => Datum::DayTimeInterval(timedelta(value)?),
        (DataType::Array { element, .. }, Value::List(members) | Value::Tuple(members)) => {
            Datum::Array(members.iter().map(|member| datum_of(member, element)).collect())
        }
        (DataType::Map { key, value: of, .. }, Value::Dict(entries)) => {
            Datum::Map(entries.iter().map(|(name, value)| (datum_of(name, key), datum_of(value, of))).collect())
        }
        (DataType::Struct(fields), value) => Datum::Struct(fields_of(value, fields)?),
        _ => return None,
    })
}

/// The fields of a struct: by place from a tuple, by name from a dict or an object.
fn fields_of(value: &Value, fields: &[StructField]) -> Option<Rc<[Datum]>> {
    let by_place = |members: &[Value]| {
        let member = |index: usize| members.get(index).unwrap_or(&Value::None);
        fields.iter().enumerate().map(|(index, field)| datum_of(member(index), &field.data_type)).collect()
    };
    let by_name = |entries: &[(Value, Value)]| {
        let find = |field: &StructField| {
            let found = entries.iter().find(|(key, _)| matches!(key, Value::Str(name) if *name == field.name));
            found.map_or(Datum::Null, |(_, value)| datum_of(value, &field.data_type))
        };
        fields.iter().map(find).collect()
    };
    Some(match value {
        Value::Tuple(members) | Value::List(members) => by_place(members),
        Value::Dict(entries) => by_name(entries),
        Value::Object(object) if &*object.class == ROW => match &object.args {
            Value::Tuple(args) => match &args[..] {
                [_, Value::Tuple(members)] => by_place(members),
                _ => return None,
            },
            _ => return None,
        },
        Value::Object(object) => match &object.state {
            Value::Dict(entries) => by_name(entries),
            // A named tuple: what it was made of.
            _ => match &object.args {
                Value::Tuple(members) => by_place(members),
                _ => return None,
            },
        },
        _ => return None,
    })
}

fn object(class: &str, args: impl IntoIterator<Item = Value>) -> Value {
    Value::Object(Rc::new(Object { class: class.into(), args: Value::tuple(args), state: Value::None }))
}

/// The datum as Python has it: a `Row` for a struct, a `datetime` for a timestamp.
pub fn to_value(datum: &Datum, of: &DataType) -> Value {
    match (datum, of) {
        (Datum::Null, _) => Value::None,
        (Datum::Boolean(flag), _) => Value::Bool(*flag),
        (Datum::Byte(number), _) => Value::from(*number),
        (Datum::Short(number), _) => Value::from(*number),
        (Datum::Integer(number), _) => Value::from(*number),
        (Datum::Long(number), _) => Value::from(*number),
        (Datum::Float(number), _) => Value::from(*number),
        (Datum::Double(number), _) => Value::from(*number),
        (Datum::Decimal(unscaled, scale), _) => object("decimal:Decimal", [decimal_text(*unscaled, *scale)]),
        (Datum::String(text), _) => Value::Str(text.clone()),
        (Datum::Binary(bytes), _) => object("builtins:bytearray", [Value::Bytes(bytes.clone())]),
        (Datum::Date(days), _) => date_bytes(*days).map_or(Value::None, |it| object("datetime:date", [bytes_of(&it)])),
        (Datum::Timestamp(micros) | Datum::TimestampNtz(micros), _) => {
            datetime_bytes(*micros).map_or(Value::None, |it| object("datetime:datetime", [bytes_of(&it)]))
        }
        (Datum::DayTimeInterval(micros), _) => {
            let (days, rest) = (micros.div_euclid(86_400_000_000), micros.rem_euclid(86_400_000_000));
            object("datetime:timedelta", [days, rest / 1_000_000, rest % 1_000_000].map(Value::Int))
        }
        (Datum::YearMonthInterval(months), _) => Value::from(*months),
        (Datum::CalendarInterval { months, days, micros }, _) => {
            Value::from((i64::from(*months), i64::from(*days), *micros))
        }
        (Datum::Array(members), DataType::Array { element, .. }) => {
            Value::list(members.iter().map(|member| to_value(member, element)).collect::<Vec<_>>())
        }
        (Datum::Map(entries), DataType::Map { key, value: of, .. }) => {
            Value::Dict(entries.iter().map(|(name, value)| (to_value(name, key), to_value(value, of))).collect())
        }
        (Datum::Struct(values), DataType::Struct(fields)) => row_to_value(values, fields),
        // A nested value whose type is not known keeps its shape.
        (Datum::Array(members) | Datum::Struct(members), _) => {
            Value::list(members.iter().map(|member| to_value(member, &DataType::Null)).collect::<Vec<_>>())
        }
        (Datum::Map(entries), _) => {
            let plain = |datum: &Datum| to_value(datum, &DataType::Null);
            Value::Dict(entries.iter().map(|(name, value)| (plain(name), plain(value))).collect())
        }
    }
}

fn bytes_of(bytes: &[u8]) -> Value {
    Value::Bytes(bytes.into())
}

fn decimal_text(unscaled: i128, scale: u8) -> Value {
    let scale = usize::from(scale);
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if unscaled < 0 { "-" } else { "" };
    let point = if scale == 0 { "" } else { "." };
    Value::str(format!("{sign}{whole}{point}{fraction}"))
}

/// The plain values of a row, in order.
pub(super) fn tuple_of(values: &[Datum], fields: &[StructField]) -> Value {
    Value::tuple(values.iter().zip(fields).map(|(value, field)| to_value(value, &field.data_type)).collect::<Vec<_>>())
}

fn row_to_value(values: &[Datum], fields: &[StructField]) -> Value {
    let names = Value::list(fields.iter().map(|field| Value::Str(field.name.clone())).collect::<Vec<_>>());
    object(ROW, [names, tuple_of(values, fields)])
}

/// Rows as a list of `Row`s: what `collect` gives.
pub fn rows_to_value(rows: &[Rc<[Datum]>], fields: &[StructField]) -> Value {
    Value::list(rows.iter().map(|row| row_to_value(row, fields)).collect::<Vec<_>>())
}

/// Marks what has no counterpart among data; no map of a program's has this for its only key.
const MARK: &str = "\u{0}python";

/// A state function's state, of no declared type, as a datum that [`of_state`] reads again.
pub(super) fn state_datum(value: &Value) -> Datum {
    let all = |members: &[Value]| members.iter().map(state_datum).collect::<Rc<[Datum]>>();
    let marked = |kind: &str, content: Datum| {
        let pair = Datum::Struct([Datum::String(kind.into()), content].into());
        Datum::Map([(Datum::String(MARK.into()), pair)].into())
    };
    match value {
        Value::None => Datum::Null,
        Value::Bool(flag) => Datum::Boolean(*flag),
        Value::Int(number) => Datum::Long(*number),
        Value::Float(number) => Datum::Double(*number),
        Value::Str(text) => Datum::String(text.clone()),
        Value::Bytes(bytes) => Datum::Binary(bytes.clone()),
        Value::List(members) => Datum::Array(all(members)),
        Value::Tuple(members) => Datum::Struct(all(members)),
        Value::Dict(entries) => {
            Datum::Map(entries.iter().map(|(key, value)| (state_datum(key), state_datum(value))).collect())
        }
        Value::BigInt(digits) => marked("int", Datum::String(digits.clone())),
        Value::Set(members) => marked("set", Datum::Array(all(members))),
        Value::FrozenSet(members) => marked("frozenset", Datum::Array(all(members))),
        Value::Object(object) => {
            let parts = [Datum::String(object.class.clone()), state_datum(&object.args), state_datum(&object.state)];
            marked("object", Datum::Struct(parts.into()))
        }
    }
}

/// What [`state_datum`] was given.
pub(super) fn of_state(datum: &Datum) -> Value {
    let all = |members: &[Datum]| members.iter().map(of_state).collect::<Rc<[Value]>>();
    match datum {
        Datum::Array(members) => Value::List(all(members)),
        Datum::Struct(members) => Value::Tuple(all(members)),
        Datum::Map(entries) => match &entries[..] {
            [(Datum::String(mark), Datum::Struct(pair))] if &**mark == MARK => match &pair[..] {
                [Datum::String(kind), content] => unmarked(kind, content),
                _ => Value::None,
            },
            entries => Value::Dict(entries.iter().map(|(key, value)| (of_state(key), of_state(value))).collect()),
        },
        other => to_value_plain(other),
    }
}

fn unmarked(kind: &str, content: &Datum) -> Value {
    match (kind, of_state(content)) {
        ("int", Value::Str(digits)) => Value::BigInt(digits),
        ("set", Value::List(members)) => Value::Set(members),
        ("frozenset", Value::List(members)) => Value::FrozenSet(members),
        ("object", Value::Tuple(parts)) => match &parts[..] {
            [Value::Str(class), args, state] => {
                Value::Object(Rc::new(Object { class: class.clone(), args: args.clone(), state: state.clone() }))
            }
            _ => Value::None,
        },
        _ => Value::None,
    }
}

/// A datum without members; bytes stay bytes.
fn to_value_plain(datum: &Datum) -> Value {
    match datum {
        Datum::Binary(bytes) => Value::Bytes(bytes.clone()),
        other => to_value(other, &DataType::Null),
    }
}

#[cfg(test)]
#[path = "rows_tests.rs"]
mod tests;
