//! The fields of the calling thread, encoded once a thread.

use std::cell::RefCell;

use fapilog_engine::FieldWriter;
use pyo3::prelude::*;

thread_local! {
    /// `thread` and `thread_id` of this thread; empty until it is first asked for.
    static FIELDS: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// To be called in the child process after a fork: the thread has another number there.
pub fn forget() {
    FIELDS.take();
}

/// Appends the fields.
pub(super) fn append(py: Python<'_>, fields: &mut FieldWriter<'_>) {
    let encoded = FIELDS.with_borrow(Clone::clone);
    if !encoded.is_empty() {
        return fields.encoded(&encoded);
    }
    // Asked for outside of the borrow: it runs Python code, which may log.
    let name = name(py).unwrap_or_else(|_| "?".to_owned());
    let mut encoded = Vec::new();
    let mut writer = FieldWriter::new(&mut encoded);
    writer.key(b"thread");
    writer.str(name.as_bytes());
    writer.key(b"thread_id");
    writer.int(number(py).unwrap_or(0));
    fields.encoded(&encoded);
    FIELDS.set(encoded);
}

fn name(py: Python<'_>) -> PyResult<String> {
    let threading = py.import("threading")?;
    threading
        .call_method0("current_thread")?
        .getattr("name")?
        .extract()
}

fn number(py: Python<'_>) -> PyResult<i64> {
    py.import("threading")?
        .call_method0("get_native_id")?
        .extract()
}
