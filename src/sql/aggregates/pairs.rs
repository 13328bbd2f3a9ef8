//! Covariance, correlation and linear regression, by Spark's `Covariance` and `PearsonCorrelation`.

use arrow_array::types::Float64Type;
use arrow_array::{ArrayRef, BooleanArray};

use super::Accumulator;
use super::columns::{argument, counted, each_row, primitive};
use super::moments::{divide, numbers};
use crate::sql::{DataType, SqlError};

/// What is kept of pairs: `n`, `xAvg`, `yAvg`, `ck`, and for correlation `xMk` and `yMk`.
#[derive(Clone, Copy, Default)]
pub(super) struct Pairs {
    pub(super) n: f64,
    pub(super) x_avg: f64,
    pub(super) y_avg: f64,
    pub(super) ck: f64,
    pub(super) x_mk: f64,
    pub(super) y_mk: f64,
}

impl Pairs {
    pub(super) fn add(&mut self, x: f64, y: f64) {
        let n = self.n + 1.0;
        let (dx, dy) = (x - self.x_avg, y - self.y_avg);
        let (x_avg, y_avg) = (self.x_avg + dx / n, self.y_avg + dy / n);
        self.ck += dx * (y - y_avg);
        self.x_mk += dx * (x - x_avg);
        self.y_mk += dy * (y - y_avg);
        (self.n, self.x_avg, self.y_avg) = (n, x_avg, y_avg);
    }

    pub(super) fn merge(&mut self, other: &Pairs) {
        let (n1, n2) = (self.n, other.n);
        let n = n1 + n2;
        let over = |delta: f64| if n == 0.0 { 0.0 } else { delta / n };
        let (dx, dy) = (other.x_avg - self.x_avg, other.y_avg - self.y_avg);
        let (dx_n, dy_n) = (over(dx), over(dy));
        self.x_avg += dx_n * n2;
        self.y_avg += dy_n * n2;
        self.ck = self.ck + other.ck + dx * dy_n * n1 * n2;
        self.x_mk = self.x_mk + other.x_mk + dx * dx_n * n1 * n2;
        self.y_mk = self.y_mk + other.y_mk + dy * dy_n * n1 * n2;
        self.n = n;
    }
}

struct Accumulated {
    result: fn(&Pairs) -> Option<f64>,
    /// How many of the numbers that are kept the buffer has.
    kept: usize,
    pairs: Vec<Pairs>,
}

impl Accumulator for Accumulated {
    fn resize(&mut self, groups: usize) {
        self.pairs.resize(groups, Pairs::default());
    }

    fn update(&mut self, groups: &[u32], args: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<(), SqlError> {
        let x = primitive::<Float64Type>(argument(args, 0)?)?.values();
        let y = primitive::<Float64Type>(argument(args, 1)?)?.values();
        let rows = counted(args, filter);
        each_row(groups, rows.as_ref(), |group, row| self.pairs[group].add(x[row], y[row]));
        Ok(())
    }

    fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> Result<(), SqlError> {
        let columns = state.iter().map(|it| primitive::<Float64Type>(it)).collect::<Result<Vec<_>, _>>()?;
        for (row, group) in groups.iter().enumerate() {
            let part = |index: usize| columns.get(index).map_or(0.0, |column| column.value(row));
            let other = Pairs { n: part(0), x_avg: part(1), y_avg: part(2), ck: part(3), x_mk: part(4), y_mk: part(5) };
            self.pairs[*group as usize].merge(&other);
        }
        Ok(())
    }

    fn state(&self) -> Result<Vec<ArrayRef>, SqlError> {
        let parts: [fn(&Pairs) -> f64; 6] =
            [|it| it.n, |it| it.x_avg, |it| it.y_avg, |it| it.ck, |it| it.x_mk, |it| it.y_mk];
        Ok(parts.iter().take(self.kept).map(|part| numbers(self.pairs.iter().map(|it| Some(part(it))))).collect())
    }

    fn finish(&self) -> Result<ArrayRef, SqlError> {
        Ok(numbers(self.pairs.iter().map(|it| if it.n == 0.0 { None } else { (self.result)(it) })))
    }
}

/// The buffer of a covariance.
pub(super) fn covariance_buffer(_: &[DataType]) -> Vec<DataType> {
    vec![DataType::Double; 4]
}

/// The buffer of a correlation.
pub(super) fn correlation_buffer(_: &[DataType]) -> Vec<DataType> {
    vec![DataType::Double; 6]
}

fn accumulated(kept: usize, result: fn(&Pairs) -> Option<f64>) -> Box<dyn Accumulator> {
    Box::new(Accumulated { result, kept, pairs: Vec::new() })
}

/// `covar_pop`.
pub(super) fn covar_pop(_: &[DataType], _: &DataType) -> Box<dyn Accumulator> {
    accumulated(4, |it| divide(it.ck, it.n))
}

/// `covar_samp`.
pub(super) fn covar_samp(_: &[DataType], _: &DataType) -> Box<dyn Accumulator> {
    accumulated(4, |it| divide(it.ck, it.n - 1.0))
}

/// `corr`.
pub(super) fn corr(_: &[DataType], _: &DataType) -> Box<dyn Accumulator> {
    accumulated(6, |it| if it.n == 1.0 { None } else { correlation(it) })
}

fn correlation(it: &Pairs) -> Option<f64> {
    divide(it.ck, (it.x_mk * it.y_mk).sqrt())
}

/// `regr_sxy`.
pub(super) fn regr_sxy(_: &[DataType], _: &DataType) -> Box<dyn Accumulator> {
    accumulated(4, |it| Some(it.ck))
}

/// `regr_r2`, for which Spark takes the first argument for the independent one.
pub(super) fn regr_r2(_: &[DataType], _: &DataType) -> Box<dyn Accumulator> {
    accumulated(6, |it| match (it.x_mk, it.y_mk) {
        (0.0, _) => None,
        (_, 0.0) => Some(1.0),
        _ => correlation(it).map(|it| it * it),
    })
}
