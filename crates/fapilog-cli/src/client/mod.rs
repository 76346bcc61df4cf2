//! Plugins of an environment: what is there, what the marketplace knows, and changes by pip or uv.

mod address;
mod change;
mod choice;
mod environment;
mod failure;
mod inventory;
mod market;
mod receipts;
mod table;
mod trusted;
mod upload;
mod wanted;

pub use address::Address;
pub use change::{Change, Difference, Done};
pub use choice::{Allowances, Choice, choose};
pub use environment::Environment;
pub use failure::ClientFailure;
pub use inventory::{Distribution, Inventory};
pub use market::Market;
pub use receipts::{CONTENTS as RECEIPT_CONTENTS, InstallationKey, NewKey, send as send_receipts};
pub use table::{print as print_table, printable};
pub use upload::{Upload, credentials};
pub use wanted::Wanted;
