//! The form of the standard upload interface (`POST /legacy/`), and the token that goes with it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fapilog_package::archive::Limits;
use fapilog_package::filename::DistributionFilename;
use fapilog_package::metadata::Metadata;
use fapilog_package::{source, wheel};
use sha2::{Digest as _, Sha256};

use super::{Address, ClientFailure, trusted};
use crate::doctor::probe;

/// Holds the token; it never stands in a command line.
const TOKEN_VARIABLE: &str = "FAPILOG_PUBLISH_TOKEN";

/// The user name that goes with a token.
const TOKEN_USER: &str = "__token__";

/// How long a keyring may take: it may ask its owner to unlock it.
const KEYRING_LIMIT: Duration = Duration::from_secs(60);

/// Largest file that is sent, in bytes: what indexes take.
const LARGEST: u64 = 100 * 1024 * 1024;

/// A file that was read and found right.
#[derive(Debug)]
pub struct Upload {
    /// Where it is.
    pub path: PathBuf,
    /// Its name.
    pub filename: String,
    /// What its name says.
    pub parsed: DistributionFilename,
    /// What it says of itself.
    pub metadata: Metadata,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Digest of the bytes.
    pub sha256: String,
}

impl Upload {
    /// Reads a file as the marketplace would.
    pub fn read(path: &Path) -> Result<Self, ClientFailure> {
        let bad = |reason: String| ClientFailure::BadFile {
            path: path.to_owned(),
            reason,
        };
        let refused = |source| ClientFailure::BadPackage {
            path: path.to_owned(),
            source,
        };
        let filename = path.file_name().and_then(|name| name.to_str());
        let filename = filename.ok_or_else(|| bad("has no name that is UTF-8".to_owned()))?;
        let parsed = DistributionFilename::parse(filename).map_err(refused)?;
        let cannot = |error: std::io::Error| bad(format!("cannot be read: {error}"));
        let size = std::fs::metadata(path).map_err(cannot)?.len();
        if size > LARGEST {
            let most = LARGEST / 1024 / 1024;
            return Err(bad(format!(
                "is larger than the {most} MiB that indexes take"
            )));
        }
        let mut file = File::open(path).map_err(cannot)?;
        let limits = Limits::default();
        let metadata = match &parsed {
            DistributionFilename::Wheel(name) => {
                wheel::read(&mut file, name, &limits)
                    .map_err(refused)?
                    .metadata
            }
            DistributionFilename::Source(name) => {
                source::read(&mut file, name, &limits)
                    .map_err(refused)?
                    .metadata
            }
        };
        let bytes = std::fs::read(path).map_err(cannot)?;
        Ok(Self {
            path: path.to_owned(),
            filename: filename.to_owned(),
            sha256: hex::encode(Sha256::digest(&bytes)),
            parsed,
            metadata,
            bytes,
        })
    }

    /// The form, and the boundary between its parts.
    pub fn form(&self) -> (String, Vec<u8>) {
        // No part can hold it: it is made from the digest of the file, which would have to hold
        // its own digest.
        let boundary = format!("fapilog-{}", self.sha256);
        let mut form = Vec::with_capacity(self.bytes.len() + 16 * 1024);
        for (name, value) in self.fields() {
            let head = format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
            form.extend_from_slice(head.as_bytes());
        }
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"content\"; filename=\"{}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n",
            self.filename
        );
        form.extend_from_slice(head.as_bytes());
        form.extend_from_slice(&self.bytes);
        form.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        (boundary, form)
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        let metadata = &self.metadata;
        let mut fields = vec![
            (":action", "file_upload".to_owned()),
            ("protocol_version", "1".to_owned()),
            ("metadata_version", metadata.metadata_version.clone()),
            ("name", metadata.name.clone()),
            ("version", metadata.version.to_string()),
            ("filetype", self.parsed.filetype().to_owned()),
            ("pyversion", self.python()),
            ("sha256_digest", self.sha256.clone()),
        ];
        for (name, value) in [
            ("summary", &metadata.summary),
            ("description", &metadata.description),
            (
                "description_content_type",
                &metadata.description_content_type,
            ),
            ("license", &metadata.license),
            ("author", &metadata.author),
            ("maintainer", &metadata.maintainer),
            ("keywords", &metadata.keywords),
            ("requires_python", &metadata.requires_python),
        ] {
            fields.extend(value.iter().map(|value| (name, value.clone())));
        }
        for (name, values) in [
            ("classifiers", &metadata.classifiers),
            ("requires_dist", &metadata.requires_dist),
            ("provides_extra", &metadata.provides_extra),
        ] {
            fields.extend(values.iter().map(|value| (name, value.clone())));
        }
        let links = metadata.project_urls.iter();
        fields.extend(links.map(|(label, url)| ("project_urls", format!("{label}, {url}"))));
        fields
    }

    /// The Python of a wheel's tag; `source` for what has none.
    fn python(&self) -> String {
        match &self.parsed {
            DistributionFilename::Wheel(_) => {
                let stem = self.filename.trim_end_matches(".whl");
                stem.rsplit('-').nth(2).unwrap_or_default().to_owned()
            }
            DistributionFilename::Source(_) => "source".to_owned(),
        }
    }
}

/// The value of `Authorization`.
pub fn credentials(index: &Address) -> Result<String, ClientFailure> {
    let variable = |name: &str| std::env::var(name).ok();
    let own = variable(TOKEN_VARIABLE)
        .map(|token| token.trim().to_owned())
        .filter(|token| !token.is_empty());
    let token = match own {
        Some(token) => Some(token),
        None => trusted::token(index, variable)?.or_else(|| from_keyring(index)),
    };
    let token = token.ok_or_else(|| ClientFailure::NoToken {
        address: index.to_string(),
    })?;
    let pair = STANDARD.encode(format!("{TOKEN_USER}:{token}"));
    Ok(format!("Basic {pair}"))
}

/// What the keyring has for an address; nothing without the program `keyring`.
fn from_keyring(index: &Address) -> Option<String> {
    let mut command = Command::new("keyring");
    command.args(["get", index.for_request(), TOKEN_USER]);
    let ended = probe::run(command, KEYRING_LIMIT).ok()?;
    let token = String::from_utf8(ended.output).ok()?;
    Some(token.trim().to_owned()).filter(|token| !token.is_empty())
}
