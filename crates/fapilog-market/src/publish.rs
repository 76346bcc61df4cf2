//! Writing a judged file into the index: project, release, file and page in one transaction.

use std::str::FromStr as _;

use fapilog_package::Version;
use fapilog_package::entry_points::PLUGIN_GROUP;
use fapilog_package::name::ProjectName;
use sqlx::AnyConnection;

use crate::clock;
use crate::error::MarketError;
use crate::index;
use crate::intake::inspection::Inspected;
use crate::intake::judge::Verdict;
use crate::intake::summary;
use crate::queries::files::{self, FileRow};
use crate::queries::projects::{self, ProjectRow};
use crate::queries::releases::{self, ItemRow, ReleaseHead, ReleaseRow, kind};
use crate::queries::scans;
use crate::queries::uploads::UploadRow;

/// Publishes an upload.
///
/// # Errors
///
/// `version-spelling` when the same version was published as another text, `file-exists` when the
/// name was taken, `internal`.
pub async fn publish(
    connection: &mut AnyConnection,
    upload: &UploadRow,
    inspected: &Inspected,
    verdict: &Verdict,
) -> Result<(), MarketError> {
    let file = file_row(upload, inspected, &verdict.rules);
    // Locks the project's row: of two files at the same time the second one sees the first.
    projects::insert(&mut *connection, &project_row(&file, inspected)).await?;
    match files::find(&mut *connection, &file.filename).await? {
        // The same file came twice, and the other one was quicker.
        Some(other) if other.sha256 == file.sha256 => return Ok(()),
        Some(_) => {
            return Err(MarketError::bad_request(
                "file-exists",
                format!(
                    "File already exists: `{}` with other contents",
                    file.filename
                ),
                "published files never change; raise the version and upload again",
            ));
        }
        None => {}
    }
    let all = releases::heads(&mut *connection, &file.project).await?;
    check_spelling(&file.version, &all)?;
    let known = all.iter().any(|head| head.version == file.version);
    // A wheel's metadata is what installers read; a source archive's only fills the gap.
    if !known || file.filetype == "bdist_wheel" {
        let release = release_row(&file, inspected);
        releases::upsert(&mut *connection, &release, &items(inspected)).await?;
    }
    if let Some(changes) = &inspected.changes {
        releases::set_changes(&mut *connection, &file.project, &file.version, changes).await?;
    }
    files::insert(&mut *connection, &file).await?;
    if let Some((scan, documents)) = summary::of_verdict(&file.filename, verdict, clock::now_us())?
    {
        scans::upsert(&mut *connection, &scan, &documents).await?;
    }
    if let Some(attestations) = &upload.attestations {
        files::insert_provenance(&mut *connection, &file.filename, attestations).await?;
    }
    index::refresh(connection, &file.project).await
}

/// `1.0` and `1.0.0` are one version (PEP 440); as two releases, `==1.0` would mean either.
///
/// # Errors
///
/// `version-spelling`.
pub fn check_spelling(version: &str, releases: &[ReleaseHead]) -> Result<(), MarketError> {
    let parsed = rank(version);
    let same = |head: &&ReleaseHead| head.version != version && rank(&head.version) == parsed;
    match releases.iter().find(same) {
        None => Ok(()),
        Some(head) => Err(MarketError::bad_request(
            "version-spelling",
            format!(
                "the version `{version}` was published as `{}` already",
                head.version
            ),
            "write the version as before, or raise it",
        )),
    }
}

fn file_row(upload: &UploadRow, inspected: &Inspected, judged_by: &str) -> FileRow {
    FileRow {
        filename: upload.filename.clone(),
        project: upload.project.clone(),
        version: upload.version.clone(),
        filetype: upload.filetype.clone(),
        sha256: upload.sha256.clone(),
        size_bytes: upload.size_bytes,
        requires_python: inspected.metadata.requires_python.clone(),
        metadata_sha256: inspected.metadata_sha256(),
        uploaded_us: upload.uploaded_us,
        uploaded_by: upload.uploaded_by.clone(),
        state: files::state::LISTED.to_owned(),
        state_reason: None,
        yanked_reason: None,
        judged_by: judged_by.to_owned(),
        has_provenance: i64::from(upload.attestations.is_some()),
    }
}

/// The row of a new project; [`index::refresh`] brings it up to date.
fn project_row(file: &FileRow, inspected: &Inspected) -> ProjectRow {
    let named = ProjectName::parse(&file.project).is_ok_and(|name| name.is_plugin_distribution());
    let core_range = inspected.metadata.core_range().ok().flatten();
    ProjectRow {
        name: file.project.clone(),
        summary: inspected.metadata.summary.clone().unwrap_or_default(),
        keywords: inspected.metadata.keywords.clone().unwrap_or_default(),
        latest_version: file.version.clone(),
        is_plugin: i64::from(named && core_range.is_some()),
        created_us: file.uploaded_us,
        updated_us: file.uploaded_us,
        status: "active".to_owned(),
        status_reason: None,
        // Not yet: that it appears in the list of all projects is noted when it does.
        listed: 0,
    }
}

/// The order in which a release is "the latest": final releases first, then by PEP 440.
#[must_use]
pub fn rank(version: &str) -> (bool, Option<Version>) {
    let version = Version::from_str(version).ok();
    (
        version
            .as_ref()
            .is_some_and(|version| !version.any_prerelease()),
        version,
    )
}

fn release_row(file: &FileRow, inspected: &Inspected) -> ReleaseRow {
    let metadata = &inspected.metadata;
    ReleaseRow {
        project: file.project.clone(),
        version: file.version.clone(),
        summary: metadata.summary.clone().unwrap_or_default(),
        keywords: metadata.keywords.clone().unwrap_or_default(),
        license: metadata.license.clone(),
        author: metadata
            .author
            .clone()
            .or_else(|| metadata.maintainer.clone()),
        requires_python: metadata.requires_python.clone(),
        core_range: metadata.core_range().ok().flatten(),
        description: metadata.description.clone().unwrap_or_default(),
        description_type: metadata.description_content_type.clone(),
        created_us: file.uploaded_us,
    }
}

fn items(inspected: &Inspected) -> Vec<ItemRow> {
    let metadata = &inspected.metadata;
    let requirements = metadata
        .requires_dist
        .iter()
        .map(|line| ItemRow::new(kind::REQUIREMENT, "", line));
    let extras = metadata
        .provides_extra
        .iter()
        .map(|extra| ItemRow::new(kind::EXTRA, "", extra));
    let links = metadata
        .project_urls
        .iter()
        .map(|(label, url)| ItemRow::new(kind::LINK, label, url));
    let plugins = inspected
        .entry_points
        .iter()
        .filter(|point| point.group == PLUGIN_GROUP)
        .map(|point| ItemRow::new(kind::ENTRY_POINT, &point.name, &point.value));
    requirements
        .chain(extras)
        .chain(links)
        .chain(plugins)
        .collect()
}
