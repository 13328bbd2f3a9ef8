//! `regr_avgx`, `regr_avgy`, `regr_slope` and `regr_intercept`.

use arrow_array::{Array, ArrayRef, BooleanArray};
use arrow_buffer::BooleanBuffer;

use super::Accumulator;
use super::avg::{avg, avg_buffer};
use super::columns::{argument, counted, taken};
use super::moments::{divide, numbers, var_pop};
use super::pairs::covar_pop;
use crate::sql::{DataType, SqlError};

/// A mean of one of two columns where neither is null.
struct PairMean {
    mean: Box<dyn Accumulator>,
    of: usize,
}

/// The rows in which neither column is null.
fn both(args: &[ArrayRef], filter: Option<&BooleanArray>) -> BooleanArray {
    let rows = args.first().map_or(0, |column| column.len());
    let all = || filter.map_or_else(|| BooleanBuffer::new_set(rows), taken);
    BooleanArray::new(counted(args, filter).unwrap_or_else(all), None)
}

impl Accumulator for PairMean {
    fn resize(&mut self, groups: usize) {
        self.mean.resize(groups);
    }

    fn update(&mut self, groups: &[u32], args: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<(), SqlError> {
        let one = argument(args, self.of)?.clone();
        self.mean.update(groups, &[one], Some(&both(args, filter)))
    }

    fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> Result<(), SqlError> {
        self.mean.merge(groups, state)
    }

    fn state(&self) -> Result<Vec<ArrayRef>, SqlError> {
        self.mean.state()
    }

    fn finish(&self) -> Result<ArrayRef, SqlError> {
        self.mean.finish()
    }
}

/// The slope or the intercept of the line: a covariance of `(x, y)`, and a variance of `x`.
struct Line {
    covariance: Box<dyn Accumulator>,
    variance: Box<dyn Accumulator>,
    intercept: bool,
}

/// How many columns a covariance has in the buffer.
const COVARIANCE: usize = 4;

impl Accumulator for Line {
    fn resize(&mut self, groups: usize) {
        self.covariance.resize(groups);
        self.variance.resize(groups);
    }

    fn update(&mut self, groups: &[u32], args: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<(), SqlError> {
        let (y, x) = (argument(args, 0)?.clone(), argument(args, 1)?.clone());
        self.variance.update(groups, std::slice::from_ref(&x), Some(&both(args, filter)))?;
        self.covariance.update(groups, &[x, y], filter)
    }

    fn merge(&mut self, groups: &[u32], state: &[ArrayRef]) -> Result<(), SqlError> {
        let (covariance, variance) = state.split_at(COVARIANCE.min(state.len()));
        self.covariance.merge(groups, covariance)?;
        self.variance.merge(groups, variance)
    }

    fn state(&self) -> Result<Vec<ArrayRef>, SqlError> {
        let mut columns = self.covariance.state()?;
        columns.extend(self.variance.state()?);
        Ok(columns)
    }

    fn finish(&self) -> Result<ArrayRef, SqlError> {
        let state = self.state()?;
        let columns = state.iter().map(|it| super::columns::primitive(it)).collect::<Result<Vec<_>, SqlError>>()?;
        let part =
            |index: usize, row: usize| columns.get(index).map_or(0.0, |it: &&arrow_array::Float64Array| it.value(row));
        let rows = state.first().map_or(0, |column| column.len());
        Ok(numbers((0..rows).map(|row| {
            let (n, x_avg, y_avg, ck, m2) = (part(0, row), part(1, row), part(2, row), part(3, row), part(6, row));
            let slope = if n < 2.0 { None } else { divide(ck, m2) };
            if self.intercept { slope.map(|slope| y_avg - slope * x_avg) } else { slope }
        })))
    }
}

/// The buffer of a line: that of a covariance and that of a variance.
pub(super) fn line_buffer(_: &[DataType]) -> Vec<DataType> {
    vec![DataType::Double; COVARIANCE + 3]
}

/// The buffer of `regr_avgx`.
pub(super) fn avgx_buffer(args: &[DataType]) -> Vec<DataType> {
    avg_buffer(args.get(1..).unwrap_or_default())
}

fn pair_mean(args: &[DataType], of: usize, returns: &DataType) -> Box<dyn Accumulator> {
    Box::new(PairMean { mean: avg(args.get(of..).unwrap_or_default(), returns), of })
}

fn line(intercept: bool) -> Box<dyn Accumulator> {
    let (two, one) = ([DataType::Double, DataType::Double], [DataType::Double]);
    let double = DataType::Double;
    Box::new(Line { covariance: covar_pop(&two, &double), variance: var_pop(&one, &double), intercept })
}

/// `regr_avgx`.
pub(super) fn regr_avgx(args: &[DataType], returns: &DataType) -> Box<dyn Accumulator> {
    pair_mean(args, 1, returns)
}

/// `regr_avgy`.
pub(super) fn regr_avgy(args: &[DataType], returns: &DataType) -> Box<dyn Accumulator> {
    pair_mean(args, 0, returns)
}

/// `regr_slope`.
pub(super) fn regr_slope(_: &[DataType], _: &DataType) -> Box<dyn Accumulator> {
    line(false)
}

/// `regr_intercept`.
pub(super) fn regr_intercept(_: &[DataType], _: &DataType) -> Box<dyn Accumulator> {
    line(true)
}
