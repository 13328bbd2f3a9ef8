//! Functions of a program that run elsewhere, each task with a copy of its own.

use std::{cell::OnceCell, rc::Rc};

use rustpython_vm::{
    AsObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyStr},
};

use super::{
    accumulate, broadcast,
    classes::Registry,
    convert,
    copy::{Copy, Destination},
    error::ProgramError,
    interpreter,
    reach::{Parts, Reach},
    scope::{self, Aftermath, Surroundings},
    source::Source,
};
use crate::value::Value;

/// A Python callable, captured as Spark captures it: what it reaches is taken along, by copy.
///
/// Cheap to clone. Capturing is late, as in Spark: the function is looked into when it first runs.
#[derive(Clone, Debug)]
pub struct Function(Rc<Captured>);

#[derive(Debug)]
struct Captured {
    callable: PyObjectRef,
    registry: Registry,
    source: Source,
    name: String,
    line: Option<u32>,
    /// Place among the functions of the program's graph.
    slot: Option<usize>,
    snapshot: OnceCell<Snapshot>,
}

#[derive(Clone, Debug)]
enum Snapshot {
    /// Nobody can tell whether it was copied, so it is not.
    Pure,
    /// What tasks copy from; itself never run.
    Original(PyObjectRef),
}

impl Function {
    pub(super) fn new(vm: &VirtualMachine, callable: PyObjectRef, source: &Source, slot: Option<usize>) -> Function {
        let text = |name: &'static str| callable.get_attr(name, vm).ok().and_then(|name| name.downcast::<PyStr>().ok());
        let name = text("__name__").map_or_else(|| callable.class().name().to_string(), |name| name.to_string());
        let line =
            Parts::of(vm, &callable).ok().and_then(|parts| parts.code.first_line_number).map(|line| line.get() as u32);
        Function(Rc::new(Captured {
            callable,
            registry: Registry::current(),
            source: source.clone(),
            name,
            line,
            slot,
            snapshot: OnceCell::new(),
        }))
    }

    /// The function's name in the program: `<lambda>` for most.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The line of the program where it is defined.
    pub fn line(&self) -> Option<u32> {
        self.0.line
    }

    /// Whether tasks share it because nobody could tell the difference.
    ///
    /// # Errors
    /// When it reaches something that can't travel: an RDD, a generator, a lock.
    pub fn is_pure(&self) -> Result<bool, ProgramError> {
        interpreter::with(|vm| {
            let snapshot = self.snapshot(vm).map_err(|error| self.0.source.error(vm, &error))?;
            Ok(matches!(snapshot, Snapshot::Pure))
        })
    }

    pub(super) fn slot(&self) -> Option<usize> {
        self.0.slot
    }

    pub(super) fn callable(&self) -> &PyObjectRef {
        &self.0.callable
    }

    pub(super) fn source(&self) -> &Source {
        &self.0.source
    }

    pub(super) fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// The same function, as an image has it.
    pub(super) fn with_callable(&self, callable: PyObjectRef) -> Function {
        let Captured { registry, source, name, line, slot, .. } = &*self.0;
        Function(Rc::new(Captured {
            callable,
            registry: registry.clone(),
            source: source.clone(),
            name: name.clone(),
            line: *line,
            slot: *slot,
            snapshot: OnceCell::new(),
        }))
    }

    /// Takes along what the function reaches, as it is now; only the first time.
    pub(super) fn capture(&self, vm: &VirtualMachine) -> PyResult<()> {
        self.snapshot(vm).map(drop)
    }

    fn snapshot(&self, vm: &VirtualMachine) -> PyResult<&Snapshot> {
        if let Some(snapshot) = self.0.snapshot.get() {
            return Ok(snapshot);
        }
        let make = || -> PyResult<Snapshot> {
            let mut reach = Reach::of_task();
            if reach.immutable(vm, &self.0.callable)? {
                self.0.registry.share(reach.examined());
                return Ok(Snapshot::Pure);
            }
            Ok(Snapshot::Original(Copy::first(vm, Destination::Task).copy(&self.0.callable)?))
        };
        let made = make().map_err(|error| pickling(vm, &error))?;
        Ok(self.0.snapshot.get_or_init(|| made))
    }
}

/// The functions of one task, copied for it and thrown away with it.
///
/// Functions of one task share what they share on the driver, as they do in Spark, where they travel together.
pub struct Task {
    functions: Vec<PyObjectRef>,
    registry: Registry,
    source: Source,
}

/// Within [`Task::enter`]: calls the task's functions.
pub struct Calls<'a> {
    vm: &'a VirtualMachine,
    task: &'a Task,
}

impl Task {
    /// Copies the functions for one task.
    ///
    /// # Errors
    /// When one of them reaches something that can't travel to a task.
    pub fn new(functions: &[Function]) -> Result<Task, ProgramError> {
        let Some(first) = functions.first() else {
            return Ok(Task { functions: Vec::new(), registry: Registry::default(), source: Source::default() });
        };
        let source = first.source().clone();
        interpreter::with(|vm| {
            let prepare = || -> PyResult<(Vec<PyObjectRef>, Registry)> {
                let mut registry = first.registry().clone();
                if functions.iter().all(|function| matches!(function.snapshot(vm), Ok(Snapshot::Pure))) {
                    return Ok((functions.iter().map(|function| function.callable().clone()).collect(), registry));
                }
                registry = registry.fork();
                let mut copy = Copy::again(vm, Destination::Task, &registry);
                let mut copies = Vec::with_capacity(functions.len());
                for function in functions {
                    copies.push(match function.snapshot(vm)? {
                        Snapshot::Pure => function.callable().clone(),
                        Snapshot::Original(original) => copy.copy(original)?,
                    });
                }
                drop(copy);
                Ok((copies, registry))
            };
            let (functions, registry) = prepare().map_err(|error| source.error(vm, &error))?;
            Ok(Task { functions, registry, source })
        })
    }

    /// Enters the interpreter once for many calls.
    pub fn enter<R>(&self, surroundings: Surroundings, body: impl FnOnce(&Calls) -> R) -> (R, Aftermath) {
        interpreter::with(|vm| {
            self.registry.enter(|| {
                let ((result, accumulated), mut aftermath) = scope::enter(surroundings, scope::Role::Task, || {
                    interpreter::reseed(vm);
                    let result = body(&Calls { vm, task: self });
                    broadcast::forget();
                    (result, accumulate::drain(vm))
                });
                aftermath.accumulated = accumulated;
                (result, aftermath)
            })
        })
    }

    /// Runs all functions in a chain over one partition, as Spark pipelines narrow transformations: each takes
    /// `(partition index, iterator)` and gives an iterable, and records stay Python objects in between.
    pub fn pipe(
        &self,
        partition: usize,
        input: Rc<[Value]>,
        surroundings: Surroundings,
    ) -> (Result<Vec<Value>, ProgramError>, Aftermath) {
        self.enter(surroundings, |calls| calls.pipe(partition, input))
    }
}

impl Calls<'_> {
    /// Calls one function.
    ///
    /// # Errors
    /// The exception it raised.
    pub fn call(&self, index: usize, arguments: &[Value]) -> Result<Value, ProgramError> {
        self.told(|| {
            super::budget::step(self.vm)?;
            let arguments =
                arguments.iter().map(|argument| convert::to_python(self.vm, argument)).collect::<PyResult<Vec<_>>>()?;
            let count = arguments.len();
            let result = self.task.functions[index].vectorcall(arguments, count, None, self.vm)?;
            convert::from_python(self.vm, &result)
        })
    }

    /// Runs all functions in a chain over one partition.
    ///
    /// # Errors
    /// The exception that one of them raised.
    pub fn pipe(&self, partition: usize, input: Rc<[Value]>) -> Result<Vec<Value>, ProgramError> {
        self.told(|| {
            let vm = self.vm;
            let mut stream = super::records::iterator(vm, input);
            for function in &self.task.functions {
                let partition: PyObjectRef = vm.ctx.new_int(partition).into();
                stream = function.call((partition, stream), vm)?;
            }
            super::records::collect(vm, &stream)
        })
    }

    fn told<R>(&self, body: impl FnOnce() -> PyResult<R>) -> Result<R, ProgramError> {
        let result = body().and_then(|result| super::budget::verdict(self.vm).map(|()| result));
        result.map_err(|error| self.task.source.error(self.vm, &error))
    }
}

/// The result, or PySpark's error for data that can't travel.
pub(super) fn pickled<T>(vm: &VirtualMachine, result: PyResult<T>) -> PyResult<T> {
    result.map_err(|error| pickling(vm, &error))
}

/// PySpark's error for what can't travel.
fn pickling(vm: &VirtualMachine, error: &PyBaseExceptionRef) -> PyBaseExceptionRef {
    let message = error.as_object().str(vm).map(|text| text.to_string_lossy().into_owned()).unwrap_or_default();
    let message = format!("Could not serialize object: {}: {message}", error.class().name());
    vm.new_exception_msg(interpreter::classes().pickling_error.clone(), message.into())
}
