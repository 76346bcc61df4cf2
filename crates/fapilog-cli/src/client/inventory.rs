//! What is installed in an environment: the answer of `inventory.py`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// Everything at one moment.
#[derive(Debug, Clone, Deserialize)]
pub struct Inventory {
    /// Version of Python, three numbers.
    pub python: String,
    /// Whether uv made the environment.
    pub uv_made_it: bool,
    /// Installed distributions by normalised name.
    pub distributions: Vec<Distribution>,
    /// What the core says of each plugin.
    pub plugins: Vec<Report>,
    /// Why it says nothing: the core cannot be imported.
    pub problem: Option<String>,
}

/// An installed distribution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distribution {
    /// Normalised name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// `pip`, `uv`, or empty.
    #[serde(default)]
    pub installer: String,
    /// Where it came from, when it came from no index; `-e ` before it for an editable one.
    #[serde(default)]
    pub origin: Option<String>,
    /// Names of its entry points in `fapilog.plugins`.
    #[serde(default)]
    pub plugins: Vec<String>,
    /// Its requirements, but for those of extras.
    #[serde(default)]
    pub requires: Vec<String>,
    /// What is left of the wheel it came in; of plugins only.
    #[serde(default)]
    pub wheel: Option<WheelLeft>,
}

/// What an installer leaves of a wheel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WheelLeft {
    /// SHA-256 of its `METADATA`, in hexadecimal.
    pub metadata_sha256: String,
    /// The tags in its `WHEEL`.
    pub tags: BTreeSet<String>,
}

impl Distribution {
    /// What to give an installer to get it back as it is.
    pub fn requirement(&self) -> Vec<String> {
        match self.origin.as_deref() {
            Some(origin) => match origin.strip_prefix("-e ") {
                Some(folder) => vec![
                    "-e".to_owned(),
                    folder.strip_prefix("file://").unwrap_or(folder).to_owned(),
                ],
                None => vec![format!("{} @ {origin}", self.name)],
            },
            None => vec![format!("{}=={}", self.name, self.version)],
        }
    }
}

/// What the core says of a plugin.
#[derive(Debug, Clone, Deserialize)]
pub struct Report {
    /// Name of the entry point.
    pub name: String,
    /// The distribution that brought it.
    pub distribution: String,
    /// What it can do: `filter`, `sink`, ….
    #[serde(default)]
    pub kinds: Vec<String>,
    /// `ready`, `refused` or `broken`.
    pub status: String,
    /// Why it is not ready.
    #[serde(default)]
    pub reason: Option<String>,
    /// What repairs it.
    #[serde(default)]
    pub hint: Option<String>,
}

impl Report {
    /// Whether it would load.
    pub fn is_ready(&self) -> bool {
        self.status == "ready"
    }
}

impl Inventory {
    /// An installed distribution by its normalised name.
    pub fn find(&self, name: &str) -> Option<&Distribution> {
        self.distributions.iter().find(|one| one.name == name)
    }

    /// Version of the installed core.
    pub fn core(&self) -> Option<&str> {
        self.find("fapilog").map(|core| core.version.as_str())
    }

    /// Distributions that bring plugins.
    pub fn plugin_distributions(&self) -> impl Iterator<Item = &Distribution> {
        self.distributions
            .iter()
            .filter(|one| !one.plugins.is_empty() && one.name != "fapilog")
    }

    /// Versions by name, to compare two moments.
    pub fn versions(&self) -> BTreeMap<&str, &Distribution> {
        self.distributions
            .iter()
            .map(|one| (one.name.as_str(), one))
            .collect()
    }

    /// What is wrong: the core does not work, or plugins that would not load. By plugin name.
    pub fn faults(&self) -> BTreeMap<String, String> {
        let core = self
            .problem
            .iter()
            .map(|problem| ("fapilog".to_owned(), problem.clone()));
        let plugins = self.plugins.iter().filter(|one| !one.is_ready());
        let plugins = plugins.map(|one| {
            let reason = one.reason.clone().unwrap_or_else(|| one.status.clone());
            (one.name.clone(), reason)
        });
        core.chain(plugins).collect()
    }
}
