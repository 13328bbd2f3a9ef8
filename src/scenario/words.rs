//! The vocabulary of a scenario file: nodes, masters, addresses, steps of a batch, checks.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use crate::trace::BatchStep;

use super::text::{Mistake, suggest};

/// A closed list of words: an enum that prints as it parses and knows its members.
macro_rules! words {
    ($($(#[$meta:meta])* $kind:ident, $plural:literal { $($(#[$about:meta])* $member:ident = $word:literal),+ $(,)? })*) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub enum $kind { $($(#[$about])* $member),+ }

            impl $kind {
                /// Every member with the word for it, in order.
                pub const ALL: &[($kind, &str)] = &[$(($kind::$member, $word)),+];
            }

            impl fmt::Display for $kind {
                fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                    out.write_str(match self { $($kind::$member => $word),+ })
                }
            }

            impl FromStr for $kind {
                type Err = Mistake;

                fn from_str(text: &str) -> Result<Self, Mistake> {
                    Self::ALL.iter().find(|(_, word)| *word == text).map(|(member, _)| *member).ok_or_else(|| {
                        let words = Self::ALL.iter().map(|(_, word)| *word);
                        Mistake::new(format!("`{text}` is not among the {}", $plural), suggest(text, $plural, words))
                    })
                }
            }

            impl Serialize for $kind {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.collect_str(self)
                }
            }

            impl JsonSchema for $kind {
                fn schema_name() -> Cow<'static, str> {
                    stringify!($kind).into()
                }
                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    json_schema!({ "type": "string", "enum": [$($word),+] })
                }
            }
        )*
    };
}

words! {
    /// What must hold of every run, whatever breaks.
    Check, "checks" {
        /// No record is lost and none counted twice.
        ExactlyOnce = "exactly-once",
        /// No record is lost.
        AtLeastOnce = "at-least-once",
        /// No record is counted twice.
        AtMostOnce = "at-most-once",
        /// When the faults are over, the backlog goes down to nothing.
        Converges = "converges",
        /// Batches complete in the order of their times.
        BatchesInOrder = "batches-in-order",
    }
    /// How rows of one batch are compared.
    Order, "orders" {
        /// As a multiset.
        Any = "any",
        /// One by one.
        Exact = "exact",
    }
    /// How the streaming context is stopped.
    Stop, "ways to stop" {
        /// Receivers first, then everything received is processed.
        Gracefully = "gracefully",
        /// At once; what was received and not processed is lost.
        Now = "now",
    }
    /// How far a batch came.
    Status, "states of a batch" {
        /// It waits for those before it.
        Submitted = "submitted",
        /// Its first job has started.
        Running = "running",
        /// All its jobs succeeded.
        Completed = "completed",
        /// One of its jobs failed.
        Failed = "failed",
    }
}

impl FromStr for BatchStep {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Mistake> {
        BatchStep::ALL.into_iter().find(|step| step.name() == text).ok_or_else(|| {
            let help = suggest(text, "steps", BatchStep::ALL.map(BatchStep::name));
            Mistake::new(format!("`{text}` is no step of a batch"), help)
        })
    }
}

impl JsonSchema for BatchStep {
    fn schema_name() -> Cow<'static, str> {
        "BatchStep".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": BatchStep::ALL.map(BatchStep::name) })
    }
}

/// A node of the simulated cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    /// Where the program runs.
    Driver,
    /// Counted from 1.
    Executor(u32),
}

impl fmt::Display for Node {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Node::Driver => out.write_str("driver"),
            Node::Executor(number) => write!(out, "executor-{number}"),
        }
    }
}

impl FromStr for Node {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Mistake> {
        let number = text.strip_prefix("executor-").and_then(|number| number.parse().ok());
        match (text, number) {
            ("driver", _) => Ok(Node::Driver),
            (_, Some(number)) if Node::Executor(number).to_string() == text => Ok(Node::Executor(number)),
            _ => Err(Mistake::new(
                format!("there is no node `{text}`"),
                "nodes are called `driver`, `executor-1`, `executor-2` and so on",
            )),
        }
    }
}

impl JsonSchema for Node {
    fn schema_name() -> Cow<'static, str> {
        "Node".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^(driver|executor-[1-9][0-9]*)$" })
    }
}

/// How many threads a local master has: `local` is one, `local[4]` four.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalMaster(pub u32);

impl fmt::Display for LocalMaster {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 1 { out.write_str("local") } else { write!(out, "local[{}]", self.0) }
    }
}

impl FromStr for LocalMaster {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Mistake> {
        let wrong = |help: &str| Mistake::new(format!("`{text}` is no master that can be simulated"), help);
        if text == "local" {
            return Ok(LocalMaster(1));
        }
        let Some(threads) = text.strip_prefix("local[").and_then(|rest| rest.strip_suffix(']')) else {
            return Err(wrong(
                "local masters are `local` and \"local[4]\"; for a cluster say { executors: 2, cores: 2 }",
            ));
        };
        if threads == "*" {
            return Err(wrong("a run must not depend on the machine's cores: say how many, \"local[4]\""));
        }
        match threads.parse() {
            Ok(threads @ 1..=1024) => Ok(LocalMaster(threads)),
            _ => Err(wrong("the number of threads is a whole number from 1 to 1024: \"local[4]\"")),
        }
    }
}

impl JsonSchema for LocalMaster {
    fn schema_name() -> Cow<'static, str> {
        "LocalMaster".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": r"^local(\[[0-9]+\])?$", "examples": ["local[2]"] })
    }
}

/// Host and port, as the program names them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// Not resolved: the simulation knows hosts by name.
    pub host: String,
    /// Never 0.
    pub port: u16,
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.host, self.port)
    }
}

impl FromStr for Address {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Mistake> {
        let help = "an address is a host and a port from 1 to 65535, as the program names them: \"localhost:9999\"";
        let wrong = || Mistake::new(format!("`{text}` is no address"), help);
        let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        let port = port.parse().ok().filter(|port| *port > 0).ok_or_else(wrong)?;
        if host.is_empty() || host.contains(|letter: char| letter.is_whitespace() || letter == '/' || letter == ':') {
            return Err(wrong());
        }
        Ok(Address { host: host.into(), port })
    }
}

impl JsonSchema for Address {
    fn schema_name() -> Cow<'static, str> {
        "Address".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[^\\s/:]+:[0-9]{1,5}$", "examples": ["localhost:9999"] })
    }
}

/// The name of a scenario: letters and digits in kebab-case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(pub String);

impl Name {
    /// The name that is nearest to any text: its letters and digits, in lower case, a hyphen between words.
    pub fn nearest(text: &str) -> Self {
        let lower = text.to_lowercase();
        let words = lower.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let kebab = words.collect::<Vec<_>>().join("-");
        Name(if kebab.is_empty() { "word-count".into() } else { kebab })
    }
}

impl FromStr for Name {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Mistake> {
        let nearest = Name::nearest(text);
        if nearest.0 == text {
            return Ok(nearest);
        }
        let help = format!("names are in kebab-case: {}", nearest.0);
        Err(Mistake::new(format!("`{text}` is no name for a scenario"), help))
    }
}

impl JsonSchema for Name {
    fn schema_name() -> Cow<'static, str> {
        "Name".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "examples": ["executor-lost"] })
    }
}

/// One line of text that says something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line(pub String);

impl FromStr for Line {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Mistake> {
        match text.trim() {
            "" => Err(Mistake::new("the line is empty", "say in one line what the scenario is about")),
            line if line.contains('\n') => {
                Err(Mistake::new("this is more than one line", "one line here; `notice` may be longer"))
            }
            line => Ok(Line(line.into())),
        }
    }
}

impl JsonSchema for Line {
    fn schema_name() -> Cow<'static, str> {
        "Line".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1 })
    }
}

/// A line of text as data: whatever stands there, numbers included, is taken letter by letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextLine(pub String);

impl FromStr for TextLine {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Mistake> {
        if text.contains(['\n', '\r']) {
            return Err(Mistake::new("a line of text holds a line break", "make it several lines: [\"one\", \"two\"]"));
        }
        Ok(TextLine(text.into()))
    }
}

impl JsonSchema for TextLine {
    fn schema_name() -> Cow<'static, str> {
        "TextLine".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

/// A whole number between two bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count<const LEAST: u64, const MOST: u64>(pub u64);

impl<const LEAST: u64, const MOST: u64> FromStr for Count<LEAST, MOST> {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Mistake> {
        let digits = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
        match text.parse::<u64>() {
            Ok(number) if digits && (LEAST..=MOST).contains(&number) => Ok(Count(number)),
            Ok(_) if digits => {
                Err(Mistake::new(format!("{text} is out of bounds"), format!("a number from {LEAST} to {MOST}")))
            }
            _ => Err(Mistake::new(
                format!("`{text}` is no whole number"),
                format!("a whole number from {LEAST} to {MOST}, without sign, point or quotes"),
            )),
        }
    }
}

impl<const LEAST: u64, const MOST: u64> JsonSchema for Count<LEAST, MOST> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Count".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": LEAST, "maximum": MOST })
    }
}
