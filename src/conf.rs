//! `SparkConf`: Spark's configuration keys, their kinds and their defaults.
//!
//! A key that is not in the table of [`KEYS`] is not honoured by this engine, and whoever sets it is told so.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::sim::Duration;

/// How a key's value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `200ms`, `10s`, `2min`; a bare number is in the key's own unit.
    Duration {
        bare_unit: Duration,
    },
    Count,
    Flag,
    Text,
}

/// A key that the engine honours.
#[derive(Clone, Copy, Debug)]
pub struct KeySpec {
    pub name: &'static str,
    pub kind: Kind,
    /// As Spark's documentation writes it; empty where there is none.
    pub default: &'static str,
}

const MILLISECONDS: Kind = Kind::Duration { bare_unit: Duration::millis(1) };
const SECONDS: Kind = Kind::Duration { bare_unit: Duration::seconds(1) };

const fn key(name: &'static str, kind: Kind, default: &'static str) -> KeySpec {
    KeySpec { name, kind, default }
}

/// Every key the engine honours, in order of name.
pub const KEYS: &[KeySpec] = &[
    key("spark.app.name", Kind::Text, ""),
    key("spark.default.parallelism", Kind::Count, ""),
    key("spark.executor.heartbeatInterval", MILLISECONDS, "10s"),
    key("spark.locality.wait", MILLISECONDS, "3s"),
    key("spark.master", Kind::Text, ""),
    key("spark.network.timeout", SECONDS, "120s"),
    key("spark.network.timeoutInterval", MILLISECONDS, "60s"),
    key("spark.shuffle.io.maxRetries", Kind::Count, "3"),
    key("spark.shuffle.io.retryWait", SECONDS, "5s"),
    key("spark.sql.session.timeZone", Kind::Text, "UTC"),
    key("spark.sql.shuffle.partitions", Kind::Count, "200"),
    key("spark.sql.streaming.minBatchesToRetain", Kind::Count, "100"),
    key("spark.sql.streaming.multipleWatermarkPolicy", Kind::Text, "min"),
    key("spark.sql.streaming.noDataMicroBatches.enabled", Kind::Flag, "true"),
    key("spark.sql.streaming.statefulOperator.allowMultiple", Kind::Flag, "true"),
    key("spark.sql.streaming.statefulOperator.checkCorrectness.enabled", Kind::Flag, "true"),
    key("spark.sql.streaming.unsupportedOperationCheck", Kind::Flag, "true"),
    key("spark.stage.maxConsecutiveAttempts", Kind::Count, "4"),
    key("spark.streaming.blockInterval", MILLISECONDS, "200ms"),
    key("spark.streaming.concurrentJobs", Kind::Count, "1"),
    key("spark.streaming.fileStream.minRememberDuration", SECONDS, "60s"),
    key("spark.streaming.gracefulStopTimeout", MILLISECONDS, ""),
    key("spark.streaming.receiverRestartDelay", MILLISECONDS, "2000"),
    key("spark.streaming.unpersist", Kind::Flag, "true"),
    key("spark.task.maxFailures", Kind::Count, "4"),
];

/// A value that its key does not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfError {
    #[error("{key} is no configuration key that this engine honours{}", did_you_mean(.suggestion))]
    Unknown { key: String, suggestion: Option<&'static str> },
    #[error("{key}: expected {expected}, found `{found}`")]
    BadValue { key: String, expected: &'static str, found: String },
}

fn did_you_mean(suggestion: &Option<&'static str>) -> String {
    suggestion.map_or_else(String::new, |name| format!("; did you mean {name}?"))
}

/// The key of this name.
pub fn key_spec(name: &str) -> Option<&'static KeySpec> {
    KEYS.iter().find(|spec| spec.name == name)
}

/// The honoured key that is written most like this one.
pub fn closest_key(name: &str) -> Option<&'static str> {
    KEYS.iter()
        .map(|spec| (strsim::damerau_levenshtein(spec.name, name), spec.name))
        .filter(|(distance, _)| *distance <= name.len() / 3)
        .min()
        .map(|(_, name)| name)
}

/// A length of time as Spark writes it: `5s`, `100ms`, `1min`, or a bare number in `bare_unit`.
pub fn parse_duration(text: &str, bare_unit: Duration) -> Option<Duration> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number: u64 = text[..digits].parse().ok()?;
    let unit = match &text[digits..] {
        "" => bare_unit,
        "us" => Duration::micros(1),
        "ms" => Duration::millis(1),
        "s" => Duration::seconds(1),
        "m" | "min" => Duration::minutes(1),
        "h" => Duration::minutes(60),
        "d" => Duration::minutes(24 * 60),
        _ => return None,
    };
    number.checked_mul(unit.0).map(Duration)
}

/// The settings of an application: `org.apache.spark.SparkConf`. A key may hold any text; typed readers fall back to
/// the default where the text is not of the key's kind, and [`SparkConf::check`] tells of it beforehand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SparkConf {
    entries: BTreeMap<Rc<str>, Rc<str>>,
}

impl SparkConf {
    /// Sets a key, whatever it is.
    pub fn set(&mut self, key: impl Into<Rc<str>>, value: impl Into<Rc<str>>) {
        self.entries.insert(key.into(), value.into());
    }

    /// The text set for a key, or its default.
    pub fn get(&self, key: &str) -> Option<&str> {
        let default = || key_spec(key).map(|spec| spec.default).filter(|default| !default.is_empty());
        self.entries.get(key).map(|value| &**value).or_else(default)
    }

    /// Whether the key was set.
    pub fn contains(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// All keys that were set, in order.
    pub fn entries(&self) -> impl Iterator<Item = (&Rc<str>, &Rc<str>)> {
        self.entries.iter()
    }

    /// These settings over those of `below`.
    pub fn over(&self, below: &SparkConf) -> SparkConf {
        let mut merged = below.clone();
        merged.entries.extend(self.entries.iter().map(|(key, value)| (key.clone(), value.clone())));
        merged
    }

    /// Whether a key is honoured and its value of the right kind.
    pub fn check(key: &str, value: &str) -> Result<(), ConfError> {
        let Some(spec) = key_spec(key) else {
            return Err(ConfError::Unknown { key: key.into(), suggestion: closest_key(key) });
        };
        let expected = match spec.kind {
            Kind::Duration { bare_unit } if parse_duration(value, bare_unit).is_none() => {
                "a duration such as 200ms, 5s or 2min"
            }
            Kind::Count if value.parse::<u32>().is_err() => "a whole number that is not negative",
            Kind::Flag if !matches!(value, "true" | "false") => "true or false",
            _ => return Ok(()),
        };
        Err(ConfError::BadValue { key: key.into(), expected, found: value.into() })
    }

    /// A duration, or the key's default, or zero where there is none.
    pub fn duration(&self, key: &str) -> Duration {
        self.optional_duration(key).unwrap_or_default()
    }

    /// A duration, if the key is set or has a default.
    pub fn optional_duration(&self, key: &str) -> Option<Duration> {
        let spec = key_spec(key)?;
        let Kind::Duration { bare_unit } = spec.kind else { return None };
        self.entries
            .get(key)
            .and_then(|value| parse_duration(value, bare_unit))
            .or_else(|| parse_duration(spec.default, bare_unit))
    }

    /// A count, or the key's default, or zero where there is none.
    pub fn count(&self, key: &str) -> u32 {
        let parsed = self.entries.get(key).and_then(|value| value.parse().ok());
        parsed.or_else(|| key_spec(key)?.default.parse().ok()).unwrap_or(0)
    }

    /// A flag, or the key's default.
    pub fn flag(&self, key: &str) -> bool {
        self.get(key) == Some("true")
    }

    /// `spark.default.parallelism`, where it is set.
    pub fn default_parallelism(&self) -> Option<u32> {
        self.entries.get("spark.default.parallelism").and_then(|value| value.parse().ok()).filter(|count| *count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_with_and_without_a_unit() {
        let mut conf = SparkConf::default();
        assert_eq!(conf.duration("spark.streaming.blockInterval"), Duration::millis(200));
        conf.set("spark.streaming.blockInterval", "50");
        assert_eq!(conf.duration("spark.streaming.blockInterval"), Duration::millis(50));
        assert_eq!(conf.duration("spark.network.timeout"), Duration::seconds(120));
        assert_eq!(conf.optional_duration("spark.streaming.gracefulStopTimeout"), None);
    }

    #[test]
    fn a_mistyped_key_is_answered_with_the_right_one() {
        let error = SparkConf::check("spark.streaming.blockinterval", "1s").unwrap_err();
        assert!(error.to_string().ends_with("did you mean spark.streaming.blockInterval?"), "{error}");
        assert!(SparkConf::check("spark.streaming.concurrentJobs", "two").is_err());
    }

    #[test]
    fn the_table_is_sorted_and_its_defaults_are_of_their_kinds() {
        assert!(KEYS.is_sorted_by_key(|spec| spec.name));
        for spec in KEYS.iter().filter(|spec| !spec.default.is_empty()) {
            assert_eq!(SparkConf::check(spec.name, spec.default), Ok(()), "{}", spec.name);
        }
    }
}
