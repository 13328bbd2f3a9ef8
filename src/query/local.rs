//! A query run in this process, without a cluster: each of its questions is answered at once.
//!
//! Batches, logs, state and watermarks are those of any run; what is absent is time, tasks and failures of machines. Tests
//! of laws, benches and the conformance cases run queries so; a crash can be pinned to a step of a batch.

use std::collections::BTreeMap;
use std::rc::Rc;

use arrow_array::RecordBatch;
use indexmap::IndexMap;

use super::surroundings::{Interrupt, PlannedBatch, QueryStep, Range, Surroundings};
use super::{MicroBatchExecution, Query, QueryDefinition, QueryError, Triggered};
use crate::sim::Time;
use crate::sql::RelationId;
use crate::structured::{Batch, BatchOutput, QueryState};

/// A stream in memory: each batch added is one offset, and one partition. Spark's `MemoryStream`.
#[derive(Clone, Debug, Default)]
pub struct MemoryStream {
    added: Vec<RecordBatch>,
}

/// What the sink is handed, and what became of it.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub planned: PlannedBatch,
    pub output: Rc<BatchOutput>,
    /// Rows taken from the sources, a stream that is read twice counted twice.
    pub input_rows: u64,
    /// How often this batch was handed over, this time included.
    pub attempt: u32,
    /// Whether the batch was committed afterwards.
    pub committed: bool,
}

/// A query with its sources, its checkpoint and what its sink was handed.
pub struct LocalQuery {
    query: Rc<Query>,
    execution: MicroBatchExecution,
    world: LocalWorld,
    now: Time,
}

/// Where a local query lives.
struct LocalWorld {
    query: Rc<Query>,
    streams: IndexMap<RelationId, MemoryStream>,
    tables: IndexMap<RelationId, RecordBatch>,
    files: BTreeMap<Rc<str>, Rc<str>>,
    /// By version: the state that the batch of this number starts from.
    states: BTreeMap<u64, QueryState>,
    crashes: Vec<(u64, QueryStep)>,
    deliveries: Vec<Delivery>,
}

/// The identity of a query that has no other.
const LOCAL_ID: &str = "00000000-0000-0000-0000-000000000000";

impl LocalQuery {
    /// A query over streams and tables, as `start()` leaves it: nothing has run yet.
    ///
    /// # Errors
    /// What Spark refuses at start.
    pub fn start(definition: QueryDefinition, tables: IndexMap<RelationId, RecordBatch>) -> Result<Self, QueryError> {
        let query = Rc::new(Query::start(definition)?);
        let execution = MicroBatchExecution::new(query.clone());
        let streams = query.sources.iter().map(|source| (*source, MemoryStream::default())).collect();
        let world = LocalWorld {
            query: query.clone(),
            streams,
            tables,
            files: BTreeMap::new(),
            states: BTreeMap::new(),
            crashes: Vec::new(),
            deliveries: Vec::new(),
        };
        Ok(LocalQuery { query, execution, world, now: Time::default() })
    }

    /// The query as it was started last.
    pub fn query(&self) -> &Rc<Query> {
        &self.query
    }

    /// Sets the clock.
    pub fn set_time(&mut self, now: Time) {
        self.now = now;
    }

    /// Rows arrive in a stream; nothing runs yet. False where the query reads no such stream.
    pub fn add(&mut self, stream: RelationId, rows: RecordBatch) -> bool {
        self.world.streams.get_mut(&stream).map(|stream| stream.added.push(rows)).is_some()
    }

    /// The run ends and a new one begins from the checkpoint, perhaps of a changed query.
    ///
    /// # Errors
    /// What Spark refuses at start.
    pub fn restart(&mut self, changed: Option<QueryDefinition>) -> Result<(), QueryError> {
        if let Some(definition) = changed {
            self.query = Rc::new(Query::start(definition)?);
            for source in &self.query.sources {
                self.world.streams.entry(*source).or_default();
            }
            self.world.query = self.query.clone();
        }
        self.execution = MicroBatchExecution::new(self.query.clone());
        Ok(())
    }

    /// Lets the run die when the batch comes to the step; it is started again at once.
    pub fn crash_before(&mut self, batch: u64, step: QueryStep) {
        self.world.crashes.push((batch, step));
    }

    /// Runs batches until there is nothing left to do. `StreamingQuery.processAllAvailable`.
    ///
    /// # Errors
    /// What has ended the query.
    pub fn process_all_available(&mut self) -> Result<(), QueryError> {
        let now = i64::try_from(self.now.as_millis()).unwrap_or(i64::MAX);
        loop {
            match self.execution.trigger(now, &LOCAL_ID.into(), &mut self.world) {
                Ok(Triggered::Idle) => return Ok(()),
                Ok(Triggered::Batch(_)) => {
                    if let Some(delivery) = self.world.deliveries.last_mut() {
                        delivery.committed = true;
                    }
                }
                Err(Interrupt::Crashed) => self.restart(None)?,
                Err(Interrupt::Failed(error)) => return Err(error),
                Err(Interrupt::Suspended) => return Err(QueryError::illegal_state("nothing here is waited for")),
            }
        }
    }

    /// What the sink was handed since this was last asked.
    pub fn take_deliveries(&mut self) -> Vec<Delivery> {
        std::mem::take(&mut self.world.deliveries)
    }

    /// The checkpoint's log files, by path.
    pub fn files(&self) -> &BTreeMap<Rc<str>, Rc<str>> {
        &self.world.files
    }
}

impl LocalWorld {
    /// The records of a range, one batch for each add.
    fn records(&self, stream: RelationId, range: &Range) -> &[RecordBatch] {
        let index = |offset: &Option<Rc<str>>| offset.as_ref().and_then(|offset| offset.parse::<usize>().ok());
        let (start, end) = (index(&range.start).map_or(0, |it| it + 1), index(&range.end).map_or(0, |it| it + 1));
        self.streams.get(&stream).and_then(|stream| stream.added.get(start..end)).unwrap_or_default()
    }

    /// What each leaf of the plan reads in a batch.
    fn leaves(&self, planned: &PlannedBatch) -> Vec<Vec<RecordBatch>> {
        let sources = &self.query.sources;
        let leaf = |leaf: &RelationId| match sources.iter().position(|source| source == leaf) {
            Some(source) => self.records(*leaf, &planned.ranges[source]).to_vec(),
            None => self.tables.get(leaf).cloned().into_iter().collect(),
        };
        self.query.incremental.leaves().iter().map(leaf).collect()
    }
}

impl Surroundings for LocalWorld {
    fn step(&mut self, batch: u64, step: QueryStep) -> Result<(), Interrupt> {
        match self.crashes.iter().position(|crash| *crash == (batch, step)) {
            Some(armed) => {
                self.crashes.remove(armed);
                Err(Interrupt::Crashed)
            }
            None => Ok(()),
        }
    }

    fn list(&mut self, directory: &str) -> Result<Vec<Rc<str>>, Interrupt> {
        let inside = |path: &&Rc<str>| path.rsplit_once('/').is_some_and(|(parent, _)| parent == directory);
        Ok(self.files.keys().filter(inside).cloned().collect())
    }

    fn read(&mut self, path: &str) -> Result<Option<Rc<str>>, Interrupt> {
        Ok(self.files.get(path).cloned())
    }

    fn create(&mut self, path: &str, text: String) -> Result<bool, Interrupt> {
        let absent = !self.files.contains_key(path);
        if absent {
            self.files.insert(path.into(), text.into());
        }
        Ok(absent)
    }

    fn remove(&mut self, paths: &[Rc<str>]) -> Result<(), Interrupt> {
        paths.iter().for_each(|path| drop(self.files.remove(path)));
        Ok(())
    }

    fn latest_offset(&mut self, source: usize, _: Option<&Rc<str>>) -> Result<Option<Rc<str>>, Interrupt> {
        let added = self.streams.get(&self.query.sources[source]).map_or(0, |stream| stream.added.len());
        Ok(added.checked_sub(1).map(|last| last.to_string().into()))
    }

    fn commit_source(&mut self, _: usize, _: &Rc<str>) -> Result<(), Interrupt> {
        Ok(())
    }

    fn add_batch(&mut self, planned: &PlannedBatch) -> Result<Rc<BatchOutput>, Interrupt> {
        let leaves = self.leaves(planned);
        let read = self.query.incremental.leaves().iter().zip(&leaves);
        let streaming = read.filter(|(leaf, _)| self.streams.contains_key(*leaf));
        let input_rows = streaming.flat_map(|(_, partitions)| partitions).map(|rows| rows.num_rows() as u64).sum();
        // A batch that runs again starts from the state that it started from before.
        let mut state = match self.states.get(&planned.id) {
            Some(state) => state.clone(),
            None if planned.id == 0 => QueryState::default(),
            None => {
                return Err(QueryError::illegal_state(format!("no state of version {} is there", planned.id)).into());
            }
        };
        let batch = Batch {
            id: planned.id,
            batch_time: planned.timestamp,
            late_watermark: planned.late_watermark,
            watermark: planned.eviction_watermark,
            leaves: &leaves,
        };
        let output = self.query.incremental.run(batch, &mut state).map_err(QueryError::from)?;
        let output = Rc::new(output);
        self.states.insert(planned.id + 1, state);
        self.states = self.states.split_off(&planned.id);
        let attempt = 1 + self.deliveries.iter().filter(|delivery| delivery.planned.id == planned.id).count() as u32;
        let planned = planned.clone();
        self.deliveries.push(Delivery { planned, output: output.clone(), input_rows, attempt, committed: false });
        Ok(output)
    }
}
