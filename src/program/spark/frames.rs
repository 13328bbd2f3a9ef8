//! SQL's requests: answered by the program's session.

use std::rc::Rc;

use super::super::Function;
use super::super::engine::Reply;
use super::super::image::Image;
use super::super::sql::{
    Frame, QueryQuestion, SqlEngine, SqlRequest, SqlSession, StartQuery, StreamsQuestion, WriteFrame, serve,
};
use super::{Served, Spark};
use crate::cluster::DriverError;
use crate::sql::Datum;
use crate::value::Value;

impl Spark {
    pub(super) fn serve_sql(&mut self, request: &SqlRequest) -> Served {
        serve(&mut self.session, &mut NoEngine, request).map(Reply::Value)
    }
}

/// Frames and queries are analyzed, and run by nobody.
struct NoEngine;

fn refused<R>() -> Result<R, DriverError> {
    Err(DriverError::failed(
        "UnsupportedOperationException",
        "frames and streaming queries are not run by this version",
    ))
}

impl SqlEngine for NoEngine {
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

    fn start(&mut self, _: &SqlSession, _: StartQuery) -> Result<Value, DriverError> {
        refused()
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
