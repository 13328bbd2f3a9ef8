//! PySpark's SQL API: what the facade in `pyspark/sql` asks for, decoded and answered.
//!
//! A frame in Python is a number of an analyzed plan; each operation on it is a tree of plain data, which is decoded to
//! a [`sql::Plan`](crate::sql::Plan) and analyzed by the program's [`SqlSession`]. Functions of the program travel as
//! they do to tasks of RDDs, and become closures over rows. Running anything is left to a [`SqlEngine`].

mod case;
mod decode_expr;
mod decode_plan;
mod engine;
mod functions;
mod intervals;
mod requests;
mod rows;
mod session;
mod sources;
mod time;
mod tree;
mod types;

pub use case::{DefinedQuery, define_query};
pub use engine::{Frame, SqlEngine, driver_error, serve};
pub use functions::{call_writer, in_task};
pub(super) use requests::build;
pub use requests::{
    QueryQuestion, ReadSource, SqlRequest, StartQuery, StartRequest, StreamsQuestion, TriggerSpec, WriteFrame,
};
pub use rows::{rows_to_value, to_value};
pub use session::SqlSession;
pub use sources::Source as TableSource;
