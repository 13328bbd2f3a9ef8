//! Conversions between text, times and numbers of seconds, and between time zones.

use crate::sql::{Context, DataType, Datum, SqlError, Typed};

use super::accepts::{Accepts, settle, settle_exactly, strict, takes};
use super::calendar::{MICROS_PER_DAY, MICROS_PER_SECOND, day_of, day_start, long_overflow, to_local};
use super::datetime::date;
use super::datetime_format::format;
use super::datetime_parse::{parse, parse_instant};
use super::zones::Zone;
use super::{Function, Signature};

type Row = Result<Datum, SqlError>;

/// A signature that casts nothing.
macro_rules! exactly {
    ($accepts:ident => $returns:ident) => {
        |function, args| Ok(settle_exactly(function, args, &[Accepts::$accepts], &[])?.gives(DataType::$returns))
    };
}

pub const FUNCTIONS: &[Function] = &[
    strict("to_date", &[], to_date_signature, to_date),
    strict("to_timestamp", &["to_timestamp_ltz"], to_timestamp_signature, to_timestamp),
    strict("try_to_timestamp", &[], to_timestamp_signature, to_timestamp),
    strict("to_timestamp_ntz", &[], to_timestamp_ntz_signature, to_timestamp_ntz),
    strict("unix_timestamp", &[], unix_timestamp_signature, unix_timestamp),
    strict("to_unix_timestamp", &[], unix_timestamp_signature, unix_timestamp),
    strict("from_unixtime", &[], takes!(Long; Text => String or null), from_unixtime),
    strict("date_format", &[], takes!(Timestamp, Text => String), |context, args, _| match args {
        [Datum::Timestamp(micros), Datum::String(pattern)] => text(format(pattern, context.time_zone, *micros)?),
        _ => Ok(Datum::Null),
    }),
    strict("unix_micros", &[], exactly!(Timestamp => Long), |_, args, _| Ok(unix(args, 1))),
    strict("unix_millis", &[], exactly!(Timestamp => Long), |_, args, _| Ok(unix(args, 1000))),
    strict("unix_seconds", &[], exactly!(Timestamp => Long), |_, args, _| Ok(unix(args, MICROS_PER_SECOND))),
    strict("unix_date", &[], exactly!(Date => Integer), |_, args, _| match args {
        [Datum::Date(days)] => Ok(Datum::Integer(*days)),
        _ => Ok(Datum::Null),
    }),
    strict("timestamp_seconds", &[], timestamp_seconds_signature, timestamp_seconds),
    strict("timestamp_millis", &[], exactly!(Integral => Timestamp), |_, args, _| whole(args, 1000)),
    strict("timestamp_micros", &[], exactly!(Integral => Timestamp), |_, args, _| whole(args, 1)),
    strict("date_from_unix_date", &[], takes!(Int => Date), |_, args, _| match args {
        [Datum::Integer(days)] => Ok(Datum::Date(*days)),
        _ => Ok(Datum::Null),
    }),
    strict("from_utc_timestamp", &[], takes!(Timestamp, Text => Timestamp), |_, args, _| match args {
        [Datum::Timestamp(micros), Datum::String(zone)] => Ok(Datum::Timestamp(Zone::of(zone)?.local(*micros))),
        _ => Ok(Datum::Null),
    }),
    strict("to_utc_timestamp", &[], takes!(Timestamp, Text => Timestamp), |_, args, _| match args {
        [Datum::Timestamp(micros), Datum::String(zone)] => Ok(Datum::Timestamp(Zone::of(zone)?.instant(*micros))),
        _ => Ok(Datum::Null),
    }),
    strict("convert_timezone", &[], convert_signature, convert_timezone),
];

fn text(made: String) -> Row {
    Ok(Datum::String(made.into()))
}

/// The instant of a value that is a time, or that is text of this pattern.
fn instant(context: &Context, value: &Datum, pattern: Option<&str>) -> Result<Option<i64>, SqlError> {
    Ok(match value {
        Datum::String(text) => match pattern {
            Some(pattern) => parse_instant(pattern, context.time_zone, text)?,
            None => None,
        },
        Datum::Timestamp(micros) => Some(*micros),
        Datum::TimestampNtz(local) => Some(Zone::Region(context.time_zone).instant(*local)),
        Datum::Date(days) => Some(day_start(context.time_zone, (*days).into())),
        _ => None,
    })
}

fn pattern(args: &[Datum]) -> Option<&str> {
    match args.get(1) {
        Some(Datum::String(pattern)) => Some(pattern),
        _ => None,
    }
}

fn to_date_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let settled = settle(function, args, &[Accepts::TextOrDatetime], &[Accepts::Text])?;
    let mut signature = settled.gives(DataType::Date);
    if args.len() == 1 {
        // Without a pattern it is a cast, which the analyzer writes out.
        signature.arguments = vec![DataType::Date];
        signature.nullable |=
            signature.arguments != [args[0].data_type.clone()] && args[0].data_type == DataType::String;
        return Ok(signature);
    }
    Ok(signature.or_null())
}

fn to_date(context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    if let [Datum::Date(days)] | [Datum::Date(days), _] = args {
        return Ok(Datum::Date(*days));
    }
    let Some(value) = args.first() else { return Ok(Datum::Null) };
    let found = instant(context, value, pattern(args))?;
    Ok(found.map_or(Datum::Null, |micros| date(day_of(to_local(context.time_zone, micros)))))
}

fn to_timestamp_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    time_signature(function, args, DataType::Timestamp)
}

fn to_timestamp_ntz_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    time_signature(function, args, DataType::TimestampNtz)
}

fn time_signature(function: &'static Function, args: &[Typed], returns: DataType) -> Result<Signature, SqlError> {
    let accepts = if returns == DataType::Timestamp { Accepts::Moment } else { Accepts::TextOrDatetime };
    let mut signature = settle(function, args, &[accepts], &[Accepts::Text])?.gives(returns.clone());
    if args.len() == 1 {
        let from = &args[0].data_type;
        let exact = matches!(from, DataType::Date | DataType::Timestamp | DataType::TimestampNtz) || from.is_integral();
        signature.nullable |= !exact && !from.is_decimal();
        // Truth is no time, whatever a cast makes of it.
        signature.arguments = vec![if *from == DataType::Boolean { DataType::Boolean } else { returns }];
        return Ok(signature);
    }
    Ok(signature.or_null())
}

fn to_timestamp(context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    let Some(value) = args.first() else { return Ok(Datum::Null) };
    Ok(instant(context, value, pattern(args))?.map_or(Datum::Null, Datum::Timestamp))
}

fn to_timestamp_ntz(context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    Ok(match args.first() {
        Some(Datum::String(text)) => match pattern(args) {
            Some(pattern) => parse(pattern, text)?.map_or(Datum::Null, |it| Datum::TimestampNtz(it.local)),
            None => Datum::Null,
        },
        Some(Datum::Timestamp(micros)) => Datum::TimestampNtz(to_local(context.time_zone, *micros)),
        Some(Datum::TimestampNtz(local)) => Datum::TimestampNtz(*local),
        Some(Datum::Date(days)) => Datum::TimestampNtz(i64::from(*days).wrapping_mul(MICROS_PER_DAY)),
        _ => Datum::Null,
    })
}

/// What text has by default.
const PATTERN: &str = "yyyy-MM-dd HH:mm:ss";

fn unix_timestamp_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    if args.is_empty() && function.name == "unix_timestamp" {
        return Ok(Signature { arguments: Vec::new(), returns: DataType::Long, nullable: false });
    }
    let settled = settle(function, args, &[Accepts::TextOrDatetime], &[Accepts::Text])?;
    Ok(settled.gives(DataType::Long).or_null())
}

fn unix_timestamp(context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    let found = match args.first() {
        Some(value) => instant(context, value, pattern(args).or(Some(PATTERN)))?,
        None => Some(context.batch_time),
    };
    Ok(found.map_or(Datum::Null, |micros| Datum::Long(micros / MICROS_PER_SECOND)))
}

fn from_unixtime(context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    let Some(Datum::Long(seconds)) = args.first() else { return Ok(Datum::Null) };
    let micros = seconds.wrapping_mul(MICROS_PER_SECOND);
    text(format(pattern(args).unwrap_or(PATTERN), context.time_zone, micros)?)
}

fn unix(args: &[Datum], unit: i64) -> Datum {
    match args {
        [Datum::Timestamp(micros)] => Datum::Long(micros.div_euclid(unit)),
        _ => Datum::Null,
    }
}

fn integral(value: Option<&Datum>) -> Option<i64> {
    match value? {
        Datum::Byte(number) => Some((*number).into()),
        Datum::Short(number) => Some((*number).into()),
        Datum::Integer(number) => Some((*number).into()),
        Datum::Long(number) => Some(*number),
        _ => None,
    }
}

/// A whole number of units since the epoch as a time.
fn whole(args: &[Datum], unit: i64) -> Row {
    let Some(number) = integral(args.first()) else { return Ok(Datum::Null) };
    number.checked_mul(unit).map(Datum::Timestamp).ok_or_else(long_overflow)
}

fn timestamp_seconds_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let signature = settle_exactly(function, args, &[Accepts::Numeric], &[])?.gives(DataType::Timestamp);
    match args.first().map(|it| &it.data_type) {
        Some(DataType::Float | DataType::Double) => Ok(signature.or_null()),
        _ => Ok(signature),
    }
}

fn timestamp_seconds(_context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    let of_double = |seconds: f64| match seconds.is_finite() {
        // A cast keeps to the range, as Java's does.
        true => Datum::Timestamp((seconds * 1e6) as i64),
        false => Datum::Null,
    };
    match args.first() {
        Some(Datum::Double(seconds)) => Ok(of_double(*seconds)),
        Some(Datum::Float(seconds)) => Ok(of_double((*seconds).into())),
        Some(Datum::Decimal(unscaled, scale)) => {
            let refuse = |text: &str| SqlError::new("ArithmeticException", None, text);
            let factor = 10_i128.checked_pow(u32::from(scale.abs_diff(6))).ok_or_else(|| refuse("Overflow"))?;
            if *scale > 6 && unscaled % factor != 0 {
                return Err(refuse("Rounding necessary"));
            }
            let micros = if *scale > 6 { Some(unscaled / factor) } else { unscaled.checked_mul(factor) };
            let micros = micros.and_then(|it| i64::try_from(it).ok());
            micros.map(Datum::Timestamp).ok_or_else(|| refuse("Overflow"))
        }
        _ => whole(args, MICROS_PER_SECOND),
    }
}

fn convert_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    let settled = match args.len() {
        2 => settle(function, args, &[Accepts::Text, Accepts::TimestampNtz], &[]),
        _ => settle(function, args, &[Accepts::Text, Accepts::Text, Accepts::TimestampNtz], &[]),
    };
    Ok(settled?.gives(DataType::TimestampNtz))
}

fn convert_timezone(context: &Context, args: &[Datum], _returns: &DataType) -> Row {
    let (from, to, local) = match args {
        [Datum::String(from), Datum::String(to), Datum::TimestampNtz(local)] => (Zone::of(from)?, to, local),
        [Datum::String(to), Datum::TimestampNtz(local)] => (Zone::Region(context.time_zone), to, local),
        _ => return Ok(Datum::Null),
    };
    Ok(Datum::TimestampNtz(Zone::of(to)?.local(from.instant(*local))))
}
