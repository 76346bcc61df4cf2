//! Core metadata: the METADATA file of a wheel and the PKG-INFO file of a source archive.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifiers};

use crate::error::PackageError;
use crate::gate;
use crate::licence::LicenceExpression;
use crate::name::{ProjectName, shorten};

/// Largest metadata file in bytes, description included.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;

/// Most header fields; the package with the most extras published today has about 1,200.
pub const MAX_FIELDS: usize = 4000;

/// Longest `Summary` in characters, as the largest public index allows.
pub const MAX_SUMMARY_CHARS: usize = 512;

/// Longest value in bytes of a field that isn't a whole text; lists of authors are the longest.
pub const MAX_VALUE_BYTES: usize = 8 * 1024;

/// The versions of the format.
const VERSIONS: [&str; 8] = ["1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5"];

/// Fields that mean something since a later version only, so that readers of the stated version
/// don't see them. `License-File` isn't one of them: tools wrote it for years before.
const LATE_FIELDS: [(&str, &str); 6] = [
    ("provides-extra", "2.1"),
    ("description-content-type", "2.1"),
    ("dynamic", "2.2"),
    ("license-expression", "2.4"),
    ("import-name", "2.5"),
    ("import-namespace", "2.5"),
];

/// Fields that may hold whole texts, bounded by [`MAX_BYTES`] only.
const TEXT_FIELDS: [&str; 2] = ["description", "license"];

/// What a distribution says about itself (core metadata 1.0 to 2.x).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// `Metadata-Version`, for example `2.4`.
    pub metadata_version: String,
    /// `Name` as written.
    pub name: String,
    /// `Name` in its normal form.
    pub project: ProjectName,
    /// `Version`.
    pub version: Version,
    /// `Summary`: one line.
    pub summary: Option<String>,
    /// The description, from the body or the old `Description` field.
    pub description: Option<String>,
    /// `Description-Content-Type`, for example `text/markdown`.
    pub description_content_type: Option<String>,
    /// `License-Expression` in its normal form; see [`LicenceExpression`].
    pub license_expression: Option<String>,
    /// `License-File`, in order: paths below `.dist-info/licenses/`.
    pub license_files: Vec<String>,
    /// `Import-Name`, in order: what can be imported (since 2.5).
    pub import_names: Vec<String>,
    /// `Import-Namespace`, in order (since 2.5).
    pub import_namespaces: Vec<String>,
    /// `License-Expression` (SPDX), else the old `License` text.
    pub license: Option<String>,
    /// `Author` or `Author-email`.
    pub author: Option<String>,
    /// `Maintainer` or `Maintainer-email`.
    pub maintainer: Option<String>,
    /// `Keywords` as written.
    pub keywords: Option<String>,
    /// `Classifier`, in order.
    pub classifiers: Vec<String>,
    /// `Requires-Python`, a valid set of specifiers.
    pub requires_python: Option<String>,
    /// `Requires-Dist`, in order, each a valid requirement.
    pub requires_dist: Vec<String>,
    /// `Provides-Extra`, in order.
    pub provides_extra: Vec<String>,
    /// `Project-URL` as (label, address), and `Home-page` as the first; addresses as written.
    pub project_urls: Vec<(String, String)>,
}

impl Metadata {
    /// Parses a metadata file.
    ///
    /// # Errors
    ///
    /// [`PackageError::BadMetadata`], [`PackageError::Name`] or [`PackageError::Requirement`].
    pub fn parse(bytes: &[u8]) -> Result<Self, PackageError> {
        let fields = Fields::read(bytes)?;
        let metadata_version = fields.required("Metadata-Version")?;
        if !VERSIONS.contains(&metadata_version.as_str()) {
            let shown = shorten(&metadata_version);
            return Err(bad(format!(
                "Metadata-Version is `{shown}`, expected 1.0 to 1.2 or 2.1 to 2.5"
            )));
        }
        fields.check_ages(&metadata_version)?;
        let name = fields.required("Name")?;
        let version = fields.required("Version")?;
        let requires_python = fields.first("Requires-Python");
        if let Some(range) = &requires_python {
            VersionSpecifiers::from_str(range).map_err(|_| {
                bad(format!(
                    "Requires-Python `{}` is no version range",
                    shorten(range)
                ))
            })?;
        }
        let license_expression = match fields.first("License-Expression") {
            None => None,
            Some(text) => {
                let read = LicenceExpression::parse(&text)?;
                Some(read.as_str().to_owned())
            }
        };
        if license_expression.is_some() && fields.first("License").is_some() {
            return Err(bad("it has both License and License-Expression".into()));
        }
        let license_files = fields.all("License-File");
        if let Some(path) = license_files.iter().find(|path| !is_plain_path(path)) {
            let shown = shorten(path);
            return Err(bad(format!("License-File `{shown}` is no plain path")));
        }
        let requires_dist = fields.all("Requires-Dist");
        let lines: Vec<&str> = requires_dist.iter().map(String::as_str).collect();
        gate::check_requirements(&lines)?;
        Ok(Self {
            project: ProjectName::parse(&name)?,
            version: Version::from_str(&version).map_err(|_| {
                bad(format!(
                    "Version `{}` is no PEP 440 version",
                    shorten(&version)
                ))
            })?,
            metadata_version,
            name,
            summary: fields.first("Summary"),
            description: fields.body.clone().or_else(|| fields.first("Description")),
            description_content_type: fields.first("Description-Content-Type"),
            import_names: fields.all("Import-Name"),
            import_namespaces: fields.all("Import-Namespace"),
            license_files,
            license: license_expression
                .clone()
                .or_else(|| fields.first("License")),
            license_expression,
            author: fields
                .first("Author")
                .or_else(|| fields.first("Author-email")),
            maintainer: fields
                .first("Maintainer")
                .or_else(|| fields.first("Maintainer-email")),
            keywords: fields.first("Keywords"),
            classifiers: fields.all("Classifier"),
            requires_python,
            requires_dist,
            provides_extra: fields.all("Provides-Extra"),
            project_urls: fields.project_urls(),
        })
    }

    /// Whether licence files lie in a folder of their own: since version 2.4.
    #[must_use]
    pub(crate) fn has_licence_folder(&self) -> bool {
        matches!(self.metadata_version.as_str(), "2.4" | "2.5")
    }

    /// The range of cores that the distribution declares, if any; see
    /// [`gate::declared_core_range`].
    ///
    /// # Errors
    ///
    /// [`PackageError::Requirement`] when a line about the core can't be read.
    pub fn core_range(&self) -> Result<Option<String>, PackageError> {
        let lines: Vec<&str> = self.requires_dist.iter().map(String::as_str).collect();
        Ok(gate::declared_core_range(&lines)?)
    }
}

/// A relative path with `/` that stays where it is.
fn is_plain_path(path: &str) -> bool {
    !path.contains(['\\', '*', ':']) && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn bad(detail: String) -> PackageError {
    PackageError::BadMetadata { detail }
}

/// Field lines must mean the same to every reader: `Name:` at once, a continuation that begins with
/// a blank, and no control characters, which Python's parser takes for ends of lines in part.
fn check_lines(text: &str) -> Result<(), PackageError> {
    for (index, line) in text.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() {
            return Ok(());
        }
        let is_name = |name: &str| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        let continues = index > 0 && line.starts_with([' ', '\t']);
        let named = line.split_once(':').is_some_and(|(name, _)| is_name(name));
        if !(continues || named) || line.chars().any(|c| c.is_control() && c != '\t') {
            let number = index + 1;
            return Err(bad(format!(
                "line {number} is `{}`, expected `Name: value`",
                shorten(line)
            )));
        }
    }
    Ok(())
}

struct Fields {
    headers: Vec<(String, String)>,
    body: Option<String>,
}

impl Fields {
    fn read(bytes: &[u8]) -> Result<Self, PackageError> {
        if bytes.len() > MAX_BYTES {
            return Err(bad("it is larger than 2 MiB".into()));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| bad("it is not UTF-8".into()))?;
        check_lines(text)?;
        let (headers, end) = mailparse::parse_headers(text.as_bytes())
            .map_err(|error| bad(shorten(&error.to_string())))?;
        if headers.len() > MAX_FIELDS {
            return Err(bad("it has more than 4000 fields".into()));
        }
        let headers: Vec<(String, String)> = headers
            .iter()
            .map(|header| {
                let value = String::from_utf8_lossy(header.get_value_raw())
                    .trim()
                    .to_owned();
                (header.get_key().to_ascii_lowercase(), value)
            })
            .collect();
        for (key, value) in &headers {
            let too_long = value.len() > MAX_VALUE_BYTES && !TEXT_FIELDS.contains(&key.as_str());
            if too_long || key == "summary" && value.chars().count() > MAX_SUMMARY_CHARS {
                return Err(bad(format!("the field `{}` is too long", shorten(key))));
            }
        }
        let body = text
            .get(end..)
            .filter(|body| !body.trim().is_empty())
            .map(str::to_owned);
        Ok(Self { headers, body })
    }

    fn check_ages(&self, version: &str) -> Result<(), PackageError> {
        // All versions have one digit on each side, so that their texts compare as they do.
        let late = LATE_FIELDS.iter().find(|(field, since)| {
            version < *since && self.headers.iter().any(|(key, _)| key == field)
        });
        match late {
            Some((field, since)) => Err(bad(format!(
                "the field `{field}` needs Metadata-Version {since}, found {version}"
            ))),
            None => Ok(()),
        }
    }

    fn all(&self, key: &str) -> Vec<String> {
        let matching = |(name, _): &&(String, String)| name.eq_ignore_ascii_case(key);
        self.headers
            .iter()
            .filter(matching)
            .map(|(_, value)| value.clone())
            .collect()
    }

    /// The field's value; absent, empty and `UNKNOWN` (as old tools wrote) are the same.
    fn first(&self, key: &str) -> Option<String> {
        self.all(key)
            .into_iter()
            .next()
            .filter(|value| !value.is_empty() && value != "UNKNOWN")
    }

    fn required(&self, key: &str) -> Result<String, PackageError> {
        let mut values = self.all(key);
        match (values.pop(), values.is_empty()) {
            (Some(value), true) if !value.is_empty() => Ok(value),
            (None, _) => Err(bad(format!("the field {key} is missing"))),
            _ => Err(bad(format!(
                "the field {key} must stand there once, with a value"
            ))),
        }
    }

    fn project_urls(&self) -> Vec<(String, String)> {
        let home = self
            .first("Home-page")
            .map(|url| ("Homepage".to_owned(), url));
        let labelled = self.all("Project-URL").into_iter().filter_map(|line| {
            let (label, url) = line.split_once(',')?;
            Some((label.trim().to_owned(), url.trim().to_owned()))
        });
        home.into_iter().chain(labelled).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RIGHT: &str = "Metadata-Version: 2.4\nName: fapilog-acme\nVersion: 1.0\n\
        Summary: Sends recörds\nLicense-Expression: Apache-2.0\nRequires-Python: >=3.10\n\
        Requires-Dist: fapilog<4.0,>=3.0\nRequires-Dist: httpx>=0.27; extra == 'http'\n\
        Provides-Extra: http\nProject-URL: Source, https://example.org/acme\n\
        Description-Content-Type: text/markdown\n\n# Acme\n\nHello.\n";

    #[test]
    fn a_right_file_is_read_whole() {
        let metadata = Metadata::parse(RIGHT.as_bytes()).unwrap();
        assert_eq!(metadata.project.as_str(), "fapilog-acme");
        assert_eq!(metadata.summary.as_deref(), Some("Sends recörds"));
        assert_eq!(
            metadata.core_range().unwrap().as_deref(),
            Some(">=3.0,<4.0")
        );
        assert_eq!(
            metadata.project_urls,
            [("Source".into(), "https://example.org/acme".into())]
        );
        assert_eq!(metadata.description.as_deref(), Some("# Acme\n\nHello.\n"));
    }

    #[test]
    fn wrong_files_are_refused() {
        for (from, to, id) in [
            ("Name: fapilog-acme\n", "", "bad-metadata"),
            ("Name: fapilog-acme", "Name: a/b", "invalid-project-name"),
            (
                "Version: 1.0\n",
                "Version: 1.0\nVersion: 1.1\n",
                "bad-metadata",
            ),
            ("Version: 1.0\n", "Version: one\n", "bad-metadata"),
            (
                "Metadata-Version: 2.4",
                "Metadata-Version: 3.0",
                "bad-metadata",
            ),
            (">=3.10", "3.10 or so", "bad-metadata"),
            ("Summary: ", "Summary : ", "bad-metadata"),
            ("Summary: ", "no field\nSummary: ", "bad-metadata"),
            ("Sends", "Sends\rRequires-Dist: hidden\rx:", "bad-metadata"),
            ("Sends", "Sends\u{85}Requires-Dist: hidden", "bad-metadata"),
            (
                "Metadata-Version",
                "\u{feff}Metadata-Version",
                "bad-metadata",
            ),
            ("Sends", &"s".repeat(MAX_SUMMARY_CHARS), "bad-metadata"),
            ("example.org", &"e".repeat(MAX_VALUE_BYTES), "bad-metadata"),
            ("fapilog<4.0", "fapilog<four", "bad-requirement"),
        ] {
            let error = Metadata::parse(RIGHT.replace(from, to).as_bytes()).unwrap_err();
            assert_eq!(error.id(), id, "{to}");
        }
        assert_eq!(
            Metadata::parse(b"Name: \xff\n").unwrap_err().id(),
            "bad-metadata"
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Metadata::parse(&bytes);
        }
    }
}
