//! `repartition`: rows dealt out one by one, each partition starting where Spark's own generator says.

use std::rc::Rc;

use super::Rdd;
use crate::cluster::{Partitioner, driver};

impl<T: Clone + 'static> Rdd<T> {
    /// `RDD.repartition`: rows are dealt out one by one, each partition starting at a place of its own.
    pub fn repartition(&self, partitions: u32) -> Rdd<T> {
        let partitions = partitions.max(1);
        let deal = Partitioner::Function {
            id: driver::next_id(),
            partitions,
            assign: Rc::new(move |place: &u32| place % partitions),
        };
        let dealt = self.map_partitions_with_index(
            move |partition, rows| {
                let places = (first_place(partition, partitions) + 1..).map(move |place| place % partitions);
                Box::new(places.zip(rows))
            },
            false,
        );
        dealt.partition_by(&deal).partition_step("repartition", false, |rows| Box::new(rows.map(|(_, row)| row)))
    }
}

/// `new XORShiftRandom(partition).nextInt(partitions)`: the same on every machine, so that a task run again deals the
/// same.
fn first_place(partition: u32, partitions: u32) -> u32 {
    let bytes = u64::from(partition).to_be_bytes();
    let low = murmur3(&bytes, 0x3c07_4a61);
    let high = murmur3(&bytes, low);
    let mut state = u64::from(high) << 32 | u64::from(low);
    loop {
        state ^= state << 21;
        state ^= state >> 35;
        state ^= state << 4;
        let bits = (state & 0x7fff_ffff) as u32;
        if partitions.is_power_of_two() {
            return (u64::from(partitions) * u64::from(bits) >> 31) as u32;
        }
        let place = bits % partitions;
        // Java draws again where the last numbers would favour some places.
        if u64::from(bits - place) + u64::from(partitions - 1) < 1 << 31 {
            return place;
        }
    }
}

/// `scala.util.hashing.MurmurHash3.bytesHash`, of whole words.
fn murmur3(bytes: &[u8; 8], seed: u32) -> u32 {
    let (words, _) = bytes.as_chunks::<4>();
    let mut hash = words.iter().fold(seed, |hash, word| {
        let word = u32::from_le_bytes(*word).wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593);
        (hash ^ word).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64)
    });
    hash ^= bytes.len() as u32;
    hash = (hash ^ hash >> 16).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ hash >> 13).wrapping_mul(0xc2b2_ae35);
    hash ^ hash >> 16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As real Spark 3.5.7 dealt.
    #[test]
    fn places_are_those_of_spark() {
        let places = |partitions| (0..6).map(|partition| first_place(partition, partitions)).collect::<Vec<_>>();
        assert_eq!(places(3), [2, 0, 1, 2, 1, 1]);
        assert_eq!(places(4), [0, 0, 3, 2, 2, 3]);
    }
}
