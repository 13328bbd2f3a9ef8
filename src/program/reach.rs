//! What a function reaches: the globals its code names, its cells, defaults, and whatever those reach in turn.
//!
//! In Spark a function travels to its task by copy. Copying costs, so the question asked here is whether anyone could
//! tell: a function that reaches nothing mutable and writes nothing outside its own frame may be shared as it is.

use std::borrow::Borrow;

use rustc_hash::FxHashMap;
use rustpython_vm::{
    AsObject, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{
        PyBoundMethod, PyCode, PyDict, PyDictRef, PyFrozenSet, PyFunction, PyModule, PySet, PyStr, PyStrInterned,
        PyTuple, PyType,
    },
    bytecode::{Instruction, OpArgState},
};

use super::{copy::Destination, modules::MAIN};

/// Attribute by which a class of the facade says how its instances travel: [`SHARED`] or [`DRIVER`].
const TRAVEL: &str = "__headwater__";
/// Instances are handles that never change: broadcast variables, accumulators.
const SHARED: &str = "shared";
/// Instances live on the driver only: contexts, RDDs, streams.
const DRIVER: &str = "driver";

/// Standard modules whose classes have immutable instances.
const IMMUTABLE: &[&str] = &[
    "datetime",
    "_pydatetime",
    "decimal",
    "_pydecimal",
    "_decimal",
    "fractions",
    "re",
    "_sre",
    "uuid",
    "operator",
    "_operator",
];

/// What code does to names outside its own frame, nested functions included.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Names looked up or written as globals.
    pub globals: Vec<&'static PyStrInterned>,
    /// It writes or deletes a global.
    pub writes_globals: bool,
    /// It rebinds a variable of an enclosing function, or may.
    pub writes_cells: bool,
    /// It writes an attribute of something other than a local variable.
    pub writes_attributes: bool,
}

impl Facts {
    /// Reads them off the code.
    pub(super) fn of(code: &PyCode) -> Facts {
        let mut facts = Facts::default();
        facts.add(code);
        facts
    }

    fn add(&mut self, code: &PyCode) {
        let units = &code.instructions;
        let mut arguments = OpArgState::default();
        let mut local_before = false;
        let mut index = 0;
        while index < units.len() {
            let operation = units.read_op(index).deoptimize();
            let argument = u32::from(arguments.extend(units.read_arg(index)));
            index += 1 + operation.cache_entries();
            if matches!(operation, Instruction::ExtendedArg) {
                continue;
            }
            arguments.reset();
            let global = match operation {
                Instruction::LoadGlobal { .. } => Some(argument >> 1),
                Instruction::LoadName { .. } => Some(argument),
                Instruction::StoreGlobal { .. } | Instruction::DeleteGlobal { .. } => {
                    self.writes_globals = true;
                    Some(argument)
                }
                Instruction::StoreDeref { .. } | Instruction::DeleteDeref { .. } => {
                    self.writes_cells |= !code.freevars.is_empty();
                    None
                }
                Instruction::StoreAttr { .. } | Instruction::DeleteAttr { .. } => {
                    self.writes_attributes |= !local_before;
                    None
                }
                _ => None,
            };
            if let Some(name) = global.and_then(|index| code.names.get(index as usize))
                && !self.globals.contains(name)
            {
                self.globals.push(name);
            }
            local_before = matches!(
                operation,
                Instruction::LoadFast { .. }
                    | Instruction::LoadFastBorrow { .. }
                    | Instruction::LoadFastCheck { .. }
                    | Instruction::LoadFastLoadFast { .. }
                    | Instruction::LoadFastBorrowLoadFastBorrow { .. }
                    | Instruction::StoreFastLoadFast { .. }
            );
        }
        for constant in code.constants.iter() {
            let constant: &PyObject = constant.borrow();
            if let Some(nested) = constant.downcast_ref::<PyCode>() {
                self.add(nested);
            }
        }
    }
}

/// The parts of a Python function that decide what it does.
pub(super) struct Parts {
    pub code: rustpython_vm::PyRef<PyCode>,
    pub globals: PyDictRef,
    /// Cells of the closure.
    pub cells: Vec<PyObjectRef>,
    pub defaults: PyObjectRef,
    pub keyword_defaults: PyObjectRef,
    pub attributes: Option<PyDictRef>,
}

impl Parts {
    pub(super) fn of(vm: &VirtualMachine, function: &PyObject) -> PyResult<Parts> {
        let part = |name: &'static str| function.get_attr(name, vm);
        let closure = part("__closure__")?;
        Ok(Parts {
            code: part("__code__")?.try_into_value(vm)?,
            globals: part("__globals__")?.try_into_value(vm)?,
            cells: closure.downcast_ref::<PyTuple>().map(|cells| cells.as_slice().to_vec()).unwrap_or_default(),
            defaults: part("__defaults__")?,
            keyword_defaults: part("__kwdefaults__")?,
            attributes: function.dict().filter(|attributes| !attributes.is_empty()),
        })
    }

    /// Whether the function is the standard library's, and not the facade's, whose closures hold what programs gave it.
    pub(super) fn is_library(&self, vm: &VirtualMachine) -> bool {
        let name = self.globals.get_item_opt("__name__", vm).ok().flatten();
        let name = name.as_ref().and_then(|name| name.downcast_ref::<PyStr>()).and_then(|name| name.to_str());
        name.is_some_and(|name| name != MAIN && !name.starts_with("pyspark"))
    }

    /// Whether the function was written by the user: its globals are the program's.
    pub(super) fn is_program(&self, vm: &VirtualMachine) -> bool {
        is_program(vm, &self.globals)
    }
}

pub(super) fn is_program(vm: &VirtualMachine, globals: &PyDictRef) -> bool {
    let name = globals.get_item_opt("__name__", vm).ok().flatten();
    name.is_some_and(|name| name.downcast_ref::<PyStr>().is_some_and(|name| name.as_bytes() == MAIN.as_bytes()))
}

/// How an object travels to a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Travel {
    /// Plain data without parts, or something that never changes.
    Shared,
    /// Only the driver may hold it.
    Driver,
    /// It is looked into.
    Examined,
}

pub(super) fn travel(vm: &VirtualMachine, object: &PyObject) -> Travel {
    let types = &vm.ctx.types;
    let class = object.class();
    let plain = [
        types.none_type,
        types.bool_type,
        types.int_type,
        types.float_type,
        types.complex_type,
        types.str_type,
        types.bytes_type,
        types.ellipsis_type,
        types.range_type,
        types.code_type,
        types.module_type,
        types.not_implemented_type,
        types.slice_type,
        types.mappingproxy_type,
    ];
    if plain.iter().any(|plain| class.is(*plain)) || object.downcastable::<PyModule>() {
        return Travel::Shared;
    }
    if let Ok(Some(travel)) = vm.get_attribute_opt(class.to_owned().into(), TRAVEL)
        && let Some(travel) = travel.downcast_ref::<PyStr>()
    {
        match travel.to_str() {
            Some(SHARED) => return Travel::Shared,
            Some(DRIVER) => return Travel::Driver,
            _ => {}
        }
    }
    if let Some(class) = object.downcast_ref::<PyType>() {
        return if is_user_class(vm, class) { Travel::Examined } else { Travel::Shared };
    }
    match module_of(vm, class.as_object()) {
        Some(module) if IMMUTABLE.contains(&&*module) => Travel::Shared,
        _ if class.fast_issubclass(types.type_type) => Travel::Shared,
        _ => Travel::Examined,
    }
}

/// Whether the object is the facade's, standing for something of the engine.
pub(super) fn is_handle(vm: &VirtualMachine, object: &PyObject) -> bool {
    matches!(vm.get_attribute_opt(object.class().to_owned().into(), TRAVEL), Ok(Some(_)))
}

/// Whether a class is the library's, which all tasks and programs share.
pub(super) fn travels_shared(vm: &VirtualMachine, class: &PyObject) -> bool {
    class.downcast_ref::<PyType>().is_some_and(|class| module_of(vm, class.as_object()).is_none_or(|name| name != MAIN))
}

fn module_of(vm: &VirtualMachine, object: &PyObject) -> Option<String> {
    object.get_attr("__module__", vm).ok()?.downcast::<PyStr>().ok().map(|name| name.to_string())
}

/// Whether the program defined the class; enumerations and named tuples count as the library's.
fn is_user_class(vm: &VirtualMachine, class: &rustpython_vm::Py<PyType>) -> bool {
    if module_of(vm, class.as_object()).is_none_or(|module| module != MAIN) {
        return false;
    }
    let has = |name: &'static str| class.get_attr(vm.ctx.intern_str(name)).is_some();
    !(has("_member_map_") || (has("_fields") && has("_make")))
}

/// Walks what an object reaches, until something is found that a task could change for others.
pub(super) struct Reach {
    destination: Destination,
    /// By identity; an object under examination counts as immutable until it is found otherwise.
    seen: FxHashMap<usize, bool>,
}

impl Reach {
    /// What a function that travels to a task reaches.
    pub(super) fn of_task() -> Reach {
        Reach { destination: Destination::Task, seen: FxHashMap::default() }
    }

    /// What a function that stays on the driver reaches.
    pub(super) fn of_driver() -> Reach {
        Reach { destination: Destination::Driver, seen: FxHashMap::default() }
    }

    /// Whether nobody could tell if the object were copied.
    pub(super) fn immutable(&mut self, vm: &VirtualMachine, object: &PyObject) -> PyResult<bool> {
        match travel(vm, object) {
            Travel::Shared => return Ok(true),
            Travel::Driver => return Ok(self.destination == Destination::Driver),
            Travel::Examined => {}
        }
        if let Some(known) = self.seen.get(&object.get_id()) {
            return Ok(*known);
        }
        self.seen.insert(object.get_id(), true);
        let immutable = self.examine(vm, object)?;
        self.seen.insert(object.get_id(), immutable);
        Ok(immutable)
    }

    /// What was looked into, by identity.
    pub(super) fn examined(&self) -> impl Iterator<Item = usize> {
        self.seen.keys().copied()
    }

    fn all(&mut self, vm: &VirtualMachine, objects: &[PyObjectRef]) -> PyResult<bool> {
        for object in objects {
            if !self.immutable(vm, object)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn examine(&mut self, vm: &VirtualMachine, object: &PyObject) -> PyResult<bool> {
        if let Some(tuple) = object.downcast_ref::<PyTuple>() {
            return self.all(vm, tuple.as_slice());
        }
        if let Some(set) = object.downcast_ref::<PyFrozenSet>() {
            return self.all(vm, &set.elements());
        }
        if object.downcastable::<PyFunction>() {
            return self.function(vm, object);
        }
        if is_cell(vm, object) {
            return cell_content(vm, object).map_or(Ok(true), |content| self.immutable(vm, &content));
        }
        if object.downcastable::<PyBoundMethod>() {
            let receiver = object.get_attr("__self__", vm)?;
            let function = object.get_attr("__func__", vm)?;
            return Ok(self.immutable(vm, &receiver)? && self.immutable(vm, &function)?);
        }
        if object.class().is(vm.ctx.types.builtin_function_or_method_type) {
            let receiver = object.get_attr("__self__", vm)?;
            return self.immutable(vm, &receiver);
        }
        if let Some(class) = object.downcast_ref::<PyType>() {
            return self.class(vm, class);
        }
        if let Some(wrapped) = wrapped(vm, object)? {
            return self.all(vm, &wrapped);
        }
        Ok(false)
    }

    fn function(&mut self, vm: &VirtualMachine, function: &PyObject) -> PyResult<bool> {
        let parts = Parts::of(vm, function)?;
        let facts = Facts::of(&parts.code);
        // What the library writes is its own affair, and so is the set by which a dataclass's `__repr__` finds cycles; the
        // dict of an `lru_cache` is not: what it holds changes how many steps a call takes.
        let own = parts.is_library(vm);
        if !own && (facts.writes_globals || facts.writes_cells || facts.writes_attributes) {
            return Ok(false);
        }
        for cell in &parts.cells {
            let bookkeeping = own && cell_content(vm, cell).is_some_and(|content| content.downcastable::<PySet>());
            if !bookkeeping && !self.immutable(vm, cell)? {
                return Ok(false);
            }
        }
        for attribute in parts.attributes.iter().flat_map(|attributes| attributes.values_vec()) {
            if !self.immutable(vm, &attribute)? {
                return Ok(false);
            }
        }
        if own {
            return Ok(true);
        }
        if !self.immutable(vm, &parts.defaults)? {
            return Ok(false);
        }
        if parts.keyword_defaults.downcast_ref::<PyDict>().is_some_and(|defaults| !defaults.is_empty()) {
            return Ok(false);
        }
        if parts.is_program(vm) {
            for name in facts.globals {
                if let Some(global) = parts.globals.get_item_opt(name, vm)?
                    && !self.immutable(vm, &global)?
                {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn class(&mut self, vm: &VirtualMachine, class: &rustpython_vm::Py<PyType>) -> PyResult<bool> {
        for base in class.bases.read().iter() {
            if !self.immutable(vm, base.as_object())? {
                return Ok(false);
            }
        }
        let members: Vec<_> = class.attributes.read().iter().map(|(name, member)| (*name, member.clone())).collect();
        for (name, member) in members {
            // What Python itself keeps in a class is no state of the program's.
            let machinery = name.as_str().starts_with("__") || name.as_str().starts_with("_abc_");
            if machinery && !member.downcastable::<PyFunction>() {
                continue;
            }
            if is_descriptor(&member) || computes_annotations(name.as_str()) {
                continue;
            }
            if !self.immutable(vm, &member)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whether the object is a plain list, dict or set.
pub(super) fn is_container(vm: &VirtualMachine, object: &PyObject) -> bool {
    let types = &vm.ctx.types;
    [types.list_type, types.dict_type, types.set_type].iter().any(|container| object.class().is(*container))
}

/// Whether the object is a cell of a closure.
pub(super) fn is_cell(vm: &VirtualMachine, object: &PyObject) -> bool {
    object.class().is(vm.ctx.types.cell_type)
}

/// What a cell holds; nothing before its variable is bound.
pub(super) fn cell_content(vm: &VirtualMachine, cell: &PyObject) -> Option<PyObjectRef> {
    cell.get_attr("cell_contents", vm).ok()
}

/// A slot's or attribute's accessor, which the class made itself.
pub(super) fn is_descriptor(member: &PyObject) -> bool {
    matches!(&*member.class().name(), "member_descriptor" | "getset_descriptor")
}

/// A class's member that works its annotations out when asked; it holds the namespace in which the class was made.
pub(super) fn computes_annotations(name: &str) -> bool {
    matches!(name, "__annotate__" | "__annotate_func__" | "__classdictcell__")
}

/// The functions within a static method, class method or property.
pub(super) fn wrapped(vm: &VirtualMachine, object: &PyObject) -> PyResult<Option<Vec<PyObjectRef>>> {
    let types = &vm.ctx.types;
    let class = object.class();
    let names: &[&'static str] = if class.is(types.staticmethod_type) || class.is(types.classmethod_type) {
        &["__func__"]
    } else if class.is(types.property_type) {
        &["fget", "fset", "fdel"]
    } else {
        return Ok(None);
    };
    names.iter().map(|name| object.get_attr(*name, vm)).collect::<PyResult<Vec<_>>>().map(Some)
}
