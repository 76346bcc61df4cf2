//! A redactor that hides `s3cret`, and panics on records that are told `panic`.
#![allow(clippy::panic, reason = "it panics where it is told to")]

use fapilog_sdk::{Config, Edit, Error, Plugin, Record, Redactor};

struct Hides;

impl Plugin for Hides {
    const NAME: &'static std::ffi::CStr = c"hides";

    fn create(_: Config<'_>) -> Result<Self, Error> {
        Ok(Self)
    }
}

impl Redactor for Hides {
    fn redact(&mut self, record: Record<'_>, edit: &mut Edit<'_>) -> Result<(), Error> {
        edit.replace_texts(|text| text.contains("s3cret").then(|| "****".to_owned()));
        match record.message() {
            "fail" => Err("out of order".into()),
            "panic" => panic!("out of luck"),
            _ => Ok(()),
        }
    }
}

fapilog_sdk::export!(redactor: Hides);
