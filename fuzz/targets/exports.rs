//! What operators fetch: advisories in the OSV form, pages of a package index.
#![no_main]

use fapilog_package::Version;
use fapilog_package::index_export::IndexExport;
use fapilog_package::name::ProjectName;
use fapilog_package::osv::OsvDatabase;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(project) = ProjectName::parse("acme") else {
        return;
    };
    let mut index = IndexExport::default();
    if index.add_page(bytes) {
        assert!(!index.is_empty() || index.releases(&project).next().is_none());
    }
    let mut database = OsvDatabase::default();
    database.add_list(bytes);
    let version = Version::new([1, 0]);
    for advisory in database.matching(&project, &version) {
        assert!(advisory.affects(&project, &version));
    }
    if let Ok(range) = ">=1,<2".parse() {
        let _ = database.matching_range(&project, &range);
    }
});
