//! Driver-side Python, and how it waits.
//!
//! The program and the functions it gives to `foreachRDD` and `transform` may ask for things that take virtual time.
//! The simulation never blocks, so such a call is unwound, and made again from the same beginning once the engine has
//! the answer; a [`Journal`] holds the answers so far. The journal is a value: it can be kept in a world and forked.

use std::{any::Any, cell::RefCell};

use indexmap::IndexMap;
use rustc_hash::FxHashMap;
use rustpython_vm::{
    PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyDictRef},
};

use super::{
    engine::{Answer, Engine, RddId, Refusal, Reply, Request, StreamId},
    error::ProgramError,
    function::Function,
    image::Image,
    interpreter,
    scope::{self, Role},
    source::Source,
};

/// The answers that a driver call has had, in the order it asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Journal {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq)]
struct Entry {
    /// Virtual time from this answer on.
    at: i64,
    answer: Result<Reply, Refusal>,
}

impl Journal {
    /// Adds the answer to the request that blocked, known at virtual time `at` (microseconds).
    pub fn push(&mut self, at: i64, answer: Result<Reply, Refusal>) {
        self.entries.push(Entry { at, answer });
    }

    /// How many answers there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing was asked yet.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// How a driver call ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<T> {
    /// It came to its end.
    Done(T),
    /// It asked for something that takes time: push the answer to its journal and make the call again.
    Suspended,
    /// It raised an exception.
    Failed(ProgramError),
}

/// The driver call under way.
struct Call {
    engine: Option<Box<dyn Engine>>,
    journal: Journal,
    /// How many of the journal's answers were given out.
    given: usize,
    suspended: bool,
    graph: Graph,
}

/// What a driver call has built: the functions of the streaming graph by their slots, and the lineage of its RDDs.
#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    pub source: Source,
    pub functions: Vec<PyObjectRef>,
    lineage: FxHashMap<RddId, (Vec<RddId>, Option<Function>)>,
    /// The main program's variables, while it runs.
    globals: Option<PyDictRef>,
}

impl Graph {
    /// Nothing built yet.
    pub(super) fn of(source: &Source) -> Graph {
        Graph { source: source.clone(), ..Graph::default() }
    }

    /// A function that runs in every batch: the image keeps it together with the state it shares with others.
    pub(super) fn recurring(&mut self, vm: &VirtualMachine, callable: PyObjectRef) -> Function {
        self.functions.push(callable.clone());
        Function::new(vm, callable, &self.source, Some(self.functions.len() - 1))
    }

    /// Nothing built yet, by a main program with these variables.
    pub(super) fn of_main(source: &Source, globals: &PyDictRef) -> Graph {
        Graph { globals: Some(globals.clone()), ..Graph::of(source) }
    }

    /// The streams that the main program's variables hold, in the order they were bound.
    pub(super) fn named_streams(&self, vm: &VirtualMachine) -> PyResult<IndexMap<String, StreamId>> {
        let mut streams = IndexMap::new();
        for (name, value) in self.globals.iter().flat_map(|globals| globals.items_vec()) {
            if let Some(number) = interpreter::stream_number(vm, &value)? {
                streams.insert(name.str(vm)?.to_string_lossy().into_owned(), StreamId(number));
            }
        }
        Ok(streams)
    }

    /// A function for one RDD.
    pub(super) fn once(&self, vm: &VirtualMachine, callable: PyObjectRef) -> Function {
        Function::new(vm, callable, &self.source, None)
    }

    /// Remembers how an RDD was made.
    fn made(&mut self, rdd: RddId, request: (Vec<RddId>, Option<Function>)) {
        self.lineage.insert(rdd, request);
    }

    /// Captures the functions that a job runs, when Spark pickles them: as the job is submitted.
    fn submit(&self, vm: &VirtualMachine, rdd: RddId) -> PyResult<()> {
        let mut pending = vec![rdd];
        while let Some(rdd) = pending.pop() {
            if let Some((parents, function)) = self.lineage.get(&rdd) {
                pending.extend(parents);
                if let Some(function) = function {
                    function.capture(vm)?;
                }
            }
        }
        Ok(())
    }

    /// The graph's functions and their state as they are now.
    pub(super) fn image(&self, vm: &VirtualMachine) -> PyResult<Image> {
        Image::capture(vm, self)
    }
}

thread_local! {
    static CALLS: RefCell<Vec<Call>> = const { RefCell::new(Vec::new()) };
}

/// What a driver call leaves behind.
pub(super) struct Finished<R, E> {
    pub result: Result<R, PyBaseExceptionRef>,
    pub suspended: bool,
    pub engine: E,
    pub journal: Journal,
}

/// Makes a driver call on an engine.
pub(super) fn call<R, E: Engine>(
    engine: E,
    journal: Journal,
    graph: Graph,
    body: impl FnOnce() -> PyResult<R>,
) -> Finished<R, E> {
    let call = Call { engine: Some(Box::new(engine)), journal, given: 0, suspended: false, graph };
    CALLS.with_borrow_mut(|calls| calls.push(call));
    let result = body();
    let call = CALLS.with_borrow_mut(Vec::pop);
    let Some(Call { engine: Some(engine), journal, suspended, .. }) = call else {
        unreachable!("calls end in the order they began, with the engine back in its place");
    };
    let engine: Box<dyn Any> = engine;
    match engine.downcast::<E>() {
        Ok(engine) => Finished { result, suspended, engine: *engine, journal },
        Err(_) => unreachable!("the engine that comes back is the one that went in"),
    }
}

/// Asks the engine, or the journal if the question was asked before.
pub(super) fn ask(vm: &VirtualMachine, request: impl FnOnce(&mut Graph) -> PyResult<Request>) -> PyResult<Reply> {
    if scope::role() == Role::Task {
        return Err(vm.new_runtime_error(
            "[CONTEXT_ONLY_VALID_ON_DRIVER] It appears that you are attempting to reference SparkContext from a \
             broadcast variable, action, or transformation. SparkContext can only be used on the driver, not in code \
             that it run on workers. For more information, see SPARK-5063."
                .to_owned(),
        ));
    }
    let mut graph = with_call(vm, |call| {
        if call.suspended {
            return Err(suspension(vm));
        }
        Ok(std::mem::take(&mut call.graph))
    })?;
    // Made for known answers too: the graph's functions are those of this run.
    let request = request(&mut graph);
    let submitted = match &request {
        Ok(Request::RunJob { rdd, .. } | Request::SaveAsTextFile { rdd, .. }) => graph.submit(vm, *rdd),
        _ => Ok(()),
    };
    let lineage = request.as_ref().ok().and_then(Request::lineage);
    let known = with_call(vm, |call| {
        call.graph = graph;
        let known = call.journal.entries.get(call.given).cloned();
        call.given += usize::from(known.is_some());
        Ok(known)
    })?;
    submitted?;
    let request = request?;
    let answer = match known {
        Some(entry) => {
            scope::set_now(entry.at);
            entry.answer
        }
        None => {
            // Outside the call's record while it answers: an engine may run Python to do so.
            let Some(mut engine) = with_call(vm, |call| Ok(call.engine.take()))? else {
                return Err(vm.new_runtime_error("the engine is busy answering another request".to_owned()));
            };
            let answer = engine.serve(request);
            if let Some(image) = engine.changed_state() {
                let originals = with_call(vm, |call| Ok(call.graph.functions.clone()))?;
                image.give_back(vm, &originals)?;
            }
            with_call(vm, |call| {
                call.engine = Some(engine);
                match answer {
                    Answer::Ready(answer) => {
                        call.journal.push(scope::now(), answer.clone());
                        call.given += 1;
                        Ok(answer)
                    }
                    Answer::Blocked => {
                        call.suspended = true;
                        Err(suspension(vm))
                    }
                }
            })?
        }
    };
    if let (Ok(Reply::Rdd(rdd)), Some(lineage)) = (&answer, lineage) {
        with_call(vm, |call| {
            call.graph.made(*rdd, lineage);
            Ok(())
        })?;
    }
    answer.map_err(|refusal| interpreter::java_error(vm, &refusal))
}

/// The streams that the running main program's variables hold.
pub(super) fn named_streams(vm: &VirtualMachine) -> PyResult<IndexMap<String, StreamId>> {
    let graph = with_call(vm, |call| Ok(call.graph.clone()))?;
    graph.named_streams(vm)
}

fn with_call<R>(vm: &VirtualMachine, body: impl FnOnce(&mut Call) -> PyResult<R>) -> PyResult<R> {
    CALLS.with_borrow_mut(|calls| match calls.last_mut() {
        Some(call) => body(call),
        None => {
            Err(vm.new_runtime_error("there is no engine to ask: Spark is used outside a program's run".to_owned()))
        }
    })
}

fn suspension(vm: &VirtualMachine) -> PyBaseExceptionRef {
    vm.new_exception(interpreter::classes().suspended.clone(), Vec::new())
}

/// Sleeps: on the driver that takes virtual time, in a task it is counted.
pub(super) fn sleep(vm: &VirtualMachine, duration: i64) -> PyResult<()> {
    if scope::role() == Role::Driver {
        ask(vm, |_| Ok(Request::Sleep { duration })).map(drop)
    } else {
        scope::sleep(duration);
        Ok(())
    }
}
