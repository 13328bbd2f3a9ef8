//! Judges a scenario file as a whole and reduces it to plain data.
//!
//! Reading stops at the first mistake in YAML or shape; from there on every mistake is collected.

use indexmap::IndexMap;
use serde_saphyr::MergeKeyPolicy;

use crate::{
    sim::{Duration, Ratio, Time},
    value::Value,
};

use super::{
    Cluster, Costs, Input, Loader, Master, Network, Program, Scenario, Source, conf, expect,
    file::{self, File, Named},
    problem::{BadScenario, Problem, from_yaml},
    text::{Field, Located, Mistake, Place},
    timeline, traps,
    units::Range,
    words::{Count, Node},
};

/// Reads and judges a scenario file.
pub fn scenario(source: Source, loader: Loader<'_>) -> Result<Scenario, BadScenario> {
    let file = parse(&source)?;
    let mut judge = Judge::default();
    let name = judge.field(file.name).map(|name| name.0);
    let about = judge.field(file.about).map(|about| about.0);
    let program = judge.program(file.program, &source, loader);
    let cluster = file.cluster.and_then(|cluster| judge.cluster(cluster));
    let nodes = Nodes(cluster.as_ref().map(|cluster| cluster.master));
    let inputs = judge.inputs(file.inputs.unwrap_or_default());
    let conf = judge.conf(file.conf.unwrap_or_default());
    let run_for = judge.option(file.run_for);
    let timeline = timeline::judge(&mut judge, file.timeline.unwrap_or_default(), &inputs, nodes, run_for);
    let expect = expect::judge(&mut judge, file.expect.unwrap_or_default());
    let network = judge.network(file.network);
    let costs = judge.costs(file.costs, nodes);
    let seed = judge.option(file.seed).map_or(0, |seed| seed.0);
    let start = judge.option(file.start).unwrap_or(Time(1_704_067_200_000_000));
    let args = judge.lines(file.args.unwrap_or_default());
    match (name, about, program) {
        (Some(name), Some(about), Some(program)) if judge.problems.is_empty() => Ok(Scenario {
            name,
            about,
            notice: file.notice.map(|notice| notice.value.trim_end().to_owned()),
            seed,
            start,
            cluster,
            network,
            costs,
            conf,
            args,
            inputs: inputs.into_iter().map(|(name, (input, _))| (name, input)).collect(),
            program,
            timeline,
            run_for,
            expect,
            source,
        }),
        _ => Err(source.report(judge.problems)),
    }
}

/// From text to the shape of a scenario.
fn parse(source: &Source) -> Result<File, BadScenario> {
    let text = source.text();
    let mut problems = traps::find(text);
    let blank = text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
    if blank {
        let problem = Problem::of_file("the scenario is empty", "`headwater new NAME` writes one to start from");
        return Err(source.report(vec![problem]));
    }
    // Recordings of live runs are long; nothing in a scenario is deep or expands.
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_nodes: 10_000_000, max_events: 20_000_000 },
        strict_booleans: true,
        merge_keys: MergeKeyPolicy::Error,
        reject_unsupported_tags: true,
        with_snippet: false,
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 10_000 },
    };
    match serde_saphyr::from_str_with_options::<File>(text, options) {
        Ok(file) if problems.is_empty() => Ok(file),
        Ok(_) => Err(source.report(problems)),
        Err(error) => {
            let problem = from_yaml(&error, text);
            let known =
                |trap: &Problem| trap.place.map(|place| place.offset) == problem.place.map(|place| place.offset);
            if !problems.iter().any(known) {
                problems.push(problem);
            }
            Err(source.report(problems))
        }
    }
}

/// The nodes that exist, by the master; only the driver is certain without one.
#[derive(Clone, Copy)]
pub struct Nodes(Option<Master>);

impl Nodes {
    /// Is there such a node?
    pub fn check(self, node: Node) -> Result<Node, Mistake> {
        let executors = match self.0 {
            Some(Master::Executors { executors, .. }) => executors,
            _ => 0,
        };
        match node {
            Node::Executor(number) if number == 0 || number > executors => {
                let help = match (self.0, executors) {
                    (None, _) => "without `cluster` there is only the `driver`; say cluster: { executors: 2 }".into(),
                    (_, 0) => "on a local master everything runs in the `driver`; say cluster: { executors: 2 }".into(),
                    (_, 1) => "the nodes are `driver` and `executor-1`".into(),
                    (_, 2) => "the nodes are `driver`, `executor-1` and `executor-2`".into(),
                    (_, last) => format!("the nodes are `driver` and `executor-1` to `executor-{last}`"),
                };
                Err(Mistake::new(format!("there is no node `{node}`"), help))
            }
            node => Ok(node),
        }
    }
}

/// Collects what is wrong.
#[derive(Default)]
pub struct Judge {
    pub problems: Vec<Problem>,
}

impl Judge {
    /// Notes a mistake.
    pub fn wrong(&mut self, place: Place, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Problem::new(place, message, help));
    }

    /// The field's value, unless it is a mistake.
    pub fn field<T>(&mut self, field: Field<T>) -> Option<T> {
        self.word(field.place, field.value)
    }

    /// The value of a field that may be left out.
    pub fn option<T>(&mut self, field: Option<Field<T>>) -> Option<T> {
        field.and_then(|field| self.field(field))
    }

    /// The value, unless it is a mistake.
    pub fn word<T>(&mut self, place: Place, word: Result<T, Mistake>) -> Option<T> {
        word.map_err(|mistake| self.problems.push(Problem::word(place, mistake))).ok()
    }

    /// A node that exists.
    pub fn node(&mut self, field: Field<Node>, nodes: Nodes) -> Option<Node> {
        self.word(field.place, field.value.and_then(|node| nodes.check(node)))
    }

    /// Lines of text.
    pub fn lines(&mut self, lines: Vec<Field<super::words::TextLine>>) -> Vec<String> {
        lines.into_iter().filter_map(|line| self.field(line)).map(|line| line.0).collect()
    }

    /// The time of a batch: never zero, for the first batch ends one interval after the start.
    pub fn batch(&mut self, field: Field<Duration>) -> Option<Duration> {
        let place = field.place;
        let batch = self.field(field)?;
        if batch == Duration(0) {
            self.wrong(
                place,
                "there is no batch at 0s",
                "a batch is named by its end: with 1s batches the first is 1s",
            );
            return None;
        }
        Some(batch)
    }

    fn cluster(&mut self, cluster: Located<file::Cluster>) -> Option<Cluster> {
        let Located { place, value: file::Cluster { master, executors, cores, executor_restart, driver_restart } } =
            cluster;
        let executor_place = [
            &executors.as_ref().map(|field| field.place),
            &cores.as_ref().map(|field| field.place),
            &executor_restart.as_ref().map(|field| field.place),
        ]
        .into_iter()
        .find_map(|place| *place);
        let executor_restart = self.option(executor_restart);
        let driver_restart = self.option(driver_restart);
        let cores = self.option(cores).map_or(1, |cores| cores.0);
        let master = match (master, executors) {
            (Some(master), _) => {
                if let Some(place) = executor_place {
                    let help = "give `master` for a local run, or `executors` and `cores` for a cluster";
                    self.wrong(place, "a local master has no executors", help);
                }
                Master::Local { threads: self.field(master)?.0 }
            }
            (None, Some(executors)) => {
                Master::Executors { executors: narrow(self.field(executors)?.0), cores: narrow(cores) }
            }
            (None, None) => {
                let help = "say { master: \"local[2]\" } for a local run, or { executors: 2, cores: 2 } for a cluster";
                self.wrong(place, "this cluster has no machines", help);
                return None;
            }
        };
        Some(Cluster { master, executor_restart, driver_restart })
    }

    fn network(&mut self, network: Option<file::Network>) -> Network {
        let (latency, loss, duplicate) =
            network.map_or((None, None, None), |network| (network.latency, network.loss, network.duplicate));
        Network {
            latency: self.option(latency).unwrap_or(Range::only(Duration::millis(1))),
            loss: self.option(loss).unwrap_or(Ratio::ZERO),
            duplicate: self.option(duplicate).unwrap_or(Ratio::ZERO),
        }
    }

    fn costs(&mut self, costs: Option<file::Costs>, nodes: Nodes) -> Costs {
        let file::Costs { job, task, record, jitter, slow } =
            costs.unwrap_or(file::Costs { job: None, task: None, record: None, jitter: None, slow: None });
        let slow = slow.unwrap_or_default().into_iter().filter_map(|(node, factor)| {
            let node = self.node(Field { place: node.place, value: node.value.parse() }, nodes);
            let Count(factor) = self.field(factor)?;
            Some((node?, narrow(factor)))
        });
        Costs {
            slow: slow.collect(),
            job: self.option(job).unwrap_or(Duration::millis(1)),
            task: self.option(task).unwrap_or(Duration::millis(4)),
            record: self.option(record).unwrap_or(Duration(1)),
            jitter: self.option(jitter).unwrap_or_default(),
        }
    }

    fn conf(&mut self, conf: Named<Located<String>>) -> IndexMap<String, String> {
        let mut known = IndexMap::new();
        for (key, value) in conf {
            let known_key = self.word(key.place, conf::check_key(&key.value));
            let good = known_key.and_then(|()| self.word(value.place, conf::check_value(&key.value, &value.value)));
            if good.is_some() {
                known.insert(key.value, value.value);
            }
        }
        known
    }

    /// The inputs with the places of their names.
    fn inputs(&mut self, inputs: Named<file::Input>) -> IndexMap<String, (Input, Place)> {
        let mut known: IndexMap<String, (Input, Place)> = IndexMap::new();
        for (Located { place, value: name }, input) in inputs {
            if !is_identifier(&name) {
                let help = "an input is named like a Python variable: letters, digits and _, not a digit first";
                self.wrong(place, format!("`{name}` is no name for an input"), help);
            }
            let given = [input.socket.is_some(), input.directory.is_some(), input.batches.is_some()];
            if given.into_iter().filter(|given| *given).count() != 1 {
                let help = "an input is one of { socket: \"localhost:9999\" }, { directory: logs } \
                            and { batches: [[1, 2], [3]] }";
                self.wrong(place, format!("the input `{name}` is not of exactly one kind"), help);
                continue;
            }
            let socket = self.option(input.socket).map(Input::Socket);
            let directory = input.directory.and_then(|directory| self.directory(directory));
            let batches = input.batches.map(|batches| {
                Input::Batches(batches.value.into_iter().map(|batch| batch.iter().map(as_tuples).collect()).collect())
            });
            let Some(input) = socket.or(directory).or(batches) else { continue };
            let same = known.iter().find(|(_, (other, _))| *other == input && !matches!(input, Input::Batches(_)));
            if let Some((other, _)) = same {
                let message = format!("`{name}` and `{other}` are the same input");
                self.wrong(place, message, "one input can be read by several streams: keep one of them");
            }
            known.insert(name, (input, place));
        }
        known
    }

    fn directory(&mut self, directory: Located<String>) -> Option<Input> {
        let path = directory.value.trim_end_matches('/');
        let bad = path.split('/').skip(1).any(|part| part.is_empty()) || path.split('/').any(|part| part == "..");
        if path.is_empty() || bad || path.contains('\n') {
            let message = format!("`{}` is no directory", directory.value);
            self.wrong(directory.place, message, "a directory of the simulated file system is a path such as logs/app");
            return None;
        }
        Some(Input::Directory(path.into()))
    }

    fn program(&mut self, program: Located<String>, source: &Source, loader: Loader<'_>) -> Option<Program> {
        let Located { place, value: text } = program;
        let inline = text.contains('\n');
        if text.trim().is_empty() {
            let help = "name a PySpark file, `program: word_count.py`, or write it out behind `program: |`";
            self.wrong(place, "the program is empty", help);
            return None;
        }
        if inline {
            let (lines_above, columns_before) = block_position(source.text(), place);
            return Some(Program { name: source.name().into(), text, lines_above, columns_before, place });
        }
        if !text.ends_with(".py") {
            let help = "a program is the path of a .py file, or text on lines of their own behind `program: |`";
            self.wrong(place, format!("`{text}` is no Python file"), help);
            return None;
        }
        let problem = match loader(&text) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let help = "the path is relative to the scenario file";
                Problem::new(place, format!("there is no program `{text}`"), help)
            }
            Err(error) => Problem::new(
                place,
                format!("`{text}` can't be read: {error}"),
                "the path is relative to the scenario file",
            ),
            Ok(bytes) => match String::from_utf8(bytes) {
                Err(_) => Problem::new(place, format!("`{text}` is not UTF-8"), "save the program as UTF-8"),
                Ok(code) if code.trim().is_empty() => Problem::new(
                    place,
                    format!("the program `{text}` is empty"),
                    "a program defines at least one output",
                ),
                Ok(code) => {
                    return Some(Program { name: text, text: code, lines_above: 0, columns_before: 0, place });
                }
            },
        };
        self.problems.push(problem);
        None
    }
}

/// A count whose bounds are known to lie within `u32`.
pub fn narrow(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// YAML has no tuples: a list inside a record stands for one, as a record that is a list does.
pub fn as_tuples(value: &Value) -> Value {
    match value {
        Value::List(members) => Value::tuple(members.iter().map(as_tuples)),
        Value::Dict(entries) => {
            Value::Dict(entries.iter().map(|(key, value)| (as_tuples(key), as_tuples(value))).collect())
        }
        other => other.clone(),
    }
}

fn is_identifier(name: &str) -> bool {
    let letter = |letter: char| letter == '_' || letter.is_ascii_alphanumeric();
    name.chars().all(letter) && name.starts_with(|first: char| !first.is_ascii_digit())
}

/// Lines above a block of text, and columns before it.
fn block_position(text: &str, place: Place) -> (usize, usize) {
    let opening = place.line - usize::from(!text[place.offset..].starts_with(['|', '>']));
    let first = text.lines().enumerate().skip(opening).find(|(_, line)| !line.trim().is_empty());
    first.map_or((opening, 0), |(_, line)| (opening, line.len() - line.trim_start().len()))
}
