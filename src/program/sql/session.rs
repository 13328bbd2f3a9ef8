//! The session of a program: its analyzed plans, views, settings and functions. A plain value: a copy of it is what a
//! query's functions go on with.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use indexmap::IndexMap;

use super::super::Function;
use super::functions::{UserFunctions, call_isolated};
use super::requests::{ReadSource, SqlRequest};
use super::sources::{Source, source};
use super::tree::malformed;
use super::types::{decode_schema, decode_type, encode_schema, encode_type};
use crate::conf::SparkConf;
use crate::sql::{self, Analyzer, Attribute, DataType, Expr, Node, Plan, RelationId, SqlError};
use crate::value::Value;

/// What views that every session sees are qualified by.
const GLOBAL: &str = "global_temp";

/// A function that SQL text knows by its name.
#[derive(Clone)]
struct Registered {
    name: Rc<str>,
    number: i64,
    returns: DataType,
    deterministic: bool,
}

/// A program's `SparkSession`.
#[derive(Clone, Default)]
pub struct SqlSession {
    nodes: Vec<Rc<Node>>,
    /// By lower-case name.
    views: BTreeMap<String, Rc<Node>>,
    registered: BTreeMap<String, Registered>,
    pub(super) functions: UserFunctions,
    sources: Vec<Source>,
    /// Sources that the program finds as frames and views by name, once it has a session.
    given: Rc<IndexMap<String, Source>>,
    conf: SparkConf,
    next_id: u64,
    lambdas: i64,
}

impl SqlSession {
    /// A session over an application's settings. The sources given are frames and views of the program, by name.
    pub fn new(conf: &SparkConf, given: Rc<IndexMap<String, Source>>) -> Self {
        SqlSession { conf: conf.clone(), given, ..SqlSession::default() }
    }

    /// The settings as they are now.
    pub fn conf(&self) -> &SparkConf {
        &self.conf
    }

    /// What relations read, by their [`RelationId`].
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The plan of a frame.
    ///
    /// # Errors
    /// A number that no frame of this session has.
    pub fn node(&self, frame: i64) -> Result<Rc<Node>, SqlError> {
        let index = usize::try_from(frame).ok();
        index
            .and_then(|index| self.nodes.get(index).cloned())
            .ok_or_else(|| malformed("number of a frame", &Value::Int(frame)))
    }

    /// Keeps an analyzed plan; what the facade makes a `DataFrame` of.
    pub fn keep(&mut self, node: Rc<Node>) -> Value {
        let output = node.output();
        let ids = output.iter().map(|column| Value::from(column.id.0)).collect::<Vec<_>>();
        let columns = encode_schema(&node.schema());
        let reply =
            Value::tuple([Value::from(self.nodes.len()), columns, Value::Bool(node.streaming()), Value::list(ids)]);
        self.nodes.push(node);
        reply
    }

    /// A view of a plan, in the place of one that has the name.
    pub fn create_view(&mut self, name: &str, node: Rc<Node>) {
        self.views.insert(name.to_lowercase(), node);
    }

    pub(super) fn take_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id - 1
    }

    /// Analyzes a plan: names are looked up among the views and functions of the session.
    ///
    /// # Errors
    /// What Spark's analyzer refuses.
    pub fn analyze(&mut self, plan: &Plan) -> Result<Rc<Node>, SqlError> {
        let next_id = Cell::new(self.next_id);
        let functions = RefCell::new(std::mem::take(&mut self.functions));
        let analyzed = {
            let tables = |name: &str| self.views.get(&name.to_lowercase()).cloned();
            let user = |name: &str| {
                let known = self.registered.get(&name.to_lowercase())?;
                let mut functions = functions.borrow_mut();
                functions.call(known.number, &known.name, known.returns.clone(), known.deterministic).ok()
            };
            Analyzer { tables: &tables, functions: &user, next_id: &next_id }.analyze(plan)
        };
        self.functions = functions.into_inner();
        self.next_id = next_id.get();
        let node = analyzed?;
        self.functions.settle(&node);
        Ok(node)
    }

    /// A source as a plan.
    pub fn relation(&mut self, source: Source) -> Rc<Node> {
        let relation = RelationId(u32::try_from(self.sources.len()).unwrap_or(u32::MAX));
        let output = self.attributes(&source.schema);
        let (name, streaming) = (source.format.clone(), source.streaming);
        self.sources.push(source);
        Rc::new(Node::Relation { relation, name, streaming, output })
    }

    /// A function of the program, by its number.
    pub(super) fn function(&mut self, function: Function) -> usize {
        self.functions.add(function)
    }

    /// Answers what needs no engine; `None` for the rest.
    pub(super) fn answer(&mut self, request: &SqlRequest) -> Option<Result<Value, SqlError>> {
        Some(match request {
            SqlRequest::Session { options } => Ok(self.begin(options)),
            SqlRequest::StopSession => {
                *self = SqlSession { given: self.given.clone(), ..SqlSession::default() };
                Ok(Value::None)
            }
            SqlRequest::SetConf { key, value } => self.set_conf(key, value),
            SqlRequest::Conf { key, default } => self.get_conf(key, default.as_ref()),
            SqlRequest::UnsetConf { key } => {
                self.unset_conf(key);
                Ok(Value::None)
            }
            SqlRequest::Function { function } => Ok(Value::from(self.function(function.clone()))),
            SqlRequest::Isolated { function } => call_isolated(function),
            SqlRequest::RegisterFunction { name, number, returns, deterministic } => {
                self.register(name, *number, returns, *deterministic)
            }
            SqlRequest::LambdaName => {
                self.lambdas += 1;
                Ok(Value::Int(self.lambdas - 1))
            }
            SqlRequest::Plan { tree } => self.plan(tree),
            SqlRequest::Resolve { frame, name } => self.resolve(*frame, name),
            SqlRequest::TypeOf { frame, name } => self.type_of(*frame, name),
            SqlRequest::Type { text } => DataType::from_ddl(text).map(|of| encode_type(&of)),
            SqlRequest::Expression { tree } => self.decoded_text(tree).map(Value::Str),
            SqlRequest::CreateView { name, frame, replace, everywhere } => {
                self.name_view(name, *frame, *replace, *everywhere)
            }
            SqlRequest::DropView { name, everywhere } => {
                let removed = self.views.remove(&view_key(name, *everywhere));
                Ok(Value::Bool(removed.is_some()))
            }
            SqlRequest::ViewExists { name } => Ok(Value::Bool(self.views.contains_key(&name.to_lowercase()))),
            SqlRequest::Read(read) => self.read(read),
            SqlRequest::Trigger { kind, text } => super::requests::trigger(kind, text).map(|_| Value::None),
            _ => return None,
        })
    }

    /// `SparkSession(..)`: its number, and the frames that the program is given.
    fn begin(&mut self, options: &[(Rc<str>, Rc<str>)]) -> Value {
        options.iter().for_each(|(key, value)| self.conf.set(key.clone(), value.clone()));
        let mut frames = Vec::new();
        for (name, source) in self.given.clone().iter() {
            let relation = self.relation(source.clone());
            self.create_view(name, relation.clone());
            frames.push((Value::str(name.as_str()), self.keep(relation)));
        }
        Value::tuple([Value::Int(0), Value::Dict(frames.into())])
    }

    fn plan(&mut self, tree: &Value) -> Result<Value, SqlError> {
        let plan = self.decode_plan(tree)?;
        let node = match &plan {
            Plan::Analyzed(node) => node.clone(),
            plan => self.analyze(plan)?,
        };
        Ok(self.keep(node))
    }

    /// The node of some of a frame's columns, or why it has them not.
    fn select(&mut self, frame: i64, name: &str) -> Result<(Rc<Node>, Rc<Node>), SqlError> {
        let node = self.node(frame)?;
        let plan = Plan::Project { input: Rc::new(Plan::Analyzed(node.clone())), exprs: vec![sql::col(name)] };
        Ok((node, self.analyze(&plan)?))
    }

    /// `df["name"]`: the column by its identity, and the fields below it.
    fn resolve(&mut self, frame: i64, name: &str) -> Result<Value, SqlError> {
        let (node, _) = self.select(frame, name)?;
        let Expr::Column(parts) = sql::col(name) else {
            return Ok(Value::tuple([Value::str("col"), Value::str(name)]));
        };
        let output = node.output();
        let named = |part: Option<&Rc<str>>, column: &Attribute| {
            part.is_some_and(|part| part.eq_ignore_ascii_case(&column.name))
        };
        let plain = output.iter().find(|column| named(parts.first(), column)).map(|column| (column, 1));
        let qualified = || {
            let of = |column: &&Attribute| {
                column.qualifiers.iter().any(|it| parts.first().is_some_and(|part| part.eq_ignore_ascii_case(it)))
            };
            output.iter().filter(of).find(|column| named(parts.get(1), column)).map(|column| (column, 2))
        };
        let Some((column, used)) = plain.or_else(qualified) else {
            return Ok(Value::tuple([Value::str("col"), Value::str(name)]));
        };
        let shown = parts.get(used - 1).unwrap_or(&column.name).clone();
        let root = Value::tuple([Value::str("attr"), Value::from(column.id.0), Value::Str(shown)]);
        let below = parts.iter().skip(used);
        Ok(below.fold(root, |tree, part| Value::tuple([Value::str("field"), tree, Value::Str(part.clone())])))
    }

    fn type_of(&mut self, frame: i64, name: &str) -> Result<Value, SqlError> {
        let (_, selected) = self.select(frame, name)?;
        Ok(selected.output().first().map_or(Value::None, |column| encode_type(&column.data_type)))
    }

    fn register(
        &mut self,
        name: &Rc<str>,
        number: i64,
        returns: &Value,
        deterministic: bool,
    ) -> Result<Value, SqlError> {
        let returns = decode_type(returns)?;
        self.functions.get(number)?;
        let registered = Registered { name: name.clone(), number, returns, deterministic };
        self.registered.insert(name.to_lowercase(), registered);
        Ok(Value::None)
    }

    fn name_view(&mut self, name: &str, frame: i64, replace: bool, everywhere: bool) -> Result<Value, SqlError> {
        let node = self.node(frame)?;
        let plain = |letter: char| letter.is_alphanumeric() || letter == '_';
        let bare = name.trim_matches('`');
        if bare.is_empty() || (bare == name && !name.chars().all(plain)) {
            return Err(SqlError::new("AnalysisException", None, format!("Invalid view name: {name}.")));
        }
        let key = view_key(bare, everywhere);
        if !replace && self.views.contains_key(&key) {
            let shown = if everywhere { format!("`{GLOBAL}`.`{bare}`") } else { format!("`{bare}`") };
            let text = format!(
                "Cannot create the temporary view {shown} because it already exists.\nChoose a different name, drop or \
                 replace the existing view,  or add the IF NOT EXISTS clause to tolerate pre-existing views."
            );
            let condition = Some("TEMP_TABLE_OR_VIEW_ALREADY_EXISTS");
            return Err(SqlError::new("AnalysisException", condition, text));
        }
        self.create_view(&key, node);
        Ok(Value::None)
    }

    fn read(&mut self, read: &ReadSource) -> Result<Value, SqlError> {
        let schema = read.schema.as_ref().map(decode_schema).transpose()?;
        let made = source(read.streaming, read.format.clone(), schema, read.options.clone(), read.path.clone())?;
        let relation = self.relation(made);
        Ok(self.keep(relation))
    }

    fn set_conf(&mut self, key: &Rc<str>, value: &Rc<str>) -> Result<Value, SqlError> {
        if let Err(crate::conf::ConfError::BadValue { .. }) = SparkConf::check(key, value) {
            let kind = match crate::conf::key_spec(key).map(|spec| spec.kind) {
                Some(crate::conf::Kind::Count) => "int",
                Some(crate::conf::Kind::Flag) => "boolean",
                _ => "time in ms",
            };
            let text = format!("{key} should be {kind}, but was {value}");
            return Err(SqlError::new("IllegalArgumentException", None, text));
        }
        self.conf.set(key.clone(), value.clone());
        Ok(Value::None)
    }

    fn get_conf(&self, key: &str, default: Option<&Value>) -> Result<Value, SqlError> {
        match (self.conf.get(key), default) {
            (Some(value), _) => Ok(Value::str(value)),
            (None, Some(default)) => Ok(default.clone()),
            (None, None) => {
                let text = format!(
                    "[SQL_CONF_NOT_FOUND] The SQL config \"{key}\" cannot be found. Please verify that the config exists."
                );
                Err(SqlError::new("org.apache.spark.SparkNoSuchElementException", None, text))
            }
        }
    }

    fn unset_conf(&mut self, key: &str) {
        let mut left = SparkConf::default();
        for (known, value) in self.conf.entries().filter(|(known, _)| &***known != key) {
            left.set(known.clone(), value.clone());
        }
        self.conf = left;
    }
}

fn view_key(name: &str, everywhere: bool) -> String {
    let name = name.trim_matches('`').to_lowercase();
    if everywhere { format!("{GLOBAL}.{name}") } else { name }
}
