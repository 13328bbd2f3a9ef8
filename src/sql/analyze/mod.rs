//! The analyzer: names looked up, stars expanded, types settled, casts written out, windows and grouping sets made
//! plain operators; or Spark's refusal.

mod aggregate;
mod calls;
mod casts;
mod columns;
mod errors;
mod explain;
mod generators;
mod grouping;
mod join;
mod lambdas;
mod names;
mod operators;
mod order;
mod over;
mod projection;
mod relations;
mod scope;
mod semantics;
mod sets;
#[cfg(test)]
mod tests;
mod time;
mod tree;
mod typing;
mod watermark;

use std::cell::Cell;
use std::rc::Rc;

use super::{AttributeId, Node, Plan, SqlError};

/// How deep plans may nest.
const DEEPEST: u32 = 256;

/// Looks names up and hands out identities.
pub struct Analyzer<'a> {
    /// The plan of a table or view by name, if there is one.
    pub tables: &'a dyn Fn(&str) -> Option<Rc<Node>>,
    /// A user function by name (`spark.udf.register`), if there is one.
    pub functions: &'a dyn Fn(&str) -> Option<super::UserFunction>,
    /// The next identity; a session has one counter.
    pub next_id: &'a Cell<u64>,
}

/// The common table expressions in sight, inner ones first.
struct Tables<'a> {
    own: Vec<(Rc<str>, Rc<Node>)>,
    outer: Option<&'a Tables<'a>>,
}

impl Tables<'_> {
    fn find(&self, name: &str) -> Option<Rc<Node>> {
        let own = self.own.iter().rev().find(|(own, _)| scope::same_name(own, name)).map(|(_, node)| node.clone());
        own.or_else(|| self.outer.and_then(|outer| outer.find(name)))
    }
}

impl Analyzer<'_> {
    /// A new identity.
    pub fn fresh(&self) -> AttributeId {
        let id = self.next_id.get();
        self.next_id.set(id + 1);
        AttributeId(id)
    }

    /// Analyzes a plan.
    ///
    /// # Errors
    /// What Spark's analyzer refuses, with its condition and words.
    pub fn analyze(&self, plan: &Plan) -> Result<Rc<Node>, SqlError> {
        self.plan(plan, &Tables { own: Vec::new(), outer: None }, 0)
    }

    /// What is below is analyzed first; a level of nesting needs little stack.
    fn plan(&self, plan: &Plan, tables: &Tables<'_>, depth: u32) -> Result<Rc<Node>, SqlError> {
        if depth >= DEEPEST {
            return Err(errors::too_deep());
        }
        if let Plan::With { tables: named, input } = plan {
            return self.with(named, input, tables, depth);
        }
        let mut inputs = Vec::new();
        for input in inputs_of(plan) {
            inputs.push(self.plan(input, tables, depth + 1)?);
        }
        self.operator(plan, inputs, tables)
    }

    fn with(
        &self,
        named: &[(Rc<str>, Plan)],
        input: &Plan,
        tables: &Tables<'_>,
        depth: u32,
    ) -> Result<Rc<Node>, SqlError> {
        let mut inner = Tables { own: Vec::with_capacity(named.len()), outer: Some(tables) };
        for (name, plan) in named {
            let node = self.plan(plan, &inner, depth + 1)?;
            inner.own.push((name.clone(), node));
        }
        self.plan(input, &inner, depth + 1)
    }

    /// One operator on what is below it.
    fn operator(&self, plan: &Plan, inputs: Vec<Rc<Node>>, tables: &Tables<'_>) -> Result<Rc<Node>, SqlError> {
        let leaf = match plan {
            Plan::Table(name) => Some(self.table(name, tables)),
            Plan::Analyzed(node) => Some(Ok(node.clone())),
            Plan::Values(rows) => Some(self.values(rows)),
            Plan::Union { by_name, allow_missing, .. } => {
                return self.union(inputs, *by_name, *allow_missing);
            }
            _ => None,
        };
        let mut inputs = inputs.into_iter();
        let (input, right) = match (leaf, inputs.next()) {
            (Some(leaf), _) => return leaf,
            (None, Some(input)) => (input, inputs.next()),
            (None, None) => return Err(errors::plain_error("The operator has no input.")),
        };
        match (plan, right) {
            (Plan::Join { kind, condition, .. }, Some(right)) => self.join(input, right, *kind, condition),
            (Plan::Intersect { .. }, Some(right)) => {
                let (left, right) = self.pair("INTERSECT", input, right)?;
                Ok(Rc::new(Node::Intersect { left, right }))
            }
            (Plan::Except { .. }, Some(right)) => {
                let (left, right) = self.pair("EXCEPT", input, right)?;
                Ok(Rc::new(Node::Except { left, right }))
            }
            _ => self.unary_operator(plan, input),
        }
    }

    fn unary_operator(&self, plan: &Plan, input: Rc<Node>) -> Result<Rc<Node>, SqlError> {
        match plan {
            Plan::Project { exprs, .. } => self.select(input, exprs),
            Plan::Filter { condition, .. } => self.filter(input, condition),
            Plan::Aggregate { keys, grouping_sets, exprs, having, .. } => {
                self.aggregate(input, keys, grouping_sets.as_deref(), exprs, having.as_ref())
            }
            Plan::Deduplicate { columns, within_watermark, .. } => {
                self.duplicates(input, columns.as_deref(), *within_watermark)
            }
            Plan::Distinct(_) => aggregate::distinct(input),
            Plan::Watermark { column, delay, .. } => self.watermark(input, column, delay),
            Plan::Sort { keys, .. } => self.sort(input, keys),
            Plan::Limit { count, .. } => {
                Ok(Rc::new(Node::Limit { count: self.count_of("limit", &input, count)?, input }))
            }
            Plan::Offset { count, .. } => {
                Ok(Rc::new(Node::Offset { count: self.count_of("offset", &input, count)?, input }))
            }
            Plan::Sample { fraction, seed, .. } => {
                Ok(Rc::new(Node::Sample { input, fraction: *fraction, seed: *seed }))
            }
            Plan::Alias { name, columns, .. } => self.renamed(input, name, columns),
            Plan::LateralView { generator, outer, table, columns, .. } => {
                self.lateral_view(input, generator, *outer, table, columns)
            }
            Plan::WithColumns { columns, .. } => self.with_columns(input, columns),
            Plan::RenameColumns { names, .. } => Ok(self.rename(input, names)),
            Plan::Drop { columns, .. } => self.drop_columns(input, columns),
            Plan::StateGroups { keys, function, .. } => self.state_groups(input, keys, function),
            Plan::Observe { name, exprs, .. } => self.observe(input, name, exprs),
            Plan::UserRows { function, .. } => Ok(self.user_rows(input, function)),
            _ => Ok(input),
        }
    }

    /// A table, view or common table expression.
    fn table(&self, name: &[Rc<str>], tables: &Tables<'_>) -> Result<Rc<Node>, SqlError> {
        let named = match name {
            [single] => tables.find(single),
            _ => None,
        };
        let found = named.or_else(|| (self.tables)(&name.join(".")));
        match (found, name.last()) {
            (Some(node), Some(last)) => Ok(relations::alias(node, last)),
            _ => Err(errors::table_not_found(name)),
        }
    }
}

/// The plans directly below a plan.
fn inputs_of(plan: &Plan) -> Vec<&Plan> {
    match plan {
        Plan::Table(_) | Plan::Analyzed(_) | Plan::Values(_) => Vec::new(),
        Plan::Union { inputs, .. } => inputs.iter().collect(),
        Plan::Join { left, right, .. } | Plan::Intersect { left, right } | Plan::Except { left, right } => {
            vec![left, right]
        }
        Plan::Distinct(input)
        | Plan::Project { input, .. }
        | Plan::Filter { input, .. }
        | Plan::Aggregate { input, .. }
        | Plan::Deduplicate { input, .. }
        | Plan::Watermark { input, .. }
        | Plan::Sort { input, .. }
        | Plan::Limit { input, .. }
        | Plan::Offset { input, .. }
        | Plan::Sample { input, .. }
        | Plan::Alias { input, .. }
        | Plan::With { input, .. }
        | Plan::LateralView { input, .. }
        | Plan::WithColumns { input, .. }
        | Plan::RenameColumns { input, .. }
        | Plan::Drop { input, .. }
        | Plan::StateGroups { input, .. }
        | Plan::Observe { input, .. }
        | Plan::UserRows { input, .. } => vec![input],
    }
}
