//! Joins: conditions, `USING`, and joins of a plan with itself.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::sql::{
    Attribute, AttributeId, BinaryOp, DataType, Expr, JoinCondition, JoinKind, Named, Node, SqlError, Typed, TypedKind,
};

use super::projection::{bare, only, with_hidden};
use super::scope::{Scope, same_name};
use super::typing::Typer;
use super::{Analyzer, errors, operators};

/// The columns of a join that its projection by `USING` hides, found again by the projection's shape: keys first, then
/// what each side has besides.
pub(super) fn hidden(node: &Node) -> Vec<Attribute> {
    let Node::Project { input, exprs } = node else { return Vec::new() };
    let Node::Join { kind, .. } = &**input else { return Vec::new() };
    if matches!(kind, JoinKind::LeftSemi | JoinKind::LeftAnti | JoinKind::Cross) {
        return Vec::new();
    }
    let all = input.output();
    let shown: BTreeSet<AttributeId> = exprs
        .iter()
        .filter(|it| matches!(it.expr.kind, TypedKind::Attribute { id, .. } if id == it.attribute.id))
        .map(|it| it.attribute.id)
        .collect();
    let hidden: Vec<Attribute> = all.iter().filter(|it| !shown.contains(&it.id)).cloned().collect();
    let keys = if *kind == JoinKind::FullOuter { hidden.len() / 2 } else { hidden.len() };
    let named = |it: &Attribute| exprs.iter().take(keys).any(|key| same_name(&key.attribute.name, &it.name));
    let rest = all.iter().filter(|it| !hidden.iter().any(|other| other.id == it.id) && !named(it)).map(|it| it.id);
    let same = exprs.iter().skip(keys).map(|it| it.attribute.id).eq(rest);
    let whole = exprs.len() + hidden.len() == all.len() + if *kind == JoinKind::FullOuter { keys } else { 0 };
    if same && whole && hidden.iter().all(named) { hidden } else { Vec::new() }
}

impl Analyzer<'_> {
    pub(super) fn join(
        &self,
        left: Rc<Node>,
        right: Rc<Node>,
        kind: JoinKind,
        condition: &JoinCondition,
    ) -> Result<Rc<Node>, SqlError> {
        let before = right.output();
        let right = self.told_apart(&left, right);
        match condition {
            JoinCondition::None => Ok(Rc::new(Node::Join { left, right, kind, condition: None })),
            JoinCondition::On(expr) => {
                let expr = both_sides(expr, &left, &right, &before);
                let typer = Typer::new(self, Scope::of_both(&left, &right), "Join");
                let typed = typer.typed(&expr)?;
                if !matches!(typed.data_type, DataType::Boolean | DataType::Null) {
                    let text = format!(
                        "The join condition \"{}\" has the invalid type \"{}\", expected \"BOOLEAN\".",
                        typer.pretty(&expr),
                        typed.data_type.sql()
                    );
                    return Err(SqlError::analysis("JOIN_CONDITION_IS_NOT_BOOLEAN_TYPE", text));
                }
                if typed.has_aggregate() {
                    return Err(unsupported(&typed));
                }
                let plain = Node::Join { left: left.clone(), right: right.clone(), kind, condition: None };
                let shown = plain.output();
                let references = typed.references();
                let (left, right) = (with_hidden(left, &references), with_hidden(right, &references));
                let condition = Some(super::casts::cast(typed, &DataType::Boolean));
                let join = Rc::new(Node::Join { left, right, kind, condition });
                Ok(if join.output().len() == shown.len() { join } else { only(join, &shown) })
            }
            JoinCondition::Using(names) => self.using(left, right, kind, names),
            JoinCondition::Natural => {
                let others = right.output();
                let shared = |it: &Attribute| others.iter().any(|other| same_name(&other.name, &it.name));
                let names: Vec<Rc<str>> = left.output().into_iter().filter(|it| shared(it)).map(|it| it.name).collect();
                if names.is_empty() {
                    return Ok(Rc::new(Node::Join { left, right, kind, condition: None }));
                }
                self.using(left, right, kind, &names)
            }
        }
    }

    /// The right side with new identities for the columns that the left side has too.
    pub(super) fn told_apart(&self, left: &Rc<Node>, right: Rc<Node>) -> Rc<Node> {
        let ids = |node: &Node| node.output().into_iter().map(|it| it.id).collect::<BTreeSet<_>>();
        let mut shared: BTreeSet<AttributeId> = ids(left).intersection(&ids(&right)).copied().collect();
        if shared.is_empty() {
            return right;
        }
        let direct = shared.clone();
        right.of_leaves_with(&direct, &mut shared);
        let renamed: BTreeMap<_, _> = shared.into_iter().map(|id| (id, self.fresh())).collect();
        Rc::new(right.renumbered(&renamed))
    }

    fn using(&self, left: Rc<Node>, right: Rc<Node>, kind: JoinKind, names: &[Rc<str>]) -> Result<Rc<Node>, SqlError> {
        let find = |side: &str, columns: &[Attribute], name: &Rc<str>| -> Result<Attribute, SqlError> {
            let found: Vec<&Attribute> = columns.iter().filter(|it| same_name(&it.name, name)).collect();
            match found.as_slice() {
                [one] => Ok((*one).clone()),
                [] => {
                    let mut names: Vec<String> = columns.iter().map(|it| errors::quoted(&[&*it.name])).collect();
                    names.sort();
                    Err(SqlError::analysis(
                        "UNRESOLVED_USING_COLUMN_FOR_JOIN",
                        format!(
                            "USING column {} cannot be resolved on the {side} side of the join. The {side}-side \
                             columns: [{}].",
                            errors::quoted(&[&**name]),
                            names.join(", ")
                        ),
                    ))
                }
                several => Err(errors::ambiguous(std::slice::from_ref(name), several)),
            }
        };
        let (lefts, rights) = (left.output(), right.output());
        let mut keys = Vec::with_capacity(names.len());
        for name in names {
            keys.push((find("left", &lefts, name)?, find("right", &rights, name)?));
        }
        let mut condition: Option<Typed> = None;
        for (one, other) in &keys {
            let equal = operators::call("=", vec![Typed::attribute(one), Typed::attribute(other)])?;
            condition = Some(match condition.take() {
                None => equal,
                Some(before) => operators::and(before, equal)?,
            });
        }
        let join = Rc::new(Node::Join { left, right, kind, condition });
        let output = join.output();
        let now = |id: AttributeId| output.iter().find(|it| it.id == id).map(bare);
        let is_key = |id: AttributeId| keys.iter().any(|(one, other)| one.id == id || other.id == id);
        let mut exprs: Vec<Named> = Vec::with_capacity(output.len());
        for (one, other) in &keys {
            exprs.extend(match kind {
                JoinKind::RightOuter => now(other.id),
                JoinKind::FullOuter => Some(self.either(one, other)?),
                _ => now(one.id),
            });
        }
        exprs.extend(output.iter().filter(|it| !is_key(it.id)).map(bare));
        Ok(Rc::new(Node::Project { input: join, exprs }))
    }

    /// The key of a full outer join: the side's that is there.
    fn either(&self, left: &Attribute, right: &Attribute) -> Result<Named, SqlError> {
        let side = |it: &Attribute| Typed { nullable: true, ..Typed::attribute(it) };
        let mut expr = operators::call("coalesce", vec![side(left), side(right)])?;
        expr.nullable = true;
        let attribute = Attribute {
            id: self.fresh(),
            data_type: expr.data_type.clone(),
            nullable: expr.nullable,
            watermark_delay: None,
            qualifiers: [].into(),
            ..left.clone()
        };
        Ok(Named { expr, attribute })
    }
}

/// Aggregates in a condition where there are no groups.
fn unsupported(typed: &Typed) -> SqlError {
    let mut found = Vec::new();
    typed.any(&mut |it| {
        if matches!(it.kind, TypedKind::Aggregate { .. }) {
            found.push(format!("\"{}\"", super::explain::plain(it)));
        }
        false
    });
    SqlError::analysis(
        "UNSUPPORTED_EXPR_FOR_OPERATOR",
        format!(
            "A query operator contains one or more unsupported expressions. Consider to rewrite it to avoid window \
             functions, aggregate functions, and generator functions in the WHERE clause.\nInvalid expressions: [{}]",
            found.join(", ")
        ),
    )
}

/// `df["k"] == df["k"]` of a join with itself means the key of both sides.
fn both_sides(expr: &Expr, left: &Node, right: &Node, before: &[Attribute]) -> Expr {
    let (lefts, rights) = (left.output(), right.output());
    let rewritten = |expr: &Rc<Expr>| Rc::new(both_sides(expr, left, right, before));
    match expr {
        Expr::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), left: one, right: other } => {
            Expr::Binary { op: *op, left: rewritten(one), right: rewritten(other) }
        }
        Expr::Binary { op: op @ (BinaryOp::Eq | BinaryOp::EqNullSafe), left: one, right: other } => {
            if let (Expr::Attribute { id, name }, Expr::Attribute { id: same, .. }) = (&**one, &**other)
                && id == same
                && lefts.iter().any(|it| it.id == *id)
                && let Some(place) = before.iter().position(|it| it.id == *id)
                && let Some(column) = rights.get(place)
            {
                let other = Rc::new(Expr::Attribute { id: column.id, name: name.clone() });
                return Expr::Binary { op: *op, left: one.clone(), right: other };
            }
            expr.clone()
        }
        other => other.clone(),
    }
}
