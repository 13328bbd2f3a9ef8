//! The options of JSON: what text is let through, and the patterns of times.

use chrono_tz::Tz;

use crate::sql::{Context, Datum, SqlError, Typed, TypedKind};

use super::datetime_pattern::{Element, Purpose, compile};
use super::json_text::Leniency;
use super::zones::Zone;

/// A pattern as it was written, and its parts.
#[derive(Clone, Debug)]
pub struct Pattern {
    pub text: String,
    pub elements: Vec<Element>,
}

/// `JSONOptions`.
#[derive(Clone, Debug)]
pub struct JsonOptions {
    pub leniency: Leniency,
    pub time_zone: Tz,
    pub timestamp_format: Option<Pattern>,
    pub local_timestamp_format: Option<Pattern>,
    pub date_format: Option<Pattern>,
    /// The column that keeps a text that could not be read.
    pub corrupt_column: String,
    pub fail_fast: bool,
    pub primitives_as_string: bool,
    pub prefers_decimal: bool,
    pub ignore_null_fields: bool,
    pub pretty: bool,
}

impl JsonOptions {
    /// What holds where nothing is said.
    pub fn new(context: &Context) -> Self {
        JsonOptions {
            leniency: Leniency::default(),
            time_zone: context.time_zone,
            timestamp_format: None,
            local_timestamp_format: None,
            date_format: None,
            corrupt_column: "_corrupt_record".into(),
            fail_fast: false,
            primitives_as_string: false,
            prefers_decimal: false,
            ignore_null_fields: true,
            pretty: false,
        }
    }

    /// Options by their names, whose case is no matter; unknown ones are passed over.
    ///
    /// # Errors
    /// A pattern or a time zone that Spark refuses.
    pub fn with<'a>(
        context: &Context,
        purpose: Purpose,
        entries: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, SqlError> {
        let mut options = JsonOptions::new(context);
        let pattern = |text: &str| -> Result<Option<Pattern>, SqlError> {
            Ok(Some(Pattern { text: text.to_owned(), elements: compile(text, purpose)? }))
        };
        for (name, value) in entries {
            let flag = || value.eq_ignore_ascii_case("true");
            match name.to_lowercase().as_str() {
                "timezone" => options.time_zone = zone(value)?,
                "timestampformat" => options.timestamp_format = pattern(value)?,
                "timestampntzformat" => options.local_timestamp_format = pattern(value)?,
                "dateformat" => options.date_format = pattern(value)?,
                "columnnameofcorruptrecord" => options.corrupt_column = value.to_owned(),
                "mode" => options.fail_fast = value.eq_ignore_ascii_case("failfast"),
                "allowsinglequotes" => options.leniency.single_quotes = flag(),
                "allowunquotedfieldnames" => options.leniency.unquoted_names = flag(),
                "allowcomments" => options.leniency.comments = flag(),
                "allownumericleadingzeros" => options.leniency.leading_zeros = flag(),
                "allownonnumericnumbers" => options.leniency.non_numeric = flag(),
                "allowbackslashescapinganycharacter" => options.leniency.any_escape = flag(),
                "allowunquotedcontrolchars" => options.leniency.control_characters = flag(),
                "primitivesasstring" => options.primitives_as_string = flag(),
                "prefersdecimal" => options.prefers_decimal = flag(),
                "ignorenullfields" => options.ignore_null_fields = flag(),
                "pretty" => options.pretty = flag(),
                _ => {}
            }
        }
        Ok(options)
    }

    /// The options that a map of text holds, if there is one.
    ///
    /// # Errors
    /// Those of [`JsonOptions::with`].
    pub fn of(context: &Context, purpose: Purpose, map: Option<&Datum>) -> Result<Self, SqlError> {
        let Some(Datum::Map(entries)) = map else { return Ok(JsonOptions::new(context)) };
        JsonOptions::with(
            context,
            purpose,
            entries.iter().filter_map(|entry| match entry {
                (Datum::String(name), Datum::String(value)) => Some((&**name, &**value)),
                _ => None,
            }),
        )
    }
}

/// A zone of the database; whole hours have zones of their own there.
fn zone(name: &str) -> Result<Tz, SqlError> {
    Ok(match Zone::of(name)? {
        Zone::Region(zone) => zone,
        Zone::Fixed(seconds) => format!("Etc/GMT{:+}", -(seconds / 3600)).parse().unwrap_or(Tz::UTC),
    })
}

/// The option map as it was written out, where it was: names and values.
pub(super) fn written(options: &Typed) -> Vec<(String, String)> {
    let text = |typed: &Typed| match &typed.kind {
        TypedKind::Literal(Datum::String(text)) => Some(text.to_string()),
        _ => None,
    };
    match &options.kind {
        TypedKind::Call { args, .. } => {
            args.chunks_exact(2).filter_map(|pair| Some((text(&pair[0])?, text(&pair[1])?))).collect()
        }
        TypedKind::Literal(Datum::Map(entries)) => entries
            .iter()
            .filter_map(|entry| match entry {
                (Datum::String(name), Datum::String(value)) => Some((name.to_string(), value.to_string())),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}
