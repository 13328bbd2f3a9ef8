//! Guards on native types: iterators without an end count steps, one operation can't fill the memory, and programs
//! can't change modules.
//!
//! Compiled programs count their own loops; these are the loops and allocations inside native code that they can start.
//! The guards stand in the slots of this thread's types, before the functions that were there.

use std::cell::Cell;

use malachite_bigint::BigInt;
use rustpython_vm::{
    Py, PyObject, PyRef, PyResult, VirtualMachine,
    builtins::{PyInt, PyStr, PyType},
    function::PySetterValue,
    protocol::{PyIterReturn, PySequence},
};

use super::{
    budget,
    classes::Registry,
    reach,
    scope::{self, Role},
};

/// Most members that one repetition may make.
const MEMBERS: usize = 1 << 25;
/// Most bits that one power, shift or product may have.
const BITS: u64 = 1 << 27;

type Next = fn(&PyObject, &VirtualMachine) -> PyResult<PyIterReturn>;
type Binary = fn(&PyObject, &PyObject, &VirtualMachine) -> PyResult;
type Ternary = fn(&PyObject, &PyObject, &PyObject, &VirtualMachine) -> PyResult;
type Repeat = fn(PySequence<'_>, isize, &VirtualMachine) -> PyResult;
type SetAttribute = fn(&PyObject, &Py<PyStr>, PySetterValue, &VirtualMachine) -> PyResult<()>;

/// Defines, for each guarded slot, where the original is kept and the function that takes its place.
macro_rules! guard {
    ($($original:ident: $kind:ty, $name:ident($($argument:ident: $type:ty),*) -> $result:ty, $check:expr;)*) => {$(
        thread_local! {
            static $original: Cell<Option<$kind>> = const { Cell::new(None) };
        }
        fn $name($($argument: $type),*) -> $result {
            $check;
            match $original.get() {
                Some(original) => original($($argument),*),
                None => unreachable!("a guard stands before an original"),
            }
        }
    )*};
}

guard! {
    RANGE: Next, range_next(it: &PyObject, vm: &VirtualMachine) -> PyResult<PyIterReturn>, budget::step(vm)?;
    LONG_RANGE: Next, long_range_next(it: &PyObject, vm: &VirtualMachine) -> PyResult<PyIterReturn>, budget::step(vm)?;
    COUNT: Next, count_next(it: &PyObject, vm: &VirtualMachine) -> PyResult<PyIterReturn>, budget::step(vm)?;
    CYCLE: Next, cycle_next(it: &PyObject, vm: &VirtualMachine) -> PyResult<PyIterReturn>, budget::step(vm)?;
    AGAIN: Next, again_next(it: &PyObject, vm: &VirtualMachine) -> PyResult<PyIterReturn>, budget::step(vm)?;
    CALLING: Next, calling_next(it: &PyObject, vm: &VirtualMachine) -> PyResult<PyIterReturn>, budget::step(vm)?;
    PRODUCT: Next, product_next(it: &PyObject, vm: &VirtualMachine) -> PyResult<PyIterReturn>, budget::step(vm)?;
    PERMUTATIONS: Next, permutations_next(it: &PyObject, vm: &VirtualMachine) -> PyResult<PyIterReturn>, budget::step(vm)?;
    COMBINATIONS: Next, combinations_next(it: &PyObject, vm: &VirtualMachine) -> PyResult<PyIterReturn>, budget::step(vm)?;
    STR: Repeat, str_repeat(seq: PySequence<'_>, n: isize, vm: &VirtualMachine) -> PyResult, fits(seq, n, vm)?;
    BYTES: Repeat, bytes_repeat(seq: PySequence<'_>, n: isize, vm: &VirtualMachine) -> PyResult, fits(seq, n, vm)?;
    BYTEARRAY: Repeat, bytearray_repeat(seq: PySequence<'_>, n: isize, vm: &VirtualMachine) -> PyResult, fits(seq, n, vm)?;
    LIST: Repeat, list_repeat(seq: PySequence<'_>, n: isize, vm: &VirtualMachine) -> PyResult, fits(seq, n, vm)?;
    TUPLE: Repeat, tuple_repeat(seq: PySequence<'_>, n: isize, vm: &VirtualMachine) -> PyResult, fits(seq, n, vm)?;
    POWER: Ternary, int_power(a: &PyObject, b: &PyObject, m: &PyObject, vm: &VirtualMachine) -> PyResult,
        bits_fit(power_bits(a, b).filter(|_| vm.is_none(m)), vm)?;
    SHIFT: Binary, int_shift(a: &PyObject, b: &PyObject, vm: &VirtualMachine) -> PyResult,
        bits_fit(shift_bits(a, b), vm)?;
    MULTIPLY: Binary, int_multiply(a: &PyObject, b: &PyObject, vm: &VirtualMachine) -> PyResult,
        bits_fit(product_bits(a, b), vm)?;
    MODULE: SetAttribute,
        set_module_attribute(on: &PyObject, name: &Py<PyStr>, value: PySetterValue, vm: &VirtualMachine) -> PyResult<()>,
        by_program(on, vm)?;
    CLASS: SetAttribute,
        set_class_attribute(on: &PyObject, name: &Py<PyStr>, value: PySetterValue, vm: &VirtualMachine) -> PyResult<()>,
        may_change(on, vm)?;
    FUNCTION: SetAttribute,
        set_function_attribute(on: &PyObject, name: &Py<PyStr>, value: PySetterValue, vm: &VirtualMachine) -> PyResult<()>,
        may_change(on, vm)?;
}

fn int(object: &PyObject) -> Option<&BigInt> {
    object.downcast_ref::<PyInt>().map(|number| number.as_bigint())
}

fn fits(sequence: PySequence<'_>, times: isize, vm: &VirtualMachine) -> PyResult<()> {
    let members = sequence.length(vm)?.saturating_mul(times.max(0) as usize);
    if members > MEMBERS { Err(vm.new_memory_error(format!("a repetition with {members} members"))) } else { Ok(()) }
}

/// Refuses an integer of that many bits, if it is one.
fn bits_fit(bits: Option<u64>, vm: &VirtualMachine) -> PyResult<()> {
    match bits {
        Some(bits) if bits > BITS => {
            Err(vm.new_memory_error("an integer with more than a hundred million bits".to_owned()))
        }
        _ => Ok(()),
    }
}

/// A count that is at least zero; what is too large to count is the largest.
fn count(object: &PyObject) -> Option<u64> {
    let number = int(object)?;
    (number.sign() != malachite_bigint::Sign::Minus).then(|| u64::try_from(number).unwrap_or(u64::MAX))
}

fn power_bits(base: &PyObject, exponent: &PyObject) -> Option<u64> {
    // Powers of 0 and 1 stay small whatever the exponent.
    let bits = int(base)?.bits();
    if bits > 1 { Some(bits.saturating_mul(count(exponent)?)) } else { None }
}

fn shift_bits(number: &PyObject, by: &PyObject) -> Option<u64> {
    let bits = int(number)?.bits();
    if bits > 0 { Some(bits.saturating_add(count(by)?)) } else { None }
}

fn product_bits(a: &PyObject, b: &PyObject) -> Option<u64> {
    Some(int(a)?.bits() + int(b)?.bits())
}

/// Refuses if it is the program, and not the library, that changes a shared thing.
fn by_program(shared: &PyObject, vm: &VirtualMachine) -> PyResult<()> {
    let program = vm.current_frame().is_some_and(|frame| reach::is_program(vm, &frame.globals));
    if !program {
        return Ok(());
    }
    let name = shared.get_attr("__name__", vm)?.str(vm)?.to_string_lossy().into_owned();
    Err(vm.new_attribute_error(format!(
        "cannot change '{name}' here: it is shared by all tasks, and in Spark a change made in one would be seen by no other"
    )))
}

/// Refuses if the program changes a class of the library, or a task one that it shares with others.
fn may_change(on: &PyObject, vm: &VirtualMachine) -> PyResult<()> {
    if reach::travels_shared(vm, on) || (scope::role() == Role::Task && Registry::current().is_shared(on)) {
        by_program(on, vm)?;
    }
    Ok(())
}

fn next(class: &Py<PyType>, original: &'static std::thread::LocalKey<Cell<Option<Next>>>, guard: Next) {
    original.set(class.slots.iternext.load());
    class.slots.iternext.store(Some(guard));
}

fn repeat(class: &Py<PyType>, original: &'static std::thread::LocalKey<Cell<Option<Repeat>>>, guard: Repeat) {
    original.set(class.slots.as_sequence.repeat.load());
    class.slots.as_sequence.repeat.store(Some(guard));
}

/// Replaces the default texts of objects, which show where in memory they are, by texts that are always the same.
macro_rules! stable {
    ($($type:ident: $original:ident, $name:ident;)*) => {
        $(
            thread_local! {
                static $original: Cell<Option<Text>> = const { Cell::new(None) };
            }
            fn $name(object: &PyObject, vm: &VirtualMachine) -> PyResult<PyRef<PyStr>> {
                match $original.get() {
                    Some(original) => Ok(without_address(original(object, vm)?, vm)),
                    None => unreachable!("a guard stands before an original"),
                }
            }
        )*
        fn stable_texts(vm: &VirtualMachine) {
            $(
                $original.set(vm.ctx.types.$type.slots.repr.load());
                vm.ctx.types.$type.slots.repr.store(Some($name));
            )*
        }
    };
}

type Text = fn(&PyObject, &VirtualMachine) -> PyResult<PyRef<PyStr>>;

stable! {
    object_type: OBJECT_TEXT, object_text;
    function_type: FUNCTION_TEXT, function_text;
    generator_type: GENERATOR_TEXT, generator_text;
    builtin_function_or_method_type: BUILTIN_TEXT, builtin_text;
    bound_method_type: METHOD_TEXT, method_text;
}

fn without_address(text: PyRef<PyStr>, vm: &VirtualMachine) -> PyRef<PyStr> {
    const MARK: &str = " at 0x";
    let Some((before, rest)) = text.to_str().and_then(|text| text.split_once(MARK)) else { return text };
    let after = rest.trim_start_matches(|digit: char| digit.is_ascii_hexdigit());
    vm.ctx.new_str(format!("{before}{MARK}7f0000000000{after}"))
}

/// Puts the guards in place.
pub(super) fn install(vm: &VirtualMachine) -> PyResult<()> {
    let itertools = vm.import("itertools", 0)?;
    let class =
        |name: &'static str| itertools.get_attr(name, vm)?.try_into_value::<rustpython_vm::builtins::PyTypeRef>(vm);
    let types = &vm.ctx.types;
    next(types.range_iterator_type, &RANGE, range_next);
    next(types.long_range_iterator_type, &LONG_RANGE, long_range_next);
    next(&*class("count")?, &COUNT, count_next);
    next(&*class("cycle")?, &CYCLE, cycle_next);
    next(&*class("repeat")?, &AGAIN, again_next);
    next(&*class("product")?, &PRODUCT, product_next);
    next(&*class("permutations")?, &PERMUTATIONS, permutations_next);
    next(&*class("combinations")?, &COMBINATIONS, combinations_next);
    next(types.callable_iterator, &CALLING, calling_next);
    repeat(types.str_type, &STR, str_repeat);
    repeat(types.bytes_type, &BYTES, bytes_repeat);
    repeat(types.bytearray_type, &BYTEARRAY, bytearray_repeat);
    repeat(types.list_type, &LIST, list_repeat);
    repeat(types.tuple_type, &TUPLE, tuple_repeat);
    let numbers = &types.int_type.slots.as_number;
    POWER.set(numbers.power.load());
    numbers.power.store(Some(int_power));
    SHIFT.set(numbers.lshift.load());
    numbers.lshift.store(Some(int_shift));
    MULTIPLY.set(numbers.multiply.load());
    numbers.multiply.store(Some(int_multiply));
    MODULE.set(types.module_type.slots.setattro.load());
    types.module_type.slots.setattro.store(Some(set_module_attribute));
    CLASS.set(types.type_type.slots.setattro.load());
    types.type_type.slots.setattro.store(Some(set_class_attribute));
    FUNCTION.set(types.function_type.slots.setattro.load());
    types.function_type.slots.setattro.store(Some(set_function_attribute));
    stable_texts(vm);
    Ok(())
}
