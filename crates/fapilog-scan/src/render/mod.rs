//! Reports for people and programs.

pub mod sarif;
pub mod text;
