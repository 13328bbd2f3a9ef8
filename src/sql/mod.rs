//! Spark SQL as a language: types, values, expressions, functions, SQL text, and the analyzer that makes of a plan as it
//! was written one whose every column is known.
//!
//! A [`Plan`] is what somebody wrote, by the DataFrame API in Rust or Python or as SQL text; [`Analyzer::analyze`] makes
//! a [`Node`] of it, or says what Spark says. Expressions of a node are [`Typed`]; [`Compiled`] evaluates them over
//! Arrow columns. This room must never know a stream's batches, a state, a cluster or an interpreter: what changes
//! from batch to batch stands above.

pub mod aggregates;
mod analyze;
pub mod cast;
pub mod coerce;
pub mod columns;
mod datum;
mod error;
mod eval;
mod expr;
pub mod functions;
pub mod groups;
pub mod json_rows;
mod node;
mod parse;
mod plan;
mod session;
pub mod text;
mod typed;
pub mod types;

pub use analyze::Analyzer;
pub use datum::Datum;
pub use error::SqlError;
pub use eval::{Compiled, Context};
pub use expr::{BinaryOp, Expr, Frame, Literal, SortKey, UnaryOp, call, col, lit, when};
pub use node::{
    Attribute, AttributeId, Node, RelationId, SessionWindow, SortOrder, StateCall, StateFunction, StateOutcome,
};
pub use parse::{parse_expression, parse_query};
pub use plan::{JoinCondition, JoinKind, OutputMode, Plan, StateTimeout};
pub use session::{DataFrame, Session};
pub use typed::{Named, Typed, TypedKind, UserFunction};
pub use types::{DataType, StructField};
