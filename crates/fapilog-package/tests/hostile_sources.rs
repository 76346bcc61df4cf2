//! Every kind of wrong source archive is refused with its own id, and no mutation makes the reader
//! panic.

#![expect(clippy::unwrap_used, reason = "a panic is a test's way to fail")]

use fapilog_package::archive::Limits;
use fapilog_package::filename::SourceFilename;
use fapilog_package::source;
use fapilog_testkit::SourceArchiveBuilder;
use proptest::prelude::*;

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
    let pax = |records: &[u8]| {
        right()
            .raw("pax", EntryType::XHeader, records)
            .file("x", b"1")
    };
    let global = |records: &[u8]| right().raw("pax", EntryType::XGlobalHeader, records);
    let root = |name: &str| format!("fapilog_acme-1.0/{name}");
    let two_names = right()
        .raw(
            "././@LongLink",
            EntryType::GNULongName,
            root("a").as_bytes(),
        )
        .raw("pax", EntryType::XHeader, b"27 path=fapilog_acme-1.0/b\n")
        .file("x", b"1");
    for (bytes, expected) in [
        (whole.clone(), "accepted"),
        (long_name.build(), "accepted"),
        (whole[..whole.len() - 9].to_vec(), "archive-truncated"),
        (b"not gzip".to_vec(), "archive-truncated"),
        (trailing, "archive-trailing-data"),
        (bomb.build(), "archive-too-large"),
        (pax(b"14 mtime=1.25\n").build(), "accepted"),
        (global(b"16 comment=abcd\n").build(), "accepted"),
        (pax(b"11 size=10\n").build(), "source-size-mismatch"),
        (pax(b"22 GNU.sparse.major=1\n").build(), "source-sparse"),
        (
            pax(b"21 hdrcharset=BINARY\n").build(),
            "source-extended-header",
        ),
        (
            pax(b"30 comment=a\n17 path=evil\n").build(),
            "archive-truncated",
        ),
        (global(b"13 path=evil\n").build(), "source-extended-header"),
        (global(b"11 size=10\n").build(), "source-size-mismatch"),
        (two_names.build(), "source-extended-header"),
        // A first half of the name that only some programs read.
        (
            right().file("x", b"1").falsify(345, b'e').build(),
            "source-old-header",
        ),
        (
            right().file("x", b"1").falsify(124, 0x80).build(),
            "source-old-header",
        ),
        (right().after_end(b"PK").build(), "archive-trailing-data"),
        (right().after_end(&[0; 9000]).build(), "accepted"),
        (
            [whole.clone(), whole.clone()].concat(),
            "archive-trailing-data",
        ),
        (
            right().raw(&root("d/"), EntryType::Directory, b"").build(),
            "accepted",
        ),
        // What a folder or a name with a slash hides, others read as headers.
        (
            right()
                .raw(&root("d/"), EntryType::Directory, &[b'x'; 600])
                .build(),
            "archive-folder-contents",
        ),
        (
            right()
                .raw(&root("d/"), EntryType::Regular, &[b'x'; 600])
                .build(),
            "archive-folder-contents",
        ),
        (
            right().raw(&root("d"), EntryType::GNUSparse, b"").build(),
            "source-sparse",
        ),
        (
            right().file("x", b"1").file("x/y", b"1").build(),
            "archive-file-as-folder",
        ),
        (right().file("d//", b"").build(), "archive-folder-contents"),
        (right().without("PKG-INFO").build(), "missing-file"),
        (
            right().file("../../evil", b"x").build(),
            "archive-path-traversal",
        ),
        (
            right().raw("elsewhere/x", EntryType::Regular, b"").build(),
            "source-foreign-root",
        ),
        (
            right()
                .raw("fapilog_acme-1.0/l", EntryType::Symlink, b"")
                .build(),
            "archive-link",
        ),
        (
            right()
                .raw("fapilog_acme-1.0/l", EntryType::Link, b"")
                .build(),
            "archive-link",
        ),
        (
            right().raw(&root("dev"), EntryType::Char, b"").build(),
            "archive-special-file",
        ),
        (
            right().raw(&root("pipe"), EntryType::Fifo, b"").build(),
            "archive-special-file",
        ),
        (
            right().raw("/etc/passwd", EntryType::Regular, b"").build(),
            "source-foreign-root",
        ),
        (
            right().file("a\u{202e}b", b"x").build(),
            "archive-invisible-character",
        ),
        (
            right().file("pyproject.toml", b"x").build(),
            "archive-duplicate-entry",
        ),
        (
            right().file("PYPROJECT.toml", b"x").build(),
            "archive-case-collision",
        ),
        (
            SourceArchiveBuilder::new("fapilog-acme", "1.1").build(),
            "source-foreign-root",
        ),
    ] {
        assert_eq!(source_verdict(&bytes), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

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
