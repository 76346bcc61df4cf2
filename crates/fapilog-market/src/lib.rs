#![doc = include_str!("../README.md")]

pub mod cli;
pub mod clock;
pub mod config;
pub mod database;
pub mod error;
pub mod handlers;
pub mod market;
pub mod negotiation;
pub mod publish;
pub mod queries;
pub mod sanitised;
pub mod server;
pub mod storage;
pub mod token;
