//! The function library: one entry a function, in tables by family.
//!
//! A function says what it accepts and returns ([`Signature`]) and how a row is computed ([`Evaluation`]); the
//! analyzer writes the casts out, so evaluation sees the types it asked for. Operators are functions too, named by
//! their sign: `+`, `=`, `and`, `<=>`.

mod accepts;
pub mod arrays;
pub mod arrays_sequence;
pub mod arrays_sets;
pub mod calendar;
pub mod codecs;
pub mod collections;
mod column_type;
pub mod conditional;
pub mod datetime;
pub mod datetime_arith;
pub mod datetime_convert;
pub mod datetime_format;
mod datetime_legacy;
pub mod datetime_parse;
mod datetime_pattern;
pub mod datetime_trunc;
mod fdlibm;
pub mod generators;
pub mod hashing;
pub mod higher_order;
pub mod interval_text;
pub mod json;
pub mod json_options;
pub mod json_path;
pub mod json_read;
pub mod json_schema;
mod json_text;
pub mod json_write;
pub mod maps;
pub mod math;
pub mod math_digits;
pub mod math_round;
mod math_trig;
pub mod math_try;
pub mod misc;
mod operators;
#[cfg(test)]
mod queries_tests;
pub mod random;
mod refusals;
pub mod regexp;
mod regexp_classes;
mod regexp_java;
mod row;
pub mod signature;
pub mod strings;
pub mod strings_find;
pub mod strings_format;
pub mod strings_number;
pub mod strings_part;
pub mod strings_sentences;
pub mod strings_to_number;
pub mod strings_url;
pub mod structs;
pub mod windows;
pub mod zones;

use std::fmt::{self, Debug, Formatter};

use arrow_array::ArrayRef;

use super::{Context, DataType, Datum, SqlError, Typed};

/// What a function makes of the types it is given.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature {
    /// The types the arguments must have; the analyzer casts those that have another.
    pub arguments: Vec<DataType>,
    pub returns: DataType,
    pub nullable: bool,
}

/// How a function is computed.
#[derive(Clone, Copy)]
pub enum Evaluation {
    /// A row at a time; never called with a null among the arguments, where the result is null.
    Strict(fn(&Context, &[Datum], &DataType) -> Result<Datum, SqlError>),
    /// A row at a time, nulls included.
    Nullable(fn(&Context, &[Datum], &DataType) -> Result<Datum, SqlError>),
    /// Whole columns: arguments, number of rows and the type of the result. For what is hot.
    Columns(fn(&Context, &[ArrayRef], usize, &DataType) -> Result<ArrayRef, SqlError>),
    /// A row at a time, nulls included, and whole columns where there is a faster way for the arguments' types: the
    /// second gives `None` where there is none. Both mean the same.
    Hybrid(
        fn(&Context, &[Datum], &DataType) -> Result<Datum, SqlError>,
        fn(&Context, &[ArrayRef], &DataType) -> Option<ArrayRef>,
    ),
    /// A higher-order function: the arguments that are lambdas come as functions of their parameters.
    HigherOrder(fn(&Context, &[Datum], &[Lambda<'_>], &DataType) -> Result<Datum, SqlError>),
    /// Rows from one row: `explode` and its like; a row is what the generator's output columns hold.
    Generator(fn(&Context, &[Datum]) -> Result<Vec<Vec<Datum>>, SqlError>),
}

/// A lambda of a higher-order function, bound to the row it is evaluated for.
pub type Lambda<'a> = &'a dyn Fn(&[Datum]) -> Result<Datum, SqlError>;

/// The tables of all families. A name in two of them is the function of the first.
const FAMILIES: &[&[Function]] = &[
    arrays::FUNCTIONS,
    arrays_sequence::FUNCTIONS,
    arrays_sets::FUNCTIONS,
    codecs::FUNCTIONS,
    collections::FUNCTIONS,
    conditional::FUNCTIONS,
    datetime::FUNCTIONS,
    datetime_arith::FUNCTIONS,
    datetime_convert::FUNCTIONS,
    datetime_trunc::FUNCTIONS,
    generators::FUNCTIONS,
    hashing::FUNCTIONS,
    higher_order::FUNCTIONS,
    json::FUNCTIONS,
    json_path::FUNCTIONS,
    maps::FUNCTIONS,
    math::FUNCTIONS,
    math_digits::FUNCTIONS,
    math_round::FUNCTIONS,
    math_try::FUNCTIONS,
    misc::FUNCTIONS,
    random::FUNCTIONS,
    regexp::FUNCTIONS,
    strings::FUNCTIONS,
    strings_find::FUNCTIONS,
    strings_format::FUNCTIONS,
    strings_number::FUNCTIONS,
    strings_part::FUNCTIONS,
    strings_sentences::FUNCTIONS,
    strings_to_number::FUNCTIONS,
    strings_url::FUNCTIONS,
    structs::FUNCTIONS,
    windows::FUNCTIONS,
];

/// A function of the library.
pub struct Function {
    /// Lower case; what `Display` and errors say.
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    /// Settles the types, or refuses with Spark's `DATATYPE_MISMATCH.*` or `WRONG_NUM_ARGS.*`. It sees the arguments
    /// themselves, since some functions (`from_json`) take their result's type from a literal.
    pub signature: fn(&'static Function, &[Typed]) -> Result<Signature, SqlError>,
    pub evaluation: Evaluation,
}

impl Debug for Function {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(self.name)
    }
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// The function of this name, lower case, if there is one.
pub fn lookup(name: &str) -> Option<&'static Function> {
    let mut all = operators::FAMILIES.iter().chain(FAMILIES).copied().flatten();
    all.find(|function| function.name == name || function.aliases.contains(&name))
}

#[cfg(test)]
mod tests;
