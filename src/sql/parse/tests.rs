//! What Spark 3.5.7 made of 1200 texts, the plans of queries, the types of literals, and text that means harm.

use proptest::prelude::*;
use serde_json::Value;

use super::{parse_expression, parse_query};
use crate::sql::{DataType, Expr, JoinCondition, Plan, SortKey};

/// A plan on one line: what it does, and in parentheses what it does it to.
fn outline(plan: &Plan) -> String {
    let list = |exprs: &[Expr]| exprs.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let keys = |keys: &[SortKey]| keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match plan {
        Plan::Table(name) => name.join("."),
        Plan::Project { input, exprs } => format!("select[{}]({})", list(exprs), outline(input)),
        Plan::Filter { input, condition } => format!("where[{condition}]({})", outline(input)),
        Plan::Aggregate { input, keys, grouping_sets, exprs, having } => {
            let sets = grouping_sets.as_ref().map_or_else(String::new, |it| format!(" sets {it:?}"));
            let having = having.as_ref().map_or_else(String::new, |it| format!(" having {it}"));
            format!("group[{}{sets}: {}{having}]({})", list(keys), list(exprs), outline(input))
        }
        Plan::Join { left, right, kind, condition } => {
            let condition = match condition {
                JoinCondition::None => String::new(),
                JoinCondition::On(condition) => format!(" on {condition}"),
                JoinCondition::Natural => " natural".into(),
                JoinCondition::Using(names) => format!(" using {}", names.join(", ")),
            };
            format!("{kind}[{}{condition}]({})", outline(right), outline(left))
        }
        Plan::Union { inputs, .. } => format!("union({})", inputs.iter().map(outline).collect::<Vec<_>>().join("; ")),
        Plan::Intersect { left, right } => format!("intersect({}; {})", outline(left), outline(right)),
        Plan::Except { left, right } => format!("except({}; {})", outline(left), outline(right)),
        Plan::Distinct(input) => format!("distinct({})", outline(input)),
        Plan::Sort { input, keys: by } => format!("sort[{}]({})", keys(by), outline(input)),
        Plan::Limit { input, count } => format!("limit[{count}]({})", outline(input)),
        Plan::Offset { input, count } => format!("offset[{count}]({})", outline(input)),
        Plan::Sample { input, fraction, seed } => format!("sample[{fraction} {seed}]({})", outline(input)),
        Plan::Alias { input, name, columns } if columns.is_empty() => format!("{name}={}", outline(input)),
        Plan::Alias { input, name, columns } => format!("{name}<{}>={}", columns.join(", "), outline(input)),
        Plan::With { tables, input } => {
            let tables: Vec<_> = tables.iter().map(|(name, plan)| format!("{name}: {}", outline(plan))).collect();
            format!("with[{}]({})", tables.join("; "), outline(input))
        }
        Plan::LateralView { input, generator, outer, table, columns } => {
            let outer = if *outer { " outer" } else { "" };
            format!("view[{generator} {table}<{}>{outer}]({})", columns.join(", "), outline(input))
        }
        Plan::Values(rows) => {
            format!("rows[{}]", rows.iter().map(|row| format!("({})", list(row))).collect::<Vec<_>>().join(", "))
        }
        other => format!("{other:?}"),
    }
}

fn outlined(sql: &str) -> String {
    outline(&parse_query(sql).unwrap_or_else(|refusal| panic!("{sql}: {refusal}")))
}

#[test]
fn names_and_refusals_are_those_of_spark() {
    let mut differences = Vec::new();
    for line in include_str!("tests/spark.jsonl").lines() {
        let case: Value = serde_json::from_str(line).expect("a case");
        let sql = case["sql"].as_str().expect("a text");
        let ours = match parse_query(sql) {
            Ok(Plan::Project { exprs, .. } | Plan::Aggregate { exprs, .. }) => {
                Value::from(exprs.iter().map(Expr::output_name).collect::<Vec<_>>())
            }
            Ok(plan) => Value::from(outline(&plan)),
            Err(refusal) => Value::from(format!("{}: {refusal}", refusal.class).trim()),
        };
        let theirs = if case["error"].is_null() { &case["columns"] } else { &case["error"] };
        if ours != *theirs {
            differences.push(format!("{sql}\n  Spark {theirs}\n  here  {ours}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn clauses_become_plans_in_the_order_in_which_spark_applies_them() {
    let cases = [
        ("SELECT a FROM t WHERE a > 1", "select[a](where[(a > 1)](t))"),
        ("SELECT 1 AS a", "select[1 AS a](rows[()])"),
        ("SELECT DISTINCT a FROM t LIMIT 2 OFFSET 1", "limit[2](offset[1](distinct(select[a](t))))"),
        ("SELECT a FROM t LIMIT ALL", "select[a](t)"),
        ("SELECT a FROM t ORDER BY a DESC, 2 NULLS LAST", "sort[a DESC NULLS LAST, 2 ASC NULLS LAST](select[a](t))"),
        ("SELECT a FROM t SORT BY a", "select[a](t)"),
        ("SELECT k, sum(a) FROM t GROUP BY k", "group[k: k, sum(a)](t)"),
        ("SELECT count(*) FROM t HAVING count(*) > 0", "group[: count(1) having (count(1) > 0)](t)"),
        ("SELECT k FROM t GROUP BY k HAVING sum(a) > 5", "group[k: k having (sum(a) > 5)](t)"),
        ("SELECT k FROM t GROUP BY ROLLUP(k, b)", "group[k, b sets [[0, 1], [0], []]: k](t)"),
        ("SELECT k FROM t GROUP BY k, b WITH CUBE", "group[k, b sets [[0, 1], [0], [1], []]: k](t)"),
        ("SELECT k FROM t GROUP BY GROUPING SETS ((k), (k, b), ())", "group[k, b sets [[0], [0, 1], []]: k](t)"),
        ("SELECT k FROM t GROUP BY k, b GROUPING SETS ((k), b)", "group[k, b sets [[0], [1]]: k](t)"),
        ("SELECT k FROM t GROUP BY k, ROLLUP(b, l)", "group[k, b, l sets [[0, 1, 2], [0, 1], [0]]: k](t)"),
        ("SELECT k, sum(a) FROM t GROUP BY ALL", "group[ALL: k, sum(a)](t)"),
        ("SELECT k FROM t GROUP BY window(ts, '10 seconds'), 1", "group[window, 1: k](t)"),
        ("SELECT a FROM t UNION SELECT b FROM u", "distinct(union(select[a](t); select[b](u)))"),
        ("TABLE a UNION ALL TABLE b EXCEPT TABLE c", "except(union(select[*](a); select[*](b)); select[*](c))"),
        ("TABLE a UNION ALL TABLE b INTERSECT TABLE c", "union(select[*](a); intersect(select[*](b); select[*](c)))"),
        ("TABLE a MINUS (TABLE b LIMIT 1)", "except(select[*](a); limit[1](select[*](b)))"),
        ("VALUES (1, 'a'), (2, 'b')", "rows[(1, a), (2, b)]"),
        ("VALUES 1, 2", "rows[(1), (2)]"),
        ("SELECT * FROM VALUES 1, 2 AS v(x)", "select[*](v<x>=rows[(1), (2)])"),
        ("FROM t SELECT a", "select[a](t)"),
        ("SELECT * FROM (SELECT a, b FROM t) AS q(c, d)", "select[*](q<c, d>=select[a, b](t))"),
        ("SELECT * FROM (SELECT a FROM t)", "select[*](__auto_generated_subquery_name=select[a](t))"),
        ("SELECT * FROM range(2, 4)", "select[*](range<id>=rows[(2), (3)])"),
        ("SELECT * FROM explode(array(1))", "select[*](select[explode(array(1))](rows[()]))"),
        ("SELECT * FROM t TABLESAMPLE (10 PERCENT) REPEATABLE (7)", "select[*](sample[0.1 7](t))"),
        ("SELECT * FROM t TABLESAMPLE (5 ROWS)", "select[*](limit[5](t))"),
        (
            "WITH a AS (SELECT 1 x), b(y) AS (TABLE a) TABLE b",
            "with[a: select[1 AS x](rows[()]); b: b<y>=select[*](a)](select[*](b))",
        ),
        ("SELECT /*+ BROADCAST(t) */ a FROM db.t -- all of it", "select[a](db.t)"),
        ("SELECT `a b`.* FROM `a b`;", "select[a b.*](a b)"),
    ];
    for (sql, expected) in cases {
        assert_eq!(outlined(sql), expected, "{sql}");
    }
}

#[test]
fn relations_are_joined_from_the_left() {
    let cases = [
        ("SELECT * FROM t, u", "select[*](Inner[u](t))"),
        ("SELECT * FROM t CROSS JOIN u", "select[*](Cross[u](t))"),
        ("SELECT * FROM t NATURAL JOIN u", "select[*](Inner[u natural](t))"),
        ("SELECT * FROM t LEFT SEMI JOIN u ON t.a = u.b", "select[*](LeftSemi[u on (t.a = u.b)](t))"),
        ("SELECT * FROM t ANTI JOIN u USING (a, b)", "select[*](LeftAnti[u using a, b](t))"),
        (
            "SELECT * FROM t x FULL OUTER JOIN u ON x.a = u.a LEFT JOIN v AS w ON true RIGHT JOIN z USING (a)",
            "select[*](RightOuter[z using a](LeftOuter[w=v on true](FullOuter[u on (x.a = u.a)](x=t))))",
        ),
        ("SELECT * FROM t JOIN (u JOIN v USING (a)) ON true", "select[*](Inner[Inner[v using a](u) on true](t))"),
        (
            "SELECT k FROM t LATERAL VIEW explode(m) e AS k, v LATERAL VIEW OUTER posexplode(xs) p WHERE k > 0",
            "select[k](where[(k > 0)](view[posexplode(xs) p<> outer](view[explode(m) e<k, v>](t))))",
        ),
        (
            "SELECT * FROM t LATERAL VIEW explode(xs) e ORDER BY a",
            "sort[a ASC NULLS FIRST](select[*](view[explode(xs) e<>](t)))",
        ),
        (
            "SELECT a FROM t WHERE b > 0 AND a IN (SELECT c FROM u) AND NOT EXISTS (SELECT 1 FROM v WHERE v.a = t.a)",
            "select[a](LeftAnti[v on (v.a = t.a)](LeftSemi[__in_value<__in_value>=select[c](u) on (a = \
             __in_value.__in_value)](where[(b > 0)](t))))",
        ),
    ];
    for (sql, expected) in cases {
        assert_eq!(outlined(sql), expected, "{sql}");
    }
}

#[test]
fn literals_have_the_types_of_spark() {
    let cases = [
        ("1", DataType::Integer),
        ("2147483648", DataType::Long),
        ("-2147483648", DataType::Integer),
        ("9223372036854775808", DataType::Decimal { precision: 19, scale: 0 }),
        ("1L", DataType::Long),
        ("2S", DataType::Short),
        ("3y", DataType::Byte),
        ("1.5", DataType::Decimal { precision: 2, scale: 1 }),
        (".5", DataType::Decimal { precision: 1, scale: 1 }),
        ("5.", DataType::Decimal { precision: 1, scale: 0 }),
        ("0.001", DataType::Decimal { precision: 3, scale: 3 }),
        ("1E3BD", DataType::Decimal { precision: 4, scale: 0 }),
        ("1e3", DataType::Double),
        ("0.5D", DataType::Double),
        ("1f", DataType::Float),
        ("NULL", DataType::Null),
        ("x'1F'", DataType::Binary),
        ("date'2024-02-29'", DataType::Date),
        ("timestamp'2024-01-01T00:00:00+01:00'", DataType::Timestamp),
        ("timestamp_ntz'2024-01-01'", DataType::TimestampNtz),
        ("interval 90 minutes", DataType::DayTimeInterval),
        ("interval '1-2' year to month", DataType::YearMonthInterval),
    ];
    for (text, data_type) in cases {
        match parse_expression(text) {
            Ok(Expr::Literal(literal)) => assert_eq!(literal.data_type, data_type, "{text}"),
            other => panic!("{text} is {other:?}"),
        }
    }
}

#[test]
fn only_queries_are_run() {
    let refusal = parse_query("INSERT INTO t VALUES (1)").expect_err("no query");
    assert_eq!(refusal.to_string(), "Only queries can be run here: INSERT is a statement of another kind.");
}

#[test]
fn a_subquery_without_its_end_is_missed_there() {
    let refusal = parse_query("SELECT a FROM (SELECT a FROM t").expect_err("no query");
    let expected = "[PARSE_SYNTAX_ERROR] Syntax error at or near end of input: missing ')'.(line 1, pos 30)\n\n== SQL ==\n\
                    SELECT a FROM (SELECT a FROM t\n------------------------------^^^\n";
    assert_eq!(refusal.to_string(), expected);
}

#[test]
fn what_nests_too_deep_is_refused() {
    let around = |open: &str, inner: &str, close: &str, times: usize| {
        format!("{}{inner}{}", open.repeat(times), close.repeat(times))
    };
    for times in [8, 24, 50, 70, 380, 3_900, 50_000] {
        let expressions = [
            around("(", "1", ")", times),
            around("abs(1 + ", "1", ")", times),
            around("CASE WHEN a THEN ", "1", " END", times),
            around("NOT ", "a", "", times),
            around("- ", "a", "", times),
            around("x -> ", "1", "", times),
            around("a[", "1", "]", times),
            format!("1{}", " + 1".repeat(times)),
            format!("a{}", " AND a = 1".repeat(times)),
            format!("a{}", ".b".repeat(times)),
            format!("a{}", "[0]".repeat(times)),
        ];
        for text in expressions {
            let result = parse_expression(&text).map(|it| it.to_string().len());
            assert_eq!(result.is_ok(), result.is_ok_and(|it| it > 0));
        }
        let queries = [
            around("SELECT * FROM (", "SELECT 1", ")", times),
            around("SELECT * FROM (", "t", ")", times),
            format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(times)),
            format!("SELECT 1 FROM t{}", " JOIN t".repeat(times)),
            around("WITH t AS (", "SELECT 1", ") SELECT * FROM t", times),
        ];
        for text in queries {
            let result = parse_query(&text);
            if times > 1000 {
                let refusal = result.expect_err("too deep");
                assert_eq!(refusal.condition.as_deref(), Some("FAILED_TO_PARSE_TOO_COMPLEX"));
            }
        }
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(
        words in prop::collection::vec(prop::sample::select(vec![
            "SELECT", "FROM", "WHERE", "GROUP", "BY", "(", ")", ",", "a", "t", ".", "*", "1", "1.5e3BD", "'x'", "\"y\"",
            "`z`", "AND", "NOT", "IN", "BETWEEN", "LIKE", "IS", "NULL", "CASE", "WHEN", "THEN", "END", "->", "[", "]",
            "-", "+", "!", "INTERVAL", "DAY", "TO", "SECOND", "date", "CAST", "AS", "int", "LATERAL", "VIEW", "explode",
            "JOIN", "ON", "USING", "UNION", "ALL", "VALUES", "WITH", "OVER", "FILTER", "trim", "both", "position",
            "timestampadd", "hour", "extract", "ROLLUP", "GROUPING", "SETS", "LIMIT", "OFFSET", "r'\\'", "é", "'", "/*",
            "::", "$1", "?", ";", "range", "TABLE", "ORDER", "WINDOW", "EXISTS", "x'1'", "_1", "._1",
        ]), 0..24),
        glue in prop::sample::select(vec![" ", "", "\n"]),
    ) {
        let text = words.join(glue);
        let _ = parse_expression(&text).map(|it| it.to_string());
        let _ = parse_query(&text);
        let _ = parse_query(&format!("SELECT {text}"));
    }

    #[test]
    fn no_letters_make_the_parser_panic(text in "\\PC{0,40}") {
        let _ = parse_expression(&text);
        let _ = parse_query(&text);
    }
}
