//! The engine as its users see it: one file a subject.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod accounting;
mod bounds;
mod closing;
mod failing_sinks;
mod files;
mod frames;
mod journal;
mod lanes;
mod native_filters;
mod native_processors;
mod native_redactors;
mod order;
mod stages;
#[path = "../support/mod.rs"]
mod support;
