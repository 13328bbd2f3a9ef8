//! What arguments a function accepts, after `ExpectsInputTypes` and `ImplicitCastInputTypes`: each parameter names the
//! types that it takes, in the order in which an implicit cast tries them.

use super::refusals::unexpected;
use super::signature::wrong_count;
use super::{Evaluation, Function, Signature};
use crate::sql::coerce::force_nullable;
use crate::sql::{Context, DataType, Datum, SqlError, Typed, TypedKind};

/// What one parameter accepts; what is none of it is cast to the first type that it may be cast to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Accepts {
    Any,
    Text,
    Binary,
    Boolean,
    Int,
    Long,
    Double,
    Decimal,
    Numeric,
    Integral,
    DayTime,
    YearMonth,
    TextOrBinary,
    TextOrArray,
    /// An array of text.
    Texts,
    TextsOrText,
    IntOrLong,
    IntOrText,
    IntegralOrBoolean,
    DoubleOrFloat,
    DoubleOrInterval,
    DoubleOrDecimalOrLong,
    LongOrBinaryOrText,
    NumericOrInterval,
    Date,
    Timestamp,
    AnyTimestamp,
    TimestampNtz,
    TextOrDatetime,
    /// What `to_timestamp` takes: text, dates, timestamps, numbers and truth.
    Moment,
    /// An array of anything.
    Elements,
    /// A map of anything.
    Entries,
}

/// One type, or one family of types, that a parameter names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Any,
    Text,
    Binary,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Decimal,
    Numeric,
    Integral,
    DayTime,
    YearMonth,
    Array,
    Texts,
    Date,
    Timestamp,
    AnyTimestamp,
    TimestampNtz,
    Map,
}

impl Accepts {
    fn kinds(self) -> &'static [Kind] {
        match self {
            Accepts::Any => &[Kind::Any],
            Accepts::Text => &[Kind::Text],
            Accepts::Binary => &[Kind::Binary],
            Accepts::Boolean => &[Kind::Boolean],
            Accepts::Int => &[Kind::Int],
            Accepts::Long => &[Kind::Long],
            Accepts::Double => &[Kind::Double],
            Accepts::Decimal => &[Kind::Decimal],
            Accepts::Numeric => &[Kind::Numeric],
            Accepts::Integral => &[Kind::Integral],
            Accepts::DayTime => &[Kind::DayTime],
            Accepts::YearMonth => &[Kind::YearMonth],
            Accepts::TextOrBinary => &[Kind::Text, Kind::Binary],
            Accepts::TextOrArray => &[Kind::Text, Kind::Array],
            Accepts::Texts => &[Kind::Texts],
            Accepts::TextsOrText => &[Kind::Texts, Kind::Text],
            Accepts::IntOrLong => &[Kind::Int, Kind::Long],
            Accepts::IntOrText => &[Kind::Int, Kind::Text],
            Accepts::IntegralOrBoolean => &[Kind::Integral, Kind::Boolean],
            Accepts::DoubleOrFloat => &[Kind::Double, Kind::Float],
            Accepts::DoubleOrInterval => &[Kind::Double, Kind::DayTime, Kind::YearMonth],
            Accepts::DoubleOrDecimalOrLong => &[Kind::Double, Kind::Decimal, Kind::Long],
            Accepts::LongOrBinaryOrText => &[Kind::Long, Kind::Binary, Kind::Text],
            Accepts::NumericOrInterval => &[Kind::Numeric, Kind::DayTime, Kind::YearMonth],
            Accepts::Date => &[Kind::Date],
            Accepts::Timestamp => &[Kind::Timestamp],
            Accepts::AnyTimestamp => &[Kind::AnyTimestamp],
            Accepts::TimestampNtz => &[Kind::TimestampNtz],
            Accepts::TextOrDatetime => &[Kind::Text, Kind::Date, Kind::Timestamp, Kind::TimestampNtz],
            Accepts::Moment => {
                &[Kind::Text, Kind::Date, Kind::Timestamp, Kind::TimestampNtz, Kind::Numeric, Kind::Boolean]
            }
            Accepts::Elements => &[Kind::Array],
            Accepts::Entries => &[Kind::Map],
        }
    }
}

impl Kind {
    /// Whether a type is of this kind as it is.
    fn accepts(self, data_type: &DataType) -> bool {
        match self {
            Kind::Any => true,
            Kind::Text => *data_type == DataType::String,
            Kind::Binary => *data_type == DataType::Binary,
            Kind::Boolean => *data_type == DataType::Boolean,
            Kind::Int => *data_type == DataType::Integer,
            Kind::Long => *data_type == DataType::Long,
            Kind::Float => *data_type == DataType::Float,
            Kind::Double => *data_type == DataType::Double,
            Kind::Decimal => matches!(data_type, DataType::Decimal { .. }),
            Kind::Numeric => data_type.is_numeric(),
            Kind::Integral => data_type.is_integral(),
            Kind::DayTime => *data_type == DataType::DayTimeInterval,
            Kind::YearMonth => *data_type == DataType::YearMonthInterval,
            Kind::Date => *data_type == DataType::Date,
            Kind::Timestamp => *data_type == DataType::Timestamp,
            Kind::AnyTimestamp => matches!(data_type, DataType::Timestamp | DataType::TimestampNtz),
            Kind::TimestampNtz => *data_type == DataType::TimestampNtz,
            Kind::Map => matches!(data_type, DataType::Map { .. }),
            Kind::Array => matches!(data_type, DataType::Array { .. }),
            Kind::Texts => {
                matches!(data_type, DataType::Array { element, .. } if **element == DataType::String)
            }
        }
    }

    /// The type that an implicit cast of another type gives.
    fn cast_from(self, data_type: &DataType) -> Option<DataType> {
        let of = |target: DataType| {
            let text_to = *data_type == DataType::String;
            (*data_type == DataType::Null || text_to || data_type.is_numeric()).then_some(target)
        };
        let moment = |target: DataType| {
            use DataType as T;
            let datetime = matches!(data_type, T::Null | T::String | T::Date | T::Timestamp | T::TimestampNtz);
            datetime.then_some(target)
        };
        match self {
            Kind::Any => None,
            Kind::Date => moment(DataType::Date),
            Kind::Timestamp | Kind::AnyTimestamp => moment(DataType::Timestamp),
            Kind::TimestampNtz => moment(DataType::TimestampNtz),
            Kind::Map => (*data_type == DataType::Null).then(|| DataType::map(DataType::Null, DataType::Null)),
            Kind::Int => of(DataType::Integer),
            Kind::Long => of(DataType::Long),
            Kind::Float => of(DataType::Float),
            Kind::Double => of(DataType::Double),
            Kind::Numeric => match data_type {
                DataType::Null | DataType::String => Some(DataType::Double),
                _ => None,
            },
            Kind::Decimal => {
                let (precision, scale) = match data_type {
                    DataType::Byte => (3, 0),
                    DataType::Short => (5, 0),
                    DataType::Integer => (10, 0),
                    DataType::Long => (20, 0),
                    DataType::Float => (14, 7),
                    DataType::Double => (30, 15),
                    DataType::String | DataType::Null => (38, 18),
                    _ => return None,
                };
                Some(DataType::Decimal { precision, scale })
            }
            Kind::Integral => (*data_type == DataType::Null).then_some(DataType::Integer),
            Kind::Boolean => (*data_type == DataType::Null).then_some(DataType::Boolean),
            Kind::Binary => matches!(data_type, DataType::Null | DataType::String).then_some(DataType::Binary),
            Kind::Text => (*data_type == DataType::Null || data_type.is_atomic()).then_some(DataType::String),
            Kind::DayTime => (*data_type == DataType::Null).then_some(DataType::DayTimeInterval),
            Kind::YearMonth => (*data_type == DataType::Null).then_some(DataType::YearMonthInterval),
            Kind::Array => None,
            Kind::Texts => match data_type {
                DataType::Array { element, contains_null } if **element == DataType::Null || element.is_atomic() => {
                    Some(DataType::Array { element: DataType::String.into(), contains_null: *contains_null })
                }
                _ => None,
            },
        }
    }

    fn sql(self) -> &'static str {
        match self {
            Kind::Any => "ANY",
            Kind::Text => "STRING",
            Kind::Binary => "BINARY",
            Kind::Boolean => "BOOLEAN",
            Kind::Int => "INT",
            Kind::Long => "BIGINT",
            Kind::Float => "FLOAT",
            Kind::Double => "DOUBLE",
            Kind::Decimal => "DECIMAL",
            Kind::Numeric => "NUMERIC",
            Kind::Integral => "INTEGRAL",
            Kind::DayTime => "INTERVAL DAY TO SECOND",
            Kind::YearMonth => "INTERVAL YEAR TO MONTH",
            Kind::Array => "ARRAY",
            Kind::Date => "DATE",
            Kind::Timestamp => "TIMESTAMP",
            Kind::AnyTimestamp => "(TIMESTAMP OR TIMESTAMP WITHOUT TIME ZONE)",
            Kind::TimestampNtz => "TIMESTAMP_NTZ",
            Kind::Map => "MAP",
            Kind::Texts => "ARRAY<STRING>",
        }
    }
}

/// The types that a function's arguments will have.
pub(super) struct Settled {
    arguments: Vec<DataType>,
    nullable: bool,
}

impl Settled {
    /// A result of this type, null where an argument is.
    pub(super) fn gives(self, returns: DataType) -> Signature {
        Signature { arguments: self.arguments, returns, nullable: self.nullable }
    }

    /// A result of the first argument's type.
    pub(super) fn gives_first(self) -> Signature {
        let returns = self.arguments.first().cloned().unwrap_or(DataType::Null);
        self.gives(returns)
    }
}

impl Signature {
    /// A result that may be null whatever the arguments are.
    pub(super) fn or_null(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// A result that is never null.
    pub(super) fn never_null(mut self) -> Self {
        self.nullable = false;
        self
    }
}

/// Whether types that are not accepted are cast, or refused.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Casting {
    Implicit,
    Refused,
}

fn settle_by(
    casting: Casting,
    function: &'static Function,
    args: &[Typed],
    required: &[Accepts],
    optional: &[Accepts],
) -> Result<Settled, SqlError> {
    let (least, most) = (required.len(), required.len() + optional.len());
    if args.len() < least || args.len() > most {
        let numbers: Vec<String> = (least..=most).map(|it| it.to_string()).collect();
        let wanted = if least == most { least.to_string() } else { format!("[{}]", numbers.join(", ")) };
        return Err(wrong_count(function, &wanted, args.len()));
    }
    let mut arguments = Vec::with_capacity(args.len());
    let mut nullable = false;
    for (index, (typed, accepts)) in args.iter().zip(required.iter().chain(optional)).enumerate() {
        let (kinds, data_type) = (accepts.kinds(), &typed.data_type);
        let settled = if kinds.iter().any(|kind| kind.accepts(data_type)) {
            Some(data_type.clone())
        } else if casting == Casting::Implicit || *data_type == DataType::Null {
            kinds.iter().find_map(|kind| kind.cast_from(data_type))
        } else {
            None
        };
        let wanted = || kinds.iter().map(|kind| kind.sql()).collect::<Vec<_>>();
        let settled = settled.ok_or_else(|| unexpected(function, args, index, &wanted()))?;
        // a cast may not find what it wants
        nullable |= typed.nullable || force_nullable(data_type, &settled);
        arguments.push(settled);
    }
    Ok(Settled { arguments, nullable })
}

/// Settles the types of the arguments, of which the last may be left out, by implicit casts.
pub(super) fn settle(
    function: &'static Function,
    args: &[Typed],
    required: &[Accepts],
    optional: &[Accepts],
) -> Result<Settled, SqlError> {
    settle_by(Casting::Implicit, function, args, required, optional)
}

/// Settles the types of arguments that must be of the types named.
pub(super) fn settle_exactly(
    function: &'static Function,
    args: &[Typed],
    required: &[Accepts],
    optional: &[Accepts],
) -> Result<Settled, SqlError> {
    settle_by(Casting::Refused, function, args, required, optional)
}

/// A signature of fixed types: those that must be there, those that may be left out, and the result's.
macro_rules! takes {
    ($($required:ident),* $(; $($optional:ident),+)? => $returns:ident) => {
        |function, args| {
            use $crate::sql::functions::accepts::{Accepts, settle};
            let optional: &[Accepts] = &[$($(Accepts::$optional),+)?];
            Ok(settle(function, args, &[$(Accepts::$required),*], optional)?.gives($crate::sql::DataType::$returns))
        }
    };
    ($($required:ident),* $(; $($optional:ident),+)? => $returns:ident or null) => {
        |function, args| {
            use $crate::sql::functions::accepts::{Accepts, settle};
            let optional: &[Accepts] = &[$($(Accepts::$optional),+)?];
            let settled = settle(function, args, &[$(Accepts::$required),*], optional)?;
            Ok(settled.gives($crate::sql::DataType::$returns).or_null())
        }
    };
}
pub(super) use takes;

/// A function that is null where an argument is.
pub(super) const fn strict(
    name: &'static str,
    aliases: &'static [&'static str],
    signature: fn(&'static Function, &[Typed]) -> Result<Signature, SqlError>,
    row: fn(&Context, &[Datum], &DataType) -> Result<Datum, SqlError>,
) -> Function {
    Function { name, aliases, signature, evaluation: Evaluation::Strict(row) }
}

/// A function that sees nulls.
pub(super) const fn nullable(
    name: &'static str,
    aliases: &'static [&'static str],
    signature: fn(&'static Function, &[Typed]) -> Result<Signature, SqlError>,
    row: fn(&Context, &[Datum], &DataType) -> Result<Datum, SqlError>,
) -> Function {
    Function { name, aliases, signature, evaluation: Evaluation::Nullable(row) }
}

/// The text of an argument that is written out.
pub(super) fn literal_text(typed: &Typed) -> Option<&str> {
    match &typed.kind {
        TypedKind::Literal(Datum::String(text)) => Some(text),
        _ => None,
    }
}

/// The number of an argument that is written out, with a minus or a cast before it too.
pub(super) fn literal_int(typed: &Typed) -> Option<i32> {
    match &typed.kind {
        TypedKind::Literal(Datum::Integer(number)) => Some(*number),
        TypedKind::Literal(Datum::Short(number)) => Some((*number).into()),
        TypedKind::Literal(Datum::Byte(number)) => Some((*number).into()),
        TypedKind::Literal(Datum::Long(number)) => i32::try_from(*number).ok(),
        TypedKind::Call { function, args } if matches!(function.name, "negative" | "unary -") => {
            args.first().and_then(literal_int).map(i32::wrapping_neg)
        }
        TypedKind::Cast { expr, .. } => literal_int(expr),
        _ => None,
    }
}

/// Whether an argument is a null written out, cast or not.
pub(super) fn is_null(typed: &Typed) -> bool {
    match &typed.kind {
        TypedKind::Literal(value) => value.is_null(),
        TypedKind::Cast { expr, .. } => is_null(expr),
        _ => false,
    }
}
