//! What went wrong, for a person: an id, a sentence, and a hint that repairs it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use fapilog_package::name::NameError;

/// Exit code for a command that could not be carried out.
const FAILED: u8 = 1;
/// Exit code for a command that was typed wrongly; the same that the argument parser uses.
const USAGE: u8 = 2;

/// Every way in which a command fails.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The NAME of a new plugin is not a plugin name.
    #[error("{reason}")]
    BadPluginName {
        /// Which rule it broke.
        reason: NameError,
        /// A valid name that is near to the one given.
        suggestion: String,
    },
    /// `--author` can't stand in package metadata.
    #[error("`{given}` is not an author: expected {expected}")]
    BadAuthor {
        /// The value, escaped.
        given: String,
        /// The rule that it broke.
        expected: &'static str,
    },
    /// `--dir` is not a folder.
    #[error("`{}` is not a folder: expected the folder in which to make the plugin's folder", .path.display())]
    MissingParent {
        /// The value of `--dir`.
        path: PathBuf,
    },
    /// The plugin's folder is there already, and something is in it.
    #[error("`{}` exists already: expected a new name or an empty folder", .path.display())]
    TargetExists {
        /// The folder.
        path: PathBuf,
    },
    /// The operating system refused to write.
    #[error("can't make `{}`: {source}", .path.display())]
    Unwritable {
        /// What was to be written.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// A compiled-in template does not fit what it is given: a fault of this program.
    #[error("template `{template}` can't be rendered: {source}")]
    BrokenTemplate {
        /// The template's name.
        template: &'static str,
        /// Where and why.
        source: minijinja::Error,
    },
    /// Nothing can be printed.
    #[error("can't write to standard output: {0}")]
    Output(#[from] std::io::Error),
}

impl Failure {
    /// Stable identifier, for documentation and machines.
    pub fn id(&self) -> &'static str {
        match self {
            Self::BadPluginName { reason, .. } => reason.id(),
            Self::BadAuthor { .. } => "invalid-author",
            Self::MissingParent { .. } => "folder-not-found",
            Self::TargetExists { .. } => "folder-exists",
            Self::Unwritable { .. } => "folder-not-writable",
            Self::BrokenTemplate { .. } => "broken-template",
            Self::Output(_) => "output-failed",
        }
    }

    /// What to do about it, in one line.
    pub fn hint(&self) -> String {
        match self {
            Self::BadPluginName { suggestion, .. } => format!("fapilog plugin new {suggestion}"),
            Self::BadAuthor { .. } => "--author \"Ada Lovelace <ada@example.com>\"".to_owned(),
            Self::MissingParent { path } => format!("mkdir -p {}", crate::scaffold::quoted(path)),
            Self::TargetExists { .. } => {
                "choose another name, or another folder with --dir".to_owned()
            }
            Self::Unwritable { .. } => {
                "choose a folder that you may write to with --dir".to_owned()
            }
            Self::BrokenTemplate { .. } => {
                "this is a fault in fapilog-cli; please report it with the line above".to_owned()
            }
            Self::Output(_) => "check where the output goes".to_owned(),
        }
    }

    /// Prints the failure to standard error, and says with which code to exit.
    pub fn report(&self) -> ExitCode {
        if let Self::Output(source) = self
            && source.kind() == std::io::ErrorKind::BrokenPipe
        {
            // The reader has seen enough (`fapilog doctor | head -1`): not worth a message.
            return ExitCode::from(FAILED);
        }
        let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
        let cyan = Style::new().bold().fg_color(Some(AnsiColor::Cyan.into()));
        // Standard error is the last resort: when it fails too, the exit code remains.
        let _ = writeln!(
            anstream::stderr(),
            "{red}error[{}]{red:#}: {self}\n{cyan}hint{cyan:#}: {}",
            self.id(),
            self.hint()
        );
        ExitCode::from(match self {
            Self::BadPluginName { .. } | Self::BadAuthor { .. } | Self::MissingParent { .. } => {
                USAGE
            }
            _ => FAILED,
        })
    }
}
