//! Comparing the rows of a batch with those that were expected, as data: `1` and `1.0` differ, a tuple and a list do
//! not, for the file can't tell them apart.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::words::Order;
use crate::value::{Value, to_json};

/// One row of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum Difference {
    /// Expected, and came.
    Same(Value),
    /// Expected, and did not come.
    Missing(Value),
    /// Came, and was not expected.
    Extra(Value),
}

/// Are the rows as expected?
pub fn same_rows(expected: &[Value], came: &[Value], order: Order) -> bool {
    expected.len() == came.len()
        && differences(expected, came, order).iter().all(|row| matches!(row, Difference::Same(_)))
}

/// Expected rows in their order, and after them (or, where the order counts, in their place) those that came instead.
pub fn differences(expected: &[Value], came: &[Value], order: Order) -> Vec<Difference> {
    match order {
        Order::Any => as_multisets(expected, came),
        Order::Exact => as_lists(expected, came),
    }
}

fn as_multisets(expected: &[Value], came: &[Value]) -> Vec<Difference> {
    let mut left: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for row in came.iter().rev() {
        left.entry(text(row)).or_default().push(row);
    }
    let mut rows: Vec<Difference> = expected
        .iter()
        .map(|row| match left.get_mut(&text(row)).and_then(Vec::pop) {
            Some(same) => Difference::Same(same.clone()),
            None => Difference::Missing(row.clone()),
        })
        .collect();
    for row in came {
        let mine = left.get_mut(&text(row));
        rows.extend(mine.and_then(Vec::pop).cloned().map(Difference::Extra));
    }
    rows
}

/// What is alike at both ends, and between them the one instead of the other.
fn as_lists(expected: &[Value], came: &[Value]) -> Vec<Difference> {
    let same = |(left, right): &(&Value, &Value)| text(left) == text(right);
    let shorter = expected.len().min(came.len());
    let head = expected.iter().zip(came).take_while(same).count();
    let tail = expected.iter().rev().zip(came.iter().rev()).take(shorter - head).take_while(same).count();
    let missing = expected[head..expected.len() - tail].iter().cloned().map(Difference::Missing);
    let extra = came[head..came.len() - tail].iter().cloned().map(Difference::Extra);
    let alike = |rows: std::ops::Range<usize>| came[rows].iter().cloned().map(Difference::Same);
    alike(0..head).chain(missing).chain(extra).chain(alike(came.len() - tail..came.len())).collect()
}

/// A row as text that is the same for rows that are the same in the file.
fn text(row: &Value) -> String {
    fn sorted(json: Json) -> Json {
        match json {
            Json::Array(members) => Json::Array(members.into_iter().map(sorted).collect()),
            Json::Object(entries) => {
                let entries: BTreeMap<String, Json> =
                    entries.into_iter().map(|(key, value)| (key, sorted(value))).collect();
                Json::Object(entries.into_iter().collect())
            }
            other => other,
        }
    }
    sorted(to_json(row)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(numbers: &[i64]) -> Vec<Value> {
        numbers.iter().map(|number| Value::Int(*number)).collect()
    }

    /// `=1 -2 +3`.
    fn diff(expected: &[i64], came: &[i64], order: Order) -> String {
        let (expected, came) = (rows(expected), rows(came));
        let words = differences(&expected, &came, order).into_iter().map(|row| match row {
            Difference::Same(row) => format!("={row}"),
            Difference::Missing(row) => format!("-{row}"),
            Difference::Extra(row) => format!("+{row}"),
        });
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn rows_are_compared_in_any_order_or_in_theirs() {
        assert_eq!(diff(&[1, 2, 2], &[2, 3, 1], Order::Any), "=1 =2 -2 +3");
        assert_eq!(diff(&[1, 2, 3, 4], &[1, 3, 2, 4], Order::Exact), "=1 -2 -3 +3 +2 =4");
        assert_eq!(diff(&[1, 1], &[1], Order::Exact), "=1 -1");
        assert!(same_rows(&rows(&[1, 2]), &rows(&[2, 1]), Order::Any));
        assert!(!same_rows(&rows(&[1, 2]), &rows(&[2, 1]), Order::Exact));
    }

    #[test]
    fn numbers_of_different_types_differ_and_dicts_have_no_order() {
        let dict = |keys: [&str; 2]| Value::Dict(keys.map(|key| (Value::str(key), Value::Int(1))).into());
        assert!(!same_rows(&[Value::Int(1)], &[Value::Float(1.0)], Order::Any));
        assert!(same_rows(&[dict(["a", "b"])], &[dict(["b", "a"])], Order::Exact));
        assert!(same_rows(&[Value::list([Value::None])], &[Value::tuple([Value::None])], Order::Exact));
    }
}
