//! Every rule over the labelled corpus in `tests/fixtures/packages`, with precision and recall.
//!
//! `cargo test -p fapilog-scan --test corpus -- RULE` looks at one rule and prints what was found.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a test that reports"
)]

mod case;
mod exports;
mod pages;
mod world;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use case::Case;
use fapilog_scan::rules::RULES;
use fapilog_scan::{Options, Report, judge};

/// Fewest cases of each kind for each rule.
const FEWEST: usize = 5;
/// A crash can't be written as a package, and YARA is a program of its own; other tests have them.
const NOT_IN_CORPUS: [&str; 2] = ["not-judged", "yara-match"];

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let wanted = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    let mut corpus: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    for entry in std::fs::read_dir(root.join("tests/fixtures/packages")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "case") {
            let cases = case::read(&path);
            corpus.insert(cases[0].rule.clone(), cases);
        }
    }
    let mut faults = completeness(&corpus);
    let (mut hits, mut misses, mut alarms, mut silences) = (0, 0, 0, 0);
    for (rule, cases) in &corpus {
        if wanted.as_ref().is_some_and(|wanted| wanted != rule) {
            continue;
        }
        for case in cases {
            let (filename, bytes) = world::build(case);
            let options = Options::default();
            let mut report = judge(&bytes, &filename, &options);
            exports::apply(case, &filename, &bytes, &mut report, &options);
            let found = report.findings.iter().any(|finding| finding.rule == *rule);
            match (case.wrong, found) {
                (true, true) => hits += 1,
                (false, false) => silences += 1,
                (true, false) => {
                    misses += 1;
                    faults.push(format!(
                        "{rule}: nothing found in the wrong case `{}`: {}",
                        case.name,
                        others(&report)
                    ));
                }
                (false, true) => {
                    alarms += 1;
                    faults.push(format!(
                        "{rule}: something found in the right case `{}`: {}",
                        case.name,
                        others(&report)
                    ));
                }
            }
        }
    }
    if wanted.is_none() {
        faults.extend(pages::check(&root, &corpus));
    }
    for fault in &faults {
        println!("{fault}");
    }
    let share = |part: usize, rest: usize| part as f64 / ((part + rest).max(1)) as f64;
    println!(
        "corpus: {} rules, {} wrong and {} right packages, precision {:.3}, recall {:.3}",
        corpus.len(),
        hits + misses,
        alarms + silences,
        share(hits, alarms),
        share(hits, misses)
    );
    println!("{} passed, {} failed", hits + silences, faults.len());
    if faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn completeness(corpus: &BTreeMap<String, Vec<Case>>) -> Vec<String> {
    let mut faults = Vec::new();
    for rule in RULES
        .iter()
        .filter(|rule| !NOT_IN_CORPUS.contains(&rule.id))
    {
        let cases = corpus.get(rule.id).map_or(&[][..], Vec::as_slice);
        let wrong = cases.iter().filter(|case| case.wrong).count();
        if wrong < FEWEST || cases.len() - wrong < FEWEST {
            faults.push(format!(
                "{}: fewer than {FEWEST} wrong or right cases",
                rule.id
            ));
        }
    }
    let known = |id: &str| RULES.iter().any(|rule| rule.id == id);
    faults.extend(
        corpus
            .keys()
            .filter(|id| !known(id))
            .map(|id| format!("{id} is no rule")),
    );
    faults
}

fn others(report: &Report) -> String {
    let lines = report
        .findings
        .iter()
        .map(|finding| format!("\n    {}: {}", finding.rule, finding.message));
    lines.collect()
}
