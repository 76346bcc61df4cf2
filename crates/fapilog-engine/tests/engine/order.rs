//! Every record reaches every sink once, in order.

use std::time::Duration;

use crate::support::{PATIENCE, Taken, TestPipeline, submit};
use fapilog_engine::{MemorySink, Overflow};

#[test]
fn every_sink_gets_every_record_once_and_in_order() {
    let (first, second) = (Taken::default(), Taken::default());
    let (text_sink, text) = MemorySink::new();
    let pipeline = TestPipeline::new()
        .sink(first.sink())
        .sink(text_sink)
        .sink(second.sink())
        .start();
    let expected: Vec<u64> = (0..20_000).collect();
    for &number in &expected {
        submit(&pipeline, number);
    }
    assert!(pipeline.flush(PATIENCE));
    assert_eq!(first.numbers(), expected);
    assert_eq!(second.numbers(), expected);
    let lines: Vec<u64> = text
        .text()
        .lines()
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            line["message"].as_str().unwrap().parse().unwrap()
        })
        .collect();
    assert_eq!(lines, expected);
}

#[test]
fn each_thread_keeps_its_order_and_nothing_is_lost_between_threads() {
    const THREADS: u64 = 4;
    const EACH: u64 = 5_000;
    let taken = Taken::default();
    let pipeline = TestPipeline::new()
        .bounds(64, 1 << 20)
        .overflow(Overflow::Block(PATIENCE))
        .sink(taken.sink())
        .start();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let pipeline = &pipeline;
            scope.spawn(move || {
                for number in 0..EACH {
                    submit(pipeline, thread * EACH + number);
                }
            });
        }
    });
    assert!(pipeline.flush(PATIENCE));
    let numbers = taken.numbers();
    for thread in 0..THREADS {
        let own: Vec<u64> = numbers
            .iter()
            .copied()
            .filter(|number| number / EACH == thread)
            .collect();
        assert_eq!(
            own,
            (thread * EACH..(thread + 1) * EACH).collect::<Vec<_>>()
        );
    }
    assert_eq!(numbers.len() as u64, THREADS * EACH);
}

#[test]
fn a_single_record_arrives_without_any_further_call() {
    let taken = Taken::default();
    let pipeline = TestPipeline::new().sink(taken.sink()).start();
    submit(&pipeline, 7);
    crate::support::wait_until("one record", || taken.numbers() == [7]);
    assert_eq!(pipeline.close(Duration::from_secs(5)).undelivered, 0);
}
