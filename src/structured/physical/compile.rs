//! From an optimized plan to stages.

use std::rc::Rc;

use super::super::Settings;
use super::aggregate::StateAggregate;
use super::aggregation::{Aggregation, Observe, PartialAggregate};
use super::codec::{RowCodec, fields_of, schema_of};
use super::dedup::{Deduplicate, Expiry};
use super::exchange::Partitioner;
use super::limit::{GlobalLimit, Limit};
use super::pipeline::{EventTimes, Expand, Filter, Generate, Project, UserRows};
use super::propagate::Flow;
use super::session::SessionAggregate;
use super::sort::Sort;
use super::stage::{Branch, Operator, Source, Stage, Target};
use super::state_groups::StateGroups;
use super::{Incremental, Observation, Plan, StatefulOperator, Wants, wants_of};

use crate::sql::{
    Attribute, Compiled, DataType, Named, Node, OutputMode, RelationId, SortOrder, SqlError, StateTimeout, Typed,
    TypedKind,
};

/// What is being compiled.
pub(super) struct Compiler<'a> {
    pub settings: &'a Settings,
    pub mode: OutputMode,
    pub stages: Vec<Stage>,
    pub leaves: Vec<RelationId>,
    pub operators: Vec<StatefulOperator>,
    delays: Vec<i64>,
    observations: Vec<Observation>,
    refusal: Option<SqlError>,
}

/// The part of a plan whose last stage is still open.
pub(super) struct Open {
    pub branches: Vec<Branch>,
    pub columns: Vec<Attribute>,
    pub flow: Flow,
    /// All rows are in one partition.
    pub single: bool,
}

impl Open {
    fn of(source: Source, columns: Vec<Attribute>) -> Self {
        let branch = Branch { source, broadcasts: Vec::new(), operators: Vec::new(), stateful: None };
        Open { branches: vec![branch], columns, flow: Flow::Source, single: false }
    }

    /// The same rows with another operator over them.
    fn with(mut self, operator: Rc<dyn Operator>, columns: Vec<Attribute>) -> Self {
        self.branches.iter_mut().for_each(|it| it.operators.push(operator.clone()));
        self.columns = columns;
        self.flow = Flow::Through(vec![self.flow]);
        self
    }
}

pub(super) fn compile(plan: &Plan, mode: OutputMode, settings: &Settings) -> Result<Incremental, SqlError> {
    let mut compiler = Compiler {
        settings,
        mode,
        stages: Vec::new(),
        leaves: Vec::new(),
        operators: Vec::new(),
        delays: Vec::new(),
        observations: Vec::new(),
        refusal: None,
    };
    let open = compiler.open(plan)?;
    let id = compiler.stages.len();
    compiler.stages.push(Stage { id, branches: open.branches, target: Target::Result });
    Ok(Incremental {
        stages: compiler.stages,
        leaves: compiler.leaves,
        operators: compiler.operators,
        delays: compiler.delays,
        observations: compiler.observations,
        flow: open.flow,
        output: plan.output(),
        settings: settings.clone(),
        refusal: compiler.refusal,
    })
}

pub(super) fn compiled<'a>(
    exprs: impl IntoIterator<Item = &'a Typed>,
    input: &[Attribute],
) -> Result<Vec<Compiled>, SqlError> {
    exprs.into_iter().map(|it| Compiled::new(it, input)).collect()
}

impl Compiler<'_> {
    /// Keeps what Spark says when the first batch runs; the first thing it comes upon.
    pub fn refuse(&mut self, class: &'static str, message: impl Into<Rc<str>>) {
        self.refusal.get_or_insert_with(|| SqlError::new(class, None, message));
    }

    /// The number of a new stateful operator. It is asked for before what is below is compiled.
    pub fn stateful(&mut self, name: &'static str, stores: &'static [&'static str], wants: Wants) -> usize {
        self.operators.push(StatefulOperator { name, stores, partitions: 1, wants });
        self.operators.len() - 1
    }

    /// Where the event-time column stands, if there is one: `findEventTimeColumn`.
    pub fn event_time(&mut self, columns: &[Attribute]) -> Option<usize> {
        let mut found: Vec<&Attribute> = columns.iter().filter(|it| it.watermark_delay.is_some()).collect();
        found.dedup_by_key(|it| it.id);
        let first = found.first()?.id;
        if found.iter().any(|it| it.id != first) && self.settings.allow_multiple {
            let names: Vec<String> = found
                .iter()
                .map(|it| format!("{}#{}-T{}ms", it.name, it.id.0, it.watermark_delay.unwrap_or(0) / 1000))
                .collect();
            self.refuse(
                "AnalysisException",
                format!(
                    "More than one event time columns are available. Please ensure there is at most one event time \
                     column per stream. event time columns: ({})",
                    names.join(",")
                ),
            );
        }
        columns.iter().position(|it| it.id == first)
    }

    /// Ends the open stage with an exchange, and opens the one that reads it.
    fn exchanged(&mut self, open: Open, partitioner: Partitioner, columns: Vec<Attribute>) -> Open {
        let single = matches!(partitioner, Partitioner::Single { .. });
        let id = self.stages.len();
        self.stages.push(Stage { id, branches: open.branches, target: Target::Shuffle(partitioner) });
        Open { flow: open.flow, single, ..Open::of(Source::Shuffle(id), columns) }
    }

    /// A partitioner by these keys of some columns; one partition where there are no keys.
    pub fn partitioner(&self, keys: &[Typed], columns: &[Attribute]) -> Result<Partitioner, SqlError> {
        let schema = schema_of(columns);
        if keys.is_empty() {
            return Ok(Partitioner::Single { schema });
        }
        Ok(Partitioner::Hash {
            keys: compiled(keys, columns)?,
            types: keys.iter().map(|it| it.data_type.clone()).collect(),
            partitions: self.settings.shuffle_partitions.max(1),
            schema,
        })
    }

    /// Puts a stateful operator over rows that were just exchanged.
    pub fn keep(&mut self, mut open: Open, number: usize, operator: Rc<dyn Operator>, columns: Vec<Attribute>) -> Open {
        if let Some(it) = self.operators.get_mut(number) {
            it.partitions = if open.single { 1 } else { self.settings.shuffle_partitions.max(1) };
        }
        for branch in &mut open.branches {
            branch.operators.push(operator.clone());
            branch.stateful = Some(number);
        }
        open.columns = columns;
        open.flow = Flow::Stateful { operator: number, join: None, inputs: vec![open.flow] };
        open
    }

    /// All rows in one partition.
    fn gathered(&mut self, open: Open) -> Open {
        if open.single && open.branches.len() == 1 {
            return open;
        }
        let columns = open.columns.clone();
        let partitioner = Partitioner::Single { schema: schema_of(&columns) };
        self.exchanged(open, partitioner, columns)
    }

    /// The plan's stages but the last, which is left open.
    pub fn open(&mut self, plan: &Plan) -> Result<Open, SqlError> {
        if !plan.streaming() {
            let fixed = self.fixed(plan)?;
            return Ok(Open { single: true, ..Open::of(Source::Fixed(Rc::new(fixed)), plan.output()) });
        }
        let columns = plan.output();
        match plan.as_ref() {
            Node::Relation { relation, .. } => {
                self.leaves.push(*relation);
                Ok(Open::of(Source::Leaf(self.leaves.len() - 1), columns))
            }
            Node::Aggregate { input, keys, exprs, session: Some(session) } => {
                let window = keys.iter().position(|it| it.attribute.id == session.window).unwrap_or(0);
                self.session(input, keys, exprs, window)
            }
            Node::Aggregate { input, keys, exprs, session: None } => self.aggregate(input, keys, exprs),
            Node::Deduplicate { input, keys, within_watermark } => {
                let (name, wants) =
                    (if *within_watermark { "dedupeWithinWatermark" } else { "dedupe" }, Wants::Watermark);
                let number = self.stateful(name, &["default"], wants);
                let open = self.open(input)?;
                let below = open.columns.clone();
                let at: Vec<usize> = keys.iter().filter_map(|id| below.iter().position(|it| it.id == *id)).collect();
                let key_columns: Vec<&Attribute> = at.iter().filter_map(|it| below.get(*it)).collect();
                let exprs: Vec<Typed> = key_columns.iter().map(|it| Typed::attribute(it)).collect();
                let time = self.event_time(&below);
                let delay = time.and_then(|it| below.get(it)?.watermark_delay);
                let expiry = match (within_watermark, time) {
                    (true, _) => Expiry::After(delay.unwrap_or(0)),
                    (false, Some(time)) if at.contains(&time) => Expiry::OwnTime,
                    (false, _) => Expiry::Never,
                };
                let operator = Deduplicate {
                    operator: number,
                    key_codec: RowCodec::new(key_columns.iter().map(|it| &it.data_type))?,
                    keys: at,
                    time,
                    expiry,
                    schema: schema_of(&below),
                };
                let partitioner = self.partitioner(&exprs, &below)?;
                let open = self.exchanged(open, partitioner, below);
                Ok(self.keep(open, number, Rc::new(operator), columns))
            }
            Node::StateGroups { input, keys, function, .. } => {
                let number = self.stateful("flatMapGroupsWithState", &["default"], wants_of(function.timeout));
                let open = self.open(input)?;
                let below = open.columns.clone();
                let timed = below.iter().any(|it| it.watermark_delay.is_some());
                let time = if function.timeout == StateTimeout::EventTime {
                    self.event_time(&below)
                } else {
                    below.iter().position(|it| timed && it.watermark_delay.is_some())
                };
                let operator = StateGroups {
                    operator: number,
                    function: function.clone(),
                    keys: compiled(keys, &below)?,
                    key_types: keys.iter().map(|it| it.data_type.clone()).collect(),
                    key_codec: RowCodec::new(keys.iter().map(|it| &it.data_type))?,
                    input: fields_of(&below),
                    schema: schema_of(&below),
                    time,
                };
                let partitioner = self.partitioner(keys, &below)?;
                let open = self.exchanged(open, partitioner, below);
                Ok(self.keep(open, number, Rc::new(operator), columns))
            }
            Node::Join { left, right, kind, condition } => {
                if left.streaming() && right.streaming() {
                    self.stream_join(left, right, *kind, condition.as_ref(), columns)
                } else {
                    self.static_join(left, right, *kind, condition.as_ref(), columns)
                }
            }
            Node::Union { inputs, .. } => {
                let mut branches = Vec::new();
                let mut flows = Vec::new();
                for input in inputs {
                    let open = self.open(input)?;
                    branches.extend(open.branches);
                    flows.push(open.flow);
                }
                Ok(Open { branches, columns, flow: Flow::Through(flows), single: false })
            }
            Node::Limit { input, count } => {
                // A limit counts over all batches where rows are appended; one of no rows has nothing to count.
                let over_stream = *count > 0 && (self.mode == OutputMode::Append || !aggregates(input));
                if !over_stream {
                    let open = self.open(input)?.with(Rc::new(Limit(*count)), columns.clone());
                    return Ok(self.gathered(open).with(Rc::new(Limit(*count)), columns));
                }
                let number = self.stateful("globalLimit", &["default"], Wants::Never);
                let open = self.open(input)?.with(Rc::new(Limit(*count)), columns.clone());
                let partitioner = Partitioner::Single { schema: schema_of(&columns) };
                let open = self.exchanged(open, partitioner, columns.clone());
                Ok(self.keep(open, number, Rc::new(GlobalLimit { operator: number, count: *count }), columns))
            }
            Node::Sort { input, keys } => {
                let open = self.open(input)?;
                let operator = sort(keys, &open.columns)?;
                Ok(self.gathered(open).with(Rc::new(operator), columns))
            }
            Node::Watermark { input, column, delay, .. } => {
                let index = self.delays.len();
                self.delays.push(delay.div_euclid(1000));
                let open = self.open(input)?;
                if open.flow.defined() && self.settings.allow_multiple {
                    self.refuse(
                        "AnalysisException",
                        "Redefining watermark is disallowed. You can set the config \
                         'spark.sql.streaming.statefulOperator.allowMultiple' to 'false' to restore the previous \
                         behavior. Note that multiple stateful operators will be disallowed.",
                    );
                }
                let column = open.columns.iter().position(|it| it.id == *column).unwrap_or(0);
                let open = open.with(Rc::new(EventTimes { index, column }), columns);
                Ok(Open { flow: Flow::Defined, ..open })
            }
            Node::Alias { input, .. } => Ok(Open { columns, ..self.open(input)? }),
            Node::Offset { .. } | Node::Sample { .. } | Node::Intersect { .. } | Node::Except { .. } => {
                Err(unplanned("This operator has no streaming form."))
            }
            _ => {
                let [input] = plan.children()[..] else { return Err(unplanned("A plan of no known operator.")) };
                let open = self.open(input)?;
                let operator = self.step(plan, &open.columns)?;
                Ok(open.with(operator, columns))
            }
        }
    }

    /// The operators that keep no state and take rows as they come.
    pub fn step(&mut self, plan: &Node, below: &[Attribute]) -> Result<Rc<dyn Operator>, SqlError> {
        let schema = schema_of(&plan.output());
        Ok(match plan {
            Node::Project { exprs, .. } => {
                Rc::new(Project { exprs: compiled(exprs.iter().map(|it| &it.expr), below)?, schema })
            }
            Node::Filter { condition, .. } => Rc::new(Filter { condition: Compiled::new(condition, below)? }),
            Node::Expand { projections, .. } => {
                let projections = projections.iter().map(|it| compiled(it, below)).collect::<Result<_, _>>()?;
                Rc::new(Expand { projections, schema })
            }
            Node::Generate { generator, outer, output, .. } => {
                let TypedKind::Call { function, args } = &generator.kind else {
                    return Err(unplanned("A generator that is no function."));
                };
                Rc::new(Generate {
                    function,
                    arguments: compiled(args, below)?,
                    argument_types: args.iter().map(|it| it.data_type.clone()).collect(),
                    outer: *outer,
                    generated: output.iter().skip(below.len()).map(|it| it.data_type.clone()).collect(),
                    schema,
                })
            }
            Node::Observe { name, exprs, .. } => {
                let aggregation = Rc::new(Aggregation::new(&[], exprs, below)?);
                let attributes: Vec<Attribute> = exprs.iter().map(|it| it.attribute.clone()).collect();
                self.observations.push(Observation {
                    name: name.clone(),
                    aggregation: aggregation.clone(),
                    fields: fields_of(&attributes),
                });
                Rc::new(Observe { index: self.observations.len() - 1, aggregation })
            }
            Node::UserRows { function, output, .. } => Rc::new(UserRows {
                function: function.clone(),
                input: fields_of(below),
                output: fields_of(output),
                schema,
            }),
            _ => return Err(unplanned("An operator that can't be planned.")),
        })
    }

    /// `planStreamingAggregation`.
    fn aggregate(&mut self, input: &Plan, keys: &[Named], exprs: &[Named]) -> Result<Open, SqlError> {
        let wants = if self.mode == OutputMode::Complete { Wants::Never } else { Wants::Watermark };
        let number = self.stateful("stateStoreSave", &["default"], wants);
        let open = self.open(input)?;
        let aggregation = Rc::new(Aggregation::new(keys, exprs, &open.columns)?);
        let key_columns = aggregation.keys.clone();
        let time_key = if self.mode == OutputMode::Complete { None } else { self.event_time(&key_columns) };
        if self.mode == OutputMode::Append && time_key.is_none() {
            self.refuse("NoSuchElementException", "None.get");
        }
        let open = open.with(Rc::new(PartialAggregate(aggregation.clone())), key_columns.clone());
        let partitioner = self.keyed(&key_columns, &key_columns, &aggregation)?;
        let open = self.exchanged(open, partitioner, key_columns);
        let operator = StateAggregate { operator: number, aggregation, mode: self.mode, time_key };
        Ok(self.keep(open, number, Rc::new(operator), exprs.iter().map(|it| it.attribute.clone()).collect()))
    }

    /// The partitioner of an aggregation's buffers, of which the keys are the first columns.
    fn keyed(&self, by: &[Attribute], keys: &[Attribute], of: &Aggregation) -> Result<Partitioner, SqlError> {
        let exprs: Vec<Typed> = by.iter().map(Typed::attribute).collect();
        let schema = of.partial_schema.clone();
        Ok(match self.partitioner(&exprs, keys)? {
            Partitioner::Hash { keys, types, partitions, .. } => Partitioner::Hash { keys, types, partitions, schema },
            Partitioner::Single { .. } => Partitioner::Single { schema },
        })
    }

    /// `planStreamingAggregationForSession`.
    fn session(&mut self, input: &Plan, keys: &[Named], exprs: &[Named], window: usize) -> Result<Open, SqlError> {
        let wants = if self.mode == OutputMode::Complete { Wants::Never } else { Wants::Watermark };
        // The operator has no name of its own in Spark's progress.
        let number = self.stateful("defaultName", &["default"], wants);
        let open = self.open(input)?;
        let aggregation = Rc::new(Aggregation::new(keys, exprs, &open.columns)?);
        let key_columns = aggregation.keys.clone();
        if self.mode != OutputMode::Complete {
            self.event_time(&key_columns);
        }
        let others: Vec<Attribute> =
            key_columns.iter().enumerate().filter(|(at, _)| *at != window).map(|(_, it)| it.clone()).collect();
        if others.is_empty() {
            self.refuse(
                "AnalysisException",
                "Global aggregation with session window in streaming query is not supported.",
            );
        }
        let operator = session_aggregate(number, aggregation.clone(), self.mode, window)?;
        let open = open.with(Rc::new(PartialAggregate(aggregation.clone())), key_columns.clone());
        let partitioner = self.keyed(&others, &key_columns, &aggregation)?;
        let open = self.exchanged(open, partitioner, key_columns);
        Ok(self.keep(open, number, Rc::new(operator), exprs.iter().map(|it| it.attribute.clone()).collect()))
    }
}

pub(super) fn session_aggregate(
    operator: usize,
    aggregation: Rc<Aggregation>,
    mode: OutputMode,
    window: usize,
) -> Result<SessionAggregate, SqlError> {
    let keys = &aggregation.keys;
    let others = keys.iter().enumerate().filter(|(at, _)| *at != window).map(|(_, it)| &it.data_type);
    let key = keys.get(window);
    let window_fields = match key.map(|it| &it.data_type) {
        Some(DataType::Struct(fields)) => fields.clone(),
        _ => return Err(unplanned("A session window that is no struct.")),
    };
    Ok(SessionAggregate {
        operator,
        mode,
        window,
        key_codec: RowCodec::new(others)?,
        window_fields,
        timed: key.is_some_and(|it| it.watermark_delay.is_some()),
        aggregation: aggregation.clone(),
    })
}

pub(super) fn sort(keys: &[(Typed, SortOrder)], columns: &[Attribute]) -> Result<Sort, SqlError> {
    Ok(Sort {
        keys: compiled(keys.iter().map(|(key, _)| key), columns)?,
        types: keys.iter().map(|(key, _)| key.data_type.clone()).collect(),
        orders: keys.iter().map(|(_, order)| *order).collect(),
        schema: schema_of(columns),
    })
}

/// Whether a stream is aggregated here or below.
fn aggregates(plan: &Node) -> bool {
    let own = matches!(plan, Node::Aggregate { .. }) && plan.streaming();
    own || plan.children().into_iter().any(|it| aggregates(it))
}

/// What no plan that was checked comes to.
pub(super) fn unplanned(message: &str) -> SqlError {
    SqlError::new("SparkException", Some("INTERNAL_ERROR"), message)
}
