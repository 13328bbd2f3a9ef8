//! The rewrites of Spark's optimizer that a stream shows.
//!
//! Where a filter stands decides which rows move the watermark, enter state and count as dropped, and which columns
//! reach a stateful operator decides how many event-time columns it sees; so filters and columns go where Spark's
//! optimizer puts them. The rest of that optimizer changes only speed and has no place here.

mod infer;
mod prune;
mod pushdown;

use std::rc::Rc;

use super::predicates::{Shared, all_of, call, deterministic, substituted};
use crate::sql::{Attribute, AttributeId, DataType, JoinKind, Named, Node, SqlError, Typed, TypedKind};

/// How often the rules are run over a plan at most; each round moves every filter as far as it goes, so a plan that
/// still changes then is one whose filters beget each other, which stops here as it does in Spark.
const ROUNDS: usize = 10;

/// Optimizes an analyzed plan.
///
/// # Errors
/// What evaluating a constant part of a condition gives.
pub fn optimize(plan: &Shared) -> Result<Shared, SqlError> {
    let mut plan = without_except(&unaliased(plan));
    plan = settled(plan)?;
    plan = infer::inferred(&plan);
    plan = settled(plan)?;
    let output = plan.output();
    plan = prune::pruned(&plan, &output.iter().map(|it| it.id).collect());
    Ok(collapsed(&plan))
}

fn settled(mut plan: Shared) -> Result<Shared, SqlError> {
    for _ in 0..ROUNDS {
        let next = pushdown::pushed(&plan)?;
        if next == plan {
            break;
        }
        plan = next;
    }
    Ok(plan)
}

/// The node with other inputs, which have the same columns.
fn with_children(node: &Node, mut inputs: Vec<Shared>) -> Node {
    let mut node = node.clone();
    match &mut node {
        Node::Relation { .. } | Node::LocalRows { .. } => {}
        Node::Project { input, .. }
        | Node::Filter { input, .. }
        | Node::Expand { input, .. }
        | Node::Aggregate { input, .. }
        | Node::Generate { input, .. }
        | Node::Deduplicate { input, .. }
        | Node::Watermark { input, .. }
        | Node::Sort { input, .. }
        | Node::Limit { input, .. }
        | Node::Offset { input, .. }
        | Node::Sample { input, .. }
        | Node::Window { input, .. }
        | Node::StateGroups { input, .. }
        | Node::Observe { input, .. }
        | Node::UserRows { input, .. }
        | Node::Alias { input, .. } => {
            if let Some(only) = inputs.pop() {
                *input = only;
            }
        }
        Node::Join { left, right, .. } | Node::Intersect { left, right } | Node::Except { left, right } => {
            if let (Some(second), Some(first)) = (inputs.pop(), inputs.pop()) {
                (*left, *right) = (first, second);
            }
        }
        Node::Union { inputs: old, .. } => *old = inputs,
    }
    node
}

/// The node with each input rewritten; the same node where nothing changed.
fn map_children(node: &Shared, rule: &mut dyn FnMut(&Shared) -> Result<Shared, SqlError>) -> Result<Shared, SqlError> {
    let old = node.children();
    let new = old.iter().map(|child| rule(child)).collect::<Result<Vec<_>, _>>()?;
    if old.iter().zip(&new).all(|(old, new)| Rc::ptr_eq(old, new)) {
        return Ok(node.clone());
    }
    Ok(Rc::new(with_children(node, new)))
}

/// Names given to plans do nothing any more.
fn unaliased(plan: &Shared) -> Shared {
    let inputs: Vec<Shared> = plan.children().into_iter().map(unaliased).collect();
    let Node::Alias { output, .. } = plan.as_ref() else { return Rc::new(with_children(plan, inputs)) };
    let Some(input) = inputs.into_iter().next() else { return plan.clone() };
    let below = input.output();
    if below.iter().map(|it| it.id).eq(output.iter().map(|it| it.id)) {
        return input;
    }
    let exprs = below.iter().zip(output);
    let exprs = exprs.map(|(old, new)| Named { expr: Typed::attribute(old), attribute: new.clone() }).collect();
    Rc::new(Node::Project { input, exprs })
}

/// `EXCEPT` of a stream: distinct rows of an anti join, nulls being equal (`ReplaceExceptWithAntiJoin`).
fn without_except(plan: &Shared) -> Shared {
    let Ok(plan) = map_children(plan, &mut |child| Ok(without_except(child))) else { return plan.clone() };
    let Node::Except { left, right } = plan.as_ref() else { return plan };
    if !left.streaming() {
        return plan;
    }
    let columns = left.output();
    let equal = columns.iter().zip(right.output()).filter_map(|(one, other)| {
        let args = vec![Typed::attribute(one), Typed::attribute(&other)];
        call("<=>", args, DataType::Boolean, false)
    });
    let condition = all_of(equal);
    let join = Node::Join { left: left.clone(), right: right.clone(), kind: JoinKind::LeftAnti, condition };
    let named = |it: &Attribute| Named { expr: Typed::attribute(it), attribute: it.clone() };
    let keys: Vec<Named> = columns.iter().map(named).collect();
    Rc::new(Node::Aggregate { input: Rc::new(join), exprs: keys.clone(), keys, session: None })
}

/// What the columns of a projection stand for.
fn meaning(exprs: &[Named], id: AttributeId) -> Option<Typed> {
    exprs.iter().find(|it| it.attribute.id == id).map(|it| it.expr.clone())
}

/// Projections that stand on each other become one, unless that would compute something costly twice; those that
/// change nothing go.
fn collapsed(plan: &Shared) -> Shared {
    let Ok(plan) = map_children(plan, &mut |child| Ok(collapsed(child))) else { return plan.clone() };
    let Node::Project { input, exprs } = plan.as_ref() else { return plan };
    if let Node::Project { input: below, exprs: lower } = input.as_ref()
        && lower.iter().all(|it| deterministic(&it.expr))
        && exprs.iter().all(|it| deterministic(&it.expr))
        && lower.iter().all(|it| cheap(&it.expr) || uses(exprs, it.attribute.id) <= 1)
    {
        let exprs = exprs
            .iter()
            .map(|it| Named { expr: substituted(&it.expr, &|id| meaning(lower, id)), attribute: it.attribute.clone() })
            .collect();
        return collapsed(&Rc::new(Node::Project { input: below.clone(), exprs }));
    }
    // By what names a column may be qualified nobody asks any more.
    let same = |it: &Attribute, named: &Named| {
        let new = &named.attribute;
        is_attribute(&named.expr, it.id)
            && (it.id, &it.name, it.watermark_delay) == (new.id, &new.name, new.watermark_delay)
    };
    let below = input.output();
    if below.len() == exprs.len() && below.iter().zip(exprs).all(|(it, named)| same(it, named)) {
        return input.clone();
    }
    plan
}

fn is_attribute(expr: &Typed, wanted: AttributeId) -> bool {
    matches!(expr.kind, TypedKind::Attribute { id, .. } if id == wanted)
}

fn cheap(expr: &Typed) -> bool {
    match &expr.kind {
        TypedKind::Attribute { .. } | TypedKind::Literal(_) => true,
        TypedKind::Field { expr, .. } => cheap(expr),
        _ => false,
    }
}

fn uses(exprs: &[Named], wanted: AttributeId) -> usize {
    let mut count = 0;
    for named in exprs {
        named.expr.any(&mut |it| {
            count += usize::from(is_attribute(it, wanted));
            false
        });
    }
    count
}

#[cfg(test)]
mod tests;
