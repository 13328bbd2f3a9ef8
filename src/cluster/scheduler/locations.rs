//! The driver's knowledge of where blocks lie: Spark's `BlockManagerMaster` and `MapOutputTracker`, and from both the
//! plan of a task's inputs.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::cluster::ids::{BlockId, RddId, ShuffleId};
use crate::cluster::messages::BlockSource;
use crate::cluster::rdd::{Dependency, RddNode, ShuffleDependency};
use crate::cluster::task::Books;
use crate::sim::NodeId;

/// Where blocks and map outputs lie.
#[derive(Clone, Default)]
pub struct Locations {
    blocks: BTreeMap<BlockId, Vec<NodeId>>,
    /// By shuffle: the executor that holds each map partition's output.
    outputs: BTreeMap<ShuffleId, Vec<Option<NodeId>>>,
}

impl Locations {
    pub fn add_block(&mut self, block: BlockId, executor: NodeId) {
        let holders = self.blocks.entry(block).or_default();
        if !holders.contains(&executor) {
            holders.push(executor);
        }
    }

    /// How many blocks and shuffles it knows the places of.
    pub fn kept(&self) -> [usize; 2] {
        [self.blocks.len(), self.outputs.len()]
    }

    /// Who holds a block, in the order of storing.
    pub fn holders(&self, block: &BlockId) -> &[NodeId] {
        self.blocks.get(block).map_or(&[], |holders| holders)
    }

    pub fn remove_block(&mut self, block: &BlockId) {
        self.blocks.remove(block);
    }

    pub fn remove_rdd(&mut self, rdd: RddId) {
        let range = BlockId::Rdd { rdd, partition: 0 }..=BlockId::Rdd { rdd, partition: u32::MAX };
        let partitions: Vec<BlockId> = self.blocks.range(range).map(|(id, _)| *id).collect();
        for partition in partitions {
            self.blocks.remove(&partition);
        }
    }

    pub fn add_output(&mut self, shuffle: &ShuffleDependency, map: u32, executor: NodeId) {
        let outputs = self.outputs.entry(shuffle.id).or_insert_with(|| vec![None; shuffle.parent.partitions as usize]);
        if let Some(output) = outputs.get_mut(map as usize) {
            *output = Some(executor);
        }
    }

    /// Map partitions of a shuffle whose output nobody holds.
    pub fn missing_outputs(&self, shuffle: &ShuffleDependency) -> Vec<u32> {
        match self.outputs.get(&shuffle.id) {
            None => (0..shuffle.parent.partitions).collect(),
            Some(outputs) => (0..).zip(outputs).filter(|(_, output)| output.is_none()).map(|(map, _)| map).collect(),
        }
    }

    fn is_complete(&self, shuffle: &ShuffleDependency) -> bool {
        self.outputs.get(&shuffle.id).is_some_and(|outputs| outputs.iter().all(Option::is_some))
            || shuffle.parent.partitions == 0
    }

    pub fn remove_shuffles(&mut self, from: ShuffleId, end: ShuffleId) {
        while let Some((shuffle, _)) = self.outputs.range(from..end).next() {
            let shuffle = *shuffle;
            self.outputs.remove(&shuffle);
        }
    }

    /// Everything an executor held is gone.
    pub fn remove_executor(&mut self, executor: NodeId) {
        self.remove_blocks_of(executor, |_| true);
        self.remove_outputs_of(executor);
    }

    /// Nobody can read from an executor, though it lives: what can be computed again is taken for lost.
    pub fn forget_computed(&mut self, executor: NodeId) {
        self.remove_blocks_of(executor, |block| !block.is_input());
        self.remove_outputs_of(executor);
    }

    fn remove_blocks_of(&mut self, executor: NodeId, lost: impl Fn(&BlockId) -> bool) {
        self.blocks.retain(|block, holders| {
            holders.retain(|holder| *holder != executor || !lost(block));
            !holders.is_empty()
        });
    }

    fn remove_outputs_of(&mut self, executor: NodeId) {
        for output in self.outputs.values_mut().flatten().filter(|output| **output == Some(executor)) {
            *output = None;
        }
    }

    fn is_cached(&self, node: &RddNode, books: &Books, partition: u32) -> bool {
        books.levels.contains_key(&node.id) && self.blocks.contains_key(&BlockId::Rdd { rdd: node.id, partition })
    }

    /// The shuffles that must run before these partitions can be computed: those reached without crossing a cached
    /// partition, a checkpoint or another shuffle.
    pub fn missing_shuffles(
        &self,
        node: &Rc<RddNode>,
        partitions: &[u32],
        books: &Books,
    ) -> Vec<Rc<ShuffleDependency>> {
        let mut missing: Vec<Rc<ShuffleDependency>> = Vec::new();
        let mut visited = BTreeSet::new();
        let mut waiting: Vec<(&Rc<RddNode>, Vec<u32>)> = vec![(node, partitions.to_vec())];
        while let Some((node, mut partitions)) = waiting.pop() {
            if books.checkpointed.contains_key(&node.id) {
                continue;
            }
            partitions
                .retain(|partition| !self.is_cached(node, books, *partition) && visited.insert((node.id, *partition)));
            if partitions.is_empty() {
                continue;
            }
            for dependency in &node.dependencies {
                match dependency {
                    Dependency::Narrow(parent, map) => {
                        waiting.push((parent, partitions.iter().flat_map(|child| map.parents(*child)).collect()));
                    }
                    Dependency::Shuffle(shuffle) => {
                        if !self.is_complete(shuffle) && missing.iter().all(|other| other.id != shuffle.id) {
                            missing.push(shuffle.clone());
                        }
                    }
                }
            }
        }
        missing
    }

    /// The blocks a task reads, and where to have them. `Err` names a shuffle whose outputs are not all there.
    ///
    /// A persisted partition that nobody holds is computed within the task, so its own inputs are listed.
    pub fn inputs(
        &self,
        node: &Rc<RddNode>,
        partition: u32,
        books: &Books,
    ) -> Result<Vec<(BlockId, BlockSource)>, ShuffleId> {
        let mut inputs: BTreeMap<BlockId, BlockSource> = BTreeMap::new();
        let mut visited = BTreeSet::new();
        let mut waiting = vec![(node, partition)];
        while let Some((node, partition)) = waiting.pop() {
            if !visited.insert((node.id, partition)) {
                continue;
            }
            if let Some(directory) = books.checkpointed.get(&node.id) {
                let block = BlockId::Checkpoint { rdd: node.id, partition };
                inputs.insert(block, BlockSource::File(checkpoint_path(directory, block)));
                continue;
            }
            if books.levels.contains_key(&node.id) {
                let block = BlockId::Rdd { rdd: node.id, partition };
                if let Some(holders) = self.blocks.get(&block) {
                    inputs.insert(block, BlockSource::Executors(holders.clone()));
                    continue;
                }
            }
            if let Some(block) = node.input_blocks.get(partition as usize) {
                inputs.insert(*block, BlockSource::Executors(self.holders(block).to_vec()));
            }
            for dependency in &node.dependencies {
                match dependency {
                    Dependency::Narrow(parent, map) => {
                        waiting.extend(
                            map.parents(partition).into_iter().map(|parent_partition| (parent, parent_partition)),
                        );
                    }
                    Dependency::Shuffle(shuffle) => self.shuffle_inputs(shuffle, partition, &mut inputs)?,
                }
            }
        }
        Ok(inputs.into_iter().collect())
    }

    fn shuffle_inputs(
        &self,
        shuffle: &ShuffleDependency,
        reduce: u32,
        inputs: &mut BTreeMap<BlockId, BlockSource>,
    ) -> Result<(), ShuffleId> {
        for map in 0..shuffle.parent.partitions {
            let holder = self.outputs.get(&shuffle.id).and_then(|outputs| *outputs.get(map as usize)?);
            let source = BlockSource::Executors(vec![holder.ok_or(shuffle.id)?]);
            inputs.insert(BlockId::Shuffle { shuffle: shuffle.id, map, reduce }, source);
        }
        Ok(())
    }
}

/// Where a checkpointed partition lies on the shared file system.
pub fn checkpoint_path(directory: &str, block: BlockId) -> Rc<str> {
    format!("{directory}/{block}").into()
}

/// The executors a task would best run on: those that hold the first persisted or received block of its inputs.
pub fn preferred_executors(inputs: &[(BlockId, BlockSource)]) -> &[NodeId] {
    inputs
        .iter()
        .find_map(|(block, source)| match (block, source) {
            (BlockId::Rdd { .. } | BlockId::Input { .. }, BlockSource::Executors(holders)) => Some(&holders[..]),
            _ => None,
        })
        .unwrap_or(&[])
}
