//! A sink that fails hurts nobody but itself, and says what it lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{PATIENCE, ScriptedSink, Taken, TestPipeline, failure, submit};
use fapilog_engine::{FailureScope, Pipeline, SinkSnapshot};

const ALL: u64 = 300;

fn all() -> Vec<u64> {
    (0..ALL).collect()
}

/// Logs all numbers in one batch through a healthy sink and another; gives back the other's counts.
fn beside_a_healthy_one(sink: ScriptedSink) -> (Arc<Pipeline>, SinkSnapshot) {
    let healthy = Taken::default();
    let pipeline = TestPipeline::new().sink(sink).sink(healthy.sink()).start();
    for number in all() {
        submit(&pipeline, number);
    }
    assert!(pipeline.flush(PATIENCE));
    assert_eq!(healthy.numbers(), all());
    let snapshot = pipeline.snapshot();
    assert_eq!((snapshot.delivered, snapshot.queued), (ALL, 0));
    let counts = pipeline.sinks()[0].clone();
    assert_eq!(counts.written + counts.dropped, ALL, "{counts:?}");
    assert_eq!(counts.buffered, 0);
    (pipeline, counts)
}

#[test]
fn a_sink_that_always_fails_loses_its_records_and_nobody_elses() {
    let (_, counts) = beside_a_healthy_one(ScriptedSink::new("bad", |_| {
        Err(failure(0, FailureScope::Sink))
    }));
    assert_eq!((counts.written, counts.dropped), (0, ALL));
}

#[test]
fn a_sink_that_always_panics_is_a_sink_that_always_fails() {
    let (pipeline, counts) =
        beside_a_healthy_one(ScriptedSink::new("panicking", |_| panic!("as scripted")));
    assert_eq!((counts.written, counts.dropped), (0, ALL));
    assert!(pipeline.close(PATIENCE).stuck_sinks.is_empty());
}

#[test]
fn one_bad_record_is_given_up_alone() {
    let taken = Taken::default();
    let good = taken.clone();
    let (_, counts) = beside_a_healthy_one(ScriptedSink::new("picky", move |numbers| {
        let bad = numbers.iter().position(|&number| number == 77);
        good.add(&numbers[..bad.unwrap_or(numbers.len())]);
        bad.map_or(Ok(()), |done| Err(failure(done, FailureScope::Record)))
    }));
    assert_eq!((counts.dropped, counts.errors), (1, 3));
    let expected: Vec<u64> = all().into_iter().filter(|&number| number != 77).collect();
    assert_eq!(taken.numbers(), expected);
}

#[test]
fn retries_write_each_record_once() {
    let taken = Taken::default();
    let (good, mut calls) = (taken.clone(), 0);
    let (_, counts) = beside_a_healthy_one(ScriptedSink::new("flaky", move |numbers| {
        calls += 1;
        let done = if calls % 3 == 0 {
            numbers.len()
        } else {
            numbers.len() / 2
        };
        good.add(&numbers[..done]);
        if done == numbers.len() {
            Ok(())
        } else {
            Err(failure(done, FailureScope::Sink))
        }
    }));
    assert_eq!(counts.dropped, 0);
    assert!(counts.errors > 0);
    assert_eq!(taken.numbers(), all());
}

#[test]
fn a_sink_that_lies_about_what_it_took_cannot_break_the_counts() {
    let (_, counts) = beside_a_healthy_one(ScriptedSink::new("lying", |numbers| {
        Err(failure(numbers.len() + 1_000, FailureScope::Record))
    }));
    assert_eq!(counts.buffered, 0);
}

#[test]
fn a_record_that_no_sink_took_is_dropped_and_not_delivered() {
    let pipeline = TestPipeline::new()
        .sink(ScriptedSink::new("bad", |_| {
            Err(failure(0, FailureScope::Sink))
        }))
        .sink(ScriptedSink::new("worse", |_| panic!("as scripted")))
        .start();
    submit(&pipeline, 1);
    assert!(pipeline.flush(PATIENCE));
    let snapshot = pipeline.snapshot();
    assert_eq!((snapshot.delivered, snapshot.dropped[4]), (0, 1));
}

#[test]
fn the_circuit_breaker_leaves_a_dead_sink_alone() {
    let attempts = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&attempts);
    let pipeline = TestPipeline::new()
        .sink(ScriptedSink::new("dead", move |_| {
            counter.fetch_add(1, Ordering::SeqCst);
            Err(failure(0, FailureScope::Sink))
        }))
        .start();
    for number in 0..8 {
        submit(&pipeline, number);
        assert!(pipeline.flush(PATIENCE));
    }
    // Five records with three attempts each open the circuit; the other three are not tried.
    assert_eq!(attempts.load(Ordering::SeqCst), 15);
    let counts = &pipeline.sinks()[0];
    assert_eq!((counts.errors, counts.dropped), (15, 8));
}
