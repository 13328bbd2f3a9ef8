//! Random numbers by Spark's generator, and what else depends on a row's place in its partition. A column starts anew
//! with the seed and the partition, as a task of Spark does.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Float64Array, Int64Array, StringArray};

use super::accepts::{Accepts, settle_exactly};
use super::column_type::type_of;
use super::hashing::scala_murmur3;
use super::{Evaluation, Function, Signature};
use crate::sql::columns::datum_at;
use crate::sql::{Context, DataType, Datum, SqlError, Typed};

/// The functions of this file.
pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "rand",
        aliases: &["random"],
        signature: seeded_signature,
        evaluation: Evaluation::Columns(|context, args, rows, _| {
            let mut random = XorShift::seeded(context, args);
            Ok(Arc::new((0..rows).map(|_| Some(random.double())).collect::<Float64Array>()))
        }),
    },
    Function {
        name: "randn",
        aliases: &[],
        signature: seeded_signature,
        evaluation: Evaluation::Columns(|context, args, rows, _| {
            let mut random = XorShift::seeded(context, args);
            Ok(Arc::new((0..rows).map(|_| Some(random.gaussian())).collect::<Float64Array>()))
        }),
    },
    Function {
        name: "uuid",
        aliases: &[],
        signature: |function, args| Ok(settle_exactly(function, args, &[], &[])?.gives(DataType::String)),
        evaluation: Evaluation::Columns(|context, args, rows, _| {
            let mut random = XorShift::seeded(context, args);
            Ok(Arc::new((0..rows).map(|_| Some(random.uuid())).collect::<StringArray>()))
        }),
    },
    Function {
        name: "monotonically_increasing_id",
        aliases: &[],
        signature: |function, args| Ok(settle_exactly(function, args, &[], &[])?.gives(DataType::Long)),
        evaluation: Evaluation::Columns(|context, _, rows, _| {
            let first = i64::from(context.partition) << 33;
            Ok(Arc::new((0..rows as i64).map(|row| Some(first.wrapping_add(row))).collect::<Int64Array>()))
        }),
    },
];

fn seeded_signature(function: &'static Function, args: &[Typed]) -> Result<Signature, SqlError> {
    Ok(settle_exactly(function, args, &[], &[Accepts::IntOrLong])?.gives(DataType::Double).never_null())
}

/// `XORShiftRandom`, with `java.util.Random`'s way from bits to numbers.
struct XorShift {
    state: u64,
    next_gaussian: Option<f64>,
}

impl XorShift {
    /// The generator of a partition. A seed that is null is 0; where none is said, the time of the batch is the seed.
    fn seeded(context: &Context, args: &[ArrayRef]) -> Self {
        let seed = match args.first() {
            Some(column) => match datum_at(column, &type_of(column.data_type()), 0) {
                Datum::Integer(seed) => seed.into(),
                Datum::Long(seed) => seed,
                _ => 0,
            },
            None => context.batch_time,
        };
        XorShift::new(seed.wrapping_add(context.partition.into()))
    }

    fn new(seed: i64) -> Self {
        const ARRAY_SEED: u32 = 0x3c07_4a61;
        let bytes = seed.to_be_bytes();
        let low = scala_murmur3(&bytes, ARRAY_SEED);
        let high = scala_murmur3(&bytes, low);
        XorShift { state: (u64::from(high) << 32) | u64::from(low), next_gaussian: None }
    }

    fn bits(&mut self, bits: u32) -> u64 {
        self.state ^= self.state << 21;
        self.state ^= self.state >> 35;
        self.state ^= self.state << 4;
        self.state & ((1 << bits) - 1)
    }

    fn double(&mut self) -> f64 {
        let bits = (self.bits(26) << 27) + self.bits(27);
        bits as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Marsaglia's polar method, two numbers at a time.
    fn gaussian(&mut self) -> f64 {
        if let Some(number) = self.next_gaussian.take() {
            return number;
        }
        loop {
            let (first, second) = (2.0 * self.double() - 1.0, 2.0 * self.double() - 1.0);
            let square = first * first + second * second;
            if square < 1.0 && square != 0.0 {
                let scale = (-2.0 * super::fdlibm::log(square) / square).sqrt();
                self.next_gaussian = Some(second * scale);
                return first * scale;
            }
        }
    }

    /// A UUID of version 4.
    fn uuid(&mut self) -> String {
        let mut long = || (self.bits(32) << 32) | self.bits(32);
        let (high, low) = ((long() & !0xf000) | 0x4000, (long() & (u64::MAX >> 2)) | (1 << 63));
        let digits = format!("{high:016x}{low:016x}");
        let mut text = String::with_capacity(36);
        for (index, digit) in digits.chars().enumerate() {
            if matches!(index, 8 | 12 | 16 | 20) {
                text.push('-');
            }
            text.push(digit);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Taken from Spark: `spark.range(0, 4, 1, 1).selectExpr(...)`, and the second of two partitions.
    #[test]
    fn a_seed_gives_the_rows_of_spark() {
        let mut random = XorShift::new(42);
        let rows: Vec<f64> = (0..4).map(|_| random.double()).collect();
        assert_eq!(rows, [0.619189370225301, 0.5096018842446481, 0.8325259388871524, 0.26322809041172357]);
        let mut random = XorShift::new(42 + 1);
        assert_eq!([random.double(), random.double()], [0.8017532427858894, 0.6565552949992319]);
        let mut random = XorShift::new(-5);
        let rows: Vec<f64> = (0..4).map(|_| random.gaussian()).collect();
        assert_eq!(rows, [0.6941127287272651, -0.8530292205257551, -1.1317330582283303, 0.9041884087271003]);
    }
}
