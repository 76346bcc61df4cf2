//! What tools tell, for people to read: a file for each verb.

pub mod bench;
pub mod dev;
pub mod docs;
pub mod explain;
pub mod profile;
pub mod progress;
mod quantity;
mod table;
pub mod trace;

pub use quantity::{bytes, micros, nanos, thousands};
pub use table::Table;

use anstyle::{AnsiColor, Style};

/// Headings.
pub const BOLD: Style = Style::new().bold();
/// What is less important.
pub const DIM: Style = Style::new().dimmed();
/// What came in, or went.
pub const RED: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Red)));
/// What went out, or is new.
pub const GREEN: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Green)));
/// What needs attention.
pub const YELLOW: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Yellow)));

/// A value of a record in one line, cut after so many characters; control characters, which could
/// write to the terminal, are spelled out.
pub fn value_text(value: &serde_json::Value, most: usize) -> String {
    let text = match value {
        serde_json::Value::String(text) => format!("\"{text}\""),
        other => other.to_string(),
    };
    cut(&printable(&text), most)
}

/// Text without control characters.
pub fn printable(text: &str) -> String {
    text.chars()
        .flat_map(|character| {
            if character.is_control() {
                character.escape_default().collect::<Vec<_>>()
            } else {
                vec![character]
            }
        })
        .collect()
}

/// Text of at most so many characters.
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_one_line_and_writes_nothing_to_the_terminal() {
        assert_eq!(
            value_text(&serde_json::json!("a\u{1b}[31m\nb"), 80),
            "\"a\\u{1b}[31m\\nb\""
        );
        assert_eq!(value_text(&serde_json::json!("abcdef"), 5), "\"abc…");
        assert_eq!(
            value_text(&serde_json::json!({"a": [1]}), 80),
            "{\"a\":[1]}"
        );
    }
}
