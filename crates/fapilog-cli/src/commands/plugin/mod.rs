//! `fapilog plugin …`

pub mod bench;
pub mod build;
pub mod check;
pub mod debug;
pub mod dev;
pub mod docs;
pub mod explain;
pub mod info;
pub mod install;
pub mod list;
pub mod new;
pub mod outdated;
pub mod profile;
pub mod publish;
pub mod receipts;
pub mod remove;
pub mod scan;
pub mod search;
pub mod test;
pub mod update;

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::args::{PluginCommand, SubjectArgs};
use crate::commands::Outcome;
use crate::failure::Failure;

/// Carries out what was typed after `fapilog plugin`.
pub fn run(command: PluginCommand) -> Result<Outcome, Failure> {
    match command {
        PluginCommand::New(args) => new::run(args),
        PluginCommand::Dev(args) => dev::run(args),
        PluginCommand::Debug(args) => debug::run(args),
        PluginCommand::Explain(args) => explain::run(args),
        PluginCommand::Profile(args) => profile::run(args),
        PluginCommand::Bench(args) => bench::run(args),
        PluginCommand::Docs(args) => docs::run(args),
        PluginCommand::Build(args) => build::run(args),
        PluginCommand::Publish(args) => publish::run(args),
        PluginCommand::Search(args) => search::run(args),
        PluginCommand::Info(args) => info::run(args),
        PluginCommand::Install(args) => install::run(args),
        PluginCommand::Update(args) => update::run(args),
        PluginCommand::Outdated(args) => outdated::run(args),
        PluginCommand::Remove(args) => remove::run(args),
        PluginCommand::List(args) => list::run(args),
        PluginCommand::Receipts(args) => receipts::run(args),
        PluginCommand::Test(args) => test::run(args),
        PluginCommand::Check(args) => check::run(args),
        PluginCommand::Scan(args) => scan::run(args),
    }
}

/// What every tool is asked with.
#[derive(Debug, Serialize)]
struct Request<'a, T> {
    /// The tool's name.
    tool: &'static str,
    /// The working folder, in which the project is looked for.
    folder: PathBuf,
    #[serde(flatten)]
    subject: Option<&'a SubjectArgs>,
    #[serde(flatten)]
    others: T,
}

impl<'a, T> Request<'a, T> {
    fn new(tool: &'static str, subject: Option<&'a SubjectArgs>, others: T) -> Self {
        Self {
            tool,
            folder: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            subject,
            others,
        }
    }
}

/// The file for one of several plugins: `bench.json` is `bench-acme-sink.json` for `acme-sink`.
fn file_for(file: &Path, plugin: &str, several: bool) -> PathBuf {
    if !several {
        return file.to_owned();
    }
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let mut name = format!("{stem}-{plugin}");
    if let Some(extension) = file.extension() {
        name = format!("{name}.{}", extension.to_string_lossy());
    }
    file.with_file_name(name)
}

/// Writes a report, page or drawing.
fn write_file(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|source| Failure::FileNotWritten {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_several_plugins_gets_a_file_of_its_name() {
        let file = Path::new("out/bench.json");
        assert_eq!(file_for(file, "acme", false), file);
        assert_eq!(
            file_for(file, "acme-sink", true),
            Path::new("out/bench-acme-sink.json")
        );
        assert_eq!(
            file_for(Path::new("bench"), "acme", true),
            Path::new("bench-acme")
        );
    }
}
