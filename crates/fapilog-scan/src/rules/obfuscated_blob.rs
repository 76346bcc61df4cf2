//! `obfuscated-blob`

use memchr::memmem;

use crate::module::Module;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule, Stage, Threat};

pub(crate) static RULE: Rule = Rule {
    id: "obfuscated-blob",
    family: Family::Security,
    severity: Severity::Warning,
    title: "no long encoded data in the source",
    reason: "Data that nobody can read may be code, a program or a key; reviewers skip it.",
    hint: "ship data as files with their own format, and say in a comment what they are",
    threat: Some(Threat {
        stage: Stage::Hide,
        specificity: 7,
    }),
    check: Check::Module(check),
};

/// Shortest blob in bytes that is reported: longer than keys, hashes and icons in the source.
const SHORTEST: usize = 1000;

/// So many spaces push what follows out of a reviewer's window.
const GAP: &str = match std::str::from_utf8(&[b' '; 200]) {
    Ok(spaces) => spaces,
    Err(_) => "",
};

fn check(module: &Module<'_>, found: &mut Found<'_>) {
    for literal in module
        .facts
        .literals
        .iter()
        .filter(|literal| !literal.is_docstring)
    {
        if let Some(kind) = encoding_of(&literal.value) {
            let length = literal.value.len();
            found.at(
                module,
                literal.range,
                format!("{length} bytes of {kind} in the source"),
            );
        }
    }
    if memmem::find(module.source.as_bytes(), GAP.as_bytes()).is_none() {
        return;
    }
    for line in module.source.lines().enumerate() {
        let (index, text) = line;
        // Code pushed far to the right is outside of what a reviewer's window shows.
        if let Some((before, after)) = text.split_once(GAP)
            && before.contains(';')
            && !after.trim().is_empty()
        {
            let place = module.whole_line(u32::try_from(index + 1).unwrap_or(u32::MAX));
            found.place(
                module.path,
                &place,
                "code stands far to the right of other code",
            );
        }
    }
}

fn encoding_of(bytes: &[u8]) -> Option<&'static str> {
    if bytes.len() < SHORTEST {
        return None;
    }
    let all = |allowed: fn(u8) -> bool| {
        bytes
            .iter()
            .all(|byte| allowed(*byte) || byte.is_ascii_whitespace())
    };
    let spaces = bytes
        .iter()
        .filter(|byte| byte.is_ascii_whitespace())
        .count();
    // Text has a space every few letters.
    if spaces * 20 > bytes.len() {
        return None;
    }
    if all(|byte| byte.is_ascii_hexdigit()) {
        return Some("hexadecimal digits");
    }
    let is_64 = all(|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=')
    });
    if is_64 && has_mixture(bytes) {
        return Some("base64");
    }
    let odd = bytes
        .iter()
        .filter(|byte| !(byte.is_ascii_graphic() || byte.is_ascii_whitespace()))
        .count();
    let is_text = std::str::from_utf8(bytes).is_ok();
    if odd * 3 > bytes.len() && !is_text {
        return Some("binary data");
    }
    (spaces == 0 && crate::entropy::bits(bytes) > 5.5 && bytes.is_ascii()).then_some("encoded data")
}

/// Base64 has capitals, small letters and digits; words and names have not all in such numbers.
fn has_mixture(bytes: &[u8]) -> bool {
    let count =
        |class: fn(&u8) -> bool| bytes.iter().filter(|byte| class(byte)).count() * 20 > bytes.len();
    count(u8::is_ascii_uppercase) && count(u8::is_ascii_lowercase) && count(u8::is_ascii_digit)
}
