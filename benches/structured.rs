//! Speed of Structured Streaming's incremental execution: rows through a windowed count, small batches, large state.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use headwater::sql::{OutputMode, Session, parse_expression};
use headwater::structured::{Batch, BatchOutput, Incremental, QueryState, Settings, optimize};
use rustc_hash::FxHashMap;

const SECOND: i64 = 1_000_000;
const WINDOW: i64 = 10 * SECOND;
const SLIDE: i64 = 5 * SECOND;
const KEYS: usize = 10_000;

/// Counts by sliding window and key, with a watermark.
fn windowed() -> Incremental {
    let session = Session::new();
    let events = session.stream("events", "ts TIMESTAMP, k STRING").expect("a schema");
    let expr = |text: &str| parse_expression(text).expect("an expression");
    let keys = [expr("window(ts, '10 seconds', '5 seconds')"), expr("k")];
    let counts = events
        .with_watermark("ts", "10 seconds")
        .and_then(|events| events.group_by_agg(keys, [expr("count(*) AS n")]))
        .expect("a plan");
    compile(&counts, OutputMode::Update)
}

fn compile(frame: &headwater::sql::DataFrame, mode: OutputMode) -> Incremental {
    let settings = Settings { shuffle_partitions: 1, ..Settings::default() };
    let plan = optimize(frame.node()).expect("a plan");
    Incremental::compile(&plan, mode, &settings).expect("a query that Spark accepts")
}

/// Rows of one second after `from`, one in a hundred of them a minute late.
fn events(rows: usize, from: i64) -> RecordBatch {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let times: Vec<i64> = (0..rows)
        .map(|_| {
            let late = if next() % 100 == 0 { 60 * SECOND } else { 0 };
            from + (next() % 1_000_000) as i64 - late
        })
        .collect();
    let keys: Vec<String> = (0..rows).map(|_| format!("key-{}", next() as usize % KEYS)).collect();
    let times: ArrayRef = Arc::new(TimestampMicrosecondArray::from(times).with_timezone("UTC"));
    let keys: ArrayRef = Arc::new(StringArray::from(keys));
    RecordBatch::try_from_iter([("ts", times), ("k", keys)]).expect("columns of one length")
}

fn run(query: &Incremental, id: u64, rows: &RecordBatch, watermark: i64, state: &mut QueryState) -> BatchOutput {
    let leaves = [vec![rows.clone()]];
    let batch = Batch { id, batch_time: 0, late_watermark: watermark, watermark, leaves: &leaves };
    query.run(batch, state).expect("a batch")
}

/// The same count by hand: a loop over the columns and a hash map.
fn by_hand(rows: &RecordBatch, watermark: i64) -> usize {
    let times = rows.column(0).as_any().downcast_ref::<TimestampMicrosecondArray>().expect("times");
    let keys = rows.column(1).as_any().downcast_ref::<StringArray>().expect("texts");
    let mut counts: FxHashMap<(i64, &str), i64> = FxHashMap::default();
    for row in 0..rows.num_rows() {
        if times.is_null(row) {
            continue;
        }
        let time = times.value(row);
        let mut start = time.div_euclid(SLIDE) * SLIDE;
        while start + WINDOW > time {
            if start + WINDOW > watermark * 1000 {
                *counts.entry((start, keys.value(row))).or_default() += 1;
            }
            start -= SLIDE;
        }
    }
    counts.len()
}

const START: i64 = 1_704_067_200 * SECOND;

fn rows(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("structured/windowed count");
    group.sample_size(10);
    let watermark = START / 1000 - 10_000;
    for size in [250_000, 1_000_000] {
        let input = events(size, START);
        let query = windowed();
        group.throughput(Throughput::Elements(size as u64));
        group.bench_with_input(BenchmarkId::new("engine", size), &input, |bencher, input| {
            let once = |mut state: QueryState| run(&query, 0, input, watermark, &mut state);
            bencher.iter_batched(QueryState::default, once, BatchSize::PerIteration);
        });
        group.bench_with_input(BenchmarkId::new("by hand", size), &input, |bencher, input| {
            bencher.iter(|| by_hand(input, watermark));
        });
    }
}

fn small_batch(criterion: &mut Criterion) {
    let query = windowed();
    let input = events(10, START);
    let mut state = QueryState::default();
    run(&query, 0, &input, 0, &mut state);
    criterion.bench_function("structured/batch of 10 rows", |bencher| {
        let once = |mut state: QueryState| run(&query, 1, &input, 0, &mut state);
        bencher.iter_batched(|| state.clone(), once, BatchSize::SmallInput);
    });
}

/// Rows with these keys.
fn keyed(keys: impl Iterator<Item = usize>) -> RecordBatch {
    let keys: ArrayRef = Arc::new(StringArray::from_iter_values(keys.map(|key| format!("key-{key}"))));
    RecordBatch::try_from_iter([("k", keys)]).expect("one column")
}

fn large_state(criterion: &mut Criterion) {
    let session = Session::new();
    let events = session.stream("events", "k STRING").expect("a schema");
    let expr = |text: &str| parse_expression(text).expect("an expression");
    let counts = events.group_by_agg([expr("k")], [expr("count(*) AS n")]).expect("a plan");
    let query = compile(&counts, OutputMode::Update);
    let mut group = criterion.benchmark_group("structured/1,000 keys touched in a state of");
    for size in [10_000, 1_000_000_usize] {
        let mut state = QueryState::default();
        run(&query, 0, &keyed(0..size), 0, &mut state);
        let input = keyed((0..1_000).map(|key| key * (size / 1_000)));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            let once = |mut state: QueryState| run(&query, 1, &input, 0, &mut state);
            bencher.iter_batched(|| state.clone(), once, BatchSize::SmallInput);
        });
    }
}

criterion_group!(benches, rows, small_batch, large_state);
criterion_main!(benches);
