//! The same scenario and seed give the same run: in debug and release (both run this file against one snapshot),
//! again and again, and however many worlds run at a time.
#![cfg(feature = "python")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "worlds run on threads to show that it does not matter"
)]

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use headwater::scenario::{Scenario, program_of, run};
use headwater::sim::PortableHasher;
use std::hash::Hasher;

fn fingerprint(file: &Path, seed: Option<u64>) -> u64 {
    let mut scenario = Scenario::load(file).unwrap();
    scenario.seed = seed.unwrap_or(scenario.seed);
    run(&scenario, program_of(&scenario), &mut |_, _, _| {}).unwrap().fingerprint
}

fn shipped() -> Vec<PathBuf> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    assert!(files.len() >= 8);
    files
}

/// The fingerprints of all jobs, by so many workers.
fn by_workers(workers: usize, jobs: &[(PathBuf, Option<u64>)]) -> Vec<u64> {
    let next = AtomicUsize::new(0);
    let found = Mutex::new(vec![0; jobs.len()]);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some((file, seed)) = jobs.get(place) else { break };
                    let fingerprint = fingerprint(file, *seed);
                    found.lock().unwrap()[place] = fingerprint;
                }
            });
        }
    });
    found.into_inner().unwrap()
}

#[test]
fn shipped_scenarios_have_one_fingerprint_each() {
    let jobs: Vec<_> = shipped().into_iter().map(|file| (file, None)).collect();
    let alone = by_workers(1, &jobs);
    assert_eq!(alone, by_workers(8, &jobs), "1 and 8 workers differ");
    let lines: Vec<String> = jobs
        .iter()
        .zip(&alone)
        .map(|((file, _), fingerprint)| format!("{fingerprint:016x}  {}", file.file_stem().unwrap().display()))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn two_hundred_seeds_have_one_fingerprint_each() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/determinism/random-latency.yaml");
    let jobs: Vec<_> = (0..200).map(|seed| (file.clone(), Some(seed))).collect();
    let alone = by_workers(1, &jobs);
    assert_eq!(alone, by_workers(8, &jobs), "1 and 8 workers differ");
    let mut distinct = alone.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), 200, "each seed is a run of its own");
    let mut all = PortableHasher::default();
    alone.iter().for_each(|fingerprint| all.write_u64(*fingerprint));
    insta::assert_snapshot!(format!("{:016x}", all.finish()));
}
