//! Which modules a program may import.
//!
//! The standard library's own modules import each other freely; the program gets those that work in a simulation and
//! `pyspark`, and for everything else an error that names them.

use std::cell::Cell;

use rustpython_vm::{AsObject, PyObjectRef, PyResult, VirtualMachine, builtins::PyStr, function::FuncArgs};

thread_local! {
    static USES_RANDOM: Cell<bool> = const { Cell::new(false) };
}

/// Whether anything in this interpreter has imported `random`, so that it wants a seed before each call.
pub(super) fn uses_random() -> bool {
    USES_RANDOM.get()
}

use super::interpreter;

/// The `__name__` of a program's own globals: a program is run as a script.
pub(super) const MAIN: &str = "__main__";

/// Modules a program may import, beside `pyspark`.
pub const AVAILABLE: &[&str] = &[
    "abc",
    "array",
    "base64",
    "binascii",
    "bisect",
    "calendar",
    "cmath",
    "collections",
    "colorsys",
    "contextlib",
    "copy",
    "csv",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "enum",
    "errno",
    "fractions",
    "functools",
    "graphlib",
    "hashlib",
    "heapq",
    "hmac",
    "html",
    "io",
    "ipaddress",
    "itertools",
    "json",
    "keyword",
    "math",
    "numbers",
    "operator",
    "pandas",
    "pprint",
    "random",
    "re",
    "reprlib",
    "secrets",
    "statistics",
    "string",
    "struct",
    "sys",
    "textwrap",
    "time",
    "traceback",
    "types",
    "typing",
    "unicodedata",
    "urllib",
    "uuid",
    "warnings",
    "weakref",
    "zlib",
];

/// Puts the check before the interpreter's own import.
pub(super) fn install(vm: &VirtualMachine) -> PyResult<()> {
    let original = vm.builtins.as_object().get_attr("__import__", vm)?;
    let checked = vm.new_function("__import__", move |args: FuncArgs, vm: &VirtualMachine| -> PyResult {
        if let (Some(name), true) = (args.args.first(), is_program(args.args.get(1), vm)) {
            check(vm, name)?;
        }
        let module = original.call(args, vm)?;
        if !uses_random()
            && let Ok(random) = vm.sys_module.get_attr("modules", vm)?.get_item("random", vm)
            && random.get_attr("seed", vm).is_ok()
        {
            USES_RANDOM.set(true);
            interpreter::reseed(vm);
        }
        Ok(module)
    });
    vm.builtins.as_object().set_attr("__import__", checked, vm)
}

fn is_program(globals: Option<&PyObjectRef>, vm: &VirtualMachine) -> bool {
    globals
        .and_then(|globals| globals.get_item("__name__", vm).ok())
        .and_then(|name| name.downcast::<PyStr>().ok())
        .is_some_and(|name| name.as_bytes() == MAIN.as_bytes())
}

fn check(vm: &VirtualMachine, name: &PyObjectRef) -> PyResult<()> {
    let name = name.str(vm)?.to_string_lossy().into_owned();
    let package = name.split('.').next().unwrap_or_default();
    if package == "pyspark" || package == "__future__" || AVAILABLE.contains(&package) {
        return Ok(());
    }
    let nearest = AVAILABLE
        .iter()
        .chain(&["pyspark"])
        .map(|known| (strsim::damerau_levenshtein(known, package), *known))
        .filter(|(distance, known)| *distance <= (known.len() / 3).max(1))
        .min();
    let hint = nearest.map(|(_, known)| format!(" Did you mean '{known}'?")).unwrap_or_default();
    let error = vm.new_exception_msg(
        vm.ctx.exceptions.module_not_found_error.to_owned(),
        format!("No module named '{name}'.{hint} Modules available to programs: {}, pyspark", AVAILABLE.join(", "))
            .into(),
    );
    error.as_object().set_attr("name", vm.ctx.new_str(name), vm)?;
    Err(error)
}
