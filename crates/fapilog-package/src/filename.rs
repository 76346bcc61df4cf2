//! File names of wheels (PEP 427) and source archives (PEP 625).

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use pep440_rs::Version;

use crate::error::PackageError;
use crate::name::{ProjectName, shorten};

/// Longest file name in bytes, as common file systems allow.
pub const MAX_FILENAME_BYTES: usize = 255;

/// Most tags that the compressed tag set of one wheel may stand for.
const MAX_TAGS: usize = 1000;

/// The name of a distribution file, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DistributionFilename {
    /// A wheel, `{name}-{version}(-{build})?-{python}-{abi}-{platform}.whl`.
    Wheel(WheelFilename),
    /// A source archive, `{name}-{version}.tar.gz`.
    Source(SourceFilename),
}

impl DistributionFilename {
    /// Parses a file name.
    ///
    /// # Errors
    ///
    /// [`PackageError::BadFilename`] when it is neither a wheel's nor a source archive's.
    pub fn parse(filename: &str) -> Result<Self, PackageError> {
        if filename.ends_with(".whl") {
            WheelFilename::parse(filename).map(Self::Wheel)
        } else if filename.ends_with(".tar.gz") {
            SourceFilename::parse(filename).map(Self::Source)
        } else {
            Err(bad(
                filename,
                "expected a name that ends with `.whl` or `.tar.gz`",
            ))
        }
    }

    /// The project that the file belongs to.
    #[must_use]
    pub fn project(&self) -> &ProjectName {
        match self {
            Self::Wheel(wheel) => &wheel.project,
            Self::Source(source) => &source.project,
        }
    }

    /// The version that the file belongs to.
    #[must_use]
    pub fn version(&self) -> &Version {
        match self {
            Self::Wheel(wheel) => &wheel.version,
            Self::Source(source) => &source.version,
        }
    }

    /// The upload form's word for this type of file.
    #[must_use]
    pub fn filetype(&self) -> &'static str {
        match self {
            Self::Wheel(_) => "bdist_wheel",
            Self::Source(_) => "sdist",
        }
    }
}

impl fmt::Display for DistributionFilename {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Wheel(wheel) => &wheel.filename,
            Self::Source(source) => &source.filename,
        })
    }
}

/// A wheel's file name in its normal form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WheelFilename {
    filename: String,
    /// The project.
    pub project: ProjectName,
    /// The version.
    pub version: Version,
    /// The tags that the compressed tag set stands for, for example `py3-none-any`.
    pub tags: BTreeSet<String>,
}

impl WheelFilename {
    /// Parses a wheel's file name. Name and version must be in their normal form, so that one
    /// release can't bear two spellings.
    ///
    /// # Errors
    ///
    /// [`PackageError::BadFilename`].
    pub fn parse(filename: &str) -> Result<Self, PackageError> {
        let stem = stem(filename, ".whl")?;
        let parts: Vec<&str> = stem.split('-').collect();
        let (name, version, build, tags) = match parts.as_slice() {
            [name, version, python, abi, platform] => {
                (*name, *version, None, [python, abi, platform])
            }
            [name, version, build, python, abi, platform] => {
                (*name, *version, Some(*build), [python, abi, platform])
            }
            _ => {
                return Err(bad(
                    filename,
                    "expected `name-version-python-abi-platform.whl`",
                ));
            }
        };
        if build.is_some_and(|build| !build.starts_with(|c: char| c.is_ascii_digit())) {
            return Err(bad(
                filename,
                "expected a build tag that begins with a digit",
            ));
        }
        let (project, version) = project_and_version(filename, name, version)?;
        let tags = expand_tags(filename, tags.map(|tag| *tag))?;
        Ok(Self {
            filename: filename.to_owned(),
            project,
            version,
            tags,
        })
    }

    /// The folder that holds the wheel's metadata: `{name}-{version}.dist-info`.
    #[must_use]
    pub fn dist_info(&self) -> String {
        format!(
            "{}-{}.dist-info",
            self.project.file_form(),
            file_version(&self.version)
        )
    }
}

impl fmt::Display for WheelFilename {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.filename)
    }
}

/// A source archive's file name in its normal form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFilename {
    filename: String,
    /// The project.
    pub project: ProjectName,
    /// The version.
    pub version: Version,
}

impl SourceFilename {
    /// Parses a source archive's file name, strictly as PEP 625 wants it.
    ///
    /// # Errors
    ///
    /// [`PackageError::BadFilename`].
    pub fn parse(filename: &str) -> Result<Self, PackageError> {
        let stem = stem(filename, ".tar.gz")?;
        let (name, version) = stem
            .split_once('-')
            .ok_or_else(|| bad(filename, "expected `name-version.tar.gz`"))?;
        let (project, version) = project_and_version(filename, name, version)?;
        Ok(Self {
            filename: filename.to_owned(),
            project,
            version,
        })
    }

    /// The folder that holds everything in the archive: `{name}-{version}`.
    #[must_use]
    pub fn root(&self) -> String {
        format!(
            "{}-{}",
            self.project.file_form(),
            file_version(&self.version)
        )
    }
}

fn bad(filename: &str, expected: impl Into<String>) -> PackageError {
    PackageError::BadFilename {
        filename: shorten(filename),
        expected: expected.into(),
    }
}

/// A version as it stands in file names: PEP 440's normal form with `_` for `-`.
fn file_version(version: &Version) -> String {
    version.to_string().replace('-', "_")
}

fn stem<'a>(filename: &'a str, suffix: &str) -> Result<&'a str, PackageError> {
    if filename.len() > MAX_FILENAME_BYTES {
        return Err(bad(filename, "expected at most 255 bytes"));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | '!');
    if !filename.chars().all(plain) {
        return Err(bad(filename, "expected ASCII letters, digits and `-_.+!`"));
    }
    filename
        .strip_suffix(suffix)
        .ok_or_else(|| bad(filename, format!("expected `*{suffix}`")))
}

fn project_and_version(
    filename: &str,
    name: &str,
    version: &str,
) -> Result<(ProjectName, Version), PackageError> {
    let project = ProjectName::parse(name)
        .map_err(|_| bad(filename, "expected it to begin with a project name"))?;
    if project.file_form() != name {
        let expected = format!(
            "expected the name in its normal form, `{}`",
            project.file_form()
        );
        return Err(bad(filename, expected));
    }
    let parsed = Version::from_str(version)
        .map_err(|_| bad(filename, "expected a PEP 440 version after the name"))?;
    if file_version(&parsed) != version {
        let expected = format!(
            "expected the version in its normal form, `{}`",
            file_version(&parsed)
        );
        return Err(bad(filename, expected));
    }
    Ok((project, parsed))
}

fn expand_tags(filename: &str, sets: [&str; 3]) -> Result<BTreeSet<String>, PackageError> {
    let [pythons, abis, platforms] = sets.map(|set| set.split('.').collect::<Vec<_>>());
    if pythons.len() * abis.len() * platforms.len() > MAX_TAGS {
        return Err(bad(filename, "expected at most 1000 tags"));
    }
    let mut tags = BTreeSet::new();
    for python in &pythons {
        for abi in &abis {
            for platform in &platforms {
                if python.is_empty() || abi.is_empty() || platform.is_empty() {
                    return Err(bad(filename, "expected no empty tag"));
                }
                tags.insert(format!("{python}-{abi}-{platform}"));
            }
        }
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_wheel_name_gives_project_version_and_tags() {
        let name = "fapilog_acme-1.0.0-cp310-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl";
        let wheel = WheelFilename::parse(name).unwrap();
        assert_eq!(wheel.project.as_str(), "fapilog-acme");
        assert_eq!(wheel.dist_info(), "fapilog_acme-1.0.0.dist-info");
        assert_eq!(wheel.tags.len(), 2);
        assert!(wheel.tags.contains("cp310-abi3-manylinux2014_x86_64"));
    }

    #[test]
    fn a_source_archive_name_gives_project_and_version() {
        let source = SourceFilename::parse("fapilog_acme-1.0rc1.tar.gz").unwrap();
        assert_eq!(
            (source.project.as_str(), source.root().as_str()),
            ("fapilog-acme", "fapilog_acme-1.0rc1")
        );
    }

    #[test]
    fn names_that_are_not_normal_are_refused() {
        for name in [
            "Fapilog_acme-1.0-py3-none-any.whl",
            "fapilog-acme-1.0-py3-none-any.whl",
            "fapilog_acme-1.0.RC1-py3-none-any.whl",
            "fapilog_acme-1.0-x1-py3-none-any.whl",
            "fapilog_acme-1.0-py3-none.whl",
            "fapilog_acme-1.0-py3-none-.whl",
            "../fapilog_acme-1.0-py3-none-any.whl",
            "fapilog_acme-one-py3-none-any.whl",
            "fapilog-acme-1.0.tar.gz",
            "fapilog_acme.tar.gz",
            "fapilog_acme-1.0.zip",
            "",
        ] {
            let error = DistributionFilename::parse(name).unwrap_err();
            assert_eq!(error.id(), "bad-filename", "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_file_name_makes_the_parser_panic(name in "[ -~]{0,40}(\\.whl|\\.tar\\.gz)?") {
            let _ = DistributionFilename::parse(&name);
        }
    }
}
