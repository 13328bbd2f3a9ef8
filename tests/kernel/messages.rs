//! The network: latency, loss, duplicates, partitions, hosts.

use headwater::sim::{Duration, Fault, Link, NodeId, Ratio, Time};

use crate::puppet::{self, Saw, at, note, notes, saw};

const A: NodeId = NodeId(0);
const B: NodeId = NodeId(1);
const C: NodeId = NodeId(2);

/// How often each of 10,000 notes arrived.
fn arrivals(link: Link) -> Vec<usize> {
    let mut world = puppet::world(2, 7, link);
    for number in 0..10_000 {
        at(&mut world, u64::from(number), A, vec![note(B, number)]);
    }
    puppet::run(&mut world);
    let mut count = vec![0; 10_000];
    notes(&world, B).into_iter().for_each(|number| count[number as usize] += 1);
    count
}

#[test]
fn messages_are_lost_and_doubled_as_often_as_asked() {
    let link = Link { loss: Ratio::new(1, 10), duplicate: Ratio::new(1, 4), ..puppet::jittery() };
    let count = arrivals(link);
    let times = |wanted| count.iter().filter(|times| **times == wanted).count();
    // Five standard deviations of each binomial; the seed is fixed, so this never flickers.
    assert!(times(0).abs_diff(1_000) < 150, "{} lost", times(0));
    assert!(times(2).abs_diff(2_250) < 210, "{} doubled", times(2));
    assert_eq!(times(0) + times(1) + times(2), 10_000);
}

#[test]
fn a_quiet_network_loses_and_doubles_nothing() {
    assert!(arrivals(puppet::jittery()).iter().all(|times| *times == 1));
}

#[test]
fn a_message_is_under_way_as_long_as_the_latency_says() {
    let mut world = puppet::world(2, 1, puppet::jittery());
    for number in 0..500 {
        at(&mut world, u64::from(number) * 20, A, vec![note(B, number)]);
    }
    puppet::run(&mut world);
    let life = world.node(B).expect("up");
    let taken: Vec<Duration> =
        life.saw.iter().skip(1).zip(0..).map(|((time, _), sent)| time.since(Time::from_millis(sent * 20))).collect();
    assert!(taken.iter().all(|span| (Duration::millis(1)..=Duration::millis(10)).contains(span)));
    assert!(taken.iter().max() > Some(&Duration::millis(9)) && taken.iter().min() < Some(&Duration::millis(2)));
}

#[test]
fn nodes_of_one_host_reach_each_other_at_once_and_always() {
    let never = Link { loss: Ratio::new(1, 1), ..puppet::jittery() };
    let mut world = puppet::world(1, 0, never);
    let neighbour = world.add_node(0);
    world.boot(&puppet::Puppet, neighbour);
    world.schedule(Time(0), Fault::Partition(vec![vec![A], vec![neighbour]]));
    at(&mut world, 3, A, vec![note(neighbour, 1)]);
    puppet::run(&mut world);
    assert_eq!(saw(&world, neighbour), [(3, Saw::Note(A, 1))]);
}

#[test]
fn a_partition_parts_its_groups_until_it_heals() {
    let mut world = puppet::world(3, 0, puppet::steady());
    for number in 0..6 {
        let effects = vec![note(B, number), note(C, number), note(A, number)];
        at(&mut world, u64::from(number) * 10, A, effects);
    }
    // The note of 10 ms is under way when the network parts, and arrives.
    world.schedule(Time(10_500), Fault::Partition(vec![vec![A], vec![B]]));
    world.schedule(Time::from_millis(35), Fault::Heal);
    puppet::run(&mut world);
    assert_eq!(notes(&world, B), [0, 1, 4, 5]);
    assert_eq!(notes(&world, C), [0, 1, 2, 3, 4, 5], "C is in no group");
    assert_eq!(notes(&world, A), [0, 1, 2, 3, 4, 5], "a node always reaches itself");
}

#[test]
fn a_node_that_joins_disturbs_no_link() {
    for seed in 0..50 {
        let mut world = puppet::world(2, seed, puppet::jittery());
        at(&mut world, 0, A, vec![note(B, 0)]);
        world.run_until(&puppet::Puppet, Time(0), &mut ());
        world.add_node(9);
        at(&mut world, 1, A, vec![note(B, 1)]);
        puppet::run(&mut world);
        assert_eq!(notes(&world, B), [0, 1], "seed {seed}");
    }
}
