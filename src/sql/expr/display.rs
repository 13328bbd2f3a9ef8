//! The text of expressions: `toPrettySQL`, which names unnamed columns, and the rule of those names.

use std::fmt::{self, Display, Formatter};
use std::rc::Rc;

use super::literal_text::literal_text;
use super::pretty_call::{call_text, concatenated};
use super::{BinaryOp, Expr, Frame, SortKey, UnaryOp};
use crate::sql::types::quote_if_needed;
use crate::sql::{DataType, Datum};

/// How a column's name is shown, where that is another way than all its parts.
pub type Names<'a> = &'a dyn Fn(&[Rc<str>]) -> Option<String>;

impl Expr {
    /// The name of the column that this makes if it's given none: an alias's, a column's, that of a cast column, or
    /// else the expression's text.
    pub fn output_name(&self) -> String {
        self.output_name_with(&|_| None)
    }

    /// [`Expr::output_name`], where the columns' names are shown as the analyzer found them: without qualifiers.
    pub fn output_name_with(&self, names: Names<'_>) -> String {
        match self {
            Expr::Alias { name, .. } | Expr::Attribute { name, .. } => name.to_string(),
            Expr::Column(parts) => parts.last().map_or_else(String::new, ToString::to_string),
            Expr::Cast { expr, .. } => match &**expr {
                inner @ (Expr::Alias { .. } | Expr::Attribute { .. }) => inner.output_name(),
                Expr::Column(parts) => {
                    let shown = names(parts);
                    // A field is no column: its cast is named by the whole text.
                    match shown {
                        Some(text) if text.contains('.') && parts.len() > 1 => self.pretty_with(names),
                        Some(text) => text,
                        None => parts.last().map_or_else(String::new, ToString::to_string),
                    }
                }
                _ => self.pretty_with(names),
            },
            Expr::Call { name, .. } if name.eq_ignore_ascii_case("window") => "window".into(),
            Expr::Call { name, .. } if name.eq_ignore_ascii_case("session_window") => "session_window".into(),
            _ => self.pretty_with(names),
        }
    }

    /// The expression's text, where the columns' names are shown as the analyzer found them: without qualifiers.
    pub fn pretty_with(&self, names: Names<'_>) -> String {
        Pretty { names, variables: Vec::new() }.text(self)
    }
}

/// `toPrettySQL`, with the columns' names as they were written.
impl Display for Expr {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(&self.pretty_with(&|_| None))
    }
}

/// `expr ASC NULLS FIRST`.
impl Display for SortKey {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(&sort_text(&self.expr.to_string(), self))
    }
}

fn sort_text(expr: &str, key: &SortKey) -> String {
    let direction = if key.ascending { "ASC" } else { "DESC" };
    let nulls = if key.nulls_first { "FIRST" } else { "LAST" };
    format!("{expr} {direction} NULLS {nulls}")
}

impl BinaryOp {
    /// The operator's sign; `<>` is shown as the negation of `=`.
    pub fn sign(self) -> &'static str {
        match self {
            BinaryOp::And => "AND",
            BinaryOp::Or => "OR",
            BinaryOp::Eq => "=",
            BinaryOp::EqNullSafe => "<=>",
            BinaryOp::NotEq => "<>",
            BinaryOp::Lt => "<",
            BinaryOp::LtEq => "<=",
            BinaryOp::Gt => ">",
            BinaryOp::GtEq => ">=",
            BinaryOp::Add => "+",
            BinaryOp::Subtract => "-",
            BinaryOp::Multiply => "*",
            BinaryOp::Divide => "/",
            BinaryOp::IntegralDivide => "div",
            BinaryOp::Remainder => "%",
            BinaryOp::BitAnd => "&",
            BinaryOp::BitOr => "|",
            BinaryOp::BitXor => "^",
            BinaryOp::Concat => "||",
        }
    }
}

/// One text being made: how names are shown, and which are variables of the lambdas around.
pub(super) struct Pretty<'a> {
    names: Names<'a>,
    variables: Vec<Rc<str>>,
}

impl Pretty<'_> {
    /// The text of one expression.
    pub(super) fn text(&mut self, expr: &Expr) -> String {
        match expr {
            Expr::Column(parts) => self.column(parts),
            Expr::Attribute { name, .. } => name.to_string(),
            Expr::Star(parts) => parts.iter().map(|it| format!("{it}.")).collect::<String>() + "*",
            Expr::Literal(literal) => literal_text(literal),
            Expr::Alias { expr, name } => format!("{} AS {}", self.text(expr), quote_if_needed(name)),
            Expr::MultiAlias { expr, .. } => self.text(expr),
            Expr::Cast { expr, to: DataType::Timestamp, try_cast: false } if is_local_time(expr) => {
                self.text(expr).replacen("TIMESTAMP_NTZ", "TIMESTAMP", 1)
            }
            Expr::Cast { expr, to, try_cast } => {
                let function = if *try_cast { "TRY_CAST" } else { "CAST" };
                format!("{function}({} AS {})", self.text(expr), to.sql())
            }
            Expr::Unary { op, expr } => {
                let text = self.text(expr);
                match op {
                    UnaryOp::Not => format!("(NOT {text})"),
                    UnaryOp::Negative => format!("(- {text})"),
                    UnaryOp::Positive => format!("(+ {text})"),
                    UnaryOp::BitNot => format!("~{text}"),
                    UnaryOp::IsNull => format!("({text} IS NULL)"),
                    UnaryOp::IsNotNull => format!("({text} IS NOT NULL)"),
                    UnaryOp::IsTrue => format!("({text} <=> true)"),
                    UnaryOp::IsFalse => format!("({text} <=> false)"),
                }
            }
            Expr::Binary { op, left, right } => self.binary(*op, left, right),
            // A window's or a session's function is the column it makes.
            Expr::Call { name, .. } if is_window(name) => expr.output_name(),
            Expr::Call { name, args, distinct, filter } => {
                let text = call_text(name, args, *distinct, self);
                match filter {
                    Some(condition) => format!("{text} FILTER (WHERE {})", self.text(condition)),
                    None => text,
                }
            }
            Expr::Case { branches, otherwise } => {
                let mut text = String::from("CASE");
                for (condition, value) in branches {
                    text += &format!(" WHEN {} THEN {}", self.text(condition), self.text(value));
                }
                if let Some(value) = otherwise {
                    text += &format!(" ELSE {}", self.text(value));
                }
                text + " END"
            }
            Expr::In { expr, list, negated } => {
                negate(*negated, format!("({} IN ({}))", self.text(expr), self.list(list)))
            }
            Expr::Between { expr, low, high, negated } => {
                let value = self.text(expr);
                let text = format!("(({value} >= {}) AND ({value} <= {}))", self.text(low), self.text(high));
                negate(*negated, text)
            }
            Expr::Like { expr, pattern, insensitive, negated, .. } => {
                let (value, pattern) = (self.text(expr), self.text(pattern));
                negate(
                    *negated,
                    match insensitive {
                        true => format!("ilike({value}, {pattern})"),
                        false => format!("{value} LIKE {pattern}"),
                    },
                )
            }
            Expr::Index { expr, index } => format!("{}[{}]", self.text(expr), self.text(index)),
            Expr::Field { expr, name } => format!("{}.{name}", self.text(expr)),
            Expr::Lambda { parameters, body } => {
                let outer = self.variables.len();
                self.variables.extend(parameters.iter().cloned());
                let body = self.text(body);
                self.variables.truncate(outer);
                format!("lambdafunction({body}{})", ", namedlambdavariable()".repeat(parameters.len()))
            }
            Expr::UserCall { function, args } => format!("{}({})", function.name, self.list(args)),
            Expr::Over { expr, frame } => format!("{} OVER ({})", self.text(expr), self.frame(expr, frame)),
            Expr::Typed(typed) => typed.to_string(),
        }
    }

    /// The texts of several expressions, with commas between.
    pub(super) fn list(&mut self, exprs: &[Expr]) -> String {
        exprs.iter().map(|it| self.text(it)).collect::<Vec<_>>().join(", ")
    }

    fn column(&self, parts: &[Rc<str>]) -> String {
        let variable = parts.first().is_some_and(|first| self.variables.contains(first));
        if variable {
            return parts.iter().skip(1).fold("namedlambdavariable()".into(), |text, part| format!("{text}.{part}"));
        }
        (self.names)(parts).unwrap_or_else(|| parts.join("."))
    }

    fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr) -> String {
        let timely = (is_interval(left), is_interval(right));
        match (op, timely) {
            (BinaryOp::NotEq, _) => format!("(NOT ({} = {}))", self.text(left), self.text(right)),
            (BinaryOp::Concat, _) => concatenated(self, left, right),
            // Spark rewrites these to `TimeAdd` and `MultiplyInterval`: time and interval come first.
            (BinaryOp::Add, (true, false)) => format!("{} + {}", self.text(right), self.text(left)),
            (BinaryOp::Add, (false, true)) => format!("{} + {}", self.text(left), self.text(right)),
            (BinaryOp::Subtract, (false, true)) => format!("{} - {}", self.text(left), self.text(right)),
            (BinaryOp::Multiply, (false, true)) => format!("({} * {})", self.text(right), self.text(left)),
            _ => format!("({} {} {})", self.text(left), op.sign(), self.text(right)),
        }
    }

    fn frame(&mut self, function: &Expr, frame: &Frame) -> String {
        let mut clauses = Vec::new();
        if !frame.partition_by.is_empty() {
            clauses.push(format!("PARTITION BY {}", self.list(&frame.partition_by)));
        }
        if !frame.order_by.is_empty() {
            let keys: Vec<_> = frame.order_by.iter().map(|key| sort_text(&self.text(&key.expr), key)).collect();
            clauses.push(format!("ORDER BY {}", keys.join(", ")));
        }
        let name = if let Expr::Call { name, .. } = function { name.to_lowercase() } else { String::new() };
        clauses.push(
            match name.as_str() {
                "row_number" | "rank" | "dense_rank" | "percent_rank" | "ntile" => {
                    "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
                }
                "lag" => "ROWS BETWEEN -1 FOLLOWING AND -1 FOLLOWING",
                "lead" => "ROWS BETWEEN 1 FOLLOWING AND 1 FOLLOWING",
                _ if frame.order_by.is_empty() => "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
                _ => "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
            }
            .into(),
        );
        clauses.join(" ")
    }
}

/// Whether this is a timestamp's literal without a zone: a local time, which the session's zone makes an instant of.
fn is_local_time(expr: &Expr) -> bool {
    matches!(expr, Expr::Literal(literal) if matches!(literal.value, Datum::TimestampNtz(_)))
}

fn is_window(name: &str) -> bool {
    name.eq_ignore_ascii_case("window") || name.eq_ignore_ascii_case("session_window")
}

fn negate(negated: bool, text: String) -> String {
    if negated { format!("(NOT {text})") } else { text }
}

/// Whether an expression is an interval, as far as it can be told without types.
fn is_interval(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(literal) => matches!(
            literal.data_type,
            DataType::DayTimeInterval | DataType::YearMonthInterval | DataType::CalendarInterval
        ),
        Expr::Unary { op: UnaryOp::Negative | UnaryOp::Positive, expr } => is_interval(expr),
        Expr::Binary { op: BinaryOp::Add | BinaryOp::Subtract, left, right } => is_interval(left) && is_interval(right),
        Expr::Binary { op: BinaryOp::Multiply, left, right } => is_interval(left) || is_interval(right),
        Expr::Binary { op: BinaryOp::Divide, left, .. } => is_interval(left),
        Expr::Call { name, .. } => {
            matches!(name.to_lowercase().as_str(), "make_interval" | "make_dt_interval" | "make_ym_interval")
        }
        _ => false,
    }
}
