//! Environments in which a plugin's project is tested, and what came of it.

mod cell;
mod conformance;
mod environment;
mod error;
pub mod junit;
mod process;
mod project;
pub mod report;
mod session;
mod supply;

pub use cell::Cell;
pub use error::TestbedError;
pub use project::Project;
pub use session::Session;
pub use supply::Supply;
