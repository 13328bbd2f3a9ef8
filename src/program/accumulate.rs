//! Accumulators within a task: what it adds, kept apart until the task is done.

use std::cell::RefCell;

use indexmap::IndexMap;
use rustpython_vm::{AsObject, PyObjectRef, PyResult, VirtualMachine};

use super::convert;
use crate::value::Value;

thread_local! {
    static ADDED: RefCell<IndexMap<u64, PyObjectRef>> = RefCell::default();
}

/// Adds a term to what the task has of an accumulator; `param` is PySpark's `AccumulatorParam`.
pub(super) fn add(
    vm: &VirtualMachine,
    accumulator: u64,
    zero: PyObjectRef,
    term: PyObjectRef,
    param: &PyObjectRef,
) -> PyResult<()> {
    let before = match ADDED.with_borrow_mut(|added| added.shift_remove(&accumulator)) {
        Some(before) => before,
        None => vm.call_method(param, "zero", (zero,))?,
    };
    let sum = vm.call_method(param, "addInPlace", (before, term))?;
    // Converted only to learn now, where the program can be told, that it can be.
    if !sum.class().is(vm.ctx.types.int_type) && !sum.class().is(vm.ctx.types.float_type) {
        convert::from_python(vm, &sum)?;
    }
    ADDED.with_borrow_mut(|added| added.insert(accumulator, sum));
    Ok(())
}

/// What the task added, by accumulator; nothing of it remains.
pub(super) fn drain(vm: &VirtualMachine) -> Vec<(u64, Value)> {
    let converted = |(accumulator, sum): (u64, PyObjectRef)| Some((accumulator, convert::from_python(vm, &sum).ok()?));
    ADDED.take().into_iter().filter_map(converted).collect()
}
