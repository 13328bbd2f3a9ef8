//! What people and checks ask of a trace, folded from its events: batches with their delays and outputs.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Serialize;

use super::{Event, FailureReason};
use crate::value::Value;

/// How far a batch has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum BatchStatus {
    #[default]
    Submitted,
    Running,
    Completed,
    Failed,
}

/// What one output operation did in one batch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Output {
    pub rows: Vec<Value>,
    /// Whether the operation had rows that it did not show.
    pub more: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureReason>,
    /// How often the operation was run for this batch.
    pub attempts: u32,
    pub completed: bool,
}

/// One batch: what Spark's `BatchInfo` holds. Times are microseconds since the epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Batch {
    /// The batch time, in milliseconds since the epoch.
    pub batch_time: u64,
    pub records: u64,
    pub submitted: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed: Option<u64>,
    pub status: BatchStatus,
    /// By name, in the order of definition.
    pub outputs: Vec<(Rc<str>, Output)>,
}

impl Batch {
    /// Time from submission to the first job's start, in microseconds.
    pub fn scheduling_delay(&self) -> Option<u64> {
        Some(self.started?.saturating_sub(self.submitted))
    }

    /// Time from the first job's start to the last one's end, in microseconds.
    pub fn processing_time(&self) -> Option<u64> {
        Some(self.completed?.saturating_sub(self.started?))
    }

    /// Time from submission to the last job's end, in microseconds.
    pub fn total_delay(&self) -> Option<u64> {
        Some(self.completed?.saturating_sub(self.submitted))
    }

    /// What an output operation did in this batch.
    pub fn output(&self, name: &str) -> Option<&Output> {
        self.outputs.iter().find(|(output, _)| &**output == name).map(|(_, output)| output)
    }

    fn output_mut(&mut self, name: &Rc<str>) -> &mut Output {
        let index = self.outputs.iter().position(|(output, _)| output == name).unwrap_or_else(|| {
            self.outputs.push((name.clone(), Output::default()));
            self.outputs.len() - 1
        });
        &mut self.outputs[index].1
    }
}

/// The batches of a run and what was said besides, folded event by event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    pub batch_interval_ms: u64,
    /// By batch time.
    #[serde(serialize_with = "values")]
    pub batches: BTreeMap<u64, Batch>,
    pub printed: Vec<Rc<str>>,
    pub warnings: Vec<String>,
    pub files: Vec<Rc<str>>,
    /// Set once the program has ended; the error, if one ended it.
    pub ended: Option<Option<FailureReason>>,
    pub stopped: bool,
}

fn values<S: serde::Serializer>(batches: &BTreeMap<u64, Batch>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(batches.values())
}

impl Summary {
    /// Takes in one event. Returns the time of the batch that it completed, if it did.
    pub fn fold(&mut self, at: u64, event: &Event) -> Option<u64> {
        match event {
            Event::StreamingStarted { batch_interval_ms } => self.batch_interval_ms = *batch_interval_ms,
            Event::StreamingStopped => self.stopped = true,
            Event::BatchSubmitted { batch, inputs } => {
                let entry = self.batch(*batch);
                *entry = Batch { batch_time: *batch, submitted: at, ..Batch::default() };
                entry.records = inputs.iter().map(|input| input.records).sum();
            }
            Event::BatchStarted { batch } => {
                let entry = self.batch(*batch);
                entry.started = Some(at);
                entry.status = BatchStatus::Running;
            }
            Event::OutputStarted { batch, output } => {
                let output = self.batch(*batch).output_mut(output);
                *output = Output { attempts: output.attempts + 1, ..Output::default() };
            }
            Event::RowsPut { batch, output, rows, more } => {
                let output = self.batch(*batch).output_mut(output);
                output.rows.extend(rows.iter().cloned());
                output.more |= more;
            }
            Event::OutputCompleted { batch, output, failure } => {
                let output = self.batch(*batch).output_mut(output);
                output.failure = failure.clone();
                output.completed = true;
            }
            Event::BatchCompleted { batch } => {
                let entry = self.batch(*batch);
                entry.completed = Some(at);
                let failed = entry.outputs.iter().any(|(_, output)| output.failure.is_some());
                entry.status = if failed { BatchStatus::Failed } else { BatchStatus::Completed };
                return Some(*batch);
            }
            Event::Printed { line } => self.printed.push(line.clone()),
            Event::Warning { message } => self.warnings.push(message.clone()),
            Event::FileWritten { path, .. } => self.files.push(path.clone()),
            Event::ProgramEnded { failure } => self.ended = Some(failure.clone()),
            _ => {}
        }
        None
    }

    fn batch(&mut self, batch: u64) -> &mut Batch {
        self.batches.entry(batch).or_insert_with(|| Batch { batch_time: batch, ..Batch::default() })
    }
}
