//! Environments in which a plugin's project is tested, and what came of it.

mod cell;
mod conformance;
mod environment;
mod error;
mod installer;
pub mod junit;
mod process;
mod project;
pub mod report;
mod session;

pub use cell::Cell;
pub use error::TestbedError;
pub use installer::Installer;
pub use project::Project;
pub use session::Session;
