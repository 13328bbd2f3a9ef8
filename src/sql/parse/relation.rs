//! What stands in `FROM`: tables, subqueries, rows, and their joins.

use std::rc::Rc;

use sqlparser::ast::{
    FunctionArg, FunctionArgExpr, JoinConstraint, JoinOperator, ObjectName, TableAlias, TableFactor, TableFunctionArgs,
    TableSampleKind, TableSampleUnit, TableWithJoins, Value,
};

use super::expression::Converter;
use crate::sql::{DataType, Datum, Expr, JoinCondition, JoinKind, Plan, SqlError, call};

/// What Spark calls a subquery that has no name.
const UNNAMED: &str = "__auto_generated_subquery_name";

/// How many rows `range` may have.
const MAX_RANGE: i64 = 1_000_000;

impl Converter<'_> {
    /// Relations with commas between them are joined without a condition.
    pub(super) fn from(self, from: &[TableWithJoins]) -> Result<Plan, SqlError> {
        let mut plans = from.iter().map(|it| self.joined(it));
        let first = plans.next().unwrap_or_else(|| Ok(Plan::Values(vec![Vec::new()])))?;
        plans.try_fold(first, |left, right| Ok(join(left, right?, JoinKind::Inner, JoinCondition::None)))
    }

    fn joined(self, table: &TableWithJoins) -> Result<Plan, SqlError> {
        let mut plan = self.relation(&table.relation)?;
        for next in &table.joins {
            let (kind, constraint) = match &next.join_operator {
                JoinOperator::Join(it) | JoinOperator::Inner(it) => (JoinKind::Inner, it),
                JoinOperator::Left(it) | JoinOperator::LeftOuter(it) => (JoinKind::LeftOuter, it),
                JoinOperator::Right(it) | JoinOperator::RightOuter(it) => (JoinKind::RightOuter, it),
                JoinOperator::FullOuter(it) => (JoinKind::FullOuter, it),
                JoinOperator::CrossJoin(it) => (JoinKind::Cross, it),
                JoinOperator::Semi(it) | JoinOperator::LeftSemi(it) => (JoinKind::LeftSemi, it),
                JoinOperator::Anti(it) | JoinOperator::LeftAnti(it) => (JoinKind::LeftAnti, it),
                _ => return Err(self.unsupported("this kind of join")),
            };
            let condition = match constraint {
                JoinConstraint::On(condition) => JoinCondition::On(self.expr(condition)?),
                JoinConstraint::Using(names) => {
                    let names = names.iter().map(|it| self.object_name(it)).collect::<Result<Vec<_>, _>>()?;
                    JoinCondition::Using(names.into_iter().flatten().collect())
                }
                JoinConstraint::Natural => JoinCondition::Natural,
                JoinConstraint::None => JoinCondition::None,
            };
            plan = join(plan, self.relation(&next.relation)?, kind, condition);
        }
        Ok(plan)
    }

    fn relation(self, relation: &TableFactor) -> Result<Plan, SqlError> {
        match relation {
            TableFactor::Table { name, alias, args: Some(args), .. } => self.table_function(name, args, alias.as_ref()),
            TableFactor::Table { name, alias, sample, .. } => {
                let table = Plan::Table(self.object_name(name)?);
                self.sampled(self.aliased(table, alias.as_ref())?, sample.as_ref())
            }
            TableFactor::Derived { lateral: false, subquery, alias, sample } => {
                let plan = self.query(subquery)?;
                let plan = match (alias, plan) {
                    (None, rows @ Plan::Values(_)) => rows,
                    (None, plan) => Plan::Alias { input: Rc::new(plan), name: UNNAMED.into(), columns: Vec::new() },
                    (alias, plan) => self.aliased(plan, alias.as_ref())?,
                };
                self.sampled(plan, sample.as_ref())
            }
            TableFactor::NestedJoin { table_with_joins, alias } => {
                self.aliased(self.joined(table_with_joins)?, alias.as_ref())
            }
            TableFactor::Derived { .. } => Err(self.unsupported("a LATERAL subquery")),
            _ => Err(self.unsupported("this kind of relation")),
        }
    }

    /// `range(..)`, or a generator whose rows are the relation.
    fn table_function(
        self,
        name: &ObjectName,
        args: &TableFunctionArgs,
        alias: Option<&TableAlias>,
    ) -> Result<Plan, SqlError> {
        let name = self.object_name(name)?.join(".");
        let mut exprs = Vec::new();
        let mut numbers = Vec::new();
        for arg in &args.args {
            let (FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))
            | FunctionArg::Named { arg: FunctionArgExpr::Expr(expr), .. }) = arg
            else {
                return Err(self.unsupported("this argument of a table function"));
            };
            numbers.push(self.whole_number(expr));
            exprs.push(self.expr(expr)?);
        }
        if !name.eq_ignore_ascii_case("range") {
            let row = Rc::new(Plan::Values(vec![Vec::new()]));
            let rows = Plan::Project { input: row, exprs: vec![call(&name, exprs)] };
            return self.aliased(rows, alias);
        }
        let (start, end, step) = match numbers.as_slice() {
            [Some(end)] => (0, *end, 1),
            [Some(start), Some(end)] => (*start, *end, 1),
            [Some(start), Some(end), Some(step)] | [Some(start), Some(end), Some(step), _] if *step != 0 => {
                (*start, *end, *step)
            }
            _ => return Err(self.unsupported("range of these arguments")),
        };
        let mut rows = Vec::new();
        let mut next = Some(start);
        while let Some(id) = next.filter(|it| if step > 0 { *it < end } else { *it > end }) {
            rows.push(vec![Expr::literal(Datum::Long(id), DataType::Long)]);
            next = id.checked_add(step);
            if rows.len() > usize::try_from(MAX_RANGE).unwrap_or(usize::MAX) {
                return Err(self.unsupported("a range of more than a million rows"));
            }
        }
        let range =
            Plan::Alias { input: Rc::new(Plan::Values(rows)), name: "range".into(), columns: vec!["id".into()] };
        self.aliased(range, alias)
    }

    fn sampled(self, plan: Plan, sample: Option<&TableSampleKind>) -> Result<Plan, SqlError> {
        let Some(TableSampleKind::BeforeTableAlias(sample) | TableSampleKind::AfterTableAlias(sample)) = sample else {
            return Ok(plan);
        };
        let Some(quantity) = &sample.quantity else { return Err(self.unsupported("this kind of TABLESAMPLE")) };
        if quantity.unit == Some(TableSampleUnit::Rows) {
            return Ok(Plan::Limit { input: Rc::new(plan), count: self.expr(&quantity.value)? });
        }
        let percent: Option<f64> = match self.expr(&quantity.value)? {
            Expr::Literal(literal) => match literal.value {
                Datum::Integer(it) => Some(it.into()),
                Datum::Double(it) => Some(it),
                other => Expr::literal(other, literal.data_type).to_string().parse().ok(),
            },
            _ => None,
        };
        let seed = match sample.seed.as_ref().map(|it| &it.value.value) {
            None => Some(0),
            Some(Value::Number(digits, _)) => digits.parse().ok(),
            Some(_) => None,
        };
        match (percent, seed) {
            (Some(percent), Some(seed)) if (0.0..=100.0).contains(&percent) => {
                Ok(Plan::Sample { input: Rc::new(plan), fraction: percent / 100.0, seed })
            }
            _ => Err(self.unsupported("this kind of TABLESAMPLE")),
        }
    }
}

pub(super) fn join(left: Plan, right: Plan, kind: JoinKind, condition: JoinCondition) -> Plan {
    Plan::Join { left: Rc::new(left), right: Rc::new(right), kind, condition }
}
