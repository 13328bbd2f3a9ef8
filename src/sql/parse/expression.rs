//! Expressions: `sqlparser`'s tree to an `Expr`.

use std::rc::Rc;

use sqlparser::ast::{
    AccessExpr, BinaryOperator, CastKind, DataType as WrittenType, Expr as Written, Ident, NamedWindowDefinition,
    OrderByExpr, OrderBySort, UnaryOperator, Value, ValueWithSpan,
};
use sqlparser::tokenizer::Location;

use super::literal::{self, not};
use super::primary::index_of;
use super::source::Source;
use crate::sql::{BinaryOp, DataType, Datum, Expr, SortKey, SqlError, UnaryOp, call};

/// Reads the parser's tree; it knows the text, for errors, and the windows that the query names.
#[derive(Clone, Copy)]
pub(super) struct Converter<'a> {
    pub(super) source: &'a Source<'a>,
    pub(super) windows: &'a [NamedWindowDefinition],
}

/// The place of the text's beginning, for refusals of what has no place of its own.
pub(super) const BEGINNING: Location = Location { line: 1, column: 1 };

impl<'a> Converter<'a> {
    pub(super) fn new(source: &'a Source<'a>) -> Self {
        Converter { source, windows: &[] }
    }

    /// A refusal of what Spark can do and this can't.
    pub(super) fn unsupported(self, what: &str) -> SqlError {
        self.source.error("UNSUPPORTED_FEATURE", &format!("The feature is not supported: {what}."), BEGINNING)
    }

    /// One expression.
    pub(super) fn expr(self, expr: &Written) -> Result<Expr, SqlError> {
        match expr {
            Written::Identifier(name) => match (name.quote_style, name.value.to_lowercase().as_str()) {
                (None, it @ ("current_date" | "current_timestamp" | "current_user")) => Ok(call(it, [])),
                _ => Ok(Expr::Column(vec![self.name(name)?])),
            },
            Written::CompoundIdentifier(names) => Ok(Expr::Column(self.names(names)?)),
            Written::CompoundFieldAccess { root, access_chain } => self.access(root, access_chain),
            Written::Nested(inner) => self.expr(inner),
            Written::Value(value) => self.value(value),
            Written::Prefixed { prefix, value } => match &**value {
                Written::Value(ValueWithSpan { value: Value::SingleQuotedString(text), .. }) => {
                    literal::typed(prefix, text, self.source)
                }
                _ => Err(self.source.syntax_error(prefix.span.start)),
            },
            Written::UnaryOp { op, expr } => self.unary(op, expr),
            Written::BinaryOp { left, op, right } => self.binary(left, op, right),
            Written::Function(function) => self.function(function),
            Written::Cast { kind, expr, data_type, .. } => self.cast(kind, expr, data_type),
            Written::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref())
            }
            Written::Tuple(exprs) => self.tuple(exprs),
            Written::Lambda(lambda) => {
                let parameters = lambda.params.iter().map(|it| self.name(&it.name)).collect::<Result<_, _>>()?;
                Ok(Expr::Lambda { parameters, body: Rc::new(self.expr(&lambda.body)?) })
            }
            Written::Named { name, .. } => Err(self.source.syntax_error(name.span.start)),
            Written::Subquery(_) => Err(self.unsupported("a subquery as a value")),
            Written::Exists { .. } | Written::InSubquery { .. } => {
                Err(self.unsupported("a subquery in a condition other than the conjunctions of WHERE"))
            }
            predicate => self.predicate(predicate),
        }
    }

    /// Several expressions.
    pub(super) fn exprs(self, exprs: &[Written]) -> Result<Vec<Expr>, SqlError> {
        exprs.iter().map(|it| self.expr(it)).collect()
    }

    fn shared(self, expr: &Written) -> Result<Rc<Expr>, SqlError> {
        Ok(Rc::new(self.expr(expr)?))
    }

    /// A name; `sqlparser` takes strings for names too, Spark doesn't.
    pub(super) fn name(self, name: &Ident) -> Result<Rc<str>, SqlError> {
        match name.quote_style {
            Some('\'' | '"') => Err(self.source.syntax_error(self.source.place_of_string(&name.value))),
            _ => Ok(name.value.as_str().into()),
        }
    }

    pub(super) fn names(self, names: &[Ident]) -> Result<Vec<Rc<str>>, SqlError> {
        names.iter().map(|it| self.name(it)).collect()
    }

    fn value(self, value: &ValueWithSpan) -> Result<Expr, SqlError> {
        let place = Ident::with_span(value.span, "");
        match &value.value {
            Value::Number(text, _) => literal::number(text, self.source, &place),
            Value::SingleQuotedString(text) => Ok(text.as_str().into()),
            Value::Boolean(truth) => Ok((*truth).into()),
            Value::Null => Ok(Expr::literal(Datum::Null, DataType::Null)),
            _ => Err(self.source.syntax_error(value.span.start)),
        }
    }

    /// `a.b[0].c`: names after a column are parts of its name, up to the first index.
    fn access(self, root: &Written, chain: &[AccessExpr]) -> Result<Expr, SqlError> {
        let mut expr = self.expr(root)?;
        for access in chain {
            expr = match (access, expr) {
                (AccessExpr::Dot(Written::Identifier(name)), Expr::Column(mut parts)) => {
                    parts.push(self.name(name)?);
                    Expr::Column(parts)
                }
                (AccessExpr::Dot(Written::Identifier(name)), expr) => expr.get_field(self.name(name)?),
                (AccessExpr::Subscript(subscript), expr) => match index_of(subscript) {
                    Some(index) => expr.get_item(self.expr(index)?),
                    None => return Err(self.source.syntax_error(BEGINNING)),
                },
                _ => return Err(self.unsupported("a call after a dot")),
            };
        }
        Ok(expr)
    }

    fn unary(self, op: &UnaryOperator, expr: &Written) -> Result<Expr, SqlError> {
        let op = match op {
            UnaryOperator::Minus => UnaryOp::Negative,
            UnaryOperator::Plus => UnaryOp::Positive,
            UnaryOperator::BitwiseNot => UnaryOp::BitNot,
            _ => UnaryOp::Not,
        };
        Ok(Expr::unary(op, self.expr(expr)?))
    }

    /// A chain of operators from its left end, so that a long one needs no deep stack. `AND` and `OR` become balanced
    /// trees, as Spark's parser makes them.
    fn binary(self, left: &Written, op: &BinaryOperator, right: &Written) -> Result<Expr, SqlError> {
        let mut chain = vec![(op, right)];
        let mut first = left;
        while let Written::BinaryOp { left, op, right } = first {
            chain.push((op, right));
            first = left;
        }
        let mut expr = self.expr(first)?;
        let mut rest = chain.into_iter().rev().peekable();
        while let Some((op, right)) = rest.next() {
            let right = self.expr(right)?;
            expr = match op {
                BinaryOperator::And | BinaryOperator::Or => {
                    let connective = if *op == BinaryOperator::And { BinaryOp::And } else { BinaryOp::Or };
                    let mut all = vec![expr, right];
                    while let Some((_, next)) = rest.next_if(|(it, _)| *it == op) {
                        all.push(self.expr(next)?);
                    }
                    balanced(connective, all)
                }
                op => match plain_operator(op) {
                    Some(op) => Expr::binary(op, expr, right),
                    None => return Err(self.unsupported("an operator")),
                },
            };
        }
        Ok(expr)
    }

    fn cast(self, kind: &CastKind, expr: &Written, data_type: &WrittenType) -> Result<Expr, SqlError> {
        let WrittenType::Custom(name, _) = data_type else { return Err(self.unsupported("a type")) };
        let Some(text) = name.0.first().and_then(|it| it.as_ident()) else { return Err(self.unsupported("a type")) };
        // The reader of types knows nothing of the text around: the place is put right here.
        let to =
            DataType::parse(&text.value).map_err(|refusal| match (refusal.class, refusal.condition.as_deref()) {
                ("ParseException", Some(condition)) => match refusal.message.split_once("(line ") {
                    Some((message, _)) => self.source.error(condition, message, text.span.start),
                    None => refusal,
                },
                _ => refusal,
            })?;
        let try_cast = *kind == CastKind::TryCast;
        Ok(Expr::Cast { expr: self.shared(expr)?, to, try_cast })
    }

    fn case(
        self,
        operand: Option<&Written>,
        conditions: &[sqlparser::ast::CaseWhen],
        otherwise: Option<&Written>,
    ) -> Result<Expr, SqlError> {
        let operand = operand.map(|it| self.expr(it)).transpose()?;
        let branches = conditions.iter().map(|branch| {
            let condition = self.expr(&branch.condition)?;
            let condition = match &operand {
                Some(operand) => operand.clone().equal_to(condition),
                None => condition,
            };
            Ok((condition, self.expr(&branch.result)?))
        });
        let branches = branches.collect::<Result<_, SqlError>>()?;
        Ok(Expr::Case { branches, otherwise: otherwise.map(|it| self.shared(it)).transpose()? })
    }

    /// `(a, b AS c)` is a struct whose fields are called as the expressions are.
    fn tuple(self, exprs: &[Written]) -> Result<Expr, SqlError> {
        let mut args = Vec::with_capacity(exprs.len() * 2);
        for (index, expr) in exprs.iter().enumerate() {
            let expr = self.named(expr)?;
            let name = match &expr {
                Expr::Alias { .. } | Expr::Column(_) => expr.output_name(),
                _ => format!("col{}", index + 1),
            };
            args.extend([name.as_str().into(), expr]);
        }
        Ok(call("named_struct", args))
    }

    /// An expression that may have an alias, as those of `struct` have.
    pub(super) fn named(self, expr: &Written) -> Result<Expr, SqlError> {
        match expr {
            Written::Named { expr, name } => Ok(self.expr(expr)?.alias(self.name(name)?)),
            other => self.expr(other),
        }
    }

    fn predicate(self, expr: &Written) -> Result<Expr, SqlError> {
        let truth = |expr: &Written, truth: bool| Ok::<_, SqlError>(self.expr(expr)?.eq_null_safe(truth));
        Ok(match expr {
            Written::IsNull(expr) | Written::IsUnknown(expr) => self.expr(expr)?.is_null(),
            Written::IsNotNull(expr) | Written::IsNotUnknown(expr) => self.expr(expr)?.is_not_null(),
            Written::IsTrue(expr) => truth(expr, true)?,
            Written::IsNotTrue(expr) => not(truth(expr, true)?),
            Written::IsFalse(expr) => truth(expr, false)?,
            Written::IsNotFalse(expr) => not(truth(expr, false)?),
            Written::IsNotDistinctFrom(left, right) => self.expr(left)?.eq_null_safe(self.expr(right)?),
            Written::IsDistinctFrom(left, right) => not(self.expr(left)?.eq_null_safe(self.expr(right)?)),
            Written::InList { expr, list, negated } => {
                Expr::In { expr: self.shared(expr)?, list: self.exprs(list)?, negated: *negated }
            }
            Written::Between { expr, negated, low, high } => Expr::Between {
                expr: self.shared(expr)?,
                low: self.shared(low)?,
                high: self.shared(high)?,
                negated: *negated,
            },
            Written::Like { negated, expr, pattern, escape_char, .. } => {
                self.like(expr, pattern, escape_char.as_deref(), false, *negated)?
            }
            Written::ILike { negated, expr, pattern, escape_char, .. } => {
                self.like(expr, pattern, escape_char.as_deref(), true, *negated)?
            }
            Written::RLike { negated, expr, pattern, .. } => {
                let matched = self.expr(expr)?.rlike(self.expr(pattern)?);
                if *negated { not(matched) } else { matched }
            }
            _ => return Err(self.unsupported("an expression that this parser knows no form of")),
        })
    }

    fn like(
        self,
        expr: &Written,
        pattern: &Written,
        escape: Option<&Written>,
        insensitive: bool,
        negated: bool,
    ) -> Result<Expr, SqlError> {
        let escape = match escape {
            None => None,
            Some(Written::Value(ValueWithSpan { value: Value::SingleQuotedString(text), span })) => {
                let mut letters = text.chars();
                match (letters.next(), letters.next()) {
                    (Some(letter), None) => Some(letter),
                    _ => {
                        let text = format!(
                            "Found an invalid escape string: {}. The escape string must contain only one character.",
                            literal::quoted(text)
                        );
                        return Err(self.source.error("INVALID_ESC", &text, span.start));
                    }
                }
            }
            Some(_) => return Err(self.unsupported("an escape that is no string")),
        };
        Ok(Expr::Like { expr: self.shared(expr)?, pattern: self.shared(pattern)?, escape, insensitive, negated })
    }

    /// A key of `ORDER BY`. Nulls are least where nothing else is said.
    pub(super) fn sort_key(self, key: &OrderByExpr) -> Result<SortKey, SqlError> {
        let ascending = !matches!(key.options.sort, Some(OrderBySort::Desc));
        let nulls_first = key.options.nulls_first.unwrap_or(ascending);
        Ok(SortKey { expr: self.expr(&key.expr)?, ascending, nulls_first })
    }
}

/// `reduceToExpressionTree`.
fn balanced(op: BinaryOp, mut all: Vec<Expr>) -> Expr {
    match all.len() {
        // One connective joins at least two.
        0 => Expr::literal(Datum::Null, DataType::Boolean),
        1 => all.remove(0),
        size => {
            let right = all.split_off((size - 1) / 2 + 1);
            Expr::binary(op, balanced(op, all), balanced(op, right))
        }
    }
}

fn plain_operator(op: &BinaryOperator) -> Option<BinaryOp> {
    Some(match op {
        BinaryOperator::Eq => BinaryOp::Eq,
        BinaryOperator::NotEq => BinaryOp::NotEq,
        BinaryOperator::Spaceship => BinaryOp::EqNullSafe,
        BinaryOperator::Lt => BinaryOp::Lt,
        BinaryOperator::LtEq => BinaryOp::LtEq,
        BinaryOperator::Gt => BinaryOp::Gt,
        BinaryOperator::GtEq => BinaryOp::GtEq,
        BinaryOperator::Plus => BinaryOp::Add,
        BinaryOperator::Minus => BinaryOp::Subtract,
        BinaryOperator::Multiply => BinaryOp::Multiply,
        BinaryOperator::Divide => BinaryOp::Divide,
        BinaryOperator::MyIntegerDivide => BinaryOp::IntegralDivide,
        BinaryOperator::Modulo => BinaryOp::Remainder,
        BinaryOperator::BitwiseAnd => BinaryOp::BitAnd,
        BinaryOperator::BitwiseOr => BinaryOp::BitOr,
        BinaryOperator::BitwiseXor => BinaryOp::BitXor,
        BinaryOperator::StringConcat => BinaryOp::Concat,
        _ => return None,
    })
}
