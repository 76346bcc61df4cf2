//! Wheels (PEP 427), read without trust and verified whole.

use std::collections::{BTreeSet, HashMap};
use std::io::{Read, Seek};
use std::str::FromStr;

use pep440_rs::Version;

use crate::archive::{self, Entry, Limits};
use crate::contents;
use crate::entry_points::{self, EntryPoint};
use crate::error::PackageError;
use crate::fault;
use crate::filename::WheelFilename;
use crate::metadata::{self, Metadata};
use crate::name::{ProjectName, shorten};
use crate::native::{self, NativeFile, NativeFormat, Sniffer};
use crate::nested;
use crate::placement;
use crate::record::{self, Promise};

/// Largest WHEEL file in bytes.
const MAX_WHEEL_FILE_BYTES: u64 = 64 * 1024;

/// A wheel whose every byte was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wheel {
    /// The distribution's metadata.
    pub metadata: Metadata,
    /// The METADATA file as it stands in the wheel, for PEP 658.
    pub metadata_bytes: Vec<u8>,
    /// What the distribution offers; empty when there is no entry_points.txt.
    pub entry_points: Vec<EntryPoint>,
    /// The files with their sizes in bytes, in the archive's order; folders are left out.
    pub files: Vec<(String, u64)>,
    /// The files with native code.
    pub native: Vec<NativeFile>,
    /// What is not wrong enough to refuse the wheel.
    pub warnings: Vec<Warning>,
}

/// Something about a wheel that its author should know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Warning {
    /// Tags for a platform, and nothing that needs one: others can't install it for no reason.
    #[error("the wheel is for one platform (`{tag}`), but holds no native code")]
    PlatformWithoutNative {
        /// One of the tags.
        tag: String,
    },
    /// A launcher for Windows in a wheel for any platform.
    #[error("`{path}` is a program for Windows in a wheel for any platform")]
    Launcher {
        /// The path.
        path: String,
    },
}

impl Warning {
    /// Stable identifier.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::PlatformWithoutNative { .. } => "platform-without-native",
            Self::Launcher { .. } => "windows-launcher",
        }
    }
}

/// Files of `.dist-info` whose contents are needed.
#[derive(Default)]
struct Kept(HashMap<&'static str, Vec<u8>>);

impl Kept {
    /// The largest size that is kept, by name.
    const LIMITS: [(&'static str, u64); 4] = [
        ("METADATA", metadata::MAX_BYTES as u64),
        ("WHEEL", MAX_WHEEL_FILE_BYTES),
        ("RECORD", record::MAX_BYTES),
        ("entry_points.txt", entry_points::MAX_BYTES as u64),
    ];

    fn text(&self, folder: &str, name: &str) -> Result<&str, PackageError> {
        let bytes = self.0.get(name).ok_or_else(|| PackageError::MissingFile {
            path: format!("{folder}/{name}"),
        })?;
        std::str::from_utf8(bytes).map_err(|_| PackageError::BadMetadata {
            detail: format!("{name} is not UTF-8"),
        })
    }
}

/// Reads a wheel: structure of the archive, names, every hash and size in RECORD, and that file
/// name, WHEEL and METADATA tell the same story.
///
/// # Errors
///
/// [`PackageError`]; nothing is returned of a wheel that is wrong anywhere.
pub fn read<R: Read + Seek>(
    reader: &mut R,
    filename: &WheelFilename,
    limits: &Limits,
) -> Result<Wheel, PackageError> {
    let entries = archive::read_entries(reader, limits)?;
    let folder = find_dist_info(&entries, filename)?;
    let files = || entries.iter().filter(|entry| !entry.is_folder());
    let names = files().map(|entry| entry.name.as_str());
    placement::check(names, &folder, filename)?;
    let mut kept = Kept::default();
    let mut hashes: HashMap<&str, [u8; 32]> = HashMap::new();
    let mut native = Vec::new();
    for entry in files() {
        let known = entry
            .name
            .strip_prefix(folder.as_str())
            .and_then(|rest| rest.strip_prefix('/'))
            .and_then(|rest| Kept::LIMITS.into_iter().find(|(name, _)| *name == rest));
        if let Some((_, limit)) = known.filter(|(_, limit)| entry.size > *limit) {
            return Err(PackageError::TooLarge {
                what: fault::METADATA_BYTES,
                limit,
            });
        }
        let (hash, bytes) = pass(reader, entry, known.is_some(), limits, &mut native)?;
        hashes.insert(&entry.name, hash);
        if let Some((name, _)) = known {
            kept.0.insert(name, bytes);
        }
    }
    check_record(&folder, kept.text(&folder, "RECORD")?, &entries, &hashes)?;
    check_tags(kept.text(&folder, "WHEEL")?, filename)?;
    let text = kept.text(&folder, "METADATA")?;
    let metadata = Metadata::parse(text.as_bytes())?;
    check_identity(&metadata, &filename.project, &filename.version)?;
    check_licence_files(&metadata, &folder, &hashes)?;
    native::check_tags(&native, &filename.tags)?;
    let offered = match kept.0.contains_key("entry_points.txt") {
        true => entry_points::parse(kept.text(&folder, "entry_points.txt")?)?,
        false => Vec::new(),
    };
    Ok(Wheel {
        metadata_bytes: text.as_bytes().to_vec(),
        metadata,
        entry_points: offered,
        files: files()
            .map(|entry| (entry.name.clone(), entry.size))
            .collect(),
        warnings: warnings(&native, &filename.tags),
        native,
    })
}

/// One pass over an entry: its hash, and its contents when they are kept. Archives inside are read a
/// second time.
fn pass<R: Read + Seek>(
    reader: &mut R,
    entry: &Entry,
    keep: bool,
    limits: &Limits,
    native: &mut Vec<NativeFile>,
) -> Result<([u8; 32], Vec<u8>), PackageError> {
    let mut sniffer = Sniffer::default();
    let mut bytes = Vec::new();
    let contents = contents::watch(reader, entry, &mut |part| {
        sniffer.see(part);
        if keep {
            bytes.extend_from_slice(part);
        }
    })?;
    if nested::is_archive(sniffer.head()) {
        if entry.size > nested::MAX_BYTES {
            return Err(PackageError::TooLarge {
                what: fault::NESTED,
                limit: nested::MAX_BYTES,
            });
        }
        nested::check(&contents::read(reader, entry, true)?.bytes, limits)?;
    }
    native.extend(sniffer.finish(&entry.name));
    Ok((contents.sha256, bytes))
}

/// From version 2.4 of the metadata on, licence files lie below `.dist-info/licenses/` (PEP 639);
/// before, tools put them next to METADATA, or nowhere.
fn check_licence_files(
    metadata: &Metadata,
    folder: &str,
    hashes: &HashMap<&str, [u8; 32]>,
) -> Result<(), PackageError> {
    if !metadata.has_licence_folder() {
        return Ok(());
    }
    for file in &metadata.license_files {
        let path = format!("{folder}/licenses/{file}");
        if !hashes.contains_key(path.as_str()) {
            return Err(PackageError::MissingLicenceFile {
                path: shorten(&path),
            });
        }
    }
    Ok(())
}

fn warnings(native: &[NativeFile], tags: &BTreeSet<String>) -> Vec<Warning> {
    let for_platform = |tag: &&String| !tag.ends_with("-any");
    let mut found = Vec::new();
    if native.is_empty()
        && let Some(tag) = tags.iter().find(for_platform)
    {
        found.push(Warning::PlatformWithoutNative { tag: tag.clone() });
    }
    let pure = !tags.iter().any(|tag| for_platform(&tag));
    let launchers = native
        .iter()
        .filter(|file| pure && file.format == NativeFormat::Pe);
    found.extend(launchers.map(|file| Warning::Launcher {
        path: shorten(&file.path),
    }));
    found
}

/// Name and version in a metadata file must be those of the file name.
pub(crate) fn check_identity(
    metadata: &Metadata,
    project: &ProjectName,
    version: &Version,
) -> Result<(), PackageError> {
    let differs = |field, expected: String, found: String| PackageError::Mismatch {
        field,
        place: "the metadata",
        expected,
        found,
    };
    if metadata.project != *project {
        return Err(differs(
            fault::NAME,
            project.to_string(),
            metadata.project.to_string(),
        ));
    }
    if metadata.version != *version {
        return Err(differs(
            fault::VERSION,
            version.to_string(),
            metadata.version.to_string(),
        ));
    }
    Ok(())
}

/// The one `.dist-info` folder, whose name must agree with the file name.
fn find_dist_info(entries: &[Entry], filename: &WheelFilename) -> Result<String, PackageError> {
    let folders: BTreeSet<&str> = entries
        .iter()
        .filter_map(|entry| entry.name.split_once('/'))
        .map(|(folder, _)| folder)
        .filter(|folder| folder.to_ascii_lowercase().ends_with(".dist-info"))
        .collect();
    let agrees = |folder: &str| {
        let (name, version) = folder.strip_suffix(".dist-info")?.split_once('-')?;
        let same = ProjectName::parse(name).is_ok_and(|name| name == filename.project)
            && Version::from_str(version).is_ok_and(|version| version == filename.version);
        same.then(|| folder.to_owned())
    };
    let mut found = folders.iter();
    match (found.next(), found.next()) {
        (Some(folder), None) if agrees(folder).is_some() => Ok((*folder).to_owned()),
        _ => Err(PackageError::DistInfo {
            expected: filename.dist_info(),
            found: match folders.len() {
                0 => "none".to_owned(),
                1 => format!("`{}`", shorten(folders.first().unwrap_or(&""))),
                several => format!("{several} such folders"),
            },
        }),
    }
}

fn check_record(
    folder: &str,
    text: &str,
    entries: &[Entry],
    hashes: &HashMap<&str, [u8; 32]>,
) -> Result<(), PackageError> {
    let mut promises = record::parse(text)?;
    for entry in entries.iter().filter(|entry| !entry.is_folder()) {
        let wrong = |detail| PackageError::Record {
            path: shorten(&entry.name),
            detail,
        };
        let promise = promises.remove(&entry.name);
        let own = entry
            .name
            .strip_prefix(folder)
            .and_then(|rest| rest.strip_prefix('/'));
        // RECORD can't hold its own hash, and its signatures are made after it.
        let may_lack_hash = matches!(own, Some("RECORD" | "RECORD.jws" | "RECORD.p7s"));
        match promise {
            None | Some(Promise { sha256: None, .. }) if may_lack_hash => {}
            None => return Err(wrong(fault::RECORD_EXTRA)),
            Some(Promise { sha256: None, .. }) => return Err(wrong(fault::RECORD_NO_HASH)),
            Some(Promise { sha256, .. }) if sha256.as_ref() != hashes.get(entry.name.as_str()) => {
                return Err(wrong(fault::RECORD_HASH));
            }
            Some(Promise {
                size: Some(size), ..
            }) if size != entry.size => {
                return Err(wrong(fault::RECORD_SIZE));
            }
            Some(_) => {}
        }
    }
    match promises.keys().min() {
        Some(path) => Err(PackageError::Record {
            path: shorten(path),
            detail: fault::RECORD_GHOST,
        }),
        None => Ok(()),
    }
}

/// The tags in WHEEL and in the file name must be the same, since installers trust the name.
fn check_tags(text: &str, filename: &WheelFilename) -> Result<(), PackageError> {
    let mut tags = BTreeSet::new();
    let mut version = None;
    for (key, value) in text.lines().filter_map(|line| line.split_once(':')) {
        match key {
            "Tag" => drop(tags.insert(value.trim().to_owned())),
            "Wheel-Version" => version = Some(value.trim()),
            _ => {}
        }
    }
    let differs = |field, expected: String, found: String| {
        Err(PackageError::Mismatch {
            field,
            place: "WHEEL",
            expected,
            found,
        })
    };
    if !version.is_some_and(|version| version.starts_with("1.")) {
        let found = shorten(version.unwrap_or_default());
        return differs(fault::WHEEL_VERSION, "1.x".to_owned(), found);
    }
    if expanded(&tags) != filename.tags {
        let joined = |tags: &BTreeSet<String>| {
            shorten(
                &tags
                    .iter()
                    .map(String::as_str)
                    .collect::<Vec<_>>()
                    .join(" "),
            )
        };
        return differs(fault::TAGS, joined(&filename.tags), joined(&tags));
    }
    Ok(())
}

/// Some builders write the compressed form of a tag set into WHEEL; it means the same.
fn expanded(tags: &BTreeSet<String>) -> BTreeSet<String> {
    /// More than any wheel has, to bound the work on hostile files.
    const MOST: usize = 1000;
    let mut all = BTreeSet::new();
    for tag in tags.iter().take(MOST) {
        let parts: Vec<Vec<&str>> = tag.split('-').map(|set| set.split('.').collect()).collect();
        let [pythons, abis, platforms] = parts.as_slice() else {
            all.insert(tag.clone());
            continue;
        };
        for python in pythons.iter().take(MOST) {
            for abi in abis.iter().take(10) {
                for platform in platforms.iter().take(10) {
                    all.insert(format!("{python}-{abi}-{platform}"));
                }
            }
        }
    }
    all
}
