//! A DataFrame operation's tree as a [`sql::Plan`](crate::sql::Plan).

use std::rc::Rc;

use super::decode_expr::Decoder;
use super::functions::StateSpelling;
use super::rows::datum_of;
use super::session::SqlSession;
use super::tree::{Tree, malformed, members, text, text_pairs, texts};
use super::types::decode_schema;
use crate::sql::{
    self, Attribute, AttributeId, DataType, Datum, Expr, JoinCondition, JoinKind, Literal, Node, Plan, SqlError,
    StructField,
};
use crate::value::Value;

/// The most rows that `spark.range` writes out.
const RANGE: i64 = 10_000_000;

impl SqlSession {
    /// The plan that a tree spells.
    pub(super) fn decode_plan(&mut self, tree: &Value) -> Result<Plan, SqlError> {
        let tree = Tree::of(tree)?;
        Ok(match tree.tag {
            "df" => Plan::Analyzed(self.node(tree.number(0)?)?),
            "table" => match sql::col(&tree.text(0)?) {
                Expr::Column(parts) => Plan::Table(parts),
                _ => return Err(tree.unknown("table's name")),
            },
            "query" => self.query(&tree)?,
            "local" => self.local_rows(&tree)?,
            "range" => self.range(&tree)?,
            "project" => Plan::Project { input: self.input(&tree)?, exprs: self.decode_exprs(tree.list(1)?)? },
            "filter" => Plan::Filter { input: self.input(&tree)?, condition: self.decode_expr(tree.part(1))? },
            "aggregate" => self.aggregate(&tree)?,
            "join" => self.join(&tree)?,
            "union" => Plan::Union {
                inputs: tree.list(0)?.iter().map(|input| self.decode_plan(input)).collect::<Result<_, _>>()?,
                by_name: tree.flag(1),
                allow_missing: tree.flag(2),
            },
            // `Dataset.distinct` is `dropDuplicates`; SQL's `DISTINCT` is an aggregation.
            "distinct" => Plan::Deduplicate { input: self.input(&tree)?, columns: None, within_watermark: false },
            "deduplicate" => Plan::Deduplicate {
                input: self.input(&tree)?,
                columns: tree.optional(1).map(texts).transpose()?,
                within_watermark: tree.flag(2),
            },
            "watermark" => Plan::Watermark { input: self.input(&tree)?, column: tree.text(1)?, delay: tree.text(2)? },
            "sort" => {
                let keys = Decoder::new(&mut self.functions).sort_keys(tree.list(1)?)?;
                Plan::Sort { input: self.input(&tree)?, keys }
            }
            "limit" => Plan::Limit { input: self.input(&tree)?, count: count(&tree)? },
            "offset" => Plan::Offset { input: self.input(&tree)?, count: count(&tree)? },
            "sample" => Plan::Sample {
                input: self.input(&tree)?,
                fraction: match tree.part(1) {
                    Value::Float(fraction) => *fraction,
                    _ => return Err(tree.unknown("sample")),
                },
                seed: tree.number(2)?,
            },
            "intersect" => Plan::Intersect { left: self.input(&tree)?, right: self.input_at(&tree, 1)? },
            "except" => Plan::Except { left: self.input(&tree)?, right: self.input_at(&tree, 1)? },
            "alias" => Plan::Alias { input: self.input(&tree)?, name: tree.text(1)?, columns: Vec::new() },
            "to_df" => self.renamed(&tree)?,
            "with_columns" => Plan::WithColumns { input: self.input(&tree)?, columns: self.named(tree.list(1)?)? },
            "rename" => Plan::RenameColumns { input: self.input(&tree)?, names: text_pairs(tree.part(1))? },
            "drop" => Plan::Drop { input: self.input(&tree)?, columns: self.decode_exprs(tree.list(1)?)? },
            "observe" => Plan::Observe {
                input: self.input(&tree)?,
                name: tree.text(1)?,
                exprs: self.decode_exprs(tree.list(2)?)?,
            },
            "state" => self.state_groups(&tree)?,
            _ => return Err(tree.unknown("plan")),
        })
    }

    fn input(&mut self, tree: &Tree) -> Result<Rc<Plan>, SqlError> {
        self.input_at(tree, 0)
    }

    fn input_at(&mut self, tree: &Tree, index: usize) -> Result<Rc<Plan>, SqlError> {
        self.decode_plan(tree.part(index)).map(Rc::new)
    }

    /// An expression that a tree spells.
    pub(super) fn decode_expr(&mut self, tree: &Value) -> Result<Expr, SqlError> {
        Decoder::new(&mut self.functions).expr(tree)
    }

    /// A column's text, with its direction where it is a key of an order.
    pub(super) fn decoded_text(&mut self, tree: &Value) -> Result<Rc<str>, SqlError> {
        let mut decoder = Decoder::new(&mut self.functions);
        Ok(if Tree::of(tree)?.tag == "sort" {
            decoder.sort_key(tree)?.to_string().into()
        } else {
            decoder.expr(tree)?.to_string().into()
        })
    }

    fn decode_exprs(&mut self, trees: &[Value]) -> Result<Vec<Expr>, SqlError> {
        Decoder::new(&mut self.functions).exprs(trees)
    }

    fn named(&mut self, pairs: &[Value]) -> Result<Vec<(Rc<str>, Expr)>, SqlError> {
        let mut named = Vec::with_capacity(pairs.len());
        for pair in pairs {
            match members(pair)? {
                [name, tree] => named.push((text(name)?, self.decode_expr(tree)?)),
                _ => return Err(malformed("column", pair)),
            }
        }
        Ok(named)
    }

    /// SQL text, with values for its parameters.
    fn query(&mut self, tree: &Tree) -> Result<Plan, SqlError> {
        let mut query = tree.text(0)?.to_string();
        // Longest names first, so that `:ab` is not read as `:a`.
        let mut named = self.named(tree.list(1)?)?;
        named.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        for (name, value) in &named {
            query = query.replace(&format!(":{name}"), &sql_text(value));
        }
        for value in self.decode_exprs(tree.list(2)?)? {
            query = query.replacen('?', &sql_text(&value), 1);
        }
        sql::parse_query(&query)
    }

    /// `createDataFrame` of rows.
    fn local_rows(&mut self, tree: &Tree) -> Result<Plan, SqlError> {
        let fields = decode_schema(tree.part(0))?;
        let of = DataType::Struct(fields.clone());
        let mut rows = Vec::new();
        for row in tree.list(1)? {
            match datum_of(row, &of) {
                Datum::Struct(values) => rows.push(values),
                _ => return Err(malformed("row", row)),
            }
        }
        Ok(self.written_out(&fields, rows))
    }

    fn written_out(&mut self, fields: &[StructField], rows: Vec<Rc<[Datum]>>) -> Plan {
        let output = self.attributes(fields);
        Plan::Analyzed(Rc::new(Node::LocalRows { output, rows: rows.into() }))
    }

    /// New columns of these names and types.
    pub(super) fn attributes(&mut self, fields: &[StructField]) -> Vec<Attribute> {
        let attribute = |field: &StructField| Attribute {
            id: AttributeId(self.take_id()),
            name: field.name.clone(),
            data_type: field.data_type.clone(),
            nullable: field.nullable,
            qualifiers: Rc::default(),
            watermark_delay: None,
        };
        fields.iter().map(attribute).collect()
    }

    fn range(&mut self, tree: &Tree) -> Result<Plan, SqlError> {
        let (start, end, step) = (tree.number(0)?, tree.number(1)?, tree.number(2)?);
        if step == 0 {
            return Err(SqlError::new("IllegalArgumentException", None, "requirement failed: step (0) cannot be 0"));
        }
        let rows = i128::from(end).wrapping_sub(i128::from(start)).div_euclid(i128::from(step)).max(0);
        if rows > i128::from(RANGE) {
            let text = format!("a range of more than {RANGE} rows is not available in Headwater");
            return Err(SqlError::new("UnsupportedOperationException", None, text));
        }
        let mut numbers = Vec::new();
        let mut next = Some(start);
        while let Some(number) = next.filter(|number| if step > 0 { *number < end } else { *number > end }) {
            numbers.push(Rc::from([Datum::Long(number)]));
            next = number.checked_add(step);
        }
        Ok(self.written_out(&[StructField::new("id", DataType::Long, false)], numbers))
    }

    fn aggregate(&mut self, tree: &Tree) -> Result<Plan, SqlError> {
        let keys = self.decode_exprs(tree.list(2)?)?;
        let grouping_sets = match &*tree.text(1)? {
            "group" => None,
            "rollup" => Some((0..=keys.len()).rev().map(|count| (0..count).collect()).collect()),
            "cube" => Some(cube(0, keys.len())),
            _ => return Err(tree.unknown("aggregation")),
        };
        let exprs = self.decode_exprs(tree.list(3)?)?;
        Ok(Plan::Aggregate { input: self.input(tree)?, keys, grouping_sets, exprs, having: None })
    }

    fn join(&mut self, tree: &Tree) -> Result<Plan, SqlError> {
        let kind: JoinKind = tree.text(2)?.parse()?;
        let condition = match tree.optional(3) {
            None => JoinCondition::None,
            Some(condition) => {
                let condition = Tree::of(condition)?;
                match condition.tag {
                    "using" => JoinCondition::Using(texts(condition.part(0))?),
                    "on" => JoinCondition::On(self.decode_expr(condition.part(0))?),
                    _ => return Err(condition.unknown("join's condition")),
                }
            }
        };
        Ok(Plan::Join { left: self.input(tree)?, right: self.input_at(tree, 1)?, kind, condition })
    }

    /// `toDF(names)`: all columns under other names.
    fn renamed(&mut self, tree: &Tree) -> Result<Plan, SqlError> {
        let input = self.decode_plan(tree.part(0))?;
        let names = texts(tree.part(1))?;
        let Plan::Analyzed(node) = &input else { return Err(tree.unknown("toDF")) };
        let columns = node.output();
        if columns.len() != names.len() {
            let old = columns.iter().map(|column| &*column.name).collect::<Vec<_>>().join(", ");
            let text = format!(
                "requirement failed: The number of columns doesn't match.\nOld column names ({}): {old}\nNew column \
                 names ({}): {}",
                columns.len(),
                names.len(),
                names.join(", ")
            );
            return Err(SqlError::new("IllegalArgumentException", None, text));
        }
        let renamed = |(column, name): (&Attribute, Rc<str>)| {
            Expr::Attribute { id: column.id, name: column.name.clone() }.alias(name)
        };
        let exprs = columns.iter().zip(names).map(renamed).collect();
        Ok(Plan::Project { input: Rc::new(input), exprs })
    }

    fn state_groups(&mut self, tree: &Tree) -> Result<Plan, SqlError> {
        let input = self.input(tree)?;
        let keys = self.decode_exprs(tree.list(1)?)?;
        let spelling = StateSpelling {
            number: tree.number(2)?,
            name: tree.text(3)?,
            output: decode_schema(tree.part(4))?,
            mode: tree.optional_text(5)?,
            timeout: tree.text(6)?,
            state: match Tree::of(tree.part(7))? {
                kind if kind.tag == "rows" => Some(decode_schema(kind.part(0))?),
                _ => None,
            },
        };
        Ok(Plan::StateGroups { input, keys, function: self.functions.state(spelling)? })
    }
}

/// The subsets of the keys from `from` on, the larger first, as `cube` lists them.
fn cube(from: usize, keys: usize) -> Vec<Vec<usize>> {
    if from >= keys {
        return vec![Vec::new()];
    }
    let rest = cube(from + 1, keys);
    let with = rest.iter().map(|set| std::iter::once(from).chain(set.iter().copied()).collect());
    with.chain(rest.iter().cloned()).collect()
}

/// The count of a limit or offset.
fn count(tree: &Tree) -> Result<Expr, SqlError> {
    let count = tree.number(1)?;
    let value = i32::try_from(count).map_err(|_| tree.unknown("count"))?;
    Ok(Expr::Literal(Literal { value: Datum::Integer(value), data_type: DataType::Integer }))
}

/// A parameter's value as SQL writes it.
fn sql_text(value: &Expr) -> String {
    match value {
        Expr::Literal(Literal { value: Datum::String(text), .. }) => {
            format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::cube;

    #[test]
    fn a_cube_lists_its_sets_as_spark_does() {
        assert_eq!(cube(0, 2), [vec![0, 1], vec![0], vec![1], vec![]]);
    }
}
