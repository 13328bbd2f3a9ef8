//! CPython 3.11's wording of errors where RustPython words them otherwise: programs print them, and they end up in
//! Spark's messages.
//!
//! Divisions know what went wrong, so their errors are made anew; others are reworded as they are turned into text.

use std::cell::Cell;
use std::thread::LocalKey;

use rustpython_vm::{
    AsObject, Py, PyObject, PyRef, PyResult, VirtualMachine,
    builtins::{PyStr, PyType},
};

type Binary = fn(&PyObject, &PyObject, &VirtualMachine) -> PyResult;
type Text = fn(&PyObject, &VirtualMachine) -> PyResult<PyRef<PyStr>>;

/// Defines, for each division, where the original is kept and the function that takes its place.
macro_rules! division {
    ($($original:ident, $name:ident: $message:literal;)*) => {$(
        thread_local! {
            static $original: Cell<Option<Binary>> = const { Cell::new(None) };
        }
        fn $name(a: &PyObject, b: &PyObject, vm: &VirtualMachine) -> PyResult {
            divide(&$original, $message, a, b, vm)
        }
    )*};
}

division! {
    INT_FLOOR, int_floor: "integer division or modulo by zero";
    INT_MODULO, int_modulo: "integer modulo by zero";
    INT_DIVMOD, int_divmod: "integer division or modulo by zero";
    FLOAT_TRUE, float_true: "float division by zero";
    FLOAT_MODULO, float_modulo: "float modulo";
    FLOAT_DIVMOD, float_divmod: "float divmod()";
}

thread_local! {
    static TEXT: Cell<Option<Text>> = const { Cell::new(None) };
}

fn divide(
    original: &'static LocalKey<Cell<Option<Binary>>>,
    message: &str,
    a: &PyObject,
    b: &PyObject,
    vm: &VirtualMachine,
) -> PyResult {
    let Some(original) = original.get() else { return Ok(vm.ctx.not_implemented()) };
    original(a, b, vm).map_err(|error| {
        let by_zero = error.fast_isinstance(vm.ctx.exceptions.zero_division_error);
        if by_zero { vm.new_zero_division_error(message.to_owned()) } else { error }
    })
}

/// The quotient that `divmod` gives: RustPython rounds one of its own, which is 50 for `5 // 0.1`.
fn float_floor(a: &PyObject, b: &PyObject, vm: &VirtualMachine) -> PyResult {
    let both = divide(&FLOAT_DIVMOD, "float floor division by zero", a, b, vm)?;
    if both.is(&vm.ctx.not_implemented) { Ok(both) } else { both.get_item(&0usize, vm) }
}

fn text(error: &PyObject, vm: &VirtualMachine) -> PyResult<PyRef<PyStr>> {
    let Some(original) = TEXT.get() else { return error.repr(vm) };
    let text = original(error, vm)?;
    Ok(match reworded(&text.to_string_lossy()) {
        Some(reworded) => vm.ctx.new_str(reworded),
        None => text,
    })
}

/// CPython's wording, where it is another.
fn reworded(text: &str) -> Option<String> {
    let fixed = match text {
        "index out of range" => "string index out of range",
        "max() iterable argument is empty" => "max() arg is an empty sequence",
        "min() iterable argument is empty" => "min() arg is an empty sequence",
        "zero to a negative power" => "0.0 cannot be raised to a negative power",
        "%d format: a number is required, not str" => "%d format: a real number is required, not str",
        _ => "",
    };
    if !fixed.is_empty() {
        return Some(fixed.to_owned());
    }
    if let Some(other) = text.strip_prefix("unsupported operand type(s) for +: 'str' and ") {
        return Some(format!("can only concatenate str (not \"{}\") to str", other.trim_matches('\'')));
    }
    if let Some(other) = text.strip_prefix("Cannot add list and ") {
        return Some(format!("can only concatenate list (not \"{other}\") to list"));
    }
    if let Some((start, other)) = text.split_once("can only concatenate tuple (not '")
        && start.is_empty()
    {
        return Some(format!("can only concatenate tuple (not \"{}", other.replacen('\'', "\"", 1)));
    }
    if text.starts_with("too many values to unpack (expected ") {
        return text.split_once(", got ").map(|(start, _)| format!("{start})"));
    }
    if let Some(number) = text.strip_prefix("float() argument must be a string or a number, ") {
        return Some(format!("float() argument must be a string or a real number, {number}"));
    }
    if text.starts_with("type ") && text.ends_with(" doesn't define __round__") {
        return Some(format!("{text} method"));
    }
    text.strip_suffix("' is not in list")
        .and_then(|item| item.strip_prefix('\''))
        .map(|item| format!("{item} is not in list"))
}

/// Puts the wording in place.
pub(super) fn install(vm: &VirtualMachine) {
    macro_rules! replace {
        ($class:expr, $($slot:ident: $original:ident, $with:ident;)*) => {$(
            let slot = &$class.slots.as_number.$slot;
            $original.set(slot.load());
            slot.store(Some($with));
        )*};
    }
    let types = &vm.ctx.types;
    replace!(types.int_type, floor_divide: INT_FLOOR, int_floor; remainder: INT_MODULO, int_modulo; divmod: INT_DIVMOD, int_divmod;);
    replace!(types.float_type, true_divide: FLOAT_TRUE, float_true; remainder: FLOAT_MODULO, float_modulo; divmod: FLOAT_DIVMOD, float_divmod;);
    types.float_type.slots.as_number.floor_divide.store(Some(float_floor));
    let exceptions = &vm.ctx.exceptions;
    let classes: [&Py<PyType>; 4] =
        [exceptions.type_error, exceptions.value_error, exceptions.index_error, exceptions.zero_division_error];
    for class in classes {
        TEXT.set(class.slots.str.load());
        class.slots.str.store(Some(text));
    }
}

#[cfg(test)]
mod tests {
    use super::reworded;

    #[test]
    fn errors_read_as_in_cpython() {
        let cases = [
            ("too many values to unpack (expected 2, got 3)", "too many values to unpack (expected 2)"),
            ("unsupported operand type(s) for +: 'str' and 'int'", "can only concatenate str (not \"int\") to str"),
            ("'3' is not in list", "3 is not in list"),
        ];
        for (ours, theirs) in cases {
            assert_eq!(reworded(ours).as_deref(), Some(theirs));
        }
        assert_eq!(reworded("too many values to unpack (expected 2)"), None);
        assert_eq!(reworded("anything else"), None);
    }
}
