//! Operators, and the forms of SQL that are made of them.

use std::rc::Rc;

use crate::sql::{BinaryOp, DataType, Datum, Expr, SqlError, Typed, TypedKind, UnaryOp, coerce, functions};

use super::casts::{self, cast};
use super::errors;
use super::typing::Typer;

/// A text that only a refusal needs.
pub(super) type Text<'a> = &'a dyn Fn() -> String;

/// A call of a function that the library has for sure.
pub(super) fn call(name: &str, args: Vec<Typed>) -> Result<Typed, SqlError> {
    let function = functions::lookup(name).ok_or_else(|| errors::unresolved_routine(name))?;
    casts::call(function, args)
}

/// A condition that needs both.
pub(super) fn and(left: Typed, right: Typed) -> Result<Typed, SqlError> {
    call("and", vec![left, right])
}

pub(super) fn not(typed: Typed) -> Result<Typed, SqlError> {
    call("not", vec![typed])
}

fn boolean(value: bool) -> Typed {
    Typed::literal(Datum::Boolean(value), DataType::Boolean)
}

/// What the library calls an operator.
fn sign(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::And => "and",
        BinaryOp::Or => "or",
        BinaryOp::Eq | BinaryOp::NotEq => "=",
        BinaryOp::EqNullSafe => "<=>",
        BinaryOp::Lt => "<",
        BinaryOp::LtEq => "<=",
        BinaryOp::Gt => ">",
        BinaryOp::GtEq => ">=",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::IntegralDivide => "div",
        BinaryOp::Remainder => "%",
        BinaryOp::BitAnd => "&",
        BinaryOp::BitOr => "|",
        BinaryOp::BitXor => "^",
        BinaryOp::Concat => "concat",
    }
}

impl Typer<'_> {
    pub(super) fn unary(&self, op: UnaryOp, expr: &Expr) -> Result<Typed, SqlError> {
        let typed = self.typed(expr)?;
        match op {
            UnaryOp::Not => not(typed),
            UnaryOp::Negative => call("negative", vec![typed]),
            UnaryOp::Positive => call("positive", vec![typed]),
            UnaryOp::BitNot => call("~", vec![typed]),
            UnaryOp::IsNull => call("isnull", vec![typed]),
            UnaryOp::IsNotNull => call("isnotnull", vec![typed]),
            UnaryOp::IsTrue => call("<=>", vec![typed, boolean(true)]),
            UnaryOp::IsFalse => call("<=>", vec![typed, boolean(false)]),
        }
    }

    pub(super) fn binary(&self, op: BinaryOp, left: &Expr, right: &Expr) -> Result<Typed, SqlError> {
        let made = call(sign(op), vec![self.typed(left)?, self.typed(right)?])?;
        if op == BinaryOp::NotEq { not(made) } else { Ok(made) }
    }

    pub(super) fn between(&self, expr: &Expr, low: &Expr, high: &Expr, negated: bool) -> Result<Typed, SqlError> {
        let typed = self.typed(expr)?;
        let above = call(">=", vec![typed.clone(), self.typed(low)?])?;
        let both = and(above, call("<=", vec![typed, self.typed(high)?])?)?;
        if negated { not(both) } else { Ok(both) }
    }

    pub(super) fn like(
        &self,
        expr: &Expr,
        pattern: &Expr,
        escape: Option<char>,
        insensitive: bool,
        negated: bool,
    ) -> Result<Typed, SqlError> {
        let mut args = vec![self.typed(expr)?, self.typed(pattern)?];
        if let Some(escape) = escape {
            args.push(Typed::literal(Datum::String(escape.to_string().into()), DataType::String));
        }
        let made = call(if insensitive { "ilike" } else { "like" }, args)?;
        if negated { not(made) } else { Ok(made) }
    }

    pub(super) fn case(
        &self,
        whole: &Expr,
        branches: &[(Expr, Expr)],
        otherwise: Option<&Expr>,
    ) -> Result<Typed, SqlError> {
        let mut typed = Vec::with_capacity(branches.len());
        for (index, (when, then)) in branches.iter().enumerate() {
            let condition = self.typed(when)?;
            if !matches!(condition.data_type, DataType::Boolean | DataType::Null) {
                let (sql, input) = (self.pretty(whole).to_string(), self.pretty(when).to_string());
                let index = index + 1;
                return Err(errors::wrong_input(&sql, index, "\"BOOLEAN\"", &input, &condition.data_type));
            }
            typed.push((cast(condition, &DataType::Boolean), self.typed(then)?));
        }
        let otherwise = otherwise.map(|it| self.typed(it)).transpose()?;
        let values: Vec<Typed> = typed.iter().map(|(_, then)| then.clone()).chain(otherwise.clone()).collect();
        let data_type = self.common("casewhen", &|| self.pretty(whole).to_string(), &values)?;
        Ok(case(typed, otherwise, data_type))
    }

    pub(super) fn is_in(&self, expr: &Expr, list: &[Expr], negated: bool) -> Result<Typed, SqlError> {
        let mut values = vec![self.typed(expr)?];
        for item in list {
            values.push(self.typed(item)?);
        }
        let sql = || {
            let plain = Expr::In { expr: Rc::new(expr.clone()), list: list.to_vec(), negated: false };
            self.pretty(&plain).to_string()
        };
        let data_type = self.common("in", &sql, &values)?;
        let mut values = values.into_iter().map(|it| cast(it, &data_type));
        let made = match (functions::lookup("in"), values.next()) {
            (Some(function), first) => casts::call(function, first.into_iter().chain(values).collect())?,
            (None, Some(value)) => {
                let mut any = None;
                for item in values {
                    let equal = call("=", vec![value.clone(), item])?;
                    any = Some(match any.take() {
                        None => equal,
                        Some(before) => call("or", vec![before, equal])?,
                    });
                }
                any.unwrap_or_else(|| boolean(false))
            }
            (None, None) => boolean(false),
        };
        if negated { not(made) } else { Ok(made) }
    }

    /// The type that values of several have in common.
    pub(super) fn common(&self, function: &str, sql: Text<'_>, values: &[Typed]) -> Result<DataType, SqlError> {
        let types: Vec<DataType> = values.iter().map(|it| it.data_type.clone()).collect();
        coerce::wider_of_all(&types).ok_or_else(|| {
            let types = types.iter().map(|it| format!("\"{}\"", it.sql())).collect::<Vec<_>>().join(", ");
            let what = format!("Input to `{function}` should all be the same type, but it's [{types}].");
            errors::mismatch("DATA_DIFF_TYPES", &sql(), what)
        })
    }

    /// `base[index]`.
    pub(super) fn element(&self, whole: &Expr, base: &Expr, index: &Expr) -> Result<Typed, SqlError> {
        let typed = self.typed(base)?;
        if let (DataType::Struct(_), Expr::Literal(crate::sql::Literal { value: Datum::String(name), .. })) =
            (&typed.data_type, index)
        {
            return self.field(typed, name, &|| self.pretty(base).to_string());
        }
        if let (DataType::Array { element, .. }, Expr::Literal(crate::sql::Literal { value: Datum::String(name), .. })) =
            (&typed.data_type, index)
            && matches!(**element, DataType::Struct(_))
        {
            return self.field(typed, name, &|| self.pretty(base).to_string());
        }
        let key = self.typed(index)?;
        let (sql, path) = (|| self.pretty(whole).to_string(), || self.pretty(base).to_string());
        self.element_of(&sql, &path, typed, key, &|| self.pretty(index).to_string())
    }

    /// The element of an array, or the value of a map's key.
    pub(super) fn element_of(
        &self,
        sql: Text<'_>,
        path: Text<'_>,
        base: Typed,
        key: Typed,
        shown: Text<'_>,
    ) -> Result<Typed, SqlError> {
        match &base.data_type {
            DataType::Array { .. } => {
                if !key.data_type.is_integral() && key.data_type != DataType::Null {
                    return Err(errors::wrong_input(&sql(), 2, "\"INTEGRAL\"", &shown(), &key.data_type));
                }
                call("get", vec![base, cast(key, &DataType::Integer)])
            }
            DataType::Map { key: wanted, .. } => {
                let fits = key.data_type == **wanted || coerce::implicit(&key.data_type, wanted).is_some();
                if !fits {
                    let required = format!("\"{}\"", wanted.sql());
                    return Err(errors::wrong_input(&sql(), 2, &required, &shown(), &key.data_type));
                }
                let wanted = (**wanted).clone();
                call("element_at", vec![base, cast(key, &wanted)])
            }
            other => {
                let text = format!(
                    "Can't extract a value from \"{}\". Need a complex type [STRUCT, ARRAY, MAP] but got \"{}\".",
                    path(),
                    other.sql()
                );
                Err(SqlError::analysis("INVALID_EXTRACT_BASE_FIELD_TYPE", text))
            }
        }
    }
}

/// `CASE` over branches of one type.
pub(super) fn case(branches: Vec<(Typed, Typed)>, otherwise: Option<Typed>, data_type: DataType) -> Typed {
    let branches: Vec<(Typed, Typed)> =
        branches.into_iter().map(|(when, then)| (when, cast(then, &data_type))).collect();
    let otherwise = otherwise.map(|it| Rc::new(cast(it, &data_type)));
    let nullable = branches.iter().any(|(_, then)| then.nullable) || otherwise.as_ref().is_none_or(|it| it.nullable);
    Typed { kind: TypedKind::Case { branches, otherwise }, data_type, nullable }
}
