//! What a join's condition says: which of it are equal keys, what is left, and how long a row of one side can still
//! match (`ExtractEquiJoinKeys` and `StreamingJoinHelper`).

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::sql::functions::lookup;
use crate::sql::{Attribute, AttributeId, DataType, Datum, Typed, TypedKind};

/// The name of the function that an expression calls.
pub(super) fn called(expr: &Typed) -> Option<(&'static str, &[Typed])> {
    match &expr.kind {
        TypedKind::Call { function, args } => Some((function.name, args)),
        _ => None,
    }
}

/// The parts of a condition that must all hold.
pub(super) fn conjuncts(condition: &Typed) -> Vec<Typed> {
    match called(condition) {
        Some(("and", args)) => args.iter().flat_map(conjuncts).collect(),
        _ => vec![condition.clone()],
    }
}

/// A condition of these parts, in order; `None` where there are none.
pub(super) fn all_of(parts: impl IntoIterator<Item = Typed>) -> Option<Typed> {
    parts.into_iter().reduce(|left, right| {
        let nullable = left.nullable || right.nullable;
        call("and", vec![left.clone(), right], DataType::Boolean, nullable).unwrap_or(left)
    })
}

/// A call of a function of the library, if there is one of this name.
pub(super) fn call(name: &str, args: Vec<Typed>, data_type: DataType, nullable: bool) -> Option<Typed> {
    let function = lookup(name)?;
    Some(Typed { kind: TypedKind::Call { function, args }, data_type, nullable })
}

/// Whether an expression gives the same for the same row whenever it is asked.
pub(super) fn deterministic(expr: &Typed) -> bool {
    const RANDOM: [&str; 9] = [
        "rand",
        "randn",
        "random",
        "uuid",
        "shuffle",
        "monotonically_increasing_id",
        "spark_partition_id",
        "input_file_name",
        "randstr",
    ];
    !expr.any(&mut |it| match &it.kind {
        TypedKind::Call { function, .. } => RANDOM.contains(&function.name),
        TypedKind::UserCall { function, .. } => !function.deterministic,
        _ => false,
    })
}

/// The identities of some columns.
pub(super) fn ids(columns: &[Attribute]) -> BTreeSet<AttributeId> {
    columns.iter().map(|it| it.id).collect()
}

/// One pair of keys of an equi-join, the left side's first.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EquiKey {
    pub left: Typed,
    pub right: Typed,
    /// `<=>`: null keys match.
    pub null_safe: bool,
}

/// A join's condition taken apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct JoinParts {
    pub keys: Vec<EquiKey>,
    /// What is no equality of the two sides.
    pub others: Vec<Typed>,
}

/// Takes a join's condition apart.
pub(super) fn join_parts(condition: Option<&Typed>, left: &[Attribute], right: &[Attribute]) -> JoinParts {
    let (left, right) = (ids(left), ids(right));
    let mut parts = JoinParts::default();
    for part in condition.map(conjuncts).unwrap_or_default() {
        let key = match called(&part) {
            Some((name @ ("=" | "<=>"), [one, other])) => {
                let (ones, others) = (one.references(), other.references());
                let null_safe = name == "<=>";
                if ones.is_empty() || others.is_empty() {
                    None
                } else if ones.is_subset(&left) && others.is_subset(&right) {
                    Some(EquiKey { left: one.clone(), right: other.clone(), null_safe })
                } else if ones.is_subset(&right) && others.is_subset(&left) {
                    Some(EquiKey { left: other.clone(), right: one.clone(), null_safe })
                } else {
                    None
                }
            }
            _ => None,
        };
        match key {
            Some(key) => parts.keys.push(key),
            None => parts.others.push(part),
        }
    }
    parts
}

/// The delay of the event-time column that an expression is, if it is one.
pub(super) fn event_time(expr: &Typed, columns: &[Attribute]) -> Option<i64> {
    match &expr.kind {
        TypedKind::Attribute { id, .. } => columns.iter().find(|it| it.id == *id)?.watermark_delay,
        _ => None,
    }
}

/// The first pair of keys of which one side is an event-time column: `findJoinKeyOrdinalForWatermark`.
pub(super) fn event_time_key(keys: &[EquiKey], left: &[Attribute], right: &[Attribute]) -> Option<usize> {
    let of = |test: &dyn Fn(&EquiKey) -> bool| keys.iter().position(|key| !key.null_safe && test(key));
    of(&|key| event_time(&key.left, left).is_some()).or_else(|| of(&|key| event_time(&key.right, right).is_some()))
}

/// How old a row of one side may be and still match: rows whose time is at most this many milliseconds can't any more,
/// given the watermark of the other side's event-time column. `None` where the condition doesn't say, or the other side
/// has no such column.
pub(super) fn state_value_watermark(
    of: &[Attribute],
    other: &[Attribute],
    condition: &[Typed],
    watermark: i64,
) -> Option<i64> {
    other.iter().find(|it| it.watermark_delay.is_some())?;
    condition
        .iter()
        .filter_map(|part| {
            let (lesser, greater, inclusive) = match called(part)? {
                ("<", [lesser, greater]) | (">", [greater, lesser]) => (lesser, greater, false),
                ("<=", [lesser, greater]) | (">=", [greater, lesser]) => (lesser, greater, true),
                _ => return None,
            };
            let bound = solve(lesser, greater, of, other, watermark)?;
            // A row exactly at the bound still matches where the comparison takes it in.
            Some(if inclusive { bound.saturating_sub(1) } else { bound })
        })
        .min()
}

/// A sum of microseconds: each event-time column with its sign, and a constant.
#[derive(Default)]
struct Sum {
    columns: Vec<(AttributeId, bool)>,
    constant: f64,
    /// Whether there are constants at all.
    constants: bool,
}

/// `lesser < greater` solved for the one column of `of`: what it must be above, in milliseconds. Spark doesn't ask
/// whether that column is a time: `v > 12` bounds it by 12 seconds after the epoch, which then holds for the time too.
fn solve(lesser: &Typed, greater: &Typed, of: &[Attribute], other: &[Attribute], watermark: i64) -> Option<i64> {
    let mut sum = Sum::default();
    collect(lesser, false, &mut sum)?;
    collect(greater, true, &mut sum)?;
    let mut bound = sum.constant;
    let mut rest = usize::from(sum.constants);
    let mut found = false;
    let mut others = BTreeSet::new();
    for (id, negative) in &sum.columns {
        if of.iter().any(|it| it.id == *id) {
            // `-time + rest < 0` bounds the time from below; `time + rest < 0` from above, which evicts nothing.
            if !*negative || found {
                return None;
            }
            found = true;
            continue;
        }
        other.iter().find(|it| it.id == *id)?.watermark_delay?;
        others.insert(*id);
        rest += 1;
        let micros = watermark as f64 * 1000.0;
        bound += if *negative { -micros } else { micros };
    }
    (found && rest > 0 && others.len() <= 1).then_some((bound / 1000.0) as i64)
}

fn collect(expr: &Typed, negative: bool, sum: &mut Sum) -> Option<()> {
    let sign = if negative { -1.0 } else { 1.0 };
    match &expr.kind {
        TypedKind::Attribute { id, .. } => sum.columns.push((*id, negative)),
        TypedKind::Literal(value) => {
            sum.constant += sign * literal_micros(value)?;
            sum.constants = true;
        }
        TypedKind::Cast { expr: inner, .. } => {
            let number = expr.data_type.is_numeric() || expr.data_type == DataType::Timestamp;
            if !number && !matches!(inner.kind, TypedKind::Literal(_)) {
                return None;
            }
            collect(inner, negative, sum)?;
        }
        TypedKind::Call { function, args } => match (function.name, args.as_slice()) {
            ("+", [left, right]) => {
                collect(left, negative, sum)?;
                collect(right, negative, sum)?;
            }
            ("-", [left, right]) => {
                collect(left, negative, sum)?;
                collect(right, !negative, sum)?;
            }
            ("-" | "negative", [inner]) => collect(inner, !negative, sum)?,
            ("+" | "positive", [inner]) => collect(inner, negative, sum)?,
            _ => return None,
        },
        _ => return None,
    }
    Some(())
}

/// A constant in microseconds; bare numbers are seconds. Months have no length.
fn literal_micros(value: &Datum) -> Option<f64> {
    Some(match value {
        Datum::DayTimeInterval(micros) => *micros as f64,
        Datum::CalendarInterval { months: 0, days, micros } => f64::from(*days) * 86_400_000_000.0 + *micros as f64,
        Datum::Byte(it) => f64::from(*it) * 1e6,
        Datum::Short(it) => f64::from(*it) * 1e6,
        Datum::Integer(it) => f64::from(*it) * 1e6,
        Datum::Long(it) => *it as f64 * 1e6,
        Datum::Float(it) => f64::from(*it) * 1e6,
        Datum::Double(it) => *it * 1e6,
        Datum::Decimal(unscaled, scale) => *unscaled as f64 / 10f64.powi(i32::from(*scale)) * 1e6,
        _ => return None,
    })
}

/// The expression with each column replaced by what it stands for, where it stands for something.
pub(super) fn substituted(expr: &Typed, meaning: &dyn Fn(AttributeId) -> Option<Typed>) -> Typed {
    expr.transform(&mut |it| match &it.kind {
        TypedKind::Attribute { id, .. } => meaning(*id),
        _ => None,
    })
}

/// A plan's node, shared.
pub(super) type Shared = Rc<crate::sql::Node>;
