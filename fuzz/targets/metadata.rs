//! Texts of a package: metadata, entry points, file names, requirements, licences.
#![no_main]

use fapilog_package::filename::WheelFilename;
use fapilog_package::licence::LicenceExpression;
use fapilog_package::metadata::Metadata;
use fapilog_package::requirement::Requirement;
use fapilog_package::{entry_points, gate};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(metadata) = Metadata::parse(bytes) {
        let _ = metadata.core_range();
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let _ = entry_points::parse(text);
    let _ = gate::parse_requirement(text);
    if let Ok(licence) = LicenceExpression::parse(text) {
        // The normal form is a form of its own.
        let again = LicenceExpression::parse(licence.as_str());
        assert_eq!(again.as_ref().map(LicenceExpression::as_str), Ok(licence.as_str()));
    }
    if let Ok(requirement) = Requirement::parse(text) {
        if let Some(marker) = &requirement.marker {
            let _ = marker.holds(&gate::Environment::default(), &requirement.extras);
        }
        let _ = requirement.is_unpinned_address();
    }
    let _ = gate::declared_core_range(&text.lines().collect::<Vec<_>>());
    if let Ok(name) = WheelFilename::parse(text) {
        let _ = name.dist_info();
    }
});
