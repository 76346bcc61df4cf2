//! From an upload to a published file: received, checked, kept in quarantine, judged, published or
//! rejected (ADR 0027). Every step can be repeated, and what is in the database decides: a process
//! that dies anywhere in between leaves nothing half published, and the work goes on.

mod accepted;
mod attestations;
pub mod inspection;
pub mod judge;
pub mod reason;
pub mod rescan;
pub mod scanner;
pub mod submit;
pub mod summary;
pub mod sweep;

pub use accepted::Accepted;
pub use submit::submit;
