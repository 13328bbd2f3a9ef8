//! Java's named classes of characters, as `fancy-regex` has them between brackets.

use fancy_regex::Regex;

/// `\\h`.
pub(super) const HORIZONTAL: &str = r" \t\x{a0}\x{1680}\x{180e}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}";
/// `\\v`.
pub(super) const VERTICAL: &str = r"\n\x0b\x0c\r\x{85}\x{2028}\x{2029}";

/// A character that stands for itself, in a class and out of it.
pub(super) fn escaped(letter: char) -> String {
    match letter {
        letter if letter.is_ascii_alphanumeric() || (!letter.is_ascii() && !letter.is_control()) => letter.into(),
        letter => format!(r"\x{{{:x}}}", u32::from(letter)),
    }
}

/// What stands between brackets for `\p{name}`.
pub(super) fn property(name: &str, unicode: bool) -> Option<String> {
    let posix = match name {
        "Lower" => Some(("a-z", r"\p{Lowercase}")),
        "Upper" => Some(("A-Z", r"\p{Uppercase}")),
        "ASCII" => Some((r"\x00-\x7f", r"\x00-\x7f")),
        "Alpha" => Some(("a-zA-Z", r"\p{Alphabetic}")),
        "Digit" => Some(("0-9", r"\p{Nd}")),
        "Alnum" => Some(("a-zA-Z0-9", r"\p{Alphabetic}\p{Nd}")),
        "Punct" => Some((r"!-/:-@\[-`{-~", r"\p{P}")),
        "Graph" => Some(("!-~", r"\P{C}&&\P{Z}")),
        "Print" => Some((" -~", r"\P{C}")),
        "Blank" => Some((r" \t", r"\p{Zs}\t")),
        "Cntrl" => Some((r"\x00-\x1f\x7f", r"\p{Cc}")),
        "XDigit" => Some(("0-9a-fA-F", r"\p{Nd}\p{Hex_Digit}")),
        "Space" => Some((r" \t\n\x0b\x0c\r", r"\p{White_Space}")),
        _ => None,
    };
    if let Some((ascii, wide)) = posix {
        return Some(if unicode { wide } else { ascii }.into());
    }
    let java = match name {
        "javaLowerCase" => Some("Lowercase"),
        "javaUpperCase" => Some("Uppercase"),
        "javaAlphabetic" | "javaLetter" => Some("Alphabetic"),
        "javaDigit" => Some("Nd"),
        "javaWhitespace" | "javaSpaceChar" => Some("White_Space"),
        _ => None,
    };
    let plain = java.unwrap_or_else(|| name.strip_prefix("Is").unwrap_or(name));
    let class = match plain.split_once('=') {
        Some(("script" | "sc" | "general_category" | "gc", value)) => format!(r"\p{{{value}}}"),
        Some(_) => return None,
        None => format!(r"\p{{{plain}}}"),
    };
    Regex::new(&format!("[{class}]")).is_ok().then_some(class)
}
