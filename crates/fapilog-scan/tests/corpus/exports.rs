//! What the operator fetched: the steps `@index` and `@advisories` of a case.

use std::path::Path;

use fapilog_package::index_export::IndexExport;
use fapilog_package::osv::OsvDatabase;
use fapilog_scan::{Options, Report, advisories, dependencies};

use crate::case::Case;

/// Adds the findings of a case's exports to its report.
pub fn apply(case: &Case, filename: &str, bytes: &[u8], report: &mut Report, options: &Options) {
    let wanted = |word: &'static str| case.steps.iter().filter(move |step| step.word == word);
    if wanted("index").chain(wanted("advisories")).next().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let artifact = folder.path().join(filename);
    std::fs::write(&artifact, bytes).unwrap();
    if wanted("index").next().is_some() {
        let mirror = folder.path().join("mirror");
        for step in wanted("index") {
            put(&mirror, &step.rest, &step.body);
        }
        let index = IndexExport::open(&mirror).unwrap();
        assert_eq!(index.skipped, 0, "{}: {}", case.rule, case.name);
        dependencies::add_findings(report, &artifact, &index, options).unwrap();
    }
    for step in wanted("advisories") {
        let export = folder.path().join("export.json");
        std::fs::write(&export, &step.body).unwrap();
        let database = OsvDatabase::open(&export).unwrap();
        advisories::add_findings(report, &artifact, &database, options).unwrap();
    }
}

fn put(mirror: &Path, path: &str, body: &str) {
    let path = mirror.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, body).unwrap();
}
