//! `GET /plugins/<name>/`: everything about one project.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use fapilog_package::extras::extras_with;
use fapilog_package::gate::CORE_DISTRIBUTION;
use fapilog_package::name::{DISTRIBUTION_PREFIX, ProjectName};

use crate::clock;
use crate::error::MarketError;
use crate::handlers::install::InstallCommand;
use crate::handlers::page::{PageError, PathParts, moved, render};
use crate::market::Market;
use crate::publish::rank;
use crate::queries::files::{self, FileRow};
use crate::queries::projects;
use crate::queries::releases::{self, ItemRow, ReleaseRow, kind};
use crate::sanitised::SanitisedHtml;

#[derive(Template)]
#[template(path = "plugin.html")]
struct PluginPage {
    release: ReleaseRow,
    is_plugin: bool,
    commands: Vec<InstallCommand>,
    entry_points: Vec<ItemRow>,
    requirements: Vec<ItemRow>,
    links: Vec<ItemRow>,
    versions: Vec<VersionGroup>,
    published: String,
    description: Option<SanitisedHtml>,
}

struct VersionGroup {
    version: String,
    date: String,
    files: Vec<ShownFile>,
}

struct ShownFile {
    filename: String,
    path: String,
    sha256: String,
    size: String,
}

/// Shows a project's latest release and all its files.
///
/// # Errors
///
/// `not-found`, `internal`.
pub async fn get(
    State(market): State<Market>,
    PathParts(given): PathParts<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let unknown = || MarketError::not_found("There is no plugin of this name here.");
    let name = ProjectName::parse(&given).map_err(|_| unknown())?;
    if name.as_str() != given {
        return Ok(moved(&format!("../{name}/"), &uri).into_response());
    }
    let project = projects::find(&market.database, name.as_str())
        .await?
        .ok_or_else(unknown)?;
    let found = releases::find(&market.database, name.as_str(), &project.latest_version).await?;
    let release = found.ok_or_else(unknown)?;
    let items = releases::items(&market.database, name.as_str(), &release.version).await?;
    let files = files::of_project(&market.database, name.as_str()).await?;
    let commands = commands(&market, &name).await?;
    let page = PluginPage {
        is_plugin: project.is_plugin == 1,
        commands,
        entry_points: of_kind(&items, kind::ENTRY_POINT),
        requirements: of_kind(&items, kind::REQUIREMENT),
        links: of_kind(&items, kind::LINK)
            .into_iter()
            .filter(|link| is_web(&link.value))
            .collect(),
        versions: group(files),
        published: clock::date(release.created_us),
        description: describe(&release).await?,
        release,
    };
    render(&headers, &page)
}

/// `GET /plugins/<name>`: the same with the slash that belongs there.
///
/// # Errors
///
/// `not-found` when the text is no name.
pub async fn without_slash(
    PathParts(given): PathParts<String>,
    uri: Uri,
) -> Result<Redirect, PageError> {
    let unknown = |_| MarketError::not_found("There is no plugin of this name here.");
    let name = ProjectName::parse(&given).map_err(unknown)?;
    Ok(moved(&format!("{name}/"), &uri))
}

/// The ways to install: for a first-party plugin first as an extra of the core.
async fn commands(market: &Market, name: &ProjectName) -> Result<Vec<InstallCommand>, MarketError> {
    let mut commands = Vec::new();
    if let Some(extra) = first_party_extra(market, name).await? {
        let requirement = format!("{CORE_DISTRIBUTION}[{extra}]");
        let title = "As an extra of the core";
        commands.push(InstallCommand::new(title, &requirement));
        let title = "As an extra, from this marketplace";
        commands.push(InstallCommand::from_here(
            title,
            &requirement,
            &market.public_url,
        ));
    }
    commands.push(InstallCommand::new(
        "As a distribution of its own",
        name.as_str(),
    ));
    let title = "From this marketplace";
    commands.push(InstallCommand::from_here(
        title,
        name.as_str(),
        &market.public_url,
    ));
    Ok(commands)
}

/// The extra of the core's latest release in this marketplace that brings the project in; the one
/// that bears the plugin's own short name, if several do.
async fn first_party_extra(
    market: &Market,
    name: &ProjectName,
) -> Result<Option<String>, MarketError> {
    let Some(core) = projects::find(&market.database, CORE_DISTRIBUTION).await? else {
        return Ok(None);
    };
    let items = releases::items(&market.database, CORE_DISTRIBUTION, &core.latest_version).await?;
    let values = |kind: &str| -> Vec<String> {
        of_kind(&items, kind)
            .into_iter()
            .map(|item| item.value)
            .collect()
    };
    let extras = extras_with(&values(kind::REQUIREMENT), &values(kind::EXTRA), name);
    let short = name.as_str().strip_prefix(DISTRIBUTION_PREFIX);
    let own = extras.iter().find(|extra| Some(extra.as_str()) == short);
    Ok(own.or(extras.first()).cloned())
}

fn of_kind(items: &[ItemRow], kind: &str) -> Vec<ItemRow> {
    items
        .iter()
        .filter(|item| item.kind == kind)
        .cloned()
        .collect()
}

/// Links of other schemes could run code when followed.
fn is_web(address: &str) -> bool {
    let lower = address.to_ascii_lowercase();
    lower.starts_with("https://") || lower.starts_with("http://")
}

/// Rendering takes time in proportion to the text, so it is kept off the threads that serve.
async fn describe(release: &ReleaseRow) -> Result<Option<SanitisedHtml>, MarketError> {
    if release.description.trim().is_empty() {
        return Ok(None);
    }
    let (text, kind) = (
        release.description.clone(),
        release.description_type.clone(),
    );
    tokio::task::spawn_blocking(move || SanitisedHtml::from_description(&text, kind.as_deref()))
        .await
        .map(Some)
        .map_err(|error| MarketError::internal(&error))
}

/// Files by version, newest version first.
fn group(files: Vec<FileRow>) -> Vec<VersionGroup> {
    let mut groups: Vec<VersionGroup> = Vec::new();
    for row in files {
        let shown = ShownFile {
            path: row.location().path(),
            filename: row.filename,
            sha256: row.sha256,
            size: human_size(row.size_bytes),
        };
        match groups.iter_mut().find(|group| group.version == row.version) {
            Some(group) => group.files.push(shown),
            None => groups.push(VersionGroup {
                version: row.version,
                date: clock::date(row.uploaded_us),
                files: vec![shown],
            }),
        }
    }
    groups.sort_by_cached_key(|group| std::cmp::Reverse(rank(&group.version).1));
    groups
}

/// A size for people: `12.3 KiB`.
fn human_size(bytes: i64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_links_are_shown() {
        assert!(is_web("https://example.org") && is_web("HTTP://example.org"));
        assert!(!is_web("javascript:alert(1)") && !is_web("data:text/html,x"));
    }

    #[test]
    fn sizes_are_told_in_the_unit_that_fits() {
        for (bytes, text) in [(12, "12 bytes"), (1536, "1.5 KiB"), (3_145_728, "3.0 MiB")] {
            assert_eq!(human_size(bytes), text);
        }
    }
}
