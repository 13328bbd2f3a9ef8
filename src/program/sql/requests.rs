//! What the facade asks about SQL, as data.

use std::rc::Rc;

use rustpython_vm::{PyResult, VirtualMachine};

use super::super::Function;
use super::super::driver::Graph;
use super::super::image::Image;
use super::super::requests::Arguments;
use super::intervals::trigger_interval;
use super::sources::FILES;
use super::tree::{Tree, members, number, optional_text, text, text_pairs, texts};
use crate::sql::{Node, OutputMode, SqlError};
use crate::value::Value;

/// What a program asks of its session, or of the engine that runs its frames and queries. Frames, functions, queries and
/// listeners are known by numbers.
#[derive(Clone, Debug)]
pub enum SqlRequest {
    /// `SparkSession(..)`; replies its number and the frames that the program is given, by name.
    Session {
        options: Vec<(Rc<str>, Rc<str>)>,
    },
    /// `spark.stop()`, before the context's.
    StopSession,
    SetConf {
        key: Rc<str>,
        value: Rc<str>,
    },
    /// A setting, or the default if one is given.
    Conf {
        key: Rc<str>,
        default: Option<Value>,
    },
    UnsetConf {
        key: Rc<str>,
    },
    /// A function that plans refer to; replies its number.
    Function {
        function: Function,
    },
    /// Calls a function of the facade's on a copy of its own; replies its result.
    Isolated {
        function: Function,
    },
    /// `spark.udf.register`.
    RegisterFunction {
        name: Rc<str>,
        number: i64,
        returns: Value,
        deterministic: bool,
    },
    /// A number that no other lambda's parameter has.
    LambdaName,
    /// An operation on frames; replies the new frame.
    Plan {
        tree: Value,
    },
    /// `df["name"]`; replies a column's tree.
    Resolve {
        frame: i64,
        name: Rc<str>,
    },
    /// The type of a column; replies the type's tree.
    TypeOf {
        frame: i64,
        name: Rc<str>,
    },
    /// A type as SQL writes it; replies the type's tree.
    Type {
        text: Rc<str>,
    },
    /// A column's text.
    Expression {
        tree: Value,
    },
    CreateView {
        name: Rc<str>,
        frame: i64,
        replace: bool,
        everywhere: bool,
    },
    DropView {
        name: Rc<str>,
        everywhere: bool,
    },
    ViewExists {
        name: Rc<str>,
    },
    /// `load()`; replies the new frame.
    Read(ReadSource),
    /// `trigger(..)`: whether its interval can be read.
    Trigger {
        kind: Rc<str>,
        text: Rc<str>,
    },

    /// `collect()`; replies a list of rows.
    Collect {
        frame: i64,
    },
    /// `show()`; replies the table as text.
    Show {
        frame: i64,
        rows: i64,
        truncate: i64,
        vertical: bool,
    },
    /// `explain()`; replies text.
    Explain {
        frame: i64,
        mode: Rc<str>,
    },
    /// `df.rdd`; replies the number of an RDD of rows.
    Rdd {
        frame: i64,
    },
    /// `observation.get`; replies a dict.
    Observed {
        name: Rc<str>,
    },
    /// `df.write..save()`.
    Write(WriteFrame),
    /// `df.writeStream..start()`; replies the query's number, id, run id and name.
    Start(Box<StartRequest>),
    Query {
        query: i64,
        question: QueryQuestion,
    },
    Streams(StreamsQuestion),
    /// `spark.streams.addListener`: a driver function of an event's kind and facts; replies its number. `image` holds
    /// all functions of the graph as they are now.
    AddListener {
        function: Function,
        image: Image,
    },
    RemoveListener {
        listener: i64,
    },
}

/// `spark.read` and `spark.readStream`.
#[derive(Clone, Debug)]
pub struct ReadSource {
    pub streaming: bool,
    pub format: Option<Rc<str>>,
    /// The schema's tree.
    pub schema: Option<Value>,
    pub options: Vec<(Rc<str>, Rc<str>)>,
    pub path: Option<Rc<str>>,
}

/// `df.write`.
#[derive(Clone, Debug)]
pub struct WriteFrame {
    pub frame: i64,
    /// `parquet` where nothing else is said.
    pub format: Option<Rc<str>>,
    /// `error`, `append`, `overwrite` or `ignore`, as the program spells it.
    pub mode: Rc<str>,
    pub options: Vec<(Rc<str>, Rc<str>)>,
    pub partition_by: Vec<Rc<str>>,
    pub path: Option<Rc<str>>,
    pub table: Option<Rc<str>>,
}

/// When a query runs its batches; lengths are microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TriggerSpec {
    /// 0: as soon as the batch before is done.
    ProcessingTime(i64),
    Once,
    Continuous(i64),
    AvailableNow,
}

/// `df.writeStream`, not checked yet.
#[derive(Clone, Debug)]
pub struct StartRequest {
    spec: Value,
    foreach: Option<Function>,
    foreach_batch: Option<Function>,
    image: Image,
}

/// A query to start.
#[derive(Clone, Debug)]
pub struct StartQuery {
    pub node: Rc<Node>,
    pub name: Option<Rc<str>>,
    pub mode: OutputMode,
    pub trigger: TriggerSpec,
    /// The sink, lower case: `console`, `memory`, `foreach`, `foreachbatch`, `noop`, `kafka`, or a kind of files.
    pub format: Rc<str>,
    /// As they were set, in order; names are compared without regard to case.
    pub options: Vec<(Rc<str>, Rc<str>)>,
    pub partition_by: Vec<Rc<str>>,
    pub path: Option<Rc<str>>,
    /// `toTable(name)`.
    pub table: Option<Rc<str>>,
    /// Called in tasks by [`call_writer`](super::call_writer).
    pub foreach: Option<Function>,
    /// A driver function of the batch's number and the batch's frame, as
    /// [`SqlSession::keep`](super::SqlSession::keep) gives it; run it with [`Image::call`].
    pub foreach_batch: Option<Function>,
    /// The functions of the program's graph as they are now.
    pub image: Image,
}

impl StartQuery {
    /// The last value that an option was set to.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().rev().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }

    /// Where the query keeps what it has done.
    pub fn checkpoint(&self) -> Option<&str> {
        self.option("checkpointLocation")
    }
}

/// What is asked of one query. Those that wait say how long at most, in microseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryQuestion {
    Active,
    /// Replies a dict: `message`, `isDataAvailable`, `isTriggerActive`.
    Status,
    /// Replies a list of dicts.
    RecentProgress,
    LastProgress,
    /// Replies whether it was terminated; blocks.
    Await {
        timeout: Option<i64>,
    },
    /// Blocks until all that is there was processed.
    ProcessAll,
    Stop,
    Explain {
        extended: bool,
    },
    /// Replies the text of what ended it, or `None`.
    Exception,
}

/// What is asked of `spark.streams`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamsQuestion {
    /// Replies a list of queries as `Start` does.
    Active,
    Get {
        id: Rc<str>,
    },
    AwaitAny {
        timeout: Option<i64>,
    },
    ResetTerminated,
}

impl StartRequest {
    /// The query, or what `DataStreamWriter` refuses.
    pub(super) fn decode(&self, node: impl Fn(i64) -> Result<Rc<Node>, SqlError>) -> Result<StartQuery, SqlError> {
        let [frame, name, mode, trigger_tree, format, options, partition_by, path, table] = members(&self.spec)? else {
            return Err(super::tree::malformed("query", &self.spec));
        };
        let trigger_tree = Tree::of(trigger_tree)?;
        let kind = trigger_tree.tag;
        let interval = optional_text(trigger_tree.part(0)).ok().flatten().unwrap_or_default();
        let options = text_pairs(options)?;
        let path = optional_text(path)?
            .or_else(|| options.iter().rev().find(|(key, _)| key.eq_ignore_ascii_case("path")).map(|it| it.1.clone()));
        let format = optional_text(format)?.map_or_else(|| "parquet".into(), |format| format.to_lowercase().into());
        let query = StartQuery {
            node: node(number(frame)?)?,
            name: optional_text(name)?,
            mode: text(mode)?.parse()?,
            trigger: trigger(kind, &interval)?,
            format,
            options,
            partition_by: texts(partition_by)?,
            path,
            table: optional_text(table)?,
            foreach: self.foreach.clone(),
            foreach_batch: self.foreach_batch.clone(),
            image: self.image.clone(),
        };
        check(&query)?;
        Ok(query)
    }
}

/// A trigger by the keyword of `trigger(..)`.
pub(super) fn trigger(kind: &str, interval: &str) -> Result<TriggerSpec, SqlError> {
    Ok(match kind {
        "processingTime" => TriggerSpec::ProcessingTime(trigger_interval(interval)?),
        "continuous" => TriggerSpec::Continuous(trigger_interval(interval)?),
        "once" => TriggerSpec::Once,
        _ => TriggerSpec::AvailableNow,
    })
}

/// What `DataStreamWriter.start` refuses before it looks at the plan.
fn check(query: &StartQuery) -> Result<(), SqlError> {
    let refused = |message: String| Err(SqlError::new("AnalysisException", None, message));
    let format = &*query.format;
    let shown = match format {
        "foreachbatch" => "foreachBatch",
        other => other,
    };
    if matches!(format, "foreach" | "foreachbatch") && !query.partition_by.is_empty() {
        return refused(format!("'{shown}' does not support partitioning"));
    }
    if format == "foreachbatch" && matches!(query.trigger, TriggerSpec::Continuous(_)) {
        return refused("'foreachBatch' is not supported with continuous trigger".into());
    }
    if format == "memory" && query.name.is_none() {
        return refused("queryName must be specified for memory sink.".into());
    }
    if FILES.contains(&format) && query.table.is_none() {
        if query.path.is_none() {
            return Err(SqlError::new("IllegalArgumentException", None, "'path' is not specified."));
        }
        if query.mode != OutputMode::Append {
            return refused(format!("Data source {format} does not support {} output mode.", query.mode));
        }
    }
    if !FILES.contains(&format)
        && !matches!(format, "console" | "memory" | "foreach" | "foreachbatch" | "noop" | "kafka")
    {
        let text = format!(
            "[DATA_SOURCE_NOT_FOUND] Failed to find the data source: {format}. Please find packages at \
             `https://spark.apache.org/third-party-projects.html`."
        );
        return Err(SqlError::new("org.apache.spark.SparkClassNotFoundException", None, text));
    }
    Ok(())
}

/// The request of that name.
pub(in super::super) fn build(
    vm: &VirtualMachine,
    graph: &mut Graph,
    name: &str,
    a: &mut Arguments,
) -> PyResult<SqlRequest> {
    let refused = |error: SqlError| vm.new_runtime_error(error.to_string());
    let pairs = |value: Value| text_pairs(&value).map_err(refused);
    let names = |value: Value| texts(&value).map_err(refused);
    Ok(match name {
        "sql_session" => SqlRequest::Session { options: pairs(a.value()?)? },
        "sql_stop" => SqlRequest::StopSession,
        "sql_set_conf" => SqlRequest::SetConf { key: a.text()?.into(), value: a.text()?.into() },
        "sql_conf" => {
            let key = a.text()?.into();
            let given: bool = a.take()?;
            let default = a.value()?;
            SqlRequest::Conf { key, default: given.then_some(default) }
        }
        "sql_unset_conf" => SqlRequest::UnsetConf { key: a.text()?.into() },
        "sql_function" => {
            let function = a.once(graph);
            function.capture(vm)?;
            SqlRequest::Function { function }
        }
        "sql_isolated" => SqlRequest::Isolated { function: a.once(graph) },
        "sql_register_function" => SqlRequest::RegisterFunction {
            name: a.text()?.into(),
            number: a.take()?,
            returns: a.value()?,
            deterministic: a.take()?,
        },
        "sql_lambda_name" => SqlRequest::LambdaName,
        "sql_plan" => SqlRequest::Plan { tree: super::super::function::pickled(vm, a.value())? },
        "sql_resolve" => SqlRequest::Resolve { frame: a.take()?, name: a.text()?.into() },
        "sql_type_of" => SqlRequest::TypeOf { frame: a.take()?, name: a.text()?.into() },
        "sql_type" => SqlRequest::Type { text: a.text()?.into() },
        "sql_expression" => SqlRequest::Expression { tree: a.value()? },
        "sql_create_view" => SqlRequest::CreateView {
            name: a.text()?.into(),
            frame: a.take()?,
            replace: a.take()?,
            everywhere: a.take()?,
        },
        "sql_drop_view" => SqlRequest::DropView { name: a.text()?.into(), everywhere: a.take()? },
        "sql_view_exists" => SqlRequest::ViewExists { name: a.text()?.into() },
        "sql_read" => SqlRequest::Read(ReadSource {
            streaming: a.take()?,
            format: a.optional_text()?.map(Into::into),
            schema: Some(a.value()?).filter(|schema| !matches!(schema, Value::None)),
            options: pairs(a.value()?)?,
            path: a.optional_text()?.map(Into::into),
        }),
        "sql_trigger" => SqlRequest::Trigger { kind: a.text()?.into(), text: a.text()?.into() },
        "sql_collect" => SqlRequest::Collect { frame: a.take()? },
        "sql_show" => SqlRequest::Show { frame: a.take()?, rows: a.take()?, truncate: a.take()?, vertical: a.take()? },
        "sql_explain" => SqlRequest::Explain { frame: a.take()?, mode: a.text()?.into() },
        "sql_rdd" => SqlRequest::Rdd { frame: a.take()? },
        "sql_observed" => SqlRequest::Observed { name: a.text()?.into() },
        "sql_write" => SqlRequest::Write(WriteFrame {
            frame: a.take()?,
            format: a.optional_text()?.map(Into::into),
            mode: a.text()?.into(),
            options: pairs(a.value()?)?,
            partition_by: names(a.value()?)?,
            path: a.optional_text()?.map(Into::into),
            table: a.optional_text()?.map(Into::into),
        }),
        "sql_start" => {
            let spec = a.value()?;
            let foreach = a.optional_once(graph);
            if let Some(foreach) = &foreach {
                foreach.capture(vm)?;
            }
            let foreach_batch = a.optional_recurring(graph);
            let image = graph.image(vm)?;
            SqlRequest::Start(Box::new(StartRequest { spec, foreach, foreach_batch, image }))
        }
        "sql_query" => SqlRequest::Query { query: a.take()?, question: question(a)? },
        "sql_streams" => SqlRequest::Streams(streams_question(a)?),
        "sql_add_listener" => {
            let function = a.recurring(graph);
            SqlRequest::AddListener { function, image: graph.image(vm)? }
        }
        "sql_remove_listener" => SqlRequest::RemoveListener { listener: a.take()? },
        other => return Err(a.unknown(other)),
    })
}

fn question(a: &mut Arguments) -> PyResult<QueryQuestion> {
    Ok(match &*a.text()? {
        "active" => QueryQuestion::Active,
        "status" => QueryQuestion::Status,
        "recent_progress" => QueryQuestion::RecentProgress,
        "last_progress" => QueryQuestion::LastProgress,
        "await" => QueryQuestion::Await { timeout: a.take()? },
        "process_all" => QueryQuestion::ProcessAll,
        "stop" => QueryQuestion::Stop,
        "explain" => QueryQuestion::Explain { extended: a.take()? },
        "exception" => QueryQuestion::Exception,
        other => return Err(a.unknown(other)),
    })
}

fn streams_question(a: &mut Arguments) -> PyResult<StreamsQuestion> {
    Ok(match &*a.text()? {
        "active" => StreamsQuestion::Active,
        "get" => StreamsQuestion::Get { id: a.text()?.into() },
        "await_any" => StreamsQuestion::AwaitAny { timeout: a.take()? },
        "reset_terminated" => StreamsQuestion::ResetTerminated,
        other => return Err(a.unknown(other)),
    })
}
