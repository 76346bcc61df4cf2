//! Badges: a small picture that says one thing about a plugin, and the same as data for services that
//! draw it themselves (shields' endpoint schema).

use serde::Serialize;

/// Height of a badge in pixels.
const HEIGHT: u32 = 20;
/// Space on both sides of a text.
const PADDING: u32 = 6;
/// Longest text of one half in characters.
const MAX_CHARACTERS: usize = 40;

/// What a badge says by its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// A fact, neither good nor bad.
    Plain,
    /// Worth a look.
    Warning,
    /// Not as it should be.
    Bad,
    /// Not known.
    Unknown,
}

impl Tone {
    /// Dark enough for white text on it (WCAG AA).
    fn colour(self) -> &'static str {
        match self {
            Self::Good => "#1d6b34",
            Self::Plain => "#0b6b5d",
            Self::Warning => "#8a5a00",
            Self::Bad => "#a3281d",
            Self::Unknown => "#545e5a",
        }
    }
}

/// A badge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Badge {
    /// What it is about.
    pub label: &'static str,
    /// What it says.
    pub message: String,
    /// How it is meant.
    pub tone: Tone,
}

/// A badge as data: <https://shields.io/badges/endpoint-badge>.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shield<'a> {
    schema_version: u8,
    label: &'a str,
    message: &'a str,
    color: &'static str,
    is_error: bool,
    cache_seconds: u32,
}

impl Badge {
    /// A badge; a message that is too long is cut.
    #[must_use]
    pub fn new(label: &'static str, message: &str, tone: Tone) -> Self {
        let mut cut: String = message.chars().take(MAX_CHARACTERS).collect();
        if message.chars().count() > MAX_CHARACTERS {
            cut.push('…');
        }
        Self {
            label,
            message: cut,
            tone,
        }
    }

    /// The badge as data.
    #[must_use]
    pub fn shield(&self) -> Shield<'_> {
        Shield {
            schema_version: 1,
            label: self.label,
            message: &self.message,
            color: self.tone.colour(),
            is_error: self.tone == Tone::Bad,
            cache_seconds: 300,
        }
    }

    /// The badge as a picture.
    #[must_use]
    pub fn svg(&self) -> String {
        let (left, right) = (width(self.label), width(&self.message));
        let all = left + right;
        let (label, message) = (escaped(self.label), escaped(&self.message));
        let text = |x: u32, length: u32, text: &str| {
            format!("<text x=\"{x}\" y=\"14\" textLength=\"{length}\">{text}</text>")
        };
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{all}\" height=\"{HEIGHT}\" \
             role=\"img\" aria-label=\"{label}: {message}\"><title>{label}: {message}</title>\
             <clipPath id=\"r\"><rect width=\"{all}\" height=\"{HEIGHT}\" rx=\"4\"/></clipPath>\
             <g clip-path=\"url(#r)\"><rect width=\"{left}\" height=\"{HEIGHT}\" fill=\"#333b38\"/>\
             <rect x=\"{left}\" width=\"{right}\" height=\"{HEIGHT}\" fill=\"{}\"/></g>\
             <g fill=\"#fff\" font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"11\">{}{}</g>\
             </svg>",
            self.tone.colour(),
            text(PADDING, left - 2 * PADDING, &label),
            text(left + PADDING, right - 2 * PADDING, &message),
        )
    }
}

/// Width of a half in pixels: that of its letters in Verdana at 11 pixels, and the padding. `textLength`
/// makes other fonts fit.
fn width(text: &str) -> u32 {
    let tenths: u32 = text
        .chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | '.' | ',' | ':' | '\'' | '|' | '!' => 35,
            'f' | 'r' | 't' | ' ' | '(' | ')' | '-' => 45,
            'm' | 'w' | 'M' | 'W' | '…' => 100,
            'A'..='Z' => 78,
            _ => 68,
        })
        .sum();
    tenths.div_ceil(10) + 2 * PADDING
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !c.is_control()) {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_says_its_text_and_nothing_that_acts() {
        let badge = Badge::new(
            "version",
            "1.0\"><script>alert('x')</script>&\u{1}",
            Tone::Plain,
        );
        let svg = badge.svg();
        assert!(
            svg.contains("version: 1.0&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)"),
            "{svg}"
        );
        assert!(!svg.contains("<script") && !svg.contains('\u{1}'));
    }

    #[test]
    fn long_messages_are_cut_and_wider_than_short_ones() {
        let long = Badge::new("core", &"x".repeat(1000), Tone::Good);
        assert_eq!(long.message.chars().count(), 41);
        assert!(width(&long.message) > width("x"));
    }

    #[test]
    fn the_data_follow_the_schema() {
        let badge = Badge::new("core", "3.0 – 3.2", Tone::Good);
        let json = serde_json::to_value(badge.shield()).unwrap();
        assert_eq!(json["schemaVersion"], 1);
        assert_eq!(json["message"], "3.0 – 3.2");
        assert_eq!(json["color"], "#1d6b34");
        assert_eq!(json["isError"], false);
    }
}
