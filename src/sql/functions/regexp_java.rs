//! Java's regular expressions as those of `fancy-regex`: the pattern is rewritten where the two differ, and refused where
//! Java refuses what the other takes.
//!
//! The differences: Java's `\d`, `\w`, `\s`, `\b` and POSIX classes know ASCII only unless `(?U)` is said; `$` and `\Z`
//! also match before the line end that ends the text; `.` and `^$` with `(?m)` know six kinds of line ends; `\Q..\E`
//! quotes; a case-insensitive match leaves letters outside ASCII alone unless `(?u)` is said.

use std::iter::Peekable;
use std::str::Chars;

use super::regexp_classes::{HORIZONTAL, VERTICAL, escaped, property};

/// Line ends, as a class has them.
const LINE_ENDS: &str = r"\n\r\x{85}\x{2028}\x{2029}";

/// Classes within classes deeper than this are refused.
const DEEPEST: usize = 100;

/// The flags in force, of which a group has its own.
#[derive(Clone, Copy, Default)]
struct Flags {
    insensitive: bool,
    unicode_case: bool,
    unicode_classes: bool,
    multiline: bool,
    dot_all: bool,
    unix_lines: bool,
    comments: bool,
}

struct Translator<'a> {
    rest: Peekable<Chars<'a>>,
    out: String,
    flags: Flags,
    /// The flags outside of each open group.
    outer: Vec<Flags>,
}

/// The pattern in `fancy-regex`'s syntax; `None` where it is none of Java's.
pub(super) fn translate(pattern: &str) -> Option<String> {
    let mut translator = Translator {
        rest: pattern.chars().peekable(),
        out: String::with_capacity(pattern.len() + 8),
        flags: Flags::default(),
        outer: Vec::new(),
    };
    translator.run()?;
    Some(translator.out)
}

impl Translator<'_> {
    fn run(&mut self) -> Option<()> {
        let mut repeatable = false;
        while let Some(letter) = self.rest.next() {
            let was_repeatable = std::mem::replace(&mut repeatable, true);
            match letter {
                '\\' => repeatable = self.escape()?,
                '[' => {
                    let class = self.class(0)?;
                    let cased = if self.flags.insensitive { format!("(?i:{class})") } else { class };
                    self.out.push_str(&cased);
                }
                '(' => {
                    self.group()?;
                    repeatable = false;
                }
                ')' => {
                    self.flags = self.outer.pop()?;
                    self.out.push(')');
                }
                '.' => {
                    let dot = match self.flags {
                        Flags { dot_all: true, .. } => r"(?s:.)".to_owned(),
                        Flags { unix_lines: true, .. } => r"[^\n]".to_owned(),
                        _ => format!("[^{LINE_ENDS}]"),
                    };
                    self.out.push_str(&dot);
                }
                '^' => {
                    let begin = match self.flags {
                        Flags { multiline: false, .. } => r"\A".to_owned(),
                        Flags { unix_lines: true, .. } => r"(?:\A|(?<=\n)(?!\z))".to_owned(),
                        _ => format!(r"(?:\A|(?<=[{LINE_ENDS}])(?!(?<=\r)\n)(?!\z))"),
                    };
                    self.out.push_str(&begin);
                }
                '$' => {
                    let end = self.end();
                    self.out.push_str(&end);
                }
                '|' => {
                    self.out.push('|');
                    repeatable = false;
                }
                '*' | '+' | '?' => {
                    if !was_repeatable {
                        return None;
                    }
                    self.out.push(letter);
                    self.greed();
                }
                '{' => {
                    if !was_repeatable {
                        return None;
                    }
                    self.bounds()?;
                    self.greed();
                }
                '#' if self.flags.comments => {
                    while self.rest.next_if(|it| *it != '\n').is_some() {}
                    repeatable = was_repeatable;
                }
                space if self.flags.comments && space.is_ascii_whitespace() => repeatable = was_repeatable,
                letter => self.literal(letter),
            }
        }
        self.outer.is_empty().then_some(())
    }

    /// `*?`, `*+`: how a repetition gives way.
    fn greed(&mut self) {
        if let Some(mark) = self.rest.next_if(|it| matches!(it, '?' | '+')) {
            self.out.push(mark);
        }
    }

    /// `{2}`, `{2,}`, `{2,3}`.
    fn bounds(&mut self) -> Option<()> {
        let mut text = String::new();
        loop {
            match self.rest.next()? {
                '}' => break,
                letter => text.push(letter),
            }
        }
        let number = |it: &str| !it.is_empty() && it.bytes().all(|digit| digit.is_ascii_digit());
        let fine = match text.split_once(',') {
            Some((least, most)) => {
                number(least)
                    && (most.is_empty() || (number(most) && least.parse::<u32>().ok()? <= most.parse::<u32>().ok()?))
            }
            None => number(&text),
        };
        if !fine {
            return None;
        }
        self.out.push('{');
        self.out.push_str(&text);
        self.out.push('}');
        Some(())
    }

    /// The end of the text or the line end that ends it; with `(?m)` every line's end.
    fn end(&self) -> String {
        match self.flags {
            Flags { multiline: true, unix_lines: true, .. } => r"(?=\n|\z)".to_owned(),
            Flags { multiline: true, .. } => format!(r"(?:(?=[{LINE_ENDS}]|\z)(?!(?<=\r)\n))"),
            Flags { unix_lines: true, .. } => r"(?=\n?\z)".to_owned(),
            _ => format!(r"(?:(?=(?:\r\n|[{LINE_ENDS}])?\z)(?!(?<=\r)\n))"),
        }
    }

    fn literal(&mut self, letter: char) {
        let text = self.letter(letter);
        self.out.push_str(&text);
    }

    /// One letter, in both cases where the flags say so.
    fn letter(&self, letter: char) -> String {
        let escaped = escaped(letter);
        let cased = letter.is_ascii_alphabetic() || (self.flags.unicode_case && letter.is_alphabetic());
        match (self.flags.insensitive && cased, letter.is_ascii_alphabetic()) {
            // the other case by hand: the long s and the Kelvin sign are no ASCII letters
            (true, true) if !self.flags.unicode_case => {
                format!("[{}{}]", letter.to_ascii_lowercase(), letter.to_ascii_uppercase())
            }
            (true, _) => format!("(?i:{escaped})"),
            (false, _) => escaped,
        }
    }

    /// After `(`: what kind of group it is.
    fn group(&mut self) -> Option<()> {
        self.outer.push(self.flags);
        self.out.push('(');
        if self.rest.next_if_eq(&'?').is_none() {
            return Some(());
        }
        let next = *self.rest.peek()?;
        match next {
            ':' | '=' | '!' | '>' => {
                self.rest.next();
                self.out.push('?');
                self.out.push(next);
                Some(())
            }
            '<' => {
                self.rest.next();
                self.out.push_str("?<");
                if let Some(mark) = self.rest.next_if(|it| matches!(it, '=' | '!')) {
                    self.out.push(mark);
                    return Some(());
                }
                let mut name = String::new();
                loop {
                    match self.rest.next()? {
                        '>' => break,
                        letter if letter.is_ascii_alphanumeric() => name.push(letter),
                        _ => return None,
                    }
                }
                name.starts_with(|it: char| it.is_ascii_alphabetic()).then(|| {
                    self.out.push_str(&name);
                    self.out.push('>');
                })
            }
            _ => self.flag_group(),
        }
    }

    /// `(?i)`, `(?i-m:..)`. Flags are written out at each place, so the group itself says none.
    fn flag_group(&mut self) -> Option<()> {
        let mut flags = self.flags;
        let mut on = true;
        loop {
            match self.rest.next()? {
                '-' if on => on = false,
                'i' => flags.insensitive = on,
                'u' => flags.unicode_case = on,
                'U' => {
                    flags.unicode_classes = on;
                    flags.unicode_case |= on;
                }
                'm' => flags.multiline = on,
                's' => flags.dot_all = on,
                'd' => flags.unix_lines = on,
                'x' => flags.comments = on,
                ':' => {
                    self.flags = flags;
                    self.out.push_str("?:");
                    return Some(());
                }
                ')' => {
                    // in force until the group around it ends
                    self.outer.pop();
                    self.out.pop();
                    self.out.push_str("(?:)");
                    self.flags = flags;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    /// After `\` outside of a class. Whether the thing can be repeated comes back.
    fn escape(&mut self) -> Option<bool> {
        let letter = *self.rest.peek()?;
        match letter {
            'Q' => {
                self.rest.next();
                let mut quoted = String::new();
                for letter in self.rest.by_ref() {
                    quoted.push(letter);
                    if quoted.ends_with("\\E") {
                        quoted.truncate(quoted.len() - 2);
                        break;
                    }
                }
                quoted.chars().for_each(|letter| self.literal(letter));
                return Some(!quoted.is_empty());
            }
            'A' | 'z' => {
                self.rest.next();
                self.out.push('\\');
                self.out.push(letter);
            }
            'Z' => {
                self.rest.next();
                let end = Translator { flags: Flags { multiline: false, ..self.flags }, ..self.nothing() }.end();
                self.out.push_str(&end);
            }
            'b' | 'B' => {
                self.rest.next();
                self.out.push('\\');
                self.out.push(letter);
            }
            'G' => return None,
            'R' => {
                self.rest.next();
                self.out.push_str(r"(?:\r\n|[\n\x0b\x0c\r\x{85}\x{2028}\x{2029}])");
            }
            'X' => {
                self.rest.next();
                self.out.push_str(r"(?:\r\n|\P{M}\p{M}*|\p{M}+)");
            }
            'k' => {
                self.rest.next();
                self.rest.next_if_eq(&'<')?;
                let mut name = String::new();
                loop {
                    match self.rest.next()? {
                        '>' => break,
                        letter => name.push(letter),
                    }
                }
                self.out.push_str(&format!(r"\k<{name}>"));
            }
            '1'..='9' => {
                self.rest.next();
                self.out.push_str(&format!(r"(?:\{letter})"));
            }
            _ => match self.class_escape()? {
                Piece::Letter(letter) => self.literal(letter),
                Piece::Class(class) => self.out.push_str(&format!("[{class}]")),
            },
        }
        Some(true)
    }

    fn nothing(&self) -> Translator<'static> {
        Translator { rest: "".chars().peekable(), out: String::new(), flags: self.flags, outer: Vec::new() }
    }

    /// After `\`, in a class or out of it: one character, or a class of them.
    fn class_escape(&mut self) -> Option<Piece> {
        let letter = self.rest.next()?;
        let hex = |digits: &str| u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
        Some(match letter {
            't' => Piece::Letter('\t'),
            'n' => Piece::Letter('\n'),
            'r' => Piece::Letter('\r'),
            'f' => Piece::Letter('\x0c'),
            'a' => Piece::Letter('\x07'),
            'e' => Piece::Letter('\x1b'),
            'c' => Piece::Letter(char::from_u32(u32::from(self.rest.next()?) ^ 64)?),
            '0' => {
                let mut code = self.rest.next_if(|it| it.is_digit(8))?.to_digit(8)?;
                for _ in 0..2 {
                    let Some(digit) = self.rest.peek().and_then(|it| it.to_digit(8)) else { break };
                    if code * 8 + digit > 0o377 {
                        break;
                    }
                    self.rest.next();
                    code = code * 8 + digit;
                }
                Piece::Letter(char::from_u32(code)?)
            }
            'x' if self.rest.next_if_eq(&'{').is_some() => {
                let mut digits = String::new();
                loop {
                    match self.rest.next()? {
                        '}' => break,
                        digit => digits.push(digit),
                    }
                }
                Piece::Letter(hex(&digits)?)
            }
            'x' => Piece::Letter(hex(&self.take(2)?)?),
            'u' => {
                let unit = u32::from_str_radix(&self.take(4)?, 16).ok()?;
                let pair = (0xd800..0xdc00).contains(&unit);
                if pair && self.rest.next_if_eq(&'\\').is_some() {
                    self.rest.next_if_eq(&'u')?;
                    let low = u32::from_str_radix(&self.take(4)?, 16).ok()?.checked_sub(0xdc00)?;
                    Piece::Letter(char::from_u32(0x10000 + ((unit - 0xd800) << 10) + low)?)
                } else {
                    Piece::Letter(char::from_u32(unit)?)
                }
            }
            'd' | 'D' | 'w' | 'W' | 's' | 'S' if self.flags.unicode_classes => Piece::Class(format!(r"\{letter}")),
            'd' => Piece::Class("0-9".into()),
            'D' => Piece::Class("[^0-9]".into()),
            'w' => Piece::Class("a-zA-Z0-9_".into()),
            'W' => Piece::Class("[^a-zA-Z0-9_]".into()),
            's' => Piece::Class(r" \t\n\x0b\x0c\r".into()),
            'S' => Piece::Class(r"[^ \t\n\x0b\x0c\r]".into()),
            'h' => Piece::Class(HORIZONTAL.into()),
            'H' => Piece::Class(format!("[^{HORIZONTAL}]")),
            'v' => Piece::Class(VERTICAL.into()),
            'V' => Piece::Class(format!("[^{VERTICAL}]")),
            'p' | 'P' => {
                let name = if self.rest.next_if_eq(&'{').is_some() {
                    let mut name = String::new();
                    loop {
                        match self.rest.next()? {
                            '}' => break name,
                            letter => name.push(letter),
                        }
                    }
                } else {
                    self.take(1)?
                };
                let class = property(&name, self.flags.unicode_classes)?;
                Piece::Class(if letter == 'p' { class } else { format!("[^{class}]") })
            }
            letter if letter.is_ascii_alphanumeric() => return None,
            letter => Piece::Letter(letter),
        })
    }

    fn take(&mut self, count: usize) -> Option<String> {
        (0..count).map(|_| self.rest.next()).collect()
    }

    /// After `[`: a class, with unions and intersections within.
    fn class(&mut self, depth: usize) -> Option<String> {
        if depth > DEEPEST {
            return None;
        }
        let mut class = String::from("[");
        if self.rest.next_if_eq(&'^').is_some() {
            class.push('^');
        }
        let mut operand_empty = true;
        let mut first = true;
        loop {
            let letter = self.rest.next()?;
            match letter {
                ']' if !first && !operand_empty => {
                    class.push(']');
                    break;
                }
                ']' if !first => return None,
                '[' => {
                    let inner = self.class(depth + 1)?;
                    class.push_str(&inner);
                }
                '&' if self.rest.next_if_eq(&'&').is_some() => {
                    if operand_empty {
                        return None;
                    }
                    class.push_str("&&");
                    operand_empty = true;
                    first = false;
                    continue;
                }
                letter if self.flags.comments && letter.is_ascii_whitespace() => continue,
                letter => {
                    let piece = if letter == '\\' { self.class_piece()? } else { Piece::Letter(letter) };
                    self.range(piece, &mut class)?;
                }
            }
            operand_empty = false;
            first = false;
        }
        Some(class)
    }

    /// After `\` in a class.
    fn class_piece(&mut self) -> Option<Piece> {
        if self.rest.next_if_eq(&'Q').is_none() {
            return self.class_escape();
        }
        let mut quoted = String::new();
        loop {
            quoted.push(self.rest.next()?);
            if quoted.ends_with("\\E") {
                quoted.truncate(quoted.len() - 2);
                return Some(Piece::Class(quoted.chars().map(escaped).collect()));
            }
        }
    }

    /// A piece of a class, and the end of the range that it begins.
    fn range(&mut self, piece: Piece, class: &mut String) -> Option<()> {
        let from = match piece {
            Piece::Class(inner) => {
                class.push_str(&inner);
                return Some(());
            }
            Piece::Letter(letter) => letter,
        };
        class.push_str(&escaped(from));
        let mut ahead = self.rest.clone();
        let is_range = ahead.next() == Some('-') && !matches!(ahead.next(), None | Some(']' | '['));
        if !is_range {
            return Some(());
        }
        self.rest.next();
        let to = match self.rest.next()? {
            '\\' => match self.class_escape()? {
                Piece::Letter(letter) => letter,
                Piece::Class(_) => return None,
            },
            letter => letter,
        };
        if to < from {
            return None;
        }
        class.push('-');
        class.push_str(&escaped(to));
        Some(())
    }
}

/// What an escape stands for.
enum Piece {
    Letter(char),
    /// What stands between brackets.
    Class(String),
}
