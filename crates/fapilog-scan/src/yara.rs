//! YARA rules of the operator, applied by the operator's own `yara` program.
//!
//! The engine is large, so it is not part of ours. The program runs confined, on copies of the
//! package's files whose names are numbers.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use fapilog_package::PackageError;
use serde::{Deserialize, Serialize};

use crate::child::{JOB, YARA_WORD};
use crate::options::{Limits, Options};
use crate::report::Report;
use crate::{confined, package, rules};

/// Most matches that are reported.
const MOST_MATCHES: usize = 100;

/// What the confined child is to do.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct YaraJob {
    /// The process that waits for the matches.
    pub parent: u32,
    pub rules: PathBuf,
    pub folder: PathBuf,
    pub limits: Limits,
}

/// Why YARA rules could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum YaraError {
    /// The rules can't be read.
    #[error("the YARA rules `{}` can't be read: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The program can't be started, or refuses the rules.
    #[error("`yara` can't apply the rules: {detail}")]
    Failed {
        /// What it said.
        detail: String,
    },
    /// The files can't be laid out for it.
    #[error("the package's files can't be laid out: {0}")]
    Layout(#[from] io::Error),
}

impl YaraError {
    /// Stable identifier.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "yara-rules-unreadable",
            Self::Failed { .. } => "yara-failed",
            Self::Layout(_) => "yara-layout",
        }
    }

    /// What to do about it, in one line.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "give the path of a file with YARA rules that you may read",
            Self::Failed { .. } => "apt-get install yara, and try the rules with `yara RULES FILE`",
            Self::Layout(_) => "check that there is room in the folder for temporary files",
        }
    }
}

/// Applies YARA rules to each file of a package that was judged, and adds what matches to the report.
///
/// A package that can't be opened is left as it is: its report says so already.
///
/// # Errors
///
/// [`YaraError`].
pub fn add_matches(
    report: &mut Report,
    artifact: &Path,
    yara_rules: &Path,
    options: &Options,
) -> Result<(), YaraError> {
    let yara_rules = yara_rules
        .canonicalize()
        .map_err(|source| YaraError::Unreadable {
            path: yara_rules.to_owned(),
            source,
        })?;
    let bytes = fs::read(artifact)?;
    let filename = artifact.file_name().unwrap_or_default().to_string_lossy();
    let Ok((_, opened)) = package::open(&bytes, &filename) else {
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let mut names = Vec::new();
    let mut fault = None;
    let read: Result<(), PackageError> = opened.each(|file| {
        let written = fs::write(folder.path().join(names.len().to_string()), file.bytes);
        fault = fault.take().or(written.err());
        names.push(file.path.to_owned());
    });
    if let Some(error) = fault {
        return Err(error.into());
    }
    if read.is_err() {
        return Ok(());
    }
    let output = run(&yara_rules, folder.path(), &options.limits)?;
    for (rule, number) in matches(&output) {
        let Some(file) = names.get(number) else {
            continue;
        };
        let mut finding = rules::YARA_MATCH.finding(format!("the YARA rule `{rule}` matches"));
        finding.file = Some(file.clone());
        report.findings.push(finding);
    }
    report.decide(&options.policy);
    Ok(())
}

/// Rule and number of the file, from lines such as `rule_name /tmp/x/12`.
fn matches(output: &str) -> Vec<(String, usize)> {
    let lines = output.lines().filter_map(|line| {
        let (rule, path) = line.split_once(' ')?;
        let number = path.rsplit('/').next()?.parse().ok()?;
        Some((rule.to_owned(), number))
    });
    lines.take(MOST_MATCHES).collect()
}

fn run(yara_rules: &Path, folder: &Path, limits: &Limits) -> Result<String, YaraError> {
    let failed = |detail: String| YaraError::Failed { detail };
    let job = YaraJob {
        parent: std::process::id(),
        rules: yara_rules.to_owned(),
        folder: folder.to_owned(),
        limits: *limits,
    };
    let job = serde_json::to_string(&job).map_err(|error| failed(error.to_string()))?;
    let mut child = Command::new(std::env::current_exe()?)
        .arg(YARA_WORD)
        .env_clear()
        .env(JOB, job)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let answer = confined::listen(&mut child, limits);
    let status = match answer {
        Ok(_) => child.wait()?,
        Err(_) => {
            child.kill()?;
            child.wait()?
        }
    };
    let bytes = answer.map_err(failed)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    match status.success() {
        true => Ok(text),
        false => Err(failed(format!("it ended with {status}"))),
    }
}
