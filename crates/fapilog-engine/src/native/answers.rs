//! What a plugin says of the records of a batch.
#![expect(
    unsafe_code,
    reason = "a library writes into reserved memory and calls back"
)]

use std::ffi::c_void;

use fapilog_abi::{ABI_VERSION, Output};

use crate::frame::{Flags, HEADER_BYTES};
use crate::frame_reader::{Frame, Value};
use crate::pipeline::MAX_RECORD_BYTES;

/// Bytes behind reserved memory that nobody may write to.
const GUARD: [u8; 16] = *b"fapilog guards!!";

/// What becomes of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Keep,
    Drop,
    Fail,
    /// The frame in its place.
    Replace(Vec<u8>),
}

/// Takes the answers of one call.
pub(super) struct Answers {
    answers: Vec<Answer>,
    may_drop: bool,
    may_replace: bool,
    reserved: Vec<u8>,
    /// What the plugin did that it may not do.
    pub(super) misdeed: Option<&'static str>,
}

impl Answers {
    pub(super) fn new(records: usize, may_drop: bool, may_replace: bool) -> Self {
        Self {
            answers: vec![Answer::Keep; records],
            may_drop,
            may_replace,
            reserved: Vec::new(),
            misdeed: None,
        }
    }

    pub(super) fn into_answers(self) -> Vec<Answer> {
        self.answers
    }

    /// What a plugin is given; valid as long as nothing else touches these answers.
    pub(super) fn output(&mut self) -> Output {
        Output {
            version: ABI_VERSION,
            size: u32::try_from(size_of::<Output>()).unwrap_or(0),
            host: (&raw mut *self).cast(),
            drop: Some(drop_record),
            fail: Some(fail_record),
            reserve: Some(reserve),
            replace: Some(replace),
        }
    }

    fn set(&mut self, record: u32, answer: Answer) -> i32 {
        match self.answers.get_mut(record as usize) {
            Some(place) => {
                *place = answer;
                0
            }
            None => self.refuse("it named a record that is not there"),
        }
    }

    fn refuse(&mut self, misdeed: &'static str) -> i32 {
        self.misdeed.get_or_insert(misdeed);
        1
    }

    fn reserve(&mut self, bytes: usize) -> *mut u8 {
        self.check_guard();
        if bytes > MAX_RECORD_BYTES {
            self.reserved.clear();
            return std::ptr::null_mut();
        }
        self.reserved.clear();
        self.reserved.resize(bytes, 0);
        self.reserved.extend_from_slice(&GUARD);
        self.reserved.as_mut_ptr()
    }

    fn replace(&mut self, record: u32, bytes: usize) -> i32 {
        self.check_guard();
        let room = self.reserved.len().saturating_sub(GUARD.len());
        if !self.may_replace {
            return self.refuse("it replaced a record, which a filter may not");
        }
        if bytes > room {
            return self.refuse("it replaced a record by more than it had reserved");
        }
        let frame = self.reserved.get(..bytes).unwrap_or_default();
        if !is_whole(frame) {
            self.misdeed
                .get_or_insert("it replaced a record by what is no frame");
            return self.set(record, Answer::Fail) | 1;
        }
        let frame = frame.to_vec();
        self.set(record, Answer::Replace(frame))
    }

    /// Whether the plugin wrote beyond what it had reserved.
    pub(super) fn check_guard(&mut self) {
        if !self.reserved.is_empty() && !self.reserved.ends_with(&GUARD) {
            self.refuse("it wrote beyond the memory that it had reserved");
        }
    }
}

/// Whether bytes are one frame with whole fields and texts of UTF-8.
fn is_whole(bytes: &[u8]) -> bool {
    if bytes.len() < HEADER_BYTES {
        return false;
    }
    let Ok((frame, [])) = Frame::split(bytes) else {
        return false;
    };
    if frame.flags().contains(Flags::FLAT) {
        let mut keys = 0;
        return frame.flat().all(|field| {
            field.is_ok_and(|(key, value)| {
                keys += 1;
                is_text(key) && is_sound(&value)
            })
        }) && keys > 0;
    }
    frame.captured().is_ok_and(|captured| {
        is_text(captured.logger)
            && is_text(captured.message)
            && captured
                .fields
                .clone()
                .all(|field| field.is_ok_and(|(key, value)| is_text(key) && is_sound(&value)))
    })
}

fn is_sound(value: &Value<'_>) -> bool {
    match value {
        Value::Str(text) => is_text(text),
        Value::BigInt(digits) => {
            let digits = digits.strip_prefix(b"-").unwrap_or(digits);
            !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
        }
        Value::List(items) => items
            .clone()
            .all(|item| item.is_ok_and(|item| is_sound(&item))),
        Value::Map(entries) => entries
            .clone()
            .all(|entry| entry.is_ok_and(|(key, value)| is_text(key) && is_sound(&value))),
        _ => true,
    }
}

fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok()
}

/// The answers that a plugin was given.
///
/// # Safety
/// `host` is what [`Answers::output`] put there, and the call that it was given to is not over.
unsafe fn answers<'a>(host: *mut c_void) -> Option<&'a mut Answers> {
    // SAFETY: as the caller promises; the plugin calls from one thread, one function at a time.
    unsafe { host.cast::<Answers>().as_mut() }
}

unsafe extern "C" fn drop_record(host: *mut c_void, record: u32) -> i32 {
    // SAFETY: the contract of `Output`.
    let Some(answers) = (unsafe { answers(host) }) else {
        return 1;
    };
    if !answers.may_drop {
        return answers.refuse("it took a record out, which only filters and processors may");
    }
    answers.set(record, Answer::Drop)
}

unsafe extern "C" fn fail_record(host: *mut c_void, record: u32) -> i32 {
    // SAFETY: the contract of `Output`.
    match unsafe { answers(host) } {
        Some(answers) => answers.set(record, Answer::Fail),
        None => 1,
    }
}

unsafe extern "C" fn reserve(host: *mut c_void, bytes: usize) -> *mut u8 {
    // SAFETY: the contract of `Output`.
    match unsafe { answers(host) } {
        Some(answers) => answers.reserve(bytes),
        None => std::ptr::null_mut(),
    }
}

unsafe extern "C" fn replace(host: *mut c_void, record: u32, bytes: usize) -> i32 {
    // SAFETY: the contract of `Output`.
    match unsafe { answers(host) } {
        Some(answers) => answers.replace(record, bytes),
        None => 1,
    }
}
