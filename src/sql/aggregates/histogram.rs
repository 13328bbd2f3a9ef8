//! `histogram_numeric`: Spark's `NumericHistogram`, after Ben-Haim and Tom-Tov's "A Streaming Parallel Decision Tree
//! Algorithm". Ties are broken by a generator whose seed is fixed.

use super::Accumulator;
use super::approx_percentile::value_of;
use super::by_row::{ByRow, Row, by_row};
use super::percentile::as_double;
use crate::sql::{DataType, Datum, SqlError, StructField};

/// `java.util.Random`.
#[derive(Clone)]
struct JavaRandom(u64);

const MULTIPLIER: u64 = 0x5_DEEC_E66D;
const MASK: u64 = (1 << 48) - 1;

impl JavaRandom {
    fn new(seed: u64) -> Self {
        JavaRandom((seed ^ MULTIPLIER) & MASK)
    }

    fn next(&mut self, bits: u32) -> u64 {
        self.0 = self.0.wrapping_mul(MULTIPLIER).wrapping_add(0xB) & MASK;
        self.0 >> (48 - bits)
    }

    fn next_double(&mut self) -> f64 {
        let high = self.next(26) << 27;
        (high + self.next(27)) as f64 / (1_u64 << 53) as f64
    }
}

/// Bins by their center, and how much is in each.
#[derive(Clone)]
struct Histogram {
    limit: usize,
    bins: Vec<(f64, f64)>,
    random: JavaRandom,
}

impl Histogram {
    fn new(limit: usize) -> Self {
        Histogram { limit, bins: Vec::new(), random: JavaRandom::new(31_183) }
    }

    fn add(&mut self, value: f64) {
        let (mut bin, mut left, mut right) = (0, 0, self.bins.len());
        while left < right {
            bin = (left + right) / 2;
            let center = self.bins[bin].0;
            if center > value {
                right = bin;
            } else if center < value {
                bin += 1;
                left = bin;
            } else {
                break;
            }
        }
        match self.bins.get_mut(bin) {
            Some((center, height)) if *center == value => *height += 1.0,
            _ => {
                self.bins.insert(bin, (value, 1.0));
                self.trim();
            }
        }
    }

    fn merge(&mut self, limit: usize, bins: &[(f64, f64)]) {
        if self.limit == 0 || self.bins.is_empty() {
            self.limit = limit;
            self.bins = bins.to_vec();
            return;
        }
        self.bins.extend_from_slice(bins);
        self.bins.sort_by(|left, right| left.0.total_cmp(&right.0));
        self.trim();
    }

    /// Joins the bins that are closest until there are few enough.
    fn trim(&mut self) {
        while self.bins.len() > self.limit && self.bins.len() > 1 {
            let gap = |at: usize| self.bins[at + 1].0 - self.bins[at].0;
            let (mut smallest, mut place, mut ties) = (gap(0), 0, 1.0);
            for at in 1..self.bins.len() - 1 {
                let gap = gap(at);
                if gap < smallest {
                    (smallest, place, ties) = (gap, at, 1.0);
                } else if gap == smallest {
                    ties += 1.0;
                    if self.random.next_double() <= 1.0 / ties {
                        place = at;
                    }
                }
            }
            let (next, more) = self.bins.remove(place + 1);
            let (center, height) = &mut self.bins[place];
            let both = *height + more;
            *center *= *height / both;
            *center += next / both * more;
            *height = both;
        }
    }
}

/// The buffer: how many bins there may be, and the bins.
pub(super) fn histogram_buffer(_: &[DataType]) -> Vec<DataType> {
    vec![DataType::Integer, histogram_type(&DataType::Double)]
}

/// The bins of values of a type.
pub(super) fn histogram_type(of: &DataType) -> DataType {
    let fields = [StructField::new("x", of.clone(), true), StructField::new("y", DataType::Double, true)];
    DataType::array(DataType::structure(fields))
}

struct NumericHistogram {
    of: DataType,
}

fn bins(histogram: &Histogram, of: &DataType) -> Datum {
    let bin = |(x, y): &(f64, f64)| Datum::Struct([value_of(*x, of), Datum::Double(*y)].into());
    Datum::Array(histogram.bins.iter().map(bin).collect())
}

impl ByRow for NumericHistogram {
    type State = Histogram;

    fn empty(&self) -> Histogram {
        Histogram::new(0)
    }

    fn update(&self, state: &mut Histogram, row: &Row<'_>) -> Result<(), SqlError> {
        if let Some(value) = as_double(&row.value(0)) {
            if state.limit == 0
                && let Datum::Integer(limit) = row.value(1)
            {
                state.limit = usize::try_from(limit).unwrap_or(2);
            }
            state.add(value);
        }
        Ok(())
    }

    fn merge(&self, state: &mut Histogram, row: &Row<'_>) -> Result<(), SqlError> {
        if let (Datum::Integer(limit), Datum::Array(entries)) = (row.value(0), row.value(1)) {
            let bins = entries.iter().filter_map(|entry| match entry {
                Datum::Struct(parts) => match parts.as_ref() {
                    [Datum::Double(x), Datum::Double(y)] => Some((*x, *y)),
                    _ => None,
                },
                _ => None,
            });
            let bins: Vec<(f64, f64)> = bins.collect();
            if !bins.is_empty() {
                state.merge(usize::try_from(limit).unwrap_or(2), &bins);
            }
        }
        Ok(())
    }

    fn buffer(&self, state: &Histogram) -> Vec<Datum> {
        vec![Datum::Integer(i32::try_from(state.limit).unwrap_or(i32::MAX)), bins(state, &DataType::Double)]
    }

    fn finish(&self, state: &Histogram) -> Datum {
        if state.bins.is_empty() { Datum::Null } else { bins(state, &self.of) }
    }
}

/// `histogram_numeric`.
pub(super) fn histogram_numeric(args: &[DataType], returns: &DataType) -> Box<dyn Accumulator> {
    let of = args.first().cloned().unwrap_or(DataType::Double);
    by_row(NumericHistogram { of }, args, histogram_buffer(args), returns)
}
