//! Totals that may not fit: decimals, intervals, and whatever `try_sum` and `try_avg` add.

use std::marker::PhantomData;

use arrow_array::types::{Decimal128Type, DurationMicrosecondType, Int64Type, IntervalYearMonthType};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, BooleanArray};

use super::columns::{Widen, column, each, primitive};
use super::digits::bound;
use crate::sql::{DataType, SqlError};

/// Numbers that are added with care.
pub(super) trait Checked: ArrowPrimitiveType {
    /// The sum, if it is at most as far from zero as the limit, and the type holds it.
    fn plus(left: Self::Native, right: Self::Native, limit: i128) -> Option<Self::Native>;
    /// Nothing, the first sum.
    const NONE: Self::Native;
    /// What Java says of a sum that the type doesn't hold.
    const OVERFLOW: &'static str;
}

macro_rules! checked {
    ($($of:ty, $native:ty, $overflow:literal;)*) => {
        $(impl Checked for $of {
            #[inline]
            fn plus(left: $native, right: $native, limit: i128) -> Option<$native> {
                left.checked_add(right).filter(|sum| i128::from(*sum).unsigned_abs() <= limit.unsigned_abs())
            }
            const NONE: $native = 0;
            const OVERFLOW: &'static str = $overflow;
        })*
    };
}
checked! {
    Int64Type, i64, "long overflow";
    DurationMicrosecondType, i64, "long overflow";
    IntervalYearMonthType, i32, "integer overflow";
    Decimal128Type, i128, "Overflow in sum of decimals";
}

/// What becomes of a total that doesn't fit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Overflow {
    /// It is null from then on.
    Null,
    /// The query fails.
    Fails,
}

/// The total of each group; once it doesn't fit it stays so.
pub(super) struct Totals<In: ArrowPrimitiveType, Sum: Checked> {
    pub(super) sums: Vec<Sum::Native>,
    pub(super) fits: Vec<bool>,
    of: DataType,
    limit: i128,
    overflow: Overflow,
    added: PhantomData<In>,
}

fn overflowed(what: &str) -> SqlError {
    let message = format!("{what}. Use 'try_add' to tolerate overflow and return NULL instead.");
    SqlError::new("ArithmeticException", Some("INTERVAL_ARITHMETIC_OVERFLOW"), message)
}

impl<In: ArrowPrimitiveType, Sum: Checked> Totals<In, Sum>
where
    Sum::Native: Widen<In::Native>,
{
    /// Totals of this type.
    pub(super) fn new(of: DataType, overflow: Overflow) -> Self {
        let limit = if let DataType::Decimal { precision, .. } = &of { bound(*precision) } else { i128::MAX };
        Totals { sums: Vec::new(), fits: Vec::new(), of, limit, overflow, added: PhantomData }
    }

    pub(super) fn resize(&mut self, groups: usize) {
        self.sums.resize(groups, Sum::NONE);
        self.fits.resize(groups, true);
    }

    #[inline]
    fn add(&mut self, group: usize, value: Sum::Native) -> bool {
        if !self.fits[group] {
            return true;
        }
        match Sum::plus(self.sums[group], value, self.limit) {
            Some(sum) => {
                self.sums[group] = sum;
                true
            }
            None => {
                self.fits[group] = false;
                false
            }
        }
    }

    /// Adds a column, and says which groups had values.
    pub(super) fn update(
        &mut self,
        groups: &[u32],
        values: &ArrayRef,
        filter: Option<&BooleanArray>,
        mut seen: impl FnMut(usize),
    ) -> Result<(), SqlError> {
        let mut fit = true;
        each::<In>(groups, values, filter, |group, value| {
            fit &= self.add(group, Widen::widen(value));
            seen(group);
        })?;
        self.checked(fit)
    }

    /// Adds totals; one that is null did not fit.
    pub(super) fn merge(&mut self, groups: &[u32], sums: &ArrayRef) -> Result<(), SqlError> {
        let sums = primitive::<Sum>(sums)?;
        let mut fit = true;
        for (row, group) in groups.iter().enumerate().take(sums.len()) {
            let group = *group as usize;
            if sums.is_null(row) {
                self.fits[group] = false;
            } else {
                fit &= self.add(group, sums.value(row));
            }
        }
        self.checked(fit)
    }

    fn checked(&self, fit: bool) -> Result<(), SqlError> {
        if fit || self.overflow == Overflow::Null { Ok(()) } else { Err(overflowed(Sum::OVERFLOW)) }
    }

    /// The totals, null where they don't fit or, if that matters, where there were no values.
    pub(super) fn column(&self, empty: Option<&[bool]>) -> ArrayRef {
        let valid: Vec<bool> = match empty {
            Some(empty) => self.fits.iter().zip(empty).map(|(fits, empty)| *fits && !empty).collect(),
            None => self.fits.clone(),
        };
        column::<Sum>(&self.sums, Some(&valid), &self.of)
    }
}
