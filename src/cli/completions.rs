//! `headwater completions`: what a shell needs to complete this command line.

use std::io::Write;

use super::{Console, Exit, Failure};

/// Print completions for a shell
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  headwater completions bash > ~/.local/share/bash-completion/completions/headwater\n  \
    headwater completions fish > ~/.config/fish/completions/headwater.fish"
)]
pub struct Args {
    shell: clap_complete::Shell,
}

pub fn completions(args: &Args, command: &mut clap::Command, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, command, "headwater", &mut script);
    console.out.write_all(&script)?;
    Ok(Exit::Held)
}
