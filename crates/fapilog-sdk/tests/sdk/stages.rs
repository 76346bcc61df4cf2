//! One plugin of each kind.

use fapilog_sdk::testing::{Host, Outcome, TestRecord};
use fapilog_sdk::{
    Additions, Config, Edit, Enricher, Error, Filter, Level, Plugin, Processor, Record, Redactor,
    Table, Verdict,
};

/// A stage of every kind.
struct Zoo;

impl Plugin for Zoo {
    const NAME: &'static std::ffi::CStr = c"zoo";

    fn create(_: Config<'_>) -> Result<Self, Error> {
        Ok(Self)
    }
}

impl Filter for Zoo {
    fn filter(&mut self, record: Record<'_>) -> Result<Verdict, Error> {
        Ok(if record.level() >= Level::WARNING {
            Verdict::Keep
        } else {
            Verdict::Drop
        })
    }
}

impl Enricher for Zoo {
    fn enrich(&mut self, _: Record<'_>, additions: &mut Additions<'_>) -> Result<(), Error> {
        assert!(additions.add("host", "h1"));
        assert!(!additions.add("host", "h2"));
        additions.add("given", "replaced");
        additions.add("level", 1);
        Ok(())
    }
}

impl Processor for Zoo {
    fn process(&mut self, record: Record<'_>, edit: &mut Edit<'_>) -> Result<Verdict, Error> {
        match record.message() {
            "drop" => return Ok(Verdict::Drop),
            "leave" => {}
            message => edit.set_message(&message.to_uppercase()),
        }
        Ok(Verdict::Keep)
    }
}

impl Redactor for Zoo {
    fn redact(&mut self, _: Record<'_>, edit: &mut Edit<'_>) -> Result<(), Error> {
        edit.remove("password");
        edit.replace_texts(|text| text.contains("s3cret").then(|| "****".to_owned()));
        Ok(())
    }
}

static FILTER: Table = Table::filter::<Zoo>();
static ENRICHER: Table = Table::enricher::<Zoo>();
static PROCESSOR: Table = Table::processor::<Zoo>();
static REDACTOR: Table = Table::redactor::<Zoo>();

fn changed(outcome: Outcome) -> TestRecord {
    match outcome {
        Outcome::Changed(record) => record,
        other => panic!("expected a changed record, found {other:?}"),
    }
}

#[test]
fn a_filter_keeps_and_drops() {
    let mut host = Host::start(&FILTER, "{}").unwrap();
    let records = [Level::INFO, Level::ERROR, Level(31), Level(29)]
        .map(|level| TestRecord::build(level, "shop", "x"));
    let outcomes = host.process(&records).unwrap();
    assert_eq!(
        outcomes,
        [
            Outcome::Dropped,
            Outcome::Kept,
            Outcome::Kept,
            Outcome::Dropped
        ]
    );
}

#[test]
fn an_enricher_adds_and_replaces_nothing() {
    let mut host = Host::start(&ENRICHER, "{}").unwrap();
    let record = TestRecord::new("x").with("given", 1);
    for record in [record.flat(), record] {
        let record = changed(host.process_one(&record).unwrap());
        let view = record.view();
        assert_eq!(view.get("given").unwrap().as_i64(), Some(1));
        assert_eq!(view.get("host").unwrap(), "h1");
        assert_eq!(view.get("level_").unwrap().as_i64(), Some(1));
        assert_eq!((view.level(), view.message()), (Level::INFO, "x"));
    }
}

#[test]
fn a_processor_changes_drops_and_leaves_alone() {
    let mut host = Host::start(&PROCESSOR, "{}").unwrap();
    let records = ["hello", "drop", "leave"].map(TestRecord::new);
    let [first, second, third] = host.process(&records).unwrap().try_into().unwrap();
    let first = changed(first);
    assert_eq!(first.view().message(), "HELLO");
    assert_eq!(first.view().logger(), "test");
    assert_eq!((second, third), (Outcome::Dropped, Outcome::Kept));
    let flat = changed(host.process_one(&records[0].flat()).unwrap());
    assert_eq!(flat.view().message(), "HELLO");
    assert_eq!(flat.view().logger(), "test");
}

#[test]
fn a_redactor_reaches_texts_wherever_they_are() {
    let mut host = Host::start(&REDACTOR, "{}").unwrap();
    let nested = serde_json::json!({"list": [1, "s3cret", {"deep": "a s3cret b"}], "n": 1.5});
    let record = TestRecord::new("the s3cret")
        .with("password", "x")
        .with("nested", nested)
        .with("password", "twice")
        .with("plain", "x")
        .with("bound", "s3cret")
        .with("bound", "given")
        .with("bound2", "given")
        .with("bound2", "s3cret");
    for record in [record.flat(), record] {
        let record = changed(host.process_one(&record).unwrap());
        let bytes = String::from_utf8_lossy(record.bytes()).into_owned();
        assert!(!bytes.contains("s3cret") && !bytes.contains("password"));
        let view = record.view();
        assert_eq!(view.message(), "****");
        assert_eq!(
            format!("{:?}", view.get("nested").unwrap()),
            r#"{"list": [1, "****", {"deep": "****"}], "n": 1.5}"#
        );
        assert_eq!(view.get("plain").unwrap(), "x");
        assert_eq!(view.get("bound").unwrap(), "given");
        assert_eq!(view.get("bound2").unwrap(), "****");
    }
    assert_eq!(
        host.process_one(&TestRecord::new("x").with("a", "b")),
        Ok(Outcome::Kept)
    );
}

#[test]
fn batches_of_any_size_come_through() {
    let mut host = Host::start(&PROCESSOR, "{}").unwrap();
    assert_eq!(host.process(&[]), Ok(Vec::new()));
    let records: Vec<_> = (0..1000)
        .map(|number| TestRecord::new(&"x".repeat(number % 50)).with("n", number))
        .collect();
    let outcomes = host.process(&records).unwrap();
    for (number, outcome) in outcomes.into_iter().enumerate() {
        let record = changed(outcome);
        assert_eq!(record.view().message(), "X".repeat(number % 50));
        assert_eq!(
            record.view().get("n").unwrap().as_i64(),
            i64::try_from(number).ok()
        );
    }
    host.stop().unwrap();
}
