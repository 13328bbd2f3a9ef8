//! Values as JSON, in the encoding of the conformance corpus: tuples and lists are arrays, `None` is null, numbers
//! that JSON has not are the strings `"NaN"`, `"Infinity"` and `"-Infinity"`.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeMap, ser::SerializeSeq};
use serde_json::{Map, Number, Value as Json};

use super::Value;

/// A value that JSON's data model can't hold, or JSON text that is none.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct JsonError(#[from] serde_json::Error);

/// The value as JSON.
pub fn to_json(value: &Value) -> Json {
    let array = |members: &[Value]| Json::Array(members.iter().map(to_json).collect());
    match value {
        Value::None => Json::Null,
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Int(number) => Json::from(*number),
        Value::BigInt(digits) => digits.parse::<Number>().map_or_else(|_| Json::from(&**digits), Json::Number),
        Value::Float(float) if float.is_nan() => "NaN".into(),
        Value::Float(float) if float.is_infinite() => if *float > 0.0 { "Infinity" } else { "-Infinity" }.into(),
        Value::Float(float) => Json::from(*float),
        Value::Str(text) => Json::from(&**text),
        Value::Bytes(bytes) => Json::from(Value::Bytes(bytes.clone()).to_string()),
        Value::Tuple(members) | Value::List(members) => array(members),
        Value::Set(members) | Value::FrozenSet(members) => {
            Json::Array(super::order::sorted(members).into_iter().map(to_json).collect())
        }
        Value::Dict(entries) => {
            Json::Object(entries.iter().map(|(key, value)| (key_text(key), to_json(value))).collect())
        }
        Value::Object(object) => {
            let mut map = Map::new();
            map.insert("class".into(), Json::from(&*object.class));
            map.insert("args".into(), to_json(&object.args));
            map.insert("state".into(), to_json(&object.state));
            Json::Object(map)
        }
    }
}

fn key_text(key: &Value) -> String {
    match key {
        Value::Str(text) => text.to_string(),
        other => other.to_string(),
    }
}

/// The value that JSON describes; arrays become tuples when `tuples` is set, lists otherwise.
pub fn from_json(json: &Json, tuples: bool) -> Value {
    match json {
        Json::Null => Value::None,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(int), _, _) => Value::Int(int),
            (_, Some(int), _) => Value::from(int),
            (_, _, float) => Value::Float(float.unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::str(text.as_str()),
        Json::Array(members) => {
            let members = members.iter().map(|member| from_json(member, tuples));
            if tuples { Value::tuple(members) } else { Value::list(members) }
        }
        Json::Object(entries) => Value::Dict(
            entries.iter().map(|(key, value)| (Value::str(key.as_str()), from_json(value, tuples))).collect(),
        ),
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Tuple(members) | Value::List(members) => {
                let mut sequence = serializer.serialize_seq(Some(members.len()))?;
                members.iter().try_for_each(|member| sequence.serialize_element(member))?;
                sequence.end()
            }
            Value::Dict(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                entries.iter().try_for_each(|(key, value)| map.serialize_entry(&key_text(key), value))?;
                map.end()
            }
            other => to_json(other).serialize(serializer),
        }
    }
}

/// Reads as [`from_json`] does, arrays as lists.
impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Value;

            fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str("a record: text, a number, true, false, null, a list or a map")
            }
            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::None)
            }
            fn visit_none<E>(self) -> Result<Value, E> {
                Ok(Value::None)
            }
            fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Value, D::Error> {
                Value::deserialize(inner)
            }
            fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
                Ok(Value::Bool(flag))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
                Ok(Value::Int(number))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
                Ok(Value::from(number))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
                Ok(Value::Float(number))
            }
            fn visit_str<E>(self, text: &str) -> Result<Value, E> {
                Ok(Value::str(text))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = sequence.next_element()? {
                    members.push(member);
                }
                Ok(Value::List(members.into()))
            }
            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Value::Dict(entries.into()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}
