//! Wheels that are right archives, but not what they claim.

#![expect(clippy::unwrap_used, reason = "a panic is a test's way to fail")]

use std::io::Cursor;

use fapilog_package::archive::Limits;
use fapilog_package::filename::WheelFilename;
use fapilog_package::wheel;
use fapilog_testkit::{RawEntry, WheelBuilder};

fn right() -> WheelBuilder {
    let init = "fapilog_acme/__init__.py";
    WheelBuilder::plugin("fapilog-acme", "1.0")
        .description("# Acme\n")
        .without_file(init)
        .file(init, b"ANSWER = 42\n")
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
    for (name, expected) in [
        ("other-1.0.data/purelib/x.py", "wheel-data-folder"),
        ("fapilog_acme-1.0.data/elsewhere/x.py", "wheel-data-folder"),
        ("fapilog_acme-1.0.data/x.py", "wheel-data-folder"),
        (
            "fapilog_acme-1.0.data/purelib/fapilog_acme/__init__.py",
            "wheel-placed-twice",
        ),
        (
            "fapilog_acme-1.0.data/platlib/fapilog-3.0.0.dist-info/METADATA",
            "wheel-foreign-metadata",
        ),
        ("fapilog-3.0.0.egg-info/PKG-INFO", "wheel-foreign-metadata"),
        ("fapilog-3.0.0.egg-info", "wheel-foreign-metadata"),
        ("fapilog/__init__.py", "wheel-core-files"),
        (
            "Fapilog_Acme-1.0.data/purelib/FAPILOG/_logger.py",
            "wheel-data-folder",
        ),
        (
            "fapilog_acme-1.0.data/purelib/fapilog/_logger.py",
            "wheel-core-files",
        ),
    ] {
        let id = refused(&right().file(name, b"x").build());
        assert_eq!(id, expected, "{name}");
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
    for (builder, id) in [
        (right().metadata_name("fapilog-other"), "name-mismatch"),
        (right().metadata_version("2.0"), "version-mismatch"),
        (
            right().stated_tag("cp311-cp311-linux_x86_64"),
            "tag-mismatch",
        ),
        (
            right().stated_tag("py3-none-any\nTag: py2-none-any"),
            "tag-mismatch",
        ),
    ] {
        assert_eq!(refused(&builder.build()), id);
    }
}

#[test]
fn a_record_that_is_not_about_exactly_these_files_is_refused() {
    let listed = "fapilog_acme/__init__.py,";
    let own = "fapilog_acme-1.0.dist-info/RECORD,,";
    let twice = format!("{own}\n{own}");
    for (builder, id) in [
        (
            right().record(listed, "fapilog_acme/gone.py,"),
            "record-unlisted-file",
        ),
        (right().record(",12\n", ",13\n"), "record-wrong-size"),
        (right().record(",12\n", ",x\n"), "record-format"),
        (
            right().record(
                "fapilog_acme/__init__.py,sha256=",
                "fapilog_acme/__init__.py,sha256=A",
            ),
            "record-format",
        ),
        (right().record("sha256=", "md5="), "record-format"),
        (right().wrong_hash(), "record-wrong-hash"),
        (right().without_hash(), "record-no-hash"),
        (
            right().record(own, &format!("ghost.py,,\n{own}")),
            "record-missing-file",
        ),
        (right().record(own, &twice), "record-format"),
        (
            right().record(own, &format!("/etc/passwd,,\n{own}")),
            "record-missing-file",
        ),
        (
            right()
                .file("fapilog_acme-1.0.dist-info/RECORD.jws", b"{}")
                .record("RECORD.jws,sha256=", "RECORD.jws,sha256=A"),
            "record-format",
        ),
    ] {
        assert_eq!(refused(&builder.build()), id);
    }
    let unlisted = with_entry(RawEntry::file("fapilog_acme/extra.py", b"x"));
    assert_eq!(refused(&unlisted), "record-unlisted-file");
}

/// The beginning of a library for Linux on a machine: 62 is x86-64, 183 is AArch64.
fn elf(machine: u8) -> Vec<u8> {
    let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
    bytes.resize(18, 0);
    bytes.extend_from_slice(&[machine, 0]);
    bytes.resize(64, 0);
    bytes.extend_from_slice(b"fapilog.plugin.v1\0");
    bytes
}

fn tagged(tag: &str, builder: WheelBuilder) -> Result<wheel::Wheel, fapilog_package::PackageError> {
    let name = format!("fapilog_acme-1.0-{tag}.whl");
    let filename = WheelFilename::parse(&name).unwrap();
    let bytes = builder.stated_tag(tag).build();
    wheel::read(&mut Cursor::new(bytes), &filename, &Limits::default())
}

#[test]
fn native_code_must_agree_with_the_tags() {
    let linux = "cp310-abi3-manylinux_2_28_x86_64";
    let with = |name: &str, bytes: &[u8]| right().file(name, bytes);
    let library = |machine| with("fapilog_acme/_native.abi3.so", &elf(machine));
    let wheel = tagged(linux, library(62)).unwrap();
    assert_eq!(wheel.warnings, []);
    assert_eq!(wheel.native[0].machine, Some("x86_64"));
    assert!(wheel.native[0].abi_versions.contains(&1));
    for (tag, builder, id) in [
        ("py3-none-any", library(62), "wheel-native-in-pure"),
        (
            "py3-none-any",
            with("fapilog_acme/data.bin", &elf(62)),
            "wheel-native-in-pure",
        ),
        (
            "py3-none-any",
            with("a.dylib", b"\xcf\xfa\xed\xfe"),
            "wheel-native-in-pure",
        ),
        (linux, library(183), "wheel-native-machine"),
    ] {
        assert_eq!(tagged(tag, builder).unwrap_err().id(), id);
    }
    let needless = tagged(linux, right()).unwrap();
    assert_eq!(needless.warnings[0].id(), "platform-without-native");
    let mut launcher = b"MZ".to_vec();
    launcher.resize(0x3c, 0);
    launcher.extend_from_slice(&[0x40, 0, 0, 0]);
    launcher.extend_from_slice(b"PE\0\0");
    let wheel = tagged("py3-none-any", with("fapilog_acme/run.exe", &launcher)).unwrap();
    assert_eq!(wheel.warnings[0].id(), "windows-launcher");
}

#[test]
fn licences_must_be_expressions_and_their_files_be_there() {
    let with = |version: &str, line: &str| right().metadata_format(version).metadata(line);
    let file = "fapilog_acme-1.0.dist-info/licenses/LICENSE";
    for (builder, id) in [
        (
            with("2.4", "License-Expression: mit OR apache-2.0"),
            "accepted",
        ),
        (
            with("2.4", "License-Expression: Acme licence"),
            "bad-licence",
        ),
        (with("2.3", "License-Expression: MIT"), "bad-metadata"),
        (with("2.4", "License-File: LICENSE"), "missing-licence-file"),
        (
            with("2.4", "License-File: LICENSE").file(file, b"x"),
            "accepted",
        ),
        (with("2.1", "License-File: LICENSE"), "accepted"),
        (with("2.4", "License-File: ../LICENSE"), "bad-metadata"),
        (with("2.5", "Import-Name: fapilog_acme"), "accepted"),
        (with("2.4", "Import-Name: fapilog_acme"), "bad-metadata"),
        (with("2.6", "Dynamic: Version"), "bad-metadata"),
        (
            with("2.4", "Requires-Dist: a; os_name = 'x'"),
            "bad-requirement",
        ),
        (
            with("2.4", "Requires-Dist: a @ https://example.org/a.whl"),
            "bad-requirement",
        ),
    ] {
        assert_eq!(refused(&builder.build()), id);
    }
}
