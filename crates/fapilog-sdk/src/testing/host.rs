//! A host for tests.
#![expect(
    unsafe_code,
    reason = "the plugin is called through its table, as every host does it"
)]

use std::ffi::c_void;
use std::ptr::NonNull;

use fapilog_abi::frame::MAX_BYTES;
use fapilog_abi::{ABI_VERSION, Batch, ErrorText, OK, Output, Plugin as Raw};

use super::record::TestRecord;
use crate::record::Record;
use crate::table::Table;

/// Longest error text, in bytes.
const ERROR_BYTES: usize = 1024;

/// What a stage said of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing: it goes on as it was.
    Kept,
    /// It is taken out.
    Dropped,
    /// The plugin failed on it.
    Failed,
    /// This takes its place.
    Changed(TestRecord),
}

/// What a sink failed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteFailure {
    /// How many of the first records it took.
    pub taken: usize,
    /// What it said.
    pub reason: String,
}

/// A plugin at work in a test. It is stopped and destroyed when this is dropped.
#[derive(Debug)]
pub struct Host {
    table: &'static Raw,
    instance: NonNull<c_void>,
    is_stopped: bool,
    said: String,
}

impl Host {
    /// Makes and starts an instance: `Host::start(&FAPILOG_PLUGIN, "{}")`.
    ///
    /// # Errors
    /// What the plugin said.
    pub fn start(table: &'static Table, config: &str) -> Result<Self, String> {
        let table = table.raw();
        let mut error = ErrorBuffer::new();
        let create = table.create.ok_or("no function `create`")?;
        // SAFETY: the text and the error buffer live through the call.
        let made = unsafe { create(config.as_ptr(), config.len(), &raw mut error.raw) };
        let instance = NonNull::new(made).ok_or_else(|| error.text())?;
        let mut host = Self {
            table,
            instance,
            is_stopped: true,
            said: String::new(),
        };
        let start = table.start.ok_or("no function `start`")?;
        let mut error = ErrorBuffer::new();
        // SAFETY: the instance lives; the error buffer lives through the call.
        let code = unsafe { start(host.instance.as_ptr(), &raw mut error.raw) };
        if code != OK {
            return Err(error.text());
        }
        host.is_stopped = false;
        Ok(host)
    }

    /// Hands records to a filter, enricher, processor or redactor.
    ///
    /// # Errors
    /// The failure of the whole batch, or the rule of the ABI that was broken.
    pub fn process(&mut self, records: &[TestRecord]) -> Result<Vec<Outcome>, String> {
        let process = self.table.process.ok_or("it is a sink")?;
        let bytes: Vec<u8> = records
            .iter()
            .flat_map(TestRecord::bytes)
            .copied()
            .collect();
        let batch = batch(&bytes, records.len());
        let mut answers = Answers {
            outcomes: vec![Outcome::Kept; records.len()],
            reserved: Vec::new(),
            misdeed: None,
        };
        let mut error = ErrorBuffer::new();
        let output = Output {
            version: ABI_VERSION,
            size: size_of::<Output>() as u32,
            host: (&raw mut answers).cast(),
            drop: Some(drop_record),
            fail: Some(fail_record),
            reserve: Some(reserve),
            replace: Some(replace),
        };
        // SAFETY: the instance lives; all that is handed over lives through the call.
        let code = unsafe { process(self.instance.as_ptr(), &batch, &output, &raw mut error.raw) };
        self.said = error.text();
        match answers.misdeed {
            Some(misdeed) => Err(misdeed.to_owned()),
            None if code != OK => Err(self.said.clone()),
            None => Ok(answers.outcomes),
        }
    }

    /// Hands one record to a stage.
    ///
    /// # Errors
    /// As [`Host::process`].
    pub fn process_one(&mut self, record: &TestRecord) -> Result<Outcome, String> {
        let outcomes = self.process(std::slice::from_ref(record))?;
        outcomes.into_iter().next().ok_or_else(String::new)
    }

    /// Hands records to a sink that takes records.
    ///
    /// # Errors
    /// What it failed with.
    pub fn write(&mut self, records: &[TestRecord]) -> Result<(), WriteFailure> {
        let bytes: Vec<u8> = records
            .iter()
            .flat_map(TestRecord::bytes)
            .copied()
            .collect();
        self.write_bytes(&bytes, records.len())
    }

    /// Hands texts to a sink that takes texts; each gets a line feed.
    ///
    /// # Errors
    /// What it failed with.
    pub fn write_texts(&mut self, texts: &[&str]) -> Result<(), WriteFailure> {
        let all: String = texts.iter().flat_map(|text| [*text, "\n"]).collect();
        self.write_bytes(all.as_bytes(), texts.len())
    }

    fn write_bytes(&mut self, bytes: &[u8], records: usize) -> Result<(), WriteFailure> {
        let failure = |taken, reason| Err(WriteFailure { taken, reason });
        let Some(write) = self.table.write else {
            return failure(0, "it is no sink".to_owned());
        };
        let batch = batch(bytes, records);
        let (mut error, mut taken) = (ErrorBuffer::new(), 0);
        // SAFETY: the instance lives; all that is handed over lives through the call.
        let code = unsafe {
            write(
                self.instance.as_ptr(),
                &batch,
                &raw mut taken,
                &raw mut error.raw,
            )
        };
        self.said = error.text();
        if code == OK {
            return Ok(());
        }
        failure(taken as usize, self.said.clone())
    }

    /// What the plugin said in its last call, such as the reason of a record that failed; empty when
    /// it said nothing.
    #[must_use]
    pub fn said(&self) -> &str {
        &self.said
    }

    /// Stops the plugin.
    ///
    /// # Errors
    /// What it said.
    pub fn stop(mut self) -> Result<(), String> {
        self.call_stop()
    }

    fn call_stop(&mut self) -> Result<(), String> {
        if std::mem::replace(&mut self.is_stopped, true) {
            return Ok(());
        }
        let stop = self.table.stop.ok_or("no function `stop`")?;
        let mut error = ErrorBuffer::new();
        // SAFETY: the instance lives; the error buffer lives through the call.
        let code = unsafe { stop(self.instance.as_ptr(), &raw mut error.raw) };
        if code == OK {
            Ok(())
        } else {
            Err(error.text())
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.call_stop();
        if let Some(destroy) = self.table.destroy {
            // SAFETY: the last call for this instance.
            unsafe { destroy(self.instance.as_ptr()) };
        }
    }
}

fn batch(bytes: &[u8], records: usize) -> Batch {
    Batch {
        version: ABI_VERSION,
        size: size_of::<Batch>() as u32,
        records: u32::try_from(records).unwrap_or(u32::MAX),
        reserved: 0,
        bytes: bytes.as_ptr(),
        length: bytes.len(),
    }
}

/// Memory for an error text.
struct ErrorBuffer {
    bytes: NonNull<[u8; ERROR_BYTES]>,
    raw: ErrorText,
}

impl ErrorBuffer {
    fn new() -> Self {
        let bytes = NonNull::from(Box::leak(Box::new([0; ERROR_BYTES])));
        let raw = ErrorText {
            text: bytes.as_ptr().cast(),
            capacity: ERROR_BYTES,
            length: 0,
        };
        Self { bytes, raw }
    }

    fn text(&self) -> String {
        // SAFETY: made in `new`, freed in `drop`, and no call that writes to it is running.
        let bytes = unsafe { self.bytes.as_ref() };
        let length = self.raw.length.min(ERROR_BYTES);
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }
}

impl Drop for ErrorBuffer {
    fn drop(&mut self) {
        // SAFETY: made of a box in `new`, and nobody has it any more.
        drop(unsafe { Box::from_raw(self.bytes.as_ptr()) });
    }
}

/// Takes the answers of one call.
struct Answers {
    outcomes: Vec<Outcome>,
    reserved: Vec<u8>,
    misdeed: Option<&'static str>,
}

impl Answers {
    fn set(&mut self, record: u32, outcome: Outcome) -> i32 {
        if let Some(place) = self.outcomes.get_mut(record as usize) {
            *place = outcome;
            return OK;
        }
        self.misdeed = Some("it named a record that is not there");
        1
    }
}

/// # Safety
/// `host` is what [`Host::process`] put there, and that call is not over.
unsafe fn answers<'a>(host: *mut c_void) -> &'a mut Answers {
    // SAFETY: as the caller promises.
    unsafe { &mut *host.cast::<Answers>() }
}

unsafe extern "C" fn drop_record(host: *mut c_void, record: u32) -> i32 {
    // SAFETY: the contract of `Output`.
    unsafe { answers(host) }.set(record, Outcome::Dropped)
}

unsafe extern "C" fn fail_record(host: *mut c_void, record: u32) -> i32 {
    // SAFETY: the contract of `Output`.
    unsafe { answers(host) }.set(record, Outcome::Failed)
}

unsafe extern "C" fn reserve(host: *mut c_void, bytes: usize) -> *mut u8 {
    // SAFETY: the contract of `Output`.
    let answers = unsafe { answers(host) };
    if bytes > MAX_BYTES {
        return std::ptr::null_mut();
    }
    answers.reserved = vec![0; bytes];
    answers.reserved.as_mut_ptr()
}

unsafe extern "C" fn replace(host: *mut c_void, record: u32, bytes: usize) -> i32 {
    // SAFETY: the contract of `Output`.
    let answers = unsafe { answers(host) };
    let frame = answers.reserved.get(..bytes).unwrap_or_default().to_vec();
    if !matches!(Record::split(&frame), Some((_, []))) {
        answers.misdeed = Some("it replaced a record by what is no frame");
        return 1;
    }
    answers.set(record, Outcome::Changed(TestRecord::from_bytes(frame)))
}
