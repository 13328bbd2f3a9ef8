//! Types as Spark writes them in JSON: `schema.json()`.

use std::rc::Rc;

use serde_json::{Value as Json, json};

use super::{DataType, MAX_PRECISION, StructField};
use crate::sql::SqlError;

/// How deep a type may nest before it is refused, so that reading one can't exhaust the stack.
pub(super) const MAX_DEPTH: usize = 200;

impl DataType {
    /// The type as `DataType.json` has it, keys in Scala's order.
    pub fn to_json(&self) -> Json {
        match self {
            DataType::Byte => "byte".into(),
            DataType::Short => "short".into(),
            DataType::Integer => "integer".into(),
            DataType::Long => "long".into(),
            DataType::Decimal { .. } => self.simple_string().into(),
            DataType::Array { element, contains_null } => {
                json!({"type": "array", "elementType": element.to_json(), "containsNull": contains_null})
            }
            DataType::Map { key, value, value_contains_null } => json!({
                "type": "map", "keyType": key.to_json(), "valueType": value.to_json(),
                "valueContainsNull": value_contains_null,
            }),
            DataType::Struct(fields) => schema_to_json(fields),
            other => other.plain_name().into(),
        }
    }

    /// Reads what [`DataType::to_json`] writes.
    ///
    /// # Errors
    /// JSON that is no type.
    pub fn from_json(json: &Json) -> Result<DataType, SqlError> {
        read(json, 0)
    }
}

/// The schema as `schema.json` has it.
pub fn schema_to_json(fields: &[StructField]) -> Json {
    let field = |it: &StructField| json!({"name": &*it.name, "type": it.data_type.to_json(), "nullable": it.nullable, "metadata": {}});
    json!({"type": "struct", "fields": fields.iter().map(field).collect::<Vec<_>>()})
}

/// Reads what [`schema_to_json`] writes.
///
/// # Errors
/// JSON that is no struct type.
pub fn schema_from_json(json: &Json) -> Result<Rc<[StructField]>, SqlError> {
    match read(json, 0)? {
        DataType::Struct(fields) => Ok(fields),
        _ => Err(refusal(json)),
    }
}

fn refusal(json: &Json) -> SqlError {
    SqlError::new(
        "IllegalArgumentException",
        None,
        format!("Failed to convert the JSON string '{json}' to a data type."),
    )
}

fn read(json: &Json, depth: usize) -> Result<DataType, SqlError> {
    let refused = || refusal(json);
    if depth > MAX_DEPTH {
        return Err(refused());
    }
    let part = |name: &str| json.get(name).ok_or_else(refused);
    let flag = |name: &str| part(name)?.as_bool().ok_or_else(refused);
    if let Some(name) = json.as_str() {
        return plain(name).ok_or_else(refused);
    }
    match part("type")?.as_str().ok_or_else(refused)? {
        "array" => Ok(DataType::array_of(read(part("elementType")?, depth + 1)?, flag("containsNull")?)),
        "map" => Ok(DataType::map_of(
            read(part("keyType")?, depth + 1)?,
            read(part("valueType")?, depth + 1)?,
            flag("valueContainsNull")?,
        )),
        "struct" => {
            let fields = part("fields")?.as_array().ok_or_else(refused)?;
            let fields: Result<Rc<[_]>, _> = fields
                .iter()
                .map(|field| {
                    let name = field.get("name").and_then(Json::as_str).ok_or_else(refused)?;
                    let data_type = read(field.get("type").ok_or_else(refused)?, depth + 1)?;
                    let nullable = field.get("nullable").and_then(Json::as_bool).unwrap_or(true);
                    Ok(StructField::new(name, data_type, nullable))
                })
                .collect();
            fields.map(DataType::Struct)
        }
        "udt" => read(part("sqlType")?, depth + 1),
        _ => Err(refused()),
    }
}

fn plain(name: &str) -> Option<DataType> {
    Some(match name {
        "void" | "null" => DataType::Null,
        "boolean" => DataType::Boolean,
        "byte" => DataType::Byte,
        "short" => DataType::Short,
        "integer" => DataType::Integer,
        "long" => DataType::Long,
        "float" => DataType::Float,
        "double" => DataType::Double,
        "decimal" => DataType::Decimal { precision: 10, scale: 0 },
        "string" => DataType::String,
        "binary" => DataType::Binary,
        "date" => DataType::Date,
        "timestamp" | "timestamp_ltz" => DataType::Timestamp,
        "timestamp_ntz" => DataType::TimestampNtz,
        "interval" => DataType::CalendarInterval,
        _ if name.starts_with("char(") || name.starts_with("varchar(") => DataType::String,
        _ if name.starts_with("interval year") || name.starts_with("interval month") => DataType::YearMonthInterval,
        _ if name.starts_with("interval ") => DataType::DayTimeInterval,
        _ => {
            let (precision, scale) = name.strip_prefix("decimal(")?.strip_suffix(')')?.split_once(',')?;
            let (precision, scale) = (precision.trim().parse().ok()?, scale.trim().parse().ok()?);
            if precision > MAX_PRECISION || scale > precision {
                return None;
            }
            DataType::Decimal { precision, scale }
        }
    })
}
