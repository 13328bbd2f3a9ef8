//! `headwater run`: one scenario, told while it runs, and its verdict.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::narrator::Narrator;
use super::{Console, Exit, Failure, Format, diagnostic, document, look::Look, look::count, verdict};
use crate::scenario::{self, Judgement, Outcome, RunError, Scenario};
use crate::trace::{Record, write_record};

/// Run a scenario and judge what comes out
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  headwater run word-count.yaml\n  headwater run word-count.yaml --seed 7 --check\n  \
    headwater run word-count.yaml --bless       # write the rows that came into the file\n  \
    headwater run word-count.yaml --trace t.jsonl && grep crash t.jsonl"
)]
pub struct Args {
    /// The scenario's file
    file: PathBuf,
    /// Seed of all random choices, instead of the scenario's
    #[arg(long)]
    seed: Option<u64>,
    /// Run twice and show the first event that differs
    #[arg(long, conflicts_with = "bless")]
    check: bool,
    /// Write every event as a line of JSON
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Write the rows and lines that came into the scenario's expectations
    #[arg(long)]
    bless: bool,
    /// Rows of each output that are shown
    #[arg(long, default_value_t = 20, value_name = "COUNT")]
    rows: usize,
    /// What the report is made for
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub fn run(args: &Args, look: &Look, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let path = args.file.display().to_string();
    let mut scenario = match Scenario::load(&args.file) {
        Ok(scenario) => scenario,
        Err(bad) => return refuse(args, &bad, document::bad_scenario(&bad), look, console),
    };
    scenario.seed = args.seed.unwrap_or(scenario.seed);
    let is_text = args.format == Format::Text;
    if is_text {
        introduce(&scenario, look, console)?;
    }
    let mut trace = args.trace.as_deref().map(Trace::create).transpose()?;
    let mut records = Vec::new();
    let mut narrator = is_text.then(|| Narrator::new(&mut console.out, look, scenario.start, args.rows));
    let began = Instant::now();
    let result = scenario::run(&scenario, (console.programs)(&scenario), &mut |record, completed, summary| {
        if let Some(trace) = &mut trace {
            trace.write(record);
        }
        if args.check {
            records.push(record.clone());
        }
        if let Some(narrator) = &mut narrator {
            narrator.tell(record, completed, summary);
        }
    });
    let wall = began.elapsed();
    narrator.map_or(Ok(()), Narrator::finish)?;
    trace.map_or(Ok(()), Trace::finish)?;
    let mut outcome = match result {
        Ok(outcome) => outcome,
        Err(error) => {
            return refuse(args, error.diagnostic(), document::run_error(&path, &error), look, console);
        }
    };
    let blessing = if args.bless { Some(bless(args, &mut scenario, &mut outcome)?) } else { None };
    let difference = if args.check { second_run(&scenario, &records, console)? } else { None };
    if is_text {
        if let Some(blessing) = blessing {
            writeln!(console.out, "\n{blessing}")?;
        }
        verdict::details(&scenario, &outcome, look, &mut console.out)?;
        writeln!(console.out, "\n{}", verdict::headline(&outcome.verdict, look))?;
        if args.check {
            tell_difference(difference.as_ref(), records.len(), look, console)?;
        }
        verdict::facts(&path, &outcome, wall, look, &mut console.out)?;
    } else {
        let mut document = document::outcome(&path, &scenario.name, &outcome);
        if args.check {
            document["repeatable"] = difference.is_none().into();
        }
        writeln!(console.out, "{document:#}")?;
    }
    match outcome.verdict.judgement() {
        Judgement::Held if difference.is_none() => Ok(Exit::Held),
        _ => Ok(Exit::Violated),
    }
}

/// Tells what is wrong with the input: people at the error stream, programs at the output.
fn refuse(
    args: &Args,
    bad: &dyn miette::Diagnostic,
    document: serde_json::Value,
    look: &Look,
    console: &mut Console<'_>,
) -> Result<Exit, Failure> {
    match args.format {
        Format::Text => write!(console.err, "{}", diagnostic::render(bad, look))?,
        Format::Json => writeln!(console.out, "{document:#}")?,
    }
    Ok(Exit::BadInput)
}

fn introduce(scenario: &Scenario, look: &Look, console: &mut Console<'_>) -> Result<(), Failure> {
    let about = look.wrap(&format!("{}: {}", scenario.name, scenario.about), 0);
    writeln!(console.out, "{}", look.strong(about))?;
    if let Some(notice) = &scenario.notice {
        writeln!(console.out, "{}", look.faint(look.wrap(notice, 0)))?;
    }
    writeln!(console.out)?;
    Ok(())
}

/// A trace file that is being written.
struct Trace<'a> {
    path: &'a Path,
    file: BufWriter<File>,
    result: std::io::Result<()>,
}

impl<'a> Trace<'a> {
    fn create(path: &'a Path) -> Result<Self, Failure> {
        let file = File::create(path).map_err(|error| Trace::failure(path, error))?;
        Ok(Trace { path, file: BufWriter::new(file), result: Ok(()) })
    }

    fn write(&mut self, record: &Record) {
        if self.result.is_ok() {
            self.result = write_record(record, &mut self.file);
        }
    }

    fn finish(mut self) -> Result<(), Failure> {
        self.result.and_then(|()| self.file.flush()).map_err(|error| Trace::failure(self.path, error))
    }

    fn failure(path: &Path, error: std::io::Error) -> Failure {
        Failure::Io(format!("{} can't be written", path.display()), error)
    }
}

/// Writes what came into the scenario's file, and judges the run by the new one.
fn bless(args: &Args, scenario: &mut Scenario, outcome: &mut Outcome) -> Result<String, Failure> {
    let path = args.file.display();
    if outcome.summary.ended.iter().flatten().next().is_some() {
        return Ok(format!("{path} is left as it is: what a failed program put out is nobody's expectation"));
    }
    let text = scenario::bless(scenario, &outcome.actual());
    if text == scenario.source.text() {
        return Ok(format!("{path} is left as it is: it says already what came"));
    }
    let seed = scenario.seed;
    let folder = args.file.parent().unwrap_or(Path::new(""));
    let blessed = Scenario::from_str(scenario.source.name(), &text, &|program| fs::read(folder.join(program)));
    // The rows of a run are data that every reader of YAML reads back; were it otherwise, the file must not be lost.
    *scenario = blessed.map_err(|bad| Failure::Usage(format!("{path} can't be blessed: {bad}")))?;
    scenario.seed = seed;
    fs::write(&args.file, &text).map_err(|error| Failure::Io(format!("{path} can't be written"), error))?;
    outcome.judge_again(scenario);
    Ok(format!("{path} now says what came: look at it before you keep it"))
}

/// What came the first time and the second, at the first event that differs, by its number.
struct Divergence {
    number: usize,
    first: Option<Record>,
    second: Option<Record>,
}

fn second_run(scenario: &Scenario, first: &[Record], console: &Console<'_>) -> Result<Option<Divergence>, Failure> {
    let mut number = 0;
    let mut divergence = None;
    let result = scenario::run(scenario, (console.programs)(scenario), &mut |record, _, _| {
        if divergence.is_none() && first.get(number) != Some(record) {
            let (first, second) = (first.get(number).cloned(), Some(record.clone()));
            divergence = Some(Divergence { number, first, second });
        }
        number += 1;
    });
    match result {
        Err(RunError::Program(refused)) => Err(Failure::Usage(refused.to_string())),
        Err(RunError::Scenario(bad)) => Err(Failure::Usage(bad.to_string())),
        Ok(_) if divergence.is_none() && number < first.len() => {
            Ok(Some(Divergence { number, first: first.get(number).cloned(), second: None }))
        }
        Ok(_) => Ok(divergence),
    }
}

fn tell_difference(
    difference: Option<&Divergence>,
    events: usize,
    look: &Look,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let Some(Divergence { number, first, second }) = difference else {
        let events = count(events, "event", "events");
        writeln!(console.out, "{}  {events} came twice, to the bit", look.held("repeatable"))?;
        return Ok(());
    };
    writeln!(console.out, "{}  event {number} differs:", look.violated("not repeatable"))?;
    for (which, record) in [("first", first), ("second", second)] {
        let text = record.as_ref().map(|record| serde_json::to_string(record).unwrap_or_default());
        writeln!(console.out, "  {which:<6}  {}", text.unwrap_or_else(|| "no event: the run was over".into()))?;
    }
    Ok(())
}
