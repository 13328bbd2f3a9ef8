//! Tests of the analyzer: what queries give and what is refused, against what Spark 3.5.7 says.

mod answers;
mod frames;
mod queries;
mod refusals;
mod windows;

use std::cell::Cell;
use std::rc::Rc;

use super::Analyzer;
use crate::sql::types::parse_schema;
use crate::sql::{Attribute, AttributeId, Expr, Node, Plan, RelationId, SqlError};

/// A session with the tables that Spark was asked about, and a stream.
pub(super) struct Session {
    next_id: Cell<u64>,
    pub events: Rc<Node>,
    pub users: Rc<Node>,
    pub types: Rc<Node>,
    pub stream: Rc<Node>,
}

const TYPES: &str = "id INT, j STRUCT<user: STRING, n: INT NOT NULL>, m MAP<STRING,INT>, a ARRAY<INT>, \
     p ARRAY<STRUCT<x:INT,y:STRING>>, d DECIMAL(10,2), t DATE, b BOOLEAN, l BIGINT, f DOUBLE, s STRING, bin BINARY, \
     sm SMALLINT, by TINYINT, fl FLOAT, ts TIMESTAMP";

impl Session {
    pub fn new() -> Self {
        let next_id = Cell::new(0);
        let events = relation(&next_id, 0, "events", "k STRING, v INT, ts TIMESTAMP", false);
        let users = relation(&next_id, 1, "users", "k STRING, name STRING, low INT", false);
        let types = relation(&next_id, 2, "n", TYPES, false);
        let stream = relation(&next_id, 3, "stream", "k STRING, v INT, ts TIMESTAMP", true);
        Session { next_id, events, users, types, stream }
    }

    pub fn analyze(&self, plan: &Plan) -> Result<Rc<Node>, SqlError> {
        let tables = |name: &str| match name {
            "events" => Some(self.events.clone()),
            "users" => Some(self.users.clone()),
            "n" => Some(self.types.clone()),
            "stream" => Some(self.stream.clone()),
            _ => None,
        };
        Analyzer { tables: &tables, functions: &|_| None, next_id: &self.next_id }.analyze(plan)
    }

    /// The plan's columns as `k:string?, n:bigint!`, or the error.
    pub fn columns(&self, plan: &Plan) -> String {
        match self.analyze(plan) {
            Ok(node) => columns(&node),
            Err(error) => error.to_string(),
        }
    }

    pub fn select(&self, input: &Rc<Node>, exprs: Vec<Expr>) -> String {
        self.columns(&Plan::Project { input: on(input), exprs })
    }
}

fn relation(next_id: &Cell<u64>, number: u32, name: &str, schema: &str, streaming: bool) -> Rc<Node> {
    let output = parse_schema(schema)
        .expect("the schema is well written")
        .iter()
        .map(|field| {
            let id = AttributeId(next_id.get());
            next_id.set(id.0 + 1);
            Attribute {
                id,
                name: field.name.clone(),
                data_type: field.data_type.clone(),
                nullable: field.nullable,
                qualifiers: [].into(),
                watermark_delay: None,
            }
        })
        .collect();
    Rc::new(Node::Relation { relation: RelationId(number), name: name.into(), streaming, output })
}

/// A plan on a node.
pub(super) fn on(node: &Rc<Node>) -> Rc<Plan> {
    Rc::new(Plan::Analyzed(node.clone()))
}

pub(super) fn columns(node: &Node) -> String {
    let field = |it: &crate::sql::StructField| {
        format!("{}:{}{}", it.name, it.data_type.simple_string(), if it.nullable { "?" } else { "!" })
    };
    node.schema().iter().map(field).collect::<Vec<_>>().join(", ")
}

/// `df["name"]`.
pub(super) fn of(node: &Node, name: &str) -> Expr {
    let found = node.output().into_iter().find(|it| &*it.name == name).expect("the node has the column");
    Expr::Attribute { id: found.id, name: found.name }
}
