//! What an aggregation computes, apart from where its groups are kept: its keys, its aggregate calls and their
//! buffers, and the columns made of them.

use std::ops::Range;

use arrow_array::{ArrayRef, RecordBatch, UInt32Array, cast::AsArray};
use arrow_schema::SchemaRef;
use arrow_select::take::take;

use super::codec::{RowCodec, batch_of, fields_of, internal, normalized, schema_of};
use super::pipeline::evaluated;
use super::stage::{Batches, Operator, Run};
use crate::sql::aggregates::{Accumulator, Aggregate};
use crate::sql::columns::from_datums;
use crate::sql::groups::Groups;
use crate::sql::types::arrow::arrow_schema;
use crate::sql::{Attribute, AttributeId, Compiled, Context, DataType, Datum, Named, SqlError, StructField};
use crate::sql::{Typed, TypedKind};

/// One aggregate function with its arguments.
struct Call {
    function: &'static Aggregate,
    arguments: Vec<Compiled>,
    argument_types: Vec<DataType>,
    returns: DataType,
    filter: Option<Compiled>,
    distinct: bool,
    /// Its columns among all buffers.
    buffers: Range<usize>,
}

/// A compiled aggregation.
pub(super) struct Aggregation {
    /// The keys' columns.
    pub keys: Vec<Attribute>,
    key_exprs: Vec<Compiled>,
    key_types: Vec<DataType>,
    calls: Vec<Call>,
    /// Keys, then buffers: what partial aggregation gives.
    pub partial_schema: SchemaRef,
    results: Vec<Compiled>,
    /// Keys, then the aggregates' values: what the results are made of.
    finished_schema: SchemaRef,
    pub output_schema: SchemaRef,
    pub key_codec: RowCodec,
    pub buffer_codec: RowCodec,
}

/// The identities of aggregates' values, which no session hands out.
fn value_of(call: usize) -> AttributeId {
    AttributeId(u64::MAX - call as u64)
}

impl Aggregation {
    /// Compiles an aggregation over these columns.
    pub fn new(keys: &[Named], exprs: &[Named], input: &[Attribute]) -> Result<Self, SqlError> {
        let mut found: Vec<Typed> = Vec::new();
        let results: Vec<Typed> = exprs
            .iter()
            .map(|named| {
                named.expr.transform(&mut |it| {
                    if let Some(key) = keys.iter().find(|key| key.expr == *it) {
                        return Some(Typed::attribute(&key.attribute));
                    }
                    if !matches!(it.kind, TypedKind::Aggregate { .. }) {
                        return None;
                    }
                    let call = found.iter().position(|other| other == it).unwrap_or_else(|| {
                        found.push(it.clone());
                        found.len() - 1
                    });
                    let kind = TypedKind::Attribute { id: value_of(call), name: "aggregate".into() };
                    Some(Typed { kind, data_type: it.data_type.clone(), nullable: it.nullable })
                })
            })
            .collect();

        let mut calls = Vec::new();
        let mut buffers: Vec<StructField> = Vec::new();
        let mut finished: Vec<Attribute> = keys.iter().map(|it| it.attribute.clone()).collect();
        for (index, call) in found.iter().enumerate() {
            let TypedKind::Aggregate { function, args, distinct, filter } = &call.kind else { continue };
            let argument_types: Vec<DataType> = args.iter().map(|it| it.data_type.clone()).collect();
            let start = buffers.len();
            for data_type in (function.buffer)(&argument_types) {
                buffers.push(StructField { name: format!("b{}", buffers.len()).into(), data_type, nullable: true });
            }
            calls.push(Call {
                function,
                arguments: args.iter().map(|it| Compiled::new(it, input)).collect::<Result<_, _>>()?,
                argument_types,
                returns: call.data_type.clone(),
                filter: filter.as_ref().map(|it| Compiled::new(it, input)).transpose()?,
                distinct: *distinct,
                buffers: start..buffers.len(),
            });
            finished.push(Attribute {
                id: value_of(index),
                name: "aggregate".into(),
                data_type: call.data_type.clone(),
                nullable: true,
                qualifiers: [].into(),
                watermark_delay: None,
            });
        }
        let key_columns: Vec<Attribute> = keys.iter().map(|it| it.attribute.clone()).collect();
        let output: Vec<Attribute> = exprs.iter().map(|it| it.attribute.clone()).collect();
        let mut partial = fields_of(&key_columns);
        partial.extend(buffers.iter().cloned());
        Ok(Aggregation {
            key_exprs: keys.iter().map(|it| Compiled::new(&it.expr, input)).collect::<Result<_, _>>()?,
            key_types: key_columns.iter().map(|it| it.data_type.clone()).collect(),
            calls,
            partial_schema: arrow_schema(&partial),
            results: results.iter().map(|it| Compiled::new(it, &finished)).collect::<Result<_, _>>()?,
            finished_schema: schema_of(&finished),
            output_schema: schema_of(&output),
            key_codec: RowCodec::new(key_columns.iter().map(|it| &it.data_type))?,
            buffer_codec: RowCodec::new(buffers.iter().map(|it| &it.data_type))?,
            keys: key_columns,
        })
    }

    /// Empty accumulators, for so many groups.
    pub fn accumulators(&self, groups: usize) -> Vec<Box<dyn Accumulator>> {
        let make = |call: &Call| {
            let mut accumulator = (call.function.accumulator)(&call.argument_types, &call.returns);
            accumulator.resize(groups);
            accumulator
        };
        self.calls.iter().map(make).collect()
    }

    /// The keys of rows of the input.
    fn keys_of(&self, context: &Context, batch: &RecordBatch) -> Result<Vec<ArrayRef>, SqlError> {
        Ok(evaluated(&self.key_exprs, context, batch)?.into_iter().map(normalized).collect())
    }

    /// Numbers the keys of some rows; aggregations without keys have one group.
    pub fn interned(&self, keys: &[ArrayRef], rows: usize) -> Result<(Vec<u32>, Vec<ArrayRef>, usize), SqlError> {
        if self.keys.is_empty() {
            return Ok((vec![0; rows], Vec::new(), 1));
        }
        let mut groups = Groups::new(&self.key_types)?;
        let numbers = groups.intern(keys)?;
        Ok((numbers, groups.keys()?, groups.len()))
    }

    /// Takes buffers into accumulators: row by row into the group given.
    pub fn merge(
        &self,
        accumulators: &mut [Box<dyn Accumulator>],
        groups: &[u32],
        buffers: &[ArrayRef],
    ) -> Result<(), SqlError> {
        for (accumulator, call) in accumulators.iter_mut().zip(&self.calls) {
            accumulator.merge(groups, buffers.get(call.buffers.clone()).unwrap_or_default())?;
        }
        Ok(())
    }

    /// All buffers, a row a group.
    pub fn buffers(&self, accumulators: &[Box<dyn Accumulator>]) -> Result<Vec<ArrayRef>, SqlError> {
        let mut columns = Vec::new();
        for accumulator in accumulators {
            columns.extend(accumulator.state()?);
        }
        Ok(columns)
    }

    /// The aggregation's rows of these groups.
    pub fn results(
        &self,
        context: &Context,
        keys: Vec<ArrayRef>,
        accumulators: &[Box<dyn Accumulator>],
        groups: usize,
    ) -> Result<RecordBatch, SqlError> {
        let mut columns = keys;
        for accumulator in accumulators {
            columns.push(accumulator.finish()?);
        }
        let finished = batch_of(&self.finished_schema, columns, groups)?;
        batch_of(&self.output_schema, evaluated(&self.results, context, &finished)?, groups)
    }

    /// The groups of some rows, with their accumulators.
    fn aggregated(&self, context: &Context, input: &Batches) -> Result<Aggregated, SqlError> {
        let mut groups = if self.keys.is_empty() { None } else { Some(Groups::new(&self.key_types)?) };
        let mut accumulators = self.accumulators(usize::from(groups.is_none()));
        let mut seen = Vec::new();
        for call in &self.calls {
            let mut types = vec![DataType::Integer];
            types.extend(call.argument_types.iter().cloned());
            seen.push(if call.distinct { Some(Groups::new(&types)?) } else { None });
        }
        for batch in input.iter().filter(|it| it.num_rows() > 0) {
            let numbers = match &mut groups {
                Some(groups) => groups.intern(&self.keys_of(context, batch)?)?,
                None => vec![0; batch.num_rows()],
            };
            let count = groups.as_ref().map_or(1, Groups::len);
            for ((call, accumulator), seen) in self.calls.iter().zip(&mut accumulators).zip(&mut seen) {
                accumulator.resize(count);
                let arguments = evaluated(&call.arguments, context, batch)?;
                let filter = call.filter.as_ref().map(|it| it.evaluate(context, batch)).transpose()?;
                let filter = filter.as_ref().and_then(|it| it.as_boolean_opt());
                match seen {
                    Some(seen) => {
                        let (numbers, arguments) = first_seen(seen, &numbers, arguments, filter)?;
                        accumulator.update(&numbers, &arguments, None)?;
                    }
                    None => accumulator.update(&numbers, &arguments, filter)?,
                }
            }
        }
        let (keys, groups) = match groups {
            Some(groups) => (groups.keys()?, groups.len()),
            None => (Vec::new(), 1),
        };
        Ok(Aggregated { keys, groups, accumulators })
    }

    /// Aggregates all rows at once: an aggregation that keeps no state.
    pub fn whole(&self, context: &Context, input: &Batches) -> Result<RecordBatch, SqlError> {
        let done = self.aggregated(context, input)?;
        self.results(context, done.keys, &done.accumulators, done.groups)
    }

    /// Keys and buffers of the groups of some rows.
    pub fn partial(&self, context: &Context, input: &Batches) -> Result<RecordBatch, SqlError> {
        let done = self.aggregated(context, input)?;
        let mut columns = done.keys;
        columns.extend(self.buffers(&done.accumulators)?);
        batch_of(&self.partial_schema, columns, done.groups)
    }
}

struct Aggregated {
    keys: Vec<ArrayRef>,
    groups: usize,
    accumulators: Vec<Box<dyn Accumulator>>,
}

/// The rows whose group and arguments were not seen before, nulls left out.
fn first_seen(
    seen: &mut Groups,
    groups: &[u32],
    arguments: Vec<ArrayRef>,
    filter: Option<&arrow_array::BooleanArray>,
) -> Result<(Vec<u32>, Vec<ArrayRef>), SqlError> {
    let counts = |row: usize| {
        let passes = filter.is_none_or(|it| arrow_array::Array::is_valid(it, row) && it.value(row));
        passes && arguments.iter().all(|it| it.is_valid(row))
    };
    let candidates: Vec<u32> = (0..groups.len()).filter(|row| counts(*row)).map(|it| it as u32).collect();
    let rows = UInt32Array::from(candidates.clone());
    let of = candidates.iter().map(|row| groups.get(*row as usize).copied().unwrap_or(0)).collect::<Vec<_>>();
    let numbers: Vec<Datum> = of.iter().map(|it| Datum::Integer(*it as i32)).collect();
    let mut columns = vec![from_datums(&DataType::Integer, &numbers)?];
    for argument in &arguments {
        columns.push(take(argument, &rows, None).map_err(|error| internal(&error))?);
    }
    let before = seen.len();
    let ids = seen.intern(&columns)?;
    let mut next = before;
    let mut first = Vec::new();
    for (at, id) in ids.iter().enumerate() {
        if *id as usize == next {
            next += 1;
            first.push(at as u32);
        }
    }
    let first_rows = UInt32Array::from(first.clone());
    let columns = columns.iter().skip(1).map(|it| take(it, &first_rows, None).map_err(|error| internal(&error)));
    let groups = first.iter().filter_map(|at| of.get(*at as usize).copied()).collect();
    Ok((groups, columns.collect::<Result<_, _>>()?))
}

/// Aggregation of one partition's rows, before the exchange.
pub(super) struct PartialAggregate(pub std::rc::Rc<Aggregation>);

impl Operator for PartialAggregate {
    fn run(&self, input: Batches, run: &mut Run<'_>) -> Result<Batches, SqlError> {
        if input.iter().all(|it| it.num_rows() == 0) {
            return Ok(Vec::new());
        }
        Ok(vec![self.0.partial(&run.context, &input)?])
    }
}

/// `observe`: aggregates what passes, and lets it pass.
pub(super) struct Observe {
    pub index: usize,
    pub aggregation: std::rc::Rc<Aggregation>,
}

impl Operator for Observe {
    fn run(&self, input: Batches, run: &mut Run<'_>) -> Result<Batches, SqlError> {
        let partial = self.aggregation.partial(&run.context, &input)?;
        run.output.observed.push((self.index, partial));
        Ok(input)
    }
}
