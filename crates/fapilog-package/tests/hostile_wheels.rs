//! Wheels that are right archives, but not what they claim.

#![expect(clippy::unwrap_used, reason = "a panic is a test's way to fail")]

use std::io::Cursor;

use fapilog_package::archive::Limits;
use fapilog_package::filename::WheelFilename;
use fapilog_package::wheel;
use fapilog_testkit::{RawEntry, WheelBuilder};

fn right() -> WheelBuilder {
    WheelBuilder::plugin("fapilog-acme", "1.0").description("# Acme\n")
}

fn refused(bytes: &[u8]) -> &'static str {
    let filename = WheelFilename::parse("fapilog_acme-1.0-py3-none-any.whl").unwrap();
    let read = wheel::read(&mut Cursor::new(bytes), &filename, &Limits::default());
    read.map_or_else(|error| error.id(), |_| "accepted")
}

fn with_entry(entry: RawEntry) -> Vec<u8> {
    let mut raw = right().raw();
    raw.entries.push(entry);
    raw.build()
}

#[test]
fn files_land_only_where_they_belong_to_the_wheel() {
    for name in [
        "other-1.0.data/purelib/x.py",
        "fapilog_acme-1.0.data/elsewhere/x.py",
        "fapilog_acme-1.0.data/x.py",
        "fapilog_acme-1.0.data/purelib/fapilog_acme/__init__.py",
        "fapilog_acme-1.0.data/platlib/fapilog-3.0.0.dist-info/METADATA",
        "fapilog-3.0.0.egg-info/PKG-INFO",
        "fapilog-3.0.0.egg-info",
        "fapilog/__init__.py",
        "Fapilog_Acme-1.0.data/purelib/FAPILOG/_logger.py",
        "fapilog_acme-1.0.data/purelib/fapilog/_logger.py",
    ] {
        let id = refused(&right().file(name, b"x").build());
        assert_eq!(id, "archive-entry-name", "{name}");
    }
    for name in [
        "fapilog_acme-1.0.data/scripts/acme",
        "fapilog_acme-1.0.data/purelib/fapilog_acme/more.py",
        "fapilog_acme-1.0.data/data/share/acme.txt",
        "fapilog_acme.data.py",
    ] {
        let id = refused(&right().file(name, b"x").build());
        assert_eq!(id, "accepted", "{name}");
    }
}

#[test]
fn the_dist_info_folder_must_be_one_and_agree() {
    let other = RawEntry::file("fapilog_other-1.0.dist-info/METADATA", b"x");
    assert_eq!(refused(&with_entry(other)), "bad-dist-info");
    assert_eq!(
        refused(&WheelBuilder::new("fapilog-other", "1.0").build()),
        "bad-dist-info"
    );
    assert_eq!(
        refused(&WheelBuilder::new("fapilog-acme", "1.1").build()),
        "bad-dist-info"
    );
}

#[test]
fn each_file_that_must_be_there_is_missed() {
    for name in ["METADATA", "WHEEL", "RECORD"] {
        assert_eq!(
            refused(&right().without(name).build()),
            "missing-file",
            "{name}"
        );
    }
}

#[test]
fn file_name_metadata_and_tags_must_tell_the_same() {
    for builder in [
        right().metadata_name("fapilog-other"),
        right().metadata_version("2.0"),
        right().stated_tag("cp311-cp311-linux_x86_64"),
    ] {
        assert_eq!(refused(&builder.build()), "metadata-mismatch");
    }
}

#[test]
fn a_record_that_is_not_about_exactly_these_files_is_refused() {
    let listed = "fapilog_acme/__init__.py,";
    for builder in [
        right().record(listed, "fapilog_acme/gone.py,"),
        right().record(",12\n", ",13\n"),
        right().record(
            "fapilog_acme/__init__.py,sha256=",
            "fapilog_acme/__init__.py,sha256=A",
        ),
        right().record("sha256=", "md5="),
        right().record(
            "fapilog_acme-1.0.dist-info/RECORD,,",
            "ghost.py,,\nRECORD,,",
        ),
        right().record(
            "fapilog_acme-1.0.dist-info/RECORD,,",
            "fapilog_acme-1.0.dist-info/RECORD,,\nfapilog_acme-1.0.dist-info/RECORD,,",
        ),
        right().record(
            "fapilog_acme-1.0.dist-info/RECORD,,",
            "/etc/passwd,,\nfapilog_acme-1.0.dist-info/RECORD,,",
        ),
        right()
            .file("fapilog_acme-1.0.dist-info/RECORD.jws", b"{}")
            .record("RECORD.jws,sha256=", "RECORD.jws,sha256=A"),
    ] {
        assert_eq!(refused(&builder.build()), "bad-record");
    }
    let unlisted = with_entry(RawEntry::file("fapilog_acme/extra.py", b"x"));
    assert_eq!(refused(&unlisted), "bad-record");
}
