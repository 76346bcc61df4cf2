//! The form that comes with an upload.

use std::str::FromStr as _;

use fapilog_package::Version;
use fapilog_package::filename::DistributionFilename;
use fapilog_package::name::{ProjectName, shorten};

use crate::error::MarketError;
use crate::intake::submit::Received;

/// What a client said about the file in the form, beside the file itself.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Form {
    /// `:action`.
    pub action: Option<String>,
    /// `protocol_version`.
    pub protocol_version: Option<String>,
    /// `name`.
    pub name: Option<String>,
    /// `version`.
    pub version: Option<String>,
    /// `filetype`.
    pub filetype: Option<String>,
    /// `sha256_digest`.
    pub sha256_digest: Option<String>,
    /// `attestations`: a JSON list (PEP 740).
    pub attestations: Option<String>,
}

impl Form {
    /// The fields must be there, and agree with the file's name and digest.
    ///
    /// # Errors
    ///
    /// `bad-form`, `bad-filename`, `invalid-project-name`, `metadata-mismatch`, `digest-mismatch`.
    pub fn check(&self, received: &Received) -> Result<DistributionFilename, MarketError> {
        let hint = "upload with `twine upload` or `uv publish`";
        let expect = |field: &str, value: &Option<String>, expected: &[&str]| {
            let given = value.as_deref().unwrap_or_default();
            if expected.contains(&given) {
                return Ok(());
            }
            let expected = expected.join("` or `");
            let message = format!(
                "the form's `{field}` is `{}`, expected `{expected}`",
                shorten(given)
            );
            Err(MarketError::bad_request("bad-form", message, hint))
        };
        expect(":action", &self.action, &["file_upload"])?;
        if self.protocol_version.is_some() {
            expect("protocol_version", &self.protocol_version, &["1"])?;
        }
        let filename = DistributionFilename::parse(&received.filename)?;
        expect("filetype", &self.filetype, &[filename.filetype()])?;
        let name = self.name.as_deref().unwrap_or_default();
        if ProjectName::parse(name)? != *filename.project() {
            return Err(mismatch("name", name, filename.project().as_str()));
        }
        let version = self.version.as_deref().unwrap_or_default();
        if !Version::from_str(version).is_ok_and(|version| version == *filename.version()) {
            return Err(mismatch(
                "version",
                version,
                &filename.version().to_string(),
            ));
        }
        if let Some(digest) = &self.sha256_digest
            && !digest.eq_ignore_ascii_case(&received.sha256)
        {
            return Err(MarketError::bad_request(
                "digest-mismatch",
                format!(
                    "the file's sha256 is `{}`, not the one in the form",
                    received.sha256
                ),
                "the file was changed on its way; upload it again",
            ));
        }
        Ok(filename)
    }
}

fn mismatch(field: &str, given: &str, expected: &str) -> MarketError {
    MarketError::bad_request(
        "metadata-mismatch",
        format!(
            "the form's `{field}` is `{}`, but the file's name says `{expected}`",
            shorten(given)
        ),
        "don't rename built files; build again and upload the new file",
    )
}
