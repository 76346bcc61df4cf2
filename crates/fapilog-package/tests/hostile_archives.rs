//! Every kind of wrong archive is refused with its own id, and no mutation makes a reader panic.

#![expect(clippy::unwrap_used, reason = "a panic is a test's way to fail")]

use std::io::Cursor;

use fapilog_package::PackageError;
use fapilog_package::archive::Limits;
use fapilog_package::filename::WheelFilename;
use fapilog_package::wheel;
use fapilog_testkit::{RawEntry, RawZip, WheelBuilder};
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

/// A file whose name is marked as UTF-8, as writers do for names beyond ASCII.
fn utf8(name: &str) -> RawEntry {
    RawEntry {
        flags: 1 << 11,
        ..RawEntry::file(name, b"x")
    }
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
    let shifted = [b"#!/bin/sh\n".to_vec(), right().build()].concat();
    for (bytes, id) in [
        (
            falsified(|raw| raw.prefix = b"#!/bin/sh\n".to_vec()),
            "archive-prefixed-data",
        ),
        (shifted, "archive-prefixed-data"),
        (
            falsified(|raw| raw.suffix = b"more".to_vec()),
            "archive-trailing-data",
        ),
        (
            falsified(|raw| raw.comment = b"PK\x03\x04".to_vec()),
            "archive-comment",
        ),
        // An archive whose comment is another archive.
        (
            falsified(|raw| raw.comment = right().build()),
            "archive-hidden-data",
        ),
        (
            falsified(|raw| raw.between = b"hidden".to_vec()),
            "archive-hidden-data",
        ),
    ] {
        assert_eq!(refused(&bytes), id);
    }
}

#[test]
fn names_that_leave_the_folder_or_deceive_are_refused() {
    let deep = "d/".repeat(65) + "x.py";
    let long = "l".repeat(1025);
    for (name, id) in [
        ("../evil.py", "archive-path-traversal"),
        ("fapilog_acme/../../evil.py", "archive-path-traversal"),
        ("/etc/passwd", "archive-absolute-path"),
        ("//server/share/evil.py", "archive-absolute-path"),
        ("C:/evil.py", "archive-drive-path"),
        ("evil.py:stream", "archive-drive-path"),
        ("a\\..\\evil.py", "archive-backslash"),
        ("\\\\server\\evil.py", "archive-backslash"),
        ("a//b", "archive-entry-name"),
        ("a/./b", "archive-entry-name"),
        ("con. /x", "archive-entry-name"),
        ("", "archive-entry-name"),
        ("a\0b", "archive-control-character"),
        ("a\nb", "archive-control-character"),
        ("fapilog_acme/\u{202e}yp.exe", "archive-invisible-character"),
        ("fapilog_acme/\u{2066}a.py", "archive-invisible-character"),
        ("fapilog_acme/a\u{200b}.py", "archive-invisible-character"),
        ("fapilog_acme/a\u{ad}.py", "archive-invisible-character"),
        ("fapilog_acme/a\u{3164}.py", "archive-invisible-character"),
        ("fapilog_acme/a\u{e0041}.py", "archive-invisible-character"),
        (deep.as_str(), "archive-too-deep"),
        (long.as_str(), "archive-name-too-long"),
    ] {
        assert_eq!(refused(&with_entry(utf8(name))), id, "{name:?}");
    }
}

#[test]
fn duplicate_and_case_colliding_names_are_refused() {
    for (first, second) in [
        ("fapilog_acme/a.py", "fapilog_acme/a.py"),
        ("fapilog_acme/a.py", "fapilog_acme/A.py"),
        ("fapilog_acme/\u{e9}.py", "fapilog_acme/e\u{301}.py"),
        ("fapilog_acme/stra\u{df}e.py", "fapilog_acme/STRASSE.py"),
        ("fapilog_acme/\u{fb01}.py", "fapilog_acme/fi.py"),
    ] {
        let id = refused(&falsified(|raw| {
            raw.entries.extend([utf8(first), utf8(second)])
        }));
        let expected = if first == second {
            "archive-duplicate-entry"
        } else {
            "archive-case-collision"
        };
        assert_eq!(id, expected, "{first} {second}");
    }
}

#[test]
fn a_file_in_the_place_of_a_folder_is_refused() {
    for name in ["fapilog_acme", "FAPILOG_ACME"] {
        let id = refused(&with_entry(RawEntry::file(name, b"x")));
        assert_eq!(id, "archive-file-as-folder");
    }
}

#[test]
fn a_name_beyond_ascii_must_be_marked_as_utf8() {
    let name = "fapilog_acme/\u{e9}.py";
    let unmarked = with_entry(RawEntry::file(name, b"x"));
    assert_eq!(refused(&unmarked), "archive-name-encoding");
    let right = right().file(name, b"x").raw();
    let marked = |mut raw: RawZip| {
        raw.entries
            .iter_mut()
            .for_each(|entry| entry.flags = 1 << 11);
        raw.build()
    };
    assert_eq!(refused(&marked(right)), "accepted");
}

/// One extra field.
fn field(id: u16, data: &[u8]) -> Vec<u8> {
    [&id.to_le_bytes()[..], &[data.len() as u8, 0], data].concat()
}

#[test]
fn extra_fields_may_tell_times_and_owners_only() {
    let file = || right().raw().entries.remove(0);
    let replaced = |entry: RawEntry| falsified(|raw| raw.entries[0] = entry);
    let times = field(0x5455, &[1, 0, 0, 0, 0]);
    let harmless = RawEntry {
        extra: times.clone(),
        local_extra: times,
        ..file()
    };
    assert_eq!(refused(&replaced(harmless)), "accepted");
    // ZIP64, Unicode path, one that is cut off, and one that is too large to be a time.
    for bad in [
        field(0x0001, &[0; 16]),
        field(0x7075, b"\x01\0\0\0\0evil.py"),
        vec![0x55, 0x54, 9, 0, 1],
        field(0x5455, &[0; 200]),
    ] {
        let central = RawEntry {
            extra: bad.clone(),
            ..file()
        };
        let local = RawEntry {
            local_extra: bad,
            ..file()
        };
        for entry in [central, local] {
            assert_eq!(refused(&replaced(entry)), "archive-extra-field");
        }
    }
}

#[test]
fn a_zip64_locator_hidden_before_the_end_is_refused() {
    let mut locator = b"PK\x06\x07".to_vec();
    locator.resize(20, 0);
    let bytes = falsified(|raw| {
        raw.entries.last_mut().unwrap().extra = field(0x5455, &locator);
    });
    assert_eq!(refused(&bytes), "archive-zip64");
}

#[test]
fn contents_that_a_reader_in_a_stream_would_see_otherwise_are_refused() {
    // Stored contents whose size stands behind them.
    let stored = RawEntry {
        method: 0,
        flags: 8,
        ..RawEntry::file("fapilog_acme/data", b"x")
    };
    assert_eq!(refused(&with_entry(stored)), "archive-header-mismatch");
    // A stored block that isn't marked as the last one: the deflate stream never ends.
    let mut wheel = right().file("fapilog_acme/data", b"x").raw();
    let unended = |entry: &&mut RawEntry| entry.name == "fapilog_acme/data";
    let mut entries = wheel.entries.iter_mut();
    entries.find(unended).unwrap().stated_data = Some(b"\x00\x01\x00\xfe\xffx".to_vec());
    assert_eq!(refused(&wheel.build()), "archive-corrupt");
    // It ends, and something follows.
    let mut entries = wheel.entries.iter_mut();
    entries.find(unended).unwrap().stated_data = Some(b"\x01\x01\x00\xfe\xffxmore".to_vec());
    assert_eq!(refused(&wheel.build()), "archive-stream-end");
    // The same with the mark is right.
    let mut entries = wheel.entries.iter_mut();
    entries.find(unended).unwrap().stated_data = Some(b"\x01\x01\x00\xfe\xffx".to_vec());
    assert_eq!(refused(&wheel.build()), "accepted");
}

#[test]
fn folders_hold_nothing() {
    let folder = || RawEntry {
        mode: 0o040_755,
        method: 0,
        ..RawEntry::file("fapilog_acme/", b"")
    };
    assert_eq!(refused(&with_entry(folder())), "accepted");
    let hiding = RawEntry {
        method: 8,
        stated_data: Some(b"hidden".to_vec()),
        ..folder()
    };
    assert_eq!(refused(&with_entry(hiding)), "archive-folder-contents");
    let by_attribute = RawEntry {
        dos_attributes: 0x10,
        ..RawEntry::file("fapilog_acme/data", b"x")
    };
    assert_eq!(refused(&with_entry(by_attribute)), "archive-special-file");
}

#[test]
fn links_and_special_files_are_refused() {
    for mode in [0o120_777, 0o060_644, 0o010_644, 0o040_755] {
        let entry = RawEntry {
            mode,
            ..RawEntry::file("fapilog_acme/link", b"/etc/passwd")
        };
        let id = if mode == 0o120_777 {
            "archive-link"
        } else {
            "archive-special-file"
        };
        assert_eq!(refused(&with_entry(entry)), id);
    }
}

#[test]
fn encryption_exotic_compression_and_comments_are_refused() {
    let file = || RawEntry::file("fapilog_acme/data", b"x");
    let encrypted = |flags| RawEntry { flags, ..file() };
    let compressed = |method| RawEntry { method, ..file() };
    let commented = RawEntry {
        comment: b"PK".to_vec(),
        ..file()
    };
    for (entry, id) in [
        (encrypted(1), "archive-encrypted"),
        (encrypted(1 << 6), "archive-encrypted"),
        (encrypted(1 << 13), "archive-encrypted"),
        (encrypted(1 << 5), "archive-compression"),
        // Imploded, deflate64, bzip2, LZMA, Zstandard, XZ.
        (compressed(6), "archive-compression"),
        (compressed(9), "archive-compression"),
        (compressed(12), "archive-compression"),
        (compressed(14), "archive-compression"),
        (compressed(93), "archive-compression"),
        (compressed(95), "archive-compression"),
        (commented, "archive-comment"),
    ] {
        assert_eq!(refused(&with_entry(entry)), id);
    }
}

#[test]
fn a_version_of_the_format_that_installers_do_not_know_is_refused() {
    let bytes = right().build();
    // Where the version needed stands in an entry's own header, and in the directory.
    for (signature, at) in [(b"PK\x03\x04", 4), (b"PK\x01\x02", 6)] {
        let mut newer = bytes.clone();
        let start = newer.windows(4).position(|w| w == signature).unwrap();
        newer[start + at] = 64;
        assert_eq!(refused(&newer), "archive-version");
    }
}

#[test]
fn an_archive_that_contradicts_itself_is_refused() {
    let file = || RawEntry::file("fapilog_acme/data", b"x");
    let renamed = RawEntry {
        local_name: Some("fapilog_acme/dat2".into()),
        ..file()
    };
    let lying = RawEntry {
        flags: 8,
        lying_descriptor: true,
        ..file()
    };
    for (bytes, id) in [
        (with_entry(renamed), "archive-header-mismatch"),
        (with_entry(lying), "archive-descriptor-mismatch"),
        (falsified(|raw| raw.overlap = true), "archive-overlap"),
    ] {
        assert_eq!(refused(&bytes), id);
    }
}

#[test]
fn contents_that_differ_from_their_description_are_refused() {
    let file = || RawEntry::file("fapilog_acme/data", &[7; 5000]);
    let sized = |size| RawEntry {
        stated_size: Some(size),
        ..file()
    };
    let checked = RawEntry {
        stated_checksum: Some(1),
        ..file()
    };
    let broken = RawEntry {
        stated_data: Some(b"\xff\xff".to_vec()),
        ..file()
    };
    for (entry, id) in [
        (sized(10), "archive-size-mismatch"),
        (sized(6000), "archive-size-mismatch"),
        (checked, "archive-checksum"),
        (broken, "archive-corrupt"),
    ] {
        assert_eq!(refused(&with_entry(entry)), id);
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
    for (bytes, id) in [
        (large, "archive-entry-too-large"),
        (many, "archive-too-many-entries"),
        (total, "archive-too-large"),
    ] {
        let error = wheel::read(&mut Cursor::new(bytes), &filename, &limits).unwrap_err();
        assert_eq!(error.id(), id);
    }
    let bomb = RawEntry::file("fapilog_acme/zeros", &vec![0; 80 * 1024 * 1024]);
    assert_eq!(refused(&with_entry(bomb)), "archive-compression-ratio");
    let no_time = Limits {
        time: std::time::Duration::ZERO,
        ..Limits::default()
    };
    let error = wheel::read(&mut Cursor::new(right().build()), &filename, &no_time).unwrap_err();
    assert_eq!(error.id(), "archive-too-slow");
}

/// Many entries in the directory, all with the contents of one: what an overlapping bomb states.
fn overlapping(entries: u16, size: u32) -> Vec<u8> {
    let one = RawZip {
        entries: vec![RawEntry {
            stated_size: Some(size),
            ..RawEntry::file("a", &[0; 1000])
        }],
        ..RawZip::default()
    }
    .build();
    let at = one.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    let central = &one[at..one.len() - 22];
    let mut bytes = one[..at].to_vec();
    bytes.extend(central.repeat(usize::from(entries)));
    bytes.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    for number in [entries, entries] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    let size = u32::try_from(central.len()).unwrap() * u32::from(entries);
    for number in [size, u32::try_from(at).unwrap()] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    bytes.extend_from_slice(&[0, 0]);
    bytes
}

fn zipped(name: &str, contents: &[u8]) -> Vec<u8> {
    RawZip {
        entries: vec![RawEntry::file(name, contents)],
        ..RawZip::default()
    }
    .build()
}

fn gzipped(contents: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(contents).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn bombs_in_archives_inside_are_refused() {
    let zeros = vec![0; 80 * 1024 * 1024];
    let inside = |name: &str, contents: &[u8]| refused(&right().file(name, contents).build());
    for (name, contents) in [
        ("a/bomb.zip", zipped("zeros", &zeros)),
        ("a/bomb.bin", zipped("zeros", &zeros)),
        ("a/bomb.gz", gzipped(&zeros)),
        ("a/overlapping.zip", overlapping(1000, 1 << 28)),
        ("a/twice.zip", zipped("bomb.zip", &zipped("zeros", &zeros))),
        ("a/both.gz", gzipped(&zipped("zeros", &zeros))),
    ] {
        assert_eq!(inside(name, &contents), "archive-nested-bomb", "{name}");
    }
    let mut deep = zipped("x.py", b"1");
    for _ in 0..3 {
        deep = zipped("inner.zip", &deep);
    }
    assert_eq!(inside("a/deep.zip", &deep), "archive-nested-too-deep");
    let small = zipped("inner.whl", &right().build());
    assert_eq!(inside("a/small.zip", &small), "accepted");
    assert_eq!(inside("a/small.gz", &gzipped(b"hello")), "accepted");
    assert_eq!(inside("a/broken.zip", b"PK\x03\x04PK\x05\x06"), "accepted");
}

#[test]
fn an_archive_of_overlapping_entries_is_refused() {
    assert_eq!(refused(&overlapping(1000, 1000)), "archive-duplicate-entry");
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
}
