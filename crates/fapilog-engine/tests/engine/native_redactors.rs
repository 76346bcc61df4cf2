//! The engine's own redactors: no secret gets through, nothing else changes.

use crate::support::{Event, event, through};
use fapilog_engine::{Batch, KNOWN_PATTERNS, build_stage};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn fields(paths: &[&str], action: &str) -> Value {
    json!({"paths": paths, "action": action, "mask": "***", "salt": "pepper"})
}

fn patterns(known: &[&str], custom: &[&str]) -> Value {
    json!({"known": known, "custom": custom, "mask": "***"})
}

fn one(name: &str, options: &Value, event: Event) -> Value {
    through("redactor", name, options, &[event]).remove(0)
}

#[test]
fn fields_are_masked_at_any_depth_also_in_lists_and_whatever_their_type() {
    let secret = json!({"user": {"Password": 1.5, "cards": [{"number": [1, 2]}, {"number": null}]},
        "password": {"deep": "x"}, "plain": "password"});
    let record = one(
        "fields",
        &fields(&["password", "user.cards[*].number"], "mask"),
        event("m", secret),
    );
    assert_eq!(
        record["user"],
        json!({"Password": "***", "cards": [{"number": "***"}, {"number": "***"}]})
    );
    assert_eq!(
        (&record["password"], &record["plain"]),
        (&json!("***"), &json!("password"))
    );
}

#[test]
fn removed_fields_leave_nothing_and_hashed_ones_stay_comparable() {
    let secret = || event("m", json!({"token": "abc", "n": [{"token": 1, "a": 2}]}));
    let removed = one("fields", &fields(&["token"], "remove"), secret());
    assert_eq!(removed["n"], json!([{"a": 2}]));
    assert!(removed.get("token").is_none());
    let (first, again) = (
        one("fields", &fields(&["token"], "hash"), secret()),
        one("fields", &fields(&["token"], "hash"), secret()),
    );
    assert_eq!(first["token"], again["token"]);
    assert_ne!(first["token"], first["n"][0]["token"]);
    assert!(first["token"].as_str().unwrap().starts_with("sha256:"));
}

#[test]
fn what_every_record_has_is_never_masked_but_the_message_can_be() {
    let record = one(
        "fields",
        &fields(&["*"], "mask"),
        event("m", json!({"a": 1})),
    );
    assert_eq!(record["level"], "INFO");
    assert_eq!(record["logger"], "shop");
    assert_eq!(
        (&record["message"], &record["a"]),
        (&json!("***"), &json!("***"))
    );
}

#[test]
fn only_what_is_allowed_leaves() {
    let record = one(
        "allow_list",
        &json!({"paths": ["message", "user.id", "tags"], "mask": "***"}),
        event(
            "m",
            json!({"user": {"id": 1, "name": "n"}, "tags": ["a", {"b": 1}], "x": [1, "y"]}),
        ),
    );
    assert_eq!(record["message"], "m");
    assert_eq!(
        record["user"],
        json!({"id": "***", "name": "***"})
            .clone()
            .as_object_mut()
            .map(|user| {
                user.insert("id".to_owned(), json!(1));
                json!(user)
            })
            .unwrap()
    );
    assert_eq!(record["tags"], json!(["a", {"b": 1}]));
    assert_eq!(record["x"], json!(["***", "***"]));
}

#[test]
fn every_known_pattern_finds_its_secret_and_leaves_the_rest() {
    for (name, text, expected) in [
        (
            "card",
            "paid with 4111-1111-1111-1111 today",
            "paid with *** today",
        ),
        (
            "url_credentials",
            "to redis://u:p@h:1/0",
            "to redis://***@h:1/0",
        ),
        (
            "email",
            "mail ann.o'b+x@mail.example.co.uk now",
            "mail *** now",
        ),
        ("ipv4", "from 10.0.0.255:80", "from ***:80"),
        (
            "ipv6",
            "from 2001:db8::1 and fe80:0:0:0:1:2:3:4",
            "from *** and ***",
        ),
        ("jwt", "t=eyJhbGciOi.eyJzdWIi.c2ln ok", "t=*** ok"),
        (
            "bearer",
            "Authorization: Bearer abc.def-ghi",
            "Authorization: Bearer ***",
        ),
        (
            "assignment",
            "db password=hunter2; x=1",
            "db password=***; x=1",
        ),
        (
            "assignment",
            "{\"api_key\": \"abc\"}",
            "{\"api_key\": \"***\"}",
        ),
        ("aws_key", "key AKIAIOSFODNN7EXAMPLE.", "key ***."),
        (
            "private_key",
            "a -----BEGIN RSA PRIVATE KEY-----\nMIIx\n-----END RSA PRIVATE KEY----- b",
            "a *** b",
        ),
        ("private_key", "-----BEGIN PRIVATE KEY-----\ncut off", "***"),
        ("us_ssn", "ssn 078-05-1120", "ssn ***"),
        ("iban", "to DE89 3704 0044 0532 0130 00.", "to ***."),
        ("phone", "call +49 (30) 901820", "call ***"),
    ] {
        assert!(KNOWN_PATTERNS.contains(&name));
        let record = one(
            "patterns",
            &patterns(&[name], &[]),
            event(text, json!({"a": [text]})),
        );
        assert_eq!(record["message"], expected, "{name}");
        assert_eq!(record["a"], json!([expected]), "{name}");
        assert_eq!(record["logger"], "shop");
    }
}

#[test]
fn plain_records_stay_as_they_are_with_every_pattern() {
    let plain = json!({"a": "order 2026-11-24 shipped", "n": 1_234_567_890_123_i64, "f": 4.1,
        "id": "0f8fad5b-d9cb-469f-a165-70867728950e", "url": "https://host/path?x=1",
        "time": "09:08:07", "list": ["a@", "@b", "::", "1.2.3"]});
    let record = one(
        "patterns",
        &patterns(&KNOWN_PATTERNS, &[]),
        event("all fine", plain.clone()),
    );
    for (key, value) in plain.as_object().unwrap() {
        assert_eq!(&record[key], value);
    }
}

#[test]
fn keys_and_whole_numbers_are_looked_at_too() {
    let record = one(
        "patterns",
        &patterns(&["card", "email"], &[]),
        event(
            "m",
            json!({"a": {"ann@example.com": 1}, "n": 4_111_111_111_111_111_i64}),
        ),
    );
    assert_eq!(record["a"], json!({"***": 1}));
    assert_eq!(record["n"], "***");
}

#[test]
fn custom_expressions_hide_their_group_or_all_of_a_match() {
    let record = one(
        "patterns",
        &patterns(&[], &["order-[0-9]+", "user=(\\w+)"]),
        event("order-17 by user=ann", json!({})),
    );
    assert_eq!(record["message"], "*** by user=***");
}

#[test]
fn a_record_that_cannot_be_read_is_withheld_or_lost_but_never_passed_on() {
    let options = fields(&["password"], "mask").to_string();
    let mut stage = build_stage("redactor", "fields", &options).unwrap();
    let mut broken = event("secret", json!({"password": "hunter2", "z": [1, 2]})).frame(false);
    // The list says that it is longer than the frame.
    let at = broken.len() - 26;
    broken[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    let mut batch = Batch::default();
    batch.push(&broken);
    batch.push(&event("fine", json!({})).frame(false));
    let report = stage.run(&mut batch);
    assert!(report.problem.unwrap().contains("withheld"));
    let messages: Vec<String> = batch
        .frames()
        .map(|frame| {
            let message = frame.unwrap().captured().unwrap().message;
            String::from_utf8(message.to_vec()).unwrap()
        })
        .collect();
    assert_eq!(messages, ["[withheld: redactor fields failed]", "fine"]);
}

#[test]
fn options_that_cannot_be_are_an_error_that_names_them() {
    for (options, named) in [
        (patterns(&["cards"], &[]), "there is no pattern `cards`"),
        (patterns(&[], &["("]), "unclosed group"),
        (json!({"known": []}), "missing field"),
    ] {
        let error = build_stage("redactor", "patterns", &options.to_string())
            .err()
            .unwrap();
        assert!(error.to_string().contains(named), "{error}");
    }
}

/// A card number with a right check digit, grouped somehow.
fn card() -> impl Strategy<Value = String> {
    (
        prop::collection::vec(0_u32..10, 12..19),
        prop_oneof![Just(""), Just(" "), Just("-")],
    )
        .prop_map(|(mut digits, separator)| {
            digits[0] = 4;
            let sum: u32 = digits
                .iter()
                .rev()
                .enumerate()
                .map(|(index, &digit)| match (index % 2, digit * 2) {
                    (1, _) => digit,
                    (_, doubled) if doubled > 9 => doubled - 9,
                    (_, doubled) => doubled,
                })
                .sum();
            digits.push((10 - sum % 10) % 10);
            let groups: Vec<String> = digits
                .chunks(4)
                .map(|group| group.iter().map(u32::to_string).collect())
                .collect();
            groups.join(separator)
        })
}

/// Any JSON with a secret somewhere: as a text, inside of a text, or below a secret key.
fn nested(secret: String) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(secret)),
        "[a-z ]{0,8}".prop_map({
            let secret = secret.clone();
            move |around| json!(format!("{around} {secret} {around}"))
        }),
        any::<i32>().prop_map(|number| json!(number)),
        Just(Value::Null),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::hash_map("[a-z]{1,6}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_card_number_survives_anywhere(
        (secret, value) in card().prop_flat_map(|secret| (Just(secret.clone()), nested(secret))),
    ) {
        let message = format!("card {secret}.");
        let record = one("patterns", &patterns(&["card"], &[]), event(&message, json!({"v": value})));
        prop_assert!(!record.to_string().contains(&secret), "{record}");
    }

    #[test]
    fn no_value_below_a_secret_key_survives(value in nested("s3cr3t".to_owned()), depth in 0_usize..5) {
        let mut nested = json!({"Secret_Key": value});
        for _ in 0..depth {
            nested = json!({"a": [1, nested]});
        }
        let record = one("fields", &fields(&["secret*"], "mask"), event("m", json!({"v": nested})));
        prop_assert!(!record.to_string().contains("s3cr3t"), "{record}");
    }

    #[test]
    fn hostile_frames_never_panic_and_never_pass(
        position in 0_usize..200, byte in any::<u8>(),
    ) {
        let mut bytes = event("m", json!({"a": {"password": "s3cr3t"}, "l": [1, "x"]})).frame(false);
        let position = 4 + position % (bytes.len() - 4);
        bytes[position] = byte;
        for kind in ["fields", "patterns", "allow_list"] {
            let options = match kind {
                "fields" => fields(&["password"], "mask"),
                "patterns" => patterns(&KNOWN_PATTERNS, &["s3c.*"]),
                _ => json!({"paths": [], "mask": "*"}),
            };
            let mut stage = build_stage("redactor", kind, &options.to_string()).unwrap();
            let mut batch = Batch::default();
            batch.push(&bytes);
            stage.run(&mut batch);
            prop_assert!(batch.records() <= 1);
        }
    }
}
