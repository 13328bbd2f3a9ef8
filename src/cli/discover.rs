//! Finds the scenarios below a path.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Fields at the start of a line by which a YAML file is taken for a scenario, good or bad.
const MARKS: [&str; 4] = ["program:", "about:", "timeline:", "expect:"];

/// The scenarios that are meant by a path: itself if it is a file, or all YAML files below it that look like one, in
/// order. Hidden directories, links to directories and build directories are passed over.
///
/// # Errors
///
/// The path that can't be read, and why.
pub fn scenarios(path: &Path) -> Result<Vec<PathBuf>, (PathBuf, io::Error)> {
    let at = |error| (path.to_owned(), error);
    if !fs::metadata(path).map_err(at)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut entries: Vec<PathBuf> = fs::read_dir(path)
        .map_err(at)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(at)?;
    entries.sort();
    let mut found = Vec::new();
    for entry in entries {
        let kind = fs::symlink_metadata(&entry).map_err(at)?;
        let name = entry.file_name().unwrap_or_default().to_string_lossy();
        if kind.is_dir() && !name.starts_with('.') && name != "target" {
            found.extend(scenarios(&entry)?);
        } else if !kind.is_dir() && is_yaml(&entry) && entry.is_file() && looks_like_a_scenario(&entry) {
            found.push(entry);
        }
    }
    Ok(found)
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

/// A file that can't be read is one: running it will say why.
fn looks_like_a_scenario(path: &Path) -> bool {
    let Ok(bytes) = fs::read(path) else { return true };
    let text = String::from_utf8_lossy(&bytes);
    text.lines().any(|line| MARKS.iter().any(|mark| line.starts_with(mark)))
}
