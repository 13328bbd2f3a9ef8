//! By which watermark each stateful operator judges: `WatermarkPropagator`.
//!
//! An operator puts out rows that are behind the watermark it was given (a window at its end, a join's pair by its
//! range), so that the operators above it must judge by what it has let through. Each is simulated bottom-up, for the
//! watermark of the batch before and for that of this one.

use std::rc::Rc;

use super::join::SymmetricHashJoin;
use super::stage::Watermarks;

/// What a plan looks like to a watermark.
pub(super) enum Flow {
    /// Rows without a watermark.
    Source,
    /// `withWatermark`.
    Defined,
    /// An operator that only passes rows on, from one or several inputs.
    Through(Vec<Flow>),
    Stateful {
        operator: usize,
        join: Option<Rc<SymmetricHashJoin>>,
        inputs: Vec<Flow>,
    },
}

impl Flow {
    /// Whether the rows have a watermark.
    pub fn defined(&self) -> bool {
        match self {
            Flow::Source => false,
            Flow::Defined => true,
            Flow::Through(inputs) | Flow::Stateful { inputs, .. } => inputs.iter().any(Flow::defined),
        }
    }

    /// The watermark of the rows, given the query's; each operator's is noted in `found`.
    fn simulate(&self, origin: i64, found: &mut [i64]) -> Option<i64> {
        let lowest = |inputs: &[Flow], found: &mut [i64]| {
            let mut lowest: Option<i64> = None;
            for input in inputs {
                let mark = input.simulate(origin, found);
                lowest = match (lowest, mark) {
                    (Some(one), Some(other)) => Some(one.min(other)),
                    (one, other) => one.or(other),
                };
            }
            lowest
        };
        match self {
            Flow::Source => None,
            Flow::Defined => Some(origin),
            Flow::Through(inputs) => lowest(inputs, found),
            Flow::Stateful { operator, join, inputs } => {
                let mark = lowest(inputs, found)?;
                if let Some(it) = found.get_mut(*operator) {
                    *it = mark;
                }
                Some(join.as_ref().map_or(mark, |join| join.output_watermark(mark)))
            }
        }
    }

    /// The watermark of each of so many operators. With one watermark for all (`multiple` not set) it is the query's.
    pub fn watermarks(&self, origin: i64, operators: usize, multiple: bool) -> Vec<i64> {
        if !multiple {
            return vec![origin; operators];
        }
        let mut found = vec![0; operators];
        // Before there is a watermark there is nothing to simulate, a join's range included.
        if origin != 0 {
            self.simulate(origin, &mut found);
        }
        found
    }

    /// The two watermarks of each operator.
    pub fn of_batch(&self, late: i64, eviction: i64, operators: usize, multiple: bool) -> Rc<[Watermarks]> {
        let lates = self.watermarks(late, operators, multiple);
        let evictions = self.watermarks(eviction, operators, multiple);
        lates.into_iter().zip(evictions).map(|(late, eviction)| Watermarks { late, eviction }).collect()
    }
}
