//! Records across the border: [`Value`] to Python objects and back, without loss.
//!
//! Plain data is matched by its exact type; everything else is taken apart as `pickle` would take it, by
//! `__reduce_ex__(2)`, and refused with `pickle`'s errors where that is not possible.

use std::rc::Rc;

use malachite_bigint::BigInt;
use rustpython_vm::{
    AsObject, PyObject, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{
        PyByteArray, PyBytes, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PySet, PyStr, PyTuple, PyType, PyTypeRef,
    },
    function::PosArgs,
};

use super::classes;
use crate::value::{Object, Value};

/// How deep a record may be nested; a record that contains itself is deeper than that.
const DEPTH: usize = 200;

/// Class of the wrapper around the members of a subclass of list or dict: its arguments are state, list and dict.
const MEMBERS: &str = "_headwater:members";
/// Class of the stand-in for a class or function that a record holds by name.
const NAMED: &str = "_headwater:named";

/// The Python object a value describes.
pub(super) fn to_python(vm: &VirtualMachine, value: &Value) -> PyResult {
    let members =
        |members: &[Value]| members.iter().map(|member| to_python(vm, member)).collect::<PyResult<Vec<PyObjectRef>>>();
    Ok(match value {
        Value::None => vm.ctx.none(),
        Value::Bool(flag) => vm.ctx.new_bool(*flag).into(),
        Value::Int(number) => vm.ctx.new_int(*number).into(),
        Value::BigInt(digits) => {
            let number: BigInt = digits.parse().map_err(|_| vm.new_value_error(format!("not an integer: {digits}")))?;
            vm.ctx.new_int(number).into()
        }
        Value::Float(number) => vm.ctx.new_float(*number).into(),
        Value::Str(text) => vm.ctx.new_str(&**text).into(),
        Value::Bytes(bytes) => vm.ctx.new_bytes(bytes.to_vec()).into(),
        Value::Tuple(items) => vm.ctx.new_tuple(members(items)?).into(),
        Value::List(items) => vm.ctx.new_list(members(items)?).into(),
        Value::Dict(entries) => {
            let dict = vm.ctx.new_dict();
            for (key, value) in entries.iter() {
                dict.set_item(&*to_python(vm, key)?, to_python(vm, value)?, vm)?;
            }
            dict.into()
        }
        Value::Set(items) => {
            let set = PySet::default().into_ref(&vm.ctx);
            for item in items.iter() {
                set.add(to_python(vm, item)?, vm)?;
            }
            set.into()
        }
        Value::FrozenSet(items) => PyFrozenSet::from_iter(vm, members(items)?)?.into_pyobject(vm),
        Value::Object(object) => rebuild(vm, object)?,
    })
}

fn rebuild(vm: &VirtualMachine, object: &Object) -> PyResult {
    let arguments = |value: &Value| match value {
        Value::Tuple(items) => items.iter().map(|item| to_python(vm, item)).collect::<PyResult<Vec<_>>>(),
        _ => Ok(Vec::new()),
    };
    if &*object.class == NAMED {
        return match &object.args {
            Value::Str(name) => classes::find(vm, name),
            _ => Ok(vm.ctx.none()),
        };
    }
    let maker = classes::find(vm, &object.class)?;
    let args = arguments(&object.args)?;
    // `__reduce__` with a class and arguments calls it; without arguments the instance starts empty and gets its state.
    let instance = if args.is_empty() && maker.downcastable::<PyType>() {
        maker.get_attr("__new__", vm)?.call((maker.clone(),), vm)?
    } else {
        maker.call(PosArgs::new(args), vm)?
    };
    match &object.state {
        Value::None => {}
        Value::Object(parts) if &*parts.class == MEMBERS => {
            let parts = arguments(&parts.args)?;
            if let [state, items, entries] = &parts[..] {
                set_state(vm, &instance, state)?;
                if !vm.is_none(items) {
                    vm.call_method(&instance, "extend", (items.clone(),))?;
                }
                if let Some(entries) = entries.downcast_ref::<PyDict>() {
                    for (key, value) in entries.items_vec() {
                        instance.set_item(&*key, value, vm)?;
                    }
                }
            }
        }
        state => set_state(vm, &instance, &to_python(vm, state)?)?,
    }
    Ok(instance)
}

/// What `pickle` does with the third member of a reduction.
pub(super) fn set_state(vm: &VirtualMachine, instance: &PyObjectRef, state: &PyObjectRef) -> PyResult<()> {
    if vm.is_none(state) {
        return Ok(());
    }
    if let Some(setter) = vm.get_attribute_opt(instance.clone(), "__setstate__")? {
        setter.call((state.clone(),), vm)?;
        return Ok(());
    }
    let (attributes, slots) = match state.downcast_ref::<PyTuple>() {
        Some(pair) if pair.len() == 2 => (pair[0].clone(), Some(pair[1].clone())),
        _ => (state.clone(), None),
    };
    if let Some(attributes) = attributes.downcast_ref::<PyDict>() {
        let own = instance.get_attr("__dict__", vm)?;
        for (key, value) in attributes.items_vec() {
            own.set_item(&*key, value, vm)?;
        }
    }
    if let Some(slots) = slots.as_ref().and_then(|slots| slots.downcast_ref::<PyDict>()) {
        let setter = vm.builtins.as_object().get_attr("object", vm)?.get_attr("__setattr__", vm)?;
        for (key, value) in slots.items_vec() {
            setter.call((instance.clone(), key, value), vm)?;
        }
    }
    Ok(())
}

/// The value that a Python object is.
pub(super) fn from_python(vm: &VirtualMachine, object: &PyObject) -> PyResult<Value> {
    convert(vm, object, 0)
}

fn convert(vm: &VirtualMachine, object: &PyObject, depth: usize) -> PyResult<Value> {
    if depth > DEPTH {
        return Err(vm.new_recursion_error("maximum recursion depth exceeded while pickling an object".to_owned()));
    }
    let class = object.class();
    let types = &vm.ctx.types;
    let all = |items: &[PyObjectRef]| {
        items.iter().map(|item| convert(vm, item, depth + 1)).collect::<PyResult<Rc<[Value]>>>()
    };
    if class.is(types.str_type) {
        return Ok(Value::Str(text(object)));
    }
    if class.is(types.int_type) {
        return Ok(integer(object));
    }
    if class.is(types.tuple_type) {
        let Some(tuple) = object.downcast_ref::<PyTuple>() else { return Ok(Value::None) };
        // Pairs are what most records are, and what is made in one allocation.
        if let [key, value] = tuple.as_slice() {
            return Ok(Value::Tuple(Rc::new([convert(vm, key, depth + 1)?, convert(vm, value, depth + 1)?])));
        }
        return Ok(Value::Tuple(all(tuple.as_slice())?));
    }
    if class.is(types.float_type) {
        return Ok(Value::Float(object.downcast_ref::<PyFloat>().map_or(f64::NAN, |number| number.to_f64())));
    }
    if vm.is_none(object) {
        return Ok(Value::None);
    }
    if class.is(types.bool_type) {
        return Ok(Value::Bool(object.is(&vm.ctx.true_value)));
    }
    if class.is(types.list_type) {
        // A copy of the references: converting a member may run Python code that changes the list.
        let items = object.downcast_ref::<PyList>().map(|list| list.borrow_vec().to_vec()).unwrap_or_default();
        return Ok(Value::List(all(&items)?));
    }
    if class.is(types.dict_type) {
        let entries = object.downcast_ref::<PyDict>().map(|dict| dict.items_vec()).unwrap_or_default();
        return entries
            .iter()
            .map(|(key, value)| Ok((convert(vm, key, depth + 1)?, convert(vm, value, depth + 1)?)))
            .collect::<PyResult<Rc<[(Value, Value)]>>>()
            .map(Value::Dict);
    }
    if class.is(types.set_type) {
        return Ok(Value::Set(all(&object.downcast_ref::<PySet>().map(|set| set.elements()).unwrap_or_default())?));
    }
    if class.is(types.frozenset_type) {
        let items = object.downcast_ref::<PyFrozenSet>().map(|set| set.elements()).unwrap_or_default();
        return Ok(Value::FrozenSet(all(&items)?));
    }
    if class.is(types.bytes_type) {
        return Ok(Value::Bytes(object.downcast_ref::<PyBytes>().map_or(&b""[..], |bytes| bytes.as_bytes()).into()));
    }
    if let Some(name) = named(vm, object) {
        return Ok(Value::Object(Rc::new(Object { class: NAMED.into(), args: Value::str(name), state: Value::None })));
    }
    take_apart(vm, object, depth)
}

fn text(object: &PyObject) -> Rc<str> {
    let Some(text) = object.downcast_ref::<PyStr>() else { return "".into() };
    match text.to_str() {
        Some(text) => text.into(),
        // Lone surrogates can't be written anywhere; Python's own encoders refuse or replace them.
        None => text.to_string_lossy().into(),
    }
}

fn integer(object: &PyObject) -> Value {
    let Some(number) = object.downcast_ref::<PyInt>() else { return Value::None };
    match i64::try_from(number.as_bigint()) {
        Ok(small) => Value::Int(small),
        Err(_) => Value::BigInt(number.as_bigint().to_string().into()),
    }
}

/// The name of a class or builtin function, which travel by name.
fn named(vm: &VirtualMachine, object: &PyObject) -> Option<String> {
    if let Some(class) = object.downcast_ref::<PyType>() {
        return Some(classes::name(vm, &class.to_owned()));
    }
    let builtin = object.class().is(vm.ctx.types.builtin_function_or_method_type);
    if !builtin {
        return None;
    }
    let part = |attribute: &str| {
        object.get_attr(vm.ctx.intern_str(attribute), vm).ok()?.downcast::<PyStr>().ok().map(|name| name.to_string())
    };
    Some(format!("{}:{}", part("__module__")?, part("__qualname__")?))
}

/// An instance as `object.__reduce_ex__(2)` describes it.
pub(super) struct Reduction {
    /// The class or function that makes it.
    pub maker: PyObjectRef,
    /// Arguments of the maker; empty when a class is to make it without `__init__`.
    pub args: Vec<PyObjectRef>,
    pub state: PyObjectRef,
    /// Members of a subclass of list.
    pub items: Option<PyObjectRef>,
    /// Entries of a subclass of dict.
    pub entries: Option<PyObjectRef>,
}

pub(super) fn reduce(vm: &VirtualMachine, object: &PyObject) -> PyResult<Reduction> {
    let class_name = object.class().name().to_string();
    let cannot = || vm.new_type_error(format!("cannot pickle '{class_name}' object"));
    let reduced = vm.call_method(object, "__reduce_ex__", (2,))?;
    let Some(parts) = reduced.downcast_ref::<PyTuple>().filter(|parts| (2..=6).contains(&parts.len())) else {
        return Err(cannot());
    };
    let mut maker = parts[0].clone();
    let mut args = parts[1].downcast_ref::<PyTuple>().ok_or_else(cannot)?.as_slice().to_vec();
    let function = maker.get_attr("__name__", vm).ok().and_then(|name| name.downcast::<PyStr>().ok());
    if function.is_some_and(|name| name.as_bytes() == b"__newobj__") && !args.is_empty() {
        maker = args.remove(0);
    }
    let part = |index: usize| parts.get(index).filter(|part| !vm.is_none(part)).cloned();
    let collected = |index: usize, into: &PyTypeRef| match part(index) {
        Some(iterator) => into.as_object().call((iterator,), vm).map(Some),
        None => Ok(None),
    };
    Ok(Reduction {
        maker,
        args,
        state: part(2).unwrap_or_else(|| vm.ctx.none()),
        items: collected(3, &vm.ctx.types.list_type.to_owned())?,
        entries: collected(4, &vm.ctx.types.dict_type.to_owned())?,
    })
}

fn take_apart(vm: &VirtualMachine, object: &PyObject, depth: usize) -> PyResult<Value> {
    if let Some(bytes) = object.downcast_ref::<PyByteArray>() {
        let args = Value::tuple([Value::Bytes(bytes.borrow_buf().to_vec().into())]);
        return Ok(Value::Object(Rc::new(Object { class: "builtins:bytearray".into(), args, state: Value::None })));
    }
    let reduction = reduce(vm, object)?;
    let Some(class) = named(vm, &reduction.maker).or_else(|| classes::function_name(vm, &reduction.maker)) else {
        return Err(vm.new_type_error(format!("cannot pickle '{}' object", object.class().name())));
    };
    let args = reduction.args.iter().map(|arg| convert(vm, arg, depth + 1)).collect::<PyResult<Rc<[Value]>>>()?;
    let mut state = convert(vm, &reduction.state, depth + 1)?;
    if reduction.items.is_some() || reduction.entries.is_some() {
        let optional = |part: Option<PyObjectRef>| match part {
            Some(part) => convert(vm, &part, depth + 1),
            None => Ok(Value::None),
        };
        let args = Value::tuple([state, optional(reduction.items)?, optional(reduction.entries)?]);
        state = Value::Object(Rc::new(Object { class: MEMBERS.into(), args, state: Value::None }));
    }
    Ok(Value::Object(Rc::new(Object { class: class.into(), args: Value::Tuple(args), state })))
}
