#![doc = include_str!("../README.md")]

mod raw_zip;
mod source_archive;
mod wheel_builder;

pub use raw_zip::{RawEntry, RawZip};
pub use source_archive::SourceArchiveBuilder;
pub use wheel_builder::WheelBuilder;
