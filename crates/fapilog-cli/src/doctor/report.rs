//! Prints an examination: for people, or as JSON.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::{Examination, Status};

/// Widest column of subjects in characters; a longer name pushes only its own line out.
const WIDEST_SUBJECT: usize = 32;

/// Prints for people: a line a finding, in columns, and below it what repairs it.
pub fn text(examination: &Examination, out: &mut impl Write) -> io::Result<()> {
    let bold = Style::new().bold();
    let cyan = Style::new().fg_color(Some(AnsiColor::Cyan.into()));
    writeln!(
        out,
        "{bold}fapilog doctor {}{bold:#}\n",
        examination.command_version
    )?;
    let subjects = examination
        .findings
        .iter()
        .map(|finding| printable(&finding.subject));
    let width = subjects
        .map(|subject| subject.chars().count())
        .max()
        .unwrap_or_default()
        .min(WIDEST_SUBJECT);
    for finding in &examination.findings {
        let style = style(finding.status);
        let (subject, detail) = (printable(&finding.subject), printable(&finding.detail));
        writeln!(
            out,
            "  {style}{:7}{style:#}  {subject:width$}  {detail}",
            word(finding.status)
        )?;
        for hint in &finding.hints {
            let hint = printable(hint);
            let hint = hint.trim().strip_prefix("hint:").unwrap_or(&hint).trim();
            writeln!(out, "  {:7}  {:width$}  {cyan}hint:{cyan:#} {hint}", "", "")?;
        }
    }
    let summary = examination.summary;
    let style = style(examination.worst());
    writeln!(
        out,
        "\n{style}{}, {}{style:#}, {} ok",
        counted(summary.problems, "problem"),
        counted(summary.warnings, "warning"),
        summary.ok
    )
}

/// Prints for programs: one JSON object.
pub fn json(examination: &Examination, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, examination)?;
    writeln!(out)
}

/// Text from plugins without what a terminal would obey.
fn printable(text: &str) -> String {
    let invisible = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .flat_map(|c| {
            let (shown, escaped) = if invisible(c) {
                (None, Some(c.escape_unicode()))
            } else {
                (Some(c), None)
            };
            shown.into_iter().chain(escaped.into_iter().flatten())
        })
        .collect()
}

fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

const fn word(status: Status) -> &'static str {
    match status {
        Status::Ok => "ok",
        Status::Warning => "warning",
        Status::Problem => "problem",
    }
}

const fn style(status: Status) -> Style {
    let color = match status {
        Status::Ok => AnsiColor::Green,
        Status::Warning => AnsiColor::Yellow,
        Status::Problem => AnsiColor::Red,
    };
    Style::new()
        .bold()
        .fg_color(Some(anstyle::Color::Ansi(color)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Finding;

    #[test]
    fn what_a_plugin_says_can_not_steer_the_terminal() {
        let hostile = Finding::problem("plugin-loads", "plugin \u{1b}[2J", "a\rb\u{202e}c")
            .hint("\u{7}pip install x\nuv add x");
        let mut printed = Vec::new();
        text(&Examination::new(None, vec![hostile]), &mut printed).unwrap();
        let plain = anstream::adapter::strip_bytes(&printed).into_vec();
        let plain = String::from_utf8(plain).unwrap();
        assert!(
            plain.contains(r"plugin \u{1b}[2J  a\u{d}b\u{202e}c"),
            "{plain}"
        );
        assert_eq!(plain.matches("hint:").count(), 2, "{plain}");
        assert!(
            !plain.contains(['\u{1b}', '\r', '\u{7}', '\u{202e}']),
            "{plain}"
        );
    }
}
