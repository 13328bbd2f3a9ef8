//! Functions of the program as closures over rows: `udf`, state functions, and `foreach`.
//!
//! A closure works on a copy of what its function reaches, as tasks do: within [`in_task`] on one copy for the whole
//! task, otherwise on a new one for each call.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use super::super::{Aftermath, Function, ProgramError, Surroundings, Task};
use super::rows::{datum_of, of_state, rows_to_value, state_datum, to_value, tuple_of};
use super::tree::{malformed, members};
use crate::sql::{
    DataType, Datum, Node, OutputMode, SqlError, StateFunction, StateTimeout, StructField, Typed, TypedKind,
    UserFunction,
};
use crate::sql::{StateCall, StateOutcome};
use crate::value::Value;

/// What a task gives its functions, and what it learns of them.
struct Running {
    number: u64,
    surroundings: Surroundings,
    aftermath: Aftermath,
}

thread_local! {
    static TASK: RefCell<Option<Running>> = const { RefCell::new(None) };
    static TASKS: Cell<u64> = const { Cell::new(0) };
}

/// Runs a task: functions called within share one copy for each of them, see the surroundings, and what they print,
/// sleep and add to accumulators comes back beside the result.
pub fn in_task<R>(surroundings: Surroundings, body: impl FnOnce() -> R) -> (R, Aftermath) {
    let number = TASKS.get() + 1;
    TASKS.set(number);
    let outer = TASK.replace(Some(Running { number, surroundings, aftermath: Aftermath::default() }));
    let result = body();
    let aftermath = TASK.replace(outer).map_or_else(Aftermath::default, |task| task.aftermath);
    (result, aftermath)
}

/// A function, and the copy of it that the running task has.
struct Callable {
    function: Function,
    copy: RefCell<Option<(u64, Rc<Task>)>>,
}

impl Callable {
    fn new(function: Function) -> Rc<Callable> {
        Rc::new(Callable { function, copy: RefCell::new(None) })
    }

    fn task(&self, number: Option<u64>) -> Result<Rc<Task>, ProgramError> {
        if let (Some(number), Some((of, task))) = (number, &*self.copy.borrow())
            && number == *of
        {
            return Ok(task.clone());
        }
        let task = Rc::new(Task::new(std::slice::from_ref(&self.function))?);
        *self.copy.borrow_mut() = number.map(|number| (number, task.clone()));
        Ok(task)
    }

    fn call(&self, arguments: &[Value]) -> Result<Value, SqlError> {
        let running = TASK.with_borrow(|task| task.as_ref().map(|task| (task.number, task.surroundings)));
        let task = self.task(running.map(|(number, _)| number)).map_err(|error| sql_error(&error))?;
        let surroundings = running.map_or_else(Surroundings::default, |(_, surroundings)| surroundings);
        let (result, aftermath) = task.enter(surroundings, |calls| calls.call(0, arguments));
        TASK.with_borrow_mut(|task| {
            if let Some(task) = task {
                absorb(task, aftermath);
            }
        });
        result.map_err(|error| sql_error(&error))
    }
}

/// Adds to a task's account: its clock and budget go on where the call has left them.
fn absorb(task: &mut Running, call: Aftermath) {
    task.surroundings.now = task.surroundings.now.saturating_add(call.slept);
    task.surroundings.budget = task.surroundings.budget.saturating_sub(call.steps);
    let all = &mut task.aftermath;
    all.printed.push_str(&call.printed);
    all.slept = all.slept.saturating_add(call.slept);
    all.steps = all.steps.saturating_add(call.steps);
    for (accumulator, term) in call.accumulated {
        let sum = all.accumulated.iter_mut().find(|(known, _)| *known == accumulator);
        match sum.map(|(_, sum)| sum.checked_add(&term).map(|added| *sum = added)) {
            Some(Some(())) => {}
            _ => all.accumulated.push((accumulator, term)),
        }
    }
}

/// Classes of Spark's exceptions that a program's function may raise.
const CLASSES: &[&str] = &[
    "AnalysisException",
    "ArithmeticException",
    "IllegalArgumentException",
    "SparkRuntimeException",
    "UnsupportedOperationException",
];

/// A function's exception as Spark sees it: its own exceptions as they are, others as a `PythonException`.
fn sql_error(error: &ProgramError) -> SqlError {
    if let Some(class) = CLASSES.iter().find(|class| **class == error.kind) {
        return SqlError::new(class, None, error.message.as_str());
    }
    if error.java_class.as_deref() == Some("java.util.NoSuchElementException") {
        let text = error.message.rsplit_once(": ").map_or(error.message.as_str(), |(_, text)| text);
        return SqlError::new("NoSuchElementException", None, text);
    }
    SqlError::new("PythonException", None, error.traceback.trim_end())
}

/// The types of a call's arguments, known once the call was analyzed.
type Types = Rc<OnceCell<Vec<DataType>>>;

/// The program's functions by their numbers, and the calls that wait for the types of their arguments.
#[derive(Clone, Default)]
pub(super) struct UserFunctions {
    functions: Vec<Function>,
    calls: Vec<(UserFunction, Types)>,
    states: Vec<(StateFunction, Types)>,
}

/// A state function as the facade spells it.
pub(super) struct StateSpelling {
    pub number: i64,
    pub name: Rc<str>,
    pub output: Rc<[StructField]>,
    pub mode: Option<Rc<str>>,
    pub timeout: Rc<str>,
    /// The state's columns; without them it is whatever the program has.
    pub state: Option<Rc<[StructField]>>,
}

impl UserFunctions {
    /// Takes a function in; its number.
    pub(super) fn add(&mut self, function: Function) -> usize {
        self.functions.push(function);
        self.functions.len() - 1
    }

    pub(super) fn get(&self, number: i64) -> Result<Function, SqlError> {
        let index = usize::try_from(number).ok();
        index
            .and_then(|index| self.functions.get(index).cloned())
            .ok_or_else(|| malformed("number of a function", &Value::Int(number)))
    }

    /// One call of a function in an expression.
    pub(super) fn call(
        &mut self,
        number: i64,
        name: &str,
        returns: DataType,
        deterministic: bool,
    ) -> Result<UserFunction, SqlError> {
        let callable = Callable::new(self.get(number)?);
        let types = Types::default();
        let (known, result) = (types.clone(), returns.clone());
        let call = move |args: &[Datum]| {
            let none = Vec::new();
            let types = known.get().unwrap_or(&none);
            let value = |(index, datum): (usize, &Datum)| to_value(datum, types.get(index).unwrap_or(&DataType::Null));
            let arguments = Value::list(args.iter().enumerate().map(value).collect::<Vec<_>>());
            callable.call(&[arguments]).map(|value| datum_of(&value, &result))
        };
        let function = UserFunction { name: name.into(), returns, deterministic, call: Rc::new(call) };
        self.calls.push((function.clone(), types));
        Ok(function)
    }

    /// A state function.
    pub(super) fn state(&mut self, spelling: StateSpelling) -> Result<StateFunction, SqlError> {
        let callable = Callable::new(self.get(spelling.number)?);
        let mode = spelling.mode.as_deref().map(str::parse::<OutputMode>).transpose()?;
        let (timeout, timeout_name) = timeout(&spelling.timeout)?;
        let types = Types::default();
        let known = types.clone();
        let (state_fields, output) = (spelling.state, spelling.output.clone());
        let call = move |call: StateCall<'_>| {
            let none = Vec::new();
            let types = known.get().unwrap_or(&none);
            let key = |(index, datum): (usize, &Datum)| to_value(datum, types.get(index).unwrap_or(&DataType::Null));
            let before = call.state.as_ref().map(|state| before(state, state_fields.as_deref()));
            let arguments = [
                Value::tuple(call.key.iter().enumerate().map(key).collect::<Vec<_>>()),
                Value::list(call.rows.iter().map(|row| tuple_of(row, call.schema)).collect::<Vec<_>>()),
                Value::from(before),
                Value::Bool(call.timed_out),
                Value::from(call.watermark),
                Value::Int(call.processing_time),
                Value::str(timeout_name),
            ];
            outcome(&callable.call(&arguments)?, &output, state_fields.as_deref())
        };
        let function =
            StateFunction { name: spelling.name, output: spelling.output, mode, timeout, call: Rc::new(call) };
        self.states.push((function.clone(), types));
        Ok(function)
    }

    /// Tells the calls of an analyzed plan what types they are given.
    pub(super) fn settle(&mut self, node: &Node) {
        if !self.calls.is_empty() || !self.states.is_empty() {
            self.settle_node(node);
            self.calls.clear();
            self.states.clear();
        }
    }

    fn settle_node(&self, node: &Node) {
        if let Node::StateGroups { keys, function, .. } = node
            && let Some((_, types)) = self.states.iter().find(|(known, _)| known == function)
        {
            let _ = types.set(keys.iter().map(|key| key.data_type.clone()).collect());
        }
        node_expressions(node).into_iter().for_each(|expr| self.settle_expr(expr));
        node.children().into_iter().for_each(|child| self.settle_node(child));
    }

    fn settle_expr(&self, expr: &Typed) {
        if let TypedKind::UserCall { function, args } = &expr.kind
            && let Some((_, types)) = self.calls.iter().find(|(known, _)| known == function)
        {
            let _ = types.set(args.iter().map(|arg| arg.data_type.clone()).collect());
        }
        expr.children().into_iter().for_each(|child| self.settle_expr(child));
    }
}

/// The expressions of a plan's own operator.
fn node_expressions(node: &Node) -> Vec<&Typed> {
    match node {
        Node::Project { exprs, .. } | Node::Window { exprs, .. } | Node::Observe { exprs, .. } => {
            exprs.iter().map(|named| &named.expr).collect()
        }
        Node::Filter { condition, .. } => vec![condition],
        Node::Expand { projections, .. } => projections.iter().flatten().collect(),
        Node::Aggregate { keys, exprs, .. } => keys.iter().chain(exprs).map(|named| &named.expr).collect(),
        Node::Generate { generator, .. } => vec![generator],
        Node::Join { condition, .. } => condition.iter().collect(),
        Node::Sort { keys, .. } => keys.iter().map(|(key, _)| key).collect(),
        Node::StateGroups { keys, .. } => keys.iter().collect(),
        _ => Vec::new(),
    }
}

fn timeout(name: &str) -> Result<(StateTimeout, &'static str), SqlError> {
    Ok(match name {
        "NoTimeout" => (StateTimeout::NoTimeout, "NoTimeout"),
        "ProcessingTimeTimeout" => (StateTimeout::ProcessingTime, "ProcessingTimeTimeout"),
        "EventTimeTimeout" => (StateTimeout::EventTime, "EventTimeTimeout"),
        other => return Err(SqlError::new("IllegalArgumentException", None, format!("Unknown timeout {other}"))),
    })
}

/// The state as the function finds it: columns as a tuple, anything else in a tuple of one.
fn before(state: &Datum, fields: Option<&[StructField]>) -> Value {
    match (state, fields) {
        (Datum::Struct(values), Some(fields)) => tuple_of(values, fields),
        (state, _) => Value::tuple([of_state(state)]),
    }
}

/// What the facade's `track` gives: rows, the state or `None`, and when it times out or `None`.
fn outcome(
    answer: &Value,
    output: &Rc<[StructField]>,
    state_fields: Option<&[StructField]>,
) -> Result<StateOutcome, SqlError> {
    let [rows, state, timeout_at] = members(answer)? else { return Err(malformed("state function", answer)) };
    let of = DataType::Struct(output.clone());
    let row = |row: &Value| match datum_of(row, &of) {
        Datum::Struct(values) => Ok(values),
        _ => Err(malformed("row of a state function", row)),
    };
    let rows = members(rows)?.iter().map(row).collect::<Result<_, _>>()?;
    let state = match (state, state_fields) {
        (Value::None, _) => None,
        (state, Some(fields)) => Some(datum_of(state, &DataType::Struct(fields.into()))),
        (state, None) => members(state)?.first().map(state_datum),
    };
    let timeout_at = match timeout_at {
        Value::Int(at) => Some(*at),
        _ => None,
    };
    Ok(StateOutcome { state, timeout_at, rows })
}

/// Calls the function of `foreach` for a partition of a batch.
///
/// # Errors
/// What the function raised.
pub fn call_writer(
    writer: &Function,
    partition: u32,
    batch: u64,
    rows: &[Rc<[Datum]>],
    schema: &[StructField],
) -> Result<(), SqlError> {
    let arguments = [Value::from(partition), Value::from(batch), rows_to_value(rows, schema)];
    Callable::new(writer.clone()).call(&arguments).map(drop)
}

/// Calls a function of the facade once, on a copy of its own: what it changes or prints is seen by nobody.
pub(super) fn call_isolated(function: &Function) -> Result<Value, SqlError> {
    let task = Task::new(std::slice::from_ref(function)).map_err(|error| sql_error(&error))?;
    task.enter(Surroundings::default(), |calls| calls.call(0, &[])).0.map_err(|error| sql_error(&error))
}
