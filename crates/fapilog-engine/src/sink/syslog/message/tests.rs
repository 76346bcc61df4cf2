use super::{Template, push_cut, push_escaped, push_parameter_name, severity};
use crate::frame::{Flags, FrameWriter, encode_text};
use crate::frame_reader::Frame;
use crate::level::Level;
use crate::sink::syslog::options::Body;
use proptest::prelude::*;

fn message_of(template: &mut Template, level: Level, message: &str, line: &str) -> (String, usize) {
    let mut logger = Vec::new();
    encode_text(&mut logger, b"shop db");
    let mut buffer = Vec::new();
    let mut frame = FrameWriter::captured(
        &mut buffer,
        level,
        Flags::NONE,
        1_000_001,
        &logger,
        message.as_bytes(),
    );
    let mut fields = frame.fields();
    fields.key(b"user id");
    fields.str(b"a\"b]c\\");
    fields.key(b"n");
    fields.int(7);
    frame.finish().unwrap();
    let (frame, _) = Frame::split(&buffer).unwrap();
    let mut out = Vec::new();
    let cut = template.push(&mut out, &frame, line.as_bytes());
    (String::from_utf8(out).unwrap(), cut)
}

fn template(structured_id: Option<&str>, body: Body, max_bytes: usize) -> Template {
    Template::new(16, "höst", "app name", None, structured_id, body, max_bytes)
}

#[test]
fn a_message_has_every_part_in_its_place() {
    let mut template = template(Some("fields@32473"), Body::Line, 2048);
    let (message, cut) = message_of(&mut template, Level::ERROR, "hello", "{\"a\":1}\n");
    let process = std::process::id();
    assert_eq!(
        message,
        format!(
            "<131>1 1970-01-01T00:00:01.000001Z h__st app_name {process} shop_db \
             [fields@32473 user_id=\"a\\\"b\\]c\\\\\" n=\"7\"] {{\"a\":1}}"
        )
    );
    assert_eq!(cut, 0);
}

#[test]
fn structured_data_without_room_gives_way_to_the_text_and_counts_as_cut() {
    let long = "f".repeat(480);
    let mut template = template(Some(&long), Body::Message, 480);
    let (message, cut) = message_of(&mut template, Level::INFO, "hello", "");
    assert!(message.ends_with(" shop_db - hello"), "{message}");
    assert!(cut > 480);
}

#[test]
fn a_flat_record_speaks_for_itself() {
    let mut buffer = Vec::new();
    let mut frame = FrameWriter::flat(&mut buffer, Level::INFO, 0);
    let mut fields = frame.fields();
    for (key, value) in [
        ("timestamp", "2001-02-03T04:05:06.7Z"),
        ("level", "CRITICAL"),
        ("logger", "web"),
        ("message", "gone"),
    ] {
        fields.raw_key(key.as_bytes());
        fields.str(value.as_bytes());
    }
    frame.finish().unwrap();
    let (frame, _) = Frame::split(&buffer).unwrap();
    let mut out = Vec::new();
    template(Some("x@1"), Body::Message, 2048).push(&mut out, &frame, b"");
    let process = std::process::id();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        format!("<130>1 2001-02-03T04:05:06.7Z h__st app_name {process} web - gone")
    );
}

#[test]
fn each_level_has_its_severity() {
    let levels = [5, 10, 20, 25, 30, 40, 50, 255].map(Level::new);
    assert_eq!(levels.map(severity), [7, 7, 6, 5, 4, 3, 2, 2]);
}

proptest! {
    #[test]
    fn no_message_is_longer_than_the_limit_or_loses_bytes_unsaid(
        text in "[aä€😀]{0,600}", max_bytes in 480_usize..1200,
    ) {
        let mut template = template(Some("x@1"), Body::Line, max_bytes);
        let (message, cut) = message_of(&mut template, Level::INFO, "m", &text);
        prop_assert!(message.len() <= max_bytes);
        if cut == 0 {
            prop_assert!(message.ends_with(&text));
        } else {
            let mark = format!("…[{cut} bytes cut]");
            prop_assert!(message.ends_with(&mark));
        }
    }

    #[test]
    fn a_cut_text_and_its_mark_account_for_every_byte(text in any::<String>(), room in 40_usize..90) {
        let mut out = Vec::new();
        let cut = push_cut(&mut out, text.as_bytes(), room);
        prop_assert!(out.len() <= room);
        let out = String::from_utf8(out).unwrap();
        let kept = out.strip_suffix(&format!("…[{cut} bytes cut]")).unwrap_or(&out);
        prop_assert!(text.starts_with(kept));
        prop_assert_eq!(kept.len() + cut, text.len());
    }

    #[test]
    fn a_parameters_value_comes_back(text in any::<String>()) {
        let mut out = Vec::new();
        push_escaped(&mut out, text.as_bytes());
        let escaped = String::from_utf8(out).unwrap();
        let (mut read, mut rest) = (String::new(), escaped.chars());
        while let Some(letter) = rest.next() {
            prop_assert!(letter != '"' && letter != ']');
            read.push(if letter == '\\' { rest.next().unwrap() } else { letter });
        }
        prop_assert_eq!(read, text);
    }

    #[test]
    fn a_parameters_name_is_one_whatever_the_key(key in any::<Vec<u8>>()) {
        let mut name = Vec::new();
        push_parameter_name(&mut name, &key);
        prop_assert!((1..=32).contains(&name.len()));
        let fits = |byte: &u8| byte.is_ascii_graphic() && !b"=]\"".contains(byte);
        prop_assert!(name.iter().all(fits));
    }
}
