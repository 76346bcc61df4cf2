//! An idle pipeline costs nothing. In a program of its own: it looks at all threads.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[expect(dead_code, reason = "shared with the other tests")]
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use support::{PATIENCE, Taken, TestPipeline, submit, wait_until};

/// How often each of the engine's threads went to sleep so far.
fn sleeps() -> BTreeMap<String, u64> {
    let mut sleeps = BTreeMap::new();
    for task in fs::read_dir("/proc/self/task").unwrap() {
        let status = fs::read_to_string(task.unwrap().path().join("status")).unwrap();
        let field = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_once(':').unwrap().1.trim().to_owned()
        };
        if field("Name").starts_with("fapilog") {
            let thread = format!("{} {}", field("Name"), field("Pid"));
            sleeps.insert(thread, field("voluntary_ctxt_switches").parse().unwrap());
        }
    }
    sleeps
}

#[test]
fn an_idle_pipeline_makes_no_wake_ups() {
    let taken = Taken::default();
    let pipeline = TestPipeline::new()
        .sink(taken.sink())
        .sink(taken.sink())
        .start();
    (0..100).for_each(|number| submit(&pipeline, number));
    assert!(pipeline.flush(PATIENCE));
    // Asleep when nothing has happened for a while; then nothing happens for a second.
    let quiet_for = |time: Duration| {
        let (start, before) = (Instant::now(), sleeps());
        while start.elapsed() < time {
            std::thread::park_timeout(time - start.elapsed());
        }
        sleeps() == before
    };
    wait_until("all threads sleep", || {
        quiet_for(Duration::from_millis(100))
    });
    assert_eq!(sleeps().len(), 3);
    assert!(quiet_for(Duration::from_secs(1)));
}
