//! Broadcast values within a task: each task reads one of its own.

use std::cell::RefCell;

use rustc_hash::FxHashMap;
use rustpython_vm::{PyObjectRef, PyResult, VirtualMachine};

use super::{convert, reach::Reach};

thread_local! {
    static READ: RefCell<FxHashMap<u64, PyObjectRef>> = RefCell::default();
}

/// The running task's own value of a broadcast; `value` is the driver's, shared if nothing could change it.
pub(super) fn value(vm: &VirtualMachine, broadcast: u64, value: PyObjectRef) -> PyResult {
    if let Some(own) = READ.with_borrow(|read| read.get(&broadcast).cloned()) {
        return Ok(own);
    }
    let own = if Reach::of_task().immutable(vm, &value)? {
        value
    } else {
        convert::to_python(vm, &convert::from_python(vm, &value)?)?
    };
    READ.with_borrow_mut(|read| read.insert(broadcast, own.clone()));
    Ok(own)
}

/// Forgets what the task read.
pub(super) fn forget() {
    READ.with_borrow_mut(FxHashMap::clear);
}
