//! `WHERE`, `ORDER BY`, `LIMIT` and `OFFSET`; they may speak of columns that the list above their input left out.

use std::rc::Rc;

use crate::sql::{Attribute, DataType, Datum, Expr, Literal, Node, SortKey, SqlError, Typed, TypedKind};

use super::aggregate::{Extended, Keys};
use super::projection::{bare, only, references, with_hidden};
use super::scope::Scope;
use super::typing::Typer;
use super::{Analyzer, errors, generators, time};

/// The plan with more columns: those of the projections below it that it left out.
fn with_more(node: &Rc<Node>, wanted: &[Attribute]) -> Option<Rc<Node>> {
    let output = node.output();
    let missing: Vec<Attribute> =
        wanted.iter().filter(|it| !output.iter().any(|other| other.id == it.id)).cloned().collect();
    if missing.is_empty() {
        return Some(node.clone());
    }
    match &**node {
        Node::Project { input, exprs } => {
            let input = with_more(input, &missing)?;
            let exprs = exprs.iter().cloned().chain(missing.iter().map(bare)).collect();
            Some(Rc::new(Node::Project { input, exprs }))
        }
        Node::Filter { input, condition } => {
            let input = with_more(input, &missing)?;
            Some(Rc::new(Node::Filter { input, condition: condition.clone() }))
        }
        Node::Sort { input, keys } => {
            let input = with_more(input, &missing)?;
            Some(Rc::new(Node::Sort { input, keys: keys.clone() }))
        }
        _ => None,
    }
}

/// The columns below the projections of a plan.
fn columns_below(node: &Node) -> Vec<Attribute> {
    match node {
        Node::Project { input, .. } => {
            let mut columns = input.output();
            columns.extend(columns_below(input));
            columns
        }
        Node::Filter { input, .. } | Node::Sort { input, .. } => columns_below(input),
        _ => Vec::new(),
    }
}

/// The aggregation that a plan is, maybe with `HAVING`.
fn aggregation(node: &Rc<Node>) -> Option<&Rc<Node>> {
    match &**node {
        Node::Aggregate { .. } => Some(node),
        Node::Filter { input, .. } if matches!(**input, Node::Aggregate { .. }) => Some(input),
        Node::Project { input, exprs }
            if exprs
                .iter()
                .all(|it| matches!(it.expr.kind, TypedKind::Attribute { id, .. } if id == it.attribute.id))
                && matches!(&**input, Node::Filter { input, .. } if matches!(**input, Node::Aggregate { .. })) =>
        {
            aggregation(input)
        }
        _ => None,
    }
}

/// The plan with another aggregation in its place.
fn replaced(node: &Rc<Node>, aggregate: Rc<Node>) -> Rc<Node> {
    match &**node {
        Node::Filter { input, condition } => {
            Rc::new(Node::Filter { input: replaced(input, aggregate), condition: condition.clone() })
        }
        Node::Project { input, exprs } => {
            let more: Vec<Attribute> = aggregate
                .output()
                .into_iter()
                .filter(|it| !exprs.iter().any(|own| own.attribute.id == it.id))
                .collect();
            let exprs = exprs.iter().cloned().chain(more.iter().map(bare)).collect();
            Rc::new(Node::Project { input: replaced(input, aggregate), exprs })
        }
        _ => aggregate,
    }
}

impl Analyzer<'_> {
    pub(super) fn filter(&self, input: Rc<Node>, condition: &Expr) -> Result<Rc<Node>, SqlError> {
        let typer = Typer::new(self, Scope::of(&input), "Filter");
        let typed = match typer.condition(condition) {
            Ok(typed) => typed,
            Err(error) => {
                let (typer, wider) = self.wider(&input, "Filter");
                let Ok(typed) = typer.condition(condition) else { return Err(error) };
                let Some(below) = self.reaching(&input, &typed, &wider) else { return Err(error) };
                let filter = Rc::new(Node::Filter { input: below, condition: typed });
                return Ok(only(filter, &input.output()));
            }
        };
        self.plain_condition(&typer, condition, &typed)?;
        let lifted = typer.lifted.into_inner();
        let wider = with_hidden(input.clone(), &references(time::inputs(&lifted).chain([&typed])));
        if wider.output().len() != input.output().len() {
            let filter = Node::Filter { input: time::below(&lifted, wider)?, condition: typed };
            return Ok(only(Rc::new(filter), &input.output()));
        }
        let below = time::below(&lifted, input)?;
        Ok(Rc::new(Node::Filter { input: below, condition: typed }))
    }

    /// Refuses aggregates, window functions and generators in a condition.
    fn plain_condition(&self, typer: &Typer<'_>, expr: &Expr, typed: &Typed) -> Result<(), SqlError> {
        if generators::stands_in(typed) {
            let text = format!(
                "The generator is not supported: outside the SELECT clause, found: 'Filter {}.",
                super::explain::numbered_text(typed)
            );
            return Err(SqlError::analysis("UNSUPPORTED_GENERATOR.OUTSIDE_SELECT", text));
        }
        if typed.any(&mut |it| matches!(it.kind, TypedKind::Over { .. })) {
            return Err(errors::plain_error("It is not allowed to use window functions inside WHERE clause."));
        }
        let mut found: Vec<String> = Vec::new();
        typed.any(&mut |it| {
            if matches!(it.kind, TypedKind::Aggregate { .. }) {
                found.push(super::explain::qualified(it, &typer.scope.columns));
            }
            false
        });
        if found.is_empty() {
            return Ok(());
        }
        Err(errors::where_condition(&typer.pretty(expr).to_string(), &found.join(", ")))
    }

    /// A typer that sees the columns that projections left out, too.
    fn wider(&self, input: &Rc<Node>, operator: &'static str) -> (Typer<'_>, Vec<Attribute>) {
        let mut scope = Scope::of(input);
        let mut below: Vec<Attribute> = Vec::new();
        for column in columns_below(input) {
            let named = |it: &Attribute| super::scope::same_name(&it.name, &column.name);
            let seen = scope.columns.iter().any(|it| it.id == column.id || named(it))
                || below.iter().any(|it| it.id == column.id);
            if !seen {
                below.push(column);
            }
        }
        scope.columns.extend(below.iter().cloned());
        (Typer::new(self, scope, operator), below)
    }

    fn reaching(&self, input: &Rc<Node>, typed: &Typed, wider: &[Attribute]) -> Option<Rc<Node>> {
        let references = typed.references();
        let wanted: Vec<Attribute> = wider.iter().filter(|it| references.contains(&it.id)).cloned().collect();
        with_more(input, &wanted)
    }

    /// A sort key by its place in the list.
    fn ordinal(&self, input: &Node, key: &Expr) -> Result<Option<Typed>, SqlError> {
        let Expr::Literal(Literal { value: Datum::Integer(position), .. }) = key else { return Ok(None) };
        let output = input.output();
        let found = usize::try_from(*position).ok().and_then(|it| it.checked_sub(1)).and_then(|it| output.get(it));
        match found {
            Some(column) => Ok(Some(Typed::attribute(column))),
            None => Err(SqlError::analysis(
                "ORDER_BY_POS_OUT_OF_RANGE",
                format!("ORDER BY position {position} is not in select list (valid range is [1, {}]).", output.len()),
            )),
        }
    }

    pub(super) fn sort(&self, input: Rc<Node>, keys: &[SortKey]) -> Result<Rc<Node>, SqlError> {
        let shown = input.output();
        let mut below = input.clone();
        let mut typed_keys = Vec::with_capacity(keys.len());
        for key in keys {
            if let Some(typed) = self.ordinal(&input, &key.expr)? {
                typed_keys.push((typed, key.into()));
                continue;
            }
            let typer = Typer::new(self, Scope::of(&input), "Sort");
            let typed = match typer.typed(&key.expr) {
                Ok(typed) if !typed.has_aggregate() => typed,
                other => {
                    let (node, typed) = match self.over_aggregation(&below, &key.expr) {
                        Some(found) => found?,
                        None => self.over_projection(&input, &below, &key.expr, other)?,
                    };
                    below = node;
                    typed
                }
            };
            if !typed.data_type.is_orderable() {
                let sql = typer.pretty(&key.expr);
                let what = format!("The `sortorder` does not support ordering on type \"{}\".", typed.data_type.sql());
                let direction = if key.ascending { "ASC NULLS FIRST" } else { "DESC NULLS LAST" };
                return Err(errors::mismatch("INVALID_ORDERING_TYPE", &format!("{sql} {direction}"), what));
            }
            let lifted = typer.lifted.into_inner();
            below = with_hidden(below, &references(time::inputs(&lifted).chain([&typed])));
            below = time::below(&lifted, below)?;
            typed_keys.push((typed, key.into()));
        }
        let changed = below.output().len() != shown.len();
        let sort = Rc::new(Node::Sort { input: below, keys: typed_keys });
        Ok(if changed { only(sort, &shown) } else { sort })
    }

    /// A sort key by columns that the list left out.
    fn over_projection(
        &self,
        input: &Rc<Node>,
        below: &Rc<Node>,
        key: &Expr,
        first: Result<Typed, SqlError>,
    ) -> Result<(Rc<Node>, Typed), SqlError> {
        let error = match first {
            Err(error) => error,
            Ok(_) => errors::missing_group_by(),
        };
        let (typer, wider) = self.wider(input, "Sort");
        let Ok(typed) = typer.typed(key) else { return Err(error) };
        match self.reaching(below, &typed, &wider) {
            Some(node) if !typed.has_aggregate() => Ok((node, typed)),
            _ => Err(error),
        }
    }

    /// A sort key by aggregates or keys that an aggregation doesn't put out.
    fn over_aggregation(&self, below: &Rc<Node>, key: &Expr) -> Option<Result<(Rc<Node>, Typed), SqlError>> {
        let Node::Aggregate { input, keys, exprs, session } = &**aggregation(below)? else { return None };
        let typer = Typer::new(self, Scope::of(input), "Sort");
        typer.lateral.borrow_mut().extend(exprs.iter().cloned());
        let typed = match typer.typed(key) {
            Ok(typed) => typed,
            Err(error) => return Some(Err(error)),
        };
        let known = Keys::new(keys.iter().map(|it| (it.expr.clone(), it.attribute.clone())).collect(), None);
        if let Some(stranger) = known.stranger(&known.over(&typed)) {
            return Some(Err(errors::unresolved_column(&[stranger], &below.output())));
        }
        let mut extended = Extended { exprs: exprs.clone(), added: false };
        let typed = extended.above(self, &typed, &known);
        let aggregate = Node::Aggregate {
            input: input.clone(),
            keys: keys.clone(),
            exprs: extended.exprs,
            session: session.clone(),
        };
        Some(Ok((replaced(below, Rc::new(aggregate)), typed)))
    }

    /// The number of `LIMIT` or `OFFSET`.
    pub(super) fn count_of(&self, name: &str, input: &Node, expr: &Expr) -> Result<u64, SqlError> {
        let typer = Typer::new(self, Scope::of(input), "Limit");
        let typed = typer.typed(expr)?;
        let refuse = |kind: &str, what: String| {
            let text = format!("The limit like expression \"{}\" is invalid. {what}", typer.pretty(expr));
            Err(SqlError::analysis(&format!("INVALID_LIMIT_LIKE_EXPRESSION.{kind}"), text))
        };
        let value = match super::relations::constant(&typed) {
            Ok(value) => value,
            Err(_) => {
                return refuse("IS_UNFOLDABLE", format!("The {name} expression must evaluate to a constant value."));
            }
        };
        let number: i64 = match value {
            Datum::Integer(it) => it.into(),
            Datum::Null if typed.data_type == DataType::Integer => {
                return refuse("IS_NULL", format!("The evaluated {name} expression must not be null."));
            }
            Datum::Long(it) if i32::try_from(it).is_ok() && matches!(expr, Expr::Literal(_)) => it,
            _ => {
                let what =
                    format!("The {name} expression must be integer type, but got \"{}\".", typed.data_type.sql());
                return refuse("DATA_TYPE", what);
            }
        };
        match u64::try_from(number) {
            Ok(count) => Ok(count),
            Err(_) => {
                let what = format!("The {name} expression must be equal to or greater than 0, but got {number}.");
                refuse("IS_NEGATIVE", what)
            }
        }
    }
}
