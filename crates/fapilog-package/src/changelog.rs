//! Changelogs: which file of a source archive is one, and what it says of a version.

use std::str::FromStr as _;

use pep440_rs::Version;

/// Largest changelog in bytes that is read.
pub const MAX_BYTES: u64 = 512 * 1024;
/// Most bytes of what is told of one version.
const MAX_SECTION_BYTES: usize = 32 * 1024;

/// A changelog as it lies in a source archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changelog {
    /// Whether it is Markdown, by its name; reStructuredText or plain text otherwise.
    pub is_markdown: bool,
    /// The text. What is not UTF-8 was replaced.
    pub text: String,
}

impl Changelog {
    /// Whether a file at the top of an archive is the changelog: `CHANGELOG.md`, `CHANGES.rst`,
    /// `HISTORY.txt`, `NEWS` and the like.
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        let (stem, end) = name.split_once('.').unwrap_or((&name, ""));
        let is_log = matches!(
            stem,
            "changelog"
                | "changes"
                | "change_log"
                | "history"
                | "news"
                | "releases"
                | "release_notes"
                | "release-notes"
        );
        is_log && matches!(end, "" | "md" | "markdown" | "rst" | "txt")
    }

    /// A changelog with this name and these bytes.
    #[must_use]
    pub fn new(name: &str, bytes: &[u8]) -> Self {
        let name = name.to_ascii_lowercase();
        Self {
            is_markdown: name.ends_with(".md") || name.ends_with(".markdown"),
            text: String::from_utf8_lossy(bytes).into_owned(),
        }
    }

    /// What stands below the heading that names a version, up to the next heading like it; at most
    /// 32 KiB.
    #[must_use]
    pub fn of_version(&self, version: &Version) -> Option<String> {
        let lines: Vec<&str> = self.text.lines().collect();
        let fenced = fenced(&lines, self.is_markdown);
        let headings: Vec<Heading> = (0..lines.len())
            .filter(|at| !fenced.get(*at).copied().unwrap_or_default())
            .filter_map(|at| heading(&lines, at, self.is_markdown))
            .collect();
        let names_it = |heading: &&Heading| {
            let line = lines.get(heading.line).copied().unwrap_or_default();
            named(line).is_some_and(|named| named == *version)
        };
        let found = headings.iter().find(names_it)?;
        let next = headings
            .iter()
            .find(|next| next.line > found.line && next.level <= found.level);
        let end = next.map_or(lines.len(), |next| next.line);
        let section = lines.get(found.below..end).unwrap_or_default().join("\n");
        let section = bounded(section.trim());
        (!section.is_empty()).then(|| section.to_owned())
    }
}

struct Heading {
    line: usize,
    /// The first line of what it is above of.
    below: usize,
    /// Small for large headings.
    level: usize,
}

fn heading(lines: &[&str], at: usize, is_markdown: bool) -> Option<Heading> {
    let line = lines.get(at)?.trim_end();
    let level = line.chars().take_while(|c| *c == '#').count();
    let is_marked = line
        .get(level..)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
    if is_markdown && (1..=6).contains(&level) && is_marked {
        return Some(Heading {
            line: at,
            below: at + 1,
            level,
        });
    }
    let underline = lines.get(at + 1)?.trim_end();
    let mark = underline
        .chars()
        .next()
        .filter(|mark| "=-~^\"*+".contains(*mark))?;
    let is_underline = underline.len() >= 3 && underline.chars().all(|c| c == mark);
    let is_title = line.chars().any(char::is_alphanumeric);
    (is_underline && is_title).then(|| Heading {
        line: at,
        below: at + 2,
        level: match mark {
            '=' => 1,
            '-' => 2,
            _ => 3,
        },
    })
}

/// Whether each line stands between fences of code, or is one.
fn fenced(lines: &[&str], is_markdown: bool) -> Vec<bool> {
    let mut open: Option<&str> = None;
    let within = |line: &&str| {
        let mark = ["```", "~~~"]
            .into_iter()
            .find(|mark| line.trim_start().starts_with(mark));
        match (open, mark) {
            (None, Some(mark)) if is_markdown => {
                open = Some(mark);
                true
            }
            (Some(before), Some(mark)) if before == mark => {
                open = None;
                true
            }
            _ => open.is_some(),
        }
    };
    lines.iter().map(within).collect()
}

/// The version that a heading is about, among its first two words: `## [1.2.0] – 2026-01-31`,
/// `Version v1.2`. One that only mentions a version is about something else.
fn named(heading: &str) -> Option<Version> {
    let part = |c: char| !(c.is_ascii_alphanumeric() || ".+!".contains(c));
    heading
        .split(part)
        .map(|word| word.trim_matches('.').trim_start_matches(['v', 'V']))
        .filter(|word| !word.is_empty())
        .take(2)
        .filter(|word| word.starts_with(|c: char| c.is_ascii_digit()))
        .find_map(|word| Version::from_str(word).ok())
}

/// Cut at the end of a line, or of a character when a line is that long.
fn bounded(text: &str) -> &str {
    if text.len() <= MAX_SECTION_BYTES {
        return text;
    }
    let mut end = MAX_SECTION_BYTES;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let cut = text.get(..end).unwrap_or_default();
    cut.rsplit_once('\n').map_or(cut, |(whole, _)| whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(name: &str, text: &str, version: &str) -> Option<String> {
        let version = Version::from_str(version).unwrap();
        Changelog::new(name, text.as_bytes()).of_version(&version)
    }

    #[test]
    fn a_version_is_found_under_the_headings_that_people_write() {
        let text = "# Changes\n\nWords.\n\n## Unreleased\n\n- later\n\n## [1.2.0] - 2026-01-31\n\n\
                    ### Added\n\n- a door\n\n## v1.1\n\n- a wall\n";
        let found = section("CHANGELOG.md", text, "1.2").unwrap();
        assert_eq!(found, "### Added\n\n- a door");
        assert_eq!(section("CHANGELOG.md", text, "1.1.0").unwrap(), "- a wall");
        assert_eq!(section("CHANGELOG.md", text, "1.3"), None);
        let text = "Changes\n=======\n\n1.2.0 (2026-01-31)\n------------------\n\n* a door\n\n\
                    1.1.0\n-----\n\n* a wall\n";
        assert_eq!(section("CHANGES.rst", text, "1.2.0").unwrap(), "* a door");
        assert_eq!(section("CHANGES.rst", text, "1.1").unwrap(), "* a wall");
        // A date is no version, and 1.2.0 is not 11.2.0.
        let text = "## 11.2.0\n\n- other\n\n## Since 2026.01.31\n\n- words\n";
        assert_eq!(section("NEWS.md", text, "1.2.0"), None);
    }

    #[test]
    fn code_and_numbers_of_issues_are_no_headings() {
        let text = "# Upgrading from 1.2.0\n\nwords\n\n## 1.2.0\n\n#123 is repaired\n\n```sh\n\
                    # install it\n## 1.1\n```\n\n- a door\n\n## 1.1\n\n- a wall\n";
        let found = section("CHANGELOG.md", text, "1.2.0").unwrap();
        assert!(
            found.starts_with("#123 is") && found.ends_with("- a door"),
            "{found}"
        );
        assert_eq!(section("CHANGELOG.md", text, "1.1").unwrap(), "- a wall");
    }

    #[test]
    fn names_of_changelogs_are_told_from_others() {
        for name in [
            "CHANGELOG.md",
            "Changes",
            "HISTORY.rst",
            "news.txt",
            "RELEASE_NOTES.md",
        ] {
            assert!(Changelog::is_name(name), "{name}");
        }
        for name in [
            "changelog.py",
            "changes.tar.gz",
            "README.md",
            "newsletter.txt",
            "a/NEWS",
        ] {
            assert!(!Changelog::is_name(name), "{name}");
        }
    }

    #[test]
    fn what_is_long_is_cut_and_what_is_broken_is_kept() {
        let text = format!("## 1.0\n\n{}", "- wörter\n".repeat(10_000));
        let found = section("CHANGELOG.md", &text, "1.0").unwrap();
        assert!(found.len() <= MAX_SECTION_BYTES && found.ends_with("- wörter"));
        let one_line = format!("## 1.0\n\n{}", "ü".repeat(40_000));
        assert!(section("CHANGELOG.md", &one_line, "1.0").unwrap().len() <= MAX_SECTION_BYTES);
        let log = Changelog::new("CHANGELOG", b"1.0\n---\n\n\xff\n");
        assert_eq!(
            log.of_version(&Version::from_str("1.0").unwrap()).unwrap(),
            "\u{fffd}"
        );
    }
}
