//! Tells that a thread has ended, to anybody who waits, however it ended.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

/// Waits for the end of a thread with a deadline, which a join handle cannot.
#[derive(Clone, Debug, Default)]
pub(crate) struct EndLatch(Arc<(Mutex<bool>, Condvar)>);

/// Held by the thread; opens the latch when dropped, also by a panic.
#[derive(Debug)]
pub(crate) struct EndGuard(EndLatch);

impl EndLatch {
    pub(crate) fn guard(&self) -> EndGuard {
        EndGuard(self.clone())
    }

    /// Whether the thread ended before the deadline.
    pub(crate) fn wait_until(&self, deadline: Instant) -> bool {
        let (ended, changed) = &*self.0;
        let left = deadline.saturating_duration_since(Instant::now());
        let ended = ended.lock().unwrap_or_else(PoisonError::into_inner);
        *changed
            .wait_timeout_while(ended, left, |ended| !*ended)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }
}

impl Drop for EndGuard {
    fn drop(&mut self) {
        let (ended, changed) = &*self.0.0;
        *ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
    }
}
