//! Bytes that should be a wheel.
#![no_main]

use std::io::Cursor;

use fapilog_package::archive::Limits;
use fapilog_package::filename::WheelFilename;
use fapilog_package::wheel;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let name = WheelFilename::parse("demo-1.0-py3-none-any.whl").unwrap();
    let _ = wheel::read(&mut Cursor::new(bytes), &name, &Limits::default());
});
