//! The text of a function's call. Most are `name(args)` in lower case; some have names of their own, and many show the
//! arguments that were left out.

use super::display::Pretty;
use super::{Datum, Expr, Literal};

/// Functions whose name is shown in capitals.
const CAPITALS: &[&str] = &[
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "cos",
    "cosh",
    "cot",
    "csc",
    "degrees",
    "dense_rank",
    "e",
    "exp",
    "expm1",
    "hypot",
    "log",
    "log10",
    "log1p",
    "log2",
    "percent_rank",
    "pi",
    "power",
    "radians",
    "rank",
    "regexp",
    "regexp_like",
    "rlike",
    "sec",
    "signum",
    "sin",
    "sinh",
    "spark_partition_id",
    "sqrt",
    "tan",
    "tanh",
];

/// The default order of `array_sort`, as Spark shows it.
const NATURAL_ORDER: &str = "lambdafunction((IF(((namedlambdavariable() IS NULL) AND (namedlambdavariable() IS NULL)), \
     0, (IF((namedlambdavariable() IS NULL), 1, (IF((namedlambdavariable() IS NULL), -1, (IF((namedlambdavariable() < \
     namedlambdavariable()), -1, (IF((namedlambdavariable() > namedlambdavariable()), 1, 0)))))))))), \
     namedlambdavariable(), namedlambdavariable())";

/// `left || right`.
pub(super) fn concatenated(pretty: &mut Pretty<'_>, left: &Expr, right: &Expr) -> String {
    format!("concat({}, {})", pretty.text(left), pretty.text(right))
}

/// The text of a call.
pub(super) fn call_text(name: &str, args: &[Expr], distinct: bool, pretty: &mut Pretty<'_>) -> String {
    let name = name.to_lowercase();
    let mut texts: Vec<String> = args.iter().map(|it| pretty.text(it)).collect();
    if let Some(text) = special(&name, args, &texts) {
        return text;
    }
    if name == "count" && matches!(args, [Expr::Star(parts)] if parts.is_empty()) {
        texts = vec!["1".into()];
    }
    let shown = shown_name(&name, texts.len());
    texts.truncate(shown_arguments(&name, texts.len()));
    if name == "log" && texts.len() == 1 {
        texts.insert(0, "E()".into());
    } else if name == "convert_timezone" && texts.len() == 2 {
        texts.insert(0, "current_timezone()".into());
    }
    let given = texts.len();
    texts.extend(defaults(&name, given).iter().map(|it| (*it).to_owned()));
    format!("{shown}({}{})", if distinct { "DISTINCT " } else { "" }, texts.join(", "))
}

/// Calls that aren't shown as calls of a name.
fn special(name: &str, args: &[Expr], texts: &[String]) -> Option<String> {
    Some(match (name, texts) {
        ("if", [condition, yes, no]) => format!("(IF({condition}, {yes}, {no}))"),
        ("isnull", [value]) => format!("({value} IS NULL)"),
        ("isnotnull", [value]) => format!("({value} IS NOT NULL)"),
        ("like", [value, pattern]) => format!("{value} LIKE {pattern}"),
        ("positive", [value]) => format!("(+ {value})"),
        ("trim", [characters, value]) => format!("TRIM(BOTH {characters} FROM {value})"),
        ("ltrim", [characters, value]) => format!("TRIM(LEADING {characters} FROM {value})"),
        ("rtrim", [characters, value]) => format!("TRIM(TRAILING {characters} FROM {value})"),
        ("extract" | "datepart", [field, value]) => format!("{name}({field} FROM {value})"),
        ("rand" | "randn" | "random", [_]) if matches!(args, [Expr::Literal(Literal { value: Datum::Null, .. })]) => {
            format!("{}(NULL)", shown_name(name, 1))
        }
        _ => return None,
    })
}

/// The name that a function is shown by: its own or, for some aliases, that of the function they stand for.
fn shown_name(name: &str, arguments: usize) -> String {
    match (name, arguments) {
        ("ceil" | "floor", 1) => name.to_uppercase(),
        ("array_agg", _) => "collect_list".into(),
        ("curdate", _) => "current_date".into(),
        ("current_schema", _) => "current_database".into(),
        ("user", 0) => "current_user".into(),
        ("dateadd", 2) => "date_add".into(),
        ("dateadd", 3) => "timestampadd".into(),
        ("datediff", 3) => "timestampdiff".into(),
        ("random", _) => "rand".into(),
        ("to_varchar", _) => "to_char".into(),
        _ if CAPITALS.contains(&name) => name.to_uppercase(),
        _ => name.into(),
    }
}

/// How many of the arguments are shown: some are settings, not children.
fn shown_arguments(name: &str, given: usize) -> usize {
    match name {
        "first"
        | "first_value"
        | "last"
        | "last_value"
        | "any_value"
        | "approx_count_distinct"
        | "from_json"
        | "from_csv"
        | "to_json"
        | "to_csv"
        | "schema_of_json"
        | "schema_of_csv"
        | "likeany"
        | "likeall"
        | "notlikeany"
        | "notlikeall" => given.min(1),
        "dense_rank" | "percent_rank" | "rank" => 0,
        _ => given,
    }
}

/// What is shown for the arguments that were left out.
fn defaults(name: &str, given: usize) -> &'static [&'static str] {
    // The last arguments of a function, and with how many of them given none is left out.
    let (all, full): (&[&str], usize) = match name {
        "round" | "bround" => (&["0"], 2),
        "split" => (&["-1"], 3),
        "substring" | "substr" => (&["2147483647"], 3),
        "locate" | "position" => (&["1"], 3),
        "overlay" => (&["-1"], 4),
        "percentile" => (&["1"], 3),
        "percentile_approx" | "approx_percentile" => (&["10000"], 3),
        "regexp_replace" => (&["1"], 4),
        "regexp_extract" | "regexp_extract_all" => (&["1"], 3),
        "regexp_instr" => (&["0"], 3),
        "replace" => (&[""], 3),
        "lpad" | "rpad" => (&[" "], 3),
        "months_between" => (&["true"], 3),
        "unix_timestamp" => (&["current_timestamp()", "yyyy-MM-dd HH:mm:ss"], 2),
        "to_unix_timestamp" | "from_unixtime" => (&["yyyy-MM-dd HH:mm:ss"], 2),
        "sort_array" => (&["true"], 2),
        "str_to_map" => (&[",", ":"], 3),
        "make_interval" => (&["0", "0", "0", "0", "0", "0", "0.000000"], 7),
        "make_dt_interval" => (&["0", "0", "0", "0.000000"], 4),
        "make_ym_interval" => (&["0", "0"], 2),
        "mask" => (&["X", "x", "n", "NULL"], 5),
        "sentences" => (&["", ""], 3),
        "hll_sketch_agg" => (&["12"], 2),
        "hll_union" => (&["false"], 3),
        "hll_union_agg" => (&["false"], 2),
        "aes_encrypt" => (&["GCM", "DEFAULT", "", ""], 6),
        "aes_decrypt" | "try_aes_decrypt" => (&["GCM", "DEFAULT", ""], 5),
        "lag" | "lead" => (&["1", "NULL"], 3),
        "aggregate" | "reduce" => (&["lambdafunction(namedlambdavariable(), namedlambdavariable())"], 4),
        "array_sort" => (&[NATURAL_ORDER], 2),
        _ => (&[], 0),
    };
    let missing = full.saturating_sub(given);
    all.get(all.len().saturating_sub(missing)..).unwrap_or_default()
}
