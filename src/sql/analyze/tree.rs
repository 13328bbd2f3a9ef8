//! Walking and rewriting analyzed expressions and plans.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::sql::{Attribute, AttributeId, DataType, Datum, Named, Node, SessionWindow, Typed, TypedKind};

impl Typed {
    /// A column's value.
    pub fn attribute(attribute: &Attribute) -> Typed {
        Typed {
            kind: TypedKind::Attribute { id: attribute.id, name: attribute.name.clone() },
            data_type: attribute.data_type.clone(),
            nullable: attribute.nullable,
        }
    }

    /// A constant.
    pub fn literal(value: Datum, data_type: DataType) -> Typed {
        let nullable = value.is_null();
        Typed { kind: TypedKind::Literal(value), data_type, nullable }
    }

    /// The expressions directly below this one.
    pub fn children(&self) -> Vec<&Typed> {
        match &self.kind {
            TypedKind::Attribute { .. } | TypedKind::Literal(_) => Vec::new(),
            TypedKind::Cast { expr, .. } | TypedKind::Field { expr, .. } => vec![expr],
            TypedKind::Call { args, .. } | TypedKind::UserCall { args, .. } => args.iter().collect(),
            TypedKind::Aggregate { args, filter, .. } => args.iter().chain(filter.as_deref()).collect(),
            TypedKind::Case { branches, otherwise } => {
                branches.iter().flat_map(|(when, then)| [when, then]).chain(otherwise.as_deref()).collect()
            }
            TypedKind::Lambda { body, .. } => vec![body],
            TypedKind::Over { expr, partition_by } => {
                std::iter::once(expr.as_ref()).chain(partition_by.iter()).collect()
            }
        }
    }

    /// Whether this or an expression below it is what `test` looks for.
    pub fn any(&self, test: &mut dyn FnMut(&Typed) -> bool) -> bool {
        test(self) || self.children().into_iter().any(|child| child.any(test))
    }

    /// The columns this reads; a lambda's parameters are not among them.
    pub fn references(&self) -> BTreeSet<AttributeId> {
        let mut found = BTreeSet::new();
        self.collect_references(&mut found);
        found
    }

    fn collect_references(&self, found: &mut BTreeSet<AttributeId>) {
        match &self.kind {
            TypedKind::Attribute { id, .. } => {
                found.insert(*id);
            }
            TypedKind::Lambda { parameters, body } => {
                let mut inner = body.references();
                inner.retain(|id| !parameters.contains(id));
                found.append(&mut inner);
            }
            _ => self.children().into_iter().for_each(|child| child.collect_references(found)),
        }
    }

    /// Rewrites from the root down: where `rule` gives an expression it takes this one's place, and what is below it
    /// is left alone.
    pub fn transform(&self, rule: &mut dyn FnMut(&Typed) -> Option<Typed>) -> Typed {
        if let Some(replaced) = rule(self) {
            return replaced;
        }
        let kind = match &self.kind {
            TypedKind::Attribute { .. } | TypedKind::Literal(_) => return self.clone(),
            TypedKind::Cast { expr, try_cast } => {
                TypedKind::Cast { expr: Rc::new(expr.transform(rule)), try_cast: *try_cast }
            }
            TypedKind::Field { expr, index } => TypedKind::Field { expr: Rc::new(expr.transform(rule)), index: *index },
            TypedKind::Call { function, args } => {
                TypedKind::Call { function, args: args.iter().map(|it| it.transform(rule)).collect() }
            }
            TypedKind::UserCall { function, args } => TypedKind::UserCall {
                function: function.clone(),
                args: args.iter().map(|it| it.transform(rule)).collect(),
            },
            TypedKind::Aggregate { function, args, distinct, filter } => TypedKind::Aggregate {
                function,
                args: args.iter().map(|it| it.transform(rule)).collect(),
                distinct: *distinct,
                filter: filter.as_ref().map(|it| Rc::new(it.transform(rule))),
            },
            TypedKind::Case { branches, otherwise } => TypedKind::Case {
                branches: branches.iter().map(|(when, then)| (when.transform(rule), then.transform(rule))).collect(),
                otherwise: otherwise.as_ref().map(|it| Rc::new(it.transform(rule))),
            },
            TypedKind::Lambda { parameters, body } => {
                TypedKind::Lambda { parameters: parameters.clone(), body: Rc::new(body.transform(rule)) }
            }
            TypedKind::Over { expr, partition_by } => TypedKind::Over {
                expr: Rc::new(expr.transform(rule)),
                partition_by: partition_by.iter().map(|it| it.transform(rule)).collect(),
            },
        };
        Typed { kind, data_type: self.data_type.clone(), nullable: self.nullable }
    }

    /// This with other identities for the columns of a map.
    pub fn renumbered(&self, ids: &BTreeMap<AttributeId, AttributeId>) -> Typed {
        self.transform(&mut |it| match &it.kind {
            TypedKind::Attribute { id, name } => Some(Typed {
                kind: TypedKind::Attribute { id: *ids.get(id)?, name: name.clone() },
                data_type: it.data_type.clone(),
                nullable: it.nullable,
            }),
            _ => None,
        })
    }

    /// Whether an aggregate stands here or below; one over a window is none, but its arguments may be.
    pub fn has_aggregate(&self) -> bool {
        match &self.kind {
            TypedKind::Aggregate { .. } => true,
            TypedKind::Over { expr, partition_by } => {
                expr.children().into_iter().chain(partition_by).any(Typed::has_aggregate)
            }
            _ => self.children().into_iter().any(Typed::has_aggregate),
        }
    }
}

type Ids = BTreeMap<AttributeId, AttributeId>;

fn attributes(of: &[Attribute], ids: &Ids) -> Vec<Attribute> {
    of.iter().map(|it| Attribute { id: ids.get(&it.id).copied().unwrap_or(it.id), ..it.clone() }).collect()
}

fn named(of: &[Named], ids: &Ids) -> Vec<Named> {
    of.iter()
        .map(|it| Named {
            expr: it.expr.renumbered(ids),
            attribute: Attribute {
                id: ids.get(&it.attribute.id).copied().unwrap_or(it.attribute.id),
                ..it.attribute.clone()
            },
        })
        .collect()
}

fn typed(of: &[Typed], ids: &Ids) -> Vec<Typed> {
    of.iter().map(|it| it.renumbered(ids)).collect()
}

impl Node {
    /// This plan with other identities for the columns of a map, here and below: what the right side of a join with
    /// itself needs.
    pub fn renumbered(&self, ids: &BTreeMap<AttributeId, AttributeId>) -> Node {
        let below = |input: &Rc<Node>| Rc::new(input.renumbered(ids));
        let one = |id: &AttributeId| ids.get(id).copied().unwrap_or(*id);
        match self {
            Node::Relation { relation, name, streaming, output } => Node::Relation {
                relation: *relation,
                name: name.clone(),
                streaming: *streaming,
                output: attributes(output, ids),
            },
            Node::LocalRows { output, rows } => Node::LocalRows { output: attributes(output, ids), rows: rows.clone() },
            Node::Project { input, exprs } => Node::Project { input: below(input), exprs: named(exprs, ids) },
            Node::Filter { input, condition } => {
                Node::Filter { input: below(input), condition: condition.renumbered(ids) }
            }
            Node::Expand { input, projections, output } => Node::Expand {
                input: below(input),
                projections: projections.iter().map(|it| typed(it, ids)).collect(),
                output: attributes(output, ids),
            },
            Node::Aggregate { input, keys, exprs, session } => Node::Aggregate {
                input: below(input),
                keys: named(keys, ids),
                exprs: named(exprs, ids),
                session: session.as_ref().map(|it| SessionWindow { window: one(&it.window) }),
            },
            Node::Generate { input, generator, outer, output } => Node::Generate {
                input: below(input),
                generator: generator.renumbered(ids),
                outer: *outer,
                output: attributes(output, ids),
            },
            Node::Join { left, right, kind, condition } => Node::Join {
                left: below(left),
                right: below(right),
                kind: *kind,
                condition: condition.as_ref().map(|it| it.renumbered(ids)),
            },
            Node::Union { inputs, output } => {
                Node::Union { inputs: inputs.iter().map(below).collect(), output: attributes(output, ids) }
            }
            Node::Deduplicate { input, keys, within_watermark } => Node::Deduplicate {
                input: below(input),
                keys: keys.iter().map(one).collect(),
                within_watermark: *within_watermark,
            },
            Node::Watermark { input, column, delay, output } => Node::Watermark {
                input: below(input),
                column: one(column),
                delay: *delay,
                output: attributes(output, ids),
            },
            Node::Sort { input, keys } => Node::Sort {
                input: below(input),
                keys: keys.iter().map(|(key, order)| (key.renumbered(ids), *order)).collect(),
            },
            Node::Limit { input, count } => Node::Limit { input: below(input), count: *count },
            Node::Offset { input, count } => Node::Offset { input: below(input), count: *count },
            Node::Sample { input, fraction, seed } => {
                Node::Sample { input: below(input), fraction: *fraction, seed: *seed }
            }
            Node::Intersect { left, right } => Node::Intersect { left: below(left), right: below(right) },
            Node::Except { left, right } => Node::Except { left: below(left), right: below(right) },
            Node::Window { input, exprs } => Node::Window { input: below(input), exprs: named(exprs, ids) },
            Node::StateGroups { input, keys, function, output } => Node::StateGroups {
                input: below(input),
                keys: typed(keys, ids),
                function: function.clone(),
                output: attributes(output, ids),
            },
            Node::Observe { input, name, exprs } => {
                Node::Observe { input: below(input), name: name.clone(), exprs: named(exprs, ids) }
            }
            Node::UserRows { input, function, output } => {
                Node::UserRows { input: below(input), function: function.clone(), output: attributes(output, ids) }
            }
            Node::Alias { input, name, output } => {
                Node::Alias { input: below(input), name: name.clone(), output: attributes(output, ids) }
            }
        }
    }

    /// The identities that leaves below give together with one of these: a leaf read anew is new in all its columns.
    pub(super) fn of_leaves_with(&self, some: &BTreeSet<AttributeId>, found: &mut BTreeSet<AttributeId>) {
        if let Node::Relation { output, .. } | Node::LocalRows { output, .. } = self
            && output.iter().any(|it| some.contains(&it.id))
        {
            found.extend(output.iter().map(|it| it.id));
        }
        self.children().into_iter().for_each(|child| child.of_leaves_with(some, found));
    }
}
