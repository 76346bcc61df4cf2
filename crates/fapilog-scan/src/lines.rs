//! Places in a text, for people: lines, columns and an excerpt.

use crate::report::Place;

/// Longest excerpt in characters.
const MAX_EXCERPT_CHARS: usize = 160;
/// Characters shown before a place in a long line.
const BEFORE: usize = 40;

/// Offsets at which lines begin.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(ends.map(|(at, _)| at + 1));
        Self {
            text,
            starts: starts.collect(),
        }
    }

    /// The line of an offset, counted from 1.
    pub(crate) fn line(&self, offset: usize) -> u32 {
        let line = self.starts.partition_point(|start| *start <= offset);
        u32::try_from(line).unwrap_or(u32::MAX)
    }

    /// The text of a line, counted from 1, without its end.
    pub(crate) fn text(&self, line: u32) -> &'a str {
        let index = (line as usize).saturating_sub(1);
        let Some(start) = self.starts.get(index) else {
            return "";
        };
        let end = self
            .starts
            .get(index + 1)
            .map_or(self.text.len(), |end| end - 1);
        let text = self.text.get(*start..end.max(*start)).unwrap_or_default();
        text.strip_suffix('\r').unwrap_or(text)
    }

    /// The place that a line is, counted from 1.
    pub(crate) fn whole(&self, line: u32) -> Place {
        let index = (line as usize).saturating_sub(1);
        let start = self.starts.get(index).copied().unwrap_or(0);
        self.place(start, start + self.text(line).len())
    }

    fn column(&self, offset: usize) -> usize {
        let line = self.line(offset) as usize;
        let start = self
            .starts
            .get(line.saturating_sub(1))
            .copied()
            .unwrap_or(0);
        let before = self.text.get(start..offset).unwrap_or_default();
        before.chars().count() + 1
    }

    /// The place from `start` to `end`, both offsets in bytes.
    pub(crate) fn place(&self, start: usize, end: usize) -> Place {
        let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let (line, end_line) = (self.line(start), self.line(end));
        let column = self.column(start);
        let end_column = self.column(end);
        let text = self.text(line);
        let length = text.chars().count();
        // A long line is shown around the place.
        let first = match length > MAX_EXCERPT_CHARS {
            true => (column - 1).saturating_sub(BEFORE),
            false => 0,
        };
        let shown: Vec<char> = text.chars().skip(first).take(MAX_EXCERPT_CHARS).collect();
        let ends_at = match end_line == line {
            true => end_column - 1,
            false => length,
        };
        let (from, to) = (
            (column - 1 - first).min(shown.len()),
            ends_at.saturating_sub(first),
        );
        let to = to.clamp(from, shown.len());
        let part = |range: std::ops::Range<usize>| -> String {
            shown
                .get(range)
                .unwrap_or_default()
                .iter()
                .flat_map(|c| visible(*c))
                .collect()
        };
        let (before, inside, after) = (part(0..from), part(from..to), part(to..shown.len()));
        Place {
            line,
            column: narrow(column),
            end_line,
            end_column: narrow(end_column),
            excerpt_start: narrow(before.chars().count()),
            excerpt_length: narrow(inside.chars().count().max(1)),
            excerpt: format!("{before}{inside}{after}"),
        }
    }
}

/// A character as it may be shown: what steers terminals or hides is escaped.
pub(crate) fn visible(c: char) -> Vec<char> {
    if c == '\t' {
        return vec![' '];
    }
    if c.is_control() || is_invisible(c) {
        return c.escape_unicode().collect();
    }
    vec![c]
}

/// Characters that change the direction of text or have no width.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Text of a package as it may be shown.
pub(crate) fn printable(text: &str) -> String {
    text.chars().flat_map(visible).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_lines_and_characters() {
        let text = "a = 1\r\nß = exec('x')\n";
        let start = text.find("exec").unwrap();
        let place = Lines::new(text).place(start, start + 9);
        assert_eq!(
            (place.line, place.column, place.end_line, place.end_column),
            (2, 5, 2, 14)
        );
        assert_eq!(place.excerpt, "ß = exec('x')");
        assert_eq!((place.excerpt_start, place.excerpt_length), (4, 9));
    }

    #[test]
    fn long_lines_are_shown_around_the_place_and_nothing_is_hidden() {
        let text = format!("{}\u{202e}exec(x){}", "a".repeat(500), "b".repeat(500));
        let start = text.find("exec").unwrap();
        let place = Lines::new(&text).place(start, start + 7);
        assert!(
            place.excerpt.contains(r"\u{202e}exec(x)"),
            "{}",
            place.excerpt
        );
        let shown: String = place
            .excerpt
            .chars()
            .skip(place.excerpt_start as usize)
            .take(7)
            .collect();
        assert_eq!(shown, "exec(x)");
        assert!(Lines::new("").place(0, 0).excerpt.is_empty());
    }
}
