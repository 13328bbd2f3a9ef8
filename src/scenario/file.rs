//! The scenario file as it is written: one type per map, one member per field.
//!
//! These types are the format: serde reads them, and the JSON Schema is made from them, comments included. Nothing is
//! judged here; what may stand together is for `check`.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    sim::{Duration, Ratio, Time},
    trace::BatchStep,
    value::Value,
};

use super::{
    conf,
    text::{Field, Located},
    units::{Range, Within},
    words::{Address, Check, Count, Line, LocalMaster, Name, Node, Order, Status, Stop, TextLine},
};

/// A map whose keys the author chooses.
pub type Named<T> = IndexMap<Located<String>, T>;

/// A Headwater scenario: what arrives, what breaks and what must come out.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Scenario")]
pub struct File {
    /// The scenario's name in kebab-case.
    pub name: Field<Name>,
    /// What the scenario shows, in one line.
    pub about: Field<Line>,
    /// What to notice when running it.
    pub notice: Option<Located<String>>,
    /// Seeds every random choice of the run; 0 if not given.
    pub seed: Option<Field<Count<0, { u64::MAX }>>>,
    /// The moment at which virtual time starts, in UTC; 2024-01-01T00:00:00Z if not given.
    pub start: Option<Field<Time>>,
    /// The machines. Without it the program's own master counts.
    pub cluster: Option<Located<Cluster>>,
    /// How messages travel between nodes.
    pub network: Option<Network>,
    /// How long work takes in virtual time.
    pub costs: Option<Costs>,
    /// Spark configuration; the program's own `SparkConf` wins over it, as in Spark.
    #[serde(default)]
    #[schemars(schema_with = "conf::schema")]
    pub conf: Option<Named<Located<String>>>,
    /// The program's arguments, `sys.argv[1:]`.
    pub args: Option<Vec<Field<TextLine>>>,
    /// What the program reads from, each under a name for the timeline.
    pub inputs: Option<Named<Input>>,
    /// The PySpark program: the path of a .py file beside the scenario, or its text behind `program: |`.
    pub program: Located<String>,
    /// What happens, and when; `at` never decreases.
    pub timeline: Option<Vec<Located<Entry>>>,
    /// Ends the run at this time. Otherwise it ends when it is stopped, or when all input is processed.
    pub run_for: Option<Field<Duration>>,
    /// What must come out.
    pub expect: Option<Expect>,
}

/// The machines the program runs on: a local master, or a cluster of executors.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// Everything in the driver, with so many threads: `local` or "local[2]".
    pub master: Option<Field<LocalMaster>>,
    /// The number of executors, `executor-1` and so on.
    pub executors: Option<Field<Count<1, 1000>>>,
    /// Tasks that an executor runs at a time; 1 if not given.
    pub cores: Option<Field<Count<1, 1024>>>,
    /// A lost executor is replaced after this time; never, if not given.
    pub executor_restart: Option<Field<Duration>>,
    /// A lost driver is started again after this time (supervision); never, if not given.
    pub driver_restart: Option<Field<Duration>>,
}

/// How messages travel between nodes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// The time a message takes; 1ms if not given.
    pub latency: Option<Field<Range>>,
    /// How many messages are lost; none if not given.
    pub loss: Option<Field<Ratio>>,
    /// How many messages arrive twice; none if not given.
    pub duplicate: Option<Field<Ratio>>,
}

/// How long work takes in virtual time: a task takes `task`, `record` for each of its records, and `jitter`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Costs {
    /// The driver's work for a job; 1ms if not given.
    pub job: Option<Field<Duration>>,
    /// A task without its records; 4ms if not given.
    pub task: Option<Field<Duration>>,
    /// One record of a task; 1us if not given.
    pub record: Option<Field<Duration>>,
    /// Added to each task at random; nothing if not given.
    pub jitter: Option<Field<Range>>,
    /// Nodes on which everything takes so many times as long.
    #[schemars(with = "Option<IndexMap<Node, Field<Count<1, 1000>>>>")]
    pub slow: Option<Named<Field<Count<1, 1000>>>>,
}

/// One source of data: exactly one kind.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// A server of lines of text at this address, which the program's receiver connects to.
    pub socket: Option<Field<Address>>,
    /// A directory of the simulated file system in which files appear.
    pub directory: Option<Located<String>>,
    /// The records of batch 1, 2 and so on; the program finds the stream under the input's name.
    #[schemars(with = "Option<Vec<Vec<serde_json::Value>>>")]
    pub batches: Option<Located<Vec<Vec<Value>>>>,
}

/// One line of the timeline: a time and what happens then.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Time since the start.
    pub at: Option<Field<Duration>>,
    /// A point in the run instead of a time.
    pub when: Option<Located<When>>,

    /// Lines that arrive, by input.
    pub add: Option<Named<Vec<Field<TextLine>>>>,
    /// With `add`: the lines arrive again and again, this far apart.
    pub every: Option<Field<Duration>>,
    /// With `every`: how often in all; until the end of the run if not given.
    pub times: Option<Field<Count<1, 1_000_000>>>,
    /// A file that is moved into an input's directory, by input.
    pub file: Option<Named<NewFile>>,
    /// The node loses its memory and is gone.
    pub crash: Option<Field<Node>>,
    /// With `crash`: the node starts again after this time.
    pub restart_after: Option<Field<Duration>>,
    /// A crashed node starts again.
    pub restart: Option<Field<Node>>,
    /// The node stops for a while and knows nothing of it.
    pub pause: Option<Field<Node>>,
    /// With `pause`: how long.
    pub resume_after: Option<Field<Duration>>,
    /// A paused node goes on.
    pub resume: Option<Field<Node>>,
    /// Groups of nodes that no longer reach each other.
    pub partition: Option<Located<Vec<Vec<Field<Node>>>>>,
    /// With `partition`: how long.
    pub heal_after: Option<Field<Duration>>,
    /// All nodes reach each other again.
    pub heal: Option<Located<bool>>,
    /// Everything on the node takes longer.
    pub slow: Option<Field<Node>>,
    /// With `slow`: how many times as long.
    pub factor: Option<Field<Count<2, 1000>>>,
    /// With `slow`: how long that lasts; to the end if not given.
    #[serde(rename = "for")]
    pub lasting: Option<Field<Duration>>,
    /// The streaming context is stopped.
    pub stop: Option<Field<Stop>>,
}

/// A point in the run: a step of a batch, or an effect by its number.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The batch, by its time since the start.
    pub batch: Option<Field<Duration>>,
    /// The step of the batch that has not been taken yet.
    pub before: Option<Field<BatchStep>>,
    /// The number of an effect in the trace.
    pub effect: Option<Field<Count<0, { u64::MAX }>>>,
}

/// A text file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFile {
    /// Its name in the directory.
    pub name: Located<String>,
    /// Its lines.
    pub lines: Vec<Field<TextLine>>,
}

/// What must come out.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The batches that each output put out, by the name of its variable, or output-1, output-2 in the program's
    /// order. A batch that is not listed puts out no rows.
    pub outputs: Option<Named<Vec<OutputBatch>>>,
    /// How the rows of a batch are compared; in any order if not given.
    pub order: Option<Field<Order>>,
    /// The lines that the driver printed.
    pub printed: Option<Located<Vec<Field<TextLine>>>>,
    /// Facts about batches.
    pub batches: Option<Vec<BatchFacts>>,
    /// Each is a part of a warning that is given.
    pub warnings: Option<Vec<Located<String>>>,
    /// The run is refused or fails with this error.
    pub error: Option<Located<ExpectedError>>,
    /// What must hold of every run, whatever breaks.
    pub always: Option<Vec<Field<Check>>>,
}

/// The rows of one output in one batch.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutputBatch {
    /// The batch, by its time since the start.
    pub batch: Field<Duration>,
    /// Its rows; lists stand for tuples.
    #[schemars(with = "Vec<serde_json::Value>")]
    pub rows: Vec<Value>,
}

/// What is known of one batch; each fact may be left out.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchFacts {
    /// The batch, by its time since the start.
    pub batch: Field<Duration>,
    /// Records that went into it.
    pub records: Option<Field<Count<0, { u64::MAX }>>>,
    /// From its submission to the start of its first job.
    pub scheduling_delay: Option<Field<Within>>,
    /// From the start of its first job to the end of its last.
    pub processing_time: Option<Field<Within>>,
    /// Both together.
    pub total_delay: Option<Field<Within>>,
    /// How far it came.
    pub status: Option<Field<Status>>,
}

/// An error that is expected.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedError {
    /// The exception's class, as Spark or Python names it.
    pub class: Option<Located<String>>,
    /// A part of its message.
    pub contains: Option<Located<String>>,
}
