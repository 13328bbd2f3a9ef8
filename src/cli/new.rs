//! `headwater new`: a commented scenario to start from.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use super::{Console, Exit, Failure, look::Look};

/// Write a commented scenario to start from
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  headwater new word-count && headwater run word-count.yaml")]
pub struct Args {
    /// The scenario's name; NAME.yaml is written, and never overwritten
    name: PathBuf,
}

pub fn new(args: &Args, look: &Look, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let is_yaml = args.name.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    let path = if is_yaml { args.name.clone() } else { PathBuf::from(format!("{}.yaml", args.name.display())) };
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let shown = path.display();
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::Usage(format!("{shown} is there already, and is left as it is")),
        _ => Failure::Io(format!("{shown} can't be written"), error),
    };
    let mut file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(failed)?;
    file.write_all(crate::scenario::template(&name).as_bytes()).map_err(failed)?;
    writeln!(console.out, "{} {shown}", look.held("written"))?;
    writeln!(console.out, "run it: headwater run {}", super::verdict::shell(&shown.to_string()))?;
    Ok(Exit::Held)
}
