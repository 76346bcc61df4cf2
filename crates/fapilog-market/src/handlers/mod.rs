//! Answers to requests: one module for each path, with its template beside it.

pub mod account;
pub mod assets;
pub mod audit;
pub mod error_page;
pub mod files;
pub mod frame;
pub mod front;
pub mod health;
pub mod install;
pub mod legacy;
pub mod manage;
pub mod moderation;
pub mod oidc;
pub mod organisations;
pub mod page;
pub mod plugin;
pub mod sign_in;
pub mod simple;
