//! Seeded randomness: one ChaCha stream a subsystem, so that a new draw in one place moves nothing elsewhere.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

use super::Duration;

/// Which subsystem draws. The number is the ChaCha stream, so the order here is part of what a seed means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Latency, loss and duplication of messages.
    Network,
    /// Latency of writes, and what a crash leaves of the unsynced ones.
    Storage,
    /// Random faults.
    Faults,
    /// The order of events that are due at the same time, where shuffling is on.
    Schedule,
    /// Jitter of task times.
    Costs,
    /// What user code and generated inputs draw.
    Workload,
}

const STREAMS: usize = 6;

/// A probability as an integer ratio `numerator / denominator`; the kernel knows no floating point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ratio {
    pub numerator: u32,
    pub denominator: u32,
}

impl Ratio {
    /// Never.
    pub const ZERO: Ratio = Ratio { numerator: 0, denominator: 1 };

    /// `numerator` times in `denominator`; a zero denominator counts as never.
    pub const fn new(numerator: u32, denominator: u32) -> Self {
        if denominator == 0 { Ratio::ZERO } else { Ratio { numerator, denominator } }
    }
}

/// The random streams of one world.
#[derive(Clone, Debug)]
pub struct Random {
    seed: u64,
    streams: [ChaCha8Rng; STREAMS],
}

impl Random {
    /// The streams of a seed.
    pub fn new(seed: u64) -> Self {
        Random { seed, streams: std::array::from_fn(|stream| chacha(seed, stream as u64)) }
    }

    /// The seed this was made from.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The next 64 bits of a stream.
    #[inline]
    pub fn bits(&mut self, stream: Stream) -> u64 {
        self.streams[stream as usize].next_u64()
    }

    /// A number in `0..bound`, every one equally likely; 0 where `bound` is 0.
    #[inline]
    pub fn below(&mut self, stream: Stream, bound: u64) -> u64 {
        if bound <= 1 {
            return 0;
        }
        let largest_fair = u64::MAX - u64::MAX % bound;
        loop {
            let bits = self.bits(stream);
            if bits < largest_fair {
                return bits % bound;
            }
        }
    }

    /// Whether something of this probability happens. A certain or impossible thing draws nothing.
    #[inline]
    pub fn happens(&mut self, stream: Stream, probability: Ratio) -> bool {
        match probability {
            Ratio { numerator: 0, .. } => false,
            Ratio { numerator, denominator } if numerator >= denominator => true,
            Ratio { numerator, denominator } => self.below(stream, denominator.into()) < u64::from(numerator),
        }
    }

    /// A length of time in `shortest..=longest`. A range of one length draws nothing.
    #[inline]
    pub fn between(&mut self, stream: Stream, (shortest, longest): (Duration, Duration)) -> Duration {
        if longest <= shortest {
            return shortest;
        }
        shortest + Duration(self.below(stream, (longest.0 - shortest.0).saturating_add(1)))
    }
}

fn chacha(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    let mut generator = ChaCha8Rng::from_seed(key);
    generator.set_stream(stream);
    generator
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_in_one_stream_moves_no_other() {
        let (mut quiet, mut busy) = (Random::new(7), Random::new(7));
        for _ in 0..100 {
            busy.bits(Stream::Network);
        }
        assert_eq!(quiet.bits(Stream::Costs), busy.bits(Stream::Costs));
    }

    #[test]
    fn a_seed_means_the_same_draws_everywhere() {
        let mut random = Random::new(1);
        let draws: Vec<u64> = (0..4).map(|_| random.below(Stream::Workload, 1_000)).collect();
        assert_eq!(draws, [242, 670, 115, 799]);
    }
}
