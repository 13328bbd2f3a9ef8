//! `approx_count_distinct`: Spark's `HyperLogLogPlusPlus` over xxHash64. Ten registers of six bits are in a word. The
//! words of a group are one array in the buffer, since how many there are depends on an argument.

use std::rc::Rc;

use arrow_array::{Array, ArrayRef, BooleanArray};

use super::Accumulator;
use super::columns::{argument, counted, each_row, longs};
use super::digits::decimal_double;
use super::hll_bias::BIASES;
use super::hll_raw::RAW_ESTIMATES;
use crate::sql::columns::{datum_at, from_datums};
use crate::sql::groups::hashing::{XxHash, hash_column};
use crate::sql::{DataType, Datum, SqlError};

/// The standard deviation where none is given.
const DEFAULT_DEVIATION: f64 = 0.05;

const REGISTER_BITS: u32 = 6;
const REGISTERS_A_WORD: usize = 10;
const REGISTER: u64 = (1 << REGISTER_BITS) - 1;

/// How many estimates are near enough to tell a bias by.
const NEAREST: usize = 6;

/// Below these, by precision from 4 on, registers that are zero are counted.
const THRESHOLDS: [f64; 15] = [
    10.0, 20.0, 40.0, 80.0, 220.0, 400.0, 900.0, 1800.0, 3100.0, 6500.0, 15500.0, 20000.0, 50000.0, 120000.0, 350000.0,
];

/// The precision for a relative standard deviation, where there is one.
pub(super) fn precision(deviation: f64) -> Option<u32> {
    let bits = (2.0 * libm::log(1.106 / deviation) / libm::log(2.0)).ceil();
    // A buffer of more words is beyond Spark's planner.
    (4.0..=22.0).contains(&bits).then_some(bits as u32)
}

fn words(precision: u32) -> usize {
    (1 << precision) / REGISTERS_A_WORD + 1
}

/// A deviation as it may be written.
pub(super) fn deviation(value: &Datum) -> Option<f64> {
    match value {
        Datum::Double(it) => Some(*it),
        Datum::Decimal(unscaled, scale) => Some(decimal_double(*unscaled, *scale)),
        _ => None,
    }
}

struct Distinct {
    of: DataType,
    deviation: DataType,
    precision: Option<u32>,
    groups: usize,
    words: Vec<u64>,
}

impl Distinct {
    fn settle(&mut self, precision: u32) {
        if self.precision.is_none() {
            self.precision = Some(precision);
            self.words = vec![0; words(precision) * self.groups];
        }
    }

    fn add(&mut self, group: usize, hash: u64, precision: u32) {
        let index = (hash >> (64 - precision)) as usize;
        let zeros = u64::from(((hash << precision) | (1 << (precision - 1))).leading_zeros() + 1);
        let shift = REGISTER_BITS * (index % REGISTERS_A_WORD) as u32;
        let word = &mut self.words[group * words(precision) + index / REGISTERS_A_WORD];
        if zeros > (*word >> shift) & REGISTER {
            *word = (*word & !(REGISTER << shift)) | (zeros << shift);
        }
    }

    fn of_group(&self, group: usize, precision: u32) -> &[u64] {
        let words = words(precision);
        self.words.get(group * words..(group + 1) * words).unwrap_or_default()
    }
}

fn greater_registers(left: u64, right: u64) -> u64 {
    (0..REGISTERS_A_WORD as u32).fold(0, |word, at| {
        let mask = REGISTER << (at * REGISTER_BITS);
        word | (left & mask).max(right & mask)
    })
}

/// The table of numbers of a precision.
fn table(texts: &[&str], precision: u32) -> Vec<f64> {
    let text = texts.get((precision - 4) as usize).copied().unwrap_or_default();
    text.split_whitespace().filter_map(|number| number.parse().ok()).collect()
}

fn bias(estimate: f64, precision: u32) -> f64 {
    let (estimates, biases) = (table(&RAW_ESTIMATES, precision), table(&BIASES, precision));
    let nearest = estimates.partition_point(|it| *it < estimate);
    let distance = |at: usize| estimates.get(at).map_or(f64::INFINITY, |it| (estimate - it) * (estimate - it));
    let mut low = (nearest + 1).saturating_sub(NEAREST);
    let mut high = (low + NEAREST).min(estimates.len());
    while high < estimates.len() && distance(high) < distance(low) {
        low += 1;
        high += 1;
    }
    biases.iter().take(high).skip(low).sum::<f64>() / (high - low) as f64
}

fn estimate(words: &[u64], precision: u32) -> i64 {
    let registers = 1_usize << precision;
    let (mut inverse, mut zeros) = (0.0, 0.0);
    for register in 0..registers {
        let shift = REGISTER_BITS * (register % REGISTERS_A_WORD) as u32;
        let held = (words.get(register / REGISTERS_A_WORD).copied().unwrap_or(0) >> shift) & REGISTER;
        inverse += 1.0 / (1_i64 << held) as f64;
        if held == 0 {
            zeros += 1.0;
        }
    }
    let m = registers as f64;
    let alpha = match precision {
        4 => 0.673 * m * m,
        5 => 0.697 * m * m,
        6 => 0.709 * m * m,
        _ => (0.7213 / (1.0 + 1.079 / m)) * m * m,
    };
    let raw = alpha / inverse;
    let threshold = THRESHOLDS.get((precision - 4) as usize);
    let corrected = || if threshold.is_some() && raw < 5.0 * m { raw - bias(raw, precision) } else { raw };
    let estimate = if zeros > 0.0 {
        let linear = m * libm::log(m / zeros);
        if threshold.is_some_and(|threshold| linear <= *threshold) || raw <= 2.5 * m { linear } else { corrected() }
    } else {
        corrected()
    };
    (estimate + 0.5).floor() as i64
}

impl Accumulator for Distinct {
    fn resize(&mut self, groups: usize) {
        self.groups = groups;
        if let Some(precision) = self.precision {
            self.words.resize(words(precision) * groups, 0);
        }
    }

    fn update(&mut self, groups: &[u32], args: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<(), SqlError> {
        let column = argument(args, 0)?;
        let given = args.get(1).and_then(|it| deviation(&datum_at(it, &self.deviation, 0)));
        self.settle(precision(given.unwrap_or(DEFAULT_DEVIATION)).unwrap_or(9));
        let mut hashes = vec![42; column.len()];
        hash_column::<XxHash>(column, &self.of, &mut hashes);
        let rows = counted(std::slice::from_ref(column), filter);
        let precision = self.precision.unwrap_or(9);
        each_row(groups, rows.as_ref(), |group, row| self.add(group, hashes[row] as u64, precision));
        Ok(())
    }

    fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> Result<(), SqlError> {
        let column = argument(state, 0)?;
        let of = DataType::array_of(DataType::Long, false);
        for (row, group) in groups.iter().enumerate() {
            let Datum::Array(other) = datum_at(column, &of, row) else { continue };
            let Some(precision) = (4..=22).find(|it| words(*it) == other.len()) else { continue };
            self.settle(precision);
            let start = *group as usize * words(precision);
            for (word, other) in self.words.iter_mut().skip(start).zip(other.iter()) {
                if let Datum::Long(other) = other {
                    *word = greater_registers(*word, *other as u64);
                }
            }
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<ArrayRef>, SqlError> {
        let words = |group| -> Datum {
            let words: &[u64] = self.precision.map_or(&[], |precision| self.of_group(group, precision));
            Datum::Array(words.iter().map(|word| Datum::Long(*word as i64)).collect::<Rc<[_]>>())
        };
        let rows: Vec<Datum> = (0..self.groups).map(words).collect();
        Ok(vec![from_datums(&DataType::array_of(DataType::Long, false), &rows)?])
    }

    fn finish(&self) -> Result<ArrayRef, SqlError> {
        let count = |group| self.precision.map_or(0, |precision| estimate(self.of_group(group, precision), precision));
        Ok(longs(&(0..self.groups).map(count).collect::<Vec<_>>()))
    }
}

/// The buffer: the words.
pub(super) fn distinct_buffer(_: &[DataType]) -> Vec<DataType> {
    vec![DataType::array_of(DataType::Long, false)]
}

/// `approx_count_distinct`.
pub(super) fn approx_count_distinct(args: &[DataType], _: &DataType) -> Box<dyn Accumulator> {
    let of = args.first().cloned().unwrap_or(DataType::Null);
    let deviation = args.get(1).cloned().unwrap_or(DataType::Double);
    Box::new(Distinct { of, deviation, precision: None, groups: 0, words: Vec::new() })
}
