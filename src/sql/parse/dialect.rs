//! Spark's SQL as a dialect of `sqlparser`: the precedence of operators, and the expressions that are Spark's own.
//!
//! What `sqlparser`'s tree has no place for is written as [`Expr::Prefixed`] with one of the names here, and read by the
//! conversion.

use sqlparser::ast::{BinaryOperator, Expr, Ident, Value};
use sqlparser::dialect::{Dialect, Precedence};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

use super::primary;
use super::tokens::CLAUSES;

type Parsed = Result<Expr, ParserError>;

pub(super) const OR: u8 = 5;
pub(super) const AND: u8 = 10;
pub(super) const NOT: u8 = 15;
pub(super) const PREDICATE: u8 = 20;
const COMPARISON: u8 = 25;
const PIPE: u8 = 30;
const CARET: u8 = 35;
const AMPERSAND: u8 = 40;
const SUM: u8 = 45;
const PRODUCT: u8 = 50;
pub(super) const UNARY: u8 = 55;

/// Words that aren't taken for a table's alias, besides those that begin a clause.
const AFTER_TABLE: &[Keyword] = &[
    Keyword::ANTI,
    Keyword::CROSS,
    Keyword::FULL,
    Keyword::INNER,
    Keyword::JOIN,
    Keyword::LEFT,
    Keyword::NATURAL,
    Keyword::ON,
    Keyword::RIGHT,
    Keyword::SEMI,
    Keyword::TABLESAMPLE,
    Keyword::USING,
];

/// Spark SQL 3.5, with its default settings.
#[derive(Debug)]
pub(super) struct SparkDialect;

impl Dialect for SparkDialect {
    fn is_delimited_identifier_start(&self, letter: char) -> bool {
        letter == '`'
    }

    fn is_identifier_start(&self, letter: char) -> bool {
        letter.is_ascii_alphabetic() || letter == '_'
    }

    fn is_identifier_part(&self, letter: char) -> bool {
        letter.is_ascii_alphanumeric() || letter == '_'
    }

    fn supports_string_literal_backslash_escape(&self) -> bool {
        true
    }

    fn supports_nested_comments(&self) -> bool {
        true
    }

    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }

    fn supports_window_function_null_treatment_arg(&self) -> bool {
        true
    }

    fn supports_window_clause_named_window_reference(&self) -> bool {
        true
    }

    fn supports_group_by_expr(&self) -> bool {
        true
    }

    fn supports_group_by_with_modifier(&self) -> bool {
        true
    }

    fn supports_from_first_select(&self) -> bool {
        true
    }

    fn supports_values_as_table_factor(&self) -> bool {
        true
    }

    fn supports_parens_around_table_factor(&self) -> bool {
        true
    }

    fn supports_select_item_multi_column_alias(&self) -> bool {
        true
    }

    fn supports_aliased_function_args(&self) -> bool {
        true
    }

    fn supports_cte_without_as(&self) -> bool {
        true
    }

    fn supports_limit_comma(&self) -> bool {
        false
    }

    fn is_column_alias(&self, keyword: &Keyword, parser: &mut Parser<'_>) -> bool {
        !CLAUSES.contains(keyword) || begins_nothing(*keyword, parser)
    }

    fn is_table_alias(&self, keyword: &Keyword, parser: &mut Parser<'_>) -> bool {
        let always = matches!(
            keyword,
            Keyword::EXCEPT | Keyword::INTERSECT | Keyword::LATERAL | Keyword::MINUS | Keyword::UNION
        );
        let free = !CLAUSES.contains(keyword) || (!always && begins_nothing(*keyword, parser));
        free && !AFTER_TABLE.contains(keyword)
    }

    fn prec_value(&self, precedence: Precedence) -> u8 {
        match precedence {
            Precedence::UnaryNot => NOT,
            Precedence::And => AND,
            Precedence::Or => OR,
            Precedence::Between | Precedence::Like | Precedence::Is => PREDICATE,
            // The index between brackets is a whole expression.
            Precedence::Colon => 0,
            _ => SUM,
        }
    }

    fn get_next_precedence(&self, parser: &Parser<'_>) -> Option<Result<u8, ParserError>> {
        Some(Ok(match &parser.peek_token_ref().token {
            Token::Eq
            | Token::DoubleEq
            | Token::Neq
            | Token::Spaceship
            | Token::Lt
            | Token::LtEq
            | Token::Gt
            | Token::GtEq => COMPARISON,
            Token::Pipe => PIPE,
            Token::Caret => CARET,
            Token::Ampersand => AMPERSAND,
            Token::Plus | Token::Minus | Token::StringConcat => SUM,
            Token::Mul | Token::Div | Token::Mod => PRODUCT,
            Token::ExclamationMark if negates(parser) => PREDICATE,
            Token::Word(word) => match word.keyword {
                Keyword::OR => OR,
                Keyword::AND => AND,
                Keyword::DIV => PRODUCT,
                Keyword::NOT if negates(parser) => PREDICATE,
                keyword if is_predicate_word(keyword) || keyword == Keyword::IS => PREDICATE,
                _ => 0,
            },
            _ => 0,
        }))
    }

    fn parse_prefix(&self, parser: &mut Parser<'_>) -> Option<Parsed> {
        Some(primary::parse(parser))
    }

    fn parse_infix(&self, parser: &mut Parser<'_>, left: &Expr, precedence: u8) -> Option<Parsed> {
        if precedence >= PREDICATE && is_predicate(left) {
            return Some(parser.expected_ref("the end of the expression", parser.peek_token_ref()));
        }
        let word = match &parser.peek_token_ref().token {
            Token::Word(word) => word.keyword,
            Token::ExclamationMark => Keyword::NOT,
            _ => return None,
        };
        match word {
            Keyword::AND | Keyword::OR => None,
            Keyword::DIV => {
                parser.advance_token();
                let left = Box::new(left.clone());
                let right = parser.parse_subexpr(precedence);
                Some(right.map(|it| Expr::BinaryOp { left, op: BinaryOperator::MyIntegerDivide, right: Box::new(it) }))
            }
            _ => Some(predicate(parser, left.clone())),
        }
    }
}

/// Whether a clause's keyword is none for what follows it: `SELECT 7 offset FROM t`, `SELECT a FROM t ORDER`.
fn begins_nothing(keyword: Keyword, parser: &Parser<'_>) -> bool {
    match &parser.peek_token_ref().token {
        Token::EOF | Token::Comma | Token::RParen | Token::SemiColon => true,
        Token::Word(word) => match keyword {
            Keyword::GROUP | Keyword::ORDER | Keyword::SORT | Keyword::CLUSTER | Keyword::DISTRIBUTE => {
                word.keyword != Keyword::BY
            }
            Keyword::FROM | Keyword::SELECT => false,
            _ => word.keyword == Keyword::FROM,
        },
        _ => false,
    }
}

fn is_predicate_word(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::IN | Keyword::BETWEEN | Keyword::LIKE | Keyword::ILIKE | Keyword::RLIKE | Keyword::REGEXP
    )
}

/// Whether the word after the next one is a predicate that `NOT` may stand before.
fn negates(parser: &Parser<'_>) -> bool {
    matches!(&parser.peek_nth_token_ref(1).token, Token::Word(word) if is_predicate_word(word.keyword))
}

/// A predicate takes a value, and is none: `a IS NULL = b` is no expression.
fn is_predicate(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::IsNull(_)
            | Expr::IsNotNull(_)
            | Expr::IsTrue(_)
            | Expr::IsNotTrue(_)
            | Expr::IsFalse(_)
            | Expr::IsNotFalse(_)
            | Expr::IsUnknown(_)
            | Expr::IsNotUnknown(_)
            | Expr::IsDistinctFrom(..)
            | Expr::IsNotDistinctFrom(..)
            | Expr::InList { .. }
            | Expr::InSubquery { .. }
            | Expr::Between { .. }
            | Expr::Like { .. }
            | Expr::ILike { .. }
            | Expr::RLike { .. }
    )
}

/// `[NOT] IN ..`, `[NOT] BETWEEN ..`, `[NOT] LIKE ..`, `IS ..`.
fn predicate(parser: &mut Parser<'_>, left: Expr) -> Parsed {
    let expr = Box::new(left);
    if parser.parse_keyword(Keyword::IS) {
        return is(parser, expr);
    }
    let negated = parser.parse_keyword(Keyword::NOT) || parser.consume_token(&Token::ExclamationMark);
    let word = parser.expect_one_of_keywords(&[
        Keyword::IN,
        Keyword::BETWEEN,
        Keyword::LIKE,
        Keyword::ILIKE,
        Keyword::RLIKE,
        Keyword::REGEXP,
    ])?;
    match word {
        Keyword::IN => {
            parser.expect_token(&Token::LParen)?;
            if parser.peek_token_ref().token == Token::RParen {
                return parser.expected_ref("a list", parser.get_current_token());
            }
            let result = if primary::peek_query(parser, 0) {
                Expr::InSubquery { expr, subquery: parser.parse_query()?, negated }
            } else {
                Expr::InList { expr, list: parser.parse_comma_separated(Parser::parse_expr)?, negated }
            };
            match parser.consume_token(&Token::RParen) {
                true => Ok(result),
                false => parser.expected_ref("the end of the list", parser.peek_token_ref()),
            }
        }
        Keyword::BETWEEN => {
            let low = Box::new(parser.parse_subexpr(PREDICATE)?);
            parser.expect_keyword_is(Keyword::AND)?;
            let high = Box::new(parser.parse_subexpr(PREDICATE)?);
            Ok(Expr::Between { expr, negated, low, high })
        }
        Keyword::LIKE | Keyword::ILIKE => like(parser, expr, negated, word == Keyword::ILIKE),
        _ => Ok(Expr::RLike { negated, expr, pattern: Box::new(parser.parse_subexpr(PREDICATE)?), regexp: false }),
    }
}

fn is(parser: &mut Parser<'_>, expr: Box<Expr>) -> Parsed {
    let negated = parser.parse_keyword(Keyword::NOT);
    let words = [Keyword::NULL, Keyword::TRUE, Keyword::FALSE, Keyword::UNKNOWN, Keyword::DISTINCT];
    Ok(match (parser.expect_one_of_keywords(&words)?, negated) {
        (Keyword::NULL, false) => Expr::IsNull(expr),
        (Keyword::NULL, true) => Expr::IsNotNull(expr),
        (Keyword::TRUE, false) => Expr::IsTrue(expr),
        (Keyword::TRUE, true) => Expr::IsNotTrue(expr),
        (Keyword::FALSE, false) => Expr::IsFalse(expr),
        (Keyword::FALSE, true) => Expr::IsNotFalse(expr),
        (Keyword::UNKNOWN, false) => Expr::IsUnknown(expr),
        (Keyword::UNKNOWN, true) => Expr::IsNotUnknown(expr),
        (_, negated) => {
            parser.expect_keyword_is(Keyword::FROM)?;
            let other = Box::new(parser.parse_subexpr(PREDICATE)?);
            if negated { Expr::IsNotDistinctFrom(expr, other) } else { Expr::IsDistinctFrom(expr, other) }
        }
    })
}

/// `LIKE pattern [ESCAPE c]`, and `LIKE ANY (..)`, `LIKE ALL (..)`, which are those of each pattern together.
fn like(parser: &mut Parser<'_>, expr: Box<Expr>, negated: bool, insensitive: bool) -> Parsed {
    let one = |expr: Box<Expr>, pattern: Expr, escape_char: Option<Box<Expr>>| {
        let pattern = Box::new(pattern);
        if insensitive {
            Expr::ILike { negated, any: false, expr, pattern, escape_char }
        } else {
            Expr::Like { negated, any: false, expr, pattern, escape_char }
        }
    };
    if let Some(word) = parser.parse_one_of_keywords(&[Keyword::ANY, Keyword::SOME, Keyword::ALL]) {
        let op = if word == Keyword::ALL { BinaryOperator::And } else { BinaryOperator::Or };
        parser.expect_token(&Token::LParen)?;
        let patterns = parser.parse_comma_separated(Parser::parse_expr)?;
        parser.expect_token(&Token::RParen)?;
        let each = patterns.into_iter().map(|it| one(expr.clone(), it, None));
        let all =
            each.reduce(|left, right| Expr::BinaryOp { left: Box::new(left), op: op.clone(), right: Box::new(right) });
        return match all {
            Some(all) => Ok(Expr::Nested(Box::new(all))),
            None => parser.expected_ref("a pattern", parser.peek_token_ref()),
        };
    }
    let pattern = parser.parse_subexpr(PREDICATE)?;
    let escape = match parser.parse_keyword(Keyword::ESCAPE) {
        true => Some(Box::new(Expr::Value(parser.parse_value()?))),
        false => None,
    };
    Ok(one(expr, pattern, escape))
}

/// What `sqlparser`'s tree has no place for: a text and what kind of thing it is.
pub(super) fn marked(kind: Ident, text: String) -> Expr {
    Expr::Prefixed { prefix: kind, value: Box::new(Expr::Value(Value::SingleQuotedString(text).into())) }
}
