//! The house rules that a compiler doesn't know: rooms use only what stands below them, files are short and open with
//! what they are about, and nothing unfinished or untidy is left lying about.
#![allow(clippy::disallowed_methods, reason = "reads the sources of the package")]

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms of `src`, bottom-up: each may use those before it.
const ROOMS: [&str; 17] = [
    "value",
    "trace",
    "verify",
    "sim",
    "conf",
    "sql",
    "structured",
    "external",
    "cluster",
    "dstream",
    "query",
    "application",
    "program",
    "conformance",
    "scenario",
    "live",
    "cli",
];

/// Files of `src` that stand above all rooms.
const ROOF: [&str; 2] = ["lib.rs", "main.rs"];

const LONGEST_FILE: usize = 600;

/// Directories that are written by others or by tools, or (`tests/bad`) wrong on purpose.
const FOREIGN: [&str; 7] =
    ["target", "target-light", "tests/conformance", "snapshots", "proptest-regressions", "tests/bad", ".git"];

/// A text file of the package: its path from the root, and what it holds.
struct Text {
    path: String,
    content: String,
}

/// All text files of these kinds, in order.
fn texts(extensions: &[&str]) -> Vec<Text> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(root, &mut files);
    files.sort();
    let wanted = |path: &PathBuf| path.extension().is_some_and(|it| extensions.iter().any(|wanted| it == *wanted));
    let read = |path: PathBuf| Text {
        path: path.strip_prefix(root).expect("below the root").display().to_string(),
        // Bad inputs for the tests of diagnostics need not even be text.
        content: String::from_utf8_lossy(&fs::read(&path).expect("a readable file")).into_owned(),
    };
    files.into_iter().filter(wanted).map(read).collect()
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            files.push(path);
        } else if !FOREIGN.iter().any(|foreign| path.ends_with(foreign)) {
            collect(&path, files);
        }
    }
}

/// The Rust files of `src`.
fn sources() -> Vec<Text> {
    texts(&["rs"]).into_iter().filter(|text| text.path.starts_with("src/")).collect()
}

/// Fails with every complaint there is, not with the first one.
fn assert_none(complaints: impl IntoIterator<Item = String>) {
    let complaints: Vec<String> = complaints.into_iter().collect();
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

/// The first name of every path in the code that starts at the crate's root, those of `use crate::{a, b}` included.
fn used_rooms(code: &str) -> Vec<String> {
    let code: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let name = |text: &str| -> String {
        text.trim_start().chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
    };
    let mut used = Vec::new();
    for rest in code.split("crate::").skip(1) {
        let Some(group) = rest.strip_prefix('{') else {
            used.push(name(rest));
            continue;
        };
        used.push(name(group));
        let mut depth = 1;
        for (position, letter) in group.char_indices() {
            match letter {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => used.push(name(&group[position + 1..])),
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    used.retain(|name| !name.is_empty());
    used
}

#[test]
fn paths_are_found_in_all_their_forms() {
    let code = "use crate::a::B;\n// crate::not\nuse crate::{b, c::{D, E},\n    d::F};\nfn f() { crate::e::g() }\n";
    assert_eq!(used_rooms(code), ["a", "b", "c", "d", "e"]);
}

#[test]
fn a_room_uses_only_what_stands_below_it() {
    let floor = |room: &str| ROOMS.iter().position(|it| *it == room);
    let mut complaints = Vec::new();
    for Text { path, content } in sources() {
        let inside = path.trim_start_matches("src/");
        if ROOF.contains(&inside) {
            continue;
        }
        let room = inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs");
        let Some(here) = floor(room) else {
            complaints.push(format!("{path}: `{room}` is not in the table of rooms"));
            continue;
        };
        for used in used_rooms(&content) {
            // A name that is no room is a macro or an item of the roof.
            if floor(&used).is_some_and(|there| there > here) {
                complaints.push(format!("{path}: `{room}` uses `{used}`, which stands above it"));
            }
        }
    }
    assert_none(complaints);
}

#[test]
fn every_module_opens_with_what_it_is_about() {
    let silent = sources().into_iter().filter(|text| !text.content.starts_with("//!"));
    assert_none(silent.map(|text| format!("{}: the first line is no `//!`", text.path)));
}

#[test]
fn no_source_file_is_too_long() {
    let length = |text: &Text| text.content.lines().count();
    let long = sources().into_iter().filter(|text| length(text) > LONGEST_FILE);
    assert_none(long.map(|text| format!("{}: {} lines; look for the second idea in it", text.path, length(&text))));
}

#[test]
fn nothing_is_left_unfinished() {
    let mut complaints = Vec::new();
    for Text { path, content } in texts(&["rs"]) {
        for name in ["todo", "unimplemented", "dbg"] {
            let call = format!("{name}!(");
            let lines = content.lines().zip(1..).filter(|(line, _)| line.contains(&call));
            complaints.extend(lines.map(|(_, number)| format!("{path}:{number}: `{name}!`")));
        }
    }
    assert_none(complaints);
}

#[test]
fn no_line_holds_a_tab_or_ends_in_a_space() {
    let mut complaints = Vec::new();
    for Text { path, content } in texts(&["rs", "md", "toml", "yaml", "yml", "py"]) {
        for (line, number) in content.lines().zip(1..) {
            if line.contains('\t') {
                complaints.push(format!("{path}:{number}: a tab"));
            }
            if line.ends_with(' ') {
                complaints.push(format!("{path}:{number}: a space at the end"));
            }
        }
    }
    assert_none(complaints);
}

#[test]
fn a_page_has_one_title() {
    let mut complaints = Vec::new();
    for Text { path, content } in texts(&["md"]) {
        let mut fenced = false;
        let mut titles = 0;
        for line in content.lines() {
            if line.trim_start().starts_with("```") {
                fenced = !fenced;
            } else if !fenced && line.starts_with("# ") {
                titles += 1;
            }
        }
        if titles != 1 {
            complaints.push(format!("{path}: {titles} titles"));
        }
    }
    assert_none(complaints);
}

#[test]
fn continuous_integration_runs_the_test_command_of_the_readme() {
    let read = |path| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("a text file");
    let (readme, script) = (read("README.md"), read(".ci/run"));
    let marker = "<!-- test-command -->\n```";
    let [_, after] = readme.split(marker).collect::<Vec<_>>()[..] else {
        panic!("the README needs exactly one `<!-- test-command -->`, right above a fenced block");
    };
    let command = after.lines().skip(1).take_while(|line| !line.starts_with("```")).collect::<Vec<_>>();
    assert!(command.iter().any(|line| line.contains("cargo test")), "the README's command runs no tests: {command:?}");
    assert!(script.contains("<!-- test-command -->"), ".ci/run does not look for the README's command");
    assert!(!script.contains("cargo test"), ".ci/run has a test command of its own, which will drift");
}
