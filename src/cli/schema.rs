//! `headwater schema`: the JSON Schema of scenario files, for editors.

use std::io::Write;

use super::{Console, Exit, Failure};

/// Print the JSON Schema of scenario files, for editors
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  headwater schema > scenario.schema.json\n\n\
    In an editor that speaks YAML, the first line of a scenario then names it:\n  \
    # yaml-language-server: $schema=scenario.schema.json")]
pub struct Args {}

pub fn schema(Args {}: &Args, console: &mut Console<'_>) -> Result<Exit, Failure> {
    write!(console.out, "{}", crate::scenario::schema())?;
    Ok(Exit::Held)
}
