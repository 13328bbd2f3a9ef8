//! Filters as near to the sources as their columns allow: `PredicatePushDown`, `PushPredicateThroughJoin` and
//! `EliminateOuterJoin`.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::super::predicates::{Shared, all_of, conjuncts, deterministic, ids, substituted};
use super::{map_children, meaning};
use crate::sql::{AttributeId, Compiled, Context, Datum, JoinKind, Node, SqlError, Typed, TypedKind};

/// One round over a plan, from the root down.
pub(super) fn pushed(plan: &Shared) -> Result<Shared, SqlError> {
    let plan = match plan.as_ref() {
        Node::Filter { input, condition } => through(plan, input, conjuncts(condition)),
        Node::Join { .. } => join_condition(plan),
        _ => plan.clone(),
    };
    map_children(&plan, &mut pushed)
}

fn filtered(input: Shared, parts: Vec<Typed>) -> Shared {
    match all_of(parts) {
        Some(condition) => Rc::new(Node::Filter { input, condition }),
        None => input,
    }
}

/// Parts whose columns are all among `columns`, and which may be asked at another place; then the rest.
fn split(parts: Vec<Typed>, columns: &BTreeSet<AttributeId>) -> (Vec<Typed>, Vec<Typed>) {
    parts.into_iter().partition(|it| {
        let references = it.references();
        deterministic(it) && !references.is_empty() && references.is_subset(columns)
    })
}

/// A filter of these parts over `input`, moved one operator down as far as it can be.
fn through(plan: &Shared, input: &Shared, parts: Vec<Typed>) -> Shared {
    match input.as_ref() {
        Node::Filter { input, condition } => {
            let mut all = conjuncts(condition);
            if !all.iter().chain(&parts).all(deterministic) {
                return plan.clone();
            }
            all.extend(parts.into_iter().filter(|it| !all.contains(it)).collect::<Vec<_>>());
            through(&filtered(input.clone(), all.clone()), input, all)
        }
        Node::Project { input, exprs } if exprs.iter().all(|it| deterministic(&it.expr)) => {
            let (down, up): (Vec<_>, Vec<_>) = parts.into_iter().partition(deterministic);
            if down.is_empty() {
                return plan.clone();
            }
            let down = down.iter().map(|it| substituted(it, &|id| meaning(exprs, id))).collect();
            let project = Node::Project { input: filtered(input.clone(), down), exprs: exprs.clone() };
            filtered(Rc::new(project), up)
        }
        Node::Watermark { input: below, column, delay, output } => {
            let (down, up): (Vec<_>, Vec<_>) =
                parts.into_iter().partition(|it| deterministic(it) && !it.references().contains(column));
            if down.is_empty() {
                return plan.clone();
            }
            let below = filtered(below.clone(), down);
            filtered(
                Rc::new(Node::Watermark { input: below, column: *column, delay: *delay, output: output.clone() }),
                up,
            )
        }
        Node::Union { inputs, output } => {
            let (down, up): (Vec<_>, Vec<_>) = parts.into_iter().partition(deterministic);
            if down.is_empty() {
                return plan.clone();
            }
            let inputs = inputs
                .iter()
                .map(|child| {
                    let columns = child.output();
                    let of = |id: AttributeId| {
                        let at = output.iter().position(|it| it.id == id)?;
                        columns.get(at).map(Typed::attribute)
                    };
                    filtered(child.clone(), down.iter().map(|it| substituted(it, &of)).collect())
                })
                .collect();
            filtered(Rc::new(Node::Union { inputs, output: output.clone() }), up)
        }
        Node::Aggregate { input: below, keys, exprs, session } => {
            let all_same = exprs.iter().all(|it| deterministic(&it.expr)) && !keys.is_empty();
            let key_columns: BTreeSet<AttributeId> = exprs
                .iter()
                .filter(|it| !it.expr.has_aggregate() && session.as_ref().is_none_or(|s| !reads(&it.expr, s.window)))
                .map(|it| it.attribute.id)
                .collect();
            let (down, up) = if all_same { split(parts, &key_columns) } else { (Vec::new(), parts) };
            if down.is_empty() {
                return plan.clone();
            }
            let down = down.iter().map(|it| substituted(it, &|id| meaning(exprs, id)));
            let down = down.map(|it| substituted(&it, &|id| meaning(keys, id))).collect();
            let node = Node::Aggregate {
                input: filtered(below.clone(), down),
                keys: keys.clone(),
                exprs: exprs.clone(),
                session: session.clone(),
            };
            filtered(Rc::new(node), up)
        }
        Node::Expand { input: below, .. } | Node::Generate { input: below, .. } | Node::Sort { input: below, .. } => {
            let (down, up) = split(parts, &ids(&below.output()));
            if down.is_empty() {
                return plan.clone();
            }
            let below = filtered(below.clone(), down);
            filtered(Rc::new(super::with_children(input, vec![below])), up)
        }
        Node::Join { left, right, kind, condition } => {
            through_join(plan, (left, right, *kind, condition.as_ref()), parts)
        }
        _ => plan.clone(),
    }
}

fn reads(expr: &Typed, id: AttributeId) -> bool {
    expr.references().contains(&id)
}

fn through_join(
    plan: &Shared,
    (left, right, kind, condition): (&Shared, &Shared, JoinKind, Option<&Typed>),
    parts: Vec<Typed>,
) -> Shared {
    let (lefts, rights) = (ids(&left.output()), ids(&right.output()));
    let kind = without_outer(kind, &parts, &lefts, &rights);
    let before = parts.len();
    let (mut to_left, rest) = split(parts, &lefts);
    let (mut to_right, mut stay) = split(rest, &rights);
    let mut condition: Vec<Typed> = condition.map(conjuncts).unwrap_or_default();
    match kind {
        JoinKind::Inner | JoinKind::Cross => {
            let (joining, staying): (Vec<_>, Vec<_>) = stay.into_iter().partition(deterministic);
            condition.extend(joining);
            stay = staying;
        }
        JoinKind::LeftOuter | JoinKind::LeftSemi | JoinKind::LeftAnti => stay.append(&mut to_right),
        JoinKind::RightOuter => stay.append(&mut to_left),
        JoinKind::FullOuter => {
            stay.append(&mut to_left);
            stay.append(&mut to_right);
        }
    }
    let same_kind =
        matches!(plan.children().first().map(|it| it.as_ref()), Some(Node::Join { kind: old, .. }) if *old == kind);
    if stay.len() == before && same_kind {
        return plan.clone();
    }
    let kind = if kind == JoinKind::Cross && !condition.is_empty() { JoinKind::Inner } else { kind };
    let join = Node::Join {
        left: filtered(left.clone(), to_left),
        right: filtered(right.clone(), to_right),
        kind,
        condition: all_of(condition),
    };
    filtered(Rc::new(join), stay)
}

/// The join that gives the same under a filter which no row of nulls passes.
fn without_outer(
    kind: JoinKind,
    parts: &[Typed],
    left: &BTreeSet<AttributeId>,
    right: &BTreeSet<AttributeId>,
) -> JoinKind {
    let rejects = |side: &BTreeSet<AttributeId>| parts.iter().any(|it| refuses_nulls(it, side));
    match kind {
        JoinKind::RightOuter if rejects(left) => JoinKind::Inner,
        JoinKind::LeftOuter if rejects(right) => JoinKind::Inner,
        JoinKind::FullOuter => match (rejects(left), rejects(right)) {
            (true, true) => JoinKind::Inner,
            (true, false) => JoinKind::LeftOuter,
            (false, true) => JoinKind::RightOuter,
            (false, false) => kind,
        },
        _ => kind,
    }
}

/// Whether a condition over one side's columns is not true when they are all null.
fn refuses_nulls(condition: &Typed, side: &BTreeSet<AttributeId>) -> bool {
    let references = condition.references();
    let user = condition.any(&mut |it| matches!(it.kind, TypedKind::UserCall { .. }));
    if user || !deterministic(condition) || references.is_empty() || !references.is_subset(side) {
        return false;
    }
    let nulled = condition.transform(&mut |it| match &it.kind {
        TypedKind::Attribute { .. } => Some(Typed::literal(Datum::Null, it.data_type.clone())),
        _ => None,
    });
    let context = Context { time_zone: chrono_tz::UTC, batch_time: 0, partition: 0 };
    let value = Compiled::new(&nulled, &[]).and_then(|it| it.evaluate_row(&context, &[]));
    matches!(value, Ok(Datum::Null | Datum::Boolean(false)))
}

/// The parts of a join's own condition that one side alone decides, moved to that side where that changes nothing.
fn join_condition(plan: &Shared) -> Shared {
    let Node::Join { left, right, kind, condition: Some(condition) } = plan.as_ref() else { return plan.clone() };
    let parts = conjuncts(condition);
    let before = parts.len();
    let (to_left, to_right) = match kind {
        JoinKind::Inner | JoinKind::Cross | JoinKind::LeftSemi => (true, true),
        JoinKind::RightOuter => (true, false),
        JoinKind::LeftOuter | JoinKind::LeftAnti => (false, true),
        JoinKind::FullOuter => (false, false),
    };
    let columns = |side: &Shared, wanted: bool| if wanted { ids(&side.output()) } else { BTreeSet::new() };
    let (lefts, rest) = split(parts, &columns(left, to_left));
    let (rights, rest) = split(rest, &columns(right, to_right));
    if rest.len() == before {
        return plan.clone();
    }
    Rc::new(Node::Join {
        left: filtered(left.clone(), lefts),
        right: filtered(right.clone(), rights),
        kind: *kind,
        condition: all_of(rest),
    })
}
