//! Sorting into ranges.
