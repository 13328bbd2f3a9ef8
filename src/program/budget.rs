//! The step budget: how much work one call into Python may do.
//!
//! Steps are turns of loops, entries into functions, items drawn from endless native iterators and records handed to a
//! task; never time. A call that has used its budget up meets [`exhausted`] at every further step, so swallowing the
//! error does not help it. One multiplication or repetition that would fill the memory is refused likewise.

use std::cell::Cell;

use rustpython_vm::{
    AsObject, PyObjectRef, PyPayload, PyResult, VirtualMachine, builtins::PyBaseExceptionRef, class::PyClassImpl,
    protocol::PyNumberMethods, pyclass, types::AsNumber,
};

use super::instrument::COUNTER;

thread_local! {
    static LEFT: Cell<u64> = const { Cell::new(u64::MAX) };
    static EXCEEDED: Cell<bool> = const { Cell::new(false) };
}

/// Where a call stands with its budget.
#[derive(Clone, Copy, Debug)]
pub(super) struct Account {
    pub left: u64,
    pub exceeded: bool,
}

/// Opens an account for a call; gives the one before, to be put back after it.
pub(super) fn replace(account: Account) -> Account {
    Account { left: LEFT.replace(account.left), exceeded: EXCEEDED.replace(account.exceeded) }
}

/// Takes one step.
#[inline]
pub(super) fn step(vm: &VirtualMachine) -> PyResult<()> {
    match LEFT.get().checked_sub(1) {
        Some(left) => {
            LEFT.set(left);
            Ok(())
        }
        None => {
            EXCEEDED.set(true);
            Err(exhausted(vm))
        }
    }
}

/// The error of a call that has used its budget up, whatever it did about that itself.
pub(super) fn verdict(vm: &VirtualMachine) -> PyResult<()> {
    if EXCEEDED.get() { Err(exhausted(vm)) } else { Ok(()) }
}

#[cold]
fn exhausted(vm: &VirtualMachine) -> PyBaseExceptionRef {
    let class = super::interpreter::classes().exhausted.clone();
    let message =
        "the program took more steps than its budget allows: it looks like a loop or recursion without an end";
    vm.new_exception_msg(class, message.into())
}

/// The object whose truth test takes a step.
#[pyclass(module = "_headwater", name = "StepCounter")]
#[derive(Debug, PyPayload)]
struct StepCounter {}

#[pyclass(with(AsNumber))]
impl StepCounter {}

impl AsNumber for StepCounter {
    fn as_number() -> &'static PyNumberMethods {
        static METHODS: PyNumberMethods = PyNumberMethods {
            boolean: Some(|_counter, vm| step(vm).map(|()| true)),
            ..PyNumberMethods::NOT_IMPLEMENTED
        };
        &METHODS
    }
}

/// Puts the counter where compiled programs look for it and makes native loops count too.
pub(super) fn install(vm: &VirtualMachine) -> PyResult<()> {
    StepCounter::make_static_type();
    let counter: PyObjectRef = StepCounter {}.into_ref(&vm.ctx).into();
    vm.builtins.as_object().set_attr(vm.ctx.intern_str(COUNTER), counter, vm)
}
