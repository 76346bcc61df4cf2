//! `invisible-unicode`

use crate::lines::{Lines, is_invisible};
use crate::package::File;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule, Stage, Threat};

pub(crate) static RULE: Rule = Rule {
    id: "invisible-unicode",
    family: Family::Security,
    severity: Severity::Error,
    title: "the source has no invisible characters",
    reason: "Characters without width, or that turn the direction of text, make code look like other code.",
    hint: "write such characters as escapes, such as backslash and `u200b`",
    threat: Some(Threat {
        stage: Stage::Hide,
        specificity: 10,
    }),
    check: Check::File(check),
};

/// Variation selectors after these are how emoji are written.
fn is_emoji(c: char) -> bool {
    matches!(c, '\u{23}' | '\u{2a}' | '\u{30}'..='\u{39}' | '\u{a9}' | '\u{ae}' | '\u{200d}' | '\u{203c}'..='\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

fn check(file: &File<'_>, found: &mut Found<'_>) {
    let is_code = [".py", ".pyw", ".pyi", ".pth", ".toml", ".cfg", ".sh"]
        .iter()
        .any(|end| file.path.ends_with(end));
    let is_text = file.path.ends_with(".txt");
    if !(is_code || is_text) || file.bytes.is_ascii() {
        return;
    }
    let Ok(text) = std::str::from_utf8(file.bytes) else {
        return;
    };
    let mut lines = None;
    let mut last = ' ';
    let mut last_line = 0;
    for (offset, c) in text.char_indices() {
        let before = std::mem::replace(&mut last, c);
        if offset == 0 || !is_invisible(c) {
            continue;
        }
        let end = offset + c.len_utf8();
        let after = text.get(end..).and_then(|rest| rest.chars().next());
        if belongs(c, before, after.unwrap_or(' ')) {
            continue;
        }
        let lines = lines.get_or_insert_with(|| Lines::new(text));
        let place = lines.place(offset, end);
        // One finding a line: hidden text is long.
        if std::mem::replace(&mut last_line, place.line) != place.line {
            let message = format!("the invisible character U+{:04X}", u32::from(c));
            // Nothing runs a text or a comment; but what turns the direction makes code of it to the
            // eye.
            let is_read_only = !is_code || lines.text(place.line).trim_start().starts_with('#');
            let severity = match is_read_only && !turns(c) {
                true => Severity::Note,
                false => RULE.severity,
            };
            found.place_as(severity, file.path, &place, message);
        }
    }
}

/// Characters that change the direction of text.
fn turns(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a character is part of how its neighbours are written.
fn belongs(c: char, before: char, after: char) -> bool {
    match c {
        // Emoji are joined and varied; so are mathematical signs.
        '\u{fe00}'..='\u{fe0f}' | '\u{200d}' if is_emoji(before) || before == '\u{fe0f}' => true,
        '\u{fe00}' => is_mathematical(before),
        // Joiners choose the form of letters in scripts that have several (Unicode TR 31, 2.3).
        '\u{200c}' | '\u{200d}' => has_forms(before),
        // These scripts put no spaces between words; this says where a line may end.
        '\u{200b}' => is_without_spaces(before) && is_without_spaces(after),
        _ => false,
    }
}

fn is_mathematical(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{22ff}' | '\u{2a00}'..='\u{2aff}')
}

/// Arabic, Syriac, the scripts of India from Devanagari to Sinhala, Myanmar, Mongolian.
fn has_forms(c: char) -> bool {
    matches!(c, '\u{620}'..='\u{74f}' | '\u{8a0}'..='\u{dff}' | '\u{1000}'..='\u{109f}' | '\u{1820}'..='\u{18aa}')
}

/// Thai, Lao, Tibetan, Myanmar, Khmer.
fn is_without_spaces(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{109f}' | '\u{1780}'..='\u{17ff}')
}

#[cfg(test)]
mod tests {
    use super::belongs;

    #[test]
    fn joiners_belong_to_scripts_that_join() {
        assert!(belongs('\u{200c}', '\u{644}', '\u{645}'));
        assert!(belongs('\u{200d}', '\u{d4d}', '\u{d15}'));
        assert!(belongs('\u{200b}', '\u{e99}', '\u{eaa}'));
        assert!(!belongs('\u{200d}', 'a', 'b'));
        assert!(!belongs('\u{200b}', 'a', '\u{e99}'));
        assert!(!belongs('\u{202e}', '\u{644}', '\u{645}'));
    }
}
