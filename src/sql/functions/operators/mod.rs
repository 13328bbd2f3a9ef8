//! Operators, named by their signs.
//!
//! What the analyzer must know: `<>` is there, and `not` of `=` is the same; `between` is `>=` and `<=`; `is true` is
//! `<=> true`; `in` takes the value and then the list; `like` and `ilike` take the escape character as a third
//! argument. `and` and `or` are evaluated lazily where they are evaluated row by row.

mod arithmetic;
mod bits;
mod comparison;
mod decimals;
mod like;
mod logic;
mod operands;
mod temporal;
mod temporal_types;

use super::Function;

/// The tables of all operators.
pub(super) const FAMILIES: [&[Function]; 5] =
    [arithmetic::FUNCTIONS, bits::FUNCTIONS, comparison::FUNCTIONS, logic::FUNCTIONS, like::FUNCTIONS];

#[cfg(test)]
mod tests;
