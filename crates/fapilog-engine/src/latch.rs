//! Tells that a thread has ended, to anybody who waits, however it ended.

use std::sync::{Arc, PoisonError};
use std::time::Instant;

use crate::sync::{Condvar, Mutex};

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
        let mut ended = ended.lock().unwrap_or_else(PoisonError::into_inner);
        while !*ended {
            let Some(left) = deadline.checked_duration_since(Instant::now()) else {
                return false;
            };
            ended = changed
                .wait_timeout(ended, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        true
    }
}

impl Drop for EndGuard {
    fn drop(&mut self) {
        let (ended, changed) = &*self.0.0;
        *ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
    }
}
