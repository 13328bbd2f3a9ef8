//! `GROUP BY`: keys, and the sets of them that `ROLLUP`, `CUBE` and `GROUPING SETS` ask for.

use sqlparser::ast::{Expr as Written, GroupByExpr, GroupByWithModifier};

use super::expression::Converter;
use crate::sql::{Expr, SqlError, col};

/// How many sets a query may ask for.
const MAX_SETS: usize = 4096;

/// Keys, and for each set the indexes of its keys.
type Groups = (Vec<Expr>, Option<Vec<Vec<usize>>>);

impl Converter<'_> {
    pub(super) fn groups(self, group_by: &GroupByExpr) -> Result<Groups, SqlError> {
        let (written, modifiers) = match group_by {
            GroupByExpr::All(modifiers) => {
                return match modifiers.is_empty() {
                    true => Ok((vec![col("ALL")], None)),
                    false => Err(self.unsupported("GROUP BY ALL with a modifier")),
                };
            }
            GroupByExpr::Expressions(written, modifiers) => (written, modifiers),
        };
        let mut keys = Vec::new();
        match modifiers.as_slice() {
            [] => {}
            [GroupByWithModifier::Rollup] => {
                let parts = self.indexes_of_each(written, &mut keys)?;
                return Ok((keys, Some(rollup(&parts))));
            }
            [GroupByWithModifier::Cube] => {
                let parts = self.indexes_of_each(written, &mut keys)?;
                return Ok((keys, Some(self.cube(&parts)?)));
            }
            // `GROUP BY a, b GROUPING SETS ((a), (b))`: the sets are of the keys that are listed.
            [GroupByWithModifier::GroupingSets(Written::GroupingSets(sets))] => {
                self.indexes_of_each(written, &mut keys)?;
                let sets = self.sets(sets, &mut keys)?;
                return Ok((keys, Some(sets)));
            }
            _ => return Err(self.unsupported("these modifiers of GROUP BY together")),
        }
        // Every element has sets of its own; a row is grouped by one of each.
        let mut product: Vec<Vec<usize>> = vec![Vec::new()];
        let mut plain = true;
        for element in written {
            let sets = match element {
                Written::Rollup(parts) => rollup(&self.sets(parts, &mut keys)?),
                Written::Cube(parts) => {
                    let parts = self.sets(parts, &mut keys)?;
                    self.cube(&parts)?
                }
                Written::GroupingSets(sets) => self.sets(sets, &mut keys)?,
                key => {
                    let index = self.index_of(key, &mut keys)?;
                    product.iter_mut().for_each(|it| it.push(index));
                    continue;
                }
            };
            plain = false;
            if product.len().saturating_mul(sets.len()) > MAX_SETS {
                return Err(self.unsupported("so many grouping sets"));
            }
            product = product.iter().flat_map(|left| sets.iter().map(move |right| joined(left, right))).collect();
        }
        Ok((keys, if plain { None } else { Some(product) }))
    }

    fn indexes_of_each(self, written: &[Written], keys: &mut Vec<Expr>) -> Result<Vec<Vec<usize>>, SqlError> {
        written.iter().map(|it| Ok(vec![self.index_of(it, keys)?])).collect()
    }

    fn sets(self, sets: &[Vec<Written>], keys: &mut Vec<Expr>) -> Result<Vec<Vec<usize>>, SqlError> {
        sets.iter().map(|set| set.iter().map(|it| self.index_of(it, keys)).collect()).collect()
    }

    /// The index of a key, which is added if it isn't there.
    fn index_of(self, written: &Written, keys: &mut Vec<Expr>) -> Result<usize, SqlError> {
        let key = self.expr(written)?;
        if let Some(index) = keys.iter().position(|it| *it == key) {
            return Ok(index);
        }
        keys.push(key);
        Ok(keys.len() - 1)
    }

    /// Every subset, from the whole to none.
    fn cube(self, parts: &[Vec<usize>]) -> Result<Vec<Vec<usize>>, SqlError> {
        let count = u32::try_from(parts.len()).ok().and_then(|it| 1_usize.checked_shl(it));
        let Some(count) = count.filter(|it| *it <= MAX_SETS) else {
            return Err(self.unsupported("so many grouping sets"));
        };
        let last = parts.len().saturating_sub(1);
        let sets = (0..count).rev().map(|bits| {
            let chosen = parts.iter().enumerate().filter(|(index, _)| bits >> (last - index) & 1 == 1);
            chosen.fold(Vec::new(), |left, (_, right)| joined(&left, right))
        });
        Ok(sets.collect())
    }
}

/// Every beginning, from the whole to none.
fn rollup(parts: &[Vec<usize>]) -> Vec<Vec<usize>> {
    (0..=parts.len()).rev().map(|size| parts.iter().take(size).fold(Vec::new(), |left, it| joined(&left, it))).collect()
}

/// Both sets' keys, each once.
fn joined(left: &[usize], right: &[usize]) -> Vec<usize> {
    let mut all = left.to_vec();
    for index in right {
        if !all.contains(index) {
            all.push(*index);
        }
    }
    all
}
