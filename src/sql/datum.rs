//! One SQL value.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use arrow_buffer::i256;

/// One value of a column, of the type that its column says. Equality, order and hash are those of `GROUP BY` and
/// `ORDER BY`: null equals null and comes first, NaN equals NaN and comes last, `-0.0` equals `0.0`. The comparison
/// operators of SQL, for which null is unknown, are functions.
#[derive(Clone, Debug)]
pub enum Datum {
    Null,
    Boolean(bool),
    Byte(i8),
    Short(i16),
    Integer(i32),
    Long(i64),
    Float(f32),
    Double(f64),
    /// The unscaled number, and the scale; equality and order are those of the number (`1.0` equals `1.00`).
    Decimal(i128, u8),
    String(Rc<str>),
    Binary(Rc<[u8]>),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Timestamp(i64),
    /// Microseconds of a local date and time.
    TimestampNtz(i64),
    /// Microseconds.
    DayTimeInterval(i64),
    /// Months.
    YearMonthInterval(i32),
    CalendarInterval {
        months: i32,
        days: i32,
        micros: i64,
    },
    Array(Rc<[Datum]>),
    /// Entries in order; keys are unique and never null.
    Map(Rc<[(Datum, Datum)]>),
    /// The fields' values, in the order of the type.
    Struct(Rc<[Datum]>),
}

impl Datum {
    /// Where this stands among values of other kinds: only values of one type meet in a column, so this decides only
    /// where null stands.
    fn rank(&self) -> u8 {
        match self {
            Datum::Null => 0,
            Datum::Boolean(_) => 1,
            Datum::Byte(_) => 2,
            Datum::Short(_) => 3,
            Datum::Integer(_) => 4,
            Datum::Long(_) => 5,
            Datum::Float(_) => 6,
            Datum::Double(_) => 7,
            Datum::Decimal(..) => 8,
            Datum::String(_) => 9,
            Datum::Binary(_) => 10,
            Datum::Date(_) => 11,
            Datum::Timestamp(_) => 12,
            Datum::TimestampNtz(_) => 13,
            Datum::DayTimeInterval(_) => 14,
            Datum::YearMonthInterval(_) => 15,
            Datum::CalendarInterval { .. } => 16,
            Datum::Array(_) => 17,
            Datum::Map(_) => 18,
            Datum::Struct(_) => 19,
        }
    }

    /// Whether this is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Datum::Null)
    }
}

fn double_order(left: f64, right: f64) -> Ordering {
    match (left.is_nan(), right.is_nan()) {
        (false, false) => left.partial_cmp(&right).unwrap_or(Ordering::Equal),
        (left, right) => left.cmp(&right),
    }
}

/// A decimal without its trailing zeros, so that equal numbers are equal data.
fn reduced(mut unscaled: i128, mut scale: u8) -> (i128, u8) {
    while scale > 0 && unscaled % 10 == 0 {
        unscaled /= 10;
        scale -= 1;
    }
    (unscaled, scale)
}

fn decimal_order((left, left_scale): (i128, u8), (right, right_scale): (i128, u8)) -> Ordering {
    if left_scale == right_scale {
        return left.cmp(&right);
    }
    let wide = |unscaled: i128, scale: u8, other: u8| {
        i256::from_i128(unscaled).wrapping_mul(i256::from_i128(10).wrapping_pow(u32::from(other.saturating_sub(scale))))
    };
    wide(left, left_scale, right_scale).cmp(&wide(right, right_scale, left_scale))
}

impl Ord for Datum {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Datum::Boolean(left), Datum::Boolean(right)) => left.cmp(right),
            (Datum::Byte(left), Datum::Byte(right)) => left.cmp(right),
            (Datum::Short(left), Datum::Short(right)) => left.cmp(right),
            (Datum::Integer(left), Datum::Integer(right)) => left.cmp(right),
            (Datum::Long(left), Datum::Long(right)) => left.cmp(right),
            (Datum::Float(left), Datum::Float(right)) => double_order((*left).into(), (*right).into()),
            (Datum::Double(left), Datum::Double(right)) => double_order(*left, *right),
            (Datum::Decimal(left, at), Datum::Decimal(right, there)) => decimal_order((*left, *at), (*right, *there)),
            (Datum::String(left), Datum::String(right)) => left.cmp(right),
            (Datum::Binary(left), Datum::Binary(right)) => left.cmp(right),
            (Datum::Date(left), Datum::Date(right)) => left.cmp(right),
            (Datum::Timestamp(left), Datum::Timestamp(right)) => left.cmp(right),
            (Datum::TimestampNtz(left), Datum::TimestampNtz(right)) => left.cmp(right),
            (Datum::DayTimeInterval(left), Datum::DayTimeInterval(right)) => left.cmp(right),
            (Datum::YearMonthInterval(left), Datum::YearMonthInterval(right)) => left.cmp(right),
            (
                Datum::CalendarInterval { months, days, micros },
                Datum::CalendarInterval { months: other_months, days: other_days, micros: other_micros },
            ) => (months, days, micros).cmp(&(other_months, other_days, other_micros)),
            (Datum::Array(left), Datum::Array(right)) | (Datum::Struct(left), Datum::Struct(right)) => left.cmp(right),
            (Datum::Map(left), Datum::Map(right)) => left.cmp(right),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Datum {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Datum {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Datum {}

impl Hash for Datum {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.rank().hash(hasher);
        let mut double = |number: f64| {
            let canonical = if number.is_nan() { f64::NAN } else { number + 0.0 };
            canonical.to_bits().hash(hasher);
        };
        match self {
            Datum::Null => {}
            Datum::Boolean(it) => it.hash(hasher),
            Datum::Byte(it) => it.hash(hasher),
            Datum::Short(it) => it.hash(hasher),
            Datum::Integer(it) | Datum::Date(it) | Datum::YearMonthInterval(it) => it.hash(hasher),
            Datum::Long(it) | Datum::Timestamp(it) | Datum::TimestampNtz(it) | Datum::DayTimeInterval(it) => {
                it.hash(hasher)
            }
            Datum::Float(it) => double((*it).into()),
            Datum::Double(it) => double(*it),
            Datum::Decimal(unscaled, scale) => reduced(*unscaled, *scale).hash(hasher),
            Datum::String(it) => it.hash(hasher),
            Datum::Binary(it) => it.hash(hasher),
            Datum::CalendarInterval { months, days, micros } => (months, days, micros).hash(hasher),
            Datum::Array(it) | Datum::Struct(it) => it.hash(hasher),
            Datum::Map(it) => it.hash(hasher),
        }
    }
}
