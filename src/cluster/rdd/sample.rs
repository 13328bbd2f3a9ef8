//! Random samples, the same for the same seed wherever and however often they are drawn.

use super::node::Rdd;
use crate::sim::{Random, Stream};

impl<T: Clone + 'static> Rdd<T> {
    /// `RDD.sample`: each row with this probability or, with replacement, so often on average. Each partition draws
    /// for itself.
    pub fn sample(&self, with_replacement: bool, fraction: f64, seed: u64) -> Rdd<T> {
        self.try_map_partitions("sample", true, move |partition, rows, _| {
            let mut random = Random::new(seed ^ u64::from(partition).wrapping_mul(0x9E37_79B9_7F4A_7C15));
            Ok(Box::new(rows.flat_map(move |row| {
                let times = if with_replacement {
                    poisson(fraction, &mut random)
                } else {
                    usize::from(uniform(&mut random) < fraction)
                };
                std::iter::repeat_n(row, times)
            })))
        })
    }
}

/// A number in `0..1`.
fn uniform(random: &mut Random) -> f64 {
    (random.bits(Stream::Workload) >> 11) as f64 / (1_u64 << 53) as f64
}

/// How often something happens that happens `mean` times on average (Knuth's method, a unit of the mean at a time).
fn poisson(mean: f64, random: &mut Random) -> usize {
    let mut times = 0;
    let mut left = mean;
    while left > 0.0 {
        let limit = exp_of_minus(left.min(1.0));
        let mut product = uniform(random);
        while product > limit {
            times += 1;
            product *= uniform(random);
        }
        left -= 1.0;
    }
    times
}

/// `e^-x` for `x` in `0..=1`, by its series: the machine's own `exp` is not the same everywhere.
fn exp_of_minus(x: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    for n in 1..20 {
        term *= x / f64::from(n);
        sum += term;
    }
    1.0 / sum
}
