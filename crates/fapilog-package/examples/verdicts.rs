//! Answers questions about packages, one JSON object a line on standard input, one answer a line.
//!
//! The differential tests ask it what this crate says, and the reference tools what they say.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::str::FromStr as _;
use std::time::Instant;

use fapilog_package::archive::Limits;
use fapilog_package::filename::DistributionFilename;
use fapilog_package::gate::{self, Environment};
use fapilog_package::licence::LicenceExpression;
use fapilog_package::metadata::Metadata;
use fapilog_package::name::ProjectName;
use fapilog_package::requirement::Requirement;
use fapilog_package::{PackageError, Version, sbom, source, wheel};
use pep440_rs::VersionSpecifiers;
use serde_json::{Value, json};

fn main() -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let question: Value = serde_json::from_str(&line?)?;
        let start = Instant::now();
        let mut answer = match answer(&question) {
            Ok(value) => json!({"ok": value}),
            Err(refusal) => json!({"error": refusal}),
        };
        if let Some(object) = answer.as_object_mut() {
            let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
            object.insert("micros".into(), json!(micros));
        }
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
    Ok(())
}

fn answer(question: &Value) -> Result<Value, String> {
    let text = |key: &str| question[key].as_str().unwrap_or_default();
    match text("kind") {
        "name" => ProjectName::parse(text("text"))
            .map(|name| json!(name.as_str()))
            .map_err(|error| error.id().to_owned()),
        "version" => version(text("text")).map(|version| json!(version.to_string())),
        "compare" => Ok(json!(
            version(text("left"))?.cmp(&version(text("right"))?) as i8
        )),
        "specifiers" => specifiers(text("text"), &question["versions"]),
        "requirement" => requirement(question),
        "licence" => LicenceExpression::parse(text("text"))
            .map(|licence| json!(licence.as_str()))
            .map_err(|error| error.detail),
        "metadata" => Metadata::parse(text("text").as_bytes())
            .map(|metadata| described(&metadata))
            .map_err(id),
        "package" => package(text("path"), text("filename")).map_err(id),
        "sbom" => bill(text("path"), text("filename"), text("out")).map_err(id),
        _ => Err("unknown kind".to_owned()),
    }
}

fn id(error: PackageError) -> String {
    error.id().to_owned()
}

fn version(text: &str) -> Result<Version, String> {
    Version::from_str(text).map_err(|_| "no version".to_owned())
}

fn specifiers(text: &str, versions: &Value) -> Result<Value, String> {
    let range = VersionSpecifiers::from_str(text).map_err(|_| "no range".to_owned())?;
    let versions = versions.as_array().map(Vec::as_slice).unwrap_or_default();
    let inside = versions.iter().map(|text| {
        let version = version(text.as_str().unwrap_or_default())?;
        Ok(range.iter().all(|one| gate::contains(one, &version)))
    });
    inside
        .collect::<Result<Vec<bool>, String>>()
        .map(|all| json!(all))
}

fn requirement(question: &Value) -> Result<Value, String> {
    let read = Requirement::parse(question["text"].as_str().unwrap_or_default())
        .map_err(|error| error.to_string())?;
    let value = |key: &str| {
        question["environment"][key]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let environment = Environment {
        implementation_name: value("implementation_name"),
        implementation_version: value("implementation_version"),
        os_name: value("os_name"),
        platform_machine: value("platform_machine"),
        platform_python_implementation: value("platform_python_implementation"),
        platform_release: value("platform_release"),
        platform_system: value("platform_system"),
        platform_version: value("platform_version"),
        python_full_version: value("python_full_version"),
        python_version: value("python_version"),
        sys_platform: value("sys_platform"),
    };
    let extra = question["extra"].as_str().unwrap_or_default();
    let extras: Vec<ProjectName> = ProjectName::parse(extra).into_iter().collect();
    let marker = read.marker.as_ref();
    let names: std::collections::BTreeSet<&str> =
        read.extras.iter().map(ProjectName::as_str).collect();
    Ok(json!({
        "project": read.project.as_str(),
        "extras": names,
        "specifiers": read.specifiers.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "url": read.url,
        "holds": marker.is_none_or(|marker| marker.holds(&environment, &extras)),
    }))
}

fn described(metadata: &Metadata) -> Value {
    json!({
        "metadata_version": metadata.metadata_version,
        "name": metadata.project.as_str(),
        "version": metadata.version.to_string(),
        "summary": metadata.summary,
        "description": metadata.description,
        "license_expression": metadata.license_expression,
        "license_files": metadata.license_files,
        "requires_python": metadata.requires_python,
        "requires_dist": metadata.requires_dist,
        "provides_extra": metadata.provides_extra,
        "import_names": metadata.import_names,
        "project_urls": metadata.project_urls.iter().cloned().collect::<BTreeMap<_, _>>(),
    })
}

fn package(path: &str, filename: &str) -> Result<Value, PackageError> {
    let limits = Limits::default();
    let file = File::open(path)?;
    let files = match DistributionFilename::parse(filename)? {
        DistributionFilename::Wheel(name) => {
            wheel::read(&mut BufReader::new(file), &name, &limits)?.files
        }
        DistributionFilename::Source(name) => source::read(file, &name, &limits)?.files,
    };
    Ok(json!(
        files.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    ))
}

/// Writes the bills of a wheel next to `out`, and the wheel with both put in to `out` itself.
fn bill(path: &str, filename: &str, out: &str) -> Result<Value, PackageError> {
    let DistributionFilename::Wheel(name) = DistributionFilename::parse(filename)? else {
        return Ok(Value::Null);
    };
    let limits = Limits::default();
    let bytes = std::fs::read(path)?;
    let created = Some("2026-01-02T03:04:05Z".to_owned());
    let bill = sbom::Bill::of(&mut std::io::Cursor::new(&bytes), &name, &limits, created)?;
    let (cyclonedx, spdx) = (bill.to_cyclonedx(), bill.to_spdx());
    std::fs::write(format!("{out}.cdx.json"), &cyclonedx)?;
    std::fs::write(format!("{out}.spdx.json"), &spdx)?;
    let bills = [
        ("acme.cdx.json", cyclonedx.as_slice()),
        ("acme.spdx.json", spdx.as_slice()),
    ];
    let made = sbom::embed(&bytes, &name, &bills, &limits)?;
    let again = sbom::embed(&made, &name, &bills, &limits)?;
    std::fs::write(out, &made)?;
    let found = sbom::read(&mut std::io::Cursor::new(&made), &limits)?;
    Ok(json!({
        "repeatable": made == again,
        "found": found
            .iter()
            .map(|bill| (format!("{:?}", bill.format), bill.components.iter().map(|one| one.name.clone()).collect()))
            .collect::<BTreeMap<String, Vec<String>>>(),
    }))
}
