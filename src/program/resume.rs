//! What driver functions have changed, back in the main program's variables.
//!
//! The main program runs again from its beginning once what it waited for is there, while the functions it gave to
//! `foreachRDD` and `transform` have changed the state they share with it, on copies. Before it goes on, its own
//! variables are given that state.

use rustc_hash::FxHashSet;
use rustpython_vm::{
    AsObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyFunction, PyModule, PyType},
};

use super::reach::{self, Parts};

/// Gives the variables that `originals` reach the values that `latest`, the same functions after the changes, have.
pub(super) fn give_back(vm: &VirtualMachine, originals: &[PyObjectRef], latest: &[PyObjectRef]) -> PyResult<()> {
    let mut seen = FxHashSet::default();
    let mut pairs: Vec<(PyObjectRef, PyObjectRef)> = originals.iter().cloned().zip(latest.iter().cloned()).collect();
    while let Some((original, changed)) = pairs.pop() {
        if !seen.insert(original.get_id()) || !is_function(&original) || !is_function(&changed) {
            continue;
        }
        let (own, new) = (Parts::of(vm, &original)?, Parts::of(vm, &changed)?);
        if own.is_program(vm) && seen.insert(own.globals.as_object().get_id()) {
            for (name, value) in new.globals.items_vec() {
                let before = own.globals.get_item_opt(&*name, vm)?;
                match before {
                    Some(before) if is_function(&before) => pairs.push((before, value)),
                    _ if is_state(vm, &value) => own.globals.set_item(&*name, value, vm)?,
                    _ => {}
                }
            }
        }
        for (cell, new_cell) in own.cells.iter().zip(&new.cells) {
            match (reach::cell_content(vm, cell), reach::cell_content(vm, new_cell)) {
                (Some(before), Some(value)) if is_function(&before) => pairs.push((before, value)),
                (_, Some(value)) if is_state(vm, &value) => cell.set_attr("cell_contents", value, vm)?,
                _ => {}
            }
        }
    }
    Ok(())
}

fn is_function(object: &PyObjectRef) -> bool {
    object.downcast_ref::<PyFunction>().is_some()
}

/// Whether it is data: functions, classes, modules, contexts, RDDs and streams are the main program's own.
fn is_state(vm: &VirtualMachine, object: &PyObjectRef) -> bool {
    let own = object.downcast_ref::<PyType>().is_some() || object.downcast_ref::<PyModule>().is_some();
    !own && !is_function(object) && !reach::is_handle(vm, object)
}
