//! The queue is bounded, and so is what a full one costs the caller.

use std::time::{Duration, Instant};

use crate::support::{
    Gate, PATIENCE, ScriptedSink, ScriptedStage, Taken, TestPipeline, frame, submit,
};
use fapilog_engine::{DropReason, Overflow, Pipeline, StageReport, Submit};

fn dropped(pipeline: &Pipeline, reason: DropReason) -> u64 {
    pipeline.snapshot().dropped[reason as usize]
}

fn gated_stage(
    gate: &Gate,
) -> ScriptedStage<impl FnMut(&mut fapilog_engine::Batch) -> StageReport + use<>> {
    let gate = gate.clone();
    ScriptedStage(move |_: &mut fapilog_engine::Batch| {
        gate.pass();
        StageReport::default()
    })
}

#[test]
fn drop_newest_keeps_the_first_records_up_to_the_bound() {
    let (gate, taken) = (Gate::default(), Taken::default());
    let pipeline = TestPipeline::new()
        .bounds(10, 1 << 20)
        .overflow(Overflow::DropNewest)
        .stage(gated_stage(&gate))
        .sink(taken.sink())
        .start();
    submit(&pipeline, 0);
    gate.wait_for_arrival();
    for number in 1..25 {
        submit(&pipeline, number);
    }
    assert_eq!(pipeline.snapshot().queued, 10);
    assert_eq!(dropped(&pipeline, DropReason::QueueFull), 15);
    gate.open();
    assert!(pipeline.flush(PATIENCE));
    assert_eq!(taken.numbers(), (0..10).collect::<Vec<_>>());
}

#[test]
fn the_bound_in_bytes_holds_and_a_larger_record_comes_in_alone() {
    let (gate, taken) = (Gate::default(), Taken::default());
    let length = frame("1").len();
    let pipeline = TestPipeline::new()
        .bounds(1_000, 3 * length)
        .overflow(Overflow::DropNewest)
        .stage(gated_stage(&gate))
        .sink(taken.sink())
        .start();
    submit(&pipeline, 0);
    gate.wait_for_arrival();
    for number in 1..9 {
        submit(&pipeline, number);
    }
    assert_eq!(pipeline.snapshot().queued, 3);
    gate.open();
    assert!(pipeline.flush(PATIENCE));
    let large = "1".repeat(19).parse().unwrap();
    assert!(frame(&"1".repeat(19)).len() > length);
    crate::support::wait_until("room", || {
        submit(&pipeline, large);
        pipeline.flush(PATIENCE);
        taken.numbers().contains(&large)
    });
}

#[test]
fn a_blocked_caller_goes_on_as_soon_as_there_is_room() {
    let (gate, taken) = (Gate::default(), Taken::default());
    let pipeline = TestPipeline::new()
        .bounds(1, 1 << 20)
        .overflow(Overflow::Block(PATIENCE))
        .stage(gated_stage(&gate))
        .sink(taken.sink())
        .start();
    submit(&pipeline, 0);
    gate.wait_for_arrival();
    assert_eq!(pipeline.try_submit(&frame("1")), Submit::WouldWait);
    std::thread::scope(|scope| {
        let caller = scope.spawn(|| submit(&pipeline, 1));
        gate.open();
        caller.join().unwrap();
    });
    assert!(pipeline.flush(PATIENCE));
    assert_eq!(taken.numbers(), [0, 1]);
    assert_eq!(pipeline.snapshot().dropped, [0; 7]);
}

#[test]
fn a_hung_stage_costs_one_limit_and_not_one_for_every_call() {
    let limit = Duration::from_millis(300);
    let gate = Gate::default();
    let pipeline = TestPipeline::new()
        .bounds(1, 1 << 20)
        .overflow(Overflow::Block(limit))
        .stage(gated_stage(&gate))
        .sink(Taken::default().sink())
        .start();
    submit(&pipeline, 0);
    gate.wait_for_arrival();
    let start = Instant::now();
    submit(&pipeline, 1);
    assert!(start.elapsed() >= limit);
    for number in 2..1_000 {
        submit(&pipeline, number);
    }
    assert!(start.elapsed() < 5 * limit, "{:?}", start.elapsed());
    assert_eq!(dropped(&pipeline, DropReason::QueueFull), 999);
    gate.open();
    assert!(pipeline.flush(PATIENCE));
    // There is room again, so that callers wait again, and get in.
    for number in 0..50 {
        submit(&pipeline, number);
    }
    assert_eq!(dropped(&pipeline, DropReason::QueueFull), 999);
}

#[test]
fn a_hung_sink_fills_its_own_buffer_and_costs_the_others_nothing_but_one_limit() {
    let (gate, taken) = (Gate::default(), Taken::default());
    let hung = gate.clone();
    let pipeline = TestPipeline::new()
        .sink(ScriptedSink::new("hung", move |_| {
            hung.pass();
            Ok(())
        }))
        .sink(taken.sink())
        .start();
    let expected: Vec<u64> = (0..60_000).collect();
    let start = Instant::now();
    for &number in &expected {
        submit(&pipeline, number);
    }
    crate::support::wait_until("the healthy sink has all", || {
        taken.numbers().len() == expected.len()
    });
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(taken.numbers(), expected);
    let hung = &pipeline.sinks()[0];
    assert_eq!(hung.written, 0);
    // The bound, a batch that crosses it, and the one that the sink hangs on.
    assert!(hung.buffered <= 16_384 + 2 * 512, "{hung:?}");
    assert_eq!(hung.dropped + hung.buffered, expected.len() as u64);
    gate.open();
    assert!(pipeline.flush(PATIENCE));
    let late = &pipeline.sinks()[0];
    assert_eq!(late.written + late.dropped, expected.len() as u64);
    assert_eq!(pipeline.snapshot().delivered, expected.len() as u64);
}

#[test]
fn a_slow_sink_is_waited_for_under_block() {
    let taken = Taken::default();
    let (slow, steps) = (taken.clone(), Gate::default());
    let pace = steps.clone();
    let pipeline = TestPipeline::new()
        .overflow(Overflow::Block(PATIENCE))
        .sink(ScriptedSink::new("slow", move |numbers| {
            pace.pass();
            slow.add(numbers);
            Ok(())
        }))
        .start();
    std::thread::scope(|scope| {
        let caller = scope.spawn(|| (0..40_000).for_each(|number| submit(&pipeline, number)));
        steps.wait_for_arrival();
        steps.open();
        caller.join().unwrap();
    });
    assert!(pipeline.flush(PATIENCE));
    assert_eq!(taken.numbers(), (0..40_000).collect::<Vec<_>>());
}
