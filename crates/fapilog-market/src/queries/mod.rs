//! All SQL of the marketplace. It is written so that SQLite and PostgreSQL both take it: `$1`
//! placeholders, 64-bit integers for times and truth values.

pub mod advisories;
pub mod audit;
pub mod catalogue;
pub mod downloads;
pub mod files;
pub mod identities;
pub mod jobs;
pub mod moderation;
pub mod ownership;
pub mod pages;
pub mod passkeys;
pub mod projects;
pub mod publishers;
pub mod rate_counts;
pub mod receipts;
pub mod release_events;
pub mod releases;
pub mod reports;
pub mod reviews;
pub mod scans;
pub mod search;
pub mod sessions;
pub mod settings;
pub mod tokens;
pub mod trusted;
pub mod uploads;
pub mod upstream;
pub mod users;
pub mod webhooks;
