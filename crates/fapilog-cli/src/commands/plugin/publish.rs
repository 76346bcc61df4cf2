//! `fapilog plugin publish [FILES]`

use std::io::Write as _;
use std::path::PathBuf;

use serde::Serialize;

use crate::args::{PublishArgs, ReportFormat};
use crate::client::{Address, ClientFailure, Market, Upload, credentials, printable};
use crate::commands::Outcome;
use crate::failure::Failure;

/// Names the upload address.
const INDEX_VARIABLE: &str = "FAPILOG_PUBLISH_URL";

/// What became of a file.
#[derive(Debug, Serialize)]
struct Sent {
    file: String,
    sha256: String,
    bytes: usize,
    /// The answer's status; absent when nothing was sent.
    status: Option<u16>,
    /// What the index said.
    said: String,
}

/// Reads all files, then sends them.
pub fn run(args: PublishArgs) -> Result<Outcome, Failure> {
    let mut uploads = Vec::new();
    for path in files(args.files)? {
        uploads.push(Upload::read(&path)?);
    }
    let mut sent = Vec::new();
    if args.dry_run {
        sent.extend(
            uploads
                .iter()
                .map(|upload| outcome(upload, None, "not sent")),
        );
    } else {
        let index = index(args.index.as_deref())?;
        let credentials = credentials(&index)?;
        let market = Market::at(index)?;
        for upload in &uploads {
            let (boundary, form) = upload.form();
            let (status, said) = market.upload(&credentials, &boundary, &form)?;
            let line = outcome(upload, Some(status), &said);
            if args.format == ReportFormat::Text {
                show(&line)?;
            }
            sent.push(line);
        }
    }
    match args.format {
        ReportFormat::Json => {
            let text = serde_json::to_string(&sent).unwrap_or_default();
            writeln!(anstream::stdout(), "{text}")?;
        }
        ReportFormat::Text if args.dry_run => sent.iter().try_for_each(show)?,
        ReportFormat::Text => {}
    }
    Ok(Outcome::Fine)
}

/// What was named, or every distribution in `dist/`.
fn files(named: Vec<PathBuf>) -> Result<Vec<PathBuf>, ClientFailure> {
    if !named.is_empty() {
        return Ok(named);
    }
    let folder = PathBuf::from("dist");
    let bad = |reason: String| ClientFailure::BadFile {
        path: folder.clone(),
        reason,
    };
    let entries =
        std::fs::read_dir(&folder).map_err(|error| bad(format!("cannot be read: {error}")))?;
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.to_string_lossy();
            name.ends_with(".whl") || name.ends_with(".tar.gz")
        })
        .collect();
    found.sort();
    if found.is_empty() {
        return Err(bad(
            "has no wheel and no source distribution in it".to_owned()
        ));
    }
    Ok(found)
}

fn index(given: Option<&str>) -> Result<Address, ClientFailure> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if let Some(address) = given
        .map(str::to_owned)
        .or_else(|| variable(INDEX_VARIABLE))
    {
        return Address::parse_upload(&address);
    }
    let market = Address::find(None, variable)?;
    Address::parse_upload(&format!("{}/legacy/", market.for_request()))
}

fn outcome(upload: &Upload, status: Option<u16>, said: &str) -> Sent {
    Sent {
        file: upload.path.display().to_string(),
        sha256: upload.sha256.clone(),
        bytes: upload.bytes.len(),
        status,
        said: said.to_owned(),
    }
}

fn show(sent: &Sent) -> std::io::Result<()> {
    writeln!(
        anstream::stdout(),
        "{}  {} bytes  sha256 {}  {}",
        printable(&sent.file),
        sent.bytes,
        sent.sha256,
        printable(&sent.said)
    )
}
