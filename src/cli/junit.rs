//! What became of scenarios as JUnit XML, for continuous integration.

use std::fmt::Write;
use std::time::Duration;

use super::document::word;
use super::test::Case;
use crate::scenario::Judgement;

/// One suite with a test case a scenario: a violation is a failure, bad input an error.
pub fn report(cases: &[Case], wall: Duration) -> String {
    let errors = cases.iter().filter(|case| case.judgement.is_none()).count();
    let held = cases.iter().filter(|case| case.judgement == Some(Judgement::Held)).count();
    let counts = format!("tests=\"{}\" failures=\"{}\" errors=\"{errors}\"", cases.len(), cases.len() - held - errors);
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let time = seconds(wall);
    // Writing to memory does not fail.
    let _ = writeln!(xml, "<testsuites name=\"headwater\" {counts} time=\"{time}\">");
    let _ = writeln!(xml, "  <testsuite name=\"headwater\" {counts} time=\"{time}\">");
    for case in cases {
        let name = escape(case.name.as_deref().unwrap_or(&case.file));
        let (file, time) = (escape(&case.file), seconds(case.wall));
        let _ = write!(xml, "    <testcase classname=\"{file}\" name=\"{name}\" file=\"{file}\" time=\"{time}\"");
        let (element, kind) = match case.judgement {
            Some(Judgement::Held) => {
                xml.push_str("/>\n");
                continue;
            }
            Some(judgement) => ("failure", word(judgement)),
            None => ("error", "bad input"),
        };
        let message = escape(&case.message);
        let details = escape(&anstream::adapter::strip_str(&case.details).to_string());
        let _ = writeln!(xml, ">\n      <{element} type=\"{kind}\" message=\"{message}\">{details}</{element}>");
        xml.push_str("    </testcase>\n");
    }
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

fn seconds(wall: Duration) -> String {
    format!("{:.3}", wall.as_secs_f64())
}

/// Text as XML holds it; what XML can't hold at all is replaced.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(letter),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            control if control < ' ' => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped() {
        assert_eq!(escape("a<b> & \"c\"\u{1b}[0m\n"), "a&lt;b&gt; &amp; &quot;c&quot;\u{fffd}[0m\n");
    }
}
