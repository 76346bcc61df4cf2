//! Text that should be Python, down to the names that it uses.
#![no_main]

use fapilog_package::api_usage::{ApiUsage, analyse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut usage = ApiUsage::default();
    analyse("demo.py", bytes, &mut usage);
    assert!(usage.uses.iter().all(|found| found.name.starts_with("fapilog")));
});
