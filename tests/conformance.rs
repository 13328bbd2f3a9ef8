//! Every case of the corpus, as real Spark recorded it.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests read the project's own files")]
#![cfg(feature = "python")]

use headwater::conformance::{Case, run};

fn holds(directory: &str) {
    let path = format!("{}/tests/conformance/{directory}", env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<_> = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let mut differing = Vec::new();
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        let outcome = run(&Case::parse(&file.to_string_lossy(), &text).unwrap());
        if !outcome.holds() {
            differing.push(outcome.to_string());
        }
    }
    assert!(differing.is_empty(), "{} of {} cases differ:\n{}", differing.len(), files.len(), differing.join("\n"));
}

#[test]
fn dstream_cases_hold() {
    holds("dstream");
}

#[test]
fn more_dstream_cases_hold() {
    holds("dstream-more");
}

#[test]
fn structured_cases_hold() {
    holds("structured");
}
