//! `ROLLUP`, `CUBE` and `GROUPING SETS`: each row is taken once for each set, with nulls for the keys that the set
//! leaves out, and a number that tells the sets apart.

use std::rc::Rc;

use crate::sql::{Attribute, DataType, Datum, Expr, Named, Node, SqlError, Typed};

use super::casts::cast;
use super::typing::Typer;
use super::{Analyzer, errors, explain, operators, semantics};

/// What `grouping` and `grouping_id` speak of.
#[derive(Clone, Debug)]
pub(super) struct Grouping {
    pub keys: Vec<Typed>,
    pub id: Attribute,
}

impl Grouping {
    /// `grouping_id()`.
    pub fn id(&self) -> Typed {
        Typed::attribute(&self.id)
    }
}

/// What grouping sets make of an aggregation's input.
pub(super) struct Sets {
    pub input: Rc<Node>,
    /// The keys, null where a set leaves them out, and the number of the set.
    pub keys: Vec<Attribute>,
}

impl Analyzer<'_> {
    /// The number of the grouping set, which is a key of the aggregation.
    pub(super) fn grouping_id(&self) -> Attribute {
        Attribute {
            id: self.fresh(),
            name: "spark_grouping_id".into(),
            data_type: DataType::Long,
            nullable: false,
            qualifiers: [].into(),
            watermark_delay: None,
        }
    }

    pub(super) fn expanded(&self, input: Rc<Node>, keys: &[Named], sets: &[Vec<usize>], id: &Attribute) -> Sets {
        let columns = input.output();
        let copied: Vec<Named> = keys
            .iter()
            .map(|key| Named {
                expr: key.expr.clone(),
                attribute: Attribute { id: self.fresh(), ..key.attribute.clone() },
            })
            .collect();
        let exprs = columns.iter().map(super::projection::bare).chain(copied.iter().cloned()).collect();
        let input = Rc::new(Node::Project { input, exprs });
        let mut made: Vec<Attribute> = copied
            .iter()
            .map(|it| Attribute { id: self.fresh(), nullable: true, ..it.attribute.clone() })
            .chain([id.clone()])
            .collect();
        let repeated = sets.iter().enumerate().any(|(index, set)| sets[..index].contains(set));
        if repeated {
            made.push(Attribute { id: self.fresh(), name: "_gen_grouping_pos".into(), ..id.clone() });
        }
        let projections = sets
            .iter()
            .enumerate()
            .map(|(position, set)| {
                let mut left_out: i64 = 0;
                let mut row: Vec<Typed> = columns.iter().map(Typed::attribute).collect();
                for (index, key) in copied.iter().enumerate() {
                    let here = set.contains(&index);
                    left_out = left_out.wrapping_shl(1) | i64::from(!here);
                    row.push(match here {
                        true => Typed::attribute(&key.attribute),
                        false => Typed::literal(Datum::Null, key.attribute.data_type.clone()),
                    });
                }
                row.push(Typed::literal(Datum::Long(left_out), DataType::Long));
                if repeated {
                    let position = i64::try_from(position).unwrap_or(i64::MAX);
                    row.push(Typed::literal(Datum::Long(position), DataType::Long));
                }
                row
            })
            .collect();
        let output = columns.into_iter().chain(made.iter().cloned()).collect();
        Sets { input: Rc::new(Node::Expand { input, projections, output }), keys: made }
    }
}

impl Typer<'_> {
    /// `grouping(key)` and `grouping_id(keys...)`.
    pub(super) fn grouping_call(&self, name: &str, args: &[Expr]) -> Result<Typed, SqlError> {
        let Some(grouping) = &self.grouping else {
            return Err(SqlError::analysis(
                "UNSUPPORTED_GROUPING_EXPRESSION",
                "grouping()/grouping_id() can only be used with GroupingSets/Cube/Rollup.",
            ));
        };
        let typed = args.iter().map(|it| self.typed(it)).collect::<Result<Vec<_>, _>>()?;
        let keys = || grouping.keys.iter().map(explain::numbered_text).collect::<Vec<_>>().join(",");
        if name == "grouping_id" {
            let all = typed.len() == grouping.keys.len()
                && typed.iter().zip(&grouping.keys).all(|(left, right)| semantics::same(left, right));
            if typed.is_empty() || all {
                return Ok(grouping.id());
            }
            let found = typed.iter().map(explain::numbered_text).collect::<Vec<_>>().join(",");
            let text = format!("Columns of grouping_id ({found}) does not match grouping columns ({}).", keys());
            return Err(SqlError::analysis("GROUPING_ID_COLUMN_MISMATCH", text));
        }
        let [key] = typed.as_slice() else {
            return Err(super::calls::wrong_count("grouping", 1, args.len()));
        };
        let Some(index) = grouping.keys.iter().position(|it| semantics::same(it, key)) else {
            let text = format!(
                "Column of grouping ({}) can't be found in grouping columns {}.",
                explain::numbered_text(key),
                keys()
            );
            return Err(SqlError::analysis("GROUPING_COLUMN_MISMATCH", text));
        };
        let shift = i32::try_from(grouping.keys.len() - 1 - index).unwrap_or(0);
        let shift = Typed::literal(Datum::Integer(shift), DataType::Integer);
        let shifted = operators::call("shiftright", vec![grouping.id(), shift])?;
        let bit = operators::call("&", vec![shifted, Typed::literal(Datum::Long(1), DataType::Long)])?;
        Ok(Typed { nullable: false, ..cast(bit, &DataType::Byte) })
    }
}

/// The columns of a set may be listed twice; the errors of too many keys.
pub(super) fn check_size(keys: usize) -> Result<(), SqlError> {
    if keys > 64 {
        return Err(errors::plain_error("Grouping sets size cannot be greater than 64"));
    }
    Ok(())
}
