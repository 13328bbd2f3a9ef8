//! Random programs: a graph of operations over two inputs, and how the engine is told of it.
//!
//! All streams are of pairs of numbers, so that any operation goes with any other, and no operation depends on the
//! order of rows, which Spark does not promise.

use headwater::application::Program;
use headwater::cluster::DriverError;
use headwater::dstream::{DStream, State, StateSpec, StreamingContext};
use headwater::sim::Duration;
use proptest::prelude::*;

pub type Row = (i64, i64);

/// An operation over one stream or two. Lengths, slides and timeouts are in slides of the parent.
#[derive(Clone, Debug)]
pub enum Op {
    /// Shifts values, and takes keys modulo 3.
    Map(i64),
    /// A row as often as its value modulo 3 says.
    FlatMap,
    /// Rows whose value is no multiple.
    Filter(i64),
    Window {
        length: u64,
        slide: u64,
    },
    ReduceByKey,
    GroupByKey,
    ReduceWindow {
        length: u64,
        slide: u64,
    },
    /// The slide is not longer than the window.
    InverseWindow {
        length: u64,
        slide: u64,
    },
    /// Counts a key's rows; keys without any are filtered out.
    FilteredWindow {
        length: u64,
        slide: u64,
    },
    CountByValue,
    CountByWindow {
        length: u64,
        slide: u64,
    },
    /// Sums a key's values; a sum that is a multiple of the number drops the key.
    UpdateState(i64),
    /// Counts a key's records.
    MapWithState {
        timeout: Option<u64>,
        checkpoint: u64,
        snapshots: bool,
    },
    /// Adds to each value how many rows the batch has: an action while the batch is generated.
    Transform,
    Repartition(u32),
    Count,
    Reduce,
    Union,
    Join,
    CoGroup,
}

impl Op {
    /// The slide, in slides of the parent.
    pub fn slide(&self) -> u64 {
        match self {
            Op::Window { slide, .. }
            | Op::ReduceWindow { slide, .. }
            | Op::InverseWindow { slide, .. }
            | Op::FilteredWindow { slide, .. }
            | Op::CountByWindow { slide, .. } => *slide,
            _ => 1,
        }
    }
}

/// An operation over streams of the graph that come before it.
#[derive(Clone, Debug)]
pub struct Node {
    pub op: Op,
    pub parent: usize,
    /// The second stream of a binary operation, of the same slide as the first.
    pub other: usize,
    /// In batches.
    pub slide: u64,
}

/// A program: streams 0 and 1 are the inputs, the others are made by the nodes in turn.
#[derive(Clone, Debug)]
pub struct Definition {
    pub inputs: [Vec<Vec<Row>>; 2],
    pub nodes: Vec<Node>,
}

impl Definition {
    /// A program of operations over streams `a` and `b` (modulo those there are by then).
    pub fn new(inputs: [Vec<Vec<Row>>; 2], operations: Vec<(Op, usize, usize)>) -> Self {
        let mut nodes: Vec<Node> = Vec::new();
        for (op, a, b) in operations {
            let slide_of = |stream: usize| if stream < 2 { 1 } else { nodes[stream - 2].slide };
            let (parent, other) = (a % (nodes.len() + 2), b % (nodes.len() + 2));
            let other = if slide_of(other) == slide_of(parent) { other } else { parent };
            let slide = slide_of(parent) * op.slide();
            if slide <= 6 {
                nodes.push(Node { op, parent, other, slide });
            }
        }
        Definition { inputs, nodes }
    }

    /// The streams that are put out: those that nobody reads, and every third.
    pub fn outputs(&self) -> Vec<usize> {
        let is_read = |stream: usize| self.nodes.iter().any(|node| node.parent == stream || node.other == stream);
        let streams = 0..self.nodes.len() + 2;
        streams.filter(|stream| !is_read(*stream) || stream % 3 == 2).collect()
    }

    /// The name of a stream's output.
    pub fn name(stream: usize) -> String {
        format!("stream-{stream}")
    }

    pub fn program(&self) -> Program {
        let definition = self.clone();
        Program::new(move |sc| {
            let ssc = StreamingContext::new(sc, Duration::seconds(1));
            ssc.checkpoint("checkpoints");
            let mut streams: Vec<DStream<Row>> =
                definition.inputs.iter().zip([2, 3]).map(|(input, parts)| ssc.batches(input.clone(), parts)).collect();
            for node in &definition.nodes {
                let made = make(&node.op, &streams[node.parent], &streams[node.other])?;
                streams.push(made);
            }
            for stream in definition.outputs() {
                streams[stream].collect_as(&Definition::name(stream))?;
            }
            ssc.start()?;
            ssc.await_termination()
        })
    }
}

fn make(op: &Op, stream: &DStream<Row>, other: &DStream<Row>) -> Result<DStream<Row>, DriverError> {
    let slides = |count: u64| stream.slide_duration() * count;
    Ok(match *op {
        Op::Map(shift) => stream.map(move |(key, value)| (key.rem_euclid(3), value.wrapping_add(shift))),
        Op::FlatMap => stream.flat_map(|row: Row| vec![row; row.1.rem_euclid(3) as usize]),
        Op::Filter(divisor) => stream.filter(move |(_, value)| value % divisor != 0),
        Op::Window { length, slide } => stream.window(slides(length), slides(slide))?,
        Op::ReduceByKey => stream.reduce_by_key(i64::wrapping_add),
        Op::GroupByKey => stream.group_by_key().map(|(key, values)| (key, group(&values))),
        Op::ReduceWindow { length, slide } => {
            stream.reduce_by_key_and_window(i64::wrapping_add, slides(length), slides(slide))?
        }
        Op::InverseWindow { length, slide } => stream.reduce_by_key_and_window_with_inverse(
            i64::wrapping_add,
            i64::wrapping_sub,
            slides(length),
            slides(slide),
            None,
            None::<fn(&i64, &i64) -> bool>,
        )?,
        Op::FilteredWindow { length, slide } => stream.map_values(|_| 1_i64).reduce_by_key_and_window_with_inverse(
            |left, right| left + right,
            |left, right| left - right,
            slides(length),
            slides(slide),
            None,
            Some(|_: &i64, count: &i64| *count != 0),
        )?,
        Op::CountByValue => {
            stream.count_by_value().map(|((key, value), count)| (key.wrapping_mul(7) ^ value, count as i64))
        }
        Op::CountByWindow { length, slide } => {
            stream.count_by_window(slides(length), slides(slide))?.map(|count| (0, count))
        }
        Op::UpdateState(divisor) => stream.update_state_by_key(move |values: Vec<i64>, sum: Option<i64>| {
            let sum = values.into_iter().fold(sum.unwrap_or(0), i64::wrapping_add);
            (sum % divisor != 0).then_some(sum)
        }),
        Op::MapWithState { timeout, checkpoint, snapshots } => {
            let mut spec = StateSpec::function(|key: &i64, _: Option<i64>, state: &mut State<i64>| {
                let count = state.get_option().unwrap_or(0);
                if state.is_timing_out() {
                    return Ok((*key, -count));
                }
                state.update(count + 1)?;
                Ok((*key, count + 1))
            });
            if let Some(timeout) = timeout {
                spec = spec.timeout(slides(timeout));
            }
            let tracked = stream.map_with_state(spec);
            let rows = tracked.checkpoint(slides(checkpoint));
            if snapshots { tracked.state_snapshots() } else { rows }
        }
        Op::Transform => stream.transform(|rdd, _| {
            let count = rdd.count()? as i64;
            Ok(rdd.map(move |(key, value): Row| (key, value.wrapping_add(count))))
        }),
        Op::Repartition(partitions) => stream.repartition(partitions),
        Op::Count => stream.count().map(|count| (0, count as i64)),
        Op::Reduce => stream.reduce(|left, right| (left.0.wrapping_add(right.0), left.1.wrapping_add(right.1))),
        Op::Union => stream.union(other)?,
        Op::Join => stream.join(other)?.map(|(key, (left, right))| (key, pair(left, right))),
        Op::CoGroup => stream.cogroup(other)?.map(|(key, (left, right))| (key, pair(group(&left), group(&right)))),
    })
}

/// A number made of a group's values that does not depend on their order.
pub fn group(values: &[i64]) -> i64 {
    values.iter().fold(values.len() as i64, |sum, value| sum.wrapping_add(value.wrapping_mul(value | 1)))
}

/// A number made of two.
pub fn pair(left: i64, right: i64) -> i64 {
    left.wrapping_mul(31).wrapping_add(right)
}

fn op() -> impl Strategy<Value = Op> {
    let any_window = || (1..5_u64, 1..4_u64);
    // With an inverse, a slide longer than the window means something else than the windows it names.
    let overlapping = || (1..5_u64).prop_flat_map(|length| (Just(length), 1..=length.min(3)));
    prop_oneof![
        (-3..3_i64).prop_map(Op::Map),
        Just(Op::FlatMap),
        (2..4_i64).prop_map(Op::Filter),
        any_window().prop_map(|(length, slide)| Op::Window { length, slide }),
        Just(Op::ReduceByKey),
        Just(Op::GroupByKey),
        any_window().prop_map(|(length, slide)| Op::ReduceWindow { length, slide }),
        overlapping().prop_map(|(length, slide)| Op::InverseWindow { length, slide }),
        overlapping().prop_map(|(length, slide)| Op::FilteredWindow { length, slide }),
        Just(Op::CountByValue),
        overlapping().prop_map(|(length, slide)| Op::CountByWindow { length, slide }),
        (2..6_i64).prop_map(Op::UpdateState),
        (prop::option::of(1..4_u64), 1..5_u64, any::<bool>())
            .prop_map(|(timeout, checkpoint, snapshots)| { Op::MapWithState { timeout, checkpoint, snapshots } }),
        Just(Op::Transform),
        (1..5_u32).prop_map(Op::Repartition),
        Just(Op::Count),
        Just(Op::Reduce),
        Just(Op::Union),
        Just(Op::Join),
        Just(Op::CoGroup),
    ]
}

pub fn definition() -> impl Strategy<Value = Definition> {
    let batch = || prop::collection::vec((0..4_i64, -4..10_i64), 0..5);
    let input = || prop::collection::vec(batch(), 0..12);
    let operations = prop::collection::vec((op(), any::<usize>(), any::<usize>()), 1..6);
    (input(), input(), operations).prop_map(|(left, right, operations)| Definition::new([left, right], operations))
}
