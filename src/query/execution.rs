//! `MicroBatchExecution`: a query's batches, one trigger after the other, in Spark's order of steps.
//!
//! ```text
//!  populateStartOffsets   (first trigger: where did the last run stand?)
//!  latestOffset           where does each source end now?
//!  walCommit              offsets/N: what batch N is, written before it runs
//!  getBatch, queryPlanning
//!  addBatch               the tasks, their state, the sink
//!  commitOffsets          commits/N: batch N is done
//! ```
//!
//! All of it is code that can be interrupted at each question to its [`Surroundings`] and begun again;
//! [`MicroBatchExecution`] is the state between two triggers. This file must never know who answers.

use std::rc::Rc;

use indexmap::IndexMap;

use super::logs::{CommitMetadata, OffsetSeq, OffsetSeqMetadata, PINNED, StreamMetadata, batches, log_path};
use super::surroundings::{Interrupt, PlannedBatch, QueryStep, Range, Surroundings};
use super::{Query, QueryError};
use crate::structured::{BatchOutput, EventTimeStats, WatermarkPolicy, WatermarkTracker};

/// What a trigger came to.
#[derive(Clone, Debug)]
pub enum Triggered {
    /// A batch has run to its end.
    Batch(CompletedBatch),
    /// There was nothing to do.
    Idle,
}

/// A batch that is committed.
#[derive(Clone, Debug)]
pub struct CompletedBatch {
    pub planned: PlannedBatch,
    pub output: Rc<BatchOutput>,
    /// The watermark after the batch, in milliseconds.
    pub next_watermark: i64,
}

/// Where a run of a query stands between two triggers.
#[derive(Clone)]
pub struct MicroBatchExecution {
    query: Rc<Query>,
    /// The query's identity, once it is known.
    id: Option<Rc<str>>,
    batch: u64,
    /// Whether `offsets/<batch>` is written and the batch not yet done.
    constructed: bool,
    available: Vec<Option<Rc<str>>>,
    committed: Vec<Option<Rc<str>>>,
    metadata: OffsetSeqMetadata,
    watermarks: WatermarkTracker,
    /// The watermark that this run's last batch ran with, in milliseconds.
    last_watermark: Option<i64>,
}

impl MicroBatchExecution {
    /// A run of a query; nothing happens before the first trigger.
    pub fn new(query: Rc<Query>) -> Self {
        let sources = query.sources.len();
        MicroBatchExecution {
            watermarks: WatermarkTracker::new(WatermarkPolicy::default(), 0),
            query,
            id: None,
            batch: 0,
            constructed: false,
            available: vec![None; sources],
            committed: vec![None; sources],
            metadata: OffsetSeqMetadata::default(),
            last_watermark: None,
        }
    }

    /// The batch that runs next, or now.
    pub fn batch(&self) -> u64 {
        self.batch
    }

    /// One trigger: at most one batch. `now` is in milliseconds; `new_id` is the query's identity if it has none yet.
    ///
    /// # Errors
    /// [`Interrupt::Suspended`] at each question that has no answer yet, and what ends the query.
    pub fn trigger(
        &mut self,
        now: i64,
        new_id: &Rc<str>,
        around: &mut impl Surroundings,
    ) -> Result<Triggered, Interrupt> {
        if self.id.is_none() {
            self.id = Some(self.identify(new_id, around)?);
            self.populate_start_offsets(around)?;
        }
        if !self.construct_next_batch(now, around)? {
            return Ok(Triggered::Idle);
        }
        self.run_batch(around).map(Triggered::Batch)
    }

    fn path(&self, log: &str, batch: u64) -> String {
        log_path(&self.query.definition.checkpoint, log, batch)
    }

    /// `StreamMetadata.read`, or the first run's write.
    fn identify(&self, new_id: &Rc<str>, around: &mut impl Surroundings) -> Result<Rc<str>, Interrupt> {
        let path = format!("{}/metadata", self.query.definition.checkpoint);
        if let Some(text) = around.read(&path)? {
            return Ok(StreamMetadata::parse(&path, &text)?.id);
        }
        around.create(&path, StreamMetadata { id: new_id.clone() }.to_text())?;
        Ok(new_id.clone())
    }

    fn log(&self, log: &str, around: &mut impl Surroundings) -> Result<Vec<u64>, Interrupt> {
        let directory = format!("{}/{log}", self.query.definition.checkpoint);
        Ok(batches(&around.list(&directory)?))
    }

    fn offsets(&self, batch: u64, around: &mut impl Surroundings) -> Result<Option<OffsetSeq>, Interrupt> {
        let path = self.path("offsets", batch);
        let text = around.read(&path)?;
        Ok(text.map(|text| OffsetSeq::parse(&path, &text)).transpose()?)
    }

    /// `populateStartOffsets`: goes on where the logs say the last run stood.
    fn populate_start_offsets(&mut self, around: &mut impl Surroundings) -> Result<(), Interrupt> {
        let Some(latest) = self.log("offsets", around)?.pop() else {
            self.metadata.conf = self.pinned(&IndexMap::new());
            self.set_watermark(0);
            return Ok(());
        };
        let Some(seq) = self.offsets(latest, around)? else {
            return Err(QueryError::illegal_state(format!("batch {latest} doesn't exist")).into());
        };
        let sources = self.available.len();
        if seq.offsets.len() != sources {
            let message = format!(
                "assertion failed: There are [{}] sources in the checkpoint offsets and now there are [{sources}] \
                 sources requested by the query. Cannot continue.",
                seq.offsets.len()
            );
            return Err(QueryError::new("java.lang.AssertionError", message).into());
        }
        self.batch = latest;
        self.constructed = true;
        if let Some(before) = latest.checked_sub(1) {
            let Some(before) = self.offsets(before, around)? else {
                return Err(QueryError::illegal_state(format!("batch {before} doesn't exist")).into());
            };
            self.committed = before.offsets;
        }
        self.available = seq.offsets;
        self.metadata = OffsetSeqMetadata { conf: self.pinned(&seq.metadata.conf), ..seq.metadata };
        self.set_watermark(self.metadata.batch_watermark_ms);
        if self.log("commits", around)?.pop() == Some(latest) {
            let path = self.path("commits", latest);
            let text = around.read(&path)?.unwrap_or_default();
            let commit = CommitMetadata::parse(&path, &text)?;
            self.batch = latest + 1;
            self.constructed = false;
            self.committed = self.available.clone();
            self.set_watermark(commit.next_batch_watermark_ms.max(self.watermarks.current()));
        }
        Ok(())
    }

    /// A run knows of the runs before it the global watermark alone.
    fn set_watermark(&mut self, millis: i64) {
        let max =
            self.metadata.conf.get("spark.sql.streaming.multipleWatermarkPolicy").is_some_and(|it| &**it == "max");
        let policy = if max { WatermarkPolicy::Max } else { WatermarkPolicy::Min };
        self.watermarks = WatermarkTracker::new(policy, millis);
    }

    /// The settings that the checkpoint pins, and the session's where it has none.
    fn pinned(&self, checkpoint: &IndexMap<Rc<str>, Rc<str>>) -> IndexMap<Rc<str>, Rc<str>> {
        let value = |key: &str, default: &str| {
            checkpoint
                .get(key)
                .cloned()
                .unwrap_or_else(|| self.query.definition.conf.get(key).unwrap_or(default).into())
        };
        PINNED.iter().map(|(key, default)| (Rc::from(*key), value(key, default))).collect()
    }

    /// `constructNextBatch`: decides whether there is a batch, and writes down what it is.
    fn construct_next_batch(&mut self, now: i64, around: &mut impl Surroundings) -> Result<bool, Interrupt> {
        if self.constructed {
            return Ok(true);
        }
        around.step(self.batch, QueryStep::LatestOffset)?;
        for source in 0..self.available.len() {
            if let Some(latest) = around.latest_offset(source, self.available[source].as_ref())? {
                self.available[source] = Some(latest);
            }
        }
        let watermark = self.watermarks.current();
        self.metadata.batch_watermark_ms = watermark;
        self.metadata.batch_timestamp_ms = now;
        let no_data_batches = self.query.definition.conf.flag("spark.sql.streaming.noDataMicroBatches.enabled");
        let another = no_data_batches
            && self.last_watermark.is_some_and(|last| self.query.incremental.wants_no_data_batch(last, watermark));
        if self.available == self.committed && !another {
            return Ok(false);
        }
        around.step(self.batch, QueryStep::WalCommit)?;
        let seq = OffsetSeq { offsets: self.available.clone(), metadata: self.metadata.clone() };
        if !around.create(&self.path("offsets", self.batch), seq.to_text())? {
            return Err(QueryError::concurrent_log_update(self.batch).into());
        }
        self.tidy_up(around)?;
        self.constructed = true;
        Ok(true)
    }

    /// What the batch before needed is needed no more: sources are told, and old log files go.
    fn tidy_up(&self, around: &mut impl Surroundings) -> Result<(), Interrupt> {
        let Some(before) = self.batch.checked_sub(1) else { return Ok(()) };
        for (source, end) in self.committed.iter().enumerate() {
            if let Some(end) = end {
                around.commit_source(source, end)?;
            }
        }
        let kept = u64::from(self.query.definition.conf.count("spark.sql.streaming.minBatchesToRetain"));
        if let Some(oldest) = before.checked_sub(kept) {
            around.remove(&["offsets", "commits"].map(|log| self.path(log, oldest).into()))?;
        }
        Ok(())
    }

    /// `runBatch`.
    fn run_batch(&mut self, around: &mut impl Surroundings) -> Result<CompletedBatch, Interrupt> {
        let batch = self.batch;
        let eviction_watermark = self.metadata.batch_watermark_ms;
        let late_watermark = match batch.checked_sub(1) {
            Some(before) => self.offsets(before, around)?.map(|seq| seq.metadata.batch_watermark_ms),
            None => None,
        };
        let range = |source: usize| Range {
            source,
            start: self.committed[source].clone(),
            end: self.available[source].clone(),
        };
        let planned = PlannedBatch {
            id: batch,
            timestamp: self.metadata.batch_timestamp_ms,
            late_watermark: late_watermark.unwrap_or(eviction_watermark),
            eviction_watermark,
            ranges: (0..self.available.len()).map(range).collect(),
        };
        for step in [QueryStep::GetBatch, QueryStep::QueryPlanning, QueryStep::AddBatch] {
            around.step(batch, step)?;
        }
        let output = around.add_batch(&planned)?;
        let delays = self.query.incremental.watermarks();
        let seen = output.event_times.iter().zip(delays).enumerate();
        let seen: Vec<(usize, i64, EventTimeStats)> =
            seen.map(|(index, (stats, delay))| (index, *delay, *stats)).collect();
        self.watermarks.update(&seen);
        let next_watermark = self.watermarks.current();
        around.step(batch, QueryStep::CommitOffsets)?;
        let text = CommitMetadata { next_batch_watermark_ms: next_watermark }.to_text();
        if !around.create(&self.path("commits", batch), text)? {
            return Err(QueryError::concurrent_log_update(batch).into());
        }
        self.committed = self.available.clone();
        self.last_watermark = Some(eviction_watermark);
        self.batch += 1;
        self.constructed = false;
        Ok(CompletedBatch { planned, output, next_watermark })
    }
}
