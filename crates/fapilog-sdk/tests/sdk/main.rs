//! Plugins made with the SDK, driven through their tables.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may fail, and a plugin of these may panic"
)]

mod configuration;
mod edits;
mod failures;
mod reading;
mod sinks;
mod stages;
