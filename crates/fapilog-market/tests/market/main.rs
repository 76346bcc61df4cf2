//! The marketplace driven through its router: the index, the pages, and uploads that must be refused.

#![expect(clippy::unwrap_used, reason = "a panic is a test's way to fail")]

mod accounts;
mod advisories;
mod authenticator;
mod browser;
mod catalogue;
mod connections;
mod http;
mod intake;
mod jobs;
mod moderation;
mod passkeys;
mod permissions;
mod plugin_page;
mod postgres;
mod protocol;
mod receipts;
mod reviews;
mod scan;
mod search;
mod uploads;
mod webhooks;
mod world;
