//! `_headwater`: the native module below the Python facade.

pub(super) use _headwater::module_def;

#[rustpython_vm::pymodule]
pub(super) mod _headwater {
    use rustpython_vm::{
        AsObject, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine,
        builtins::{PyBytes, PyDictRef, PyStrRef},
        function::PosArgs,
        protocol::{PyIter, PyIterReturn},
    };

    use crate::program::{accumulate, broadcast, budget, convert, driver, records, requests, scope};

    /// Virtual time in microseconds since the epoch.
    #[pyfunction]
    fn now() -> i64 {
        scope::now()
    }

    /// Lets virtual time pass.
    #[pyfunction]
    fn sleep(microseconds: i64, vm: &VirtualMachine) -> PyResult<()> {
        driver::sleep(vm, microseconds)
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

    /// Seconds since the epoch of a UTC date and time.
    #[pyfunction]
    fn seconds_of(year: i64, month: i64, day: i64, hour: i64, minute: i64, second: i64) -> i64 {
        // Days from 1970-01-01 in the proleptic Gregorian calendar; years begin in March.
        let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * month + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let days = era * 146_097 + day_of_era - 719_468;
        days * 86_400 + hour * 3600 + minute * 60 + second
    }

    /// Whether the caller is in a task rather than on the driver.
    #[pyfunction]
    fn in_task() -> bool {
        scope::role() == scope::Role::Task
    }

    /// Asks the engine: the request's name and its arguments.
    #[pyfunction]
    fn ask(name: PyStrRef, arguments: PosArgs, vm: &VirtualMachine) -> PyResult {
        let name = name.to_string_lossy();
        let reply = driver::ask(vm, |graph| requests::build(vm, graph, &name, arguments.into_vec()))?;
        requests::reply(vm, &reply)
    }

    /// Adds a term to an accumulator from within a task.
    #[pyfunction]
    fn accumulate(
        accumulator: u64,
        zero: PyObjectRef,
        term: PyObjectRef,
        param: PyObjectRef,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        accumulate::add(vm, accumulator, zero, term, &param)
    }

    /// A copy of plain data, as if it had been pickled and read again.
    #[pyfunction]
    fn duplicate(object: PyObjectRef, vm: &VirtualMachine) -> PyResult {
        convert::to_python(vm, &convert::from_python(vm, &object)?)
    }

    /// `pyspark.rdd.portable_hash`.
    #[pyfunction]
    fn portable_hash(object: PyObjectRef, vm: &VirtualMachine) -> PyResult<i64> {
        let value = convert::from_python(vm, &object)?;
        match crate::value::unhashable(&value) {
            Some(class) => Err(vm.new_type_error(format!("unhashable type: '{class}'"))),
            None => Ok(crate::value::portable_hash(&value)),
        }
    }

    /// `map(f, records)`, in which a `StopIteration` of `f` is an error and not the end.
    #[pyfunction]
    fn mapped(function: PyObjectRef, records: PyObjectRef, vm: &VirtualMachine) -> PyResult {
        records::mapped(vm, function, records)
    }

    /// `filter(f, records)`, likewise.
    #[pyfunction]
    fn filtered(function: PyObjectRef, records: PyObjectRef, vm: &VirtualMachine) -> PyResult {
        records::filtered(vm, function, records)
    }

    /// A broadcast's value: on the driver itself, in a task one for this task.
    #[pyfunction]
    fn broadcast_value(broadcast: u64, value: PyObjectRef, vm: &VirtualMachine) -> PyResult {
        if scope::role() == scope::Role::Task { broadcast::value(vm, broadcast, value) } else { Ok(value) }
    }

    /// The inner loop of `combineByKey`: values of `(key, value)` pairs, combined into `combined` by key.
    #[pyfunction]
    fn combine(
        pairs: PyObjectRef,
        combined: PyDictRef,
        create: PyObjectRef,
        merge: PyObjectRef,
        vm: &VirtualMachine,
    ) -> PyResult<PyDictRef> {
        let pairs: PyIter = pairs.get_iter(vm)?;
        while let PyIterReturn::Return(pair) = pairs.next(vm)? {
            budget::step(vm)?;
            let (key, value) = unpack(&pair, vm)?;
            let value = match combined.get_item_opt(&*key, vm)? {
                Some(before) => merge.vectorcall(vec![before, value], 2, None, vm)?,
                None if vm.is_none(&create) => value,
                None => create.vectorcall(vec![value], 1, None, vm)?,
            };
            combined.set_item(&*key, value, vm)?;
        }
        Ok(combined)
    }

    fn unpack(pair: &PyObjectRef, vm: &VirtualMachine) -> PyResult<(PyObjectRef, PyObjectRef)> {
        if let Some(pair) = pair.downcast_ref::<rustpython_vm::builtins::PyTuple>()
            && let [key, value] = pair.as_slice()
        {
            return Ok((key.clone(), value.clone()));
        }
        let class = pair.class().name().to_string();
        let Ok(iterator) = pair.clone().get_iter(vm) else {
            return Err(vm.new_type_error(format!("cannot unpack non-iterable {class} object")));
        };
        let iterator: PyObjectRef = iterator.into();
        let members = vm.extract_elements_with(&iterator, Ok)?;
        match <[PyObjectRef; 2]>::try_from(members) {
            Ok([key, value]) => Ok((key, value)),
            Err(members) if members.len() < 2 => {
                Err(vm.new_value_error(format!("not enough values to unpack (expected 2, got {})", members.len())))
            }
            Err(_) => Err(vm.new_value_error("too many values to unpack (expected 2)".to_owned())),
        }
    }
}
