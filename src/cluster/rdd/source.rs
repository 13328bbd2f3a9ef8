//! RDDs that start a lineage: collections of the driver, blocks of receivers, files.

use std::rc::Rc;

use super::node::{Lineage, Rdd, cloned};
use crate::cluster::driver;
use crate::cluster::ids::BlockId;
use crate::cluster::task::TaskError;

impl<T: Clone + 'static> Rdd<T> {
    /// `SparkContext.parallelize`: partition i of n holds rows `i*len/n .. (i+1)*len/n`.
    pub fn parallelize(rows: impl IntoIterator<Item = T>, partitions: u32) -> Rdd<T> {
        let rows: Vec<T> = rows.into_iter().collect();
        let (len, partitions) = (rows.len() as u64, partitions.max(1));
        let bound = |index: u32| (u64::from(index) * len / u64::from(partitions)) as usize;
        let mut rest = rows;
        let mut slices: Vec<Rc<Vec<T>>> =
            (0..partitions).rev().map(|index| Rc::new(rest.split_off(bound(index)))).collect();
        slices.reverse();
        Self::of_slices(slices)
    }

    /// An RDD whose partitions are these rows.
    pub fn of_slices(slices: Vec<Rc<Vec<T>>>) -> Rdd<T> {
        let lineage = Lineage {
            name: "parallelize",
            partitions: slices.len() as u32,
            partitioning: None,
            dependencies: Vec::new(),
        };
        Rdd::new(lineage, move |_, partition, context| {
            let slice = &slices[partition as usize];
            context.count_records(slice.len() as u64);
            Ok(cloned(slice.clone()))
        })
    }

    /// `SparkContext.emptyRDD`: no partitions.
    pub fn empty() -> Rdd<T> {
        Self::of_slices(Vec::new())
    }

    /// `BlockRDD`: one partition a block that a receiver has stored.
    pub fn of_blocks(blocks: Vec<BlockId>) -> Rdd<T> {
        let lineage =
            Lineage { name: "blocks", partitions: blocks.len() as u32, partitioning: None, dependencies: Vec::new() };
        Rdd::with_id(driver::next_rdd(), lineage, blocks.into(), |node, partition, context| {
            let block = node.input_blocks[partition as usize];
            let lost = || {
                let message = format!("Could not compute split, block {block} of RDD {} not found", node.id);
                TaskError::user("java.lang.Exception", message)
            };
            Ok(cloned(context.read_if_present(block)?.ok_or_else(lost)?))
        })
    }
}
