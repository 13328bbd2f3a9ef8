//! Shared variables: accumulators, which tasks only add to, and broadcasts, which they only read.

use std::marker::PhantomData;
use std::ops::Deref;
use std::rc::Rc;

use super::driver::{self, DriverError};
use super::ids::AccumulatorId;
use super::task::TaskContext;

/// A variable that tasks add to and the driver reads: `org.apache.spark.util.AccumulatorV2`.
///
/// An addition counts once for each partition of a job's result, however often its task ran; in the stages before,
/// once for each time it ran. Additions of a failed attempt don't count.
pub struct Accumulator<T> {
    id: AccumulatorId,
    value: PhantomData<fn() -> T>,
}

impl<T> Clone for Accumulator<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Accumulator<T> {}

impl<T: 'static> Accumulator<T> {
    /// A new one; called by the driver.
    pub fn new(zero: T, add: impl Fn(&T, &T) -> T + 'static) -> Self {
        let merge: driver::Merge = Rc::new(move |sum, update| match (sum.downcast_ref(), update.downcast_ref()) {
            (Some(sum), Some(update)) => Rc::new(add(sum, update)),
            _ => unreachable!("an accumulator keeps its type"),
        });
        Accumulator { id: driver::accumulator(Rc::new(zero), merge), value: PhantomData }
    }

    /// `AccumulatorV2.add`, in a task.
    pub fn add(&self, update: T, context: &mut TaskContext) {
        context.accumulate(self.id, Rc::new(update));
    }

    /// `AccumulatorV2.add`, at the driver.
    pub fn add_at_driver(&self, update: T) -> Result<(), DriverError> {
        driver::update_accumulator(self.id, Rc::new(update))
    }

    /// `AccumulatorV2.value`, at the driver.
    pub fn value(&self) -> Result<Rc<T>, DriverError> {
        let value = driver::accumulator_value(self.id)?;
        value.and_then(|value| value.downcast().ok()).ok_or(DriverError::NoDriver)
    }
}

/// A value that tasks read: `org.apache.spark.broadcast.Broadcast`.
pub struct Broadcast<T> {
    value: Rc<T>,
}

impl<T> Clone for Broadcast<T> {
    fn clone(&self) -> Self {
        Broadcast { value: self.value.clone() }
    }
}

impl<T> Broadcast<T> {
    /// Makes a value known to all tasks.
    pub fn new(value: T) -> Self {
        Broadcast { value: Rc::new(value) }
    }
}

impl<T> Deref for Broadcast<T> {
    type Target = T;

    /// `Broadcast.value`.
    fn deref(&self) -> &T {
        &self.value
    }
}
