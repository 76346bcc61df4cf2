#![doc = include_str!("../README.md")]

pub mod api_usage;
pub mod archive;
pub mod changelog;
pub mod compatibility;
mod contents;
pub mod core_api;
mod entry_name;
pub mod entry_points;
pub mod error;
pub mod extras;
pub mod fault;
pub mod filename;
pub mod gate;
pub mod index_export;
pub mod licence;
pub mod marker;
pub mod metadata;
pub mod name;
pub mod native;
mod nested;
pub mod osv;
mod placement;
#[cfg(feature = "source")]
pub mod python_source;
pub mod record;
pub mod requirement;
pub mod sbom;
pub mod source;
mod tags;
pub mod wheel;

pub use error::PackageError;
pub use pep440_rs::Version;
