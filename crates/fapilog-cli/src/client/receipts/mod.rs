//! Receipts: where somebody has switched it on, the marketplace is told what was installed, signed with
//! a key of this installation (ADR 34). Installing never waits long for it and never fails by it.

mod file;
mod key;
mod send;

pub use key::{InstallationKey, NewKey};
pub use send::send;

/// What a receipt holds, for people who are asked whether they want that.
pub const CONTENTS: &str = "After `fapilog plugin install` and `update` the marketplace is told, signed with a key of this
installation: the plugin's name and version, the SHA-256 of the file that was installed, the versions
of the core and of Python, the time, the key's id and a random number. Nothing else is sent, nothing in
continuous integration, and nothing about plugins from elsewhere.";
