//! `_headwater`: the native module below the Python facade, as far as it concerns no engine.

pub(super) use _headwater::module_def;

#[rustpython_vm::pymodule]
pub(super) mod _headwater {
    use rustpython_vm::{PyResult, VirtualMachine, builtins::{PyStrRef, PyBytesRef}, builtins::PyBytes, PyRef, PyPayload};

    use crate::program::scope;

    /// Virtual time in microseconds since the epoch.
    #[pyfunction]
    fn now() -> i64 {
        scope::now()
    }

    /// Lets virtual time pass.
    #[pyfunction]
    fn sleep(microseconds: i64) {
        scope::sleep(microseconds);
    }

    /// Text for the program's output.
    #[pyfunction]
    fn write(text: PyStrRef) {
        scope::print(&text.to_string_lossy());
    }

    /// Bytes of the call's own random stream.
    #[pyfunction]
    fn random_bytes(count: usize, vm: &VirtualMachine) -> PyRef<PyBytes> {
        PyBytes::from(scope::random_bytes(count)).into_ref(&vm.ctx)
    }
}
