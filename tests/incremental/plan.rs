//! Random queries, all of which Spark accepts.

use std::rc::Rc;

use headwater::conf::SparkConf;
use headwater::query::{QueryDefinition, Trigger};
use headwater::sql::{
    DataFrame, JoinCondition, JoinKind, OutputMode, RelationId, Session, StructField, parse_expression,
};
use proptest::prelude::*;

/// A row of a stream: `k STRING, v INT, ts TIMESTAMP`, the time in microseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub key: Option<&'static str>,
    pub value: Option<i32>,
    pub time: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `k, v * 2`.
    Projected,
    /// Sum and count by window, with a slide in seconds, and by key.
    Windowed { slide: i64, keyed: bool },
    /// Count and sum by key.
    Counted,
    /// One row a key; or a key and time; or a key within the watermark.
    Distinct { with_time: bool, within_watermark: bool },
    /// Pairs of both streams by key, the second's time at most so many seconds after the first's.
    Joined { within: i64 },
}

/// Length of windows, in seconds.
pub const WINDOW: i64 = 10;

/// A query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The watermark's delay, in seconds.
    pub delay: Option<i64>,
    /// Only rows with a greater value.
    pub above: Option<i32>,
    pub shape: Shape,
    pub mode: OutputMode,
}

pub fn query() -> impl Strategy<Value = Query> {
    let shape = prop_oneof![
        Just(Shape::Projected),
        (prop::sample::select(vec![5_i64, 10]), any::<bool>())
            .prop_map(|(slide, keyed)| Shape::Windowed { slide, keyed }),
        Just(Shape::Counted),
        any::<bool>().prop_map(|with_time| Shape::Distinct { with_time, within_watermark: false }),
        Just(Shape::Distinct { with_time: false, within_watermark: true }),
        (0..15_i64).prop_map(|within| Shape::Joined { within }),
    ];
    let delay = prop::option::weighted(0.8, prop::sample::select(vec![0_i64, 3, 10]));
    let mode = prop::sample::select(vec![OutputMode::Append, OutputMode::Update, OutputMode::Complete]);
    (delay, prop::option::weighted(0.3, -3..3_i32), shape, mode).prop_map(|(delay, above, shape, mode)| {
        let (delay, mode) = match (&shape, mode) {
            (Shape::Windowed { .. }, OutputMode::Append) => (delay.or(Some(3)), mode),
            (Shape::Windowed { .. }, _) => (delay, mode),
            (Shape::Counted, OutputMode::Append) => (delay, OutputMode::Update),
            (Shape::Counted, _) => (delay, mode),
            (Shape::Distinct { within_watermark: true, .. }, _) => (delay.or(Some(10)), OutputMode::Append),
            (Shape::Joined { .. }, _) => (delay.or(Some(0)), OutputMode::Append),
            (_, OutputMode::Complete) => (delay, OutputMode::Append),
            (_, mode) => (delay, mode),
        };
        Query { delay, above, shape, mode }
    })
}

type Stream = (RelationId, Vec<StructField>);

impl Query {
    /// The query as its program would define it, and the streams it reads.
    pub fn define(&self) -> (QueryDefinition, Vec<Stream>) {
        let session = Session::new();
        let mut streams = Vec::new();
        let mut stream = |name: &str| {
            let frame = session.stream(name, "k STRING, v INT, ts TIMESTAMP").expect("a schema");
            if let headwater::sql::Node::Relation { relation, .. } = &**frame.node() {
                streams.push((*relation, frame.schema()));
            }
            let filtered = match self.above {
                Some(above) => frame.filter(&format!("v > {above}")).expect("a filter"),
                None => frame,
            };
            match self.delay {
                Some(delay) => filtered.with_watermark("ts", &format!("{delay} seconds")).expect("a watermark"),
                None => filtered,
            }
        };
        let expr = |text: &str| parse_expression(text).expect("an expression");
        let first = stream("l");
        let result: Result<DataFrame, _> = match &self.shape {
            Shape::Projected => first.select_expr(["k", "v * 2 AS twice"]),
            Shape::Windowed { slide, keyed } => {
                let window = expr(&format!("window(ts, '{WINDOW} seconds', '{slide} seconds')"));
                let keys = [window].into_iter().chain(keyed.then(|| expr("k")));
                first.group_by_agg(keys, [expr("sum(v) AS s"), expr("count(*) AS n")])
            }
            Shape::Counted => first.group_by_agg([expr("k")], [expr("sum(v) AS s"), expr("count(*) AS n")]),
            Shape::Distinct { within_watermark: true, .. } => first.drop_duplicates_within_watermark(&["k"]),
            Shape::Distinct { with_time: true, .. } => first.drop_duplicates(&["k", "ts"]),
            Shape::Distinct { .. } => first.drop_duplicates(&["k"]),
            Shape::Joined { within } => {
                let right = stream("r").select_expr(["k AS rk", "v AS rv", "ts AS rt"]).expect("a projection");
                let condition = format!("k = rk AND rt BETWEEN ts AND ts + interval {within} seconds");
                let joined = first.join(&right, JoinCondition::On(expr(&condition)), JoinKind::Inner);
                joined.and_then(|joined| joined.select_expr(["k", "v", "rv"]))
            }
        };
        let mut conf = SparkConf::default();
        conf.set("spark.sql.shuffle.partitions", "2");
        let definition = QueryDefinition {
            name: None,
            plan: result.expect("a plan that Spark accepts").node().clone(),
            output_mode: self.mode,
            trigger: Trigger::Default,
            checkpoint: "checkpoint".into(),
            conf: Rc::new(conf),
        };
        (definition, streams)
    }
}
