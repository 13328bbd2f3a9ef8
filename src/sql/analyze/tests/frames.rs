//! Operations of DataFrames.

use std::rc::Rc;

use super::{Session, columns, of, on};
use crate::sql::{Expr, JoinCondition, JoinKind, Node, Plan, call, col, lit};

#[test]
fn columns_are_added_where_they_stand() {
    let session = Session::new();
    let column = |name: &str, expr: Expr| (Rc::from(name), expr);
    let plan = |columns| Plan::WithColumns { input: on(&session.events), columns };
    let found = session.columns(&plan(vec![column("V", col("k")), column("z", col("v"))]));
    assert_eq!(found, "k:string?, V:string?, ts:timestamp?, z:int?");
    let found = session.columns(&plan(vec![column("a", lit(1)), column("A", lit(2))]));
    assert_eq!(
        found,
        "[COLUMN_ALREADY_EXISTS] The column `a` already exists. Consider to choose another name or rename the existing \
         column."
    );
}

#[test]
fn columns_are_renamed_and_dropped_by_name() {
    let session = Session::new();
    let names = vec![("K".into(), "kk".into()), ("nosuch".into(), "x".into())];
    let plan = Plan::RenameColumns { input: on(&session.events), names };
    assert_eq!(session.columns(&plan), "kk:string?, v:int?, ts:timestamp?");
    let columns = vec![col("K"), col("nosuch"), of(&session.events, "v")];
    let plan = Plan::Drop { input: on(&session.events), columns };
    assert_eq!(session.columns(&plan), "ts:timestamp?");
}

#[test]
fn a_column_that_only_looks_the_same_is_missing() {
    let session = Session::new();
    let users = of(&session.users, "name");
    let Expr::Attribute { id, .. } = &users else { unreachable!("a column by its identity") };
    assert_eq!(
        session.select(&session.events, vec![users.clone()]),
        format!(
            "[MISSING_ATTRIBUTES.RESOLVED_ATTRIBUTE_MISSING_FROM_INPUT] Resolved attribute(s) \"name\" missing from \
             \"k\", \"v\", \"ts\" in operator !Project [name#{}]. ",
            id.0
        )
    );
}

#[test]
fn a_join_with_itself_tells_the_sides_apart() {
    let session = Session::new();
    let condition =
        JoinCondition::On(Expr::binary(crate::sql::BinaryOp::Eq, of(&session.events, "k"), of(&session.events, "k")));
    let plan =
        Plan::Join { left: on(&session.events), right: on(&session.events), kind: JoinKind::LeftOuter, condition };
    let node = session.analyze(&plan).expect("Spark accepts it");
    assert_eq!(columns(&node), "k:string?, v:int?, ts:timestamp?, k:string?, v:int?, ts:timestamp?");
    let ids: std::collections::BTreeSet<_> = node.output().iter().map(|it| it.id).collect();
    assert_eq!(ids.len(), 6);
    let Node::Join { condition: Some(condition), .. } = &*node else { panic!("{node}") };
    assert_eq!(condition.references().len(), 2);
}

#[test]
fn using_shows_each_key_once() {
    let session = Session::new();
    let join = |kind| {
        let condition = JoinCondition::Using(vec!["k".into()]);
        session.columns(&Plan::Join { left: on(&session.events), right: on(&session.users), kind, condition })
    };
    for kind in [JoinKind::Inner, JoinKind::LeftOuter, JoinKind::RightOuter, JoinKind::FullOuter] {
        assert_eq!(join(kind), "k:string?, v:int?, ts:timestamp?, name:string?, low:int?");
    }
    assert_eq!(join(JoinKind::LeftAnti), "k:string?, v:int?, ts:timestamp?");
    let plan = Plan::Join {
        left: on(&session.events),
        right: on(&session.users),
        kind: JoinKind::Inner,
        condition: JoinCondition::Using(vec!["nosuch".into()]),
    };
    assert_eq!(
        session.columns(&plan),
        "[UNRESOLVED_USING_COLUMN_FOR_JOIN] USING column `nosuch` cannot be resolved on the left side of the join. The \
         left-side columns: [`k`, `ts`, `v`]."
    );
}

#[test]
fn the_key_that_using_hides_is_found_by_identity() {
    let session = Session::new();
    let join = Plan::Join {
        left: on(&session.events),
        right: on(&session.users),
        kind: JoinKind::LeftOuter,
        condition: JoinCondition::Using(vec!["k".into()]),
    };
    let exprs = vec![of(&session.events, "k"), of(&session.users, "k"), of(&session.users, "low")];
    let plan = Plan::Project { input: Rc::new(join), exprs };
    assert_eq!(session.columns(&plan), "k:string?, k:string?, low:int?");
}

#[test]
fn unions_go_by_position_or_by_name() {
    let session = Session::new();
    let turned = Plan::Project { input: on(&session.events), exprs: vec![col("ts"), col("v"), lit(1).alias("z")] };
    let union = |right: Plan, by_name, allow_missing| {
        let inputs = vec![Plan::Analyzed(session.events.clone()), right];
        session.columns(&Plan::Union { inputs, by_name, allow_missing })
    };
    assert_eq!(union(turned.clone(), true, true), "k:string?, v:int?, ts:timestamp?, z:int?");
    assert_eq!(union(turned.clone(), true, false), "Cannot resolve column name \"k\" among (ts, v, z).");
    assert_eq!(
        union(Plan::Project { input: on(&session.events), exprs: vec![col("k")] }, false, false),
        "[NUM_COLUMNS_MISMATCH] UNION can only be performed on inputs with the same number of columns, but the first \
         input has 3 columns and the second input has 1 columns."
    );
    assert_eq!(
        union(turned, false, false),
        "[INCOMPATIBLE_COLUMN_TYPE] UNION can only be performed on tables with compatible column types. The third \
         column of the second table is \"INT\" type which is not compatible with \"TIMESTAMP\" at the same column of the \
         first table.."
    );
}

#[test]
fn duplicates_are_dropped_by_columns_that_exist() {
    let session = Session::new();
    let plan = |name: &str| Plan::Deduplicate {
        input: on(&session.events),
        columns: Some(vec!["K".into(), name.into()]),
        within_watermark: false,
    };
    let node = session.analyze(&plan("v")).expect("Spark accepts it");
    assert!(matches!(&*node, Node::Deduplicate { keys, .. } if keys.len() == 2), "{node}");
    assert_eq!(session.columns(&plan("nosuch")), "Cannot resolve column name \"nosuch\" among (k, v, ts).");
}

#[test]
fn filters_and_sorts_reach_columns_that_were_left_out() {
    let session = Session::new();
    let select = |exprs| Rc::new(Plan::Project { input: on(&session.events), exprs });
    let condition = of(&session.events, "v").gt(lit(1));
    let plan = Plan::Filter { input: select(vec![col("k")]), condition: condition.clone() };
    assert_eq!(session.columns(&plan), "k:string?");
    let plan = Plan::Sort { input: select(vec![col("k")]), keys: vec![col("v").desc(), col("k").asc()] };
    assert_eq!(session.columns(&plan), "k:string?");
    let hidden = Plan::Alias { input: select(vec![col("k")]), name: "t".into(), columns: vec![] };
    let plan = Plan::Filter { input: Rc::new(hidden), condition };
    assert!(session.columns(&plan).starts_with("[MISSING_ATTRIBUTES."));
}

#[test]
fn aggregations_keep_the_order_of_their_list() {
    let session = Session::new();
    let count = call("count", [lit(1)]);
    let keys = vec![col("v") + lit(1), call("upper", [col("k")]).alias("u")];
    let exprs = keys.iter().cloned().chain([count.alias("count")]).collect();
    let plan = Plan::Aggregate { input: on(&session.events), keys, grouping_sets: None, exprs, having: None };
    assert_eq!(session.columns(&plan), "(v + 1):int?, u:string?, count:bigint!");
}

#[test]
fn a_plan_is_shown_as_spark_shows_it() {
    let session = Session::new();
    let plan = Plan::Project {
        input: Rc::new(Plan::Alias { input: on(&session.events), name: "e".into(), columns: vec![] }),
        exprs: vec![col("e.K"), col("v").alias("x")],
    };
    let node = session.analyze(&plan).expect("Spark accepts it");
    assert_eq!(
        node.to_string(),
        "Project [K#0, v#1 AS x#25]\n+- SubqueryAlias e\n   +- Relation events, [k#0, v#1, ts#2]\n"
    );
}

#[test]
fn hidden_keys_serve_every_operator() {
    let session = Session::new();
    let join = |left: Rc<Plan>, right: &Rc<Node>, condition| Plan::Join {
        left,
        right: on(right),
        kind: JoinKind::Inner,
        condition,
    };
    let using = join(on(&session.events), &session.users, JoinCondition::Using(vec!["k".into()]));
    let node = session.analyze(&using).expect("Spark accepts it");
    let key = of(&session.users, "k");
    let plan = Plan::Filter { input: on(&node), condition: key.clone().equal_to(lit("a")) };
    assert_eq!(session.columns(&plan), columns(&node));
    let plan = Plan::Sort { input: on(&node), keys: vec![key.clone().desc()] };
    assert_eq!(session.columns(&plan), columns(&node));
    let (keys, exprs) = (vec![key.clone()], vec![key.clone(), call("count", [lit(1)])]);
    let plan = Plan::Aggregate { input: on(&node), keys, grouping_sets: None, exprs, having: None };
    assert_eq!(session.columns(&plan), "k:string?, count(1):bigint!");
    let condition = JoinCondition::On(key.equal_to(of(&session.types, "s")));
    let found = session.analyze(&join(on(&node), &session.types, condition)).expect("Spark accepts it");
    assert_eq!(found.output().len(), node.output().len() + session.types.output().len());
}

#[test]
fn what_is_nested_too_deeply_is_refused() {
    let session = Session::new();
    let deep = |levels: usize| (0..levels).fold(col("v"), |sum, _| sum + lit(1));
    assert!(session.select(&session.events, vec![deep(200).alias("x")]).starts_with("x:int"));
    assert!(session.select(&session.events, vec![deep(600).alias("x")]).contains("nested too deeply"));
    let alias = |input: Plan| Plan::Alias { input: Rc::new(input), name: "t".into(), columns: vec![] };
    let nested = |levels: usize| (0..levels).fold(Plan::Analyzed(session.events.clone()), |plan, _| alias(plan));
    assert_eq!(session.columns(&nested(200)), "k:string?, v:int?, ts:timestamp?");
    assert!(session.columns(&nested(1000)).contains("nested too deeply"));
}
