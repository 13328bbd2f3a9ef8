//! The scope of one call into Python: what it is given, and what is known of it afterwards.
//!
//! A call sees the virtual time, the random stream and the step budget it was given and nothing else that could differ
//! between two runs. What it printed and how long it slept is returned with its result.

use std::cell::{Cell, RefCell};

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use super::budget;
use crate::value::Value;

/// What a call into Python is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Surroundings {
    /// Virtual time in microseconds since the Unix epoch.
    pub now: i64,
    /// Seeds `random` (and whatever draws from it) for this call.
    pub seed: u64,
    /// Steps the call may take: turns of loops, entries into functions, records of a task.
    pub budget: u64,
}

impl Default for Surroundings {
    fn default() -> Self {
        Surroundings { now: 0, seed: 0, budget: Self::BUDGET }
    }
}

impl Surroundings {
    /// Steps a call may take: some seconds of work on today's machines.
    pub const BUDGET: u64 = 20_000_000;
}

/// What is known of a call besides its result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Aftermath {
    /// All that went to `sys.stdout` and `sys.stderr`.
    pub printed: String,
    /// Virtual microseconds passed in `time.sleep`.
    pub slept: i64,
    /// Steps taken from the budget.
    pub steps: u64,
    /// What a task added to accumulators, by their numbers.
    pub accumulated: Vec<(u64, Value)>,
}

/// Which side of Spark a call is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Role {
    /// No call is under way: modules are being loaded.
    #[default]
    Idle,
    /// The program, or a function of it that the driver runs.
    Driver,
    /// A function that travelled to a task.
    Task,
}

#[derive(Default)]
struct Scope {
    role: Cell<Role>,
    now: Cell<i64>,
    slept: Cell<i64>,
    seed: Cell<u64>,
    random: RefCell<Option<ChaCha8Rng>>,
    printed: RefCell<String>,
}

thread_local! {
    static SCOPE: Scope = Scope::default();
}

/// Runs `call` within the surroundings given. Calls nest: the outer one's scope is back afterwards.
pub(super) fn enter<R>(surroundings: Surroundings, role: Role, call: impl FnOnce() -> R) -> (R, Aftermath) {
    SCOPE.with(|scope| {
        let role = scope.role.replace(role);
        let now = scope.now.replace(surroundings.now);
        let slept = scope.slept.replace(0);
        let seed = scope.seed.replace(surroundings.seed);
        let random = scope.random.take();
        let printed = scope.printed.take();
        let account = budget::replace(budget::Account { left: surroundings.budget, exceeded: false });

        let result = call();

        let steps = surroundings.budget - budget::replace(account).left;
        scope.role.set(role);
        scope.now.set(now);
        scope.seed.set(seed);
        scope.random.replace(random);
        let (printed, slept) = (scope.printed.replace(printed), scope.slept.replace(slept));
        (result, Aftermath { printed, slept, steps, accumulated: Vec::new() })
    })
}

/// Virtual time within the call, in microseconds since the epoch.
pub(super) fn now() -> i64 {
    SCOPE.with(|scope| scope.now.get() + scope.slept.get())
}

/// Has virtual time go on from here: a driver's call had an answer at this time.
pub(super) fn set_now(now: i64) {
    SCOPE.with(|scope| scope.now.set(now));
}

/// Which side of Spark the running call is on.
pub(super) fn role() -> Role {
    SCOPE.with(|scope| scope.role.get())
}

/// Lets virtual microseconds pass.
pub(super) fn sleep(microseconds: i64) {
    SCOPE.with(|scope| scope.slept.set(scope.slept.get().saturating_add(microseconds.max(0))));
}

/// The seed of the running call.
pub(super) fn seed() -> u64 {
    SCOPE.with(|scope| scope.seed.get())
}

/// Appends to what the call printed.
pub(super) fn print(text: &str) {
    SCOPE.with(|scope| scope.printed.borrow_mut().push_str(text));
}

/// The next bytes of the call's random stream.
pub(super) fn random_bytes(count: usize) -> Vec<u8> {
    SCOPE.with(|scope| {
        let mut random = scope.random.borrow_mut();
        let mut bytes = vec![0; count];
        random.get_or_insert_with(|| ChaCha8Rng::seed_from_u64(scope.seed.get())).fill_bytes(&mut bytes);
        bytes
    })
}
