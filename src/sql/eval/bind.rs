//! Expressions bound to the columns and parameters that they read.

use std::cell::RefCell;

use arrow_array::ArrayRef;

use super::internal_error;
use crate::sql::functions::{Evaluation, Function};
use crate::sql::{Attribute, AttributeId, DataType, Datum, SqlError, Typed, TypedKind, UserFunction};

/// One bound expression.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub kind: StepKind,
    pub data_type: DataType,
}

#[derive(Clone, Debug)]
pub(super) enum StepKind {
    /// A column of the input.
    Column(usize),
    /// A parameter of a lambda around this, counted from the outermost.
    Parameter(usize),
    Literal(Constant),
    Cast {
        input: Box<Step>,
        try_cast: bool,
    },
    /// `and` where the flag is set, else `or`.
    Junction {
        and: bool,
        left: Box<Step>,
        right: Box<Step>,
    },
    Call {
        function: &'static Function,
        args: Vec<Step>,
        types: Vec<DataType>,
    },
    HigherOrder {
        function: &'static Function,
        args: Vec<Step>,
        lambdas: Vec<BoundLambda>,
    },
    Case {
        branches: Vec<(Step, Step)>,
        otherwise: Option<Box<Step>>,
    },
    Field {
        input: Box<Step>,
        index: usize,
    },
    UserCall {
        function: UserFunction,
        args: Vec<Step>,
    },
}

/// A literal, and its column as long as any batch before asked for.
#[derive(Clone, Debug)]
pub(super) struct Constant {
    pub value: Datum,
    pub column: RefCell<Option<ArrayRef>>,
}

/// A lambda, and how many parameters the lambdas around it have.
#[derive(Clone, Debug)]
pub(super) struct BoundLambda {
    pub outer: usize,
    pub body: Step,
}

/// Finds columns and parameters.
pub(super) struct Binder<'a> {
    input: &'a [Attribute],
    parameters: Vec<AttributeId>,
}

impl<'a> Binder<'a> {
    pub fn new(input: &'a [Attribute]) -> Self {
        Binder { input, parameters: Vec::new() }
    }

    pub fn bind(&mut self, typed: &Typed) -> Result<Step, SqlError> {
        Ok(Step { kind: self.kind(typed)?, data_type: typed.data_type.clone() })
    }

    fn all(&mut self, typed: &[Typed]) -> Result<Vec<Step>, SqlError> {
        typed.iter().map(|it| self.bind(it)).collect()
    }

    fn boxed(&mut self, typed: &Typed) -> Result<Box<Step>, SqlError> {
        self.bind(typed).map(Box::new)
    }

    fn kind(&mut self, typed: &Typed) -> Result<StepKind, SqlError> {
        Ok(match &typed.kind {
            TypedKind::Attribute { id, name } => self.attribute(*id, name)?,
            TypedKind::Literal(value) => {
                StepKind::Literal(Constant { value: value.clone(), column: RefCell::default() })
            }
            TypedKind::Cast { expr, try_cast } => StepKind::Cast { input: self.boxed(expr)?, try_cast: *try_cast },
            TypedKind::Call { function, args } => self.call(function, args)?,
            TypedKind::Case { branches, otherwise } => {
                let mut bound = Vec::with_capacity(branches.len());
                for (when, then) in branches {
                    bound.push((self.bind(when)?, self.bind(then)?));
                }
                let otherwise = otherwise.as_ref().map(|it| self.boxed(it)).transpose()?;
                StepKind::Case { branches: bound, otherwise }
            }
            TypedKind::Field { expr, index } => StepKind::Field { input: self.boxed(expr)?, index: *index },
            TypedKind::UserCall { function, args } => {
                StepKind::UserCall { function: function.clone(), args: self.all(args)? }
            }
            TypedKind::Lambda { .. } | TypedKind::Aggregate { .. } | TypedKind::Over { .. } => {
                return Err(internal_error(format!("Cannot generate code for expression: {typed}")));
            }
        })
    }

    fn attribute(&self, id: AttributeId, name: &str) -> Result<StepKind, SqlError> {
        if let Some(index) = self.parameters.iter().rposition(|parameter| *parameter == id) {
            return Ok(StepKind::Parameter(index));
        }
        if let Some(index) = self.input.iter().position(|attribute| attribute.id == id) {
            return Ok(StepKind::Column(index));
        }
        let columns: Vec<_> = self.input.iter().map(|it| format!("{}#{}", it.name, it.id.0)).collect();
        Err(internal_error(format!("Couldn't find {name}#{} in [{}]", id.0, columns.join(","))))
    }

    fn call(&mut self, function: &'static Function, args: &[Typed]) -> Result<StepKind, SqlError> {
        if let ("and" | "or", [left, right]) = (function.name, args) {
            let and = function.name == "and";
            return Ok(StepKind::Junction { and, left: self.boxed(left)?, right: self.boxed(right)? });
        }
        if !matches!(function.evaluation, Evaluation::HigherOrder(_)) {
            let types = args.iter().map(|arg| arg.data_type.clone()).collect();
            return Ok(StepKind::Call { function, args: self.all(args)?, types });
        }
        let (mut values, mut lambdas) = (Vec::new(), Vec::new());
        for arg in args {
            let TypedKind::Lambda { parameters, body } = &arg.kind else {
                values.push(self.bind(arg)?);
                continue;
            };
            let outer = self.parameters.len();
            self.parameters.extend(parameters);
            let body = self.bind(body);
            self.parameters.truncate(outer);
            lambdas.push(BoundLambda { outer, body: body? });
        }
        Ok(StepKind::HigherOrder { function, args: values, lambdas })
    }
}
