//! CPython 3.11's wording of errors where RustPython words them otherwise: programs print them, and they end up in
//! Spark's messages.
//!
//! Divisions know what went wrong, so their errors are made anew; others are reworded as they are turned into text.

use std::cell::Cell;
use std::thread::LocalKey;

use rustpython_vm::{
    AsObject, PyObject, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyFloat, PyInt},
    identifier,
};

type Binary = fn(&PyObject, &PyObject, &VirtualMachine) -> PyResult;

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

/// CPython's quotient: RustPython rounds one of its own, which is 50 for `5 // 0.1`.
fn float_floor(a: &PyObject, b: &PyObject, vm: &VirtualMachine) -> PyResult {
    let (Some(a), Some(b)) = (number(a, vm), number(b, vm)) else { return Ok(vm.ctx.not_implemented()) };
    if b == 0.0 {
        return Err(vm.new_zero_division_error("float floor division by zero".to_owned()));
    }
    let rest = a % b;
    let quotient = (a - rest) / b - if rest != 0.0 && (b < 0.0) != (rest < 0.0) { 1.0 } else { 0.0 };
    let floor = quotient.floor();
    Ok(vm
        .ctx
        .new_float(if quotient == 0.0 {
            0f64.copysign(a / b)
        } else if quotient - floor > 0.5 {
            floor + 1.0
        } else {
            floor
        })
        .into())
}

/// A float, or an integer as one.
fn number(object: &PyObject, vm: &VirtualMachine) -> Option<f64> {
    let int = object.downcast_ref::<PyInt>().and_then(|int| int.try_to_primitive::<i64>(vm).ok());
    object.downcast_ref::<PyFloat>().map(|float| float.to_f64()).or(int.map(|int| int as f64))
}

/// `__str__` of the classes whose errors are worded anew.
fn text(error: PyBaseExceptionRef, vm: &VirtualMachine) -> PyResult<String> {
    let plain = vm.ctx.exceptions.base_exception_type.as_object().get_attr("__str__", vm)?;
    let text = plain.call((error,), vm)?.str(vm)?.to_string_lossy().into_owned();
    Ok(reworded(&text).unwrap_or(text))
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
    // The right-hand slots hold the same functions: they serve an integer on the left of a float.
    replace!(types.int_type,
        floor_divide: INT_FLOOR, int_floor; right_floor_divide: INT_FLOOR, int_floor;
        remainder: INT_MODULO, int_modulo; right_remainder: INT_MODULO, int_modulo;
        divmod: INT_DIVMOD, int_divmod; right_divmod: INT_DIVMOD, int_divmod;
    );
    replace!(types.float_type,
        true_divide: FLOAT_TRUE, float_true; right_true_divide: FLOAT_TRUE, float_true;
        remainder: FLOAT_MODULO, float_modulo; right_remainder: FLOAT_MODULO, float_modulo;
        divmod: FLOAT_DIVMOD, float_divmod; right_divmod: FLOAT_DIVMOD, float_divmod;
    );
    types.float_type.slots.as_number.floor_divide.store(Some(float_floor));
    types.float_type.slots.as_number.right_floor_divide.store(Some(float_floor));
    let exceptions = &vm.ctx.exceptions;
    for class in [exceptions.type_error, exceptions.value_error, exceptions.index_error, exceptions.zero_division_error]
    {
        class.set_attr(identifier!(vm, __str__), vm.new_method("__str__", class, text).into());
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
