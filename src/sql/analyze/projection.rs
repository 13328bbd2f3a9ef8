//! `SELECT`: stars, names, generators and window functions of a list of expressions.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::sql::{Attribute, AttributeId, DataType, Expr, Named, Node, SqlError, Typed, TypedKind};

use super::scope::Scope;
use super::typing::Typer;
use super::{Analyzer, errors, generators, time};

/// A column as it is.
pub(super) fn bare(column: &Attribute) -> Named {
    Named { expr: Typed::attribute(column), attribute: column.clone() }
}

/// Only these columns of a plan.
pub(super) fn only(input: Rc<Node>, columns: &[Attribute]) -> Rc<Node> {
    Rc::new(Node::Project { input, exprs: columns.iter().map(bare).collect() })
}

impl Typer<'_> {
    /// The columns that a star means.
    pub(super) fn star(&self, target: &[Rc<str>]) -> Result<Vec<Expr>, SqlError> {
        let column = |it: Attribute| Expr::Attribute { id: it.id, name: it.name };
        let found = self.scope.qualified_star(target);
        if target.is_empty() || !found.is_empty() {
            return Ok(found.into_iter().map(column).collect());
        }
        if self.scope.resolve(target)?.is_none() {
            return Err(errors::unresolved_star(target, &self.scope.columns));
        }
        let base = Expr::Column(target.to_vec());
        let DataType::Struct(fields) = self.typed(&base)?.data_type else {
            let name = target.join(", ");
            let text = format!("Can only star expand struct data types. Attribute: `ArrayBuffer({name})`.");
            return Err(errors::plain_error(text));
        };
        let base = Rc::new(base);
        Ok(fields
            .iter()
            .map(|field| Expr::Alias {
                expr: Rc::new(Expr::Field { expr: base.clone(), name: field.name.clone() }),
                name: field.name.clone(),
            })
            .collect())
    }

    /// The list with its stars expanded.
    pub(super) fn listed(&self, exprs: &[Expr]) -> Result<Vec<Expr>, SqlError> {
        let mut list = Vec::with_capacity(exprs.len());
        for expr in exprs {
            match expr {
                Expr::Star(target) => list.extend(self.star(target)?),
                other => list.push(other.clone()),
            }
        }
        Ok(list)
    }

    /// An expression of a list, named; those after it may use its alias.
    pub(super) fn named(&self, expr: &Expr) -> Result<Named, SqlError> {
        let typed = self.typed(expr)?;
        if generators::stands_in(&typed) {
            let text = format!("The generator is not supported: nested in expressions \"{}\".", self.pretty(expr));
            return Err(SqlError::analysis("UNSUPPORTED_GENERATOR.NESTED_IN_EXPRESSIONS", text));
        }
        let named = Named { attribute: self.column_of(expr, &typed), expr: typed };
        if matches!(expr, Expr::Alias { .. }) {
            self.lateral.borrow_mut().push(named.clone());
        }
        Ok(named)
    }
}

/// Window functions of a list: computed by an operator of their own below the projection.
pub(super) fn windowed(input: Rc<Node>, list: Vec<Named>) -> (Rc<Node>, Vec<Named>) {
    let is_over = |it: &Typed| matches!(it.kind, TypedKind::Over { .. });
    if !list.iter().any(|it| it.expr.any(&mut |inner| is_over(inner))) {
        return (input, list);
    }
    let mut functions: Vec<Named> = Vec::new();
    let mut exprs = Vec::with_capacity(list.len());
    for named in list {
        if is_over(&named.expr) {
            exprs.push(bare(&named.attribute));
            functions.push(named);
            continue;
        }
        let expr = named.expr.transform(&mut |inner| {
            is_over(inner).then(|| {
                functions.push(Named { expr: inner.clone(), attribute: named.attribute.clone() });
                inner.clone()
            })
        });
        exprs.push(Named { expr, attribute: named.attribute });
    }
    (Rc::new(Node::Window { input, exprs: functions }), exprs)
}

impl Analyzer<'_> {
    /// `SELECT exprs`; of aggregates alone it is an aggregation of everything.
    pub(super) fn select(&self, input: Rc<Node>, exprs: &[Expr]) -> Result<Rc<Node>, SqlError> {
        let typer = Typer::new(self, Scope::of(&input), "Project");
        let list = typer.listed(exprs)?;
        if list.iter().any(generators::is_generator) {
            return self.generated(input, &list);
        }
        let named = list.iter().map(|it| typer.named(it)).collect::<Result<Vec<_>, _>>()?;
        if named.iter().any(|it| it.expr.has_aggregate()) {
            return self.aggregate(input, &[], None, exprs, None);
        }
        let lifted = typer.lifted.into_inner();
        let input = with_hidden(input, &references(named.iter().map(|it| &it.expr).chain(time::inputs(&lifted))));
        let input = time::below(&lifted, input)?;
        let (input, exprs) = windowed(input, named);
        Ok(Rc::new(Node::Project { input, exprs }))
    }
}

/// The input with those of its hidden columns that are spoken of.
pub(super) fn with_hidden(input: Rc<Node>, references: &BTreeSet<AttributeId>) -> Rc<Node> {
    let hidden = super::join::hidden(&input);
    let wanted: Vec<Attribute> = hidden.into_iter().filter(|it| references.contains(&it.id)).collect();
    match &*input {
        Node::Project { input: below, exprs } if !wanted.is_empty() => {
            let exprs = exprs.iter().cloned().chain(wanted.iter().map(bare)).collect();
            Rc::new(Node::Project { input: below.clone(), exprs })
        }
        _ => input,
    }
}

/// The columns that expressions speak of.
pub(super) fn references<'a>(exprs: impl IntoIterator<Item = &'a Typed>) -> BTreeSet<AttributeId> {
    exprs.into_iter().flat_map(Typed::references).collect()
}
