//! `UNION`, `INTERSECT` and `EXCEPT`: columns brought together by position or name, and widened.

use std::rc::Rc;

use crate::sql::{Attribute, DataType, Datum, Named, Node, SqlError, Typed, coerce};

use super::casts::cast;
use super::projection::bare;
use super::scope::same_name;
use super::{Analyzer, aggregate, errors};

/// `first`, `second`, ..., as Spark's errors count.
fn ordinal(number: usize) -> String {
    match number {
        0 => "first".into(),
        1 => "second".into(),
        2 => "third".into(),
        other => format!("{}th", other + 1),
    }
}

impl Analyzer<'_> {
    pub(super) fn union(
        &self,
        inputs: Vec<Rc<Node>>,
        by_name: bool,
        allow_missing: bool,
    ) -> Result<Rc<Node>, SqlError> {
        let inputs = if by_name { self.aligned(inputs, allow_missing)? } else { inputs };
        let inputs = self.widened("UNION", inputs)?;
        let Some(first) = inputs.first() else {
            return Err(errors::plain_error("UNION needs inputs"));
        };
        let mut output = first.output();
        for input in inputs.iter().skip(1) {
            for (column, other) in output.iter_mut().zip(input.output()) {
                column.nullable |= other.nullable;
                column.data_type = merged(&column.data_type, &other.data_type);
            }
        }
        Ok(Rc::new(Node::Union { inputs, output }))
    }

    /// Two inputs of a set operation, of the same types.
    pub(super) fn pair(
        &self,
        operator: &str,
        left: Rc<Node>,
        right: Rc<Node>,
    ) -> Result<(Rc<Node>, Rc<Node>), SqlError> {
        let right = self.told_apart(&left, right);
        if let Some(column) = left.output().iter().chain(&right.output()).find(|it| it.data_type.has_map()) {
            return Err(aggregate::on_map(column));
        }
        let mut both = self.widened(operator, vec![left, right])?.into_iter();
        match (both.next(), both.next()) {
            (Some(left), Some(right)) => Ok((left, right)),
            _ => Err(errors::plain_error("a set operation needs two inputs")),
        }
    }

    /// The inputs with the columns of all in the order of the first.
    fn aligned(&self, inputs: Vec<Rc<Node>>, allow_missing: bool) -> Result<Vec<Rc<Node>>, SqlError> {
        let mut made: Vec<Rc<Node>> = Vec::with_capacity(inputs.len());
        for mut right in inputs {
            let Some(left) = made.first() else {
                made.push(right);
                continue;
            };
            let (lefts, rights) = (left.output(), right.output());
            for columns in [&lefts, &rights] {
                if let Some(twice) = columns
                    .iter()
                    .enumerate()
                    .find(|(index, it)| columns[..*index].iter().any(|other| same_name(&other.name, &it.name)))
                {
                    let text = format!(
                        "The column {} already exists. Consider to choose another name or rename the existing column.",
                        errors::quoted(&[twice.1.name.to_lowercase()])
                    );
                    return Err(SqlError::analysis("COLUMN_ALREADY_EXISTS", text));
                }
            }
            let mut exprs = Vec::with_capacity(lefts.len());
            for column in &lefts {
                match rights.iter().find(|it| same_name(&it.name, &column.name)) {
                    Some(found) => exprs.push(bare(found)),
                    None if allow_missing => exprs.push(self.absent(column)),
                    None => return Err(not_among(&column.name, &rights)),
                }
            }
            let more: Vec<&Attribute> =
                rights.iter().filter(|it| !lefts.iter().any(|left| same_name(&left.name, &it.name))).collect();
            exprs.extend(more.iter().map(|it| bare(it)));
            if allow_missing && !more.is_empty() {
                for before in &mut made {
                    let exprs = before.output().iter().map(bare).chain(more.iter().map(|it| self.absent(it))).collect();
                    *before = Rc::new(Node::Project { input: before.clone(), exprs });
                }
            }
            let moved = exprs.len() != rights.len()
                || exprs.iter().zip(&rights).any(|(named, column)| named.attribute.id != column.id);
            if moved {
                right = Rc::new(Node::Project { input: right, exprs });
            }
            made.push(right);
        }
        Ok(made)
    }

    /// A column of nulls in the place of one that an input doesn't have.
    fn absent(&self, column: &Attribute) -> Named {
        Named {
            expr: Typed::literal(Datum::Null, column.data_type.clone()),
            attribute: Attribute {
                id: self.fresh(),
                nullable: true,
                watermark_delay: None,
                qualifiers: [].into(),
                ..column.clone()
            },
        }
    }

    /// The inputs with casts to the types that their columns have in common.
    fn widened(&self, operator: &str, inputs: Vec<Rc<Node>>) -> Result<Vec<Rc<Node>>, SqlError> {
        let outputs: Vec<Vec<Attribute>> = inputs.iter().map(|it| it.output()).collect();
        let Some(first) = outputs.first() else { return Ok(inputs) };
        let mut types: Vec<DataType> = first.iter().map(|it| it.data_type.clone()).collect();
        for (number, output) in outputs.iter().enumerate().skip(1) {
            if output.len() != types.len() {
                let text = format!(
                    "{operator} can only be performed on inputs with the same number of columns, but the first input \
                     has {} columns and the {} input has {} columns.",
                    types.len(),
                    ordinal(number),
                    output.len()
                );
                return Err(SqlError::analysis("NUM_COLUMNS_MISMATCH", text));
            }
            for (place, (so_far, column)) in types.iter_mut().zip(output).enumerate() {
                *so_far = coerce::wider_type(so_far, &column.data_type).ok_or_else(|| {
                    let text = format!(
                        "{operator} can only be performed on tables with compatible column types. The {} column of the \
                         {} table is \"{}\" type which is not compatible with \"{}\" at the same column of the first \
                         table..",
                        ordinal(place),
                        ordinal(number),
                        column.data_type.sql(),
                        so_far.sql()
                    );
                    SqlError::analysis("INCOMPATIBLE_COLUMN_TYPE", text)
                })?;
            }
        }
        Ok(inputs
            .into_iter()
            .zip(outputs)
            .map(|(input, output)| {
                if output.iter().zip(&types).all(|(column, to)| column.data_type.same_type(to)) {
                    return input;
                }
                let exprs = output.iter().zip(&types).map(|(column, to)| self.widened_column(column, to)).collect();
                Rc::new(Node::Project { input, exprs })
            })
            .collect())
    }

    fn widened_column(&self, column: &Attribute, to: &DataType) -> Named {
        if column.data_type.same_type(to) {
            return bare(column);
        }
        let expr = cast(Typed::attribute(column), to);
        let attribute = Attribute {
            id: self.fresh(),
            name: column.name.clone(),
            data_type: to.clone(),
            nullable: expr.nullable,
            qualifiers: [].into(),
            watermark_delay: None,
        };
        Named { expr, attribute }
    }
}

/// A type that holds what both of the same shape hold.
fn merged(left: &DataType, right: &DataType) -> DataType {
    if left == right || !left.same_type(right) {
        return left.clone();
    }
    match (left, right) {
        (DataType::Array { element, contains_null }, DataType::Array { element: other, contains_null: other_null }) => {
            DataType::Array { element: Rc::new(merged(element, other)), contains_null: *contains_null || *other_null }
        }
        (
            DataType::Map { key, value, value_contains_null },
            DataType::Map { key: other_key, value: other, value_contains_null: other_null },
        ) => DataType::Map {
            key: Rc::new(merged(key, other_key)),
            value: Rc::new(merged(value, other)),
            value_contains_null: *value_contains_null || *other_null,
        },
        (DataType::Struct(fields), DataType::Struct(others)) => DataType::Struct(
            fields
                .iter()
                .zip(others.iter())
                .map(|(field, other)| crate::sql::StructField {
                    name: field.name.clone(),
                    data_type: merged(&field.data_type, &other.data_type),
                    nullable: field.nullable || other.nullable,
                })
                .collect(),
        ),
        _ => left.clone(),
    }
}

/// A name that is none of the columns'.
pub(super) fn not_among(name: &str, columns: &[Attribute]) -> SqlError {
    let names = columns.iter().map(|it| &*it.name).collect::<Vec<_>>().join(", ");
    errors::plain_error(format!("Cannot resolve column name \"{name}\" among ({names})."))
}
