//! The end: what is on its way is delivered, what hangs is left behind and said.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::support::{
    Gate, PATIENCE, ScriptedSink, ScriptedStage, Taken, TestPipeline, failure, frame, submit,
    wait_until,
};
use fapilog_engine::{
    CloseReport, DropReason, FailureScope, MAX_RECORD_BYTES, Pipeline, PipelineConfig, StageReport,
    StartError, Submit,
};

#[test]
fn close_delivers_what_is_on_its_way() {
    let taken = Taken::default();
    let pipeline = TestPipeline::new().sink(taken.sink()).start();
    (0..5_000).for_each(|number| submit(&pipeline, number));
    assert_eq!(pipeline.close(PATIENCE), CloseReport::default());
    assert_eq!(taken.numbers().len(), 5_000);
}

#[test]
fn a_record_after_close_is_dropped_and_counted() {
    let taken = Taken::default();
    let pipeline = TestPipeline::new().sink(taken.sink()).start();
    pipeline.close(PATIENCE);
    submit(&pipeline, 1);
    let snapshot = pipeline.snapshot();
    assert_eq!(snapshot.submitted, 1);
    assert_eq!(snapshot.dropped[DropReason::Closed as usize], 1);
    assert!(taken.numbers().is_empty());
}

#[test]
fn a_hung_sink_holds_close_up_no_longer_than_its_limit_and_is_named() {
    let (gate, taken) = (Gate::default(), Taken::default());
    let hung = gate.clone();
    let pipeline = TestPipeline::new()
        .sink(taken.sink())
        .sink(ScriptedSink::new("hung", move |_| {
            hung.pass();
            Ok(())
        }))
        .start();
    submit(&pipeline, 1);
    gate.wait_for_arrival();
    let limit = Duration::from_millis(200);
    let start = Instant::now();
    let report = pipeline.close(limit);
    assert!(start.elapsed() >= limit);
    assert!(start.elapsed() < limit + Duration::from_secs(2));
    assert_eq!(report.stuck_sinks, ["hung"]);
    assert!(!report.stuck_stages);
    assert_eq!(report.undelivered, 1);
    assert_eq!(taken.numbers(), [1]);
    gate.open();
    assert_eq!(pipeline.close(PATIENCE), CloseReport::default());
}

#[test]
fn a_hung_stage_is_told_apart_from_the_sinks_behind_it() {
    let gate = Gate::default();
    let hung = gate.clone();
    let pipeline = TestPipeline::new()
        .stage(ScriptedStage(move |_: &mut fapilog_engine::Batch| {
            hung.pass();
            StageReport::default()
        }))
        .sink(Taken::default().sink())
        .start();
    submit(&pipeline, 1);
    gate.wait_for_arrival();
    let report = pipeline.close(Duration::from_millis(100));
    assert!(report.stuck_stages);
    assert!(report.stuck_sinks.is_empty());
    gate.open();
}

#[test]
fn close_does_not_wait_for_retries_beyond_its_limit() {
    let pipeline = TestPipeline::new()
        .sink(ScriptedSink::new("bad", |_| {
            Err(failure(0, FailureScope::Record))
        }))
        .start();
    (0..400).for_each(|number| submit(&pipeline, number));
    pipeline.close(Duration::ZERO);
    wait_until("everything is given up", || pipeline.snapshot().queued == 0);
    assert_eq!(pipeline.sinks()[0].dropped, 400);
}

#[test]
fn flush_says_whether_it_was_in_time() {
    let gate = Gate::default();
    let slow = gate.clone();
    let pipeline = TestPipeline::new()
        .sink(ScriptedSink::new("slow", move |_| {
            slow.pass();
            Ok(())
        }))
        .start();
    assert!(pipeline.flush(Duration::ZERO), "nothing to wait for");
    submit(&pipeline, 1);
    assert!(!pipeline.flush(Duration::from_millis(50)));
    gate.open();
    assert!(pipeline.flush(PATIENCE));
}

#[test]
fn many_flush_at_once_and_all_return() {
    let pipeline = TestPipeline::new().sink(Taken::default().sink()).start();
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let pipeline = &pipeline;
            scope.spawn(move || {
                for number in 0..200 {
                    submit(pipeline, thread * 200 + number);
                    assert!(pipeline.flush(PATIENCE));
                }
            });
        }
    });
    assert_eq!(pipeline.snapshot().delivered, 800);
}

#[test]
fn a_pipeline_that_is_dropped_still_delivers() {
    let taken = Taken::default();
    let pipeline = TestPipeline::new().sink(taken.sink()).start();
    (0..100).for_each(|number| submit(&pipeline, number));
    drop(pipeline);
    wait_until("all delivered", || taken.numbers().len() == 100);
}

#[test]
fn a_closed_pipeline_ends_its_threads() {
    let alive = Arc::new(());
    let held = Arc::clone(&alive);
    let pipeline = TestPipeline::new()
        .sink(ScriptedSink::new("holding", move |_| {
            let _ = &held;
            Ok(())
        }))
        .start();
    pipeline.close(PATIENCE);
    wait_until("the sink is freed", || Arc::strong_count(&alive) == 1);
}

#[test]
fn a_pipeline_without_a_sink_does_not_start() {
    let started = Pipeline::start(PipelineConfig::default());
    assert!(matches!(started, Err(StartError::NoSink)));
}

#[test]
fn a_forked_copy_drops_counts_and_never_waits() {
    let taken = Taken::default();
    let pipeline = TestPipeline::new().sink(taken.sink()).start();
    pipeline.forget_after_fork();
    submit(&pipeline, 1);
    pipeline.lose_unencodable();
    assert!(pipeline.flush(PATIENCE));
    assert_eq!(pipeline.close(PATIENCE), CloseReport::default());
    assert_eq!(pipeline.snapshot().dropped[DropReason::Closed as usize], 2);
    assert!(taken.numbers().is_empty());
}

#[test]
fn a_record_beyond_the_size_limit_is_dropped_and_the_next_one_comes_through() {
    let taken = Taken::default();
    let pipeline = TestPipeline::new().sink(taken.sink()).start();
    let large = frame(&"x".repeat(MAX_RECORD_BYTES));
    assert_eq!(pipeline.try_submit(&large), Submit::Done);
    submit(&pipeline, 1);
    assert!(pipeline.flush(PATIENCE));
    assert_eq!(
        pipeline.snapshot().dropped[DropReason::TooLarge as usize],
        1
    );
    assert_eq!(taken.numbers(), [1]);
}
