//! RDDs of Python records.

use std::rc::Rc;

use super::super::engine::{Reply, Request};
use super::super::{Function, RddId};
use super::{Served, Spark, tasks};
use crate::cluster::rdd::{Dependency, RddNode};
use crate::cluster::{DriverError, Partitioner, Partitioning, Rdd, StorageLevel, TaskError, driver};
use crate::value::{Value, portable_hash, unhashable};

/// An RDD as a program has it: as in PySpark, functions that follow each other run in one go, with no records handed
/// over in between, unless one of them is persisted or checkpointed.
#[derive(Clone)]
pub(super) struct PyRdd {
    pub rdd: Rdd<Value>,
    /// What `rdd` is made from by these functions; a function after them is added to these.
    pipeline: Option<(Rdd<Value>, Rc<[Function]>)>,
}

impl PyRdd {
    pub fn of(rdd: Rdd<Value>) -> Self {
        PyRdd { rdd, pipeline: None }
    }

    /// This RDD and one more function.
    pub fn pipe(&self, function: Function, preserves_partitioning: bool) -> Self {
        let (base, mut chain) = match &self.pipeline {
            Some((base, chain)) => (base.clone(), chain.to_vec()),
            None => (self.rdd.clone(), Vec::new()),
        };
        chain.push(function);
        let chain: Rc<[Function]> = chain.into();
        PyRdd { rdd: piped(&base, chain.clone(), preserves_partitioning), pipeline: Some((base, chain)) }
    }

    /// The same, with nothing added to its functions any more.
    fn sealed(&self) -> Self {
        PyRdd::of(self.rdd.clone())
    }
}

/// A partition's records through a chain of functions.
pub(super) fn piped(base: &Rdd<Value>, chain: Rc<[Function]>, preserves_partitioning: bool) -> Rdd<Value> {
    base.try_map_partitions("PythonRDD", preserves_partitioning, move |partition, rows, context| {
        tasks::pipe(&chain, partition, rows, context)
    })
}

/// The partition of a key: by the program's function, or by `portable_hash`.
pub(super) fn partition_of(key: &Value, function: Option<&Function>, partitions: u32) -> Result<u32, TaskError> {
    let hash = match function {
        None => match unhashable(key) {
            Some(class) => {
                let message = format!("TypeError: unhashable type: '{class}'");
                return Err(TaskError::user("org.apache.spark.api.python.PythonException", message));
            }
            None => portable_hash(key),
        },
        Some(function) => match tasks::call(function, std::slice::from_ref(key))? {
            Value::Int(number) => number,
            Value::Bool(flag) => flag.into(),
            other => {
                let message = format!("the partition function gave {other}, which is no integer");
                return Err(TaskError::user("TypeError", message));
            }
        },
    };
    Ok(hash.rem_euclid(i64::from(partitions.max(1))) as u32)
}

/// The pairs of an RDD in the partitions of their keys.
pub(super) fn partitioned(rdd: &Rdd<Value>, partitions: u32, function: Option<Function>) -> Rdd<Value> {
    if partitions == 0 {
        return Rdd::of_slices(Vec::new());
    }
    let with_place = rdd.try_map_partitions("PairwiseRDD", false, move |_, rows, _| {
        let mut placed = Vec::new();
        for row in rows {
            let Some((key, _)) = row.as_pair() else { return Err(no_pair(&row)) };
            placed.push((partition_of(key, function.as_ref(), partitions)?, row));
        }
        Ok(Box::new(placed.into_iter()))
    });
    let by_place = Partitioner::Function { id: driver::next_id(), partitions, assign: Rc::new(|place: &u32| *place) };
    with_place.partition_by(&by_place).map(|(_, row)| row)
}

/// Records dealt out over so many partitions; as PySpark's serialiser hands them over, ten at a time.
pub(super) fn repartitioned(rdd: &Rdd<Value>, partitions: u32) -> Rdd<Value> {
    let tens = rdd.try_map_partitions("tens", false, |_, rows, _| {
        let rows = rows.collect::<Vec<_>>();
        Ok(Box::new(rows.chunks(10).map(<[Value]>::to_vec).collect::<Vec<_>>().into_iter()))
    });
    tens.repartition(partitions).flat_map(|ten| ten)
}

fn no_pair(row: &Value) -> TaskError {
    TaskError::user("TypeError", format!("a (key, value) pair is needed here, not {row}"))
}

/// How pairs lie that were partitioned by `portable_hash`.
pub(super) fn python_partitioning(partitions: u32) -> Partitioning {
    // One number for all of them, which no partitioner made by `next_id` has.
    Partitioning::Function { id: u64::MAX, partitions }
}

/// A partitioner of keys that lie by `portable_hash` already.
pub(super) fn python_partitioner(partitions: u32) -> Partitioner<Value> {
    let assign = move |key: &Value| portable_hash(key).rem_euclid(i64::from(partitions.max(1))) as u32;
    Partitioner::Function { id: u64::MAX, partitions, assign: Rc::new(assign) }
}

/// Records that are pairs, as typed pairs; `partitions` says that they lie by `portable_hash`.
pub(super) fn pairs(rdd: &Rdd<Value>, partitions: u32) -> Rdd<(Value, Value)> {
    let typed = rdd.try_map_partitions("pairs", false, |_, rows, _| {
        let mut pairs = Vec::new();
        for row in rows {
            match row.as_pair() {
                Some((key, value)) => pairs.push((key.clone(), value.clone())),
                None => return Err(no_pair(&row)),
            }
        }
        Ok(Box::new(pairs.into_iter()))
    });
    typed.assume_partitioned(python_partitioning(partitions))
}

impl Spark {
    pub(super) fn serve_rdd(&mut self, request: Request) -> Served {
        let made = match request {
            Request::Parallelize { partitions } => {
                PyRdd::of(Rdd::of_slices(partitions.iter().map(|slice| Rc::new(slice.to_vec())).collect()))
            }
            Request::Pipe { parent, function, preserves_partitioning } => {
                self.rdd(parent)?.pipe(function, preserves_partitioning)
            }
            Request::PartitionBy { parent, partitions, function } => {
                PyRdd::of(partitioned(&self.rdd(parent)?.rdd, partitions as u32, function))
            }
            Request::Union { parents } => {
                let rdds: Vec<Rdd<Value>> = parents
                    .iter()
                    .map(|parent| Ok(self.rdd(*parent)?.rdd.clone()))
                    .collect::<Result<_, DriverError>>()?;
                PyRdd::of(super::spark_context().union(&rdds))
            }
            Request::Zip { left, right } => {
                let zipped = self.rdd(left)?.rdd.zip(&self.rdd(right)?.rdd)?;
                PyRdd::of(zipped.map(|(left, right)| Value::tuple([left, right])))
            }
            Request::Cartesian { left, right } => {
                let product = self.rdd(left)?.rdd.cartesian(&self.rdd(right)?.rdd);
                PyRdd::of(product.map(|(left, right)| Value::tuple([left, right])))
            }
            Request::Coalesce { parent, partitions, shuffle } => {
                let parent = &self.rdd(parent)?.rdd;
                let partitions = partitions as u32;
                PyRdd::of(if shuffle { repartitioned(parent, partitions) } else { parent.coalesce(partitions) })
            }
            Request::Persist { rdd, level } => return self.persist(rdd, &level),
            Request::Unpersist { rdd } => {
                self.rdd(rdd)?.rdd.unpersist();
                return Ok(Reply::Done);
            }
            Request::CheckpointRdd { rdd } => {
                let sealed = self.rdd(rdd)?.sealed();
                sealed.rdd.checkpoint();
                self.keep(sealed);
                return Ok(Reply::Done);
            }
            // The facade keeps the name; nothing of the engine shows it.
            Request::SetName { .. } => return Ok(Reply::Done),
            Request::PartitionCount { rdd } => {
                return Ok(Reply::Value(Value::from(self.rdd(rdd)?.rdd.num_partitions())));
            }
            Request::DebugString { rdd } => return Ok(Reply::Value(debug_string(self.rdd(rdd)?.rdd.node()).into())),
            other => return Err(unknown(&other)),
        };
        Ok(self.keep(made))
    }

    fn persist(&mut self, rdd: RddId, level: &str) -> Served {
        let Some(level) = StorageLevel::named(level) else {
            return Err(DriverError::illegal_argument(format!("Invalid StorageLevel: {level}")));
        };
        let sealed = self.rdd(rdd)?.sealed();
        let number = sealed.rdd.id();
        let before = driver::with_core(|core| core.books.levels.get(&number).copied()).flatten();
        if before.is_some_and(|before| before != level) {
            return Err(DriverError::failed(
                "org.apache.spark.SparkUnsupportedOperationException",
                "Cannot change storage level of an RDD after it was already assigned a level",
            ));
        }
        sealed.rdd.persist(level);
        self.keep(sealed);
        Ok(Reply::Done)
    }
}

pub(super) fn unknown(request: &Request) -> DriverError {
    DriverError::illegal_state(format!("this is no request of an RDD or stream: {request:?}"))
}

/// `RDD.toDebugString`: the lineage, a step deeper behind each shuffle.
fn debug_string(node: &Rc<RddNode>) -> String {
    let mut lines = Vec::new();
    let mut waiting = vec![(node.clone(), 0, true)];
    while let Some((node, depth, first_of_stage)) = waiting.pop() {
        let partitions = if first_of_stage { format!("({}) ", node.partitions) } else { " |  ".into() };
        lines.push(format!("{}{partitions}{}[{}]", " |  ".repeat(depth), node.name, node.id));
        for dependency in node.dependencies.iter().rev() {
            waiting.push(match dependency {
                Dependency::Narrow(parent, _) => (parent.clone(), depth, false),
                Dependency::Shuffle(shuffle) => (shuffle.parent.clone(), depth + 1, true),
            });
        }
    }
    lines.join("\n")
}
