//! From an upload to a published file: everything is checked before anything is kept, and what is
//! kept appears at once or not at all.

use std::fs::File;
use std::str::FromStr as _;

use fapilog_package::Version;
use fapilog_package::archive::Limits;
use fapilog_package::entry_points::{EntryPoint, PLUGIN_GROUP};
use fapilog_package::filename::DistributionFilename;
use fapilog_package::gate::CORE_DISTRIBUTION;
use fapilog_package::metadata::Metadata;
use fapilog_package::name::ProjectName;
use fapilog_package::{source, wheel};
use sha2::{Digest as _, Sha256};
use sqlx::AnyConnection;
use tempfile::NamedTempFile;

use crate::catalogue::entry::project_changed;
use crate::clock;
use crate::error::MarketError;
use crate::form::Form;
use crate::market::Market;
use crate::queries::files::{self, FileRow};
use crate::queries::projects::{self, ProjectRow};
use crate::queries::releases::{self, ItemRow, ReleaseHead, ReleaseRow, kind};
use crate::queries::tokens::TokenRow;
use crate::rights;

/// A file that was received whole and lies in a temporary place.
#[derive(Debug)]
pub struct Received {
    /// The name that the client gave.
    pub filename: String,
    /// The contents.
    pub file: NamedTempFile,
    /// Digest of the contents in lower-case hexadecimal.
    pub sha256: String,
    /// Size of the contents.
    pub size_bytes: u64,
}

/// How an upload ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// The file is new.
    New,
    /// The very same file was there already.
    Already,
}

/// What was found inside the file.
struct Inspected {
    metadata: Metadata,
    /// Absent for source archives, whose metadata isn't served.
    metadata_bytes: Option<Vec<u8>>,
    entry_points: Vec<EntryPoint>,
}

/// Publishes a received file.
///
/// # Errors
///
/// [`MarketError`] that tells the uploader what is wrong; then nothing of the file is kept.
pub async fn publish(
    market: &Market,
    token: &TokenRow,
    form: Form,
    received: Received,
) -> Result<Published, MarketError> {
    let filename = form.check(&received)?;
    let mut connection = market.database.acquire().await?;
    rights::check_upload(&mut connection, token, filename.project()).await?;
    drop(connection);
    // A file that is here already needs no second look at its contents.
    if let Some(done) = already_there(market, &received).await? {
        return Ok(done);
    }
    let (inspected, received) = inspect(filename.clone(), received).await?;
    check_plugin_rules(&filename, &inspected)?;
    let row = file_row(token, &filename, &received, &inspected);
    let claim = (token.clone(), filename.project().clone());
    let market = market.clone();
    // A task of its own: a client that hangs up now must not stop this half-way.
    let placed =
        tokio::spawn(async move { put_in_place(market, row, claim, received, inspected).await });
    placed
        .await
        .map_err(|error| MarketError::internal(&error))?
}

/// Makes a checked file appear: on disk first, then in the database, so that a row never names a
/// file that isn't there.
async fn put_in_place(
    market: Market,
    row: FileRow,
    claim: (TokenRow, ProjectName),
    received: Received,
    inspected: Inspected,
) -> Result<Published, MarketError> {
    let _one_at_a_time = market.publishing.lock().await;
    if let Some(done) = already_there(&market, &received).await? {
        return Ok(done);
    }
    let location = row.location();
    let keeping = {
        let (market, location) = (market.clone(), location.clone());
        let metadata = inspected.metadata_bytes.clone();
        tokio::task::spawn_blocking(move || {
            let storage = &market.storage;
            storage.keep(received.file, &location, metadata.as_deref())
        })
    };
    keeping
        .await
        .map_err(|error| MarketError::internal(&error))?
        .map_err(|error| MarketError::internal(&error))?;
    if let Err(error) = commit(&market, &row, &claim, &inspected).await {
        market.storage.remove(&location);
        return Err(error);
    }
    tracing::info!(
        filename = row.filename,
        token = row.uploaded_by,
        "published"
    );
    Ok(Published::New)
}

/// The same file again is fine; other contents under a name that is taken are not.
async fn already_there(
    market: &Market,
    received: &Received,
) -> Result<Option<Published>, MarketError> {
    match files::find(&market.database, &received.filename).await? {
        None => Ok(None),
        Some(row) if row.sha256 == received.sha256 => Ok(Some(Published::Already)),
        Some(row) => Err(MarketError::bad_request(
            "file-exists",
            format!(
                "File already exists: `{}` with other contents",
                row.filename
            ),
            "published files never change; raise the version and upload again",
        )),
    }
}

/// Reads the archive away from the threads that serve requests.
async fn inspect(
    filename: DistributionFilename,
    received: Received,
) -> Result<(Inspected, Received), MarketError> {
    let work = tokio::task::spawn_blocking(move || {
        let file = received
            .file
            .reopen()
            .map_err(|error| MarketError::internal(&error))?;
        let inspected = read_archive(&filename, file)?;
        // Here, where it holds up nobody else; putting it in place is then quick.
        let synced = received.file.as_file().sync_all();
        synced.map_err(|error| MarketError::internal(&error))?;
        Ok((inspected, received))
    });
    work.await.map_err(|error| MarketError::internal(&error))?
}

fn read_archive(filename: &DistributionFilename, file: File) -> Result<Inspected, MarketError> {
    let limits = Limits::default();
    match filename {
        DistributionFilename::Wheel(name) => {
            let wheel = wheel::read(&mut std::io::BufReader::new(file), name, &limits)?;
            Ok(Inspected {
                metadata: wheel.metadata,
                metadata_bytes: Some(wheel.metadata_bytes),
                entry_points: wheel.entry_points,
            })
        }
        DistributionFilename::Source(name) => Ok(Inspected {
            metadata: source::read(file, name, &limits)?.metadata,
            metadata_bytes: None,
            entry_points: Vec::new(),
        }),
    }
}

/// What offers plugins must be named like one and say for which cores it was made.
fn check_plugin_rules(
    filename: &DistributionFilename,
    inspected: &Inspected,
) -> Result<(), MarketError> {
    let offers_plugins = inspected
        .entry_points
        .iter()
        .any(|point| point.group == PLUGIN_GROUP);
    if !offers_plugins || filename.project().as_str() == CORE_DISTRIBUTION {
        return Ok(());
    }
    if !filename.project().is_plugin_distribution() {
        return Err(MarketError::bad_request(
            "plugin-name",
            format!(
                "`{}` declares entry points in `{PLUGIN_GROUP}`, so its name must begin with \
                 `fapilog-`",
                filename.project()
            ),
            format!(
                "rename the distribution to `fapilog-{}` in pyproject.toml",
                filename.project()
            ),
        ));
    }
    if inspected.metadata.core_range()?.is_none() {
        return Err(MarketError::bad_request(
            "no-core-range",
            format!(
                "`{}` doesn't say for which cores it was made",
                filename.project()
            ),
            "add `fapilog>=3.0,<4.0` to `dependencies` in pyproject.toml",
        ));
    }
    Ok(())
}

fn file_row(
    token: &TokenRow,
    filename: &DistributionFilename,
    received: &Received,
    inspected: &Inspected,
) -> FileRow {
    FileRow {
        filename: received.filename.clone(),
        project: filename.project().to_string(),
        version: filename.version().to_string(),
        filetype: filename.filetype().to_owned(),
        sha256: received.sha256.clone(),
        size_bytes: i64::try_from(received.size_bytes).unwrap_or(i64::MAX),
        requires_python: inspected.metadata.requires_python.clone(),
        metadata_sha256: inspected
            .metadata_bytes
            .as_ref()
            .map(|bytes| hex::encode(Sha256::digest(bytes))),
        uploaded_us: clock::now_us(),
        uploaded_by: token.id.clone(),
    }
}

/// Writes project, release and file in one transaction.
async fn commit(
    market: &Market,
    file: &FileRow,
    (token, project): &(TokenRow, ProjectName),
    inspected: &Inspected,
) -> Result<(), MarketError> {
    let mut transaction = market.database.begin().await?;
    rights::claim(&mut transaction, token, project).await?;
    let mut all = releases::heads(&mut transaction, &file.project).await?;
    check_spelling(file, &all)?;
    let known = all.iter().any(|head| head.version == file.version);
    // A wheel's metadata is what installers read; a source archive's only fills the gap.
    let release = (!known || file.filetype == "bdist_wheel").then(|| release_row(file, inspected));
    if let Some(release) = &release {
        all.retain(|other| other.version != release.version);
        all.push(release.head());
    }
    upsert_project(&mut transaction, file, &all).await?;
    if let Some(release) = &release {
        releases::upsert(&mut transaction, release, &items(inspected)).await?;
    }
    files::insert(&mut transaction, file).await?;
    project_changed(&mut transaction, &file.project).await?;
    Ok(transaction.commit().await?)
}

/// `1.0` and `1.0.0` are one version (PEP 440); as two releases, `==1.0` would mean either.
fn check_spelling(file: &FileRow, releases: &[ReleaseHead]) -> Result<(), MarketError> {
    let version = rank(&file.version);
    let same = |head: &&ReleaseHead| head.version != file.version && rank(&head.version) == version;
    match releases.iter().find(same) {
        None => Ok(()),
        Some(head) => Err(MarketError::bad_request(
            "version-spelling",
            format!(
                "the version `{}` was published as `{}` already",
                file.version, head.version
            ),
            "write the version as before, or raise it",
        )),
    }
}

async fn upsert_project(
    connection: &mut AnyConnection,
    file: &FileRow,
    releases: &[ReleaseHead],
) -> sqlx::Result<()> {
    let latest = releases
        .iter()
        .max_by_key(|release| rank(&release.version))
        .ok_or(sqlx::Error::RowNotFound)?;
    let named = ProjectName::parse(&file.project).is_ok_and(|name| name.is_plugin_distribution());
    let row = ProjectRow {
        name: file.project.clone(),
        summary: latest.summary.clone(),
        keywords: latest.keywords.clone(),
        latest_version: latest.version.clone(),
        is_plugin: i64::from(named && latest.core_range.is_some()),
        created_us: file.uploaded_us,
        updated_us: file.uploaded_us,
    };
    projects::upsert(connection, &row).await
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
