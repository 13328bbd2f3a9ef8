//! The signatures of arithmetic with dates, times and intervals: Spark's `ResolveBinaryArithmetic`.

use super::operands::pair;
use crate::sql::functions::calendar::MICROS_PER_DAY;
use crate::sql::functions::signature::unexpected_input;
use crate::sql::functions::{Function, Signature};
use crate::sql::typed::call_text_of;
use crate::sql::{DataType, Datum, SqlError, Typed, TypedKind};

const ANY_TIMESTAMP: &str = "\"(TIMESTAMP OR TIMESTAMP WITHOUT TIME ZONE)\"";
const DAYS: &str = "(\"INT\" or \"SMALLINT\" or \"TINYINT\")";

/// The signature where one operand is a date, a time or an interval; `None` where the operands are to be numbers.
pub(super) fn signature(function: &'static Function, args: &[Typed]) -> Result<Option<Signature>, SqlError> {
    let (left, right) = pair(function, args)?;
    match function.name {
        "+" => add(function, args, left, right),
        "-" => subtract(function, args, left, right),
        "*" => multiply(function, args, left, right),
        _ => divide(function, args, left, right),
    }
}

fn made(args: &[Typed], arguments: [DataType; 2], returns: DataType) -> Option<Signature> {
    let nullable = args.iter().zip(&arguments).any(|(arg, to)| {
        arg.nullable || (arg.data_type != *to && crate::sql::coerce::force_nullable(&arg.data_type, to))
    });
    Some(Signature { arguments: arguments.into(), returns, nullable })
}

fn is_timestamp(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Timestamp | DataType::TimestampNtz)
}

/// Whether an interval is of days only. Spark knows by the type, `INTERVAL DAY`; here a literal of whole days is.
fn whole_days(interval: &Typed) -> bool {
    match &interval.kind {
        TypedKind::Literal(Datum::DayTimeInterval(micros)) => micros % MICROS_PER_DAY == 0,
        TypedKind::Call { function, args } if function.name == "negative" => args.iter().all(whole_days),
        _ => false,
    }
}

/// A date or time beside an interval: the types of both, and of the result.
fn moved(time: &Typed, interval: &Typed) -> Option<(DataType, DataType, DataType)> {
    use DataType as T;
    let kind = interval.data_type.clone();
    match (&time.data_type, &kind) {
        (T::Date, T::DayTimeInterval) if !whole_days(interval) => Some((T::Timestamp, kind, T::Timestamp)),
        (T::Date, _) => Some((T::Date, kind, T::Date)),
        (T::Timestamp | T::TimestampNtz, _) => Some((time.data_type.clone(), kind, time.data_type.clone())),
        (T::String, T::DayTimeInterval | T::CalendarInterval) => Some((T::Timestamp, kind, T::String)),
        _ => None,
    }
}

fn is_interval(data_type: &DataType) -> bool {
    data_type.is_ansi_interval() || *data_type == DataType::CalendarInterval
}

/// An interval beside what it can't be added to. Errors show the operands in the order of `TimeAdd`.
fn no_time(function: &'static Function, time: &Typed, interval: &Typed) -> SqlError {
    let shown = if function.name == "-" { format!("(- {interval})") } else { interval.to_string() };
    let sql = format!("{time} + {shown}");
    let what = format!(
        "Parameter 1 requires the {ANY_TIMESTAMP} type, however \"{time}\" has the type \"{}\".",
        time.data_type.sql()
    );
    SqlError::analysis(
        "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        format!("Cannot resolve \"{sql}\" due to data type mismatch: {what}"),
    )
}

/// A date and a number of days.
fn days(function: &'static Function, args: &[Typed], date: &Typed, days: &Typed) -> Result<DataType, SqlError> {
    match &days.data_type {
        DataType::Null | DataType::Integer | DataType::Short | DataType::Byte => Ok(DataType::Integer),
        other => {
            let name = if function.name == "+" { "date_add" } else { "date_sub" };
            let shown = if *other == DataType::String { DataType::Double } else { other.clone() };
            let what =
                format!("Parameter 2 requires the {DAYS} type, however \"{days}\" has the type \"{}\".", shown.sql());
            let sql = call_text_of(name, &[date, days]);
            debug_assert_eq!(args.len(), 2, "a date and days are two operands");
            Err(SqlError::analysis(
                "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
                format!("Cannot resolve \"{sql}\" due to data type mismatch: {what}"),
            ))
        }
    }
}

/// Two intervals of one kind, or one beside an untyped null.
fn same_interval(left: &DataType, right: &DataType) -> Option<DataType> {
    match (left, right) {
        _ if left == right && is_interval(left) => Some(left.clone()),
        (DataType::Null, kind) | (kind, DataType::Null) if kind.is_ansi_interval() => Some(kind.clone()),
        _ => None,
    }
}

fn add(
    function: &'static Function,
    args: &[Typed],
    left: &Typed,
    right: &Typed,
) -> Result<Option<Signature>, SqlError> {
    use DataType as T;
    let (here, there) = (&left.data_type, &right.data_type);
    if let Some(kind) = same_interval(here, there) {
        return Ok(made(args, [kind.clone(), kind.clone()], kind));
    }
    let timed = |data_type: &DataType| matches!(data_type, T::DayTimeInterval | T::CalendarInterval);
    if is_interval(there)
        && let Some((time, kind, returns)) = moved(left, right)
    {
        return Ok(made(args, [time, kind], returns));
    }
    if is_interval(here)
        && let Some((time, kind, returns)) = moved(right, left)
    {
        return Ok(made(args, [kind, time], returns));
    }
    if timed(there) {
        return Err(no_time(function, left, right));
    }
    if timed(here) {
        return Err(no_time(function, right, left));
    }
    if *here == T::Date && *there != T::String {
        let days = days(function, args, left, right)?;
        return Ok(made(args, [T::Date, days], T::Date));
    }
    if *there == T::Date || *here == T::Date {
        let (date, number) = if *there == T::Date { (right, left) } else { (left, right) };
        let days = days(function, args, date, number)?;
        return Ok(made(args, [days, T::Date], T::Date));
    }
    Ok(None)
}

fn subtract(
    function: &'static Function,
    args: &[Typed],
    left: &Typed,
    right: &Typed,
) -> Result<Option<Signature>, SqlError> {
    use DataType as T;
    let (here, there) = (&left.data_type, &right.data_type);
    if let Some(kind) = same_interval(here, there) {
        return Ok(made(args, [kind.clone(), kind.clone()], kind));
    }
    if is_interval(there)
        && let Some((time, kind, returns)) = moved(left, right)
    {
        return Ok(made(args, [time, kind], returns));
    }
    if matches!(there, T::DayTimeInterval | T::CalendarInterval) {
        return Err(no_time(function, left, right));
    }
    if is_timestamp(here) || is_timestamp(there) {
        let time = |index: usize, data_type: &DataType| match data_type {
            T::Timestamp | T::TimestampNtz => Ok(data_type.clone()),
            T::Date | T::Null => Ok(T::Timestamp),
            _ => Err(unexpected_input(function, args, index, ANY_TIMESTAMP)),
        };
        let (mut one, mut other) = (time(0, here)?, time(1, there)?);
        // A local time beside a date stays local; beside an instant both are instants.
        if (one == T::TimestampNtz) != (other == T::TimestampNtz) {
            let local = matches!(here, T::Date | T::Null) || matches!(there, T::Date | T::Null);
            let common = if local { T::TimestampNtz } else { T::Timestamp };
            (one, other) = (common.clone(), common);
        }
        return Ok(made(args, [one, other], T::DayTimeInterval));
    }
    if *there == T::Date {
        return match here {
            T::Date | T::Null | T::String => Ok(made(args, [T::Date, T::Date], T::DayTimeInterval)),
            _ => Err(unexpected_input(function, args, 0, "\"DATE\"")),
        };
    }
    if *here == T::Date {
        let days = days(function, args, left, right)?;
        return Ok(made(args, [T::Date, days], T::Date));
    }
    Ok(None)
}

/// The type of what an interval is multiplied with or divided by.
fn factor(function: &'static Function, args: &[Typed], interval: &Typed, by: &Typed) -> Result<DataType, SqlError> {
    let numeric = matches!(by.data_type, DataType::String | DataType::Null) || by.data_type.is_numeric();
    if interval.data_type == DataType::CalendarInterval {
        if numeric {
            return Ok(DataType::Double);
        }
        let name = if function.name == "*" { "multiply_interval" } else { "divide_interval" };
        return Err(wrong_factor(&call_text_of(name, &[interval, by]), "DOUBLE", by));
    }
    debug_assert_eq!(args.len(), 2, "an interval and its factor are two operands");
    match &by.data_type {
        DataType::String | DataType::Null => Ok(DataType::Double),
        data_type if data_type.is_numeric() => Ok(data_type.clone()),
        _ => Err(wrong_factor(&format!("({interval} {} {by})", function.name), "NUMERIC", by)),
    }
}

fn wrong_factor(sql: &str, wanted: &str, by: &Typed) -> SqlError {
    let actual = by.data_type.sql();
    let what = format!("Parameter 2 requires the \"{wanted}\" type, however \"{by}\" has the type \"{actual}\".");
    SqlError::analysis(
        "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        format!("Cannot resolve \"{sql}\" due to data type mismatch: {what}"),
    )
}

fn multiply(
    function: &'static Function,
    args: &[Typed],
    left: &Typed,
    right: &Typed,
) -> Result<Option<Signature>, SqlError> {
    // Spark looks for an interval of each kind on the left, then on the right.
    let kinds = [DataType::CalendarInterval, DataType::YearMonthInterval, DataType::DayTimeInterval];
    for kind in kinds {
        if left.data_type == kind {
            let factor = factor(function, args, left, right)?;
            return Ok(made(args, [kind.clone(), factor], kind).map(fallible));
        }
        if right.data_type == kind {
            let factor = factor(function, args, right, left)?;
            return Ok(made(args, [factor, kind.clone()], kind).map(fallible));
        }
    }
    Ok(None)
}

fn divide(
    function: &'static Function,
    args: &[Typed],
    left: &Typed,
    right: &Typed,
) -> Result<Option<Signature>, SqlError> {
    if !is_interval(&left.data_type) {
        return Ok(None);
    }
    let kind = left.data_type.clone();
    let factor = factor(function, args, left, right)?;
    Ok(made(args, [kind.clone(), factor], kind).map(fallible))
}

/// What may be null of operands that are not.
fn fallible(signature: Signature) -> Signature {
    Signature { nullable: true, ..signature }
}
