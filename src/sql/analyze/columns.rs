//! Columns of a DataFrame added, replaced, renamed and dropped.

use std::rc::Rc;

use crate::sql::{Attribute, Expr, Named, Node, SqlError, Typed};

use super::projection::bare;
use super::scope::{Scope, same_name};
use super::typing::Typer;
use super::{Analyzer, errors};

impl Analyzer<'_> {
    /// `withColumns`: a column of the name is replaced where it stands, others come last.
    pub(super) fn with_columns(&self, input: Rc<Node>, columns: &[(Rc<str>, Expr)]) -> Result<Rc<Node>, SqlError> {
        for (index, (name, _)) in columns.iter().enumerate() {
            if columns[..index].iter().any(|(other, _)| same_name(other, name)) {
                let text = format!(
                    "The column {} already exists. Consider to choose another name or rename the existing column.",
                    errors::quoted(&[name.to_lowercase()])
                );
                return Err(SqlError::analysis("COLUMN_ALREADY_EXISTS", text));
            }
        }
        let alias = |(name, expr): &(Rc<str>, Expr)| Expr::Alias { expr: Rc::new(expr.clone()), name: name.clone() };
        let output = input.output();
        let mut exprs: Vec<Expr> = output
            .iter()
            .map(|column| match columns.iter().find(|(name, _)| same_name(name, &column.name)) {
                Some(found) => alias(found),
                None => Expr::Attribute { id: column.id, name: column.name.clone() },
            })
            .collect();
        let is_new = |name: &str| !output.iter().any(|it| same_name(&it.name, name));
        exprs.extend(columns.iter().filter(|(name, _)| is_new(name)).map(alias));
        self.select(input, &exprs)
    }

    /// `withColumnsRenamed`: one after the other; a name that is no column's changes nothing.
    pub(super) fn rename(&self, input: Rc<Node>, names: &[(Rc<str>, Rc<str>)]) -> Rc<Node> {
        let output = input.output();
        let mut changed = false;
        let exprs: Vec<Named> = output
            .iter()
            .map(|column| {
                let mut name = column.name.clone();
                let mut renamed = false;
                for (from, to) in names {
                    if same_name(&name, from) {
                        name = to.clone();
                        renamed = true;
                    }
                }
                if !renamed {
                    return bare(column);
                }
                changed = true;
                let attribute = Attribute { id: self.fresh(), name, qualifiers: [].into(), ..column.clone() };
                Named { expr: Typed::attribute(column), attribute }
            })
            .collect();
        if changed { Rc::new(Node::Project { input, exprs }) } else { input }
    }

    /// `drop`: of what is not there it is no error.
    pub(super) fn drop_columns(&self, input: Rc<Node>, columns: &[Expr]) -> Result<Rc<Node>, SqlError> {
        let output = input.output();
        let typer = Typer::new(self, Scope::of(&input), "Project");
        let mut dropped = Vec::new();
        for column in columns {
            match column {
                Expr::Column(parts) => {
                    let name = parts.join(".");
                    let by_name = output.iter().filter(|it| same_name(&it.name, &name)).map(|it| it.id);
                    let before = dropped.len();
                    dropped.extend(by_name);
                    if dropped.len() == before
                        && let Ok(Some(found)) = typer.scope.resolve(parts)
                        && found.fields.is_empty()
                    {
                        dropped.push(found.column.id);
                    }
                }
                Expr::Attribute { id, .. } => dropped.push(*id),
                other => {
                    typer.typed(other)?;
                }
            }
        }
        let kept: Vec<Named> = output.iter().filter(|it| !dropped.contains(&it.id)).map(bare).collect();
        if kept.len() == output.len() {
            return Ok(input);
        }
        Ok(Rc::new(Node::Project { input, exprs: kept }))
    }

    /// `dropDuplicates`: the identities of the columns named.
    pub(super) fn duplicates(
        &self,
        input: Rc<Node>,
        columns: Option<&[Rc<str>]>,
        within_watermark: bool,
    ) -> Result<Rc<Node>, SqlError> {
        let output = input.output();
        let mut keys = Vec::new();
        match columns {
            None => keys.extend(output.iter().map(|it| it.id)),
            Some(names) => {
                for name in names {
                    let found: Vec<_> = output.iter().filter(|it| same_name(&it.name, name)).map(|it| it.id).collect();
                    if found.is_empty() {
                        return Err(super::sets::not_among(name, &output));
                    }
                    keys.extend(found);
                }
            }
        }
        let mut distinct = Vec::with_capacity(keys.len());
        for key in keys {
            if !distinct.contains(&key) {
                distinct.push(key);
            }
        }
        Ok(Rc::new(Node::Deduplicate { input, keys: distinct, within_watermark }))
    }
}
