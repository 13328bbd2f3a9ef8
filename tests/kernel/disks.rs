//! What a crash leaves on a disk.

use std::collections::BTreeSet;

use headwater::sim::{Duration, Effect, Fault, NodeId, Time};
use proptest::prelude::*;

use crate::puppet::{self, Puppet, Saw, at, files, saw, write};

const A: NodeId = NodeId(0);

/// The one file's content after the node pushed these effects, each at its millisecond, and crashed at `crash`. Writes
/// take 10 milliseconds.
fn after_crash(seed: u64, crash: u64, effects: &[(u64, Effect<Puppet>)]) -> Option<Vec<u8>> {
    let mut world = puppet::world(1, seed, puppet::steady());
    world.set_write_latency((Duration::millis(10), Duration::millis(10)));
    for (millis, effect) in effects {
        at(&mut world, *millis, A, vec![effect.clone()]);
    }
    world.schedule(Time::from_millis(crash), Fault::Crash(A));
    puppet::run(&mut world);
    files(world.disk(A)).pop().map(|(_, data)| data)
}

/// Every content that some seed leaves.
fn outcomes(crash: u64, effects: &[(u64, Effect<Puppet>)]) -> BTreeSet<Option<Vec<u8>>> {
    (0..300).map(|seed| after_crash(seed, crash, effects)).collect()
}

fn contents(texts: &[&str]) -> BTreeSet<Option<Vec<u8>>> {
    texts.iter().map(|text| Some(text.as_bytes().to_vec())).collect()
}

fn sync() -> Effect<Puppet> {
    Effect::Sync { path: "file".into() }
}

#[test]
fn a_write_in_flight_is_lost_done_or_torn() {
    let mut expected = contents(&["", "a", "ab", "abc"]);
    expected.insert(None);
    assert_eq!(outcomes(5, &[(0, write("file", b"abc", 1))]), expected);
}

#[test]
fn a_write_that_was_not_synced_is_lost_done_or_torn() {
    let mut expected = contents(&["", "a", "ab", "abc"]);
    expected.insert(None);
    assert_eq!(outcomes(50, &[(0, write("file", b"abc", 1))]), expected);
}

#[test]
fn an_overwrite_that_is_lost_leaves_what_was_synced() {
    let effects = [(0, write("file", b"xyz", 1)), (20, sync()), (30, write("file", b"abc", 2))];
    assert_eq!(outcomes(50, &effects), contents(&["xyz", "", "a", "ab", "abc"]));
}

#[test]
fn a_write_in_flight_may_be_lost_while_the_one_before_it_is_done() {
    let effects = [(0, write("file", b"x", 1)), (20, write("file", b"abc", 2))];
    let mut expected = contents(&["x", "", "a", "ab", "abc"]);
    expected.insert(None);
    assert_eq!(outcomes(25, &effects), expected);
}

#[test]
fn a_rename_carries_what_is_durable() {
    let rename = Effect::Rename { from: "file".into(), to: "moved".into() };
    assert_eq!(outcomes(50, &[(0, write("file", b"abc", 1)), (20, sync()), (21, rename)]), contents(&["abc"]));
}

#[test]
fn a_rename_does_not_make_durable_what_was_not() {
    let rename = Effect::Rename { from: "file".into(), to: "moved".into() };
    let effects = [(0, write("moved", b"xyz", 1)), (20, Effect::Sync { path: "moved".into() })];
    let effects: Vec<_> = effects.into_iter().chain([(30, write("file", b"ab", 2)), (45, rename)]).collect();
    let mut expected = contents(&["", "a", "ab"]);
    expected.insert(None);
    assert_eq!(outcomes(50, &effects), expected);
}

#[test]
fn a_removed_file_stays_removed() {
    let remove = Effect::Remove { path: "file".into() };
    let effects = [(0, write("file", b"abc", 1)), (20, sync()), (21, remove)];
    assert_eq!(outcomes(50, &effects), BTreeSet::from([None]));
}

#[test]
fn a_write_is_seen_once_it_is_done() {
    let mut world = puppet::world(1, 0, puppet::steady());
    world.set_write_latency((Duration::millis(10), Duration::millis(10)));
    at(&mut world, 0, A, vec![write("file", b"abc", 1)]);
    world.run_until(&Puppet, Time::from_millis(9), &mut ());
    assert_eq!(world.disk(A).read("file"), None);
    puppet::run(&mut world);
    assert_eq!(world.disk(A).read("file").map(|data| &data[..]), Some(&b"abc"[..]));
    assert_eq!(saw(&world, A), [(10, Saw::Written(1))]);
}

proptest! {
    #[test]
    fn what_was_synced_survives_every_crash(seed: u64, data in prop::collection::vec(any::<u8>(), 0..20), crash in 21_u64..60) {
        let effects = [(0, write("file", &data, 1)), (20, sync())];
        prop_assert_eq!(after_crash(seed, crash, &effects), Some(data));
    }
}
