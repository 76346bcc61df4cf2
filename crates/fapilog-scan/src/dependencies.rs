//! What a package requires, held against an index that the operator fetched: withdrawn versions and
//! licences.

use std::path::Path;
use std::time::{Duration, SystemTime};

use fapilog_package::gate;
use fapilog_package::index_export::{IndexExport, Release, Stated};
use fapilog_package::metadata::Metadata;
use fapilog_package::requirement::Requirement;

use crate::copyleft::Demand;
use crate::options::Options;
use crate::report::{Report, Severity};
use crate::rule::Rule;
use crate::{package, rules};

/// Most requirements that are looked up; plugins have a dozen.
const MOST_REQUIREMENTS: usize = 200;

/// Adds findings about withdrawn versions (`yanked-requirement`) and about licences
/// (`requirement-licence`).
///
/// Projects that the export doesn't have are passed over: a mirror need not have all. A package that
/// can't be opened is left as it is: its report says so already.
///
/// # Errors
///
/// [`std::io::Error`] when the artifact can't be read.
pub fn add_findings(
    report: &mut Report,
    artifact: &Path,
    index: &IndexExport,
    options: &Options,
) -> std::io::Result<()> {
    let Some(metadata) = metadata_of(artifact)? else {
        return Ok(());
    };
    let mut found: Vec<(&Rule, Severity, String)> = Vec::new();
    let mut own = index.releases(&metadata.project);
    if let Some(reason) = own
        .find(|release| release.version == metadata.version)
        .and_then(|release| release.yanked.as_deref())
    {
        let message = format!("this version was withdrawn{}", because(reason));
        found.push((&rules::YANKED, Severity::Error, message));
    }
    let own_licence = Stated::in_metadata(&metadata);
    for requirement in requirements(&metadata) {
        let (yanked, usable) = allowed(index, &requirement);
        if let (Some(newest), true) = (yanked.last(), usable.is_empty()) {
            let reason = newest.yanked.as_deref().unwrap_or_default();
            let message = format!(
                "every version of `{}` that it allows was withdrawn{}",
                requirement.project,
                because(reason)
            );
            found.push((&rules::YANKED, Severity::Error, message));
        }
        // The newest is what an installer takes.
        let newest = usable.last().or(yanked.last());
        if let Some(message) =
            newest.and_then(|release| of_licence(&requirement, release, own_licence.as_ref()))
        {
            found.push((&rules::REQUIREMENT_LICENCE, Severity::Warning, message));
        }
    }
    let age = shown_age(index.age(SystemTime::now()));
    for (rule, severity, message) in found {
        let mut finding = rule.finding(format!("{message} (the export of the index is {age})"));
        finding.severity = severity;
        report.findings.push(finding);
    }
    report.decide(&options.policy);
    Ok(())
}

/// The versions that a requirement allows: those withdrawn, and the others. Pre-releases count only
/// where there is nothing else, as installers have it.
fn allowed<'i>(
    index: &'i IndexExport,
    requirement: &Requirement,
) -> (Vec<&'i Release>, Vec<&'i Release>) {
    let is_allowed = |release: &&Release| {
        let mut specifiers = requirement.specifiers.iter();
        specifiers.all(|one| gate::contains(one, &release.version))
    };
    let all: Vec<&Release> = index
        .releases(&requirement.project)
        .filter(is_allowed)
        .collect();
    let is_final = |release: &&&Release| !release.version.any_prerelease();
    let finals: Vec<&Release> = all.iter().filter(is_final).copied().collect();
    let chosen = if finals.is_empty() { all } else { finals };
    chosen
        .into_iter()
        .partition(|release| release.yanked.is_some())
}

/// What is wrong with the licence of a required release.
fn of_licence(
    requirement: &Requirement,
    release: &Release,
    own: Option<&Stated>,
) -> Option<String> {
    let stated = release.licence.as_ref()?;
    let demand = Demand::of(stated);
    let known = own.map_or(Demand::Unknown, Demand::of);
    if demand != Demand::SameLicence || known == Demand::SameLicence {
        return None;
    }
    let shown = stated
        .text
        .as_deref()
        .or(stated.classifiers.first().map(String::as_str));
    Some(format!(
        "`{}` {} is under `{}`, which asks that what uses it is under the same licence; this package is not",
        requirement.project,
        release.version,
        fapilog_package::name::shorten(shown.unwrap_or_default())
    ))
}

fn because(reason: &str) -> String {
    match reason.trim() {
        "" => String::new(),
        reason => format!(": {}", fapilog_package::name::shorten(reason)),
    }
}

/// The metadata of an artifact; nothing when it can't be opened.
pub(crate) fn metadata_of(artifact: &Path) -> std::io::Result<Option<Metadata>> {
    let bytes = std::fs::read(artifact)?;
    let filename = artifact.file_name().unwrap_or_default().to_string_lossy();
    let opened = package::open(&bytes, &filename);
    Ok(opened.ok().map(|(package, _)| package.metadata))
}

/// What the metadata require, as far as it can be read.
pub(crate) fn requirements(metadata: &Metadata) -> impl Iterator<Item = Requirement> {
    let lines = metadata.requires_dist.iter().take(MOST_REQUIREMENTS);
    lines.filter_map(|line| Requirement::parse(line).ok())
}

/// The age of an export in words.
pub(crate) fn shown_age(age: Option<Duration>) -> String {
    age.map_or("of unknown age".to_owned(), |age| {
        format!("{} days old", age.as_secs() / (24 * 60 * 60))
    })
}
