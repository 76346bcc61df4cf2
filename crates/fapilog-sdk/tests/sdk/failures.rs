//! Errors and panics are failures of what they were about, and nothing more.

use std::panic::panic_any;

use fapilog_sdk::testing::{Host, Outcome, TestRecord};
use fapilog_sdk::{Config, Edit, Error, Plugin, Processor, Record, Redactor, Table, Verdict};

/// Fails where its configuration and the records say.
struct Failing(String);

impl Plugin for Failing {
    const NAME: &'static std::ffi::CStr = c"failing";

    fn create(config: Config<'_>) -> Result<Self, Error> {
        match config.json() {
            "refuse" => Err("refuse is not allowed".into()),
            "panic" => panic!("in create"),
            other => Ok(Self(other.to_owned())),
        }
    }

    fn start(&mut self) -> Result<(), Error> {
        match self.0.as_str() {
            "start" => Err("no connection".into()),
            "start-panic" => panic!("in start"),
            _ => Ok(()),
        }
    }

    fn stop(&mut self) -> Result<(), Error> {
        match self.0.as_str() {
            "stop" => Err("will not".into()),
            "stop-panic" => panic!("in stop"),
            _ => Ok(()),
        }
    }
}

impl Drop for Failing {
    fn drop(&mut self) {
        assert_ne!(self.0, "drop-panic", "in drop");
    }
}

/// Panics once more when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("in the payload");
    }
}

fn act(record: Record<'_>, edit: &mut Edit<'_>) -> Result<(), Error> {
    edit.set("half", "done");
    match record.message() {
        "error" => Err("out of order".into()),
        "panic" => panic!("on {}", record.message()),
        "static" => panic!("static"),
        "number" => panic_any(5),
        "bomb" => panic_any(Bomb),
        "long" => Err("ü".repeat(5000).into()),
        _ => Ok(()),
    }
}

impl Redactor for Failing {
    fn redact(&mut self, record: Record<'_>, edit: &mut Edit<'_>) -> Result<(), Error> {
        act(record, edit)
    }
}

impl Processor for Failing {
    fn process(&mut self, record: Record<'_>, edit: &mut Edit<'_>) -> Result<Verdict, Error> {
        act(record, edit).map(|()| Verdict::Keep)
    }
}

static REDACTOR: Table = Table::redactor::<Failing>();
static PROCESSOR: Table = Table::processor::<Failing>();

#[test]
fn a_failure_on_a_record_is_of_that_record_and_the_next_goes_on() {
    for table in [&REDACTOR, &PROCESSOR] {
        for (message, said) in [
            ("error", "out of order"),
            ("panic", "on panic"),
            ("static", "static"),
            ("number", "it panicked"),
            ("bomb", "it panicked"),
        ] {
            let mut host = Host::start(table, "{}").unwrap();
            let records = ["x", message, "y"].map(TestRecord::new);
            let outcomes = host.process(&records).unwrap();
            assert!(matches!(outcomes[0], Outcome::Changed(_)));
            assert_eq!(outcomes[1], Outcome::Failed);
            assert!(matches!(outcomes[2], Outcome::Changed(_)));
            assert!(host.said().contains(said), "{message}: {}", host.said());
        }
    }
}

#[test]
fn an_error_text_is_cut_between_two_characters() {
    let mut host = Host::start(&PROCESSOR, "{}").unwrap();
    host.process_one(&TestRecord::new("long")).unwrap();
    assert_eq!(host.said(), "ü".repeat(512));
}

#[test]
fn what_does_not_start_says_why() {
    for (config, said) in [
        ("refuse", "refuse is not allowed"),
        ("panic", "in create"),
        ("start", "no connection"),
        ("start-panic", "in start"),
    ] {
        let failure = Host::start(&PROCESSOR, config).unwrap_err();
        assert!(failure.contains(said), "{failure}");
    }
}

#[test]
fn what_does_not_stop_says_why_and_is_destroyed_all_the_same() {
    for (config, said) in [("stop", "will not"), ("stop-panic", "in stop")] {
        let failure = Host::start(&PROCESSOR, config).unwrap().stop().unwrap_err();
        assert!(failure.contains(said), "{failure}");
    }
    Host::start(&PROCESSOR, "drop-panic")
        .unwrap()
        .stop()
        .unwrap();
}

#[test]
fn a_stage_is_no_sink_and_says_so() {
    let mut host = Host::start(&PROCESSOR, "{}").unwrap();
    assert_eq!(host.write(&[]).unwrap_err().reason, "it is no sink");
}

mod exported {
    use super::Failing;

    fapilog_sdk::export!(processor: Failing);

    #[test]
    fn a_panic_says_where_it_was_instead_of_being_printed() {
        let table = fapilog_plugin_v1();
        assert!(!table.is_null());
        let mut host = super::Host::start(&FAPILOG_PLUGIN, "{}").unwrap();
        host.process_one(&super::TestRecord::new("panic")).unwrap();
        let said = host.said();
        assert!(said.starts_with("it panicked at "), "{said}");
        assert!(
            said.contains("failures.rs:") && said.ends_with(": on panic"),
            "{said}"
        );
        // Panics elsewhere, such as a failing assertion of a test, are printed as ever.
        let own = std::panic::catch_unwind(|| panic!("in the test itself"));
        assert!(own.is_err());
    }
}
