//! The public surface of each core version, as snapshots that come with this crate.
//!
//! `scripts/core_api.py` writes them from an installed `fapilog`: one file for every version, and
//! `next.json` for the core that is being made when the version in the tree is released already.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr as _;
use std::sync::OnceLock;

use pep440_rs::Version;
use serde::Deserialize;

/// The snapshots, oldest first; a test holds the list against the folder.
const EMBEDDED: [&str; 2] = [
    include_str!("../api/0.18.1.json"),
    include_str!("../api/3.0.0.json"),
];

/// The surface of one core version.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoreApi {
    /// The version, for example `3.0.0`.
    pub core: String,
    /// Whether it was released; until then it stands for what the next core will be.
    pub released: bool,
    /// `Requires-Python` of the core itself.
    pub requires_python: String,
    /// `fapilog.plugins.API_VERSION`; absent for cores that had none.
    pub api_version: Option<(u32, u32)>,
    /// Versions of the native ABI that the core loads.
    pub abi_versions: Vec<u32>,
    /// What each public module offers, by the module's full name.
    pub modules: BTreeMap<String, BTreeMap<String, Item>>,
}

/// One name of a module.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// `class`, `function`, `module` or `value`.
    pub kind: String,
    /// Public members of a class, inherited ones too.
    #[serde(default)]
    pub members: BTreeSet<String>,
    /// The advice for a name that will go: what to use instead.
    #[serde(default)]
    pub deprecated: Option<String>,
    /// Whether the module's `__all__` lists it; what isn't listed may go at any time.
    #[serde(default = "yes")]
    pub public: bool,
}

fn yes() -> bool {
    true
}

impl CoreApi {
    /// Reads a snapshot.
    ///
    /// # Errors
    ///
    /// The JSON library's, with the place of the fault; also when `core` is no PEP 440 version.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let api: Self = serde_json::from_str(text)?;
        match Version::from_str(&api.core) {
            Ok(_) => Ok(api),
            Err(_) => Err(serde::de::Error::custom("`core` is no PEP 440 version")),
        }
    }

    /// The version.
    #[must_use]
    pub fn version(&self) -> Version {
        Version::from_str(&self.core).unwrap_or_else(|_| Version::new([0]))
    }

    /// What the core has under a dotted path such as `fapilog.plugins.Use.check_for`.
    #[must_use]
    pub fn find(&self, path: &str) -> Found<'_> {
        let mut module = None;
        for (end, _) in path.match_indices('.').chain([(path.len(), "")]) {
            let head = path.get(..end).unwrap_or_default();
            if self.modules.contains_key(head) {
                module = Some(head);
            }
        }
        let Some(module) = module else {
            return Found::Missing;
        };
        let rest = path.get(module.len()..).unwrap_or_default();
        let mut parts = rest.split('.').skip(1);
        let Some(name) = parts.next() else {
            return Found::Module;
        };
        if name.starts_with("__") && name.ends_with("__") {
            // Every module has `__name__`, `__file__` and their like.
            return Found::Module;
        }
        let Some(item) = self.modules.get(module).and_then(|names| names.get(name)) else {
            return Found::Missing;
        };
        match parts.next() {
            Some(member) if item.members.contains(member) => Found::Member(item),
            Some(_) if item.kind == "class" => Found::UnknownMember(item),
            _ => Found::Item(item),
        }
    }
}

/// What [`CoreApi::find`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found<'a> {
    /// Nothing of that name.
    Missing,
    /// A module, or what every module has.
    Module,
    /// A name of a module.
    Item(&'a Item),
    /// A public member of a class.
    Member(&'a Item),
    /// A class that lists no such member; it may inherit one.
    UnknownMember(&'a Item),
}

/// The snapshots of several cores, in the order of their versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoreHistory(Vec<CoreApi>);

impl CoreHistory {
    /// Takes snapshots in.
    #[must_use]
    pub fn new(mut snapshots: Vec<CoreApi>) -> Self {
        snapshots.sort_by_key(CoreApi::version);
        Self(snapshots)
    }

    /// The snapshots that come with this crate.
    #[must_use]
    pub fn embedded() -> &'static Self {
        static HISTORY: OnceLock<CoreHistory> = OnceLock::new();
        // A test reads each of them; one that can't be read is left out rather than a panic.
        HISTORY.get_or_init(|| {
            let read = EMBEDDED.iter().filter_map(|text| CoreApi::parse(text).ok());
            Self::new(read.collect())
        })
    }

    /// All snapshots, oldest first.
    #[must_use]
    pub fn snapshots(&self) -> &[CoreApi] {
        &self.0
    }

    /// The snapshot of exactly this version.
    #[must_use]
    pub fn of(&self, version: &Version) -> Option<&CoreApi> {
        self.0.iter().find(|api| api.version() == *version)
    }

    /// The newest released core, if any.
    #[must_use]
    pub fn current(&self) -> Option<&CoreApi> {
        self.0.iter().rev().find(|api| api.released)
    }

    /// The core that is not released yet, if there is a snapshot of it.
    #[must_use]
    pub fn next(&self) -> Option<&CoreApi> {
        self.0.iter().rev().find(|api| !api.released)
    }

    /// The first core that had the name.
    #[must_use]
    pub fn introduced(&self, path: &str) -> Option<&CoreApi> {
        self.0.iter().find(|api| has(api, path))
    }

    /// The first core without the name after one that had it.
    #[must_use]
    pub fn removed(&self, path: &str) -> Option<&CoreApi> {
        let last = self.0.iter().rposition(|api| has(api, path))?;
        self.0.get(last + 1)
    }

    /// The first core that advises against the name, and its advice.
    #[must_use]
    pub fn deprecated(&self, path: &str) -> Option<(&CoreApi, &str)> {
        self.0.iter().find_map(|api| match api.find(path) {
            Found::Item(item) | Found::Member(item) => {
                item.deprecated.as_deref().map(|advice| (api, advice))
            }
            _ => None,
        })
    }
}

/// Whether a core has a name, as a part of its public surface.
pub(crate) fn has(api: &CoreApi, path: &str) -> bool {
    match api.find(path) {
        Found::Missing | Found::UnknownMember(_) => false,
        Found::Module => true,
        Found::Item(item) | Found::Member(item) => item.public,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_snapshot_of_the_folder_is_embedded_and_read() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/api");
        let files: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let names = EMBEDDED.map(|text| CoreApi::parse(text).unwrap().core + ".json");
        assert_eq!(files, BTreeSet::from(names));
        assert_eq!(CoreHistory::embedded().snapshots().len(), EMBEDDED.len());
    }

    #[test]
    fn paths_are_found_through_modules_and_classes() {
        let history = CoreHistory::embedded();
        let core = history.of(&"3.0.0".parse().unwrap()).unwrap();
        assert!(matches!(core.find("fapilog.get_logger"), Found::Item(_)));
        assert!(matches!(core.find("fapilog.plugins"), Found::Module));
        assert!(matches!(
            core.find("fapilog.plugins.Sink.write"),
            Found::Member(_)
        ));
        assert!(matches!(
            core.find("fapilog.plugins.Sink.wrote"),
            Found::UnknownMember(_)
        ));
        assert!(matches!(core.find("fapilog.nothing"), Found::Missing));
        assert!(matches!(core.find("fapilog.__version__"), Found::Module));
        assert!(matches!(core.find("other"), Found::Missing));
    }

    #[test]
    fn a_name_of_an_older_core_is_known_as_removed() {
        let history = CoreHistory::embedded();
        let removed = history.removed("fapilog.clear_logger_cache").unwrap();
        assert_eq!(removed.core, "3.0.0");
        assert_eq!(
            history.introduced("fapilog.plugins.Sink").unwrap().core,
            "3.0.0"
        );
        assert_eq!(history.removed("fapilog.get_logger"), None);
    }
}
