//! Classes by name: how an instance in a record finds its class again.
//!
//! A class of the standard library is found in its module. A class of the program is remembered when it is first
//! met, for the program that is running: two programs on one thread may each have their own `Point`.

use std::{cell::RefCell, rc::Rc};

use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashSet};
use rustpython_vm::{
    AsObject, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyFunction, PyStr, PyTypeRef},
};

use super::{
    modules::MAIN,
    scope::{self, Role},
};

/// The classes and functions by which one program's records are made.
#[derive(Clone, Debug, Default)]
pub(super) struct Registry {
    named: Rc<RefCell<IndexMap<String, PyObjectRef, FxBuildHasher>>>,
    /// Classes and functions that tasks share with the driver, by identity: tasks may not change them.
    shared: Rc<RefCell<FxHashSet<usize>>>,
}

thread_local! {
    static CURRENT: RefCell<Registry> = RefCell::default();
}

impl Registry {
    /// Makes this the registry of the running program while `body` runs.
    pub(super) fn enter<R>(&self, body: impl FnOnce() -> R) -> R {
        let outer = CURRENT.replace(self.clone());
        let result = body();
        CURRENT.replace(outer);
        result
    }

    /// The registry of the running program.
    pub(super) fn current() -> Registry {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Has `name` mean `object` from now on.
    pub(super) fn set(&self, name: String, object: PyObjectRef) {
        self.named.borrow_mut().insert(name, object);
    }

    /// A registry of its own, with the same content.
    pub(super) fn fork(&self) -> Registry {
        Registry { named: Rc::new(RefCell::new(self.named.borrow().clone())), shared: self.shared.clone() }
    }

    /// Marks what functions reach that are shared with tasks.
    pub(super) fn share(&self, objects: impl IntoIterator<Item = usize>) {
        self.shared.borrow_mut().extend(objects);
    }

    /// Whether tasks share the object with the driver.
    pub(super) fn is_shared(&self, object: &PyObject) -> bool {
        self.shared.borrow().contains(&object.get_id())
    }
}

fn attribute(vm: &VirtualMachine, object: &PyObject, name: &str) -> Option<String> {
    object.get_attr(vm.ctx.intern_str(name), vm).ok()?.downcast::<PyStr>().ok().map(|text| text.to_string())
}

/// `module:qualname` of a class, remembered for [`find`] if it belongs to the program.
pub(super) fn name(vm: &VirtualMachine, class: &PyTypeRef) -> String {
    let module = attribute(vm, class.as_object(), "__module__").unwrap_or_else(|| "builtins".into());
    let qualname = attribute(vm, class.as_object(), "__qualname__").unwrap_or_else(|| class.name().to_string());
    let name = format!("{module}:{qualname}");
    if module == MAIN {
        remember(&name, class.as_object());
    }
    name
}

/// `module:qualname` of a Python function by which instances are made.
pub(super) fn function_name(vm: &VirtualMachine, function: &PyObject) -> Option<String> {
    function.downcast_ref::<PyFunction>()?;
    let module = attribute(vm, function, "__module__")?;
    let name = format!("{module}:{}", attribute(vm, function, "__qualname__")?);
    if module == MAIN {
        remember(&name, function);
    }
    Some(name)
}

fn remember(name: &str, object: &PyObject) {
    CURRENT.with_borrow(|registry| {
        if !registry.named.borrow().contains_key(name) {
            registry.set(name.to_owned(), object.to_owned());
            if scope::role() != Role::Task {
                registry.share([object.get_id()]);
            }
        }
    });
}

/// The class or function that [`name`] or [`function_name`] named.
pub(super) fn find(vm: &VirtualMachine, name: &str) -> PyResult {
    if let Some(known) = CURRENT.with_borrow(|registry| registry.named.borrow().get(name).cloned()) {
        return Ok(known);
    }
    let (module, qualname) = name.split_once(':').unwrap_or(("builtins", name));
    let mut found = vm.import(vm.ctx.intern_str(module), 0)?;
    for package in module.split('.').skip(1) {
        found = found.get_attr(vm.ctx.intern_str(package), vm)?;
    }
    for part in qualname.split('.') {
        found = found.get_attr(vm.ctx.intern_str(part), vm)?;
    }
    Ok(found)
}
