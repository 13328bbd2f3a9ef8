//! What plans stand on: tables and views, common table expressions, aliases, rows written out, and functions of the
//! program that make rows.

use std::rc::Rc;

use crate::sql::{
    Attribute, Compiled, Context, DataType, Datum, Expr, Named, Node, SqlError, StateFunction, StructField, Typed,
    TypedKind, UserFunction, coerce,
};

use super::casts::cast;
use super::scope::Scope;
use super::typing::Typer;
use super::{Analyzer, errors};

/// The value of an expression that reads no column.
pub(super) fn constant(typed: &Typed) -> Result<Datum, SqlError> {
    if let TypedKind::Literal(value) = &typed.kind {
        return Ok(value.clone());
    }
    let context = Context { time_zone: chrono_tz::UTC, batch_time: 0, partition: 0 };
    Compiled::new(typed, &[])?.evaluate_row(&context, &[])
}

/// A plan under a name, by which its columns may be qualified.
pub(super) fn alias(input: Rc<Node>, name: &Rc<str>) -> Rc<Node> {
    let unnamed = &**name == "__auto_generated_subquery_name";
    let qualifiers: Rc<[Rc<str>]> = if unnamed { [].into() } else { [name.clone()].into() };
    let output = input.output().into_iter().map(|it| Attribute { qualifiers: qualifiers.clone(), ..it }).collect();
    Rc::new(Node::Alias { input, name: name.clone(), output })
}

impl Analyzer<'_> {
    fn column(&self, field: &StructField) -> Attribute {
        Attribute {
            id: self.fresh(),
            name: field.name.clone(),
            data_type: field.data_type.clone(),
            nullable: field.nullable,
            qualifiers: [].into(),
            watermark_delay: None,
        }
    }

    /// `(..) AS name(columns)`.
    pub(super) fn renamed(&self, input: Rc<Node>, name: &Rc<str>, columns: &[Rc<str>]) -> Result<Rc<Node>, SqlError> {
        if columns.is_empty() {
            return Ok(alias(input, name));
        }
        let output = input.output();
        if output.len() != columns.len() {
            return Err(errors::plain_error(format!(
                "Number of column aliases does not match number of columns. Number of column aliases: {}; number of \
                 columns: {}.",
                columns.len(),
                output.len()
            )));
        }
        let exprs = output
            .iter()
            .zip(columns)
            .map(|(column, name)| Named {
                expr: Typed::attribute(column),
                attribute: Attribute { id: self.fresh(), name: name.clone(), qualifiers: [].into(), ..column.clone() },
            })
            .collect();
        Ok(alias(Rc::new(Node::Project { input, exprs }), name))
    }

    /// `VALUES (..), (..)`.
    pub(super) fn values(&self, rows: &[Vec<Expr>]) -> Result<Rc<Node>, SqlError> {
        let typer = Typer::new(self, Scope::default(), "LocalRelation");
        let width = rows.first().map_or(0, Vec::len);
        let mut typed = Vec::with_capacity(rows.len());
        for (index, row) in rows.iter().enumerate() {
            if row.len() != width {
                let text = format!(
                    "Invalid inline table. Inline table expected {width} columns but found {} columns in row {index}.",
                    row.len()
                );
                return Err(SqlError::analysis("INVALID_INLINE_TABLE.NUM_COLUMNS_MISMATCH", text));
            }
            let mut made = Vec::with_capacity(width);
            for expr in row {
                made.push(match typer.typed(expr)? {
                    typed if !typed.has_aggregate() => typed,
                    _ => {
                        let text = format!(
                            "Invalid inline table. Cannot evaluate the expression \"{}\" in inline table definition.",
                            typer.pretty(expr)
                        );
                        let kind = "INVALID_INLINE_TABLE.CANNOT_EVALUATE_EXPRESSION_IN_INLINE_TABLE";
                        return Err(SqlError::analysis(kind, text));
                    }
                });
            }
            typed.push(made);
        }
        let mut output = Vec::with_capacity(width);
        for place in 0..width {
            let types: Vec<DataType> =
                typed.iter().filter_map(|row| row.get(place)).map(|it| it.data_type.clone()).collect();
            let name = format!("col{}", place + 1);
            let Some(data_type) = coerce::wider_of_all(&types) else {
                let text =
                    format!("Invalid inline table. Found incompatible types in the column `{name}` for inline table.");
                return Err(SqlError::analysis("INVALID_INLINE_TABLE.INCOMPATIBLE_TYPES_IN_INLINE_TABLE", text));
            };
            let nullable = typed.iter().filter_map(|row| row.get(place)).any(|it| it.nullable);
            output.push(self.column(&StructField { name: name.into(), data_type, nullable }));
        }
        let mut made = Vec::with_capacity(typed.len());
        for row in typed {
            let row = row
                .into_iter()
                .zip(&output)
                .map(|(value, column)| constant(&cast(value, &column.data_type)))
                .collect::<Result<Vec<_>, _>>()?;
            made.push(Rc::from(row));
        }
        Ok(Rc::new(Node::LocalRows { output, rows: made.into() }))
    }

    pub(super) fn state_groups(
        &self,
        input: Rc<Node>,
        keys: &[Expr],
        function: &StateFunction,
    ) -> Result<Rc<Node>, SqlError> {
        let typer = Typer::new(self, Scope::shown(&input), "FlatMapGroupsWithState");
        let keys = keys.iter().map(|it| typer.typed(it)).collect::<Result<Vec<_>, _>>()?;
        let output = function.output.iter().map(|it| self.column(it)).collect();
        Ok(Rc::new(Node::StateGroups { input, keys, function: function.clone(), output }))
    }

    /// Rows by a function of the program: it gives one row, or an array of rows.
    pub(super) fn user_rows(&self, input: Rc<Node>, function: &UserFunction) -> Rc<Node> {
        let row = match &function.returns {
            DataType::Array { element, .. } => element,
            other => other,
        };
        let output = match row {
            DataType::Struct(fields) => fields.iter().map(|it| self.column(it)).collect(),
            other => {
                let field = StructField { name: "value".into(), data_type: other.clone(), nullable: true };
                vec![self.column(&field)]
            }
        };
        Rc::new(Node::UserRows { input, function: function.clone(), output })
    }

    pub(super) fn observe(&self, input: Rc<Node>, name: &Rc<str>, exprs: &[Expr]) -> Result<Rc<Node>, SqlError> {
        let typer = Typer::new(self, Scope::shown(&input), "CollectMetrics");
        let exprs = exprs.iter().map(|it| typer.named(it)).collect::<Result<Vec<_>, _>>()?;
        for named in &exprs {
            if !named.expr.has_aggregate() && !named.expr.references().is_empty() {
                let text = format!(
                    "Invalid observed metrics. Attribute \"{}\" can only be used as an argument to an aggregate \
                     function.",
                    named.attribute.name
                );
                return Err(SqlError::analysis("INVALID_OBSERVED_METRICS.NON_AGGREGATE_FUNC_ARG_IS_ATTRIBUTE", text));
            }
        }
        Ok(Rc::new(Node::Observe { input, name: name.clone(), exprs }))
    }
}
