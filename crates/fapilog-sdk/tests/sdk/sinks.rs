//! Sinks that take records, and such that take texts.

use std::sync::Mutex;

use fapilog_sdk::testing::{Host, TestRecord};
use fapilog_sdk::{Config, Error, Lines, Plugin, Records, Sink, Table, TextSink};

/// Takes records until one is `stop`.
struct Taking(String);

static TAKEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

impl Plugin for Taking {
    const NAME: &'static std::ffi::CStr = c"taking";

    fn create(config: Config<'_>) -> Result<Self, Error> {
        Ok(Self(config.json().to_owned()))
    }
}

impl Sink for Taking {
    fn write(&mut self, records: &Records<'_>) -> Result<(), Error> {
        assert!(!records.is_empty());
        for record in records.iter() {
            match record.message() {
                "stop" => return Err("full".into()),
                "panic" => panic!("broken"),
                message => TAKEN.lock().unwrap().push(format!("{}:{message}", self.0)),
            }
            records.took_one();
        }
        Ok(())
    }
}

impl TextSink for Taking {
    fn write(&mut self, lines: &Lines<'_>) -> Result<(), Error> {
        if lines.len() != lines.iter().count() || lines.is_empty() {
            return Err("not a line for each".into());
        }
        for _ in 0..10 {
            lines.took_one();
        }
        let all = format!("{}:{}", self.0, lines.text().replace('\n', "|"));
        TAKEN.lock().unwrap().push(all);
        Err("at last".into())
    }
}

static SINK: Table = Table::sink::<Taking>();
static TEXTS: Table = Table::text_sink::<Taking>();

fn taken(who: &str) -> Vec<String> {
    let taken = TAKEN.lock().unwrap();
    let own = taken.iter().filter_map(|one| one.strip_prefix(who));
    own.map(str::to_owned).collect()
}

#[test]
fn a_sink_says_how_many_of_the_first_records_it_took() {
    let mut host = Host::start(&SINK, "records:").unwrap();
    host.write(&["a", "b"].map(TestRecord::new)).unwrap();
    for (last, reason) in [("stop", "full"), ("panic", "broken")] {
        let failure = host
            .write(&["c", last, "d"].map(TestRecord::new))
            .unwrap_err();
        assert_eq!(failure.taken, 1);
        assert!(failure.reason.contains(reason), "{}", failure.reason);
    }
    assert_eq!(taken("records::"), ["a", "b", "c", "c"]);
}

#[test]
fn a_sink_of_texts_gets_them_and_cannot_take_more_than_there_were() {
    let mut host = Host::start(&TEXTS, "texts:").unwrap();
    let failure = host.write_texts(&["{\"a\":1}", "ü"]).unwrap_err();
    assert_eq!((failure.taken, failure.reason.as_str()), (2, "at last"));
    assert_eq!(taken("texts::"), ["{\"a\":1}|ü|"]);
    assert_eq!(host.process(&[]).unwrap_err(), "it is a sink");
}
