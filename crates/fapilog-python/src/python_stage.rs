//! A run of plugins written in Python, as one stage of the engine.

use fapilog_engine::{Batch, Stage, StageReport};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::leaving::attach;
use crate::mapping::{DictReader, write_dict};
use crate::same_objects::has_same_objects;

/// Hands a batch of records to the plugin host and takes back what it made of them: one hop a
/// batch, however many plugins there are.
pub struct PythonStage {
    /// `run(list of dicts, whether values hold others) -> list of dict or None`, as long as the one
    /// it was given.
    run: Py<PyAny>,
    /// Called once, after the last batch.
    stop: Py<PyAny>,
    reader: DictReader,
}

impl PythonStage {
    pub fn new(run: Py<PyAny>, stop: Py<PyAny>) -> Self {
        Self {
            run,
            stop,
            reader: DictReader::default(),
        }
    }

    fn run_attached(&mut self, py: Python<'_>, batch: &mut Batch) -> PyResult<usize> {
        let mut originals = Vec::with_capacity(batch.records());
        for frame in batch.frames().flatten() {
            originals.push(self.reader.read(py, &frame)?);
        }
        let nested = std::mem::take(&mut self.reader.saw_container);
        let records = PyList::new(py, &originals)?;
        let results = self
            .run
            .bind(py)
            .call1((records, nested))?
            .cast_into::<PyList>()?;
        let mut after = batch.successor();
        let mut lost = 0;
        let mut frame_bytes = Vec::new();
        let given = batch.frames().flatten().zip(&originals);
        for ((frame, original), result) in given.zip(results.iter()) {
            if result.is_none() {
                continue;
            }
            let dict = result.cast_into::<PyDict>()?;
            // Where nothing can have changed inside of a value, the same objects are the same
            // record.
            if !nested && has_same_objects(&dict, original) {
                after.push(frame.bytes());
                continue;
            }
            frame_bytes.clear();
            if write_dict(&mut frame_bytes, &dict, frame.level(), frame.micros()) {
                after.push(&frame_bytes);
            } else {
                lost += 1;
            }
        }
        batch.replace(after);
        Ok(lost)
    }
}

impl Stage for PythonStage {
    fn name(&self) -> &str {
        "python plugins"
    }

    fn run(&mut self, batch: &mut Batch) -> StageReport {
        let outcome = attach(|py| self.run_attached(py, batch));
        match outcome {
            Ok(lost) => StageReport {
                lost,
                problem: (lost > 0).then(|| format!("{lost} records were too large")),
            },
            Err(error) => {
                // The host itself failed, not a plugin: nothing tells which values were redacted.
                let lost = batch.records();
                batch.clear();
                StageReport {
                    lost,
                    problem: Some(error.to_string()),
                }
            }
        }
    }

    fn stop(&mut self) -> Option<String> {
        attach(|py| self.stop.call0(py).err().map(|error| error.to_string()))
    }
}
