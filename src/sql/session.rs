//! `SparkSession` and `DataFrame` for Rust: plans built step by step, each analyzed as it is written.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::{
    Analyzer, Attribute, Expr, JoinCondition, JoinKind, Node, Plan, RelationId, SortKey, SqlError, StateFunction,
    StructField, UserFunction, parse_expression, parse_query,
};

#[derive(Default)]
struct Catalog {
    next_id: Cell<u64>,
    next_relation: Cell<u32>,
    views: RefCell<BTreeMap<Rc<str>, Rc<Node>>>,
    functions: RefCell<BTreeMap<Rc<str>, UserFunction>>,
}

/// `SparkSession`: names for plans and functions, and the source of identities. Clones share them.
#[derive(Clone, Default)]
pub struct Session(Rc<Catalog>);

impl Session {
    /// A session with no views.
    pub fn new() -> Self {
        Self::default()
    }

    /// A stream of this schema, as `readStream` gives it; its rows come from whoever runs the query.
    ///
    /// # Errors
    /// A schema that is no DDL.
    pub fn stream(&self, name: &str, ddl: &str) -> Result<DataFrame, SqlError> {
        Ok(self.relation(name, &super::types::parse_schema(ddl)?, true))
    }

    /// A table that stands still, as `read` gives it.
    ///
    /// # Errors
    /// A schema that is no DDL.
    pub fn table(&self, name: &str, ddl: &str) -> Result<DataFrame, SqlError> {
        Ok(self.relation(name, &super::types::parse_schema(ddl)?, false))
    }

    /// A stream or a table of these columns; also a view of its name.
    pub fn relation(&self, name: &str, schema: &[StructField], streaming: bool) -> DataFrame {
        let relation = RelationId(self.0.next_relation.get());
        self.0.next_relation.set(relation.0 + 1);
        let attribute = |field: &StructField| Attribute {
            id: self.analyzer(|analyzer| analyzer.fresh()),
            name: field.name.clone(),
            data_type: field.data_type.clone(),
            nullable: field.nullable,
            qualifiers: [Rc::from(name)].into(),
            watermark_delay: None,
        };
        let output = schema.iter().map(attribute).collect();
        let node = Rc::new(Node::Relation { relation, name: name.into(), streaming, output });
        let frame = DataFrame { session: self.clone(), node };
        frame.create_or_replace_temp_view(name);
        frame
    }

    /// `spark.sql`.
    ///
    /// # Errors
    /// What Spark's parser and analyzer refuse.
    pub fn sql(&self, query: &str) -> Result<DataFrame, SqlError> {
        self.analyze(&parse_query(query)?)
    }

    /// `spark.udf.register`.
    pub fn register(&self, function: UserFunction) {
        self.0.functions.borrow_mut().insert(function.name.to_lowercase().into(), function);
    }

    /// Analyzes a plan.
    ///
    /// # Errors
    /// What Spark's analyzer refuses.
    pub fn analyze(&self, plan: &Plan) -> Result<DataFrame, SqlError> {
        let node = self.analyzer(|analyzer| analyzer.analyze(plan))?;
        Ok(DataFrame { session: self.clone(), node })
    }

    fn analyzer<R>(&self, act: impl FnOnce(&Analyzer<'_>) -> R) -> R {
        let tables = |name: &str| self.0.views.borrow().get(name.to_lowercase().as_str()).cloned();
        let functions = |name: &str| self.0.functions.borrow().get(name.to_lowercase().as_str()).cloned();
        act(&Analyzer { tables: &tables, functions: &functions, next_id: &self.0.next_id })
    }
}

/// `DataFrame`: an analyzed plan. Each method is the one of that name in Spark, and refuses what Spark's refuses.
#[derive(Clone)]
pub struct DataFrame {
    session: Session,
    node: Rc<Node>,
}

impl DataFrame {
    /// The analyzed plan.
    pub fn node(&self) -> &Rc<Node> {
        &self.node
    }

    /// The columns.
    pub fn schema(&self) -> Vec<StructField> {
        self.node.schema()
    }

    /// A column of this DataFrame, by its identity: `df["name"]`.
    pub fn col(&self, name: &str) -> Expr {
        let output = self.node.output();
        match output.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name)) {
            Some(attribute) => Expr::Attribute { id: attribute.id, name: attribute.name.clone() },
            None => Expr::Column(vec![name.into()]),
        }
    }

    fn then(&self, plan: impl FnOnce(Rc<Plan>) -> Plan) -> Result<DataFrame, SqlError> {
        self.session.analyze(&plan(self.plan()))
    }

    fn plan(&self) -> Rc<Plan> {
        Rc::new(Plan::Analyzed(self.node.clone()))
    }

    /// `select`.
    pub fn select(&self, exprs: impl IntoIterator<Item = Expr>) -> Result<DataFrame, SqlError> {
        self.then(|input| Plan::Project { input, exprs: exprs.into_iter().collect() })
    }

    /// `selectExpr`.
    pub fn select_expr<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> Result<DataFrame, SqlError> {
        let exprs = texts.into_iter().map(parse_expression).collect::<Result<Vec<_>, _>>()?;
        self.select(exprs)
    }

    /// `filter` and `where`, with SQL text.
    pub fn filter(&self, condition: &str) -> Result<DataFrame, SqlError> {
        self.filter_by(parse_expression(condition)?)
    }

    /// `filter` and `where`, with a column.
    pub fn filter_by(&self, condition: Expr) -> Result<DataFrame, SqlError> {
        self.then(|input| Plan::Filter { input, condition })
    }

    /// `withColumn`.
    pub fn with_column(&self, name: &str, expr: Expr) -> Result<DataFrame, SqlError> {
        self.then(|input| Plan::WithColumns { input, columns: vec![(name.into(), expr)] })
    }

    /// `withColumnRenamed`.
    pub fn with_column_renamed(&self, from: &str, to: &str) -> Result<DataFrame, SqlError> {
        self.then(|input| Plan::RenameColumns { input, names: vec![(from.into(), to.into())] })
    }

    /// `withWatermark`.
    pub fn with_watermark(&self, column: &str, delay: &str) -> Result<DataFrame, SqlError> {
        self.then(|input| Plan::Watermark { input, column: column.into(), delay: delay.into() })
    }

    /// `groupBy(keys).agg(aggregates)`.
    pub fn group_by_agg(
        &self,
        keys: impl IntoIterator<Item = Expr>,
        aggregates: impl IntoIterator<Item = Expr>,
    ) -> Result<DataFrame, SqlError> {
        let keys: Vec<Expr> = keys.into_iter().collect();
        let exprs = keys.iter().cloned().chain(aggregates).collect();
        self.then(|input| Plan::Aggregate { input, keys, grouping_sets: None, exprs, having: None })
    }

    /// `join`.
    pub fn join(&self, right: &DataFrame, condition: JoinCondition, kind: JoinKind) -> Result<DataFrame, SqlError> {
        self.then(|left| Plan::Join { left, right: right.plan(), kind, condition })
    }

    /// `union`.
    pub fn union(&self, other: &DataFrame) -> Result<DataFrame, SqlError> {
        let inputs = [self, other].map(|frame| Plan::Analyzed(frame.node.clone())).into();
        self.session.analyze(&Plan::Union { inputs, by_name: false, allow_missing: false })
    }

    /// `dropDuplicates`; by all columns where none is named.
    pub fn drop_duplicates(&self, columns: &[&str]) -> Result<DataFrame, SqlError> {
        self.deduplicate(columns, false)
    }

    /// `dropDuplicatesWithinWatermark`.
    pub fn drop_duplicates_within_watermark(&self, columns: &[&str]) -> Result<DataFrame, SqlError> {
        self.deduplicate(columns, true)
    }

    fn deduplicate(&self, columns: &[&str], within_watermark: bool) -> Result<DataFrame, SqlError> {
        let columns = (!columns.is_empty()).then(|| columns.iter().map(|name| Rc::from(*name)).collect());
        self.then(|input| Plan::Deduplicate { input, columns, within_watermark })
    }

    /// `orderBy`.
    pub fn order_by(&self, keys: impl IntoIterator<Item = SortKey>) -> Result<DataFrame, SqlError> {
        self.then(|input| Plan::Sort { input, keys: keys.into_iter().collect() })
    }

    /// `limit`.
    pub fn limit(&self, count: i32) -> Result<DataFrame, SqlError> {
        self.then(|input| Plan::Limit { input, count: super::lit(count) })
    }

    /// `groupByKey(keys).flatMapGroupsWithState(..)` and `mapGroupsWithState`.
    pub fn state_groups(
        &self,
        keys: impl IntoIterator<Item = Expr>,
        function: StateFunction,
    ) -> Result<DataFrame, SqlError> {
        self.then(|input| Plan::StateGroups { input, keys: keys.into_iter().collect(), function })
    }

    /// `createOrReplaceTempView`.
    pub fn create_or_replace_temp_view(&self, name: &str) {
        self.session.0.views.borrow_mut().insert(name.to_lowercase().into(), self.node.clone());
    }
}
