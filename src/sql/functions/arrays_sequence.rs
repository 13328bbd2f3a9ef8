//! `sequence`: numbers, dates and times at equal steps.

use chrono_tz::Tz;

use crate::sql::coerce::tightest_common_type;
use crate::sql::{Context, DataType, Datum, SqlError, Typed};

use super::accepts::strict;
use super::arrays::{MOST_MEMBERS, too_long};
use super::calendar::{MICROS_PER_DAY, add_interval, day_of, day_start, to_local};
use super::collections::array_of;
use super::refusals::mismatch;
use super::signature::arity;
use super::{Function, Signature};

pub const FUNCTIONS: &[Function] = &[strict("sequence", &[], signature, sequence)];

fn signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[2, 3])?;
    let refuse = || {
        let text = "`sequence` uses the wrong parameter type. The parameter type must conform to:\n1. The start and stop \
                    expressions must resolve to the same type.\n2. If start and stop expressions resolve to the \
                    (\"TIMESTAMP\" or \"TIMESTAMP_NTZ\" or \"DATE\") type, then the step expression must resolve to the \
                    (\"INTERVAL\" or \"INTERVAL YEAR TO MONTH\" or \"INTERVAL DAY TO SECOND\") type.\n3. Otherwise, if \
                    start and stop expressions resolve to the \"INTEGRAL\" type, then the step expression must resolve \
                    to the same type.";
        mismatch("SEQUENCE_WRONG_INPUT_TYPES", function, args, text)
    };
    let mut common = tightest_common_type(&args[0].data_type, &args[1].data_type).ok_or_else(refuse)?;
    let step = args.get(2).map(|step| step.data_type.clone());
    let mut arguments = vec![common.clone(); 2];
    if common.is_integral() {
        if let Some(step) = step {
            common = tightest_common_type(&common, &step).filter(DataType::is_integral).ok_or_else(refuse)?;
            arguments = vec![common.clone(); 3];
        }
    } else if matches!(common, DataType::Date | DataType::Timestamp | DataType::TimestampNtz) {
        match step {
            Some(DataType::Null) => arguments.push(DataType::CalendarInterval),
            Some(step) if step.is_ansi_interval() || step == DataType::CalendarInterval => arguments.push(step),
            Some(_) => return Err(refuse()),
            None => {}
        }
    } else {
        return Err(refuse());
    }
    let nullable = args.iter().any(|arg| arg.nullable);
    Ok(Signature { arguments, returns: array_of(common, false), nullable })
}

fn boundaries(start: i64, stop: i64, step: &str) -> SqlError {
    let text = format!("requirement failed: Illegal sequence boundaries: {start} to {stop} by {step}");
    SqlError::new("IllegalArgumentException", None, text)
}

/// How many steps there are from start to stop.
fn length(start: i64, stop: i64, step: i64, shown: &str) -> Result<u64, SqlError> {
    let fits = (step > 0 && start <= stop) || (step < 0 && start >= stop) || (step == 0 && start == stop);
    if !fits {
        return Err(boundaries(start, stop, shown));
    }
    let length = start.abs_diff(stop).checked_div(step.unsigned_abs()).unwrap_or(0).saturating_add(1);
    if length > MOST_MEMBERS { Err(too_long(length)) } else { Ok(length) }
}

fn numbers(start: i64, stop: i64, step: i64, make: impl Fn(i64) -> Datum) -> Result<Datum, SqlError> {
    let length = length(start, stop, step, &step.to_string())?;
    let mut next = start;
    let mut made = Vec::new();
    for _ in 0..length {
        made.push(make(next));
        next = next.wrapping_add(step);
    }
    Ok(Datum::Array(made.into()))
}

fn sequence(context: &Context, args: &[Datum], _returns: &DataType) -> Result<Datum, SqlError> {
    let (Some(start), Some(stop)) = (args.first(), args.get(1)) else { return Ok(Datum::Null) };
    let step = args.get(2);
    macro_rules! integers {
        ($variant:ident, $kind:ty, $start:expr, $stop:expr) => {{
            let (start, stop) = (i64::from(*$start), i64::from(*$stop));
            let step = match step {
                Some(Datum::$variant(step)) => i64::from(*step),
                _ => {
                    if start <= stop {
                        1
                    } else {
                        -1
                    }
                }
            };
            numbers(start, stop, step, |it| <$kind>::try_from(it).map_or(Datum::Null, Datum::$variant))
        }};
    }
    match (start, stop) {
        (Datum::Byte(start), Datum::Byte(stop)) => integers!(Byte, i8, start, stop),
        (Datum::Short(start), Datum::Short(stop)) => integers!(Short, i16, start, stop),
        (Datum::Integer(start), Datum::Integer(stop)) => integers!(Integer, i32, start, stop),
        (Datum::Long(start), Datum::Long(stop)) => integers!(Long, i64, start, stop),
        (Datum::Date(start), Datum::Date(stop)) => {
            let (start, stop) = (i64::from(*start), i64::from(*stop));
            let step = Step::of(step, start <= stop);
            let days = |micros| day_of(to_local(context.time_zone, micros));
            let date = |days| i32::try_from(days).map_or(Datum::Null, Datum::Date);
            if step.months == 0 && step.days == 0 {
                let text = format!(
                    "sequence step must be an {} of day granularity if start and end values are dates",
                    step.name
                );
                return Err(SqlError::new("IllegalArgumentException", None, text));
            }
            if step.months == 0 && step.micros == 0 {
                return numbers(start, stop, step.days, date);
            }
            let zone = context.time_zone;
            step.times(zone, day_start(zone, start), day_start(zone, stop), |micros| date(days(micros)))
        }
        (Datum::Timestamp(start), Datum::Timestamp(stop)) => {
            Step::of(step, start <= stop).times(context.time_zone, *start, *stop, Datum::Timestamp)
        }
        (Datum::TimestampNtz(start), Datum::TimestampNtz(stop)) => {
            Step::of(step, start <= stop).times(Tz::UTC, *start, *stop, Datum::TimestampNtz)
        }
        _ => Ok(Datum::Null),
    }
}

/// A step in time.
struct Step {
    months: i64,
    days: i64,
    micros: i64,
    /// The type's name in errors.
    name: &'static str,
    text: String,
}

impl Step {
    /// The step that was given, or a day up or down.
    fn of(step: Option<&Datum>, up: bool) -> Step {
        let text = step.map_or_else(String::new, |it| crate::sql::text::value_text(it, Tz::UTC));
        let (months, days, micros, name) = match step {
            Some(Datum::YearMonthInterval(months)) => (i64::from(*months), 0, 0, "interval year to month"),
            Some(Datum::DayTimeInterval(micros)) => {
                (0, micros / MICROS_PER_DAY, micros % MICROS_PER_DAY, "interval day to second")
            }
            Some(Datum::CalendarInterval { months, days, micros }) => {
                (i64::from(*months), i64::from(*days), *micros, "interval")
            }
            _ => (0, if up { 1 } else { -1 }, 0, "interval day"),
        };
        Step { months, days, micros, name, text }
    }

    fn times(&self, zone: Tz, start: i64, stop: i64, make: impl Fn(i64) -> Datum) -> Result<Datum, SqlError> {
        if self.months == 0 && self.days == 0 {
            return numbers(start, stop, self.micros, make);
        }
        // A month is at least 28 days, which bounds the number of steps.
        let least = self
            .months
            .saturating_mul(28 * MICROS_PER_DAY)
            .saturating_add(self.days.saturating_mul(MICROS_PER_DAY))
            .saturating_add(self.micros);
        let most = length(start, stop, least, &self.text)?;
        let mut made = Vec::new();
        let mut next = start;
        for count in 1..=most.saturating_add(1) {
            if if least > 0 { next > stop } else { next < stop } {
                break;
            }
            made.push(make(next));
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            let int = |each: i64| i32::try_from(each.saturating_mul(count)).unwrap_or(i32::MAX);
            next = add_interval(zone, start, int(self.months), int(self.days), self.micros.saturating_mul(count))?;
        }
        Ok(Datum::Array(made.into()))
    }
}
