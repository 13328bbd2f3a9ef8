//! A batch's stages on the simulated cluster give what they give within one process, whatever breaks.

use std::rc::Rc;

use headwater::application::{ClusterSpec, Options, Program, Run, Simulation};
use headwater::cluster::{DriverError, driver};
use headwater::query::{LocalQuery, Query, StateOfBatch, run_stages};
use headwater::sim::{Duration, Fault};
use headwater::sql::columns::{batch_of_rows, rows_of_batch};
use headwater::sql::{Datum, OutputMode};

use super::plan::{Query as Shown, Row, Shape};
use super::{data, table};

fn windows() -> Shown {
    let shape = Shape::Windowed { slide: 5, keyed: true };
    Shown { delay: Some(3), above: None, shape, mode: OutputMode::Update }
}

fn rows() -> Vec<Rc<[Datum]>> {
    let row = |number: i32| Row {
        key: Some(["a", "b", "c"][number as usize % 3]),
        value: Some(number),
        time: Some(i64::from(number) * 700_000),
    };
    (0..60).map(|number| data(&row(number))).collect()
}

/// The rows within one process.
fn expected() -> Vec<String> {
    let (definition, streams) = windows().define();
    let output = definition.plan.schema();
    let (relation, schema) = &streams[0];
    let mut local = LocalQuery::start(definition, Default::default()).expect("a query");
    local.add(*relation, batch_of_rows(schema, &rows()).expect("rows"));
    local.process_all_available().expect("a batch");
    let first = local.take_deliveries().swap_remove(0);
    table(first.output.rows.iter().flat_map(|batch| rows_of_batch(&output, batch)).map(|row| row.to_vec()))
}

/// The rows of the same batch as a job: one task for each of three partitions, then one for each of two keys' partitions.
fn on_cluster(crash: Option<u64>) -> Vec<String> {
    let program = Program::new(|_| {
        let failed = |text: String| DriverError::failed("java.lang.RuntimeException", text);
        let (definition, streams) = windows().define();
        let output = definition.plan.schema();
        let query = Rc::new(Query::start(definition).map_err(|error| failed(error.to_string()))?);
        let parts: Vec<_> = rows().chunks(20).map(|part| batch_of_rows(&streams[0].1, part).expect("rows")).collect();
        let times = query.incremental.times(0, 0, 0, 0).map_err(|error| failed(error.to_string()))?;
        let reports = run_stages(&query, &Rc::new(times), &[parts], &Rc::new(StateOfBatch::new()))?;
        let batches = reports.values().flat_map(|report| &report.output.rows);
        let rows = batches.flat_map(|batch| rows_of_batch(&output, batch)).map(|row| row.to_vec());
        table(rows).into_iter().for_each(driver::print);
        Ok(())
    });
    let cluster = Some(ClusterSpec::Executors { executors: 2, cores: 1 });
    let mut simulation = Simulation::new(program, Options { cluster, ..Options::default() });
    if let Some(millis) = crash {
        let executor = simulation.application().node_named("executor-2").expect("an executor");
        simulation.fault(Duration::millis(millis), Fault::Crash(executor));
    }
    let mut run = Run::default();
    simulation.run_until(Duration::minutes(10), &mut run);
    run.summary.printed.iter().map(|line| line.to_string()).collect()
}

#[test]
fn a_batch_is_the_same_as_a_job() {
    let expected = expected();
    assert_eq!(expected.len(), 29, "{expected:#?}");
    assert_eq!(on_cluster(None), expected);
}

#[test]
fn a_lost_executor_changes_no_row() {
    let expected = expected();
    for millis in (0..40).step_by(2) {
        assert_eq!(on_cluster(Some(millis)), expected, "executor-2 lost after {millis} ms");
    }
}
