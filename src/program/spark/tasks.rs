//! Functions of the program inside tasks.

use std::rc::Rc;

use super::super::{Aftermath, Function, ProgramError, Surroundings, Task};
use crate::cluster::rdd::Rows;
use crate::cluster::{AccumulatorId, TaskContext, TaskError};
use crate::sim::Duration;
use crate::value::Value;

/// Runs a chain of functions over a partition, each a generator over the one before.
pub(super) fn pipe(
    chain: &[Function],
    partition: u32,
    rows: Rows<Value>,
    context: &mut TaskContext,
) -> Result<Rows<Value>, TaskError> {
    let input: Rc<[Value]> = rows.collect();
    let task = Task::new(chain).map_err(|error| task_error(&error))?;
    let (result, aftermath) = task.pipe(partition as usize, input, surroundings(context));
    absorb(aftermath, context);
    match result {
        Ok(rows) => Ok(Box::new(rows.into_iter())),
        Err(error) => Err(task_error(&error)),
    }
}

/// Calls one function, with a copy of its own of whatever it reaches.
pub(super) fn call(function: &Function, arguments: &[Value]) -> Result<Value, TaskError> {
    let task = Task::new(std::slice::from_ref(function)).map_err(|error| task_error(&error))?;
    task.enter(Surroundings::default(), |calls| calls.call(0, arguments)).0.map_err(|error| task_error(&error))
}

/// Whether a function's result counts as true in Python.
pub(super) fn is_true(value: &Value) -> bool {
    match value {
        Value::None => false,
        Value::Bool(flag) => *flag,
        Value::Int(number) => *number != 0,
        Value::Float(number) => *number != 0.0,
        Value::Str(text) => !text.is_empty(),
        Value::Bytes(bytes) => !bytes.is_empty(),
        Value::Tuple(members) | Value::List(members) | Value::Set(members) | Value::FrozenSet(members) => {
            !members.is_empty()
        }
        Value::Dict(entries) => !entries.is_empty(),
        Value::BigInt(_) | Value::Object(_) => true,
    }
}

fn surroundings(context: &TaskContext) -> Surroundings {
    Surroundings { now: context.info.now.0 as i64, seed: context.info.seed, budget: Surroundings::BUDGET }
}

fn absorb(aftermath: Aftermath, context: &mut TaskContext) {
    aftermath.printed.lines().for_each(|line| context.print(line));
    context.sleep(Duration(aftermath.slept.max(0) as u64));
    for (accumulator, update) in aftermath.accumulated {
        context.accumulate(AccumulatorId(accumulator), Rc::new(update));
    }
}

/// As Spark reports it: a `PythonException` with Python's traceback.
fn task_error(error: &ProgramError) -> TaskError {
    TaskError::user("org.apache.spark.api.python.PythonException", error.traceback.trim_end())
}
