//! What arguments aggregates accept, and the refusals in Spark's words.

use chrono_tz::Tz;

use super::Aggregate;
use super::avg::avg_type;
use super::collect::collected;
use super::distinct::{deviation, precision};
use super::histogram::histogram_type;
use super::percentile::as_double;
use super::sum::sum_type;
use crate::sql::functions::Signature;
use crate::sql::text::literal_text;
use crate::sql::typed::call_text;
use crate::sql::{Compiled, Context, DataType, Datum, SqlError, Typed, TypedKind};

type Settled = Result<Signature, SqlError>;

/// The types of times and intervals that count as numbers.
const ANY_NUMBER: &str = "(\"NUMERIC\" or \"DATE\" or \"TIMESTAMP\" or \"TIMESTAMP_NTZ\" or \"INTERVAL YEAR TO MONTH\" or \
                          \"INTERVAL DAY TO SECOND\")";
const NUMBER_OR_INTERVAL: &str = "(\"NUMERIC\" or \"INTERVAL DAY TO SECOND\" or \"INTERVAL YEAR TO MONTH\")";

/// The argument that was left out, which Spark shows.
fn left_out(name: &str, given: usize) -> Option<&'static str> {
    match (name, given) {
        ("percentile_approx" | "approx_percentile", 2) => Some("10000"),
        ("percentile", 2) => Some("1"),
        _ => None,
    }
}

fn mismatch(aggregate: &Aggregate, args: &[Typed], kind: &str, what: &str) -> SqlError {
    let sql = call_text(aggregate.name, args);
    let sql = match (left_out(aggregate.name, args.len()), sql.strip_suffix(')')) {
        (Some(left_out), Some(open)) => format!("{open}, {left_out})"),
        _ => sql,
    };
    let message = format!("Cannot resolve \"{sql}\" due to data type mismatch: {what}");
    SqlError::analysis(&format!("DATATYPE_MISMATCH.{kind}"), message)
}

fn unexpected(aggregate: &Aggregate, args: &[Typed], index: usize, required: &str) -> SqlError {
    let (text, of) = args.get(index).map_or_else(Default::default, |arg| (arg.to_string(), arg.data_type.sql()));
    let parameter = index + 1;
    let what = format!("Parameter {parameter} requires the {required} type, however \"{text}\" has the type \"{of}\".");
    mismatch(aggregate, args, "UNEXPECTED_INPUT_TYPE", &what)
}

fn arity(aggregate: &Aggregate, args: &[Typed], allowed: &[usize]) -> Result<(), SqlError> {
    if allowed.contains(&args.len()) {
        return Ok(());
    }
    let wanted: Vec<String> = allowed.iter().map(usize::to_string).collect();
    let wanted = if wanted.len() == 1 { wanted.concat() } else { format!("[{}]", wanted.join(", ")) };
    Err(wrong_count(aggregate, args, &wanted))
}

fn wrong_count(aggregate: &Aggregate, args: &[Typed], wanted: &str) -> SqlError {
    let message = format!(
        "The `{}` requires {wanted} parameters but the actual number is {}. Please, refer to \
         'https://spark.apache.org/docs/latest/sql-ref-functions.html' for a fix.",
        aggregate.name,
        args.len()
    );
    SqlError::analysis("WRONG_NUM_ARGS.WITHOUT_SUGGESTION", message)
}

fn gives(arguments: Vec<DataType>, returns: DataType, nullable: bool) -> Settled {
    Ok(Signature { arguments, returns, nullable })
}

fn types(args: &[Typed]) -> Vec<DataType> {
    args.iter().map(|arg| arg.data_type.clone()).collect()
}

fn first_type(args: &[Typed]) -> DataType {
    args.first().map_or(DataType::Null, |arg| arg.data_type.clone())
}

/// A number as it is; a string or nothing as a double.
fn number(of: &DataType) -> Option<DataType> {
    match of {
        _ if of.is_numeric() => Some(of.clone()),
        DataType::String | DataType::Null => Some(DataType::Double),
        _ => None,
    }
}

/// Whether the value is known before there are rows.
fn foldable(typed: &Typed) -> bool {
    match &typed.kind {
        TypedKind::Literal(_) => true,
        TypedKind::Cast { expr, .. } | TypedKind::Field { expr, .. } => foldable(expr),
        TypedKind::Call { args, .. } => args.iter().all(foldable),
        TypedKind::Case { branches, otherwise } => {
            branches.iter().all(|(when, then)| foldable(when) && foldable(then))
                && otherwise.as_deref().is_none_or(foldable)
        }
        _ => false,
    }
}

/// The value of what is foldable.
fn constant(typed: &Typed) -> Result<Datum, SqlError> {
    if let TypedKind::Literal(value) = &typed.kind {
        return Ok(value.clone());
    }
    let context = Context { time_zone: Tz::UTC, batch_time: 0, partition: 0 };
    Compiled::new(typed, &[])?.evaluate_row(&context, &[])
}

/// The value of an argument that must be known, and must not be null.
fn known(aggregate: &Aggregate, args: &[Typed], index: usize, name: &str) -> Result<Datum, SqlError> {
    let Some(arg) = args.get(index) else { return Ok(Datum::Null) };
    if !foldable(arg) {
        let of = arg.data_type.sql();
        let what = format!("the input {name} should be a foldable \"{of}\" expression; however, got \"{arg}\".");
        return Err(mismatch(aggregate, args, "NON_FOLDABLE_INPUT", &what));
    }
    let value = match constant(arg)? {
        // A string is cast to a number, or to null.
        Datum::String(text) => text.trim().parse().map_or(Datum::Null, Datum::Double),
        value => value,
    };
    if value.is_null() {
        return Err(mismatch(aggregate, args, "UNEXPECTED_NULL", &format!("The {name} must not be null.")));
    }
    Ok(value)
}

fn out_of_range(aggregate: &Aggregate, args: &[Typed], name: &str, range: &str, value: &str) -> SqlError {
    let what = format!("The {name} must be between {range} (current value = {value}).");
    mismatch(aggregate, args, "VALUE_OUT_OF_RANGE", &what)
}

/// `count`.
pub(super) fn count(_: &'static Aggregate, args: &[Typed]) -> Settled {
    if args.is_empty() {
        let message = "The `count` requires  >= 1 parameters but the actual number is 0. If you have to call this function \
                       with 0 parameters, set the legacy configuration \
                       \"spark.sql.legacy.allowParameterlessCount\" to \"true\".";
        return Err(SqlError::analysis("WRONG_NUM_ARGS.WITH_SUGGESTION", message));
    }
    gives(types(args), DataType::Long, false)
}

fn boolean(aggregate: &Aggregate, args: &[Typed], returns: DataType, nullable: bool) -> Settled {
    arity(aggregate, args, &[1])?;
    match first_type(args) {
        DataType::Boolean | DataType::Null => gives(vec![DataType::Boolean], returns, nullable),
        _ => Err(unexpected(aggregate, args, 0, "\"BOOLEAN\"")),
    }
}

/// `count_if`.
pub(super) fn count_if(aggregate: &'static Aggregate, args: &[Typed]) -> Settled {
    boolean(aggregate, args, DataType::Long, false)
}

/// `bool_and`, `bool_or`.
pub(super) fn booleans(aggregate: &'static Aggregate, args: &[Typed]) -> Settled {
    boolean(aggregate, args, DataType::Boolean, true)
}

fn added(aggregate: &Aggregate, args: &[Typed], allowed: &[usize], returns: fn(&DataType) -> DataType) -> Settled {
    arity(aggregate, args, allowed)?;
    let of = first_type(args);
    let settled = match &of {
        DataType::DayTimeInterval | DataType::YearMonthInterval => Some(of.clone()),
        DataType::Timestamp => Some(DataType::Double),
        _ => number(&of),
    };
    let settled = settled.ok_or_else(|| unexpected(aggregate, args, 0, "\"NUMERIC\" or \"ANSI INTERVAL\""))?;
    let returns = returns(&settled);
    gives(vec![settled], returns, true)
}

/// `sum`.
pub(super) fn sum(aggregate: &'static Aggregate, args: &[Typed]) -> Settled {
    added(aggregate, args, &[1], sum_type)
}

/// `avg`.
pub(super) fn avg(aggregate: &'static Aggregate, args: &[Typed]) -> Settled {
    added(aggregate, args, &[1], avg_type)
}

/// `try_sum` and `try_avg` take one argument; Spark says that they take two as well, and refuses them all the same.
fn tried(aggregate: &Aggregate, args: &[Typed]) -> Result<(), SqlError> {
    if args.len() == 1 { Ok(()) } else { Err(wrong_count(aggregate, args, "[1, 2]")) }
}

/// `try_sum`.
pub(super) fn try_sum(aggregate: &'static Aggregate, args: &[Typed]) -> Settled {
    tried(aggregate, args)?;
    added(aggregate, args, &[1], sum_type)
}

/// `try_avg`.
pub(super) fn try_avg(aggregate: &'static Aggregate, args: &[Typed]) -> Settled {
    tried(aggregate, args)?;
    added(aggregate, args, &[1], avg_type)
}

fn orderable(aggregate: &Aggregate, args: &[Typed], index: usize) -> Result<(), SqlError> {
    match args.get(index) {
        Some(arg) if !arg.data_type.is_orderable() => {
            let (name, of) = (aggregate.name, arg.data_type.sql());
            let what = format!("The `{name}` does not support ordering on type \"{of}\".");
            Err(mismatch(aggregate, args, "INVALID_ORDERING_TYPE", &what))
        }
        _ => Ok(()),
    }
}

/// `min`, `max`.
pub(super) fn extreme(aggregate: &'static Aggregate, args: &[Typed]) -> Settled {
    arity(aggregate, args, &[1])?;
    orderable(aggregate, args, 0)?;
    gives(types(args), first_type(args), true)
}

/// `max_by`, `min_by`.
pub(super) fn extreme_by(aggregate: &'static Aggregate, args: &[Typed]) -> Settled {
    arity(aggregate, args, &[2])?;
    orderable(aggregate, args, 1)?;
    gives(types(args), first_type(args), true)
}

/// `first`, `last`, `any_value`.
pub(super) fn edge(aggregate: &'static Aggregate, args: &[Typed]) -> Settled {
    arity(aggregate, args, &[1, 2])?;
    if let Some(ignore) = args.get(1)
        && !matches!(&ignore.kind, TypedKind::Literal(Datum::Boolean(_)))
    {
        let message = format!("The second argument in {} should be a boolean literal.", aggregate.name);
        return Err(SqlError::new("AnalysisException", None, message));
    }
    gives(types(args), first_type(args), true)
}

/// `collect_list`.
pub(super) fn collect_list(aggregate: &'static Aggregate, args: &[Typed]) -> Settled {
    arity(aggregate, args, &[1])?;
    gives(types(args), collected(&types(args)), false)
}

/// `collect_set`.
pub(super) fn collect_set(aggregate: &'static Aggregate, args: &[Typed]) -> Settled {
    arity(aggregate, args, &[1])?;
    if first_type(args).has_map() {
        let what = "The input of `collect_set` can't be \"MAP\" type data.";
        return Err(mismatch(aggregate, args, "UNSUPPORTED_INPUT_TYPE", what));
    }
    gives(types(args), collected(&types(args)), false)
}

/// `bit_and`, `bit_or`, `bit_xor`.
pub(super) fn bits(aggregate: &'static Aggregate, args: &[Typed]) -> Settled {
    arity(aggregate, args, &[1])?;
    match first_type(args) {
        DataType::Null => gives(vec![DataType::Integer], DataType::Integer, true),
        of if of.is_integral() => gives(vec![of.clone()], of, true),
        _ => Err(unexpected(aggregate, args, 0, "\"INTEGRAL\"")),
    }
}

fn all_doubles(aggregate: &Aggregate, args: &[Typed], count: usize, required: &str) -> Result<Vec<DataType>, SqlError> {
    arity(aggregate, args, &[count])?;
    for (index, arg) in args.iter().enumerate() {
        number(&arg.data_type).ok_or_else(|| unexpected(aggregate, args, index, required))?;
    }
    Ok(vec![DataType::Double; count])
}

/// Of one double: variances and other moments, `product`.
pub(super) fn double(aggregate: &'static Aggregate, args: &[Typed]) -> Settled {
    gives(all_doubles(aggregate, args, 1, "\"DOUBLE\"")?, DataType::Double, true)
}

/// Of two doubles: covariances, correlation.
pub(super) fn doubles(aggregate: &'static Aggregate, args: &[Typed]) -> Settled {
    gives(all_doubles(aggregate, args, 2, "\"DOUBLE\"")?, DataType::Double, true)
}

/// `regr_count`.
pub(super) fn pairs(aggregate: &'static Aggregate, args: &[Typed]) -> Settled {
    gives(all_doubles(aggregate, args, 2, "\"NUMERIC\"")?, DataType::Long, false)
}

fn pair_mean(aggregate: &Aggregate, args: &[Typed], index: usize) -> Settled {
    all_doubles(aggregate, args, 2, "\"NUMERIC\"")?;
    let arguments: Vec<DataType> = args.iter().filter_map(|arg| number(&arg.data_type)).collect();
    let returns = avg_type(arguments.get(index).unwrap_or(&DataType::Double));
    gives(arguments, returns, true)
}

/// `regr_avgx`.
pub(super) fn avgx(aggregate: &'static Aggregate, args: &[Typed]) -> Settled {
    pair_mean(aggregate, args, 1)
}

/// `regr_avgy`.
pub(super) fn avgy(aggregate: &'static Aggregate, args: &[Typed]) -> Settled {
    pair_mean(aggregate, args, 0)
}

/// Of two numbers: `regr_sxx` and `regr_syy`.
pub(super) fn numbers(aggregate: &'static Aggregate, args: &[Typed]) -> Settled {
    gives(all_doubles(aggregate, args, 2, "\"NUMERIC\"")?, DataType::Double, true)
}

/// `approx_count_distinct`.
pub(super) fn distinct(aggregate: &'static Aggregate, args: &[Typed]) -> Settled {
    arity(aggregate, args, &[1, 2])?;
    if let Some(second) = args.get(1) {
        let value = if let TypedKind::Literal(value) = &second.kind { deviation(value) } else { None };
        let Some(value) = value else {
            return Err(SqlError::new("AnalysisException", None, "The second argument should be a double literal."));
        };
        if precision(value).is_none() {
            let message = "Failed preparing of the function `approx_count_distinct` for call. Please, double check \
                           function's arguments.";
            return Err(SqlError::analysis("FAILED_FUNCTION_CALL", message));
        }
    }
    gives(types(args), DataType::Long, false)
}

/// The type of a percentage: a double, or an array of doubles.
fn percentage_type(of: &DataType) -> Option<DataType> {
    match of {
        DataType::Array { element, contains_null } => {
            let fits = **element == DataType::Double
                || (!contains_null && (element.is_numeric() || **element == DataType::Null));
            fits.then(|| DataType::array_of(DataType::Double, *contains_null))
        }
        _ => number(of).map(|_| DataType::Double),
    }
}

fn in_unit(aggregate: &Aggregate, args: &[Typed]) -> Result<(), SqlError> {
    let value = known(aggregate, args, 1, "percentage")?;
    let all: Vec<f64> = match &value {
        Datum::Array(all) => all.iter().map(|it| as_double(it).unwrap_or(0.0)).collect(),
        one => as_double(one).into_iter().collect(),
    };
    if all.iter().any(|it| *it < 0.0 || *it > 1.0) {
        let shown: Vec<String> =
            all.iter().map(|it| format!("{}D", literal_text(&Datum::Double(*it), &DataType::Double))).collect();
        return Err(out_of_range(aggregate, args, "percentage", "[0.0, 1.0]", &shown.join(",")));
    }
    Ok(())
}

/// An integral argument that may be left out.
fn integral_type(aggregate: &Aggregate, args: &[Typed], index: usize) -> Result<Option<DataType>, SqlError> {
    match args.get(index).map(|arg| &arg.data_type) {
        None => Ok(None),
        Some(DataType::Null) => Ok(Some(DataType::Integer)),
        Some(of) if of.is_integral() => Ok(Some(of.clone())),
        Some(_) => Err(unexpected(aggregate, args, index, "\"INTEGRAL\"")),
    }
}

fn one_or_array(percentages: &DataType, element: DataType) -> DataType {
    if matches!(percentages, DataType::Array { .. }) { DataType::array_of(element, false) } else { element }
}

/// `percentile_approx`.
pub(super) fn approx_percentile(aggregate: &'static Aggregate, args: &[Typed]) -> Settled {
    arity(aggregate, args, &[2, 3])?;
    let of = first_type(args);
    let of = if of.is_datetime() || of.is_ansi_interval() { Some(of) } else { number(&of) };
    let of = of.ok_or_else(|| unexpected(aggregate, args, 0, ANY_NUMBER))?;
    let given = args.get(1).map_or(DataType::Null, |arg| arg.data_type.clone());
    let percentage =
        percentage_type(&given).ok_or_else(|| unexpected(aggregate, args, 1, "(\"DOUBLE\" or \"ARRAY<DOUBLE>\")"))?;
    let accuracy = integral_type(aggregate, args, 2)?;
    known(aggregate, args, 1, "percentage")?;
    if accuracy.is_some() {
        let value = known(aggregate, args, 2, "accuracy")?;
        let value = match value {
            Datum::Long(it) => it,
            other => as_double(&other).unwrap_or(0.0) as i64,
        };
        if !(1..=i64::from(i32::MAX)).contains(&value) {
            return Err(out_of_range(aggregate, args, "accuracy", "(0, 2147483647]", &format!("{value}L")));
        }
    }
    in_unit(aggregate, args)?;
    let returns = one_or_array(&percentage, of.clone());
    let mut arguments = vec![of, percentage];
    arguments.extend(accuracy);
    gives(arguments, returns, true)
}

/// What a percentile of these values is: an interval of intervals, a double of anything else.
fn percentile_type(of: &DataType) -> DataType {
    if of.is_ansi_interval() { of.clone() } else { DataType::Double }
}

fn number_or_interval(aggregate: &Aggregate, args: &[Typed]) -> Result<DataType, SqlError> {
    let of = first_type(args);
    let settled = if of.is_ansi_interval() { Some(of) } else { number(&of) };
    settled.ok_or_else(|| unexpected(aggregate, args, 0, NUMBER_OR_INTERVAL))
}

/// `percentile`.
pub(super) fn percentile(aggregate: &'static Aggregate, args: &[Typed]) -> Settled {
    arity(aggregate, args, &[2, 3])?;
    let of = number_or_interval(aggregate, args)?;
    let given = args.get(1).map_or(DataType::Null, |arg| arg.data_type.clone());
    let wanted = if matches!(given, DataType::Array { .. }) { "\"ARRAY<DOUBLE>\"" } else { "\"DOUBLE\"" };
    let percentage = percentage_type(&given).ok_or_else(|| unexpected(aggregate, args, 1, wanted))?;
    let frequency = integral_type(aggregate, args, 2)?;
    in_unit(aggregate, args)?;
    let returns = one_or_array(&percentage, percentile_type(&of));
    let mut arguments = vec![of, percentage];
    arguments.extend(frequency);
    gives(arguments, returns, true)
}

/// `median`.
pub(super) fn median(aggregate: &'static Aggregate, args: &[Typed]) -> Settled {
    arity(aggregate, args, &[1])?;
    let of = number_or_interval(aggregate, args)?;
    let returns = percentile_type(&of);
    gives(vec![of], returns, true)
}

/// `mode`.
pub(super) fn mode(aggregate: &'static Aggregate, args: &[Typed]) -> Settled {
    arity(aggregate, args, &[1])?;
    gives(types(args), first_type(args), true)
}

/// `histogram_numeric`.
pub(super) fn histogram(aggregate: &'static Aggregate, args: &[Typed]) -> Settled {
    arity(aggregate, args, &[2])?;
    let of = first_type(args);
    let of = if of.is_datetime() || of.is_ansi_interval() { Some(of) } else { number(&of) };
    let of = of.ok_or_else(|| unexpected(aggregate, args, 0, ANY_NUMBER))?;
    let bins = args.get(1).map_or(DataType::Null, |arg| arg.data_type.clone());
    number(&bins).ok_or_else(|| unexpected(aggregate, args, 1, "\"INT\""))?;
    let value = known(aggregate, args, 1, "nb")?;
    let bins = as_double(&value).unwrap_or(2.0) as i32;
    if bins < 2 {
        return Err(out_of_range(aggregate, args, "nb", "[2, 2147483647]", &bins.to_string()));
    }
    let returns = histogram_type(&of);
    gives(vec![of, DataType::Integer], returns, true)
}
