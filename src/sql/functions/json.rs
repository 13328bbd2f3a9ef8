//! `from_json`, `to_json` and `schema_of_json`.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, StringArray, cast::AsArray};
use arrow_schema::{DataType as Arrow, IntervalUnit, TimeUnit};

use crate::sql::columns::datum_at;
use crate::sql::{Context, DataType, Datum, SqlError, StructField, Typed, TypedKind};

use super::accepts::{literal_text, strict};
use super::collections::entry;
use super::datetime_pattern::Purpose;
use super::json_options::{JsonOptions, written};
use super::json_read::{read_row, read_value};
use super::json_schema::infer;
use super::json_write::write;
use super::refusals::{mismatch, unexpected};
use super::signature::arity;
use super::{Evaluation, Function, Signature};

type Row = Result<Datum, SqlError>;

pub const FUNCTIONS: &[Function] = &[
    strict("from_json", &[], from_signature, from_json),
    Function { name: "to_json", aliases: &[], signature: to_signature, evaluation: Evaluation::Columns(to_json) },
    strict("schema_of_json", &[], schema_signature, |context, args, _| match args.first() {
        Some(Datum::String(text)) => {
            let options = JsonOptions::of(context, Purpose::Parse, args.get(1))?;
            Ok(Datum::String(infer(text, &options)?.sql().into()))
        }
        _ => Ok(Datum::Null),
    }),
];

/// The options of a call, which must be `map('name', 'value', ...)`: what they say, and their type.
fn options_type(options: Option<&Typed>) -> Result<Option<DataType>, SqlError> {
    let Some(options) = options else { return Ok(None) };
    let Some((key, value, _)) = entry(&options.data_type) else {
        let text = "Invalid options: Must use the `map()` function for options.";
        return Err(SqlError::analysis("INVALID_OPTIONS.NON_MAP_FUNCTION", text));
    };
    let empty = *key == DataType::Null;
    if !empty && (*key != DataType::String || *value != DataType::String) {
        let text = format!(
            "Invalid options: A type of keys and values in `map()` must be string, but got \"{}\".",
            options.data_type.sql()
        );
        return Err(SqlError::analysis("INVALID_OPTIONS.NON_STRING_TYPE", text));
    }
    Ok(Some(DataType::map(DataType::String, DataType::String)))
}

/// The schema that an argument says: text of SQL or JSON, or a call of `schema_of_json`.
fn schema_of(typed: &Typed) -> Result<DataType, SqlError> {
    if let Some(text) = literal_text(typed) {
        return match text.trim_start().starts_with('{') {
            true => match serde_json::from_str(text).map(|json| DataType::from_json(&json)) {
                Ok(Ok(data_type)) => Ok(data_type),
                _ => DataType::from_ddl(text),
            },
            false => DataType::from_ddl(text),
        };
    }
    if let TypedKind::Call { function, args } = &typed.kind
        && let ("schema_of_json", Some(text)) = (function.name, args.first().and_then(literal_text))
    {
        let context = Context { time_zone: chrono_tz::Tz::UTC, batch_time: 0, partition: 0 };
        let said = args.get(1).map(written).unwrap_or_default();
        let said = said.iter().map(|(name, value)| (&**name, &**value));
        return infer(text, &JsonOptions::with(&context, Purpose::Parse, said)?);
    }
    let text = format!(
        "The input schema \"{typed}\" is not a valid schema string. The input expression must be string literal and not \
         null."
    );
    Err(SqlError::analysis("INVALID_SCHEMA.NON_STRING_LITERAL", text))
}

fn from_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[2, 3])?;
    let schema = schema_of(&args[1])?;
    let options = options_type(args.get(2))?;
    let said = args.get(2).map(written).unwrap_or_default();
    let option = |name: &str| said.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    if option("mode").is_some_and(|mode| mode.eq_ignore_ascii_case("DROPMALFORMED")) {
        let text = "from_json() doesn't support the DROPMALFORMED mode. Acceptable modes are PERMISSIVE and FAILFAST.";
        return Err(SqlError::new("AnalysisException", None, text));
    }
    let json = &args[..1];
    if !matches!(json[0].data_type, DataType::String | DataType::Null) {
        return Err(unexpected(function, json, 0, &["STRING"]));
    }
    match &schema {
        DataType::Struct(fields) => {
            let corrupt = option("columnNameOfCorruptRecord").map_or("_corrupt_record", String::as_str);
            if fields.iter().any(|field| *field.name == *corrupt && field.data_type != DataType::String) {
                let text = "The field for corrupt records must be string type and nullable.";
                return Err(SqlError::new("AnalysisException", None, text));
            }
        }
        DataType::Array { .. } => {}
        DataType::Map { key, .. } if **key == DataType::String => {}
        DataType::Map { .. } => {
            let text = format!(
                "Cannot resolve \"entries\" due to data type mismatch: Input schema \"{}\" can only contain STRING as a \
                 key type for a MAP.",
                schema.sql()
            );
            return Err(SqlError::analysis("DATATYPE_MISMATCH.INVALID_JSON_MAP_KEY_TYPE", text));
        }
        other => return Err(no_collection(function, json, other)),
    }
    let mut arguments = vec![DataType::String, DataType::String];
    arguments.extend(options);
    Ok(Signature { arguments, returns: schema.as_nullable(), nullable: true })
}

fn no_collection(function: &'static Function, args: &[Typed], schema: &DataType) -> SqlError {
    let text = format!("Input schema \"{}\" must be a struct, an array or a map.", schema.sql());
    mismatch("INVALID_JSON_SCHEMA", function, args, &text)
}

fn from_json(context: &Context, args: &[Datum], returns: &DataType) -> Row {
    let Some(Datum::String(text)) = args.first() else { return Ok(Datum::Null) };
    let options = JsonOptions::of(context, Purpose::Parse, args.get(2))?;
    match returns {
        DataType::Struct(fields) => {
            Ok(read_row(text, fields, context, &options)?.map_or(Datum::Null, |row| Datum::Struct(row.into())))
        }
        other => read_value(text, other, context, &options),
    }
}

fn to_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[1, 2])?;
    let options = options_type(args.get(1))?;
    let value = &args[0].data_type;
    match value {
        DataType::Struct(_) | DataType::Array { .. } | DataType::Map { .. } | DataType::Null => {}
        other => return Err(no_collection(function, &args[..1], other)),
    }
    let mut arguments = vec![value.clone()];
    arguments.extend(options);
    Ok(Signature { arguments, returns: DataType::String, nullable: true })
}

/// The type that a column of this Arrow type has. The columns know the names of fields, which values don't.
fn type_of(arrow: &Arrow) -> DataType {
    let fields = |fields: &arrow_schema::Fields| {
        fields
            .iter()
            .map(|it| StructField {
                name: it.name().as_str().into(),
                data_type: type_of(it.data_type()),
                nullable: true,
            })
            .collect()
    };
    match arrow {
        Arrow::Boolean => DataType::Boolean,
        Arrow::Int8 => DataType::Byte,
        Arrow::Int16 => DataType::Short,
        Arrow::Int32 => DataType::Integer,
        Arrow::Int64 => DataType::Long,
        Arrow::Float32 => DataType::Float,
        Arrow::Float64 => DataType::Double,
        Arrow::Decimal128(precision, scale) => {
            DataType::Decimal { precision: *precision, scale: u8::try_from(*scale).unwrap_or(0) }
        }
        Arrow::Utf8 => DataType::String,
        Arrow::Binary => DataType::Binary,
        Arrow::Date32 => DataType::Date,
        Arrow::Timestamp(TimeUnit::Microsecond, Some(_)) => DataType::Timestamp,
        Arrow::Timestamp(TimeUnit::Microsecond, None) => DataType::TimestampNtz,
        Arrow::Duration(_) => DataType::DayTimeInterval,
        Arrow::Interval(IntervalUnit::YearMonth) => DataType::YearMonthInterval,
        Arrow::List(of) => DataType::array(type_of(of.data_type())),
        Arrow::Map(entries, _) => match entries.data_type() {
            Arrow::Struct(parts) => match &**parts {
                [key, value] => DataType::map(type_of(key.data_type()), type_of(value.data_type())),
                _ => DataType::Null,
            },
            _ => DataType::Null,
        },
        other if *other == DataType::CalendarInterval.to_arrow() => DataType::CalendarInterval,
        Arrow::Struct(parts) => DataType::Struct(fields(parts)),
        _ => DataType::Null,
    }
}

fn to_json(context: &Context, args: &[ArrayRef], rows: usize, _returns: &DataType) -> Result<ArrayRef, SqlError> {
    let Some(values) = args.first() else { return Ok(Arc::new(StringArray::new_null(rows))) };
    let data_type = type_of(values.data_type());
    let options = match args.get(1) {
        Some(map) if !map.is_empty() && map.as_map_opt().is_some() => datum_at(&**map, &type_of(map.data_type()), 0),
        _ => Datum::Null,
    };
    let options = JsonOptions::of(context, Purpose::Format, Some(&options))?;
    let mut made = Vec::with_capacity(values.len());
    for row in 0..values.len() {
        made.push(match datum_at(&**values, &data_type, row) {
            Datum::Null => None,
            value => Some(write(&value, &data_type, &options)?),
        });
    }
    Ok(Arc::new(StringArray::from(made)))
}

fn schema_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    arity(function, args, &[1, 2])?;
    let options = options_type(args.get(1))?;
    let json = &args[..1];
    if super::accepts::is_null(&json[0]) {
        return Err(mismatch("UNEXPECTED_NULL", function, json, "The json must not be null."));
    }
    if json[0].data_type != DataType::String {
        return Err(unexpected(function, json, 0, &["STRING"]));
    }
    if matches!(json[0].kind, TypedKind::Attribute { .. } | TypedKind::Field { .. }) {
        let text =
            format!("the input `json` should be a foldable \"STRING\" expression; however, got \"{}\".", json[0]);
        return Err(mismatch("NON_FOLDABLE_INPUT", function, json, &text));
    }
    let mut arguments = vec![DataType::String];
    arguments.extend(options);
    Ok(Signature { arguments, returns: DataType::String, nullable: false })
}
