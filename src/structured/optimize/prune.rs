//! Columns that nobody reads above are not carried: `ColumnPruning`.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::super::predicates::Shared;
use crate::sql::{Attribute, AttributeId, Named, Node, Typed};

type Wanted = BTreeSet<AttributeId>;

/// The plan with only the wanted columns, as far as its operators can do without the others. The columns that stay
/// keep their order.
pub(super) fn pruned(plan: &Shared, wanted: &Wanted) -> Shared {
    let read = |exprs: &mut dyn Iterator<Item = &Typed>| exprs.flat_map(Typed::references).collect::<Wanted>();
    let with = |mut more: Wanted| {
        more.extend(wanted.iter().copied());
        more
    };
    let node = match plan.as_ref() {
        Node::Relation { .. } | Node::LocalRows { .. } | Node::Alias { .. } => return plan.clone(),
        Node::Project { input, exprs } => {
            let exprs: Vec<Named> = exprs.iter().filter(|it| wanted.contains(&it.attribute.id)).cloned().collect();
            let below = read(&mut exprs.iter().map(|it| &it.expr));
            Node::Project { input: narrowed(input, &below), exprs }
        }
        Node::Filter { input, condition } => {
            Node::Filter { input: pruned(input, &with(condition.references())), condition: condition.clone() }
        }
        Node::Expand { input, projections, output } => {
            let kept: Vec<usize> = (0..output.len()).filter(|at| wanted.contains(&output[*at].id)).collect();
            let projections: Vec<Vec<Typed>> =
                projections.iter().map(|it| kept.iter().filter_map(|at| it.get(*at).cloned()).collect()).collect();
            let below = read(&mut projections.iter().flatten());
            Node::Expand {
                input: narrowed(input, &below),
                projections,
                output: kept.iter().filter_map(|at| output.get(*at).cloned()).collect(),
            }
        }
        Node::Aggregate { input, keys, exprs, session } => {
            let exprs: Vec<Named> = exprs.iter().filter(|it| wanted.contains(&it.attribute.id)).cloned().collect();
            let below = read(&mut keys.iter().chain(&exprs).map(|it| &it.expr));
            Node::Aggregate { input: narrowed(input, &below), keys: keys.clone(), exprs, session: session.clone() }
        }
        Node::Generate { input, generator, outer, output } => {
            let columns = input.output();
            let mut below = with(generator.references());
            below.retain(|id| columns.iter().any(|it| it.id == *id));
            let input = narrowed(input, &below);
            let generated = output.iter().skip(columns.len()).cloned();
            let output = input.output().into_iter().chain(generated).collect();
            Node::Generate { input, generator: generator.clone(), outer: *outer, output }
        }
        Node::Join { left, right, kind, condition } => {
            let below = with(condition.as_ref().map(Typed::references).unwrap_or_default());
            Node::Join {
                left: narrowed(left, &below),
                right: narrowed(right, &below),
                kind: *kind,
                condition: condition.clone(),
            }
        }
        Node::Union { inputs, output } => {
            let kept: Vec<usize> = (0..output.len()).filter(|at| wanted.contains(&output[*at].id)).collect();
            let inputs = inputs
                .iter()
                .map(|input| {
                    let columns = input.output();
                    let below: Vec<Attribute> = kept.iter().filter_map(|at| columns.get(*at).cloned()).collect();
                    selected(&pruned(input, &below.iter().map(|it| it.id).collect()), below)
                })
                .collect();
            Node::Union { inputs, output: kept.iter().filter_map(|at| output.get(*at).cloned()).collect() }
        }
        Node::Deduplicate { input, keys, within_watermark } => {
            let mut below = with(keys.iter().copied().collect());
            // Keys that expire need their rows' time. For the others Spark prunes it like any column that is not
            // read, and no row is late then.
            if *within_watermark {
                below.extend(input.output().iter().filter(|it| it.watermark_delay.is_some()).map(|it| it.id));
            }
            Node::Deduplicate {
                input: narrowed(input, &below),
                keys: keys.clone(),
                within_watermark: *within_watermark,
            }
        }
        Node::Watermark { input, column, delay, output } => {
            let below = with(BTreeSet::from([*column]));
            let input = pruned(input, &below);
            let columns = input.output();
            let output = output.iter().filter(|it| columns.iter().any(|column| column.id == it.id)).cloned().collect();
            Node::Watermark { input, column: *column, delay: *delay, output }
        }
        Node::Sort { input, keys } => {
            let below = with(read(&mut keys.iter().map(|(key, _)| key)));
            Node::Sort { input: pruned(input, &below), keys: keys.clone() }
        }
        Node::Limit { input, count } => Node::Limit { input: pruned(input, wanted), count: *count },
        Node::Offset { input, count } => Node::Offset { input: pruned(input, wanted), count: *count },
        Node::Sample { input, fraction, seed } => {
            Node::Sample { input: pruned(input, wanted), fraction: *fraction, seed: *seed }
        }
        // These look at whole rows.
        Node::Observe { .. }
        | Node::Intersect { .. }
        | Node::Except { .. }
        | Node::Window { .. }
        | Node::StateGroups { .. }
        | Node::UserRows { .. } => {
            let inputs = plan.children().into_iter().map(|it| pruned(it, &everything(it))).collect();
            super::with_children(plan, inputs)
        }
    };
    Rc::new(node)
}

fn everything(plan: &Node) -> Wanted {
    plan.output().iter().map(|it| it.id).collect()
}

/// The pruned plan under a projection of the wanted columns, where it has others left.
fn narrowed(plan: &Shared, wanted: &Wanted) -> Shared {
    let plan = pruned(plan, wanted);
    let columns = plan.output().into_iter().filter(|it| wanted.contains(&it.id)).collect();
    selected(&plan, columns)
}

/// The plan with these of its columns, in this order.
fn selected(plan: &Shared, columns: Vec<Attribute>) -> Shared {
    if plan.output().iter().map(|it| it.id).eq(columns.iter().map(|it| it.id)) {
        return plan.clone();
    }
    let exprs = columns.into_iter().map(|it| Named { expr: Typed::attribute(&it), attribute: it }).collect();
    Rc::new(Node::Project { input: plan.clone(), exprs })
}
