//! The engine's own processors.

use crate::support::{event, through};
use serde_json::{Value, json};

fn one(name: &str, options: &Value, message: &str, fields: Value) -> Value {
    let mut records = through("processor", name, options, &[event(message, fields)]);
    assert_eq!(records.len(), 1);
    records.remove(0)
}

#[test]
fn a_renamed_field_takes_the_place_of_another() {
    let options = json!({"fields": {"user": "user_id", "absent": "x", "n": "level"}});
    let record = one(
        "rename",
        &options,
        "x",
        json!({"user": 1, "user_id": 2, "b": [1]}),
    );
    assert_eq!(record["user_id"], 1);
    assert_eq!(record["b"], json!([1]));
    assert!(record.get("user").is_none());
}

#[test]
fn dropped_fields_are_gone_at_any_depth_and_fixed_ones_stay() {
    let options = json!({"paths": ["debug_*", "a.b", "message", "level"]});
    let record = one(
        "drop_fields",
        &options,
        "stays",
        json!({"debug_x": 1, "a": {"b": 2, "c": {"debug_y": 3, "d": 4}}, "list": [{"debug_z": 1}]}),
    );
    let expected = json!({"level": "INFO", "logger": "shop", "message": "stays",
        "a": {"c": {"d": 4}}, "list": [{}]});
    assert_eq!(record, expected);
}

#[test]
fn long_texts_are_cut_between_characters_and_say_so() {
    let options = json!({"max_bytes": 5, "paths": []});
    let record = one(
        "truncate",
        &options,
        "ééééé",
        json!({"a": {"b": "abcdefgh"}, "c": "abcde"}),
    );
    assert_eq!(record["message"], "éé…[6 bytes more]");
    assert_eq!(record["a"]["b"], "abcde…[3 bytes more]");
    assert_eq!(record["c"], "abcde");
}

#[test]
fn maps_become_fields_down_to_a_depth() {
    let run = |depth: usize| {
        let options = json!({"separator": ".", "depth": depth});
        one(
            "flatten",
            &options,
            "x",
            json!({"a": {"b": {"c": 1}, "e": {}}, "l": [{"x": 1}]}),
        )
    };
    let deep = run(9);
    assert_eq!((&deep["a.b.c"], &deep["a.e"]), (&json!(1), &json!({})));
    assert_eq!(deep["l"], json!([{"x": 1}]));
    assert_eq!(run(1)["a.b"], json!({"c": 1}));
}

#[test]
fn records_beyond_the_bound_are_cut_marked_or_taken_out() {
    let run = |action: &str, fields: Value| {
        let options = json!({"max_bytes": 400, "action": action});
        through(
            "processor",
            "size_guard",
            &options,
            &[event("hello", fields)],
        )
    };
    assert_eq!(
        run("drop", json!({"a": "x".repeat(500)})),
        Vec::<Value>::new()
    );
    let marked = &run("mark", json!({"a": "x".repeat(500)}))[0];
    assert_eq!(marked["a"].as_str().unwrap().len(), 500);
    assert_eq!(marked["oversize_bytes"], true);
    let cut = &run("truncate", json!({"a": "x".repeat(500), "b": 1}))[0];
    assert!(cut["a"].as_str().unwrap().contains("bytes more]"));
    assert_eq!(cut["b"], 1);
    let hopeless = &run("truncate", json!({"many": vec![1; 500]}))[0];
    assert!(hopeless.get("many").is_none());
    assert_eq!(hopeless["message"], "hello");
    let small = &run("truncate", json!({"a": 1}))[0];
    assert!(small.get("oversize_bytes").is_none());
}

fn schema(mode: &str) -> Value {
    let rule = |changes: Value| {
        let mut rule = json!({"type": null, "required": false, "choices": [], "minimum": null,
            "maximum": null, "pattern": null, "default": null});
        let fields = rule.as_object_mut().unwrap();
        fields.extend(changes.as_object().unwrap().clone());
        rule
    };
    json!({"mode": mode, "fields": {
        "user_id": rule(json!({"type": "integer", "required": true, "minimum": 1})),
        "plan": rule(json!({"choices": ["free", "paid"], "default": "free"})),
        "sku": rule(json!({"type": "text", "pattern": "^[a-z]+-[0-9]+$"})),
    }})
}

#[test]
fn strict_takes_out_what_does_not_fit() {
    let events = [
        event("good", json!({"user_id": 1, "sku": "abc-1"})),
        event("missing", json!({})),
        event("small", json!({"user_id": 0})),
        event("type", json!({"user_id": "x"})),
        event("choice", json!({"user_id": 1, "plan": "gold"})),
        event("pattern", json!({"user_id": 1, "sku": "ABC"})),
        event("good too", json!({"user_id": 2, "plan": "paid"})),
    ];
    let records = through("processor", "validate", &schema("strict"), &events);
    let messages: Vec<&Value> = records.iter().map(|record| &record["message"]).collect();
    assert_eq!(messages, ["good", "good too"]);
}

#[test]
fn lenient_says_what_is_wrong() {
    let record = one(
        "validate",
        &schema("lenient"),
        "x",
        json!({"plan": "gold", "sku": 7}),
    );
    assert_eq!(
        record["validation_errors"],
        json!([
            "plan: not one of the choices",
            "sku: wrong type",
            "user_id: missing"
        ])
    );
    assert_eq!(record["plan"], "gold");
}

#[test]
fn fix_converts_and_fills_and_marks_what_is_left() {
    let record = one(
        "validate",
        &schema("fix"),
        "x",
        json!({"user_id": " 42 ", "plan": "gold"}),
    );
    assert_eq!(
        (&record["user_id"], &record["plan"]),
        (&json!(42), &json!("free"))
    );
    assert!(record.get("validation_errors").is_none());
    let record = one("validate", &schema("fix"), "x", json!({"user_id": "many"}));
    assert_eq!(record["validation_errors"], json!(["user_id: wrong type"]));
    assert_eq!(record["plan"], "free");
}
