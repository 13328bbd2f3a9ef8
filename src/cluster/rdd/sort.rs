//! Sorting: keys are cut into ranges of about the same size, one a partition.

use std::rc::Rc;

use super::node::Rdd;
use crate::cluster::driver::{self, DriverError};
use crate::cluster::partitioner::{Key, Partitioner};

/// How many keys are looked at for each range: `RangePartitioner`'s `samplePointsPerPartitionHint`.
const SAMPLES_PER_RANGE: usize = 20;

/// Keys of one partition, and how many rows each stands for.
type Sample<K> = (Vec<K>, f64);

impl<K: Key + Ord, V: Clone + 'static> Rdd<(K, V)> {
    /// `OrderedRDDFunctions.sortByKey`. Runs a job that samples the keys, unless one partition is enough.
    pub fn sort_by_key(&self, ascending: bool, partitions: u32) -> Result<Rdd<(K, V)>, DriverError> {
        let ranged = self.partition_by(&self.range_partitioner(ascending, partitions)?);
        Ok(ranged.partition_step("sortByKey", true, move |rows| {
            let mut rows: Vec<(K, V)> = rows.collect();
            rows.sort_by(|(left, _), (right, _)| if ascending { left.cmp(right) } else { right.cmp(left) });
            Box::new(rows.into_iter())
        }))
    }

    /// `RangePartitioner`: keys of one range in one partition, the ranges in order.
    fn range_partitioner(&self, ascending: bool, partitions: u32) -> Result<Partitioner<K>, DriverError> {
        let bounds = if partitions <= 1 { Vec::new() } else { self.range_bounds(partitions)? };
        let ranges = bounds.len() as u32 + 1;
        let assign = move |key: &K| {
            let below = bounds.partition_point(|bound| bound < key) as u32;
            if ascending { below } else { ranges - 1 - below }
        };
        Ok(Partitioner::Function { id: driver::next_id(), partitions: ranges, assign: Rc::new(assign) })
    }

    fn range_bounds(&self, partitions: u32) -> Result<Vec<K>, DriverError> {
        let wanted = SAMPLES_PER_RANGE * partitions as usize * 3;
        let each = wanted.div_ceil(self.num_partitions().max(1) as usize).max(1);
        // Spark draws the sample; evenly spaced keys are as good, and the same everywhere.
        let samples: Vec<Sample<K>> = self.run_job(0..self.num_partitions(), move |rows, _| {
            let keys: Vec<K> = rows.map(|(key, _)| key).collect();
            let step = keys.len().div_ceil(each).max(1);
            let sample: Vec<K> = keys.iter().step_by(step).cloned().collect();
            let weight = keys.len() as f64 / sample.len().max(1) as f64;
            Ok((sample, weight))
        })?;
        Ok(cut_ranges(samples, partitions))
    }
}

impl<T: Clone + 'static> Rdd<T> {
    /// `RDD.sortBy`, as [`sort_by_key`](Rdd::sort_by_key).
    pub fn sort_by<K: Key + Ord>(
        &self,
        key: impl Fn(&T) -> K + 'static,
        ascending: bool,
        partitions: u32,
    ) -> Result<Rdd<T>, DriverError> {
        Ok(self.key_by(key).sort_by_key(ascending, partitions)?.values())
    }
}

/// `RangePartitioner.determineBounds`: keys that cut the sample into parts of about the same weight.
fn cut_ranges<K: Ord>(samples: Vec<Sample<K>>, partitions: u32) -> Vec<K> {
    let mut weighted: Vec<(K, f64)> =
        samples.into_iter().flat_map(|(keys, weight)| keys.into_iter().map(move |key| (key, weight))).collect();
    weighted.sort_by(|(left, _), (right, _)| left.cmp(right));
    let step = weighted.iter().map(|(_, weight)| weight).sum::<f64>() / f64::from(partitions);
    let (mut reached, mut target) = (0.0, step);
    let mut bounds: Vec<K> = Vec::new();
    for (key, weight) in weighted {
        reached += weight;
        if reached >= target && bounds.last().is_none_or(|last| *last < key) && bounds.len() + 1 < partitions as usize {
            bounds.push(key);
            target += step;
        }
    }
    bounds
}
