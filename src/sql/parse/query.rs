//! Queries: `sqlparser`'s tree to plans, clause by clause in the order in which Spark applies them.

use std::rc::Rc;

use sqlparser::ast::{
    Cte, Distinct, Expr as Written, GroupByExpr, LimitClause, OrderByKind, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, SetOperator, SetQuantifier, TableAlias,
};

use super::expression::Converter;
use super::subquery::Conditions;
use crate::sql::{DataType, Datum, Expr, Plan, SqlError, col};

impl Converter<'_> {
    /// A query with its common tables, its order and its limit.
    pub(super) fn query(self, query: &Query) -> Result<Plan, SqlError> {
        let mut plan = self.set_expr(&query.body)?;
        if let Some(order) = &query.order_by {
            let keys = match &order.kind {
                OrderByKind::Expressions(keys) => keys.iter().map(|it| self.sort_key(it)).collect::<Result<_, _>>()?,
                OrderByKind::All(_) => vec![col("ALL").asc()],
            };
            plan = Plan::Sort { input: Rc::new(plan), keys };
        }
        plan = match &query.limit_clause {
            None => plan,
            Some(LimitClause::LimitOffset { limit, offset, .. }) => {
                if let Some(offset) = offset {
                    plan = Plan::Offset { input: Rc::new(plan), count: self.expr(&offset.value)? };
                }
                match limit {
                    Some(limit) => Plan::Limit { input: Rc::new(plan), count: self.expr(limit)? },
                    None => plan,
                }
            }
            Some(LimitClause::OffsetCommaLimit { .. }) => return Err(self.unsupported("LIMIT with a comma")),
        };
        match &query.with {
            None => Ok(plan),
            Some(with) => {
                let tables = with.cte_tables.iter().map(|it| self.common_table(it)).collect::<Result<_, _>>()?;
                Ok(Plan::With { tables, input: Rc::new(plan) })
            }
        }
    }

    fn common_table(self, table: &Cte) -> Result<(Rc<str>, Plan), SqlError> {
        let name = self.name(&table.alias.name)?;
        let plan = self.query(&table.query)?;
        match table.alias.columns.as_slice() {
            [] => Ok((name, plan)),
            _ => Ok((name, self.aliased(plan, Some(&table.alias))?)),
        }
    }

    /// A plan by another name, its columns too where they are named.
    pub(super) fn aliased(self, plan: Plan, alias: Option<&TableAlias>) -> Result<Plan, SqlError> {
        let Some(alias) = alias else { return Ok(plan) };
        let columns = alias.columns.iter().map(|it| self.name(&it.name)).collect::<Result<_, _>>()?;
        Ok(Plan::Alias { input: Rc::new(plan), name: self.name(&alias.name)?, columns })
    }

    fn set_expr(self, body: &SetExpr) -> Result<Plan, SqlError> {
        // A chain of unions is walked from its left end, so that a long one needs no deep stack.
        let mut chain = Vec::new();
        let mut first = body;
        while let SetExpr::SetOperation { left, op, set_quantifier, right } = first {
            chain.push((op, set_quantifier, right));
            first = left;
        }
        let mut plan = match first {
            SetExpr::Select(select) => self.select(select)?,
            SetExpr::Query(query) => self.query(query)?,
            SetExpr::Values(values) => {
                Plan::Values(values.rows.iter().map(|row| self.exprs(&row.content)).collect::<Result<_, _>>()?)
            }
            _ => return Err(self.unsupported("a statement that is no query")),
        };
        for (op, quantifier, right) in chain.into_iter().rev() {
            let right = self.set_expr(right)?;
            let distinct = matches!(quantifier, SetQuantifier::None | SetQuantifier::Distinct);
            let (left, right) = (plan, right);
            plan = match (op, distinct) {
                (SetOperator::Union, _) => {
                    let union = Plan::Union { inputs: vec![left, right], by_name: false, allow_missing: false };
                    if distinct { Plan::Distinct(Rc::new(union)) } else { union }
                }
                (SetOperator::Intersect, true) => Plan::Intersect { left: Rc::new(left), right: Rc::new(right) },
                (SetOperator::Except | SetOperator::Minus, true) => {
                    Plan::Except { left: Rc::new(left), right: Rc::new(right) }
                }
                _ => return Err(self.unsupported("INTERSECT ALL and EXCEPT ALL")),
            };
        }
        Ok(plan)
    }

    fn select(self, select: &Select) -> Result<Plan, SqlError> {
        let this = Converter { windows: &select.named_window, ..self };
        let mut plan = match select.from.as_slice() {
            // One row of no columns.
            [] => Plan::Values(vec![Vec::new()]),
            from => this.from(from)?,
        };
        for view in &select.lateral_views {
            let name = this.object_name(&view.lateral_view_name)?;
            let columns = this.names(&view.lateral_col_alias)?.into_iter().filter(|it| !it.is_empty()).collect();
            plan = Plan::LateralView {
                input: Rc::new(plan),
                generator: this.expr(&view.lateral_view)?,
                outer: view.outer,
                table: name.last().cloned().unwrap_or_else(|| "".into()),
                columns,
            };
        }
        if let Some(condition) = &select.selection {
            plan = this.filter(plan, condition)?;
        }
        let exprs = select.projection.iter().map(|it| this.item(it)).collect::<Result<Vec<_>, _>>()?;
        let having = select.having.as_ref().map(|it| this.expr(it)).transpose()?;
        let groups = match &select.group_by {
            GroupByExpr::Expressions(keys, modifiers) if keys.is_empty() && modifiers.is_empty() => None,
            group_by => Some(this.groups(group_by)?),
        };
        plan = match (groups, having) {
            (None, None) => Plan::Project { input: Rc::new(plan), exprs },
            (None, having) => {
                Plan::Aggregate { input: Rc::new(plan), keys: Vec::new(), grouping_sets: None, exprs, having }
            }
            (Some((keys, grouping_sets)), having) => {
                Plan::Aggregate { input: Rc::new(plan), keys, grouping_sets, exprs, having }
            }
        };
        match &select.distinct {
            None | Some(Distinct::All) => Ok(plan),
            Some(Distinct::Distinct) => Ok(Plan::Distinct(Rc::new(plan))),
            Some(Distinct::On(_)) => Err(this.unsupported("DISTINCT ON")),
        }
    }

    /// `WHERE`: the conditions with subqueries become joins, the others a filter below them.
    fn filter(self, plan: Plan, condition: &Written) -> Result<Plan, SqlError> {
        let Conditions { plain, subqueries } = Conditions::of(self, condition)?;
        let mut plan = plan;
        if let Some(condition) = plain {
            plan = Plan::Filter { input: Rc::new(plan), condition };
        }
        for subquery in subqueries {
            plan = subquery.joined(plan);
        }
        Ok(plan)
    }

    /// One of what is selected.
    pub(super) fn item(self, item: &SelectItem) -> Result<Expr, SqlError> {
        match item {
            SelectItem::UnnamedExpr(expr) => self.expr(expr),
            SelectItem::ExprWithAlias { expr, alias } => Ok(self.expr(expr)?.alias(self.name(alias)?)),
            SelectItem::ExprWithAliases { expr, aliases } => {
                Ok(Expr::MultiAlias { expr: Rc::new(self.expr(expr)?), names: self.names(aliases)? })
            }
            SelectItem::Wildcard(_) => Ok(Expr::Star(Vec::new())),
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                Ok(Expr::Star(self.object_name(name)?))
            }
            SelectItem::QualifiedWildcard(..) => Err(self.unsupported("a star of an expression")),
        }
    }

    /// The number of rows that a sample or a table function is given.
    pub(super) fn whole_number(self, expr: &Written) -> Option<i64> {
        match self.expr(expr).ok()? {
            Expr::Literal(literal) => match (literal.value, literal.data_type) {
                (Datum::Integer(it), DataType::Integer) => Some(it.into()),
                (Datum::Long(it), DataType::Long) => Some(it),
                _ => None,
            },
            _ => None,
        }
    }
}
