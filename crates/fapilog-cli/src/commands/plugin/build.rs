//! `fapilog plugin build [DIR]`

use std::fs;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use fapilog_package::archive::Limits;
use fapilog_package::filename::DistributionFilename;
use fapilog_package::sbom::{Bill, embed};
use serde::Serialize;

use crate::args::{BuildArgs, ReportFormat};
use crate::client::{ClientFailure, Upload};
use crate::commands::Outcome;
use crate::doctor::Interpreter;
use crate::failure::Failure;
use crate::{frontend, installer};

/// Name of the bill in `.dist-info/sboms/`.
const BILL: &str = "fapilog.cdx.json";

/// A file that was built.
#[derive(Debug, Serialize)]
struct Built {
    file: String,
    sha256: String,
    bytes: usize,
    /// Whether an SBOM was put into it.
    sbom: bool,
}

/// Builds into an empty folder, puts the SBOM in, reads everything again, then moves it.
pub fn run(args: BuildArgs) -> Result<Outcome, Failure> {
    let project = &args.project;
    if !project.join("pyproject.toml").is_file() {
        return Err(bad(project, "has no pyproject.toml").into());
    }
    let python = match args.python {
        Some(path) => path,
        None => {
            Interpreter::find(|name| std::env::var_os(name))
                .ok_or(ClientFailure::NoPython)?
                .path
        }
    };
    let target = args.out.unwrap_or_else(|| project.join("dist"));
    let unwritable = |source| Failure::Unwritable {
        path: target.clone(),
        source,
    };
    fs::create_dir_all(&target).map_err(unwritable)?;
    // Beside the files' place, so that moving them there is one step each.
    let folder = tempfile::Builder::new()
        .prefix(".building-")
        .tempdir_in(&target)
        .map_err(unwritable)?;
    installer::run(&frontend::command(&python, project, folder.path())?)?;
    let mut built = Vec::new();
    for path in distributions(folder.path())? {
        let sbom = add_bill(&path)?;
        let upload = Upload::read(&path)?;
        let place = target.join(&upload.filename);
        fs::rename(&path, &place).map_err(unwritable)?;
        built.push(Built {
            file: place.display().to_string(),
            sha256: upload.sha256,
            bytes: upload.bytes.len(),
            sbom,
        });
    }
    if built.is_empty() {
        return Err(bad(project, "was built into nothing").into());
    }
    report(&built, args.format)?;
    Ok(Outcome::Fine)
}

fn distributions(folder: &Path) -> Result<Vec<PathBuf>, ClientFailure> {
    let entries = fs::read_dir(folder).map_err(|error| bad(folder, &error.to_string()))?;
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.to_string_lossy();
            name.ends_with(".whl") || name.ends_with(".tar.gz")
        })
        .collect();
    found.sort();
    Ok(found)
}

/// Puts the bill of materials into a wheel; false for what is no wheel.
fn add_bill(path: &Path) -> Result<bool, ClientFailure> {
    let refused = |source| ClientFailure::BadPackage {
        path: path.to_owned(),
        source,
    };
    let name = path.file_name().and_then(|name| name.to_str());
    let DistributionFilename::Wheel(name) =
        DistributionFilename::parse(name.unwrap_or_default()).map_err(refused)?
    else {
        return Ok(false);
    };
    let limits = Limits::default();
    let wheel = fs::read(path).map_err(|error| bad(path, &error.to_string()))?;
    let bill = Bill::of(&mut Cursor::new(&wheel), &name, &limits, created()).map_err(refused)?;
    let bill = bill.to_cyclonedx();
    let with_bill = embed(&wheel, &name, &[(BILL, &bill)], &limits).map_err(refused)?;
    fs::write(path, with_bill).map_err(|error| bad(path, &error.to_string()))?;
    Ok(true)
}

/// The time that reproducible builds agree on; none at all without it.
fn created() -> Option<String> {
    let seconds = std::env::var("SOURCE_DATE_EPOCH").ok()?.parse().ok()?;
    Some(jiff::Timestamp::from_second(seconds).ok()?.to_string())
}

fn report(built: &[Built], format: ReportFormat) -> Result<(), Failure> {
    let mut out = anstream::stdout();
    if format == ReportFormat::Json {
        writeln!(out, "{}", serde_json::to_string(built).unwrap_or_default())?;
        return Ok(());
    }
    for one in built {
        let sbom = if one.sbom { "  with SBOM" } else { "" };
        writeln!(
            out,
            "{}  {} bytes  sha256 {}{sbom}",
            one.file, one.bytes, one.sha256
        )?;
    }
    Ok(())
}

fn bad(path: &Path, reason: &str) -> ClientFailure {
    ClientFailure::BadFile {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}
