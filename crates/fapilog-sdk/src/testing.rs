//! Driving a plugin in its own tests, without fapilog.
//!
//! [`Host`] calls a plugin through its table, as fapilog does, and holds it to the rules of the ABI;
//! [`TestRecord`] makes records. The plugin's own tests run under Miri and valgrind this way, too.

mod host;
mod record;

pub use host::{Host, Outcome, WriteFailure};
pub use record::TestRecord;
