//! A text form that a Python function makes.

use fapilog_engine::{EncodeError, Encoder, Frame};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::leaving::attach;
use crate::mapping::DictReader;

/// Calls a function with each record as a dict.
pub struct PythonFormat {
    function: Py<PyAny>,
    reader: DictReader,
}

impl PythonFormat {
    pub fn new(function: Py<PyAny>) -> Self {
        Self {
            function,
            reader: DictReader::default(),
        }
    }

    fn text(&mut self, py: Python<'_>, frame: &Frame<'_>) -> PyResult<String> {
        let record = self.reader.read(py, frame)?;
        let text = self.function.bind(py).call1((record,))?;
        Ok(text.cast::<PyString>()?.to_str()?.to_owned())
    }
}

impl Encoder for PythonFormat {
    fn encode(&mut self, frame: &Frame<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let text = attach(|py| {
            self.text(py, frame)
                .map_err(|error| EncodeError::Failed(error.to_string()))
        })?;
        out.extend_from_slice(text.trim_end_matches('\n').as_bytes());
        out.push(b'\n');
        Ok(())
    }
}
