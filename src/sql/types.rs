//! Spark's data types: `org.apache.spark.sql.types`, their names, and what kinds of them there are.

pub(crate) mod arrow;
mod ddl;
mod json;

use std::fmt::{self, Display, Formatter};
use std::rc::Rc;

pub use ddl::{parse_schema, quote_if_needed};
pub use json::{schema_from_json, schema_to_json};

/// The most digits that a decimal has.
pub const MAX_PRECISION: u8 = 38;

/// `spark.sql.debug.maxToStringFields`: a struct's short text shows fewer fields than this.
const SHOWN_FIELDS: usize = 25;

/// A field of a struct, or a column of a table: its name, type, and whether it may be null.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StructField {
    pub name: Rc<str>,
    pub data_type: DataType,
    pub nullable: bool,
}

/// The type of a column or expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DataType {
    /// `VOID`: the type of a bare `NULL`.
    Null,
    Boolean,
    /// `TINYINT`.
    Byte,
    /// `SMALLINT`.
    Short,
    /// `INT`.
    Integer,
    /// `BIGINT`.
    Long,
    /// `FLOAT`.
    Float,
    Double,
    /// `DECIMAL(precision,scale)`; precision is at most 38.
    Decimal {
        precision: u8,
        scale: u8,
    },
    String,
    Binary,
    /// Days since 1970-01-01.
    Date,
    /// Microseconds since 1970-01-01T00:00:00Z: an instant, shown in the session's time zone.
    Timestamp,
    /// Microseconds of a local date and time, of no time zone.
    TimestampNtz,
    /// `INTERVAL DAY TO SECOND`: microseconds.
    DayTimeInterval,
    /// `INTERVAL YEAR TO MONTH`: months.
    YearMonthInterval,
    /// The interval of `make_interval` and of interval text with mixed units: months, days and microseconds.
    CalendarInterval,
    Array {
        element: Rc<DataType>,
        contains_null: bool,
    },
    Map {
        key: Rc<DataType>,
        value: Rc<DataType>,
        value_contains_null: bool,
    },
    Struct(Rc<[StructField]>),
}

impl StructField {
    /// A field of this name and type.
    pub fn new(name: impl Into<Rc<str>>, data_type: DataType, nullable: bool) -> Self {
        StructField { name: name.into(), data_type, nullable }
    }

    /// `name TYPE NOT NULL`, as `StructType.toDDL` has it; of fields within the type it doesn't tell what may be null.
    pub fn to_ddl(&self) -> String {
        let not_null = if self.nullable { "" } else { " NOT NULL" };
        format!("{} {}{not_null}", quote_if_needed(&self.name), self.data_type.sql())
    }
}

impl DataType {
    /// An array whose elements may be null.
    pub fn array(element: DataType) -> Self {
        DataType::Array { element: Rc::new(element), contains_null: true }
    }

    /// An array, and whether its elements may be null.
    pub fn array_of(element: DataType, contains_null: bool) -> Self {
        DataType::Array { element: Rc::new(element), contains_null }
    }

    /// A map whose values may be null.
    pub fn map(key: DataType, value: DataType) -> Self {
        DataType::map_of(key, value, true)
    }

    /// A map, and whether its values may be null.
    pub fn map_of(key: DataType, value: DataType, value_contains_null: bool) -> Self {
        DataType::Map { key: Rc::new(key), value: Rc::new(value), value_contains_null }
    }

    /// A struct of these fields.
    pub fn structure(fields: impl IntoIterator<Item = StructField>) -> Self {
        DataType::Struct(fields.into_iter().collect())
    }

    /// A decimal, its precision cut to 38 as `DecimalType.bounded` does.
    pub fn decimal(precision: u8, scale: u8) -> Self {
        DataType::Decimal { precision: precision.min(MAX_PRECISION), scale: scale.min(MAX_PRECISION) }
    }

    /// `TINYINT`, `SMALLINT`, `INT` or `BIGINT`.
    pub fn is_integral(&self) -> bool {
        matches!(self, DataType::Byte | DataType::Short | DataType::Integer | DataType::Long)
    }

    /// `FLOAT`, `DOUBLE` or a decimal.
    pub fn is_fractional(&self) -> bool {
        matches!(self, DataType::Float | DataType::Double | DataType::Decimal { .. })
    }

    /// A number.
    pub fn is_numeric(&self) -> bool {
        self.is_integral() || self.is_fractional()
    }

    /// A decimal.
    pub fn is_decimal(&self) -> bool {
        matches!(self, DataType::Decimal { .. })
    }

    /// An interval of the ANSI kinds: day to second, or year to month.
    pub fn is_ansi_interval(&self) -> bool {
        matches!(self, DataType::DayTimeInterval | DataType::YearMonthInterval)
    }

    /// A date or one of the timestamps.
    pub fn is_datetime(&self) -> bool {
        matches!(self, DataType::Date | DataType::Timestamp | DataType::TimestampNtz)
    }

    /// A type that is no array, map, struct, calendar interval or void: `AtomicType`.
    pub fn is_atomic(&self) -> bool {
        !matches!(
            self,
            DataType::Null
                | DataType::CalendarInterval
                | DataType::Array { .. }
                | DataType::Map { .. }
                | DataType::Struct(_)
        )
    }

    /// Whether values can be compared and sorted: `RowOrdering.isOrderable`.
    pub fn is_orderable(&self) -> bool {
        match self {
            DataType::Map { .. } | DataType::CalendarInterval => false,
            DataType::Array { element, .. } => element.is_orderable(),
            DataType::Struct(fields) => fields.iter().all(|field| field.data_type.is_orderable()),
            _ => true,
        }
    }

    /// Whether a map is somewhere in the type.
    pub fn has_map(&self) -> bool {
        match self {
            DataType::Map { .. } => true,
            DataType::Array { element, .. } => element.has_map(),
            DataType::Struct(fields) => fields.iter().any(|field| field.data_type.has_map()),
            _ => false,
        }
    }

    /// Whether the types are equal but for what may be null: `DataType.sameType`.
    pub fn same_type(&self, other: &DataType) -> bool {
        match (self, other) {
            (DataType::Array { element, .. }, DataType::Array { element: there, .. }) => element.same_type(there),
            (DataType::Map { key, value, .. }, DataType::Map { key: other_key, value: other_value, .. }) => {
                key.same_type(other_key) && value.same_type(other_value)
            }
            (DataType::Struct(left), DataType::Struct(right)) => {
                left.len() == right.len()
                    && left
                        .iter()
                        .zip(right.iter())
                        .all(|(here, there)| here.name == there.name && here.data_type.same_type(&there.data_type))
            }
            _ => self == other,
        }
    }

    /// The type with everything nullable: `asNullable`.
    pub fn as_nullable(&self) -> DataType {
        match self {
            DataType::Array { element, .. } => DataType::array(element.as_nullable()),
            DataType::Map { key, value, .. } => DataType::map(key.as_nullable(), value.as_nullable()),
            DataType::Struct(fields) => DataType::structure(
                fields.iter().map(|field| StructField::new(field.name.clone(), field.data_type.as_nullable(), true)),
            ),
            other => other.clone(),
        }
    }

    /// The name of a type that has no parts, lower case.
    fn plain_name(&self) -> &'static str {
        match self {
            DataType::Null => "void",
            DataType::Boolean => "boolean",
            DataType::Byte => "tinyint",
            DataType::Short => "smallint",
            DataType::Integer => "int",
            DataType::Long => "bigint",
            DataType::Float => "float",
            DataType::Double => "double",
            DataType::Decimal { .. } => "decimal",
            DataType::String => "string",
            DataType::Binary => "binary",
            DataType::Date => "date",
            DataType::Timestamp => "timestamp",
            DataType::TimestampNtz => "timestamp_ntz",
            DataType::DayTimeInterval => "interval day to second",
            DataType::YearMonthInterval => "interval year to month",
            DataType::CalendarInterval => "interval",
            DataType::Array { .. } => "array",
            DataType::Map { .. } => "map",
            DataType::Struct(_) => "struct",
        }
    }

    /// `simpleString`: `struct<x:int,y:string>`; of a struct of more than 25 fields only the first 24.
    pub fn simple_string(&self) -> String {
        match self {
            DataType::Decimal { precision, scale } => format!("decimal({precision},{scale})"),
            DataType::Array { element, .. } => format!("array<{}>", element.simple_string()),
            DataType::Map { key, value, .. } => format!("map<{},{}>", key.simple_string(), value.simple_string()),
            DataType::Struct(fields) => {
                let shown = if fields.len() > SHOWN_FIELDS { SHOWN_FIELDS - 1 } else { fields.len() };
                let mut texts: Vec<_> = fields
                    .iter()
                    .take(shown)
                    .map(|field| format!("{}:{}", field.name, field.data_type.simple_string()))
                    .collect();
                if shown < fields.len() {
                    texts.push(format!("... {} more fields", fields.len() - shown));
                }
                format!("struct<{}>", texts.join(","))
            }
            other => other.plain_name().into(),
        }
    }

    /// `sql`: `STRUCT<x: INT, y: STRING>`. Error texts show it in double quotes. It doesn't tell what may be null.
    pub fn sql(&self) -> String {
        match self {
            DataType::Decimal { precision, scale } => format!("DECIMAL({precision},{scale})"),
            DataType::Array { element, .. } => format!("ARRAY<{}>", element.sql()),
            DataType::Map { key, value, .. } => format!("MAP<{}, {}>", key.sql(), value.sql()),
            DataType::Struct(fields) => {
                let texts: Vec<_> = fields
                    .iter()
                    .map(|field| format!("{}: {}", quote_if_needed(&field.name), field.data_type.sql()))
                    .collect();
                format!("STRUCT<{}>", texts.join(", "))
            }
            other => other.plain_name().to_uppercase(),
        }
    }
}

/// `simpleString`.
impl Display for DataType {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(&self.simple_string())
    }
}

#[cfg(test)]
mod tests;
