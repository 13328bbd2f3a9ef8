//! What row functions share: reading an argument as what its type says, and making a [`Datum`] of a result.

use std::rc::Rc;

use super::super::{Datum, SqlError};

/// What a row function gives.
pub(super) type Row = Result<Datum, SqlError>;

/// A value where another kind was promised: a mistake of the analyzer's, not of the query's.
#[cold]
fn misplaced(index: usize) -> SqlError {
    SqlError::new(
        "SparkException",
        Some("INTERNAL_ERROR"),
        format!("Argument {index} of the function has another type than its signature says."),
    )
}

/// Reading one kind of value.
pub(super) trait Argument<'a>: Sized {
    fn read(datum: &'a Datum) -> Option<Self>;
}

macro_rules! argument {
    ($kind:ty, $($variant:pat => $value:expr),+) => {
        impl<'a> Argument<'a> for $kind {
            fn read(datum: &'a Datum) -> Option<Self> {
                match datum {
                    $($variant => Some($value),)+
                    _ => None,
                }
            }
        }
    };
}

argument!(&'a str, Datum::String(text) => text);
argument!(&'a Rc<str>, Datum::String(text) => text);
argument!(&'a [u8], Datum::Binary(bytes) => bytes, Datum::String(text) => text.as_bytes());
argument!(&'a [Datum], Datum::Array(members) => members);
argument!(bool, Datum::Boolean(it) => *it);
argument!(i32, Datum::Integer(it) => *it, Datum::Short(it) => i32::from(*it), Datum::Byte(it) => i32::from(*it));
argument!(
    i64,
    Datum::Long(it) => *it,
    Datum::Integer(it) => i64::from(*it),
    Datum::Short(it) => i64::from(*it),
    Datum::Byte(it) => i64::from(*it)
);
argument!(f64, Datum::Double(it) => *it, Datum::Float(it) => f64::from(*it));

/// The argument at an index.
pub(super) fn arg<'a, T: Argument<'a>>(args: &'a [Datum], index: usize) -> Result<T, SqlError> {
    args.get(index).and_then(T::read).ok_or_else(|| misplaced(index))
}

/// The argument at an index; `None` where there is no such argument or it is null.
pub(super) fn optional<'a, T: Argument<'a>>(args: &'a [Datum], index: usize) -> Result<Option<T>, SqlError> {
    match args.get(index) {
        None | Some(Datum::Null) => Ok(None),
        Some(datum) => T::read(datum).map(Some).ok_or_else(|| misplaced(index)),
    }
}

/// What can be a result.
pub(super) trait IntoDatum {
    fn datum(self) -> Datum;
}

macro_rules! into_datum {
    ($($kind:ty => $variant:ident),+) => {
        $(impl IntoDatum for $kind {
            fn datum(self) -> Datum {
                Datum::$variant(self.into())
            }
        })+
    };
}

into_datum!(String => String, &str => String, Rc<str> => String, Vec<u8> => Binary, &[u8] => Binary);
into_datum!(bool => Boolean, i8 => Byte, i16 => Short, i32 => Integer, i64 => Long, f32 => Float, f64 => Double);
into_datum!(Vec<Datum> => Array);

impl<T: IntoDatum> IntoDatum for Option<T> {
    fn datum(self) -> Datum {
        self.map_or(Datum::Null, T::datum)
    }
}

/// A count as Spark's `INT`.
pub(super) fn count(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

/// A length as it is asked for: below zero is nothing.
pub(super) fn length(asked: i32) -> usize {
    usize::try_from(asked).unwrap_or(0)
}

/// Refuses a result of more bytes than Java's largest array.
pub(super) fn within_memory(bytes: usize, times: usize) -> Result<(), SqlError> {
    match bytes.checked_mul(times) {
        Some(size) if size <= i32::MAX as usize - 15 => Ok(()),
        _ => Err(SqlError::new("OutOfMemoryError", None, "Requested array size exceeds VM limit")),
    }
}
