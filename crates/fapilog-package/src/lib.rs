#![doc = include_str!("../README.md")]

pub mod archive;
mod contents;
mod entry_name;
pub mod entry_points;
pub mod error;
pub mod extras;
pub mod filename;
pub mod gate;
pub mod metadata;
pub mod name;
mod placement;
pub mod record;
pub mod source;
pub mod wheel;

pub use error::PackageError;
pub use pep440_rs::Version;
