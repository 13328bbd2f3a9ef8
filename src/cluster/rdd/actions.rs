//! Actions: what starts a job. They block, so they are called by driver code and passed on with `?`.

use std::any::Any;
use std::rc::Rc;

use super::node::{Rdd, Rows};
use crate::cluster::block::Block;
use crate::cluster::driver::{self, DriverError, JobSpec, Request};
use crate::cluster::task::{TaskContext, TaskError};

impl<T: Clone + 'static> Rdd<T> {
    /// `SparkContext.runJob`: a result for each of the given partitions, made inside its task.
    pub fn run_job<R: Clone + 'static>(
        &self,
        partitions: impl IntoIterator<Item = u32>,
        work: impl Fn(Rows<T>, &mut TaskContext) -> Result<R, TaskError> + 'static,
    ) -> Result<Vec<R>, DriverError> {
        self.run_job_committing(partitions, None, work)
    }

    fn run_job_committing<R: Clone + 'static>(
        &self,
        partitions: impl IntoIterator<Item = u32>,
        commit: Option<Rc<str>>,
        work: impl Fn(Rows<T>, &mut TaskContext) -> Result<R, TaskError> + 'static,
    ) -> Result<Vec<R>, DriverError> {
        let work = move |node: &Rc<super::RddNode>, partition, context: &mut TaskContext| {
            let Some(rdd) = Rdd::<T>::from_node(node) else { unreachable!("a job's RDD keeps its row type") };
            let rows = rdd.rows(partition, context)?;
            Ok(Rc::new(work(rows, context)?) as Rc<dyn Any>)
        };
        let partitions = partitions.into_iter().collect();
        let reply = driver::request(Request::Job(JobSpec {
            rdd: self.node().clone(),
            partitions,
            work: Rc::new(work),
            commit,
        }))?;
        let results: Vec<Rc<dyn Any>> = driver::answer_of(&reply)?;
        results.iter().map(driver::answer_of).collect()
    }

    /// Runs a job over all partitions.
    pub(super) fn run_on_all<R: Clone + 'static>(
        &self,
        work: impl Fn(Rows<T>) -> R + 'static,
    ) -> Result<Vec<R>, DriverError> {
        self.run_job(0..self.num_partitions(), move |rows, _| Ok(work(rows)))
    }

    /// `RDD.collect`: all rows, in the order of partitions.
    pub fn collect(&self) -> Result<Vec<T>, DriverError> {
        Ok(self.run_on_all(|rows| rows.collect::<Vec<T>>())?.concat())
    }

    /// `RDD.count`.
    pub fn count(&self) -> Result<u64, DriverError> {
        Ok(self.run_on_all(|rows| rows.count() as u64)?.into_iter().sum())
    }

    /// `RDD.take`: the first rows. One partition is tried first, then four times as many as tried before
    /// (`spark.rdd.limit.scaleUpFactor`), job by job.
    pub fn take(&self, count: usize) -> Result<Vec<T>, DriverError> {
        let mut taken: Vec<T> = Vec::new();
        let mut scanned = 0;
        while taken.len() < count && scanned < self.num_partitions() {
            let left = count - taken.len();
            let tries = if scanned == 0 {
                1
            } else if taken.is_empty() {
                scanned.saturating_mul(4)
            } else {
                let wanted = (left as u64).saturating_mul(u64::from(scanned) * 3).div_ceil(taken.len() as u64 * 2);
                wanted.min(u64::from(scanned) * 4) as u32
            };
            let end = self.num_partitions().min(scanned.saturating_add(tries));
            let results = self.run_job(scanned..end, move |rows, _| Ok(rows.take(left).collect::<Vec<T>>()))?;
            for rows in results {
                taken.extend(rows.into_iter().take(count - taken.len()));
            }
            scanned = end;
        }
        Ok(taken)
    }

    /// `RDD.first`; `None` where Spark throws for an empty collection.
    pub fn first(&self) -> Result<Option<T>, DriverError> {
        Ok(self.take(1)?.pop())
    }

    /// `RDD.isEmpty`.
    pub fn is_empty(&self) -> Result<bool, DriverError> {
        Ok(self.num_partitions() == 0 || self.take(1)?.is_empty())
    }

    /// `RDD.reduce`; `None` where Spark throws for an empty collection.
    pub fn reduce(&self, reduce: impl Fn(T, T) -> T + 'static) -> Result<Option<T>, DriverError> {
        let reduce = Rc::new(reduce);
        let in_task = reduce.clone();
        let partials = self.run_on_all(move |rows| rows.reduce(|left, right| in_task(left, right)))?;
        Ok(partials.into_iter().flatten().reduce(|left, right| reduce(left, right)))
    }

    /// `RDD.foreachPartition`: for its effects on accumulators and outside systems.
    pub fn foreach_partition(
        &self,
        act: impl Fn(Rows<T>, &mut TaskContext) -> Result<(), TaskError> + 'static,
    ) -> Result<(), DriverError> {
        self.run_job(0..self.num_partitions(), act).map(|_| ())
    }

    /// `RDD.foreach`.
    pub fn foreach(&self, act: impl Fn(T, &mut TaskContext) + 'static) -> Result<(), DriverError> {
        self.foreach_partition(move |rows, context| {
            rows.for_each(|row| act(row, context));
            Ok(())
        })
    }

    /// Writes each partition as a file of lines `directory/part-NNNNN` and, when all are written, `_SUCCESS`: as
    /// `RDD.saveAsTextFile`, with `text` in the place of `toString`.
    ///
    /// The files appear when the job is committed, all together; what failed attempts wrote is never seen.
    pub fn save_as_text_file(
        &self,
        directory: impl Into<Rc<str>>,
        text: impl Fn(T) -> Rc<str> + 'static,
    ) -> Result<(), DriverError> {
        self.save_lines(directory, "part", text)
    }

    /// [`save_as_text_file`](Rdd::save_as_text_file) into files `stem-NNNNN`: Hadoop's new API names them `part-r`.
    pub fn save_lines(
        &self,
        directory: impl Into<Rc<str>>,
        stem: &'static str,
        text: impl Fn(T) -> Rc<str> + 'static,
    ) -> Result<(), DriverError> {
        let directory = directory.into();
        let pending = crate::external::pending_directory(&directory);
        let work = move |rows: Rows<T>, context: &mut TaskContext| {
            let path = format!("{pending}/{stem}-{:05}", context.info.partition);
            context.write_lines(path, rows.map(&text).collect());
            Ok(())
        };
        self.run_job_committing(0..self.num_partitions(), Some(directory), work).map(|_| ())
    }

    /// `RDD.saveAsObjectFile`: as [`save_as_text_file`](Rdd::save_as_text_file), with the rows themselves in the files.
    pub fn save_as_object_file(&self, directory: impl Into<Rc<str>>) -> Result<(), DriverError> {
        let directory = directory.into();
        let pending = crate::external::pending_directory(&directory);
        let work = move |rows: Rows<T>, context: &mut TaskContext| {
            let path = format!("{pending}/part-{:05}", context.info.partition);
            context.write_block(path, Block::new(rows.collect()));
            Ok(())
        };
        self.run_job_committing(0..self.num_partitions(), Some(directory), work).map(|_| ())
    }
}
