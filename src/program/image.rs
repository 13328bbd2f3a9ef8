//! Driver-side Python state as a value.
//!
//! `foreachRDD(lambda rdd: results.append(rdd.collect()))` changes the program's state in every batch. The image holds
//! the functions of a program's graph with all they reach, and is never changed: a call runs on a copy and gives the
//! image afterwards. So a world that holds an image can be forked, compared in time and started again.

use std::rc::Rc;

use rustpython_vm::{PyObjectRef, PyResult, VirtualMachine, function::PosArgs};

use super::{
    budget,
    classes::Registry,
    convert,
    copy::{Copy, Destination},
    driver::{self, Graph, Journal, Outcome},
    engine::Engine,
    function::Function,
    interpreter,
    reach::Reach,
    resume,
    scope::{self, Aftermath, Role, Surroundings},
    source::Source,
};
use crate::value::Value;

/// The functions of a program's graph, and the state of the program that they reach, at one moment.
#[derive(Clone, Debug)]
pub struct Image(Rc<State>);

#[derive(Debug)]
struct State {
    functions: Vec<PyObjectRef>,
    /// Nothing mutable is reached: calls leave the image as it is and need no copy.
    pure: bool,
    /// Nothing was changed since the program started the context.
    first: bool,
    registry: Registry,
    source: Source,
}

/// What a call on an image gives.
pub struct ImageCall<E> {
    /// Its result, and the image afterwards.
    pub outcome: Outcome<(Value, Image)>,
    /// What it printed, once it is done.
    pub aftermath: Aftermath,
    /// The engine, handed back.
    pub engine: E,
    /// The journal with the answers that the call had at once.
    pub journal: Journal,
}

impl Image {
    pub(super) fn capture(vm: &VirtualMachine, graph: &Graph) -> PyResult<Image> {
        let mut reach = Reach::of_driver();
        let mut pure = true;
        for function in &graph.functions {
            pure &= reach.immutable(vm, function)?;
        }
        let functions = if pure {
            graph.functions.clone()
        } else {
            let mut copy = Copy::first(vm, Destination::Driver);
            graph.functions.iter().map(|function| copy.copy(function)).collect::<PyResult<Vec<_>>>()?
        };
        let (registry, source) = (Registry::current(), graph.source.clone());
        Ok(Image(Rc::new(State { functions, pure, first: true, registry, source })))
    }

    /// Whether calls can't change it.
    pub fn is_pure(&self) -> bool {
        self.0.pure
    }

    /// A function of the graph with the program's state as this image has it: what Spark pickles for this batch.
    pub fn function(&self, function: &Function) -> Function {
        match function.slot().and_then(|slot| self.0.functions.get(slot)) {
            Some(current) if !self.0.first => function.with_callable(current.clone()),
            _ => function.clone(),
        }
    }

    /// Gives a main program's own functions the state that this image has; see [`super::resume`].
    pub(super) fn give_back(&self, vm: &VirtualMachine, originals: &[PyObjectRef]) -> PyResult<()> {
        let state = &*self.0;
        if state.first {
            return Ok(());
        }
        // A copy: the main program may change it, and the image must stay as it is.
        let mut copy = Copy::again(vm, Destination::Driver, &state.registry);
        let latest = state.functions.iter().map(|function| copy.copy(function)).collect::<PyResult<Vec<_>>>()?;
        drop(copy);
        resume::give_back(vm, originals, &latest)
    }

    /// Calls a driver function of the graph; see [`super::Request::Transform`] for its arguments.
    pub fn call<E: Engine>(
        &self,
        function: &Function,
        arguments: &[Value],
        engine: E,
        journal: Journal,
        surroundings: Surroundings,
    ) -> ImageCall<E> {
        interpreter::with(|vm| {
            let state = &*self.0;
            let registry = if state.pure { state.registry.clone() } else { state.registry.fork() };
            let graph = Graph::of(&state.source);
            let (finished, aftermath) = registry.enter(|| {
                scope::enter(surroundings, Role::Driver, || {
                    interpreter::reseed(vm);
                    driver::call(engine, journal, graph, || {
                        self.run(vm, function, arguments, &registry).and_then(|done| budget::verdict(vm).map(|()| done))
                    })
                })
            });
            let outcome = if finished.suspended {
                Outcome::Suspended
            } else {
                match finished.result {
                    Ok(done) => Outcome::Done(done),
                    Err(error) => Outcome::Failed(state.source.error(vm, &error)),
                }
            };
            ImageCall { outcome, aftermath, engine: finished.engine, journal: finished.journal }
        })
    }

    fn run(
        &self,
        vm: &VirtualMachine,
        function: &Function,
        arguments: &[Value],
        registry: &Registry,
    ) -> PyResult<(Value, Image)> {
        let state = &*self.0;
        let arguments =
            arguments.iter().map(|argument| convert::to_python(vm, argument)).collect::<PyResult<Vec<_>>>()?;
        let slot = function.slot().filter(|slot| *slot < state.functions.len());
        let Some(slot) = slot else {
            return Err(vm.new_runtime_error(format!("the function {} is not part of the graph", function.name())));
        };
        if state.pure {
            let result = state.functions[slot].call(PosArgs::new(arguments), vm)?;
            return Ok((convert::from_python(vm, &result)?, self.clone()));
        }
        let mut copy = Copy::again(vm, Destination::Driver, registry);
        let functions = state.functions.iter().map(|function| copy.copy(function)).collect::<PyResult<Vec<_>>>()?;
        drop(copy);
        let result = functions[slot].call(PosArgs::new(arguments), vm)?;
        let result = convert::from_python(vm, &result)?;
        let (registry, source) = (registry.clone(), state.source.clone());
        Ok((result, Image(Rc::new(State { functions, pure: false, first: false, registry, source }))))
    }
}
