//! Rows in columns.

use std::io::{self, Write};

use anstyle::Style;

/// Prints rows under a bold head; the last column may be as long as it likes.
pub fn print<const N: usize>(
    out: &mut impl Write,
    head: [&str; N],
    rows: &[[String; N]],
) -> io::Result<()> {
    let bold = Style::new().bold();
    let mut widths = head.map(|text| text.chars().count());
    for row in rows {
        for (width, text) in widths.iter_mut().zip(row) {
            *width = (*width).max(text.chars().count());
        }
    }
    let line = |texts: &[&str]| {
        let padded = texts.iter().zip(widths).map(|(text, width)| {
            // Padded by characters: what is named here is mostly ASCII.
            let space = width.saturating_sub(text.chars().count());
            format!("{text}{}", " ".repeat(space))
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    writeln!(out, "{bold}{}{bold:#}", line(&head))?;
    for row in rows {
        let texts: Vec<&str> = row.iter().map(String::as_str).collect();
        writeln!(out, "{}", line(&texts))?;
    }
    Ok(())
}

/// Text from outside, without what could move a terminal's cursor.
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
