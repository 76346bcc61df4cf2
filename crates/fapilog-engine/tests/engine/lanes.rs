//! What stands between the worker and the sinks: routes, batches, fallbacks, formats.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{
    Gate, PATIENCE, ScriptedSink, Taken, TestPipeline, failure, frame, submit, wait_until,
};
use fapilog_engine::{
    EncodeError, Encoder, FailureScope, Frame, Level, MemorySink, Overflow, Retry, Route,
    StartError,
};

const ALL: u64 = 100;

fn numbers(range: std::ops::Range<u64>) -> Vec<u64> {
    range.collect()
}

fn broken() -> ScriptedSink {
    ScriptedSink::new("broken", |_| Err(failure(0, FailureScope::Sink)))
}

#[test]
fn a_route_leaves_other_sinks_alone_and_what_no_route_takes_is_filtered() {
    let (routed, nothing) = (Taken::default(), Taken::default());
    let pipeline = TestPipeline::new()
        .sink_with(routed.sink(), |sink| {
            sink.route.minimum = Some(Level::INFO);
        })
        .sink_with(nothing.sink(), |sink| {
            sink.route.minimum = Some(Level::ERROR);
        })
        .start();
    for number in 0..ALL {
        submit(&pipeline, number);
    }
    assert!(pipeline.flush(PATIENCE));
    assert_eq!(routed.numbers(), numbers(0..ALL));
    assert!(nothing.numbers().is_empty());
    assert_eq!(pipeline.snapshot().delivered, ALL);

    let pipeline = TestPipeline::new()
        .sink_with(nothing.sink(), |sink| {
            sink.route = Route {
                loggers: vec!["other".to_owned()],
                ..Route::default()
            };
        })
        .start();
    submit(&pipeline, 1);
    assert!(pipeline.flush(PATIENCE));
    let counts = pipeline.snapshot();
    assert_eq!((counts.filtered, counts.delivered), (1, 0));
}

#[test]
fn a_fallback_gets_exactly_what_its_sink_was_given_up_for() {
    let rescued = Taken::default();
    let pipeline = TestPipeline::new()
        .sink_with(broken(), |sink| sink.fallback = Some(1))
        .sink(rescued.sink())
        .start();
    for number in 0..ALL {
        submit(&pipeline, number);
    }
    assert!(pipeline.flush(PATIENCE));
    assert_eq!(rescued.numbers(), numbers(0..ALL));
    let (counts, sinks) = (pipeline.snapshot(), pipeline.sinks());
    assert_eq!((counts.delivered, counts.queued), (ALL, 0));
    assert_eq!((sinks[0].diverted, sinks[0].dropped), (ALL, 0));
    assert_eq!((sinks[1].written, sinks[1].buffered), (ALL, 0));
    let report = pipeline.close(PATIENCE);
    assert_eq!(report.undelivered, 0);
    assert!(report.stuck_sinks.is_empty());
}

#[test]
fn a_fallback_that_fails_too_loses_the_records_and_says_so_in_its_counts() {
    let pipeline = TestPipeline::new()
        .sink_with(broken(), |sink| sink.fallback = Some(1))
        .sink(broken())
        .start();
    submit(&pipeline, 1);
    assert!(pipeline.flush(PATIENCE));
    let sinks = pipeline.sinks();
    assert_eq!((sinks[0].diverted, sinks[1].dropped), (1, 1));
    assert_eq!(pipeline.snapshot().delivered, 0);
}

#[test]
fn fallbacks_that_make_no_sense_are_refused() {
    let refused = |fallbacks: &[Option<usize>]| {
        let mut pipeline = TestPipeline::new();
        for &fallback in fallbacks {
            pipeline = pipeline.sink_with(broken(), |sink| sink.fallback = fallback);
        }
        let mut error = None;
        pipeline.with(|config| {
            error = fapilog_engine::Pipeline::start(std::mem::take(config)).err();
        });
        error
    };
    let itself = refused(&[Some(0), None]);
    let absent = refused(&[Some(7), None]);
    let chain = refused(&[Some(1), Some(2), None]);
    for error in [itself, absent, chain] {
        assert!(matches!(error, Some(StartError::BadSink { .. })));
    }
    assert!(refused(&[None, Some(0)]).is_none());
}

#[test]
fn small_batches_are_put_together_until_the_delay_is_over_or_somebody_waits() {
    let sizes = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&sizes);
    let sink = ScriptedSink::new("batching", move |numbers| {
        seen.lock().unwrap().push(numbers.len());
        Ok(())
    });
    let pipeline = TestPipeline::new()
        .sink_with(sink, |sink| {
            sink.batch.records = 10;
            sink.batch.delay = Duration::from_secs(600);
        })
        .start();
    for number in 0..10 {
        submit(&pipeline, number);
        wait_until("the record is in front of the sink", || {
            let sink = &pipeline.sinks()[0];
            sink.written + sink.buffered == number + 1
        });
    }
    wait_until("a full batch is written", || {
        pipeline.sinks()[0].written == 10
    });
    for number in 0..13 {
        submit(&pipeline, number);
    }
    assert!(pipeline.flush(PATIENCE));
    // How many of them came in one piece is up to the moment.
    let sizes = sizes.lock().unwrap();
    assert_eq!((sizes[0], sizes.iter().sum::<usize>()), (10, 23));
    assert!(
        sizes.len() <= 4 && sizes.iter().all(|&size| size <= 10),
        "{sizes:?}"
    );
}

#[test]
fn what_is_refused_for_ever_is_not_tried_again_and_opens_no_circuit() {
    let taken = Taken::default();
    let good = taken.clone();
    let sink = ScriptedSink::new("strict", move |numbers| {
        let bad = numbers.iter().position(|number| number % 2 == 0);
        good.add(&numbers[..bad.unwrap_or(numbers.len())]);
        bad.map_or(Ok(()), |done| {
            Err(failure(done, FailureScope::Record).retry(Retry::Never))
        })
    });
    let pipeline = TestPipeline::new().sink(sink).start();
    for number in 0..ALL {
        submit(&pipeline, number);
    }
    assert!(pipeline.flush(PATIENCE));
    let sink = &pipeline.sinks()[0];
    assert_eq!((sink.written, sink.dropped), (ALL / 2, ALL / 2));
    assert_eq!((sink.errors, sink.broken), (ALL / 2, false));
    let odd: Vec<u64> = (0..ALL).filter(|number| number % 2 == 1).collect();
    assert_eq!(taken.numbers(), odd);
}

struct Shouting;

fn fail() {
    assert!(std::hint::black_box(false), "as scripted");
}

impl Encoder for Shouting {
    fn encode(&mut self, frame: &Frame<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let message = frame.captured()?.message;
        match message {
            b"bad" => return Err(EncodeError::Failed("no".to_owned())),
            b"worse" => fail(),
            _ => {}
        }
        out.extend(message.iter().map(u8::to_ascii_uppercase));
        out.push(b'\n');
        Ok(())
    }
}

#[test]
fn each_sink_reads_its_format_and_what_a_format_fails_on_is_json() {
    let ((loud, loud_text), (plain, plain_text)) = (MemorySink::new(), MemorySink::new());
    let pipeline = TestPipeline::new()
        .with(|config| {
            config.formats.push(Box::new(Shouting));
            config
                .formats
                .push(Box::new(fapilog_engine::JsonEncoder::default()));
        })
        .sink(loud)
        .sink_with(plain, |sink| sink.format = 1)
        .start();
    for message in ["one", "bad", "worse", "two"] {
        pipeline.try_submit(&frame(message));
    }
    assert!(pipeline.flush(PATIENCE));
    let text = loud_text.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines[0], lines[3]), ("ONE", "TWO"));
    assert!(lines[1].contains("\"message\":\"bad\""), "{}", lines[1]);
    assert!(lines[2].contains("\"message\":\"worse\""), "{}", lines[2]);
    assert_eq!(plain_text.text().matches("\"message\"").count(), 4);
}

#[test]
fn with_one_hung_sink_each_policy_does_what_it_is_named_for() {
    for overflow in [
        Overflow::Block(Duration::ZERO),
        Overflow::DropNewest,
        Overflow::DropOldest,
        Overflow::Sample(2),
    ] {
        let (gate, taken) = (Gate::default(), Taken::default());
        let (hang, good) = (gate.clone(), taken.clone());
        let sink = ScriptedSink::new("hung", move |numbers| {
            hang.pass();
            good.add(numbers);
            Ok(())
        });
        let pipeline = TestPipeline::new()
            .bounds(8, 1 << 20)
            .overflow(overflow)
            .sink_with(sink, |sink| sink.buffer.records = 1)
            .start();
        submit(&pipeline, 0);
        gate.wait_for_arrival();
        for number in 1..50 {
            submit(&pipeline, number);
        }
        let counts = pipeline.snapshot();
        let dropped: u64 = counts.dropped.iter().sum();
        assert_eq!(counts.submitted, 50);
        assert_eq!(counts.queued + dropped, 50, "{overflow:?} {counts:?}");
        gate.open();
        assert!(pipeline.flush(PATIENCE));
        let last = taken.numbers().last().copied();
        match overflow {
            Overflow::DropOldest => assert_eq!(last, Some(49)),
            Overflow::Sample(_) => assert!(taken.numbers().len() < 20),
            _ => assert!(last < Some(20), "{overflow:?} {last:?}"),
        }
        let counts = pipeline.snapshot();
        assert_eq!(counts.delivered, taken.numbers().len() as u64);
    }
}

#[test]
fn a_hung_sink_keeps_what_is_newest_when_the_oldest_is_to_go() {
    let (gate, taken) = (Gate::default(), Taken::default());
    let (hang, good) = (gate.clone(), taken.clone());
    let sink = ScriptedSink::new("hung", move |numbers| {
        hang.pass();
        good.add(numbers);
        Ok(())
    });
    let pipeline = TestPipeline::new()
        .bounds(4, 1 << 20)
        .overflow(Overflow::DropOldest)
        .sink_with(sink, |sink| sink.buffer.records = 4)
        .start();
    submit(&pipeline, 0);
    gate.wait_for_arrival();
    // The lane is found to be stalled after a second; from then on it sheds by the policy, too.
    let number = std::cell::Cell::new(0);
    wait_until("the lane sheds records", || {
        number.set(number.get() + 1);
        submit(&pipeline, number.get());
        pipeline.sinks()[0].dropped > 0
    });
    let last = number.get() + 100;
    for number in number.get() + 1..=last {
        submit(&pipeline, number);
    }
    gate.open();
    assert!(pipeline.flush(PATIENCE));
    assert_eq!(taken.numbers().last(), Some(&last));
}
