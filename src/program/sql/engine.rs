//! Answering the facade's requests about SQL: by the session where it can, by an engine where something has to run.

use std::rc::Rc;

use super::requests::{QueryQuestion, SqlRequest, StartQuery, StreamsQuestion, WriteFrame};
use super::rows::rows_to_value;
use super::session::SqlSession;
use crate::cluster::DriverError;
use crate::program::Function;
use crate::program::image::Image;
use crate::sql::{Datum, Node, SqlError};
use crate::value::Value;

/// A frame that something is to be done with.
#[derive(Clone, Debug)]
pub struct Frame {
    pub node: Rc<Node>,
}

/// What runs frames and queries. Each answers as its [`SqlRequest`] says; an answer that takes virtual time is
/// [`DriverError::Suspended`].
pub trait SqlEngine {
    /// The rows of a frame that stands still.
    ///
    /// # Errors
    /// What failed, or that it takes time.
    fn collect(&mut self, session: &SqlSession, frame: &Frame) -> Result<Vec<Rc<[Datum]>>, DriverError>;

    /// The table that `show` prints.
    ///
    /// # Errors
    /// What failed, or that it takes time.
    fn show(
        &mut self,
        session: &SqlSession,
        frame: &Frame,
        rows: i64,
        truncate: i64,
        vertical: bool,
    ) -> Result<String, DriverError>;

    /// What `explain` prints.
    ///
    /// # Errors
    /// What failed.
    fn explain(&mut self, session: &SqlSession, frame: &Frame, mode: &str) -> Result<String, DriverError>;

    /// The number of an RDD of a frame's rows, each as [`rows_to_value`] has it.
    ///
    /// # Errors
    /// What failed, or that it takes time.
    fn rdd(&mut self, session: &SqlSession, frame: &Frame) -> Result<u64, DriverError>;

    /// What was observed under a name, a dict.
    ///
    /// # Errors
    /// What failed, or that it takes time.
    fn observed(&mut self, name: &str) -> Result<Value, DriverError>;

    /// Writes a frame.
    ///
    /// # Errors
    /// What failed, or that it takes time.
    fn write(&mut self, session: &SqlSession, frame: &Frame, write: &WriteFrame) -> Result<(), DriverError>;

    /// Starts a query: its number, id, run id and name, as the facade's `StreamingQuery` takes them.
    ///
    /// # Errors
    /// What Spark refuses at start.
    fn start(&mut self, session: &SqlSession, query: StartQuery) -> Result<Value, DriverError>;

    /// Answers a question about a query.
    ///
    /// # Errors
    /// The query's own exception where it is awaited, or that the answer takes time.
    fn query(&mut self, query: i64, question: &QueryQuestion) -> Result<Value, DriverError>;

    /// Answers a question about all queries.
    ///
    /// # Errors
    /// A query's exception where it is awaited, or that the answer takes time.
    fn streams(&mut self, question: &StreamsQuestion) -> Result<Value, DriverError>;

    /// Takes a listener in; its number.
    ///
    /// # Errors
    /// What failed.
    fn add_listener(&mut self, session: &SqlSession, function: Function, image: Image) -> Result<i64, DriverError>;

    /// Forgets a listener.
    ///
    /// # Errors
    /// What failed.
    fn remove_listener(&mut self, listener: i64) -> Result<(), DriverError>;
}

/// A refusal of Spark SQL's as the driver's error.
pub fn driver_error(error: &SqlError) -> DriverError {
    DriverError::failed(error.class, error.to_string())
}

/// What is said of a stream that something is asked of which only tables answer.
fn still(node: &Node) -> Result<(), DriverError> {
    fn stream(node: &Node) -> Option<Rc<str>> {
        match node {
            Node::Relation { name, streaming: true, .. } => Some(name.clone()),
            node => node.children().into_iter().find_map(|child| stream(child)),
        }
    }
    match stream(node) {
        None => Ok(()),
        Some(name) => {
            let text = format!("Queries with streaming sources must be executed with writeStream.start();\n{name}");
            Err(DriverError::failed("AnalysisException", text))
        }
    }
}

/// Answers a request: with a value for the facade.
///
/// # Errors
/// Spark's refusal, or that the answer takes time.
pub fn serve(session: &mut SqlSession, engine: &mut dyn SqlEngine, request: &SqlRequest) -> Result<Value, DriverError> {
    if let Some(answer) = session.answer(request) {
        return answer.map_err(|error| driver_error(&error));
    }
    let frame = |number: i64| session.node(number).map(|node| Frame { node }).map_err(|error| driver_error(&error));
    let standing = |number: i64| {
        let frame = frame(number)?;
        still(&frame.node).map(|()| frame)
    };
    Ok(match request {
        SqlRequest::Collect { frame } => {
            let frame = standing(*frame)?;
            let rows = engine.collect(session, &frame)?;
            rows_to_value(&rows, &frame.node.schema())
        }
        SqlRequest::Show { frame, rows, truncate, vertical } => {
            Value::str(engine.show(session, &standing(*frame)?, *rows, *truncate, *vertical)?)
        }
        SqlRequest::Explain { frame: number, mode } => Value::str(engine.explain(session, &frame(*number)?, mode)?),
        SqlRequest::Rdd { frame } => Value::from(engine.rdd(session, &standing(*frame)?)?),
        SqlRequest::Observed { name } => engine.observed(name)?,
        SqlRequest::Write(write) => {
            engine.write(session, &standing(write.frame)?, write)?;
            Value::None
        }
        SqlRequest::Start(start) => {
            let query = start.decode(|number| session.node(number)).map_err(|error| driver_error(&error))?;
            engine.start(session, query)?
        }
        SqlRequest::Query { query, question } => engine.query(*query, question)?,
        SqlRequest::Streams(question) => engine.streams(question)?,
        SqlRequest::AddListener { function, image } => {
            Value::Int(engine.add_listener(session, function.clone(), image.clone())?)
        }
        SqlRequest::RemoveListener { listener } => {
            engine.remove_listener(*listener)?;
            Value::None
        }
        other => {
            let text = format!("the session answers {other:?} itself");
            return Err(DriverError::illegal_state(text));
        }
    })
}
