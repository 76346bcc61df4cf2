//! JSON of others: bills of materials, advisories, snapshots of a core.
#![no_main]

use fapilog_package::core_api::CoreApi;
use fapilog_package::sbom;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = sbom::parse(bytes);
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(api) = CoreApi::parse(text)
    {
        let _ = api.find("fapilog.plugins.Sink.write");
    }
});
