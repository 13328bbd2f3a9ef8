//! What a cluster is made of and what work on it costs: the immutable facts of a run.

use std::rc::Rc;

use crate::conf::SparkConf;
use crate::sim::{Duration, Effects, Model, NodeId, Stream};

/// What tasks cost in virtual time: a task of n records takes `task + n * record` and jitter, times its node's
/// slowness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Costs {
    /// The driver's work on a job before its first task.
    pub job: Duration,
    pub task: Duration,
    /// For every record read or written.
    pub record: Duration,
    pub jitter: (Duration, Duration),
}

impl Default for Costs {
    /// A small job on a quiet cluster: 5 ms a task, 1 us a record.
    fn default() -> Self {
        Costs {
            job: Duration::ZERO,
            task: Duration::millis(5),
            record: Duration::micros(1),
            jitter: (Duration::ZERO, Duration::ZERO),
        }
    }
}

impl Costs {
    /// How long a task of so many records takes on this node now.
    pub(super) fn of_task<M: Model>(&self, records: u64, effects: &mut Effects<'_, M>) -> Duration {
        let jitter = effects.draw(Stream::Costs, self.jitter);
        (self.task + self.record * records + jitter) * effects.slowdown()
    }
}

/// The immutable facts of a cluster.
#[derive(Clone, Debug)]
pub struct Setup {
    pub driver: NodeId,
    pub file_system: NodeId,
    /// What people call each node, by its id.
    pub names: Vec<Rc<str>>,
    /// Task slots of each executor, by order of executors.
    pub cores: u32,
    pub executors: Vec<NodeId>,
    /// Whether driver and executor are one process: master `local` or `local[N]`.
    pub local: bool,
    pub costs: Costs,
    pub conf: Rc<SparkConf>,
    pub seed: u64,
}

impl Setup {
    /// What people call a node.
    pub fn name(&self, node: NodeId) -> Rc<str> {
        self.names.get(node.0 as usize).cloned().unwrap_or_else(|| format!("node-{}", node.0).into())
    }

    /// How often a task may fail before its job does: `spark.task.maxFailures`, but 1 in local mode.
    pub fn max_task_failures(&self) -> u32 {
        if self.local && !self.conf.contains("spark.task.maxFailures") {
            return 1;
        }
        self.conf.count("spark.task.maxFailures").max(1)
    }

    /// Spark's default of `spark.default.parallelism`: all cores, and outside local mode two at least.
    pub fn default_parallelism(&self) -> u32 {
        if self.local { self.total_cores() } else { self.total_cores().max(2) }
    }

    /// Task slots of the whole cluster.
    pub fn total_cores(&self) -> u32 {
        self.cores * self.executors.len() as u32
    }
}
