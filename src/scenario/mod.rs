//! Scenario files: what arrives, what breaks and what must come out, written in YAML.
//!
//! [`Scenario`] is the file read, judged and reduced to plain data, with times counted from the start of the run.
//! Whatever the author got wrong is reported as [`BadScenario`], all of it at once where that is possible, each mistake
//! with its place and the way out.
//!
//! `file` is the format, `check`, `timeline` and `expect` judge it, `units` and `words` are its vocabulary, `conf` knows
//! Spark's keys, `problem` speaks to the author, [`bless`] writes the rows of a run back.
//!
//! ```
//! use headwater::{scenario::{Scenario, When, template}, sim::Duration};
//!
//! let no_files = |_: &str| Err(std::io::ErrorKind::NotFound.into());
//! let scenario = Scenario::from_str("first.yaml", &template("first"), &no_files)?;
//! assert_eq!(scenario.timeline[0].when, When::At(Duration::millis(300)));
//!
//! let bad = Scenario::from_str("bad.yaml", "name: bad\nabuot: a typo\n", &no_files).unwrap_err();
//! assert!(bad.problems()[0].help.starts_with("did you mean `about`?"));
//! # Ok::<(), headwater::scenario::BadScenario>(())
//! ```
//!
//! [`run()`] plays a scenario: `compile` makes a world of it, `promises` watches over what must hold of every run, `judge`
//! compares what came out with what was expected.
//!
//! Reading a scenario must never know the engines or Python; playing it knows a [`Simulation`](crate::application) and
//! its trace, and no part of an engine.

mod bless;
mod check;
mod compile;
mod conf;
mod expect;
mod file;
mod fit;
mod judge;
mod mismatch;
mod outline;
mod problem;
mod promises;
mod recorded;
mod rows;
mod run;
mod template;
mod text;
mod timeline;
mod traps;
mod units;
mod words;

use std::{io, path::Path, rc::Rc};

use indexmap::IndexMap;

use crate::{
    sim::{Duration, Ratio, Time},
    trace::BatchStep,
    value::Value,
};

pub use bless::{Actual, bless};
pub use compile::compile;
pub use judge::{Judgement, Verdict};
pub use mismatch::{Mismatch, Violation};
pub use problem::{BadScenario, Problem, Source};
pub use recorded::{Arrival, RecordedRun};
pub use rows::Difference;
pub use run::{Ending, Outcome, Refused, RunError, actual_of, program_of, run};
pub use template::template;
pub use text::{Located, Mistake, Place};
pub use units::{Range, Within};
pub use words::{Address, Check, Node, Order, Status, Stop};

/// A scenario that can be run: every name in it exists, every value is one.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// In kebab-case.
    pub name: String,
    /// What it shows, in one line.
    pub about: String,
    /// What to notice when running it.
    pub notice: Option<String>,
    /// Seeds every random choice of the run.
    pub seed: u64,
    /// Virtual time zero.
    pub start: Time,
    /// The machines, unless the program's own master counts.
    pub cluster: Option<Cluster>,
    /// How messages travel.
    pub network: Network,
    /// How long work takes.
    pub costs: Costs,
    /// Spark configuration: known keys, with values of the right type, as written.
    pub conf: IndexMap<String, String>,
    /// `sys.argv[1:]`.
    pub args: Vec<String>,
    /// What the program reads from, by name.
    pub inputs: IndexMap<String, Input>,
    /// The program's text.
    pub program: Program,
    /// What happens: entries with a time in the order of time, those that wait for a point in the run where they stood.
    pub timeline: Vec<Entry>,
    /// The run ends at this time; otherwise when it is stopped, or when all input is processed.
    pub run_for: Option<Duration>,
    /// What must come out.
    pub expect: Expect,
    /// The file it was read from.
    pub source: Source,
}

/// The machines a program runs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Where tasks run.
    pub master: Master,
    /// A lost executor is replaced after this time.
    pub executor_restart: Option<Duration>,
    /// A lost driver is started again after this time.
    pub driver_restart: Option<Duration>,
}

/// Where tasks run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Master {
    /// In the driver.
    Local {
        /// Tasks that run at a time, at least one.
        threads: u32,
    },
    /// On a cluster.
    Executors {
        /// `executor-1` to `executor-N`.
        executors: u32,
        /// Tasks that each runs at a time.
        cores: u32,
    },
}

/// How messages travel between nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// The time a message takes.
    pub latency: Range,
    /// How many messages are lost.
    pub loss: Ratio,
    /// How many messages arrive twice.
    pub duplicate: Ratio,
}

/// How long work takes in virtual time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Costs {
    /// The driver's work for a job.
    pub job: Duration,
    /// A task without its records.
    pub task: Duration,
    /// One record of a task.
    pub record: Duration,
    /// Added to each task at random.
    pub jitter: Range,
    /// Nodes on which everything takes so many times as long.
    pub slow: IndexMap<Node, u32>,
}

/// One source of data.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A server of lines of text.
    Socket(Address),
    /// A directory of the simulated file system, without a slash at its end.
    Directory(String),
    /// Records by batch, lists as tuples; the program finds the stream under the input's name.
    Batches(Vec<Vec<Value>>),
}

/// The PySpark program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The path as the scenario gives it, or the scenario's file for a program written out in it.
    pub name: String,
    /// The source text.
    pub text: String,
    /// Lines of the scenario file above the program's first line; 0 for a file of its own.
    pub lines_above: usize,
    /// Columns to the left of the program's text in the scenario file; 0 for a file of its own.
    pub columns_before: usize,
    /// Where the scenario names or holds it.
    pub place: Place,
}

/// One thing that happens.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// When it happens.
    pub when: When,
    /// What happens.
    pub action: Action,
    /// Where the scenario says so.
    pub place: Place,
}

/// When something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// So long after the start.
    At(Duration),
    /// When the batch of this time is about to take the step.
    Before {
        /// The batch's time since the start.
        batch: Duration,
        /// The step that is not taken yet.
        step: BatchStep,
    },
    /// At the effect of this number.
    Effect(u64),
}

/// What happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Lines arrive at a socket.
    Add {
        /// The input's name.
        input: Rc<str>,
        /// Without line breaks.
        lines: Rc<[Rc<str>]>,
    },
    /// A file is moved into a directory, its modification time being now.
    File {
        /// The input's name.
        input: Rc<str>,
        /// In the directory.
        name: String,
        /// Without line breaks.
        lines: Rc<[Rc<str>]>,
    },
    /// The node loses its memory and is gone.
    Crash {
        /// A node that exists.
        node: Node,
        /// It starts again after this time; otherwise by [`Action::Restart`] or the cluster's own doing.
        restart_after: Option<Duration>,
    },
    /// A crashed node starts again.
    Restart {
        /// It crashed earlier.
        node: Node,
    },
    /// The node stops and knows nothing of it.
    Pause {
        /// A node that exists.
        node: Node,
        /// It goes on after this time; otherwise by [`Action::Resume`].
        resume_after: Option<Duration>,
    },
    /// A paused node goes on.
    Resume {
        /// It was paused earlier.
        node: Node,
    },
    /// Nodes of different groups no longer reach each other; a node that is in no group reaches all.
    Partition {
        /// Two or more, none empty, no node twice.
        groups: Vec<Vec<Node>>,
        /// It ends after this time; otherwise by [`Action::Heal`].
        heal_after: Option<Duration>,
    },
    /// All nodes reach each other again.
    Heal,
    /// Everything on the node takes longer.
    Slow {
        /// A node that exists.
        node: Node,
        /// How many times as long.
        factor: u32,
        /// For how long; to the end, if not given.
        lasting: Option<Duration>,
    },
    /// The streaming context is stopped.
    Stop(Stop),
}

/// What must come out.
#[derive(Clone, Debug, PartialEq)]
pub struct Expect {
    /// By the name of the output's variable, or `output-1`, `output-2`; `None` if outputs are not judged.
    pub outputs: Option<IndexMap<String, ExpectedOutput>>,
    /// How rows are compared.
    pub order: Order,
    /// The lines that the driver printed.
    pub printed: Option<Located<Vec<String>>>,
    /// Facts about batches.
    pub batches: Vec<BatchFacts>,
    /// Each is part of a warning that is given.
    pub warnings: Vec<Located<String>>,
    /// The run is refused or fails.
    pub error: Option<Located<ExpectedError>>,
    /// What must hold of every run.
    pub always: Vec<Located<Check>>,
}

/// What one output puts out, in the order of batches; a batch that is not listed has no rows.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectedOutput {
    /// In the order of time, each once.
    pub batches: Vec<ExpectedBatch>,
    /// Where its name stands.
    pub place: Place,
}

/// The rows of one batch of an output, lists as tuples.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectedBatch {
    /// The batch's time since the start.
    pub batch: Duration,
    /// In the order of the file.
    pub rows: Vec<Value>,
    /// Where the batch is named.
    pub place: Place,
}

/// What is known of one batch.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchFacts {
    /// The batch's time since the start.
    pub batch: Duration,
    /// Records that went into it.
    pub records: Option<u64>,
    /// From its submission to the start of its first job.
    pub scheduling_delay: Option<Within>,
    /// From the start of its first job to the end of its last.
    pub processing_time: Option<Within>,
    /// Both together.
    pub total_delay: Option<Within>,
    /// How far it came.
    pub status: Option<Status>,
    /// Where the batch is named.
    pub place: Place,
}

/// An error that is expected; at least one of the two is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedError {
    /// The exception's class, as Spark or Python names it.
    pub class: Option<String>,
    /// A part of its message.
    pub contains: Option<String>,
}

/// Reads a file that the scenario names, by its path as written there.
pub type Loader<'a> = &'a dyn Fn(&str) -> io::Result<Vec<u8>>;

impl Scenario {
    /// Reads a scenario from its text. `name` is what the file is called in reports.
    ///
    /// # Errors
    ///
    /// [`BadScenario`] with every mistake that was found.
    pub fn from_str(name: &str, text: &str, loader: Loader<'_>) -> Result<Self, BadScenario> {
        check::scenario(Source::new(name, text), loader)
    }

    /// Reads a scenario from the bytes of its file.
    ///
    /// # Errors
    ///
    /// [`BadScenario`] with every mistake that was found.
    pub fn from_bytes(name: &str, bytes: &[u8], loader: Loader<'_>) -> Result<Self, BadScenario> {
        match str::from_utf8(bytes) {
            Ok(text) => Self::from_str(name, text, loader),
            Err(error) => {
                let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
                let line = good.matches('\n').count() + 1;
                let column = good.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
                let place = Place { offset: good.len(), length: 1, line, column };
                let problem = Problem::new(place, "the file is not UTF-8", "save it as UTF-8");
                let text = String::from_utf8_lossy(bytes);
                Err(Source::new(name, text).report(vec![problem.label("this byte belongs to no character")]))
            }
        }
    }

    /// Reads a scenario, and the program it names, from the file system.
    ///
    /// # Errors
    ///
    /// [`BadScenario`] with every mistake that was found, an unreadable file among them.
    pub fn load(path: &Path) -> Result<Self, BadScenario> {
        let name = path.display().to_string();
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        #[allow(clippy::disallowed_methods, reason = "the one place where scenarios come from real files")]
        let read = |path: &Path| std::fs::read(path);
        let bytes = read(path).map_err(|error| {
            let problem =
                Problem::of_file(format!("{name} can't be read: {error}"), "give the path of a scenario file");
            Source::new(&name, "").report(vec![problem])
        })?;
        Self::from_bytes(&name, &bytes, &|program| read(&folder.join(program)))
    }
}

/// The JSON Schema of the scenario file, for editors.
pub fn schema() -> String {
    let schema = schemars::schema_for!(file::File);
    serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
}
