//! Bytes that should be a source archive.
#![no_main]

use fapilog_package::archive::Limits;
use fapilog_package::filename::SourceFilename;
use fapilog_package::source;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let name = SourceFilename::parse("demo-1.0.tar.gz").unwrap();
    let limits = Limits {
        total_bytes: 1 << 24,
        ..Limits::default()
    };
    let _ = source::read(bytes, &name, &limits);
});
