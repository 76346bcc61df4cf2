//! A package as rules see it: its metadata, its files, and what its modules define.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read as _};

use fapilog_package::api_usage::{self, ApiUsage};
use fapilog_package::archive::{self, Limits};
use fapilog_package::compatibility::{self, Claims, Evidence, Judgement};
use fapilog_package::core_api::{CoreApi, CoreHistory};
use fapilog_package::entry_points::{EntryPoint, PLUGIN_GROUP};
use fapilog_package::filename::DistributionFilename;
use fapilog_package::metadata::Metadata;
use fapilog_package::{PackageError, Version, source, wheel};
use flate2::read::GzDecoder;

use crate::capability::Capabilities;
use crate::python::fact::{Class, Function};
use crate::report::Place;

/// Most bytes of all contents together that are judged.
const MAX_TOTAL_BYTES: u64 = 256 * 1024 * 1024;
/// Largest file that is judged.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;
/// Largest text that is kept for rules about the whole package.
const MAX_KEPT_BYTES: usize = 256 * 1024;

/// The bounds in which artifacts are opened.
pub(crate) fn limits() -> Limits {
    Limits {
        total_bytes: MAX_TOTAL_BYTES,
        entry_bytes: MAX_FILE_BYTES,
        ..Limits::default()
    }
}

/// What kind of artifact a package is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Wheel,
    Source,
}

/// One file, while its bytes are at hand.
#[derive(Debug)]
pub(crate) struct File<'a> {
    /// Path within the package, without the root folder of a source archive.
    pub path: &'a str,
    pub bytes: &'a [u8],
}

/// What a module defines, kept after its source is gone.
#[derive(Debug)]
pub(crate) struct Summary {
    pub path: String,
    pub dotted: String,
    pub names: Vec<String>,
    /// `from x import *` may bring any name.
    pub has_star_import: bool,
    pub classes: Vec<(Class, Place)>,
    pub functions: Vec<(Function, Place)>,
    /// Qualified names that names at module level were imported from.
    pub imports: Vec<String>,
}

/// A whole package.
#[derive(Debug)]
pub(crate) struct Package {
    pub kind: Kind,
    pub metadata: Metadata,
    pub entry_points: Vec<EntryPoint>,
    /// Paths and sizes in bytes.
    pub files: Vec<(String, u64)>,
    /// Python files of the library itself.
    pub modules: Vec<Summary>,
    /// Small texts that rules ask for, by path: `pyproject.toml`.
    pub texts: BTreeMap<String, String>,
    pub capabilities: Capabilities,
    pub size_bytes: u64,
    /// Compatibility tags of a wheel.
    pub tags: BTreeSet<String>,
    /// The names of the core that its code uses, gathered while its files are gone through.
    pub usage: ApiUsage,
    /// How its code fits the core of this version; only wheels are held against it.
    pub compatibility: Option<Judgement>,
}

impl Package {
    /// Takes in a file's use of the core.
    pub(crate) fn see(&mut self, file: &File<'_>) {
        if self.kind == Kind::Wheel {
            api_usage::see(file.path, file.bytes, &mut self.usage);
        }
    }

    /// Holds a wheel, when all of its files were seen, against the core of this version.
    pub(crate) fn compare(&mut self) {
        if self.kind == Kind::Wheel {
            let judgement = compatibility_of(&self.metadata, &self.tags, &self.usage);
            self.compatibility = Some(judgement);
        }
    }

    /// The entry points at which fapilog looks for plugins.
    pub(crate) fn plugins(&self) -> impl Iterator<Item = &EntryPoint> {
        let is_plugin = |entry: &&EntryPoint| entry.group == PLUGIN_GROUP;
        self.entry_points.iter().filter(is_plugin)
    }

    pub(crate) fn module(&self, dotted: &str) -> Option<&Summary> {
        self.modules.iter().find(|module| module.dotted == dotted)
    }

    /// The module that really defines the class which `module` calls `name`, and its name there:
    /// packages often import their plugin classes into `__init__`.
    pub(crate) fn class<'p>(
        &'p self,
        module: &str,
        name: &'p str,
    ) -> Option<(&'p Summary, &'p str)> {
        let summary = self.module(module)?;
        let defines = |summary: &Summary, name: &str| {
            summary
                .classes
                .iter()
                .any(|(class, _)| *class.name == *name)
        };
        if defines(summary, name) {
            return Some((summary, name));
        }
        let imported = summary.imports.iter().find_map(|import| {
            let (from, last) = import.trim_start_matches('~').rsplit_once('.')?;
            (last == name).then_some(from)
        });
        let other = self.module(imported?)?;
        defines(other, name).then_some((other, name))
    }

    /// Whether any file satisfies a condition on its path, given in lower case.
    pub(crate) fn has_file(&self, condition: impl Fn(&str) -> bool) -> bool {
        let mut paths = self.files.iter().map(|(path, _)| path.to_lowercase());
        paths.any(|path| condition(&path))
    }

    /// Whether a text is kept for rules about the whole package.
    pub(crate) fn keeps(path: &str) -> bool {
        matches!(path, "pyproject.toml" | "setup.cfg") || path.ends_with(".pth")
    }

    pub(crate) fn keep(&mut self, path: &str, bytes: &[u8]) {
        let bytes = bytes
            .get(..MAX_KEPT_BYTES.min(bytes.len()))
            .unwrap_or_default();
        let text = String::from_utf8_lossy(bytes).into_owned();
        self.texts.insert(path.to_owned(), text);
    }
}

/// An artifact whose structure was verified, before its files are looked at.
pub(crate) enum Opened<'a> {
    Wheel(&'a [u8], Vec<archive::Entry>),
    Source(&'a [u8], String),
}

/// Verifies an artifact and its metadata.
pub(crate) fn open<'a>(
    artifact: &'a [u8],
    filename: &str,
) -> Result<(Package, Opened<'a>), PackageError> {
    let limits = limits();
    let size_bytes = artifact.len() as u64;
    let package = |kind, metadata, entry_points, files| Package {
        kind,
        metadata,
        entry_points,
        files,
        modules: Vec::new(),
        texts: BTreeMap::new(),
        capabilities: Capabilities::default(),
        size_bytes,
        tags: BTreeSet::new(),
        usage: ApiUsage::default(),
        compatibility: None,
    };
    match DistributionFilename::parse(filename)? {
        DistributionFilename::Wheel(name) => {
            let mut reader = Cursor::new(artifact);
            let wheel = wheel::read(&mut reader, &name, &limits)?;
            let entries = archive::read_entries(&mut reader, &limits)?;
            let mut package = package(Kind::Wheel, wheel.metadata, wheel.entry_points, wheel.files);
            package.tags = name.tags;
            Ok((package, Opened::Wheel(artifact, entries)))
        }
        DistributionFilename::Source(name) => {
            let archive = source::read(artifact, &name, &limits)?;
            let root = format!("{}/", name.root());
            let inside = |(path, size): (String, u64)| {
                let path = path.strip_prefix(&root).map(str::to_owned).unwrap_or(path);
                (path, size)
            };
            let files = archive.files.into_iter().map(inside).collect();
            let package = package(Kind::Source, archive.metadata, Vec::new(), files);
            Ok((package, Opened::Source(artifact, root)))
        }
    }
}

/// The verdict about the core of this very version, whose snapshot comes with the library.
fn compatibility_of(metadata: &Metadata, tags: &BTreeSet<String>, usage: &ApiUsage) -> Judgement {
    let history = CoreHistory::embedded();
    let newest = history.snapshots().last();
    let core = newest.map_or_else(|| Version::new([3]), CoreApi::version);
    let claims = Claims {
        metadata,
        tags: Some(tags),
        abi_versions: &BTreeSet::new(),
        usage: Some(usage),
        evidence: Evidence::None,
    };
    compatibility::judge(&claims, &core, history, None)
}

impl Opened<'_> {
    /// Hands over each file once, in the archive's order.
    pub(crate) fn each(&self, mut visit: impl FnMut(&File<'_>)) -> Result<(), PackageError> {
        match self {
            Self::Wheel(artifact, entries) => {
                let mut reader = Cursor::new(*artifact);
                for entry in entries.iter().filter(|entry| !entry.is_folder()) {
                    let bytes = archive::read_contents(&mut reader, entry)?;
                    visit(&File {
                        path: &entry.name,
                        bytes: &bytes,
                    });
                }
            }
            // The archive was verified: names are plain, sizes and their sum are bounded.
            Self::Source(artifact, root) => {
                let mut archive = tar::Archive::new(GzDecoder::new(*artifact));
                for entry in archive.entries()? {
                    let mut entry = entry?;
                    if entry.header().entry_type() != tar::EntryType::Regular {
                        continue;
                    }
                    let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
                    let mut bytes = Vec::new();
                    entry
                        .by_ref()
                        .take(MAX_FILE_BYTES)
                        .read_to_end(&mut bytes)?;
                    visit(&File {
                        path: path.strip_prefix(root.as_str()).unwrap_or(&path),
                        bytes: &bytes,
                    });
                }
            }
        }
        Ok(())
    }
}
