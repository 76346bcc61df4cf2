//! A pipeline in a process that was forked: its threads are gone, another one takes its place.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::pipeline::Pipeline;

/// How long a caller waits while another thread makes the new pipeline.
const WAIT: Duration = Duration::from_secs(5);

/// How often it looks. No lock or condition variable may be used: it could belong to a thread that
/// a second fork did not bring along.
const LOOK_EVERY: Duration = Duration::from_millis(1);

const NOT_TRIED: u8 = 0;
const REVIVING: u8 = 1;
const TRIED: u8 = 2;

/// What a pipeline knows of a fork. Nothing here locks, but for the first look at a value that
/// one thread sets once.
#[derive(Default)]
pub(crate) struct Fork {
    happened: AtomicBool,
    state: AtomicU8,
    reviver: OnceLock<Box<dyn Fn() + Send + Sync>>,
    revived: OnceLock<Arc<Pipeline>>,
}

/// The pipeline of a forked process.
pub(crate) enum Revived<'a> {
    Yes(&'a Pipeline),
    /// Another thread makes it.
    Soon,
    No,
}

impl Fork {
    /// One relaxed load: this is on the way of every record.
    pub(crate) fn happened(&self) -> bool {
        self.happened.load(Ordering::Relaxed)
    }

    pub(crate) fn set_happened(&self) {
        self.happened.store(true, Ordering::Relaxed);
    }

    pub(crate) fn set_reviver(&self, reviver: Box<dyn Fn() + Send + Sync>) {
        let _ = self.reviver.set(reviver);
    }

    pub(crate) fn set_revived(&self, pipeline: Arc<Pipeline>) {
        let _ = self.revived.set(pipeline);
    }

    pub(crate) fn revived(&self) -> Option<&Pipeline> {
        self.revived.get().map(Arc::as_ref)
    }

    /// The new pipeline, made now if this is the first record.
    pub(crate) fn revive(&self) -> Revived<'_> {
        let first =
            self.state
                .compare_exchange(NOT_TRIED, REVIVING, Ordering::SeqCst, Ordering::SeqCst);
        match first {
            Ok(_) => {
                if let Some(revive) = self.reviver.get() {
                    revive();
                }
                self.state.store(TRIED, Ordering::SeqCst);
            }
            Err(REVIVING) if self.revived.get().is_none() => return Revived::Soon,
            Err(_) => {}
        }
        self.revived().map_or(Revived::No, Revived::Yes)
    }

    /// The new pipeline, waited for while another thread makes it.
    pub(crate) fn wait(&self) -> Option<&Pipeline> {
        let deadline = Instant::now() + WAIT;
        while self.state.load(Ordering::SeqCst) == REVIVING
            && self.revived.get().is_none()
            && Instant::now() < deadline
        {
            std::thread::park_timeout(LOOK_EVERY);
        }
        self.revived()
    }
}
