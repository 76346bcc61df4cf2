//! From the arguments of a log call to a frame in the queue.

use std::cell::Cell;

use fapilog_engine::{Flags, FrameWriter, Level, Submit, now_micros};
use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::thread;
use super::value::{Encoder, Entry, Limits, Text};
use crate::context;
use crate::exception;
use crate::logger::LoggerCore;
use crate::text_form;

/// A thread keeps its buffer unless a record made it larger than this.
const KEPT_BUFFER_BYTES: usize = 64 * 1024;

thread_local! {
    /// The thread's frame buffer. Taken out while in use: a value whose `__str__` logs gets a new
    /// one.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Arguments in the fast call protocol.
pub(super) struct Arguments<'py> {
    values: &'py [*mut ffi::PyObject],
    positional: usize,
    names: Option<Borrowed<'py, 'py, PyTuple>>,
    py: Python<'py>,
}

impl<'py> Arguments<'py> {
    /// # Safety
    /// As CPython promises a function of this protocol: `values` holds `positional` objects and
    /// one more for each of `names`, a tuple of `str` or null; all live as long as the call, which
    /// outlives the result.
    pub(super) unsafe fn new(
        py: Python<'py>,
        values: *const *mut ffi::PyObject,
        positional: ffi::Py_ssize_t,
        names: *mut ffi::PyObject,
    ) -> Self {
        // SAFETY: a tuple or null, by the caller's promise.
        let names = unsafe { Borrowed::from_ptr_or_opt(py, names) }
            // SAFETY: see above.
            .map(|names| unsafe { names.cast_unchecked::<PyTuple>() });
        let positional = usize::try_from(positional).unwrap_or(0);
        let count = positional + names.as_ref().map_or(0, |names| names.len());
        let values = if count == 0 {
            &[]
        } else {
            // SAFETY: so many live objects, by the caller's promise.
            unsafe { std::slice::from_raw_parts(values, count) }
        };
        Self {
            values,
            positional,
            names,
            py,
        }
    }

    /// The same without the first positional argument, which is given back.
    pub(super) fn split_first(self) -> (Option<Borrowed<'py, 'py, PyAny>>, Self) {
        let (first, values) = match self.values.split_first() {
            Some((&first, values)) if self.positional > 0 => (first, values),
            _ => return (None, self),
        };
        // SAFETY: a live object, by the promise of `new`.
        let first = unsafe { Borrowed::from_ptr(self.py, first) };
        let rest = Self {
            values,
            positional: self.positional - 1,
            ..self
        };
        (Some(first), rest)
    }

    fn message(&self) -> PyResult<Borrowed<'_, 'py, PyAny>> {
        match self.values[..self.positional] {
            // SAFETY: a live object, by the promise of `new`.
            [message] => Ok(unsafe { Borrowed::from_ptr(self.py, message) }),
            _ => Err(PyTypeError::new_err(format!(
                "a log call takes one message and keyword fields, {} positional arguments were \
                 given; write log.info(\"user logged in\", user_id=42)",
                self.positional
            ))),
        }
    }

    fn fields(&self) -> impl Iterator<Item = (Borrowed<'_, 'py, PyAny>, Borrowed<'_, 'py, PyAny>)> {
        let names = self.names.iter().flat_map(|names| names.iter_borrowed());
        let values = self.values[self.positional..].iter();
        names.zip(values).map(|(name, &value)| {
            // SAFETY: a live object, by the promise of `new`.
            (name, unsafe { Borrowed::from_ptr(self.py, value) })
        })
    }
}

/// Encodes a call and hands it to the pipeline.
///
/// # Errors
/// `TypeError` for a call without exactly one positional argument. No value ever is an error, but
/// an interrupt that came while a value was asked for its text (`KeyboardInterrupt`, `SystemExit`)
/// goes on after the record.
pub(super) fn log(
    core: &LoggerCore,
    level: Level,
    arguments: &Arguments<'_>,
    with_exception: bool,
) -> PyResult<()> {
    let message = arguments.message()?;
    text_form::forget_interrupt();
    let mut buffer = BUFFER.take();
    buffer.clear();
    let fields = arguments.fields();
    let py = arguments.py;
    let complete = encode(
        py,
        &mut buffer,
        core,
        level,
        message,
        fields,
        with_exception,
    );
    if complete {
        submit(arguments.py, core, &buffer);
    } else {
        core.report_lost_call();
    }
    if buffer.capacity() <= KEPT_BUFFER_BYTES {
        BUFFER.set(buffer);
    }
    text_form::raise_interrupt()
}

fn submit(py: Python<'_>, core: &LoggerCore, frame: &[u8]) {
    let pipeline = core.pipeline();
    if pipeline.try_submit(frame) == Submit::WouldWait {
        py.detach(|| pipeline.submit_waiting(frame));
    }
}

/// Encodes a call and hands it to the pipeline if there is room; gives the record back when the
/// policy is to wait for room.
///
/// # Errors
/// An interrupt that came while a value was asked for its text.
pub fn try_log(
    core: &LoggerCore,
    level: Level,
    message: &Bound<'_, PyAny>,
    fields: &Bound<'_, PyDict>,
    with_exception: bool,
) -> PyResult<Option<Vec<u8>>> {
    text_form::forget_interrupt();
    let mut frame = Vec::new();
    let entries: Vec<Entry<'_>> = fields.iter().collect();
    let borrowed = entries
        .iter()
        .map(|(key, value)| (key.as_borrowed(), value.as_borrowed()));
    let (py, text) = (message.py(), message.as_borrowed());
    let mut waiting = None;
    if !encode(py, &mut frame, core, level, text, borrowed, with_exception) {
        core.report_lost_call();
    } else if core.pipeline().try_submit(&frame) == Submit::WouldWait {
        waiting = Some(frame);
    }
    text_form::raise_interrupt()?;
    Ok(waiting)
}

/// Writes the call's frame; false when it grew beyond what a frame can be.
fn encode<'a, 'py: 'a>(
    py: Python<'py>,
    buffer: &mut Vec<u8>,
    core: &LoggerCore,
    level: Level,
    message: Borrowed<'_, '_, PyAny>,
    given: impl Iterator<Item = (Borrowed<'a, 'py, PyAny>, Borrowed<'a, 'py, PyAny>)>,
    with_exception: bool,
) -> bool {
    let message = Text::of(message);
    let context = core.context();
    let mut raised = with_exception.then(|| exception::in_flight(py)).flatten();
    let name = core.encoded_name();
    let (none, micros) = (Flags::NONE, now_micros());
    let mut frame = FrameWriter::captured(buffer, level, none, micros, name, message.as_bytes());
    frame.encoded_fields(context);
    let mut may_repeat = !context.is_empty();
    may_repeat |= context::with_current(py, |fields| frame.encoded_fields(fields)).is_some();
    let mut fields = frame.fields();
    if core.pipeline().captures_thread() {
        thread::append(py, &mut fields);
        may_repeat = true;
    }
    let mut encoder = Encoder::new(&mut fields, Limits::RECORD_BYTES);
    let (mut written, mut left_out) = (0, 0);
    for (key, value) in given {
        let key = Text::of(key);
        if key.as_bytes() == b"exc_info" {
            raised = exception::from_exc_info(&value);
        } else if written < Limits::ITEMS && !encoder.is_full() {
            may_repeat |= encoder.field(key.as_bytes(), value);
            written += 1;
        } else {
            left_out += 1;
        }
    }
    if left_out > 0 {
        encoder.more_fields(left_out);
    }
    if let Some(raised) = raised {
        may_repeat = true;
        encoder.exception(b"exception", &raised);
    }
    if may_repeat {
        frame.may_repeat();
    }
    frame.finish().is_ok()
}
