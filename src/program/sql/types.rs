//! Types as the facade spells them: a name, or a tuple with the types within.

use std::rc::Rc;

use super::tree::{Tree, flag, malformed, members, text};
use crate::sql::types::parse_schema;
use crate::sql::{DataType, SqlError, StructField};
use crate::value::Value;

/// How deep types may be nested in each other.
const DEPTH: usize = 100;

/// The type that a tree spells. `("ddl", text)` is a type as SQL writes it, or a table's columns.
pub(super) fn decode_type(tree: &Value) -> Result<DataType, SqlError> {
    decode(tree, 0)
}

fn decode(tree: &Value, depth: usize) -> Result<DataType, SqlError> {
    if depth > DEPTH {
        return Err(malformed("type, nested too deep,", &Value::None));
    }
    if let Value::Str(name) = tree {
        return DataType::parse(name);
    }
    let tree = Tree::of(tree)?;
    Ok(match tree.tag {
        "ddl" => DataType::parse(&tree.text(0)?)?,
        "array" => DataType::array_of(decode(tree.part(0), depth + 1)?, tree.flag(1)),
        "map" => DataType::map_of(decode(tree.part(0), depth + 1)?, decode(tree.part(1), depth + 1)?, tree.flag(2)),
        "struct" => {
            DataType::Struct(tree.list(0)?.iter().map(|field| decode_field(field, depth)).collect::<Result<_, _>>()?)
        }
        _ => return Err(tree.unknown("type")),
    })
}

fn decode_field(field: &Value, depth: usize) -> Result<StructField, SqlError> {
    match members(field)? {
        [name, of, nullable] => Ok(StructField::new(text(name)?, decode(of, depth + 1)?, flag(nullable))),
        _ => Err(malformed("field", field)),
    }
}

/// The columns that a struct's tree, or `("ddl", text)`, spells.
pub(super) fn decode_schema(tree: &Value) -> Result<Rc<[StructField]>, SqlError> {
    let parsed = Tree::of(tree)?;
    if parsed.tag == "ddl" {
        return parse_schema(&parsed.text(0)?);
    }
    match decode(tree, 0)? {
        DataType::Struct(fields) => Ok(fields),
        _ => Err(malformed("schema", tree)),
    }
}

/// A type for the facade.
pub(super) fn encode_type(of: &DataType) -> Value {
    match of {
        DataType::Array { element, contains_null } => {
            Value::tuple([Value::str("array"), encode_type(element), Value::Bool(*contains_null)])
        }
        DataType::Map { key, value, value_contains_null } => {
            Value::tuple([Value::str("map"), encode_type(key), encode_type(value), Value::Bool(*value_contains_null)])
        }
        DataType::Struct(fields) => Value::tuple([Value::str("struct"), encode_schema(fields)]),
        other => Value::str(other.simple_string()),
    }
}

/// Columns for the facade: names, types and whether they may be null.
pub(super) fn encode_schema(fields: &[StructField]) -> Value {
    Value::list(fields.iter().map(|field| {
        Value::tuple([Value::Str(field.name.clone()), encode_type(&field.data_type), Value::Bool(field.nullable)])
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_come_back_as_they_went() {
        let text = "struct<a: int NOT NULL, b: array<map<string, decimal(5,2)>>, i: interval day to second>";
        let of = DataType::parse(text).unwrap();
        assert_eq!(decode_type(&encode_type(&of)).unwrap(), of);
        let ddl = Value::tuple([Value::str("ddl"), Value::str("a INT NOT NULL, b STRING")]);
        let fields = decode_schema(&ddl).unwrap();
        assert_eq!(fields.len(), 2);
        assert!(!fields[0].nullable);
    }

    #[test]
    fn what_is_no_type_is_refused() {
        assert_eq!(decode_type(&Value::str("nosuch")).unwrap_err().class, "ParseException");
        assert!(decode_type(&Value::Int(3)).is_err());
        assert!(decode_type(&Value::tuple([Value::str("list"), Value::str("int")])).is_err());
    }
}
