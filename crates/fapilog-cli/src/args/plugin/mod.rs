//! What is typed after `fapilog plugin`: a file for each verb.

mod bench;
mod build;
mod check;
mod debug;
mod dev;
mod docs;
mod explain;
mod info;
mod install;
mod list;
mod new;
mod outdated;
mod place;
mod profile;
mod publish;
mod receipts;
mod remove;
mod scan;
mod search;
mod subject;
mod test;
mod update;

use clap::Subcommand;

pub use bench::BenchArgs;
pub use build::BuildArgs;
pub use check::{CheckArgs, JudgedArgs, JudgementFormat};
pub use debug::DebugArgs;
pub use dev::DevArgs;
pub use docs::DocsArgs;
pub use explain::ExplainArgs;
pub use info::InfoArgs;
pub use install::{ChangeArgs, InstallArgs};
pub use list::ListArgs;
pub use new::NewArgs;
pub use outdated::OutdatedArgs;
pub use place::InstallerName;
pub use profile::ProfileArgs;
pub use publish::PublishArgs;
pub use receipts::{
    ReceiptsArgs, ReceiptsCommand, ReceiptsForgetArgs, ReceiptsOffArgs, ReceiptsOnArgs,
    ReceiptsShowArgs,
};
pub use remove::RemoveArgs;
pub use scan::ScanArgs;
pub use search::SearchArgs;
pub use subject::SubjectArgs;
pub use test::TestArgs;
pub use update::UpdateArgs;

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
    Build(BuildArgs),
    Publish(PublishArgs),
    Search(SearchArgs),
    Info(InfoArgs),
    Install(InstallArgs),
    Update(UpdateArgs),
    Outdated(OutdatedArgs),
    Remove(RemoveArgs),
    List(ListArgs),
    Receipts(ReceiptsArgs),
    Test(TestArgs),
    Check(CheckArgs),
    Scan(ScanArgs),
}
