//! JSON text into rows of a schema: Spark's `JacksonParser` in its permissive mode, for `from_json`, JSON files and
//! whatever else carries JSON.

use std::rc::Rc;

use crate::sql::cast::{Decimal, fits, parse_date, parse_local_timestamp, parse_timestamp};
use crate::sql::{Context, DataType, Datum, SqlError, StructField};

use super::calendar::{MICROS_PER_DAY, MICROS_PER_SECOND};
use super::codecs;
use super::datetime_parse::{Parsed, parse_by};
use super::interval_text::parse_interval;
use super::json_options::{JsonOptions, Pattern};
use super::json_text::{self, Json};
use super::zones::Zone;

/// The row that a text of JSON holds: a value for each field, null where there is none or it doesn't fit. Nothing where
/// the text is blank. A text that is no JSON object is a row of nulls, and is kept in a column `_corrupt_record` of
/// text, if there is one.
///
/// # Errors
/// Text of a time that only Spark 2 would have read.
pub fn parse_json_row(text: &str, fields: &[StructField], context: &Context) -> Result<Option<Vec<Datum>>, SqlError> {
    read_row(text, fields, context, &JsonOptions::new(context))
}

/// The row that a text of JSON holds, by options.
///
/// # Errors
/// Text of a time that only Spark 2 would have read; in the mode `FAILFAST`, whatever is malformed.
pub fn read_row(
    text: &str,
    fields: &[StructField],
    context: &Context,
    options: &JsonOptions,
) -> Result<Option<Vec<Datum>>, SqlError> {
    let reader = Reader::new(context, options);
    match json_text::parse(text, options.leniency) {
        Ok(None) => Ok(None),
        Ok(Some(value @ Json::Object(_))) => reader.root(text, &value, fields).map(Some),
        Ok(Some(_)) | Err(_) => reader.malformed(text, vec![Datum::Null; fields.len()], fields).map(Some),
    }
}

/// The rows of one line of a JSON file: one, but as many as it has members where it is an array of objects.
///
/// # Errors
/// Those of [`read_row`].
pub fn read_rows(
    text: &str,
    fields: &[StructField],
    context: &Context,
    options: &JsonOptions,
) -> Result<Vec<Vec<Datum>>, SqlError> {
    let reader = Reader::new(context, options);
    if let Ok(Some(Json::Array(members))) = json_text::parse(text, options.leniency)
        && members.iter().all(|member| matches!(member, Json::Object(_)))
    {
        return members.iter().map(|member| reader.root(text, member, fields)).collect();
    }
    Ok(read_row(text, fields, context, options)?.into_iter().collect())
}

/// The value of a text of JSON for a type that is no row: an array or a map.
///
/// # Errors
/// Those of [`read_row`].
pub fn read_value(
    text: &str,
    data_type: &DataType,
    context: &Context,
    options: &JsonOptions,
) -> Result<Datum, SqlError> {
    let reader = Reader::new(context, options);
    let Ok(found) = json_text::parse(text, options.leniency) else {
        return if options.fail_fast { Err(malformed_error("null")) } else { Ok(Datum::Null) };
    };
    let Some(value) = found else { return Ok(Datum::Null) };
    let made = match (&value, data_type) {
        // A single object is an array of one.
        (Json::Object(_), DataType::Array { element, .. }) if matches!(**element, DataType::Struct(_)) => {
            reader.value(&value, element).map(|it| Datum::Array([it].into()))
        }
        _ => reader.value(&value, data_type),
    };
    match made {
        Ok(Datum::Null) | Err(Failure::Bad(_)) if options.fail_fast => Err(malformed_error("null")),
        Ok(made) => Ok(made),
        Err(Failure::Bad(partial)) => Ok(partial.unwrap_or(Datum::Null)),
        Err(Failure::Refused(error)) => Err(error),
    }
}

fn malformed_error(record: &str) -> SqlError {
    let text = format!(
        "Malformed records are detected in record parsing: [{record}].\nParse Mode: FAILFAST. To process malformed \
         records as null result, try setting the option 'mode' as 'PERMISSIVE'. "
    );
    SqlError::new("SparkException", Some("MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION"), text)
}

/// Why there is no whole value.
enum Failure {
    /// The text doesn't fit the type; what there is of a struct, array or map nevertheless.
    Bad(Option<Datum>),
    /// Spark goes no further.
    Refused(SqlError),
}

type Value = Result<Datum, Failure>;

struct Reader<'a> {
    context: Context,
    options: &'a JsonOptions,
}

impl<'a> Reader<'a> {
    fn new(context: &Context, options: &'a JsonOptions) -> Self {
        Reader { context: Context { time_zone: options.time_zone, ..context.clone() }, options }
    }

    /// A whole record: its corrupt column tells whether it was read whole.
    fn root(&self, text: &str, value: &Json, fields: &[StructField]) -> Result<Vec<Datum>, SqlError> {
        let Json::Object(found) = value else {
            return self.malformed(text, vec![Datum::Null; fields.len()], fields);
        };
        let (values, bad) = self.fields(found, fields, Some(&self.options.corrupt_column))?;
        if bad { self.malformed(text, values, fields) } else { Ok(values) }
    }

    fn malformed(&self, text: &str, mut row: Vec<Datum>, fields: &[StructField]) -> Result<Vec<Datum>, SqlError> {
        if self.options.fail_fast {
            let texts: Vec<String> =
                row.iter().map(|it| crate::sql::text::value_text(it, self.context.time_zone)).collect();
            return Err(malformed_error(&texts.join(",")));
        }
        if let Some(index) = fields.iter().position(|field| *field.name == *self.options.corrupt_column) {
            row[index] = Datum::String(text.into());
        }
        Ok(row)
    }

    /// The values of a struct's fields, and whether some did not fit.
    fn fields(
        &self,
        found: &[(String, Json)],
        fields: &[StructField],
        except: Option<&str>,
    ) -> Result<(Vec<Datum>, bool), SqlError> {
        let mut values = vec![Datum::Null; fields.len()];
        let mut bad = false;
        for (name, value) in found {
            let named = fields.iter().position(|field| *field.name == **name && Some(name.as_str()) != except);
            let Some(index) = named else { continue };
            match self.value(value, &fields[index].data_type) {
                Ok(value) => values[index] = value,
                Err(Failure::Bad(partial)) => {
                    bad = true;
                    if let Some(partial) = partial {
                        values[index] = partial;
                    }
                }
                Err(Failure::Refused(error)) => return Err(error),
            }
        }
        Ok((values, bad))
    }

    fn value(&self, value: &Json, data_type: &DataType) -> Value {
        let bad = || Failure::Bad(None);
        match (data_type, value) {
            (_, Json::Null) => Ok(Datum::Null),
            (DataType::String, Json::String(text)) => Ok(Datum::String(text.as_str().into())),
            (DataType::String, other) => Ok(Datum::String(other.text().into())),
            (DataType::Boolean, Json::Bool(it)) => Ok(Datum::Boolean(*it)),
            (DataType::Byte, Json::Int(digits)) => match digits.parse::<i64>() {
                // Jackson takes unsigned bytes too.
                Ok(number @ -128..=255) => Ok(Datum::Byte(number as u8 as i8)),
                _ => Err(bad()),
            },
            (DataType::Short, Json::Int(digits)) => digits.parse().map(Datum::Short).map_err(|_| bad()),
            (DataType::Integer, Json::Int(digits)) => digits.parse().map(Datum::Integer).map_err(|_| bad()),
            (DataType::Long, Json::Int(digits)) => digits.parse().map(Datum::Long).map_err(|_| bad()),
            (DataType::Double, Json::Int(text) | Json::Float(text)) => Ok(Datum::Double(json_text::double(text))),
            (DataType::Float, Json::Int(text) | Json::Float(text)) => {
                Ok(Datum::Float(text.parse().unwrap_or(json_text::double(text) as f32)))
            }
            (DataType::Double, Json::String(text)) => self.no_number(text).map(Datum::Double).ok_or_else(bad),
            (DataType::Float, Json::String(text)) => {
                self.no_number(text).map(|it| Datum::Float(it as f32)).ok_or_else(bad)
            }
            (DataType::Decimal { precision, scale }, Json::Int(text) | Json::Float(text) | Json::String(text)) => {
                let unscaled = Decimal::parse(text).and_then(|it| it.at_scale(*scale));
                let unscaled = unscaled.filter(|it| fits(*it, *precision)).ok_or_else(bad)?;
                Ok(Datum::Decimal(unscaled, *scale))
            }
            (DataType::Timestamp, Json::Int(digits)) => {
                let seconds: i64 = digits.parse().map_err(|_| bad())?;
                Ok(Datum::Timestamp(seconds.wrapping_mul(MICROS_PER_SECOND)))
            }
            (
                DataType::Timestamp | DataType::TimestampNtz | DataType::Date | DataType::CalendarInterval,
                Json::String(text),
            ) if !text.is_empty() => self.time(text, data_type),
            (DataType::Binary, Json::String(text)) if !text.is_empty() => {
                codecs::unbase64(text).map(|it| Datum::Binary(it.into())).ok_or_else(bad)
            }
            (DataType::Struct(fields), Json::Object(found)) => {
                let (values, bad) = self.fields(found, fields, None).map_err(Failure::Refused)?;
                let made = Datum::Struct(values.into());
                if bad { Err(Failure::Bad(Some(made))) } else { Ok(made) }
            }
            (DataType::Array { element, .. }, Json::Array(members)) => self.array(members, element),
            (DataType::Map { value: of, .. }, Json::Object(found)) => self.map(found, of),
            _ => Err(bad()),
        }
    }

    fn array(&self, members: &[Json], element: &DataType) -> Value {
        let mut bad = false;
        let mut made = Vec::with_capacity(members.len());
        for member in members {
            made.push(match self.value(member, element) {
                Err(Failure::Bad(Some(partial))) => {
                    bad = true;
                    partial
                }
                other => other?,
            });
        }
        let made = Datum::Array(made.into());
        if bad { Err(Failure::Bad(Some(made))) } else { Ok(made) }
    }

    /// Keys may not repeat in a map of ours: the last value stands, where the first was.
    fn map(&self, found: &[(String, Json)], of: &DataType) -> Value {
        let mut bad = false;
        let mut made: indexmap::IndexMap<&str, Datum, rustc_hash::FxBuildHasher> = indexmap::IndexMap::default();
        for (name, value) in found {
            let value = match self.value(value, of) {
                Err(Failure::Bad(Some(partial))) => {
                    bad = true;
                    partial
                }
                other => other?,
            };
            made.insert(name, value);
        }
        let entries: Rc<[_]> = made.into_iter().map(|(name, value)| (Datum::String(name.into()), value)).collect();
        let made = Datum::Map(entries);
        if bad { Err(Failure::Bad(Some(made))) } else { Ok(made) }
    }

    /// Text that stands for what is no number.
    fn no_number(&self, text: &str) -> Option<f64> {
        match text {
            _ if !self.options.leniency.non_numeric => None,
            "NaN" => Some(f64::NAN),
            "+INF" | "+Infinity" | "Infinity" | "INF" => Some(f64::INFINITY),
            "-INF" | "-Infinity" => Some(f64::NEG_INFINITY),
            _ => None,
        }
    }

    fn time(&self, text: &str, data_type: &DataType) -> Value {
        let by = |pattern: &Pattern| -> Result<Parsed, Failure> {
            let parsed = parse_by(&pattern.elements, &pattern.text, text).map_err(Failure::Refused)?;
            parsed.ok_or(Failure::Bad(None))
        };
        let zone = self.context.time_zone;
        let found = match data_type {
            DataType::Timestamp => match &self.options.timestamp_format {
                Some(pattern) => {
                    let parsed = by(pattern)?;
                    Some(Datum::Timestamp(parsed.zone.unwrap_or(Zone::Region(zone)).instant(parsed.local)))
                }
                None => parse_timestamp(text, &self.context)
                    .or_else(|| parse_timestamp(&text.replace("GMT", ""), &self.context))
                    .map(Datum::Timestamp),
            },
            DataType::TimestampNtz => match &self.options.local_timestamp_format {
                Some(pattern) => Some(Datum::TimestampNtz(by(pattern)?.local)),
                None => {
                    let zoned = text.ends_with('Z') || zoned(text);
                    parse_local_timestamp(text).filter(|_| !zoned).map(Datum::TimestampNtz)
                }
            },
            DataType::Date => match &self.options.date_format {
                Some(pattern) => {
                    let days = by(pattern)?.local.div_euclid(MICROS_PER_DAY);
                    i32::try_from(days).ok().map(Datum::Date)
                }
                None => parse_date(text).or_else(|| text.parse().ok()).map(Datum::Date),
            },
            _ => parse_interval(text).ok().map(|it| Datum::CalendarInterval {
                months: it.months,
                days: it.days,
                micros: it.micros,
            }),
        };
        found.ok_or(Failure::Bad(None))
    }
}

/// Whether the text of a time ends with a zone or an offset.
fn zoned(text: &str) -> bool {
    let time = text.split_once(['T', ' ']).map_or("", |(_, time)| time);
    time.contains(['+', '-']) || time.contains(|letter: char| letter.is_ascii_alphabetic())
}
