//! What a driver runs.

use std::rc::Rc;

use crate::cluster::DriverError;
use crate::dstream::SparkContext;

/// A program: its main function, run at the driver.
///
/// The function is run again from its start whenever what it waits for is there (see
/// [`cluster::driver`](crate::cluster::driver)), so it must depend on nothing but its arguments and its own text.
#[derive(Clone)]
pub struct Program {
    main: Rc<dyn Fn(&SparkContext) -> Result<(), DriverError>>,
}

impl Program {
    /// A program of Rust code.
    pub fn new(main: impl Fn(&SparkContext) -> Result<(), DriverError> + 'static) -> Self {
        Program { main: Rc::new(main) }
    }

    pub(super) fn run(&self) -> Result<(), DriverError> {
        (self.main)(&SparkContext)
    }
}
