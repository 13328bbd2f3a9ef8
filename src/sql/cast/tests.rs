//! Casts, with values that Spark gave.

use serde_json::Value as Json;

use super::recorded::{context, read};
use super::*;
use crate::sql::columns::{datums, from_datums};

#[test]
fn casts_are_those_of_spark() {
    let (mut differ, mut seen) = (Vec::new(), 0);
    for line in include_str!("recorded.jsonl").lines() {
        let line: Json = serde_json::from_str(line).unwrap();
        let from = DataType::parse(line["type"].as_str().unwrap()).unwrap();
        let value = read(&from, &line["value"]);
        let mut check = |to: &str, expected: &Json, try_cast: bool| {
            let to = DataType::parse(to).unwrap();
            let allowed = if try_cast { can_try_cast } else { can_cast };
            seen += 1;
            if expected == "!" {
                assert!(!allowed(&from, &to), "{from} to {to}");
                return;
            }
            assert!(allowed(&from, &to), "{from} to {to}");
            let expected = read(&to, expected);
            let made = cast(&context(), &value, &from, &to, try_cast);
            if made != expected {
                differ.push(format!("{value:?} to {to} ({try_cast}): {made:?}, not {expected:?}"));
            }
            if let Some(column) = cast_column(&from_datums(&from, [&value]).unwrap(), &from, &to, try_cast) {
                assert_eq!(datums(&column, &to), [expected], "{value:?} to {to}");
            }
        };
        for (to, results) in line["to"].as_object().unwrap() {
            let results = results.as_array().unwrap();
            check(to, &results[0], false);
            check(to, results.get(1).unwrap_or(&results[0]), true);
        }
        for to in line["null"].as_array().unwrap() {
            check(to.as_str().unwrap(), &Json::Null, false);
            check(to.as_str().unwrap(), &Json::Null, true);
        }
    }
    assert!(differ.is_empty(), "{} of {seen} differ:\n{}", differ.len(), differ.join("\n"));
}

#[test]
fn a_time_alone_is_of_the_day_of_the_batch() {
    let context = Context { batch_time: 1_709_210_096_000_000, ..context() };
    let made = cast(&context, &Datum::String("10:11:12".into()), &DataType::String, &DataType::Timestamp, false);
    assert_eq!(value_text(&made, context.time_zone), "2024-02-29 10:11:12");
}

#[test]
fn parts_are_cast_one_by_one() {
    let from = DataType::parse("struct<a: array<string>, b: map<int, double>>").unwrap();
    let to = DataType::parse("struct<x: array<int>, y: map<string, int>>").unwrap();
    let texts = [Datum::String("1".into()), Datum::String("x".into()), Datum::Null];
    let value = Datum::Struct(
        [Datum::Array(texts.into()), Datum::Map([(Datum::Integer(1), Datum::Double(2.5))].into())].into(),
    );
    let made = cast(&context(), &value, &from, &to, false);
    let numbers = [Datum::Integer(1), Datum::Null, Datum::Null];
    let expected = Datum::Struct(
        [Datum::Array(numbers.into()), Datum::Map([(Datum::String("1".into()), Datum::Integer(2))].into())].into(),
    );
    assert_eq!(made, expected);
    assert!(can_cast(&from, &to) && !can_cast(&to, &DataType::Integer));
}
