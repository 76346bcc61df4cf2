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
    let is_code = [
        ".py", ".pyw", ".pyi", ".pth", ".toml", ".cfg", ".sh", ".txt",
    ]
    .iter()
    .any(|end| file.path.ends_with(end));
    if !is_code || file.bytes.is_ascii() {
        return;
    }
    let Ok(text) = std::str::from_utf8(file.bytes) else {
        return;
    };
    let lines = Lines::new(text);
    let mut last = ' ';
    let mut last_line = 0;
    for (offset, c) in text.char_indices() {
        let before = std::mem::replace(&mut last, c);
        if offset == 0 || !is_invisible(c) || harmless(c, before) {
            continue;
        }
        let place = lines.place(offset, offset + c.len_utf8());
        // One finding a line: hidden text is long.
        if std::mem::replace(&mut last_line, place.line) != place.line {
            let message = format!("the invisible character U+{:04X}", u32::from(c));
            found.place(file.path, &place, message);
        }
    }
}

fn harmless(c: char, before: char) -> bool {
    let joins = matches!(c, '\u{200d}' | '\u{fe0e}' | '\u{fe0f}');
    joins && (is_emoji(before) || before == '\u{fe0f}')
}
