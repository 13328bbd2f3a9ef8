//! How deep the tree of a text will be, told from its tokens: whoever walks the tree needs stack for it.
//!
//! The parser bounds how deep parentheses nest, but a chain of operators (`1 + 1 + 1 + ..`) is a deep tree without any.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// The deepest tree of an expression or a plan.
const MAX_DEPTH: usize = 400;
/// The deepest tree with `AND` and `OR` as they are written, before they are balanced.
const MAX_WRITTEN_DEPTH: usize = 4000;

/// One level of parentheses.
#[derive(Default)]
struct Level {
    /// The depth of what was read since the last comma or clause, `AND` and `OR` balanced or as written.
    now: [usize; 2],
    /// The depth of what stands before.
    before: [usize; 2],
    /// Joins and set operations, which make a plan that is one level deeper each.
    relations: usize,
    logical: bool,
}

impl Level {
    /// What is read next is no deeper for what was read before.
    fn part(&mut self) {
        for (before, now) in self.before.iter_mut().zip(&mut self.now) {
            *before = (*before).max(*now);
            *now = 0;
        }
    }

    fn operator(&mut self) {
        self.now.iter_mut().for_each(|it| *it += 1);
    }

    /// The depth of the whole level; a balanced tree of connectives is taken to be 24 deep.
    fn depth(&self) -> [usize; 2] {
        let balanced = if self.logical { 24 } else { 0 };
        let of = |index: usize| self.before[index].max(self.now[index]) + self.relations;
        [of(0) + balanced, of(1)]
    }
}

/// Whether the tree of these tokens is shallow enough to be walked.
pub(super) fn is_shallow(tokens: &[TokenWithSpan]) -> bool {
    let mut outer: Vec<Level> = Vec::new();
    let mut level = Level::default();
    for it in tokens {
        match &it.token {
            Token::LParen | Token::LBracket => {
                level.operator();
                outer.push(std::mem::take(&mut level));
            }
            Token::RParen | Token::RBracket => {
                let inner = level.depth();
                level = outer.pop().unwrap_or_default();
                for (now, inner) in level.now.iter_mut().zip(inner) {
                    *now = (*now).max(inner + 2);
                }
            }
            Token::Comma => level.part(),
            Token::Word(word) => match word.keyword {
                Keyword::AND | Keyword::OR => {
                    level.logical = true;
                    let written = level.now[1] + 1;
                    level.part();
                    level.now[1] = written;
                }
                Keyword::UNION | Keyword::EXCEPT | Keyword::MINUS | Keyword::INTERSECT | Keyword::JOIN => {
                    level.relations += 1;
                    level.part();
                }
                Keyword::LATERAL => level.relations += 1,
                Keyword::SELECT | Keyword::FROM | Keyword::WHERE | Keyword::HAVING => level.part(),
                Keyword::BETWEEN
                | Keyword::DIV
                | Keyword::ILIKE
                | Keyword::IN
                | Keyword::IS
                | Keyword::LIKE
                | Keyword::NOT
                | Keyword::REGEXP
                | Keyword::RLIKE => level.operator(),
                _ => {}
            },
            Token::Number(..) | Token::SingleQuotedString(_) => {}
            _ => level.operator(),
        }
        let [balanced, written] = level.depth();
        if balanced > MAX_DEPTH || written > MAX_WRITTEN_DEPTH {
            return false;
        }
    }
    true
}
