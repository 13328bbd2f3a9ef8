//! The schema that JSON text has by itself: `JsonInferSchema`.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::sql::coerce::{decimal_for, tightest_common_type};
use crate::sql::types::MAX_PRECISION;
use crate::sql::{DataType, SqlError, StructField};

use super::json_options::JsonOptions;
use super::json_text::{Json, parse};

/// The type of the value that a text of JSON holds.
///
/// # Errors
/// Text that is no JSON.
pub fn infer(text: &str, options: &JsonOptions) -> Result<DataType, SqlError> {
    let value = parse(text, options.leniency).map_err(|_| {
        let word: String = text.trim_start().chars().take_while(|it| it.is_alphanumeric()).collect();
        let text = format!(
            "Unrecognized token '{word}': was expecting (JSON String, Number (or 'NaN'/'INF'/'+INF'), Array, Object or \
             token 'null', 'true' or 'false')\n at [Source: (InputStreamReader); line: 1, column: {}]",
            word.len() + 1
        );
        SqlError::new("JsonParseException", None, text)
    })?;
    let found = value.map_or(DataType::Null, |value| type_of(&value, options));
    Ok(match &found {
        DataType::Array { element, .. } if matches!(**element, DataType::Struct(_)) => {
            DataType::array(canonical(element).unwrap_or_else(|| DataType::Struct([].into())))
        }
        DataType::Struct(_) => canonical(&found).unwrap_or_else(|| DataType::Struct([].into())),
        other => canonical(other).unwrap_or(DataType::String),
    })
}

/// The type that the rows of many texts share, as for a file's schema. Text that is no JSON goes to the corrupt column.
pub fn infer_all<'a>(texts: impl IntoIterator<Item = &'a str>, options: &JsonOptions) -> DataType {
    let mut common = DataType::Null;
    for text in texts {
        let found = match parse(text, options.leniency) {
            Ok(None) => continue,
            Ok(Some(Json::Array(members))) => {
                members.iter().fold(DataType::Null, |common, it| compatible(&common, &type_of(it, options)))
            }
            Ok(Some(value @ Json::Object(_))) => type_of(&value, options),
            Ok(Some(_)) | Err(_) => {
                let name = Rc::from(options.corrupt_column.as_str());
                DataType::Struct([StructField { name, data_type: DataType::String, nullable: true }].into())
            }
        };
        common = compatible(&common, &found);
    }
    canonical(&common).unwrap_or_else(|| DataType::Struct([].into()))
}

fn type_of(value: &Json, options: &JsonOptions) -> DataType {
    match value {
        Json::Null => DataType::Null,
        Json::String(text) if text.is_empty() => DataType::Null,
        Json::String(_) => DataType::String,
        Json::Bool(_) | Json::Int(_) | Json::Float(_) if options.primitives_as_string => DataType::String,
        Json::Bool(_) => DataType::Boolean,
        Json::Int(digits) => match digits.parse::<i64>() {
            Ok(_) => DataType::Long,
            Err(_) => decimal(digits).unwrap_or(DataType::Double),
        },
        Json::Float(text) if options.prefers_decimal => decimal(text).unwrap_or(DataType::Double),
        Json::Float(_) => DataType::Double,
        Json::Array(members) => DataType::array(
            members.iter().fold(DataType::Null, |common, it| compatible(&common, &type_of(it, options))),
        ),
        Json::Object(fields) => {
            let mut found: BTreeMap<&str, DataType> = BTreeMap::new();
            for (name, value) in fields {
                found.insert(name, type_of(value, options));
            }
            structure(found.into_iter().map(|(name, data_type)| (name.to_owned(), data_type)))
        }
    }
}

fn structure(fields: impl Iterator<Item = (String, DataType)>) -> DataType {
    let field = |(name, data_type): (String, DataType)| StructField { name: name.into(), data_type, nullable: true };
    DataType::Struct(fields.map(field).collect())
}

/// The decimal that holds a number as it is written.
fn decimal(text: &str) -> Option<DataType> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: String = whole.chars().chain(fraction.chars()).filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0').len().max(1);
    let scale = i64::try_from(fraction.len()).ok()? - exponent.parse::<i64>().ok()?;
    let (digits, scale) = (i64::try_from(digits).ok()?, scale);
    let (precision, scale) = if scale < 0 { (digits - scale, 0) } else { (digits.max(scale), scale) };
    let precision = u8::try_from(precision).ok().filter(|it| *it <= MAX_PRECISION)?;
    Some(DataType::Decimal { precision, scale: u8::try_from(scale).ok()? })
}

/// The type that two values of a field share; text where there is none.
fn compatible(left: &DataType, right: &DataType) -> DataType {
    use DataType as T;
    match (left, right) {
        (T::Struct(fields), T::Struct(others)) => {
            let mut common: BTreeMap<String, DataType> = BTreeMap::new();
            for field in fields.iter().chain(others.iter()) {
                let found = common.get(&*field.name).map(|it| compatible(it, &field.data_type));
                common.insert(field.name.to_string(), found.unwrap_or_else(|| field.data_type.clone()));
            }
            structure(common.into_iter())
        }
        (T::Array { element, .. }, T::Array { element: other, .. }) => T::array(compatible(element, other)),
        (T::Double, T::Decimal { .. }) | (T::Decimal { .. }, T::Double) => T::Double,
        _ => match tightest_common_type(left, right) {
            Some(common) => common,
            None => match (decimal_for(left), decimal_for(right)) {
                (Some((precision, scale)), Some((other_precision, other_scale))) => {
                    let scale_of_both = scale.max(other_scale);
                    let digits = precision.saturating_sub(scale).max(other_precision.saturating_sub(other_scale));
                    let precision = digits.saturating_add(scale_of_both);
                    if precision > MAX_PRECISION { T::Double } else { T::Decimal { precision, scale: scale_of_both } }
                }
                _ => T::String,
            },
        },
    }
}

/// Nulls are text, and structs without fields are nothing.
fn canonical(data_type: &DataType) -> Option<DataType> {
    Some(match data_type {
        DataType::Null => DataType::String,
        DataType::Array { element, .. } => DataType::array(canonical(element)?),
        DataType::Struct(fields) => {
            let kept: Vec<(String, DataType)> = fields
                .iter()
                .filter_map(|field| Some((field.name.to_string(), canonical(&field.data_type)?)))
                .filter(|(name, _)| !name.is_empty())
                .collect();
            if kept.is_empty() {
                return None;
            }
            structure(kept.into_iter())
        }
        other => other.clone(),
    })
}
