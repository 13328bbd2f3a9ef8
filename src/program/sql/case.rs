//! A program that defines one query over frames it is given, run for that query alone.

use std::rc::Rc;

use indexmap::IndexMap;

use super::super::{
    Answer, Bindings, Engine, Function, Image, Journal, Outcome, Program, Refusal, Reply, Request, Surroundings,
};
use super::engine::{Frame, SqlEngine, serve};
use super::requests::{QueryQuestion, StartQuery, StreamsQuestion, WriteFrame};
use super::session::SqlSession;
use super::sources::Source;
use crate::cluster::DriverError;
use crate::conf::SparkConf;
use crate::sql::Datum;
use crate::trace::FailureReason;
use crate::value::Value;

/// A program's query, and what its relations read, by their [`RelationId`](crate::sql::RelationId).
pub struct DefinedQuery {
    pub query: StartQuery,
    pub sources: Vec<Source>,
    /// The session's settings.
    pub conf: SparkConf,
}

/// Runs a program to its end over frames that it finds bound by name, with `spark` and all SQL functions; gives the query
/// that it started.
///
/// # Errors
/// What the program or Spark refuses, and a program that starts no query.
pub fn define_query(
    file: &str,
    text: &str,
    conf: &SparkConf,
    given: IndexMap<String, Source>,
    result_schema: Option<String>,
) -> Result<DefinedQuery, FailureReason> {
    let failure = |class: &str, message: String| FailureReason { class: class.into(), message };
    let program = Program::compile(file, text).map_err(|error| failure(&error.kind, error.traceback.clone()))?;
    let bindings = Bindings { session: true, result_schema, ..Bindings::default() };
    let engine = Definer { session: SqlSession::new(conf, Rc::new(given)), started: None };
    let run = program.run(&bindings, engine, Journal::default(), Surroundings::default());
    match run.outcome {
        Outcome::Done(_) => {}
        Outcome::Failed(error) => return Err(failure(&error.kind, error.traceback.clone())),
        Outcome::Suspended => return Err(failure("IllegalStateException", "the program waits for something".into())),
    }
    let Definer { session, started } = run.engine;
    let query = started.ok_or_else(|| failure("IllegalStateException", "the program starts no query".into()))?;
    Ok(DefinedQuery { query, sources: session.sources().to_vec(), conf: session.conf().clone() })
}

/// An engine that takes note of the query that is started.
struct Definer {
    session: SqlSession,
    started: Option<StartQuery>,
}

impl Engine for Definer {
    fn serve(&mut self, request: Request) -> Answer {
        let Request::Sql(request) = request else { return Answer::Ready(Ok(Reply::Done)) };
        let mut note = Note(None);
        let answer = serve(&mut self.session, &mut note, &request);
        self.started = note.0.or(self.started.take());
        Answer::Ready(answer.map(Reply::Value).map_err(|error| match error {
            DriverError::Failed { class, message } => {
                Refusal { class: class.to_string(), message: message.to_string() }
            }
            other => Refusal { class: "IllegalStateException".into(), message: other.to_string() },
        }))
    }
}

struct Note(Option<StartQuery>);

fn refused<R>() -> Result<R, DriverError> {
    Err(DriverError::failed("UnsupportedOperationException", "only the definition of a query is run here"))
}

impl SqlEngine for Note {
    fn collect(&mut self, _: &SqlSession, _: &Frame) -> Result<Vec<Rc<[Datum]>>, DriverError> {
        refused()
    }

    fn show(&mut self, _: &SqlSession, _: &Frame, _: i64, _: i64, _: bool) -> Result<String, DriverError> {
        refused()
    }

    fn explain(&mut self, _: &SqlSession, _: &Frame, _: &str) -> Result<String, DriverError> {
        refused()
    }

    fn rdd(&mut self, _: &SqlSession, _: &Frame) -> Result<u64, DriverError> {
        refused()
    }

    fn observed(&mut self, _: &str) -> Result<Value, DriverError> {
        refused()
    }

    fn write(&mut self, _: &SqlSession, _: &Frame, _: &WriteFrame) -> Result<(), DriverError> {
        refused()
    }

    fn start(&mut self, _: &SqlSession, query: StartQuery) -> Result<Value, DriverError> {
        let name = query.name.clone();
        self.0 = Some(query);
        Ok(Value::tuple([Value::Int(0), Value::str("id"), Value::str("run"), Value::from(name)]))
    }

    fn query(&mut self, _: i64, _: &QueryQuestion) -> Result<Value, DriverError> {
        refused()
    }

    fn streams(&mut self, _: &StreamsQuestion) -> Result<Value, DriverError> {
        refused()
    }

    fn add_listener(&mut self, _: &SqlSession, _: Function, _: Image) -> Result<i64, DriverError> {
        refused()
    }

    fn remove_listener(&mut self, _: i64) -> Result<(), DriverError> {
        refused()
    }
}
