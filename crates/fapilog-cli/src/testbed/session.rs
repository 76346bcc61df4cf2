//! The tests of one environment.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::conformance::ConformanceReport;
use super::environment::{Environment, Missing};
use super::junit;
use super::process::{self, Ended};
use super::project::DeclaredPlugin;
use super::report::{CellReport, Status, Tests};
use super::{Cell, Project, Supply, TestbedError};

/// pytest's exit code when it found no tests.
const NO_TESTS: i32 = 5;
/// Longest time for one examination.
const EXAMINATION_LIMIT: Duration = Duration::from_secs(300);
/// Longest time for coverage's own report.
const COVERAGE_LIMIT: Duration = Duration::from_secs(120);
/// Lines of a test run that are shown when it failed.
const SHOWN_LINES: usize = 40;

/// What all environments are tested with.
#[derive(Debug)]
pub struct Session<'a> {
    /// Longest time for the tests.
    pub limit: Duration,
    /// Whether coverage is measured.
    pub coverage: bool,
    /// Whether environments are made anew.
    pub fresh: bool,
    /// Words for pytest.
    pub words: &'a [String],
    /// What is tested.
    pub project: &'a Project,
    /// Makes environments.
    pub supply: &'a Supply,
}

impl Session<'_> {
    /// Tests in the environment of a cell.
    pub fn run(&self, cell: &Cell) -> Result<CellReport, TestbedError> {
        let begun = Instant::now();
        let mut report = CellReport::of(cell);
        let prepared =
            Environment::prepare(cell, self.project, self.supply, self.coverage, self.fresh)?;
        match prepared {
            Err(Missing::Absent(reason)) => report.end(Status::Absent, reason),
            Err(Missing::Broken(reason)) => report.end(Status::Failed, reason),
            Ok(environment) => self.test(&environment, &mut report),
        }
        report.seconds = begun.elapsed().as_secs_f64();
        Ok(report)
    }

    fn test(&self, environment: &Environment, report: &mut CellReport) {
        report.python = environment.python_version().or(report.python.take());
        report.core = environment.version("fapilog").or(report.core.take());
        self.run_tests(environment, report);
        let unexamined = |plugin: &&DeclaredPlugin| {
            let names = [plugin.class(), &plugin.name];
            !report
                .conformance
                .iter()
                .any(|one| names.contains(&&*one.plugin))
        };
        let left: Vec<&DeclaredPlugin> = self.project.plugins.iter().filter(unexamined).collect();
        for plugin in left {
            match examine(environment, plugin) {
                Ok(reports) => report.conformance.extend(reports),
                Err(reason) => {
                    report.end(Status::Failed, format!("`{}`: {reason}", plugin.name));
                }
            }
        }
        if report.conformance.iter().any(|one| !one.passed) {
            report.end(Status::Failed, String::new());
        }
    }

    fn run_tests(&self, environment: &Environment, report: &mut CellReport) {
        let folder = &environment.folder;
        let (log, xml) = (folder.join("tests.log"), folder.join("tests.xml"));
        let found = folder.join("conformance.json");
        for old in [&log, &xml, &found] {
            // What is not there needs no removing.
            let _ = fs::remove_file(old);
        }
        let command = self.pytest(environment, &xml, &found);
        let ended = process::run(command, &log, self.limit);
        report.suites = junit::suites(&fs::read_to_string(&xml).unwrap_or_default());
        report.tests = Tests::of(&report.suites);
        report.conformance = read_reports(&found).unwrap_or_default();
        match ended {
            Ok(Ended::With(0)) => {}
            Ok(Ended::With(NO_TESTS)) => report.end(Status::Failed, "it has no tests".to_owned()),
            Ok(Ended::With(_)) => {
                report.end(Status::Failed, process::last_lines(&log, SHOWN_LINES));
            }
            Ok(Ended::Late) => {
                let seconds = self.limit.as_secs();
                let last = process::last_lines(&log, 1);
                report.end(
                    Status::Failed,
                    format!("the tests took longer than {seconds} s; the last line: {last}"),
                );
            }
            Err(error) => report.end(Status::Failed, error.to_string()),
        }
        if self.coverage {
            report.coverage = covered(environment, &self.project.folder);
        }
    }

    fn pytest(&self, environment: &Environment, xml: &Path, found: &Path) -> Command {
        let mut command = Command::new(&environment.python);
        command.current_dir(&self.project.folder);
        command.env("VIRTUAL_ENV", &environment.folder);
        for leaked in ["PYTHONPATH", "PYTHONHOME", "PYTEST_ADDOPTS"] {
            command.env_remove(leaked);
        }
        if self.coverage {
            command.env("COVERAGE_FILE", environment.folder.join("coverage.data"));
            command.args(["-m", "coverage", "run", "--branch", "--source"]);
            command.arg(self.project.package());
        }
        command.args(["-m", "pytest", "-p", "no:cacheprovider", "--junitxml"]);
        command.arg(xml).arg("--fapilog-report").arg(found);
        command.args(self.words);
        command
    }
}

/// Examines a plugin by the name of its entry point.
fn examine(
    environment: &Environment,
    plugin: &DeclaredPlugin,
) -> Result<Vec<ConformanceReport>, String> {
    let target = environment.folder.join("examined.json");
    let log = environment.folder.join("examined.log");
    for old in [&target, &log] {
        // What is not there needs no removing.
        let _ = fs::remove_file(old);
    }
    let mut command = Command::new(&environment.python);
    command.current_dir(&environment.folder);
    command.args([
        "-m",
        "fapilog.testing",
        &plugin.name,
        "--format",
        "json",
        "--output",
    ]);
    command.arg(&target);
    if let Some(config) = &plugin.config {
        command.args(["--config", config]);
    }
    match process::run(command, &log, EXAMINATION_LIMIT) {
        Ok(Ended::Late) => Err(format!(
            "it was examined for {} s",
            EXAMINATION_LIMIT.as_secs()
        )),
        Err(error) => Err(error.to_string()),
        Ok(Ended::With(_)) => read_reports(&target)
            .ok_or_else(|| format!("it can't be examined: {}", process::last_lines(&log, 3))),
    }
}

fn read_reports(path: &Path) -> Option<Vec<ConformanceReport>> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// The share of lines and branches that the tests reached, in percent.
fn covered(environment: &Environment, project: &Path) -> Option<f64> {
    let target = environment.folder.join("coverage.json");
    let mut command = Command::new(&environment.python);
    command.current_dir(project);
    command.env("COVERAGE_FILE", environment.folder.join("coverage.data"));
    command
        .args(["-m", "coverage", "json", "--quiet", "-o"])
        .arg(&target);
    process::run(
        command,
        &environment.folder.join("coverage.log"),
        COVERAGE_LIMIT,
    )
    .ok()?;
    let report: serde_json::Value = serde_json::from_slice(&fs::read(target).ok()?).ok()?;
    report.pointer("/totals/percent_covered")?.as_f64()
}
