//! Filters that follow from what is known: `InferFiltersFromConstraints` and `InferFiltersFromGenerate`.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::super::predicates::{Shared, all_of, call, called, conjuncts, deterministic, ids, substituted};
use super::map_children;
use crate::sql::functions::Evaluation;
use crate::sql::{Attribute, AttributeId, DataType, Datum, JoinKind, Node, Typed, TypedKind};

/// The plan with the filters that joins and generators imply put below them.
pub(super) fn inferred(plan: &Shared) -> Shared {
    let Ok(plan) = map_children(plan, &mut |child| Ok(inferred(child))) else { return plan.clone() };
    match plan.as_ref() {
        Node::Join { left, right, kind, condition } => {
            let (to_left, to_right) = match kind {
                JoinKind::Inner | JoinKind::Cross | JoinKind::LeftSemi => (true, true),
                JoinKind::RightOuter => (true, false),
                JoinKind::LeftOuter | JoinKind::LeftAnti => (false, true),
                JoinKind::FullOuter => (false, false),
            };
            let mut known = constraints(left);
            known.extend(constraints(right));
            known.extend(condition.as_ref().map(conjuncts).unwrap_or_default());
            let known = consequences(known);
            Rc::new(Node::Join {
                left: if to_left { with_filter(left, &known) } else { left.clone() },
                right: if to_right { with_filter(right, &known) } else { right.clone() },
                kind: *kind,
                condition: condition.clone(),
            })
        }
        Node::Generate { input, generator, outer: false, output } => match rows_come(generator) {
            Some(condition) => Rc::new(Node::Generate {
                input: Rc::new(Node::Filter { input: input.clone(), condition }),
                generator: generator.clone(),
                outer: false,
                output: output.clone(),
            }),
            None => plan,
        },
        _ => plan,
    }
}

fn is_not_null(expr: Typed) -> Option<Typed> {
    call("isnotnull", vec![expr], DataType::Boolean, false)
}

/// That a generator gives rows at all: its argument is there and not empty.
fn rows_come(generator: &Typed) -> Option<Typed> {
    let ("explode" | "posexplode" | "inline", [collection]) = called(generator)? else { return None };
    // Of what is computed Spark infers nothing: it would be computed twice.
    if !is_column(collection) {
        return None;
    }
    let size = call("size", vec![collection.clone()], DataType::Integer, true)?;
    let zero = Typed::literal(Datum::Integer(0), DataType::Integer);
    let some = call(">", vec![size, zero], DataType::Boolean, true)?;
    all_of([some, is_not_null(collection.clone())?])
}

/// What holds for every row of a plan.
fn constraints(plan: &Node) -> Vec<Typed> {
    match plan {
        Node::Filter { input, condition } => {
            let mut known = constraints(input);
            known.extend(conjuncts(condition).into_iter().filter(deterministic));
            known
        }
        Node::Project { input, exprs } => {
            let below = constraints(input);
            // A renamed column keeps what was known of it, under each of its names.
            let mut known = Vec::new();
            for constraint in below {
                let mut forms = vec![constraint];
                for named in exprs {
                    let TypedKind::Attribute { id, .. } = &named.expr.kind else { continue };
                    if *id == named.attribute.id {
                        continue;
                    }
                    let renamed = Typed::attribute(&named.attribute);
                    let more: Vec<Typed> = forms
                        .iter()
                        .filter(|it| it.references().contains(id))
                        .map(|it| substituted(it, &|other| (other == *id).then(|| renamed.clone())))
                        .collect();
                    forms.extend(more);
                }
                known.extend(forms);
            }
            let output: BTreeSet<AttributeId> = exprs.iter().map(|it| it.attribute.id).collect();
            known.retain(|it| it.references().is_subset(&output));
            known
        }
        Node::Watermark { input, .. }
        | Node::Deduplicate { input, .. }
        | Node::Sort { input, .. }
        | Node::Limit { input, .. }
        | Node::Generate { input, .. }
        | Node::Observe { input, .. } => constraints(input),
        Node::Aggregate { input, exprs, .. } => {
            let output: BTreeSet<AttributeId> = exprs.iter().map(|it| it.attribute.id).collect();
            let mut known = constraints(input);
            known.retain(|it| it.references().is_subset(&output));
            known
        }
        Node::Join { left, right, kind, condition } => {
            let own = || condition.as_ref().map(conjuncts).unwrap_or_default();
            match kind {
                JoinKind::Inner | JoinKind::Cross => [constraints(left), constraints(right), own()].concat(),
                JoinKind::LeftSemi => {
                    let left_ids = ids(&left.output());
                    let mut known = [constraints(left), own()].concat();
                    known.retain(|it| it.references().is_subset(&left_ids));
                    known
                }
                JoinKind::LeftOuter | JoinKind::LeftAnti => constraints(left),
                JoinKind::RightOuter => constraints(right),
                JoinKind::FullOuter => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

/// What follows from these: each with an equal column in place of a column, and that what is compared is not null.
fn consequences(mut known: Vec<Typed>) -> Vec<Typed> {
    let equalities: Vec<(Typed, Typed)> = known
        .iter()
        .filter_map(|it| match called(it) {
            Some(("=", [left, right])) => Some((left.clone(), right.clone())),
            _ => None,
        })
        .filter(|(left, right)| is_column(left) && is_column(right) && left.data_type == right.data_type)
        .collect();
    for (left, right) in equalities {
        let equal = call("=", vec![left.clone(), right.clone()], DataType::Boolean, true);
        let swap = |it: &Typed, from: &Typed, to: &Typed| {
            let (TypedKind::Attribute { id, .. }, true) = (&from.kind, Some(it) != equal.as_ref()) else { return None };
            let changed = substituted(it, &|other| (other == *id).then(|| to.clone()));
            (changed != *it).then_some(changed)
        };
        let more: Vec<Typed> = known
            .iter()
            .flat_map(|it| [swap(it, &left, &right), swap(it, &right, &left)])
            .flatten()
            .filter(|it| !is_trivial(it))
            .collect();
        for it in more {
            if !known.contains(&it) {
                known.push(it);
            }
        }
    }
    let mut present = Vec::new();
    known.iter().for_each(|it| not_null_columns(it, &mut present));
    for column in present {
        if let Some(condition) = is_not_null(column)
            && !known.contains(&condition)
        {
            known.push(condition);
        }
    }
    known
}

fn is_column(expr: &Typed) -> bool {
    matches!(expr.kind, TypedKind::Attribute { .. })
}

fn is_trivial(expr: &Typed) -> bool {
    matches!(called(expr), Some(("=" | "<=>", [left, right])) if left == right)
}

/// The columns that are not null where a condition holds: those under functions that give null for null.
fn not_null_columns(condition: &Typed, found: &mut Vec<Typed>) {
    match called(condition) {
        Some(("isnotnull", [inner])) => null_intolerant(inner, found),
        _ if is_column(condition) && condition.data_type == DataType::Boolean => found.push(condition.clone()),
        _ => null_intolerant(condition, found),
    }
}

fn null_intolerant(expr: &Typed, found: &mut Vec<Typed>) {
    const OPERATORS: [&str; 14] = ["=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "not", "!", "div", "negative"];
    match &expr.kind {
        TypedKind::Attribute { .. } => found.push(expr.clone()),
        TypedKind::Cast { expr, .. } => null_intolerant(expr, found),
        TypedKind::Call { function, args } => {
            let strict = matches!(function.evaluation, Evaluation::Strict(_)) || OPERATORS.contains(&function.name);
            if strict && !matches!(function.name, "and" | "or" | "<=>") {
                args.iter().for_each(|it| null_intolerant(it, found));
            }
        }
        _ => {}
    }
}

/// The plan under a filter of what is known of its columns and it doesn't say itself.
fn with_filter(plan: &Shared, known: &[Typed]) -> Shared {
    let output: Vec<Attribute> = plan.output();
    let columns = ids(&output);
    let own = constraints(plan);
    let mut present = Vec::new();
    own.iter().for_each(|it| not_null_columns(it, &mut present));
    let told = |it: &Typed| match called(it) {
        Some(("isnotnull", [inner])) => {
            let id = inner.references();
            present.contains(inner) || output.iter().any(|column| id.contains(&column.id) && !column.nullable)
        }
        _ => false,
    };
    let new = known.iter().filter(|it| {
        let references = it.references();
        !references.is_empty() && references.is_subset(&columns) && deterministic(it) && !own.contains(it) && !told(it)
    });
    match all_of(new.cloned()) {
        Some(condition) => Rc::new(Node::Filter { input: plan.clone(), condition }),
        None => plan.clone(),
    }
}
