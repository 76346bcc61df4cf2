//! A report for people: each finding with its source, its reason, and what repairs it.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level as Shown, Renderer, Snippet};

use crate::capability::Capabilities;
use crate::difference::Difference;
use crate::lines::printable;
use crate::policy::Level;
use crate::report::{Finding, Outcome, Report, Severity};

/// How a text is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// Colours, for terminals.
    pub colour: bool,
    /// Suppressed findings and notes are shown in full, too.
    pub verbose: bool,
}

/// Draws a report; the last line says whether the level is reached.
#[must_use]
pub fn report(report: &Report, level: Level, style: Style) -> String {
    let renderer = renderer(style);
    let mut text = String::new();
    let mut left_out = 0;
    for finding in &report.findings {
        let is_quiet = finding.suppressed.is_some() || finding.severity == Severity::Note;
        if is_quiet && !style.verbose {
            left_out += 1;
        } else {
            text.push_str(&renderer.render(&groups(finding)));
            text.push_str("\n\n");
        }
    }
    text.push_str(&summary(report, level, left_out));
    text
}

fn renderer(style: Style) -> Renderer {
    let renderer = match style.colour {
        true => Renderer::styled(),
        false => Renderer::plain(),
    };
    renderer.decor_style(DecorStyle::Ascii).term_width(100)
}

fn groups(finding: &Finding) -> [Group<'_>; 1] {
    let level = match finding.severity {
        Severity::Error => Shown::ERROR,
        Severity::Warning => Shown::WARNING,
        Severity::Note => Shown::NOTE,
    };
    let title = level.primary_title(finding.message.as_str());
    let mut group = Group::with_title(title.id(finding.rule.as_str()));
    match (&finding.place, &finding.file) {
        (Some(place), Some(file)) => {
            let (start, length) = (place.excerpt_start as usize, place.excerpt_length as usize);
            let span = bytes_of(&place.excerpt, start, length);
            let snippet = Snippet::source(place.excerpt.as_str())
                .line_start(place.line as usize)
                .path(printable(file))
                .annotation(AnnotationKind::Primary.span(span));
            group = group.element(snippet);
        }
        (None, Some(file)) => {
            group = group.element(annotate_snippets::Origin::path(printable(file)));
        }
        (_, None) => {}
    }
    group = group.element(Shown::NOTE.message(finding.reason.as_str()));
    group = group.element(Shown::HELP.message(finding.hint.as_str()));
    if let Some(reason) = &finding.suppressed {
        group = group.element(Shown::NOTE.message(format!("accepted by the author: {reason}")));
    }
    [group]
}

/// A range of characters as a range of bytes.
fn bytes_of(text: &str, start: usize, length: usize) -> std::ops::Range<usize> {
    let offset = |index: usize| {
        let found = text.char_indices().nth(index);
        found.map_or(text.len(), |(offset, _)| offset)
    };
    offset(start)..offset(start + length)
}

fn summary(report: &Report, level: Level, left_out: usize) -> String {
    let name = match &report.plugin {
        Some(plugin) => format!("{} {}", plugin.name, plugin.version),
        None => report.artifact.filename.clone(),
    };
    let mut lines = Vec::new();
    if left_out > 0 {
        let findings = counted(
            left_out,
            "note or accepted finding",
            "notes and accepted findings",
        );
        lines.push(format!("{findings} not shown; --verbose shows them"));
    }
    lines.extend(capability_lines(&report.capabilities));
    let count = |severity: Severity| {
        let open = report
            .findings
            .iter()
            .filter(|finding| finding.suppressed.is_none());
        open.filter(|finding| finding.severity == severity).count()
    };
    lines.push(format!(
        "{name}: {}, {}",
        counted(count(Severity::Error), "error", "errors"),
        counted(count(Severity::Warning), "warning", "warnings"),
    ));
    lines.push(verdict(report, level));
    lines.join("\n") + "\n"
}

fn verdict(report: &Report, level: Level) -> String {
    let blocking = report.verdicts.get(&level);
    let blocking = blocking.map_or(String::new(), |verdict| verdict.blocking.join(", "));
    match report.outcome(level) {
        Outcome::Pass => format!("passes at level {}", level.word()),
        Outcome::Fail => format!("does not pass at level {}: {blocking}", level.word()),
        Outcome::CouldNotBeJudged => format!("could not be judged: {blocking}"),
    }
}

fn capability_lines(capabilities: &Capabilities) -> Vec<String> {
    let undeclared = capabilities.undeclared();
    let kinds = capabilities.kinds();
    let words: Vec<String> = kinds
        .iter()
        .map(|capability| {
            let mark = match undeclared.contains(capability) {
                true => " (not declared)",
                false => "",
            };
            format!("{}{mark}", capability.word())
        })
        .collect();
    match words.is_empty() {
        true => Vec::new(),
        false => vec![format!("uses: {}", words.join(", "))],
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {many}"),
    }
}

/// Draws the difference between two versions.
#[must_use]
pub fn difference(difference: &Difference) -> String {
    let mut lines = vec![format!("{} -> {}", difference.old, difference.new)];
    for gained in &difference.gained {
        lines.push(format!("+ {}", gained.sentence));
        for used in &gained.uses {
            let detail = used
                .detail
                .as_ref()
                .map_or(String::new(), |detail| format!(": {detail}"));
            lines.push(format!(
                "    {}:{}{detail}",
                printable(&used.file),
                used.line
            ));
        }
    }
    for used in &difference.details {
        let detail = used.detail.as_deref().unwrap_or_default();
        lines.push(format!(
            "+ {} `{detail}` in {}:{}",
            used.capability.word(),
            printable(&used.file),
            used.line
        ));
    }
    for lost in &difference.lost {
        lines.push(format!("- no longer {}", lost.sentence()));
    }
    for rule in &difference.new_findings {
        lines.push(format!("+ the rule `{rule}` finds something now"));
    }
    if !difference.is_more() {
        lines.push("nothing new".to_owned());
    }
    lines.join("\n") + "\n"
}
