//! The expressions that stand by themselves: literals, names, calls, and what is in parentheses.

use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{
    CaseWhen, CastKind, DataType, Expr, FunctionArguments, Ident, LambdaFunction, LambdaFunctionParameter,
    LambdaSyntax, ObjectName, OneOrManyWithParens, Subscript, UnaryOperator, Value,
};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Span, Token, TokenWithSpan, Word};

use super::dialect::{NOT, PREDICATE, UNARY, marked};
use super::tokens::CLAUSES;

type Parsed = Result<Expr, ParserError>;

/// The units of an interval, as they may be written.
const UNITS: &[&str] = &["year", "month", "week", "day", "hour", "minute", "second", "millisecond", "microsecond"];

/// The units of `timestampadd` and `timestampdiff`, which are written bare.
const BARE_UNITS: &[&str] =
    &["year", "quarter", "month", "week", "day", "dayofyear", "hour", "minute", "second", "millisecond", "microsecond"];

/// Between the pieces of a marked text.
pub(super) const SEPARATOR: char = '\u{1f}';

/// Reads what an expression begins with.
pub(super) fn parse(parser: &mut Parser<'_>) -> Parsed {
    let TokenWithSpan { token, span } = parser.next_token();
    match token {
        Token::Number(digits, long) => Ok(number(&digits, long, "", span)),
        Token::SingleQuotedString(text) => Ok(Expr::Value(Value::SingleQuotedString(text).with_span(span))),
        Token::HexStringLiteral(text) => Ok(marked(Ident::with_span(span, "X"), text)),
        Token::Minus => match parser.peek_token_ref().token.clone() {
            Token::Number(digits, long) => {
                let end = parser.next_token().span;
                Ok(number(&digits, long, "-", span.union(&end)))
            }
            _ => unary(parser, UnaryOperator::Minus, UNARY),
        },
        Token::Plus => unary(parser, UnaryOperator::Plus, UNARY),
        Token::Tilde => unary(parser, UnaryOperator::BitwiseNot, UNARY),
        Token::ExclamationMark => unary(parser, UnaryOperator::Not, NOT),
        Token::LParen => in_parentheses(parser),
        Token::Word(word) => self::word(parser, word, span),
        token => parser.expected("an expression", TokenWithSpan { token, span }),
    }
}

fn number(digits: &str, long: bool, sign: &str, span: Span) -> Expr {
    let suffix = if long { "L" } else { "" };
    Expr::Value(Value::Number(format!("{sign}{digits}{suffix}"), false).with_span(span))
}

fn unary(parser: &mut Parser<'_>, op: UnaryOperator, precedence: u8) -> Parsed {
    Ok(Expr::UnaryOp { op, expr: Box::new(parser.parse_subexpr(precedence)?) })
}

/// Whether a query begins at the token so many from here.
pub(super) fn peek_query(parser: &Parser<'_>, ahead: usize) -> bool {
    matches!(&parser.peek_nth_token_ref(ahead).token, Token::Word(word)
        if matches!(word.keyword, Keyword::SELECT | Keyword::WITH))
}

/// `(query)`, `(expr)`, `(a, b AS c)`, `(x, y) -> ..`, after the parenthesis.
fn in_parentheses(parser: &mut Parser<'_>) -> Parsed {
    if peek_query(parser, 0) {
        let query = parser.parse_query()?;
        parser.expect_token(&Token::RParen)?;
        return Ok(Expr::Subquery(query));
    }
    let mut exprs = parser.parse_comma_separated(|parser| {
        let expr = parser.parse_expr()?;
        match parser.parse_keyword(Keyword::AS) {
            true => Ok(Expr::Named { expr: Box::new(expr), name: parser.parse_identifier()? }),
            false => Ok(expr),
        }
    })?;
    if !parser.consume_token(&Token::RParen) {
        return parser.expected_ref("a closing parenthesis", parser.peek_token_ref());
    }
    if parser.consume_token(&Token::Arrow) {
        let mut params = Vec::with_capacity(exprs.len());
        for expr in exprs {
            match expr {
                Expr::Identifier(name) => params.push(LambdaFunctionParameter { name, data_type: None }),
                _ => return parser.expected_ref("no lambda", parser.get_current_token()),
            }
        }
        return lambda(parser, params);
    }
    match (exprs.pop(), exprs.is_empty()) {
        (Some(Expr::Named { expr, name }), true) => Ok(Expr::Tuple(vec![Expr::Named { expr, name }])),
        (Some(expr), true) => Ok(Expr::Nested(Box::new(expr))),
        (Some(expr), false) => {
            exprs.push(expr);
            Ok(Expr::Tuple(exprs))
        }
        (None, _) => parser.expected_ref("an expression", parser.peek_token_ref()),
    }
}

fn lambda(parser: &mut Parser<'_>, params: Vec<LambdaFunctionParameter>) -> Parsed {
    let body = Box::new(parser.parse_expr()?);
    Ok(Expr::Lambda(LambdaFunction { params: OneOrManyWithParens::Many(params), body, syntax: LambdaSyntax::Arrow }))
}

/// What begins with a word, after it.
fn word(parser: &mut Parser<'_>, word: Word, span: Span) -> Parsed {
    let quoted = word.quote_style.is_some();
    let next = parser.peek_token_ref().token.clone();
    if !quoted {
        match word.keyword {
            Keyword::NOT => return unary(parser, UnaryOperator::Not, NOT),
            Keyword::TRUE => return Ok(Expr::Value(Value::Boolean(true).with_span(span))),
            Keyword::FALSE => return Ok(Expr::Value(Value::Boolean(false).with_span(span))),
            Keyword::NULL => return Ok(Expr::Value(Value::Null.with_span(span))),
            Keyword::CASE => return case(parser),
            Keyword::EXISTS if next == Token::LParen && peek_query(parser, 1) => {
                parser.expect_token(&Token::LParen)?;
                let subquery = parser.parse_query()?;
                parser.expect_token(&Token::RParen)?;
                return Ok(Expr::Exists { subquery, negated: false });
            }
            Keyword::INTERVAL if begins_interval(&next) => return interval(parser, span),
            keyword if begins_no_expression(keyword) => {
                return parser.expected("an expression", TokenWithSpan { token: Token::Word(word), span });
            }
            _ => {}
        }
    }
    let name = Ident { value: word.value, quote_style: word.quote_style, span };
    match next {
        // `date'2024-01-01'`, `timestamp'..'`, `x'1F'`.
        Token::SingleQuotedString(text) if !quoted => {
            parser.advance_token();
            Ok(marked(name, text))
        }
        Token::Arrow => {
            parser.advance_token();
            lambda(parser, vec![LambdaFunctionParameter { name, data_type: None }])
        }
        Token::LParen => call(parser, name),
        _ => Ok(Expr::Identifier(name)),
    }
}

fn begins_no_expression(keyword: Keyword) -> bool {
    let inner = matches!(
        keyword,
        Keyword::AND
            | Keyword::AS
            | Keyword::BETWEEN
            | Keyword::ELSE
            | Keyword::IN
            | Keyword::IS
            | Keyword::JOIN
            | Keyword::ON
            | Keyword::OR
            | Keyword::THEN
            | Keyword::USING
            | Keyword::WHEN
    );
    inner || (CLAUSES.contains(&keyword) && keyword != Keyword::OFFSET && keyword != Keyword::WINDOW)
}

fn case(parser: &mut Parser<'_>) -> Parsed {
    let operand = match parser.parse_keyword(Keyword::WHEN) {
        true => None,
        false => {
            let operand = parser.parse_expr()?;
            parser.expect_keyword_is(Keyword::WHEN)?;
            Some(Box::new(operand))
        }
    };
    let mut conditions = Vec::new();
    loop {
        let condition = parser.parse_expr()?;
        parser.expect_keyword_is(Keyword::THEN)?;
        conditions.push(CaseWhen { condition, result: parser.parse_expr()? });
        if !parser.parse_keyword(Keyword::WHEN) {
            break;
        }
    }
    let else_result = match parser.parse_keyword(Keyword::ELSE) {
        true => Some(Box::new(parser.parse_expr()?)),
        false => None,
    };
    parser.expect_keyword_is(Keyword::END)?;
    let (case_token, end_token) = (AttachedToken::empty(), AttachedToken::empty());
    Ok(Expr::Case { case_token, end_token, operand, conditions, else_result })
}

fn begins_interval(token: &Token) -> bool {
    matches!(token, Token::Number(..) | Token::SingleQuotedString(_) | Token::Minus | Token::Plus)
}

/// An interval, after its keyword: `'5 seconds'`, `1 hour 30 minutes`, `'1 2:03' DAY TO MINUTE`.
fn interval(parser: &mut Parser<'_>, start: Span) -> Parsed {
    let mut pieces: Vec<String> = Vec::new();
    loop {
        let sign = match parser.peek_token_ref().token {
            Token::Minus => "-",
            Token::Plus => "+",
            _ => "",
        };
        let ahead = usize::from(!sign.is_empty());
        let (value, quoted) = match &parser.peek_nth_token_ref(ahead).token {
            Token::Number(digits, false) => (digits.clone(), false),
            Token::SingleQuotedString(text) => (text.clone(), true),
            _ => break,
        };
        let unit = unit(parser, ahead + 1);
        if unit.is_none() && !pieces.is_empty() {
            break;
        }
        (0..=ahead).for_each(|_| parser.advance_token());
        let Some(unit) = unit else {
            if !quoted || !sign.is_empty() {
                return parser.expected_ref("a unit", parser.peek_token_ref());
            }
            let span = start.union(&parser.get_current_token().span);
            return Ok(marked(Ident::with_span(span, "INTERVAL"), format!("text{SEPARATOR}{value}")));
        };
        parser.advance_token();
        let to = pieces.is_empty() && quoted && self::word_is(parser, 0, "to");
        if let (true, Some(end)) = (to, self::unit(parser, 1)) {
            parser.advance_token();
            parser.advance_token();
            let span = start.union(&parser.get_current_token().span);
            let text = ["range", &format!("{sign}{value}"), &unit, &end].join(&SEPARATOR.to_string());
            return Ok(marked(Ident::with_span(span, "INTERVAL"), text));
        }
        pieces.extend([sign.into(), value, unit]);
    }
    if pieces.is_empty() {
        return parser.expected_ref("an interval", parser.peek_token_ref());
    }
    let span = start.union(&parser.get_current_token().span);
    pieces.insert(0, "units".into());
    Ok(marked(Ident::with_span(span, "INTERVAL"), pieces.join(&SEPARATOR.to_string())))
}

fn word_is(parser: &Parser<'_>, ahead: usize, text: &str) -> bool {
    matches!(&parser.peek_nth_token_ref(ahead).token, Token::Word(word) if word.value.eq_ignore_ascii_case(text))
}

/// The unit that the token so many from here names, lower case.
fn unit(parser: &Parser<'_>, ahead: usize) -> Option<String> {
    let Token::Word(word) = &parser.peek_nth_token_ref(ahead).token else { return None };
    let name = word.value.to_lowercase();
    UNITS.contains(&name.strip_suffix('s').unwrap_or(&name)).then_some(name)
}

/// A call, before its parenthesis: of a function, or of what only looks like one.
fn call(parser: &mut Parser<'_>, name: Ident) -> Parsed {
    let lower = name.value.to_lowercase();
    if name.quote_style.is_some() {
        return parser.parse_function(name.into());
    }
    match lower.as_str() {
        "cast" | "try_cast" => cast(parser, name, lower == "try_cast"),
        "extract" if matches!(parser.peek_nth_token_ref(2).token, Token::Word(Word { keyword: Keyword::FROM, .. })) => {
            parser.advance_token();
            let field = parser.next_token().token.to_string();
            parser.expect_keyword_is(Keyword::FROM)?;
            let from = parser.parse_expr()?;
            parser.expect_token(&Token::RParen)?;
            Ok(function(name, vec![text(field), from]))
        }
        "trim" => trim(parser, name),
        "substring" | "substr" => {
            let (mut args, from) = arguments_until(parser, &[Keyword::FROM])?;
            if from.is_some() {
                args.push(parser.parse_expr()?);
                if parser.parse_keyword(Keyword::FOR) {
                    args.push(parser.parse_expr()?);
                }
            }
            parser.expect_token(&Token::RParen)?;
            let name = if from.is_some() { Ident::with_span(name.span, "substring") } else { name };
            Ok(function(name, args))
        }
        "position" => {
            parser.expect_token(&Token::LParen)?;
            let first = parser.parse_subexpr(PREDICATE)?;
            let contained = parser.parse_keyword(Keyword::IN);
            let mut args = vec![first];
            while contained || parser.consume_token(&Token::Comma) {
                args.push(parser.parse_expr()?);
                if contained {
                    break;
                }
            }
            parser.expect_token(&Token::RParen)?;
            let name = if contained { Ident::with_span(name.span, "locate") } else { name };
            Ok(function(name, args))
        }
        "overlay" => {
            let (mut args, placing) = arguments_until(parser, &[Keyword::PLACING])?;
            if placing.is_some() {
                args.push(parser.parse_expr()?);
                parser.expect_keyword_is(Keyword::FROM)?;
                args.push(parser.parse_expr()?);
                if parser.parse_keyword(Keyword::FOR) {
                    args.push(parser.parse_expr()?);
                }
            }
            parser.expect_token(&Token::RParen)?;
            Ok(function(name, args))
        }
        "timestampadd" | "timestampdiff" | "dateadd" | "datediff" | "date_add" | "date_diff" => by_unit(parser, name),
        _ => parser.parse_function(name.into()),
    }
}

fn text(value: String) -> Expr {
    Expr::Value(Value::SingleQuotedString(value).into())
}

/// A call of a function with these arguments.
fn function(name: Ident, args: Vec<Expr>) -> Expr {
    use sqlparser::ast::{Function, FunctionArg, FunctionArgExpr, FunctionArgumentList};
    let args = args.into_iter().map(|it| FunctionArg::Unnamed(FunctionArgExpr::Expr(it))).collect();
    Expr::Function(Function {
        name: ObjectName::from(name),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args, clauses: Vec::new() }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

/// Arguments from the opening parenthesis up to one of these words, or to the closing parenthesis.
fn arguments_until(parser: &mut Parser<'_>, words: &[Keyword]) -> Result<(Vec<Expr>, Option<Keyword>), ParserError> {
    parser.expect_token(&Token::LParen)?;
    if parser.peek_token_ref().token == Token::RParen {
        return Ok((Vec::new(), None));
    }
    let args = parser.parse_comma_separated(Parser::parse_expr)?;
    let word = if args.len() == 1 { parser.parse_one_of_keywords(words) } else { None };
    Ok((args, word))
}

/// `CAST(expr AS type)`: the type is kept as its text, for Spark's own reader of types.
fn cast(parser: &mut Parser<'_>, name: Ident, try_cast: bool) -> Parsed {
    parser.expect_token(&Token::LParen)?;
    if parser.consume_token(&Token::RParen) {
        return Ok(function(name, Vec::new()));
    }
    let expr = Box::new(parser.parse_expr()?);
    // Without a type it is a call like any other, of a function that takes no arguments.
    if parser.consume_token(&Token::RParen) {
        return Ok(function(name, vec![*expr]));
    }
    parser.expect_keyword_is(Keyword::AS)?;
    let start = parser.peek_token_ref().span;
    let (mut pieces, mut depth) = (Vec::new(), 0_usize);
    loop {
        let next = parser.peek_token_ref();
        match next.token {
            Token::EOF => return parser.expected_ref("a type", next),
            Token::LParen => depth += 1,
            Token::RParen if depth == 0 => break,
            Token::RParen => depth -= 1,
            _ => {}
        }
        pieces.push(next.token.to_string());
        parser.advance_token();
    }
    if pieces.is_empty() {
        return parser.expected_ref("a type", parser.peek_token_ref());
    }
    parser.expect_token(&Token::RParen)?;
    let data_type = DataType::Custom(Ident::with_span(start, pieces.join(" ")).into(), Vec::new());
    let kind = if try_cast { CastKind::TryCast } else { CastKind::Cast };
    Ok(Expr::Cast { kind, expr, data_type, format: None })
}

/// `TRIM([BOTH|LEADING|TRAILING] [characters] FROM s)`, and the plain call.
fn trim(parser: &mut Parser<'_>, name: Ident) -> Parsed {
    let side = match &parser.peek_nth_token_ref(1).token {
        Token::Word(word) if word.quote_style.is_none() => word.value.to_lowercase(),
        _ => String::new(),
    };
    let function_name = match side.as_str() {
        "both" => "trim",
        "leading" => "ltrim",
        "trailing" => "rtrim",
        _ => "",
    };
    // `trim(both)` is of a column that is called so.
    if function_name.is_empty() || parser.peek_nth_token_ref(2).token == Token::RParen {
        let (mut args, from) = arguments_until(parser, &[Keyword::FROM])?;
        if from.is_some() {
            args.push(parser.parse_expr()?);
        }
        parser.expect_token(&Token::RParen)?;
        return Ok(function(name, args));
    }
    parser.expect_token(&Token::LParen)?;
    parser.advance_token();
    let mut args = Vec::new();
    if !parser.parse_keyword(Keyword::FROM) {
        args.push(parser.parse_expr()?);
        parser.expect_keyword_is(Keyword::FROM)?;
    }
    args.push(parser.parse_expr()?);
    parser.expect_token(&Token::RParen)?;
    Ok(function(Ident::with_span(name.span, function_name), args))
}

/// `timestampadd(HOUR, 1, ts)` and its like, whose unit is a bare word.
fn by_unit(parser: &mut Parser<'_>, name: Ident) -> Parsed {
    let unit = match &parser.peek_nth_token_ref(1).token {
        Token::Word(word) if word.quote_style.is_none() && BARE_UNITS.contains(&word.value.to_lowercase().as_str()) => {
            word.value.clone()
        }
        _ => return parser.parse_function(name.into()),
    };
    if parser.peek_nth_token_ref(2).token != Token::Comma {
        return parser.parse_function(name.into());
    }
    (0..3).for_each(|_| parser.advance_token());
    let mut args = parser.parse_comma_separated(Parser::parse_expr)?;
    parser.expect_token(&Token::RParen)?;
    // `dateadd(day, 1)` is of a column that is called so.
    if args.len() < 2 {
        args.insert(0, Expr::Identifier(Ident::new(unit)));
        return Ok(function(name, args));
    }
    args.insert(0, text(unit));
    let lower = name.value.to_lowercase();
    let shown = if lower.ends_with("add") { "timestampadd" } else { "timestampdiff" };
    Ok(function(Ident::with_span(name.span, shown), args))
}

/// The index of `x[index]`.
pub(super) fn index_of(subscript: &Subscript) -> Option<&Expr> {
    match subscript {
        Subscript::Index { index } => Some(index),
        Subscript::Slice { .. } => None,
    }
}
