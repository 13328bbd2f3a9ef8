//! Constructors, operators and names.

use std::rc::Rc;

use super::*;

#[test]
fn a_column_is_named_by_its_parts() {
    assert_eq!(col("a"), Expr::Column(vec!["a".into()]));
    assert_eq!(col("t.a.b"), Expr::Column(vec!["t".into(), "a".into(), "b".into()]));
    assert_eq!(col("`a.b`.c"), Expr::Column(vec!["a.b".into(), "c".into()]));
    assert_eq!(col("`we``ird`"), Expr::Column(vec!["we`ird".into()]));
    assert_eq!(col("`open"), Expr::Column(vec!["`open".into()]));
    assert_eq!(col("*"), Expr::Star(Vec::new()));
    assert_eq!(col("t.*"), Expr::Star(vec!["t".into()]));
}

#[test]
fn expressions_are_written_as_spark_writes_them() {
    let amount = || col("amount");
    assert_eq!((amount() * 2 + 1).to_string(), "((amount * 2) + 1)");
    assert_eq!((-amount()).to_string(), "(- amount)");
    assert_eq!((!amount().equal_to("x")).to_string(), "(NOT (amount = x))");
    assert_eq!(amount().not_equal(1.5).to_string(), "(NOT (amount = 1.5))");
    assert_eq!(
        amount().gt(1).and(amount().is_null().or(lit(true))).to_string(),
        "((amount > 1) AND ((amount IS NULL) OR true))"
    );
    assert_eq!(amount().isin([lit(1), lit(2_i64)]).to_string(), "(amount IN (1, 2))");
    assert_eq!(amount().between(1, 5).to_string(), "((amount >= 1) AND (amount <= 5))");
    assert_eq!(amount().like("a%").to_string(), "amount LIKE a%");
    assert_eq!(amount().rlike("^a").to_string(), "RLIKE(amount, ^a)");
    assert_eq!(amount().get_item(0).get_field("f").to_string(), "amount[0].f");
    assert_eq!(
        when(amount().gt(1), "big").when(lit(false), 1).otherwise(0).to_string(),
        "CASE WHEN (amount > 1) THEN big WHEN false THEN 1 ELSE 0 END"
    );
    assert_eq!(call("UPPER", [col("k")]).to_string(), "upper(k)");
    assert_eq!(call("count", [col("*")]).to_string(), "count(1)");
    assert_eq!(amount().desc().to_string(), "amount DESC NULLS LAST");
}

#[test]
fn a_column_without_an_alias_has_a_name() {
    assert_eq!(col("t.a").output_name(), "a");
    assert_eq!(col("a").alias("b").output_name(), "b");
    assert_eq!(col("a").cast(DataType::String).output_name(), "a");
    assert_eq!((col("a") + 1).cast(DataType::String).output_name(), "CAST((a + 1) AS STRING)");
    assert_eq!(call("window", [col("ts"), lit("10 seconds")]).output_name(), "window");
}

#[test]
fn names_are_shown_as_the_analyzer_found_them() {
    let names = |parts: &[Rc<str>]| match parts {
        [qualifier, rest @ ..] if &**qualifier == "t" => Some(rest.join(".")),
        _ => None,
    };
    assert_eq!((col("t.a") + col("p.x")).pretty_with(&names), "(a + p.x)");
    assert_eq!(col("t.a").cast(DataType::Long).output_name_with(&names), "a");
    assert_eq!(col("t.p.x").cast(DataType::Long).output_name_with(&names), "CAST(p.x AS BIGINT)");
}

#[test]
fn numbers_are_written_as_java_writes_them() {
    let doubles = [
        (1.0, "1.0"),
        (0.001, "0.001"),
        (0.0001, "1.0E-4"),
        (1e7, "1.0E7"),
        (1_234_567.5, "1234567.5"),
        (-0.0, "-0.0"),
        (f64::NAN, "NaN"),
        (f64::NEG_INFINITY, "-Infinity"),
        (f64::MAX, "1.7976931348623157E308"),
    ];
    for (number, text) in doubles {
        assert_eq!(lit(number).to_string(), text);
    }
    let decimals =
        [(0, 0, "0"), (15, 1, "1.5"), (-5, 3, "-0.005"), (1, 7, "1E-7"), (12, 8, "1.2E-7"), (10, 7, "0.0000010")];
    for (unscaled, scale, text) in decimals {
        let decimal = Expr::literal(Datum::Decimal(unscaled, scale), DataType::Decimal { precision: 38, scale });
        assert_eq!(decimal.to_string(), text);
    }
}
