//! What goes wrong around an environment and a marketplace.

use std::path::PathBuf;

use fapilog_package::PackageError;
use fapilog_package::name::NameError;

use crate::args::InstallerName;

/// Why a plugin was not found, installed, built or published.
#[derive(Debug, thiserror::Error)]
pub enum ClientFailure {
    /// There is no interpreter.
    #[error("there is no Python: no virtual environment is active, and none is on the PATH")]
    NoPython,
    /// The interpreter does not say what is installed.
    #[error("`{}` does not say what is installed: {reason}", .python.display())]
    NoAnswer {
        /// The interpreter.
        python: PathBuf,
        /// What it said instead.
        reason: String,
    },
    /// The environment has no core.
    #[error("fapilog is not installed in the environment of `{}`", .python.display())]
    NoCore {
        /// The interpreter.
        python: PathBuf,
        /// What installs it.
        command: String,
    },
    /// Neither pip nor uv is there, or not the one that was asked for.
    #[error("there is no {} for `{}`", .wanted.map_or("pip and no uv", InstallerName::as_str), .python.display())]
    NoInstaller {
        /// The interpreter.
        python: PathBuf,
        /// What was asked for.
        wanted: Option<InstallerName>,
    },
    /// No marketplace is known.
    #[error(
        "no marketplace is known: neither --market nor FAPILOG_MARKET names one, and no index is set"
    )]
    NoMarket,
    /// An address that is none.
    #[error("`{given}` is no address of a marketplace: expected `https://HOST/`")]
    BadAddress {
        /// The address, without credentials.
        given: String,
    },
    /// The marketplace did not answer as one.
    #[error("the marketplace at {address} failed: {reason}")]
    Market {
        /// Its address, without credentials.
        address: String,
        /// What happened.
        reason: String,
    },
    /// The name of a plugin is none.
    #[error("{0}")]
    BadName(NameError),
    /// Versions that cannot be read.
    #[error("`{given}` are no versions: expected PEP 440 specifiers such as `==1.2` or `>=1,<2`")]
    BadVersions {
        /// What stood there.
        given: String,
        /// The plugin's short name.
        plugin: String,
    },
    /// The marketplace has no such plugin.
    #[error("there is no plugin `{name}` at {address}")]
    Unknown {
        /// Name of the distribution.
        name: String,
        /// The marketplace.
        address: String,
    },
    /// It is not installed.
    #[error("`{name}` is not installed")]
    NotInstalled {
        /// Name of the distribution.
        name: String,
    },
    /// No version can be installed here.
    #[error("`{name}` is not installed: {reason}")]
    Refused {
        /// Name of the distribution.
        name: String,
        /// Why.
        reason: String,
    },
    /// pip, uv or a build frontend failed.
    #[error("`{command}` failed: {reason}")]
    CommandFailed {
        /// The command as it can be typed.
        command: String,
        /// How it ended.
        reason: String,
    },
    /// The environment did not work afterwards; everything is as it was.
    #[error("the change broke the environment and was taken back: {fault}")]
    RolledBack {
        /// What did not work.
        fault: String,
    },
    /// The environment does not work and could not be brought back.
    #[error("the change broke the environment ({fault}) and could not be taken back: {reason}")]
    NotRolledBack {
        /// What does not work.
        fault: String,
        /// Why it could not.
        reason: String,
        /// What to type.
        command: String,
    },
    /// Nothing builds.
    #[error("there is neither uv nor the package `build` for `{}`", .python.display())]
    NoFrontend {
        /// The interpreter.
        python: PathBuf,
    },
    /// Nothing to publish, or a file that is none.
    #[error("`{}` {reason}", .path.display())]
    BadFile {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The distribution is not as it has to be.
    #[error("`{}` is refused: {source}", .path.display())]
    BadPackage {
        /// The file.
        path: PathBuf,
        /// The rule it broke.
        source: PackageError,
    },
    /// The key that signs receipts can't be used, made or removed.
    #[error("the key for receipts `{}` can't be used: {reason}", .path.display())]
    ReceiptKey {
        /// Its file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// There is no token to switch receipts on with.
    #[error("there is no token for receipts at {address}")]
    NoReceiptsToken {
        /// The marketplace, without credentials.
        address: String,
    },
    /// There is no key that could ask for anything.
    #[error("receipts are off for {address}: this installation has no key there")]
    ReceiptsAreOff {
        /// The marketplace, without credentials.
        address: String,
    },
    /// There is no token to publish with.
    #[error("there is no token for {address}")]
    NoToken {
        /// The index, without credentials.
        address: String,
    },
}

impl ClientFailure {
    /// Stable identifier.
    pub fn id(&self) -> &'static str {
        match self {
            Self::NoPython => "no-interpreter",
            Self::NoAnswer { .. } => "environment-unreadable",
            Self::NoCore { .. } => "core-not-installed",
            Self::NoInstaller { .. } => "no-installer",
            Self::NoMarket => "no-market",
            Self::BadAddress { .. } => "bad-market-address",
            Self::Market { .. } => "market-failed",
            Self::BadName(reason) => reason.id(),
            Self::BadVersions { .. } => "bad-versions",
            Self::Unknown { .. } => "plugin-unknown",
            Self::NotInstalled { .. } => "plugin-not-installed",
            Self::Refused { .. } => "plugin-refused",
            Self::CommandFailed { .. } => "command-failed",
            Self::RolledBack { .. } => "rolled-back",
            Self::NotRolledBack { .. } => "not-rolled-back",
            Self::NoFrontend { .. } => "no-build-frontend",
            Self::BadFile { .. } => "bad-distribution-file",
            Self::BadPackage { source, .. } => source.id(),
            Self::NoToken { .. } => "no-publish-token",
            Self::ReceiptKey { .. } => "receipt-key-unusable",
            Self::NoReceiptsToken { .. } => "no-receipts-token",
            Self::ReceiptsAreOff { .. } => "receipts-off",
        }
    }

    /// What to do about it, in one line.
    pub fn hint(&self) -> String {
        match self {
            Self::NoPython => "activate a virtual environment, or name one with --python".into(),
            Self::NoAnswer { .. } => "fapilog doctor".into(),
            Self::NoCore { command, .. } | Self::NotRolledBack { command, .. } => command.clone(),
            Self::NoInstaller { python, .. } => {
                format!("{} -m ensurepip", crate::scaffold::quoted(python))
            }
            Self::NoMarket => "export FAPILOG_MARKET=https://HOST/".into(),
            Self::BadAddress { .. } => "--market https://market.example.com/".into(),
            Self::Market { address, .. } => format!("curl -sS {address}/healthz"),
            Self::BadName(reason) => reason.hint(),
            Self::BadVersions { plugin, .. } => format!("fapilog plugin install '{plugin}>=1,<2'"),
            Self::Unknown { name, .. } => {
                let short = name.strip_prefix("fapilog-").unwrap_or(name);
                format!("fapilog plugin search {short}")
            }
            Self::NotInstalled { .. } => "fapilog plugin list".into(),
            Self::Refused { name, .. } => {
                let short = name.strip_prefix("fapilog-").unwrap_or(name);
                format!("fapilog plugin info {short}")
            }
            Self::CommandFailed { .. } => "see what it printed above".into(),
            Self::RolledBack { .. } => "fapilog doctor".into(),
            Self::NoFrontend { python } => {
                format!("{} -m pip install build", crate::scaffold::quoted(python))
            }
            Self::BadFile { .. } => "fapilog plugin build".into(),
            Self::BadPackage { source, .. } => source.hint(),
            Self::ReceiptKey { path, .. } => format!(
                "remove the file, then switch receipts on anew: rm {}",
                crate::scaffold::quoted(path)
            ),
            Self::NoReceiptsToken { address } => format!(
                "make one for receipts at {address}/account/tokens and put it into \
                 FAPILOG_RECEIPTS_TOKEN"
            ),
            Self::ReceiptsAreOff { address } => {
                format!("remove what it sent earlier at {address}/account/receipts")
            }
            Self::NoToken { .. } => "put it into FAPILOG_PUBLISH_TOKEN, or into the keyring: \
                 keyring set ADDRESS __token__"
                .into(),
        }
    }

    /// Whether the command was typed wrongly.
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::BadAddress { .. } | Self::BadName(_) | Self::BadVersions { .. }
        )
    }
}
