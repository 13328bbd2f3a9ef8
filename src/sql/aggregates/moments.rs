//! Variances and what else comes of central moments: `CentralMomentAgg`, step by step as Spark computes it, merging
//! into an empty buffer included, since the order of the operations decides the last bits.

use arrow_array::types::Float64Type;
use arrow_array::{ArrayRef, BooleanArray};

use super::Accumulator;
use super::columns::{argument, column, each, primitive};
use crate::sql::{DataType, SqlError};

/// `n`, `avg`, `m2`, and where the order asks for them `m3` and `m4`.
#[derive(Clone, Copy, Default)]
struct Moments {
    n: f64,
    avg: f64,
    m2: f64,
    m3: f64,
    m4: f64,
}

impl Moments {
    fn add(&mut self, value: f64, order: usize) {
        let n = self.n + 1.0;
        let delta = value - self.avg;
        let delta_n = delta / n;
        let avg = self.avg + delta_n;
        let m2 = self.m2 + delta * (delta - delta_n);
        if order >= 3 {
            let (delta2, delta_n2) = (delta * delta, delta_n * delta_n);
            let m3 = self.m3 - 3.0 * delta_n * m2 + delta * (delta2 - delta_n2);
            if order >= 4 {
                self.m4 =
                    self.m4 - 4.0 * delta_n * m3 - 6.0 * delta_n2 * m2 + delta * (delta * delta2 - delta_n * delta_n2);
            }
            self.m3 = m3;
        }
        (self.n, self.avg, self.m2) = (n, avg, m2);
    }

    fn merge(&mut self, other: &Moments, order: usize) {
        let (n1, n2) = (self.n, other.n);
        let n = n1 + n2;
        let delta = other.avg - self.avg;
        let delta_n = if n == 0.0 { 0.0 } else { delta / n };
        let avg = self.avg + delta_n * n2;
        let m2 = self.m2 + other.m2 + delta * delta_n * n1 * n2;
        let m3 = self.m3
            + other.m3
            + delta_n * delta_n * delta * n1 * n2 * (n1 - n2)
            + 3.0 * delta_n * (n1 * other.m2 - n2 * self.m2);
        if order >= 4 {
            self.m4 = self.m4
                + other.m4
                + delta_n * delta_n * delta_n * delta * n1 * n2 * (n1 * n1 - n1 * n2 + n2 * n2)
                + 6.0 * delta_n * delta_n * (n1 * n1 * other.m2 + n2 * n2 * self.m2)
                + 4.0 * delta_n * (n1 * other.m3 - n2 * self.m3);
        }
        (self.n, self.avg, self.m2, self.m3) = (n, avg, m2, if order >= 3 { m3 } else { 0.0 });
    }
}

/// What is made of the moments.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    StddevPop,
    StddevSamp,
    VarPop,
    VarSamp,
    Skewness,
    Kurtosis,
    /// `m2` itself, of `regr_sxx` and `regr_syy`.
    Squares,
}

/// A quotient as SQL has it: null by zero.
pub(super) fn divide(dividend: f64, divisor: f64) -> Option<f64> {
    (divisor != 0.0).then(|| dividend / divisor)
}

impl Of {
    fn order(self) -> usize {
        match self {
            Of::Skewness => 3,
            Of::Kurtosis => 4,
            _ => 2,
        }
    }

    fn result(self, it: &Moments) -> Option<f64> {
        if it.n == 0.0 {
            return None;
        }
        match self {
            Of::StddevPop => divide(it.m2, it.n).map(f64::sqrt),
            Of::StddevSamp => divide(it.m2, it.n - 1.0).map(f64::sqrt),
            Of::VarPop => divide(it.m2, it.n),
            Of::VarSamp => divide(it.m2, it.n - 1.0),
            Of::Skewness if it.m2 == 0.0 => None,
            Of::Skewness => divide(it.n.sqrt() * it.m3, (it.m2 * it.m2 * it.m2).sqrt()),
            Of::Kurtosis if it.m2 == 0.0 => None,
            Of::Kurtosis => divide(it.n * it.m4, it.m2 * it.m2).map(|it| it - 3.0),
            Of::Squares => Some(it.m2),
        }
    }
}

struct Accumulated {
    of: Of,
    moments: Vec<Moments>,
    /// For pairs, which of the two columns counts where neither is null.
    value: usize,
}

/// A column of these numbers, null where there is none.
pub(super) fn numbers(results: impl Iterator<Item = Option<f64>>) -> ArrayRef {
    let results: Vec<Option<f64>> = results.collect();
    let valid: Vec<bool> = results.iter().map(Option::is_some).collect();
    let values: Vec<f64> = results.iter().map(|it| it.unwrap_or(0.0)).collect();
    column::<Float64Type>(&values, Some(&valid), &DataType::Double)
}

impl Accumulator for Accumulated {
    fn resize(&mut self, groups: usize) {
        self.moments.resize(groups, Moments::default());
    }

    fn update(&mut self, groups: &[u32], args: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<(), SqlError> {
        let order = self.of.order();
        if args.len() == 1 {
            return each::<Float64Type>(groups, argument(args, 0)?, filter, |group, value| {
                self.moments[group].add(value, order);
            });
        }
        let values = primitive::<Float64Type>(argument(args, self.value)?)?.values();
        let rows = super::columns::counted(args, filter);
        super::columns::each_row(groups, rows.as_ref(), |group, row| self.moments[group].add(values[row], order));
        Ok(())
    }

    fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> Result<(), SqlError> {
        let columns = state.iter().map(|it| primitive::<Float64Type>(it)).collect::<Result<Vec<_>, _>>()?;
        let order = self.of.order();
        for (row, group) in groups.iter().enumerate() {
            let part = |index: usize| columns.get(index).map_or(0.0, |column| column.value(row));
            let other = Moments { n: part(0), avg: part(1), m2: part(2), m3: part(3), m4: part(4) };
            self.moments[*group as usize].merge(&other, order);
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<ArrayRef>, SqlError> {
        let parts: [fn(&Moments) -> f64; 5] = [|it| it.n, |it| it.avg, |it| it.m2, |it| it.m3, |it| it.m4];
        let columns = parts.iter().take(self.of.order() + 1);
        Ok(columns.map(|part| numbers(self.moments.iter().map(|it| Some(part(it))))).collect())
    }

    fn finish(&self) -> Result<ArrayRef, SqlError> {
        Ok(numbers(self.moments.iter().map(|it| self.of.result(it))))
    }
}

/// The buffer of moments up to the second.
pub(super) fn two_moments(_: &[DataType]) -> Vec<DataType> {
    vec![DataType::Double; 3]
}

/// The buffer of moments up to the third.
pub(super) fn three_moments(_: &[DataType]) -> Vec<DataType> {
    vec![DataType::Double; 4]
}

/// The buffer of moments up to the fourth.
pub(super) fn four_moments(_: &[DataType]) -> Vec<DataType> {
    vec![DataType::Double; 5]
}

macro_rules! moments {
    ($($name:ident: $of:ident, $value:literal;)*) => {
        $(#[doc = concat!("`", stringify!($name), "`.")]
        pub(super) fn $name(_: &[DataType], _: &DataType) -> Box<dyn Accumulator> {
            Box::new(Accumulated { of: Of::$of, moments: Vec::new(), value: $value })
        })*
    };
}
moments! {
    stddev_pop: StddevPop, 0;
    stddev_samp: StddevSamp, 0;
    var_pop: VarPop, 0;
    var_samp: VarSamp, 0;
    skewness: Skewness, 0;
    kurtosis: Kurtosis, 0;
    regr_sxx: Squares, 1;
    regr_syy: Squares, 0;
}
