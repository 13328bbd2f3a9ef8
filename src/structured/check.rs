//! What Spark refuses of a stream before it starts: `UnsupportedOperationChecker`.

use super::Settings;
use super::predicates::{called, event_time, join_parts, state_value_watermark};
use crate::sql::{
    Attribute, JoinKind, Named, Node, OutputMode, SqlError, StateFunction, StateTimeout, Typed, TypedKind,
};

fn refuse<T>(message: impl Into<String>) -> Result<T, SqlError> {
    Err(SqlError { class: "AnalysisException", condition: None, message: message.into().into() })
}

fn refuse_if(holds: bool, message: &str) -> Result<(), SqlError> {
    if holds { refuse(message) } else { Ok(()) }
}

fn name(mode: OutputMode) -> &'static str {
    match mode {
        OutputMode::Append => "Append",
        OutputMode::Update => "Update",
        OutputMode::Complete => "Complete",
    }
}

/// How Spark's `JoinType` prints.
fn join_name(kind: JoinKind) -> &'static str {
    match kind {
        JoinKind::Inner => "Inner",
        JoinKind::Cross => "Cross",
        JoinKind::LeftOuter => "LeftOuter",
        JoinKind::RightOuter => "RightOuter",
        JoinKind::FullOuter => "FullOuter",
        JoinKind::LeftSemi => "LeftSemi",
        JoinKind::LeftAnti => "LeftAnti",
    }
}

/// `checkForBatch`: a plan that reads no stream.
///
/// # Errors
/// Spark's refusal of streams and of `dropDuplicatesWithinWatermark` outside of `writeStream`.
pub fn check_batch(plan: &Node) -> Result<(), SqlError> {
    plan.children().into_iter().try_for_each(|child| check_batch(child))?;
    if plan.streaming() {
        return refuse("Queries with streaming sources must be executed with writeStream.start()");
    }
    refuse_if(
        matches!(plan, Node::Deduplicate { within_watermark: true, .. }),
        "dropDuplicatesWithinWatermark is not supported with batch DataFrames/DataSets",
    )
}

/// `checkForStreaming`: an analyzed plan, not optimized, and the output mode it is to run in.
///
/// # Errors
/// Spark's refusal.
pub fn check_streaming(plan: &Node, mode: OutputMode, settings: &Settings) -> Result<(), SqlError> {
    if !plan.streaming() {
        return refuse("Queries without streaming sources cannot be executed with writeStream.start()");
    }
    check_state_functions(plan, mode)?;
    check_mode(plan, mode)?;
    check_operators(plan, plan, mode)?;
    if settings.check_correctness { check_late_rows(plan, mode) } else { Ok(()) }
}

/// `checkForContinuous`: only what works row by row.
///
/// # Errors
/// Spark's refusal.
pub fn check_continuous(plan: &Node, mode: OutputMode, settings: &Settings) -> Result<(), SqlError> {
    check_streaming(plan, mode, settings)?;
    check_row_by_row(plan)
}

fn check_row_by_row(plan: &Node) -> Result<(), SqlError> {
    plan.children().into_iter().try_for_each(|child| check_row_by_row(child))?;
    let operator = match plan {
        Node::Relation { .. }
        | Node::Project { .. }
        | Node::Filter { .. }
        | Node::UserRows { .. }
        | Node::Alias { .. }
        | Node::Watermark { .. } => {
            let timed = expressions(plan).into_iter().any(|it| {
                it.any(&mut |it| matches!(called(it), Some(("current_timestamp" | "current_date" | "now", _))))
            });
            return refuse_if(timed, "Continuous processing does not support current time operations.");
        }
        Node::LocalRows { .. } => "LocalRelation",
        Node::Expand { .. } => "Expand",
        Node::Aggregate { .. } => "Aggregate",
        Node::Generate { .. } => "Generate",
        Node::Join { .. } => "Join",
        Node::Union { .. } => "Union",
        Node::Deduplicate { within_watermark: false, .. } => "Deduplicate",
        Node::Deduplicate { within_watermark: true, .. } => "DeduplicateWithinWatermark",
        Node::Sort { .. } => "Sort",
        Node::Limit { .. } => "GlobalLimit",
        Node::Offset { .. } => "Offset",
        Node::Sample { .. } => "Sample",
        Node::Intersect { .. } => "Intersect",
        Node::Except { .. } => "Except",
        Node::Window { .. } => "Window",
        Node::StateGroups { .. } => "FlatMapGroupsWithState",
        Node::Observe { .. } => "CollectMetrics",
    };
    refuse(format!("Continuous processing does not support {operator} operations."))
}

fn expressions(plan: &Node) -> Vec<&Typed> {
    match plan {
        Node::Project { exprs, .. } | Node::Aggregate { exprs, .. } | Node::Window { exprs, .. } => {
            exprs.iter().map(|it| &it.expr).collect()
        }
        Node::Filter { condition, .. } => vec![condition],
        Node::Join { condition, .. } => condition.iter().collect(),
        Node::Sort { keys, .. } => keys.iter().map(|(key, _)| key).collect(),
        _ => Vec::new(),
    }
}

/// All nodes for which `test` holds, a node before what is below it.
fn collect<'a>(plan: &'a Node, test: &dyn Fn(&Node) -> bool, found: &mut Vec<&'a Node>) {
    if test(plan) {
        found.push(plan);
    }
    plan.children().into_iter().for_each(|child| collect(child, test, found));
}

fn is_aggregation(plan: &Node) -> bool {
    matches!(plan, Node::Aggregate { .. }) && plan.streaming()
}

fn aggregations(plan: &Node) -> Vec<&Node> {
    let mut found = Vec::new();
    collect(plan, &is_aggregation, &mut found);
    found
}

fn check_state_functions(plan: &Node, mode: OutputMode) -> Result<(), SqlError> {
    let mut found = Vec::new();
    collect(plan, &|it| matches!(it, Node::StateGroups { .. }) && it.streaming(), &mut found);
    let functions = |test: &dyn Fn(&StateFunction) -> bool| {
        let of = |it: &&Node| matches!(it, Node::StateGroups { function, .. } if test(function));
        found.iter().filter(|it| of(it)).count()
    };
    let in_pandas = functions(&|it| is_pandas(it));
    let maps = functions(&|it| it.mode.is_none());
    let flat_maps = functions(&|it| it.mode.is_some() && !is_pandas(it));
    let not_append = functions(&|it| it.mode.is_some_and(|it| it != OutputMode::Append) && !is_pandas(it));
    refuse_if(maps >= 2, "Multiple mapGroupsWithStates are not supported on a streaming DataFrames/Datasets")?;
    refuse_if(
        maps > 0 && flat_maps > 0,
        "Mixing mapGroupsWithStates and flatMapGroupsWithStates are not supported on a streaming DataFrames/Datasets",
    )?;
    refuse_if(
        flat_maps >= 2 && (mode != OutputMode::Append || not_append > 0),
        "Multiple flatMapGroupsWithStates are not supported when they are not all in append mode or the output mode is \
         not append on a streaming DataFrames/Datasets",
    )?;
    refuse_if(in_pandas >= 2, "Multiple applyInPandasWithStates are not supported on a streaming DataFrames/Datasets")
}

fn is_pandas(function: &StateFunction) -> bool {
    function.name.starts_with("applyInPandas")
}

fn check_mode(plan: &Node, mode: OutputMode) -> Result<(), SqlError> {
    let aggregations = aggregations(plan);
    match (mode, aggregations.first()) {
        (OutputMode::Append, Some(Node::Aggregate { keys, .. })) => refuse_if(
            !keys.iter().any(|key| key.attribute.watermark_delay.is_some()),
            "Append output mode not supported when there are streaming aggregations on streaming DataFrames/DataSets \
             without watermark",
        ),
        (OutputMode::Update, Some(Node::Aggregate { session, .. })) => refuse_if(
            session.is_some(),
            "Update output mode not supported for session window on streaming DataFrames/DataSets",
        ),
        (OutputMode::Complete, None) => refuse(
            "Complete output mode not supported when there are no streaming aggregations on streaming \
             DataFrames/Datasets",
        ),
        _ => Ok(()),
    }
}

/// Each node after those below it.
fn check_operators(plan: &Node, whole: &Node, mode: OutputMode) -> Result<(), SqlError> {
    plan.children().into_iter().try_for_each(|child| check_operators(child, whole, mode))?;
    let below_streams = |nodes: &[&Node]| nodes.iter().any(|it| it.streaming());
    match plan {
        Node::Aggregate { input, exprs, .. } => refuse_if(
            input.streaming() && exprs.iter().any(has_distinct),
            "Distinct aggregations are not supported on streaming DataFrames/Datasets. Consider using \
             approx_count_distinct() instead.",
        ),
        Node::StateGroups { input, function, .. } if input.streaming() => {
            check_state_function(function, &input.output(), plan, whole, mode)
        }
        Node::Join { left, right, kind, condition } => check_join(left, right, *kind, condition.as_ref(), mode),
        Node::Deduplicate { input, within_watermark: true, .. } => refuse_if(
            input.streaming() && !input.output().iter().any(|it| it.watermark_delay.is_some()),
            "dropDuplicatesWithinWatermark is not supported on streaming DataFrames/DataSets without watermark",
        ),
        Node::Union { inputs, .. } => refuse_if(
            inputs.iter().any(|it| it.streaming()) && !inputs.iter().all(|it| it.streaming()),
            "Union between streaming and batch DataFrames/Datasets is not supported",
        ),
        Node::Except { right, .. } => {
            refuse_if(right.streaming(), "Except on a streaming DataFrame/Dataset on the right is not supported")
        }
        Node::Intersect { left, right } => {
            refuse_if(below_streams(&[left, right]), "Intersect of streaming DataFrames/Datasets is not supported")
        }
        Node::Limit { input, .. } => refuse_if(
            input.streaming() && mode == OutputMode::Update,
            "Limits are not supported on streaming DataFrames/Datasets in Update output mode",
        ),
        Node::Offset { input, .. } => {
            refuse_if(input.streaming(), "Offset is not supported on streaming DataFrames/Datasets")
        }
        Node::Sort { input, .. } => {
            let complete = mode == OutputMode::Complete && !aggregations(input).is_empty();
            refuse_if(
                input.streaming() && !complete,
                "Sorting is not supported on streaming DataFrames/Datasets, unless it is on aggregated \
                 DataFrame/Dataset in Complete output mode",
            )
        }
        Node::Sample { input, .. } => {
            refuse_if(input.streaming(), "Sampling is not supported on streaming DataFrames/Datasets")
        }
        Node::Window { input, exprs } if input.streaming() => refuse_window(exprs),
        _ => Ok(()),
    }?;
    check_expressions(plan)
}

fn has_distinct(named: &Named) -> bool {
    named.expr.any(&mut |it| matches!(it.kind, TypedKind::Aggregate { distinct: true, .. }))
}

/// `NON_TIME_WINDOW_NOT_SUPPORTED_IN_STREAMING`, for all of the window functions at once.
fn refuse_window(exprs: &[Named]) -> Result<(), SqlError> {
    let mut functions = Vec::new();
    let mut columns = Vec::new();
    for named in exprs {
        if let TypedKind::Over { expr, .. } = &named.expr.kind {
            functions.push(format!("{}()", window_function(expr).to_uppercase()));
            columns.push(format!("`{}`", named.attribute.name));
        }
    }
    let text = format!(
        "Window function is not supported in {} (as column {}) on streaming DataFrames/Datasets. Structured Streaming \
         only supports time-window aggregation using the WINDOW function. (window specification: )",
        functions.join(","),
        columns.join(",")
    );
    Err(SqlError::analysis("NON_TIME_WINDOW_NOT_SUPPORTED_IN_STREAMING", text))
}

fn window_function(expr: &Typed) -> &'static str {
    match &expr.kind {
        TypedKind::Call { function, .. } => function.name,
        TypedKind::Aggregate { function, .. } => function.name,
        _ => "window",
    }
}

/// `monotonically_increasing_id` gives the same numbers in every batch.
fn check_expressions(plan: &Node) -> Result<(), SqlError> {
    if !plan.streaming() {
        return Ok(());
    }
    let mut found = Vec::new();
    for expr in expressions(plan) {
        expr.any(&mut |it| {
            if let Some((name @ "monotonically_increasing_id", _)) = called(it) {
                found.push(format!("{name}()"));
            }
            false
        });
    }
    if found.is_empty() {
        return Ok(());
    }
    refuse(format!("Expression(s): {} is not supported with streaming DataFrames/Datasets", found.join(", ")))
}

fn check_state_function(
    function: &StateFunction,
    columns: &[Attribute],
    at: &Node,
    whole: &Node,
    mode: OutputMode,
) -> Result<(), SqlError> {
    let aggregated = !aggregations(whole).is_empty();
    let pandas = is_pandas(function);
    let called = if pandas { "applyInPandasWithState" } else { "flatMapGroupsWithState" };
    match function.mode {
        None if mode != OutputMode::Update => {
            return refuse(format!(
                "mapGroupsWithState is not supported with {} output mode on a streaming DataFrame/Dataset",
                name(mode)
            ));
        }
        Some(own @ (OutputMode::Update | OutputMode::Append)) if !aggregated && own != mode => {
            return refuse(format!(
                "{called} in {} mode is not supported with {} output mode on a streaming DataFrame/Dataset",
                name(own).to_lowercase(),
                name(mode)
            ));
        }
        Some(OutputMode::Update) if aggregated => {
            return refuse(format!(
                "{called} in update mode is not supported with aggregation on a streaming DataFrame/Dataset"
            ));
        }
        _ => {}
    }
    refuse_if(
        pandas && !aggregations(at).is_empty(),
        "applyInPandasWithState in append mode is not supported after aggregation on a streaming DataFrame/Dataset",
    )?;
    let untimed = !columns.iter().any(|it| it.watermark_delay.is_some());
    if function.timeout == StateTimeout::EventTime && untimed {
        let function = if pandas { "applyInPandasWithState" } else { "[map|flatMap]GroupsWithState" };
        return refuse(format!(
            "Watermark must be specified in the query using '[Dataset/DataFrame].withWatermark()' for using event-time \
             timeout in a {function}. Event-time timeout not supported without watermark."
        ));
    }
    Ok(())
}

fn check_join(
    left: &Node,
    right: &Node,
    kind: JoinKind,
    condition: Option<&Typed>,
    mode: OutputMode,
) -> Result<(), SqlError> {
    let streams = (left.streaming(), right.streaming());
    if streams == (true, true) && mode != OutputMode::Append {
        return refuse(format!(
            "Join between two streaming DataFrames/Datasets is not supported in {} output mode, only in Append output \
             mode",
            name(mode)
        ));
    }
    match (kind, streams) {
        (JoinKind::FullOuter, (true, false)) => refuse(
            "FullOuter joins with streaming DataFrames/Datasets on the left and a static DataFrame/Dataset on the \
             right is not supported",
        ),
        (JoinKind::FullOuter, (false, true)) => refuse(
            "FullOuter joins with streaming DataFrames/Datasets on the right and a static DataFrame/Dataset on the \
             left is not supported",
        ),
        (JoinKind::LeftAnti, (_, true)) => {
            refuse("LeftAnti joins with a streaming DataFrame/Dataset on the right are not supported")
        }
        (JoinKind::LeftOuter | JoinKind::LeftSemi, (false, true)) => refuse(format!(
            "{} join with a streaming DataFrame/Dataset on the right and a static DataFrame/Dataset on the left is \
             not supported",
            join_name(kind)
        )),
        (JoinKind::RightOuter, (true, false)) => refuse(
            "RightOuter join with a streaming DataFrame/Dataset on the left and a static DataFrame/DataSet on the \
             right not supported",
        ),
        (JoinKind::LeftOuter | JoinKind::LeftSemi | JoinKind::RightOuter | JoinKind::FullOuter, (true, true)) => {
            check_join_watermark(&left.output(), &right.output(), kind, condition)
        }
        _ => Ok(()),
    }
}

/// A row that found no match can only come out once none can come any more: the state of its side must be bounded.
fn check_join_watermark(
    left: &[Attribute],
    right: &[Attribute],
    kind: JoinKind,
    condition: Option<&Typed>,
) -> Result<(), SqlError> {
    let parts = join_parts(condition, left, right);
    let in_keys = parts.keys.iter().any(|key| {
        !key.null_safe && (event_time(&key.left, left).is_some() || event_time(&key.right, right).is_some())
    });
    let bounded =
        |of: &[Attribute], other: &[Attribute]| state_value_watermark(of, other, &parts.others, 1_000_000).is_some();
    let in_range = match kind {
        JoinKind::RightOuter => bounded(right, left),
        JoinKind::FullOuter => bounded(left, right) || bounded(right, left),
        _ => bounded(left, right),
    };
    if in_keys || in_range {
        return Ok(());
    }
    refuse(format!(
        "Stream-stream {} join between two streaming DataFrame/Datasets is not supported without a watermark in the \
         join keys, or a watermark on the nullable side and an appropriate range condition",
        join_name(kind)
    ))
}

/// `checkStreamingQueryGlobalWatermarkLimit`: an operator that may put out late rows below one that drops them.
fn check_late_rows(plan: &Node, mode: OutputMode) -> Result<(), SqlError> {
    let mut stateful = Vec::new();
    collect(plan, &is_stateful, &mut stateful);
    for upper in stateful {
        let mut emitting = Vec::new();
        for child in upper.children() {
            collect(child, &|it| emits_late_rows(it, mode), &mut emitting);
        }
        refuse_if(!emitting.is_empty(), LATE_ROWS)?;
    }
    Ok(())
}

fn emits_late_rows(plan: &Node, mode: OutputMode) -> bool {
    plan.streaming()
        && match plan {
            Node::StateGroups { function, .. } => function.timeout == StateTimeout::EventTime,
            Node::Aggregate { .. } => mode != OutputMode::Append,
            _ => false,
        }
}

fn is_stateful(plan: &Node) -> bool {
    match plan {
        Node::Aggregate { .. } | Node::StateGroups { .. } => plan.streaming(),
        Node::Join { left, right, .. } => left.streaming() && right.streaming(),
        Node::Deduplicate { within_watermark: true, .. } => plan.streaming(),
        Node::Deduplicate { input, keys, .. } => {
            let timed = |it: &Attribute| it.watermark_delay.is_some() && keys.contains(&it.id);
            plan.streaming() && input.output().iter().any(timed)
        }
        _ => false,
    }
}

const LATE_ROWS: &str = "Detected pattern of possible 'correctness' issue due to global watermark. The query contains \
    stateful operation which can emit rows older than the current watermark plus allowed late record delay, which are \
    \"late rows\" in downstream stateful operations and these rows can be discarded. Please refer the programming guide \
    doc for more details. If you understand the possible risk of correctness issue and still need to run the query, \
    you can disable this check by setting the config `spark.sql.streaming.statefulOperator.checkCorrectness.enabled` \
    to false.";
