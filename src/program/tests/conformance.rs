//! The corpus on the naive engine: the facade asks for the right things.

#![allow(clippy::disallowed_methods, reason = "the corpus is in files")]

use serde_json::Value as Json;

use super::{
    local::{Broken, Local},
    *,
};
use crate::value::{Value, from_json, to_json};

fn partitions(batch: &Json) -> Vec<std::rc::Rc<[Value]>> {
    let records: Vec<Value> = batch.as_array().unwrap().iter().map(|record| from_json(record, true)).collect();
    (0..2).map(|i| records[i * records.len() / 2..(i + 1) * records.len() / 2].into()).collect()
}

fn judge(case: &Json) -> Result<(), String> {
    let engine = Local::default();
    let batch = case["batchIntervalMs"].as_i64().unwrap() * 1000;
    let mut bindings = Bindings { contexts: true, batch, ..Bindings::default() };
    for (name, batches) in case["inputs"].as_object().unwrap() {
        let batches = batches.as_array().unwrap().iter().map(partitions).collect();
        bindings.streams.insert(name.clone(), engine.input(batch, batches));
    }
    let text = format!("{}\nresult.foreachRDD(lambda rdd: None)\nssc.start()\n", case["program"].as_str().unwrap());
    let program = Program::compile("case.py", &text).map_err(|error| error.traceback.clone())?;
    let run = program.run(&bindings, engine, Journal::default(), Surroundings::default());
    let ended = match run.outcome {
        Outcome::Done(ended) => ended,
        Outcome::Failed(error) => return Err(error.traceback.clone()),
        Outcome::Suspended => return Err("suspended".into()),
    };
    let result = ended.streams["result"].0 as usize;
    for (index, expected) in case["expected"].as_array().unwrap().iter().enumerate() {
        let time = (index as i64 + 1) * batch;
        let got = run.engine.batch(result, time).map_err(|Broken(error)| error.traceback.clone())?;
        let mut got = got.map(|parts| parts.iter().flat_map(|part| part.iter()).map(to_json).collect::<Vec<_>>());
        let mut expected = expected.as_array().cloned();
        if case["order"] != "exact" {
            let sort = |rows: &mut Vec<Json>| rows.sort_by_key(|row| row.to_string());
            got.iter_mut().for_each(sort);
            expected.iter_mut().for_each(sort);
        }
        if got != expected {
            return Err(format!("batch {}: {:?} instead of {:?}", index + 1, got, expected));
        }
    }
    Ok(())
}

#[test]
fn the_corpus() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance/dstream");
    let mut failures = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let case: Json = serde_json::from_str(&text).unwrap();
        if case.get("expectedError").is_some() {
            continue;
        }
        if let Err(reason) = judge(&case) {
            failures.push(format!("{}: {reason}", case["name"]));
        }
    }
    assert!(failures.is_empty(), "{}\n{}", failures.len(), failures.join("\n"));
}
