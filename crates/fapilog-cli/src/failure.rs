//! What went wrong, for a person: an id, a sentence, and a hint that repairs it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use fapilog_package::name::NameError;

use crate::client::ClientFailure;
use crate::doctor::Interpreter;
use crate::harness::ToolError;
use crate::testbed::TestbedError;

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
    /// A new plugin has no NAME, and nobody can be asked for one.
    #[error("the plugin has no name: expected one after `fapilog plugin new`")]
    MissingPluginName,
    /// A plugin of these kinds can't be written in that language.
    #[error("such a plugin can't be written in {language}: {reason}")]
    WrongLanguage {
        /// The language's word.
        language: &'static str,
        /// Why.
        reason: String,
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
    /// `--template` can't be used.
    #[error("`{}` can't be used as templates: {reason}", .path.display())]
    BadTemplates {
        /// The folder, or the file in it.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A template does not fit what it is given: a fault of this program, unless it is a user's.
    #[error("template `{template}` can't be rendered: {source}")]
    BrokenTemplate {
        /// The template's name.
        template: String,
        /// Where and why.
        source: minijinja::Error,
    },
    /// A report, page or drawing can't be written.
    #[error("can't write `{}`: {source}", .path.display())]
    FileNotWritten {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// There is no Python to run the plugin in.
    #[error(
        "there is no Python: expected one in FAPILOG_PYTHON, an active environment or the PATH"
    )]
    NoInterpreter,
    /// Python can't be started.
    #[error("can't start `{}`, named by {chosen_by}: {source}", .path.display())]
    InterpreterNotStarted {
        /// The program.
        path: PathBuf,
        /// What named it.
        chosen_by: &'static str,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// What runs in the author's environment said why it can't work.
    #[error("{}", .0.message)]
    Tool(Box<ToolError>),
    /// It ended without saying why.
    #[error("Python ended before its work was done: {status}")]
    ToolEnded {
        /// How it ended.
        status: String,
    },
    /// A running application can't be looked at.
    #[error("can't look at the application through `{}`: {reason}", .path.display())]
    SocketNotOpened {
        /// The socket.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Something around an environment or a marketplace.
    #[error(transparent)]
    Client(#[from] ClientFailure),
    /// Nothing can be tested.
    #[error(transparent)]
    Testbed(#[from] TestbedError),
    /// PATH or a file of `--diff` is no artifact and no project.
    #[error("`{}` can't be judged: {detail}", .path.display())]
    NotAnArtifact {
        /// What was given.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// The project can't be built.
    #[error("`{}` can't be built: {detail}", .path.display())]
    NotBuilt {
        /// The project's folder.
        path: PathBuf,
        /// What the build frontend said last.
        detail: String,
    },
    /// `--policy` can't be read.
    #[error("the policy `{}` can't be read: {source}", .path.display())]
    PolicyUnreadable {
        /// The value of `--policy`.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// `--policy` can't be used.
    #[error(transparent)]
    Policy(#[from] fapilog_scan::policy::PolicyError),
    /// The confined judge can't work.
    #[error(transparent)]
    Judge(#[from] fapilog_scan::confined::ConfinedError),
    /// The OSV export can't be read.
    #[error(transparent)]
    Advisories(#[from] fapilog_package::osv::OsvError),
    /// The export of a package index can't be read.
    #[error(transparent)]
    IndexExport(#[from] fapilog_package::index_export::IndexError),
    /// YARA rules can't be applied.
    #[error(transparent)]
    Yara(#[from] fapilog_scan::yara::YaraError),
    /// Nothing can be printed.
    #[error("can't write to standard output: {0}")]
    Output(#[from] std::io::Error),
}

impl Failure {
    /// A program that can't be started.
    pub fn interpreter(interpreter: &Interpreter, source: std::io::Error) -> Self {
        Self::InterpreterNotStarted {
            path: interpreter.path.clone(),
            chosen_by: interpreter.chosen_by,
            source,
        }
    }

    /// Stable identifier, for documentation and machines.
    pub fn id(&self) -> &str {
        match self {
            Self::BadPluginName { reason, .. } => reason.id(),
            Self::MissingPluginName => "missing-plugin-name",
            Self::WrongLanguage { .. } => "wrong-language",
            Self::BadAuthor { .. } => "invalid-author",
            Self::MissingParent { .. } => "folder-not-found",
            Self::TargetExists { .. } => "folder-exists",
            Self::Unwritable { .. } => "folder-not-writable",
            Self::BadTemplates { .. } => "bad-templates",
            Self::BrokenTemplate { .. } => "broken-template",
            Self::FileNotWritten { .. } => "file-not-written",
            Self::NoInterpreter => "no-interpreter",
            Self::InterpreterNotStarted { .. } => "interpreter-not-started",
            Self::Tool(error) => &error.id,
            Self::ToolEnded { .. } => "tool-ended",
            Self::SocketNotOpened { .. } => "socket-not-opened",
            Self::Client(failure) => failure.id(),
            Self::Testbed(error) => error.id(),
            Self::NotAnArtifact { .. } => "not-an-artifact",
            Self::NotBuilt { .. } => "project-not-built",
            Self::PolicyUnreadable { .. } => "policy-unreadable",
            Self::Policy(error) => error.id(),
            Self::Judge(error) => error.id(),
            Self::Advisories(error) => error.id(),
            Self::IndexExport(error) => error.id(),
            Self::Yara(error) => error.id(),
            Self::Output(_) => "output-failed",
        }
    }

    /// What to do about it, in one line; empty when there is nothing to say.
    pub fn hint(&self) -> String {
        match self {
            Self::BadPluginName { suggestion, .. } => format!("fapilog plugin new {suggestion}"),
            Self::BadAuthor { .. } => "--author \"Ada Lovelace <ada@example.com>\"".to_owned(),
            Self::MissingParent { path } => format!("mkdir -p {}", crate::scaffold::quoted(path)),
            Self::Tool(error) => error.hint.clone(),
            Self::Client(failure) => failure.hint(),
            Self::NotAnArtifact { .. } => {
                "give a wheel, a .tar.gz made by `python -m build`, or a folder with pyproject.toml"
                    .to_owned()
            }
            Self::NotBuilt { path, .. } => {
                format!("python -m build {}", crate::scaffold::quoted(path))
            }
            Self::PolicyUnreadable { .. } => "give a file that you may read".to_owned(),
            Self::Policy(error) => error.hint(),
            Self::Judge(error) => error.hint().to_owned(),
            Self::Advisories(error) => error.hint(),
            Self::IndexExport(error) => error.hint().to_owned(),
            Self::Yara(error) => error.hint().to_owned(),
            _ => self.fixed_hint().to_owned(),
        }
    }

    /// The hint of a failure that is always repaired in the same way.
    fn fixed_hint(&self) -> &'static str {
        match self {
            Self::MissingPluginName => "fapilog plugin new acme",
            Self::WrongLanguage { .. } => "fapilog plugin new acme --kind filter --lang rust",
            Self::TargetExists { .. } => "choose another name, or another folder with --dir",
            Self::Unwritable { .. } => "choose a folder that you may write to with --dir",
            Self::BadTemplates { .. } => "name a folder with a `pyproject.toml.jinja`",
            Self::FileNotWritten { .. } => "name a file in a folder that you may write to",
            Self::NoInterpreter => "python3 -m venv .venv && . .venv/bin/activate",
            Self::InterpreterNotStarted { .. } | Self::ToolEnded { .. } => "fapilog doctor",
            Self::SocketNotOpened { .. } => {
                "start the application with FAPILOG_DEBUG_SOCKET=PATH, as the same user"
            }
            Self::Testbed(error) => error.hint(),
            Self::Output(_) => "check where the output goes",
            Self::BrokenTemplate { .. } => {
                "a template of your own: repair it; else it is a fault in fapilog-cli: please report it"
            }
            _ => "",
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
        // Standard error is the last resort: when it fails too, the exit code remains.
        let _ = self.print();
        ExitCode::from(match self {
            Self::BadPluginName { .. }
            | Self::MissingPluginName
            | Self::WrongLanguage { .. }
            | Self::BadAuthor { .. }
            | Self::MissingParent { .. } => USAGE,
            Self::Client(failure) if failure.is_usage() => USAGE,
            Self::Testbed(error) if error.is_usage() => USAGE,
            Self::NotAnArtifact { .. } | Self::PolicyUnreadable { .. } | Self::Policy(_) => USAGE,
            _ => FAILED,
        })
    }

    fn print(&self) -> std::io::Result<()> {
        let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
        let cyan = Style::new().bold().fg_color(Some(AnsiColor::Cyan.into()));
        let mut out = anstream::stderr();
        writeln!(out, "{red}error[{}]{red:#}: {self}", self.id())?;
        if let Self::Tool(error) = self
            && let Some(place) = &error.place
        {
            writeln!(out, "  {}:{}\n    {}", place.file, place.line, place.source)?;
        }
        for hint in self.hint().lines() {
            writeln!(out, "{cyan}hint{cyan:#}: {hint}")?;
        }
        Ok(())
    }
}
