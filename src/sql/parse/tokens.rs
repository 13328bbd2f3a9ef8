//! What is done to the tokens before they are parsed: Spark's literals are put together, and words that mean nothing in
//! Spark lose their meaning.

use std::collections::BTreeSet;

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Span, Token, TokenWithSpan, Word};

use super::literal::unescape;

/// The keywords that have a meaning here. Every other one is a name like any other: `top`, `value`, `timestamp`.
const KEYWORDS: &[Keyword] = &[
    Keyword::ALL,
    Keyword::AND,
    Keyword::ANTI,
    Keyword::ANY,
    Keyword::AS,
    Keyword::ASC,
    Keyword::BETWEEN,
    Keyword::BY,
    Keyword::CASE,
    Keyword::CAST,
    Keyword::CLUSTER,
    Keyword::CROSS,
    Keyword::CUBE,
    Keyword::CURRENT,
    Keyword::DESC,
    Keyword::DISTINCT,
    Keyword::DISTRIBUTE,
    Keyword::DIV,
    Keyword::ELSE,
    Keyword::END,
    Keyword::ESCAPE,
    Keyword::EXCEPT,
    Keyword::EXISTS,
    Keyword::FALSE,
    Keyword::FILTER,
    Keyword::FIRST,
    Keyword::FOLLOWING,
    Keyword::FOR,
    Keyword::FROM,
    Keyword::FULL,
    Keyword::GROUP,
    Keyword::GROUPING,
    Keyword::HAVING,
    Keyword::IGNORE,
    Keyword::ILIKE,
    Keyword::IN,
    Keyword::INNER,
    Keyword::INTERSECT,
    Keyword::INTERVAL,
    Keyword::IS,
    Keyword::JOIN,
    Keyword::LAST,
    Keyword::LATERAL,
    Keyword::LEFT,
    Keyword::LIKE,
    Keyword::LIMIT,
    Keyword::MINUS,
    Keyword::NATURAL,
    Keyword::NOT,
    Keyword::NULL,
    Keyword::NULLS,
    Keyword::OFFSET,
    Keyword::ON,
    Keyword::OR,
    Keyword::ORDER,
    Keyword::OUTER,
    Keyword::OVER,
    Keyword::PARTITION,
    Keyword::PERCENT,
    Keyword::PLACING,
    Keyword::PRECEDING,
    Keyword::RANGE,
    Keyword::REGEXP,
    Keyword::REPEATABLE,
    Keyword::RESPECT,
    Keyword::RIGHT,
    Keyword::RLIKE,
    Keyword::ROLLUP,
    Keyword::ROW,
    Keyword::ROWS,
    Keyword::SELECT,
    Keyword::SEMI,
    Keyword::SETS,
    Keyword::SOME,
    Keyword::SORT,
    Keyword::TABLE,
    Keyword::TABLESAMPLE,
    Keyword::THEN,
    Keyword::TRUE,
    Keyword::UNBOUNDED,
    Keyword::UNION,
    Keyword::UNKNOWN,
    Keyword::USING,
    Keyword::VALUES,
    Keyword::VIEW,
    Keyword::WHEN,
    Keyword::WHERE,
    Keyword::WINDOW,
    Keyword::WITH,
    Keyword::WITHIN,
];

/// The keywords that end what stands before them: no alias, and no expression, starts with one.
pub(super) const CLAUSES: &[Keyword] = &[
    Keyword::CLUSTER,
    Keyword::DISTRIBUTE,
    Keyword::EXCEPT,
    Keyword::FROM,
    Keyword::GROUP,
    Keyword::HAVING,
    Keyword::INTERSECT,
    Keyword::LATERAL,
    Keyword::LIMIT,
    Keyword::MINUS,
    Keyword::OFFSET,
    Keyword::ORDER,
    Keyword::SELECT,
    Keyword::SORT,
    Keyword::UNION,
    Keyword::WHERE,
    Keyword::WINDOW,
];

/// The tokens as the parser is given them: no white space, literals put together.
pub(super) fn prepare(written: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut tokens: Vec<TokenWithSpan> = Vec::with_capacity(written.len());
    for TokenWithSpan { token, span } in written {
        let token = match token {
            Token::Whitespace(_) => continue,
            Token::SingleQuotedString(raw) => Token::SingleQuotedString(string(&mut tokens, &raw, '\'', span)),
            Token::DoubleQuotedString(raw) => Token::SingleQuotedString(string(&mut tokens, &raw, '"', span)),
            Token::Word(word) => match suffixed(&mut tokens, word, span) {
                Some(word) => word,
                None => continue,
            },
            // `!<` and `!>` are `>=` and `<=`; `!~` is two operators.
            Token::Lt if follows(&tokens, &Token::ExclamationMark, span) => replace(&mut tokens, Token::GtEq),
            Token::Gt if follows(&tokens, &Token::ExclamationMark, span) => replace(&mut tokens, Token::LtEq),
            Token::ExclamationMarkTilde => {
                tokens.push(TokenWithSpan { token: Token::ExclamationMark, span });
                Token::Tilde
            }
            Token::LParen => {
                name_aliases(&mut tokens, span);
                Token::LParen
            }
            other => other,
        };
        tokens.push(TokenWithSpan { token, span });
    }
    lateral_views(rows_in_parentheses(whole_tables(tokens)))
}

fn last(tokens: &[TokenWithSpan]) -> Option<&TokenWithSpan> {
    tokens.last()
}

/// Whether the last token is this, with nothing between it and a place.
fn follows(tokens: &[TokenWithSpan], token: &Token, span: Span) -> bool {
    last(tokens).is_some_and(|it| it.token == *token && it.span.end == span.start)
}

/// Takes the last token away, for another to stand in its place.
fn replace(tokens: &mut Vec<TokenWithSpan>, token: Token) -> Token {
    tokens.pop();
    token
}

/// The value of a string literal: `r'..'` is raw, and strings that stand side by side are one.
fn string(tokens: &mut Vec<TokenWithSpan>, raw: &str, quote: char, span: Span) -> String {
    let is_raw = last(tokens).is_some_and(|it| {
        it.span.end == span.start
            && matches!(&it.token, Token::Word(word) if word.quote_style.is_none() && word.value.eq_ignore_ascii_case("r"))
    });
    let value = if is_raw {
        tokens.pop();
        raw.to_owned()
    } else {
        unescape(raw, quote)
    };
    match last(tokens) {
        Some(TokenWithSpan { token: Token::SingleQuotedString(before), .. }) => {
            let joined = format!("{before}{value}");
            tokens.pop();
            joined
        }
        _ => value,
    }
}

/// A word: the suffix of a number that stands right before it (`1.5BD`), a name that starts with digits, or itself,
/// with no more meaning than it has in Spark.
fn suffixed(tokens: &mut Vec<TokenWithSpan>, mut word: Word, span: Span) -> Option<Token> {
    let number = match last(tokens) {
        Some(TokenWithSpan { token: Token::Number(digits, false), span: before }) if before.end == span.start => {
            Some((digits.clone(), *before))
        }
        _ => None,
    };
    if let (Some((digits, before)), None) = (number, word.quote_style) {
        let suffix = word.value.to_ascii_uppercase();
        let token = match suffix.as_str() {
            "BD" | "D" | "F" | "L" | "S" | "Y" => Some(Token::Number(format!("{digits}{suffix}"), false)),
            _ if digits.bytes().all(|it| it.is_ascii_digit()) => Some(Token::Word(Word {
                value: format!("{digits}{}", word.value),
                quote_style: None,
                keyword: Keyword::NoKeyword,
            })),
            _ => None,
        };
        if let Some(token) = token {
            tokens.pop();
            tokens.push(TokenWithSpan { token, span: Span::new(before.start, span.end) });
            return None;
        }
    }
    if word.quote_style == Some('`') {
        word.value = word.value.replace("``", "`");
    }
    // After a dot every word is a name.
    if !KEYWORDS.contains(&word.keyword) || matches!(last(tokens), Some(TokenWithSpan { token: Token::Period, .. })) {
        word.keyword = Keyword::NoKeyword;
    }
    Some(Token::Word(word))
}

/// `explode(m) (k, v)`: what the parser knows as `explode(m) AS (k, v)`.
fn name_aliases(tokens: &mut Vec<TokenWithSpan>, span: Span) {
    if matches!(last(tokens), Some(TokenWithSpan { token: Token::RParen, .. })) {
        tokens.push(TokenWithSpan { token: keyword("AS", Keyword::AS), span });
    }
}

fn keyword(text: &str, keyword: Keyword) -> Token {
    Token::Word(Word { value: text.into(), quote_style: None, keyword })
}

fn keyword_of(token: Option<&TokenWithSpan>) -> Keyword {
    match token {
        Some(TokenWithSpan { token: Token::Word(word), .. }) => word.keyword,
        _ => Keyword::NoKeyword,
    }
}

/// The index of the parenthesis that closes the one here.
fn closing(tokens: &[TokenWithSpan], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (index, it) in tokens.iter().enumerate().skip(open) {
        match it.token {
            Token::LParen => depth += 1,
            Token::RParen if depth <= 1 => return Some(index),
            Token::RParen => depth -= 1,
            _ => {}
        }
    }
    None
}

/// `TABLE t` where a query begins is `SELECT * FROM t`.
fn whole_tables(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let named = |index: usize| matches!(tokens.get(index).map(|it| &it.token), Some(Token::Word(_)));
    let begins = |index: usize| match index.checked_sub(1).and_then(|it| tokens.get(it)).map(|it| &it.token) {
        None | Some(Token::LParen | Token::RParen) => true,
        Some(Token::Word(word)) => matches!(
            word.keyword,
            Keyword::ALL | Keyword::DISTINCT | Keyword::EXCEPT | Keyword::INTERSECT | Keyword::MINUS | Keyword::UNION
        ),
        Some(_) => false,
    };
    let whole = |index: &usize| keyword_of(tokens.get(*index)) == Keyword::TABLE && named(index + 1) && begins(*index);
    let found: BTreeSet<usize> = (0..tokens.len()).filter(whole).collect();
    if found.is_empty() {
        return tokens;
    }
    let mut out = Vec::with_capacity(tokens.len() + 2 * found.len());
    for (index, it) in tokens.into_iter().enumerate() {
        if found.contains(&index) {
            for token in [keyword("SELECT", Keyword::SELECT), Token::Mul, keyword("FROM", Keyword::FROM)] {
                out.push(TokenWithSpan { token, span: it.span });
            }
        } else {
            out.push(it);
        }
    }
    out
}

/// `VALUES 1, 2`: rows of one column are put in parentheses.
fn rows_in_parentheses(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let bare = |index: usize| {
        keyword_of(tokens.get(index)) == Keyword::VALUES
            && matches!(
                tokens.get(index + 1).map(|it| &it.token),
                Some(Token::Number(..) | Token::SingleQuotedString(_) | Token::Minus)
            )
    };
    if !(0..tokens.len()).any(bare) {
        return tokens;
    }
    let mut out = Vec::with_capacity(tokens.len() + 8);
    let mut inside = false;
    let mut depth = 0_usize;
    for (index, it) in tokens.iter().enumerate() {
        let at = |token: Token| TokenWithSpan { token, span: it.span };
        if inside && depth == 0 {
            let ends = match &it.token {
                Token::RParen | Token::SemiColon | Token::EOF => true,
                Token::Word(word) => word.keyword == Keyword::AS || CLAUSES.contains(&word.keyword),
                _ => false,
            };
            if ends || it.token == Token::Comma {
                out.push(at(Token::RParen));
            }
            if ends {
                inside = false;
            } else if it.token == Token::Comma {
                out.push(it.clone());
                out.push(at(Token::LParen));
                continue;
            }
        }
        match it.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        out.push(it.clone());
        if bare(index) {
            inside = true;
            depth = 0;
            out.push(at(Token::LParen));
        }
    }
    if inside {
        let span = tokens.last().map_or_else(Span::empty, |it| it.span);
        out.push(TokenWithSpan { token: Token::RParen, span });
    }
    out
}

/// `LATERAL VIEW explode(m) t ORDER BY k`: the parser takes the word after the view's name as the name of a column, so
/// where there is none it is given an empty one.
fn lateral_views(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut unnamed = BTreeSet::new();
    for index in 0..tokens.len() {
        if keyword_of(tokens.get(index)) != Keyword::LATERAL || keyword_of(tokens.get(index + 1)) != Keyword::VIEW {
            continue;
        }
        let Some(open) = (index..tokens.len()).find(|at| tokens.get(*at).is_some_and(|it| it.token == Token::LParen))
        else {
            continue;
        };
        // The closing parenthesis, the view's name, and then a clause.
        let Some(name) = closing(&tokens, open).map(|it| it + 1) else { continue };
        let next = keyword_of(tokens.get(name + 1));
        if CLAUSES.contains(&next) && keyword_of(tokens.get(name)) != Keyword::AS {
            unnamed.insert(name + 1);
        }
    }
    if unnamed.is_empty() {
        return tokens;
    }
    let mut out = Vec::with_capacity(tokens.len() + 2 * unnamed.len());
    for (index, it) in tokens.into_iter().enumerate() {
        if unnamed.contains(&index) {
            let empty = Word { value: String::new(), quote_style: Some('`'), keyword: Keyword::NoKeyword };
            out.push(TokenWithSpan { token: keyword("AS", Keyword::AS), span: it.span });
            out.push(TokenWithSpan { token: Token::Word(empty), span: it.span });
        }
        out.push(it);
    }
    out
}
