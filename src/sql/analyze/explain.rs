//! Analyzed plans as text, in the way of Spark's `explain(true)`.

use std::fmt::{self, Display, Formatter};

use crate::sql::{Attribute, AttributeId, DataType, Datum, Expr, Literal, Named, Node, StateTimeout, Typed, TypedKind};

/// How columns are written: `name#1L-T5000ms`, or by their names alone.
struct Text<'a> {
    numbered: bool,
    columns: &'a [Attribute],
}

fn numbered(name: &str, id: AttributeId, data_type: &DataType, delay: Option<i64>) -> String {
    let long = if *data_type == DataType::Long { "L" } else { "" };
    let delay = delay.map_or_else(String::new, |it| format!("-T{}ms", it / 1000));
    format!("{name}#{}{long}{delay}", id.0)
}

fn column(of: &Attribute) -> String {
    numbered(&of.name, of.id, &of.data_type, of.watermark_delay)
}

fn columns(of: &[Attribute]) -> String {
    of.iter().map(column).collect::<Vec<_>>().join(", ")
}

/// An expression with columns by their names.
pub(super) fn plain(typed: &Typed) -> String {
    Text { numbered: false, columns: &[] }.of(typed)
}

/// An expression with columns by their names and qualifiers.
pub(super) fn qualified(typed: &Typed, columns: &[Attribute]) -> String {
    Text { numbered: false, columns }.of(typed)
}

/// An expression with columns by names and identities.
pub(super) fn numbered_text(typed: &Typed) -> String {
    Text { numbered: true, columns: &[] }.of(typed)
}

impl Text<'_> {
    fn list<'a>(&self, exprs: impl IntoIterator<Item = &'a Typed>) -> String {
        exprs.into_iter().map(|it| self.of(it)).collect::<Vec<_>>().join(", ")
    }

    fn of(&self, typed: &Typed) -> String {
        match &typed.kind {
            TypedKind::Attribute { id, name } => {
                let column = self.columns.iter().find(|it| it.id == *id);
                if self.numbered {
                    return numbered(name, *id, &typed.data_type, column.and_then(|it| it.watermark_delay));
                }
                let qualifiers = column.into_iter().flat_map(|it| it.qualifiers.iter());
                qualifiers.map(|it| format!("{it}.")).chain([name.to_string()]).collect()
            }
            TypedKind::Literal(Datum::Null) => "null".into(),
            TypedKind::Literal(value) => {
                let data_type = typed.data_type.clone();
                Expr::Literal(Literal { value: value.clone(), data_type }).to_string()
            }
            TypedKind::Cast { expr, try_cast } => {
                let name = if *try_cast { "try_cast" } else { "cast" };
                format!("{name}({} as {})", self.of(expr), typed.data_type.simple_string())
            }
            TypedKind::Call { function, args } => self.call(function.name, args),
            TypedKind::Aggregate { function, args, distinct, filter } => {
                let distinct = if *distinct { "distinct " } else { "" };
                let call = format!("{}({distinct}{})", function.name, self.list(args));
                match filter {
                    Some(filter) => format!("{call} FILTER (WHERE {})", self.of(filter)),
                    None => call,
                }
            }
            TypedKind::Case { branches, otherwise } => {
                let mut text = String::from("CASE");
                for (when, then) in branches {
                    text += &format!(" WHEN {} THEN {}", self.of(when), self.of(then));
                }
                if let Some(otherwise) = otherwise {
                    text += &format!(" ELSE {}", self.of(otherwise));
                }
                text + " END"
            }
            TypedKind::Field { expr, index } => {
                let fields = match &expr.data_type {
                    DataType::Struct(fields) => Some(fields),
                    DataType::Array { element, .. } => match &**element {
                        DataType::Struct(fields) => Some(fields),
                        _ => None,
                    },
                    _ => None,
                };
                let name = fields.and_then(|it| it.get(*index)).map_or("", |it| &it.name);
                format!("{}.{name}", self.of(expr))
            }
            TypedKind::Lambda { parameters, body } => {
                let parameters = parameters.iter().map(|it| format!(", lambda x#{}", it.0)).collect::<String>();
                format!("lambdafunction({}{parameters}, false)", self.of(body))
            }
            TypedKind::UserCall { function, args } => format!("{}({})", function.name, self.list(args)),
            TypedKind::Over { expr, partition_by } => {
                format!("{} windowspecdefinition({})", self.of(expr), self.list(partition_by))
            }
        }
    }

    fn call(&self, name: &str, args: &[Typed]) -> String {
        match (name, args) {
            ("and" | "or", [left, right]) => {
                format!("({} {} {})", self.of(left), name.to_uppercase(), self.of(right))
            }
            ("not", [one]) => format!("NOT {}", self.of(one)),
            ("negative", [one]) => format!("-{}", self.of(one)),
            ("~", [one]) => format!("~{}", self.of(one)),
            ("in", [value, list @ ..]) => format!("{} IN ({})", self.of(value), self.list(list)),
            ("like", [value, pattern]) => format!("{} LIKE {}", self.of(value), self.of(pattern)),
            ("get", [base, index]) => format!("{}[{}]", self.of(base), self.of(index)),
            (_, [left, right]) if !name.starts_with(|it: char| it.is_alphabetic() || it == '_') || name == "div" => {
                format!("({} {name} {})", self.of(left), self.of(right))
            }
            _ => format!("{name}({})", self.list(args)),
        }
    }

    fn named(&self, of: &[Named]) -> String {
        let one = |it: &Named| match &it.expr.kind {
            TypedKind::Attribute { id, .. } if *id == it.attribute.id => column(&it.attribute),
            _ => format!("{} AS {}", self.of(&it.expr), column(&it.attribute)),
        };
        of.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

/// A delay as Spark writes an interval: `1 minutes 5 seconds`.
fn delay_text(micros: i64) -> String {
    const UNITS: [(i64, &str); 4] =
        [(86_400_000_000, "days"), (3_600_000_000, "hours"), (60_000_000, "minutes"), (1_000_000, "seconds")];
    let mut left = micros;
    let mut parts = Vec::new();
    for (unit, name) in UNITS {
        let count = left / unit;
        left %= unit;
        if name == "seconds" && left != 0 {
            let fraction = format!("{left:06}");
            parts.push(format!("{count}.{} seconds", fraction.trim_end_matches('0')));
        } else if count != 0 {
            parts.push(format!("{count} {name}"));
        }
    }
    if parts.is_empty() { "0 seconds".into() } else { parts.join(" ") }
}

impl Node {
    /// The operator by itself, in one line.
    fn line(&self) -> String {
        let below: Vec<Attribute> = self.children().into_iter().flat_map(|it| it.output()).collect();
        let text = Text { numbered: true, columns: &below };
        match self {
            Node::Relation { name, streaming: true, output, .. } => {
                format!("StreamingRelation {name}, [{}]", columns(output))
            }
            Node::Relation { name, output, .. } => format!("Relation {name}, [{}]", columns(output)),
            Node::LocalRows { output, .. } => format!("LocalRelation [{}]", columns(output)),
            Node::Project { exprs, .. } => format!("Project [{}]", text.named(exprs)),
            Node::Filter { condition, .. } => format!("Filter {}", text.of(condition)),
            Node::Expand { projections, output, .. } => {
                let rows: Vec<String> = projections.iter().map(|it| format!("[{}]", text.list(it))).collect();
                format!("Expand [{}], [{}]", rows.join(", "), columns(output))
            }
            Node::Aggregate { keys, exprs, .. } => {
                let mut known = below.clone();
                known.extend(keys.iter().map(|it| it.attribute.clone()));
                let over = Text { numbered: true, columns: &known };
                let keys: Vec<&Typed> = keys.iter().map(|it| &it.expr).collect();
                format!("Aggregate [{}], [{}]", text.list(keys), over.named(exprs))
            }
            Node::Generate { input, generator, outer, output } => {
                let made = output.get(input.output().len()..).unwrap_or_default();
                format!("Generate {}, {outer}, [{}]", text.of(generator), columns(made))
            }
            Node::Join { kind, condition, .. } => match condition {
                Some(condition) => format!("Join {kind}, {}", text.of(condition)),
                None => format!("Join {kind}"),
            },
            Node::Union { .. } => "Union false, false".into(),
            Node::Deduplicate { keys, within_watermark, .. } => {
                let keys: Vec<Attribute> =
                    keys.iter().filter_map(|id| below.iter().find(|it| it.id == *id)).cloned().collect();
                let within = if *within_watermark { "WithinWatermark" } else { "" };
                format!("Deduplicate{within} [{}]", columns(&keys))
            }
            Node::Watermark { column: id, delay, .. } => {
                let found = below.iter().find(|it| it.id == *id);
                let shown =
                    found.map_or_else(String::new, |it| format!("{}: {}", column(it), it.data_type.simple_string()));
                format!("EventTimeWatermark {shown}, {}", delay_text(*delay))
            }
            Node::Sort { keys, .. } => {
                let key = |(typed, order): &(Typed, crate::sql::node::SortOrder)| {
                    let direction = if order.ascending { "ASC" } else { "DESC" };
                    let nulls = if order.nulls_first { "FIRST" } else { "LAST" };
                    format!("{} {direction} NULLS {nulls}", text.of(typed))
                };
                format!("Sort [{}], true", keys.iter().map(key).collect::<Vec<_>>().join(", "))
            }
            Node::Limit { count, .. } => format!("GlobalLimit {count}"),
            Node::Offset { count, .. } => format!("Offset {count}"),
            Node::Sample { fraction, seed, .. } => format!("Sample 0.0, {fraction:?}, false, {seed}"),
            Node::Intersect { .. } => "Intersect false".into(),
            Node::Except { .. } => "Except false".into(),
            Node::Window { exprs, .. } => format!("Window [{}]", text.named(exprs)),
            Node::StateGroups { keys, function, output, .. } => {
                let timeout = match function.timeout {
                    StateTimeout::NoTimeout => "NoTimeout",
                    StateTimeout::ProcessingTime => "ProcessingTimeTimeout",
                    StateTimeout::EventTime => "EventTimeTimeout",
                };
                let mode = function.mode.map_or("Update".into(), |it| it.to_string());
                let (name, keys) = (&function.name, text.list(keys));
                format!("FlatMapGroupsWithState {name}, [{keys}], {mode}, {timeout}, [{}]", columns(output))
            }
            Node::Observe { name, exprs, .. } => format!("CollectMetrics {name}, [{}]", text.named(exprs)),
            Node::UserRows { function, output, .. } => {
                format!("MapPartitions {}, [{}]", function.name, columns(output))
            }
            Node::Alias { name, .. } => format!("SubqueryAlias {name}"),
        }
    }

    fn lines(&self, out: &mut Formatter<'_>, first: &str, rest: &str) -> fmt::Result {
        writeln!(out, "{first}{}", self.line())?;
        let children = self.children();
        let last = children.len().saturating_sub(1);
        for (index, child) in children.into_iter().enumerate() {
            let (mark, more) = if index == last { ("+- ", "   ") } else { (":- ", ":  ") };
            child.lines(out, &format!("{rest}{mark}"), &format!("{rest}{more}"))?;
        }
        Ok(())
    }
}

/// A line for each operator, as `explain` shows an analyzed plan.
impl Display for Node {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        self.lines(out, "", "")
    }
}
