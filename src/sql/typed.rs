//! Analyzed expressions: every column known, every type settled, every cast written out.

mod display;

use std::fmt::{self, Debug, Formatter};
use std::rc::Rc;

pub(crate) use display::{call_text, call_text_of};

use super::aggregates::Aggregate;
use super::functions::Function;
use super::{AttributeId, DataType, Datum, SqlError};

/// A function of the program: `udf` in Python, a closure in Rust.
#[derive(Clone)]
pub struct UserFunction {
    pub name: Rc<str>,
    pub returns: DataType,
    pub deterministic: bool,
    /// What calls it: all arguments of one row to one value.
    pub call: Rc<dyn Fn(&[Datum]) -> Result<Datum, SqlError>>,
}

impl Debug for UserFunction {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.debug_struct("UserFunction").field("name", &self.name).field("returns", &self.returns).finish()
    }
}

impl PartialEq for UserFunction {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.call, &other.call) && self.name == other.name && self.returns == other.returns
    }
}

/// An analyzed expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Typed {
    pub kind: TypedKind,
    pub data_type: DataType,
    pub nullable: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TypedKind {
    Attribute {
        id: AttributeId,
        name: Rc<str>,
    },
    Literal(Datum),
    /// Spark's non-ANSI cast, or `try_cast`, to the expression's type.
    Cast {
        expr: Rc<Typed>,
        try_cast: bool,
    },
    /// Operators are functions too: `+`, `=`, `and`, ... Arguments have the types that the function asked for.
    Call {
        function: &'static Function,
        args: Vec<Typed>,
    },
    /// An aggregate; only below [`Node::Aggregate`](super::Node::Aggregate).
    Aggregate {
        function: &'static Aggregate,
        args: Vec<Typed>,
        distinct: bool,
        filter: Option<Rc<Typed>>,
    },
    Case {
        branches: Vec<(Typed, Typed)>,
        otherwise: Option<Rc<Typed>>,
    },
    /// A field of a struct by its index, or of each struct of an array.
    Field {
        expr: Rc<Typed>,
        index: usize,
    },
    /// Parameters are attributes of their own, which the body refers to.
    Lambda {
        parameters: Vec<AttributeId>,
        body: Rc<Typed>,
    },
    UserCall {
        function: UserFunction,
        args: Vec<Typed>,
    },
    /// A window function, for the refusal at start.
    Over {
        expr: Rc<Typed>,
        partition_by: Vec<Typed>,
    },
}

/// An expression with the identity and name of the column it makes.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    pub expr: Typed,
    pub attribute: super::Attribute,
}
