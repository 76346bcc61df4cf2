//! `similar-name`

use std::sync::LazyLock;

use fapilog_package::name::ProjectName;

use crate::distance::edits;
use crate::package::Package;
use crate::report::{Family, Severity};
use crate::rule::{Check, Found, Rule};

pub(crate) static RULE: Rule = Rule {
    id: "similar-name",
    family: Family::Security,
    severity: Severity::Error,
    title: "the name is nobody else's",
    reason: "Packages whose names look like well-known ones are installed by mistake: most malicious packages live on that.",
    hint: "choose a name that cannot be taken for another; a fork says so by a word of its own",
    threat: None,
    check: Check::Package(check),
};

fn check(package: &Package, found: &mut Found<'_>) {
    let own = package.metadata.project.as_str();
    if let Some(known) = resembles(own) {
        found.package(format!("the name `{own}` can be taken for `{known}`"));
    }
    for line in &package.metadata.requires_dist {
        let name = line
            .split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
            .next();
        let Some(name) = name.and_then(|name| ProjectName::parse(name).ok()) else {
            continue;
        };
        if let Some(known) = resembles(name.as_str()) {
            found.package(format!(
                "the requirement `{name}` can be taken for `{known}`"
            ));
        }
    }
}

/// The well-known name that another one can be taken for.
fn resembles(name: &str) -> Option<&'static str> {
    if KNOWN.contains(&name) || name == "fapilog" {
        return None;
    }
    // Names of plugins: the part that tells them apart is compared with that of first-party ones.
    if let Some(rest) = name.strip_prefix("fapilog-") {
        let mut first_party = PLUGINS.iter().copied();
        return first_party.find(|known| rest.len() >= 5 && is_typo(rest, &known[8..]));
    }
    let core = ["fapilog"]
        .into_iter()
        .find(|core| is_typo(name, core) || looks_same(name, core));
    core.or_else(|| {
        KNOWN.iter().copied().find(|known| {
            is_typo(name, known) || looks_same(name, known) || is_rearranged(name, known)
        })
    })
}

/// One slip of the finger: a letter left out, doubled, swapped or hit beside.
fn is_typo(name: &str, known: &str) -> bool {
    // Short names are near to each other without anybody meaning it.
    if known.len() < 5 || name == known {
        return false;
    }
    if edits(name, known, 1) > 1 {
        return false;
    }
    match name.len().abs_diff(known.len()) {
        // Another letter is a slip when it is beside on the keyboard, or when two are swapped.
        0 => {
            let differing: Vec<(char, char)> = name
                .chars()
                .zip(known.chars())
                .filter(|(a, b)| a != b)
                .collect();
            match differing.as_slice() {
                [(a, b)] => {
                    are_neighbours(*a, *b)
                        || (known.len() >= 7 && a.is_ascii_alphabetic() == b.is_ascii_alphabetic())
                }
                _ => true,
            }
        }
        // A digit at the end is a version: `psycopg2`, `urllib3`.
        _ => {
            !name.ends_with(|c: char| c.is_ascii_digit())
                && !known.ends_with(|c: char| c.is_ascii_digit())
                && !is_plural_or_prefix(name, known)
        }
    }
}

/// Plural and singular of long names are typos too; `py` before or after is a habit.
fn is_plural_or_prefix(name: &str, known: &str) -> bool {
    known.len() < 6 && (name.trim_end_matches('s') == known || known.trim_end_matches('s') == name)
}

/// Letters and digits that look alike, and separators that are overlooked.
fn looks_same(name: &str, known: &str) -> bool {
    let plain = |text: &str| -> String {
        let text = text
            .replace("rn", "m")
            .replace("vv", "w")
            .replace("cl", "d");
        text.chars()
            .filter(|c| !matches!(c, '-' | '_' | '.'))
            .map(|c| match c {
                '0' => 'o',
                '1' | 'i' => 'l',
                '3' => 'e',
                '5' => 's',
                other => other,
            })
            .collect()
    };
    name != known && known.len() >= 5 && plain(name) == plain(known)
}

/// The same words in another order: `client-redis` for `redis-client`.
fn is_rearranged(name: &str, known: &str) -> bool {
    let words = |text: &'_ str| -> Vec<String> {
        let mut words: Vec<String> = text.split('-').map(str::to_owned).collect();
        words.sort_unstable();
        words
    };
    known.contains('-') && name != known && words(name) == words(known)
}

fn are_neighbours(a: char, b: char) -> bool {
    const ROWS: [&str; 4] = ["1234567890-", "qwertyuiop", "asdfghjkl", "zxcvbnm"];
    let place = |c: char| {
        ROWS.iter()
            .enumerate()
            .find_map(|(row, keys)| keys.find(c).map(|column| (row, column)))
    };
    match (place(a), place(b)) {
        (Some((row, column)), Some((other_row, other_column))) => {
            row.abs_diff(other_row) <= 1 && column.abs_diff(other_column) <= 1
        }
        _ => false,
    }
}

/// First-party plugins, whose names are reserved.
const PLUGINS: [&str; 1] = ["fapilog-fastapi"];

/// The packages that are installed most, in their normal form; see `similar_name/known.txt`.
static KNOWN: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let lines = include_str!("similar_name/known.txt").lines();
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
});
