//! Rows paired with other rows, or with numbers of their own.

use std::rc::Rc;

use super::node::{Dependency, Lineage, NarrowMap, Rdd, Rows};
use crate::cluster::driver::DriverError;
use crate::cluster::task::{TaskContext, TaskError};

impl<T: Clone + 'static> Rdd<T> {
    /// `RDD.zipPartitions`, for a lineage of two narrow parents: a partition is made from both parents' of the same
    /// number.
    pub fn zip_partitions<A: Clone + 'static, B: Clone + 'static>(
        lineage: Lineage,
        zip: impl Fn(Rows<A>, Rows<B>) -> Result<Rows<T>, TaskError> + 'static,
    ) -> Rdd<T> {
        Rdd::new(lineage, move |node, partition, context| {
            let left = node.parent::<A>(0).rows(partition, context)?;
            let right = node.parent::<B>(1).rows(partition, context)?;
            zip(left, right)
        })
    }

    /// `RDD.zipPartitions`: a partition is made from both parents' of the same number; they have equally many.
    pub fn zip_by_partition<U: Clone + 'static, R: Clone + 'static>(
        &self,
        other: &Rdd<U>,
        zip: impl Fn(u32, Rows<T>, Rows<U>, &mut TaskContext) -> Result<Vec<R>, TaskError> + 'static,
    ) -> Rdd<R> {
        let lineage = Lineage {
            name: "zipPartitions",
            partitions: self.num_partitions(),
            partitioning: None,
            dependencies: vec![
                Dependency::Narrow(self.node().clone(), NarrowMap::OneToOne),
                Dependency::Narrow(other.node().clone(), NarrowMap::OneToOne),
            ],
        };
        Rdd::new(lineage, move |node, partition, context| {
            let left = node.parent::<T>(0).rows(partition, context)?;
            let right = node.parent::<U>(1).rows(partition, context)?;
            Ok(Box::new(zip(partition, left, right, context)?.into_iter()))
        })
    }

    /// `RDD.zip`: rows of the same place paired. Both need the same number of partitions, and of rows in each.
    pub fn zip<U: Clone + 'static>(&self, other: &Rdd<U>) -> Result<Rdd<(T, U)>, DriverError> {
        if self.num_partitions() != other.num_partitions() {
            return Err(DriverError::illegal_argument(format!(
                "Can't zip RDDs with unequal numbers of partitions: List({}, {})",
                self.num_partitions(),
                other.num_partitions()
            )));
        }
        let lineage = Lineage {
            name: "zip",
            partitions: self.num_partitions(),
            partitioning: None,
            dependencies: vec![
                Dependency::Narrow(self.node().clone(), NarrowMap::OneToOne),
                Dependency::Narrow(other.node().clone(), NarrowMap::OneToOne),
            ],
        };
        Ok(Rdd::zip_partitions(lineage, |left: Rows<T>, right: Rows<U>| {
            let (left, right): (Vec<T>, Vec<U>) = (left.collect(), right.collect());
            if left.len() != right.len() {
                return Err(TaskError::user(
                    "org.apache.spark.SparkException",
                    "Can only zip RDDs with same number of elements in each partition",
                ));
            }
            Ok(Box::new(left.into_iter().zip(right)))
        }))
    }

    /// `RDD.cartesian`: every row of this one with every row of the other.
    pub fn cartesian<U: Clone + 'static>(&self, other: &Rdd<U>) -> Rdd<(T, U)> {
        let (left, right) = (self.num_partitions(), other.num_partitions());
        let places = |place: fn(u32, u32) -> u32| -> Rc<[Vec<u32>]> {
            (0..left * right).map(|partition| vec![place(partition, right.max(1))]).collect()
        };
        let (rows, columns) =
            (places(|partition, width| partition / width), places(|partition, width| partition % width));
        let lineage = Lineage {
            name: "cartesian",
            partitions: left * right,
            partitioning: None,
            dependencies: vec![
                Dependency::Narrow(self.node().clone(), NarrowMap::Listed(rows)),
                Dependency::Narrow(other.node().clone(), NarrowMap::Listed(columns)),
            ],
        };
        Rdd::new(lineage, move |node, partition, context| {
            let left = node.parent::<T>(0).rows(partition / right, context)?;
            let others: Vec<U> = node.parent::<U>(1).rows(partition % right, context)?.collect();
            Ok(Box::new(left.flat_map(move |row| others.clone().into_iter().map(move |other| (row.clone(), other)))))
        })
    }

    /// `RDD.zipWithIndex`. Runs a job that counts the rows of each partition but the last, where there are several.
    pub fn zip_with_index(&self) -> Result<Rdd<(T, u64)>, DriverError> {
        let counts = self.run_job(0..self.num_partitions().saturating_sub(1), |rows, _| Ok(rows.count() as u64))?;
        let starts: Vec<u64> = std::iter::once(0)
            .chain(counts.into_iter().scan(0, |start, count| {
                *start += count;
                Some(*start)
            }))
            .collect();
        Ok(self.try_map_partitions("zipWithIndex", false, move |partition, rows, _| {
            Ok(Box::new(rows.zip(starts[partition as usize]..)))
        }))
    }

    /// `RDD.zipWithUniqueId`: row i of partition k of n gets `i * n + k`.
    pub fn zip_with_unique_id(&self) -> Rdd<(T, u64)> {
        let step = self.num_partitions() as usize;
        self.try_map_partitions("zipWithUniqueId", false, move |partition, rows, _| {
            Ok(Box::new(rows.zip((u64::from(partition)..).step_by(step))))
        })
    }
}
