//! Answers to requests: one module for each path, with its template beside it.

pub mod assets;
pub mod error_page;
pub mod files;
pub mod front;
pub mod health;
pub mod install;
pub mod legacy;
pub mod page;
pub mod plugin;
pub mod simple;
