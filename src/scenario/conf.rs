//! Spark's configuration keys in a scenario.
//!
//! A key that is merely ignored would make a scenario lie, so an unknown one is a mistake. Which keys there are is
//! known to [`crate::conf`]; here is what to say to an author who got one wrong.

use schemars::{Schema, SchemaGenerator, json_schema};

use crate::conf::{ConfError, KEYS, Kind, SparkConf, closest_key, key_spec};

use super::text::Mistake;

/// The master has a place of its own in a scenario.
const MASTER: &str = "spark.master";

/// What the keys of Structured Streaming begin with.
const SQL: &str = "spark.sql.";

/// Is this a key?
pub fn check_key(key: &str) -> Result<(), Mistake> {
    let unknown = |help: String| Err(Mistake::new(format!("the engine knows no key `{key}`"), help));
    if key == MASTER {
        let help = "the master is given by `cluster`: { master: \"local[2]\" } or { executors: 2 }";
        return Err(Mistake::new("the master does not stand in `conf`", help));
    }
    if key.starts_with(SQL) {
        let help = "Structured Streaming's queries do not run in scenarios yet";
        return Err(Mistake::new(format!("`{key}` would have no effect"), help));
    }
    if key_spec(key).is_some() {
        return Ok(());
    }
    let last = |key: &str| key.rsplit('.').next().unwrap_or(key).to_lowercase();
    let same_word = || {
        let mut known = KEYS.iter().map(|spec| spec.name).filter(|known| !known.starts_with(SQL));
        known.find(|known| last(known) == last(key))
    };
    match closest_key(key).or_else(same_word) {
        Some(known) => unknown(format!("did you mean `{known}`?")),
        None if !key.starts_with("spark.") => unknown("Spark's keys begin with `spark.`; it ignores all others".into()),
        None => unknown(
            "a key that has no effect would mislead, so only those that have one may stand here; \
             `headwater schema` lists them"
                .into(),
        ),
    }
}

/// Is this a value for a key that there is?
pub fn check_value(key: &str, value: &str) -> Result<(), Mistake> {
    let Err(ConfError::BadValue { expected, .. }) = SparkConf::check(key, value) else { return Ok(()) };
    let default = match key_spec(key).map_or("", |spec| spec.default) {
        "" => String::new(),
        default => format!("; if not given: {default}"),
    };
    Err(Mistake::new(format!("`{value}` is no value for `{key}`"), format!("it takes {expected}{default}")))
}

/// Every key by its kind, so that an editor can complete it.
pub fn schema(_: &mut SchemaGenerator) -> Schema {
    let properties = KEYS.iter().filter(|spec| spec.name != MASTER && !spec.name.starts_with(SQL)).map(|spec| {
        let mut schema = match spec.kind {
            Kind::Duration { .. } => {
                json_schema!({ "type": ["string", "integer"], "pattern": "^[0-9]+(us|ms|s|m|min|h|d)?$" })
            }
            Kind::Count => json_schema!({ "type": "integer", "minimum": 0 }),
            Kind::Flag => json_schema!({ "type": "boolean" }),
            Kind::Text => json_schema!({ "type": "string" }),
        };
        if !spec.default.is_empty() {
            schema.insert("description".into(), format!("If not given: {}.", spec.default).into());
        }
        (spec.name.to_owned(), schema.to_value())
    });
    let properties: serde_json::Map<_, _> = properties.collect();
    json_schema!({ "type": ["object", "null"], "additionalProperties": false, "properties": properties })
}
