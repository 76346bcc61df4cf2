//! The log call: level check, frame, queue. Nothing else in this crate is `unsafe`.
//!
//! The methods of a logger are plain C functions with the fast call protocol (arguments in a C
//! array, names of keywords in a tuple): building a dict of keywords would cost more than the
//! rest of the call.

mod call;
mod methods;
mod thread;
mod value;

pub use call::try_log;
pub use methods::install;
pub use thread::forget as forget_thread;
pub use value::{Encoder, Entry, Limits};
