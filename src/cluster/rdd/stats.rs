//! Statistics of numbers: `DoubleRDDFunctions` and `StatCounter`.

use super::node::Rdd;
use crate::cluster::driver::DriverError;

/// What statistics can be made of.
pub trait Number: Copy + 'static {
    /// As a floating-point number, rounded where it must be.
    fn to_f64(self) -> f64;
}

macro_rules! numbers {
    ($($type:ty)*) => {
        $(impl Number for $type {
            fn to_f64(self) -> f64 {
                self as f64
            }
        })*
    };
}

numbers! { i8 i16 i32 i64 u8 u16 u32 u64 usize f32 f64 }

/// Count, mean, variance and extremes of numbers: `org.apache.spark.util.StatCounter`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stats {
    pub count: u64,
    pub mean: f64,
    /// The sum of squared distances from the mean.
    squares: f64,
    pub min: f64,
    pub max: f64,
}

impl Default for Stats {
    fn default() -> Self {
        Stats { count: 0, mean: 0.0, squares: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY }
    }
}

impl Stats {
    /// With one more number.
    #[must_use]
    pub fn with(self, number: f64) -> Self {
        let count = self.count + 1;
        let distance = number - self.mean;
        let mean = self.mean + distance / count as f64;
        let squares = self.squares + distance * (number - mean);
        Stats { count, mean, squares, min: self.min.min(number), max: self.max.max(number) }
    }

    /// Of the numbers of both.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        if self.count == 0 || other.count == 0 {
            return if self.count == 0 { other } else { self };
        }
        let (here, there) = (self.count as f64, other.count as f64);
        let all = here + there;
        let distance = other.mean - self.mean;
        // By the larger side's mean where the other is much smaller, which rounds better.
        let mean = if there * 10.0 < here {
            self.mean + distance * there / all
        } else if here * 10.0 < there {
            other.mean - distance * here / all
        } else {
            (self.mean * here + other.mean * there) / all
        };
        Stats {
            count: self.count + other.count,
            mean,
            squares: self.squares + other.squares + distance * distance * here * there / all,
            min: self.min.min(other.min),
            max: self.max.max(other.max),
        }
    }

    /// `StatCounter.sum`.
    pub fn sum(&self) -> f64 {
        self.count as f64 * self.mean
    }

    /// `StatCounter.variance`, of the population; NaN without numbers.
    pub fn variance(&self) -> f64 {
        if self.count == 0 { f64::NAN } else { self.squares / self.count as f64 }
    }

    /// `StatCounter.sampleVariance`; NaN below two numbers.
    pub fn sample_variance(&self) -> f64 {
        if self.count < 2 { f64::NAN } else { self.squares / (self.count - 1) as f64 }
    }

    /// `StatCounter.stdev`, of the population.
    pub fn stdev(&self) -> f64 {
        self.variance().sqrt()
    }

    /// `StatCounter.sampleStdev`.
    pub fn sample_stdev(&self) -> f64 {
        self.sample_variance().sqrt()
    }
}

impl<T: Number> Rdd<T> {
    /// `DoubleRDDFunctions.stats`.
    pub fn stats(&self) -> Result<Stats, DriverError> {
        self.aggregate(Stats::default(), |stats, number| stats.with(number.to_f64()), Stats::merge)
    }

    /// `DoubleRDDFunctions.sum`.
    pub fn sum(&self) -> Result<f64, DriverError> {
        self.map(T::to_f64).fold(0.0, |left, right| left + right)
    }

    /// `DoubleRDDFunctions.mean`; 0 without numbers, as in Spark.
    pub fn mean(&self) -> Result<f64, DriverError> {
        Ok(self.stats()?.mean)
    }

    /// `DoubleRDDFunctions.stdev`, of the population.
    pub fn stdev(&self) -> Result<f64, DriverError> {
        Ok(self.stats()?.stdev())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_merge_to_the_whole() {
        let of = |numbers: &[f64]| numbers.iter().fold(Stats::default(), |stats, number| stats.with(*number));
        let numbers = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        for cut in 0..=numbers.len() {
            let (left, right) = numbers.split_at(cut);
            let merged = of(left).merge(of(right));
            assert_eq!((merged.count, merged.min, merged.max), (8, 2.0, 9.0));
            assert!((merged.mean - 5.0).abs() < 1e-12 && (merged.stdev() - 2.0).abs() < 1e-12, "cut at {cut}");
        }
        assert!(Stats::default().variance().is_nan());
    }
}
