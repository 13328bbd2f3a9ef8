//! How far event time has come: `WatermarkTracker`.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

/// `spark.sql.streaming.multipleWatermarkPolicy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WatermarkPolicy {
    /// The slowest stream rules.
    #[default]
    Min,
    /// The fastest stream rules; rows of the others may come too late.
    Max,
}

/// What the tasks of a batch saw in one event-time column. Times are milliseconds, rounded down; nulls don't count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EventTimeStats {
    pub max: i64,
    pub min: i64,
    pub sum: i128,
    pub count: u64,
}

impl EventTimeStats {
    /// Nothing seen.
    pub const EMPTY: EventTimeStats = EventTimeStats { max: i64::MIN, min: i64::MAX, sum: 0, count: 0 };

    /// Takes one time in, in microseconds.
    pub fn add(&mut self, micros: i64) {
        let millis = micros.div_euclid(1000);
        self.max = self.max.max(millis);
        self.min = self.min.min(millis);
        self.sum = self.sum.wrapping_add(i128::from(millis));
        self.count += 1;
    }

    /// Takes in what another task saw.
    pub fn merge(&mut self, other: &EventTimeStats) {
        self.max = self.max.max(other.max);
        self.min = self.min.min(other.min);
        self.sum = self.sum.wrapping_add(other.sum);
        self.count += other.count;
    }

    /// The mean, in milliseconds; `None` where there was no time.
    pub fn average(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64)
    }
}

/// The global watermark. It moves between batches only, and never back.
#[derive(Clone, Debug, PartialEq)]
pub struct WatermarkTracker {
    policy: WatermarkPolicy,
    /// The watermark of each `withWatermark`, by its index, in this run of the query: a restart knows only the global
    /// one.
    operators: IndexMap<usize, i64, FxBuildHasher>,
    global: i64,
}

impl WatermarkTracker {
    /// The tracker of a query that starts: at 0, or at what the checkpoint says (`setWatermark`).
    pub fn new(policy: WatermarkPolicy, global: i64) -> Self {
        WatermarkTracker { policy, operators: IndexMap::default(), global }
    }

    /// The global watermark, in milliseconds since the epoch.
    pub fn current(&self) -> i64 {
        self.global
    }

    /// Takes in what a batch saw: each `withWatermark` by index, with its delay in milliseconds. An operator that saw
    /// no time yet counts as 0 (under [`WatermarkPolicy::Min`] it holds everything back).
    pub fn update(&mut self, seen: &[(usize, i64, EventTimeStats)]) {
        if seen.is_empty() {
            return;
        }
        for (operator, delay, stats) in seen {
            let mark = self.operators.entry(*operator).or_insert(0);
            if stats.count > 0 {
                *mark = (*mark).max(stats.max.saturating_sub(*delay));
            }
        }
        let marks = self.operators.values().copied();
        let chosen = match self.policy {
            WatermarkPolicy::Min => marks.min(),
            WatermarkPolicy::Max => marks.max(),
        };
        self.global = self.global.max(chosen.unwrap_or(0));
    }
}

#[cfg(test)]
mod tests {
    use super::{EventTimeStats, WatermarkPolicy, WatermarkTracker};

    fn seen(millis: &[i64]) -> EventTimeStats {
        let mut stats = EventTimeStats::EMPTY;
        millis.iter().for_each(|it| stats.add(it * 1000));
        stats
    }

    #[test]
    fn the_slowest_stream_rules_and_nothing_goes_back() {
        let mut tracker = WatermarkTracker::new(WatermarkPolicy::Min, 0);
        tracker.update(&[(0, 10_000, seen(&[40_000])), (1, 0, seen(&[]))]);
        assert_eq!(tracker.current(), 0);
        tracker.update(&[(0, 10_000, seen(&[])), (1, 0, seen(&[15_000, 3]))]);
        assert_eq!(tracker.current(), 15_000);
        tracker.update(&[(0, 10_000, seen(&[1])), (1, 0, seen(&[60_000]))]);
        assert_eq!(tracker.current(), 30_000);
    }

    #[test]
    fn the_fastest_stream_may_rule() {
        let mut tracker = WatermarkTracker::new(WatermarkPolicy::Max, 0);
        tracker.update(&[(0, 10_000, seen(&[40_000])), (1, 0, seen(&[]))]);
        assert_eq!(tracker.current(), 30_000);
    }

    #[test]
    fn a_restart_keeps_the_global_watermark_alone() {
        let mut tracker = WatermarkTracker::new(WatermarkPolicy::Min, 5_000);
        tracker.update(&[(0, 0, seen(&[9_000])), (1, 0, seen(&[]))]);
        assert_eq!(tracker.current(), 5_000);
    }

    #[test]
    fn times_are_whole_milliseconds_rounded_down() {
        let mut stats = EventTimeStats::EMPTY;
        stats.add(1_999);
        stats.add(-1);
        assert_eq!((stats.max, stats.min, stats.average()), (1, -1, Some(0.0)));
    }
}
