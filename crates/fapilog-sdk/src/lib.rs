#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]

mod batch;
mod changes;
mod config;
mod cursor;
mod edit;
mod encode;
mod level;
mod panics;
mod plugin;
mod record;
mod table;
pub mod testing;
mod value;

pub use batch::{Lines, Records};
pub use config::Config;
pub use edit::{Additions, Edit};
pub use encode::{Encode, ListWriter, MapWriter, ValueWriter};
pub use fapilog_abi as abi;
pub use level::Level;
pub use plugin::{Enricher, Filter, Plugin, Processor, Redactor, Sink, TextSink, Verdict};
pub use record::{Fields, Record};
pub use table::Table;
pub use value::{List, Map, Value};

/// What a plugin fails with: any error, or a text (`Err("no such table".into())`).
///
/// The text is shown in the application's diagnostics: no secret of a record or of the configuration
/// belongs into it.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Makes a library of a crate: exports a plugin under the name that fapilog looks for.
///
/// `fapilog_sdk::export!(filter: DropHealthChecks);` with one of `filter`, `enricher`, `processor`,
/// `redactor`, `sink` (which takes records) and `text_sink` (which takes them in the sink's format).
/// The crate's type is `cdylib`. A library has one plugin.
///
/// It also makes the constant `FAPILOG_PLUGIN`, a [`Table`], for [`testing::Host`].
#[macro_export]
macro_rules! export {
    ($kind:ident: $plugin:ty) => {
        #[cfg(panic = "abort")]
        compile_error!(
            "a fapilog plugin must unwind: with `panic = \"abort\"` its first panic ends the application"
        );

        /// The plugin of this library.
        pub static FAPILOG_PLUGIN: $crate::Table = $crate::Table::$kind::<$plugin>();

        /// What fapilog asks this library for.
        #[allow(unsafe_code, reason = "the name is reserved for this function")]
        #[unsafe(no_mangle)]
        pub extern "C" fn fapilog_plugin_v1() -> *const $crate::abi::Plugin {
            FAPILOG_PLUGIN.hand_over()
        }
    };
}
