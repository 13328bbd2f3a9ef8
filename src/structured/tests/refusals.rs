//! What Spark refuses at the start, and what it refuses when the first batch runs. The words are those of 3.5.7.

use super::{EVENTS, LEFT, RIGHT, Session, events, sides, watermark};
use crate::sql::OutputMode::{self, Append, Complete, Update};
use crate::structured::Settings;

fn refusal(session: &Session, text: &str, mode: OutputMode) -> String {
    match session.start(&session.sql(text), mode, Settings::default()) {
        Ok(mut query) => match query.try_add(&[]) {
            Ok(_) => "runs".into(),
            Err(error) => format!("at run: {error}"),
        },
        Err(error) => error.to_string(),
    }
}

#[test]
fn modes_fit_what_is_aggregated() {
    let session = events("5 seconds");
    let by_key = "SELECT k, count(*) FROM e GROUP BY k";
    assert_eq!(
        refusal(&session, by_key, Append),
        "Append output mode not supported when there are streaming aggregations on streaming DataFrames/DataSets \
         without watermark"
    );
    assert_eq!(refusal(&session, by_key, Update), "runs");
    assert_eq!(
        refusal(&session, "SELECT k FROM e", Complete),
        "Complete output mode not supported when there are no streaming aggregations on streaming DataFrames/Datasets"
    );
    let sessions = "SELECT session_window(ts, '5 seconds') w, k, count(*) FROM e GROUP BY w, k";
    assert_eq!(
        refusal(&session, sessions, Update),
        "Update output mode not supported for session window on streaming DataFrames/DataSets"
    );
    assert_eq!(
        refusal(&session, "SELECT session_window(ts, '5 seconds') w, count(*) FROM e GROUP BY w", Append),
        "at run: Global aggregation with session window in streaming query is not supported."
    );
    assert_eq!(
        refusal(&session, "SELECT k, count(DISTINCT v) FROM e GROUP BY k", Complete),
        "Distinct aggregations are not supported on streaming DataFrames/Datasets. Consider using \
         approx_count_distinct() instead."
    );
    assert_eq!(
        refusal(&session, "SELECT k FROM e LIMIT 1", Update),
        "Limits are not supported on streaming DataFrames/Datasets in Update output mode"
    );
    assert_eq!(
        refusal(&session, "SELECT k FROM e ORDER BY k", Append),
        "Sorting is not supported on streaming DataFrames/Datasets, unless it is on aggregated DataFrame/Dataset in \
         Complete output mode"
    );
}

#[test]
fn joins_of_streams_are_appended_and_outer_ones_need_a_bound() {
    let session = Session::new(&[LEFT, RIGHT]);
    let text = "SELECT * FROM l JOIN r USING (k)";
    assert_eq!(
        refusal(&session, text, Update),
        "Join between two streaming DataFrames/Datasets is not supported in Update output mode, only in Append output \
         mode"
    );
    assert_eq!(
        refusal(&session, "SELECT * FROM l LEFT JOIN r USING (k)", Append),
        "Stream-stream LeftOuter join between two streaming DataFrame/Datasets is not supported without a watermark \
         in the join keys, or a watermark on the nullable side and an appropriate range condition"
    );
    assert_eq!(
        refusal(&session, "SELECT * FROM l JOIN r ON lt > rt", Append),
        "at run: Stream-stream join without equality predicate is not supported."
    );
    let session = Session::new(&[LEFT]).with_table("t", "k STRING", "a");
    assert_eq!(
        refusal(&session, "SELECT * FROM t LEFT JOIN l USING (k)", Append),
        "LeftOuter join with a streaming DataFrame/Dataset on the right and a static DataFrame/Dataset on the left is \
         not supported"
    );
}

#[test]
fn event_time_is_one_column_defined_once() {
    let session = sides("0 seconds", "0 seconds");
    let pairs = "SELECT * FROM a JOIN b ON a.k = b.k AND lt BETWEEN rt AND rt + interval 5 seconds";
    let text = format!("SELECT lt, rt, count(*) FROM ({pairs}) GROUP BY lt, rt");
    assert!(refusal(&session, &text, Append).starts_with("at run: More than one event time columns are available."));

    let session = Session::new(&[EVENTS])
        .watermarked("e", "events", "ts", "5 seconds")
        .view("f", |it| it.analyzed(&watermark(it.tables["e"].clone(), "ts", "10 seconds")));
    let text = "SELECT window(ts, '5 seconds') w, count(*) FROM f GROUP BY w";
    assert!(refusal(&session, text, Append).starts_with("at run: Redefining watermark is disallowed."));
}

#[test]
fn late_rows_from_below_are_a_danger() {
    let session = events("5 seconds")
        .view("small", |it| it.sql("SELECT window(ts, '5 seconds') w, count(*) n FROM e GROUP BY w"));
    let text = "SELECT window(w, '10 seconds') x, sum(n) FROM small GROUP BY x";
    let detected = "Detected pattern of possible 'correctness' issue due to global watermark.";
    assert!(refusal(&session, text, Update).starts_with(detected));
    assert_eq!(refusal(&session, text, Append), "runs");
}
