//! Approximate quantiles: Spark's `QuantileSummaries`, after Greenwald and Khanna's "Space-efficient Online
//! Computation of Quantile Summaries", with the digest of `percentile_approx` around it.

/// A summary of this many samples is compressed.
const COMPRESS_THRESHOLD: i32 = 10_000;

/// So many values are gathered before they are sorted in.
const HEAD_SIZE: usize = 50_000;

/// A sample: the value, how far its least rank is from the one before, and how far its rank may reach.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Sample {
    value: f64,
    g: i64,
    delta: i64,
}

/// What is known of the values seen.
#[derive(Clone, Debug)]
pub(super) struct Digest {
    relative_error: f64,
    sampled: Vec<Sample>,
    count: i64,
    head: Vec<f64>,
    compressed: bool,
}

fn compressed(samples: &[Sample], threshold: f64) -> Vec<Sample> {
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return Vec::new() };
    let mut kept = Vec::new();
    let mut head = *last;
    for sample in samples.iter().skip(1).rev().skip(1) {
        if ((sample.g.wrapping_add(head.g).wrapping_add(head.delta)) as f64) < threshold {
            head.g = head.g.wrapping_add(sample.g);
        } else {
            kept.push(head);
            head = *sample;
        }
    }
    kept.push(head);
    if first.value <= head.value && samples.len() > 1 {
        kept.push(*first);
    }
    kept.reverse();
    kept
}

impl Digest {
    /// Nothing, of which quantiles will be so accurate.
    pub(super) fn new(relative_error: f64) -> Self {
        Digest { relative_error, sampled: Vec::new(), count: 0, head: Vec::new(), compressed: true }
    }

    /// Takes in a value.
    pub(super) fn add(&mut self, value: f64) {
        self.head.push(value);
        self.compressed = false;
        if self.head.len() >= HEAD_SIZE {
            self.take_head();
            if self.sampled.len() >= COMPRESS_THRESHOLD as usize {
                self.compress();
            }
        }
        // Twice twice what compression may leave, in the arithmetic of Java.
        let most = ((1.0 / self.relative_error) as i32).wrapping_mul(2).wrapping_mul(2);
        if self.sampled.len() as i64 >= i64::from(most) {
            self.compress();
        }
    }

    fn take_head(&mut self) {
        let mut sorted = std::mem::take(&mut self.head);
        sorted.sort_by(f64::total_cmp);
        let mut merged = Vec::with_capacity(self.sampled.len() + sorted.len());
        let mut rest = self.sampled.iter().peekable();
        let last = sorted.len().saturating_sub(1);
        for (index, value) in sorted.into_iter().enumerate() {
            while let Some(sample) = rest.next_if(|sample| sample.value <= value) {
                merged.push(*sample);
            }
            self.count += 1;
            let edge = merged.is_empty() || (rest.peek().is_none() && index == last);
            let delta = if edge { 0 } else { (2.0 * self.relative_error * self.count as f64).floor() as i64 };
            merged.push(Sample { value, g: 1, delta });
        }
        merged.extend(rest);
        self.sampled = merged;
    }

    fn compress(&mut self) {
        self.take_head();
        self.sampled = compressed(&self.sampled, 2.0 * self.relative_error * self.count as f64);
        self.compressed = true;
    }

    fn ready(&mut self) {
        if !self.compressed {
            self.compress();
        }
    }

    /// Takes in another digest.
    pub(super) fn merge(&mut self, mut other: Digest) {
        self.ready();
        other.ready();
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = other;
            return;
        }
        let count = self.count + other.count;
        let error = if other.relative_error > self.relative_error { other.relative_error } else { self.relative_error };
        let more_here = (2.0 * other.relative_error * other.count as f64).floor() as i64;
        let more_there = (2.0 * self.relative_error * self.count as f64).floor() as i64;
        let (mut here, mut there) = (0, 0);
        let mut merged = Vec::with_capacity(self.sampled.len() + other.sampled.len());
        while let (Some(own), Some(its)) = (self.sampled.get(here), other.sampled.get(there)) {
            let (mut sample, more) = if own.value < its.value {
                here += 1;
                (*own, if there > 0 { more_here } else { 0 })
            } else {
                there += 1;
                (*its, if here > 0 { more_there } else { 0 })
            };
            sample.delta += more;
            merged.push(sample);
        }
        merged.extend(self.sampled.iter().skip(here));
        merged.extend(other.sampled.iter().skip(there));
        self.sampled = compressed(&merged, 2.0 * error * count as f64);
        (self.relative_error, self.count) = (error, count);
    }

    /// The quantiles of these percentages; none of no values.
    pub(super) fn quantiles(&self, percentages: &[f64]) -> Vec<f64> {
        let mut ready = self.clone();
        ready.ready();
        ready.query(percentages)
    }

    fn query(&self, percentages: &[f64]) -> Vec<f64> {
        let (Some(first), Some(last)) = (self.sampled.first(), self.sampled.last()) else { return Vec::new() };
        let target = self.sampled.iter().map(|it| it.delta + it.g).max().unwrap_or(0) / 2;
        let mut order: Vec<usize> = (0..percentages.len()).collect();
        order.sort_by(|left, right| percentages[*left].total_cmp(&percentages[*right]));
        let mut results = vec![0.0; percentages.len()];
        let (mut index, mut least) = (0, first.g);
        for at in order {
            let percentage = percentages[at];
            results[at] = if percentage <= self.relative_error {
                first.value
            } else if percentage >= 1.0 - self.relative_error {
                last.value
            } else {
                let rank = (percentage * self.count as f64).ceil() as i64;
                let mut found = None;
                while index + 1 < self.sampled.len() {
                    let sample = self.sampled[index];
                    if least + sample.delta - target <= rank && rank <= least + target {
                        found = Some(sample.value);
                        break;
                    }
                    index += 1;
                    least += self.sampled[index].g;
                }
                found.unwrap_or_else(|| {
                    least = 0;
                    last.value
                })
            };
        }
        results
    }

    /// The bytes that `PercentileDigestSerializer` writes.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut ready = self.clone();
        ready.ready();
        let mut bytes = COMPRESS_THRESHOLD.to_be_bytes().to_vec();
        bytes.extend(ready.relative_error.to_be_bytes());
        bytes.extend(ready.count.to_be_bytes());
        bytes.extend((ready.sampled.len() as i32).to_be_bytes());
        for sample in &ready.sampled {
            bytes.extend(sample.value.to_be_bytes());
            bytes.extend(sample.g.to_be_bytes());
            bytes.extend(sample.delta.to_be_bytes());
        }
        bytes
    }

    /// A digest from its bytes.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (_, bytes) = bytes.split_first_chunk::<4>()?;
        let (relative_error, bytes) = bytes.split_first_chunk::<8>()?;
        let (count, bytes) = bytes.split_first_chunk::<8>()?;
        let (_, bytes) = bytes.split_first_chunk::<4>()?;
        let sample = |bytes: &[u8]| {
            let (value, bytes) = bytes.split_first_chunk::<8>()?;
            let (g, bytes) = bytes.split_first_chunk::<8>()?;
            let (delta, _) = bytes.split_first_chunk::<8>()?;
            let (g, delta) = (i64::from_be_bytes(*g), i64::from_be_bytes(*delta));
            Some(Sample { value: f64::from_be_bytes(*value), g, delta })
        };
        Some(Digest {
            relative_error: f64::from_be_bytes(*relative_error),
            sampled: bytes.chunks(24).map(sample).collect::<Option<_>>()?,
            count: i64::from_be_bytes(*count),
            head: Vec::new(),
            compressed: true,
        })
    }
}
