//! A query as its program defines it (`DataStreamWriter.start`'s arguments), and as it was started.

use std::rc::Rc;

use super::QueryError;
use crate::conf::SparkConf;
use crate::sim::Duration;
use crate::sql::{Node, OutputMode, RelationId};
use crate::structured::{Incremental, Settings, check_streaming, optimize};

/// `Trigger`: when a batch runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trigger {
    /// As soon as the last one is done and there is something to do.
    #[default]
    Default,
    /// At every multiple of the interval since the epoch; at once where one was missed.
    ProcessingTime(Duration),
    /// One batch with all that is there.
    Once,
    /// All that is there at the start, in as many batches as the sources' limits make, and then an end.
    AvailableNow,
}

/// A query that can be run, and run again from its checkpoint.
#[derive(Clone, Debug)]
pub struct QueryDefinition {
    pub name: Option<Rc<str>>,
    pub plan: Rc<Node>,
    pub output_mode: OutputMode,
    pub trigger: Trigger,
    /// Where logs and state are, without a trailing `/`.
    pub checkpoint: Rc<str>,
    /// The session's settings when the query was started.
    pub conf: Rc<SparkConf>,
}

/// A query that was started: checked, optimized and compiled.
pub struct Query {
    pub definition: QueryDefinition,
    pub incremental: Incremental,
    /// The streams that it reads, each once, in the order of the plan: the checkpoint's sources by number.
    pub sources: Vec<RelationId>,
}

impl Query {
    /// What `start()` does before anything runs.
    ///
    /// # Errors
    /// Spark's refusals of a plan or setting.
    pub fn start(definition: QueryDefinition) -> Result<Self, QueryError> {
        let settings = settings(&definition.conf)?;
        if definition.conf.flag("spark.sql.streaming.unsupportedOperationCheck") {
            check_streaming(&definition.plan, definition.output_mode, &settings)?;
        }
        let plan = optimize(&definition.plan)?;
        let incremental = Incremental::compile(&plan, definition.output_mode, &settings)?;
        let mut sources = Vec::new();
        collect_sources(&definition.plan, &mut sources);
        Ok(Query { definition, incremental, sources })
    }
}

fn collect_sources(node: &Node, sources: &mut Vec<RelationId>) {
    if let Node::Relation { relation, streaming: true, .. } = node
        && !sources.contains(relation)
    {
        sources.push(*relation);
    }
    node.children().into_iter().for_each(|child| collect_sources(child, sources));
}

fn settings(conf: &SparkConf) -> Result<Settings, QueryError> {
    let zone = conf.get("spark.sql.session.timeZone").unwrap_or("UTC");
    let time_zone = zone.parse().map_err(|_| {
        let message = format!("[INVALID_CONF_VALUE.TIME_ZONE] Cannot resolve the given timezone: {zone}");
        QueryError::new("SparkIllegalArgumentException", message)
    })?;
    Ok(Settings {
        shuffle_partitions: conf.count("spark.sql.shuffle.partitions").max(1) as usize,
        time_zone,
        check_correctness: conf.flag("spark.sql.streaming.statefulOperator.checkCorrectness.enabled"),
        allow_multiple: conf.flag("spark.sql.streaming.statefulOperator.allowMultiple"),
    })
}
