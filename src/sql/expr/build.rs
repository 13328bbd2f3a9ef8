//! Expressions by constructors, methods and operators, named as Spark's `Column` and `functions` name them.

use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Rem, Sub};
use std::rc::Rc;

use super::{BinaryOp, Expr, Literal, SortKey, UnaryOp};
use crate::sql::{DataType, Datum};

/// The column of this name. Dots part it into a qualifier or a struct and its fields (`t.a`, `p.x.y`), a star after
/// them is all columns; what backquotes hold is one part.
pub fn col(name: &str) -> Expr {
    let mut parts: Vec<Rc<str>> = name_parts(name).into_iter().map(Rc::from).collect();
    if parts.last().is_some_and(|it| &**it == "*") && !name.ends_with('`') {
        parts.pop();
        return Expr::Star(parts);
    }
    Expr::Column(parts)
}

/// The parts of a name: `UnresolvedAttribute.parseAttributeName`. A name that is quoted wrongly is one part.
fn name_parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        let Some(part) = parts.last_mut() else { break };
        match letter {
            '`' if quoted && letters.peek() == Some(&'`') => {
                letters.next();
                part.push('`');
            }
            '`' => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            other => part.push(other),
        }
    }
    if quoted { vec![name.to_owned()] } else { parts }
}

/// A value as a column.
pub fn lit(value: impl Into<Expr>) -> Expr {
    value.into()
}

/// A function's call, by the function's name: `call("upper", [col("k")])`.
pub fn call(name: &str, args: impl IntoIterator<Item = Expr>) -> Expr {
    Expr::Call { name: name.into(), args: args.into_iter().collect(), distinct: false, filter: None }
}

/// The first branch of a `CASE`, to be followed by [`Expr::when`] and [`Expr::otherwise`].
pub fn when(condition: Expr, value: impl Into<Expr>) -> Expr {
    Expr::Case { branches: vec![(condition, value.into())], otherwise: None }
}

impl Expr {
    /// A value of a type.
    pub fn literal(value: Datum, data_type: DataType) -> Expr {
        Expr::Literal(Literal { value, data_type })
    }

    /// An operator between two expressions.
    pub fn binary(op: BinaryOp, left: Expr, right: impl Into<Expr>) -> Expr {
        Expr::Binary { op, left: Rc::new(left), right: Rc::new(right.into()) }
    }

    /// An operator before an expression, or `IS ..` after it.
    pub fn unary(op: UnaryOp, expr: Expr) -> Expr {
        Expr::Unary { op, expr: Rc::new(expr) }
    }

    /// `expr AS name`.
    pub fn alias(self, name: impl Into<Rc<str>>) -> Expr {
        Expr::Alias { expr: Rc::new(self), name: name.into() }
    }

    /// `CAST(expr AS to)`.
    pub fn cast(self, to: DataType) -> Expr {
        Expr::Cast { expr: Rc::new(self), to, try_cast: false }
    }

    /// `=`.
    pub fn equal_to(self, other: impl Into<Expr>) -> Expr {
        Expr::binary(BinaryOp::Eq, self, other)
    }

    /// `<>`.
    pub fn not_equal(self, other: impl Into<Expr>) -> Expr {
        Expr::binary(BinaryOp::NotEq, self, other)
    }

    /// `<=>`.
    pub fn eq_null_safe(self, other: impl Into<Expr>) -> Expr {
        Expr::binary(BinaryOp::EqNullSafe, self, other)
    }

    /// `<`.
    pub fn lt(self, other: impl Into<Expr>) -> Expr {
        Expr::binary(BinaryOp::Lt, self, other)
    }

    /// `<=`.
    pub fn leq(self, other: impl Into<Expr>) -> Expr {
        Expr::binary(BinaryOp::LtEq, self, other)
    }

    /// `>`.
    pub fn gt(self, other: impl Into<Expr>) -> Expr {
        Expr::binary(BinaryOp::Gt, self, other)
    }

    /// `>=`.
    pub fn geq(self, other: impl Into<Expr>) -> Expr {
        Expr::binary(BinaryOp::GtEq, self, other)
    }

    /// `AND`.
    pub fn and(self, other: Expr) -> Expr {
        Expr::binary(BinaryOp::And, self, other)
    }

    /// `OR`.
    pub fn or(self, other: Expr) -> Expr {
        Expr::binary(BinaryOp::Or, self, other)
    }

    /// `IS NULL`.
    pub fn is_null(self) -> Expr {
        Expr::unary(UnaryOp::IsNull, self)
    }

    /// `IS NOT NULL`.
    pub fn is_not_null(self) -> Expr {
        Expr::unary(UnaryOp::IsNotNull, self)
    }

    /// `IN (..)`.
    pub fn isin(self, list: impl IntoIterator<Item = Expr>) -> Expr {
        Expr::In { expr: Rc::new(self), list: list.into_iter().collect(), negated: false }
    }

    /// `BETWEEN low AND high`.
    pub fn between(self, low: impl Into<Expr>, high: impl Into<Expr>) -> Expr {
        Expr::Between { expr: Rc::new(self), low: Rc::new(low.into()), high: Rc::new(high.into()), negated: false }
    }

    /// `LIKE pattern`.
    pub fn like(self, pattern: impl Into<Expr>) -> Expr {
        Expr::Like {
            expr: Rc::new(self),
            pattern: Rc::new(pattern.into()),
            escape: None,
            insensitive: false,
            negated: false,
        }
    }

    /// `RLIKE pattern`.
    pub fn rlike(self, pattern: impl Into<Expr>) -> Expr {
        call("rlike", [self, pattern.into()])
    }

    /// A field of a struct.
    pub fn get_field(self, name: impl Into<Rc<str>>) -> Expr {
        Expr::Field { expr: Rc::new(self), name: name.into() }
    }

    /// An element of an array, or the value of a key.
    pub fn get_item(self, index: impl Into<Expr>) -> Expr {
        Expr::Index { expr: Rc::new(self), index: Rc::new(index.into()) }
    }

    /// One more branch of a `CASE` that [`when`] began; of anything else it is the first.
    pub fn when(self, condition: Expr, value: impl Into<Expr>) -> Expr {
        match self {
            Expr::Case { mut branches, otherwise } => {
                branches.push((condition, value.into()));
                Expr::Case { branches, otherwise }
            }
            _ => when(condition, value),
        }
    }

    /// What a `CASE` is where no branch holds.
    pub fn otherwise(self, value: impl Into<Expr>) -> Expr {
        match self {
            Expr::Case { branches, .. } => Expr::Case { branches, otherwise: Some(Rc::new(value.into())) },
            other => other,
        }
    }

    /// Ascending, nulls first.
    pub fn asc(self) -> SortKey {
        SortKey { expr: self, ascending: true, nulls_first: true }
    }

    /// Descending, nulls last.
    pub fn desc(self) -> SortKey {
        SortKey { expr: self, ascending: false, nulls_first: false }
    }
}

macro_rules! literals {
    ($($from:ty => $datum:ident, $data_type:ident;)*) => {
        $(impl From<$from> for Expr {
            fn from(value: $from) -> Expr {
                Expr::literal(Datum::$datum(value), DataType::$data_type)
            }
        })*
    };
}

literals! {
    bool => Boolean, Boolean;
    i8 => Byte, Byte;
    i16 => Short, Short;
    i32 => Integer, Integer;
    i64 => Long, Long;
    f32 => Float, Float;
    f64 => Double, Double;
}

impl From<&str> for Expr {
    fn from(value: &str) -> Expr {
        Expr::literal(Datum::String(value.into()), DataType::String)
    }
}

impl From<Literal> for Expr {
    fn from(literal: Literal) -> Expr {
        Expr::Literal(literal)
    }
}

macro_rules! operators {
    ($($name:ident, $method:ident => $op:ident;)*) => {
        $(impl<T: Into<Expr>> $name<T> for Expr {
            type Output = Expr;

            fn $method(self, other: T) -> Expr {
                Expr::binary(BinaryOp::$op, self, other)
            }
        })*
    };
}

operators! {
    Add, add => Add;
    Sub, sub => Subtract;
    Mul, mul => Multiply;
    Div, div => Divide;
    Rem, rem => Remainder;
    BitAnd, bitand => BitAnd;
    BitOr, bitor => BitOr;
    BitXor, bitxor => BitXor;
}

impl Neg for Expr {
    type Output = Expr;

    fn neg(self) -> Expr {
        Expr::unary(UnaryOp::Negative, self)
    }
}

impl Not for Expr {
    type Output = Expr;

    fn not(self) -> Expr {
        Expr::unary(UnaryOp::Not, self)
    }
}
