//! Events come by time, then by sequence; shuffled ties are another order, and the same one for the same seed.

use std::collections::BTreeSet;

use headwater::sim::{Fault, Link, Liveness, NodeId, Time};
use proptest::prelude::*;

use crate::puppet::{self, Saw, at, note, notes, saw, timer};

const A: NodeId = NodeId(0);
const B: NodeId = NodeId(1);

proptest! {
    #[test]
    fn timers_come_by_time_and_then_as_set(due in prop::collection::vec(1_u64..20, 0..40)) {
        let mut world = puppet::world(1, 0, Link::default());
        at(&mut world, 0, A, due.iter().zip(0..).map(|(millis, number)| timer(*millis, number)).collect());
        puppet::run(&mut world);
        let mut expected: Vec<(u64, Saw)> = due.into_iter().zip((0..).map(Saw::Timer)).collect();
        expected.sort_by_key(|(millis, _)| *millis);
        prop_assert_eq!(saw(&world, A), expected);
    }

    #[test]
    fn a_link_keeps_its_order_whatever_happens(
        seed: u64,
        shuffled: bool,
        sent in prop::collection::vec(0_u64..60, 1..40),
        pause in 0_u64..60,
        length in 0_u64..30,
    ) {
        let mut world = puppet::world(2, seed, puppet::jittery());
        if shuffled {
            world.shuffle_ties();
        }
        let mut sent = sent;
        sent.sort_unstable();
        for (millis, number) in sent.iter().zip(0..) {
            at(&mut world, *millis, A, vec![note(B, number)]);
        }
        world.schedule(Time::from_millis(pause), Fault::Pause(B));
        world.schedule(Time::from_millis(pause + length), Fault::Resume(B));
        puppet::run(&mut world);
        prop_assert_eq!(notes(&world, B), (0..sent.len() as u32).collect::<Vec<_>>());
    }
}

/// The order in which ten timers come that are due together.
fn shuffled_ties(seed: u64) -> Vec<Saw> {
    let mut world = puppet::world(1, seed, Link::default());
    world.shuffle_ties();
    at(&mut world, 0, A, (0..10).map(|number| timer(5, number)).collect());
    puppet::run(&mut world);
    saw(&world, A).into_iter().map(|(_, saw)| saw).collect()
}

#[test]
fn shuffled_ties_differ_by_seed_and_only_by_seed() {
    let orders: BTreeSet<String> = (0..50).map(|seed| format!("{:?}", shuffled_ties(seed))).collect();
    assert_eq!(orders.len(), 50);
    assert_eq!(shuffled_ties(3), shuffled_ties(3));
}

#[test]
fn shuffled_ties_let_either_of_two_senders_be_first() {
    let first = |seed| {
        let mut world = puppet::world(3, seed, Link::default());
        world.shuffle_ties();
        for (sender, number) in [(A, 0), (B, 1)] {
            at(&mut world, 1, sender, vec![note(NodeId(2), number)]);
        }
        puppet::run(&mut world);
        notes(&world, NodeId(2))[0]
    };
    assert_eq!((0..20).map(first).collect::<BTreeSet<_>>(), BTreeSet::from([0, 1]));
}

#[test]
fn faults_of_one_time_keep_the_order_of_their_timeline() {
    for seed in 0..50 {
        let mut world = puppet::world(1, seed, Link::default());
        world.shuffle_ties();
        for fault in [Fault::Crash(A), Fault::Restart(A)] {
            world.schedule(Time::from_millis(1), fault);
        }
        puppet::run(&mut world);
        assert_eq!(world.liveness(A), Liveness::Up);
    }
}

#[test]
fn the_clock_stands_at_the_deadline_and_nothing_later_has_happened() {
    let mut world = puppet::world(1, 0, Link::default());
    at(&mut world, 0, A, vec![timer(5, 1), timer(6, 2)]);
    world.run_until(&puppet::Puppet, Time::from_millis(5), &mut ());
    assert_eq!((world.now(), saw(&world, A)), (Time::from_millis(5), vec![(5, Saw::Timer(1))]));
    assert_eq!(world.next_time(), Some(Time::from_millis(6)));
}

#[test]
fn what_is_due_in_the_past_comes_now() {
    let mut world = puppet::world(1, 0, Link::default());
    world.run_until(&puppet::Puppet, Time::from_millis(5), &mut ());
    at(&mut world, 1, A, vec![timer(2, 1)]);
    assert_eq!(world.next_time(), Some(Time::from_millis(5)));
    world.run_until(&puppet::Puppet, Time::from_millis(5), &mut ());
    assert_eq!(saw(&world, A), [(5, Saw::Timer(1))]);
}
