//! Scenario files: what is refused and how it is said, the schema, the template, and writing rows back.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests read the project's own files")]

use std::{collections::BTreeMap, fs, io, path::Path};

use headwater::{
    scenario::{Action, Actual, BadScenario, Scenario, When, bless, schema, template},
    sim::Duration,
    value::Value,
};
use indexmap::IndexMap;
use miette::{GraphicalReportHandler, GraphicalTheme};
use proptest::prelude::*;

fn no_files(_: &str) -> io::Result<Vec<u8>> {
    Err(io::ErrorKind::NotFound.into())
}

fn read(text: &str) -> Result<Scenario, BadScenario> {
    Scenario::from_str("test.yaml", text, &no_files)
}

fn render(bad: &BadScenario) -> String {
    let mut rendered = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(80)
        .without_cause_chain()
        .render_report(&mut rendered, bad)
        .unwrap();
    rendered.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// Each file under `tests/bad/scenario` is named for its one mistake.
#[test]
fn bad_scenarios_are_explained() {
    let folder = Path::new("tests/bad/scenario");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    paths.sort();
    assert!(paths.len() >= 40);
    for path in paths {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let bytes = fs::read(&path).unwrap();
        let loader = |program: &str| fs::read(folder.join(program));
        let rendered = match Scenario::from_bytes(&format!("{name}.yaml"), &bytes, &loader) {
            Ok(_) => panic!("{name} is accepted"),
            Err(bad) => render(&bad),
        };
        insta::with_settings!({ snapshot_path => "bad/snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(format!("scenario-{name}"), rendered);
        });
    }
}

#[test]
fn the_template_is_a_scenario() {
    let scenario = read(&template("My First!")).unwrap_or_else(|bad| panic!("{}", render(&bad)));
    assert_eq!(scenario.name, "my-first");
    let line = scenario.source.text().lines().nth(scenario.program.lines_above).unwrap();
    assert_eq!(&line[scenario.program.columns_before..], scenario.program.text.lines().next().unwrap());
}

#[test]
fn a_missing_file_is_a_report() {
    let bad = Scenario::load(Path::new("tests/bad/scenario/there-is-no-such-file.yaml")).unwrap_err();
    assert!(render(&bad).contains("can't be read"));
}

fn validator() -> jsonschema::Validator {
    jsonschema::validator_for(&serde_json::from_str(&schema()).unwrap()).unwrap()
}

fn assert_valid(name: &str, text: &str) {
    let json: serde_json::Value = serde_saphyr::from_str(text).unwrap();
    let errors: Vec<String> =
        validator().iter_errors(&json).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
}

#[test]
fn scenarios_are_valid_by_the_schema() {
    assert_valid("template", &template("word-count"));
    assert_valid("full", FULL);
    read(FULL).unwrap_or_else(|bad| panic!("{}", render(&bad)));
    for entry in fs::read_dir("scenarios").into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            assert_valid(&path.display().to_string(), &fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    let text = template("word-count").replace("timeline:", "timelime:");
    let json: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
    assert!(!validator().is_valid(&json));
    let text = template("word-count").replace("at: 4s", "at: 4");
    let json: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
    assert!(!validator().is_valid(&json));
}

/// Every field there is.
const FULL: &str = r#"
name: full
about: Every field there is.
notice: |
  Nothing in particular.
seed: 18446744073709551615
start: 2024-01-01T12:00:00Z
cluster: { executors: 2, cores: 2, executor_restart: 5s, driver_restart: 3s }
network: { latency: 1ms..10ms, loss: 1/1000, duplicate: 0 }
costs: { job: 1ms, task: 4ms, record: 1us, jitter: 0s..1ms, slow: { executor-1: 3 } }
conf: { spark.streaming.blockInterval: 200ms, spark.task.maxFailures: 2, spark.streaming.unpersist: false }
args: [one, 2]
inputs:
  lines: { socket: "localhost:9999" }
  logs: { directory: logs/ }
  nums: { batches: [[1, [2, 3]], []] }
program: |
  print("hello")
timeline:
  - { at: 1s, add: { lines: ["a b", c, 7] } }
  - { at: 1s, every: 500ms, times: 3, add: { lines: [tick] } }
  - { at: 2s, file: { logs: { name: a.txt, lines: [x] } } }
  - { at: 2500ms, crash: executor-1, restart_after: 3s }
  - { at: 3s, crash: executor-2 }
  - { at: 4s, restart: executor-2 }
  - { at: 4s, pause: executor-2, resume_after: 2s }
  - { at: 5s, pause: driver }
  - { at: 6s, resume: driver }
  - { at: 7s, partition: [[driver], [executor-1, executor-2]] }
  - { at: 8s, heal: true }
  - { at: 9s, slow: executor-1, factor: 4, for: 10s }
  - { when: { batch: 3s, before: generateJobs }, crash: executor-1 }
  - { when: { effect: 1234 }, crash: driver }
  - { at: 40s, stop: gracefully }
run_for: 60s
expect:
  outputs:
    counts:
      - { batch: 1s, rows: [[a, 1], [b, null]] }
      - { batch: 2s, rows: [] }
  order: exact
  printed: ["hello"]
  batches:
    - { batch: 3s, records: 10, scheduling_delay: 0s..2s, processing_time: <1s, total_delay: ">=1ms", status: completed }
  warnings: [starved]
  error: { class: ValueError, contains: nothing }
  always: [exactly-once, converges]
"#;

#[test]
fn a_scenario_is_reduced_to_plain_data() {
    let scenario = read(FULL).unwrap();
    assert_eq!(scenario.start.to_string(), "2024-01-01T12:00:00Z");
    let times: Vec<u64> = scenario.timeline[..4]
        .iter()
        .map(|entry| match entry.when {
            When::At(at) => at.0 / 1000,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(times, [1000, 1000, 1500, 2000], "repetitions stand in the order of time");
    let Action::Add { lines, .. } = &scenario.timeline[0].action else { panic!() };
    assert_eq!(lines.iter().map(|line| &**line).collect::<Vec<_>>(), ["a b", "c", "7"]);
    let rows = &scenario.expect.outputs.as_ref().unwrap()["counts"].batches[0].rows;
    assert_eq!(rows[0], Value::tuple(["a".into(), 1.into()]));
}

#[test]
fn several_mistakes_are_one_report() {
    let text = FULL.replace("seed: 1", "seed: -1").replace("loss: 1/1000", "loss: 3/2").replace("at: 40s", "at: 40");
    insta::assert_snapshot!(render(&read(&text).unwrap_err()));
}

fn actual(batches: &[(u64, Vec<Value>)]) -> Actual {
    let batches: BTreeMap<_, _> =
        batches.iter().map(|(batch, rows)| (Duration::seconds(*batch), rows.clone())).collect();
    Actual { outputs: IndexMap::from([("counts".to_owned(), batches)]), printed: vec!["hello".into()] }
}

fn row(word: &str, count: i64) -> Value {
    Value::tuple([word.into(), count.into()])
}

const BEFORE: &str = r#"name: bless   # a name
about: Rows are written back.
program: |
  pass

expect:
  # the outputs
  outputs:
    counts:        # by word
      # first
      - { batch: 2s, rows: [[b, 1], [a, 1]] }   # kept: in any order

      # second
      - { batch: 3s, rows: [] }   # rewritten
      - { batch: 5s, rows: [[gone, 1]] }
    other: []      # left alone
  # the end
  always: [converges]   # never touched
"#;

#[test]
fn bless_rewrites_only_the_rows_that_differ() {
    let scenario = read(BEFORE).unwrap();
    let long = (0..12).map(|number| row("a rather long word", number)).collect();
    let actual = actual(&[
        (1, vec![row("new", 1)]),
        (2, vec![row("a", 1), row("b", 1)]),
        (3, vec![row("no", 1), row("x: y", 2)]),
        (4, vec![]),
        (6, long),
    ]);
    let after = bless(&scenario, &actual);
    insta::assert_snapshot!(after);
    let again = read(&after).unwrap();
    assert_eq!(bless(&again, &actual), after);
}

#[test]
fn bless_fills_a_scenario_without_expectations() {
    let actual = actual(&[(1, vec![row("a", 1)]), (2, vec![])]);
    let head = "name: bless\nabout: Rows are written back.\nprogram: |\n  pass\n";
    let mut texts = String::new();
    for rest in [
        "",
        "expect:\n",
        "expect: { always: [converges] }\n",
        "expect:\n  always: [converges]\n",
        "expect:\n  outputs:\n    counts: []   # none yet\n  always: [converges]\n",
        "expect:\n  outputs:\n    counts:   # none yet\n      - { batch: 3s, rows: [1] }\n      - { batch: 4s, rows: [] }",
        "expect: { outputs: { counts: [] }, printed: [] }",
        "expect:\n  printed:\n    - one # line\n    - two\n  outputs: {}",
        "expect:\n  outputs:\n",
        "expect: { outputs: }\n",
        "expect:\n  printed:\n    []\n  order: exact\n",
    ] {
        let scenario = read(&format!("{head}{rest}")).unwrap_or_else(|bad| panic!("{}", render(&bad)));
        let after = bless(&scenario, &actual);
        read(&after).unwrap_or_else(|bad| panic!("{after}\n{}", render(&bad)));
        texts += after.strip_prefix(head).unwrap();
        texts += "\n-----\n";
    }
    insta::assert_snapshot!(texts);
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::None),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_map(Value::Float),
        "\\PC*|[a-z]{1,4}|[0-9:. ]{1,6}|[\\x00-\\x9f]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::tuple),
            ("[a-z]{1,3}|\\PC{0,4}", inner).prop_map(|(key, value)| Value::Dict([(Value::str(key), value)].into())),
        ]
    })
}

proptest! {
    #[test]
    fn blessed_rows_read_as_they_were(rows in prop::collection::vec(value(), 1..4)) {
        let actual = actual(&[(1, rows.clone()), (2, rows.clone())]);
        let after = bless(&read(BEFORE).unwrap(), &actual);
        let again = read(&after).map_err(|bad| TestCaseError::fail(format!("{after}\n{}", render(&bad))))?;
        let read = &again.expect.outputs.as_ref().unwrap()["counts"].batches[0].rows;
        let json = |rows: &[Value]| rows.iter().map(headwater::value::to_json).collect::<Vec<_>>();
        prop_assert_eq!(json(read), json(&rows));
        prop_assert_eq!(bless(&again, &actual), after);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Scenario::from_bytes("bytes.yaml", &bytes, &no_files).map_err(|bad| render(&bad));
    }

    #[test]
    fn no_change_to_a_scenario_makes_the_reader_panic(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..12_usize, "[\\PC\n\t]{0,6}|[-0-9{}\\[\\]:,.&*!|>#% \n]{1,4}"), 1..4)
    ) {
        let mut letters: Vec<char> = FULL.chars().collect();
        for (index, length, with) in edits {
            let start = index.index(letters.len());
            let end = (start + length).min(letters.len());
            letters.splice(start..end, with.chars());
        }
        let text: String = letters.into_iter().collect();
        match read(&text) {
            Ok(scenario) => {
                let actual = actual(&[(1, vec![row("a", 1)])]);
                let after = bless(&scenario, &actual);
                let again = read(&after).map_err(|bad| TestCaseError::fail(format!("{after}\n{}", render(&bad))))?;
                prop_assert_eq!(bless(&again, &actual), after);
            }
            Err(bad) => prop_assert!(!render(&bad).is_empty()),
        }
    }
}
