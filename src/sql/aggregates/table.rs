//! The table of aggregate functions.

use super::by_row::{Buffer, aggregate};
use super::{Accumulator, Aggregate, accepts};
use super::{approx_percentile, avg, bits, collect, count, distinct, extremes, first_last, histogram};
use super::{mode, moments, pairs, percentile, regression, sum};
use crate::sql::DataType;

/// A buffer that is a long.
fn long(_: &[DataType]) -> Vec<DataType> {
    vec![DataType::Long]
}

/// A buffer that is a double.
fn double(_: &[DataType]) -> Vec<DataType> {
    vec![DataType::Double]
}

/// A buffer that is what the argument is.
fn same(args: &[DataType]) -> Vec<DataType> {
    args.iter().take(1).cloned().collect()
}

/// Functions that are one function by several names, the name being part of what is shown.
macro_rules! table {
    ($($($name:literal)+ : $signature:path, $buffer:expr, $accumulator:expr;)*) => {
        static TABLE: &[Aggregate] = &[$($(aggregate($name, $signature, $buffer as Buffer, $accumulator)),+),*];
    };
}

table! {
    "count": accepts::count, long, |_, _| -> Box<dyn Accumulator> { Box::<count::Count>::default() };
    "count_if": accepts::count_if, long, |_, _| -> Box<dyn Accumulator> { Box::<count::CountIf>::default() };
    "sum": accepts::sum, sum::sum_buffer, sum::sum;
    "try_sum": accepts::try_sum, sum::try_sum_buffer, sum::try_sum;
    "product": accepts::double, double, |_, _| -> Box<dyn Accumulator> { Box::<sum::Product>::default() };
    "avg" "mean": accepts::avg, avg::avg_buffer, avg::avg;
    "try_avg": accepts::try_avg, avg::avg_buffer, avg::try_avg;
    "min": accepts::extreme, same, extremes::min;
    "max": accepts::extreme, same, extremes::max;
    "first" "first_value" "any_value": accepts::edge, first_last::value_buffer, first_last::first;
    "last" "last_value": accepts::edge, first_last::value_buffer, first_last::last;
    "max_by": accepts::extreme_by, first_last::by_buffer, first_last::max_by;
    "min_by": accepts::extreme_by, first_last::by_buffer, first_last::min_by;
    "collect_list" "array_agg": accepts::collect_list, collect::collect_buffer, collect::collect_list;
    "collect_set": accepts::collect_set, collect::collect_buffer, collect::collect_set;
    "bool_and" "every": accepts::booleans, same, extremes::min;
    "bool_or" "some" "any": accepts::booleans, same, extremes::max;
    "bit_and": accepts::bits, same, bits::bit_and;
    "bit_or": accepts::bits, same, bits::bit_or;
    "bit_xor": accepts::bits, same, bits::bit_xor;
    "stddev_samp" "stddev" "std": accepts::double, moments::two_moments, moments::stddev_samp;
    "stddev_pop": accepts::double, moments::two_moments, moments::stddev_pop;
    "var_samp" "variance": accepts::double, moments::two_moments, moments::var_samp;
    "var_pop": accepts::double, moments::two_moments, moments::var_pop;
    "skewness": accepts::double, moments::three_moments, moments::skewness;
    "kurtosis": accepts::double, moments::four_moments, moments::kurtosis;
    "covar_pop": accepts::doubles, pairs::covariance_buffer, pairs::covar_pop;
    "covar_samp": accepts::doubles, pairs::covariance_buffer, pairs::covar_samp;
    "corr": accepts::doubles, pairs::correlation_buffer, pairs::corr;
    "regr_count": accepts::pairs, long, |_, _| -> Box<dyn Accumulator> { Box::<count::Count>::default() };
    "regr_avgx": accepts::avgx, regression::avgx_buffer, regression::regr_avgx;
    "regr_avgy": accepts::avgy, avg::avg_buffer, regression::regr_avgy;
    "regr_sxx": accepts::numbers, moments::two_moments, moments::regr_sxx;
    "regr_syy": accepts::numbers, moments::two_moments, moments::regr_syy;
    "regr_sxy": accepts::doubles, pairs::covariance_buffer, pairs::regr_sxy;
    "regr_r2": accepts::doubles, pairs::correlation_buffer, pairs::regr_r2;
    "regr_slope": accepts::doubles, regression::line_buffer, regression::regr_slope;
    "regr_intercept": accepts::doubles, regression::line_buffer, regression::regr_intercept;
    "approx_count_distinct": accepts::distinct, distinct::distinct_buffer, distinct::approx_count_distinct;
    "percentile_approx" "approx_percentile":
        accepts::approx_percentile, approx_percentile::approx_buffer, approx_percentile::approx_percentile;
    "percentile": accepts::percentile, percentile::percentile_buffer, percentile::percentile;
    "median": accepts::median, percentile::percentile_buffer, percentile::median;
    "mode": accepts::mode, mode::mode_buffer, mode::mode;
    "histogram_numeric": accepts::histogram, histogram::histogram_buffer, histogram::histogram_numeric;
}

/// The aggregate of this name, lower case, if there is one.
pub fn lookup(name: &str) -> Option<&'static Aggregate> {
    TABLE.iter().find(|it| it.name == name || it.aliases.contains(&name))
}
