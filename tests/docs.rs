//! The documentation keeps its word: its example is a test that runs, what it links to and names is there, and its
//! references leave nothing out.
#![allow(clippy::disallowed_methods, reason = "reads the documentation of the package")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use headwater::scenario::schema;
use serde_json::Value as Json;

const PAGES: [&str; 7] = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "docs/architecture.md",
    "docs/cli.md",
    "docs/fidelity.md",
    "docs/scenario-file.md",
];

/// Folders whose files a page may name in code spans.
const FOLDERS: [&str; 7] = ["src/", "tests/", "docs/", "examples/", "scenarios/", "benches/", ".ci/"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(page: &str) -> String {
    fs::read_to_string(root().join(page)).unwrap_or_else(|error| panic!("{page}: {error}"))
}

/// The page without its fenced blocks.
fn prose(page: &str) -> String {
    let mut fenced = false;
    let text = read(page);
    let lines = text.lines().filter(|line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What stands between two marks, as often as it does.
fn between<'a>(text: &'a str, open: &'a str, close: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(open).skip(1).filter_map(move |rest| rest.split_once(close)).map(|(inside, _)| inside)
}

/// The code spans of a page.
fn spans(prose: &str) -> impl Iterator<Item = &str> {
    prose.split('`').skip(1).step_by(2)
}

fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn the_example_of_the_readme_is_a_test_that_runs() {
    let block = format!("```rust\n{}```\n", read("tests/readme.rs"));
    assert!(read("README.md").contains(&block), "the README's Rust block is not the text of tests/readme.rs");
}

#[test]
fn links_lead_somewhere() {
    let mut complaints = Vec::new();
    for page in PAGES {
        let folder = root().join(page).parent().expect("a page is in a folder").to_owned();
        let text = prose(page);
        let targets = between(&text, "](", ")").filter(|target| !target.contains("://") && !target.starts_with('#'));
        for target in targets {
            let file = target.split('#').next().unwrap_or(target);
            if !folder.join(file).exists() {
                complaints.push(format!("{page}: there is no {target}"));
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn files_that_are_named_are_there() {
    let mut complaints = Vec::new();
    for page in PAGES {
        let text = prose(page);
        let paths = spans(&text).filter(|span| FOLDERS.iter().any(|folder| span.starts_with(folder)));
        // A pattern, a placeholder or a command is no path.
        for path in paths.filter(|span| !span.contains(['*', '<', '{', ' ']) && !span.contains("NAME")) {
            if !root().join(path).exists() {
                complaints.push(format!("{page}: there is no {path}"));
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn conformance_cases_that_are_named_are_there() {
    let text = prose("docs/fidelity.md");
    let cases: Vec<&str> =
        spans(&text).filter_map(|span| span.strip_prefix("dstream/")).filter(|case| *case != "NAME").collect();
    assert!(cases.len() > 20, "the page names the cases that hold it up");
    let missing =
        cases.into_iter().filter(|case| !root().join(format!("tests/conformance/dstream/{case}.json")).exists());
    assert_none(&missing.map(|case| format!("docs/fidelity.md: there is no case {case}")).collect::<Vec<_>>());
}

/// The names of all fields in a schema.
fn fields(schema: &Json, found: &mut BTreeSet<String>) {
    match schema {
        Json::Object(members) => {
            if let Some(Json::Object(properties)) = members.get("properties") {
                found.extend(properties.keys().cloned());
            }
            members.values().for_each(|member| fields(member, found));
        }
        Json::Array(members) => members.iter().for_each(|member| fields(member, found)),
        _ => {}
    }
}

#[test]
fn every_field_of_a_scenario_is_described() {
    let schema: Json = serde_json::from_str(&schema()).expect("the schema is JSON");
    let mut names = BTreeSet::new();
    fields(&schema, &mut names);
    let text = prose("docs/scenario-file.md");
    let described: BTreeSet<&str> = spans(&text).collect();
    let missing = names.iter().filter(|name| !described.contains(name.as_str()));
    assert_none(&missing.map(|name| format!("docs/scenario-file.md says nothing of `{name}`")).collect::<Vec<_>>());
}
