//! Subqueries in `WHERE`: `x IN (SELECT ..)` and `EXISTS (SELECT ..)` as the joins that Spark's optimizer makes of them.

use std::rc::Rc;

use sqlparser::ast::{BinaryOperator, Expr as Written, Query, SelectItem, SetExpr, UnaryOperator};

use super::expression::Converter;
use super::relation::join;
use crate::sql::{Expr, JoinCondition, JoinKind, Plan, SqlError, UnaryOp};

/// The name of the one column of an `IN` subquery, which no column of the outer query has.
const VALUE: &str = "__in_value";

/// A condition in parts: those that are of the rows alone, and the subqueries.
pub(super) struct Conditions {
    pub(super) plain: Option<Expr>,
    pub(super) subqueries: Vec<Subquery>,
}

/// What a row must, or must not, have a partner in.
pub(super) struct Subquery {
    plan: Plan,
    kind: JoinKind,
    condition: JoinCondition,
}

impl Subquery {
    /// The rows of a plan that this condition keeps.
    pub(super) fn joined(self, plan: Plan) -> Plan {
        join(plan, self.plan, self.kind, self.condition)
    }
}

impl Conditions {
    pub(super) fn of(converter: Converter<'_>, condition: &Written) -> Result<Conditions, SqlError> {
        if !has_subquery(condition) {
            return Ok(Conditions { plain: Some(converter.expr(condition)?), subqueries: Vec::new() });
        }
        let mut conditions = Conditions { plain: None, subqueries: Vec::new() };
        let mut conjuncts = vec![condition];
        // The last of the list is the leftmost: conditions are met in the order in which they are written.
        while let Some(next) = conjuncts.pop() {
            match next {
                Written::BinaryOp { left, op: BinaryOperator::And, right } => conjuncts.extend([&**right, &**left]),
                Written::Nested(inner) if has_subquery(inner) => conjuncts.push(inner),
                Written::Exists { subquery, negated } => {
                    let kind = if *negated { JoinKind::LeftAnti } else { JoinKind::LeftSemi };
                    conditions.subqueries.push(converter.existing(subquery, kind)?);
                }
                Written::UnaryOp { op: UnaryOperator::Not, expr } if matches!(**expr, Written::Exists { .. }) => {
                    let Written::Exists { subquery, .. } = &**expr else { continue };
                    conditions.subqueries.push(converter.existing(subquery, JoinKind::LeftAnti)?);
                }
                Written::InSubquery { expr, subquery, negated } => {
                    conditions.subqueries.push(converter.containing(expr, subquery, *negated)?);
                }
                plain => {
                    let expr = converter.expr(plain)?;
                    conditions.plain = Some(match conditions.plain.take() {
                        Some(before) => before.and(expr),
                        None => expr,
                    });
                }
            }
        }
        Ok(conditions)
    }
}

/// Whether one of the conjuncts is a condition on a subquery.
fn has_subquery(condition: &Written) -> bool {
    let mut conjuncts = vec![condition];
    while let Some(next) = conjuncts.pop() {
        match next {
            Written::BinaryOp { left, op: BinaryOperator::And, right } => conjuncts.extend([&**right, &**left]),
            Written::Nested(inner) => conjuncts.push(inner),
            Written::Exists { .. } | Written::InSubquery { .. } => return true,
            Written::UnaryOp { op: UnaryOperator::Not, expr } => conjuncts.push(expr),
            _ => {}
        }
    }
    false
}

impl Converter<'_> {
    /// `EXISTS (SELECT .. FROM t WHERE c)`: a join with `t` on `c`, which may speak of both sides.
    fn existing(self, subquery: &Query, kind: JoinKind) -> Result<Subquery, SqlError> {
        let SetExpr::Select(select) = &*subquery.body else {
            return Err(self.unsupported("EXISTS of anything but one SELECT"));
        };
        let plain = subquery.with.is_none()
            && subquery.limit_clause.is_none()
            && select.having.is_none()
            && select.lateral_views.is_empty()
            && !select.from.is_empty()
            && matches!(&select.group_by, sqlparser::ast::GroupByExpr::Expressions(keys, _) if keys.is_empty())
            && select.projection.iter().all(|it| !matches!(it, SelectItem::UnnamedExpr(Written::Function(_))));
        if !plain {
            return Err(self.unsupported("EXISTS of more than a SELECT with FROM and WHERE"));
        }
        let condition = match &select.selection {
            Some(condition) => JoinCondition::On(self.expr(condition)?),
            None => JoinCondition::None,
        };
        Ok(Subquery { plan: self.from(&select.from)?, kind, condition })
    }

    /// `x IN (SELECT ..)` is a semi join. `NOT IN` is an anti join that an unknown comparison also keeps rows out by.
    fn containing(self, expr: &Written, subquery: &Query, negated: bool) -> Result<Subquery, SqlError> {
        let plan =
            Plan::Alias { input: Rc::new(self.query(subquery)?), name: VALUE.into(), columns: vec![VALUE.into()] };
        let equal = self.expr(expr)?.equal_to(Expr::Column(vec![VALUE.into(), VALUE.into()]));
        let (kind, condition) = match negated {
            false => (JoinKind::LeftSemi, equal),
            true => (JoinKind::LeftAnti, equal.clone().or(Expr::unary(UnaryOp::IsNull, equal))),
        };
        Ok(Subquery { plan, kind, condition: JoinCondition::On(condition) })
    }
}
