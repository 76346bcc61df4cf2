//! submitted = delivered + filtered + dropped + queued, at every moment and for every sink.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::{
    PATIENCE, ScriptedSink, ScriptedStage, Taken, TestPipeline, failure, number, submit,
};
use fapilog_engine::{FailureScope, Overflow, Pipeline, Snapshot, StageReport};

fn assert_adds_up(snapshot: &Snapshot) {
    let dropped: u64 = snapshot.dropped.iter().sum();
    let sum = snapshot.delivered + snapshot.filtered + dropped + snapshot.queued;
    assert_eq!(snapshot.submitted, sum, "{snapshot:?}");
}

/// Samples until told to stop; every sample adds up and no count ever goes back.
fn watch(pipeline: &Pipeline, stop: &AtomicBool) -> u64 {
    let mut samples = 0;
    let mut before = pipeline.snapshot();
    let mut sinks_before = pipeline.sinks();
    while !stop.load(Ordering::SeqCst) {
        let now = pipeline.snapshot();
        assert_adds_up(&now);
        assert!(now.submitted >= before.submitted);
        assert!(now.delivered >= before.delivered);
        assert!(now.filtered >= before.filtered);
        let sinks = pipeline.sinks();
        for (now, before) in sinks.iter().zip(&sinks_before) {
            assert!(now.written >= before.written && now.dropped >= before.dropped);
            let sent =
                |sink: &fapilog_engine::SinkSnapshot| sink.written + sink.dropped + sink.buffered;
            assert!(sent(now) >= sent(before), "{before:?} then {now:?}");
        }
        (before, sinks_before) = (now, sinks);
        samples += 1;
    }
    samples
}

#[test]
fn counters_add_up_while_everything_goes_wrong_at_once() {
    const THREADS: u64 = 4;
    const EACH: u64 = 10_000;
    let taken = Taken::default();
    let mut batches = 0;
    let mut calls = 0;
    let pipeline = TestPipeline::new()
        .bounds(2_000, 1 << 20)
        .overflow(Overflow::DropNewest)
        .stage(ScriptedStage(move |batch: &mut fapilog_engine::Batch| {
            batches += 1;
            assert!(batches % 7 != 0, "a stage panics now and then");
            batch.retain(|frame| !number(frame).is_multiple_of(3));
            let before = batch.records();
            batch.retain(|frame| !number(frame).is_multiple_of(5));
            StageReport {
                lost: before - batch.records(),
                problem: None,
            }
        }))
        .sink(taken.sink())
        .sink(ScriptedSink::new("moody", move |numbers: &[u64]| {
            calls += 1;
            match calls % 4 {
                0 => Err(failure(numbers.len() / 2, FailureScope::Sink)),
                1 => Err(failure(numbers.len() / 3, FailureScope::Record)),
                2 => panic!("a sink panics now and then"),
                _ => Ok(()),
            }
        }))
        .start();
    let stop = AtomicBool::new(false);
    let samples = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(&pipeline, &stop));
        let callers: Vec<_> = (0..THREADS)
            .map(|thread| {
                let pipeline = &pipeline;
                scope.spawn(move || {
                    for number in 0..EACH {
                        submit(pipeline, thread * EACH + number);
                    }
                })
            })
            .collect();
        for caller in callers {
            caller.join().unwrap();
        }
        assert!(pipeline.flush(PATIENCE));
        stop.store(true, Ordering::SeqCst);
        watcher.join().unwrap()
    });
    assert!(samples > 10, "{samples}");
    let end = pipeline.snapshot();
    assert_adds_up(&end);
    assert_eq!(end.queued, 0);
    assert_eq!(end.submitted, THREADS * EACH);
    assert_eq!(end.delivered, taken.numbers().len() as u64);
    assert!(end.filtered > 0 && end.dropped.iter().sum::<u64>() > 0);
    for sink in pipeline.sinks() {
        assert_eq!(sink.buffered, 0, "{sink:?}");
        assert_eq!(sink.written + sink.dropped, end.delivered, "{sink:?}");
    }
}
