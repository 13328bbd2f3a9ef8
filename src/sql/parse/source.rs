//! The text that is read, its tokens, and refusals that show the place.

use std::rc::Rc;

use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer};

use super::dialect::SparkDialect;
use super::{depth, tokens};
use crate::sql::SqlError;

/// How deep parentheses and queries may be nested; hostile input must not exhaust the stack.
const RECURSION_LIMIT: usize = 64;

/// Tokens that Spark says are missing, where nothing else is wrong.
const MISSING: &[&str] = &[")", "]", "AND"];

/// What Spark says of a text that is too deep or too long for its parser.
const TOO_COMPLEX: &str = "The statement, including potential SQL functions and referred views, was too complex to parse. \
     To mitigate this error divide the statement into multiple, less complex chunks.";

/// The text of a statement or an expression.
pub(super) struct Source<'a> {
    text: &'a str,
}

impl<'a> Source<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Source { text }
    }

    /// Reads the whole text by a parser: what `read` takes, then `;` and the end.
    pub(super) fn read<T>(
        &self,
        dialect: &SparkDialect,
        read: impl FnOnce(&mut Parser<'_>) -> Result<T, ParserError>,
    ) -> Result<T, SqlError> {
        let written = Tokenizer::new(dialect, self.text).with_unescape(false).tokenize_with_location();
        let written = written.map_err(|refusal| self.unreadable(&refusal.message, refusal.location))?;
        let prepared = tokens::prepare(written);
        if !depth::is_shallow(&prepared) {
            return Err(too_complex());
        }
        let cut_off = cut_off(&prepared);
        let mut parser =
            Parser::new(dialect).with_recursion_limit(RECURSION_LIMIT).with_tokens_with_locations(prepared);
        let result = read(&mut parser).map_err(|refusal| match refusal {
            ParserError::RecursionLimitExceeded => too_complex(),
            ParserError::ParserError(text) | ParserError::TokenizerError(text) => {
                let missing = MISSING.iter().find(|it| {
                    text.strip_prefix(&format!("Expected: {it}, found: ")).is_some_and(|it| !it.starts_with('('))
                });
                let note = missing.map_or_else(String::new, |it| format!(": missing '{it}'"));
                match place_of(&text) {
                    // The parser has tried something else than the subquery whose end is missing.
                    Some(_) if cut_off && !note.is_empty() => self.syntax_error_with(&note, self.end()),
                    Some(place) => self.syntax_error_with(&note, place),
                    None if text.ends_with("found: EOF") => self.syntax_error_with(&note, self.end()),
                    None => self.syntax_error(parser.peek_token_ref().span.start),
                }
            }
        })?;
        let mut ended = false;
        while parser.consume_token(&Token::SemiColon) {
            ended = true;
        }
        let more = parser.next_token();
        if more.token == Token::EOF {
            return Ok(result);
        }
        // One token too many is named as such.
        let note = match ended || parser.peek_token_ref().token == Token::EOF {
            true => format!(": extra input '{}'", self.slice(more.span)),
            false => String::new(),
        };
        Err(self.syntax_error_with(&note, more.span.start))
    }

    /// `PARSE_SYNTAX_ERROR` at the token that starts here; at the end where there is none.
    pub(super) fn syntax_error(&self, place: Location) -> SqlError {
        self.syntax_error_with("", place)
    }

    fn syntax_error_with(&self, note: &str, place: Location) -> SqlError {
        let tokens = Tokenizer::new(&SparkDialect, self.text).with_unescape(false).tokenize_with_location();
        let token = tokens.ok().and_then(|tokens| tokens.into_iter().find(|it| it.span.start == place));
        let (near, place) = match token {
            // What is no token of Spark's is read a character at a time.
            Some(TokenWithSpan { token: Token::DoubleColon | Token::Placeholder(_), span }) => {
                (format!("'{}'", self.slice(span).chars().next().unwrap_or(':')), place)
            }
            Some(token) => (format!("'{}'", self.slice(token.span)), place),
            None => ("end of input".into(), self.end()),
        };
        self.error("PARSE_SYNTAX_ERROR", &format!("Syntax error at or near {near}{note}."), place)
    }

    /// A refusal of a text of which no tokens can be made.
    fn unreadable(&self, reason: &str, place: Location) -> SqlError {
        if reason.contains("comment") {
            let message = "Found an unclosed bracketed comment. Please, append */ at the end of the comment.";
            let shown = format!("{message}\n== SQL ==\n{}\n", self.text);
            return SqlError::new("ParseException", Some("UNCLOSED_BRACKETED_COMMENT"), shown);
        }
        let letter = self.text.chars().nth(self.offset(place)).map_or_else(String::new, String::from);
        self.error("PARSE_SYNTAX_ERROR", &format!("Syntax error at or near '{letter}'."), place)
    }

    /// A `ParseException` with the place, and the text with a mark below the line.
    pub(super) fn error(&self, condition: &str, message: &str, place: Location) -> SqlError {
        SqlError::new("ParseException", Some(condition), self.with_place(message, place))
    }

    /// The same for the errors of old that have no condition.
    pub(super) fn bare_error(&self, message: &str, place: Location) -> SqlError {
        SqlError::new("ParseException", None, self.with_place(message, place))
    }

    fn with_place(&self, message: &str, place: Location) -> Rc<str> {
        let line = usize::try_from(place.line.max(1)).unwrap_or(usize::MAX);
        let column = usize::try_from(place.column.max(1) - 1).unwrap_or(usize::MAX);
        let mut shown = String::new();
        for (index, text) in self.text.split('\n').enumerate() {
            shown.push_str(text);
            shown.push('\n');
            if index + 1 == line {
                shown.push_str(&"-".repeat(column));
                shown.push_str("^^^\n");
            }
        }
        format!("{message}(line {line}, pos {column})\n\n== SQL ==\n{shown}").into()
    }

    /// The text of a stretch.
    pub(super) fn slice(&self, span: Span) -> String {
        let (start, end) = (self.offset(span.start), self.offset(span.end));
        self.text.chars().skip(start).take(end.saturating_sub(start)).collect()
    }

    /// Where a string with this value stands.
    pub(super) fn place_of_string(&self, value: &str) -> Location {
        let written = Tokenizer::new(&SparkDialect, self.text).with_unescape(false).tokenize_with_location();
        let tokens = written.map(tokens::prepare).unwrap_or_default();
        let found = tokens.iter().find(|it| matches!(&it.token, Token::SingleQuotedString(text) if text == value));
        found.map_or_else(|| self.end(), |it| it.span.start)
    }

    /// The place after the last character.
    fn end(&self) -> Location {
        let line = self.text.matches('\n').count() + 1;
        let column = self.text.chars().rev().take_while(|it| *it != '\n').count() + 1;
        Location::new(u64::try_from(line).unwrap_or(1), u64::try_from(column).unwrap_or(1))
    }

    /// How many characters stand before a place.
    fn offset(&self, place: Location) -> usize {
        let line = usize::try_from(place.line.max(1) - 1).unwrap_or(usize::MAX);
        let before: usize = self.text.split('\n').take(line).map(|it| it.chars().count() + 1).sum();
        before + usize::try_from(place.column.max(1) - 1).unwrap_or(usize::MAX)
    }
}

/// Whether a subquery's parenthesis is never closed.
fn cut_off(tokens: &[TokenWithSpan]) -> bool {
    let mut open = Vec::new();
    for (index, it) in tokens.iter().enumerate() {
        match it.token {
            Token::LParen => {
                let next = tokens.get(index + 1).map(|it| &it.token);
                let query =
                    matches!(next, Some(Token::Word(word)) if matches!(word.keyword, Keyword::SELECT | Keyword::WITH));
                open.push(query);
            }
            Token::RParen => {
                open.pop();
            }
            _ => {}
        }
    }
    open.contains(&true)
}

fn too_complex() -> SqlError {
    SqlError::new("ParseException", Some("FAILED_TO_PARSE_TOO_COMPLEX"), TOO_COMPLEX)
}

/// The place that a parser's refusal ends with: `at Line: 1, Column: 8`.
fn place_of(text: &str) -> Option<Location> {
    let (_, place) = text.rsplit_once("at Line: ")?;
    let (line, column) = place.split_once(", Column: ")?;
    Some(Location::new(line.parse().ok()?, column.trim().parse().ok()?))
}
