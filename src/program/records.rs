//! The records of a partition as a Python iterator, converted one at a time.

use std::{cell::Cell, rc::Rc};

use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::PyBaseExceptionRef,
    class::PyClassImpl,
    protocol::{PyIter, PyIterReturn},
    pyclass,
    types::{IterNext, Iterable, SelfIter},
};

use super::{budget, convert};
use crate::value::Value;

/// Iterates over records that Rust holds; each one taken costs a step of the budget.
#[pyclass(module = "_headwater", name = "Records")]
#[derive(Debug, PyPayload)]
pub(super) struct Records {
    records: Rc<[Value]>,
    next: Cell<usize>,
}

#[pyclass(with(IterNext, Iterable))]
impl Records {}

impl SelfIter for Records {}

impl IterNext for Records {
    fn next(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<PyIterReturn> {
        let index = zelf.next.get();
        let Some(record) = zelf.records.get(index) else { return Ok(PyIterReturn::StopIteration(None)) };
        zelf.next.set(index + 1);
        budget::step(vm)?;
        convert::to_python(vm, record).map(PyIterReturn::Return)
    }
}

/// What a per-record function does with its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// It is the new record.
    Yield,
    /// It says whether the record stays.
    Test,
}

/// Applies a function to each record of an iterator.
#[pyclass(module = "_headwater", name = "Applied")]
#[derive(Debug, PyPayload)]
pub(super) struct Applied {
    function: PyObjectRef,
    records: PyObjectRef,
    result: Use,
}

#[pyclass(with(IterNext, Iterable))]
impl Applied {}

impl SelfIter for Applied {}

impl IterNext for Applied {
    fn next(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<PyIterReturn> {
        let records = PyIter::new(&*zelf.records);
        loop {
            let PyIterReturn::Return(record) = records.next(vm)? else { return Ok(PyIterReturn::StopIteration(None)) };
            let kept = (zelf.result == Use::Test).then(|| record.clone());
            let result = zelf.function.vectorcall(vec![record], 1, None, vm).map_err(|error| stopped(vm, error))?;
            match kept {
                None => return Ok(PyIterReturn::Return(result)),
                Some(record) if result.try_to_bool(vm)? => return Ok(PyIterReturn::Return(record)),
                Some(_) => {}
            }
        }
    }
}

/// PySpark's error for a function that raises `StopIteration`, which would end the records early and silently.
#[cold]
fn stopped(vm: &VirtualMachine, error: PyBaseExceptionRef) -> PyBaseExceptionRef {
    if !error.fast_isinstance(vm.ctx.exceptions.stop_iteration) {
        return error;
    }
    let message = "Caught StopIteration thrown from user's code; failing the task";
    let failed = vm.new_runtime_error(message.to_owned());
    failed.set___cause__(Some(error));
    failed
}

fn applied(vm: &VirtualMachine, function: PyObjectRef, records: PyObjectRef, result: Use) -> PyResult {
    let records: PyObjectRef = records.get_iter(vm)?.into();
    Ok(Applied { function, records, result }.into_ref(&vm.ctx).into())
}

/// The function's results.
pub(super) fn mapped(vm: &VirtualMachine, function: PyObjectRef, records: PyObjectRef) -> PyResult {
    applied(vm, function, records, Use::Yield)
}

/// The records for which the function says yes.
pub(super) fn filtered(vm: &VirtualMachine, function: PyObjectRef, records: PyObjectRef) -> PyResult {
    applied(vm, function, records, Use::Test)
}

/// Makes the classes known to the interpreter.
pub(super) fn install() {
    Records::make_static_type();
    Applied::make_static_type();
}

/// An iterator over the records.
pub(super) fn iterator(vm: &VirtualMachine, records: Rc<[Value]>) -> PyObjectRef {
    Records { records, next: Cell::new(0) }.into_ref(&vm.ctx).into()
}

/// All that an iterable yields.
pub(super) fn collect(vm: &VirtualMachine, iterable: &PyObject) -> PyResult<Vec<Value>> {
    let iterator: PyIter = iterable.to_owned().get_iter(vm)?;
    let mut records = Vec::new();
    while let PyIterReturn::Return(record) = iterator.next(vm)? {
        records.push(convert::from_python(vm, record.as_object())?);
    }
    Ok(records)
}
