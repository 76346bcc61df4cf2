//! What a plugin says of the records of a batch.
#![expect(
    unsafe_code,
    reason = "a library writes into reserved memory and calls back"
)]

use std::ffi::c_void;

use fapilog_abi::{ABI_VERSION, Output};

use crate::frame_check::is_sound;
use crate::pipeline::MAX_RECORD_BYTES;
use crate::pool::LARGEST_KEPT_BYTES;

/// Bytes behind reserved memory that nobody may write to.
const GUARD: [u8; 16] = *b"fapilog guards!!";

/// Replaced frames of one batch; the engine's batches are far smaller.
const MAX_REPLACED_BYTES: usize = 1024 * 1024 * 1024;

/// What becomes of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Keep,
    Drop,
    Fail,
    /// Another frame in its place, by where it lies among the replaced ones.
    Replace {
        start: u32,
        end: u32,
    },
}

/// Takes the answers of one call.
#[derive(Default)]
pub(super) struct Answers {
    answers: Vec<Answer>,
    may_drop: bool,
    may_replace: bool,
    /// Replaced frames, then the memory that is reserved and the guard behind it, then what is left
    /// of earlier batches.
    memory: Vec<u8>,
    /// Where the reserved memory begins.
    replaced: usize,
    /// How much is reserved.
    reserved: Option<usize>,
    /// What the plugin did that it may not do.
    pub(super) misdeed: Option<&'static str>,
}

impl Answers {
    pub(super) fn new(may_drop: bool, may_replace: bool) -> Self {
        Self {
            may_drop,
            may_replace,
            ..Self::default()
        }
    }

    /// Begins the next call: every record is kept until something else is said of it.
    pub(super) fn begin(&mut self, records: usize) {
        self.answers.clear();
        self.answers.resize(records, Answer::Keep);
        // One batch of huge records must not hold on to their memory for good.
        if self.memory.len() > LARGEST_KEPT_BYTES {
            self.memory = Vec::new();
        }
        self.replaced = 0;
        self.reserved = None;
        self.misdeed = None;
    }

    /// Nothing of what was said counts.
    pub(super) fn fail_all(&mut self) {
        self.answers.fill(Answer::Fail);
    }

    /// What is said of each record.
    pub(super) fn each(&self) -> &[Answer] {
        &self.answers
    }

    /// A replaced frame.
    pub(super) fn frame(&self, start: u32, end: u32) -> &[u8] {
        self.memory
            .get(start as usize..end as usize)
            .unwrap_or_default()
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
        self.reserved = None;
        if bytes > MAX_RECORD_BYTES || self.replaced > MAX_REPLACED_BYTES {
            return std::ptr::null_mut();
        }
        let end = self.replaced + bytes;
        if self.memory.len() < end + GUARD.len() {
            self.memory.resize(end + GUARD.len(), 0);
        }
        let Some((room, rest)) = self
            .memory
            .get_mut(self.replaced..)
            .and_then(|memory| memory.split_at_mut_checked(bytes))
        else {
            return std::ptr::null_mut();
        };
        if let Some(guard) = rest.first_chunk_mut() {
            *guard = GUARD;
        }
        self.reserved = Some(bytes);
        room.as_mut_ptr()
    }

    fn replace(&mut self, record: u32, bytes: usize) -> i32 {
        self.check_guard();
        if !self.may_replace {
            return self.refuse("it replaced a record, which a filter may not");
        }
        if bytes > self.reserved.take().unwrap_or(0) {
            return self.refuse("it replaced a record by more than it had reserved");
        }
        let (start, end) = (self.replaced, self.replaced + bytes);
        if !is_sound(self.memory.get(start..end).unwrap_or_default()) {
            self.misdeed
                .get_or_insert("it replaced a record by what is no frame");
            return self.set(record, Answer::Fail) | 1;
        }
        let (Ok(from), Ok(to)) = (u32::try_from(start), u32::try_from(end)) else {
            return self.set(record, Answer::Fail) | 1;
        };
        self.replaced = end;
        let place = Answer::Replace {
            start: from,
            end: to,
        };
        self.set(record, place)
    }

    /// Whether the plugin wrote beyond what it had reserved.
    pub(super) fn check_guard(&mut self) {
        let Some(bytes) = self.reserved else { return };
        let behind = self.memory.get(self.replaced + bytes..);
        if behind.and_then(<[u8]>::first_chunk) != Some(&GUARD) {
            self.refuse("it wrote beyond the memory that it had reserved");
        }
    }
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
