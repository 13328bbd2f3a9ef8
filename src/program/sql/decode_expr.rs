//! A `Column`'s tree as a [`sql::Expr`](crate::sql::Expr).

use std::rc::Rc;

use super::functions::UserFunctions;
use super::rows::literal;
use super::tree::{Tree, malformed, members, text, texts};
use super::types::decode_type;
use crate::sql::{self, AttributeId, BinaryOp, Expr, Frame, SortKey, SqlError, UnaryOp};
use crate::value::Value;

/// How deep an expression may be nested.
const DEPTH: usize = 150;

/// Decodes expressions; functions of the program are looked up by their numbers.
pub(super) struct Decoder<'a> {
    pub functions: &'a mut UserFunctions,
    depth: usize,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(functions: &'a mut UserFunctions) -> Self {
        Decoder { functions, depth: 0 }
    }

    /// An expression. A sort direction is left out where no order is asked for, as Spark leaves it out of sight.
    pub(super) fn expr(&mut self, tree: &Value) -> Result<Expr, SqlError> {
        if self.depth > DEPTH {
            return Err(SqlError::new("IllegalArgumentException", None, "the expression is nested too deep"));
        }
        self.depth += 1;
        let decoded = self.decode(&Tree::of(tree)?);
        self.depth -= 1;
        decoded
    }

    pub(super) fn exprs(&mut self, trees: &[Value]) -> Result<Vec<Expr>, SqlError> {
        trees.iter().map(|tree| self.expr(tree)).collect()
    }

    fn child(&mut self, tree: &Tree, index: usize) -> Result<Rc<Expr>, SqlError> {
        self.expr(tree.part(index)).map(Rc::new)
    }

    fn decode(&mut self, tree: &Tree) -> Result<Expr, SqlError> {
        Ok(match tree.tag {
            "col" => sql::col(&tree.text(0)?),
            // A whole name, dots included.
            "name" => Expr::Column(vec![tree.text(0)?]),
            "attr" => Expr::Attribute { id: AttributeId(tree.number(0)? as u64), name: tree.text(1)? },
            "star" => match tree.optional_text(0)? {
                None => Expr::Star(Vec::new()),
                Some(of) => sql::col(&format!("{of}.*")),
            },
            "sql" => sql::parse_expression(&tree.text(0)?)?,
            "lit" => Expr::Literal(literal(tree.part(0))?),
            "alias" => Expr::Alias { expr: self.child(tree, 0)?, name: tree.text(1)? },
            "aliases" => Expr::MultiAlias { expr: self.child(tree, 0)?, names: texts(tree.part(1))? },
            "cast" => Expr::Cast { expr: self.child(tree, 0)?, to: decode_type(tree.part(1))?, try_cast: false },
            "unary" => Expr::Unary { op: unary(tree)?, expr: self.child(tree, 1)? },
            "binary" => self.binary(tree)?,
            "call" => self.call(tree)?,
            "case" => self.case(tree)?,
            "in" => Expr::In { expr: self.child(tree, 0)?, list: self.exprs(tree.list(1)?)?, negated: false },
            "like" => Expr::Like {
                expr: self.child(tree, 0)?,
                pattern: self.child(tree, 1)?,
                escape: escape(tree)?,
                insensitive: tree.flag(3),
                negated: false,
            },
            "index" => Expr::Index { expr: self.child(tree, 0)?, index: self.child(tree, 1)? },
            "field" => Expr::Field { expr: self.child(tree, 0)?, name: tree.text(1)? },
            "lambda" => Expr::Lambda { parameters: texts(tree.part(0))?, body: self.child(tree, 1)? },
            "udf" => Expr::UserCall {
                function: self.functions.call(
                    tree.number(0)?,
                    &tree.text(1)?,
                    decode_type(tree.part(2))?,
                    tree.flag(3),
                )?,
                args: self.exprs(tree.list(4)?)?,
            },
            "sort" => self.expr(tree.part(0))?,
            "over" => Expr::Over {
                expr: self.child(tree, 0)?,
                frame: Frame { partition_by: self.exprs(tree.list(1)?)?, order_by: self.sort_keys(tree.list(2)?)? },
            },
            _ => return Err(tree.unknown("expression")),
        })
    }

    /// A key of an order: ascending with nulls first where nothing is said.
    pub(super) fn sort_key(&mut self, value: &Value) -> Result<SortKey, SqlError> {
        let tree = Tree::of(value)?;
        let (ascending, nulls_first) = if tree.tag == "sort" { (tree.flag(1), tree.flag(2)) } else { (true, true) };
        Ok(SortKey { expr: self.expr(value)?, ascending, nulls_first })
    }

    pub(super) fn sort_keys(&mut self, trees: &[Value]) -> Result<Vec<SortKey>, SqlError> {
        trees.iter().map(|tree| self.sort_key(tree)).collect()
    }

    fn binary(&mut self, tree: &Tree) -> Result<Expr, SqlError> {
        let op = match &*tree.text(0)? {
            "and" => BinaryOp::And,
            "or" => BinaryOp::Or,
            "=" => BinaryOp::Eq,
            "<=>" => BinaryOp::EqNullSafe,
            "!=" => BinaryOp::NotEq,
            "<" => BinaryOp::Lt,
            "<=" => BinaryOp::LtEq,
            ">" => BinaryOp::Gt,
            ">=" => BinaryOp::GtEq,
            "+" => BinaryOp::Add,
            "-" => BinaryOp::Subtract,
            "*" => BinaryOp::Multiply,
            "/" => BinaryOp::Divide,
            "%" => BinaryOp::Remainder,
            "&" => BinaryOp::BitAnd,
            "|" => BinaryOp::BitOr,
            "^" => BinaryOp::BitXor,
            _ => return Err(tree.unknown("operator")),
        };
        Ok(Expr::Binary { op, left: self.child(tree, 1)?, right: self.child(tree, 2)? })
    }

    fn call(&mut self, tree: &Tree) -> Result<Expr, SqlError> {
        let name = tree.text(0)?;
        let args = self.exprs(tree.list(1)?)?;
        Ok(Expr::Call { name, args, distinct: tree.flag(2), filter: None })
    }

    fn case(&mut self, tree: &Tree) -> Result<Expr, SqlError> {
        let mut branches = Vec::new();
        for branch in tree.list(0)? {
            match members(branch)? {
                [condition, value] => branches.push((self.expr(condition)?, self.expr(value)?)),
                _ => return Err(malformed("branch", branch)),
            }
        }
        let otherwise = tree.optional(1).map(|value| self.expr(value)).transpose()?.map(Rc::new);
        Ok(Expr::Case { branches, otherwise })
    }
}

fn unary(tree: &Tree) -> Result<UnaryOp, SqlError> {
    Ok(match &*tree.text(0)? {
        "not" => UnaryOp::Not,
        "-" => UnaryOp::Negative,
        "~" => UnaryOp::BitNot,
        "is null" => UnaryOp::IsNull,
        "is not null" => UnaryOp::IsNotNull,
        _ => return Err(tree.unknown("operator")),
    })
}

/// The escape of a pattern: a literal of one letter.
fn escape(tree: &Tree) -> Result<Option<char>, SqlError> {
    let Some(part) = tree.optional(2) else { return Ok(None) };
    let letters = text(Tree::of(part)?.part(0))?;
    let mut letters = letters.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => Ok(Some(letter)),
        _ => Err(SqlError::analysis("INVALID_ESCAPE_CHAR", "`EscapeChar` should be a string literal of length one.")),
    }
}
