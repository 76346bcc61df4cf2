//! Records are read where they lie, and nothing that stands in one makes the SDK panic.

use std::time::{Duration, SystemTime};

use fapilog_sdk::testing::{Host, TestRecord};
use fapilog_sdk::{Config, Error, Filter, Level, Plugin, Record, Table, Value, Verdict};

#[test]
fn every_value_is_read_as_it_was_written() {
    let value = serde_json::json!({
        "null": null, "yes": true, "no": false, "int": -5, "big": 18_446_744_073_709_551_615_u64,
        "float": 1.5, "text": "ü", "list": [1, [2, []]], "map": {"a": {"b": "c"}},
    });
    let record = TestRecord::build(Level::ERROR, "shop", "paid")
        .at(1_500_000)
        .with("value", &value)
        .with("n", 1)
        .with("n", 2);
    for record in [record.flat(), record] {
        let view = record.view();
        assert_eq!((view.level(), view.logger()), (Level::ERROR, "shop"));
        assert_eq!((view.message(), view.micros()), ("paid", 1_500_000));
        assert_eq!(
            view.time(),
            SystemTime::UNIX_EPOCH + Duration::from_millis(1500)
        );
        assert_eq!(view.get("n").unwrap().as_i64(), Some(2));
        assert_eq!(view.fields().count(), 3);
        let Some(Value::Map(map)) = view.get("value") else {
            panic!("{view:?}");
        };
        assert_eq!(map.len(), 9);
        assert_eq!(map.get("big"), Some(Value::BigInt("18446744073709551615")));
        assert_eq!(map.get("int").unwrap().as_f64(), Some(-5.0));
        assert_eq!(map.get("yes").unwrap().as_bool(), Some(true));
        assert_eq!(map.get("text").unwrap(), "ü");
        assert_eq!(format!("{:?}", map.get("list").unwrap()), "[1, [2, []]]");
        assert!(view.get("message").is_none() && view.get("missing").is_none());
    }
}

/// Reads all that there is to read.
struct Reader;

impl Plugin for Reader {
    const NAME: &'static std::ffi::CStr = c"reader";

    fn create(_: Config<'_>) -> Result<Self, Error> {
        Ok(Self)
    }
}

impl Filter for Reader {
    fn filter(&mut self, record: Record<'_>) -> Result<Verdict, Error> {
        let shown = format!("{record:?} {:?} {:?}", record.time(), record.get("n"));
        Ok(if shown.is_empty() {
            Verdict::Drop
        } else {
            Verdict::Keep
        })
    }
}

static READER: Table = Table::filter::<Reader>();

#[test]
fn damage_anywhere_in_a_frame_panics_nowhere() {
    let record = TestRecord::new("hello").with("n", 1).with(
        "value",
        serde_json::json!({"a": [1, "x", null, 2.5], "big": u64::MAX}),
    );
    let mut host = Host::start(&READER, "{}").unwrap();
    for record in [record.flat(), record] {
        for at in 4..record.bytes().len() {
            for byte in [0, 1, 7, 8, 9, 0x7f, 0xff] {
                let damaged = record.damaged(at, byte);
                host.process(&[damaged]).ok();
                assert!(
                    !host.said().contains("panicked"),
                    "{at} {byte}: {}",
                    host.said()
                );
            }
        }
    }
}

#[test]
fn a_frame_that_is_cut_off_fails_the_batch_and_is_never_read_beyond() {
    let record = TestRecord::new("hello").with("n", 1);
    let mut host = Host::start(&READER, "{}").unwrap();
    for length in 0..record.bytes().len() {
        let refused = host.process(&[record.cut(length)]).unwrap_err();
        assert_eq!(refused, "the host's batch is not whole");
    }
}
