//! Driver code: how a function that blocks runs in a world that never does.
//!
//! The program's main function, and the functions it gives to `transform` and `foreachRDD`, run at the driver and may
//! call actions, which block in Spark. Here an action that has no result yet ends the function with
//! [`DriverError::Suspended`]; the cluster runs the job in virtual time, and the function is run again from its start,
//! with the results it has had so far answered from its [`Script`]. What it did besides (ids it took, things to be
//! done once) is in the script too, so that running again changes nothing. A suspended function is thereby plain
//! data, and a world can be forked in the middle of it.

use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::block::StorageLevel;
use super::ids::{AccumulatorId, RddId, ShuffleId};
use super::rdd::RddNode;
use super::task::{Books, TaskContext, TaskError};
use crate::conf::SparkConf;
use crate::external::FileData;
use crate::sim::{Duration, Time};

/// Why driver code stopped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DriverError {
    /// It waits for something; pass this on with `?`, the function will be run again.
    #[error("suspended until the cluster answers")]
    Suspended,
    /// Spark refuses: the class of the exception, and its message.
    #[error("{class}: {message}")]
    Failed { class: Rc<str>, message: Rc<str> },
    /// An action was called outside any driver function.
    #[error("no driver is running here: call actions inside the program's main function or an output operation")]
    NoDriver,
}

impl DriverError {
    /// An error with the class Spark gives it.
    pub fn failed(class: impl Into<Rc<str>>, message: impl Into<Rc<str>>) -> Self {
        DriverError::Failed { class: class.into(), message: message.into() }
    }

    /// Java's `IllegalArgumentException`, as `require` throws it.
    pub fn illegal_argument(message: impl Into<Rc<str>>) -> Self {
        Self::failed("java.lang.IllegalArgumentException", message)
    }

    /// What a stopped `SparkContext` answers with.
    pub fn stopped_context() -> Self {
        Self::illegal_state("Cannot call methods on a stopped SparkContext.")
    }

    /// Java's `IllegalStateException`.
    pub fn illegal_state(message: impl Into<Rc<str>>) -> Self {
        Self::failed("java.lang.IllegalStateException", message)
    }
}

/// What a blocking call answers with.
pub type Reply = Result<Rc<dyn Any>, DriverError>;

/// The work of a job: what each task makes of its partition.
pub type Work = Rc<dyn Fn(&Rc<RddNode>, u32, &mut TaskContext) -> Result<Rc<dyn Any>, TaskError>>;

/// A job to run: an action.
#[derive(Clone)]
pub struct JobSpec {
    pub rdd: Rc<RddNode>,
    /// The partitions to compute, in the order in which results are wanted.
    pub partitions: Vec<u32>,
    pub work: Work,
    /// A directory of the shared file system that the tasks write below, committed when all have succeeded.
    pub commit: Option<Rc<str>>,
}

/// What driver code waits for.
#[derive(Clone)]
pub enum Request {
    /// Answers with a `Vec<Rc<dyn Any>>`: one result a partition.
    Job(JobSpec),
    /// Files of the shared file system below a directory or matching a pattern of directories. Answers with a
    /// `Vec<crate::external::FileStatus>`.
    ListFiles(Rc<str>),
    /// What files hold. Answers with a `Vec<Option<crate::external::FileData>>`.
    ReadFiles(Vec<Rc<str>>),
    /// Writes files: all, or none where one is there already and may not be overwritten. Answers with a `bool`.
    CreateFiles { files: Vec<(Rc<str>, FileData)>, overwrite: bool },
    /// Removes files, and what is below them. Answers with `()`, at once.
    RemoveFiles(Vec<Rc<str>>),
    /// Virtual time passes.
    Sleep(Duration),
    /// Something that a room above understands.
    Host(Rc<dyn Any>),
}

/// The memory of one run of a driver function: what it has taken and been answered so far.
#[derive(Clone, Default)]
pub struct Script {
    /// When the function was first run.
    began: Option<Time>,
    ids: Vec<u64>,
    /// Answers, with the times at which they were had.
    replies: Vec<(Time, Reply)>,
}

impl Script {
    /// Answers the call that the function waits for.
    pub fn answer(&mut self, now: Time, reply: Reply) {
        self.replies.push((now, reply));
    }
}

#[derive(Clone)]
struct Accumulator {
    value: Rc<dyn Any>,
    merge: Merge,
}

/// Merges an update into an accumulator's value.
pub type Merge = Rc<dyn Fn(&Rc<dyn Any>, &Rc<dyn Any>) -> Rc<dyn Any>>;

/// The driver's `SparkContext` as a value: counters, settings and books.
#[derive(Clone)]
pub struct Core {
    pub conf: Rc<SparkConf>,
    next_id: u64,
    next_shuffle: u64,
    pub books: Rc<Books>,
    /// RDDs that a job which computes them must also write to the checkpoint directory.
    pub to_checkpoint: BTreeMap<RddId, Rc<RddNode>>,
    pub checkpoint_directory: Option<Rc<str>>,
    /// RDDs whose blocks the executors have yet to be told to drop.
    pub unpersisted: Vec<RddId>,
    accumulators: BTreeMap<AccumulatorId, Accumulator>,
    /// State of the program at the driver, opaque here; dropped with the driver.
    pub user: Option<Rc<dyn Any>>,
    /// The default of `spark.default.parallelism`.
    default_parallelism: u32,
    /// Whether the context was stopped: then it runs no more jobs.
    pub stopped: bool,
    /// The run's seed, for what user code draws at the driver.
    pub seed: u64,
}

impl Core {
    /// A new context.
    pub fn new(conf: Rc<SparkConf>, default_parallelism: u32, seed: u64) -> Self {
        Core {
            conf,
            next_id: 0,
            next_shuffle: 0,
            books: Rc::default(),
            to_checkpoint: BTreeMap::new(),
            checkpoint_directory: None,
            unpersisted: Vec::new(),
            accumulators: BTreeMap::new(),
            user: None,
            default_parallelism,
            stopped: false,
            seed,
        }
    }

    /// The shuffle id that the next wide dependency gets.
    pub fn next_shuffle(&self) -> ShuffleId {
        ShuffleId(self.next_shuffle)
    }

    /// `SparkContext.defaultParallelism`.
    pub fn default_parallelism(&self) -> u32 {
        self.conf.default_parallelism().unwrap_or(self.default_parallelism)
    }

    /// How much it keeps: persisted, checkpointed and marked RDDs.
    pub fn kept(&self) -> Vec<usize> {
        vec![self.books.levels.len(), self.books.checkpointed.len(), self.to_checkpoint.len(), self.unpersisted.len()]
    }

    /// Marks an RDD as persisted.
    pub fn persist(&mut self, rdd: RddId, level: StorageLevel) {
        if self.books.levels.get(&rdd) != Some(&level) {
            Rc::make_mut(&mut self.books).levels.insert(rdd, level);
        }
    }

    /// Forgets an RDD's persistence; its blocks are dropped.
    pub fn unpersist(&mut self, rdd: RddId) {
        if self.books.levels.contains_key(&rdd) {
            Rc::make_mut(&mut self.books).levels.remove(&rdd);
            self.unpersisted.push(rdd);
        }
    }

    /// Merges what a task added to an accumulator.
    pub fn merge(&mut self, id: AccumulatorId, update: &Rc<dyn Any>) {
        if let Some(accumulator) = self.accumulators.get_mut(&id) {
            accumulator.value = (accumulator.merge)(&accumulator.value, update);
        }
    }
}

/// The driver while a function of the program runs on it.
struct Scope {
    core: Core,
    script: Script,
    now: Time,
    taken: usize,
    answered: usize,
    waiting_for: Option<Request>,
    printed: Vec<Rc<str>>,
}

thread_local! {
    /// Driver code reaches its `SparkContext` without being handed it, as in Spark. Set for the length of one call
    /// only; between handlers the context is in the world.
    static SCOPE: RefCell<Option<Scope>> = const { RefCell::new(None) };
}

/// What came of running a driver function once.
pub struct Pass<R> {
    pub script: Script,
    /// Lines printed, from the start of the function.
    pub printed: Vec<Rc<str>>,
    pub outcome: Outcome<R>,
}

/// How a pass ended.
pub enum Outcome<R> {
    Done(Result<R, DriverError>),
    /// It waits for an answer to this.
    Suspended(Request),
}

/// Runs a driver function from its start, over a context that it may change.
pub fn run<R>(
    core: &mut Core,
    mut script: Script,
    now: Time,
    function: impl FnOnce() -> Result<R, DriverError>,
) -> Pass<R> {
    let lent = std::mem::replace(core, Core::new(core.conf.clone(), core.default_parallelism, core.seed));
    let began = *script.began.get_or_insert(now);
    let scope = Scope { core: lent, script, now: began, taken: 0, answered: 0, waiting_for: None, printed: Vec::new() };
    let outer = SCOPE.replace(Some(scope));
    let result = function();
    let Some(scope) = SCOPE.replace(outer) else { unreachable!("only this function ends a scope") };
    let outcome = match scope.waiting_for {
        // Even if the function swallowed the error: it ran on without its answer.
        Some(request) => Outcome::Suspended(request),
        None => Outcome::Done(result),
    };
    *core = scope.core;
    Pass { script: scope.script, printed: scope.printed, outcome }
}

fn scope<R>(act: impl FnOnce(&mut Scope) -> R) -> Option<R> {
    SCOPE.with_borrow_mut(|scope| scope.as_mut().map(act))
}

impl Scope {
    fn take_id(&mut self, next: impl FnOnce(&mut Core) -> u64) -> u64 {
        if self.taken == self.script.ids.len() {
            let id = next(&mut self.core);
            self.script.ids.push(id);
        }
        self.taken += 1;
        self.script.ids[self.taken - 1]
    }
}

/// A number that no other driver code of this application gets; it stays the same when the function is run again.
pub fn next_id() -> u64 {
    let next = |core: &mut Core| {
        core.next_id += 1;
        core.next_id - 1
    };
    scope(|scope| scope.take_id(next)).unwrap_or(u64::MAX)
}

pub(super) fn next_rdd() -> RddId {
    RddId(next_id())
}

pub(super) fn next_shuffle() -> ShuffleId {
    let next = |core: &mut Core| {
        core.next_shuffle += 1;
        core.next_shuffle - 1
    };
    ShuffleId(scope(|scope| scope.take_id(next)).unwrap_or(u64::MAX))
}

/// Waits for an answer: from the script if the call was answered before, else by suspending the function.
pub fn request(request: Request) -> Reply {
    scope(|scope| {
        if scope.waiting_for.is_some() {
            return Err(DriverError::Suspended);
        }
        if let Some((at, reply)) = scope.script.replies.get(scope.answered) {
            scope.answered += 1;
            scope.now = *at;
            return reply.clone();
        }
        if scope.core.stopped && matches!(request, Request::Job(_)) {
            let refusal: Reply = Err(DriverError::stopped_context());
            scope.script.replies.push((scope.now, refusal.clone()));
            scope.answered += 1;
            return refusal;
        }
        scope.waiting_for = Some(request);
        Err(DriverError::Suspended)
    })
    .unwrap_or(Err(DriverError::NoDriver))
}

/// Whether the running function waits already, so that nothing it still does may count.
pub fn is_suspended() -> bool {
    scope(|scope| scope.waiting_for.is_some()).unwrap_or(false)
}

/// Looks at or changes the context, such that doing it twice changes nothing.
pub fn with_core<R>(act: impl FnOnce(&mut Core) -> R) -> Option<R> {
    scope(|scope| act(&mut scope.core))
}

/// Changes the context, or reads what jobs change, once: run again, the function is answered as the first time.
pub fn once<R: Clone + 'static>(act: impl FnOnce(&mut Core) -> R) -> Result<R, DriverError> {
    let reply = scope(|scope| {
        if scope.waiting_for.is_some() {
            return Err(DriverError::Suspended);
        }
        if scope.answered == scope.script.replies.len() {
            let reply = Ok(Rc::new(act(&mut scope.core)) as Rc<dyn Any>);
            scope.script.replies.push((scope.now, reply));
        }
        scope.answered += 1;
        scope.script.replies[scope.answered - 1].1.clone()
    })
    .unwrap_or(Err(DriverError::NoDriver))?;
    answer_of(&reply)
}

/// The answer as the type that the call expects.
pub fn answer_of<R: Clone + 'static>(reply: &Rc<dyn Any>) -> Result<R, DriverError> {
    reply.downcast_ref::<R>().cloned().ok_or_else(|| {
        DriverError::illegal_state(
            "driver code took another path when it was run again: it depends on something outside the program",
        )
    })
}

/// Virtual time at this point of the driver code: of its start, or of the latest answer it has had.
pub fn now() -> Option<Time> {
    scope(|scope| scope.now)
}

/// Prints a line at the driver.
pub fn print(line: impl Into<Rc<str>>) {
    let line = line.into();
    scope(|scope| scope.printed.push(line));
}

/// Makes an accumulator; the id stays the same when the function is run again, and so does a value merged since.
pub fn accumulator(zero: Rc<dyn Any>, merge: Merge) -> AccumulatorId {
    let id = AccumulatorId(next_id());
    with_core(|core| {
        core.accumulators.entry(id).or_insert(Accumulator { value: zero, merge });
    });
    id
}

/// An accumulator's value, as merged so far.
pub fn accumulator_value(id: AccumulatorId) -> Result<Option<Rc<dyn Any>>, DriverError> {
    once(move |core| core.accumulators.get(&id).map(|accumulator| accumulator.value.clone()))
}

/// Adds to an accumulator at the driver.
pub fn update_accumulator(id: AccumulatorId, update: Rc<dyn Any>) -> Result<(), DriverError> {
    once(move |core| core.merge(id, &update))
}

/// Sets an accumulator at the driver.
pub fn set_accumulator(id: AccumulatorId, value: Rc<dyn Any>) -> Result<(), DriverError> {
    once(move |core| {
        if let Some(accumulator) = core.accumulators.get_mut(&id) {
            accumulator.value = value;
        }
    })
}
