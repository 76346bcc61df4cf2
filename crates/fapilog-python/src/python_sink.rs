//! A sink plugin written in Python.

use fapilog_engine::{FailureScope, Portion, Sink, SinkInput, WriteError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use crate::leaving::attach;
use crate::mapping::DictReader;

/// Hands records to a sink plugin in the plugin host.
pub struct PythonSink {
    name: String,
    /// `write(list of dicts or texts) -> (records taken, None or (whole batch failed, error text))`.
    write: Py<PyAny>,
    /// Called once, after the last batch; an error text or None.
    close: Py<PyAny>,
    takes_texts: bool,
    reader: DictReader,
}

impl PythonSink {
    pub fn new(name: String, write: Py<PyAny>, close: Py<PyAny>, takes_texts: bool) -> Self {
        Self {
            name,
            write,
            close,
            takes_texts,
            reader: DictReader::default(),
        }
    }

    fn write_attached(
        &mut self,
        py: Python<'_>,
        portion: &Portion<'_>,
    ) -> PyResult<(usize, Option<(bool, String)>)> {
        let list = PyList::empty(py);
        if self.takes_texts {
            for line in portion.lines() {
                list.append(PyBytes::new(py, line))?;
            }
            return self.write.bind(py).call1((list,))?.extract();
        }
        for frame in portion.frames() {
            // A dict of its own: no sink sees what another one changes.
            list.append(self.reader.read(py, &frame)?)?;
        }
        self.write.bind(py).call1((list,))?.extract()
    }
}

impl Sink for PythonSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn input(&self) -> SinkInput {
        if self.takes_texts {
            SinkInput::Text
        } else {
            SinkInput::Frames
        }
    }

    fn write(&mut self, portion: &Portion<'_>) -> Result<(), WriteError> {
        let outcome = attach(|py| {
            self.write_attached(py, portion)
                .map_err(|error| error.to_string())
        });
        let (done, whole, message) = match outcome {
            Ok((_, None)) => return Ok(()),
            Ok((done, Some((whole, message)))) => (done, whole, message),
            Err(message) => (0, true, message),
        };
        let scope = if whole {
            FailureScope::Sink
        } else {
            FailureScope::Record
        };
        Err(WriteError {
            scope,
            ..WriteError::of_sink(message).after(done)
        })
    }

    fn close(&mut self) -> Result<(), String> {
        let problem = attach(|py| {
            let closed = self.close.call0(py).and_then(|problem| problem.extract(py));
            closed.unwrap_or_else(|error| Some(error.to_string()))
        });
        problem.map_or(Ok(()), Err)
    }
}
