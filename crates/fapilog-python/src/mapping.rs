//! Records as Python plugins see them: flat dicts.

use std::collections::HashMap;

use fapilog_engine::{Flags, Frame, FrameError, FrameWriter, Level, TimestampWriter, Value};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyList, PyString};

use crate::hot::{Encoder, Limits};

/// Keys remembered as Python strings; applications use few different ones.
const MAX_KEYS: usize = 512;

/// Longest key remembered, in bytes.
const MAX_KEY_BYTES: usize = 128;

/// Turns frames into dicts; remembers keys.
#[derive(Default)]
pub struct DictReader {
    keys: HashMap<Vec<u8>, Py<PyString>>,
    timestamp: TimestampWriter,
    /// A record since this was last taken has a list or map.
    pub saw_container: bool,
}

impl DictReader {
    /// A new dict with the record's keys and values.
    pub fn read<'py>(
        &mut self,
        py: Python<'py>,
        frame: &Frame<'_>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        if frame.flags().contains(Flags::FLAT) {
            for field in frame.flat() {
                let (key, value) = field.map_err(malformed)?;
                self.saw_container |= matches!(value, Value::List(_) | Value::Map(_));
                dict.set_item(self.key(py, key), read_value(py, value)?)?;
            }
            return Ok(dict);
        }
        let captured = frame.captured().map_err(malformed)?;
        let time = String::from_utf8_lossy(self.timestamp.text(frame.micros())).into_owned();
        dict.set_item(self.key(py, b"timestamp"), time)?;
        dict.set_item(self.key(py, b"level"), frame.level().to_string())?;
        dict.set_item(self.key(py, b"logger"), text(py, captured.logger))?;
        dict.set_item(self.key(py, b"message"), text(py, captured.message))?;
        for field in captured.fields {
            let (key, value) = field.map_err(malformed)?;
            self.saw_container |= matches!(value, Value::List(_) | Value::Map(_));
            dict.set_item(self.key(py, key), read_value(py, value)?)?;
        }
        Ok(dict)
    }

    fn key<'py>(&mut self, py: Python<'py>, key: &[u8]) -> Bound<'py, PyString> {
        if let Some(known) = self.keys.get(key) {
            return known.bind(py).clone();
        }
        let made = text(py, key);
        if self.keys.len() < MAX_KEYS && key.len() <= MAX_KEY_BYTES {
            self.keys.insert(key.to_owned(), made.clone().unbind());
        }
        made
    }
}

fn text<'py>(py: Python<'py>, text: &[u8]) -> Bound<'py, PyString> {
    PyString::new(py, &String::from_utf8_lossy(text))
}

fn read_value<'py>(py: Python<'py>, value: Value<'_>) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(flag) => flag.into_pyobject(py)?.to_owned().into_any(),
        Value::Int(number) => number.into_pyobject(py)?.into_any(),
        Value::BigInt(digits) => py
            .get_type::<PyInt>()
            .call1((text(py, digits),))
            .unwrap_or_else(|_| text(py, digits).into_any()),
        Value::Float(number) => number.into_pyobject(py)?.into_any(),
        Value::Str(string) => text(py, string).into_any(),
        Value::List(items) => {
            let list = PyList::empty(py);
            for item in items {
                list.append(read_value(py, item.map_err(malformed)?)?)?;
            }
            list.into_any()
        }
        Value::Map(entries) => {
            let dict = PyDict::new(py);
            for entry in entries {
                let (key, value) = entry.map_err(malformed)?;
                dict.set_item(text(py, key), read_value(py, value)?)?;
            }
            dict.into_any()
        }
    })
}

fn malformed(error: FrameError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// Appends a dict as a flat frame. The level follows the dict's `level` if that names one, else it
/// stays what it was.
pub fn write_dict(
    buffer: &mut Vec<u8>,
    dict: &Bound<'_, PyDict>,
    level: Level,
    micros: i64,
) -> bool {
    let level = dict
        .get_item("level")
        .ok()
        .flatten()
        .and_then(|name| Level::from_name(name.cast::<PyString>().ok()?.to_str().ok()?))
        .unwrap_or(level);
    let end = buffer.len() + Limits::FLAT_RECORD_BYTES;
    let mut frame = FrameWriter::flat(buffer, level, micros);
    let mut fields = frame.fields();
    Encoder::new(&mut fields, end).flat_fields(dict);
    frame.finish().is_ok()
}
