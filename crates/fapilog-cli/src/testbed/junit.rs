//! Results in JUnit's form: a suite for each environment.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::TestbedError;
use super::report::{CellReport, Report, Status};

/// The suites in what pytest wrote, with their tags.
pub fn suites(xml: &str) -> String {
    let begin = xml.find("<testsuite ");
    let end = xml
        .rfind("</testsuite>")
        .map(|at| at + "</testsuite>".len());
    match (begin, end) {
        (Some(begin), Some(end)) if begin < end => xml[begin..end].to_owned(),
        _ => String::new(),
    }
}

/// A number in the first tag of some suites.
pub fn number(suites: &str, attribute: &str) -> usize {
    let tag = suites.split('>').next().unwrap_or_default();
    let value = tag.split_once(&format!(" {attribute}=\""));
    let digits = value.and_then(|(_, rest)| rest.split('"').next());
    digits
        .and_then(|digits| digits.parse().ok())
        .unwrap_or_default()
}

/// Writes the results of all environments.
pub fn write(path: &Path, report: &Report) -> Result<(), TestbedError> {
    fs::write(path, text(report)).map_err(|source| TestbedError::Unwritable {
        path: path.to_owned(),
        source,
    })
}

fn text(report: &Report) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<testsuites>\n");
    for cell in &report.environments {
        let name = escaped(&cell.label());
        let suites = cell
            .suites
            .replacen("name=\"pytest\"", &format!("name=\"{name}\""), 1);
        out.push_str(&suites);
        out.push('\n');
        out.push_str(&examinations(cell, &name));
    }
    out.push_str("</testsuites>\n");
    out
}

/// The examinations of an environment, and what kept it from being tested.
fn examinations(cell: &CellReport, name: &str) -> String {
    let mut cases = String::new();
    let (mut tests, mut failures) = (0, 0);
    for report in &cell.conformance {
        for result in &report.results {
            tests += 1;
            let class = escaped(&report.plugin);
            let case = escaped(&format!("{}-{}", result.number, result.name));
            let _ = write!(
                cases,
                "<testcase classname=\"{class}\" name=\"{case}\" time=\"{}\">",
                result.seconds
            );
            let reason = escaped(&result.reason);
            match &*result.status {
                "failed" => {
                    failures += 1;
                    let _ = write!(cases, "<failure message=\"{reason}\"/>");
                }
                "not-checked" => {
                    let _ = write!(cases, "<skipped message=\"{reason}\"/>");
                }
                _ => {}
            }
            cases.push_str("</testcase>\n");
        }
    }
    if cell.status == Status::Absent || (cell.suites.is_empty() && cell.status == Status::Failed) {
        tests += 1;
        failures += 1;
        let reason = escaped(&cell.reason);
        let _ = writeln!(
            cases,
            "<testcase classname=\"environment\" name=\"{name}\"><failure message=\"{reason}\"/></testcase>"
        );
    }
    format!(
        "<testsuite name=\"conformance: {name}\" tests=\"{tests}\" failures=\"{failures}\">\n{cases}</testsuite>\n"
    )
}

/// Text for an attribute; what XML can't hold becomes a question mark.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\u{fffe}' | '\u{ffff}' => out.push('?'),
            c if c.is_control() => out.push('?'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: &str = "<?xml version=\"1.0\"?><testsuites name=\"pytest tests\"><testsuite \
        name=\"pytest\" errors=\"1\" failures=\"2\" skipped=\"3\" tests=\"40\" time=\"1.5\">\
        <testcase name=\"a\" tests=\"7\"/></testsuite></testsuites>";

    #[test]
    fn the_suites_of_pytest_are_counted() {
        let found = suites(WRITTEN);
        assert!(found.starts_with("<testsuite name=\"pytest\""));
        assert!(found.ends_with("</testsuite>"));
        let counts = ["tests", "failures", "errors", "skipped"].map(|name| number(&found, name));
        assert_eq!(counts, [40, 2, 1, 3]);
        assert_eq!(suites("nothing"), "");
        assert_eq!(number("", "tests"), 0);
    }

    #[test]
    fn nothing_that_a_plugin_says_breaks_the_report() {
        assert_eq!(
            escaped("<a b=\"c\">&\u{0}\u{1b}\n"),
            "&lt;a b=&quot;c&quot;&gt;&amp;??&#10;"
        );
    }
}
