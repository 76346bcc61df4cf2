//! Text forms of a record.

mod escape;
mod json;

pub use json::JsonEncoder;
