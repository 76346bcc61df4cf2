//! Advisories are matched as the OSV schema says, from every form of an export.

#![expect(clippy::unwrap_used, reason = "a panic is a test's way to fail")]

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use fapilog_package::name::ProjectName;
use fapilog_package::osv::{Exposure, OsvDatabase};
use fapilog_testkit::{RawEntry, RawZip};
use serde_json::{Value, json};

fn advisory(id: &str, package: &str, events: Value, versions: Value) -> Value {
    json!({
        "schema_version": "1.7.0", "id": id, "modified": "2026-01-02T03:04:05Z",
        "aliases": ["CVE-2026-1"], "details": "first line\nsecond",
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
        "affected": [
            {"package": {"ecosystem": "npm", "name": package}, "versions": ["9"]},
            {
                "package": {"ecosystem": "PyPI", "name": package},
                "ranges": [
                    {"type": "GIT", "events": [{"introduced": "0"}]},
                    {"type": "ECOSYSTEM", "events": events}
                ],
                "versions": versions
            }
        ]
    })
}

fn place(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("osv-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

fn opened(name: &str, value: &Value) -> OsvDatabase {
    let file = place(name).join("export.json");
    std::fs::write(&file, value.to_string()).unwrap();
    OsvDatabase::open(&file).unwrap()
}

fn project(name: &str) -> ProjectName {
    ProjectName::parse(name).unwrap()
}

#[test]
fn versions_are_held_against_ranges_and_lists() {
    let events = json!([
        {"introduced": "2.0rc1"}, {"fixed": "2.1"}, {"introduced": "0"}, {"fixed": "1.5"},
        {"introduced": "3.0"}, {"last_affected": "3.2"}
    ]);
    let database = opened(
        "ranges",
        &json!([advisory(
            "A-1",
            "Jinja_2",
            events,
            json!(["1.7.0", "nonsense"])
        )]),
    );
    for (version, affected) in [
        ("0.1", true),
        ("1.4.9", true),
        ("1.5", false),
        ("1.6", false),
        ("1.7", true),
        ("1.7.0", true),
        ("2.0b1", false),
        ("2.0rc1", true),
        ("2.0", true),
        ("2.1", false),
        ("3.0", true),
        ("3.2", true),
        ("3.2.0", true),
        ("3.2.1", false),
        ("9", false),
    ] {
        let found = database.matching(&project("jinja-2"), &version.parse().unwrap());
        assert_eq!(!found.is_empty(), affected, "{version}");
    }
    let found = database.matching(&project("jinja-2"), &"2.0".parse().unwrap())[0];
    assert_eq!(
        (found.id.as_str(), found.summary.as_str()),
        ("A-1", "first line")
    );
    let fixed = found.fixed_after(&project("jinja-2"), &"2.0".parse().unwrap());
    assert_eq!(fixed.unwrap().to_string(), "2.1");
    assert!(
        database
            .matching(&project("other"), &"1.0".parse().unwrap())
            .is_empty()
    );
}

#[test]
fn a_requirement_is_held_against_what_it_allows() {
    let events = json!([{"introduced": "0"}, {"fixed": "2.1"}]);
    let database = opened(
        "allows",
        &advisory("A-1", "jinja2", events, json!(["1.0", "2.0"])),
    );
    for (range, exposure) in [
        (">=1.0", Some(Exposure::Allowed)),
        ("<2.1", Some(Exposure::Unavoidable)),
        ("==2.0", Some(Exposure::Unavoidable)),
        (">=2.1", None),
        ("", Some(Exposure::Allowed)),
    ] {
        let found = database.matching_range(&project("jinja2"), &range.parse().unwrap());
        assert_eq!(
            found.first().map(|(_, exposure)| *exposure),
            exposure,
            "{range}"
        );
    }
}

#[test]
fn folders_archives_lists_and_answers_are_read_alike() {
    let one = advisory("A-1", "jinja2", json!([{"introduced": "0"}]), json!([]));
    let mut gone = advisory("A-2", "jinja2", json!([{"introduced": "0"}]), json!([]));
    gone["withdrawn"] = json!("2026-01-01T00:00:00Z");
    let folder = place("folder");
    std::fs::create_dir(folder.join("PyPI")).unwrap();
    for (name, text) in [
        ("PyPI/A-1.json", one.to_string()),
        ("A-2.json", gone.to_string()),
        ("bad.json", "{".into()),
    ] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let archive = folder.join("all.zip");
    let entry = |name: &str, text: String| RawEntry::file(name, text.as_bytes());
    let zip = RawZip {
        entries: vec![
            entry("A-1.json", one.to_string()),
            entry("A-2.json", gone.to_string()),
            entry("x.json", "[]x".into()),
        ],
        ..RawZip::default()
    };
    std::fs::write(&archive, zip.build()).unwrap();
    for path in [&folder, &archive] {
        let database = OsvDatabase::open(path).unwrap();
        assert_eq!(
            (database.len(), database.skipped),
            (1, 1),
            "{}",
            path.display()
        );
        assert_eq!(database.newest(), Some("2026-01-02T03:04:05Z"));
        let later = SystemTime::now() + Duration::from_secs(3 * 86_400);
        let age = database.age(later).unwrap().as_secs();
        assert!((3 * 86_400 - 5..4 * 86_400).contains(&age), "{age}");
    }
    assert_eq!(opened("answer", &json!({"vulns": [one]})).len(), 1);
}

#[test]
fn what_is_no_export_is_refused() {
    let folder = place("none");
    assert_eq!(OsvDatabase::open(&folder).unwrap_err().id(), "osv-format");
    assert_eq!(
        OsvDatabase::open(&folder.join("gone")).unwrap_err().id(),
        "osv-io"
    );
    let file = folder.join("x.zip");
    std::fs::write(&file, b"PK").unwrap();
    let error = OsvDatabase::open(&file).unwrap_err();
    assert!(
        error.id() == "osv-format" && error.hint().contains("all.zip"),
        "{error}"
    );
}
