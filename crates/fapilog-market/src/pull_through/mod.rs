//! Pull-through of another index: projects that are not here are asked for there, kept, and answered
//! from what was kept when the other one is away. A name that is here, or reserved, is never asked
//! for there, so that nobody outside can put something in its place.

mod client;
mod file;
mod html;
mod listing;
mod page;
mod policy;

pub use client::Client;
pub use file::{knows, metadata, open_file};
pub use page::project_page;
pub use policy::{NamePattern, Upstream};
