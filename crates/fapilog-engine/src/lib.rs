#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]

mod batch;
mod breaker;
mod context;
mod delivery;
mod diagnostics;
mod durable;
mod fork;
mod format;
mod frame;
mod frame_check;
mod frame_reader;
mod histogram;
mod journal;
mod lane;
mod latch;
mod ledger;
mod level;
#[cfg(all(loom, test))]
mod models;
mod native;
mod pipeline;
mod pool;
mod portion;
mod queue;
mod rewrite;
mod route;
mod sink;
mod spool;
mod stage;
mod stages;
mod standard_error;
mod sync;
mod timestamp;
mod worker;

pub use batch::{Batch, Frames};
pub use context::Context;
pub use diagnostics::{Diagnostics, say};
pub use format::{EncodeError, Encoder, JsonEncoder, build_format};
pub use frame::{
    FieldWriter, Flags, FrameTooLong, FrameWriter, HEADER_BYTES, Open, RESERVED_KEYS, Tag,
    encode_text,
};
pub use frame_reader::{
    Captured, Entries, Field, Fields, Frame, FrameError, Items, MAX_DEPTH, Value,
};
pub use histogram::Latency;
pub use journal::{DurableConfig, DurableSnapshot, Intent};
pub use lane::{BatchPolicy, BreakerPolicy, BufferBounds, RetryPolicy, SinkConfig, SinkSnapshot};
pub use ledger::{DropReason, Ledger, Snapshot};
pub use level::{Level, LevelSet, RegisterLevelError};
pub use native::{NativeError, NativeTable, native_sink, native_stage};
pub use pipeline::{CloseReport, MAX_RECORD_BYTES, Pipeline, PipelineConfig, StartError, Submit};
pub use portion::Portion;
pub use queue::{Admission, Overflow, QueueBounds};
pub use route::Route;
pub use sink::{
    BuildSinkError, Compression, FailureScope, FileOptions, FileSink, HttpSink, Memory, MemorySink,
    NullSink, OpenFileError, Retry, Sink, SinkInput, StreamSink, Sync, SyslogSink, WriteError,
    build_sink,
};
pub use spool::SpoolConfig;
pub use stage::{Stage, StageReport, StageSnapshot};
pub use stages::{
    BuildError, FrameRedactor, KNOWN_PATTERNS, build_redactor, build_stage, compile_pattern,
};
pub use timestamp::{TimestampWriter, now_micros};
