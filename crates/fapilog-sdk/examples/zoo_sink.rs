//! A sink that appends texts to a file, and fails in the middle the first time when it is told to.
#![allow(clippy::panic, reason = "it panics where it is told to")]

use std::fs::{File, OpenOptions};
use std::io::Write;

use fapilog_sdk::{Config, Error, Lines, Plugin, TextSink};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    path: String,
    #[serde(default)]
    first: String,
}

struct Appends {
    file: File,
    first: String,
}

impl Plugin for Appends {
    const NAME: &'static std::ffi::CStr = c"appends";

    fn create(config: Config<'_>) -> Result<Self, Error> {
        let options: Options = config.read()?;
        Ok(Self {
            file: OpenOptions::new()
                .append(true)
                .create(true)
                .open(options.path)?,
            first: options.first,
        })
    }
}

impl TextSink for Appends {
    fn write(&mut self, lines: &Lines<'_>) -> Result<(), Error> {
        for (number, line) in lines.iter().enumerate() {
            if number == 2 {
                match std::mem::take(&mut self.first).as_str() {
                    "fail" => return Err("disk is full".into()),
                    "panic" => panic!("disk is gone"),
                    "lie" => {
                        (0..1000).for_each(|_| lines.took_one());
                        return Err("took more than there were".into());
                    }
                    _ => {}
                }
            }
            writeln!(self.file, "{line}")?;
            lines.took_one();
        }
        Ok(())
    }
}

fapilog_sdk::export!(text_sink: Appends);
