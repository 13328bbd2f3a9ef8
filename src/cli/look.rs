//! How things look: glyphs, colours and width.
//!
//! A state is always a glyph, a word and a colour together, so that none of them has to be seen. Colours are always
//! written; a stream that is no terminal, or `NO_COLOR`, takes them out again.

use std::fmt::Display;

use anstyle::{AnsiColor, Effects, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Glyphs, each as Unicode or as ASCII has it.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    is_ascii: bool,
    /// Columns of a line.
    pub width: usize,
}

impl Look {
    pub fn new(is_ascii: bool, width: usize) -> Self {
        Look { is_ascii, width }
    }

    fn glyph(&self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.is_ascii { ascii } else { unicode }
    }

    pub fn is_ascii(&self) -> bool {
        self.is_ascii
    }

    /// Something is as it should be.
    pub fn held(&self, words: &str) -> String {
        paint(AnsiColor::Green, format!("{} {words}", self.glyph("✓", "+")))
    }

    /// Something is not as it should be.
    pub fn violated(&self, words: &str) -> String {
        paint(AnsiColor::Red, format!("{} {words}", self.glyph("✗", "x")))
    }

    /// Something has not been shown.
    pub fn untested(&self, words: &str) -> String {
        paint(AnsiColor::Yellow, format!("{} {words}", self.glyph("○", "o")))
    }

    /// Something breaks.
    pub fn fault(&self, words: &str) -> String {
        paint(AnsiColor::Magenta, format!("{} {words}", self.glyph("↯", "!")))
    }

    /// Something is mended.
    pub fn mended(&self, words: &str) -> String {
        paint(AnsiColor::Cyan, format!("{} {words}", self.glyph("↺", "~")))
    }

    /// Something is worth a look.
    pub fn warning(&self, words: &str) -> String {
        paint(AnsiColor::Yellow, format!("{} {words}", self.glyph("△", "?")))
    }

    /// Red, for what has a word of its own.
    pub fn bad(&self, words: impl Display) -> String {
        paint(AnsiColor::Red, words)
    }

    /// Green, for what has a sign of its own.
    pub fn good(&self, words: impl Display) -> String {
        paint(AnsiColor::Green, words)
    }

    /// What stands out.
    pub fn strong(&self, words: impl Display) -> String {
        styled(Style::new().effects(Effects::BOLD), words)
    }

    /// What stands back.
    pub fn faint(&self, words: impl Display) -> String {
        styled(Style::new().effects(Effects::DIMMED), words)
    }

    /// What was left out.
    pub fn ellipsis(&self) -> &'static str {
        self.glyph("…", "...")
    }

    /// What the driver printed stands behind this.
    pub fn bar(&self) -> &'static str {
        self.glyph("│", "|")
    }

    /// Text cut off where it is wider than so many columns.
    pub fn fit(&self, text: &str, columns: usize) -> String {
        if text.width() <= columns {
            return text.to_owned();
        }
        let room = columns.saturating_sub(self.ellipsis().width());
        let mut used = 0;
        let fits = |letter: &char| {
            used += letter.width().unwrap_or(0);
            used <= room
        };
        text.chars().take_while(fits).collect::<String>() + self.ellipsis()
    }

    /// Text broken between words into lines of at most this width less `indent`, all but the first indented by it.
    pub fn wrap(&self, text: &str, indent: usize) -> String {
        let room = self.width.saturating_sub(indent).max(20);
        let mut lines: Vec<String> = Vec::new();
        for paragraph in text.lines() {
            let words = paragraph.trim_start_matches(' ');
            let mut line = " ".repeat(paragraph.len() - words.len());
            let mut is_new = true;
            for word in words.split(' ') {
                if !is_new && line.width() + 1 + word.width() > room {
                    lines.push(std::mem::take(&mut line));
                    is_new = true;
                }
                if !is_new {
                    line.push(' ');
                }
                line.push_str(word);
                is_new = false;
            }
            lines.push(line);
        }
        lines.join(&format!("\n{}", " ".repeat(indent)))
    }
}

fn paint(color: AnsiColor, words: impl Display) -> String {
    styled(color.on_default(), words)
}

fn styled(style: Style, words: impl Display) -> String {
    format!("{style}{words}{style:#}")
}

/// A length of virtual time with at most three digits behind the point: `850us`, `12.5ms`, `1.25s`.
pub fn span(micros: u64) -> String {
    match micros {
        0 => "0s".into(),
        1..1_000 => format!("{micros}us"),
        1_000..1_000_000 => format!("{}ms", decimal(micros, 1_000, 3)),
        _ => format!("{}s", decimal(micros / 1_000, 1_000, 3)),
    }
}

/// A point of virtual time since the start, in seconds: `2.5s`.
pub fn clock(micros: u64) -> String {
    format!("{}s", decimal(micros, 1_000_000, 6))
}

fn decimal(number: u64, unit: u64, digits: usize) -> String {
    let text = format!("{}.{:0digits$}", number / unit, number % unit);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A number and what is counted.
pub fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_points_read_well() {
        assert_eq!([0, 850, 12_500, 1_250_999, 60_000_000].map(span), ["0s", "850us", "12.5ms", "1.25s", "60s"]);
        assert_eq!([0, 2_500_000, 1].map(clock), ["0s", "2.5s", "0.000001s"]);
    }

    #[test]
    fn text_is_cut_and_broken_by_columns() {
        let look = Look::new(false, 30);
        assert_eq!(look.fit("日本語です", 10), "日本語です");
        assert_eq!(look.fit("日本語です", 9), "日本語で…");
        assert_eq!(Look::new(true, 80).fit("abcdefgh", 6), "abc...");
        assert_eq!(look.wrap("one two three four five six", 8), "one two three four\n        five six");
        assert_eq!(
            look.wrap("Traceback:\n  File \"a.py\"", 2),
            "Traceback:\n    File \"a.py\"",
            "what is indented stays"
        );
    }
}
