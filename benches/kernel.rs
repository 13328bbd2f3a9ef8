//! Speed of the simulation kernel, on the toy protocol: a whole run, a clone of the world, a fork at every effect.

mod toy;

use criterion::{Criterion, criterion_group, criterion_main};
use headwater::sim::{Link, World};
use toy::Toy;

const TOY: Toy = Toy { batches: 100 };

fn whole_run() -> World<Toy> {
    let mut world = toy::world(&TOY, 7, Link::default());
    world.run_until(&TOY, toy::deadline(&TOY), &mut ());
    world
}

fn halfway() -> World<Toy> {
    let half = whole_run().effects() / 2;
    let mut world = toy::world(&TOY, 7, Link::default());
    while world.effects() < half {
        world.step(&TOY, &mut ());
    }
    world
}

/// Forks the world before each effect and runs every fork to its end.
fn fork_everywhere() -> u64 {
    let mut forks = 0;
    let mut world = toy::world(&TOY, 7, Link::default());
    while world.step(&TOY, &mut ()) {
        if world.next_effect().is_some() {
            world.clone().run_until(&TOY, toy::deadline(&TOY), &mut ());
            forks += 1;
        }
    }
    forks
}

fn kernel(criterion: &mut Criterion) {
    criterion.bench_function("kernel/whole run", |bencher| bencher.iter(whole_run));
    let world = halfway();
    criterion.bench_function("kernel/clone", |bencher| bencher.iter(|| world.clone()));
    let mut slow = criterion.benchmark_group("kernel");
    slow.sample_size(10);
    slow.bench_function("fork at every effect", |bencher| bencher.iter(fork_everywhere));
}

criterion_group!(benches, kernel);
criterion_main!(benches);
