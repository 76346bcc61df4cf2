//! The questions that `fapilog doctor` asks, and what follows from the answers.

mod answer;
mod configuration;
mod examine;
mod finding;
mod interpreter;
pub mod probe;
pub mod report;

pub use examine::examine;
pub use finding::{Examination, Finding, Status};
pub use interpreter::Interpreter;
