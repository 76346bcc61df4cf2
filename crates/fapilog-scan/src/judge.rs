//! Judges a package in this process. For files that nobody vouches for, use [`crate::confined`].

use std::collections::BTreeMap;

use fapilog_package::PackageError;
use fapilog_package::name::shorten;
use memchr::memmem;
use sha2::{Digest as _, Sha256};

use crate::capability::{Capabilities, Use};
use crate::configuration;
use crate::lines::Lines;
use crate::module::{self, Module, Role};
use crate::options::Options;
use crate::package::{self, File, Kind, Package, Summary};
use crate::python::{self, Facts};
use crate::report::{Artifact, Confinement, FORMAT, Family, Finding, Gate, Plugin, Report};
use crate::rule::{Check, Found, Rule};
use crate::{exposure, rules, suppression, threat};

/// Stack of the judging thread in bytes: the deepest syntax tree that is let through, walked by
/// functions with frames of some kilobytes.
const STACK_BYTES: usize = 64 * 1024 * 1024;
/// How many layers of source decoded from constants are looked into.
const MOST_LAYERS: usize = 3;

/// Judges the bytes of a wheel or source archive.
///
/// Never fails: what can't be opened or parsed is a finding, and a fault of the judge itself gives a
/// report whose outcome is [`crate::report::Outcome::CouldNotBeJudged`]; so is the outcome at level
/// `enterprise`, which demands a confined judge. Runs in this process and without limits on time;
/// [`crate::confined::judge`] has them.
#[must_use]
pub fn judge(artifact: &[u8], filename: &str, options: &Options) -> Report {
    judge_under(artifact, filename, options, Confinement::default())
}

/// Judges in a process that is confined so far.
pub(crate) fn judge_under(
    artifact: &[u8],
    filename: &str,
    options: &Options,
    confinement: Confinement,
) -> Report {
    let about = Artifact {
        filename: shorten(filename),
        sha256: hex::encode(Sha256::digest(artifact)),
        size_bytes: artifact.len() as u64,
    };
    let known = about.clone();
    std::thread::scope(|scope| {
        let work = move || {
            let mut report = judge_here(artifact, filename, options, known);
            report.confine(confinement);
            report
        };
        let thread = std::thread::Builder::new()
            .name("judge".into())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, work);
        match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(report)) => report,
            Ok(Err(_)) => Report::not_judged(about, "the judge failed while reading it"),
            Err(error) => Report::not_judged(about, &format!("no thread can be started: {error}")),
        }
    })
}

fn judge_here(artifact: &[u8], filename: &str, options: &Options, about: Artifact) -> Report {
    let mut judge = Judge::new(options);
    let plugin = match judge.package(artifact, filename) {
        Ok(package) => Some(plugin_of(&package)),
        Err(error) => {
            judge.structure(&error);
            None
        }
    };
    judge.report(about, plugin)
}

fn plugin_of(package: &Package) -> Plugin {
    Plugin {
        name: package.metadata.project.to_string(),
        version: package.metadata.version.to_string(),
        entry_points: package.plugins().map(|entry| entry.name.clone()).collect(),
        configuration: configuration::of(package),
    }
}

struct Judge<'a> {
    options: &'a Options,
    findings: Vec<Finding>,
    counts: BTreeMap<&'static str, usize>,
    /// Rules that had nothing to say about this kind of package.
    not_applicable: Vec<&'static str>,
    capabilities: Capabilities,
}

impl<'a> Judge<'a> {
    fn new(options: &'a Options) -> Self {
        Self {
            options,
            findings: Vec::new(),
            counts: BTreeMap::new(),
            not_applicable: Vec::new(),
            capabilities: Capabilities::default(),
        }
    }

    fn wanted(&self, rule: &Rule) -> bool {
        !self.options.security_only || rule.family != Family::Quality
    }

    fn apply(&mut self, rule: &'static Rule, check: impl FnOnce(&mut Found<'_>)) {
        if !self.wanted(rule) {
            return;
        }
        let count = self.counts.entry(rule.id).or_default();
        let mut found = Found::new(rule, &mut self.findings, count);
        check(&mut found);
        if found.not_applicable {
            self.not_applicable.push(rule.id);
        }
    }

    fn structure(&mut self, error: &PackageError) {
        let message = format!("{error} ({})", error.id());
        let mut finding = rules::STRUCTURE.finding(message);
        finding.hint = error.hint();
        self.findings.push(finding);
    }

    fn package(&mut self, artifact: &[u8], filename: &str) -> Result<Package, PackageError> {
        let limit = self.options.limits.artifact_bytes;
        if artifact.len() as u64 > limit {
            return Err(PackageError::TooLarge {
                what: fapilog_package::fault::Fault::ARCHIVE_BYTES,
                limit,
            });
        }
        let (mut package, opened) = package::open(artifact, filename)?;
        if package.kind == Kind::Source {
            // What pyproject.toml says decides what the other files are for.
            opened.each(|file| {
                if Package::keeps(file.path) {
                    package.keep(file.path, file.bytes);
                }
            })?;
        }
        opened.each(|file| {
            package.see(file);
            self.file(&mut package, file);
        })?;
        package.compare();
        package.capabilities = std::mem::take(&mut self.capabilities);
        exposure::declared(&mut package);
        for rule in rules::RULES {
            if let Check::Package(check) = rule.check {
                self.apply(rule, |found| check(&package, found));
            }
        }
        let allowed = suppression::in_pyproject(&package);
        for (rule, message) in suppression::apply(&mut self.findings, &allowed, &self.options.allow)
        {
            self.apply(rule, |found| found.package(message));
        }
        self.capabilities = package.capabilities.clone();
        Ok(package)
    }

    fn file(&mut self, package: &mut Package, file: &File<'_>) {
        let before = self.findings.len();
        for rule in rules::RULES {
            if let Check::File(check) = rule.check {
                self.apply(rule, |found| check(file, found));
            }
        }
        if Package::keeps(file.path) {
            package.keep(file.path, file.bytes);
        }
        self.capabilities.used.extend(exposure::of_file(file));
        if is_python(file) {
            self.python(package, file, before);
        }
    }

    fn python(&mut self, package: &mut Package, file: &File<'_>, before: usize) {
        let Ok(source) = std::str::from_utf8(file.bytes) else {
            let message = "it is not UTF-8, so that its code can't be looked into";
            self.apply(&rules::UNPARSABLE, |found| found.file(file.path, message));
            return;
        };
        let source = source.strip_prefix('\u{feff}').unwrap_or(source);
        let lines = Lines::new(source);
        let facts = match python::analyse(source, &module::package_of(file.path)) {
            Ok(facts) => facts,
            Err(fault) => {
                let message = format!("it can't be parsed: {}", fault.detail);
                let place = lines.place(fault.offset, fault.offset);
                self.apply(&rules::UNPARSABLE, |found| {
                    found.place(file.path, &place, message);
                });
                return;
            }
        };
        let module = Module {
            path: file.path,
            role: role(package, file.path),
            facts: &facts,
            lines: &lines,
            source,
            within: None,
        };
        self.module(&module, MOST_LAYERS);
        suppression::by_comments(self.findings.get_mut(before..).unwrap_or_default(), &lines);
        if module.role == Role::Library {
            package.modules.push(summary(&module));
        }
    }

    /// Applies all rules to a module, and to source that it decodes and runs.
    fn module(&mut self, module: &Module<'_>, layers: usize) {
        for rule in rules::RULES {
            if let Check::Module(check) = rule.check {
                self.apply(rule, |found| check(module, found));
            }
        }
        let uses: Vec<Use> = exposure::of_module(module);
        if module.role == Role::Library {
            self.capabilities.used.extend(uses);
        }
        if layers == 0 {
            return;
        }
        for (source, range) in &module.facts.payloads {
            let Ok(facts) = python::analyse(source, "") else {
                continue;
            };
            let place = module.place(*range);
            let inner = Module {
                facts: &facts,
                lines: &Lines::new(source),
                source,
                within: Some(&place),
                ..*module
            };
            self.module(&inner, layers - 1);
        }
    }

    fn report(mut self, artifact: Artifact, plugin: Option<Plugin>) -> Report {
        self.capabilities.used.sort();
        self.capabilities.used.dedup_by(|a, b| {
            (a.capability, &a.detail, &a.file) == (b.capability, &b.detail, &b.file)
        });
        let threat_score = threat::score(&self.findings, &self.capabilities);
        if let Some(message) = threat::message(threat_score, &self.findings) {
            self.apply(&rules::ATTACK_PATTERN, |found| found.package(message));
        }
        let gates = match plugin {
            Some(_) => self.gates(),
            None => Vec::new(),
        };
        let mut report = Report {
            format: FORMAT,
            rules_version: crate::rules_version(),
            artifact,
            plugin,
            findings: self.findings,
            capabilities: self.capabilities,
            threat_score,
            gates,
            verdicts: BTreeMap::new(),
            confinement: Confinement::default(),
        };
        report.decide(&self.options.policy);
        report
    }

    fn gates(&self) -> Vec<Gate> {
        let mut gates: Vec<Gate> = rules::RULES
            .iter()
            .filter(|rule| rule.family == Family::Quality && self.wanted(rule))
            .filter(|rule| !self.not_applicable.contains(&rule.id))
            .map(|rule| Gate {
                rule: rule.id.to_owned(),
                passed: !self.findings.iter().any(|finding| finding.rule == rule.id),
            })
            .collect();
        gates.sort_by(|a, b| a.rule.cmp(&b.rule));
        gates
    }
}

/// By name, or by the first line of a script.
fn is_python(file: &File<'_>) -> bool {
    let first = file
        .bytes
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let is_script = first.starts_with(b"#!") && memmem::find(first, b"python").is_some();
    file.path.ends_with(".py") || file.path.ends_with(".pyw") || is_script
}

/// Files that a build backend of the package's own consists of are run when it is built.
fn role(package: &Package, path: &str) -> Role {
    let pyproject = package.texts.get("pyproject.toml");
    let in_backend = pyproject.is_some_and(|text| rules::is_own_backend(text, path));
    if in_backend {
        Role::Build
    } else {
        module::role_of(path)
    }
}

fn summary(module: &Module<'_>) -> Summary {
    let Facts {
        classes,
        functions,
        names,
        imports,
        ..
    } = module.facts;
    Summary {
        path: module.path.to_owned(),
        dotted: module::dotted(module.path),
        has_star_import: module.facts.has_star_import,
        names: names.iter().map(|name| name.to_string()).collect(),
        classes: classes
            .iter()
            .map(|class| (class.clone(), module.place(class.range)))
            .collect(),
        functions: functions
            .iter()
            .map(|function| (function.clone(), module.place(function.range)))
            .collect(),
        imports: imports.iter().map(|(path, _)| path.to_string()).collect(),
    }
}
