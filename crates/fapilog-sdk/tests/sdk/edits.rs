//! What changes of a record make of it.

use std::collections::BTreeMap;

use fapilog_sdk::testing::{Host, Outcome, TestRecord};
use fapilog_sdk::{
    Config, Edit, Encode, Error, Plugin, Processor, Record, Table, ValueWriter, Verdict,
};

/// Makes the changes that its configuration names.
struct Editor(String);

impl Plugin for Editor {
    const NAME: &'static std::ffi::CStr = c"editor";

    fn create(config: Config<'_>) -> Result<Self, Error> {
        Ok(Self(config.read()?))
    }
}

struct Point(i64, i64);

impl Encode for Point {
    fn encode(&self, out: ValueWriter<'_>) {
        out.map(|map| {
            map.push("x", self.0);
            map.push("y", self.1);
        });
    }
}

struct Silent;

impl Encode for Silent {
    fn encode(&self, _: ValueWriter<'_>) {}
}

struct Deep(u32);

impl Encode for Deep {
    fn encode(&self, out: ValueWriter<'_>) {
        if self.0 > 0 {
            out.list(|list| list.push(Deep(self.0 - 1)));
        }
    }
}

impl Processor for Editor {
    fn process(&mut self, record: Record<'_>, edit: &mut Edit<'_>) -> Result<Verdict, Error> {
        match self.0.as_str() {
            "set" => {
                edit.set("b", "new");
                edit.set("z", Point(1, 2));
                edit.set("b", "newer");
            }
            "remove" => {
                edit.remove("a");
                edit.remove("twice");
                edit.remove("message");
            }
            "reserved" => {
                edit.set("message", "x");
                edit.set("level", 5);
            }
            "values" => {
                edit.set("silent", Silent);
                edit.set("deep", Deep(80));
                edit.set("big", u64::MAX);
                edit.set("wide", i128::MIN);
                edit.set("none", None::<bool>);
                edit.set("some", Some(1.5_f32));
                edit.set("list", vec!["a", "b"]);
                edit.set("map", BTreeMap::from([("k", [1_u8, 2])]));
                edit.set("copy", record.get("list"));
            }
            "undo" => {
                edit.remove("a");
                edit.set("a", 2);
            }
            "huge" => edit.set("x", "x".repeat(5 * 1024 * 1024)),
            other => return Err(other.into()),
        }
        assert!(!edit.is_empty());
        Ok(Verdict::Keep)
    }
}

static EDITOR: Table = Table::processor::<Editor>();

fn edited(what: &str, record: &TestRecord) -> TestRecord {
    let mut host = Host::start(&EDITOR, &format!("\"{what}\"")).unwrap();
    match host.process_one(record).unwrap() {
        Outcome::Changed(record) => record,
        other => panic!("{other:?}: {}", host.said()),
    }
}

fn record() -> TestRecord {
    TestRecord::new("m")
        .with("a", 1)
        .with("twice", 1)
        .with("b", "old")
        .with("twice", 2)
        .with("list", [1, 2])
}

fn fields(record: &TestRecord) -> String {
    let fields: Vec<_> = record
        .view()
        .fields()
        .map(|(key, value)| format!("{key}={value:?}"))
        .collect();
    fields.join(" ")
}

#[test]
fn a_field_is_changed_in_its_place_or_comes_at_the_end() {
    for record in [record(), record().flat()] {
        let record = edited("set", &record);
        assert_eq!(
            fields(&record),
            r#"a=1 twice=1 b="newer" twice=2 list=[1, 2] z={"x": 1, "y": 2}"#
        );
        assert_eq!(record.view().message(), "m");
    }
}

#[test]
fn a_field_goes_wherever_it_stands_and_what_every_record_has_stays() {
    for record in [record(), record().flat()] {
        let record = edited("remove", &record);
        assert_eq!(fields(&record), r#"b="old" list=[1, 2]"#);
        assert_eq!(record.view().message(), "m");
    }
    assert_eq!(
        fields(&edited("undo", &record())),
        fields(&record()).replace("a=1", "a=2")
    );
}

#[test]
fn keys_that_every_record_has_get_an_underscore() {
    for record in [TestRecord::new("m"), TestRecord::new("m").flat()] {
        let record = edited("reserved", &record);
        assert_eq!(fields(&record), r#"message_="x" level_=5"#);
        assert_eq!(record.view().message(), "m");
    }
}

#[test]
fn values_of_every_type_can_be_set() {
    let record = edited("values", &TestRecord::new("m").with("list", [1, 2]));
    let shown = fields(&record);
    let begin = "list=[\"a\", \"b\"] silent=null deep=[[[[";
    assert!(shown.starts_with(begin), "{shown}");
    assert!(shown.contains("\"[too deep]\""));
    let after = shown.split("big=").last().unwrap();
    assert_eq!(
        after,
        "18446744073709551615 wide=-170141183460469231731687303715884105728 none=null some=1.5 \
         map={\"k\": [1, 2]} copy=[1, 2]"
    );
}

#[test]
fn a_record_that_becomes_too_long_fails_alone() {
    let mut host = Host::start(&EDITOR, "\"huge\"").unwrap();
    assert_eq!(host.process_one(&record()), Ok(Outcome::Failed));
    assert!(
        host.said().contains("a record became 5243"),
        "{}",
        host.said()
    );
}
