//! Analyzed plans.

use std::fmt::{self, Debug, Formatter};
use std::rc::Rc;

use super::{
    DataType, Datum, JoinKind, Named, OutputMode, SortKey, SqlError, StateTimeout, StructField, Typed, UserFunction,
};

/// The identity of a column, whatever it is called: `exprId`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttributeId(pub u64);

/// Which source a leaf reads, by its index in the session's table of sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelationId(pub u32);

/// A column of a node's output.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    pub id: AttributeId,
    pub name: Rc<str>,
    pub data_type: DataType,
    pub nullable: bool,
    /// The names it may be qualified by.
    pub qualifiers: Rc<[Rc<str>]>,
    /// `spark.watermarkDelayMs`, in microseconds: this is an event-time column. Projections of the bare column, windows
    /// over it and `window_time` keep it.
    pub watermark_delay: Option<i64>,
}

/// `mapGroupsWithState` and its like.
#[derive(Clone)]
pub struct StateFunction {
    pub name: Rc<str>,
    pub output: Rc<[StructField]>,
    /// `flatMapGroupsWithState`'s mode; `None` for `mapGroupsWithState`, which is update and gives one row a call.
    pub mode: Option<OutputMode>,
    pub timeout: StateTimeout,
    /// The function itself, made by the room of the program and called by that of the engine. The key, the rows of
    /// the group (none at a timeout), and what there is of state, timeout and time; the new ones and the rows put out
    /// come back.
    pub call: StateCallback,
}

/// What calls a state function.
pub type StateCallback = Rc<dyn Fn(StateCall<'_>) -> Result<StateOutcome, SqlError>>;

/// What a state function is called with.
#[derive(Clone, Debug)]
pub struct StateCall<'a> {
    pub key: &'a [Datum],
    /// Rows of the input's columns.
    pub rows: &'a [Rc<[Datum]>],
    /// The input's columns, in order.
    pub schema: &'a [StructField],
    pub state: Option<Datum>,
    pub timed_out: bool,
    /// Milliseconds; 0 before there is one, `None` where no watermark is declared.
    pub watermark: Option<i64>,
    /// Milliseconds.
    pub processing_time: i64,
    pub timeout: StateTimeout,
}

/// What a state function has left.
#[derive(Clone, Debug, Default)]
pub struct StateOutcome {
    /// `None`: removed, or never there.
    pub state: Option<Datum>,
    /// Milliseconds, when this state times out; `None` for never.
    pub timeout_at: Option<i64>,
    pub rows: Vec<Rc<[Datum]>>,
}

impl Debug for StateFunction {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.debug_struct("StateFunction")
            .field("name", &self.name)
            .field("mode", &self.mode)
            .field("timeout", &self.timeout)
            .finish()
    }
}

impl PartialEq for StateFunction {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.call, &other.call)
    }
}

/// `session_window(time, gap)` as a grouping key: the window it makes, and what it is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionWindow {
    /// The key that holds the merged window, `STRUCT<start, end>`: one of the aggregation's keys.
    pub window: AttributeId,
}

/// An analyzed plan: one logical operator and what it stands on.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// A source: a stream, or a table that stands still.
    Relation {
        relation: RelationId,
        name: Rc<str>,
        streaming: bool,
        output: Vec<Attribute>,
    },
    /// Rows written out (`VALUES`, `createDataFrame` of a few rows).
    LocalRows {
        output: Vec<Attribute>,
        rows: Rc<[Rc<[Datum]>]>,
    },
    Project {
        input: Rc<Node>,
        exprs: Vec<Named>,
    },
    Filter {
        input: Rc<Node>,
        condition: Typed,
    },
    /// Each row becomes one for each projection: sliding windows and grouping sets. Each projection has an expression
    /// for each column of the output.
    Expand {
        input: Rc<Node>,
        projections: Vec<Vec<Typed>>,
        output: Vec<Attribute>,
    },
    /// Keys are attributes or expressions named before the node; `exprs` are over keys and aggregates. A tumbling
    /// window is projected (and null times filtered) below, a session window's `[ts, ts + gap)` too.
    Aggregate {
        input: Rc<Node>,
        keys: Vec<Named>,
        exprs: Vec<Named>,
        session: Option<SessionWindow>,
    },
    /// Rows by a generator (`explode`, `posexplode`, `inline`, ...): the output is the input's columns, then the
    /// generated ones.
    Generate {
        input: Rc<Node>,
        generator: Typed,
        outer: bool,
        output: Vec<Attribute>,
    },
    Join {
        left: Rc<Node>,
        right: Rc<Node>,
        kind: JoinKind,
        condition: Option<Typed>,
    },
    Union {
        inputs: Vec<Rc<Node>>,
        output: Vec<Attribute>,
    },
    Deduplicate {
        input: Rc<Node>,
        keys: Vec<AttributeId>,
        within_watermark: bool,
    },
    /// `delay` in microseconds (a month is 31 days).
    Watermark {
        input: Rc<Node>,
        column: AttributeId,
        delay: i64,
        output: Vec<Attribute>,
    },
    Sort {
        input: Rc<Node>,
        keys: Vec<(Typed, SortOrder)>,
    },
    Limit {
        input: Rc<Node>,
        count: u64,
    },
    Offset {
        input: Rc<Node>,
        count: u64,
    },
    Sample {
        input: Rc<Node>,
        fraction: f64,
        seed: i64,
    },
    Intersect {
        left: Rc<Node>,
        right: Rc<Node>,
    },
    Except {
        left: Rc<Node>,
        right: Rc<Node>,
    },
    /// Window functions, for the refusal at start.
    Window {
        input: Rc<Node>,
        exprs: Vec<Named>,
    },
    StateGroups {
        input: Rc<Node>,
        keys: Vec<Typed>,
        function: StateFunction,
        output: Vec<Attribute>,
    },
    Observe {
        input: Rc<Node>,
        name: Rc<str>,
        exprs: Vec<Named>,
    },
    UserRows {
        input: Rc<Node>,
        function: UserFunction,
        output: Vec<Attribute>,
    },
    /// A name given to a plan: nothing happens here, but errors and `explain` know it.
    Alias {
        input: Rc<Node>,
        name: Rc<str>,
        output: Vec<Attribute>,
    },
}

impl Node {
    /// The plans directly below this one.
    pub fn children(&self) -> Vec<&Rc<Node>> {
        match self {
            Node::Relation { .. } | Node::LocalRows { .. } => Vec::new(),
            Node::Project { input, .. }
            | Node::Filter { input, .. }
            | Node::Expand { input, .. }
            | Node::Aggregate { input, .. }
            | Node::Generate { input, .. }
            | Node::Deduplicate { input, .. }
            | Node::Watermark { input, .. }
            | Node::Sort { input, .. }
            | Node::Limit { input, .. }
            | Node::Offset { input, .. }
            | Node::Sample { input, .. }
            | Node::Window { input, .. }
            | Node::StateGroups { input, .. }
            | Node::Observe { input, .. }
            | Node::UserRows { input, .. }
            | Node::Alias { input, .. } => vec![input],
            Node::Join { left, right, .. } | Node::Intersect { left, right } | Node::Except { left, right } => {
                vec![left, right]
            }
            Node::Union { inputs, .. } => inputs.iter().collect(),
        }
    }

    /// The columns of the result, in order.
    pub fn output(&self) -> Vec<Attribute> {
        match self {
            Node::Relation { output, .. }
            | Node::LocalRows { output, .. }
            | Node::Expand { output, .. }
            | Node::Generate { output, .. }
            | Node::Union { output, .. }
            | Node::Watermark { output, .. }
            | Node::StateGroups { output, .. }
            | Node::UserRows { output, .. }
            | Node::Alias { output, .. } => output.clone(),
            Node::Project { exprs, .. } | Node::Aggregate { exprs, .. } => {
                exprs.iter().map(|it| it.attribute.clone()).collect()
            }
            Node::Filter { input, .. }
            | Node::Deduplicate { input, .. }
            | Node::Sort { input, .. }
            | Node::Limit { input, .. }
            | Node::Offset { input, .. }
            | Node::Sample { input, .. }
            | Node::Observe { input, .. } => input.output(),
            Node::Window { input, exprs } => {
                input.output().into_iter().chain(exprs.iter().map(|it| it.attribute.clone())).collect()
            }
            Node::Join { left, right, kind, .. } => match kind {
                JoinKind::LeftSemi | JoinKind::LeftAnti => left.output(),
                JoinKind::Inner | JoinKind::Cross => joined(left.output(), right.output()),
                JoinKind::LeftOuter => joined(left.output(), optional(right.output())),
                JoinKind::RightOuter => joined(optional(left.output()), right.output()),
                JoinKind::FullOuter => joined(optional(left.output()), optional(right.output())),
            },
            Node::Intersect { left, right } => {
                let mut output = left.output();
                for (column, other) in output.iter_mut().zip(right.output()) {
                    column.nullable &= other.nullable;
                }
                output
            }
            Node::Except { left, .. } => left.output(),
        }
    }

    /// The columns of the result as a table's.
    pub fn schema(&self) -> Vec<StructField> {
        let field = |it: Attribute| StructField { name: it.name, data_type: it.data_type, nullable: it.nullable };
        self.output().into_iter().map(field).collect()
    }

    /// Whether a stream is read here or below.
    pub fn streaming(&self) -> bool {
        match self {
            Node::Relation { streaming, .. } => *streaming,
            _ => self.children().into_iter().any(|child| child.streaming()),
        }
    }
}

fn joined(mut left: Vec<Attribute>, right: Vec<Attribute>) -> Vec<Attribute> {
    left.extend(right);
    left
}

fn optional(columns: Vec<Attribute>) -> Vec<Attribute> {
    columns.into_iter().map(|it| Attribute { nullable: true, ..it }).collect()
}

/// The direction of a sort key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SortOrder {
    pub ascending: bool,
    pub nulls_first: bool,
}

impl From<&SortKey> for SortOrder {
    fn from(key: &SortKey) -> Self {
        SortOrder { ascending: key.ascending, nulls_first: key.nulls_first }
    }
}
