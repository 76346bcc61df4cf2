//! The plugin that `fapilog plugin new` makes: what is in it, and how it reaches the disk.

mod author;
mod blueprint;
mod disk;
mod suggestion;
mod templates;

pub use author::Author;
pub use blueprint::{Blueprint, PluginClass, RenderedFile};
pub use disk::{quoted, write};
pub use suggestion::nearest_plugin_name;
pub use templates::Templates;
