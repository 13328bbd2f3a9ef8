//! Expressions as they were written: names not looked up, types not known.

mod build;
mod display;
mod literal_text;
mod pretty_call;
#[cfg(test)]
mod tests;

use std::rc::Rc;

pub use build::{call, col, lit, when};

use super::{AttributeId, DataType, Datum, Typed, UserFunction};

/// A value written out.
#[derive(Clone, Debug, PartialEq)]
pub struct Literal {
    pub value: Datum,
    pub data_type: DataType,
}

/// `expr [ASC|DESC] [NULLS FIRST|LAST]`. Spark's default puts nulls first ascending and last descending.
#[derive(Clone, Debug, PartialEq)]
pub struct SortKey {
    pub expr: Expr,
    pub ascending: bool,
    pub nulls_first: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    Not,
    /// `-x`.
    Negative,
    /// `+x`.
    Positive,
    BitNot,
    IsNull,
    IsNotNull,
    IsTrue,
    IsFalse,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    And,
    Or,
    Eq,
    /// `<=>`: null equals null.
    EqNullSafe,
    NotEq,
    Lt,
    LtEq,
    Gt,
    GtEq,
    Add,
    Subtract,
    Multiply,
    Divide,
    /// `div`.
    IntegralDivide,
    Remainder,
    BitAnd,
    BitOr,
    BitXor,
    /// `||`.
    Concat,
}

/// The part of a window function's frame that a refusal needs to know: that there is one.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    pub partition_by: Vec<Expr>,
    pub order_by: Vec<SortKey>,
}

/// An expression as it was written. `Display` gives Spark's `toPrettySQL`, by which unnamed columns are named and
/// errors speak; [`Expr::output_name`] is the whole rule of an unnamed column's name.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// `a`, `t.a`, `a.b.c`: the parts of a name, and of fields below it.
    Column(Vec<Rc<str>>),
    /// A column by its identity: what `df["a"]` and `df.a` of a DataFrame give. The name is for people.
    Attribute {
        id: AttributeId,
        name: Rc<str>,
    },
    /// `*`, `t.*`, `p.*` (of a struct).
    Star(Vec<Rc<str>>),
    Literal(Literal),
    Alias {
        expr: Rc<Expr>,
        name: Rc<str>,
    },
    /// An alias of several columns, as a generator has: `explode(m) AS (k, v)`.
    MultiAlias {
        expr: Rc<Expr>,
        names: Vec<Rc<str>>,
    },
    Cast {
        expr: Rc<Expr>,
        to: DataType,
        try_cast: bool,
    },
    Unary {
        op: UnaryOp,
        expr: Rc<Expr>,
    },
    Binary {
        op: BinaryOp,
        left: Rc<Expr>,
        right: Rc<Expr>,
    },
    /// A function by name, an aggregate, a generator and `window` included. `distinct` and `filter` are of aggregates.
    Call {
        name: Rc<str>,
        args: Vec<Expr>,
        distinct: bool,
        filter: Option<Rc<Expr>>,
    },
    /// `CASE [operand] WHEN .. THEN .. ELSE .. END`, with the operand folded into the conditions.
    Case {
        branches: Vec<(Expr, Expr)>,
        otherwise: Option<Rc<Expr>>,
    },
    In {
        expr: Rc<Expr>,
        list: Vec<Expr>,
        negated: bool,
    },
    Between {
        expr: Rc<Expr>,
        low: Rc<Expr>,
        high: Rc<Expr>,
        negated: bool,
    },
    /// `LIKE`, `ILIKE`; `RLIKE` is the function `rlike`.
    Like {
        expr: Rc<Expr>,
        pattern: Rc<Expr>,
        escape: Option<char>,
        insensitive: bool,
        negated: bool,
    },
    /// `x[i]`: an element of an array, the value of a key, a field of a struct.
    Index {
        expr: Rc<Expr>,
        index: Rc<Expr>,
    },
    /// `x.getField("f")`, and `.f` on what is no plain name.
    Field {
        expr: Rc<Expr>,
        name: Rc<str>,
    },
    /// `(x, y) -> ...`: the names, and the body, in which they are [`Expr::Column`]s.
    Lambda {
        parameters: Vec<Rc<str>>,
        body: Rc<Expr>,
    },
    /// A function of the program, by `udf` or by the Rust API.
    UserCall {
        function: UserFunction,
        args: Vec<Expr>,
    },
    /// `f(...) OVER (...)`.
    Over {
        expr: Rc<Expr>,
        frame: Frame,
    },
    /// An expression that was analyzed before.
    Typed(Rc<Typed>),
}
