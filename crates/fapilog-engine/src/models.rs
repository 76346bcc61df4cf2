//! Model checks: every order in which threads can meet at the queue, the ledger, a lane and a
//! latch, and every value that an atomic may then show. `make loom` runs them.
//!
//! Waits with a time limit wait for ever here, but for the worker's lingering, which may end at
//! any moment: a wake-up that is forgotten anywhere is a deadlock, and reported.

use std::sync::Arc;
use std::time::{Duration, Instant};

use loom::model::Builder;
use loom::thread;

use crate::batch::Batch;
use crate::delivery::Delivery;
use crate::frame::{Flags, FrameWriter};
use crate::frame_reader::Frame;
use crate::lane::{Shared, SinkConfig, WhenFull};
use crate::latch::EndLatch;
use crate::ledger::{DropReason, Ledger};
use crate::level::{Level, LevelSet};
use crate::portion::{Load, Selection};
use crate::queue::{Admission, Overflow, Push, Queue, QueueBounds};
use crate::sink::NullSink;

const FOR_EVER: Duration = Duration::from_secs(3600);

/// Checks a model with at most so many preemptions: errors need few of them, and each more
/// multiplies the orders.
fn check(preemptions: usize, model: impl Fn() + Send + core::marker::Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(model);
}

fn frame(number: i64) -> Vec<u8> {
    let mut frame = Vec::new();
    FrameWriter::captured(&mut frame, Level::INFO, Flags::NONE, number, &[0; 4], b"m")
        .finish()
        .unwrap();
    frame
}

fn queue(records: usize, overflow: Overflow) -> Arc<Queue> {
    let bounds = QueueBounds {
        records,
        bytes: 1 << 20,
    };
    let admission = Admission {
        overflow,
        protected: LevelSet::default(),
        protected_wait: FOR_EVER,
    };
    Arc::new(Queue::new(bounds, admission, Arc::default()))
}

fn push(queue: &Queue, ledger: &Ledger, number: i64) -> Push {
    let bytes = frame(number);
    let frame = Frame::split(&bytes).unwrap().0;
    match queue.try_push(&frame, ledger) {
        Push::Full => queue.push_within(&frame, ledger),
        push => push,
    }
}

/// What the worker does with a queue; gives the numbers of the records.
fn work(queue: &Queue, ledger: &Ledger) -> Vec<i64> {
    let mut numbers = Vec::new();
    let mut batch = Batch::default();
    while queue.take(&mut batch) {
        let (records, bytes) = (batch.records(), batch.bytes());
        numbers.extend(batch.frames().map(|frame| frame.unwrap().micros()));
        queue.moved();
        ledger.deliver(records as u64);
        queue.release(records, bytes);
        batch.clear();
    }
    numbers
}

#[test]
fn a_caller_that_waits_for_room_is_woken_and_so_is_the_worker() {
    check(5, || {
        let (queue, ledger) = (queue(1, Overflow::Block(FOR_EVER)), Arc::default());
        let worker = thread::spawn({
            let (queue, ledger) = (Arc::clone(&queue), Arc::clone(&ledger));
            move || work(&queue, &ledger)
        });
        for number in 0..3 {
            assert_eq!(push(&queue, &ledger, number), Push::Accepted);
        }
        queue.close();
        assert_eq!(worker.join().unwrap(), [0, 1, 2]);
        assert_eq!(ledger.snapshot().queued, 0);
    });
}

#[test]
fn what_is_accepted_while_the_queue_closes_comes_out() {
    check(5, || {
        let (queue, ledger) = (queue(2, Overflow::DropNewest), Arc::default());
        let worker = thread::spawn({
            let (queue, ledger) = (Arc::clone(&queue), Arc::clone(&ledger));
            move || work(&queue, &ledger)
        });
        let caller = thread::spawn({
            let (queue, ledger) = (Arc::clone(&queue), Arc::clone(&ledger));
            move || {
                let push = |number| push(&queue, &ledger, number) == Push::Accepted;
                (0..2).filter(|&number| push(number)).collect::<Vec<_>>()
            }
        });
        queue.close();
        let accepted = caller.join().unwrap();
        assert_eq!(worker.join().unwrap(), accepted);
        assert_eq!(ledger.snapshot().delivered, accepted.len() as u64);
    });
}

#[test]
fn records_of_two_callers_keep_the_order_of_each() {
    check(4, || {
        let (queue, ledger) = (queue(2, Overflow::Block(FOR_EVER)), Arc::default());
        let worker = thread::spawn({
            let (queue, ledger) = (Arc::clone(&queue), Arc::clone(&ledger));
            move || work(&queue, &ledger)
        });
        let caller = thread::spawn({
            let (queue, ledger) = (Arc::clone(&queue), Arc::clone(&ledger));
            move || {
                for number in [10, 11] {
                    assert_eq!(push(&queue, &ledger, number), Push::Accepted);
                }
            }
        });
        for number in [0, 1] {
            assert_eq!(push(&queue, &ledger, number), Push::Accepted);
        }
        caller.join().unwrap();
        queue.close();
        let numbers = worker.join().unwrap();
        let of = |from: i64| numbers.iter().filter(move |&&n| n / 10 == from / 10);
        assert!(of(0).eq(&[0, 1]) && of(10).eq(&[10, 11]));
    });
}

#[test]
fn who_waits_for_records_to_settle_is_woken() {
    check(5, || {
        let ledger = Arc::new(Ledger::default());
        ledger.accept();
        ledger.accept();
        let settles = thread::spawn({
            let ledger = Arc::clone(&ledger);
            move || {
                ledger.deliver(1);
                ledger.drop_records(DropReason::SinkFailed, 1);
            }
        });
        assert!(ledger.wait_until_settled(Instant::now() + FOR_EVER));
        settles.join().unwrap();
    });
}

#[test]
fn counts_add_up_at_every_moment() {
    check(5, || {
        let ledger = Arc::new(Ledger::default());
        let moves = thread::spawn({
            let ledger = Arc::clone(&ledger);
            move || {
                ledger.accept();
                ledger.accept();
                ledger.filter(1);
                ledger.drop_records(DropReason::Evicted, 1);
                ledger.drop_records(DropReason::QueueFull, 1);
            }
        });
        let counts = ledger.snapshot();
        let dropped: u64 = counts.dropped.iter().sum();
        let sum = counts.delivered + counts.filtered + dropped + counts.queued;
        assert_eq!(counts.submitted, sum);
        moves.join().unwrap();
    });
}

#[test]
fn the_end_of_a_thread_is_seen() {
    check(5, || {
        let latch = EndLatch::default();
        let guard = latch.guard();
        let thread = thread::spawn(move || drop(guard));
        assert!(latch.wait_until(Instant::now() + FOR_EVER));
        thread.join().unwrap();
    });
}

fn load(ledger: &Arc<Ledger>, number: i64) -> Load {
    let mut batch = Batch::default();
    batch.push(&frame(number));
    ledger.accept();
    let delivery = Delivery::new(batch, Vec::new(), None, Arc::clone(ledger), Arc::default());
    Load {
        delivery: Arc::new(delivery),
        records: Selection::Span(0..1),
        sink: 0,
    }
}

#[test]
fn a_lane_hands_over_all_it_took_and_ends() {
    check(4, || {
        let ledger = Arc::new(Ledger::default());
        let mut config = SinkConfig::new(NullSink);
        config.buffer.records = 1;
        config.batch.records = 1;
        config.batch.delay = FOR_EVER;
        let policy = config.batch;
        let lane = Arc::new(Shared::new(&config, None));
        let sink = thread::spawn({
            let lane = Arc::clone(&lane);
            move || {
                let mut taken = 0;
                while let Some(loads) = lane.next(policy, None) {
                    for load in &loads {
                        load.mark_taken();
                        taken += load.records.len();
                    }
                    lane.returned();
                }
                taken
            }
        });
        for number in 0..2 {
            let refused = lane.offer(load(&ledger, number), WhenFull::Wait);
            assert!(
                refused.is_empty(),
                "the sink moves, so that there is room in time"
            );
        }
        lane.hurry();
        lane.remove_feeder();
        assert_eq!(sink.join().unwrap(), 2);
        let counts = ledger.snapshot();
        assert_eq!((counts.delivered, counts.queued), (2, 0));
    });
}
