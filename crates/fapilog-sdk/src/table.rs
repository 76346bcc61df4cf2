//! The table that a library hands over, and the functions in it.
//!
//! All that the host promises (`fapilog_abi`) is used here and nowhere else: pointers are turned into
//! slices and references, which the rest of the crate is safe with.
#![expect(
    unsafe_code,
    reason = "the functions are called by another compiler's code, with pointers"
)]

use std::ffi::c_void;
use std::marker::PhantomData;

use fapilog_abi::{ABI_VERSION, Batch, ErrorText, OK, Output, Plugin as Raw, input, kind};

use crate::Error;
use crate::batch::{Lines, Records};
use crate::changes::Changes;
use crate::config::Config;
use crate::edit::{Additions, Edit};
use crate::panics::{Inside, catch, keep_quiet};
use crate::plugin::{Enricher, Filter, Plugin, Processor, Redactor, Sink, TextSink, Verdict};
use crate::record::Record;

/// What functions return for a failure.
const FAILED: i32 = 1;

/// A plugin's table, made by [`crate::export!`].
#[repr(transparent)]
#[derive(Debug)]
pub struct Table(Raw);

// SAFETY: a table is never changed, and its only pointer is to a name that is a constant.
unsafe impl Sync for Table {}

impl Table {
    /// The table of a filter.
    #[must_use]
    pub const fn filter<P: Filter>() -> Self {
        Self::stage::<OfFilter<P>>(kind::FILTER)
    }

    /// The table of an enricher.
    #[must_use]
    pub const fn enricher<P: Enricher>() -> Self {
        Self::stage::<OfEnricher<P>>(kind::ENRICHER)
    }

    /// The table of a processor.
    #[must_use]
    pub const fn processor<P: Processor>() -> Self {
        Self::stage::<OfProcessor<P>>(kind::PROCESSOR)
    }

    /// The table of a redactor.
    #[must_use]
    pub const fn redactor<P: Redactor>() -> Self {
        Self::stage::<OfRedactor<P>>(kind::REDACTOR)
    }

    /// The table of a sink that takes records.
    #[must_use]
    pub const fn sink<P: Sink>() -> Self {
        let mut table = Self::bare::<P>(kind::SINK);
        table.write = Some(write::<OfSink<P>>);
        Self(table)
    }

    /// The table of a sink that takes texts.
    #[must_use]
    pub const fn text_sink<P: TextSink>() -> Self {
        let mut table = Self::bare::<P>(kind::SINK);
        table.input = input::TEXT;
        table.write = Some(write::<OfTextSink<P>>);
        Self(table)
    }

    const fn stage<S: Stage>(kind: u32) -> Self {
        let mut table = Self::bare::<S::Plugin>(kind);
        table.process = Some(process::<S>);
        Self(table)
    }

    const fn bare<P: Plugin>(kind: u32) -> Raw {
        Raw {
            abi_version: ABI_VERSION,
            size: size_of::<Raw>() as u32,
            kind,
            input: input::FRAMES,
            name: P::NAME.as_ptr(),
            create: Some(create::<P>),
            start: Some(start::<P>),
            process: None,
            write: None,
            stop: Some(stop::<P>),
            destroy: Some(destroy::<P>),
        }
    }

    /// What the library's function returns. From here on, panics inside of calls are not printed.
    #[doc(hidden)]
    #[must_use]
    pub fn hand_over(&'static self) -> *const Raw {
        // A panic must not leave this function either.
        let _ = catch(keep_quiet);
        &raw const self.0
    }

    pub(crate) fn raw(&'static self) -> &'static Raw {
        &self.0
    }
}

/// What `create` made.
struct Instance<P> {
    plugin: P,
    changes: Changes,
}

/// What becomes of a record.
enum Answer {
    Keep,
    Drop,
    Change,
}

/// The work of one kind of stage on one record.
trait Stage {
    type Plugin: Plugin;

    fn run(
        plugin: &mut Self::Plugin,
        record: Record<'_>,
        changes: &mut Changes,
    ) -> Result<Answer, Error>;
}

struct OfFilter<P>(PhantomData<P>);

impl<P: Filter> Stage for OfFilter<P> {
    type Plugin = P;

    fn run(plugin: &mut P, record: Record<'_>, _: &mut Changes) -> Result<Answer, Error> {
        Ok(match plugin.filter(record)? {
            Verdict::Keep => Answer::Keep,
            Verdict::Drop => Answer::Drop,
        })
    }
}

struct OfEnricher<P>(PhantomData<P>);

impl<P: Enricher> Stage for OfEnricher<P> {
    type Plugin = P;

    fn run(plugin: &mut P, record: Record<'_>, changes: &mut Changes) -> Result<Answer, Error> {
        plugin.enrich(record, &mut Additions::new(record, changes))?;
        Ok(changed(changes))
    }
}

struct OfProcessor<P>(PhantomData<P>);

impl<P: Processor> Stage for OfProcessor<P> {
    type Plugin = P;

    fn run(plugin: &mut P, record: Record<'_>, changes: &mut Changes) -> Result<Answer, Error> {
        match plugin.process(record, &mut Edit::new(record, changes))? {
            Verdict::Keep => Ok(changed(changes)),
            Verdict::Drop => Ok(Answer::Drop),
        }
    }
}

struct OfRedactor<P>(PhantomData<P>);

impl<P: Redactor> Stage for OfRedactor<P> {
    type Plugin = P;

    fn run(plugin: &mut P, record: Record<'_>, changes: &mut Changes) -> Result<Answer, Error> {
        plugin.redact(record, &mut Edit::new(record, changes))?;
        Ok(changed(changes))
    }
}

fn changed(changes: &Changes) -> Answer {
    if changes.is_empty() {
        Answer::Keep
    } else {
        Answer::Change
    }
}

/// The work of one kind of sink.
trait Taker {
    type Plugin: Plugin;

    /// How many of the first records were taken, and what went wrong.
    fn run(plugin: &mut Self::Plugin, bytes: &[u8], count: u32) -> (u32, Result<(), String>);
}

struct OfSink<P>(PhantomData<P>);

impl<P: Sink> Taker for OfSink<P> {
    type Plugin = P;

    fn run(plugin: &mut P, bytes: &[u8], count: u32) -> (u32, Result<(), String>) {
        let records = Records::new(bytes, count);
        let result = catch(|| plugin.write(&records).map_err(|error| error.to_string())).flatten();
        (records.taken(), result)
    }
}

struct OfTextSink<P>(PhantomData<P>);

impl<P: TextSink> Taker for OfTextSink<P> {
    type Plugin = P;

    fn run(plugin: &mut P, bytes: &[u8], count: u32) -> (u32, Result<(), String>) {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return (0, Err("the texts are not of UTF-8".to_owned()));
        };
        let lines = Lines::new(text, count);
        let result = catch(|| plugin.write(&lines).map_err(|error| error.to_string())).flatten();
        (lines.taken(), result)
    }
}

/// Runs a function for the host: its failure or panic becomes a code and a text.
///
/// # Safety
/// `error` is null or the host's, for this call.
unsafe fn guarded(error: *mut ErrorText, run: impl FnOnce() -> Result<(), String>) -> i32 {
    let _inside = Inside::begin();
    match catch(run).flatten() {
        Ok(()) => OK,
        Err(text) => {
            // SAFETY: as the caller promises.
            unsafe { say(error, &text) };
            FAILED
        }
    }
}

/// Writes a text where the host reads it.
///
/// # Safety
/// `error` is null or the host's, for this call.
unsafe fn say(error: *mut ErrorText, text: &str) {
    // SAFETY: as the caller promises.
    let Some(error) = (unsafe { error.as_mut() }) else {
        return;
    };
    if error.text.is_null() {
        return;
    }
    let length = text.floor_char_boundary(error.capacity);
    // SAFETY: the host has so much memory there, which nothing else refers to; `text` is longer.
    unsafe { error.text.copy_from_nonoverlapping(text.as_ptr(), length) };
    error.length = length;
}

/// The bytes of a host.
///
/// # Safety
/// There are so many, and they stay as they are during the call.
unsafe fn bytes<'a>(at: *const u8, length: usize) -> Result<&'a [u8], String> {
    if length == 0 {
        return Ok(&[]);
    }
    if at.is_null() {
        return Err("the host handed over nothing".to_owned());
    }
    // SAFETY: not null, and as the caller promises.
    Ok(unsafe { std::slice::from_raw_parts(at, length) })
}

/// The instance that `create` made.
///
/// # Safety
/// `plugin` is what `create` of the same type returned, `destroy` was not called, and no other call
/// of this instance is running.
unsafe fn instance<'a, P>(plugin: *mut c_void) -> Result<&'a mut Instance<P>, String> {
    // SAFETY: as the caller promises.
    unsafe { plugin.cast::<Instance<P>>().as_mut() }.ok_or_else(|| "there is no plugin".to_owned())
}

/// A batch whose version is known: number of records, and their bytes.
///
/// # Safety
/// `batch` is null or the host's, for this call.
unsafe fn opened<'a>(batch: *const Batch) -> Result<(u32, &'a [u8]), String> {
    // SAFETY: as the caller promises.
    let batch = unsafe { batch.as_ref() }.ok_or("the host handed over no batch")?;
    if batch.version != ABI_VERSION || (batch.size as usize) < size_of::<Batch>() {
        return Err(format!("the host has version {} of the ABI", batch.version));
    }
    // SAFETY: a host's batch of this version.
    Ok((batch.records, unsafe { bytes(batch.bytes, batch.length) }?))
}

unsafe extern "C" fn create<P: Plugin>(
    config: *const u8,
    length: usize,
    error: *mut ErrorText,
) -> *mut c_void {
    let mut made = std::ptr::null_mut();
    let run = || {
        // SAFETY: the host's contract of `create`.
        let config = unsafe { bytes(config, length) }?;
        let config = std::str::from_utf8(config).map_err(|error| error.to_string())?;
        let config = if config.is_empty() { "{}" } else { config };
        let plugin = P::create(Config::new(config)).map_err(|error| error.to_string())?;
        let changes = Changes::default();
        made = Box::into_raw(Box::new(Instance { plugin, changes })).cast();
        Ok(())
    };
    // SAFETY: the host's contract of `create`.
    unsafe { guarded(error, run) };
    made
}

unsafe extern "C" fn start<P: Plugin>(plugin: *mut c_void, error: *mut ErrorText) -> i32 {
    let run = || {
        // SAFETY: the host's contract of `start`.
        let instance = unsafe { instance::<P>(plugin) }?;
        instance.plugin.start().map_err(|error| error.to_string())
    };
    // SAFETY: the host's contract of `start`.
    unsafe { guarded(error, run) }
}

unsafe extern "C" fn stop<P: Plugin>(plugin: *mut c_void, error: *mut ErrorText) -> i32 {
    let run = || {
        // SAFETY: the host's contract of `stop`.
        let instance = unsafe { instance::<P>(plugin) }?;
        instance.plugin.stop().map_err(|error| error.to_string())
    };
    // SAFETY: the host's contract of `stop`.
    unsafe { guarded(error, run) }
}

unsafe extern "C" fn destroy<P: Plugin>(plugin: *mut c_void) {
    if plugin.is_null() {
        return;
    }
    let _inside = Inside::begin();
    // SAFETY: what `create` made of a box, and the last call for it.
    let instance = unsafe { Box::from_raw(plugin.cast::<Instance<P>>()) };
    // Its panic has nowhere to go.
    let _ = catch(|| drop(instance));
}

unsafe extern "C" fn process<S: Stage>(
    plugin: *mut c_void,
    batch: *const Batch,
    output: *const Output,
    error: *mut ErrorText,
) -> i32 {
    let mut problem = None;
    let run = || {
        // SAFETY: the host's contract of `process`.
        let instance = unsafe { instance::<S::Plugin>(plugin) }?;
        // SAFETY: the host's contract of `process`.
        let (count, mut rest) = unsafe { opened(batch) }?;
        // SAFETY: the host's contract of `process`.
        let answers = unsafe { Answers::new(output) }?;
        let Instance { plugin, changes } = instance;
        for number in 0..count {
            let (record, after) = Record::split(rest).ok_or("the host's batch is not whole")?;
            rest = after;
            let answer = catch(|| S::run(plugin, record, changes));
            match answer.and_then(|answer| answer.map_err(|error| error.to_string())) {
                Ok(Answer::Keep) => {}
                Ok(Answer::Drop) => answers.drop(number)?,
                Ok(Answer::Change) => {
                    if let Some(reason) = answers.replace(number, changes.frame(record))? {
                        problem.get_or_insert(reason);
                    }
                }
                Err(reason) => {
                    answers.fail(number)?;
                    problem.get_or_insert(reason);
                }
            }
        }
        Ok(())
    };
    // SAFETY: the host's contract of `process`.
    let code = unsafe { guarded(error, run) };
    if let (OK, Some(problem)) = (code, problem) {
        // SAFETY: the host's contract of `process`.
        unsafe { say(error, &problem) };
    }
    code
}

unsafe extern "C" fn write<S: Taker>(
    plugin: *mut c_void,
    batch: *const Batch,
    taken: *mut u32,
    error: *mut ErrorText,
) -> i32 {
    let run = || {
        // SAFETY: the host's contract of `write`.
        let instance = unsafe { instance::<S::Plugin>(plugin) }?;
        // SAFETY: the host's contract of `write`.
        let (count, bytes) = unsafe { opened(batch) }?;
        let (took, result) = S::run(&mut instance.plugin, bytes, count);
        // SAFETY: null or the host's, for this call.
        if let Some(taken) = unsafe { taken.as_mut() } {
            *taken = if result.is_ok() { count } else { took };
        }
        result
    };
    // SAFETY: the host's contract of `write`.
    unsafe { guarded(error, run) }
}

/// The host's functions for answers.
struct Answers<'a>(&'a Output);

impl Answers<'_> {
    /// # Safety
    /// `output` is null or the host's, for the call that this lives in.
    unsafe fn new(output: *const Output) -> Result<Self, String> {
        // SAFETY: as the caller promises.
        let output = unsafe { output.as_ref() }.ok_or("the host takes no answers")?;
        if output.version != ABI_VERSION || (output.size as usize) < size_of::<Output>() {
            return Err(format!(
                "the host has version {} of the ABI",
                output.version
            ));
        }
        Ok(Self(output))
    }

    fn drop(&self, record: u32) -> Result<(), String> {
        let function = self.0.drop.ok_or("the host has no function `drop`")?;
        // SAFETY: the host's function with the host's argument, during its call.
        refused("drop", unsafe { function(self.0.host, record) })
    }

    fn fail(&self, record: u32) -> Result<(), String> {
        let function = self.0.fail.ok_or("the host has no function `fail`")?;
        // SAFETY: the host's function with the host's argument, during its call.
        refused("fail", unsafe { function(self.0.host, record) })
    }

    /// Puts a frame in the place of a record; the reason when it is longer than a record may be,
    /// which is a failure of that record.
    fn replace(&self, record: u32, frame: &[u8]) -> Result<Option<String>, String> {
        let reserve = self.0.reserve.ok_or("the host has no function `reserve`")?;
        let replace = self.0.replace.ok_or("the host has no function `replace`")?;
        // SAFETY: the host's function with the host's argument, during its call.
        let memory = unsafe { reserve(self.0.host, frame.len()) };
        if memory.is_null() {
            self.fail(record)?;
            return Ok(Some(format!("a record became {} bytes long", frame.len())));
        }
        // SAFETY: the host has reserved so much, and nothing else refers to it.
        unsafe { memory.copy_from_nonoverlapping(frame.as_ptr(), frame.len()) };
        // SAFETY: the host's function with the host's argument, during its call.
        let code = unsafe { replace(self.0.host, record, frame.len()) };
        refused("replace", code).map(|()| None)
    }
}

fn refused(function: &str, code: i32) -> Result<(), String> {
    if code == OK {
        return Ok(());
    }
    Err(format!("the host refused `{function}`"))
}
