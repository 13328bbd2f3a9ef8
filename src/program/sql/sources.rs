//! What frames are read from: a format, its options, and the columns it has.

use std::rc::Rc;

use crate::sql::{DataType, SqlError, StructField};

/// A source, stream or table, as the program asked for it. A [`RelationId`](crate::sql::RelationId) is its index among
/// the session's.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    pub streaming: bool,
    /// Lower case: `socket`, `rate`, `rate-micro-batch`, `text`, `csv`, `json`, `parquet`, `orc`, `kafka`, `memory`, or a
    /// name that whoever made the session gave it.
    pub format: Rc<str>,
    /// As they were set, in order; names are compared without regard to case.
    pub options: Vec<(Rc<str>, Rc<str>)>,
    pub path: Option<Rc<str>>,
    pub schema: Rc<[StructField]>,
}

impl Source {
    /// The last value that an option was set to.
    pub fn option(&self, name: &str) -> Option<&str> {
        option(&self.options, name)
    }
}

fn option<'a>(options: &'a [(Rc<str>, Rc<str>)], name: &str) -> Option<&'a str> {
    options.iter().rev().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
}

/// The formats that are files in a directory.
pub(super) const FILES: &[&str] = &["text", "csv", "json", "parquet", "orc"];

fn illegal(message: impl Into<Rc<str>>) -> SqlError {
    SqlError::new("IllegalArgumentException", None, message)
}

fn refused(message: impl Into<Rc<str>>) -> SqlError {
    SqlError::new("AnalysisException", None, message)
}

/// The source that a reader asks for, with its columns, or Spark's refusal.
pub(super) fn source(
    streaming: bool,
    format: Option<Rc<str>>,
    schema: Option<Rc<[StructField]>>,
    options: Vec<(Rc<str>, Rc<str>)>,
    path: Option<Rc<str>>,
) -> Result<Source, SqlError> {
    let format: Rc<str> = format.map_or_else(|| "parquet".into(), |format| format.to_lowercase().into());
    let path = path.or_else(|| option(&options, "path").map(Rc::from));
    let get = |name: &str| option(&options, name);
    let field = |name: &str, of: DataType| StructField::new(name, of, true);
    let own = |provider: &str, fields: Vec<StructField>| match &schema {
        Some(_) => Err(SqlError::new(
            "UnsupportedOperationException",
            None,
            format!("{provider} source does not support user-specified schema."),
        )),
        None => Ok(Rc::from(fields)),
    };
    let columns: Rc<[StructField]> = match &*format {
        "socket" if streaming => {
            if get("host").is_none() {
                return Err(refused("Set a host to read from with option(\"host\", ...)."));
            }
            if get("port").is_none() {
                return Err(refused("Set a port to read from with option(\"port\", ...)."));
            }
            let mut fields = vec![field("value", DataType::String)];
            match get("includeTimestamp").unwrap_or("false") {
                "true" => fields.push(field("timestamp", DataType::Timestamp)),
                "false" => {}
                _ => {
                    return Err(refused("includeTimestamp must be set to either \"true\" or \"false\""));
                }
            }
            own("TextSocketSourceProvider", fields)?
        }
        "rate" if streaming => {
            positive(get("rowsPerSecond"), "rowsPerSecond", "1")?;
            positive(get("numPartitions"), "numPartitions", "1")?;
            own("RateStreamProvider", vec![field("timestamp", DataType::Timestamp), field("value", DataType::Long)])?
        }
        "rate-micro-batch" if streaming => {
            positive(get("rowsPerBatch"), "rowsPerBatch", "0")?;
            let fields = vec![field("timestamp", DataType::Timestamp), field("value", DataType::Long)];
            own("RatePerMicroBatchProvider", fields)?
        }
        "kafka" => own("kafka", kafka(get("includeHeaders") == Some("true")))?,
        file if FILES.contains(&file) => {
            if path.is_none() {
                return Err(illegal("'path' is not specified."));
            }
            match &schema {
                // A source of files reads everything as nullable.
                Some(fields) => fields
                    .iter()
                    .map(|field| StructField::new(field.name.clone(), field.data_type.as_nullable(), true))
                    .collect(),
                None if file == "text" => [field("value", DataType::String)].into(),
                None if streaming => return Err(illegal(NO_SCHEMA)),
                None => {
                    let text = "Unable to infer schema: give the reader one with schema(..), which Headwater needs.";
                    return Err(SqlError::analysis("UNABLE_TO_INFER_SCHEMA", text));
                }
            }
        }
        other => {
            let text = format!(
                "[DATA_SOURCE_NOT_FOUND] Failed to find the data source: {other}. Please find packages at \
                 `https://spark.apache.org/third-party-projects.html`."
            );
            return Err(SqlError::new("org.apache.spark.SparkClassNotFoundException", None, text));
        }
    };
    Ok(Source { streaming, format, options, path, schema: columns })
}

const NO_SCHEMA: &str = "Schema must be specified when creating a streaming source DataFrame. If some files already \
     exist in the directory, then depending on the file format you may be able to create a static DataFrame on that \
     directory with 'spark.read.load(directory)' and infer schema from it.";

fn positive(given: Option<&str>, name: &str, default: &str) -> Result<(), SqlError> {
    let text = given.unwrap_or(default);
    match text.parse::<i64>() {
        Ok(number) if number > 0 => Ok(()),
        _ => Err(illegal(format!("Invalid value '{text}'. The option '{name}' must be positive"))),
    }
}

fn kafka(headers: bool) -> Vec<StructField> {
    let field = |name: &str, of: DataType| StructField::new(name, of, true);
    let mut fields = vec![
        field("key", DataType::Binary),
        field("value", DataType::Binary),
        field("topic", DataType::String),
        field("partition", DataType::Integer),
        field("offset", DataType::Long),
        field("timestamp", DataType::Timestamp),
        field("timestampType", DataType::Integer),
    ];
    if headers {
        let header = DataType::structure([field("key", DataType::String), field("value", DataType::Binary)]);
        fields.push(field("headers", DataType::array(header)));
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(format: &str, options: &[(&str, &str)]) -> Result<Source, SqlError> {
        let options = options.iter().map(|(key, value)| (Rc::from(*key), Rc::from(*value))).collect();
        source(true, Some(format.into()), None, options, None)
    }

    #[test]
    fn sources_have_the_columns_that_spark_gives_them() {
        let socket = read("socket", &[("host", "h"), ("port", "1"), ("includetimestamp", "true")]).unwrap();
        assert_eq!(socket.schema.iter().map(|it| &*it.name).collect::<Vec<_>>(), ["value", "timestamp"]);
        assert_eq!(socket.option("PORT"), Some("1"));
        assert_eq!(read("kafka", &[]).unwrap().schema.len(), 7);
    }

    #[test]
    fn sources_are_refused_in_spark_s_words() {
        let text = |format: &str, options: &[(&str, &str)]| read(format, options).unwrap_err().to_string();
        assert_eq!(text("socket", &[]), "Set a host to read from with option(\"host\", ...).");
        assert_eq!(text("csv", &[]), "'path' is not specified.");
        assert_eq!(text("csv", &[("path", "in")]), NO_SCHEMA);
        let invalid = "Invalid value '0'. The option 'rowsPerSecond' must be positive";
        assert_eq!(text("rate", &[("rowsPerSecond", "0")]), invalid);
    }
}
