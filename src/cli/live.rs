//! `headwater live`: a program on the wall clock, with the real sockets it names.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use miette::Diagnostic;

use super::look::Look;
use super::narrator::Narrator;
use super::{Console, Exit, Failure, diagnostic};
use crate::application::{Options, Run, Simulation};
use crate::live::{self, Recording};
use crate::program;
use crate::scenario::{self, RecordedRun, Scenario};
use crate::sim::{Duration, Time};
use crate::trace::FailureReason;

/// Run a program on the wall clock with the real sockets it names
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  nc -lk 9999                                        # in another terminal\n  \
    headwater live examples/network_wordcount.py       # Ctrl-C stops gracefully\n  \
    headwater live job.py --record seen.yaml           # and headwater run seen.yaml again")]
pub struct Args {
    /// The PySpark program
    program: PathBuf,
    /// What the program finds in sys.argv after its own name
    args: Vec<String>,
    /// Write what arrived, and when, as a scenario
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Seed of all random choices
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Rows of each output that are shown
    #[arg(long, default_value_t = 10, value_name = "COUNT")]
    rows: usize,
}

pub fn live(args: &Args, look: &Look, console: &mut Console<'_>) -> Result<Exit, Failure> {
    let file = args.program.display().to_string();
    let text =
        fs::read_to_string(&args.program).map_err(|error| Failure::Io(format!("{file} can't be read"), error))?;
    if let Some(path) = args.record.as_deref().filter(|path| path.exists()) {
        return Err(Failure::Usage(format!("{} is there already; name another file to record to", path.display())));
    }
    let program = match program::load(&file, &text, &args.args) {
        Ok(program) => program,
        Err(error) => {
            write!(console.err, "{}", diagnostic::render(&error as &dyn Diagnostic, look))?;
            return Ok(Exit::BadInput);
        }
    };
    let stop = stop_on_signal()?;
    writeln!(console.out, "{}", look.faint(format!("{file} runs; Ctrl-C stops it gracefully")))?;
    let options = Options { seed: args.seed, ..Options::default() };
    let sockets = Simulation::addresses_of(&program, &options);
    for address in &sockets {
        writeln!(console.out, "{}", look.faint(format!("it reads lines from {address}")))?;
    }
    writeln!(console.out)?;
    // On a whole second, so that batch times read well.
    let started = live::wall_clock().floor(Duration::seconds(1), Time::default());
    let mut narrator = Narrator::new(&mut console.out, look, started, args.rows);
    let mut observer = Run {
        listener: Some(Box::new(|record, completed, summary| narrator.tell(record, completed, summary))),
        ..Run::default()
    };
    let recording = live::run(program, options, started, &stop, &mut observer);
    let summary = std::mem::take(&mut observer.summary);
    drop(observer);
    narrator.finish()?;
    if let Some(path) = &args.record {
        let written = record(path, args, &sockets, &recording, &summary)?;
        writeln!(console.out, "\n{written}")?;
    }
    Ok(match summary.ended {
        Some(Some(FailureReason { .. })) => Exit::Violated,
        _ => Exit::Held,
    })
}

/// A flag that Ctrl-C and a termination signal set.
fn stop_on_signal() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = stop.clone();
    ctrlc::set_handler(move || asked.store(true, std::sync::atomic::Ordering::Relaxed))
        .map_err(|error| Failure::Usage(format!("signals can't be handled: {error}")))?;
    Ok(stop)
}

/// Writes the recording as a scenario, with the rows that came for expectations.
fn record(
    path: &Path,
    args: &Args,
    sockets: &[std::rc::Rc<str>],
    recording: &Recording,
    summary: &crate::trace::Summary,
) -> Result<String, Failure> {
    let failed = |error| Failure::Io(format!("{} can't be written", path.display()), error);
    let name = path.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
    let program = fs::canonicalize(&args.program).map_err(failed)?;
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let directory = fs::canonicalize(directory).map_err(failed)?;
    let run = RecordedRun {
        name: &name,
        program: &relative(&program, &directory),
        args: &args.args,
        seed: args.seed,
        start: recording.start,
        threads: recording.threads,
        sockets,
        arrivals: &recording.arrivals,
        end: recording.end,
        stopped: recording.stopped,
    };
    let text = run.to_yaml();
    fs::write(path, &text).map_err(failed)?;
    // Read back, so that what is written is sure to be a scenario, and given the rows.
    let scenario = Scenario::load(path).map_err(|bad| Failure::Usage(bad.to_string()))?;
    let blessed = scenario::bless(&scenario, &scenario::actual_of(summary, recording.start));
    fs::write(path, blessed).map_err(failed)?;
    Ok(format!("recorded {}; run it again with: headwater run {}", path.display(), path.display()))
}

/// A path as seen from a directory; both absolute.
fn relative(path: &Path, from: &Path) -> String {
    let mut up = PathBuf::new();
    for ancestor in from.ancestors() {
        if let Ok(rest) = path.strip_prefix(ancestor) {
            return up.join(rest).display().to_string();
        }
        up.push("..");
    }
    path.display().to_string()
}
