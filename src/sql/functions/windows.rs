//! Event-time windows: the arithmetic that the analyzer and the engine share, and the functions that the analyzer puts
//! into plans for `window`, `session_window` and `window_time`.
//!
//! For the analyzer. `window(time, duration, slide, start)` becomes, for each `i` below [`overlapping`],
//! `__window(time, duration, slide, start, i)`: the `i`th window over the time, counted back from the last. Durations are
//! long literals in microseconds (see [`duration_micros`] and [`check_window`]), `i` is an integer literal. With
//! one window this is a projection of rows whose time is not null; where the slide doesn't divide the duration evenly
//! (more than one window) rows are to be filtered by `start <= time < end`. `session_window(time, gap)` becomes
//! `__session_window(time, gap)`, whose gap is a `CalendarInterval`, an `INTERVAL DAY TO SECOND`, or text; rows whose `end` is not
//! after `start` or is null are to be filtered out. Both give `STRUCT<start, end>` of the time's type.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, Int64Array, PrimitiveArray, StructArray};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{Field, Fields};

use crate::sql::{Context, DataType, Datum, SqlError, StructField, Typed};

use super::calendar::{MICROS_PER_DAY, add_interval, long_overflow};
pub use super::interval_text::{Interval, parse_interval};
use super::{Evaluation, Function, Signature};

pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "__window",
        aliases: &[],
        signature: window_signature,
        evaluation: Evaluation::Columns(window_column),
    },
    Function {
        name: "__session_window",
        aliases: &[],
        signature: session_signature,
        evaluation: Evaluation::Strict(session_window),
    },
    Function {
        name: "window_time",
        aliases: &[],
        signature: time_signature,
        evaluation: Evaluation::Strict(window_time),
    },
];

/// The length of a window, a slide or an offset, in microseconds.
///
/// # Errors
/// `CANNOT_PARSE_INTERVAL` of text that is no interval, and an `IllegalArgumentException` of an interval with months,
/// which SQL text turns into `FAILED_FUNCTION_CALL` of `window` and the DataFrame API throws as it is.
pub fn duration_micros(text: &str) -> Result<i64, SqlError> {
    let interval = parse_interval(text).map_err(|_| {
        let advice = "Please ensure that the value provided is in a valid format for defining an interval. You can \
                      reference the documentation for the correct format. If the issue persists, please double check \
                      that the input value is not null or empty and try again.";
        SqlError::analysis("CANNOT_PARSE_INTERVAL", format!("Unable to parse '{text}'. {advice}"))
    })?;
    if interval.months != 0 {
        let text = format!("Intervals greater than a month is not supported ({text}).");
        return Err(SqlError::new("IllegalArgumentException", None, text));
    }
    let days = i64::from(interval.days).checked_mul(MICROS_PER_DAY);
    days.and_then(|it| it.checked_add(interval.micros)).ok_or_else(long_overflow)
}

/// Whether durations (in microseconds) make a window. `sql` is the call as Spark writes it: `window(ts, 5000000, 10000000, 0)`.
///
/// # Errors
/// `DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE` of durations that are not positive, and
/// `DATATYPE_MISMATCH.PARAMETER_CONSTRAINT_VIOLATION` of a slide longer than the window or a start not within the slide.
pub fn check_window(sql: &str, duration: i64, slide: i64, start: i64) -> Result<(), SqlError> {
    let refuse = |kind: &str, what: String| {
        let text = format!("Cannot resolve \"{sql}\" due to data type mismatch: {what}");
        Err(SqlError::analysis(&format!("DATATYPE_MISMATCH.{kind}"), text))
    };
    let positive = |name: &str, value: i64| {
        let what = format!("The {name} must be between (0, {}] (current value = {value}L).", i64::MAX);
        refuse("VALUE_OUT_OF_RANGE", what)
    };
    let violation = |left: String, right: String, sign: &str| {
        refuse("PARAMETER_CONSTRAINT_VIOLATION", format!("The {left} must be {sign} the {right}."))
    };
    if duration <= 0 {
        return positive("`window_duration`", duration);
    }
    if slide <= 0 {
        return positive("`slide_duration`", slide);
    }
    if slide > duration {
        return violation(format!("`slide_duration`({slide}L)"), format!("`window_duration`({duration}L)"), "<=");
    }
    if start.unsigned_abs() >= slide.unsigned_abs() {
        let start = start.unsigned_abs();
        return violation(format!("`abs(start_time)`({start}L)"), format!("`slide_duration`({slide}L)"), "<");
    }
    Ok(())
}

/// How many windows there are at most over one time.
pub fn overlapping(duration: i64, slide: i64) -> i64 {
    if slide <= 0 { 0 } else { duration.div_euclid(slide) + i64::from(duration.rem_euclid(slide) != 0) }
}

/// Start and end of the `index`th window over a time, counted back from the last that starts at or before it.
pub fn window_bounds(time: i64, duration: i64, slide: i64, start: i64, index: i64) -> (i64, i64) {
    let last = match slide {
        0 => time,
        slide => time.wrapping_sub(time.wrapping_sub(start).wrapping_rem_euclid(slide)),
    };
    let begin = last.wrapping_sub(index.wrapping_mul(slide));
    (begin, begin.wrapping_add(duration))
}

/// The window that a row alone opens: `[time, time + gap)`.
///
/// # Errors
/// An overflow of the range of timestamps.
pub fn session_bounds(context: &Context, time: i64, gap: Interval) -> Result<(i64, i64), SqlError> {
    Ok((time, add_interval(context.time_zone, time, gap.months, gap.days, gap.micros)?))
}

/// `STRUCT<start, end>` of times.
pub fn window_type(time: &DataType) -> DataType {
    let field = |name: &str| StructField { name: name.into(), data_type: time.clone(), nullable: true };
    DataType::Struct([field("start"), field("end")].into())
}

/// The type of the times of a window, if the type is one: `STRUCT<start: t, end: t>`.
pub fn window_time_type(window: &DataType) -> Option<&DataType> {
    let DataType::Struct(fields) = window else { return None };
    match &**fields {
        [start, end]
            if &*start.name == "start"
                && &*end.name == "end"
                && start.data_type == end.data_type
                && is_time(&end.data_type) =>
        {
            Some(&end.data_type)
        }
        _ => None,
    }
}

fn is_time(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Timestamp | DataType::TimestampNtz)
}

fn time_type(args: &[Typed]) -> DataType {
    match args.first() {
        Some(time) if is_time(&time.data_type) => time.data_type.clone(),
        _ => DataType::Timestamp,
    }
}

fn window_signature(_function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let time = time_type(args);
    let returns = window_type(&time);
    let arguments = vec![time, DataType::Long, DataType::Long, DataType::Long, DataType::Integer];
    Ok(Signature { arguments, returns, nullable: args.first().is_none_or(|time| time.nullable) })
}

/// The bounds of a whole column of times.
fn window_column(
    _context: &Context,
    args: &[ArrayRef],
    _rows: usize,
    _returns: &DataType,
) -> Result<ArrayRef, SqlError> {
    let internal = |what: String| SqlError::new("SparkException", Some("INTERNAL_ERROR"), what);
    let times = args.first().and_then(|it| it.as_primitive_opt::<TimestampMicrosecondType>());
    let times = times.ok_or_else(|| internal("__window of what is no time".into()))?;
    let literal = |index: usize| -> i64 {
        let first = args.get(index).filter(|it| !it.is_empty());
        first.and_then(|it| it.as_primitive_opt().map(|it: &Int64Array| it.value(0))).unwrap_or(0)
    };
    let index = args.get(4).filter(|it| !it.is_empty()).and_then(|it| it.as_primitive_opt::<Int32Type>());
    let index = index.map_or(0, |it| i64::from(it.value(0)));
    let (duration, slide, start) = (literal(1), literal(2), literal(3));
    let starts: ScalarBuffer<i64> =
        times.values().iter().map(|time| window_bounds(*time, duration, slide, start, index).0).collect();
    let ends: ScalarBuffer<i64> = starts.iter().map(|begin| begin.wrapping_add(duration)).collect();
    let column = |values| -> ArrayRef {
        let array = PrimitiveArray::<TimestampMicrosecondType>::new(values, times.nulls().cloned());
        Arc::new(array.with_data_type(times.data_type().clone()))
    };
    let field = |name: &str| Field::new(name, times.data_type().clone(), true);
    let fields = Fields::from(vec![field("start"), field("end")]);
    let made = StructArray::try_new(fields, vec![column(starts), column(ends)], times.nulls().cloned());
    Ok(Arc::new(made.map_err(|error| internal(error.to_string()))?))
}

fn session_signature(_function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let time = time_type(args);
    let gap = match args.get(1).map(|gap| &gap.data_type) {
        Some(DataType::String) => DataType::String,
        Some(DataType::DayTimeInterval) => DataType::DayTimeInterval,
        _ => DataType::CalendarInterval,
    };
    Ok(Signature { returns: window_type(&time), arguments: vec![time, gap], nullable: true })
}

fn session_window(context: &Context, args: &[Datum], _returns: &DataType) -> Result<Datum, SqlError> {
    let [time, gap] = args else { return Ok(Datum::Null) };
    let gap = match gap {
        Datum::CalendarInterval { months, days, micros } => Interval { months: *months, days: *days, micros: *micros },
        Datum::DayTimeInterval(micros) => Interval { micros: *micros, ..Interval::default() },
        Datum::String(text) => match parse_interval(text) {
            Ok(interval) => interval,
            Err(_) => return Ok(Datum::Null),
        },
        _ => return Ok(Datum::Null),
    };
    Ok(match time {
        Datum::Timestamp(time) => {
            let (start, end) = session_bounds(context, *time, gap)?;
            Datum::Struct([Datum::Timestamp(start), Datum::Timestamp(end)].into())
        }
        Datum::TimestampNtz(time) => {
            let context = Context { time_zone: chrono_tz::Tz::UTC, ..context.clone() };
            let (start, end) = session_bounds(&context, *time, gap)?;
            Datum::Struct([Datum::TimestampNtz(start), Datum::TimestampNtz(end)].into())
        }
        _ => Datum::Null,
    })
}

fn time_signature(_function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let window = args.first().map(|window| window.data_type.clone());
    match window.as_ref().and_then(window_time_type) {
        Some(time) => {
            Ok(Signature { returns: time.clone(), arguments: vec![args[0].data_type.clone()], nullable: true })
        }
        None => Err(SqlError::analysis("DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE", "window_time takes a window")),
    }
}

/// The last microsecond of a window.
fn window_time(_context: &Context, args: &[Datum], _returns: &DataType) -> Result<Datum, SqlError> {
    let Some(Datum::Struct(window)) = args.first() else { return Ok(Datum::Null) };
    Ok(match window.get(1) {
        Some(Datum::Timestamp(end)) => Datum::Timestamp(end.wrapping_sub(1)),
        Some(Datum::TimestampNtz(end)) => Datum::TimestampNtz(end.wrapping_sub(1)),
        _ => Datum::Null,
    })
}

#[cfg(test)]
mod tests {
    use arrow_array::{Int32Array, TimestampMicrosecondArray};

    use super::*;

    const SECOND: i64 = 1_000_000;

    #[test]
    fn windows_count_back_from_the_last() {
        let bounds = |index| window_bounds(-2 * SECOND, 10 * SECOND, 3 * SECOND, SECOND, index);
        assert_eq!(bounds(0), (-2 * SECOND, 8 * SECOND));
        assert_eq!(bounds(3), (-11 * SECOND, -SECOND));
        assert_eq!(overlapping(10 * SECOND, 3 * SECOND), 4);
        assert_eq!(overlapping(10 * SECOND, 5 * SECOND), 2);
    }

    #[test]
    fn spark_says_what_makes_no_window() {
        let said = |duration, slide, start| {
            check_window("w", duration, slide, start).map_err(|error| error.message.to_string())
        };
        let slide = "The `slide_duration`(10000000L) must be <= the `window_duration`(5000000L).";
        let prefix = "Cannot resolve \"w\" due to data type mismatch: ";
        assert_eq!(said(5_000_000, 10_000_000, 0), Err(format!("{prefix}{slide}")));
        let start = "The `abs(start_time)`(7000000L) must be < the `slide_duration`(5000000L).";
        assert_eq!(said(10_000_000, 5_000_000, -7_000_000), Err(format!("{prefix}{start}")));
        let range = "The `window_duration` must be between (0, 9223372036854775807] (current value = 0L).";
        assert_eq!(said(0, 0, 0), Err(format!("{prefix}{range}")));
        assert_eq!(said(10, 5, -3), Ok(()));
    }

    #[test]
    fn durations_have_no_months() {
        assert_eq!(duration_micros("interval 1 day 2 seconds"), Ok(86_402 * SECOND));
        let said = duration_micros("1 month").map_err(|error| error.message.to_string());
        assert_eq!(said, Err("Intervals greater than a month is not supported (1 month).".into()));
    }

    #[test]
    fn a_column_of_times_becomes_a_column_of_windows() -> Result<(), SqlError> {
        let times = TimestampMicrosecondArray::from(vec![Some(7 * SECOND), None, Some(-1)]).with_timezone("UTC");
        let long = |value| -> ArrayRef { Arc::new(Int64Array::from(vec![value; 3])) };
        let args = [
            Arc::new(times) as ArrayRef,
            long(10 * SECOND),
            long(5 * SECOND),
            long(0),
            Arc::new(Int32Array::from(vec![1; 3])),
        ];
        let context = Context { time_zone: chrono_tz::Tz::UTC, batch_time: 0, partition: 0 };
        let made = window_column(&context, &args, 3, &window_type(&DataType::Timestamp))?;
        let starts = made.as_struct().column(0).as_primitive::<TimestampMicrosecondType>();
        let starts: Vec<_> = starts.iter().collect();
        assert_eq!(starts, [Some(0), None, Some(-10 * SECOND)]);
        assert!(made.is_null(1));
        Ok(())
    }
}
