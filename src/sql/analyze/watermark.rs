//! `withWatermark`.

use std::rc::Rc;

use crate::sql::functions::windows;
use crate::sql::{Attribute, DataType, Node, SqlError};

use super::scope::Scope;
use super::{Analyzer, errors};

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// The delay in microseconds, whole milliseconds; a month is 31 days.
fn delay_of(text: &str) -> Result<i64, SqlError> {
    let interval = windows::parse_interval(text).map_err(|_| {
        let advice = "Please ensure that the value provided is in a valid format for defining an interval. You can \
                      reference the documentation for the correct format. If the issue persists, please double check \
                      that the input value is not null or empty and try again.";
        SqlError::analysis("CANNOT_PARSE_INTERVAL", format!("Unable to parse '{text}'. {advice}"))
    })?;
    let days = i64::from(interval.months) * 31 + i64::from(interval.days);
    let micros = days.checked_mul(MICROS_PER_DAY).and_then(|it| it.checked_add(interval.micros));
    let micros = micros.ok_or_else(|| SqlError::new("ArithmeticException", None, "long overflow"))?;
    if micros < 0 {
        let text = format!("requirement failed: delay threshold ({text}) should not be negative.");
        return Err(SqlError::new("IllegalArgumentException", None, text));
    }
    Ok(micros / 1000 * 1000)
}

impl Analyzer<'_> {
    /// `withWatermark(column, delay)`; of what is no stream it does nothing.
    pub(super) fn watermark(&self, input: Rc<Node>, column: &str, delay: &str) -> Result<Rc<Node>, SqlError> {
        let delay = delay_of(delay)?;
        if !input.streaming() {
            return Ok(input);
        }
        let scope = Scope::of(&input);
        let parts: Vec<Rc<str>> = column.split('.').map(|it| it.trim_matches('`').into()).collect();
        let whole = [Rc::from(column)];
        let found = match scope.resolve(&whole)? {
            Some(found) => Some(found.column),
            None => scope.resolve(&parts)?.filter(|it| it.fields.is_empty()).map(|it| it.column),
        };
        let Some(found) = found else {
            return Err(errors::unresolved_column(&parts, &scope.columns));
        };
        let is_time = matches!(found.data_type, DataType::Timestamp | DataType::TimestampNtz)
            || windows::window_time_type(&found.data_type).is_some();
        if !is_time {
            let text = format!(
                "The event time {} has the invalid type \"{}\", but expected \"TIMESTAMP\".",
                errors::quoted(&[&*found.name]),
                found.data_type.sql()
            );
            return Err(SqlError::analysis("EVENT_TIME_IS_NOT_ON_TIMESTAMP_TYPE", text));
        }
        let output = scope
            .columns
            .into_iter()
            .map(|it| {
                let watermark_delay = (it.id == found.id).then_some(delay);
                Attribute { watermark_delay, ..it }
            })
            .collect();
        Ok(Rc::new(Node::Watermark { input, column: found.id, delay, output }))
    }
}
