//! Rows of an output as people read them: one a line, as Python shows them, tuples in columns.

use unicode_width::UnicodeWidthStr;

use super::look::{Look, count};
use crate::value::Value;

/// The first rows, and how many there are more; each line fits into so many columns.
pub fn lines(rows: &[Value], has_more: bool, limit: usize, look: &Look, columns: usize) -> Vec<String> {
    let shown = &rows[..rows.len().min(limit)];
    let mut lines: Vec<String> = aligned(shown).iter().map(|line| look.fit(line, columns)).collect();
    match rows.len() - shown.len() {
        0 if has_more => lines.push(format!("{} more rows", look.ellipsis())),
        0 => {}
        more => {
            let at_least = if has_more { "at least " } else { "" };
            lines.push(format!("{} {at_least}{}", look.ellipsis(), count(more, "more row", "more rows")));
        }
    }
    lines
}

/// Each row as Python shows it; where all are tuples of one length, with their members below each other.
pub fn aligned(rows: &[Value]) -> Vec<String> {
    let Some(tuples) = rows.iter().map(members).collect::<Option<Vec<_>>>() else { return plain(rows) };
    let length = tuples.first().map_or(0, |members| members.len());
    if length < 2 || tuples.iter().any(|members| members.len() != length) {
        return plain(rows);
    }
    let cells: Vec<Vec<String>> = tuples.iter().map(|members| members.iter().map(Value::to_string).collect()).collect();
    let columns: Vec<(usize, bool)> = (0..length)
        .map(|column| {
            let widest = cells.iter().map(|row| row[column].width()).max().unwrap_or(0);
            (widest, tuples.iter().all(|members| is_number(&members[column])))
        })
        .collect();
    let line = |row: &Vec<String>| {
        let mut line = String::from("(");
        for (place, (cell, (widest, is_number))) in row.iter().zip(&columns).enumerate() {
            let is_last = place + 1 == length;
            let padding = " ".repeat(widest - cell.width());
            let comma = if is_last { ")" } else { ", " };
            match is_number {
                true => line.extend([&*padding, cell, comma]),
                false if is_last => line.extend([&**cell, comma]),
                false => line.extend([&**cell, comma, &padding]),
            }
        }
        line
    };
    cells.iter().map(line).collect()
}

fn plain(rows: &[Value]) -> Vec<String> {
    rows.iter().map(Value::to_string).collect()
}

fn members(row: &Value) -> Option<&[Value]> {
    match row {
        Value::Tuple(members) => Some(members),
        _ => None,
    }
}

fn is_number(value: &Value) -> bool {
    matches!(value, Value::Int(_) | Value::BigInt(_) | Value::Float(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(word: &str, number: i64) -> Value {
        Value::tuple([Value::str(word), Value::Int(number)])
    }

    #[test]
    fn tuples_stand_in_columns_wide_letters_included() {
        let rows = [pair("a", 2), pair("日本", 130), pair("it's", -1)];
        assert_eq!(aligned(&rows), ["('a',      2)", "('日本', 130)", "(\"it's\",  -1)"]);
        assert_eq!(aligned(&[pair("a", 1), Value::None]), ["('a', 1)", "None"]);
        assert_eq!(aligned(&[Value::tuple([Value::Int(1)]), Value::tuple([Value::Int(22)])]), ["(1,)", "(22,)"]);
        assert_eq!(aligned(&[]), Vec::<String>::new());
    }

    #[test]
    fn what_is_left_out_is_counted() {
        let rows = [pair("a", 1), pair("b", 2), pair("c", 3)];
        let look = Look::new(false, 80);
        assert_eq!(lines(&rows, false, 1, &look, 80), ["('a', 1)", "… 2 more rows"]);
        assert_eq!(lines(&rows[..1], true, 10, &look, 5), ["('a'…", "… more rows"]);
    }
}
