//! What is typed after `fapilog plugin`: a file for each verb.

mod bench;
mod debug;
mod dev;
mod docs;
mod explain;
mod new;
mod profile;
mod subject;

use clap::Subcommand;

pub use bench::BenchArgs;
pub use debug::DebugArgs;
pub use dev::DevArgs;
pub use docs::DocsArgs;
pub use explain::ExplainArgs;
pub use new::NewArgs;
pub use profile::ProfileArgs;
pub use subject::SubjectArgs;

/// The word after `fapilog plugin`. What a word means stands at the type of its arguments.
#[derive(Debug, Subcommand)]
pub enum PluginCommand {
    New(NewArgs),
    Dev(DevArgs),
    Debug(DebugArgs),
    Explain(ExplainArgs),
    Profile(ProfileArgs),
    Bench(BenchArgs),
    Docs(DocsArgs),
}
