#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod batch;
mod breaker;
mod context;
mod delivery;
mod diagnostics;
mod format;
mod frame;
mod frame_reader;
mod lane;
mod latch;
mod ledger;
mod level;
mod pipeline;
mod pool;
mod queue;
mod sink;
mod stage;
mod stages;
mod standard_error;
mod timestamp;
mod worker;

pub use batch::{Batch, Frames};
pub use context::Context;
pub use delivery::{Delivery, Lines};
pub use diagnostics::Diagnostics;
pub use format::{EncodeError, Encoder, JsonEncoder};
pub use frame::{
    FieldWriter, Flags, FrameTooLong, FrameWriter, HEADER_BYTES, Open, RESERVED_KEYS, Tag,
    encode_text,
};
pub use frame_reader::{
    Captured, Entries, Field, Fields, Frame, FrameError, Items, MAX_DEPTH, Value,
};
pub use lane::SinkSnapshot;
pub use ledger::{DropReason, Ledger, Snapshot};
pub use level::Level;
pub use pipeline::{
    CloseReport, MAX_RECORD_BYTES, Overflow, Pipeline, PipelineConfig, StartError, Submit,
};
pub use queue::QueueBounds;
pub use sink::{
    FailureScope, FileSink, Memory, MemorySink, NullSink, OpenFileError, Sink, SinkInput,
    StreamSink, WriteError,
};
pub use stage::{Stage, StageReport};
pub use stages::{BuildError, build_stage};
pub use timestamp::{TimestampWriter, now_micros};
