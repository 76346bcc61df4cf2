//! Receipts: what the command of an account says that it installed. A review by an account with a
//! receipt of the plugin is shown as that of somebody whose installation was seen (ADR 34).

pub mod key;
mod signed;
pub mod take;

/// Most keys of one account: the machines that one person works on.
pub const MAX_KEYS: usize = 20;
/// Receipts that one account may send in a day; a person who updates everything sends some dozens.
pub const MAX_A_DAY: u32 = 200;
/// Receipts that are kept of one account; older ones are forgotten.
pub const MAX_KEPT: i64 = 500;
/// How far the time of a statement may be from the server's, in seconds: a clock that is a little
/// wrong, not one that is not set.
pub const MAX_DISTANCE_S: i64 = 15 * 60;
/// How long a nonce is remembered, in microseconds: longer than its statement can be in time.
const NONCE_LIFE_US: i64 = 4 * MAX_DISTANCE_S * 1_000_000;
