//! The engine's own filters and enrichers.

use crate::support::{Event, event, through};
use fapilog_engine::{Batch, Level, build_stage};
use serde_json::{Value, json};

fn kept(name: &str, options: &Value, events: &[Event]) -> Vec<i64> {
    let records = through("filter", name, options, events);
    records
        .iter()
        .map(|record| record["n"].as_i64().unwrap())
        .collect()
}

fn numbered(count: i64) -> Vec<Event> {
    (0..count).map(|n| event("x", json!({"n": n}))).collect()
}

#[test]
fn levels_differ_by_logger_and_the_longest_name_counts() {
    let events = [Level::DEBUG, Level::INFO, Level::ERROR]
        .map(|level| event("x", json!({"n": level.number()})).level(level));
    let run = |loggers: Value| {
        kept(
            "level",
            &json!({"minimum": 40, "loggers": loggers}),
            &events,
        )
    };
    assert_eq!(run(json!({})), [40]);
    assert_eq!(run(json!({"shop": 20, "sh": 10, "shop.db": 5})), [20, 40]);
}

#[test]
fn sampling_can_be_repeated_and_keeps_about_its_share() {
    let run = |seed: u64, rate: f64| {
        let options = json!({"rate": rate, "levels": {"40": 1.0}, "seed": seed, "trace_key": null,
            "protected": [50]});
        kept("sampling", &options, &numbered(2_000))
    };
    assert_eq!(run(7, 0.25), run(7, 0.25));
    assert_ne!(run(7, 0.25), run(8, 0.25));
    assert!((400..600).contains(&run(7, 0.25).len()));
    assert_eq!(run(7, 0.0), Vec::<i64>::new());
    assert_eq!(run(7, 1.0).len(), 2_000);
}

#[test]
fn a_trace_is_never_split_and_its_share_holds() {
    let events: Vec<Event> = (0..3_000_i64)
        .map(|n| {
            let level = if n % 2 == 0 {
                Level::DEBUG
            } else {
                Level::ERROR
            };
            event(
                "x",
                json!({"n": n, "trace_id": format!("trace-{}", n % 300)}),
            )
            .level(level)
        })
        .collect();
    let options = json!({"rate": 0.5, "levels": {}, "seed": 1, "trace_key": "trace_id",
        "protected": []});
    let kept = kept("sampling", &options, &events);
    let mut traces = [0; 300];
    for n in kept {
        traces[usize::try_from(n % 300).unwrap()] += 1;
    }
    assert!(traces.iter().all(|&count| count == 0 || count == 10));
    let whole = traces.iter().filter(|&&count| count == 10).count();
    assert!((110..190).contains(&whole), "{whole}");
}

#[test]
fn each_key_has_its_own_rate_and_the_records_times_count() {
    let options = |one_in: u64| {
        json!({"per_second": 1.0, "burst": 2.0, "keys": ["user"], "max_keys": 100,
            "one_in": one_in, "protected": [40]})
    };
    let at =
        |n: i64, user: &str, seconds: f64| event("x", json!({"n": n, "user": user})).at(seconds);
    let events = [
        at(0, "a", 0.0),
        at(1, "a", 0.1),
        at(2, "a", 0.2),
        at(3, "b", 0.2),
        at(4, "a", 0.3).level(Level::ERROR),
        at(5, "a", 1.3),
        at(6, "a", 1.4),
    ];
    assert_eq!(kept("rate_limit", &options(0), &events), [0, 1, 3, 4, 5]);
    let flood: Vec<Event> = (0..102).map(|n| at(n, "a", 0.0)).collect();
    assert_eq!(kept("rate_limit", &options(0), &flood), [0, 1]);
    assert_eq!(kept("rate_limit", &options(10), &flood).len(), 12);
}

#[test]
fn repeated_records_are_counted_exactly() {
    let options = json!({"window": 10.0, "keys": ["level", "logger", "message"], "max_keys": 100});
    let events = [
        event("same", json!({"n": 0})).at(0.0),
        event("same", json!({"n": 1})).at(1.0),
        event("other", json!({"n": 2})).at(1.0),
        event("same", json!({"n": 3})).at(9.9),
        event("same", json!({"n": 4})).level(Level::ERROR).at(9.9),
        event("same", json!({"n": 5})).at(10.0),
        event("same", json!({"n": 6})).at(25.0),
    ];
    let records = through("filter", "deduplicate", &options, &events);
    let said: Vec<(i64, Option<i64>)> = records
        .iter()
        .map(|record| (record["n"].as_i64().unwrap(), record["suppressed"].as_i64()))
        .collect();
    assert_eq!(
        said,
        [(0, None), (2, None), (4, None), (5, Some(2)), (6, None)]
    );
}

#[test]
fn suppressed_records_that_no_record_could_tell_of_are_told_at_the_end() {
    let options = json!({"window": 10.0, "keys": ["n"], "max_keys": 4}).to_string();
    let mut stage = build_stage("filter", "deduplicate", &options).unwrap();
    let mut batch = Batch::default();
    for n in 0..50 {
        for _ in 0..3 {
            batch.push(&event("x", json!({"n": n})).frame(false));
        }
    }
    stage.run(&mut batch);
    assert_eq!(batch.records(), 50);
    assert!(stage.stop().unwrap().starts_with("100 suppressed records"));
}

#[test]
fn a_first_occurrence_is_one_after_a_quiet_time() {
    let options = json!({"window": 10.0, "keys": ["message"], "max_keys": 100});
    let events: Vec<Event> = [0.0, 5.0, 14.0, 24.0, 30.0]
        .into_iter()
        .zip(0..)
        .map(|(seconds, n): (f64, i64)| event("x", json!({"n": n})).at(seconds))
        .collect();
    assert_eq!(kept("first_occurrence", &options, &events), [0, 3]);
}

#[test]
fn keys_of_missing_fields_are_not_those_of_others() {
    let options = json!({"window": 10.0, "keys": ["a", "b"], "max_keys": 100});
    let events = [
        event("x", json!({"n": 0, "a": "v"})),
        event("x", json!({"n": 1, "b": "v"})),
        event("x", json!({"n": 2, "a": "v", "b": null})),
        event("x", json!({"n": 3})),
    ];
    assert_eq!(kept("first_occurrence", &options, &events), [0, 1, 2, 3]);
}

#[test]
fn a_pattern_is_found_in_texts_and_numbers() {
    let events = [
        event("GET /health", json!({"n": 0, "status": 200})),
        event("GET /pay", json!({"n": 1, "status": 503})),
    ];
    let run = |field: &str, pattern: &str, keep: bool| {
        let options = json!({"field": field, "pattern": pattern, "keep": keep});
        kept("match", &options, &events)
    };
    assert_eq!(run("message", "/health$", false), [1]);
    assert_eq!(run("status", "^5", true), [1]);
    assert_eq!(run("level", "INFO", true), [0, 1]);
    assert_eq!(run("absent", ".", true), Vec::<i64>::new());
}

#[test]
fn constant_fields_are_added_where_their_key_is_not() {
    let options = json!({"fields": {"host": "web-1", "pid": 7, "labels": {"a": [1, 2]}}});
    let events = [
        event("x", json!({"n": 0})),
        event("x", json!({"host": "mine"})),
    ];
    let records = through("enricher", "host", &options, &events);
    assert_eq!(records[0]["host"], "web-1");
    assert_eq!(records[0]["labels"], json!({"a": [1, 2]}));
    assert_eq!(
        (&records[1]["host"], &records[1]["pid"]),
        (&json!("mine"), &json!(7))
    );
}
