//! Search in the catalogue: an index in memory that every server builds from the database, so that
//! SQLite and PostgreSQL find the same plugins in the same order (ADR 0030).

pub mod bits;
pub mod cores;
pub mod document;
pub mod expansion;
pub mod facets;
pub mod query;
pub mod ranking;
pub mod segment;
pub mod snapshot;
pub mod typing;
pub mod words;

pub use document::Document;
pub use query::{Query, Sort};
pub use snapshot::{Found, Snapshot};
