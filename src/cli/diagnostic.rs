//! Mistakes as their author sees them: the place, what is wrong and the way out.

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, ThemeCharacters, ThemeStyles};

use super::look::Look;

/// The diagnostic with the lines it is about, ending in a line feed.
pub fn render(diagnostic: &dyn Diagnostic, look: &Look) -> String {
    let characters = if look.is_ascii() { ThemeCharacters::ascii() } else { ThemeCharacters::unicode() };
    let theme = GraphicalTheme { characters, styles: ThemeStyles::ansi() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(look.width).without_cause_chain();
    let mut rendered = String::new();
    if handler.render_report(&mut rendered, diagnostic).is_err() {
        rendered = diagnostic.to_string();
    }
    rendered.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}
