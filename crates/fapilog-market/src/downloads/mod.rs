//! Counting downloads: who downloads, counters in memory, and their way into the database.

pub mod counter;
pub mod downloader;
pub mod writer;

pub use counter::Counter;
pub use downloader::Downloader;
