//! Speed of the DStream engine: small batches for an hour, one batch of a million words, long windows.
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "a bench measures wall time")]

use std::rc::Rc;
use std::time::{Duration as WallTime, Instant};

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use headwater::application::{ClusterSpec, Options, Program, Simulation};
use headwater::dstream::StreamingContext;
use headwater::sim::Duration;
use rustc_hash::FxHashMap;

type Line = Rc<str>;

const SOCKET: &str = "localhost:9999";

fn words(line: Line) -> Vec<Line> {
    line.split(' ').map(Line::from).collect()
}

fn options() -> Options {
    Options { cluster: Some(ClusterSpec::Local { threads: 2 }), sockets: vec![SOCKET.into()], ..Options::default() }
}

/// The word count of the guide, over a socket.
fn word_count() -> Program {
    Program::new(|sc| {
        let ssc = StreamingContext::new(sc, Duration::seconds(1));
        let words = ssc.socket_text_stream("localhost", 9999).flat_map(words);
        words.map(|word| (word, 1_i64)).reduce_by_key(|left, right| left + right).print(10)?;
        ssc.start()?;
        ssc.await_termination()
    })
}

/// An hour of a few lines a second.
fn hour() -> Simulation {
    let mut simulation = Simulation::new(word_count(), options());
    for second in 0..3_600 {
        for millis in [150, 450, 850] {
            let line: Line = format!("to be or not to be {}", second % 17).into();
            simulation.feed(Duration::millis(second * 1_000 + millis), SOCKET, [line]);
        }
    }
    simulation
}

/// A million words in lines of ten, of ten thousand different ones, the frequent ones first as in a language.
fn text() -> Vec<Line> {
    let mut state = 1_u64;
    let mut word = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let draw = (state >> 33) % 100_000_000;
        format!("word{}", (draw % 10_000) * (draw / 10_000) / 10_000)
    };
    (0..100_000).map(|_| (0..10).map(|_| word()).collect::<Vec<_>>().join(" ").into()).collect()
}

/// One batch of these lines, counted.
fn million(lines: &Rc<Vec<Line>>) -> Simulation {
    let lines = lines.clone();
    let program = Program::new(move |sc| {
        let ssc = StreamingContext::new(sc, Duration::seconds(1));
        let words = ssc.batches(vec![lines.to_vec()], 2).flat_map(words);
        let counts = words.map(|word| (word, 1_i64)).reduce_by_key(|left, right| left + right);
        counts.foreach_rdd(|rdd, _| rdd.count().map(|_| ()))?;
        ssc.start()?;
        ssc.await_termination()
    });
    let mut simulation = Simulation::new(program, options());
    simulation.run_until(Duration::millis(900), &mut ());
    simulation
}

/// The same by hand.
fn counted_by_hand(lines: &[Line]) -> FxHashMap<Line, i64> {
    let mut counts = FxHashMap::default();
    for line in lines {
        for word in words(line.clone()) {
            *counts.entry(word).or_insert(0) += 1;
        }
    }
    counts
}

/// A sliding count with an inverse, its window full.
fn sliding(batches: u64) -> Simulation {
    let program = Program::new(move |sc| {
        let ssc = StreamingContext::new(sc, Duration::seconds(1));
        ssc.checkpoint("checkpoints");
        let lines = ssc.socket_text_stream("localhost", 9999);
        let counts = lines.map(|line| (line, 1_i64)).reduce_by_key_and_window_with_inverse(
            |left, right| left + right,
            |left, right| left - right,
            Duration::seconds(batches),
            Duration::seconds(1),
            None,
            None::<fn(&Line, &i64) -> bool>,
        )?;
        counts.print(10)?;
        ssc.start()?;
        ssc.await_termination()
    });
    let mut simulation = Simulation::new(program, options());
    for second in 0..batches + 2_000 {
        let line: Line = format!("word{}", second % 50).into();
        simulation.feed(Duration::millis(second * 1_000 + 500), SOCKET, [line]);
    }
    simulation.run_until(Duration::seconds(batches + 30), &mut ());
    simulation
}

fn dstream(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("dstream");
    group.sample_size(10);
    group.bench_function("an hour of word counts", |bencher| {
        bencher.iter_batched(
            hour,
            |mut simulation| simulation.run_until(Duration::seconds(3_601), &mut ()),
            BatchSize::PerIteration,
        );
    });
    let lines = Rc::new(text());
    group.bench_function("a million words by hand", |bencher| bencher.iter(|| counted_by_hand(&lines)));
    group.bench_function("a million words", |bencher| {
        bencher.iter_batched(
            || million(&lines),
            |mut simulation| simulation.run_until(Duration::millis(1_900), &mut ()),
            BatchSize::PerIteration,
        );
    });
    for batches in [10, 100, 1_000] {
        let full = sliding(batches);
        group.bench_function(BenchmarkId::new("a slide of a window with inverse", batches), |bencher| {
            // A fork, so that each sample begins with the same world, and a slide in which it makes its state its own;
            // then long enough for two checkpoints.
            bencher.iter_custom(|iterations| {
                let slides = 20;
                let mut spent = WallTime::ZERO;
                for _ in 0..iterations {
                    let mut fork = full.clone();
                    fork.run_until(Duration::seconds(batches + 31), &mut ());
                    let begin = Instant::now();
                    fork.run_until(Duration::seconds(batches + 31 + slides), &mut ());
                    spent += begin.elapsed();
                }
                spent / slides as u32
            });
        });
    }
}

criterion_group!(benches, dstream);
criterion_main!(benches);
