//! What people read of the command line, and the codes it ends with.
//!
//! The scenarios of `tests/cli` name a PySpark file; here a Rust program stands in for it, so that this runs in every
//! build.
#![cfg(feature = "cli")]
#![allow(clippy::disallowed_methods, reason = "commands read and write files")]

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use headwater::application::Program;
use headwater::cli::{Console, Exit, execute};
use headwater::dstream::StreamingContext;
use headwater::scenario::{Refused, Scenario, program_of};
use headwater::sim::Duration;

fn word_count(_: &Scenario) -> Result<Program, Refused> {
    Ok(Program::new(|sc| {
        let ssc = StreamingContext::new(sc, Duration::seconds(1));
        let lines = ssc.socket_text_stream("localhost", 9999);
        let words = lines.flat_map(|line: Rc<str>| line.split(' ').map(Rc::<str>::from).collect::<Vec<_>>());
        words.map(|word| (word, 1_i64)).reduce_by_key(|left, right| left + right).collect_as("counts")?;
        ssc.start()?;
        ssc.await_termination()
    }))
}

/// What a command line wrote to its two streams, and its exit code.
fn headwater(arguments: &str) -> (String, String, Exit) {
    let (mut out, mut err) = (anstream::StripStream::new(Vec::new()), anstream::StripStream::new(Vec::new()));
    let exit = execute(arguments.split(' '), &mut Console::new(&mut out, &mut err, &word_count));
    let text = |stream: anstream::StripStream<Vec<u8>>| String::from_utf8(stream.into_inner()).unwrap();
    (text(out), text(err), exit)
}

/// Output, errors and exit code as one text.
fn transcript(arguments: &str) -> String {
    let (out, err, exit) = headwater(arguments);
    let err = if err.is_empty() { err } else { format!("--- stderr ---\n{err}") };
    format!("$ {arguments}\n{out}{err}--- exit {} ---\n", exit.code())
}

/// Snapshots without what the wall clock says.
fn assert_reads(name: &str, text: &str) {
    let filters = [
        (r"wall time +\S+", "wall time     [WALL]"),
        (r"fingerprint   [0-9a-f]{16}", "fingerprint   [FINGERPRINT]"),
        (r"(expectations?|met|input|processed)  \S+s\n", "$1  [WALL]\n"),
        (r"  in \S+s\n", "  in [WALL]\n"),
        (r#" time="[0-9.]+""#, r#" time="[WALL]""#),
    ];
    insta::with_settings!({ filters => filters, omit_expression => true }, {
        insta::assert_snapshot!(name, text);
    });
}

/// A directory of its own for a test.
fn scratch(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    fs::copy("tests/cli/word_count.py", directory.join("word_count.py")).unwrap();
    directory
}

#[test]
fn a_run_that_holds() {
    assert_reads("run-held", &transcript("headwater run tests/cli/held.yaml"));
}

#[test]
fn a_run_that_is_violated() {
    assert_reads("run-violated", &transcript("headwater run tests/cli/violated.yaml"));
    assert_reads("run-violated-ascii", &transcript("headwater --ascii run tests/cli/violated.yaml --rows 1"));
}

#[test]
fn a_run_that_tests_nothing() {
    assert_reads("run-nothing", &transcript("headwater run tests/cli/nothing.yaml"));
}

#[test]
fn a_scenario_that_does_not_fit_its_program() {
    assert_reads("run-misfit", &transcript("headwater run tests/cli/misfit.yaml"));
}

#[test]
fn a_bad_scenario() {
    assert_reads("run-bad", &transcript("headwater run tests/cli/more/bad.yaml"));
    assert_reads("run-bad-json", &transcript("headwater run tests/cli/more/bad.yaml --format json"));
}

#[test]
fn all_scenarios_below_a_path() {
    let report = scratch("junit").join("report.xml");
    let (out, err, exit) = headwater(&format!("headwater test tests/cli --junit {} --jobs 3", report.display()));
    assert_eq!((err.as_str(), exit), ("", Exit::Violated));
    assert_reads("test", &out);
    assert_reads("test-junit", &fs::read_to_string(report).unwrap());
}

#[test]
fn a_summary_is_the_same_with_any_number_of_threads() {
    let of = |jobs| {
        let (out, _, _) = headwater(&format!("headwater test tests/cli --format json --jobs {jobs}"));
        out
    };
    assert_eq!(of(1), of(8));
    let document: serde_json::Value = serde_json::from_str(&of(2)).unwrap();
    let counts = serde_json::json!({ "held": 1, "violated": 1, "testedNothing": 1, "badInput": 2 });
    assert_eq!(document["counts"], counts);
}

#[test]
fn exit_codes_of_a_test() {
    assert_eq!(headwater("headwater test tests/cli/held.yaml").2, Exit::Held);
    assert_eq!(headwater("headwater test tests/cli/held.yaml tests/cli/more").2, Exit::BadInput);
    assert_eq!(headwater("headwater test tests/cli/nothing.yaml").2, Exit::Violated);
    let (_, err, exit) = headwater("headwater test tests/bad/snapshots");
    assert_eq!((err.as_str(), exit), ("error: there are no scenarios below tests/bad/snapshots\n", Exit::BadInput));
}

#[test]
fn a_run_as_json_has_rows_and_violations_with_their_places() {
    let (out, _, exit) = headwater("headwater run tests/cli/violated.yaml --format json");
    assert_eq!(exit, Exit::Violated);
    let document: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(document["judgement"], "violated");
    let rows = &document["violations"][0];
    assert_eq!((&rows["kind"], &rows["place"]["line"]), (&"rows".into(), &16.into()));
    assert_eq!(rows["expected"], serde_json::json!([["a", 2], ["b", 7], ["zebra", 1]]));
    assert_eq!(document["summary"]["batches"][0]["records"], 1);
}

#[test]
fn a_run_that_is_checked_is_repeatable_and_seeds_change_it() {
    let (out, _, exit) = headwater("headwater run tests/cli/held.yaml --check --seed 9");
    assert_eq!(exit, Exit::Held);
    assert!(out.contains("✓ repeatable  ") && out.contains("headwater run tests/cli/held.yaml --seed 9"), "{out}");
}

#[test]
fn a_run_that_differs_the_second_time_is_told() {
    let calls = std::sync::atomic::AtomicI64::new(1);
    let programs = |_: &Scenario| {
        let number = calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Ok(Program::new(move |sc| {
            let ssc = StreamingContext::new(sc, Duration::seconds(1));
            ssc.socket_text_stream("localhost", 9999).map(move |_| number).collect_as("counts")?;
            ssc.start()?;
            ssc.await_termination()
        }))
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = ["headwater", "run", "tests/cli/held.yaml", "--check"];
    assert_eq!(execute(arguments, &mut Console::new(&mut out, &mut err, &programs)), Exit::Violated);
    let out = String::from_utf8(out).unwrap();
    let difference = out.lines().skip_while(|line| !line.contains("not repeatable")).nth(2).unwrap();
    assert!(difference.contains(r#""rowsPut""#) && difference.contains("[2,2]"), "{difference}");
}

#[test]
fn blessed_rows_hold() {
    let file = scratch("bless").join("violated.yaml");
    fs::copy("tests/cli/violated.yaml", &file).unwrap();
    let (out, _, exit) = headwater(&format!("headwater run {} --bless", file.display()));
    assert_eq!(exit, Exit::Violated, "facts and checks are not blessed");
    assert!(out.contains("now says what came"), "{out}");
    assert!(!out.contains("put out other rows"), "{out}");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("rows: [[b, 1], [a, 2]]") && !text.contains("zebra"), "{text}");
    let (out, _, _) = headwater(&format!("headwater run {} --bless", file.display()));
    assert!(out.contains("is left as it is"), "{out}");
}

#[test]
fn a_trace_is_written_line_by_line() {
    let file = scratch("trace").join("trace.jsonl");
    headwater(&format!("headwater run tests/cli/held.yaml --trace {}", file.display()));
    let trace = fs::read(&file).unwrap();
    let records: Vec<_> = headwater::trace::read_trace(&trace[..]).collect::<Result<_, _>>().unwrap();
    assert!(records.len() > 50);
    let (_, err, exit) = headwater("headwater run tests/cli/held.yaml --trace no/such/directory/t");
    assert_eq!(exit, Exit::BadInput);
    assert!(err.contains("no/such/directory/t can't be written"), "{err}");
}

#[test]
fn a_new_scenario_is_never_written_over_another() {
    let path = scratch("new").join("mine");
    let arguments = format!("headwater new {}", path.display());
    assert_eq!(headwater(&arguments).2, Exit::Held);
    let written = path.with_extension("yaml");
    assert_eq!(Scenario::load(&written).unwrap().name, "mine");
    fs::write(&written, "mine").unwrap();
    let (_, err, exit) = headwater(&arguments);
    assert_eq!(exit, Exit::BadInput);
    assert!(err.contains("is there already"), "{err}");
    assert_eq!(fs::read_to_string(&written).unwrap(), "mine");
}

#[test]
fn help_has_examples_and_usage_errors_are_bad_input() {
    for command in ["run", "test", "new", "schema", "completions"] {
        let (out, _, exit) = headwater(&format!("headwater {command} --help"));
        assert!(exit == Exit::Held && out.contains("Example"), "{command}: {out}");
        assert!(out.lines().all(|line| line.chars().count() <= 80), "{command}: {out}");
    }
    let (_, err, exit) = headwater("headwater rum");
    assert!(exit == Exit::BadInput && err.contains("'run'"), "{err}");
    assert!(headwater("headwater completions bash").0.contains("_headwater"));
    assert_eq!(headwater("headwater schema").0, headwater::scenario::schema());
}

/// A pipe whose reader has gone.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_closed_pipe_changes_no_exit_code() {
    for (file, exit) in [("held", Exit::Held), ("violated", Exit::Violated), ("more/bad", Exit::BadInput)] {
        let (mut out, mut err) = (Closed, Closed);
        let arguments = ["headwater".into(), "run".into(), format!("tests/cli/{file}.yaml")];
        assert_eq!(execute(arguments, &mut Console::new(&mut out, &mut err, &word_count)), exit);
    }
}

#[test]
fn no_line_of_a_report_is_wider_than_the_terminal() {
    for file in ["held", "violated", "nothing"] {
        for line in headwater(&format!("headwater run tests/cli/{file}.yaml")).0.lines() {
            assert!(unicode_width::UnicodeWidthStr::width(line) <= 80, "{line}");
        }
    }
}

#[test]
#[cfg(not(feature = "python"))]
fn without_python_a_scenario_says_so() {
    let scenario = Scenario::load(Path::new("tests/cli/held.yaml")).unwrap();
    assert!(program_of(&scenario).is_err_and(|refused| refused.to_string().contains("has no Python")));
}

/// The Python file and the Rust program that stands in for it are the same program.
#[test]
#[cfg(feature = "python")]
fn the_python_program_gives_the_same_rows() {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = ["headwater", "run", "tests/cli/held.yaml"];
    assert_eq!(execute(arguments, &mut Console::new(&mut out, &mut err, &program_of)), Exit::Held);
}
