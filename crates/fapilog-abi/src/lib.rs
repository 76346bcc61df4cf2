#![doc = include_str!("../README.md")]
#![no_std]

use core::ffi::{c_char, c_void};

pub mod frame;

/// The version of everything here. A host takes tables of this version only.
pub const ABI_VERSION: u32 = 1;

/// The name of the capsule that holds a table, and of the function that a library exports.
pub const CAPSULE: &core::ffi::CStr = c"fapilog.plugin.v1";

/// What a plugin is: [`Plugin::kind`].
pub mod kind {
    /// Keeps records or takes them out.
    pub const FILTER: u32 = 1;
    /// Adds fields.
    pub const ENRICHER: u32 = 2;
    /// Changes records.
    pub const PROCESSOR: u32 = 3;
    /// Takes secrets out.
    pub const REDACTOR: u32 = 4;
    /// Takes records to where they are kept.
    pub const SINK: u32 = 5;
}

/// What a plugin is given: [`Plugin::input`].
pub mod input {
    /// Record frames, as `docs/specs/record-frame.md` lays them out.
    pub const FRAMES: u32 = 0;
    /// For sinks: the text of each record in the sink's format, ended by a line feed.
    pub const TEXT: u32 = 1;
}

/// What functions return: zero when all went well, anything else for a failure.
pub const OK: i32 = 0;

/// Where a plugin writes what went wrong, as UTF-8, at most `capacity` bytes.
#[repr(C)]
#[derive(Debug)]
pub struct ErrorText {
    /// Memory of the host.
    pub text: *mut u8,
    /// How much fits.
    pub capacity: usize,
    /// How much was written; the host ignores what is beyond `capacity`.
    pub length: usize,
}

/// Records, in order. Memory of the host; nothing of it may be kept or changed.
#[repr(C)]
#[derive(Debug)]
pub struct Batch {
    /// [`ABI_VERSION`].
    pub version: u32,
    /// Size of this struct in the host, in bytes.
    pub size: u32,
    /// How many records.
    pub records: u32,
    /// Zero.
    pub reserved: u32,
    /// The records, one after the other.
    pub bytes: *const u8,
    /// Their length, in bytes.
    pub length: usize,
}

/// What a stage says of records; a record that nothing is said of goes on as it is.
///
/// The functions may be called only during the call that this was given to, from the same thread.
#[repr(C)]
#[derive(Debug)]
pub struct Output {
    /// [`ABI_VERSION`].
    pub version: u32,
    /// Size of this struct in the host, in bytes.
    pub size: u32,
    /// First argument of the functions.
    pub host: *mut c_void,
    /// Takes a record out, by its number in the batch. Not for enrichers and redactors.
    pub drop: Option<unsafe extern "C" fn(host: *mut c_void, record: u32) -> i32>,
    /// The plugin failed on a record.
    pub fail: Option<unsafe extern "C" fn(host: *mut c_void, record: u32) -> i32>,
    /// Memory for so many bytes of a frame, until the next call of `reserve` or `replace`; null
    /// for more than a record may have.
    pub reserve: Option<unsafe extern "C" fn(host: *mut c_void, bytes: usize) -> *mut u8>,
    /// Puts the frame in the reserved memory, of so many bytes, in the place of a record; a failure
    /// of that record when it is no whole frame.
    pub replace: Option<unsafe extern "C" fn(host: *mut c_void, record: u32, bytes: usize) -> i32>,
}

/// A plugin: what a library's function `fapilog_plugin_v1` returns. It lives as long as the process.
///
/// The host calls one function at a time for an instance, from threads of its own choice. No
/// function may let a panic or exception out.
#[repr(C)]
#[derive(Debug)]
pub struct Plugin {
    /// [`ABI_VERSION`].
    pub abi_version: u32,
    /// Size of this struct in the plugin, in bytes.
    pub size: u32,
    /// One of [`kind`].
    pub kind: u32,
    /// One of [`input`].
    pub input: u32,
    /// Name for diagnostics, UTF-8.
    pub name: *const c_char,
    /// Makes an instance from its configuration, a JSON object; null and an error text when that is
    /// not possible. At most 5 seconds.
    pub create: Option<
        unsafe extern "C" fn(
            config: *const u8,
            length: usize,
            error: *mut ErrorText,
        ) -> *mut c_void,
    >,
    /// Called once before the first record; may be missing. At most 5 seconds.
    pub start: Option<unsafe extern "C" fn(plugin: *mut c_void, error: *mut ErrorText) -> i32>,
    /// A stage's work on a batch.
    pub process: Option<
        unsafe extern "C" fn(
            plugin: *mut c_void,
            batch: *const Batch,
            output: *const Output,
            error: *mut ErrorText,
        ) -> i32,
    >,
    /// A sink's work on a batch; `taken` is how many of its first records it has taken, also when
    /// it fails on the next one.
    pub write: Option<
        unsafe extern "C" fn(
            plugin: *mut c_void,
            batch: *const Batch,
            taken: *mut u32,
            error: *mut ErrorText,
        ) -> i32,
    >,
    /// Called once after the last record; may be missing.
    pub stop: Option<unsafe extern "C" fn(plugin: *mut c_void, error: *mut ErrorText) -> i32>,
    /// Frees the instance; the last call.
    pub destroy: Option<unsafe extern "C" fn(plugin: *mut c_void)>,
}
