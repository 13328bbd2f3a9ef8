//! Names: the columns that an expression may speak of, and how a name finds one.

use std::rc::Rc;

use crate::sql::{Attribute, AttributeId, Node, SqlError};

use super::errors;

/// The columns in sight.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    /// In order; what a star means.
    pub columns: Vec<Attribute>,
    /// Columns that only a qualified name or an identity finds: the keys that `USING` has joined.
    pub hidden: Vec<Attribute>,
}

/// A name found: the column, called as it was written, and what is left of the name below it.
pub(super) struct Found<'a> {
    pub column: Attribute,
    pub fields: &'a [Rc<str>],
}

pub(super) fn same_name(left: &str, right: &str) -> bool {
    left.eq_ignore_ascii_case(right) || left.to_lowercase() == right.to_lowercase()
}

/// Whether a column may be called by these qualifiers: the last of its own are the same.
fn qualified(column: &Attribute, by: &[Rc<str>]) -> bool {
    let own = &column.qualifiers;
    own.len() >= by.len() && own[own.len() - by.len()..].iter().zip(by).all(|(left, right)| same_name(left, right))
}

impl Scope {
    /// What an expression over a plan may speak of.
    pub fn of(node: &Node) -> Self {
        Scope { columns: node.output(), hidden: super::join::hidden(node) }
    }

    /// The columns of a plan, and no hidden ones.
    pub fn shown(node: &Node) -> Self {
        Scope { columns: node.output(), hidden: Vec::new() }
    }

    /// The columns of two plans.
    pub fn of_both(left: &Node, right: &Node) -> Self {
        let (mut scope, other) = (Scope::of(left), Scope::of(right));
        scope.columns.extend(other.columns);
        scope.hidden.extend(other.hidden);
        scope
    }

    /// The column of this identity.
    pub fn by_id(&self, id: AttributeId) -> Option<&Attribute> {
        self.columns.iter().chain(&self.hidden).find(|it| it.id == id)
    }

    /// Looks a name up: qualified first, then plain, with fields below the column.
    ///
    /// # Errors
    /// `AMBIGUOUS_REFERENCE`.
    pub fn resolve<'a>(&self, parts: &'a [Rc<str>]) -> Result<Option<Found<'a>>, SqlError> {
        for qualifiers in (0..parts.len().min(4)).rev() {
            let (by, rest) = parts.split_at(qualifiers);
            let Some((name, fields)) = rest.split_first() else { continue };
            let fits = |it: &&Attribute| same_name(&it.name, name) && qualified(it, by);
            let mut found: Vec<&Attribute> = self.columns.iter().filter(fits).collect();
            if found.is_empty() && qualifiers > 0 {
                found = self.hidden.iter().filter(fits).collect();
            }
            let mut distinct: Vec<&Attribute> = Vec::new();
            for column in found {
                if !distinct.iter().any(|it| it.id == column.id) {
                    distinct.push(column);
                }
            }
            match distinct.as_slice() {
                [] => {}
                [one] => {
                    let column = Attribute { name: name.clone(), ..(*one).clone() };
                    return Ok(Some(Found { column, fields }));
                }
                several => return Err(errors::ambiguous(parts, several)),
            }
        }
        Ok(None)
    }

    /// The columns that `t.*` means, if `t` qualifies any.
    pub fn qualified_star(&self, target: &[Rc<str>]) -> Vec<Attribute> {
        if target.is_empty() {
            return self.columns.clone();
        }
        let mut found: Vec<Attribute> = self.columns.iter().filter(|it| qualified(it, target)).cloned().collect();
        if !found.is_empty() {
            found.extend(self.hidden.iter().filter(|it| qualified(it, target)).cloned());
        }
        found
    }
}
