#![doc = include_str!("../README.md")]

pub mod advisories;
pub mod capability;
pub mod child;
mod configuration;
pub mod confined;
#[cfg(target_os = "linux")]
mod confinement;
mod copyleft;
pub mod dependencies;
pub mod difference;
mod distance;
mod elf;
mod entropy;
mod exposure;
mod judge;
mod lines;
mod module;
pub mod options;
mod package;
pub mod policy;
mod python;
pub mod render;
pub mod report;
pub mod rule;
pub mod rules;
mod suppression;
mod threat;
pub mod yara;

pub use judge::judge;
pub use options::Options;
pub use policy::{Level, Policy};
pub use report::Report;
pub use suppression::allowed_by;

/// Version of the rules: the same rules over the same bytes give the same report.
#[must_use]
pub fn rules_version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
