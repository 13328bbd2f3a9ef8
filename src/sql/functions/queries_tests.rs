//! Queries of one row against what Spark 3.5.7 said: `recorded/times_collections_json.jsonl` holds an expression and the
//! names, types and values of its columns a line, or the class and the text of the refusal. Names are not compared.

use std::cell::Cell;
use std::rc::Rc;

use chrono_tz::Tz;
use serde_json::Value;

use crate::sql::columns::batch_of_rows;
use crate::sql::text::value_text;
use crate::sql::{Analyzer, Attribute, Compiled, Context, Datum, Node, SqlError, StructField, parse_query};

const RECORDED: &str = include_str!("recorded/times_collections_json.jsonl");

type Rows = Vec<Vec<Datum>>;

fn attributes(node: &Node) -> Vec<Attribute> {
    node.output()
}

/// The rows of the few operators that such queries have.
fn rows(node: &Node, context: &Context) -> Result<Rows, SqlError> {
    match node {
        Node::LocalRows { rows, .. } => Ok(rows.iter().map(|row| row.to_vec()).collect()),
        Node::Project { input, exprs } => {
            let columns = attributes(input);
            let compiled: Result<Vec<_>, _> = exprs.iter().map(|it| Compiled::new(&it.expr, &columns)).collect();
            let compiled = compiled?;
            let made = |row: Vec<Datum>| compiled.iter().map(|it| it.evaluate_row(context, &row)).collect();
            rows(input, context)?.into_iter().map(made).collect()
        }
        Node::Filter { input, condition } => {
            let condition = Compiled::new(condition, &attributes(input))?;
            let mut kept = Vec::new();
            for row in rows(input, context)? {
                if condition.evaluate_row(context, &row)? == Datum::Boolean(true) {
                    kept.push(row);
                }
            }
            Ok(kept)
        }
        Node::Expand { input, projections, .. } => {
            let columns = attributes(input);
            let mut made = Vec::new();
            for row in rows(input, context)? {
                for projection in projections {
                    let values = projection.iter().map(|it| Compiled::new(it, &columns)?.evaluate_row(context, &row));
                    made.push(values.collect::<Result<_, _>>()?);
                }
            }
            Ok(made)
        }
        Node::Generate { input, generator, outer, output } => {
            let columns = attributes(input);
            let compiled = Compiled::new(generator, &columns)?;
            let fields: Vec<StructField> =
                columns.iter().map(|it| StructField::new(it.name.clone(), it.data_type.clone(), it.nullable)).collect();
            let mut made = Vec::new();
            for row in rows(input, context)? {
                let shared: Rc<[Datum]> = row.clone().into();
                let batch = batch_of_rows(&fields, &[shared])?;
                let mut generated = compiled.generate(context, &batch, 0)?;
                if generated.is_empty() && *outer {
                    generated.push(vec![Datum::Null; output.len() - row.len()]);
                }
                made.extend(generated.into_iter().map(|it| row.iter().cloned().chain(it).collect::<Vec<_>>()));
            }
            Ok(made)
        }
        Node::Alias { input, .. } => rows(input, context),
        other => panic!("no such operator here: {other:?}"),
    }
}

type Answer = (Vec<String>, Vec<Vec<Option<String>>>);

fn answer(expression: &str, time_zone: Tz) -> Result<Answer, SqlError> {
    let next_id = Cell::new(0);
    let plan = parse_query(&format!("SELECT {expression}"))?;
    let analyzer = Analyzer { tables: &|_| None, functions: &|_| None, next_id: &next_id };
    let node = analyzer.analyze(&plan)?;
    let context = Context { time_zone, batch_time: 0, partition: 0 };
    let columns = attributes(&node);
    let types = columns.iter().map(|it| it.data_type.simple_string() + if it.nullable { "" } else { "!" }).collect();
    let text = |value: &Datum| (!value.is_null()).then(|| value_text(value, time_zone));
    let rows = rows(&node, &context)?.iter().map(|row| row.iter().map(text).collect()).collect();
    Ok((types, rows))
}

#[test]
fn queries_are_answered_as_spark_does() {
    let mut different = Vec::new();
    let mut asked = 0;
    for line in RECORDED.lines() {
        let said: Vec<Value> = serde_json::from_str(line).expect("a line of JSON");
        let expression = said[0].as_str().unwrap_or_default();
        // `[Europe/Berlin] hour(x)` is asked in another time zone.
        let zoned = expression.strip_prefix('[').and_then(|it| it.split_once("] "));
        let (zone, expression) = zoned.unwrap_or(("UTC", expression));
        asked += 1;
        let found = answer(expression, zone.parse().expect("a time zone"));
        let problem = match (&said[..], found) {
            ([_, _, types, rows], Ok((our_types, our_rows))) => {
                let list = |value: &Value| serde_json::from_value::<Vec<String>>(value.clone()).unwrap_or_default();
                let spark: Vec<Vec<Option<String>>> = serde_json::from_value(rows.clone()).unwrap_or_default();
                // What may be null is told only where it never is.
                let bare = |it: &String| it.trim_end_matches('!').to_owned();
                let same_types = list(types).iter().map(bare).eq(our_types.iter().map(bare));
                let same = same_types && spark == our_rows;
                (!same).then(|| format!("{our_types:?} {our_rows:?}\n   not {types} {rows}"))
            }
            ([_, class, text], Err(error)) => {
                let text = text.as_str().unwrap_or_default();
                let text = text.split("; line ").next().unwrap_or_default();
                let ours = error.to_string();
                let ours = ours.split("; line ").next().unwrap_or_default();
                let same = ours.trim_end() == text.trim_end();
                (!same).then(|| format!("{ours}\n   not {class} {text}"))
            }
            (_, Ok(found)) => Some(format!("{found:?}\n   not {line}")),
            (_, Err(error)) => Some(format!("{error}\n   not {line}")),
        };
        different.extend(problem.map(|it| format!("{expression}: {it}")));
    }
    assert!(different.is_empty(), "{} of {asked} differ:\n{}", different.len(), different.join("\n"));
}

/// Whatever Spark makes of them: these must give a value or a refusal.
#[test]
fn extremes_do_no_harm() {
    let times = ["timestamp_micros(9223372036854775807)", "timestamp_micros(-9223372036854775808)"];
    let dates = ["date_from_unix_date(2147483647)", "date_from_unix_date(-2147483648)"];
    let of_times = [
        "year(@)",
        "hour(@)",
        "weekofyear(@)",
        "date_trunc('year', @)",
        "date_trunc('week', @)",
        "date_trunc('hour', @)",
        "date_format(@, 'yyyy D E w')",
        "date_format(@, 'yyyyMMdd HH:mm:ss.SSS z zzzz XXX O VV G a')",
        "add_months(@, 5)",
        "months_between(@, timestamp_micros(0))",
        "last_day(@)",
        "next_day(@, 'MO')",
        "unix_timestamp(@)",
        "from_utc_timestamp(@, 'Asia/Tokyo')",
        "to_utc_timestamp(@, '+18:00')",
        "timestampadd(YEAR, 2147483647, @)",
        "timestampadd(HOUR, -2147483648, @)",
        "timestampdiff(MONTH, @, timestamp_micros(0))",
        "timestampdiff(SECOND, @, timestamp_micros(0))",
        "window(@, '1 day')",
        "window(@, '3 days', '2 days', '1 second')",
        "session_window(@, '1 year 2 days')",
        "sequence(@, @, interval 1 month)",
        "sequence(timestamp_micros(0), @, interval 100000000 days)",
        "to_json(struct(@))",
        "extract(SECOND FROM @)",
        "convert_timezone('Asia/Tokyo', to_timestamp_ntz(@))",
    ];
    let of_dates = [
        "add_months(@, 2147483647)",
        "add_months(@, -2147483648)",
        "date_add(@, 2147483647)",
        "datediff(@, date'1970-01-01')",
        "to_timestamp(@)",
        "date_format(@, 'yyyy')",
        "trunc(@, 'week')",
        "last_day(@)",
        "next_day(@, 'SU')",
        "unix_timestamp(@)",
        "weekofyear(@)",
        "sequence(@, @, interval 1 month)",
    ];
    let alone = [
        "make_date(2147483647, 12, 31)",
        "make_timestamp(2147483647, 12, 31, 23, 59, 59)",
        "make_timestamp(1, 1, 1, 2147483647, 2147483647, 9999999999)",
        "make_dt_interval(-2147483648)",
        "make_interval(-2147483648, -2147483648)",
        "make_ym_interval(-2147483648, -2147483648)",
        "timestamp_seconds(1e300)",
        "timestamp_millis(9223372036854775807)",
        "from_unixtime(9223372036854775807)",
        "to_timestamp('99999999999', 'yyyyyy')",
        "to_timestamp('-9223372036854775808', 'y')",
        "to_date('é', 'é')",
        "to_timestamp('+99:99', 'XXX')",
        "to_date('2024', '[[[yyyy')",
        "date_format(now(), '''')",
        "slice(array(1), -2147483648, 2147483647)",
        "array_insert(array(1), -2147483648, 1)",
        "element_at(array(1), -2147483648)",
        "sequence(-9223372036854775808, 9223372036854775807, 9223372036854775807)",
        "sequence(cast(-128 as tinyint), cast(127 as tinyint), cast(127 as tinyint))",
        "array(1)[-9223372036854775808]",
        "from_json('{\"a\":1e999999999999}', 'a DECIMAL(38,10), b INT')",
        "get_json_object('[', '$[99999999999999999999]')",
        "from_json('{\"a\":\"\\\\ud83d\"}', 'a STRING')",
        "from_json('{\"a\":\"\\\\ud83d\\\\u0041\"}', 'a STRING')",
        "schema_of_json('{\"a\":1e999999999999}', map('prefersDecimal', 'true'))",
        "get_json_object('{\"é\":1}', '$.é')",
    ];
    let with = |expressions: &[&str], values: &[&str]| -> Vec<String> {
        values.iter().flat_map(|value| expressions.iter().map(|it| it.replace('@', value))).collect()
    };
    let mut all = with(&of_times, &times);
    all.extend(with(&of_dates, &dates));
    all.extend(alone.map(str::to_owned));
    let deep =
        |open: &str, close: &str| format!("get_json_object('{}1{}', '$[*][*]')", open.repeat(1200), close.repeat(1200));
    all.extend([deep("[", "]"), deep("{\"a\":", "}")]);
    for expression in all {
        for zone in [Tz::UTC, Tz::Europe__Berlin, Tz::America__New_York] {
            let _ = answer(&expression, zone);
        }
    }
}
