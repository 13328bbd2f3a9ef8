//! The dynamic data model: what a record is when its type is not known to Rust.
//!
//! Python programs, scenario files, the trace and expectations all speak of rows as [`Value`]s. A value is plain
//! data with Python's meaning of equality, hash and text; it has no identity and can't be changed, so it may be kept
//! in a world, sent between nodes and written to a file.
//!
//! This room must never know an engine, a node or an interpreter.

mod hash;
mod json;
mod order;
mod text;

use std::rc::Rc;

pub use hash::{portable_hash, unhashable};
pub use json::{JsonError, from_json, to_json};
pub use text::float_repr;

/// One record, or a part of one, with the meaning Python gives it.
///
/// `1`, `1.0` and `True` are equal and hash alike, as in Python; [`Value::None`] equals only itself; NaN equals
/// itself here (records are compared as data), unlike in Python.
#[derive(Clone, Debug)]
pub enum Value {
    /// Python's `None`, SQL's and JSON's null.
    None,
    Bool(bool),
    Int(i64),
    /// An integer outside `i64`, as canonical decimal digits with an optional leading `-`.
    BigInt(Rc<str>),
    Float(f64),
    Str(Rc<str>),
    Bytes(Rc<[u8]>),
    Tuple(Rc<[Value]>),
    List(Rc<[Value]>),
    /// Entries in insertion order; keys are unique under [`Value`]'s equality.
    Dict(Rc<[(Value, Value)]>),
    /// Members in the order they were met; unique under [`Value`]'s equality.
    Set(Rc<[Value]>),
    FrozenSet(Rc<[Value]>),
    /// An instance of a class that only the program knows, taken apart as `pickle` would.
    Object(Rc<Object>),
}

/// An instance of a Python class, as `object.__reduce_ex__(2)` describes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Object {
    /// `module:qualname` of the class or of the function that builds the instance.
    pub class: Rc<str>,
    /// Positional arguments of the constructor, a tuple.
    pub args: Value,
    /// What `__setstate__` (or the instance's `__dict__`) receives afterwards; `None` for nothing.
    pub state: Value,
}

impl Value {
    /// A text value.
    pub fn str(text: impl Into<Rc<str>>) -> Self {
        Value::Str(text.into())
    }

    /// A tuple of the given members.
    pub fn tuple(members: impl IntoIterator<Item = Value>) -> Self {
        Value::Tuple(members.into_iter().collect())
    }

    /// A list of the given members.
    pub fn list(members: impl IntoIterator<Item = Value>) -> Self {
        Value::List(members.into_iter().collect())
    }

    /// Key and value, if this is a tuple or list of two: what a pair operation takes for a record.
    pub fn as_pair(&self) -> Option<(&Value, &Value)> {
        match self {
            Value::Tuple(members) | Value::List(members) => match &**members {
                [key, value] => Some((key, value)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The name of the Python type: `int`, `str`, `tuple`, …
    pub fn type_name(&self) -> &str {
        match self {
            Value::None => "NoneType",
            Value::Bool(_) => "bool",
            Value::Int(_) | Value::BigInt(_) => "int",
            Value::Float(_) => "float",
            Value::Str(_) => "str",
            Value::Bytes(_) => "bytes",
            Value::Tuple(_) => "tuple",
            Value::List(_) => "list",
            Value::Dict(_) => "dict",
            Value::Set(_) => "set",
            Value::FrozenSet(_) => "frozenset",
            Value::Object(object) => object.class.rsplit(':').next().unwrap_or("object"),
        }
    }
}

macro_rules! value_from {
    ($($type:ty => |$name:ident| $made:expr;)*) => {
        $(impl From<$type> for Value {
            fn from($name: $type) -> Self {
                $made
            }
        })*
    };
}

value_from! {
    () => |_unit| Value::None;
    bool => |flag| Value::Bool(flag);
    i8 => |number| Value::Int(number.into());
    i16 => |number| Value::Int(number.into());
    i32 => |number| Value::Int(number.into());
    i64 => |number| Value::Int(number);
    u8 => |number| Value::Int(number.into());
    u16 => |number| Value::Int(number.into());
    u32 => |number| Value::Int(number.into());
    u64 => |number| i64::try_from(number).map_or_else(|_| Value::BigInt(number.to_string().into()), Value::Int);
    usize => |number| Value::from(number as u64);
    f32 => |number| Value::Float(number.into());
    f64 => |number| Value::Float(number);
    &str => |text| Value::Str(text.into());
    String => |text| Value::Str(text.into());
    Rc<str> => |text| Value::Str(text);
    char => |letter| Value::Str(letter.to_string().into());
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(option: Option<T>) -> Self {
        option.map_or(Value::None, Into::into)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(members: Vec<T>) -> Self {
        Value::List(members.into_iter().map(Into::into).collect())
    }
}

macro_rules! value_from_tuple {
    ($(($($name:ident),+))*) => {
        $(impl<$($name: Into<Value>),+> From<($($name,)+)> for Value {
            #[allow(non_snake_case)]
            fn from(($($name,)+): ($($name,)+)) -> Self {
                Value::Tuple([$($name.into()),+].into())
            }
        })*
    };
}

value_from_tuple! { (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) }
