//! Records as Python plugins see them: flat dicts.

use fapilog_engine::{Flags, Frame, FrameError, FrameWriter, Level, TimestampWriter, Value};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyList, PyString};

use crate::hot::{Encoder, Limits};
use crate::keys::Keys;

/// Turns frames into dicts; remembers keys, and the last record's level and logger.
#[derive(Default)]
pub struct DictReader {
    keys: Keys,
    level: Option<(Level, Py<PyString>)>,
    logger: Option<(Vec<u8>, Py<PyString>)>,
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
        self.keys.begin_record();
        if frame.flags().contains(Flags::FLAT) {
            for field in frame.flat() {
                let (key, value) = field.map_err(malformed)?;
                self.saw_container |= matches!(value, Value::List(_) | Value::Map(_));
                dict.set_item(self.key(py, key), read_value(py, value)?)?;
            }
            return Ok(dict);
        }
        let captured = frame.captured().map_err(malformed)?;
        let time = text(py, self.timestamp.text(frame.micros()));
        dict.set_item(self.key(py, b"timestamp"), time)?;
        let level = self.level(py, frame.level());
        dict.set_item(self.key(py, b"level"), level)?;
        let logger = self.logger(py, captured.logger);
        dict.set_item(self.key(py, b"logger"), logger)?;
        dict.set_item(self.key(py, b"message"), text(py, captured.message))?;
        for field in captured.fields {
            let (key, value) = field.map_err(malformed)?;
            self.saw_container |= matches!(value, Value::List(_) | Value::Map(_));
            dict.set_item(self.key(py, key), read_value(py, value)?)?;
        }
        Ok(dict)
    }

    fn key<'py>(&mut self, py: Python<'py>, key: &[u8]) -> Bound<'py, PyString> {
        self.keys.get(py, key, || text(py, key))
    }

    fn level<'py>(&mut self, py: Python<'py>, level: Level) -> Bound<'py, PyString> {
        if let Some((last, name)) = &self.level
            && *last == level
        {
            return name.bind(py).clone();
        }
        let name = PyString::new(py, &level.to_string());
        // Levels can be registered at any time: only names that stay are remembered.
        self.level = level.name().map(|_| (level, name.clone().unbind()));
        name
    }

    fn logger<'py>(&mut self, py: Python<'py>, logger: &[u8]) -> Bound<'py, PyString> {
        if let Some((last, name)) = &self.logger
            && last == logger
        {
            return name.bind(py).clone();
        }
        let name = text(py, logger);
        self.logger = Some((logger.to_owned(), name.clone().unbind()));
        name
    }
}

fn text<'py>(py: Python<'py>, text: &[u8]) -> Bound<'py, PyString> {
    match std::str::from_utf8(text) {
        Ok(text) => PyString::new(py, text),
        Err(_) => PyString::new(py, &String::from_utf8_lossy(text)),
    }
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
