//! The context and its actions: what is not about one RDD or stream.

use std::any::Any;
use std::rc::Rc;

use super::super::Function;
use super::super::engine::{Reply, Request};
use super::rdds::{PyRdd, unknown};
use super::{Served, Spark, number, spark_context, tasks};
use crate::cluster::{AccumulatorId, DriverError, driver};
use crate::conf::SparkConf;
use crate::sim::Duration;
use crate::value::Value;

impl Spark {
    pub(super) fn serve_context(&mut self, request: Request) -> Served {
        match request {
            Request::SparkContext { conf } => {
                let mut settings = SparkConf::default();
                conf.iter().for_each(|(key, value)| settings.set(key.as_str(), value.as_str()));
                driver::with_core(|core| core.conf = Rc::new(settings.over(&core.conf)));
                driver::once(|core| core.stopped = false)?;
                Ok(Reply::Done)
            }
            // A stopped context holds nothing here that would have to be given back.
            Request::StopSparkContext | Request::DropBroadcast { .. } => Ok(Reply::Done),
            Request::DefaultParallelism => Ok(Reply::Value(Value::from(spark_context().default_parallelism()))),
            Request::SetCheckpointDir { directory } => {
                spark_context().set_checkpoint_dir(directory);
                Ok(Reply::Done)
            }
            Request::Broadcast { .. } => Ok(number(driver::next_id())),
            Request::Accumulator { initial, add } => {
                let AccumulatorId(id) = driver::accumulator(
                    Rc::new(initial),
                    Rc::new(move |sum, update| merged(sum, update, add.as_ref())),
                );
                Ok(number(id))
            }
            Request::AccumulatorValue { accumulator } => {
                let value = driver::accumulator_value(AccumulatorId(accumulator))?;
                let value = value.and_then(|value| value.downcast_ref::<Value>().cloned());
                Ok(Reply::Value(value.unwrap_or(Value::None)))
            }
            Request::SetAccumulator { accumulator, value } => {
                driver::set_accumulator(AccumulatorId(accumulator), Rc::new(value))?;
                Ok(Reply::Done)
            }
            Request::TextFile { path, .. } => {
                let lines = spark_context().text_file(path)?;
                Ok(self.keep(PyRdd::of(lines.map(Value::Str))))
            }
            Request::RunJob { rdd, partitions } => {
                let rdd = self.rdd(rdd)?.rdd.clone();
                let partitions: Vec<u32> = match partitions {
                    Some(listed) => listed.into_iter().map(|partition| partition as u32).collect(),
                    None => (0..rdd.num_partitions()).collect(),
                };
                if let Some(partition) = partitions.iter().find(|partition| **partition >= rdd.num_partitions()) {
                    return Err(DriverError::illegal_argument(format!(
                        "Attempting to access a non-existent partition: {partition}. Total number of partitions: {}",
                        rdd.num_partitions()
                    )));
                }
                let results = rdd.run_job(partitions, |rows, _| Ok(rows.collect::<Vec<Value>>()))?;
                Ok(Reply::Value(Value::list(results.into_iter().map(Value::list))))
            }
            Request::SaveAsTextFile { rdd, path } => {
                self.rdd(rdd)?.rdd.save_as_text_file(path, line)?;
                Ok(Reply::Done)
            }
            Request::Sleep { duration } => {
                driver::request(driver::Request::Sleep(Duration(duration.max(0) as u64)))?;
                self.see_changes()?;
                Ok(Reply::Done)
            }
            other => Err(unknown(&other)),
        }
    }
}

/// A record of a text file: text as it is, anything else as Python writes it.
pub(super) fn line(value: Value) -> Rc<str> {
    match value {
        Value::Str(text) => text,
        other => other.to_string().into(),
    }
}

/// An accumulator's value with an update. A program's own `addInPlace` that fails leaves the value as it was, as a
/// failed merge does in Spark.
fn merged(sum: &Rc<dyn Any>, update: &Rc<dyn Any>, add: Option<&Function>) -> Rc<dyn Any> {
    let (Some(left), Some(right)) = (sum.downcast_ref::<Value>(), update.downcast_ref::<Value>()) else {
        return sum.clone();
    };
    let total = match add {
        Some(add) => tasks::call(add, &[left.clone(), right.clone()]).ok(),
        None => left.checked_add(right),
    };
    total.map_or_else(|| sum.clone(), |total| Rc::new(total))
}
