//! Spark's configuration keys, as far as the engine honours them.
//!
//! A key that is merely ignored would make a scenario lie, so an unknown one is a mistake, here and in a program's
//! `SparkConf`. Values are judged by their type; what they mean is the engine's business.

use schemars::{Schema, SchemaGenerator, json_schema};

use super::text::{Mistake, nearest};

/// The type of a configuration value, with Spark's spelling of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A duration; a bare number counts in this unit.
    Duration(&'static str),
    /// A whole number, not less than this.
    Int(i64),
    /// A number with or without a point.
    Float,
    /// `true` or `false`.
    Bool,
    /// Any text.
    Text,
    /// One of these words.
    OneOf(&'static [&'static str]),
}

use Kind::{Bool, Duration, Float, Int, OneOf, Text};

/// Every key that is honoured, with the type of its value and Spark's default.
pub const KEYS: &[(&str, Kind, &str)] = &[
    ("spark.app.name", Text, ""),
    ("spark.default.parallelism", Int(1), "the cores of the cluster"),
    ("spark.executor.heartbeatInterval", Duration("ms"), "10s"),
    ("spark.locality.wait", Duration("ms"), "3s"),
    ("spark.network.timeout", Duration("s"), "120s"),
    ("spark.scheduler.mode", OneOf(&["FIFO", "FAIR"]), "FIFO"),
    ("spark.task.maxFailures", Int(1), "4"),
    ("spark.streaming.backpressure.enabled", Bool, "false"),
    ("spark.streaming.backpressure.initialRate", Int(1), "spark.streaming.receiver.maxRate"),
    ("spark.streaming.backpressure.pid.derived", Float, "0.0"),
    ("spark.streaming.backpressure.pid.integral", Float, "0.2"),
    ("spark.streaming.backpressure.pid.minRate", Int(1), "100"),
    ("spark.streaming.backpressure.pid.proportional", Float, "1.0"),
    ("spark.streaming.backpressure.rateEstimator", OneOf(&["pid"]), "pid"),
    ("spark.streaming.blockInterval", Duration("ms"), "200ms"),
    ("spark.streaming.blockQueueSize", Int(1), "10"),
    ("spark.streaming.checkpoint.directory", Text, "none"),
    ("spark.streaming.concurrentJobs", Int(1), "1"),
    ("spark.streaming.driver.writeAheadLog.allowBatching", Bool, "true"),
    ("spark.streaming.driver.writeAheadLog.batchingTimeout", Int(1), "5000"),
    ("spark.streaming.driver.writeAheadLog.closeFileAfterWrite", Bool, "false"),
    ("spark.streaming.driver.writeAheadLog.maxFailures", Int(1), "3"),
    ("spark.streaming.driver.writeAheadLog.rollingIntervalSecs", Int(1), "60"),
    ("spark.streaming.fileStream.minRememberDuration", Duration("s"), "60s"),
    ("spark.streaming.gracefulStopTimeout", Duration("ms"), "10 batch intervals"),
    ("spark.streaming.receiver.blockStoreTimeout", Int(1), "30"),
    ("spark.streaming.receiver.maxRate", Int(0), "no limit"),
    ("spark.streaming.receiver.writeAheadLog.closeFileAfterWrite", Bool, "false"),
    ("spark.streaming.receiver.writeAheadLog.enable", Bool, "false"),
    ("spark.streaming.receiver.writeAheadLog.maxFailures", Int(1), "3"),
    ("spark.streaming.receiver.writeAheadLog.rollingIntervalSecs", Int(1), "60"),
    ("spark.streaming.receiverRestartDelay", Int(0), "2000"),
    ("spark.streaming.sessionByKey.deltaChainThreshold", Int(1), "20"),
    ("spark.streaming.stopGracefullyOnShutdown", Bool, "false"),
    ("spark.streaming.stopSparkContextByDefault", Bool, "true"),
    ("spark.streaming.unpersist", Bool, "true"),
];

/// Is `key` a key, and `value` a value for it?
pub fn check(key: &str, value: &str) -> Result<(), Mistake> {
    check_value(key, check_key(key)?, value)
}

/// The type of a key's value.
pub fn check_key(key: &str) -> Result<Kind, Mistake> {
    let unknown = |help: String| Mistake::new(format!("the engine knows no key `{key}`"), help);
    if let Some((_, kind, _)) = KEYS.iter().find(|(known, ..)| *known == key) {
        return Ok(*kind);
    }
    if key == "spark.master" {
        return Err(unknown("the master is given by `cluster`: { master: \"local[2]\" } or { executors: 2 }".into()));
    }
    let keys = || KEYS.iter().map(|(known, ..)| *known);
    let last = key.rsplit('.').next().unwrap_or(key);
    let tail = keys().find(|known| known.rsplit('.').next().is_some_and(|word| word.eq_ignore_ascii_case(last)));
    Err(unknown(match nearest(key, keys()).or(tail) {
        Some(known) => format!("did you mean `{known}`?"),
        None if !key.starts_with("spark.") => "Spark's keys begin with `spark.`; it ignores all others".into(),
        None => "a key that has no effect would mislead, so only those that have one may stand here; \
                 `headwater schema` lists them"
            .into(),
    }))
}

/// Is `value` of this type?
pub fn check_value(key: &str, kind: Kind, value: &str) -> Result<(), Mistake> {
    let default = KEYS.iter().find(|(known, ..)| *known == key).map_or("", |(.., default)| default);
    let (good, wanted) = match kind {
        Duration(unit) => {
            (is_duration(value), format!("a duration such as 200ms, 5s or 1min (a bare number counts in {unit})"))
        }
        Int(least) => {
            (value.parse::<i64>().is_ok_and(|number| number >= least), format!("a whole number, {least} or more"))
        }
        Float => (value.parse::<f64>().is_ok_and(f64::is_finite), "a number such as 0.2".into()),
        Bool => (matches!(value, "true" | "false"), "true or false".into()),
        Text => (!value.is_empty(), "some text".into()),
        OneOf(words) => (words.contains(&value), words.join(" or ")),
    };
    if good {
        return Ok(());
    }
    let default = if default.is_empty() { String::new() } else { format!("; if not given: {default}") };
    Err(Mistake::new(format!("`{value}` is no value for `{key}`"), format!("it takes {wanted}{default}")))
}

/// Spark's spelling of durations: a number and one of Java's usual units, or none.
fn is_duration(text: &str) -> bool {
    let unit = text.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let number = &text[..text.len() - unit.len()];
    number.parse::<i64>().is_ok() && matches!(unit, "" | "us" | "ms" | "s" | "m" | "min" | "h" | "d")
}

/// Every key by its type, so that an editor can complete it.
pub fn schema(_: &mut SchemaGenerator) -> Schema {
    let properties = KEYS.iter().map(|(key, kind, default)| {
        let mut schema = match kind {
            Duration(_) => {
                json_schema!({ "type": ["string", "integer"], "pattern": "^[0-9]+(us|ms|s|m|min|h|d)?$" })
            }
            Int(least) => json_schema!({ "type": "integer", "minimum": least }),
            Float => json_schema!({ "type": "number" }),
            Bool => json_schema!({ "type": "boolean" }),
            Text => json_schema!({ "type": "string", "minLength": 1 }),
            OneOf(words) => json_schema!({ "enum": words }),
        };
        if !default.is_empty() {
            schema.insert("description".into(), format!("If not given: {default}.").into());
        }
        ((*key).to_string(), schema.to_value())
    });
    let properties: serde_json::Map<_, _> = properties.collect();
    json_schema!({ "type": ["object", "null"], "additionalProperties": false, "properties": properties })
}
