//! Stages filter, lose and panic; each record is accounted for.

use crate::support::{PATIENCE, ScriptedStage, Taken, TestPipeline, number, submit};
use fapilog_engine::{Batch, DropReason, Stage, StageReport};

#[test]
fn a_stage_filters_and_loses_and_both_are_counted_apart() {
    let taken = Taken::default();
    let pipeline = TestPipeline::new()
        .stage(ScriptedStage(|batch: &mut Batch| {
            batch.retain(|frame| number(frame).is_multiple_of(2));
            let before = batch.records();
            batch.retain(|frame| !number(frame).is_multiple_of(10));
            StageReport {
                lost: before - batch.records(),
                problem: Some("every tenth is lost".to_owned()),
            }
        }))
        .sink(taken.sink())
        .start();
    (0..100).for_each(|number| submit(&pipeline, number));
    assert!(pipeline.flush(PATIENCE));
    let snapshot = pipeline.snapshot();
    assert_eq!(snapshot.filtered, 50);
    assert_eq!(snapshot.dropped[DropReason::StageFailed as usize], 10);
    assert_eq!(snapshot.delivered, 40);
    assert!(
        taken
            .numbers()
            .iter()
            .all(|number| number % 2 == 0 && number % 10 != 0)
    );
}

#[test]
fn a_panicking_stage_loses_its_batch_and_the_next_one_comes_through() {
    let taken = Taken::default();
    let pipeline = TestPipeline::new()
        .stage(ScriptedStage(|batch: &mut Batch| {
            let bad = batch.frames().any(|frame| number(&frame.unwrap()) == 1);
            assert!(!bad, "as scripted");
            StageReport::default()
        }))
        .sink(taken.sink())
        .start();
    submit(&pipeline, 1);
    assert!(pipeline.flush(PATIENCE));
    submit(&pipeline, 2);
    assert!(pipeline.flush(PATIENCE));
    assert_eq!(taken.numbers(), [2]);
    assert_eq!(
        pipeline.snapshot().dropped[DropReason::StageFailed as usize],
        1
    );
}

#[test]
fn a_report_of_more_losses_than_there_are_cannot_break_the_counts() {
    let pipeline = TestPipeline::new()
        .stage(ScriptedStage(|_: &mut Batch| StageReport {
            lost: 1_000,
            problem: None,
        }))
        .sink(Taken::default().sink())
        .start();
    submit(&pipeline, 1);
    assert!(pipeline.flush(PATIENCE));
    let snapshot = pipeline.snapshot();
    assert_eq!((snapshot.delivered, snapshot.dropped), (1, [0; 7]));
}

struct StopsBadly(Taken);

impl Stage for StopsBadly {
    fn name(&self) -> &str {
        "stops badly"
    }

    fn run(&mut self, _: &mut Batch) -> StageReport {
        StageReport::default()
    }

    fn stop(&mut self) -> Option<String> {
        self.0.add(&[1]);
        assert!(self.0.numbers().is_empty(), "as scripted");
        None
    }
}

#[test]
fn stages_are_stopped_once_and_one_that_panics_there_stops_nobody() {
    let (stops, taken) = (Taken::default(), Taken::default());
    let pipeline = TestPipeline::new()
        .stage(StopsBadly(stops.clone()))
        .stage(StopsBadly(stops.clone()))
        .sink(taken.sink())
        .start();
    submit(&pipeline, 5);
    assert_eq!(
        pipeline.close(PATIENCE),
        fapilog_engine::CloseReport::default()
    );
    pipeline.close(PATIENCE);
    assert_eq!(stops.numbers(), [1, 1]);
    assert_eq!(taken.numbers(), [5]);
}
