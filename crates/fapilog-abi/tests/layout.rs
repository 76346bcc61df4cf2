//! The layout is a promise: these numbers change with the version only, and the C header has the
//! same.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::io::Write;
use std::mem::{offset_of, size_of};
use std::process::Command;

use fapilog_abi::{Batch, ErrorText, Output, Plugin};

/// A struct: its name in C, its size, and its fields with their offsets (64-bit targets).
type Struct = (&'static str, usize, Vec<(&'static str, usize)>);

fn layout() -> Vec<Struct> {
    macro_rules! fields {
        ($type:ty: $($field:ident),*) => {
            vec![$((stringify!($field), offset_of!($type, $field))),*]
        };
    }
    vec![
        (
            "fapilog_error",
            size_of::<ErrorText>(),
            fields!(ErrorText: text, capacity, length),
        ),
        (
            "fapilog_batch",
            size_of::<Batch>(),
            fields!(Batch: version, size, records, reserved, bytes, length),
        ),
        (
            "fapilog_output",
            size_of::<Output>(),
            fields!(Output: version, size, host, drop, fail, reserve, replace),
        ),
        (
            "fapilog_plugin",
            size_of::<Plugin>(),
            fields!(Plugin: abi_version, size, kind, input, name, create, start, process, write,
                stop, destroy),
        ),
    ]
}

#[test]
#[cfg(target_pointer_width = "64")]
fn the_layout_is_the_committed_one() {
    let shown: Vec<String> = layout()
        .iter()
        .map(|(name, size, fields)| {
            let fields: Vec<String> = fields
                .iter()
                .map(|(field, offset)| format!("{field} {offset}"))
                .collect();
            format!("{name} {size}: {}", fields.join(", "))
        })
        .collect();
    assert_eq!(
        shown,
        [
            "fapilog_error 24: text 0, capacity 8, length 16",
            "fapilog_batch 32: version 0, size 4, records 8, reserved 12, bytes 16, length 24",
            "fapilog_output 48: version 0, size 4, host 8, drop 16, fail 24, reserve 32, replace 40",
            "fapilog_plugin 72: abi_version 0, size 4, kind 8, input 12, name 16, create 24, \
             start 32, process 40, write 48, stop 56, destroy 64",
        ]
    );
}

#[test]
fn the_c_header_has_the_same_layout() {
    let mut source = String::from("#include \"fapilog_plugin.h\"\n");
    for (name, size, fields) in layout() {
        source += &format!("_Static_assert(sizeof({name}) == {size}, \"{name}\");\n");
        for (field, offset) in fields {
            source +=
                &format!("_Static_assert(offsetof({name}, {field}) == {offset}, \"{field}\");\n");
        }
    }
    compile(&source);
}

#[test]
fn the_c_header_has_the_same_numbers() {
    use fapilog_abi::{frame, input, kind};
    let mut source = String::from("#include \"fapilog_record.h\"\n");
    for (name, number) in [
        ("FAPILOG_ABI_VERSION", fapilog_abi::ABI_VERSION as usize),
        ("FAPILOG_FILTER", kind::FILTER as usize),
        ("FAPILOG_ENRICHER", kind::ENRICHER as usize),
        ("FAPILOG_PROCESSOR", kind::PROCESSOR as usize),
        ("FAPILOG_REDACTOR", kind::REDACTOR as usize),
        ("FAPILOG_SINK", kind::SINK as usize),
        ("FAPILOG_FRAMES", input::FRAMES as usize),
        ("FAPILOG_TEXT", input::TEXT as usize),
        ("FAPILOG_HEADER_BYTES", frame::HEADER_BYTES),
        ("FAPILOG_LEVEL_AT", frame::LEVEL_AT),
        ("FAPILOG_FLAGS_AT", frame::FLAGS_AT),
        ("FAPILOG_MICROS_AT", frame::MICROS_AT),
        ("FAPILOG_FLAT", frame::FLAT.into()),
        ("FAPILOG_MAY_REPEAT", frame::MAY_REPEAT.into()),
        ("FAPILOG_MAX_DEPTH", frame::MAX_DEPTH),
        ("FAPILOG_MAX_BYTES", frame::MAX_BYTES),
        ("FAPILOG_NULL", frame::tag::NULL.into()),
        ("FAPILOG_FALSE", frame::tag::FALSE.into()),
        ("FAPILOG_TRUE", frame::tag::TRUE.into()),
        ("FAPILOG_INT", frame::tag::INT.into()),
        ("FAPILOG_BIG_INT", frame::tag::BIG_INT.into()),
        ("FAPILOG_FLOAT", frame::tag::FLOAT.into()),
        ("FAPILOG_STR", frame::tag::STR.into()),
        ("FAPILOG_LIST", frame::tag::LIST.into()),
        ("FAPILOG_MAP", frame::tag::MAP.into()),
    ] {
        source += &format!("_Static_assert({name} == {number}, \"{name}\");\n");
    }
    compile(&source);
}

#[test]
fn the_wheel_ships_the_same_headers() {
    let crates = concat!(env!("CARGO_MANIFEST_DIR"), "/include");
    let wheel = concat!(env!("CARGO_MANIFEST_DIR"), "/../../python/fapilog/include");
    for name in ["fapilog_plugin.h", "fapilog_record.h"] {
        let read = |folder: &str| std::fs::read_to_string(format!("{folder}/{name}")).unwrap();
        assert_eq!(read(wheel), read(crates), "cp {crates}/{name} {wheel}/");
    }
}

fn compile(source: &str) {
    let include = concat!(env!("CARGO_MANIFEST_DIR"), "/include");
    let mut compiler = Command::new("cc")
        .args([
            "-std=c11",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-Wno-unused-function",
        ])
        .args(["-fsyntax-only", "-xc", "-I"])
        .args([include, "-"])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = compiler.stdin.take().unwrap();
    input.write_all(source.as_bytes()).unwrap();
    drop(input);
    assert!(compiler.wait().unwrap().success());
}
