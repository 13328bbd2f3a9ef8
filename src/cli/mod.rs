//! The command line: what a person types and reads.
//!
//! A command is a file. All of them write to a [`Console`], which tests replace, and return an [`Exit`]. What they show
//! is folded from the trace and the verdict; nothing is decided here.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "commands touch the machine: its files, \
    its clock, its threads and its environment; none of it reaches a world"
)]

mod completions;
#[cfg(feature = "python")]
mod conformance;
mod console;
mod diagnostic;
mod discover;
mod document;
mod junit;
#[cfg(feature = "python")]
mod live;
mod look;
mod narrator;
mod new;
mod run;
mod schema;
mod table;
mod test;
mod verdict;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub use console::{Console, Programs};

use crate::scenario::program_of;
use look::Look;

/// How a command ends, and with it the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All held.
    Held = 0,
    /// Something was violated, or nothing tested.
    Violated = 1,
    /// What was given can't be used.
    BadInput = 2,
}

impl Exit {
    /// The process's exit code.
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// Why a command can't go on.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// Something could not be written or read.
    #[error("{0}: {1}")]
    Io(String, std::io::Error),
    /// What was given can't be used.
    #[error("{0}")]
    Usage(String),
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Failure::Io("the output can't be written".into(), error)
    }
}

/// A deterministic simulation of stream processing with Apache Spark's semantics.
#[derive(Debug, Parser)]
#[command(name = "headwater", version, disable_help_subcommand = true, after_help = EXIT_CODES)]
struct Cli {
    /// Draw with ASCII only
    #[arg(long, global = true)]
    ascii: bool,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 all held, 1 something was violated, 2 bad input.";

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Args),
    Test(test::Args),
    #[cfg(feature = "python")]
    Live(live::Args),
    #[cfg(feature = "python")]
    Conformance(conformance::Args),
    New(new::Args),
    Schema(schema::Args),
    Completions(completions::Args),
}

/// What output is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// People.
    Text,
    /// Programs.
    Json,
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let (mut out, mut err) = (anstream::stdout(), anstream::stderr());
    let mut console = Console::of_process(&mut out, &mut err, &program_of);
    execute(std::env::args_os(), &mut console).code().into()
}

/// Runs one command line, the program's name first.
pub fn execute(args: impl IntoIterator<Item = impl Into<OsString> + Clone>, console: &mut Console<'_>) -> Exit {
    let command = Cli::command().term_width(console.width.min(100));
    let cli = match command.try_get_matches_from(args).and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            let text = error.render().ansi().to_string();
            let exit = if error.use_stderr() { Exit::BadInput } else { Exit::Held };
            let written =
                if error.use_stderr() { write!(console.err, "{text}") } else { write!(console.out, "{text}") };
            return written.map_or(Exit::BadInput, |()| exit);
        }
    };
    let look = Look::new(cli.ascii, console.width);
    let result = match cli.command {
        Command::Run(args) => run::run(&args, &look, console),
        Command::Test(args) => test::test(&args, &look, console),
        #[cfg(feature = "python")]
        Command::Live(args) => live::live(&args, &look, console),
        #[cfg(feature = "python")]
        Command::Conformance(args) => conformance::conformance(&args, &look, console),
        Command::New(args) => new::new(&args, &look, console),
        Command::Schema(args) => schema::schema(&args, console),
        Command::Completions(args) => completions::completions(&args, &mut Cli::command(), console),
    };
    result.unwrap_or_else(|failure| {
        // Where errors can't be written either, the exit code has to do.
        let _ = writeln!(console.err, "{} {failure}", look.bad("error:"));
        Exit::BadInput
    })
}
