//! Every kind of wrong archive is refused with its own id, and no mutation makes a reader panic.

#![expect(clippy::unwrap_used, reason = "a panic is a test's way to fail")]

use std::io::Cursor;

use fapilog_package::PackageError;
use fapilog_package::archive::Limits;
use fapilog_package::filename::{SourceFilename, WheelFilename};
use fapilog_package::{source, wheel};
use fapilog_testkit::{RawEntry, RawZip, SourceArchiveBuilder, WheelBuilder};
use proptest::prelude::*;

const NAME: &str = "fapilog_acme-1.0-py3-none-any.whl";

fn right() -> WheelBuilder {
    WheelBuilder::plugin("fapilog-acme", "1.0").description("# Acme\n")
}

fn read(bytes: &[u8]) -> Result<wheel::Wheel, PackageError> {
    let filename = WheelFilename::parse(NAME).unwrap();
    wheel::read(&mut Cursor::new(bytes), &filename, &Limits::default())
}

fn refused(bytes: &[u8]) -> &'static str {
    read(bytes).map_or_else(|error| error.id(), |_| "accepted")
}

/// The wheel after a change to its archive.
fn falsified(change: impl FnOnce(&mut RawZip)) -> Vec<u8> {
    let mut raw = right().raw();
    change(&mut raw);
    raw.build()
}

fn with_entry(entry: RawEntry) -> Vec<u8> {
    falsified(|raw| raw.entries.push(entry))
}

#[test]
fn a_right_wheel_is_read_whole() {
    let wheel = read(&right().build()).unwrap();
    assert_eq!(wheel.metadata.project.as_str(), "fapilog-acme");
    assert_eq!(wheel.entry_points[0].value, "fapilog_acme:Plugin");
    assert_eq!(wheel.files.len(), 5);
    assert!(
        String::from_utf8(wheel.metadata_bytes)
            .unwrap()
            .ends_with("# Acme\n")
    );
}

#[test]
fn a_wheel_written_in_a_stream_is_read_too() {
    let bytes = falsified(|raw| raw.entries.iter_mut().for_each(|entry| entry.flags |= 8));
    assert_eq!(refused(&bytes), "accepted");
}

#[test]
fn a_truncated_wheel_is_refused_at_every_length() {
    let bytes = right().build();
    for length in 0..bytes.len() {
        assert_eq!(refused(&bytes[..length]), "archive-truncated", "{length}");
    }
}

#[test]
fn bytes_outside_of_entries_are_refused() {
    for bytes in [
        falsified(|raw| raw.prefix = b"#!/bin/sh\n".to_vec()),
        falsified(|raw| raw.suffix = b"more".to_vec()),
        falsified(|raw| raw.comment = b"PK\x03\x04".to_vec()),
        falsified(|raw| raw.between = b"hidden".to_vec()),
    ] {
        assert_eq!(refused(&bytes), "archive-extra-data");
    }
}

#[test]
fn names_that_leave_the_folder_or_deceive_are_refused() {
    for name in [
        "../evil.py",
        "/etc/passwd",
        "C:/evil.py",
        "a\\..\\evil.py",
        "a//b",
        "a/./b",
        "a\0b",
        "a\nb",
        "fapilog_acme/\u{202e}yp.exe",
        "fapilog_acme/a\u{200b}.py",
        "con. /x",
    ] {
        assert_eq!(
            refused(&with_entry(RawEntry::file(name, b"x"))),
            "archive-entry-name",
            "{name:?}"
        );
    }
}

#[test]
fn duplicate_and_case_colliding_names_are_refused() {
    for name in ["fapilog_acme/__init__.py", "fapilog_acme/__INIT__.py"] {
        let id = refused(&with_entry(RawEntry::file(name, b"x")));
        assert_eq!(id, "archive-duplicate-entry");
    }
}

#[test]
fn links_and_special_files_are_refused() {
    for mode in [0o120_777, 0o060_644, 0o010_644, 0o040_755] {
        let entry = RawEntry {
            mode,
            ..RawEntry::file("fapilog_acme/link", b"/etc/passwd")
        };
        assert_eq!(refused(&with_entry(entry)), "archive-special-file");
    }
}

#[test]
fn encryption_exotic_compression_and_comments_are_refused() {
    let file = || RawEntry::file("fapilog_acme/data", b"x");
    for entry in [
        RawEntry { flags: 1, ..file() },
        RawEntry {
            method: 12,
            ..file()
        },
        RawEntry {
            comment: b"PK".to_vec(),
            ..file()
        },
    ] {
        assert_eq!(refused(&with_entry(entry)), "archive-unsupported");
    }
}

#[test]
fn an_archive_that_contradicts_itself_is_refused() {
    let file = || RawEntry::file("fapilog_acme/data", b"x");
    for bytes in [
        with_entry(RawEntry {
            local_name: Some("fapilog_acme/dat2".into()),
            ..file()
        }),
        with_entry(RawEntry {
            flags: 8,
            lying_descriptor: true,
            ..file()
        }),
        falsified(|raw| raw.overlap = true),
    ] {
        let id = refused(&bytes);
        assert!(
            id == "archive-header-mismatch" || id == "archive-extra-data",
            "{id}"
        );
    }
}

#[test]
fn contents_that_differ_from_their_description_are_refused() {
    let file = || RawEntry::file("fapilog_acme/data", &[7; 5000]);
    for entry in [
        RawEntry {
            stated_size: Some(10),
            ..file()
        },
        RawEntry {
            stated_size: Some(6000),
            ..file()
        },
        RawEntry {
            stated_checksum: Some(1),
            ..file()
        },
    ] {
        assert_eq!(refused(&with_entry(entry)), "archive-corrupt");
    }
}

#[test]
fn bombs_are_refused_before_they_unfold() {
    let limits = Limits {
        entries: 8,
        total_bytes: 5000,
        entry_bytes: 2000,
        ..Limits::default()
    };
    let filename = WheelFilename::parse(NAME).unwrap();
    let large = right().file("fapilog_acme/a", &[0; 3000]).build();
    let many = (0..9)
        .fold(right(), |builder, n| builder.file(&format!("{n}.py"), b""))
        .build();
    let total = (0..3)
        .fold(right(), |builder, n| {
            builder.file(&format!("{n}"), &[0; 1900])
        })
        .build();
    for bytes in [large, many, total] {
        let error = wheel::read(&mut Cursor::new(bytes), &filename, &limits).unwrap_err();
        assert_eq!(error.id(), "archive-too-large");
    }
    let bomb = RawEntry::file("fapilog_acme/zeros", &vec![0; 80 * 1024 * 1024]);
    assert_eq!(refused(&with_entry(bomb)), "archive-too-large");
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
    ] {
        assert_eq!(refused(&builder.build()), "bad-record");
    }
    let unlisted = with_entry(RawEntry::file("fapilog_acme/extra.py", b"x"));
    assert_eq!(refused(&unlisted), "bad-record");
}

fn source_verdict(bytes: &[u8]) -> &'static str {
    let filename = SourceFilename::parse("fapilog_acme-1.0.tar.gz").unwrap();
    let limits = Limits {
        total_bytes: 1 << 20,
        entry_bytes: 1 << 19,
        ..Limits::default()
    };
    source::read(bytes, &filename, &limits).map_or_else(|error| error.id(), |_| "accepted")
}

#[test]
fn source_archives_are_read_and_the_wrong_ones_refused() {
    use tar::EntryType;
    let right = || SourceArchiveBuilder::new("fapilog-acme", "1.0");
    let whole = right().build();
    let mut trailing = whole.clone();
    trailing.extend_from_slice(b"more");
    let zeros = vec![0; 1 << 19];
    let bomb = (0..3).fold(right(), |builder, n| builder.file(&format!("z{n}"), &zeros));
    let long = "fapilog_acme-1.0/".to_owned() + &"long/".repeat(40) + "name.py";
    let long_name = right()
        .raw("././@LongLink", EntryType::GNULongName, long.as_bytes())
        .file("x", b"1");
    let pax_size = right()
        .raw("pax", EntryType::XHeader, b"11 size=10\n")
        .file("x", b"1");
    for (bytes, expected) in [
        (whole.clone(), "accepted"),
        (long_name.build(), "accepted"),
        (whole[..whole.len() - 9].to_vec(), "archive-truncated"),
        (b"not gzip".to_vec(), "archive-truncated"),
        (trailing, "archive-extra-data"),
        (bomb.build(), "archive-too-large"),
        (pax_size.build(), "archive-unsupported"),
        (right().without("PKG-INFO").build(), "missing-file"),
        (
            right().file("../../evil", b"x").build(),
            "archive-entry-name",
        ),
        (
            right().raw("elsewhere/x", EntryType::Regular, b"").build(),
            "archive-entry-name",
        ),
        (
            right()
                .raw("fapilog_acme-1.0/l", EntryType::Symlink, b"")
                .build(),
            "archive-special-file",
        ),
        (
            right()
                .raw("fapilog_acme-1.0/l", EntryType::Link, b"")
                .build(),
            "archive-special-file",
        ),
        (
            right().file("PYPROJECT.toml", b"x").build(),
            "archive-duplicate-entry",
        ),
        (
            SourceArchiveBuilder::new("fapilog-acme", "1.1").build(),
            "archive-entry-name",
        ),
    ] {
        assert_eq!(source_verdict(&bytes), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn a_mutated_wheel_is_refused_or_read_but_never_panics(
        at in any::<prop::sample::Index>(), to in any::<u8>(), cut in 0_usize..8,
    ) {
        let mut bytes = right().build();
        let at = at.index(bytes.len());
        bytes[at] = to;
        bytes.drain(at..(at + cut).min(bytes.len()));
        let _ = read(&bytes);
    }

    #[test]
    fn a_mutated_source_archive_is_refused_or_read_but_never_panics(
        at in any::<prop::sample::Index>(), to in any::<u8>(),
    ) {
        let mut bytes = SourceArchiveBuilder::new("fapilog-acme", "1.0").build();
        let at = at.index(bytes.len());
        bytes[at] = to;
        let _ = source_verdict(&bytes);
    }
}
