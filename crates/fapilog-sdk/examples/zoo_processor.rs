//! A processor that does what its configuration says: `{"do": "panic"}`.
#![expect(clippy::panic, reason = "it panics where it is told to")]

use std::ffi::CStr;
use std::time::Duration;

use fapilog_sdk::{Config, Edit, Error, Plugin, Processor, Record, Verdict};

#[derive(Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Options {
    r#do: String,
    port: u16,
}

struct Zoo {
    what: String,
    seen: i64,
}

impl Plugin for Zoo {
    const NAME: &'static CStr = c"zoo";

    fn create(config: Config<'_>) -> Result<Self, Error> {
        let options: Options = config.read()?;
        match options.r#do.as_str() {
            "refuse" => return Err(format!("port {} is taken", options.port).into()),
            "panic-in-create" => panic!("no room"),
            "hang-in-create" => std::thread::sleep(Duration::from_secs(60)),
            _ => {}
        }
        Ok(Self {
            what: options.r#do,
            seen: 0,
        })
    }

    fn start(&mut self) -> Result<(), Error> {
        match self.what.as_str() {
            "fail-in-start" => Err("no connection".into()),
            "panic-in-start" => panic!("no wire"),
            _ => Ok(()),
        }
    }

    fn stop(&mut self) -> Result<(), Error> {
        match self.what.as_str() {
            "fail-in-stop" => Err("will not stop".into()),
            "panic-in-stop" => panic!("cannot stop"),
            _ => Ok(()),
        }
    }
}

impl Drop for Zoo {
    fn drop(&mut self) {
        assert!(self.what != "panic-in-drop", "cannot even go");
    }
}

impl Processor for Zoo {
    fn process(&mut self, record: Record<'_>, edit: &mut Edit<'_>) -> Result<Verdict, Error> {
        self.seen += 1;
        match self.what.as_str() {
            "echo" => {
                // Every value is read and written anew.
                for (key, value) in record.fields() {
                    edit.set(key, value);
                }
                edit.set_message(record.message());
            }
            "count" => edit.set("seen", self.seen),
            "drop-odd" if self.seen % 2 == 0 => return Ok(Verdict::Drop),
            "fail-odd" if self.seen % 2 == 0 => return Err(format!("on {}", self.seen).into()),
            "panic-odd" if self.seen % 2 == 0 => panic!("on {}", self.seen),
            "panic-odd" | "fail-odd" => edit.set("touched", true),
            "huge" => edit.set("huge", "x".repeat(5 << 20)),
            "hang" => std::thread::sleep(Duration::from_secs(600)),
            _ => {}
        }
        Ok(Verdict::Keep)
    }
}

fapilog_sdk::export!(processor: Zoo);
