//! The labelled corpus: a file for each rule with right and wrong packages in a compact form.

use std::path::Path;

/// One package, and whether the rule must find something in it.
#[derive(Debug, Clone, Default)]
pub struct Case {
    pub rule: String,
    pub name: String,
    pub wrong: bool,
    /// The module `fapilog_acme/case.py`, when there is one.
    pub source: Option<String>,
    pub steps: Vec<Step>,
    /// As it stands in the corpus.
    pub text: String,
}

/// A change of the right package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub word: String,
    pub rest: String,
    /// Lines that follow.
    pub body: String,
}

/// Reads all cases of one rule.
pub fn read(path: &Path) -> Vec<Case> {
    let rule = path.file_stem().unwrap().to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path).unwrap();
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("== ") {
            let (label, name) = title.split_once(": ").unwrap();
            assert!(matches!(label, "right" | "wrong"), "{rule}: {line}");
            cases.push(Case {
                rule: rule.clone(),
                name: name.to_owned(),
                wrong: label == "wrong",
                ..Case::default()
            });
            continue;
        }
        let case = cases.last_mut().unwrap();
        case.text.push_str(line);
        case.text.push('\n');
        match line.strip_prefix('@').filter(|rest| is_step(rest)) {
            Some(step) => {
                let (word, rest) = step.split_once(' ').unwrap_or((step, ""));
                case.steps.push(Step {
                    word: word.to_owned(),
                    rest: rest.to_owned(),
                    body: String::new(),
                });
            }
            None => body(case, line),
        }
    }
    cases
}

const WORDS: [&str; 19] = [
    "file",
    "index",
    "advisories",
    "meta",
    "readme",
    "entry",
    "name",
    "sdist",
    "hex",
    "elf",
    "cc",
    "without",
    "append",
    "meta-name",
    "record-drop",
    "drop",
    "random",
    "zeros",
    "case",
];

fn is_step(text: &str) -> bool {
    let word = text.split(' ').next().unwrap_or_default();
    WORDS.contains(&word)
}

/// Steps after which lines belong to them and not to the module.
fn takes_lines(step: &Step) -> bool {
    matches!(
        step.word.as_str(),
        "file" | "readme" | "entry" | "cc" | "index" | "advisories"
    )
}

fn body(case: &mut Case, line: &str) {
    let line = expanded(line) + "\n";
    match case.steps.last_mut().filter(|step| takes_lines(step)) {
        Some(step) => step.body.push_str(&line),
        None => case.source.get_or_insert_default().push_str(&line),
    }
}

/// Replaces `@base200@` and the like: what looks like a secret or a payload is made here and not
/// kept in the repository.
pub fn expanded(line: &str) -> String {
    let mut result = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('@') {
        result.push_str(before);
        match after
            .split_once('@')
            .and_then(|(name, after)| Some((made(name)?, after)))
        {
            Some((text, after)) => {
                result.push_str(&text);
                rest = after;
            }
            None => {
                result.push('@');
                rest = after;
            }
        }
    }
    result + rest
}

fn made(name: &str) -> Option<String> {
    let digits = name
        .find(|c: char| c.is_ascii_digit())
        .unwrap_or(name.len());
    let (kind, number) = name.split_at(digits);
    let count = || number.parse::<usize>().ok();
    let upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    match kind {
        "base" => Some(drawn(letters, count()?)),
        "alnum" => Some(drawn(letters, count()?)),
        "upper" => Some(drawn(upper, count()?)),
        "hex" => Some(drawn("0123456789abcdef", count()?)),
        "bytes" => Some(
            (0..count()?)
                .map(|n| format!("\\x{:02x}", (n * 73 + 129) % 256))
                .collect(),
        ),
        "words" => Some(
            "a word and one more, "
                .chars()
                .cycle()
                .take(count()?)
                .collect(),
        ),
        "open" => Some("(".repeat(count()?)),
        "zeros" => Some("00".repeat(count()?)),
        "spaces" => Some(" ".repeat(300)),
        _ if name.starts_with("word:") => name.strip_prefix("word:").map(str::to_owned),
        _ if name.starts_with('u') => {
            let number = u32::from_str_radix(name.get(1..)?, 16).ok()?;
            char::from_u32(number).map(|c| c.to_string())
        }
        _ => None,
    }
}

/// Letters that look drawn by chance and are the same in each run.
fn drawn(letters: &str, count: usize) -> String {
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    (0..count)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            char::from(letters.as_bytes()[(state >> 33) as usize % letters.len()])
        })
        .collect()
}
