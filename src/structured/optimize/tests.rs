//! Where filters and columns end up; that it shows in a stream is tested with the operators.

use std::cell::Cell;
use std::rc::Rc;

use super::optimize;
use crate::sql::types::parse_schema;
use crate::sql::{Analyzer, Attribute, AttributeId, Node, Plan, RelationId, parse_query};

fn session(text: &str) -> Rc<Node> {
    let next = Cell::new(1);
    let attribute = |field: &crate::sql::StructField| {
        let id = AttributeId(next.get());
        next.set(id.0 + 1);
        Attribute {
            id,
            name: field.name.clone(),
            data_type: field.data_type.clone(),
            nullable: true,
            qualifiers: [].into(),
            watermark_delay: None,
        }
    };
    let schema = parse_schema("k STRING, v INT, ts TIMESTAMP").unwrap();
    let source = |relation, name: &str| {
        let output = schema.iter().map(attribute).collect();
        Rc::new(Node::Relation { relation: RelationId(relation), name: name.into(), streaming: true, output })
    };
    let (left, right) = (source(0, "l"), source(1, "r"));
    let found = |name: &str| match name {
        "l" => Some(left.clone()),
        _ => Some(right.clone()),
    };
    let analyzer = Analyzer { tables: &found, functions: &|_| None, next_id: &next };
    let marked = |of: &Rc<Node>| {
        let input = Rc::new(Plan::Analyzed(of.clone()));
        analyzer.analyze(&Plan::Watermark { input, column: "ts".into(), delay: "1 second".into() }).unwrap()
    };
    let (a, b) = (marked(&left), marked(&right));
    let views = |name: &str| match name {
        "a" => Some(a.clone()),
        _ => Some(b.clone()),
    };
    let analyzer = Analyzer { tables: &views, functions: &|_| None, next_id: &next };
    optimize(&analyzer.analyze(&parse_query(text).unwrap()).unwrap()).unwrap()
}

/// The operators from the top down, sides of joins in brackets.
fn outline(plan: &Node) -> String {
    let own = match plan {
        Node::Relation { name, .. } => return name.to_string(),
        Node::Project { exprs, .. } => format!("project{}", exprs.len()),
        Node::Filter { .. } => "filter".into(),
        Node::Watermark { .. } => "watermark".into(),
        Node::Aggregate { .. } => "aggregate".into(),
        Node::Join { kind, .. } => format!("{kind:?}"),
        _ => "other".into(),
    };
    let below: Vec<String> = plan.children().into_iter().map(|it| outline(it)).collect();
    if below.len() == 1 { format!("{own} {}", below[0]) } else { format!("{own} [{}]", below.join("; ")) }
}

#[test]
fn filters_pass_the_watermark_unless_they_read_the_time() {
    let plan = session("SELECT k FROM a WHERE v > 0 AND ts > timestamp'2024-01-01'");
    assert_eq!(outline(&plan), "project1 filter watermark filter l");
}

#[test]
fn equal_keys_are_not_null_on_the_sides_that_need_not_be_kept() {
    assert_eq!(
        outline(&session("SELECT a.v, b.v FROM a JOIN b ON a.k = b.k")),
        "project2 Inner [project2 watermark filter l; project2 watermark filter r]"
    );
    assert_eq!(
        outline(&session("SELECT a.v, b.v FROM a LEFT JOIN b ON a.k = b.k")),
        "project2 LeftOuter [project2 watermark l; project2 watermark filter r]"
    );
    assert_eq!(
        outline(&session("SELECT a.v, b.v FROM a FULL JOIN b ON a.k = b.k")),
        "project2 FullOuter [project2 watermark l; project2 watermark r]"
    );
}

#[test]
fn a_filter_that_refuses_nulls_makes_an_outer_join_an_inner_one() {
    let plan = session("SELECT a.v FROM a LEFT JOIN b ON a.k = b.k WHERE b.v > 1");
    assert!(outline(&plan).starts_with("project1 Inner"), "{}", outline(&plan));
    let plan = session("SELECT a.v FROM a LEFT JOIN b ON a.k = b.k WHERE b.v IS NULL");
    assert!(outline(&plan).starts_with("project1 filter LeftOuter"), "{}", outline(&plan));
}

#[test]
fn a_filter_on_a_grouping_key_goes_below_the_aggregation() {
    let plan = session("SELECT * FROM (SELECT k, count(*) n FROM a GROUP BY k) WHERE k = 'x' AND n > 1");
    assert_eq!(outline(&plan), "filter aggregate project1 watermark filter l");
}
