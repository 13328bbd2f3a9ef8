//! `headwater conformance`: cases recorded on real Spark, run here and compared.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::look::{Look, count};
use super::{Console, Exit, Failure, Format};
use crate::conformance::{Case, Outcome, run};

/// Run cases recorded on real Spark and compare row by row
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  headwater conformance tests/conformance/dstream\n  \
    headwater conformance word-count.json --format json")]
pub struct Args {
    /// Case files, or directories with cases somewhere below
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// What the report is made for
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub fn conformance(args: &Args, look: &Look, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let mut files = Vec::new();
    for path in &args.paths {
        collect(path, &mut files)?;
    }
    if files.is_empty() {
        return Err(Failure::Usage("there are no case files (*.json) there".into()));
    }
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(files.len());
    for file in &files {
        let text = fs::read_to_string(file)
            .map_err(|error| Failure::Io(format!("{} can't be read", file.display()), error))?;
        let case =
            Case::parse(&file.display().to_string(), &text).map_err(|error| Failure::Usage(error.to_string()))?;
        let outcome = run(&case);
        if args.format == Format::Text && !outcome.holds() {
            writeln!(console.out, "{}  {}", look.violated("differs"), outcome.name)?;
            for difference in &outcome.differences {
                writeln!(console.out, "    {}", look.wrap(difference, 4))?;
            }
        }
        outcomes.push(outcome);
    }
    let differing = outcomes.iter().filter(|outcome| !outcome.holds()).count();
    let holding = outcomes.len() - differing;
    match args.format {
        Format::Text => {
            let cases = count(outcomes.len(), "case", "cases");
            let mut parts = vec![look.held(&format!("{holding} held"))];
            if differing > 0 {
                parts.push(look.violated(&format!("{differing} differ")));
            }
            writeln!(console.out, "{cases}: {}", parts.join("  "))?;
        }
        Format::Json => {
            let counts = json!({ "held": holding, "differ": differing });
            writeln!(console.out, "{:#}", json!({ "counts": counts, "cases": outcomes }))?;
        }
    }
    Ok(if differing == 0 { Exit::Held } else { Exit::Violated })
}

/// The case files below a path, in order.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let failed = |error| Failure::Io(format!("{} can't be read", path.display()), error);
    if !fs::metadata(path).map_err(failed)?.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let entries = fs::read_dir(path).map_err(failed)?;
    let mut entries: Vec<PathBuf> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().map_err(failed)?;
    entries.sort();
    for entry in entries {
        if entry.is_dir() || entry.extension().is_some_and(|extension| extension == "json") {
            collect(&entry, files)?;
        }
    }
    Ok(())
}
