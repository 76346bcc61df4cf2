//! Texts of a package: metadata, entry points, file names, requirements.
#![no_main]

use fapilog_package::filename::WheelFilename;
use fapilog_package::metadata::Metadata;
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
    let _ = gate::declared_core_range(&text.lines().collect::<Vec<_>>());
    if let Ok(name) = WheelFilename::parse(text) {
        let _ = name.dist_info();
    }
});
