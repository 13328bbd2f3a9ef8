//! Copying what a function reaches, so that two copies never meet.
//!
//! One copy is made with one memory of what was copied already, so identity and cycles within it stay as they were:
//! two functions that share a list share its copy. The first copy of a function takes along only those globals
//! that its code names; later copies take what the first one took.

use rustc_hash::FxHashMap;
use rustpython_vm::{
    AsObject, PyObject, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{
        PyBoundMethod, PyByteArray, PyDict, PyDictRef, PyFrozenSet, PyFunction, PyList, PySet, PyTuple, PyType,
        PyTypeRef,
    },
    function::PosArgs,
};

use super::{
    classes::{self, Registry},
    convert,
    modules::MAIN,
    reach::{self, Facts, Parts, Reach, Travel},
};

/// Where a copy is to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    /// A task: contexts, RDDs and streams can't go there.
    Task,
    /// The driver: functions given to `foreachRDD` and `transform`.
    Driver,
}

/// One copy in the making.
pub(super) struct Copy<'a> {
    vm: &'a VirtualMachine,
    destination: Destination,
    /// Take only the globals that code names, not all there are.
    narrow: bool,
    /// Copies by the identity of their originals; the originals are kept alive beside them.
    made: FxHashMap<usize, (PyObjectRef, PyObjectRef)>,
    /// Where classes copied here are to be found by records.
    registry: Option<&'a Registry>,
}

impl<'a> Copy<'a> {
    /// A first copy, which takes along only what is needed.
    pub(super) fn first(vm: &'a VirtualMachine, destination: Destination) -> Self {
        Copy { vm, destination, narrow: true, made: FxHashMap::default(), registry: None }
    }

    /// A copy of a first copy. Classes copied with it take the place of their originals in `registry`.
    pub(super) fn again(vm: &'a VirtualMachine, destination: Destination, registry: &'a Registry) -> Self {
        Copy { vm, destination, narrow: false, made: FxHashMap::default(), registry: Some(registry) }
    }

    fn made(&mut self, original: &PyObject, copy: impl Into<PyObjectRef>) -> PyObjectRef {
        let copy = copy.into();
        self.made.insert(original.get_id(), (copy.clone(), original.to_owned()));
        copy
    }

    /// The copy of an object.
    pub(super) fn copy(&mut self, object: &PyObject) -> PyResult {
        match reach::travel(self.vm, object) {
            Travel::Shared => return Ok(object.to_owned()),
            Travel::Driver if self.destination == Destination::Driver => return Ok(object.to_owned()),
            // The facade's own refusal to be pickled says why.
            Travel::Driver => return Err(self.refusal(object)),
            Travel::Examined => {}
        }
        if let Some((copy, _)) = self.made.get(&object.get_id()) {
            return Ok(copy.clone());
        }
        self.vm.with_recursion("while copying a function", || Ok(()))?;
        self.anew(object)
    }

    fn refusal(&self, object: &PyObject) -> rustpython_vm::builtins::PyBaseExceptionRef {
        match self.vm.call_method(object, "__getnewargs__", ()) {
            Err(refusal) => refusal,
            Ok(_) => self.vm.new_type_error(format!("cannot pickle '{}' object", object.class().name())),
        }
    }

    fn all(&mut self, objects: &[PyObjectRef]) -> PyResult<Vec<PyObjectRef>> {
        objects.iter().map(|object| self.copy(object)).collect()
    }

    fn anew(&mut self, object: &PyObject) -> PyResult {
        let vm = self.vm;
        let types = &vm.ctx.types;
        let class = object.class();
        if object.downcastable::<PyFunction>() {
            return self.function(object);
        }
        if reach::is_cell(vm, object) {
            let copy = types.cell_type.as_object().call((), vm)?;
            self.fill_cell(object, &copy)?;
            return Ok(copy);
        }
        if class.is(types.list_type)
            && let Some(list) = object.downcast_ref::<PyList>()
        {
            let copy = vm.ctx.new_list(Vec::new());
            self.made(object, copy.clone());
            let items = list.borrow_vec().to_vec();
            *copy.borrow_vec_mut() = self.all(&items)?;
            return Ok(copy.into());
        }
        if class.is(types.dict_type)
            && let Some(dict) = object.downcast_ref::<PyDict>()
        {
            let copy = vm.ctx.new_dict();
            self.made(object, copy.clone());
            for (key, value) in dict.items_vec() {
                copy.set_item(&*self.copy(&key)?, self.copy(&value)?, vm)?;
            }
            return Ok(copy.into());
        }
        if class.is(types.tuple_type)
            && let Some(tuple) = object.downcast_ref::<PyTuple>()
        {
            let items = self.all(tuple.as_slice())?;
            let same = items.iter().zip(tuple.as_slice()).all(|(copy, original)| copy.is(original));
            let copy = if same { object.to_owned() } else { vm.ctx.new_tuple(items).into() };
            return Ok(self.made(object, copy));
        }
        if class.is(types.set_type)
            && let Some(set) = object.downcast_ref::<PySet>()
        {
            let copy = PySet::default().into_ref(&vm.ctx);
            for item in self.all(&set.elements())? {
                copy.add(item, vm)?;
            }
            return Ok(self.made(object, copy));
        }
        if class.is(types.frozenset_type)
            && let Some(set) = object.downcast_ref::<PyFrozenSet>()
        {
            let items = self.all(&set.elements())?;
            let copy = PyFrozenSet::from_iter(vm, items)?.into_ref(&vm.ctx);
            return Ok(self.made(object, copy));
        }
        if class.is(types.bytearray_type)
            && let Some(bytes) = object.downcast_ref::<PyByteArray>()
        {
            let copy = vm.ctx.new_bytearray(bytes.borrow_buf().to_vec());
            return Ok(self.made(object, copy));
        }
        if object.downcastable::<PyBoundMethod>() {
            let receiver = self.copy(&*object.get_attr("__self__", vm)?)?;
            let function = self.copy(&*object.get_attr("__func__", vm)?)?;
            return Ok(self.made(object, PyBoundMethod::new(receiver, function).into_ref(&vm.ctx)));
        }
        if class.is(types.builtin_function_or_method_type) {
            let receiver = object.get_attr("__self__", vm)?;
            let copy = self.copy(&receiver)?;
            if copy.is(&receiver) {
                return Ok(object.to_owned());
            }
            let name = object.get_attr("__name__", vm)?.try_into_value::<rustpython_vm::builtins::PyStrRef>(vm)?;
            return copy.get_attr(&name, vm);
        }
        if let Some(class) = object.downcast_ref::<PyType>() {
            return self.class(&class.to_owned());
        }
        if let Some(functions) = reach::wrapped(vm, object)? {
            let copies = self.all(&functions)?;
            let copy = class.to_owned().as_object().call(PosArgs::new(copies), vm)?;
            return Ok(self.made(object, copy));
        }
        self.instance(object)
    }

    fn function(&mut self, object: &PyObject) -> PyResult {
        let vm = self.vm;
        let parts = Parts::of(vm, object)?;
        let globals = if parts.is_program(vm) { self.globals(&parts)? } else { parts.globals.clone() };
        let library = parts.is_library(vm);
        let optional = |present: bool, object: PyObjectRef| if present { object } else { vm.ctx.none() };
        // The closure's cells come first and empty, so that a function can reach itself through one.
        let cells = parts
            .cells
            .iter()
            .map(|cell| match self.made.get(&cell.get_id()) {
                Some((copy, _)) => Ok(copy.clone()),
                None => vm.ctx.types.cell_type.as_object().call((), vm),
            })
            .collect::<PyResult<Vec<_>>>()?;
        let arguments: Vec<PyObjectRef> = vec![
            parts.code.clone().into(),
            globals.into(),
            object.get_attr("__name__", vm)?,
            vm.ctx.none(),
            optional(!cells.is_empty(), vm.ctx.new_tuple(cells.clone()).into()),
        ];
        let copy = vm.ctx.types.function_type.as_object().call(PosArgs::new(arguments), vm)?;
        self.made(object, copy.clone());
        for (original, cell) in parts.cells.iter().zip(&cells) {
            if self.made.contains_key(&original.get_id()) {
                continue;
            }
            // Locks and the like in closures of the library are nobody's state.
            match reach::cell_content(vm, original) {
                Some(content) if library && !content.is_callable() && !reach::is_container(vm, &content) => {
                    self.made(original, cell.clone());
                    cell.set_attr("cell_contents", content, vm)?;
                }
                _ => self.fill_cell(original, cell)?,
            }
        }
        for (name, value) in [("__defaults__", parts.defaults), ("__kwdefaults__", parts.keyword_defaults)] {
            if !vm.is_none(&value) {
                copy.set_attr(name, self.copy(&value)?, vm)?;
            }
        }
        for name in ["__qualname__", "__module__", "__doc__"] {
            copy.set_attr(name, object.get_attr(name, vm)?, vm)?;
        }
        if let Some(attributes) = parts.attributes {
            for (name, value) in attributes.items_vec() {
                let name = name.try_into_value::<rustpython_vm::builtins::PyStrRef>(vm)?;
                copy.set_attr(&name, self.copy(&value)?, vm)?;
            }
        }
        Ok(copy)
    }

    fn fill_cell(&mut self, original: &PyObject, copy: &PyObjectRef) -> PyResult<()> {
        self.made(original, copy.clone());
        match reach::cell_content(self.vm, original) {
            Some(content) => copy.set_attr("cell_contents", self.copy(&content)?, self.vm),
            None => Ok(()),
        }
    }

    /// The globals for a function's copy: one dictionary for all functions that shared theirs.
    fn globals(&mut self, parts: &Parts) -> PyResult<PyDictRef> {
        let vm = self.vm;
        let known = self.made.get(&parts.globals.get_id()).map(|(copy, _)| copy.clone());
        let (globals, new) = match known {
            Some(known) => (known.try_into_value::<PyDictRef>(vm)?, false),
            None => {
                let globals = vm.ctx.new_dict();
                globals.set_item("__name__", vm.ctx.new_str(MAIN).into(), vm)?;
                globals.set_item("__builtins__", vm.builtins.clone().into(), vm)?;
                self.made(parts.globals.as_object(), globals.clone());
                (globals, true)
            }
        };
        if self.narrow {
            for name in Facts::of(&parts.code).globals {
                if !globals.contains_key(name, vm)
                    && let Some(value) = parts.globals.get_item_opt(name, vm)?
                {
                    // Bound first, so that a function that names itself ends.
                    globals.set_item(name, vm.ctx.none(), vm)?;
                    globals.set_item(name, self.copy(&value)?, vm)?;
                }
            }
        } else if new {
            for (name, value) in parts.globals.items_vec() {
                let value = self.copy(&value)?;
                globals.set_item(&*name, value, vm)?;
            }
        }
        Ok(globals)
    }

    fn class(&mut self, class: &PyTypeRef) -> PyResult {
        let vm = self.vm;
        if Reach::of_task().immutable(vm, class.as_object())? {
            return Ok(self.made(class.as_object(), class.clone()));
        }
        let bases = class.bases.read().iter().map(|base| base.clone().into()).collect::<Vec<PyObjectRef>>();
        let bases = self.all(&bases)?;
        let name = class.as_object().get_attr("__name__", vm)?;
        let members: Vec<_> = class
            .attributes
            .read()
            .iter()
            .filter(|(name, member)| {
                !matches!(name.as_str(), "__dict__" | "__weakref__") && !reach::is_descriptor(member)
            })
            .map(|(name, member)| (*name, member.clone()))
            .collect();
        // Made empty and filled afterwards: its methods may reach it.
        let empty = vm.ctx.new_dict();
        for special in ["__module__", "__qualname__", "__slots__"] {
            if let Ok(value) = class.as_object().get_attr(special, vm) {
                empty.set_item(special, value, vm)?;
            }
        }
        let metaclass = class.as_object().class().to_owned();
        let arguments = vec![name, vm.ctx.new_tuple(bases).into(), empty.into()];
        let copy = metaclass.as_object().call(PosArgs::new(arguments), vm)?;
        self.made(class.as_object(), copy.clone());
        for (name, member) in members {
            if !matches!(name.as_str(), "__module__" | "__qualname__" | "__slots__") {
                let member = if reach::computes_annotations(name.as_str()) { member } else { self.copy(&member)? };
                copy.set_attr(name, member, vm)?;
            }
        }
        if let Some(registry) = self.registry {
            registry.set(classes::name(vm, class), copy.clone());
        }
        Ok(copy)
    }

    fn instance(&mut self, object: &PyObject) -> PyResult {
        let vm = self.vm;
        let reduction = convert::reduce(vm, object)?;
        let maker = self.copy(&reduction.maker)?;
        let args = self.all(&reduction.args)?;
        let copy = if args.is_empty() && maker.downcastable::<PyType>() {
            maker.get_attr("__new__", vm)?.call((maker.clone(),), vm)?
        } else {
            maker.call(PosArgs::new(args), vm)?
        };
        self.made(object, copy.clone());
        let state = self.copy(&reduction.state)?;
        convert::set_state(vm, &copy, &state)?;
        if let Some(items) = reduction.items {
            vm.call_method(&copy, "extend", (self.copy(&items)?,))?;
        }
        if let Some(entries) = reduction.entries.as_ref().and_then(|entries| entries.downcast_ref::<PyDict>()) {
            for (key, value) in entries.items_vec() {
                copy.set_item(&*self.copy(&key)?, self.copy(&value)?, vm)?;
            }
        }
        Ok(copy)
    }
}
