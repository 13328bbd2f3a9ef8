//! What goes wrong in a program, told with the place in the user's file.

use std::fmt::Write;

use rustpython_vm::{AsObject, VirtualMachine, builtins::PyBaseExceptionRef};

/// Python's own traceback text.
pub(super) fn traceback(vm: &VirtualMachine, exception: &PyBaseExceptionRef) -> String {
    let mut text = String::new();
    if let Some(entries) = exception.__traceback__() {
        text.push_str("Traceback (most recent call last):\n");
        for entry in entries.iter() {
            let code = &entry.frame.code;
            let _ = writeln!(text, "  File \"{}\", line {}, in {}", code.source_path(), entry.lineno, code.obj_name);
        }
    }
    let message = exception.as_object().str(vm).map(|text| text.to_string_lossy().into_owned()).unwrap_or_default();
    let _ = writeln!(text, "{}: {message}", exception.class().name());
    text
}
