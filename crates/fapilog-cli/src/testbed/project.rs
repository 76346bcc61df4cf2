//! The project of a plugin: what its `pyproject.toml` says.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::TestbedError;

/// Files on which the environments of a project depend.
const LOCKS: [&str; 5] = [
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "requirements-dev.lock",
    "requirements-dev.txt",
];
/// Extras with what the tests need, the first one that there is.
const TEST_EXTRAS: [&str; 3] = ["dev", "test", "tests"];
/// Build backends that leave the source of an editable project where it is.
const LIVE_BACKENDS: [&str; 6] = [
    "hatchling",
    "setuptools",
    "flit_core",
    "pdm",
    "poetry",
    "uv_build",
];

/// A plugin's project.
#[derive(Debug)]
pub struct Project {
    /// Its folder, absolute.
    pub folder: PathBuf,
    /// Name of its distribution.
    pub name: String,
    /// The extra with what its tests need.
    pub extra: Option<&'static str>,
    /// Its plugins.
    pub plugins: Vec<DeclaredPlugin>,
    /// Whether a change of its source needs no other installation.
    pub is_live: bool,
    digest: u64,
}

/// An entry point of the group `fapilog.plugins`.
#[derive(Debug, PartialEq, Eq)]
pub struct DeclaredPlugin {
    /// Its name.
    pub name: String,
    /// What it names: `package.module:Class`.
    pub target: String,
    /// Its configuration for the conformance kit, as JSON.
    pub config: Option<String>,
}

impl DeclaredPlugin {
    /// The name of the class or function behind it.
    pub fn class(&self) -> &str {
        let (_, path) = self.target.split_once(':').unwrap_or_default();
        path.rsplit('.').next().unwrap_or_default().trim()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Manifest {
    project: Table,
    #[serde(default)]
    build_system: BuildSystem,
    #[serde(default)]
    tool: Tool,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Table {
    name: String,
    #[serde(default)]
    optional_dependencies: BTreeMap<String, toml::Value>,
    #[serde(default)]
    entry_points: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
struct BuildSystem {
    #[serde(default)]
    build_backend: String,
}

#[derive(Deserialize, Default)]
struct Tool {
    #[serde(default)]
    fapilog: Fapilog,
}

#[derive(Deserialize, Default)]
struct Fapilog {
    #[serde(default)]
    test: BTreeMap<String, PluginTest>,
}

#[derive(Deserialize)]
struct PluginTest {
    config: Option<serde_json::Value>,
}

impl Project {
    /// Reads the project in a folder.
    pub fn read(folder: &Path) -> Result<Self, TestbedError> {
        let path = folder.join("pyproject.toml");
        let text = fs::read_to_string(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => TestbedError::NoProject(folder.to_owned()),
            _ => TestbedError::BadProject {
                path: path.clone(),
                reason: error.to_string(),
            },
        })?;
        let bad = |reason: String| TestbedError::BadProject {
            path: path.clone(),
            reason,
        };
        let manifest: Manifest =
            toml::from_str(&text).map_err(|error| bad(error.message().to_owned()))?;
        let folder = std::path::absolute(folder).map_err(|error| bad(error.to_string()))?;
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        for lock in LOCKS {
            fs::read(folder.join(lock)).ok().hash(&mut hasher);
        }
        Ok(Self::of(folder, manifest, hasher.finish()))
    }

    fn of(folder: PathBuf, manifest: Manifest, digest: u64) -> Self {
        let Manifest {
            project,
            build_system,
            tool,
        } = manifest;
        let declared = project.entry_points.get("fapilog.plugins");
        let plugins = declared
            .into_iter()
            .flatten()
            .map(|(name, target)| DeclaredPlugin {
                name: name.clone(),
                target: target.clone(),
                config: tool
                    .fapilog
                    .test
                    .get(name)
                    .and_then(|test| test.config.as_ref())
                    .map(ToString::to_string),
            });
        let backend = build_system.build_backend;
        Self {
            plugins: plugins.collect(),
            extra: TEST_EXTRAS
                .into_iter()
                .find(|extra| project.optional_dependencies.contains_key(*extra)),
            is_live: LIVE_BACKENDS.iter().any(|live| backend.starts_with(live)),
            name: project.name,
            folder,
            digest,
        }
    }

    /// What pip is told to install: the project in editable form, with its extra.
    pub fn requirement(&self) -> String {
        let extra = self.extra.map(|extra| format!("[{extra}]"));
        format!("{}{}", self.folder.display(), extra.unwrap_or_default())
    }

    /// A number that changes when what it needs does.
    pub const fn digest(&self) -> u64 {
        self.digest
    }

    /// The name of its package, as coverage is asked for.
    pub fn package(&self) -> String {
        let first = self.plugins.first().map(|plugin| plugin.target.as_str());
        let module = first.and_then(|target| target.split([':', '.']).next());
        module.map_or_else(|| self.name.replace('-', "_"), str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Project, TestbedError> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("pyproject.toml"), text).unwrap();
        Project::read(folder.path())
    }

    #[test]
    fn a_project_says_what_is_needed_to_test_it() {
        let text = r#"
            [build-system]
            build-backend = "hatchling.build"
            [project]
            name = "fapilog-acme"
            [project.optional-dependencies]
            test = ["pytest"]
            [project.entry-points."fapilog.plugins"]
            acme-sink = "fapilog_acme.sink:AcmeSink"
            [tool.fapilog.test.acme-sink]
            config = { path = "{folder}/out", batch = 5 }
        "#;
        let project = read(text).unwrap();
        assert_eq!(project.extra, Some("test"));
        assert!(project.requirement().ends_with("[test]"));
        assert_eq!(project.package(), "fapilog_acme");
        assert!(project.is_live);
        let plugin = &project.plugins[0];
        assert_eq!(plugin.class(), "AcmeSink");
        let config = plugin.config.as_deref().unwrap();
        assert!(config.contains(r#""path":"{folder}/out""#), "{config}");
        let changed = text.replace("batch = 5", "batch = 6");
        assert_ne!(read(&changed).unwrap().digest(), project.digest());
    }

    #[test]
    fn what_is_no_project_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let error = Project::read(folder.path()).unwrap_err();
        assert_eq!((error.id(), error.is_usage()), ("project-not-found", true));
        for text in ["[project", "[tool.x]\n", "[project]\nversion = \"1\"\n"] {
            assert_eq!(
                read(text).unwrap_err().id(),
                "project-not-readable",
                "{text}"
            );
        }
    }
}
