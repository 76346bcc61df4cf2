//! The catalogue: from published releases to what is searched, listed and shown.

pub mod compatibility;
pub mod configuration;
pub mod entry;
pub mod fill;
pub mod judgement;
pub mod live;

pub use live::Catalogue;
