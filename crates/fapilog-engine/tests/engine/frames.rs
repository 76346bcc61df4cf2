//! Malformed frames harm nobody but themselves.

use crate::support::{PATIENCE, Taken, TestPipeline, frame, submit};
use fapilog_engine::{Batch, MemorySink, Submit};
use proptest::prelude::*;

#[test]
fn a_frame_with_a_wrong_length_does_not_take_its_neighbours_along() {
    let taken = Taken::default();
    let pipeline = TestPipeline::new().sink(taken.sink()).start();
    let good = frame("2");
    submit(&pipeline, 1);
    for bad in [
        &good[..good.len() - 1],
        &[good.as_slice(), &[0]].concat(),
        b"",
        b"xx",
    ] {
        assert_eq!(pipeline.try_submit(bad), Submit::Done);
    }
    submit(&pipeline, 3);
    assert!(pipeline.flush(PATIENCE));
    assert_eq!(taken.numbers(), [1, 3]);
    let snapshot = pipeline.snapshot();
    assert_eq!(
        (snapshot.submitted, snapshot.dropped.iter().sum::<u64>()),
        (6, 4)
    );
}

#[test]
fn a_frame_whose_body_is_garbage_is_dropped_alone() {
    let (sink, memory) = MemorySink::new();
    let pipeline = TestPipeline::new().sink(sink).start();
    let mut bad = frame("2");
    bad[16] = 0xff; // the logger's name is longer than the frame
    submit(&pipeline, 1);
    pipeline.try_submit(&bad);
    submit(&pipeline, 3);
    assert!(pipeline.flush(PATIENCE));
    assert_eq!(memory.text().lines().count(), 2);
    let snapshot = pipeline.snapshot();
    assert_eq!(
        (snapshot.delivered, snapshot.dropped.iter().sum::<u64>()),
        (2, 1)
    );
}

proptest! {
    #[test]
    fn any_bytes_in_a_batch_end_or_go_on_but_never_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let mut batch = Batch::default();
        batch.push(&bytes);
        let mut frames = 0;
        for frame in batch.frames().flatten() {
            frames += 1;
            if let Ok(captured) = frame.captured() {
                captured.fields.for_each(drop);
            }
            frame.flat().for_each(drop);
        }
        batch.retain(|_| true);
        prop_assert_eq!(batch.records(), frames);
    }
}
