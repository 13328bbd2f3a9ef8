//! `headwater test`: all scenarios below some paths, one world a thread, and a summary.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value as Json, json};
use unicode_width::UnicodeWidthStr;

use super::console::Programs;
use super::look::{Look, count, span};
use super::{Console, Exit, Failure, Format, diagnostic, discover, document, junit, verdict};
use crate::scenario::{self, Judgement, Outcome, Scenario};

/// Run all scenarios below some paths
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  headwater test scenarios\n  headwater test scenarios --jobs 1 --junit report.xml\n  \
    headwater test a.yaml b.yaml --format json"
)]
pub struct Args {
    /// Scenario files, or directories with scenarios somewhere below
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Scenarios that run at a time; as many as there are cores, if not given
    #[arg(long, value_name = "COUNT")]
    jobs: Option<NonZeroUsize>,
    /// Write a JUnit report
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// What the report is made for
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// What became of one file.
pub struct Case {
    /// The scenario's path as it was found.
    pub file: String,
    /// Its name, if it could be read.
    pub name: Option<String>,
    /// `None` for bad input.
    pub judgement: Option<Judgement>,
    /// The first thing that is wrong, in one line.
    pub message: String,
    /// All that is wrong, as people read it.
    pub details: String,
    /// How long it took.
    pub wall: Duration,
    headline: String,
    document: Json,
}

pub fn test(args: &Args, look: &Look, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let files = files(&args.paths)?;
    let jobs = args.jobs.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    let widest = files.iter().map(|file| file.display().to_string().width()).max().unwrap_or(0).min(look.width / 2);
    let progress = progress(files.len(), console.is_watched && args.format == Format::Text);
    let began = Instant::now();
    let mut cases = Vec::with_capacity(files.len());
    let mut result = Ok(());
    run_all(&files, jobs.min(files.len()), look, console.programs, |case: Case| {
        progress.inc(1);
        if args.format == Format::Text && result.is_ok() {
            result = progress.suspend(|| tell(&case, widest, look, console));
        }
        cases.push(case);
    });
    progress.finish_and_clear();
    result?;
    let wall = began.elapsed();
    if let Some(path) = &args.junit {
        let failed = |error| Failure::Io(format!("{} can't be written", path.display()), error);
        std::fs::write(path, junit::report(&cases, wall)).map_err(failed)?;
    }
    let of = |judgement| cases.iter().filter(|case| case.judgement == judgement).count();
    let held = of(Some(Judgement::Held));
    let (violated, nothing, bad) = (of(Some(Judgement::Violated)), of(Some(Judgement::TestedNothing)), of(None));
    match args.format {
        Format::Text => {
            let mut parts = vec![look.held(&format!("{held} held"))];
            let more = [
                (violated, look.violated(&format!("{violated} violated"))),
                (nothing, look.untested(&format!("{nothing} tested nothing"))),
                (bad, look.violated(&format!("{bad} bad input"))),
            ];
            parts.extend(more.into_iter().filter(|(count, _)| *count > 0).map(|(_, words)| words));
            let scenarios = count(cases.len(), "scenario", "scenarios");
            let wall = look.faint(format!("in {}", span(wall.as_micros() as u64)));
            let gap = if cases.last().is_some_and(|case| case.judgement == Some(Judgement::Held)) { "\n" } else { "" };
            writeln!(console.out, "{gap}{scenarios}: {}  {wall}", parts.join("  "))?;
        }
        Format::Json => {
            let documents: Vec<&Json> = cases.iter().map(|case| &case.document).collect();
            let counts = json!({ "held": held, "violated": violated, "testedNothing": nothing, "badInput": bad });
            writeln!(console.out, "{:#}", json!({ "counts": counts, "scenarios": documents }))?;
        }
    }
    Ok(match (violated + nothing, bad) {
        (0, 0) => Exit::Held,
        (0, _) => Exit::BadInput,
        _ => Exit::Violated,
    })
}

/// All scenarios that are meant, each once.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files: Vec<PathBuf> = Vec::new();
    for path in paths {
        let found = discover::scenarios(path)
            .map_err(|(path, error)| Failure::Io(format!("{} can't be read", path.display()), error))?;
        if found.is_empty() {
            return Err(Failure::Usage(format!("there are no scenarios below {}", path.display())));
        }
        for file in found {
            if !files.contains(&file) {
                files.push(file);
            }
        }
    }
    Ok(files)
}

fn progress(files: usize, is_shown: bool) -> ProgressBar {
    let target = if is_shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {elapsed}");
    let bar = ProgressBar::with_draw_target(Some(files as u64), target);
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Runs all files on so many threads and hands over what became of them, in their order, each as soon as it is there.
fn run_all(files: &[PathBuf], jobs: usize, look: &Look, programs: Programs<'_>, mut hand_over: impl FnMut(Case)) {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                while let Some((number, file)) = take(files, next) {
                    // Nobody listens any more only where the thread that listens has panicked.
                    let _ = sender.send((number, case(file, look, programs)));
                }
            });
        }
        drop(sender);
        let mut early = std::collections::BTreeMap::new();
        let mut wanted = 0;
        for (number, case) in receiver {
            early.insert(number, case);
            while let Some(case) = early.remove(&wanted) {
                hand_over(case);
                wanted += 1;
            }
        }
    });
}

fn take<'a>(files: &'a [PathBuf], next: &AtomicUsize) -> Option<(usize, &'a PathBuf)> {
    let number = next.fetch_add(1, Ordering::Relaxed);
    files.get(number).map(|file| (number, file))
}

fn case(path: &Path, look: &Look, programs: Programs<'_>) -> Case {
    let file = path.display().to_string();
    let began = Instant::now();
    let bad = |name, bad: &dyn miette::Diagnostic, document| Case {
        file: file.clone(),
        name,
        judgement: None,
        message: bad.to_string(),
        details: diagnostic::render(bad, look),
        wall: began.elapsed(),
        headline: look.violated("bad input"),
        document,
    };
    let scenario = match Scenario::load(path) {
        Ok(scenario) => scenario,
        Err(error) => return bad(None, &error, document::bad_scenario(&error)),
    };
    match scenario::run(&scenario, programs(&scenario), &mut |_, _, _| {}) {
        Err(error) => bad(Some(scenario.name), error.diagnostic(), document::run_error(&file, &error)),
        Ok(outcome) => judged(file, &scenario, &outcome, began.elapsed(), look),
    }
}

fn judged(file: String, scenario: &Scenario, outcome: &Outcome, wall: Duration, look: &Look) -> Case {
    let judgement = outcome.verdict.judgement();
    let mut details = Vec::new();
    // Writing to memory does not fail.
    let _ = verdict::details(scenario, outcome, look, &mut details);
    if judgement != Judgement::Held {
        let _ = writeln!(details);
        let _ = verdict::facts(&file, outcome, wall, look, &mut details);
    }
    let message = match (outcome.verdict.violations.first(), judgement) {
        (Some(violation), _) => violation.mismatch.headline(),
        (None, Judgement::TestedNothing) => "no record was processed".into(),
        (None, _) => String::new(),
    };
    Case {
        document: document::short(&file, &scenario.name, outcome),
        name: Some(scenario.name.clone()),
        judgement: Some(judgement),
        message,
        details: String::from_utf8_lossy(&details).into_owned(),
        wall,
        headline: verdict::headline(&outcome.verdict, look),
        file,
    }
}

/// One line for a case that held; what is wrong stands between empty lines.
fn tell(case: &Case, widest: usize, look: &Look, console: &mut Console<'_>) -> std::io::Result<()> {
    let wall = look.faint(span(case.wall.as_micros() as u64));
    let padding = " ".repeat(widest.saturating_sub(case.file.width()));
    writeln!(console.out, "{}{padding}  {}  {wall}", look.strong(&case.file), case.headline)?;
    if case.judgement != Some(Judgement::Held) {
        for line in case.details.lines() {
            writeln!(console.out, "{}", format!("  {line}").trim_end())?;
        }
        writeln!(console.out)?;
    }
    Ok(())
}
