//! Windows of time: `window`, `session_window` and `window_time` become columns computed below the operator that
//! speaks of them, as Spark's `TimeWindowing`, `SessionWindowing` and `ResolveWindowTime` do.

use std::rc::Rc;

use crate::sql::functions::windows;
use crate::sql::{Attribute, DataType, Datum, Expr, Literal, Named, Node, SqlError, Typed, TypedKind};

use super::casts::cast;
use super::typing::Typer;
use super::{calls, errors, operators};

/// A column to be computed below an operator.
#[derive(Clone, Debug)]
pub(super) enum Lifted {
    Window { attribute: Attribute, time: Typed, duration: i64, slide: i64, start: i64 },
    Session { attribute: Attribute, time: Typed, window: Typed, filtered: bool },
    WindowTime { attribute: Attribute, window: Typed, time: Typed },
}

impl Lifted {
    pub fn attribute(&self) -> &Attribute {
        match self {
            Lifted::Window { attribute, .. }
            | Lifted::Session { attribute, .. }
            | Lifted::WindowTime { attribute, .. } => attribute,
        }
    }

    /// The plan with the column in front of its own.
    fn below(&self, input: Rc<Node>) -> Result<Rc<Node>, SqlError> {
        let present = |time: &Typed| operators::call("isnotnull", vec![time.clone()]);
        let columns = |first: Typed, input: &Node| {
            let rest = input.output();
            let mut exprs = vec![Named { expr: first, attribute: self.attribute().clone() }];
            exprs.extend(rest.iter().map(super::projection::bare));
            exprs
        };
        Ok(match self {
            Lifted::Window { attribute, time, duration, slide, start } => {
                let window = |index| window(time, *duration, *slide, *start, index);
                let count = windows::overlapping(*duration, *slide);
                if count <= 1 {
                    let input = Rc::new(Node::Filter { condition: present(time)?, input });
                    let exprs = columns(window(0)?, &input);
                    return Ok(Rc::new(Node::Project { input, exprs }));
                }
                let rest = input.output();
                let projection = |index| -> Result<Vec<Typed>, SqlError> {
                    Ok(std::iter::once(window(index)?).chain(rest.iter().map(Typed::attribute)).collect())
                };
                let projections = (0..count).map(projection).collect::<Result<Vec<_>, _>>()?;
                let output = std::iter::once(attribute.clone()).chain(rest.iter().cloned()).collect();
                let condition = if duration.wrapping_rem(*slide) == 0 {
                    present(time)?
                } else {
                    let made = Typed::attribute(attribute);
                    let after = operators::call(">=", vec![time.clone(), part(&made, 0)])?;
                    operators::and(after, operators::call("<", vec![time.clone(), part(&made, 1)])?)?
                };
                Rc::new(Node::Filter { input: Rc::new(Node::Expand { input, projections, output }), condition })
            }
            Lifted::Session { attribute, time, window, filtered } => {
                let exprs = columns(window.clone(), &input);
                let mut condition = present(time)?;
                if *filtered {
                    let made = Typed::attribute(attribute);
                    let open = operators::call(">", vec![part(&made, 1), part(&made, 0)])?;
                    condition = operators::and(condition, open)?;
                }
                Rc::new(Node::Filter { input: Rc::new(Node::Project { input, exprs }), condition })
            }
            Lifted::WindowTime { time, .. } => {
                let exprs = columns(time.clone(), &input);
                Rc::new(Node::Project { input, exprs })
            }
        })
    }
}

/// `start` or `end` of a window.
fn part(window: &Typed, index: usize) -> Typed {
    let data_type = match &window.data_type {
        DataType::Struct(fields) => fields.get(index).map_or(DataType::Timestamp, |it| it.data_type.clone()),
        _ => DataType::Timestamp,
    };
    Typed { kind: TypedKind::Field { expr: Rc::new(window.clone()), index }, data_type, nullable: true }
}

fn window(time: &Typed, duration: i64, slide: i64, start: i64, index: i64) -> Result<Typed, SqlError> {
    let long = |value| Typed::literal(Datum::Long(value), DataType::Long);
    let index = i32::try_from(index).unwrap_or(i32::MAX);
    let index = Typed::literal(Datum::Integer(index), DataType::Integer);
    operators::call("__window", vec![time.clone(), long(duration), long(slide), long(start), index])
}

/// The length that a literal gives, in microseconds.
fn duration(expr: &Expr) -> Result<i64, SqlError> {
    let micros = |value: &Datum| match value {
        Datum::String(text) => windows::duration_micros(text),
        Datum::Long(value) | Datum::DayTimeInterval(value) => Ok(*value),
        Datum::Integer(value) => Ok((*value).into()),
        Datum::CalendarInterval { months: 0, days, micros } => {
            Ok(i64::from(*days).checked_mul(86_400_000_000).and_then(|it| it.checked_add(*micros)).unwrap_or(i64::MAX))
        }
        _ => Err(not_literal()),
    };
    match expr {
        Expr::Literal(Literal { value, .. }) => micros(value),
        Expr::Typed(typed) => match &typed.kind {
            TypedKind::Literal(value) => micros(value),
            _ => Err(not_literal()),
        },
        Expr::Alias { expr, .. } => duration(expr),
        Expr::Unary { op: crate::sql::UnaryOp::Negative, expr } => Ok(duration(expr)?.wrapping_neg()),
        _ => Err(not_literal()),
    }
}

fn not_literal() -> SqlError {
    errors::plain_error("The duration and time inputs to window must be an integer, long or string literal.")
}

/// What is read by what is computed below an operator.
pub(super) fn inputs(lifted: &[Lifted]) -> impl Iterator<Item = &Typed> {
    lifted.iter().map(|it| match it {
        Lifted::Window { time, .. } => time,
        Lifted::Session { window, .. } | Lifted::WindowTime { window, .. } => window,
    })
}

/// Puts what is computed below an operator under it.
pub(super) fn below(lifted: &[Lifted], mut input: Rc<Node>) -> Result<Rc<Node>, SqlError> {
    for column in lifted {
        input = column.below(input)?;
    }
    Ok(input)
}

impl Typer<'_> {
    /// The column of what is to be computed below: the one there is, if the same was asked for before.
    fn lift(&self, same: impl Fn(&Lifted) -> bool, make: impl FnOnce() -> Lifted) -> Result<Typed, SqlError> {
        if let Some(found) = self.lifted.borrow().iter().find(|it| same(it)) {
            return Ok(Typed::attribute(found.attribute()));
        }
        let made = make();
        let is_window = |it: &Lifted| !matches!(it, Lifted::WindowTime { .. });
        if is_window(&made) && self.lifted.borrow().iter().any(is_window) {
            return Err(errors::plain_error(
                "Multiple time/session window expressions would result in a cartesian product of rows, therefore they \
                 are currently not supported.",
            ));
        }
        let typed = Typed::attribute(made.attribute());
        self.lifted.borrow_mut().push(made);
        Ok(typed)
    }

    fn watermark_of(&self, typed: &Typed) -> Option<i64> {
        match &typed.kind {
            TypedKind::Attribute { id, .. } => self.known(*id)?.watermark_delay,
            _ => None,
        }
    }

    fn lifted_column(&self, name: &str, data_type: DataType, nullable: bool, delay: Option<i64>) -> Attribute {
        Attribute {
            id: self.analyzer.fresh(),
            name: name.into(),
            data_type,
            nullable,
            qualifiers: [].into(),
            watermark_delay: delay,
        }
    }

    /// The times that windows are made over: a column of times, or those of the windows of a column.
    fn times(&self, expr: &Expr, sql: &dyn Fn(&str) -> String) -> Result<Typed, SqlError> {
        let typed = self.typed(expr)?;
        if windows::window_time_type(&typed.data_type).is_some() {
            return self.time_of_window(expr, typed);
        }
        match &typed.data_type {
            DataType::Timestamp | DataType::TimestampNtz => Ok(typed),
            DataType::String | DataType::Date | DataType::Null => Ok(cast(typed, &DataType::Timestamp)),
            other => {
                let shown = self.pretty(expr).to_string();
                let required = "(\"(TIMESTAMP OR TIMESTAMP WITHOUT TIME ZONE)\" or \"STRUCT<start: TIMESTAMP, end: \
                                TIMESTAMP>\" or \"STRUCT<start: TIMESTAMP_NTZ, end: TIMESTAMP_NTZ>\")";
                Err(errors::wrong_input(&sql(&shown), 1, required, &shown, other))
            }
        }
    }

    pub(super) fn window(&self, args: &[Expr]) -> Result<Typed, SqlError> {
        let (time, length) = match args {
            [time, length] | [time, length, _] | [time, length, _, _] => (time, duration(length)?),
            _ => return Err(wrong_range("window", "[2, 3, 4]", args.len())),
        };
        let slide = args.get(2).map_or(Ok(length), duration)?;
        let start = args.get(3).map_or(Ok(0), duration)?;
        let sql = |time: &str| format!("window({time}, {length}, {slide}, {start})");
        let times = self.times(time, &sql)?;
        windows::check_window(&sql(&self.pretty(time).to_string()), length, slide, start)?;
        let same = |it: &Lifted| match it {
            Lifted::Window { time, duration, slide: sliding, start: from, .. } => {
                *time == times && (*duration, *sliding, *from) == (length, slide, start)
            }
            _ => false,
        };
        let nullable = windows::overlapping(length, slide) > 1;
        let delay = self.watermark_of(&times);
        self.lift(same, || {
            let data_type = windows::window_type(&times.data_type);
            let attribute = self.lifted_column("window", data_type, nullable, delay);
            Lifted::Window { attribute, time: times.clone(), duration: length, slide, start }
        })
    }

    pub(super) fn session_window(&self, args: &[Expr]) -> Result<Typed, SqlError> {
        let [time, gap] = args else {
            return Err(calls::wrong_count("session_window", 2, args.len()));
        };
        let times = self.times(time, &|time| format!("session_window({time})"))?;
        let gap = self.typed(gap)?;
        let positive = match &gap.kind {
            TypedKind::Literal(Datum::String(text)) => windows::parse_interval(text)
                .is_ok_and(|it| it.months > 0 || i64::from(it.days) * 86_400_000_000 + it.micros > 0),
            TypedKind::Literal(Datum::DayTimeInterval(micros)) => *micros > 0,
            TypedKind::Literal(Datum::CalendarInterval { months, days, micros }) => {
                *months > 0 || *days > 0 || *micros > 0
            }
            _ => false,
        };
        let window = operators::call("__session_window", vec![times.clone(), gap])?;
        let same = |it: &Lifted| matches!(it, Lifted::Session { window: other, .. } if *other == window);
        let delay = self.watermark_of(&times);
        self.lift(same, || {
            let attribute = self.lifted_column("session_window", window.data_type.clone(), false, delay);
            Lifted::Session { attribute, time: times, window: window.clone(), filtered: !positive }
        })
    }

    pub(super) fn window_time(&self, whole: &Expr, args: &[Expr]) -> Result<Typed, SqlError> {
        let [window] = args else {
            return Err(calls::wrong_count("window_time", 1, args.len()));
        };
        let typed = self.typed(window)?;
        match &typed.data_type {
            DataType::Struct(_) if windows::window_time_type(&typed.data_type).is_some() => {
                self.time_of_window(window, typed)
            }
            other => {
                let (sql, shown) = (self.pretty(whole).to_string(), self.pretty(window).to_string());
                Err(errors::wrong_input(&sql, 1, "\"STRUCT\"", &shown, other))
            }
        }
    }

    fn time_of_window(&self, expr: &Expr, window: Typed) -> Result<Typed, SqlError> {
        let time = operators::call("window_time", vec![window.clone()])?;
        let name = format!("window_time({})", self.pretty(expr));
        let delay = self.watermark_of(&window);
        let same = |it: &Lifted| matches!(it, Lifted::WindowTime { window: other, .. } if *other == window);
        self.lift(same, || {
            let attribute = self.lifted_column(&name, time.data_type.clone(), true, delay);
            Lifted::WindowTime { attribute, window: window.clone(), time }
        })
    }
}

fn wrong_range(name: &str, expected: &str, actual: usize) -> SqlError {
    SqlError::analysis(
        "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
        format!(
            "The `{name}` requires {expected} parameters but the actual number is {actual}. Please, refer to \
             'https://spark.apache.org/docs/latest/sql-ref-functions.html' for a fix."
        ),
    )
}
