//! The end of the process: threads of the engine that are left behind must not meet an interpreter
//! that is going down. CPython before 3.14 ends a thread that asks for the GIL then by unwinding
//! it, which aborts the process when the thread has Rust frames.
//!
//! So threads of the engine are counted while they are inside of Python, and what they wait for
//! there they wait for outside of it, in a [`Waiter`]. No way in is open when the process leaves.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// How long [`leave`] waits for threads to come out: they only convert records.
const COME_OUT_WITHIN: Duration = Duration::from_secs(1);

/// How often a thread of the application looks whether the user wants its wait to end (Ctrl-C).
const SIGNALS_EVERY: Duration = Duration::from_millis(100);

/// How often [`leave`] looks whether all threads are out. The only wait of a process's life that
/// looks again and again: a condition variable has a lock, which a fork may leave locked for ever.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// Threads of the engine inside of Python.
static INSIDE: AtomicUsize = AtomicUsize::new(0);

/// The process leaves.
static CLOSED: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// This thread is one of the engine's and counted in [`INSIDE`].
    static COUNTED: Cell<bool> = const { Cell::new(false) };
}

/// Comes in; waits for ever when the process leaves.
fn enter() {
    // Counted before it looks: either it sees that the process leaves, or it is seen.
    INSIDE.fetch_add(1, Ordering::SeqCst);
    if CLOSED.load(Ordering::SeqCst) {
        INSIDE.fetch_sub(1, Ordering::SeqCst);
        loop {
            std::thread::park();
        }
    }
}

fn exit() {
    INSIDE.fetch_sub(1, Ordering::SeqCst);
}

/// To be called in the child process after a fork: no thread of the engine came along.
pub fn forget_after_fork() {
    INSIDE.store(0, Ordering::SeqCst);
}

/// Held by a thread of the engine inside of Python.
struct Inside;

impl Inside {
    fn enter() -> Self {
        enter();
        COUNTED.set(true);
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        COUNTED.set(false);
        exit();
    }
}

/// Held by a thread of the engine that waits, detached, in the middle of Python code.
struct Outside;

impl Outside {
    fn step() -> Option<Self> {
        COUNTED.get().then(|| {
            exit();
            Self
        })
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        enter();
    }
}

/// `Python::attach` for threads of the engine.
pub fn attach<R>(run: impl FnOnce(Python<'_>) -> R) -> R {
    let _inside = Inside::enter();
    Python::attach(run)
}

/// No thread of the engine runs Python code any more: those that would wait for ever instead.
///
/// Called when the process ends and a pipeline did not end in time.
#[pyfunction]
pub fn leave(py: Python<'_>) {
    py.detach(|| {
        CLOSED.store(true, Ordering::SeqCst);
        let deadline = Instant::now() + COME_OUT_WITHIN;
        while INSIDE.load(Ordering::SeqCst) > 0 && Instant::now() < deadline {
            std::thread::park_timeout(LOOK_EVERY);
        }
    });
}

/// Waits for something to be done, outside of Python.
#[pyclass(frozen, module = "fapilog._engine")]
#[derive(Default)]
pub struct Waiter {
    done: Mutex<bool>,
    changed: Condvar,
}

#[pymethods]
impl Waiter {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// It is done; to be given to `Future.add_done_callback`.
    #[pyo3(signature = (future, /))]
    fn done(&self, future: &Bound<'_, PyAny>) {
        let _ = future;
        *self.done.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    /// Whether it was done within `timeout` seconds.
    fn wait(&self, py: Python<'_>, timeout: f64) -> PyResult<bool> {
        let limit = Duration::try_from_secs_f64(timeout)
            .map_err(|_| PyValueError::new_err(format!("`{timeout}` is no number of seconds")))?;
        let deadline = Instant::now() + limit;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let slice = if COUNTED.get() {
                left
            } else {
                left.min(SIGNALS_EVERY)
            };
            if py.detach(|| self.wait_outside(slice)) {
                return Ok(true);
            }
            py.check_signals()?;
            if left <= slice {
                return Ok(false);
            }
        }
    }
}

impl Waiter {
    fn wait_outside(&self, limit: Duration) -> bool {
        let _outside = Outside::step();
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        *self
            .changed
            .wait_timeout_while(done, limit, |done| !*done)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }
}
