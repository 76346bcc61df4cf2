//! What came of testing a project: for people, or as JSON.

use std::io::{self, IsTerminal as _, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use super::conformance::ConformanceReport;
use super::{Cell, Project, junit};

/// Name of the form of the JSON.
const FORM: &str = "fapilog-plugin-test/1";

/// How an environment did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// All tests and examinations passed.
    Passed,
    /// Something failed.
    Failed,
    /// The interpreter or the core is not to be had.
    Absent,
}

/// Counts of the author's tests.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Tests {
    /// Tests that passed.
    pub passed: usize,
    /// Tests that failed.
    pub failed: usize,
    /// Tests that could not run.
    pub errors: usize,
    /// Tests that were skipped.
    pub skipped: usize,
}

impl Tests {
    /// The counts of what pytest wrote.
    pub fn of(suites: &str) -> Self {
        let [all, failed, errors, skipped] = ["tests", "failures", "errors", "skipped"]
            .map(|attribute| junit::number(suites, attribute));
        Self {
            passed: all.saturating_sub(failed + errors + skipped),
            failed,
            errors,
            skipped,
        }
    }
}

/// What came of one environment.
#[derive(Debug, Serialize)]
pub struct CellReport {
    /// Version of Python: the one that was found, else the one asked for.
    pub python: Option<String>,
    /// Version of the core, likewise.
    pub core: Option<String>,
    /// How it did.
    pub status: Status,
    /// What failed, or is not there.
    pub reason: String,
    /// The author's tests.
    pub tests: Tests,
    /// Every plugin that was examined.
    pub conformance: Vec<ConformanceReport>,
    /// Share of lines and branches that the tests reached, in percent.
    pub coverage: Option<f64>,
    /// How long it took.
    pub seconds: f64,
    /// What pytest wrote.
    #[serde(skip)]
    pub suites: String,
}

impl CellReport {
    /// Nothing is known yet.
    pub fn of(cell: &Cell) -> Self {
        Self {
            python: cell.python.clone(),
            core: cell.core.clone(),
            status: Status::Passed,
            reason: String::new(),
            tests: Tests::default(),
            conformance: Vec::new(),
            coverage: None,
            seconds: 0.0,
            suites: String::new(),
        }
    }

    /// It did not go well; the first reason stays.
    pub fn end(&mut self, status: Status, reason: String) {
        self.status = status;
        if self.reason.is_empty() {
            self.reason = reason;
        }
    }

    /// Which environment it was.
    pub fn label(&self) -> String {
        let python = self.python.as_deref().unwrap_or("?");
        let core = self.core.as_deref().unwrap_or("?");
        format!("python {python}, fapilog {core}")
    }

    fn line(&self) -> String {
        if self.status == Status::Absent {
            return "not tested".to_owned();
        }
        let Tests {
            passed,
            failed,
            errors,
            skipped,
        } = self.tests;
        let mut parts = vec![format!("{passed} passed")];
        for (count, what) in [
            (failed, "failed"),
            (errors, "with errors"),
            (skipped, "skipped"),
        ] {
            if count > 0 {
                parts.push(format!("{count} {what}"));
            }
        }
        let count = |status| {
            self.conformance
                .iter()
                .map(|one| one.count(status))
                .sum::<usize>()
        };
        parts.push(format!(
            "conformance of {}: {} numbers hold, {} do not",
            self.conformance.len(),
            count("passed"),
            count("failed")
        ));
        if let Some(percent) = self.coverage {
            parts.push(format!("coverage {percent:.0} %"));
        }
        parts.join(", ")
    }
}

/// What came of all environments.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Name and version of this form.
    pub form: &'static str,
    /// Name of the distribution.
    pub project: String,
    /// Whether everything that was asked for passed.
    pub passed: bool,
    /// The environments, in the order in which they were asked for.
    pub environments: Vec<CellReport>,
}

impl Report {
    /// Sums up.
    pub fn new(project: &Project, environments: Vec<CellReport>) -> Self {
        Self {
            form: FORM,
            project: project.name.clone(),
            passed: environments.iter().all(|one| one.status == Status::Passed),
            environments,
        }
    }

    /// Prints for programs: one JSON object.
    pub fn json(&self, out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        writeln!(out)
    }

    /// Prints for people: a line an environment, and below it what failed.
    pub fn text(&self, out: &mut impl Write) -> io::Result<()> {
        let bold = Style::new().bold();
        writeln!(out, "{bold}{}{bold:#}\n", self.project)?;
        for cell in &self.environments {
            let (style, word) = match cell.status {
                Status::Passed => (AnsiColor::Green, "passed"),
                Status::Failed => (AnsiColor::Red, "failed"),
                Status::Absent => (AnsiColor::Yellow, "absent"),
            };
            let style = Style::new().bold().fg_color(Some(style.into()));
            writeln!(
                out,
                "  {style}{word}{style:#}  {}: {}",
                cell.label(),
                cell.line()
            )?;
            for report in &cell.conformance {
                for result in report.with("failed") {
                    let reason = printable(&result.reason);
                    writeln!(
                        out,
                        "    {} {} {}: {reason}",
                        report.plugin, result.number, result.name
                    )?;
                }
            }
            for line in cell.reason.lines() {
                writeln!(out, "    {}", printable(line))?;
            }
        }
        Ok(())
    }
}

/// Says on a terminal what is being done; an empty text takes the line away.
pub fn progress(text: &str) {
    let mut out = io::stderr();
    if out.is_terminal() {
        let doing = if text.is_empty() { "" } else { "testing …" };
        // Only decoration: nothing is lost when it can't be shown.
        let _ = write!(out, "\r\x1b[2K{text}{doing}");
        let _ = out.flush();
    }
}

/// Text from programs without what a terminal would obey.
fn printable(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() || *c == '\t')
        .collect()
}
