//! All SQL of the marketplace. It is written so that SQLite and PostgreSQL both take it: `$1`
//! placeholders, 64-bit integers for times and truth values.

pub mod files;
pub mod jobs;
pub mod projects;
pub mod releases;
pub mod tokens;
